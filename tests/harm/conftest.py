"""The kernels of harm, as users run them and as plain Python."""

import inspect

import pytest

from fjordby.harm import kernels


@pytest.fixture(params=["compiled", "python"], scope="module")
def any_kernels(request):
    """The kernels as users run them, then as plain Python: both must tell the same story."""
    if request.param == "compiled":
        yield kernels
        return
    compiled = {k: v for k, v in inspect.getmembers(kernels) if hasattr(v, "py_func")}
    for name, kernel in compiled.items():
        setattr(kernels, name, kernel.py_func)
    yield kernels
    for name, kernel in compiled.items():
        setattr(kernels, name, kernel)

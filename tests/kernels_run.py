"""Kernels as users run them, or as the plain Python that they were written in."""

import inspect
from contextlib import contextmanager

WAYS = ("compiled", "python")


@contextmanager
def kernels_run(way, *modules, more_than):
    """Let the kernels of some modules run "compiled" or as plain "python": one story, told twice.

    It works because callers write `kernels.flow(...)`, not `from kernels import flow`. Fails when
    there are not `more_than` so many kernels: a list of modules that lost one tells nothing.
    """
    compiled = [
        (module, name, kernel)
        for module in modules
        for name, kernel in inspect.getmembers(module)
        if hasattr(kernel, "py_func")
    ]
    assert len(compiled) > more_than
    if way == "python":
        for module, name, kernel in compiled:
            setattr(module, name, kernel.py_func)
    try:
        yield
    finally:
        for module, name, kernel in compiled:
            setattr(module, name, kernel)

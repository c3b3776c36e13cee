"""The kernels of harm, as users run them and as plain Python."""

import pytest

from fjordby.harm import kernels
from kernels_run import WAYS, kernels_run


@pytest.fixture(params=WAYS, scope="module")
def any_kernels(request):
    """The kernels as users run them, then as plain Python: both must tell the same story."""
    with kernels_run(request.param, kernels, more_than=1):
        yield kernels

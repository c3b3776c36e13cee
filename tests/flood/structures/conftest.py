"""Small grounds for structures, and their laws as users run them and as plain Python."""

import inspect

import numpy as np
import pytest

from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.structures import kernels
from fjordby.grid import Grid


@pytest.fixture(params=["compiled", "python"], scope="module")
def laws(request):
    """The laws as users run them, then as plain Python: both must tell the same story."""
    if request.param == "compiled":
        yield kernels
        return
    compiled = {k: v for k, v in inspect.getmembers(kernels) if hasattr(v, "py_func")}
    assert len(compiled) > 10
    for name, kernel in compiled.items():
        setattr(kernels, name, kernel.py_func)
    yield kernels
    for name, kernel in compiled.items():
        setattr(kernels, name, kernel)


def _flat(ny=10, nx=10, cell=10.0, bed=0.0):
    ground = np.broadcast_to(np.asarray(bed, float), (ny, nx)).copy()
    return Domain(Grid(0.0, ny * cell, cell, ny, nx, "EPSG:25832"), ground)


@pytest.fixture(scope="session")
def flat():
    """Make a domain of level ground, or of a bed."""
    return _flat


class StillWater:
    """What structures see of water that stands at a level, or at one for each cell."""

    def __init__(self, level=0.0, flows=None):
        self.levels = level
        self.flows = flows or {}

    def level(self, row, column):
        return float(self.levels if np.isscalar(self.levels) else self.levels[row, column])

    def depth(self, row, column):
        return self.level(row, column)

    def flow(self, name):
        return self.flows.get(name, 0.0)


@pytest.fixture(scope="session")
def still():
    """Make water that stands still."""
    return StillWater

"""Small grounds for structures, and their laws as users run them and as plain Python."""

import numpy as np
import pytest

from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.structures import kernels
from fjordby.grid import Grid
from kernels_run import WAYS, kernels_run


@pytest.fixture(params=WAYS, scope="module")
def laws(request):
    """The laws as users run them, then as plain Python: both must tell the same story."""
    with kernels_run(request.param, kernels, more_than=10):
        yield kernels


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

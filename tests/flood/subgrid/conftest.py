"""Fine grounds for coarse grids, and the loops as users run them and as plain Python."""

import numpy as np
import pytest

from fjordby.flood.dynamic import Domain
from fjordby.flood.dynamic.subgrid import kernels as sweep_kernels
from fjordby.flood.dynamic.subgrid.fine import kernels as fine_kernels
from fjordby.flood.dynamic.subgrid.march import kernels as march_kernels
from fjordby.flood.dynamic.subgrid.sources import kernels as source_kernels
from fjordby.flood.dynamic.subgrid.tables import kernels as table_kernels
from fjordby.grid import Grid
from kernels_run import WAYS, kernels_run

MODULES = (sweep_kernels, fine_kernels, march_kernels, source_kernels, table_kernels)


@pytest.fixture(params=WAYS)
def either_kernels(request):
    """The kernels as users run them, then as plain Python: both must tell the same story."""
    with kernels_run(request.param, *MODULES, more_than=30):
        yield request.param


def _ground(bed, cell=1.0, roughness=0.03, depth=None):
    bed = np.asarray(bed, np.float32)
    grid = Grid(0.0, bed.shape[0] * cell, cell, *bed.shape, "EPSG:25832")
    return Domain(grid, bed, roughness, depth)


@pytest.fixture(scope="session")
def ground():
    """Make a domain of an array of heights."""
    return _ground


@pytest.fixture(scope="session")
def rough_ground():
    """Random hills and hollows of some shape, with a few cells without ground."""

    def make(seed, shape, blocks=0.05):
        draw = np.random.default_rng(seed)
        bed = draw.normal(0.0, 0.5, shape).cumsum(axis=0) * 0.3 + draw.normal(0.0, 0.3, shape)
        bed[draw.random(shape) < blocks] = np.nan
        bed[0, 0] = -1.0
        return bed.astype(np.float32)

    return make

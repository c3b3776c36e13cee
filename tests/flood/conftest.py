"""Small grounds to flood, and the loops as users run them and as plain Python."""

import numpy as np
import pytest

from fjordby.flood.rain import kernels as rain_kernels
from fjordby.flood.surge import kernels as surge_kernels
from fjordby.grid import Grid
from kernels_run import WAYS, kernels_run


@pytest.fixture(params=WAYS, scope="module")
def any_kernels(request):
    """The kernels as users run them, then as plain Python: both must tell the same story."""
    with kernels_run(request.param, surge_kernels, rain_kernels, more_than=20):
        yield request.param


def _rasters(height, sea=None, cell=10.0):
    height = np.asarray(height, np.float32)
    ny, nx = height.shape
    grid = Grid(0.0, ny * cell, cell, ny, nx, "EPSG:25832")
    sea = np.zeros(height.shape, bool) if sea is None else np.asarray(sea, bool)
    return grid.raster(height, "terrain"), grid.raster(sea, "sea", "1")


@pytest.fixture(scope="session")
def rasters():
    """Make terrain and sea rasters of an array of heights and a mask."""
    return _rasters

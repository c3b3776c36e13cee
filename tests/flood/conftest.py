"""Small grounds to flood, and the loops as users run them and as plain Python."""

import inspect

import numpy as np
import pytest

from fjordby.flood.rain import kernels as rain_kernels
from fjordby.flood.surge import kernels as surge_kernels
from fjordby.grid import Grid


@pytest.fixture(params=["compiled", "python"], scope="module")
def any_kernels(request):
    """The kernels as users run them, then as plain Python: both must tell the same story."""
    if request.param == "compiled":
        yield request.param
        return
    compiled = [
        (module, name, kernel)
        for module in (surge_kernels, rain_kernels)
        for name, kernel in inspect.getmembers(module)
        if hasattr(kernel, "py_func")
    ]
    assert len(compiled) > 20
    for module, name, kernel in compiled:
        setattr(module, name, kernel.py_func)
    yield request.param
    for module, name, kernel in compiled:
        setattr(module, name, kernel)


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

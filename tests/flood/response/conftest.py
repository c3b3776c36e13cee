"""A made-up town with a dike, hollows and a brook that floods by formulas: quick to run often."""

import numpy as np
import pytest

from fjordby.flood.model import Flood
from fjordby.flood.response import Axis, kernels
from fjordby.grid import Grid
from kernels_run import WAYS, kernels_run

AXES = (
    Axis("sea_peak", 0.5, 3.0),
    Axis("sea_hours", 2.0, 30.0, "h"),
    Axis("stream_peak", 1.0, 20.0, "m3/s"),
)
GRID = Grid(0.0, 300.0, 10.0, 30, 30, "EPSG:25832")


def _ground():
    x, y = np.meshgrid(np.linspace(0, 1, GRID.nx), np.linspace(0, 1, GRID.ny))
    bed = 4 * x + 1.5 * np.abs(y - 0.5) + 0.25 * np.sin(9 * x) * np.cos(11 * y) - 0.3
    return x, y, bed


class Town:
    """Floods by formulas, and counts how often it was asked.

    The sea stands at its peak where the ground is lower, fills the land behind a dike of 1.7 m by
    what comes over in its hours, and backs up the brook, which stands higher with more flow.
    """

    def __init__(self, stop_after=None):
        self.calls, self.stop_after = 0, stop_after

    def __call__(self, point):
        if self.stop_after is not None and self.calls >= self.stop_after:
            raise KeyboardInterrupt
        self.calls += 1
        return Flood(GRID.raster(self.depth(point), "depth"), "surge", "formulas")

    def depth(self, point):
        x, y, bed = _ground()
        peak, hours, flow = (point[axis.name] for axis in AXES)
        over = max(0.0, peak - 1.7)
        behind = (x > 0.15) & (x < 0.45) & (y > 0.55)
        inside = min(peak, 0.2 + 0.15 * over**1.5 * hours) if over > 0 else -9.0
        sea = np.where(behind, inside, peak)
        brook = np.where(np.abs(y - 0.5) < 0.35, -0.3 + 4 * x + 0.15 * flow**0.6, -9.0)
        level = np.maximum(sea, brook) + 0.01 * flow * (np.minimum(sea, brook) > bed)
        depth = np.maximum(0.0, level - bed).astype(np.float32)
        depth[:2] = np.nan
        return depth


@pytest.fixture(scope="session")
def town():
    """Make a town: `town()`; `town(stop_after=9)` is killed after nine runs."""
    return Town


@pytest.fixture(scope="session")
def axes():
    """What its floods differ in."""
    return AXES


@pytest.fixture(params=WAYS, scope="module")
def both_loops(request):
    """The loops as users run them, then as plain Python: both must tell the same story."""
    with kernels_run(request.param, kernels, more_than=7):
        yield request.param

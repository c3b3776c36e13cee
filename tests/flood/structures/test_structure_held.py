"""Structures beside held water: they follow its level, whatever ground is around."""

import numpy as np
import pytest
from shapely import LineString

from fjordby.flood.dynamic import Asked, Domain, Forcing, Level, run, steady
from fjordby.flood.dynamic.structures import Culvert, Wall, kernels
from fjordby.grid import Grid

GRID = Grid(0.0, 30.0, 10.0, 3, 12, "EPSG:25832")
ASKED = Asked(series_every=60.0)


def sea(level):
    return Level("sea", np.arange(3), np.zeros(3, np.int64), steady(level))


def behind_a_quay():
    """A deep sea in the west, a quay at 3 m, a low town in the east."""
    bed = np.full(GRID.shape, 3.0)
    bed[:, 0] = -3.0
    bed[:, 6:] = 0.0
    return bed


PIPE = Culvert("pipe", (5, 15), (65, 15), -0.5, 0.0, 1.0)


def test_a_pipe_through_a_quay_lets_the_sea_in():
    found = run(Domain(GRID, behind_a_quay()), Forcing(levels=(sea(1.5),)), 600.0, (PIPE,), ASKED)
    assert found.structures["pipe"].iloc[-1] > 1.0
    assert found.last.depth[1, 7] > 0.3
    assert found.balance.levels == pytest.approx(found.balance.end, rel=1e-4)


def test_a_pipe_through_a_quay_drains_the_town_to_the_level_of_the_sea():
    depth = np.where(behind_a_quay() == 0.0, 2.0, 0.0)
    ground = Domain(GRID, behind_a_quay(), depth=depth)
    found = run(ground, Forcing(levels=(sea(0.5),)), 600.0, (PIPE,), ASKED)
    assert found.structures["pipe"].iloc[-1] < -1.0


def test_a_wall_between_two_held_lakes_passes_what_its_law_says():
    rows, columns = (k.ravel() for k in np.indices(GRID.shape))
    west = columns < 6
    lakes = (
        Level("high", rows[west], columns[west], steady(1.5)),
        Level("low", rows[~west], columns[~west], steady(0.4)),
    )
    ground = Domain(GRID, np.zeros(GRID.shape), 0.001)
    wall = Wall("wall", LineString([(60, -10), (60, 40)]), 1.0)
    found = run(ground, Forcing(levels=lakes), 300.0, (wall,), ASKED)
    law = 30.0 * kernels.CRITICAL * 0.5**1.5
    assert found.structures["wall"].iloc[-1] == pytest.approx(law, rel=0.01)

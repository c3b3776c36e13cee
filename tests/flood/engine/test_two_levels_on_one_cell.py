"""A cell follows one level: two that meet on it are refused, on fine and on coarse grids."""

import numpy as np
import pytest

from fjordby.errors import BadValue
from fjordby.flood.dynamic import Asked, Domain, Forcing, Gauge, Level, along_edge, run, steady
from fjordby.flood.dynamic.subgrid import run_subgrid
from fjordby.grid import Grid

GRID = Grid(0.0, 80.0, 10.0, 8, 12, "EPSG:25832")
#: An L of deep ground along the north and the west; the rest lies too high for any water here.
GROUND = Domain(GRID, np.where((np.indices(GRID.shape) == 0).any(axis=0), -3.0, 9.0))


def edge(name, side, level, keep=slice(None)):
    rows, columns = along_edge(GRID, side)
    return Level(name, rows[keep], columns[keep], steady(level))


def fine(forcing):
    return run(GROUND, forcing, 60.0)


def coarse(forcing):
    return run_subgrid(GROUND, 2, forcing, 60.0)


@pytest.mark.parametrize("engine", [fine, coarse])
def test_two_seas_that_meet_in_a_corner_are_refused_with_the_corner(engine):
    seas = (edge("north sea", "north", 1.0), edge("west sea", "west", 0.4))
    with pytest.raises(BadValue) as told:
        engine(Forcing(levels=seas))
    words = str(told.value)
    assert "north sea and west sea on the same cell, at 5, 75 (row 0, column 0)" in words
    assert "Give each of these cells to one" in words


@pytest.mark.parametrize("engine", [fine, coarse])
def test_two_levels_that_share_a_stretch_say_how_long_it_is(engine):
    low, mid = edge("low", "west", 0.4), edge("middle", "north", 0.7, slice(1, None))
    high = edge("high", "north", 1.0, slice(4, 9))
    for levels in ((low, mid, high), (high, low, mid)):
        names = " and ".join(one.name for one in levels if one is not low)
        with pytest.raises(BadValue, match=rf"{names} on the same 5 cells, at 45, 75 "):
            engine(Forcing(levels=levels))


@pytest.mark.parametrize("engine", [fine, coarse])
def test_a_level_that_names_its_own_cell_twice_holds_it(engine):
    rows, columns = np.hstack([along_edge(GRID, "north"), along_edge(GRID, "west")])
    found = engine(Forcing(levels=(Level("sea", rows, columns, steady(1.0)),)))
    assert found.last.depth[0, 0] == pytest.approx(4.0)
    assert found.last.depth[7, 0] == pytest.approx(4.0)


def seas(first, split):
    """Two seas that share the row along the north, parted before a column; `first` comes first."""
    west = edge("west", "north", 1.0, slice(0, split))
    east = edge("east", "north", 0.4, slice(split, None))
    return (west, east) if first == "west" else (east, west)


@pytest.mark.parametrize("first", ["west", "east"])
@pytest.mark.parametrize(("split", "level"), [(4, 0.4), (6, 1.0)])
def test_a_wide_cell_follows_the_level_that_holds_most_of_it(first, split, level):
    """Cells of 30 m: the second spans columns 3 to 5, all in the west or two of them in the east.

    Whichever level comes first.
    """
    asked = Asked(gauges=(Gauge("middle", 45.0, 75.0),))
    found = run_subgrid(GROUND, 3, Forcing(levels=seas(first, split)), 60.0, asked=asked)
    assert found.gauges["middle", "level"].iloc[-1] == pytest.approx(level)


@pytest.mark.parametrize(("first", "level"), [("west", 1.0), ("east", 0.4)])
def test_a_wide_cell_that_two_levels_share_evenly_follows_the_first(first, level):
    """Cells of 20 m, parted before column 5: the third has one column of each."""
    asked = Asked(gauges=(Gauge("middle", 45.0, 75.0),))
    found = run_subgrid(GROUND, 2, Forcing(levels=seas(first, 5)), 60.0, asked=asked)
    assert found.gauges["middle", "level"].iloc[-1] == pytest.approx(level)


def test_a_level_left_without_any_wide_cell_is_named():
    small = edge("pond", "north", 0.4, slice(5, 6))
    rest = along_edge(GRID, "north")
    keep = rest[1] != 5
    sea = Level("sea", rest[0][keep], rest[1][keep], steady(1.0))
    with pytest.raises(BadValue, match=r"which pond holds the largest part\. Got none: sea"):
        run_subgrid(GROUND, 3, Forcing(levels=(sea, small)), 60.0)

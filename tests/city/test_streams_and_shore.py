"""Streams run downhill in their valleys, and the shore agrees with what is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label
from shapely.geometry import LineString

from fjordby.city import shore, streams
from fjordby.errors import BadValue
from fjordby.grid import Grid

GRID = Grid(0.0, 600.0, 10.0, 60, 100, "EPSG:25832")
X, Y = np.meshgrid(GRID.x, GRID.y)


def winding(x):
    return 300.0 + 120.0 * np.sin(x / 160.0)


@pytest.fixture
def land():
    """A valley that winds towards the west, falling 1 m per 100 m, with a dam across it."""
    height = 1.0 + X / 100.0 + np.abs(Y - winding(X)) / 10.0
    height[:, 50:52] += 3.0
    return height.astype(np.float32)


def test_a_course_keeps_to_the_bottom_of_its_valley(land):
    ends = [(995.0, winding(995.0)), (5.0, winding(5.0))]
    course = streams.valley_course(land, GRID, ends)
    x, y = np.array([course.interpolate(d).coords[0] for d in np.arange(0, course.length, 10)]).T
    assert np.abs(y - winding(x)).mean() < 12.0
    assert np.abs(y - winding(x)).max() < 45.0
    assert course.coords[0] == pytest.approx(ends[0])
    assert course.coords[-1] == pytest.approx(ends[1])


def test_a_carved_stream_falls_all_the_way_and_is_unbroken(land):
    course = LineString([(x, winding(x)) for x in np.arange(995, 0, -10)])
    carved, cut, bed = streams.carve(land, GRID, course, 5.0, 1.0, -0.5, 0.05)
    assert (np.diff(bed) <= 1e-9).all()
    assert bed[-1] == -0.5
    assert label(cut)[1] == 1
    assert (carved[~cut] == land[~cut]).all()
    assert carved[:, 50][cut[:, 50]].max() < land[:, 50].min() - 2.0


def test_a_wide_stream_takes_more_cells_than_a_narrow_one(land):
    course = LineString([(995.0, 305.0), (5.0, 305.0)])
    narrow = streams.carve(land, GRID, course, 5.0, 1.0, 0.0, 1.0)[1].sum()
    wide = streams.carve(land, GRID, course, 50.0, 1.0, 0.0, 1.0)[1].sum()
    assert narrow == 100
    assert 400 < wide < 700


@given(arrays(float, st.integers(2, 60), elements=st.floats(-5, 100)))
def test_no_bed_rises_downstream(bank):
    bed = streams.downhill(bank, 1.0, -1.0, 10.0, 0.01)
    assert (np.diff(bed) <= 1e-9).all()
    assert bed.min() >= -1.0 - 1e-9
    assert bed[-1] == pytest.approx(-1.0)


def test_one_low_bank_does_not_dig_a_trench_all_the_way_down():
    bank = np.linspace(10.0, 5.0, 101)
    bank[20] = 0.0
    bed = streams.downhill(bank, 1.0, 0.0, 10.0, 1.0)
    assert np.abs(bed - np.maximum(bank, 5) + 1)[25:90].max() < 1.5


def test_banks_are_raised_to_the_level_at_which_the_stream_is_known_to_overflow():
    height = np.zeros((5, 7))
    stream = np.zeros((5, 7), dtype=bool)
    stream[2, 1:6] = True
    held, raised = streams.hold_banks(height, stream, 1.3)
    assert raised.sum() == 16
    assert (held[raised] == 1.3).all()
    assert (held[stream] == 0).all()
    other = stream.copy()
    other[1, 3] = True
    assert not streams.hold_banks(height, other, 1.3, stream)[1][1, 3]


def test_a_course_outside_the_map_is_refused(land):
    with pytest.raises(BadValue, match="leaves it"):
        streams.carve(land, GRID, LineString([(500, 300), (2000, 300)]), 5, 1, 0, 1)
    with pytest.raises(BadValue, match="on the grid"):
        streams.valley_course(land, GRID, [(500, 300), (2000, 300)])
    with pytest.raises(BadValue, match="two waypoints"):
        streams.valley_course(land, GRID, [(500, 300)])


def test_the_shore_moves_to_where_points_are_wet_or_dry():
    coarse = X > 400.0
    true_shore = 300.0
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 1000, 400), rng.uniform(0, 600, 400)
    wet = x < true_shore
    moved_land, moved = shore.shoreline(coarse, GRID, x, y, wet)
    rows, columns = GRID.rows_columns(x, y)
    assert moved == ((x > 300) & (x < 400)).sum()
    assert (moved_land[rows, columns] != wet).mean() > 0.98
    inside = (Y > 100) & (Y < 500)
    wrong = (moved_land != (true_shore < X)) & inside
    assert wrong.mean() < 0.02


def test_points_that_agree_leave_the_shore_alone():
    coarse = X > 400.0
    x, y = np.array([100.0, 100.0, 900.0, 900.0]), np.array([50.0, 550.0, 50.0, 550.0])
    land, moved = shore.shoreline(coarse, GRID, x, y, x < 400)
    assert moved == 0
    assert (land == coarse).all()


def test_a_pond_is_not_the_sea():
    land = X > 300.0
    pond = np.hypot(X - 700, Y - 300) < 60
    sea = shore.open_sea(land & ~pond)
    assert not (sea & pond).any()
    assert sea[~land].all()
    assert not shore.open_sea(np.ones((3, 3), dtype=bool)).any()


def test_the_bed_falls_from_the_shore_to_its_flat_bottom():
    sea = X < 300.0
    bed = shore.sea_bed(sea, 10.0, 0.02, 2.0)
    assert bed.min() == -2.0
    assert (bed[~sea] == 0).all()
    assert (np.diff(bed[30, :30]) >= 0).all()


def test_small_patches_are_dropped():
    mask = np.zeros((10, 10), dtype=bool)
    mask[1, 1] = True
    mask[5:8, 5:8] = True
    kept = shore.patches(mask, 500.0, 10.0)
    assert (kept > 0).sum() == 9

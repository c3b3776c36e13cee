"""Buildings as blocks, as raised ground, and as what they leave open."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from shapely import LineString, MultiPolygon, Polygon, box

from fjordby.errors import BadValue
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.structures import as_blocks, as_raised, covered, open_shares

corner = st.floats(-20.0, 120.0).map(lambda x: round(x, 3))  # as surveyed, to the millimetre
side = st.floats(1.0, 60.0).map(lambda x: round(x, 3))


@given(boxes=st.lists(st.tuples(corner, corner, side, side), max_size=5))
@settings(max_examples=60, deadline=None)
def test_cells_are_covered_by_as_much_as_the_map_is(flat, boxes):
    grid = flat().grid
    shapes = [box(x, y, x + w, y + h) for x, y, w, h in boxes]
    part = covered(shapes, grid)
    joined = Polygon() if not shapes else shapes[0]
    for one in shapes[1:]:
        joined = joined.union(one)
    want = joined.intersection(box(*grid.bounds)).area
    assert_allclose(part.sum() * grid.cell_area, want, atol=1e-6)
    assert part.min() >= 0.0
    assert part.max() <= 1.0


def test_what_a_house_leaves_open_is_its_outline(flat):
    """A house from 12 to 27 m east and 63 to 80 m north, cells of 10 m."""
    left = open_shares([box(12, 63, 27, 80)], flat().grid)
    assert_allclose(left.area[2, 1], 1 - 0.8 * 1.0)
    assert_allclose(left.area[3, 1], 1 - 0.8 * 0.7)
    assert_allclose(left.area[3, 2], 1 - 0.7 * 0.7)
    assert_allclose(left.west[2, 2], 0.0)  # the line x = 20, 70 to 80
    assert_allclose(left.west[3, 2], 0.3)
    assert_allclose(left.north[3, 1], 0.2)  # the line y = 70, 10 to 20
    assert_allclose(left.north[3, 2], 0.3)
    assert_allclose(left.west[2, 1], 1.0)
    assert left.area.sum() * 100.0 == pytest.approx(10000.0 - 15.0 * 17.0)


def test_two_houses_on_one_spot_count_once(flat):
    grid = flat().grid
    one = box(12, 63, 27, 80)
    both = open_shares([one, one.buffer(0), MultiPolygon([one])], grid)
    for got, want in zip(
        (both.area, both.west, both.north), vars(open_shares([one], grid)).values(), strict=True
    ):
        assert_allclose(got, want, atol=1e-12)


def test_blocks_have_no_ground(flat):
    domain = as_blocks(flat(), [box(12, 62, 27, 80)])
    assert np.argwhere(np.isnan(domain.bed)).tolist() == [[2, 1], [2, 2], [3, 1], [3, 2]]
    small = as_blocks(flat(), [box(12, 62, 15, 80)])
    assert not np.isnan(small.bed).any()


def test_a_block_in_the_water_is_named(flat):
    plain = flat()
    wet = Domain(plain.grid, plain.bed, depth=np.ones(plain.grid.shape))
    with pytest.raises(BadValue, match=r"water at the start in a building at 15, 75"):
        as_blocks(wet, [box(10, 60, 30, 80)])


def test_raised_ground_is_as_high_as_its_house(flat):
    houses = [box(10, 70, 30, 80), box(50, 20, 60, 30)]
    domain = as_raised(flat(), houses, (0.3, 5.0))
    assert_allclose(domain.bed[2, 1:3], 0.3)
    assert domain.bed[7, 5] == 5.0
    assert domain.bed.sum() == pytest.approx(5.6)
    assert_allclose(as_raised(flat(), houses, 1.0).bed.sum(), 3.0)


def test_no_houses_leave_everything_open(flat):
    left = open_shares([], flat().grid)
    assert left.area.min() == left.west.min() == left.north.min() == 1.0


def test_houses_must_have_outlines(flat):
    with pytest.raises(BadValue, match=r"drawn as polygons.*LineString"):
        covered([LineString([(0, 0), (1, 1)])], flat().grid)
    with pytest.raises(BadValue, match="heights that are numbers"):
        as_raised(flat(), [box(0, 0, 9, 9)], np.nan)


def test_houses_are_lifted_by_one_height_or_by_one_each_and_never_sunk(flat):
    houses = [box(0, 0, 20, 20), box(40, 40, 60, 60)]
    assert as_raised(flat(), houses, [0.3, 0.5]).bed.max() == 0.5
    with pytest.raises(BadValue, match=r"one for each of 2 buildings.*3 heights"):
        as_raised(flat(), houses, [0.3, 0.5, 0.4])
    with pytest.raises(BadValue, match="of zero or more"):
        as_raised(flat(), houses, -0.3)

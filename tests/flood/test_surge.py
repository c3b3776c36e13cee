"""The sea reaches each place at the lowest level of any way there, and no lower."""

import heapq
from unittest import mock

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from shapely import contains_xy
from shapely.geometry import LineString, Polygon

from fjordby.errors import BadValue
from fjordby.flood import Edges, barrier_edges, sea_connection, still_water
from fjordby.flood.surge import connection, kernels
from fjordby.flood.surge.edges import NEIGHBOURS
from fjordby.grid import Grid

HEIGHTS = st.sampled_from([-3.0, -1.0, -0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 2.5, 7.0, 1e-3, np.nan])


@st.composite
def grounds(draw):
    """A small ground with sea, unknown cells, flats and barriers."""
    shape = draw(st.tuples(st.integers(1, 7), st.integers(2, 8)))
    height = draw(arrays(np.float32, shape, elements=HEIGHTS.map(np.float32)))
    sea = draw(arrays(bool, shape, elements=st.sampled_from([True, False, False, False])))
    sea.flat[0] = True
    sea.flat[-1] = False
    height.flat[-1] = 1.5
    point = st.tuples(st.integers(-1, 2 * shape[1] + 1), st.integers(-1, 2 * shape[0] + 1))
    lines = draw(st.lists(st.tuples(point, point).filter(lambda p: p[0] != p[1]), max_size=3))
    crests = draw(st.lists(st.sampled_from([-2.0, 0.5, 1.7, 3.0]), min_size=3, max_size=3))
    return (
        height,
        sea,
        [(np.array(line) * 5.0, crest) for line, crest in zip(lines, crests, strict=False)],
    )


def barriers(lines, kind="wall"):
    return gpd.GeoDataFrame(
        {
            "id": [f"b{i}" for i in range(len(lines))],
            "type": [kind] * len(lines),
            "crest": [crest for _, crest in lines],
        },
        geometry=[LineString(line) for line, _ in lines],
        crs="EPSG:25832",
    )


def plain_connection(height, sea, edges, connectivity):
    """The same answer by a heap of all cells, as simple as can be."""
    ny, nx = height.shape
    crest = {int(c): row for c, row in zip(edges.cells, edges.crest, strict=True)}
    answer = np.where(np.isnan(height), np.nan, np.inf).astype(np.float32)
    answer[sea] = -np.inf
    heap = [(-np.inf, int(r), int(c)) for r, c in np.argwhere(sea)]
    done = set()
    while heap:
        level, r, c = heapq.heappop(heap)
        if (r, c) in done:
            continue
        done.add((r, c))
        for k, (dr, dc) in enumerate(NEIGHBOURS[:connectivity]):
            i, j = r + dr, c + dc
            if not (0 <= i < ny and 0 <= j < nx) or sea[i, j] or np.isnan(height[i, j]):
                continue
            wall = crest[r * nx + c][k] if r * nx + c in crest else -np.inf
            new = max(level, height[i, j], wall)
            if new < answer[i, j]:
                answer[i, j] = new
                heapq.heappush(heap, (new, i, j))
    return answer


@given(
    ground=grounds(), connectivity=st.sampled_from([4, 8]), shelves=st.sampled_from([1, 3, 65536])
)
@settings(max_examples=100, deadline=None)
def test_the_connection_is_exactly_that_of_a_plain_heap(
    any_kernels, rasters, ground, connectivity, shelves
):
    """On few shelves many rims wait together, as they do on large grounds."""
    height, sea, lines = ground
    terrain, water = rasters(height, sea)
    before = terrain.values.copy(), water.values.copy()
    edges = barrier_edges(barriers(lines), Grid.of(terrain))
    with mock.patch.object(connection, "_SHELVES", shelves):
        found = sea_connection(terrain, water, edges, connectivity).values
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, plain_connection(height, sea, edges, connectivity))
    np.testing.assert_array_equal(terrain.values, before[0])
    np.testing.assert_array_equal(water.values, before[1])


@given(ground=grounds(), connectivity=st.sampled_from([4, 8]))
@settings(max_examples=60, deadline=None)
def test_each_level_floods_what_labelling_that_level_floods(rasters, ground, connectivity):
    height, sea, _ = ground
    terrain, water = rasters(height, sea)
    reach = sea_connection(terrain, water, connectivity=connectivity)
    structure = ndimage.generate_binary_structure(2, 1 if connectivity == 4 else 2)
    for level in (-2.0, 0.0, 0.6, 1.0, 2.2, 3.0, 9.0):
        with np.errstate(invalid="ignore"):
            low = (height < level) | sea
        labels, _ = ndimage.label(low, structure)
        wet = np.isin(labels, labels[sea]) & low & ~sea
        depth = still_water(terrain, reach, level).values
        np.testing.assert_array_equal(depth > 0, wet)
        np.testing.assert_allclose(depth[wet], level - height[wet], rtol=1e-6)
        np.testing.assert_array_equal(np.isnan(depth), sea | np.isnan(height))


@given(ground=grounds())
@settings(max_examples=60, deadline=None)
def test_the_connection_is_never_below_the_ground_and_never_above_it_for_lack_of_walls(
    rasters, ground
):
    height, sea, lines = ground
    terrain, water = rasters(height, sea)
    walled = sea_connection(terrain, water, barrier_edges(barriers(lines), Grid.of(terrain))).values
    free = sea_connection(terrain, water).values
    land = ~sea & ~np.isnan(height)
    assert (free[land] >= height[land]).all()
    assert (walled[land] >= free[land]).all()
    four = sea_connection(terrain, water, connectivity=4).values
    assert (four[land] >= free[land]).all()


@given(ground=grounds(), where=st.integers(0, 55), down=st.sampled_from([0.25, 1.0, 4.0]))
@settings(max_examples=60, deadline=None)
def test_digging_never_keeps_the_sea_away(rasters, ground, where, down):
    height, sea, _ = ground
    dug = height.copy()
    dug.flat[where % height.size] -= np.float32(down)
    land = ~sea & ~np.isnan(height)
    before = sea_connection(*rasters(height, sea)).values
    after = sea_connection(*rasters(dug, sea)).values
    assert (after[land] <= before[land]).all()


@given(ground=grounds())
@settings(max_examples=40, deadline=None)
def test_a_mirrored_world_floods_as_a_mirror(rasters, ground):
    height, sea, _ = ground
    straight = sea_connection(*rasters(height, sea)).values
    for turn in (np.flipud, np.fliplr, np.transpose):
        turned = sea_connection(*rasters(turn(height), turn(sea))).values
        np.testing.assert_array_equal(turned, turn(straight))


def test_a_bowl_behind_a_dike_floods_when_the_sea_tops_the_dike(any_kernels, rasters):
    """By hand: a dike at 2 m with one low spot at 1.5 m in the corner, a bowl at -1 m behind."""
    height = [
        [-5, 2.0, -1.0, -1.0, 9],
        [-5, 2.0, -1.0, 0.5, 9],
        [-5, 1.5, 2.0, 3.0, 9],
    ]
    sea = np.array(height) == -5
    terrain, water = rasters(height, sea)
    corner = sea_connection(terrain, water).values
    np.testing.assert_array_equal(corner[:, 1:].ravel()[:4], [2.0, 1.5, 1.5, 9])
    straight = sea_connection(terrain, water, connectivity=4).values
    np.testing.assert_array_equal(straight[0, 1:], [2.0, 2.0, 2.0, 9.0])
    reach = sea_connection(terrain, water)
    assert np.nansum(still_water(terrain, reach, 1.5).values) == 0.0
    depth = still_water(terrain, reach, 1.6).values
    np.testing.assert_allclose(depth[0, 1:], [0.0, 2.6, 2.6, 0.0], rtol=1e-6)
    assert np.isnan(depth[:, 0]).all()


def test_land_beyond_the_unknown_is_out_of_reach(rasters):
    reach = sea_connection(*rasters([[-1, np.nan, 2.0]], [[True, False, False]])).values
    np.testing.assert_array_equal(reach, np.array([[-np.inf, np.nan, np.inf]], np.float32))


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("corners", [3, 4, 7, 24])
@pytest.mark.parametrize("turn", [0.0, 0.3, 0.7])
def test_a_ring_wall_is_tight_at_any_angle(rasters, connectivity, corners, turn):
    angle = turn + np.linspace(0, 2 * np.pi, corners + 1)[:-1]
    ring = np.column_stack([153.3 + 90 * np.cos(angle), 148.1 + 90 * np.sin(angle)])
    ring = np.vstack([ring, ring[:1]])
    height = np.zeros((30, 30))
    sea = np.zeros((30, 30), bool)
    sea[:, 0] = True
    terrain, water = rasters(height, sea)
    edges = barrier_edges(barriers([(ring, 2.5)]), Grid.of(terrain))
    found = sea_connection(terrain, water, edges, connectivity).values
    inside = contains_xy(Polygon(ring), *np.meshgrid(terrain.x.values, terrain.y.values))
    assert (found[inside] == 2.5).all()
    assert (found[~inside & ~sea] == 0.0).all()


def test_a_wall_through_cell_centres_is_tight_from_both_sides(rasters):
    """A wall drawn exactly over a column of centres stands a hair to the east of them."""
    sea = np.zeros((4, 5), bool)
    sea[:, 0] = True
    terrain, water = rasters(np.zeros((4, 5)), sea)
    edges = barrier_edges(barriers([([(25, -5), (25, 45)], 3.0)]), Grid.of(terrain))
    found = sea_connection(terrain, water, edges).values
    np.testing.assert_array_equal(found[:, 1:], np.array([[0, 0, 3, 3]] * 4, np.float32))


@pytest.mark.parametrize(
    ("wall", "met"),
    [
        ([(0.5, -1), (0.5, 1)], True),  # across
        ([(0.5, -1), (0.5, 0)], True),  # ends on the step
        ([(1, 0), (2, 1)], True),  # ends on its end
        ([(0.2, 0), (0.4, 0)], True),  # along it
        ([(1, -1), (1, 1)], True),  # through its end
        ([(1.1, 0), (2, 0)], False),  # in line with it, beyond
        ([(0, 0.1), (1, 0.1)], False),  # beside it
        ([(0.5, 0.1), (0.5, 1)], False),  # ends short of it
        ([(-1, 0.2), (0.3, -1.3)], False),  # passes its end
    ],
)
def test_a_wall_is_on_a_step_that_it_crosses_or_touches(any_kernels, wall, met):
    """By hand, on the step from (0, 0) to (1, 0), drawn and walked in both directions."""
    (ax, ay), (bx, by) = wall
    for one in ((ax, ay, bx, by), (bx, by, ax, ay)):
        for step in ((0.0, 0.0, 1.0, 0.0), (1.0, 0.0, 0.0, 0.0)):
            assert kernels.meets(*map(float, one), *step, 1e-8) == met


def test_a_wall_with_an_end_only_makes_the_water_go_round(rasters):
    sea = np.zeros((5, 4), bool)
    sea[:, 0] = True
    height = np.zeros((5, 4))
    height[0] = 1.0
    height[sea] = -2
    terrain, water = rasters(height, sea)
    edges = barrier_edges(barriers([([(20, -1), (20, 40)], 3.0)]), Grid.of(terrain))
    found = sea_connection(terrain, water, edges, 4).values
    np.testing.assert_array_equal(found[1:, 1:], np.array([[0, 1, 1]] * 4, np.float32))


def test_the_higher_of_two_walls_on_one_step_counts(rasters):
    terrain, _ = rasters(np.zeros((1, 2)))
    lines = [([(9, -1), (9, 11)], 1.0), ([(11, -1), (11, 11)], 2.0)]
    for order in (lines, lines[::-1]):
        edges = barrier_edges(barriers(order), Grid.of(terrain))
        assert edges.crest.max() == 2.0
        assert len(edges) == 2


@pytest.mark.parametrize("width", [2.0, 8.0, 25.0])
@pytest.mark.parametrize("connectivity", [4, 8])
def test_an_open_gate_lets_water_in_however_narrow_and_a_shut_one_does_not(
    rasters, width, connectivity
):
    """A straight wall with a gate in it: the gate's middle stands between two rows of centres."""
    sea = np.zeros((8, 6), bool)
    sea[:, 0] = True
    terrain, water = rasters(np.zeros((8, 6)), sea)
    low, high = 40 - width / 2, 40 + width / 2
    walls = barriers(
        [([(30, -1), (30, low)], 3.0), ([(30, high), (30, 81)], 3.0), ([(30, low), (30, high)], 2)]
    )
    walls["type"] = ["wall", "wall", "gate"]
    grid = Grid.of(terrain)
    shut = sea_connection(terrain, water, barrier_edges(walls, grid), connectivity).values
    opened = sea_connection(terrain, water, barrier_edges(walls, grid, ["b2"]), connectivity).values
    assert (shut[:, 1:3] == 0.0).all()
    assert (shut[:, 3:] >= 2.0).all()
    assert (opened[:, 1:] == 0.0).all()


def test_barriers_that_cannot_be_built_say_why(rasters):
    grid = Grid.of(rasters(np.zeros((2, 2)))[0])
    good = barriers([([(0, 0), (20, 20)], 1.0)])
    with pytest.raises(BadValue, match=r"wall or gate.*Got moat"):
        barrier_edges(good.assign(type="moat"), grid)
    with pytest.raises(BadValue, match="none for b0"):
        barrier_edges(good.assign(crest=np.nan), grid)
    with pytest.raises(BadValue, match="Got none named crest"):
        barrier_edges(good.drop(columns="crest"), grid)
    with pytest.raises(BadValue, match=r"Polygon.*along the crest"):
        barrier_edges(good.set_geometry(good.buffer(1)), grid)
    with pytest.raises(BadValue, match=r"Got b0\. The gates are: none at all"):
        barrier_edges(good, grid, ["b0"])
    with pytest.raises(BadValue, match="open gates"):
        barrier_edges(good[:0], grid, ["b0"])


def test_grounds_that_cannot_be_flooded_say_why(rasters):
    terrain, sea = rasters([[-1.0, 1.0]], [[True, False]])
    with pytest.raises(BadValue, match=r"Got one without.*Mark the open sea"):
        sea_connection(*rasters([[-1.0, 1.0]]))
    with pytest.raises(BadValue, match="ground with a known height"):
        sea_connection(*rasters([[-1.0, np.nan]], [[True, False]]))
    with pytest.raises(BadValue, match="Got infinity"):
        sea_connection(*rasters([[-1.0, np.inf]], [[True, False]]))
    with pytest.raises(BadValue, match=r"shape \(1, 2\)"):
        sea_connection(terrain, rasters(np.zeros((2, 2)))[1])
    with pytest.raises(BadValue, match="on the terrain's grid"):
        sea_connection(terrain, rasters([[0.0, 0.0]], cell=5.0)[1])
    with pytest.raises(BadValue, match="True and False"):
        sea_connection(terrain, sea.astype(np.float32))
    with pytest.raises(BadValue, match="heights as floats"):
        sea_connection(terrain.astype(int), sea)
    with pytest.raises(BadValue, match="4 or 8"):
        sea_connection(terrain, sea, connectivity=6)
    with pytest.raises(BadValue, match="barriers on the terrain's grid"):
        sea_connection(terrain, sea, Edges.none(Grid(0, 0, 1, 1, 2, "EPSG:25832")))
    with pytest.raises(BadValue, match="Got nan"):
        still_water(terrain, sea_connection(terrain, sea), float("nan"))


@given(levels=st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=200))
@settings(max_examples=30, deadline=None)
def test_each_hollow_behind_its_own_dike_is_reached_over_that_dike(rasters, levels):
    n = len(levels)
    height = np.full((3, 2 * n + 1), 2e3)
    height[0] = -3e3
    height[1, 1::2] = levels
    height[2, 1::2] = -2e3
    sea = np.zeros(height.shape, bool)
    sea[0] = True
    found = sea_connection(*rasters(height, sea), connectivity=4).values
    np.testing.assert_array_equal(found[2, 1::2], np.array(levels, np.float32))


@pytest.mark.parametrize("shelves", [1, 7, 65536])
def test_rough_ground_of_many_hollows_is_exact_too(rasters, shelves):
    """20,000 cells of noise, where most rims wait, against the plain heap."""
    height = np.random.default_rng(4).normal(size=(100, 200)).astype(np.float32)
    sea = np.zeros(height.shape, bool)
    sea[40:43, :20] = True
    terrain, water = rasters(height, sea)
    with mock.patch.object(connection, "_SHELVES", shelves):
        found = sea_connection(terrain, water).values
    plain = plain_connection(height, sea, Edges.none(Grid.of(terrain)), 8)
    np.testing.assert_array_equal(found, plain)

"""Rain runs to the hollows, fills them, spills onward, and none of it is lost on the way."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyflwdir
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import LineString

from fjordby.errors import BadValue
from fjordby.flood import (
    Edges,
    barrier_edges,
    bluespot_table,
    bluespots,
    rain_flood,
    rain_left,
    sea_connection,
    spill_chain,
)
from fjordby.flood.rain import NO_LAND, OFF_MAP, TO_SEA
from fjordby.grid import Grid
from fjordby.shock.event import Series

REAL = Path(__file__).parents[1] / "data" / "dhm_terrain_50m.tif"


@st.composite
def grounds(draw):
    """A small ground, flat or rough, with sea and unknown cells."""
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    flat = st.sampled_from([0.0, 1.0, 2.0, 2.0, 3.0, 5.0, np.nan])
    rough = st.floats(-8, 8, width=16)
    height = draw(arrays(np.float32, shape, elements=draw(st.sampled_from([flat, rough]))))
    sea = draw(arrays(bool, shape, elements=st.sampled_from([True] + 9 * [False])))
    height.flat[-1], sea.flat[-1] = 1.5, False
    return height, sea


def trough(*heights):
    """A trough between walls of 100 m, three cells wide: the walls drain straight down to it."""
    return np.array([[100.0] * len(heights), heights, [100.0] * len(heights)])


@pytest.fixture
def walls(rasters):
    """Barriers on a ground of 10 m cells."""

    def build(terrain, *lines):
        table = gpd.GeoDataFrame(
            {"id": [f"b{i}" for i in range(len(lines))], "type": "wall"},
            geometry=[LineString(line) for line, _ in lines],
            crs="EPSG:25832",
        ).assign(crest=[crest for _, crest in lines])
        return barrier_edges(table, Grid.of(terrain))

    return build


@given(
    ground=grounds(),
    rain=st.floats(0, 3),
    lost=st.floats(0, 1),
    rainy=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_all_the_rain_is_accounted_for(any_kernels, rasters, ground, rain, lost, rainy):
    height, sea = ground
    terrain, water = rasters(height, sea)
    grid = Grid.of(terrain)
    uneven = rain * np.random.default_rng(rainy).random(height.shape)
    result = rain_flood(bluespots(terrain, water), grid.raster(uneven, "rain"), lost / 2, lost / 2)
    land = ~sea & ~np.isnan(height)
    balance = result.balance
    assert balance.rain == pytest.approx(uneven[land].sum() * 100, rel=1e-12, abs=1e-12)
    left = np.maximum(uneven[land] - lost, 0).sum() * 100
    assert balance.rain - balance.lost == pytest.approx(left, rel=1e-9, abs=1e-9)
    assert abs(balance.residual) <= 1e-12 * max(balance.rain, 1.0)
    assert min(balance.lost, balance.standing, balance.to_sea, balance.off_map) >= 0.0
    depth = result.flood.depth.values
    np.testing.assert_array_equal(np.isnan(depth), ~land)
    assert depth[land].sum(dtype=float) * 100 == pytest.approx(balance.standing, rel=1e-5, abs=1e-5)
    np.testing.assert_array_equal(terrain.values, np.asarray(height, np.float32))


@given(ground=grounds(), rain=st.floats(0.01, 2))
@settings(max_examples=60, deadline=None)
def test_standing_water_is_level_and_held_by_its_rim(any_kernels, rasters, ground, rain):
    """Where water stands beside water the surfaces agree, and no dry cell beside it is lower."""
    height, sea = ground
    terrain, water = rasters(height, sea)
    depth = rain_flood(bluespots(terrain, water), rain).flood.depth.values
    surface = height.astype(float) + depth
    ny, nx = height.shape
    for r, c in np.argwhere(depth > 1e-4):
        for i, j in np.argwhere(np.ones((3, 3))) - 1 + (r, c):
            if 0 <= i < ny and 0 <= j < nx and depth[i, j] >= 0:
                if depth[i, j] > 1e-4:
                    assert surface[i, j] == pytest.approx(surface[r, c], abs=1e-5)
                else:  # dry, or wet by less than we look at
                    assert surface[i, j] >= surface[r, c] - 1e-5


@given(ground=grounds(), rain=st.floats(0.0, 2), more=st.floats(0, 2))
@settings(max_examples=60, deadline=None)
def test_more_rain_is_nowhere_less_water(rasters, ground, rain, more):
    spots = bluespots(*rasters(*ground))
    less = rain_flood(spots, rain).flood.depth.values
    most = rain_flood(spots, rain + more).flood.depth.values
    assert (np.nan_to_num(most - less) >= -1e-5).all()


@given(ground=grounds())
@settings(max_examples=60, deadline=None)
def test_each_hollow_is_full_from_the_rain_that_fills_it_and_not_before(
    any_kernels, rasters, ground
):
    """Two ways to one answer: rain that grows step by step, and each amount of rain by itself."""
    spots = bluespots(*rasters(*ground))
    for hollow, needed in enumerate(spots.fills):
        above = rain_flood(spots, needed * (1 + 1e-9)).level[hollow]
        below = rain_flood(spots, needed * (1 - 1e-4)).level[hollow]
        assert above >= spots.spill[hollow] - 1e-7
        if spots.room[hollow] > 0:
            assert below < spots.spill[hollow]


@given(ground=grounds())
@settings(max_examples=60, deadline=None)
def test_a_deluge_fills_as_the_flood_from_all_outlets_does(rasters, ground):
    """When all is full the surface is the minimax path to the sea, the edge or the unknown."""
    height, sea = ground
    depth = rain_flood(bluespots(*rasters(height, sea)), 1e6).flood.depth.values
    outside = np.pad(sea | np.isnan(height), 1, constant_values=True)
    wide = np.pad(np.nan_to_num(height), 1)
    level = sea_connection(*rasters(wide, outside)).values[1:-1, 1:-1]
    land = ~sea & ~np.isnan(height)
    np.testing.assert_allclose(depth[land], (level - height)[land], atol=1e-5)


def test_two_basins_in_a_row_spill_from_the_upper_to_the_lower(any_kernels, rasters):
    """By hand: pits at 1 m and 0 m, a sill at 3 m between them, the lower one's rim at 2 m.

    The sill slopes more to the lower pit, so 2 columns of 3 cells drain to the upper and 3 to the
    lower. Each holds 2 m over one cell. The upper is full after 2/6 m of rain, the lower after
    2/9 m. After 0.3 m the upper holds 1.8 m, the lower is full, and 2.7 - 2 m left the map.
    """
    spots = bluespots(*rasters(trough(9, 1, 3, 0, 2)))
    table = bluespot_table(spots).set_index("bottom")
    assert len(spots) == 2
    assert table.loc[1.0, ["level", "volume", "area", "catchment"]].tolist() == [3, 200, 100, 600]
    assert table.loc[0.0, ["level", "volume", "area", "catchment"]].tolist() == [2, 200, 100, 900]
    assert table.loc[1.0, "downstream"] == table.loc[0.0, "id"]
    assert table.loc[0.0, "downstream"] == OFF_MAP
    assert table.loc[1.0, "rain_to_fill"] == pytest.approx(2 / 6)
    assert table.loc[0.0, "rain_to_fill"] == pytest.approx(2 / 9)
    assert (table.loc[1.0, "x"], table.loc[1.0, "y"]) == (25.0, 15.0)
    upper = int(table.loc[1.0, "id"])
    assert spill_chain(spots, upper) == [upper, 1 - upper, OFF_MAP]
    result = rain_flood(spots, 0.3)
    np.testing.assert_allclose(result.flood.depth.values[1], [0, 1.8, 0, 2, 0], atol=1e-6)
    assert result.balance.off_map == pytest.approx(70.0)
    assert result.balance.to_sea == 0.0


def test_nested_hollows_fill_merge_and_spill(any_kernels, rasters):
    """By hand: pits at 1 m and -1 m with a sill at 3 m, inside a rim at 5 m.

    The first (6 cells drain to it, 2 m deep) is full after 1/3 m; the second (9 cells, 4 m) has
    3 m then, gets the rain of all 15 cells, and is full after 1/3 + 1/15 = 0.4 m. Together they
    take 2 m more over three cells: full after 0.8 m. After 0.6 m that is half done: level 4 m.
    """
    spots = bluespots(*rasters(trough(9, 1, 3, -1, 5)))
    assert len(spots) == 3
    assert spots.innermost == 2
    np.testing.assert_allclose(np.sort(spots.fills), [1 / 3, 0.4, 0.8])
    np.testing.assert_allclose(spots.volume, [200, 400, 1200])
    np.testing.assert_array_equal(spots.parent, [2, 2, -1])
    np.testing.assert_array_equal(spots.down, [1, 0, OFF_MAP])
    half = rain_flood(spots, 0.6)
    np.testing.assert_allclose(half.flood.depth.values[1], [0, 3, 1, 5, 0], atol=1e-6)
    spilling = rain_flood(spots, 0.35)
    np.testing.assert_allclose(spilling.flood.depth.values[1], [0, 2, 0, 3.25, 0], atol=1e-6)
    table = bluespot_table(spots, least_volume=300.0, inner=False)
    assert table["volume"].tolist() == [1200.0]
    assert table["own_rain"].tolist() == pytest.approx([0.8])


def test_rain_on_uneven_ground_runs_to_the_sea_and_losses_come_off_first(any_kernels, rasters):
    """By hand: a slope of three cells to the sea; 50 mm less 20 mm and 10 mm leave 20 mm."""
    terrain, sea = rasters([[-1, 1, 2, 3]], [[True, False, False, False]])
    spots = bluespots(terrain, sea)
    np.testing.assert_array_equal(spots.catchment.values, [[NO_LAND, TO_SEA, TO_SEA, TO_SEA]])
    balance = rain_flood(spots, 0.05, 0.02, 0.01).balance
    assert balance.rain == pytest.approx(15.0)
    assert balance.lost == pytest.approx(9.0)
    assert balance.to_sea == pytest.approx(6.0)


def test_rain_takes_the_steepest_way_and_a_diagonal_is_longer(any_kernels, rasters):
    """By hand: 1 m down over one cell is steeper than 1.3 m over 1.41 cells, 1.5 m is not."""
    for drop, pit in ((1.3, (2, 1)), (1.5, (1, 3))):
        height = np.full((5, 5), 9.0)
        height[2, 2], height[2, 1], height[1, 3] = 5.0, 4.0, 5.0 - drop
        owner = bluespots(*rasters(height)).catchment.values
        assert owner[2, 1] != owner[1, 3]
        assert owner[2, 2] == owner[pit]


def test_a_flat_drains_to_its_low_side_and_a_closed_flat_is_one_hollow(any_kernels, rasters):
    tilted = np.full((5, 6), 3.0)
    tilted[1:-1, 1:-1] = 2.0
    tilted[2, -1] = 1.0
    assert len(bluespots(*rasters(tilted))) == 0
    closed = tilted.copy()
    closed[2, -1] = 3.0
    spots = bluespots(*rasters(closed))
    assert len(spots) == 1
    np.testing.assert_allclose(spots.volume, [12 * 100.0])
    depth = rain_flood(spots, 0.2).flood.depth.values
    np.testing.assert_allclose(depth[1:-1, 1:-1], 0.2 * 30 / 12, rtol=1e-6)


def test_a_sea_wall_keeps_the_rain_in(any_kernels, rasters, walls):
    """A beach that drains to the sea becomes a hollow behind a wall of 2 m."""
    height = [[5.0, 5, 5, 5], [-1, 0.5, 1, 5], [5, 5, 5, 5]]
    sea = np.array(height) == -1
    terrain, water = rasters(height, sea)
    free = rain_flood(bluespots(terrain, water), 0.1)
    assert free.balance.standing == 0.0
    edges = walls(terrain, ([(10, -1), (10, 31)], 2.0))
    spots = bluespots(terrain, water, edges)
    np.testing.assert_allclose(spots.spill, [2.0])
    np.testing.assert_allclose(spots.volume, [(1.5 + 1.0) * 100])
    behind = rain_flood(spots, 0.1)
    assert behind.balance.standing > 0.0
    assert abs(behind.balance.residual) < 1e-9
    assert (spots.down == TO_SEA).all()


@given(ground=grounds(), rain=st.floats(0, 3), x=st.integers(-1, 18), lean=st.integers(-4, 4))
@settings(max_examples=60, deadline=None)
def test_walls_move_the_water_and_lose_none(any_kernels, rasters, ground, walls_at, rain, x, lean):
    terrain, water = rasters(*ground)
    edges = walls_at(terrain, 5.0 * x, 5.0 * lean)
    balance = rain_flood(bluespots(terrain, water, edges), rain).balance
    assert abs(balance.residual) <= 1e-12 * max(balance.rain, 1.0)


@pytest.fixture(scope="module")
def walls_at():
    """A leaning wall across a ground."""

    def build(terrain, x, lean):
        table = gpd.GeoDataFrame(
            {"id": ["w"], "type": ["wall"], "crest": [2.5]},
            geometry=[LineString([(x, -1), (x + lean, 200)])],
            crs="EPSG:25832",
        )
        return barrier_edges(table, Grid.of(terrain))

    return build


def real():
    with rasterio.open(REAL) as file:
        height = file.read(1)
        west, north = file.transform.c, file.transform.f
    grid = Grid(west, north, 50.0, *height.shape, "EPSG:25832")
    return grid, height


def test_full_hollows_on_real_terrain_are_pyflwdirs_fill_cell_by_cell():
    """Held against pyflwdir 0.5's fill_depressions, which floods from the edge of the map."""
    grid, height = real()
    dry = grid.raster(np.zeros(grid.shape, bool), "sea")
    spots = bluespots(grid.raster(height, "terrain"), dry)
    filled, _ = pyflwdir.dem.fill_depressions(height, outlets="edge")
    root = spots.spill[spots.outermost]
    owner = spots.catchment.values
    level = np.where(owner >= 0, np.append(root, -np.inf)[owner], -np.inf).astype(np.float32)
    np.testing.assert_array_equal(np.maximum(height, level), filled)
    assert (filled > height).sum() > 300
    result = rain_flood(spots, 100.0)
    np.testing.assert_array_equal(height + result.flood.depth.values > height, filled > height)
    np.testing.assert_allclose(height + result.flood.depth.values, filled, atol=1e-5)
    assert abs(result.balance.residual) < 1e-9 * result.balance.rain


def test_the_connection_on_real_terrain_is_pyflwdirs_fill_from_the_sea():
    """The lowest ground taken as sea, pyflwdir made to flood from there alone."""
    grid, height = real()
    sea = height < 12.0
    found = sea_connection(grid.raster(height, "terrain"), grid.raster(sea, "sea")).values
    low = np.where(sea, np.float32(-100), height)
    filled, _ = pyflwdir.dem.fill_depressions(low, idxs_pit=np.flatnonzero(sea), outlets="idxs_pit")
    np.testing.assert_array_equal(found[~sea], filled[~sea])


def test_a_cloudburst_on_real_terrain_fills_each_hollow_to_one_level():
    """Volumes by level add up: standing water summed by hollow is what the hollows hold."""
    grid, height = real()
    terrain = grid.raster(height, "terrain")
    spots = bluespots(terrain, grid.raster(np.zeros(grid.shape, bool), "sea"))
    result = rain_flood(spots, 0.1, 0.02)
    depth = result.flood.depth.values.astype(float)
    owner = spots.catchment.values
    by_root = np.bincount(
        spots.outermost[owner[owner >= 0]], depth[owner >= 0], minlength=len(spots)
    )
    water = np.bincount(spots.outermost, result.water / grid.cell_area, minlength=len(spots))
    np.testing.assert_allclose(by_root, water, rtol=1e-5, atol=1e-4)
    wet = depth > 0
    np.testing.assert_allclose((height + depth)[wet], result.level[owner[wet]], atol=2e-5, rtol=0)


def test_the_rain_that_fills_is_right_on_real_terrain_where_spill_comes_in_turns():
    """The same two ways to one answer where hollows get the spill of many others, one by one."""
    grid, height = real()
    dry = grid.raster(np.zeros(grid.shape, bool), "sea")
    spots = bluespots(grid.raster(height, "terrain"), dry)
    for hollow in np.argsort(-spots.catchment_cells)[:40]:
        needed = spots.fills[hollow]
        assert rain_flood(spots, needed * (1 + 1e-9)).level[hollow] >= spots.spill[hollow] - 1e-6
        if spots.room[hollow] > 0:
            assert rain_flood(spots, needed * (1 - 1e-6)).level[hollow] < spots.spill[hollow]


@given(
    values=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    capacity=st.lists(st.floats(0, 1.2), min_size=1, max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_what_rain_a_sewer_leaves_is_the_integral_above_its_capacity(values, capacity):
    """Against a sum over 20,000 slices of each stretch between two points."""
    series = Series(np.arange(len(values), dtype=float), np.array(values))
    left = rain_left(series, np.array(capacity))
    middle = (np.arange(20_000 * max(len(values) - 1, 1)) + 0.5) / 20_000
    rain = series.at(middle) if len(values) > 1 else np.zeros(1)
    for one, got in zip(capacity, left, strict=True):
        expected = np.maximum(rain - one, 0).mean() * (len(values) - 1)
        assert got == pytest.approx(expected, abs=1e-6)


def test_rain_that_cannot_be_says_why(rasters):
    terrain, sea = rasters([[1.0, 2.0]])
    spots = bluespots(terrain, sea)
    grid = Grid.of(terrain)
    with pytest.raises(BadValue, match="rain in metres, zero or more"):
        rain_flood(spots, -0.1)
    with pytest.raises(BadValue, match="sewer in metres"):
        rain_flood(spots, 0.1, sewer=float("nan"))
    with pytest.raises(BadValue, match="1 cells without"):
        rain_flood(spots, grid.raster(np.array([[0.1, np.nan]]), "rain"))
    with pytest.raises(BadValue, match=r"shape \(1, 3\)"):
        rain_flood(spots, rasters([[0.0, 0, 0]])[0])
    with pytest.raises(BadValue, match="ground with a known height"):
        bluespots(*rasters([[np.nan, np.nan]]))
    with pytest.raises(BadValue, match="barriers on the terrain's grid"):
        bluespots(terrain, sea, Edges.none(Grid(0, 0, 1, 1, 2, "EPSG:25832")))
    with pytest.raises(BadValue, match="a hollow from 0"):
        spill_chain(spots, 3)

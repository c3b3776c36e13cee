"""Footprints cover exactly what they cover, and the water at them is the water on the map."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon, box

from fjordby.errors import BadValue
from fjordby.flood import city_connection, sea_flood
from fjordby.grid import Grid
from fjordby.harm import (
    footprints,
    gather_still,
    line_prints,
    point_prints,
    still_water_at,
    water_at,
)

CRS = "EPSG:25832"
GRID = Grid(500_000.0, 6_200_060.0, 10.0, 6, 8, CRS)
few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def series(*shapes):
    return gpd.GeoSeries(list(shapes), crs=CRS)


def rival(shape, grid):
    """Cut the shape with every cell, one by one."""
    west, _, _, north = grid.bounds
    cells = [
        box(west + c * grid.cell, north - (r + 1) * grid.cell, west + (c + 1) * grid.cell,
            north - r * grid.cell)
        for r in range(grid.ny) for c in range(grid.nx)
    ]  # fmt: skip
    return shapely.area(shapely.intersection(np.array(cells), shape)) / grid.cell_area


def dense(prints, shape):
    share = np.zeros(prints.grid.ny * prints.grid.nx)
    part = slice(prints.starts[shape], prints.starts[shape + 1])
    share[prints.cells[part]] = prints.share[part]
    return share


blobs = st.builds(
    lambda x, y, r, corners, turn, squeeze: affinity.scale(
        affinity.rotate(Point(x, y).buffer(r, quad_segs=corners), turn), 1.0, squeeze
    ),
    st.floats(499_985, 500_095),
    st.floats(6_199_985, 6_200_075),
    st.floats(0.3, 35),
    st.integers(1, 4),
    st.floats(0, 360),
    st.floats(0.1, 1),
)


@few
@given(blobs)
def test_coverage_equals_cutting_every_cell(any_kernels, shape):
    found = dense(footprints(series(shape), GRID), 0)
    np.testing.assert_allclose(found, rival(shape, GRID), atol=2e-9)


@few
@given(blobs, blobs, st.booleans())
def test_holes_and_parts_and_the_way_round_do_not_matter(any_kernels, one, other, clockwise):
    shape = one.difference(other) if one.intersects(other) else MultiPolygon([one, other])
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return
    turned = shapely.reverse(shape) if clockwise else shape
    found = dense(footprints(series(turned), GRID), 0)
    np.testing.assert_allclose(found, rival(shape, GRID), atol=2e-9)


def test_coverage_equals_exactextract():
    rng = np.random.default_rng(2)
    grid = Grid(0.0, 300.0, 3.0, 100, 100, CRS)
    shapes = [
        affinity.rotate(box(x, y, x + w, y + h), turn)
        for x, y, w, h, turn in rng.uniform([20, 20, 2, 2, 0], [260, 260, 20, 20, 90], (60, 5))
    ]
    values = rng.random(grid.shape)
    source = NumPyRasterSource(values, 0, 0, 300, 300)
    theirs = exact_extract(source, series(*shapes).to_frame("geometry"), ["sum", "count"])
    prints = footprints(series(*shapes), grid)
    sums = [
        (prints.share * values.reshape(-1)[prints.cells])[prints.starts[k] : prints.starts[k + 1]]
        for k in range(60)
    ]
    for k, feature in enumerate(theirs):
        assert sums[k].sum() == pytest.approx(feature["properties"]["sum"], rel=1e-6)
        assert prints.total[k] == pytest.approx(feature["properties"]["count"], rel=1e-6)


def test_a_building_half_outside_keeps_the_half_inside():
    prints = footprints(series(box(499_990, 6_200_000, 500_010, 6_200_020)), GRID)
    assert prints.total[0] * GRID.cell_area == pytest.approx(200.0)


def test_a_building_elsewhere_or_empty_has_no_cells_and_is_dry(any_kernels):
    prints = footprints(series(box(0, 0, 10, 10), Polygon()), GRID)
    assert prints.cells.size == 0
    depth = GRID.raster(np.ones(GRID.shape, np.float32), "depth")
    assert water_at(prints, depth).deepest.tolist() == [0.0, 0.0]


def test_no_buildings_is_no_footprints():
    assert footprints(series(), GRID).count == 0


def test_lines_and_another_crs_are_refused():
    with pytest.raises(BadValue, match="polygons"):
        footprints(gpd.GeoSeries([Point(0, 0)], crs=CRS), GRID)
    with pytest.raises(BadValue, match="to_crs"):
        footprints(gpd.GeoSeries([box(9, 55, 9.1, 55.1)], crs="EPSG:4326"), GRID)


def test_a_map_on_another_grid_is_refused():
    other = Grid(0.0, 60.0, 10.0, 6, 8, CRS)
    prints = footprints(series(box(500_000, 6_200_000, 500_010, 6_200_010)), GRID)
    with pytest.raises(BadValue, match="grid of the footprints"):
        water_at(prints, other.raster(np.zeros(other.shape), "depth"))


def test_deepest_mean_and_wet_share_by_hand(any_kernels):
    """A house of 10 x 20 m, half in 1 m, a quarter in 0.2 m, a quarter dry."""
    grid = Grid(0.0, 20.0, 10.0, 2, 2, CRS)
    depth = grid.raster(np.array([[0.2, 0.0], [1.0, 1.0]]), "depth")
    water = water_at(footprints(series(box(5, 0, 15, 20)), grid), depth)
    assert water.deepest[0] == 1.0
    assert water.wet[0] == pytest.approx(0.75)
    assert water.mean[0] == pytest.approx((0.5 * 1.0 + 0.25 * 0.2) / 0.75)


def test_the_open_sea_under_a_quay_is_not_a_flood(any_kernels):
    grid = Grid(0.0, 10.0, 10.0, 1, 2, CRS)
    depth = grid.raster(np.array([[np.nan, 0.1]]), "depth")
    water = water_at(footprints(series(box(0, 0, 20, 10)), grid), depth)
    assert (water.deepest[0], water.wet[0]) == (pytest.approx(0.1), pytest.approx(0.5))


@pytest.mark.parametrize("level", [0.4, 1.03, 2.15, 4.99])
def test_still_water_at_footprints_equals_the_whole_map(any_kernels, valley, level):
    prints = footprints(valley.buildings, valley.grid)
    connection = city_connection(valley)
    quick = still_water_at(prints, valley.terrain, connection, level)
    whole = water_at(prints, sea_flood(valley, level, connection).depth)
    for a, b in (
        (quick.deepest, whole.deepest), (quick.mean, whole.mean), (quick.wet, whole.wet)
    ):  # fmt: skip
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_the_first_level_is_where_the_depth_is_first_reached(valley):
    prints = footprints(valley.buildings, valley.grid)
    still = gather_still(prints, valley.terrain, city_connection(valley))
    first = still.first_level(0.2)
    for k in (0, 5, 20):
        assert still.at(first[k] - 1e-4).deepest[k] < 0.2
        assert still.at(first[k] + 1e-4).deepest[k] >= 0.2


@few
@given(st.lists(st.tuples(st.floats(-20, 100), st.floats(-20, 80)), min_size=2, max_size=6))
def test_a_line_is_as_long_in_all_cells_as_it_is(any_kernels, points):
    grid = Grid(0.0, 60.0, 10.0, 6, 8, CRS)
    # A line along the border of the grid lies on either side; keep off it.
    points = [(a + 0.0137, b + 0.0137) for a, b in points]
    x, y = np.array(points).T
    prints = line_prints(x, y, np.array([0, len(points)]), grid)
    inside = [
        shapely.LineString(points[k : k + 2]).intersection(box(*grid.bounds)).length
        for k in range(len(points) - 1)
    ]
    assert prints.total[0] == pytest.approx(sum(inside), abs=1e-5)


def test_a_point_lies_in_its_cell_or_nowhere():
    prints = point_prints(np.array([500_005.0, 0.0]), np.array([6_200_055.0, 0.0]), GRID)
    assert prints.starts.tolist() == [0, 1, 1]
    assert prints.cells.tolist() == [0]

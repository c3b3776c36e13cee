"""The ground of a run: streams stay whole at every cell size, and cells as rough as the land."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label
from shapely.geometry import LineString, box

from fjordby import city as cities
from fjordby.catalogue import rows
from fjordby.city.layers import vocabulary
from fjordby.errors import BadValue
from fjordby.flood.dynamic.city_ground import RIM, cells_along, city_ground
from fjordby.flood.dynamic.roughness import (
    channel_roughness,
    land_roughness,
    manning,
    road_surfaces,
)
from fjordby.grid import Grid

CRS = "EPSG:25832"
points = st.tuples(st.floats(0.0, 300.0), st.floats(0.0, 200.0))


def test_each_use_of_green_and_each_class_of_road_is_in_the_catalogues():
    known = {row["key"] for row in rows("flood/dynamic/roughness.csv")}
    assert set(vocabulary()["green", "use"]) <= known
    wide = {row["road_class"] for row in rows("flood/dynamic/road_widths.csv")}
    assert set(vocabulary()["roads", "road_class"]) == wide


def test_each_roughness_lies_in_its_range_and_says_its_source():
    for row in rows("flood/dynamic/roughness.csv"):
        assert float(row["low"]) <= float(row["n"]) <= float(row["high"]), row["key"]
        assert all(row[column] for column in ("source", "da", "en"))
    assert all(row["source"] for row in rows("flood/dynamic/road_widths.csv"))


def test_an_unknown_kind_of_ground_is_refused():
    with pytest.raises(BadValue, match="'lava'"):
        manning("lava")


def test_a_street_carries_water_past_the_houses_beside_it(valley):
    """Half a cell of street and half of house: 1/n is the mean of both, nearly the street's."""
    grid = Grid(600.0, 300.0, 10.0, 1, 1, CRS)
    street = gpd.GeoDataFrame({"road_class": ["residential"]}, crs=CRS,
                              geometry=[LineString([(600, 295), (610, 295)])])  # fmt: skip
    house = valley.buildings.iloc[:1].set_geometry([box(600, 290, 610, 295)])
    both = valley.with_(roads=street, buildings=house, green=valley.green)
    n = float(land_roughness(both, grid)[0, 0])
    assert n == pytest.approx(1.0 / (0.5 / 0.02 + 0.5 / 0.3), rel=1e-6)
    alone = float(land_roughness(both, grid, houses=False)[0, 0])
    assert alone == pytest.approx(0.02)


def test_a_road_is_as_wide_as_its_class_and_a_ferry_has_no_surface():
    line = [LineString([(0, 0), (100, 0)])] * 2
    roads = gpd.GeoDataFrame({"road_class": ["primary", "ferry"]}, geometry=line, crs=CRS)
    (surface,) = road_surfaces(roads)
    assert surface.area == pytest.approx(1400.0)


@pytest.mark.parametrize(("width", "ratio"), [(5.0, 2.0), (10.0, 1.0), (16.0, 1.0)])
def test_a_bed_wider_than_its_stream_is_rougher_by_the_ratio(width, ratio):
    assert channel_roughness(width, 10.0) == pytest.approx(0.035 * ratio)


@settings(max_examples=60, deadline=None)
@given(st.lists(points, min_size=2, max_size=6, unique=True), st.sampled_from([10.0, 25.0]))
def test_the_cells_of_a_line_hang_together_by_their_sides(corners, cell):
    line = LineString(corners)
    if line.length < 1.0:
        return
    grid = Grid(-10.0, 210.0, cell, int(300 / cell), int(400 / cell), CRS)
    row, column = cells_along(line, grid)
    cells = np.zeros(grid.shape, bool)
    cells[row, column] = True
    assert label(cells)[1] == 1
    assert len(set(zip(row.tolist(), column.tolist(), strict=True))) == row.size


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_where_streams_meet_the_bed_is_as_rough_as_the_widest(valley, order):
    """A brook of 2 m runs into a river of 8 m, then into one of 30 m: in whatever order drawn."""
    for width, rough in ((8.0, channel_roughness(8.0, 10.0)), (30.0, manning("stream"))):
        lines = gpd.GeoDataFrame(
            {"id": ["river", "brook"], "name": ["", ""], "width": [width, 2.0], "bed": 0.0},
            geometry=[LineString([(900, 55), (250, 55)]), LineString([(505, 255), (505, 55)])],
            crs=CRS,
        ).iloc[order]
        ground = city_ground(valley.with_(streams=lines))
        down = ground.roughness[ground.channel[:, 50], 50]
        assert ground.roughness[ground.courses["river"].rows[0], 50] == pytest.approx(rough)
        assert down.max() == pytest.approx(channel_roughness(2.0, 10.0))


def test_a_stream_stays_whole_and_as_deep_in_larger_cells(valley):
    """A trench of 10 m through ground at 5 m, crooked, in cells of 10 to 50 m: nowhere a sill."""
    line = LineString([(990, 60), (700, 95), (640, 230), (400, 255), (205, 270)])
    grid, ground = valley.grid, np.full(valley.grid.shape, 5.0, np.float32)
    ground[valley.sea.values] = -2.0
    row, column = cells_along(line, grid)
    ground[row, column] = np.linspace(3.0, -1.0, row.size)
    streams = valley.streams.set_geometry([line])
    trench = valley.with_(terrain=grid.raster(ground, "terrain"), streams=streams)
    for cell in (None, 20.0, 30.0, 50.0):
        made = city_ground(trench, cell)
        course = made.courses["s0"]
        steps = np.abs(np.diff(course.rows)) + np.abs(np.diff(course.columns))
        bed = made.bed[course.rows, course.columns][made.land[course.rows, course.columns]]
        assert steps.max() == 1
        assert bed.max() <= 3.0
        assert np.diff(bed).max() < 0.3  # a bend that passes a cell twice may lift it a little
        assert made.roughness[course.rows[0], course.columns[0]] == pytest.approx(
            0.035 * max(1.0, made.grid.cell / 8.0)
        )


def test_larger_cells_keep_the_mean_of_the_land(valley):
    dry = valley.with_(streams=valley.streams.iloc[:0])
    fine, coarse = city_ground(dry), city_ground(dry, 20.0)
    assert coarse.grid.shape == (20, 50)
    assert np.nanmean(coarse.bed[:, 10:]) == pytest.approx(np.nanmean(fine.bed[:, 20:]), abs=1e-6)
    assert coarse.sea.sum() * 4 == fine.sea.sum() * 2  # the rim is two cells wide in both


def test_cells_that_do_not_divide_the_map_reach_over_its_edge(valley):
    made = city_ground(valley, 30.0)
    assert made.grid.shape == (14, 34)
    assert not np.isnan(made.bed[:, -1]).any()


@pytest.mark.parametrize("cell", [15.0, 4.0, -10.0])
def test_a_cell_that_is_no_multiple_is_refused(valley, cell):
    with pytest.raises(BadValue, match="multiple"):
        city_ground(valley, cell)


def test_the_open_sea_costs_nothing(valley):
    made = city_ground(valley)
    kept = np.flatnonzero(made.sea.any(axis=0))
    assert kept.tolist() == [20 - RIM + i for i in range(RIM)]
    assert np.isnan(made.bed[:, : kept[0]]).all()


def test_buildings_are_rough_or_in_the_way_or_a_step(valley):
    ground, blocks, raised = (city_ground(valley, buildings=b)
                              for b in ("ground", "blocks", "raised"))  # fmt: skip
    assert not ground.blocked.any()
    assert blocks.blocked.sum() == 4 * len(valley.buildings)
    assert np.isnan(blocks.bed[blocks.blocked]).all()
    lifted = raised.bed[blocks.blocked] - ground.bed[blocks.blocked]
    np.testing.assert_allclose(lifted, 0.3)  # as the manual says
    assert (ground.roughness[blocks.blocked] > raised.roughness[blocks.blocked]).all()


def test_a_stream_under_a_house_runs_on(valley):
    under = valley.streams.set_geometry([LineString([(990, 110), (200, 110)])])
    made = city_ground(valley.with_(streams=under), buildings="blocks")
    course = made.courses["s0"]
    assert not np.isnan(made.bed[course.rows, course.columns]).any()


def test_an_unknown_way_with_buildings_is_refused(valley):
    with pytest.raises(BadValue, match="ground, blocks, raised"):
        city_ground(valley, buildings="glass")


def test_a_hole_in_the_land_is_named_with_its_place(valley):
    z = valley.terrain.values.copy()
    z[10:12, 60:63] = np.nan
    holed = valley.with_(terrain=valley.grid.raster(z, "terrain"))
    with pytest.raises(BadValue, match=r"6 cells.*605, 295"):
        city_ground(holed)


def test_ground_unknown_at_the_edge_of_the_map_is_outside(valley):
    z = valley.terrain.values.copy()
    z[:5, 90:] = np.nan
    z[:, :3] = np.nan  # and the bed of the far sea
    z[:, 18:20] = np.nan  # and of the near sea: the level is held there all the same
    made = city_ground(valley.with_(terrain=valley.grid.raster(z, "terrain")))
    assert np.isnan(made.bed[:5, 90:]).all()
    assert not np.isnan(made.bed[made.sea]).any()


def test_the_island_that_ships_has_a_shore_all_round():
    made = city_ground(cities.load("tuno"))
    assert made.sea.sum() > 2000
    assert made.courses == {}

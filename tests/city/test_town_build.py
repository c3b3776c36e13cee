"""A made-up town on a small made-up valley: what must hold of any town."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from fjordby.city.model import AGE_GROUPS
from fjordby.city.town import Parameters, build_town
from fjordby.city.town.network import pieces_of
from fjordby.city.town.roadclass import road_class
from fjordby.errors import BadValue
from fjordby.grid import Grid

CRS = "EPSG:25832"
SIDE = 3000.0
POPULATION = [[40, 210, 0], [350, 4200, 700], [25, 1300, 90]]


def make_land():
    """A valley that falls to a fjord in the east; hills north and south, a stream between."""
    grid = Grid(0.0, SIDE, 10.0, 300, 300, CRS)
    x, y = np.meshgrid(grid.x, grid.y)
    height = 1.0 + (2600.0 - x) / 400.0 + np.abs(y - 1500.0) ** 1.3 / 180.0
    sea = (x > 2600.0 + 80.0 * np.sin(y / 200.0)) & (np.abs(y - 1500.0) < 900.0)
    height[sea] = -2.0
    return grid.raster(height.astype(np.float32), "terrain"), grid.raster(sea, "sea", "1")


def make_inputs():
    terrain, sea = make_land()
    streams = gpd.GeoDataFrame(
        {"id": ["s"], "name": ["Å"], "width": [10.0], "bed": [-0.5]},
        geometry=[LineString([(0, 1620), (900, 1540), (1800, 1570), (2620, 1500)])],
        crs=CRS,
    )
    cells = [
        box(1000 * c, SIDE - 1000 * (r + 1), 1000 * (c + 1), SIDE - 1000 * r)
        for r in range(3)
        for c in range(3)
    ]
    census = gpd.GeoDataFrame({"population": np.ravel(POPULATION)}, geometry=cells, crs=CRS)
    districts = gpd.GeoDataFrame(
        {"id": ["n", "s"], "name": ["Nord", "Syd"]},
        geometry=[box(0, 1500, SIDE, SIDE), box(0, 0, SIDE, 1500)],
        crs=CRS,
    )
    return terrain, sea, streams, census, districts


def make_real():
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary", "residential"], "name": ["Landevej", None]},
        geometry=[LineString([(100, 1400), (1000, 1380), (2000, 1360)]),
                  LineString([(1300, 1375), (1310, 1000)])],
        crs=CRS,
    )  # fmt: skip
    houses = gpd.GeoDataFrame(
        {"use_code": [120, 910], "floors": [1, 1], "name": ["", ""]},
        geometry=[box(1325, 1150, 1337, 1160), box(1325, 1165, 1329, 1171)],
        crs=CRS,
    )
    known = gpd.GeoDataFrame(
        {"use": ["hospital"], "name": ["Sygehus (antaget)"]}, geometry=[Point(1500, 1900)], crs=CRS
    )
    return roads, houses, known


def make_town(seed=1, **own):
    terrain, sea, streams, census, districts = make_inputs()
    roads, houses, known = make_real()
    return build_town(
        terrain, sea, streams, census, districts, real_roads=roads, real_houses=houses,
        known_places=known, seed=seed, **own,
    )  # fmt: skip


@pytest.fixture(scope="module")
def town():
    return make_town()


@pytest.fixture(scope="module")
def same_town():
    return make_town()


def road_shapes(town):
    half = [road_class(c).width / 2.0 for c in town.roads["road_class"]]
    # Flat ends: a road's asphalt ends where its middle line does.
    return shapely.buffer(town.roads.geometry.to_numpy(), half, cap_style="flat")


def test_residents_add_up_to_each_census_cell(town):
    assert not town.moved
    _, _, _, census, _ = make_inputs()
    home = town.buildings.set_index("id").geometry.representative_point()
    people = town.people.set_index("building")[list(AGE_GROUPS)].sum(axis=1)
    points = home.loc[people.index]
    for _, cell in census.iterrows():
        here = points.within(cell.geometry).to_numpy()
        edge = points.touches(cell.geometry).to_numpy()
        assert people[here].sum() <= cell.population + 1e-6
        assert people[here | edge].sum() >= cell.population - 1e-6


def test_nobody_is_lost_and_nobody_is_added(town):
    assert town.people[list(AGE_GROUPS)].to_numpy().sum() == pytest.approx(np.sum(POPULATION))
    assert (town.people[list(AGE_GROUPS)].to_numpy() >= 0).all()


def test_the_town_has_the_ages_of_the_parameters(town):
    numbers = Parameters({})
    total = town.people[list(AGE_GROUPS)].sum()
    for group in AGE_GROUPS:
        assert total[group] / total.sum() == pytest.approx(numbers[f"{group}_share"], abs=0.01)


def test_people_live_where_there_are_dwellings(town):
    homes = town.buildings.set_index("id").loc[town.people["building"]]
    assert (homes["dwellings"] > 0).all()
    assert set(homes["use"]) == {"home"}


def test_no_two_buildings_overlap(town):
    shape = town.buildings.geometry.to_numpy()
    assert shapely.is_valid(shape).all()
    a, b = shapely.STRtree(shape).query(shape, predicate="intersects")
    pairs = a < b
    overlap = shapely.area(shapely.intersection(shape[a[pairs]], shape[b[pairs]]))
    assert overlap.max(initial=0.0) < 1.0, "more than the rounding of shared walls to 0.1 m"


def test_no_building_stands_on_a_road(town):
    new = town.buildings[town.buildings["kind"] == "synthetic"].geometry.to_numpy()
    roads = road_shapes(town)
    building, road = shapely.STRtree(roads).query(new, predicate="intersects")
    overlap = shapely.area(shapely.intersection(new[building], roads[road]))
    assert overlap.max(initial=0.0) < 1.0


def test_no_building_stands_in_water(town):
    _, sea, streams, _, _ = make_inputs()
    grid = Grid.of(sea)
    new = town.buildings[town.buildings["kind"] == "synthetic"]
    corner = shapely.get_coordinates(new.geometry.to_numpy())
    row, column = grid.rows_columns(corner[:, 0], corner[:, 1])
    assert not sea.values[np.clip(row, 0, 299), np.clip(column, 0, 299)].any()
    assert not new.intersects(streams.geometry[0].buffer(5.0)).any()


def test_every_building_reaches_a_road(town):
    lines = town.roads.geometry.to_numpy()
    shape = town.buildings.geometry.to_numpy()
    near = shapely.STRtree(lines).nearest(shape)
    assert shapely.distance(shape, lines[near]).max() < Parameters({})["access_most"]


def test_the_roads_are_one_network(town):
    assert pieces_of(town.roads).max() == 0


def test_roads_cross_the_stream_and_not_the_fjord(town):
    _, sea, streams, _, _ = make_inputs()
    assert town.roads.crosses(streams.geometry[0]).sum() >= 4, "a town on both banks"
    grid = Grid.of(sea)
    made_up = town.roads[town.roads["kind"] == "synthetic"].geometry.to_numpy()
    xy = shapely.get_coordinates(shapely.segmentize(made_up, 10.0))
    row, column = grid.rows_columns(xy[:, 0], xy[:, 1])
    wet = sea.values[np.clip(row, 0, 299), np.clip(column, 0, 299)]
    assert wet.mean() < 0.002


def test_what_is_real_stays(town):
    roads, houses, _ = make_real()
    real = town.roads[town.roads["kind"] == "measured"]
    assert real.length.sum() == pytest.approx(roads.length.sum(), abs=1.0)
    assert set(real["name"]) >= {"Landevej", ""}
    kept = town.buildings[town.buildings["kind"] == "measured"]
    assert kept.area.sum() == pytest.approx(houses.area.sum(), abs=0.5)


def test_made_up_things_say_so(town):
    assert set(town.buildings["kind"]) == {"measured", "synthetic"}
    named = town.places[town.places["kind"] == "synthetic"]
    assert named["name"].str.endswith("(syntetisk)").all()
    assert set(town.places["kind"]) == {"assumed", "synthetic"}


def test_each_place_has_its_own_building(town):
    assert town.places["building"].is_unique
    shape = town.buildings.set_index("id").geometry.loc[town.places["building"]]
    apart = shapely.distance(shape.to_numpy(), town.places.geometry.to_numpy())
    assert apart.max() < 0.1, "points are written to 0.1 m"
    assert {"school", "food_shop", "hospital", "pumping_station"} <= set(town.places["use"])


def test_the_same_seed_gives_the_same_town(town, same_town):
    for name in ("roads", "buildings", "places", "green"):
        one, other = getattr(town, name), getattr(same_town, name)
        assert one.geometry.geom_equals(other.geometry).all()
        pd.testing.assert_frame_equal(
            pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(other.drop(columns="geometry"))
        )
    pd.testing.assert_frame_equal(town.people, same_town.people)


def test_another_seed_gives_another_town_for_the_same_people(town):
    other = make_town(seed=2)
    assert (
        len(other.buildings) != len(town.buildings)
        or not other.buildings.geometry.geom_equals(town.buildings.geometry).all()
    )
    assert other.people[list(AGE_GROUPS)].to_numpy().sum() == pytest.approx(np.sum(POPULATION))


def test_a_town_is_dense_in_the_middle_and_thin_at_the_edge(town):
    floors = town.buildings["floors"] * town.buildings.area
    middle = town.buildings.representative_point()
    xy = np.column_stack([middle.x, middle.y])
    away = np.hypot(*(xy - np.average(xy, axis=0, weights=floors)).T)
    near, far = away < 400.0, (away > 900.0) & (away < 1200.0)
    assert floors[near].sum() / 400.0**2 > 2.0 * floors[far].sum() / (1200.0**2 - 900.0**2)


def test_households_have_a_usual_size(town):
    persons = town.people.set_index("building")[list(AGE_GROUPS)].sum(axis=1)
    dwellings = town.buildings.set_index("id").loc[persons.index, "dwellings"]
    assert 1.5 < persons.sum() / dwellings.sum() < 2.8


def test_a_census_without_population_is_refused():
    terrain, sea, streams, census, districts = make_inputs()
    with pytest.raises(BadValue, match="column population"):
        build_town(terrain, sea, streams, census.drop(columns="population"), districts)


def test_a_parameter_nobody_knows_is_refused():
    with pytest.raises(BadValue, match="household_flat"):
        Parameters({"household_flt": 2.0})

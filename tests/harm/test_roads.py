"""Roads join where they meet, close under water, and cut people from care at the right level."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point

from fjordby.flood import city_connection, sea_flood
from fjordby.harm import access, cut_level, gather_still, impact, road_network, speed_in_water
from fjordby.harm.roads import CLOSED, LONGEST_PIECE

CRS = "EPSG:25832"


def with_roads(valley, *lines, **columns):
    n = len(lines)
    table = {"id": [f"r{k}" for k in range(n)], "name": "", "road_class": "residential",
             "speed": 50.0} | columns  # fmt: skip
    return valley.with_(roads=gpd.GeoDataFrame(table, geometry=list(lines), crs=CRS))


def parts(network):
    n = network.x.size
    links = coo_matrix((np.ones(network.a.size), (network.a, network.b)), shape=(n, n))
    return connected_components(links, directed=False)[0]


def test_speed_falls_with_depth_and_stops_at_30_cm():
    """Pregnolato et al. 2017, doi:10.1016/j.trd.2017.06.020."""
    assert speed_in_water(np.array([0.0, 0.075, 0.1, 0.3, 2.0])) == pytest.approx(
        [86.9448, 50.54, 40.65, 0.0, 0.0], abs=0.01
    )
    assert (np.diff(speed_in_water(np.linspace(0, 0.5, 51))) <= 0).all()


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ([(300, 300), (400, 300)], [(400, 300), (500, 300)], True),  # end to end
        ([(300, 300), (400, 300)], [(400.6, 300), (500, 300)], True),  # nearly
        ([(300, 300), (400, 300)], [(402, 300), (500, 300)], False),  # not
        ([(300, 300), (500, 300)], [(400, 250), (400, 350)], True),  # crossing
        ([(300, 300), (500, 300)], [(400, 300.5), (400, 350)], True),  # a T, nearly
        ([(300, 300), (500, 300)], [(400, 300), (450, 300)], True),  # one on the other
    ],
)
def test_roads_join_where_they_meet(any_kernels, valley, one, other, joined):
    network = road_network(with_roads(valley, LineString(one), LineString(other)))
    assert (parts(network) == 1) is joined


def test_cutting_keeps_the_length_and_pieces_are_short(any_kernels, valley):
    network = road_network(valley)
    assert network.length.sum() == pytest.approx(valley.roads.length.sum())
    assert network.length.max() <= LONGEST_PIECE + 1e-6
    for road in range(len(valley.roads)):
        there = valley.roads.length.iloc[road]
        assert network.length[network.road == road].sum() == pytest.approx(there)


def test_a_city_without_roads_or_places_has_an_empty_network(valley):
    network = road_network(with_roads(valley))
    assert network.length.size == 0
    bare = with_roads(valley).with_(places=valley.places.iloc[:0])
    result = impact(bare, sea_flood(bare, 1.5))
    assert np.isnan(result.total("cut_from_care"))
    assert result.total("road_km") == 0.0
    assert result.way_unknown == pytest.approx(2.4 * 28)


def test_a_bridge_over_a_stream_does_not_close_the_road(any_kernels, valley):
    """The stream runs at y = 50; a road across it at x = 950 stands on ground of 7.5 m."""
    low = valley.terrain.copy(deep=True)
    low.values[:] = 3.0
    low.values[34:36, :] = -1.0  # the stream's bed, y from 40 to 60
    low.values[valley.sea.values] = -2.0
    city = with_roads(valley, LineString([(905, 10), (905, 390)])).with_(terrain=low)
    network = road_network(city)
    still = gather_still(network.prints, city.terrain, city_connection(city))
    assert still.first_level(CLOSED).min() == pytest.approx(3.3)


def dead_end(valley):
    """One road from the sea up the hill to the hospital."""
    road = LineString([(230, 200), (980, 200)])
    return with_roads(valley, road)


def test_on_one_road_each_is_cut_when_the_lowest_piece_on_the_way_closes(any_kernels, valley):
    city = dead_end(valley)
    made = access(city, road_network(city))
    still = gather_still(made.network.prints, city.terrain, city_connection(city))
    closes = still.first_level(CLOSED)
    cut = cut_level(made, closes, np.array([np.inf]))
    x = city.buildings.geometry.centroid.x.to_numpy()
    order = np.argsort(x)
    assert (np.diff(cut[order]) >= 0).all()
    ground = (made.network.x[made.node] - 200.0) / 100.0
    assert np.abs(cut - (ground + CLOSED)).max() <= 0.01 * LONGEST_PIECE + 0.15


def test_two_roads_are_better_than_one(valley):
    """A way round over the hill keeps open what the low road would close."""
    low = LineString([(300, 100), (250, 200), (980, 200)])
    hill = LineString([(300, 100), (600, 100), (600, 200)])
    city = with_roads(valley, low, hill)
    made = access(city, road_network(city))
    still = gather_still(made.network.prints, city.terrain, city_connection(city))
    closes, always = still.first_level(CLOSED), np.array([np.inf])
    both = cut_level(made, closes, always)
    alone = cut_level(made, np.where(made.network.road == 1, -99.0, closes), always)
    assert (both >= alone).all()
    corner = made.node == made.node[np.argmin(city.buildings.distance(Point(300, 100)))]
    assert alone[corner].max() < 0.9
    assert both[corner].min() > 1.0


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10_000))
def test_the_bottleneck_equals_closing_roads_level_by_level(any_kernels, seed):
    """The rival: for each level drop the closed edges and look who still hangs together."""
    rng = np.random.default_rng(seed)
    nodes, edges = 12, 18
    a, b = rng.integers(0, nodes, edges), rng.integers(0, nodes, edges)
    weight = rng.integers(0, 6, edges).astype(float)
    out = np.full(nodes, -np.inf)
    any_kernels.bottleneck(
        np.argsort(-weight, kind="stable"), a, b, weight, 0, np.arange(nodes),
        np.ones(nodes, np.int64), np.full(nodes, -1), np.arange(nodes), out,
    )  # fmt: skip
    for level in np.arange(-0.5, 6.0, 1.0):
        is_open = weight > level
        graph = coo_matrix((np.ones(is_open.sum()), (a[is_open], b[is_open])), (nodes, nodes))
        part = connected_components(graph, directed=False)[1]
        np.testing.assert_array_equal(out > level, part == part[0])


@pytest.mark.parametrize("level", [0.4, 0.86, 1.1, 1.9, 2.7, 4.4, 6.0])
def test_cut_by_level_equals_cut_by_flood(valley, level):
    """Union of roads once, against components and shortest paths at this level."""
    connection = city_connection(valley)
    result = impact(valley, sea_flood(valley, level, connection))
    made = access(valley, road_network(valley))
    roads = gather_still(made.network.prints, valley.terrain, connection)
    cut = cut_level(made, roads.first_level(CLOSED), np.array([np.inf]))
    people = 2.4
    assert result.total("cut_from_care") == pytest.approx(people * (cut <= level).sum())


def test_a_flooded_hospital_helps_nobody(valley):
    places = valley.places.copy()
    places.geometry = [Point(260, 210), Point(255, 200)]
    city = valley.with_(places=places)
    result = impact(city, sea_flood(city, 1.2))
    assert result.total("cut_from_care") == pytest.approx(2.4 * 28)


def test_shallow_water_makes_the_way_longer_not_impossible(valley):
    city = with_roads(valley, LineString([(230, 200), (980, 200)]))
    depth = city.grid.raster(np.full(city.grid.shape, 0.15, np.float32), "depth")
    from fjordby.flood.model import Flood

    result = impact(city, Flood(depth, "cloudburst", "test"))
    assert result.total("cut_from_care") == 0.0
    made = access(city, road_network(city))
    slow = 24.26 / 50.0
    expected = (made.quiet / slow - made.quiet).mean() / 60.0
    assert result.extra_minutes == pytest.approx(expected, rel=1e-2)


def test_an_island_without_a_doctor_looks_to_its_ferry(valley):
    places = valley.places.assign(use=["ferry", "school"])
    made = access(valley.with_(places=places), road_network(valley))
    assert made.care.tolist() == [0]


def test_cars_do_not_take_the_footpath(valley):
    city = with_roads(valley, LineString([(230, 200), (980, 200)]), road_class="footway")
    made = access(city, road_network(city))
    assert np.isinf(made.quiet).all()
    assert impact(city, sea_flood(city, 2.0)).total("road_km") == 0.0

"""OpenStreetMap comes whole or not at all, and becomes layers of a city."""

import json
import math

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point, Polygon, box
from shapely.ops import unary_union

from fjordby.catalogue import rows
from fjordby.city.sources import osm, osm_shapes, osm_tags, overpass
from fjordby.city.sources.bounds import latlon
from fjordby.city.sources.osm_shapes import Broken
from fjordby.city.uses import use_codes, uses
from fjordby.errors import BadValue, SourceFailed
from fjordby.provenance import Kind

#: Around the recorded roads, and around the island.
TOWN = (529_000.0, 6_170_000.0, 535_000.0, 6_175_000.0)
ISLAND = (586_000.0, 6_196_000.0, 594_000.0, 6_204_000.0)


def drawn(elements, moment="2026-01-01T00:00:00Z", **more):
    """An Overpass answer around some elements."""
    return {"osm3s": {"timestamp_osm_base": moment}, "elements": elements, **more}


def square(first, west, south, side, **tags):
    """Four nodes and a closed way around a square [degrees]."""
    corners = [(0, 0), (side, 0), (side, side), (0, side)]
    nodes = [
        {"type": "node", "id": first + i, "lon": west + dx, "lat": south + dy}
        for i, (dx, dy) in enumerate(corners)
    ]
    ring = [first, first + 1, first + 2, first + 3, first]
    return [*nodes, {"type": "way", "id": first, "nodes": ring, "tags": tags}]


BOX_LL = (9.5, 55.7, 9.6, 55.8)


@pytest.fixture
def box_m():
    table = gpd.GeoSeries([box(*BOX_LL)], crs="EPSG:4326").to_crs("EPSG:25832")
    return tuple(table.total_bounds)


def test_the_recorded_roads_become_the_roads_of_a_city(play, client, recorded, reply):
    play.say(reply(recorded("overpass_roads.json")))
    loaded = osm.roads(TOWN, client=client, base_url=play.url)
    roads = loaded.data
    assert list(roads.columns) == ["id", "name", "road_class", "speed", "geometry"]
    assert len(roads) == 45
    assert roads.crs == "EPSG:25832"
    assert roads.id.is_unique
    assert (roads.geom_type == "LineString").all()
    assert roads.speed.between(5, 130).all()
    assert set(roads.road_class) <= {
        row["road_class"] for row in rows("city/sources/data/osm_roads.csv")
    }
    assert 5_000 < roads.length.sum() < 40_000
    assert loaded.provenance.kind is Kind.MEASURED
    assert loaded.provenance.date == "2023-02-14"
    assert "ODbL" in loaded.provenance.licence
    assert "Speed of 30 of 45 roads assumed" in loaded.provenance.note


def test_a_signed_limit_goes_before_the_usual_one(play, client, reply, box_m):
    line = [{"lat": 55.75, "lon": 9.55}, {"lat": 55.76, "lon": 9.56}]
    ways = [
        {"type": "way", "id": n, "geometry": line, "tags": {"highway": "residential", **more}}
        for n, more in enumerate([{}, {"maxspeed": "30"}, {"maxspeed": "signals"}])
    ]
    ways[0]["tags"]["area"] = "no"
    square_in_town = {**ways[0], "id": 9, "tags": {"highway": "residential", "area": "yes"}}
    play.say(reply(drawn([*ways, square_in_town])))
    loaded = osm.roads(box_m, client=client, base_url=play.url)
    assert dict(zip(loaded.data.id, loaded.data.speed, strict=True)) == {
        "w0": 50.0,
        "w1": 30.0,
        "w2": 50.0,
    }
    assert "Speed of 2 of 3 roads assumed" in loaded.provenance.note


def test_the_question_is_sent_as_text_with_the_box_in_degrees(play, client, recorded, reply):
    play.say(reply(recorded("overpass_roads.json")))
    osm.roads(TOWN, client=client, base_url=play.url)
    (asked,) = play.asked
    west, south, east, north = latlon(TOWN, "EPSG:25832")
    assert asked.method == "POST"
    assert f"[bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}]" in asked.body
    assert 9.4 < west < east < 9.6
    assert 'way["highway"~"^(motorway|' in asked.body
    assert "footway" not in asked.body


def test_only_what_touches_the_box_is_kept(play, client, recorded, reply):
    play.say(reply(recorded("overpass_roads.json")))
    all_roads = osm.roads(TOWN, client=client, base_url=play.url).data
    small = (531_500.0, 6_172_000.0, 532_000.0, 6_172_500.0)
    some = osm.roads(small, client=client, base_url=play.url).data
    assert set(some.id) == set(all_roads[all_roads.intersects(box(*small))].id)
    assert 0 < len(some) < len(all_roads)


def test_the_islands_buildings_have_the_columns_of_a_city(play, client, recorded, reply):
    play.say(reply(recorded("overpass_areas.json")))
    loaded = osm.buildings(ISLAND, client=client, base_url=play.url)
    table = loaded.data
    assert list(table.columns) == [
        "id", "use", "use_code", "floors", "floor_height", "basement_area", "dwellings",
        "district", "name", "geometry",
    ]  # fmt: skip
    assert len(table) >= 30
    assert table.geometry.is_valid.all()
    assert set(table.use) <= set(uses())
    assert (table.floors >= 1).all()
    by_code = table.groupby("use_code").size()
    assert by_code[120] == 5
    assert by_code[421] == 1
    assert by_code[414] == 1
    assert f"of {len(table)} buildings unknown" in loaded.provenance.note


def test_the_islands_wetland_relation_becomes_one_area(play, client, recorded, reply):
    play.say(reply(recorded("overpass_areas.json")))
    table = osm.green(ISLAND, client=client, base_url=play.url).data
    marsh = table[table.id == "r17707210"]
    assert marsh.use.item() == "wetland"
    assert marsh.geometry.item().is_valid
    assert marsh.area.item() > 1000.0
    assert {"wetland", "wood", "heath"} <= set(table.use)


def test_the_islands_places_are_found(play, client, recorded, reply):
    play.say(reply(recorded("overpass_areas.json")))
    buildings = osm.buildings(ISLAND, client=client, base_url=play.url).data
    loaded = osm.places(ISLAND, buildings=buildings, client=client, base_url=play.url)
    places = loaded.data
    assert list(places.columns) == ["id", "name", "use", "threshold", "building", "geometry"]
    assert (places.geom_type == "Point").all()
    assert {"ferry", "filling_station", "pharmacy"} <= set(places.use)
    known = set(buildings.id) | {""}
    assert set(places.building) <= known
    for row in places[places.building != ""].itertuples():
        outline = buildings.set_index("id").geometry[row.building]
        assert outline.contains(row.geometry)


def test_a_courtyard_is_a_hole_and_its_own_house_stands_in_it(play, client, reply, box_m):
    outer = square(10, 9.51, 55.71, 0.004)
    inner = square(20, 9.511, 55.711, 0.002)
    for part in (outer, inner):
        part[-1].pop("tags")
    relation = {
        "type": "relation",
        "id": 7,
        "tags": {"type": "multipolygon", "building": "apartments"},
        "members": [
            {"type": "way", "ref": 10, "role": "outer"},
            {"type": "way", "ref": 20, "role": "inner"},
            {"type": "node", "ref": 10, "role": "entrance"},
        ],
    }
    shed = square(30, 9.5115, 55.7115, 0.0005, building="shed")
    play.say(reply(drawn([*outer, *inner, *shed, relation])))
    table = osm.buildings(box_m, client=client, base_url=play.url).data.set_index("id")
    assert set(table.index) == {"r7", "w30"}
    assert len(table.geometry["r7"].interiors) == 1
    whole = Polygon(table.geometry["r7"].exterior)
    assert table.geometry["r7"].area == pytest.approx(0.75 * whole.area, rel=1e-3)
    assert not table.geometry["r7"].intersects(table.geometry["w30"])


def test_rings_in_pieces_are_joined(play, client, reply, box_m):
    parts = square(10, 9.51, 55.71, 0.004)[:-1]
    halves = [
        {"type": "way", "id": 1, "nodes": [10, 11, 12]},
        {"type": "way", "id": 2, "nodes": [10, 13, 12]},
    ]
    relation = {
        "type": "relation",
        "id": 7,
        "tags": {"type": "multipolygon", "natural": "water", "name": "Søen"},
        "members": [{"type": "way", "ref": 1, "role": ""}, {"type": "way", "ref": 2, "role": ""}],
    }
    play.say(reply(drawn([*parts, *halves, relation])))
    lakes = osm.water(box_m, client=client, base_url=play.url).data
    assert lakes.name.tolist() == ["Søen"]
    assert lakes.use.tolist() == ["water"]


def test_geometry_written_on_the_way_itself_is_read_too(play, client, reply, box_m):
    line = [{"lat": 55.75, "lon": 9.55}, {"lat": 55.76, "lon": 9.56}]
    way = {"type": "way", "id": 5, "nodes": [1, 2], "geometry": line, "tags": {"waterway": "river"}}
    cut = {**way, "id": 6, "geometry": [line[0], None]}
    play.say(reply(drawn([way, cut])))
    loaded = osm.streams(box_m, client=client, base_url=play.url)
    assert loaded.data.id.tolist() == ["w5"]
    assert loaded.data.width.tolist() == [15.0]
    assert math.isnan(loaded.data.bed[0])
    assert "1 elements without a usable shape" in loaded.provenance.note


def test_shapes_that_did_not_come_whole_are_left_out_and_counted(play, client, reply, box_m):
    good = square(10, 9.51, 55.71, 0.004, building="yes")
    torn = [e for e in square(20, 9.53, 55.71, 0.004, building="yes") if e["id"] != 22]
    open_ring = {
        "type": "relation",
        "id": 9,
        "tags": {"type": "multipolygon", "building": "yes"},
        "members": [{"type": "way", "ref": 99, "role": "outer"}],
    }
    flat = {"type": "way", "id": 40, "nodes": [10, 11, 10, 10], "tags": {"building": "yes"}}
    play.say(reply(drawn([*good, *torn, open_ring, flat])))
    loaded = osm.buildings(box_m, client=client, base_url=play.url)
    assert loaded.data.id.tolist() == ["w10"]
    assert "3 elements without a usable shape" in loaded.provenance.note


def test_an_area_that_crosses_itself_is_mended(play, client, reply, box_m):
    nodes = square(10, 9.51, 55.71, 0.004)[:-1]
    bow = {"type": "way", "id": 1, "nodes": [10, 11, 13, 12, 10], "tags": {"building": "yes"}}
    play.say(reply(drawn([*nodes, bow])))
    table = osm.buildings(box_m, client=client, base_url=play.url).data
    assert table.geometry.is_valid.all()
    assert table.area[0] > 0


def test_an_empty_country_gives_empty_tables_with_all_columns(play, client, reply, box_m):
    play.say(reply(drawn([])))
    for load in (osm.roads, osm.buildings, osm.streams, osm.water, osm.green, osm.places):
        table = load(box_m, client=client, base_url=play.url).data
        assert len(table) == 0
        assert "id" in table
        assert table.crs == "EPSG:25832"
    assert osm.roads(box_m, client=client, base_url=play.url).data.speed.dtype == float
    floors = osm.buildings(box_m, client=client, base_url=play.url).data.floors
    assert floors.dtype == int


def test_half_an_answer_with_status_200_is_cut_in_four(play, client, reply, box_m):
    late = 'runtime error: Query timed out in "query" at line 2 after 180 seconds.'
    whole = square(10, 9.51, 55.71, 0.004, building="yes")
    quarter = reply(drawn(whole, "2026-01-02T00:00:00Z"))
    play.say(reply(drawn(whole[:2], remark=late)), quarter)
    loaded = osm.buildings(box_m, client=client, base_url=play.url)
    assert len(play.asked) == 5
    assert loaded.data.id.tolist() == ["w10"]
    boxes = {asked.body.split("[bbox:")[1].split("]")[0] for asked in play.asked}
    assert len(boxes) == 5


def test_quarters_cover_the_whole():
    parts = overpass.quarters(BOX_LL)
    assert sum((p[2] - p[0]) * (p[3] - p[1]) for p in parts) == pytest.approx(0.01)
    together = unary_union([box(*part) for part in parts])
    assert together.symmetric_difference(box(*BOX_LL)).area < 1e-12


def test_half_an_answer_that_cannot_be_cut_further_is_an_error_and_never_stored(
    play, client, reply, box_m, tmp_path
):
    out = 'runtime error: Query run out of memory in "recurse" at line 3 using about 512 MB'
    other = "runtime error: open64: 2 No such file or directory"
    play.say(reply(drawn([], remark=other)))
    with pytest.raises(SourceFailed, match="half of one, with the remark: runtime error: open64"):
        osm.buildings(box_m, client=client, base_url=play.url)
    play.say(reply(drawn([], remark=out.replace("run out of memory", "out of memory"))))
    with pytest.raises(SourceFailed, match="out of memory"):
        osm.buildings(box_m, client=client, base_url=play.url)
    assert not list((tmp_path / "cache").rglob("*.answer"))


def test_an_answer_with_fewer_elements_than_it_counts_is_asked_for_again(
    play, client, reply, box_m
):
    count = {"type": "count", "id": 0, "tags": {"nodes": "4", "ways": "1", "relations": "0"}}
    whole = square(10, 9.51, 55.71, 0.004, building="yes")
    play.say(reply(drawn([*whole[1:], count])), reply(drawn([*whole, count])))
    loaded = osm.buildings(box_m, client=client, base_url=play.url)
    assert len(play.asked) == 2
    assert len(loaded.data) == 1


def test_a_busy_server_is_given_time(play, client, reply, box_m, sleeps):
    page = "<html><body><p>The server is probably too busy to handle this.</p></body></html>"
    play.say(
        reply(page, status=504, type="text/html"),
        reply(page, status=429, type="text/html", headers={"Retry-After": "30"}),
        reply(drawn([])),
    )
    osm.roads(box_m, client=client, base_url=play.url)
    assert 30.0 in sleeps
    play.say(reply(page, status=504, type="text/html"))
    with pytest.raises(SourceFailed, match="too busy"):
        osm.green(box_m, client=client, base_url=play.url)


def test_a_box_of_degrees_called_metres_is_refused(client):
    with pytest.raises(BadValue):
        osm.roads((1e9, 1e9, 2e9, 2e9), client=client)
    with pytest.raises(BadValue, match="in metres"):
        osm.roads((9.5, 55.6, 9.6, 55.7), crs="EPSG:4326", client=client)


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        ("50", 50.0), ("30 mph", 48.28032), ("10 knots", 18.52), ("80;60", 60.0), ("walk", 7.0),
        ("DK:urban", 50.0), ("none", 130.0), ("50 km/h", 50.0),
    ],
)  # fmt: skip
def test_speeds_are_read_as_mappers_write_them(told, limit):
    assert osm_tags.speed(told) == pytest.approx(limit)


@pytest.mark.parametrize("told", [None, "", "signals", "fast", "-5", "0", "9999", "50 furlongs"])
def test_speeds_that_make_no_sense_are_none(told):
    assert math.isnan(osm_tags.speed(told))


@pytest.mark.parametrize(
    ("told", "number"), [("2", 2), ("2.5", 3), ("1;2", 1), (None, 0), ("many", 0), ("9999", 0)]
)
def test_floors_are_counted_with_care(told, number):
    assert osm_tags.count(told) == number


def test_every_row_of_the_tables_fits_the_city_and_says_its_source():
    words = {row["use"] for row in rows("city/sources/data/osm_places.csv")}
    assert {"hospital", "care_home", "school", "pumping_station", "substation"} <= words
    for row in (
        *rows("city/sources/data/osm_buildings.csv"),
        *rows("city/sources/data/osm_places.csv"),
    ):
        assert not row["use_code"] or int(row["use_code"]) in use_codes()
    for name in ("roads", "speed_words", "buildings", "places", "green", "streams"):
        assert all(row["source"] for row in rows(f"city/sources/data/osm_{name}.csv"))


def test_a_place_inside_an_area_is_a_point_inside_it():
    ring = [
        {"lon": x, "lat": y} for x, y in [(0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4), (0, 0)]
    ]
    way = {"type": "way", "id": 1, "geometry": ring, "tags": {"amenity": "school"}}
    found = overpass.Elements({}, {1: way}, {}, "")
    (place,) = osm_shapes.points(found, Broken())
    area = Polygon([(p["lon"], p["lat"]) for p in ring])
    assert area.contains(place.geometry)
    assert not area.contains(Point(2, 2))
    assert np.isfinite(place.geometry.x)


def test_json_that_is_no_map_is_said(play, client, reply, box_m):
    play.say(reply(json.dumps({"hello": 1})))
    with pytest.raises(SourceFailed, match="JSON without elements"):
        osm.roads(box_m, client=client, base_url=play.url)

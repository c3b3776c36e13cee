"""What the page draws of a city is the city: same heights, same places, nothing lost."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from pyproj import Transformer

from fjordby.errors import BadFile, BadValue
from fjordby.grid import Grid
from fjordby.study.pack import read_pack, write_pack
from fjordby.study.page_ground import NEVER, ground_arrays, hillshade
from fjordby.study.page_layers import (
    write_building_answers,
    write_event_depth,
    write_page_layers,
)


@pytest.fixture
def connection(valley):
    values = np.maximum(valley.terrain.values, 0.0)
    values[:, -5:] = np.inf
    return valley.grid.raster(values.astype(np.float32), "connection")


@given(
    npst.arrays(np.int16, npst.array_shapes(min_dims=1, max_dims=2, max_side=9)),
    npst.arrays(np.int32, st.integers(0, 20)),
)
def test_a_pack_gives_back_what_was_put_in(tmp_path_factory, short, long):
    place = tmp_path_factory.mktemp("pack") / "a.pack.gz"
    arrays = {"short": short, "long": long, "plain": np.arange(3, dtype=np.float64)}
    write_pack(place, arrays, {"says": "hej å"})
    back, about = read_pack(place)
    assert about == {"says": "hej å"}
    for name, values in arrays.items():
        assert back[name].dtype == values.dtype
        np.testing.assert_array_equal(back[name], values)


def test_a_file_that_is_no_pack_is_refused(tmp_path):
    place = tmp_path / "a.pack.gz"
    place.write_text("hello")
    with pytest.raises(BadFile, match="Compute the study again"):
        read_pack(place)


def test_heights_on_the_map_are_the_citys_to_the_centimetre(valley, connection):
    arrays, about = ground_arrays(valley, connection)
    assert about["thinned"] == 1
    np.testing.assert_allclose(arrays["terrain"] / 100.0, valley.terrain.values, atol=0.0051)
    land = ~valley.sea.values & np.isfinite(connection.values)
    np.testing.assert_allclose(
        arrays["connection"][land] / 100.0, connection.values[land], atol=0.0051
    )
    assert (arrays["connection"][:, -5:] == NEVER).all()
    assert ((arrays["mask"] & about["sea_bit"]) > 0).sum() == valley.sea.values.sum()


def test_the_mesh_lies_where_the_city_lies(valley, connection):
    mesh = ground_arrays(valley, connection)[0]["mesh"]
    to_mercator = Transformer.from_crs(valley.crs, "EPSG:3857", always_xy=True)
    west, south, east, north = valley.grid.bounds
    world = 2 * np.pi * 6378137.0
    for (x, y), (row, column) in (((west, north), (0, 0)), ((east, south), (-1, -1))):
        at = to_mercator.transform(x, y)
        expected = (at[0] / world + 0.5, 0.5 - at[1] / world)
        np.testing.assert_allclose(mesh[row, column], expected, atol=1e-10)


def test_a_large_city_is_thinned_and_its_way_in_for_water_stays_open(valley, connection):
    arrays, about = ground_arrays(valley, connection, largest_side=50)
    assert about["thinned"] == 2
    assert arrays["terrain"].shape == (20, 50)
    whole, _ = ground_arrays(valley, connection)
    blocks = whole["connection"].reshape(20, 2, 50, 2).min(axis=(1, 3))
    land = (arrays["mask"] & about["sea_bit"]) == 0
    np.testing.assert_array_equal(arrays["connection"][land], blocks[land])


def test_a_connection_of_another_city_is_refused(valley):
    other = Grid(0.0, 100.0, 10.0, 10, 10, "EPSG:25832")
    with pytest.raises(BadValue, match="same city"):
        ground_arrays(valley, other.raster(np.zeros((10, 10)), "connection"))


def test_flat_ground_is_neither_lit_nor_shaded():
    shade = hillshade(np.full((30, 30), 7.0, np.float32), 10.0)
    assert set(np.unique(shade)) <= {127, 128}


def test_a_slope_to_the_north_west_is_brighter_than_one_away_from_it():
    y, x = np.mgrid[0:40, 0:40].astype(np.float32)
    toward, away = hillshade(x + y, 10.0), hillshade(-x - y, 10.0)
    assert toward[20, 20] > 140
    assert away[20, 20] < 116


def test_everything_the_page_draws_is_written_and_told(valley, connection, tmp_path):
    said = write_page_layers(valley, connection, tmp_path)
    assert said == json.loads((tmp_path / "layers.json").read_text())
    assert said["fingerprint"] == valley.fingerprint
    assert said["kinds"]["buildings"] == "synthetic"
    assert said["files"]["buildings"]["count"] == len(valley.buildings)
    for name in ("ground", "buildings"):
        assert (tmp_path / f"{name}.pack.gz").stat().st_size == said["files"][name]["bytes"]


def test_building_outlines_come_back_within_a_decimetre(valley, connection, tmp_path):
    write_page_layers(valley, connection, tmp_path)
    arrays, about = read_pack(tmp_path / "buildings.pack.gz")
    x = about["origin"][0] + arrays["x"] * about["scale"]
    y = about["origin"][1] + arrays["y"] * about["scale"]
    world = 2 * np.pi * 6378137.0
    back = Transformer.from_crs("EPSG:3857", valley.crs, always_xy=True)
    easting, northing = back.transform((x - 0.5) * world, (0.5 - y) * world)
    ring = np.array(valley.buildings.geometry.iloc[0].exterior.coords)
    np.testing.assert_allclose(np.column_stack([easting, northing])[: len(ring)], ring, atol=0.1)
    assert about["ids"][0] == valley.buildings.id.iloc[0]


def test_a_house_keeps_the_heights_that_the_damage_saw(valley, connection, tmp_path):
    ids = valley.buildings.id
    seen = pd.DataFrame({"id": ids, "ground": 1.0, "floor": 1.25, "connection": np.inf})
    write_page_layers(valley, connection, tmp_path, seen.sample(frac=1.0, random_state=1))
    arrays, about = read_pack(tmp_path / "buildings.pack.gz")
    assert (arrays["floor"] == 125).all()
    assert (arrays["connection"] == about["never"]).all()


def test_a_city_without_buildings_or_roads_is_still_drawn(valley, connection, tmp_path):
    bare = valley.with_(buildings=valley.buildings[:0], roads=valley.roads[:0])
    said = write_page_layers(bare, connection, tmp_path)
    assert said["files"]["buildings"]["count"] == 0
    assert said["focus"] is None


def test_a_name_with_quotes_and_a_missing_name_stay_valid_json(valley, connection, tmp_path):
    import gzip

    roads = valley.roads.copy()
    roads["name"] = ['Å "kant"\\vej', None]
    write_page_layers(valley.with_(roads=gpd.GeoDataFrame(roads)), connection, tmp_path)
    said = json.loads(gzip.decompress((tmp_path / "roads.geojson.gz").read_bytes()))
    assert said["features"][0]["properties"]["n"] == 'Å "kant"\\vej'
    assert "n" not in said["features"][1]["properties"]


def test_the_picture_of_an_event_is_its_depth_in_centimetres(valley, tmp_path):
    depth = np.where(valley.sea.values, np.nan, 0.42)
    depth[0, -1] = 9.0
    place = write_event_depth(valley, valley.grid.raster(depth, "depth"), tmp_path, "rain")
    picture = np.asarray(Image.open(place))
    assert picture[0, -1] == 255
    assert picture[5, -5] == 42
    assert picture[5, 0] == 0


def test_answers_of_the_wrong_shape_are_refused(valley, tmp_path):
    table = pd.DataFrame({"id": ["a"], "use": "home"})
    with pytest.raises(BadValue, match="residents"):
        write_building_answers(tmp_path, table, [0.0, 1.0], {"x": np.zeros((1, 1))})


def test_a_channel_is_drawn_as_a_stream_and_not_as_the_deepest_flood(valley, connection):
    """A bed dug 3 m down along the stream stays dry on the map until its banks are wet."""
    grid = valley.grid
    dug = valley.terrain.values.copy()
    dug[34:36, 22:] = -2.0
    level = connection.values.copy()
    level[34:36, 22:] = -0.5
    city = valley.with_(terrain=grid.raster(dug, "terrain"))
    arrays, _ = ground_arrays(city, grid.raster(level, "connection"))
    plain, _ = ground_arrays(valley, connection)
    inland = np.s_[34:36, 30:90]
    assert np.abs(arrays["terrain"][inland] - plain["terrain"][inland]).max() <= 20
    assert (arrays["connection"][inland] >= plain["connection"][inland] - 20).all()


def test_each_district_has_one_name_inside_it(valley, connection, tmp_path):
    import gzip

    write_page_layers(valley, connection, tmp_path)
    said = json.loads(gzip.decompress((tmp_path / "names.geojson.gz").read_bytes()))
    assert [f["properties"]["n"] for f in said["features"]] == ["Syd", "Nord"]
    back = Transformer.from_crs("EPSG:4326", valley.crs, always_xy=True)
    for feature, shape in zip(said["features"], valley.districts.geometry, strict=True):
        x, y = back.transform(*feature["geometry"]["coordinates"])
        assert shape.contains(gpd.points_from_xy([x], [y])[0])

"""A city survives the folder it is stored in: whole, the same, or a clear error."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point, Polygon, box

from fjordby import city as cities
from fjordby import storage
from fjordby.city import Layer, folder
from fjordby.city.layers import TABLES, empty, specs
from fjordby.city.toml_text import dumps
from fjordby.errors import BadCity, BadValue, StorageFailed
from fjordby.grid import Grid
from fjordby.provenance import Kind


@pytest.fixture(scope="module")
def stored(valley, tmp_path_factory):
    return cities.save(valley, tmp_path_factory.mktemp("stored") / "valley")


@pytest.fixture
def saved(stored, tmp_path):
    """A folder of the valley to break."""
    return Path(shutil.copytree(stored, tmp_path / "valley"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_city_comes_back_as_it_was_stored(valley, saved):
    back = cities.load(saved)
    assert back.fingerprint == valley.fingerprint
    assert back.name == valley.name
    assert back.provenance == valley.provenance
    assert back.terrain.dtype == np.float32
    assert back.sea.dtype == bool
    assert Grid.of(back.sea) == valley.grid
    for layer in TABLES:
        assert list(getattr(back, layer)) == list(getattr(valley, layer))


def test_the_same_city_makes_the_same_bytes(valley, tmp_path):
    one, two = (cities.save(valley, tmp_path / name) for name in ("one", "two"))
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def test_records_come_back_as_they_were(valley, tmp_path):
    records = {
        "shocks": {
            "levels": {"rates": [0.1, 1e-3], "nan": 1.0},
            "named": 'Bodil – “2013” \\ "x"\n\tand more',
            "storms": [{"year": 1872, "when": dt.date(1872, 11, 13), "peak": {"m": 3.0}}, {}],
            "æ ø": {"empty": {}, "list": []},
        },
        "published": {"homes": 950, "sure": False},
    }
    city = valley.with_(records=records)
    back = cities.load(cities.save(city, tmp_path / "v"))
    assert back.records == records
    assert back.fingerprint == city.fingerprint != valley.fingerprint


_PLAIN = st.recursive(
    st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), _PLAIN))
def test_any_plain_table_survives_toml_in_its_order(table):
    back = tomllib.loads(dumps(table))
    assert back == table
    assert repr(back) == repr(table)


def test_toml_says_what_it_cannot_hold():
    with pytest.raises(BadValue, match="leave the key out"):
        dumps({"a": None})


def test_rasters_are_cloud_optimised_and_speak_for_themselves(valley, tmp_path):
    grid = Grid(0.0, 6000.0, 10.0, 600, 700, "EPSG:25832")
    height = np.add.outer(np.zeros(600), np.linspace(-2, 50, 700)).astype(np.float32)
    height[0, :3] = np.nan
    big = valley.with_(
        terrain=grid.raster(height, "terrain"), sea=grid.raster(height < -1, "sea", "1")
    )
    made = cities.save(big, tmp_path / "big")
    with rasterio.open(made / "terrain.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        assert file.profile["tiled"]
        assert file.overviews(1) == [2, 4]
        assert file.units == ("m",)
        assert np.isnan(file.nodata)
        tags = file.tags()
        assert tags["AREA_OR_POINT"] == "Area"
        assert tags["vertical_datum"] == "DVR90"
        assert tags["standard_name"] == "surface_altitude"
        assert tags["kind"] == "synthetic"
        assert file.crs.to_epsg() == 25832
    with rasterio.open(made / "sea.tif") as file:
        assert file.dtypes == ("uint8",)
        assert set(np.unique(file.read(1))) == {0, 1}
        assert file.overviews(1) == [2, 4]
    np.testing.assert_array_equal(cities.load(made).terrain.values, height)


def test_tables_are_geoparquet_that_others_can_open(saved):
    meta = pq.read_metadata(saved / "buildings.parquet")
    geo = json.loads(meta.metadata[b"geo"])
    assert geo["version"].startswith("1.")
    assert geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["crs"]["id"]["code"] == 25832
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert meta.row_group(0).column(0).compression == "ZSTD"
    assert b"geo" not in (pq.read_metadata(saved / "people.parquet").metadata or {})
    assert len(gpd.read_parquet(saved / "roads.parquet")) == 2


def test_ids_are_text_and_gaps_are_filled_with_documented_defaults(valley, tmp_path):
    rough = gpd.GeoDataFrame(
        {"id": [7.0, 8.0], "floors": [2.0, np.nan], "mine": [1, 2]},
        geometry=[box(300, 0, 310, 10), box(320, 0, 330, 10)],
        crs="EPSG:25832",
    )
    made = cities.save(
        valley.with_(buildings=rough, people=empty(Layer.PEOPLE, valley.crs)), tmp_path / "v"
    )
    back = cities.load(made).buildings
    assert list(back.id) == ["7", "8"]
    assert list(back.floors) == [2, 1]
    assert list(back.use) == ["other"] * 2
    assert list(back.floor_height) == [0.3] * 2
    assert list(back.mine) == [1, 2]
    assert cities.save(cities.load(made), tmp_path / "w")
    assert cities.load(tmp_path / "w").fingerprint == cities.load(made).fingerprint


def test_a_home_without_a_count_is_one_dwelling(valley, tmp_path):
    made = cities.save(
        valley.with_(buildings=valley.buildings.drop(columns="dwellings")), tmp_path / "v"
    )
    back = cities.load(made).buildings
    assert (back.dwellings == (back.use == "home")).all()


def test_layers_that_a_city_lacks_are_empty_tables_with_the_right_columns(valley, tmp_path):
    bare = valley.with_(
        **{layer.value: empty(layer, valley.crs) for layer in TABLES},
        provenance={layer: valley.provenance[layer] for layer in (Layer.TERRAIN, Layer.SEA)},
    )
    made = cities.save(bare, tmp_path / "v")
    assert sorted(p.name for p in made.iterdir()) == ["city.toml", "sea.tif", "terrain.tif"]
    back = cities.load(made)
    assert back.fingerprint == bare.fingerprint
    for layer in TABLES:
        table = getattr(back, layer)
        assert not len(table)
        assert set(specs()[layer].names) <= set(table.columns)
    assert back.buildings.crs == "EPSG:25832"


def test_heights_and_single_parts_are_flattened(valley, tmp_path):
    roads = valley.roads.set_geometry(
        [LineString([(250, 10, 5), (250, 390, 5)]), MultiLineString([[(250, 200), (990, 200)]])]
    )
    places = valley.places.set_geometry([MultiPoint([(260, 210)]), Point(980, 200, 3)])
    back = cities.load(cities.save(valley.with_(roads=roads, places=places), tmp_path / "v"))
    assert back.fingerprint == valley.fingerprint


def test_a_table_in_another_system_is_refused_before_anything_is_written(valley, tmp_path):
    moved = valley.with_(roads=valley.roads.to_crs("EPSG:25833"))
    with pytest.raises(BadCity, match="is in ETRS89 / UTM zone 33N"):
        cities.save(moved, tmp_path / "v")
    assert not list(tmp_path.iterdir())


def test_all_errors_are_told_at_once(saved):
    (saved / "terrain.tif").write_text("I am not a raster\n")
    (saved / "roads.parquet").unlink()
    (saved / "places.parquet").write_bytes(b"PAR1 half a file")
    edit(saved / "city.toml", 'kind = "synthetic"', 'kind = "guessed"')
    (saved / "shocks.toml").write_text("storms = [")
    (saved / "notes.toml").write_bytes("navn = 'Å'".encode("latin-1"))
    with pytest.raises(BadCity) as caught:
        cities.load(saved)
    text = str(caught.value)
    assert "I am not a raster" in text
    assert "There is no file roads.parquet" in text
    assert "places.parquet cannot be read as GeoParquet" in text
    assert "'guessed'" in text
    assert "shocks.toml cannot be read" in text
    assert "notes.toml cannot be read: not UTF-8" in text
    assert len(caught.value.problems) == 6


def test_what_is_certainly_wrong_is_neither_loaded_nor_stored(valley, saved, tmp_path):
    z = valley.terrain.values.copy()
    z[5, 50] = -9999
    tie = list(valley.buildings.geometry)
    tie[0] = Polygon([(220, 100), (240, 120), (240, 100), (220, 120)])
    bad = valley.with_(
        terrain=valley.grid.raster(z, "terrain", "foot"),
        sea=valley.grid.raster(np.zeros(z.shape, bool), "sea", "1"),
        buildings=valley.buildings.set_geometry(tie, crs=valley.crs),
        people=valley.people.assign(building="nobody"),
    )
    with pytest.raises(BadCity) as caught:
        cities.save(bad, tmp_path / "bad")
    for says in ("-9999", "in foot", "no sea", "Self-intersection", "do not exist"):
        assert says in str(caught.value)
    bad.people.to_parquet(saved / "people.parquet")
    with pytest.raises(BadCity, match="do not exist"):
        cities.load(saved)


def test_a_half_fetched_raster_is_refused(valley, tmp_path):
    rng = np.random.default_rng(1)
    grid = Grid(0.0, 6000.0, 10.0, 600, 600, "EPSG:25832")
    noise = rng.random((600, 600)).astype(np.float32)
    city = valley.with_(
        terrain=grid.raster(noise, "terrain"), sea=grid.raster(noise > 0.9, "sea", "1")
    )
    made = cities.save(city, tmp_path / "v")
    data = (made / "terrain.tif").read_bytes()
    (made / "terrain.tif").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadCity, match=r"terrain.tif cannot be read"):
        cities.load(made)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("format = 1", "format = 2", "version 2; version 1 is read here"),
        ('crs = "EPSG:25832"', 'crs = "EPSG:4326"', "is in degrees"),
        ('crs = "EPSG:25832"', 'crs = "EPSG:2263"', "measures in US survey foot"),
        ('crs = "EPSG:25832"', 'crs = "UTM32"', "is not known"),
        ('crs = "EPSG:25832"', 'crs = "EPSG:25833"', "the city is in EPSG:25833"),
        ('currency = "DKK"\n', "", "lacks currency"),
        ("[layers.roads]", "[layers.raods]", "a layer called raods"),
        ('file = "roads.parquet"', 'file = "../roads.parquet"', "outside the city's folder"),
        ("[layers.sea]", "[layers.green2]", "The layer is missing"),
    ],
)
def test_a_slip_in_city_toml_is_told(saved, old, new, says):
    edit(saved / "city.toml", old, new)
    with pytest.raises(BadCity, match=says):
        cities.load(saved)


def test_a_sea_on_another_grid_is_refused(valley, saved, tmp_path):
    grid = Grid(0.0, 400.0, 20.0, 20, 50, "EPSG:25832")
    zero = np.zeros((20, 50), np.float32)
    other = cities.save(
        valley.with_(
            terrain=grid.raster(zero, "terrain"), sea=grid.raster(np.eye(20, 50) > 0, "sea", "1")
        ),
        tmp_path / "other",
    )
    (saved / "sea.tif").write_bytes((other / "sea.tif").read_bytes())
    with pytest.raises(BadCity, match="another grid"):
        cities.load(saved)


def test_a_name_that_nobody_knows_lists_those_that_are(monkeypatch, saved, tmp_path):
    monkeypatch.setattr(folder, "BUILTIN", saved.parent)
    assert cities.builtin() == ["valley"]
    monkeypatch.chdir("/")
    assert cities.load("valley").id == "valley"
    with pytest.raises(BadCity, match="Built-in cities: valley"):
        cities.load("atlantis")
    (tmp_path / "bare").mkdir()
    with pytest.raises(BadCity, match=r"without city\.toml"):
        cities.load(tmp_path / "bare")


def test_a_city_is_replaced_whole_and_the_readme_stays(valley, saved):
    (saved / "README.md").write_text("ours")
    (saved / "old.toml").write_text("a = 1")
    bare = valley.with_(
        roads=empty(Layer.ROADS, valley.crs),
        provenance={k: v for k, v in valley.provenance.items() if k is not Layer.ROADS},
    )
    cities.save(bare, saved)
    assert (saved / "README.md").read_text() == "ours"
    assert not (saved / "roads.parquet").exists()
    assert not (saved / "old.toml").exists()
    assert [p.name for p in saved.parent.iterdir()] == ["valley"]
    assert cities.load(saved).fingerprint == bare.fingerprint


def test_replacing_works_where_the_system_cannot_exchange_folders(valley, saved, monkeypatch):
    monkeypatch.setattr(storage, "_exchange", lambda one, other: False)
    cities.save(valley.with_(currency="EUR"), saved)
    assert cities.load(saved).currency == "EUR"
    assert [p.name for p in saved.parent.iterdir()] == ["valley"]


def test_a_folder_of_something_else_is_not_touched(valley, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("x")
    with pytest.raises(BadValue, match="nothing in it was touched"):
        cities.save(valley, tmp_path / "photos")
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["a.jpg"]


def test_a_full_disk_leaves_the_old_city_whole(valley, saved, monkeypatch):
    before = {p.name: p.read_bytes() for p in saved.iterdir()}
    written = []

    def full(path, data):
        written.append(path)
        if len(written) == 5:
            path.write_bytes(data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        path.write_bytes(data)

    monkeypatch.setattr(storage, "write_durably", full)
    with pytest.raises(StorageFailed, match=r"No space left.*nothing was left half-written"):
        cities.save(valley.with_(currency="EUR"), saved)
    assert {p.name: p.read_bytes() for p in saved.iterdir()} == before
    assert [p.name for p in saved.parent.iterdir()] == ["valley"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to mount")
def test_a_truly_full_disk_leaves_nothing(valley, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(StorageFailed, match="No space left"):
            cities.save(valley, disk / "valley")
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", str(disk)], check=True)


_KILLED = """
import sys, time
sys.path.insert(0, {tests!r})
from conftest import make_valley
from fjordby import city
from fjordby import storage
plain = storage.write_durably
def slow(path, data):
    plain(path, data)
    if path.name == "roads.parquet":
        print("writing", flush=True)
        time.sleep(60)
storage.write_durably = slow
city.save(make_valley().with_(currency="EUR"), {target!r})
"""


@pytest.mark.parametrize("there", [True, False])
def test_a_killed_run_leaves_the_city_as_it_was(valley, tmp_path, there):
    target = tmp_path / "valley"
    if there:
        cities.save(valley, target)
    script = _KILLED.format(tests=str(Path(__file__).parents[1]), target=str(target))
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert run.stdout.readline() == b"writing\n"
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    assert target.exists() == there
    if there:
        assert cities.load(target).currency == "DKK"
    cities.save(valley, target)  # and the next run sweeps what the killed one left
    assert [p.name for p in tmp_path.iterdir()] == ["valley"]


def test_a_layer_says_how_far_to_believe_it(saved):
    edit(saved / "city.toml", 'kind = "synthetic"', 'kind = "measured"')
    assert cities.load(saved).kind(Layer.TERRAIN) is Kind.MEASURED


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    heights=st.lists(st.floats(-50, 500, width=32), min_size=6, max_size=6),
    west=st.floats(-1e6, 1e6),
    cell=st.floats(0.1, 100),
    word=st.text(max_size=6).filter(lambda t: t.isprintable()),
)
def test_any_grid_and_any_words_come_back_bit_for_bit(valley, tmp_path, heights, west, cell, word):
    grid = Grid(west, 6e6, cell, 2, 3, "EPSG:32756")
    values = np.array(heights, np.float32).reshape(2, 3)
    values[0, 0] = np.nan
    tables = {layer.value: empty(layer, grid.crs) for layer in TABLES}
    places = {"id": [word + "x"], "use": [word]}
    tables["places"] = gpd.GeoDataFrame(places, geometry=[Point(west, 6e6)], crs=grid.crs)
    city = valley.with_(
        terrain=grid.raster(values, "terrain"),
        sea=grid.raster(np.eye(2, 3) > 0, "sea", "1"),
        **tables,
    )
    back = cities.load(cities.save(city, tmp_path / "any"))
    assert back.grid == city.grid
    np.testing.assert_array_equal(back.terrain.values, values)
    assert back.places.use[0] == word

"""Whatever is wrong with a city is found, all of it at once, and said with what to do."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box

from fjordby import city as cities
from fjordby.city import Layer
from fjordby.city.check import check, examine
from fjordby.city.checks.tables import encoding
from fjordby.city.layers import TABLES, empty
from fjordby.city.problem import Severity, catalogue, problem, say
from fjordby.grid import Grid
from fjordby.provenance import Kind, Provenance

CRS = "EPSG:25832"
PLANTS = {}


@pytest.fixture(scope="module")
def stored(valley, tmp_path_factory):
    return cities.save(valley, tmp_path_factory.mktemp("stored") / "valley")


@pytest.fixture
def saved(stored, tmp_path):
    """A folder of the valley to break."""
    return Path(shutil.copytree(stored, tmp_path / "valley"))


def plants(*codes):
    """Note a function that plants these problems in a city folder (it may be given more)."""

    def keep(function):
        for code in codes:
            PLANTS.setdefault(code, function)
        return function

    return keep


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "city.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def entry(folder: Path, layer: str, old: str, new: str) -> None:
    path = folder / "city.toml"
    head, tail = path.read_text(encoding="utf-8").split(f"[layers.{layer}]")
    assert old in tail
    path.write_text(f"{head}[layers.{layer}]{tail.replace(old, new, 1)}", encoding="utf-8")


def table(folder: Path, layer: str):
    path = folder / f"{layer}.parquet"
    return pd.read_parquet(path) if layer == "people" else gpd.read_parquet(path)


def put(folder: Path, layer: str, rows) -> None:
    rows.to_parquet(folder / f"{layer}.parquet")


def change(folder: Path, layer: str, column: str, row: int, value) -> None:
    rows = table(folder, layer)
    values = list(rows[column])
    values[row] = value
    rows[column] = values
    put(folder, layer, rows)


def terrain(folder: Path, values=None, layer="terrain", count=1, units="m", **profile) -> None:
    path = folder / f"{layer}.tif"
    with rasterio.open(path) as file:
        old = file.profile
        values = file.read(1) if values is None else values
    plain = {k: old[k] for k in ("crs", "transform", "dtype", "nodata")}
    made = {"driver": "GTiff", "count": count, "height": values.shape[0], "width": values.shape[1]}
    with rasterio.open(path, "w", **(plain | made | profile)) as file:
        for band in range(count):
            file.write(values.astype(file.dtypes[0]), band + 1)
        if units:
            file.units = (units,) * count


def heights(folder: Path, layer="terrain"):
    with rasterio.open(folder / f"{layer}.tif") as file:
        return file.read(1)


@plants("folder-missing")
def no_folder(folder):
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@plants("toml-missing")
def no_toml(folder):
    (folder / "city.toml").unlink()


@plants("toml-bad")
def broken_toml(folder):
    edit(folder, "format = 1", "format = ")


@plants("toml-format")
def newer_format(folder):
    edit(folder, "format = 1", "format = 9")


@plants("toml-key", "toml-unread")
def misspelt_key(folder):
    edit(folder, "currency", "curency")


@plants("layer-unknown")
def misspelt_layer(folder):
    edit(folder, "[layers.green]", "[layers.grn]")


@plants("layer-missing")
def no_sea_layer(folder):
    edit(folder, "[layers.sea]", "[layers.see]")


@plants("kind-unknown")
def unknown_kind(folder):
    entry(folder, "roads", "synthetic", "guessed")


@plants("source-missing")
def no_source(folder):
    entry(folder, "roads", "made up for tests", "")


@plants("licence-missing")
def no_licence(folder):
    entry(folder, "roads", "EUPL-1.2", " ")


@plants("date-missing")
def no_date(folder):
    entry(folder, "roads", 'date = "2026-11-23"\n', "")


@plants("file-missing")
def no_file(folder):
    (folder / "places.parquet").unlink()


@plants("file-outside")
def outside_file(folder):
    edit(folder, '"places.parquet"', '"../valley/../places.parquet"')


@plants("file-unreadable")
def text_as_raster(folder):
    (folder / "terrain.tif").write_text("x y z\n1 2 3\n")


@plants("crs-missing")
def no_crs(folder):
    terrain(folder, crs=None)


@plants("crs-bad")
def odd_crs(folder):
    edit(folder, CRS, "EPSG:999999")


@plants("crs-degrees")
def degrees(folder):
    edit(folder, CRS, "EPSG:4326")


@plants("crs-unit")
def feet_crs(folder):
    edit(folder, CRS, "EPSG:2263")


@plants("crs-other")
def other_crs(folder):
    put(folder, "roads", table(folder, "roads").set_crs("EPSG:25833", allow_override=True))


@plants("grid-other")
def other_grid(folder):
    terrain(folder, np.zeros((20, 50)), "sea")


@plants("grid-turned")
def south_up(folder):
    terrain(folder, transform=rasterio.Affine(10, 0, 0, 0, 10, 0))


@plants("bands-many")
def two_bands(folder):
    terrain(folder, count=2)


@plants("geometry-type", "geometry-empty")
def odd_geometries(folder):
    rows = pd.concat([table(folder, "roads")] * 2, ignore_index=True)
    parts = MultiLineString([[(300, 0), (300, 9)], [(400, 0), (400, 9)]])
    shapes = [rows.geometry[0], parts, None, Point(1, 1)]
    put(folder, "roads", rows.assign(id=list("abcd")).set_geometry(shapes, crs=CRS))


@plants("column-missing")
def no_column(folder):
    put(folder, "places", table(folder, "places").drop(columns="use"))


@plants("column-type")
def words_for_numbers(folder):
    put(folder, "roads", table(folder, "roads").assign(speed=["fast", "50"]))


@plants("values-missing")
def empty_floors(folder):
    rows = table(folder, "buildings")
    put(folder, "buildings", rows.assign(floors=[np.nan] + [1.0] * (len(rows) - 1)))


def wall(folder, crest, line):
    put(
        folder,
        "barriers",
        gpd.GeoDataFrame(
            {"id": ["w"], "name": [""], "type": ["wall"], "crest": [crest]},
            geometry=[line],
            crs=CRS,
        ),
    )


@plants("values-needed")
def no_crest(folder):
    wall(folder, np.nan, LineString([(210, 0), (210, 400)]))


@plants("values-range")
def floor_in_centimetres(folder):
    rows = table(folder, "buildings")
    put(folder, "buildings", rows.assign(floor_height=30.0))


@plants("id-missing", "id-twice")
def bad_ids(folder):
    rows = table(folder, "roads")
    rows = pd.concat([rows, rows.iloc[:1]], ignore_index=True)
    rows.loc[2, "id"] = ""
    rows = pd.concat([rows, rows.iloc[:1]], ignore_index=True)
    put(folder, "roads", rows)


@plants("records-bad")
def bad_records(folder):
    (folder / "shocks.toml").write_text("a = ")


@plants("terrain-empty")
def all_unknown(folder):
    terrain(folder, np.full((40, 100), np.nan))


@plants("terrain-unit")
def feet_by_tag(folder):
    terrain(folder, heights(folder) / 0.3048, units="US survey foot")


@plants("terrain-unit-unsaid")
def no_unit(folder):
    terrain(folder, units="")


@plants("terrain-nodata")
def nodata_left(folder):
    z = heights(folder)
    z[3:5, 50:60] = -9999
    terrain(folder, z)


@plants("terrain-holes")
def hole(folder):
    z = heights(folder)
    z[10:12, 50:55] = np.nan
    z[0, 90:] = np.nan  # at the edge: nobody knows, no hole
    terrain(folder, z)


@plants("terrain-spikes", "terrain-pits")
def spike(folder):
    z = heights(folder)
    z[5, 60] += 60
    z[5, 80] -= 60
    terrain(folder, z)


@plants("terrain-steps")
def whole_metres(folder):
    terrain(folder, np.round(heights(folder)))


@plants("terrain-flat")
def kilometres(folder):
    terrain(folder, heights(folder) / 1000)


@plants("terrain-steep")
def centimetres(folder):
    terrain(folder, heights(folder) * 100)


@plants("terrain-odd-heights")
def millimetres(folder):
    terrain(folder, heights(folder) * 2000)


@plants("sea-none")
def no_sea(folder):
    terrain(folder, np.zeros((40, 100)), "sea")


@plants("sea-all")
def all_sea(folder):
    terrain(folder, np.ones((40, 100)), "sea")


@plants("sea-inland")
def a_lake(folder):
    sea = np.zeros((40, 100))
    sea[10:20, 5:10] = 1
    terrain(folder, sea, "sea")


@plants("sea-ponds")
def ponds(folder):
    sea = heights(folder, "sea")
    sea[5:7, 50:52] = 1
    terrain(folder, sea, "sea")


@plants("sea-words")
def grey_sea(folder):
    terrain(folder, heights(folder, "sea") * 255, "sea")


@plants("sea-high", "buildings-unknown")
def ellipsoid(folder):
    z = heights(folder) + 37
    z[:, 20:40] = np.nan
    terrain(folder, z)


@plants("sea-above-land")
def low_land(folder):
    z = heights(folder)
    z[:, 20:30] = -3
    terrain(folder, z)


@plants("coast-high")
def ellipsoid_with_flat_sea(folder):
    terrain(folder, np.where(heights(folder, "sea") == 1, 0, heights(folder) + 37))


@plants("layers-apart")
def swapped_axes(folder):
    put(
        folder,
        "places",
        table(folder, "places")
        .translate(0, 6e6)
        .to_frame("geometry")
        .assign(**table(folder, "places").drop(columns="geometry")),
    )


@plants("features-outside")
def one_outside(folder):
    change(folder, "places", "geometry", 0, Point(260, 5000))


@plants("geometry-crossed")
def bow_tie(folder):
    tie = Polygon([(500, 100), (520, 120), (520, 100), (500, 120)])
    change(folder, "buildings", "geometry", 3, tie)


@plants("geometry-twice")
def twice(folder):
    change(folder, "buildings", "geometry", 3, table(folder, "buildings").geometry[4].reverse())


@plants("geometry-small")
def tiny(folder):
    change(folder, "buildings", "geometry", 3, box(500, 100, 500.5, 100.5))


@plants("text-garbled")
def garbled(folder):
    change(folder, "roads", "name", 0, "Søndergade".encode().decode("latin-1"))


@plants("word-unknown")
def unknown_use(folder):
    change(folder, "places", "use", 0, "spaceport")


@plants("people-nowhere")
def ghosts(folder):
    change(folder, "people", "building", 0, "b999")


@plants("people-twice")
def counted_twice(folder):
    change(folder, "people", "building", 0, "b1")


@plants("people-off-land", "buildings-sea")
def house_in_the_sea(folder):
    change(folder, "buildings", "geometry", 0, box(50, 50, 70, 70))


@plants("buildings-no-district")
def homeless(folder):
    change(folder, "buildings", "district", 0, "west")


@plants("buildings-wrong-district")
def wrong_district(folder):
    change(folder, "buildings", "district", 0, "north")


@plants("districts-overlap")
def overlap(folder):
    change(folder, "districts", "geometry", 0, box(200, 0, 1000, 300))


@plants("places-nowhere")
def place_in_no_building(folder):
    change(folder, "places", "building", 0, "b999")


@plants("places-sea")
def place_in_the_sea(folder):
    change(folder, "places", "geometry", 0, Point(50, 50))


@plants("streams-uphill")
def uphill(folder):
    change(folder, "streams", "geometry", 0, LineString([(200, 50), (990, 50)]))


@plants("streams-bed-up")
def bed_up(folder):
    rows = gpd.GeoDataFrame(
        {"id": ["a", "b"], "bed": [0.0, 0.5]},
        geometry=[LineString([(900, 50), (500, 50)]), LineString([(500, 50), (200, 50)])],
        crs=CRS,
    )
    put(folder, "streams", rows)


@plants("streams-undrawn")
def streams_known_only_by_their_flow(folder):
    put(folder, "streams", gpd.read_parquet(folder / "streams.parquet").iloc[:0])
    (folder / "shocks.toml").write_text('[[streams]]\nid = "brook"\n', encoding="utf-8")


@plants("roads-pieces")
def loose_road(folder):
    change(folder, "roads", "geometry", 1, LineString([(252, 200), (990, 200)]))


@plants("barriers-below")
def sunk_wall(folder):
    wall(folder, 1.0, LineString([(500, 50), (500, 350)]))


@plants("barriers-low")
def wall_into_the_hill(folder):
    wall(folder, 1.0, LineString([(210, 50), (500, 50)]))


@plants("structures-bad")
def gate_that_is_none(folder):
    (folder / "structures.toml").write_text('[[pumps]]\nid = "p"\n', encoding="utf-8")


@plants("structures-nowhere")
def pump_off_the_map(folder):
    (folder / "structures.toml").write_text(
        '[[pumps]]\nid = "p"\nname = "Pump"\nfrom = [5000.0, 50.0]\ncapacity = 1.0\n'
        'starts_at = 1.0\nstops_at = 0.5\nkind = "assumed"\nsource = "made up"\n',
        encoding="utf-8",
    )


@plants("column-unreadable")
def _only_when_saving(folder):
    """No file can hold such a column; see the test of its own below."""


def test_a_healthy_city_has_no_problems(valley, saved):
    assert check(saved) == []
    assert examine(valley) == []


def test_every_problem_in_the_catalogue_is_planted_here():
    assert set(PLANTS) == set(catalogue())


@pytest.mark.parametrize("code", sorted(set(catalogue()) - {"column-unreadable"}))
def test_a_planted_problem_is_found_and_said_in_both_languages(saved, code):
    PLANTS[code](saved)
    found = [one for one in check(saved) if one.code == code]
    assert found, f"{code} was not found"
    for language in ("da", "en"):
        line = found[0].line(language)
        assert "{" not in line
        assert found[0].do[language] in line
    assert found[0].as_dict()["severity"] == found[0].severity.value


def test_a_column_that_no_file_can_hold_is_told_on_saving(valley, tmp_path):
    odd = valley.roads.assign(mine=[{1}, "x"])
    with pytest.raises(cities.folder.BadCity, match="cannot be stored"):
        cities.save(valley.with_(roads=odd), tmp_path / "v")


def test_all_problems_are_told_at_once_errors_first(saved):
    for code in (
        "source-missing",
        "terrain-nodata",
        "geometry-crossed",
        "people-nowhere",
        "values-range",
        "roads-pieces",
        "text-garbled",
        "file-missing",
    ):
        PLANTS[code](saved)
    found = check(saved)
    assert {
        "source-missing",
        "terrain-nodata",
        "geometry-crossed",
        "people-nowhere",
        "values-range",
        "roads-pieces",
        "text-garbled",
        "file-missing",
    } <= {one.code for one in found}
    ranks = [one.severity is not Severity.ERROR for one in found]
    assert ranks == sorted(ranks)


def test_a_bad_table_does_not_hide_what_else_is_wrong_with_it(saved):
    bow_tie(saved)
    change(saved, "buildings", "id", 0, "b1")
    codes = {one.code for one in check(saved)}
    assert {"id-twice", "geometry-crossed", "people-nowhere"} <= codes


def test_a_problem_says_how_many_which_and_where(saved):
    PLANTS["terrain-nodata"](saved)
    house_in_the_sea(saved)
    found = {one.code: one for one in check(saved)}
    assert found["terrain-nodata"].count == 20
    assert found["terrain-nodata"].where[0] == (505.0, 365.0)
    assert len(found["terrain-nodata"].where) == 5
    assert found["buildings-sea"].ids == ("b0",)
    assert found["buildings-sea"].where == ((60.0, 60.0),)
    assert found["people-off-land"].count == 2  # 2.4 persons of the valley's households


def test_unknown_ground_at_the_edge_is_no_hole(saved):
    hole(saved)
    found = {one.code: one for one in check(saved)}
    assert found["terrain-holes"].count == 10
    assert "(1 holes)" in found["terrain-holes"].what.en


def test_streams_that_flow_down_and_barriers_that_stand_up_are_fine(saved):
    wall(saved, 3.0, LineString([(210, 50), (490, 50)]))
    assert check(saved) == []


def test_roads_meet_in_the_middle_of_each_other_and_small_pieces_are_forgiven(saved):
    rows = table(saved, "roads")
    far = (
        rows.iloc[:1].assign(id="r9").set_geometry([LineString([(600, 300), (620, 300)])], crs=CRS)
    )
    put(saved, "roads", pd.concat([rows, far], ignore_index=True))
    assert check(saved) == []


def test_a_city_with_nothing_but_terrain_and_sea_is_healthy(valley, tmp_path):
    bare = valley.with_(
        **{layer.value: empty(layer, CRS) for layer in TABLES},
        provenance={k: v for k, v in valley.provenance.items() if k in (Layer.TERRAIN, Layer.SEA)},
    )
    assert check(cities.save(bare, tmp_path / "v")) == []


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Søndergade", ""),
        ("Århus", ""),
        ("SÃO PAULO", ""),
        ("Ñuñoa", ""),
        ("SÃ¸ndergade", "UTF-8"),
        ("Ã…rhus", "UTF-8"),
        ("â€œxâ€\x9d", "UTF-8"),
        ("S\ufffdndergade", "Windows-1252 (cp1252)"),
        ("日本", ""),
    ],
)
def test_garbled_text_is_told_from_text_with_strange_letters(text, want):
    assert encoding(text) == want


def test_numbers_are_said_as_each_language_writes_them():
    assert say(1234567, "da") == "1.234.567"
    assert say(0.25, "da") == "0,25"
    assert say(1234.5, "en") == "1,234"
    assert "8.849" in problem("terrain-odd-heights", "terrain", low=0.0, high=9e4).what.da


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    slope=st.floats(0.005, 0.15),
    rough=st.floats(0.02, 0.3),
    cell=st.sampled_from([1.0, 10.0, 30.0]),
    south=st.booleans(),
)
def test_healthy_cities_of_many_shapes_have_no_problems(seed, slope, rough, cell, south):
    rng = np.random.default_rng(seed)
    grid = Grid(3e5, 6e6, cell, 30, 50, "EPSG:32756" if south else "EPSG:32633")
    run = (grid.x - grid.west - 10.5 * cell)[None, :] * slope
    z = np.where(run > 0, run + rough * rng.random(grid.shape), run).astype(np.float32)
    left, top = grid.west, grid.north
    spots = [
        (left + cell * (14 + 5 * i), top - cell * (6 + 8 * j)) for i in range(6) for j in range(3)
    ]
    homes = gpd.GeoDataFrame(
        {"id": range(len(spots)), "use": "home", "district": "all"},
        geometry=[box(x, y, x + 3, y + 3) for x, y in spots],
        crs=grid.crs,
    )
    made_up = Provenance(Kind.SYNTHETIC, "made up", "CC0-1.0", "2026")
    city = cities.City(
        "any",
        cities.model.Words("x", "x"),
        "local",
        "EUR",
        grid.raster(z, "terrain"),
        grid.raster(run + np.zeros(grid.shape) < 0, "sea", "1"),
        **{layer.value: empty(layer, grid.crs) for layer in TABLES},
        provenance=dict.fromkeys(Layer, made_up),
    ).with_(
        buildings=homes,
        districts=gpd.GeoDataFrame({"id": ["all"]}, geometry=[box(*grid.bounds)], crs=grid.crs),
        people=pd.DataFrame({"building": homes.id.astype(str), "adults": 2.0}),
    )
    assert [one.line() for one in examine(city)] == []


def test_a_large_city_is_checked_in_a_few_seconds(valley):
    """2.4 million cells, 25,000 buildings, 6,000 roads (about 1.5 s on one core of 2026)."""
    rng = np.random.default_rng(0)
    grid = Grid(5e5, 6.19e6, 10.0, 1200, 2000, CRS)
    z = np.broadcast_to((grid.x - 5.02e5) / 100, grid.shape).astype(np.float32)
    z = z + rng.random(grid.shape, np.float32) * (z > 0)
    x = rng.uniform(5.03e5, 5.19e5, 25_000)
    y = rng.uniform(6.179e6, 6.189e6, 25_000)
    homes = gpd.GeoDataFrame(
        {"id": np.arange(25_000), "use": "home", "district": "all"},
        geometry=shapely.box(x, y, x + 12, y + 9),
        crs=CRS,
    )
    ends = np.stack([np.c_[x, y], np.c_[x[::-1], y]], axis=1)[:6000]
    none = {layer: empty(Layer(layer), CRS) for layer in ("streams", "places")}
    city = valley.with_(
        terrain=grid.raster(z, "terrain"),
        sea=grid.raster(z < 0, "sea", "1"),
        buildings=homes,
        people=pd.DataFrame({"building": homes.id, "adults": 2.0}),
        districts=gpd.GeoDataFrame({"id": ["all"]}, geometry=[box(*grid.bounds)], crs=CRS),
        roads=gpd.GeoDataFrame(
            {"id": np.arange(6000)}, geometry=shapely.linestrings(ends), crs=CRS
        ),
        **none,
    )
    start = time.perf_counter()
    found = examine(city)
    assert {one.code for one in found} <= {"roads-pieces"}
    assert time.perf_counter() - start < 15

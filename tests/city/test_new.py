"""A city is made from any files, anywhere in the world, or the maker is told what to mend."""

from __future__ import annotations

import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import Affine
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from fjordby import city as cities
from fjordby.city import Layer
from fjordby.city.check import check
from fjordby.city.making.settings import KEYS
from fjordby.city.making.terrain import utm_zone
from fjordby.city.new import new, new_template
from fjordby.city.summary import summary
from fjordby.errors import BadCity, BadFile, BadValue
from fjordby.provenance import Kind

WHENCE = 'kind = "measured"\nsource = "a survey"\nlicence = "CC0-1.0"\ndate = "2024"\n'


def dem(path: Path, z, west, north, cell, crs, unit="", nodata=None, dtype="float32"):
    profile = {"driver": "GTiff", "height": z.shape[0], "width": z.shape[1], "count": 1}
    profile |= {"dtype": dtype, "crs": crs, "transform": Affine(cell, 0, west, 0, -cell, north)}
    with rasterio.open(path, "w", nodata=nodata, **profile) as file:
        file.write(z.astype(dtype), 1)
        if unit:
            file.units = (unit,)


def ramp(nx, ny, rise, sea):
    """Sea in the west `sea` cells wide, then land rising by `rise` a cell."""
    z = np.tile((np.arange(nx) - sea + 0.5) * rise, (ny, 1))
    return np.where(z < 0, -1.0 * rise, z)


def write(folder: Path, city: str = "", **sections: str) -> Path:
    head = '[city]\nid = "town"\nname = "Town"\nvertical_datum = "MSL"\ncurrency = "EUR"\n'
    cell = "" if "cell =" in city else "cell = 10.0\n"
    text = head + cell + city + "\n"
    sections = {"terrain": 'file = "dem.tif"', "sea": 'how = "edge"'} | sections
    for name, lines in sections.items():
        first, _, rest = lines.partition("\n[")
        whence = "" if name == "records" else WHENCE
        text += f"[{name}]\n{whence}{first}\n" + (f"[{rest}\n" if rest else "")
    path = folder / "town.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def north(tmp_path):
    """A ramp of 100 x 40 cells of 10 m on UTM 32 North, its sea in the west."""
    dem(tmp_path / "dem.tif", ramp(100, 40, 0.1, 20), 500000, 6.2e6, 10, "EPSG:25832", "m")
    return tmp_path


def homes(folder: Path, name="homes.gpkg", **columns):
    shapes = [box(x, 6199700, x + 20, 6199720) for x in range(500300, 500900, 100)]
    table = gpd.GeoDataFrame({"no": range(10, 16), **columns}, geometry=shapes, crs="EPSG:25832")
    table.to_file(folder / name)
    return table


def test_the_terrain_alone_makes_a_city(north):
    made = new(write(north), north / "town")
    city = cities.load(made.folder)
    assert city.fingerprint == made.city.fingerprint
    assert city.crs == "EPSG:25832"
    assert city.grid.shape == (40, 100)
    np.testing.assert_allclose(city.terrain.values, ramp(100, 40, 0.1, 20), atol=1e-6)
    np.testing.assert_array_equal(city.sea.values, ramp(100, 40, 0.1, 20) < 0)
    assert made.problems == ()
    assert check(made.folder) == []
    assert city.kind(Layer.TERRAIN) is Kind.MEASURED
    assert "joined to the edge" in city.provenance[Layer.SEA].note


def test_a_city_in_the_southern_hemisphere(tmp_path):
    """Near Perth: UTM 50 South, northings below ten million and heights untouched."""
    z = ramp(120, 80, 0.2, 30)
    dem(tmp_path / "dem.tif", z, 380000, 6460000, 10, "EPSG:32750", "m")
    city = new(write(tmp_path), tmp_path / "town").city
    assert city.crs == "EPSG:32750"
    lon, lat = summary(city)["lon_lat"][:2]
    assert 115 < lon < 117
    assert -32.1 < lat < -31.9
    np.testing.assert_allclose(city.terrain.values, z, atol=1e-5)


def test_a_city_in_feet_on_a_state_plane_becomes_metres(tmp_path):
    """New York Long Island (EPSG:2263, US survey feet): a height of 328.0833 ft is 100 m."""
    z = ramp(300, 200, 3.280833333, 60)  # a metre for each cell
    dem(tmp_path / "dem.tif", z, 980000, 200000, 32.80833333, "EPSG:2263")
    settings = write(tmp_path, terrain='file = "dem.tif"\nunit = "us_survey_foot"')
    city = new(settings, tmp_path / "town").city
    assert city.crs == "EPSG:32618"
    land = city.terrain.values[~city.sea.values & np.isfinite(city.terrain.values)]
    assert land.max() == pytest.approx(239.5, abs=1.0)
    # The rise of a metre in ten metres is the same on every map.
    across = np.diff(city.terrain.values[100, 100:200])
    assert float(np.median(across)) == pytest.approx(1.0, abs=0.02)
    assert "us_survey_foot" in city.provenance[Layer.TERRAIN].note
    assert not {one.code for one in check(tmp_path / "town")} & {"terrain-unit", "terrain-steps"}


def test_a_compound_system_says_its_feet_by_itself(tmp_path):
    """EPSG:2263 with NAVD88 heights in US survey feet (EPSG:6360)."""
    dem(tmp_path / "dem.tif", ramp(60, 40, 10.0, 20), 980000, 200000, 32.8, "EPSG:2263+6360")
    city = new(write(tmp_path), tmp_path / "town").city
    assert np.nanmax(city.terrain.values) == pytest.approx(395 * 1200 / 3937, abs=0.5)


def test_a_city_in_degrees_gets_the_utm_zone_of_its_middle(tmp_path):
    """Bergen lies in the widened zone 32 (Norway's exception), not in 31."""
    z = ramp(200, 150, 0.5, 50)
    dem(tmp_path / "dem.tif", z, 5.30, 60.41, 0.0002, "EPSG:4326", "m")
    city = new(write(tmp_path, "cell = 20.0\n"), tmp_path / "town").city
    assert city.crs == "EPSG:32632"
    x, y = Transformer.from_crs("EPSG:4326", city.crs, always_xy=True).transform(5.33, 60.395)
    row, column = city.grid.rows_columns(np.array([x]), np.array([y]))
    # 5.33 is 150 cells from the west edge: (150 - 50) * 0.5 m
    assert city.terrain.values[row[0], column[0]] == pytest.approx(50.0, abs=0.5)


@pytest.mark.parametrize(
    ("longitude", "latitude", "zone"),
    [
        (-180, 0, 1),
        (180, 0, 1),
        (3, 55.9, 31),
        (3, 56, 32),
        (11.9, 63.9, 32),
        (5, 64, 31),
        (8.9, 75, 31),
        (9, 75, 33),
        (20.9, 75, 33),
        (21, 75, 35),
        (33, 75, 37),
        (42, 75, 38),
    ],
)
def test_utm_zones_are_those_of_the_universal_grids(longitude, latitude, zone):
    assert utm_zone(longitude, latitude) == zone


def test_heights_are_moved_to_the_datum_asked_for(north):
    made = new(write(north, terrain='file = "dem.tif"\noffset = -0.05'), north / "town")
    np.testing.assert_allclose(
        made.city.terrain.values[:, 20:], ramp(100, 40, 0.1, 20)[:, 20:] - 0.05, atol=1e-5
    )
    assert "-0.05 m added" in made.city.provenance[Layer.TERRAIN].note


def test_decimetres_in_whole_numbers_become_metres(tmp_path):
    z = np.round(ramp(100, 40, 1.0, 20) + 0.3)
    dem(tmp_path / "dem.tif", z, 5e5, 6.2e6, 10, "EPSG:25832", nodata=-32768, dtype="int16")
    settings = write(tmp_path, terrain='file = "dem.tif"\nunit = "decimetre"')
    city = new(settings, tmp_path / "town").city
    np.testing.assert_allclose(city.terrain.values, z * 0.1, atol=1e-5)


def test_a_finer_terrain_is_averaged_and_keeps_its_mean(tmp_path):
    rng = np.random.default_rng(3)
    z = ramp(400, 160, 0.025, 80) + rng.normal(0, 0.2, (160, 400))
    dem(tmp_path / "dem.tif", z, 5e5, 6.2e6, 2.5, "EPSG:25832", "m")
    city = new(write(tmp_path, sea='how = "edge"\nlevel = 0.3'), tmp_path / "town").city
    assert city.grid.shape == (40, 100)
    blocks = z.reshape(40, 4, 100, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(city.terrain.values, blocks, atol=1e-4)


def test_files_are_laid_together_with_the_first_on_top(tmp_path):
    dem(tmp_path / "a.tif", np.full((40, 60), 5.0), 500400, 6.2e6, 10, "EPSG:25832")
    dem(tmp_path / "b.tif", ramp(100, 40, 0.1, 20), 500000, 6.2e6, 10, "EPSG:25832")
    city = new(write(tmp_path, terrain='file = ["a.tif", "b.tif"]'), tmp_path / "town").city
    assert (city.terrain.values[:, 41:] == 5.0).all()
    np.testing.assert_allclose(
        city.terrain.values[:, :39], ramp(100, 40, 0.1, 20)[:, :39], atol=1e-5
    )
    assert "metres assumed" in city.provenance[Layer.TERRAIN].note


def test_a_number_for_unknown_may_be_named(tmp_path):
    z = ramp(100, 40, 0.1, 20)
    z[10:14, 60:64] = -9999
    dem(tmp_path / "dem.tif", z, 5e5, 6.2e6, 10, "EPSG:25832", "m")
    made = new(write(tmp_path, terrain='file = "dem.tif"\nnodata = -9999'), tmp_path / "town")
    assert np.isnan(made.city.terrain.values[11, 61])
    assert np.nanmin(made.city.terrain.values) > -1
    assert [one.code for one in made.problems] == ["terrain-holes"]


def test_bounds_may_be_in_degrees_and_the_grid_is_snapped_to_whole_cells(north):
    to = Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    box_ = [round(x, 7) for x in to.transform_bounds(500105, 6199705, 500705, 6199905)]
    city = new(write(north, f'bounds = {box_}\nbounds_crs = "EPSG:4326"\n'), north / "town").city
    assert city.grid.west % 10 == 0
    assert city.grid.bounds[0] <= 500105
    assert city.grid.nx in range(61, 64)


@pytest.mark.parametrize(
    "sea",
    [
        'how = "edge"',
        'how = "seed"\nseed = [500050, 6199800]',
        'how = "seed"\nseed = [9.0008, 55.9436]\nseed_crs = "EPSG:4326"',
        'how = "polygon"\nfile = "sea.geojson"',
        'how = "polygon"\nland = true\nfile = "land.gpkg"',
    ],
)
def test_the_sea_is_found_in_each_way(north, sea):
    water, land = box(499000, 6.19e6, 500200, 6.21e6), box(500200, 6.19e6, 502000, 6.21e6)
    gpd.GeoSeries([water], crs="EPSG:25832").to_crs(4326).segmentize(0.001).to_file(
        north / "sea.geojson"
    )
    gpd.GeoSeries([land], crs="EPSG:25832").to_file(north / "land.gpkg")
    city = new(write(north, sea=sea), north / "town").city
    np.testing.assert_array_equal(city.sea.values, ramp(100, 40, 0.1, 20) < 0)


def test_the_sea_may_be_what_nobody_measured(tmp_path):
    z = ramp(100, 40, 0.1, 20)
    z[z < 0] = np.nan
    z[20:22, 50:52] = np.nan  # a hole on land is not sea
    dem(tmp_path / "dem.tif", z, 5e5, 6.2e6, 10, "EPSG:25832", "m", nodata=np.nan)
    made = new(write(tmp_path, sea='how = "nodata"'), tmp_path / "town")
    np.testing.assert_array_equal(made.city.sea.values, np.tile(np.arange(100) < 20, (40, 1)))
    assert [one.code for one in made.problems] == ["terrain-holes"]


def test_unknown_ground_is_sea_only_when_asked(tmp_path):
    z = ramp(100, 40, 0.1, 20)
    z[:, :10] = np.nan  # beyond the survey: the sea goes on, but nobody knows
    z[:, 90:] = np.nan  # and so does the land
    dem(tmp_path / "dem.tif", z, 5e5, 6.2e6, 10, "EPSG:25832", "m", nodata=np.nan)
    made = new(write(tmp_path), tmp_path / "town")
    np.testing.assert_array_equal(made.city.sea.values, z < 0)
    assert made.problems == ()
    asked = write(tmp_path, sea='how = "seed"\nunknown = true\nseed = [500050, 6199800]')
    wet = new(asked, tmp_path / "town").city.sea.values
    np.testing.assert_array_equal(wet, np.tile(np.arange(100) < 20, (40, 1)))


def test_low_ground_behind_a_dike_is_not_sea(tmp_path):
    z = ramp(100, 40, 0.1, 20)
    z[:, 30], z[:, 31:40] = 5.0, -2.0
    z[0], z[-1] = 5.0, 5.0
    dem(tmp_path / "dem.tif", z, 5e5, 6.2e6, 10, "EPSG:25832", "m")
    city = new(write(tmp_path), tmp_path / "town").city
    assert not city.sea.values[:, 30:].any()


def test_buildings_come_with_the_users_columns_words_and_units(north):
    homes(
        north,
        TYPE=["res", "res", "shop", "x", "res", None],
        HT_FT=[1.0, 2, 3, 4, 5, np.nan],
        ST=[1.0, 2, 3, np.nan, 1, 1],
    )
    made = new(
        write(
            north,
            buildings="""file = "homes.gpkg"
[buildings.columns]
id = "no"
use = "TYPE"
floors = "ST"
floor_height = "HT_FT"
[buildings.values.use]
res = "home"
shop = "business"
"*" = "other"
[buildings.factors]
floor_height = 0.3048
[buildings.defaults]
floors = 2
floor_height = 0.5""",
        ),
        north / "town",
    )
    table = cities.load(made.folder).buildings
    assert list(table.id) == ["10", "11", "12", "13", "14", "15"]
    assert list(table.use) == ["home", "home", "business", "other", "home", "other"]
    assert list(table.floors) == [1, 2, 3, 2, 1, 1]
    np.testing.assert_allclose(table.floor_height, [0.3048, 0.6096, 0.9144, 1.2192, 1.524, 0.5])
    assert list(table.dwellings) == [1, 1, 0, 0, 1, 0]
    note = made.city.provenance[Layer.BUILDINGS].note
    assert "floors assumed 2 on 1 rows." in note
    assert "basement_area assumed 0 m2." in note
    assert "One dwelling assumed in each home." in note
    assert made.problems == ()


def test_a_word_without_ours_is_told(north):
    homes(north, TYPE=["res"] * 5 + ["castle"])
    settings = write(
        north,
        buildings="""file = "homes.gpkg"
[buildings.columns]
use = "TYPE"
[buildings.values.use]
res = "home\"""",
    )
    with pytest.raises(BadValue, match="none for 'castle'"):
        new(settings, north / "town")
    assert not (north / "town").exists()


def test_crossed_shapes_are_mended_and_lines_are_split(north):
    tie = Polygon([(500300, 6199700), (500320, 6199720), (500320, 6199700), (500300, 6199720)])
    both = MultiPolygon(
        [box(500400, 6199700, 500410, 6199710), box(500420, 6199700, 500430, 6199710)]
    )
    gpd.GeoDataFrame({"a": [1, 2]}, geometry=[tie, both], crs="EPSG:25832").to_file(
        north / "b.gpkg"
    )
    two = MultiLineString(
        [[(500300, 6199800), (500400, 6199800)], [(500400, 6199800), (500500, 6199800)]]
    )
    gpd.GeoDataFrame({"no": [7]}, geometry=[two], crs="EPSG:25832").to_file(north / "r.gpkg")
    made = new(
        write(
            north,
            buildings='file = "b.gpkg"',
            roads="""file = "r.gpkg"
[roads.columns]
id = "no\"""",
        ),
        north / "town",
    )
    city = made.city
    assert city.buildings.is_valid.all()
    assert city.buildings.area.sum() == pytest.approx(2 * 100 + 200)
    assert list(city.buildings.id) == ["b1", "b2"]
    assert list(city.roads.id) == ["7-1", "7-2"]
    assert "1 self-crossing shapes mended." in city.provenance[Layer.BUILDINGS].note
    assert made.problems == ()


def test_closed_lines_are_areas_where_areas_are_wanted(north):
    ring = LineString([(500300, 6199700), (500400, 6199700), (500400, 6199800), (500300, 6199700)])
    line = LineString([(500300, 6199700), (500400, 6199700)])
    gpd.GeoDataFrame({"k": ["wood", "hedge"]}, geometry=[ring, line], crs="EPSG:25832").to_file(
        north / "g.gpkg"
    )
    green = 'file = "g.gpkg"\n[green.columns]\nuse = "k"'
    made = new(write(north, green=green), north / "town")
    assert list(made.city.green.use) == ["wood"]
    assert made.city.green.area[0] == pytest.approx(5000)
    assert made.notes[Layer.GREEN] == (
        "1 closed lines made areas.",
        "1 rows without a polygon left out.",
    )


def test_places_come_from_a_csv_with_longitude_and_latitude(north):
    to = Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    lon, lat = to.transform(500555.0, 6199805.0)
    (north / "p.csv").write_text(
        f"navn,lon,lat,art\nSkolen på øen,{lon},{lat},school\nLangt væk,12,12,school\n",
        encoding="utf-8",
    )
    city = new(
        write(
            north,
            places="""file = "p.csv"
x = "lon"
y = "lat"
crs = "EPSG:4326"
[places.columns]
name = "navn"
use = "art\"""",
        ),
        north / "town",
    ).city
    assert list(city.places.name) == ["Skolen på øen"]
    assert city.places.geometry[0].distance(Point(500555, 6199805)) < 0.01


def test_letters_of_an_old_file_come_out_right(north):
    (north / "p.csv").write_bytes("x,y,n\n500555,6199805,Østergård\n".encode("latin-1"))
    city = new(
        write(
            north,
            places="""file = "p.csv"
x = "x"
y = "y"
crs = "EPSG:25832"
encoding = "ISO-8859-1"
[places.columns]
name = "n"
[places.defaults]
use = "other\"""",
        ),
        north / "town",
    ).city
    assert list(city.places.name) == ["Østergård"]


def test_streams_may_be_turned_to_run_downhill(north):
    up = LineString([(500210, 6199800), (500900, 6199800)])
    gpd.GeoSeries([up], crs="EPSG:25832").to_file(north / "s.gpkg")
    made = new(write(north, streams='file = "s.gpkg"'), north / "town")
    assert [one.code for one in made.problems] == ["streams-uphill"]
    made = new(write(north, streams='file = "s.gpkg"\ndownhill = true'), north / "town")
    assert made.problems == ()


def test_buildings_learn_their_district_from_where_they_stand(north):
    homes(north)
    parts = [box(499000, 6.19e6, 500560, 6.21e6), box(500560, 6.19e6, 502000, 6.21e6)]
    gpd.GeoDataFrame({"K": ["w", "e"]}, geometry=parts, crs="EPSG:25832").to_crs(4326).to_file(
        north / "d.shp"
    )
    made = new(
        write(
            north,
            buildings='file = "homes.gpkg"',
            districts="""file = "d.shp"
[districts.columns]
id = "K\"""",
        ),
        north / "town",
    )
    assert list(made.city.buildings.district) == ["w"] * 3 + ["e"] * 3
    assert made.problems == ()


SHARES = "shares = { children = 0.2, adults = 0.6, older = 0.15, oldest = 0.05 }"
HOMES = 'file = "homes.gpkg"\n[buildings.columns]\nid = "no"\n[buildings.defaults]\nuse = "home"'


def test_people_from_a_column_of_the_buildings(north):
    homes(north, kids=[1, 0, 0, 2, 0, 0], grown=[2.0, 1, 0, np.nan, 0, 3])
    people = 'how = "buildings"\n[people.columns]\nchildren = "kids"\nadults = "grown"'
    city = new(write(north, buildings=HOMES, people=people), north / "town").city
    assert list(city.people.building) == ["10", "11", "13", "15"]
    assert list(city.people.children) == [1, 0, 2, 0]
    assert list(city.people.adults) == [2, 1, 0, 3]


def test_people_from_a_table(north):
    homes(north)
    (north / "p.csv").write_text("bld,n\n10,4\n10,1\n99,7\n15,2\n")
    people = (
        f'how = "table"\nfile = "p.csv"\ntotal = "n"\n{SHARES}\n[people.columns]\nbuilding = "bld"'
    )
    made = new(write(north, buildings=HOMES, people=people), north / "town")
    assert list(made.city.people.building) == ["10", "15"]
    assert made.city.people.adults.sum() == pytest.approx(7 * 0.6)
    assert "1 rows of buildings off the map left out." in made.notes[Layer.PEOPLE]


def test_people_of_a_grid_of_areas_are_spread_over_the_homes_and_none_is_lost(north):
    homes(north)
    cells = [
        box(500200, 6199600, 500600, 6200000),
        box(500600, 6199600, 501400, 6200000),
        box(500200, 6199601, 500300, 6199650),
    ]
    table = gpd.GeoDataFrame({"n": [30.0, 60.0, 5.0]}, geometry=cells, crs="EPSG:25832")
    table.to_file(north / "p.gpkg")
    people = f'how = "grid"\nfile = "p.gpkg"\ntotal = "n"\n{SHARES}'
    made = new(write(north, buildings=HOMES, people=people), north / "town")
    total = made.city.people.set_index("building").sum(axis=1)
    # Half of the second area lies on the map: 30 persons on three homes; the third has no home.
    assert total.sum() == pytest.approx(30 + 30 + 5)
    assert total["11"] == pytest.approx(10)
    assert total["15"] == pytest.approx(10)
    assert total["10"] == pytest.approx(15)
    assert made.city.kind(Layer.PEOPLE) is Kind.DERIVED
    assert any("5 persons of places without homes" in note for note in made.notes[Layer.PEOPLE])


def test_people_of_a_raster_in_degrees_are_spread_and_none_is_lost(north):
    homes(north)
    to = Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    west, _, east, top = to.transform_bounds(500000, 6199600, 501000, 6200000)
    n = np.zeros((8, 20))
    n[:4, 5:15] = 1.5
    dem(north / "n.tif", n, west, top, (east - west) / 20, "EPSG:4326", nodata=-1)
    people = f'how = "grid"\nfile = "n.tif"\ntotal = "persons"\n{SHARES}'
    city = new(write(north, buildings=HOMES, people=people), north / "town").city
    assert city.people.drop(columns="building").to_numpy().sum() == pytest.approx(60.0)
    assert city.people.children.sum() == pytest.approx(12.0)


def test_records_go_along(north):
    (north / "s.toml").write_text("[[storms]]\nyear = 1872\n")
    city = new(write(north, records='shocks = "s.toml"'), north / "town").city
    assert city.records["shocks"] == {"storms": [{"year": 1872}]}


def test_every_slip_in_the_settings_is_told_at_once(north):
    path = north / "bad.toml"
    path.write_text("""
[city]
id = "our town"
name = "x"
crs = "EPSG:4326"
vertical_datum = "x"
curency = "EUR"
cell = -1
bounds = [5, 5, 1, 1]
[terain]
file = "dem.tif"
[sea]
how = "guess"
kind = "measured"
[buildings]
file = "none.gpkg"
kind = "true"
source = "s"
licence = "l"
date = "2024"
[buildings.columns]
flors = "x"
[places]
file = "dem.tif"
kind = "measured"
source = "s"
licence = "l"
date = 2024
[people]
how = "grid"
file = "dem.tif"
kind = "assumed"
source = "s"
licence = "l"
date = "2024"
total = "n"
shares = { adults = 0.5 }
""")
    with pytest.raises(BadCity) as caught:
        new(path, north / "town")
    text = str(caught.value)
    for part in (
        "id = 'our town'",
        "is in degrees",
        "did you mean 'currency'",
        "lacks currency",
        "cell = -1",
        "bounds = [5, 5, 1, 1]",
        "[terain]; did you mean 'terrain'",
        "[terrain] is missing",
        "how = 'guess': write one of edge, seed",
        "[sea] lacks source",
        "there is no none.gpkg",
        "kind = 'true': write one of measured",
        "did you mean 'floors'",
        "date = 2024: text is needed",
        "columns.use (or defaults.use) is needed",
        "shares must add up to 1 (they give 0.5)",
    ):
        assert part in text, part
    assert not (north / "town").exists()


@pytest.mark.parametrize(
    ("sections", "error", "says"),
    [
        ({"terrain": 'file = "text.tif"'}, BadFile, "not a raster"),
        ({"terrain": 'file = "bare.tif"'}, BadFile, "coordinate reference system"),
        ({"terrain": 'file = "dem.tif"\ncrs = "EPSG:25833"'}, BadValue, "Take crs out"),
        ({"terrain": 'file = "dem.tif"\nunit = "foot"'}, BadValue, "says, metre"),
        ({"sea": 'how = "edge"\nlevel = -5'}, BadValue, "lowest ground is -0.10 m"),
        ({"sea": 'how = "edge"\nlevel = 50'}, BadValue, "only sea"),
        ({"sea": 'how = "seed"\nseed = [500900, 6199800]'}, BadValue, "on land at"),
        ({"sea": 'how = "seed"\nseed = [9, 56]'}, BadValue, "seed_crs"),
        ({"buildings": 'file = "text.tif"'}, BadFile, "not a raster"),
        ({"buildings": 'file = "homes.gpkg"\nlayer = "none"'}, BadFile, "none"),
        ({"buildings": 'file = "homes.gpkg"\n[buildings.columns]\nuse = "TYP"'}, BadFile, "'no'"),
        ({"buildings": 'file = "far.gpkg"'}, BadFile, "none of far.gpkg within the bounds"),
        ({"places": 'file = "p.csv"\n[places.columns]\nuse = "a"'}, BadFile, "write x ="),
        ({"people": f'how = "grid"\nfile = "n.gpkg"\ntotal = "n"\n{SHARES}'}, BadCity, "buildings"),
        (
            {"buildings": 'file = "homes.gpkg"\n[buildings.columns]\nid = "one"'},
            BadCity,
            "share their id",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_written(north, sections, error, says):
    (north / "text.tif").write_text("not a raster, sorry")
    (north / "p.csv").write_text("a,b\n1,2\n")
    dem(north / "bare.tif", np.ones((5, 5)), 0, 50, 10, None)
    homes(north, one=1)
    homes(north, "n.gpkg", n=1)
    gpd.GeoSeries([box(0, 0, 9, 9)], crs="EPSG:25832").to_file(north / "far.gpkg")
    with pytest.raises(error, match=says):
        new(write(north, **sections), north / "town")
    assert not (north / "town").exists()
    assert not list(north.glob(".town*"))


def test_a_grid_too_large_for_any_machine_is_refused_before_it_is_made(north):
    with pytest.raises(BadValue, match="Change cell or bounds"):
        new(write(north, "cell = 0.001\n"), north / "town")


def test_the_template_is_read_as_settings_and_shows_every_key(tmp_path):
    template = new_template()
    said = tomllib.loads(template)
    assert set(said) == {"city", "terrain", "sea"}
    for section, keys in KEYS.items():
        for key in keys:
            assert (
                f"{key} =" in template
                or f".{key}]" in template
                or key in ("note", "values", "x", "y")
            ), f"{section}: {key}"
    every = "\n".join(line.removeprefix("# ") for line in template.splitlines())
    assert "[people.columns]" in every


def test_the_template_filled_in_makes_a_city(north):
    (north / "t.toml").write_text(new_template(), encoding="utf-8")
    made = new(north / "t.toml", north / "town")
    assert made.city.name["da"] == "Vores by"
    assert made.problems == ()


def test_progress_is_told_from_begin_to_end(north):
    told = []
    new(write(north), north / "town", lambda share, doing: told.append(share))
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_a_summary_is_plain_and_counts_right(valley):
    said = summary(valley)
    assert said["counts"]["buildings"] == len(valley.buildings)
    assert said["area_km2"] == {"land": 0.32, "sea": 0.08, "unknown": 0.0}
    assert said["land_height_m"]["100%"] == pytest.approx(7.95)
    assert said["land_height_m"]["50%"] == pytest.approx(4.0)
    assert said["persons"]["adults"] == pytest.approx(1.5 * len(valley.buildings))
    assert said["length_km"]["roads"] == pytest.approx(1.12)
    assert said["layers"]["terrain"]["kind"] == "synthetic"
    assert said["uses"] == {"home": 26, "business": 1, "public": 1}


def test_a_summary_of_a_bare_city_is_plain_too(north):
    import json

    said = summary(new(write(north), north / "town").city)
    assert json.loads(json.dumps(said)) == said
    assert said["persons"] == dict.fromkeys(["children", "adults", "older", "oldest"], 0.0)
    assert said["layers"]["roads"] is None
    assert pd.isna(said["layers"]["roads"] or np.nan)


def test_the_worked_example_of_the_manual_works(tmp_path, monkeypatch):
    """The TOML of docs/city.md, on files such as it speaks of."""
    text = (Path(__file__).parents[2] / "docs" / "city.md").read_text(encoding="utf-8")
    example = text.split("### A worked example")[1].split("```toml\n")[1].split("```")[0]
    (tmp_path / "harbor.toml").write_text(example, encoding="utf-8")
    west, north, crs = 985000.0, 200000.0, "EPSG:2263"
    dem(tmp_path / "lidar.tif", ramp(300, 200, 0.5, 60), west, north, 20.0, crs)
    spots = [(west + 1500 + 300 * i, north - 1000 - 500 * j) for i in range(8) for j in range(4)]
    shapes = [box(x, y, x + 40, y + 30) for x, y in spots]
    count = len(shapes)
    columns = {
        "BIN": range(count),
        "CLASS": ["R", "C", "R", "X"] * (count // 4),
        "STORIES": 2,
        "FFH_FT": [3.0, None] * (count // 2),
        "BSMT_SQFT": 1000.0,
        "UNITS": [2, 0] * (count // 2),
    }
    gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(tmp_path / "footprints.gpkg")
    half = west + 3000
    parts = [box(west, north - 4000, half, north), box(half, north - 4000, west + 6000, north)]
    people = gpd.GeoDataFrame({"POP": [100, 60]}, geometry=parts, crs=crs).to_crs("EPSG:4326")
    people.to_file(tmp_path / "blockgroups.geojson")
    wards = people.assign(WARD=[1, 2], WARDNAME=["West", "East"])
    wards.to_file(tmp_path / "wards.geojson")
    made = new(tmp_path / "harbor.toml", tmp_path / "harbor")
    city = cities.load(tmp_path / "harbor")
    assert city.crs == "EPSG:32618"
    assert city.buildings.floor_height.tolist()[:2] == pytest.approx([0.9144, 0.5])
    assert city.buildings.basement_area[0] == pytest.approx(92.90304)
    assert city.people.drop(columns="building").to_numpy().sum() == pytest.approx(160, rel=0.02)
    assert set(city.buildings.district) == {"1", "2"}
    assert [one.line() for one in made.problems] == []

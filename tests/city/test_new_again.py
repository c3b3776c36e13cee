"""Making a city again takes away nothing that a person wrote, and says what cannot be made."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from shapely.geometry import Point

from fjordby import city as cities
from fjordby.city.new import new
from fjordby.errors import BadCity, BadFile, BadValue

WHENCE = 'kind = "measured"\nsource = "a survey"\nlicence = "CC0-1.0"\ndate = "2024"\n'
SETTINGS = f"""[city]
id = "town"
name = "Town"
vertical_datum = "MSL"
currency = "EUR"
cell = 10.0
[terrain]
file = "dem.tif"
{WHENCE}[sea]
how = "edge"
{WHENCE}"""


@pytest.fixture
def home(tmp_path):
    """A folder with a terrain that rises from the sea, and the settings of a town on it."""
    heights = np.tile(np.linspace(-2, 8, 60, dtype="float32"), (40, 1))
    profile = {"driver": "GTiff", "height": 40, "width": 60, "count": 1, "dtype": "float32"}
    place = Affine(10, 0, 500000, 0, -10, 6.2e6)
    with rasterio.open(
        tmp_path / "dem.tif", "w", crs="EPSG:25832", transform=place, **profile
    ) as f:
        f.write(heights, 1)
    (tmp_path / "town.toml").write_text(SETTINGS)
    return tmp_path


def test_what_a_person_wrote_into_the_folder_stays_when_the_city_is_made_again(home):
    """The error of a city without shocks says to write shocks.toml into its folder."""
    town = new(home / "town.toml", home / "town").folder
    shocks = "# our own remarks\nsay = 'storms'\n"
    (town / "shocks.toml").write_text(shocks)
    (town / "survey.tif").write_bytes(b"mine")
    made = new(home / "town.toml", town)
    assert (town / "shocks.toml").read_text() == shocks
    assert (town / "survey.tif").read_bytes() == b"mine"
    assert made.city.records["shocks"] == cities.load(town).records["shocks"] == {"say": "storms"}


def test_a_record_of_the_settings_takes_the_place_of_an_older_one(home):
    town = new(home / "town.toml", home / "town").folder
    (town / "shocks.toml").write_text("say = 'old'\n")
    (home / "new.toml").write_text("say = 'new'\n")
    (home / "town.toml").write_text(SETTINGS + '[records]\nshocks = "new.toml"\n')
    assert new(home / "town.toml", town).city.records["shocks"] == {"say": "new"}


def test_settings_are_never_overwritten_by_the_city_made_of_them(home):
    """A city in place of the settings, or of a folder whose city.toml is the settings."""
    with pytest.raises(BadValue, match="nothing in it was touched"):
        new(home / "town.toml", home / "town.toml")
    assert (home / "town.toml").read_text() == SETTINGS
    (home / "town.toml").rename(home / "city.toml")
    with pytest.raises(BadValue, match="outside of the city's folder"):
        new(home / "city.toml", home)
    with pytest.raises(BadValue, match="nothing in it was touched"):
        cities.save(cities.load(new(home / "city.toml", home / "town").folder), home)
    assert (home / "city.toml").read_text() == SETTINGS
    assert (home / "dem.tif").is_file()


def test_settings_may_not_lie_among_the_records_of_a_city(home):
    town = new(home / "town.toml", home / "town").folder
    (home / "dem.tif").rename(town / "dem.tif")
    (home / "town.toml").rename(town / "town.toml")
    with pytest.raises(BadValue, match="Move the settings out"):
        new(town / "town.toml", town)


def test_buildings_drawn_as_points_are_refused_not_left_out_to_the_last(home):
    points = [Point(500400 + 20 * k, 6199800) for k in range(5)]
    gpd.GeoDataFrame({"use": ["home"] * 5}, geometry=points, crs="EPSG:25832").to_file(
        home / "p.gpkg"
    )
    more = f'[buildings]\nfile = "p.gpkg"\n{WHENCE}[buildings.columns]\nuse = "use"\n'
    (home / "town.toml").write_text(SETTINGS + more)
    with pytest.raises(BadFile, match="buildings with a polygon each"):
        new(home / "town.toml", home / "town")
    assert not (home / "town").exists()


def test_a_datum_or_a_currency_without_a_name_is_told_before_the_work(home):
    text = SETTINGS.replace('"EUR"', '""').replace('"MSL"', '" "')
    (home / "town.toml").write_text(text)
    with pytest.raises(BadCity, match="currency is empty") as caught:
        new(home / "town.toml", home / "town")
    assert "vertical_datum is empty" in str(caught.value)


def test_places_in_errors_are_told_to_the_metre(home):
    """6.168e+06 is no northing that a person can look up."""
    (home / "town.toml").write_text(SETTINGS.replace("cell = 10.0", "cell = 1e9"))
    with pytest.raises(BadValue, match="6199600"):
        new(home / "town.toml", home / "town")

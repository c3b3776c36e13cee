"""Small cities that every test can stand on."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

from fjordby.city import City, Layer
from fjordby.grid import Grid
from fjordby.progress import silent
from fjordby.provenance import Kind, Provenance
from fjordby.study import Study, make
from fjordby.words import Words

CRS = "EPSG:25832"


def make_valley() -> City:
    """A made-up town: sea in the west, land rising 1 m per 100 m to the east, 10 m cells."""
    grid = Grid(0.0, 400.0, 10.0, 40, 100, CRS)
    height = np.repeat(((grid.x - 200.0) / 100.0)[None, :], grid.ny, axis=0).astype(np.float32)
    sea = np.repeat((grid.x < 200.0)[None, :], grid.ny, axis=0)
    left = np.arange(220.0, 920.0, 50.0)
    squares = [box(x, y, x + 20, y + 20) for y in (100.0, 300.0) for x in left]
    n = len(squares)
    buildings = gpd.GeoDataFrame(
        {
            "id": [f"b{i}" for i in range(n)],
            "use": ["home"] * (n - 2) + ["business", "public"],
            "use_code": [120] * (n - 2) + [320, 420],
            "floors": 1,
            "floor_height": 0.3,
            "basement_area": [0.0, 100.0] * (n // 2),
            "dwellings": [1] * (n - 2) + [0, 0],
            "district": ["south"] * (n // 2) + ["north"] * (n // 2),
            "name": "",
        },
        geometry=squares,
        crs=CRS,
    )
    people = pd.DataFrame(
        {"building": buildings.id, "children": 0.5, "adults": 1.5, "older": 0.3, "oldest": 0.1}
    )
    districts = gpd.GeoDataFrame(
        {"id": ["south", "north"], "name": ["Syd", "Nord"]},
        geometry=[box(200, 0, 1000, 200), box(200, 200, 1000, 400)],
        crs=CRS,
    )
    roads = gpd.GeoDataFrame(
        {
            "id": ["r0", "r1"],
            "name": ["Strandvej", "Bakkevej"],
            "road_class": ["residential", "primary"],
            "speed": [50.0, 80.0],
        },
        geometry=[LineString([(250, 10), (250, 390)]), LineString([(250, 200), (990, 200)])],
        crs=CRS,
    )
    places = gpd.GeoDataFrame(
        {
            "id": ["p0", "p1"],
            "name": ["Plejehjem", "Sygehus"],
            "use": ["care_home", "hospital"],
            "threshold": [0.2, 0.5],
            "building": ["", ""],
        },
        geometry=[Point(260, 210), Point(980, 200)],
        crs=CRS,
    )
    streams = gpd.GeoDataFrame(
        {"id": ["s0"], "name": ["Å"], "width": [8.0], "bed": [-1.0]},
        geometry=[LineString([(990, 50), (200, 50)])],
        crs=CRS,
    )
    barriers = gpd.GeoDataFrame(
        {"id": [], "name": [], "type": [], "crest": []}, geometry=[], crs=CRS
    )
    green = gpd.GeoDataFrame({"id": [], "name": [], "use": []}, geometry=[], crs=CRS)
    made_up = Provenance(Kind.SYNTHETIC, "made up for tests", "EUPL-1.2", "2026-11-23")
    return City(
        id="valley",
        name=Words("Dalen", "The valley"),
        vertical_datum="DVR90",
        currency="DKK",
        terrain=grid.raster(height, "terrain"),
        sea=grid.raster(sea, "sea", "1"),
        streams=streams,
        barriers=barriers,
        buildings=buildings,
        people=people,
        districts=districts,
        roads=roads,
        places=places,
        green=green,
        provenance=dict.fromkeys(Layer, made_up),
    )


@pytest.fixture(scope="session")
def valley() -> City:
    """The made-up town of `make_valley`, shared by all tests: it is frozen."""
    return make_valley()


@pytest.fixture(scope="session")
def stormy_valley() -> City:
    """The made-up town with a sea, a climate and storms, and a figure to be held against."""
    source = files("fjordby.city").joinpath("builtin/tuno/shocks.toml").read_text(encoding="utf-8")
    shocks = tomllib.loads(source)
    published = {
        "figure": [
            {
                "id": "made-up",
                "what": {"da": "Huse ved 1,5 m", "en": "Houses at 1.5 m"},
                "value": 10,
                "unit": "buildings",
                "ask": "buildings_at_level",
                "level": 1.5,
                "source": "made up for tests",
                "differs": [{"da": "Opdigtet.", "en": "Made up."}],
            }
        ]
    }
    return make_valley().with_(records={"shocks": shocks, "published": published})


@pytest.fixture(scope="session")
def valley_study(stormy_valley: City, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A finished study of the made-up town."""
    return make(stormy_valley, tmp_path_factory.mktemp("studies") / "valley", silent)

"""Small cities that every test can stand on."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from scipy.ndimage import distance_transform_edt
from shapely.geometry import LineString, Point, box

from fjordby.city import City, Layer
from fjordby.flood.dynamic.record import WET, Caution, Simulation, Snapshot, WaterBalance
from fjordby.grid import Grid
from fjordby.progress import silent
from fjordby.provenance import Kind, Provenance
from fjordby.shock.event import Event, Series
from fjordby.study import Study, make
from fjordby.words import Words

CRS = "EPSG:25832"

# `make test` draws the same examples on every machine, so that a change is judged by itself;
# `make explore` draws new ones.
settings.register_profile("steady", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile("steady")


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
    """A finished study of the made-up town, its cloudburst hour by hour."""
    place = tmp_path_factory.mktemp("studies") / "valley"
    return make(stormy_valley, place, silent, storms=("copenhagen-2011",))


def slow_tide(
    city: City, event: Event, lag: float = 3600.0, cell: float | None = None
) -> Simulation:
    """A run by hand: the sea comes in with a delay that grows inland, `lag` for each kilometre.

    Not physics, but like it: what is far from the sea gets wet later and less deep than still
    water would have it, and the town's gate is shut while the sea is high.
    """
    factor = 1 if cell is None else round(cell / city.grid.cell)
    grid = city.grid
    bed = city.terrain.values.astype(float)
    sea = city.sea.values.astype(bool)
    away = np.where(sea, 0.0, distance_transform_edt(~sea) * grid.cell / 1000.0)
    if factor > 1:
        grid = Grid(grid.west, grid.north, grid.cell * factor, grid.ny // factor,
                    grid.nx // factor, grid.crs)  # fmt: skip
        whole = (slice(0, grid.ny * factor), slice(0, grid.nx * factor))
        bed, away = (a[whole].reshape(grid.ny, factor, grid.nx, factor).mean(axis=(1, 3))
                     for a in (bed, away))  # fmt: skip
    series = event.sea or Series(np.array([0.0, 36000.0]), np.zeros(2))
    seconds = np.linspace(0.0, 36000.0, 21)

    def depth_at(when: float) -> np.ndarray:
        level = series.at(when - lag * away) - away
        return np.maximum(np.nan_to_num(level - bed), 0.0).astype(np.float32)

    frames = [depth_at(t) for t in seconds]
    deepest = np.max(frames, axis=0)
    still = np.zeros_like(deepest)
    wet = np.stack(frames) >= WET
    arrival = np.where(wet.any(axis=0), seconds[wet.argmax(axis=0)], np.nan).astype(np.float32)
    speed = np.where(deepest > WET, 0.4, 0.0).astype(np.float32)
    shots = tuple(
        Snapshot(float(t), frame, still, still) for t, frame in zip(seconds, frames, strict=True)
    )
    index = pd.Index(seconds, name="seconds")
    flow = np.sin(np.pi * seconds / 36000.0)
    return Simulation(
        grid=grid,
        bed=bed,
        depth=deepest,
        speed=speed,
        depth_speed=speed * deepest,
        arrival=arrival,
        duration=wet.sum(axis=0)[None].astype(np.float32) * 1800.0,
        thresholds=(WET,),
        last=shots[-1],
        snapshots=shots,
        gauges=pd.DataFrame(index=index),
        lines=pd.DataFrame(index=index),
        structures=pd.DataFrame(
            {"gate": np.where(series.at(seconds) > 0.6, 0.0, -2.0 * flow - 0.5), "pump": flow},
            index=index,
        ),
        forcing=pd.DataFrame({"sea": series.at(seconds), "s0": 1.0 + 2.0 * flow}, index=index),
        balance=WaterBalance(1000.0, 0.0, 3.6e4, 2.0e5, 0.0, 0.0, 0.0, 2.37e5),
        cautions=(Caution("supercritical", 0.002, grid.west + 400.0, grid.north - 100.0, 1.3),),
        seconds=36000.0,
        steps=12000,
        cell_updates=48_000_000,
        wall_seconds=1.2,
        cpu_seconds=1.1,
    )


@pytest.fixture(scope="session")
def run_by_hand() -> Callable[..., Simulation]:
    """`slow_tide`: a run of the made-up town, or any other, made without the engine."""
    return slow_tide


@pytest.fixture(scope="session")
def surge_by_hand() -> Event:
    """A surge to 2.2 m within ten hours."""
    seconds = np.linspace(0.0, 36000.0, 41)
    level = 0.2 + 2.0 * np.exp(-(((seconds - 14400.0) / 7200.0) ** 2))
    return Event("surge", Words("Stormflod", "A surge"), sea=Series(seconds, level), year=2013)

"""A small study that the page can show: the made-up valley with figures worked out by hand."""

from __future__ import annotations

import heapq
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
import uvicorn
from fastapi import FastAPI
from looking import BROWSER, DRIVER, FLAGS, WIDE

from fjordby.city import City, Layer, save
from fjordby.city.model import AGE_GROUPS
from fjordby.flood import city_connection, deepest, instant, still_water
from fjordby.flood.model import Flood
from fjordby.flood.response import Axis, Point, Settings, Tolerance, build
from fjordby.grid import Raster
from fjordby.harm import stakes
from fjordby.shock.event import Event
from fjordby.study.page_layers import write_building_answers, write_event_depth, write_page_layers
from fjordby.study.storms import storms_said, write_storm
from fjordby.web.app import STATIC, create_app
from fjordby.words import Words

LEVELS = np.round(np.arange(0.0, 5.001, 0.05), 2)
FAMILIES = ("danish", "jrc")


def lowest_levels(city: City) -> Raster:
    """The lowest sea level at which water reaches each cell, by Dijkstra's way of the minimax."""
    height = city.terrain.values.astype(float)
    sea = city.sea.values
    reached = np.where(sea, np.nan_to_num(height, nan=-1.0), np.inf)
    heap = [(reached[y, x], y, x) for y, x in zip(*np.nonzero(sea), strict=True)]
    heapq.heapify(heap)
    while heap:
        level, y, x = heapq.heappop(heap)
        if level > reached[y, x]:
            continue
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            row, column = y + down, x + right
            if not (0 <= row < height.shape[0] and 0 <= column < height.shape[1]):
                continue
            here = max(level, height[row, column])
            if here < reached[row, column]:
                reached[row, column] = here
                heapq.heappush(heap, (here, row, column))
    return city.grid.raster(reached.astype(np.float32), "connection")


def building_table(city: City, connection: Raster) -> pd.DataFrame:
    """What is known of each building."""
    points = city.buildings.geometry.representative_point()
    row, column = city.grid.rows_columns(points.x.to_numpy(), points.y.to_numpy())
    ground = city.terrain.values[row, column].astype(float)
    people = city.people.set_index("building").sum(axis=1)
    return pd.DataFrame(
        {
            "id": city.buildings.id.astype(str),
            "use": city.buildings.use,
            "kind": city.kind(Layer.BUILDINGS).value,
            "ground": ground,
            "floor": ground + city.buildings.floor_height.to_numpy(),
            "connection": connection.values[row, column].astype(float),
            "residents": people.reindex(city.buildings.id).fillna(0.0).to_numpy(),
            "district": city.buildings.district,
            "name": city.buildings.name,
        }
    )


def damages(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """A made-up cost: 200,000 or 300,000 a metre of water at the wall, by family."""
    depth = LEVELS[:, None] - table.ground.to_numpy()[None, :]
    wet = LEVELS[:, None] >= table.connection.to_numpy()[None, :]
    depth = np.where(wet, np.clip(depth, 0.0, 3.0), 0.0)
    return {"danish": 2e5 * depth, "jrc": 3e5 * depth}


def figures(city: City, table: pd.DataFrame, rows: np.ndarray) -> dict:
    """The figures by level for some of the buildings."""
    part = table[rows]
    wet = LEVELS[:, None] >= part.connection.to_numpy()[None, :]
    cost = {name: values.sum(axis=1) for name, values in damages(part).items()}
    count = lambda weights: (wet * np.asarray(weights, float)[None, :]).sum(axis=1)  # noqa: E731
    people = city.people.set_index("building").reindex(part.id).fillna(0.0)
    both = np.stack(list(cost.values()))
    near = np.minimum(LEVELS / 5.0, 1.0)
    said = {
        "buildings": count(np.ones(len(part))),
        "homes": count(part.use == "home"),
        "people": count(people.sum(axis=1)),
        "groups": {group: count(people[group]) for group in AGE_GROUPS},
        "road_km": near * 1.1,
        "places": np.floor(near * 2.0),
        "cut_from_care": near * 0.2 * people.to_numpy().sum(),
        "damage": {
            "low": both.min(axis=0) * 0.6,
            "mid": both.mean(axis=0),
            "high": both.max(axis=0) * 1.4,
            "families": cost,
        },
    }
    return json.loads(json.dumps(said, default=lambda v: np.round(v, 3).tolist()))


def at_level(said: dict, level: float) -> dict:
    """The figures at one level."""
    if isinstance(said, dict):
        return {name: at_level(values, level) for name, values in said.items()}
    return float(np.interp(level, LEVELS, said))


def events_of(by_level: dict, storms: list[dict]) -> dict:
    """Named storms with what they do, and a cloudburst."""
    events = []
    for storm in storms:
        level = storm["sea_peak"] or 0.3
        events.append(
            {
                "rain_depth": 0.0,
                "rate": None,
                "year": None,
                "source": "made up for tests",
                "kind": "synthetic",
                "left_out": ["streams"] if storm["sea_peak"] is None else [],
                **storm,
                "impact": at_level(by_level["all"], level),
                "districts": {i: at_level(d, level) for i, d in by_level["districts"].items()},
            }
        )
    futures = [
        {
            "scenario": scenario,
            "name": name,
            "year": year,
            "sea_level_rise": {"low": 0.5 * rise, "median": rise, "high": 1.7 * rise},
            "rain_factor": 1.0 + 0.3 * rise,
        }
        for scenario, name, rises in (
            ("low", {"da": "Lave udledninger", "en": "Low emissions"}, (0.15, 0.25, 0.4)),
            ("high", {"da": "Høje udledninger", "en": "High emissions"}, (0.2, 0.4, 0.75)),
        )
        for year, rise in zip((2050, 2070, 2100), rises, strict=True)
    ]
    return {"events": events, "futures": futures}


STORMS = [
    {"id": "storm-1872", "name": {"da": "1872", "en": "1872"}, "sea_peak": 2.15, "rate": 0.005},
    {"id": "bodil", "name": {"da": "Bodil 2013", "en": "Bodil 2013"}, "sea_peak": 1.52},
    {"id": "ingolf", "name": {"da": "Ingolf 2017", "en": "Ingolf 2017"}, "sea_peak": 1.51},
    {
        "id": "cloudburst",
        "name": {"da": "Skybrud, 100 år", "en": "Cloudburst, 100 years"},
        "sea_peak": None,
        "rain_depth": 0.062,
        "rate": 0.01,
    },
]


def risk_of(by_level: dict) -> dict:
    """Yearly damage, its curve, and a comparison with a published figure."""
    rates = np.array([2.0, 5, 10, 20, 50, 100, 200, 500, 1000])
    middle = 1.0 + 0.22 * np.log(rates)
    yearly = by_level["all"]["damage"]["mid"][40] * 0.03
    band = lambda v: {"low": 0.5 * v, "mid": v, "high": 1.8 * v}  # noqa: E731
    return {
        "currency": "DKK",
        "price_year": 2023,
        "ead": {**band(yearly), "families": {"danish": 0.8 * yearly, "jrc": 1.3 * yearly}},
        "districts": [
            {"id": i, "ead": yearly / len(by_level["districts"])} for i in by_level["districts"]
        ],
        "futures": [
            {"scenario": s, "year": y, "ead": band(yearly * (1 + k * (y - 2020) / 40))}
            for s, k in (("low", 0.8), ("high", 2.0))
            for y in (2050, 2070, 2100)
        ],
        "by_rarity": [
            {"from": None, "to": 20.0, "share": 0.62},
            {"from": 20.0, "to": None, "share": 0.38},
        ],
        "present_value": {**band(yearly * 32), "years": 100},
        "curve": [
            {
                "return_period": float(t),
                "level": {"low": m - 0.04 * k, "mid": m, "high": m + 0.09 * k},
            }
            for k, (t, m) in enumerate(zip(rates, middle.tolist(), strict=True), 1)
        ],
        "comparison": [
            {
                "what": {"da": "Truede ejendomme ved 2 m", "en": "Properties threatened at 2 m"},
                "published": 950,
                "unit": "properties",
                "ours": {"low": 620, "mid": 810, "high": 1200},
                "why": [{"da": "Opdigtet, til prøver.", "en": "Made up, for tests."}],
                "source": "made up for tests",
            }
        ],
    }


def city_words(city: City, bounds: list[float]) -> dict:
    """What the page says of the city."""
    return {
        "id": city.id,
        "name": city.name.as_dict(),
        "crs": city.crs,
        "datum": city.vertical_datum,
        "currency": city.currency,
        "bounds": bounds,
        "cell": city.grid.cell,
        "height_error": 0.25,
        "layers": [
            {
                "layer": layer.value,
                "kind": source.kind.value,
                "source": source.source,
                "licence": source.licence,
                "date": source.date,
                "note": source.note,
                "count": None
                if layer in (Layer.TERRAIN, Layer.SEA)
                else len(getattr(city, layer.value)),
            }
            for layer, source in city.provenance.items()
        ],
        "districts": [
            {"id": i, "name": n}
            for i, n in zip(city.districts.id, city.districts["name"], strict=True)
        ],
        "groups": [{"id": g, "name": words.as_dict()} for g, words in AGE_GROUPS.items()],
    }


def write_storms(city: City, connection: Raster, run_by_hand, surge: Event, page: Path) -> None:
    """Write the storm Bodil hour by hour; the others have no run."""
    event = replace(surge, id="bodil", name=Words("Bodil 2013", "Bodil 2013"))
    still = deepest(instant(city, event, connection))
    said = write_storm(city, event, run_by_hand(city, event), still, connection, stakes(city), page)
    without = [(replace(event, id="ingolf"), Words("Ikke regnet.", "Not computed."))]
    (page / "storms.json").write_text(json.dumps(storms_said([said], without)))


def write_moving(city: City, folder: Path) -> None:
    """Write runs of moving water from 0.5 to 3 m in which only half of the still depth comes."""
    connection = city_connection(city)

    def half(point: Point) -> Flood:
        depth = still_water(city.terrain, connection, point["sea_peak"])
        return Flood(city.grid.raster(0.5 * depth.values, "depth"), "surge", "by hand")

    save(city, folder / "city")
    asked = Settings(Tolerance(0.01, 0.03), budget=12, checks=1)
    build((Axis("sea_peak", 0.5, 3.0),), half, folder / "response", asked)
    span = lambda v: {"low": 0.8 * v, "mid": v, "high": 1.3 * v}  # noqa: E731
    words = {"da": "Opdigtet forskel.", "en": "Made-up difference."}
    axis = {"name": "sea_peak", "words": words, "unit": "m", "low": 0.5, "high": 3.0}
    said = {
        "currency": "DKK", "price_year": 2023, "runs": 9, "checks": 1, "axes": [axis],
        "yearly": [
            {"id": "sea", "still": span(8.0e6), "moving": span(3.0e6), "beyond": 0.0},
            {"id": "streams", "still": None, "moving": span(0.5e6), "beyond": 0.0},
        ],
        "events": [
            {"id": "bodil", "name": words, "still": span(4e7), "moving": span(2e7), "rain": False,
             "beyond": []},
        ],
        "words": [words, {"da": "Fra 9 kørsler.", "en": "From 9 runs."}],
        "caution": {"da": "Med omtanke.", "en": "With care."},
    }  # fmt: skip
    (folder / "page" / "moving.json").write_text(json.dumps(said), encoding="utf-8")


def make_study(city: City, folder: Path, storms: list[dict] = STORMS) -> Path:
    """Write a whole study of a city into a folder."""
    page = folder / "page"
    connection = lowest_levels(city)
    table = building_table(city, connection)
    layers = write_page_layers(city, connection, page, table)
    write_building_answers(page, table, LEVELS.tolist(), damages(table))
    by_level = {
        "levels": LEVELS.tolist(),
        "all": figures(city, table, np.ones(len(table), bool)),
        "districts": {
            str(i): figures(city, table, (table.district == i).to_numpy())
            for i in city.districts.id
        },
    }
    hollow = np.where(city.terrain.values % 1.0 < 0.3, 0.4, 0.0).astype(np.float32)
    rain = city.grid.raster(np.where(city.sea.values, np.nan, hollow), "depth")
    write_event_depth(city, rain, page, "cloudburst")
    for name, said in {
        "city": city_words(city, layers["bounds"]),
        "levels": by_level,
        "events": events_of(by_level, storms),
        "risk": risk_of(by_level),
        "moving": {},
    }.items():
        (page / f"{name}.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "study.toml").write_text('city = "valley"\nsecret = "not for the web"\n')
    return folder


@pytest.fixture(scope="session")
def study(
    tmp_path_factory: pytest.TempPathFactory, valley: City, run_by_hand, surge_by_hand: Event
) -> Path:
    """The study of the made-up valley, with one storm hour by hour."""
    folder = make_study(valley, tmp_path_factory.mktemp("study"))
    write_storms(valley, city_connection(valley), run_by_hand, surge_by_hand, folder / "page")
    write_moving(valley, folder)
    return folder


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port of this machine; gives its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def serve_app():
    """Give the tests the server in a thread."""
    return serving


@pytest.fixture(scope="session")
def address(study, serve_app):
    assert (STATIC / "index.html").is_file(), "The page is not built: run tools/build-page."
    with serve_app(create_app(study)) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    assert BROWSER, "CI needs a browser: run tools/need-browser."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address):
    """Open the page; when the test ends nothing may have gone wrong behind it."""
    wrong, contexts = [], []

    def listen(message):
        if message.type in ("error", "warning") and not DRIVER.search(message.text):
            wrong.append(f"console {message.type}: {message.text}")

    def watch(request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws") and parts.hostname != "localhost":
            wrong.append(f"request to another host: {request.url}")

    def open_page(query="", size=WIDE, locale="da-DK", wait=True, motion="reduce", **more):
        context = chromium.new_context(viewport=size, locale=locale, reduced_motion=motion, **more)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
        page.on("request", watch)
        page.goto(f"{address}/{query}")
        if wait:
            page.wait_for_selector("html[data-ready=true]", state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong

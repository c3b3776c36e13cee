"""Storms hour by hour: what the page needs of a dynamic run, beside what still water says.

Files in a folder, read by `fjordby.web`:

===================== ==================================================================
storms.json           which events have a run, and why the others have none
storms/<id>.pack.gz   depth by time, arrival, danger and still water (`storm_maps`)
storms/<id>.json      the course as lines, who is reached when, the comparison in words
===================== ==================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import Transformer
from rasterio.features import rasterize

from fjordby.arrays import Ints
from fjordby.city import City
from fjordby.flood.dynamic.record import WET, Caution, Simulation
from fjordby.grid import Grid, Raster
from fjordby.harm.moving_water import stabilities
from fjordby.harm.stakes import Stakes
from fjordby.shock.event import Event
from fjordby.study.page_ground import without_channels
from fjordby.study.storm_course import (
    High,
    Track,
    districts_said,
    high_of,
    places_said,
    reached_at,
    reached_said,
    tracks_of,
)
from fjordby.study.storm_maps import CARS, PEOPLE, StormMaps, storm_maps, write_storm_maps
from fjordby.study.storm_words import compare, explain
from fjordby.words import Words

#: The page plays at most this many maps: more would be a larger file without more to see.
FRAMES = 36
#: Times between maps that people think in [s].
STEPS = (300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10800.0, 21600.0, 43200.0)
#: Arrival is told in this many classes.
ARRIVALS = 5

_STANDS = {
    "people": Words("alle kan stå", "everyone can stand"),
    "cars": Words("biler bliver stående", "cars stay put"),
}
_SWEPT = {
    "people": Words("{} kan ikke stå", "{} cannot stand"),
    "cars": Words("{} driver væk", "{} are swept away"),
}
#: What a caution of the engine means to a reader.
CAUTIONS: Mapping[str, Words] = {
    "supercritical": Words(
        "Noget af vandet løber hurtigere end sine egne bølger, hvor metoden ikke gælder.",
        "Some of the water runs faster than its own waves, where the method does not hold.",
    ),
    "streams-left-out": Words(
        "Vandløbenes vand er ikke med: byens lag af vandløb er tomt.",
        "The water of the streams is not in it: the city's layer of streams is empty.",
    ),
}


def frame_times(seconds: float, frames: int = FRAMES) -> tuple[float, ...]:
    """Return when to keep the map of a run: whole steps that people think in, and the end [s].

    Examples
    --------
    >>> frame_times(7200.0)[:3], len(frame_times(86400.0))
    ((0.0, 300.0, 600.0), 25)
    """
    step = next((s for s in STEPS if seconds / s <= frames), seconds / frames)
    times = [k * step for k in range(int(seconds // step) + 1)]
    if seconds - times[-1] > 1.0:
        times.append(seconds)
    return tuple(times)


def write_storm(
    city: City,
    event: Event,
    run: Simulation,
    still: Raster,
    connection: Raster,
    stakes: Stakes,
    folder: Path,
) -> dict[str, Any]:
    """Write a run for the page into `folder`/storms and return what its JSON says.

    Parameters
    ----------
    city, event
        The city, and the storm that was run.
    run
        The run, with snapshots at `frame_times`.
    still
        Depth of the same event by the instant engine, on the city's grid [m].
    connection
        The lowest sea level that reaches each cell [m].
    stakes
        Buildings, people and places laid on the city's grid.
    folder
        Where the page's files go.
    """
    maps = storm_maps(city, run, still, connection)
    wall = reached_at(maps, stakes.prints, WET)
    floor = reached_at(maps, stakes.prints, stakes.exposure.floor_height)
    place = folder / "storms"
    place.mkdir(parents=True, exist_ok=True)
    size = write_storm_maps(maps, place / f"{event.id}.pack.gz", wall, floor)
    tracks = tracks_of(city, event, run)
    said = {
        **_head(event, run, maps, high_of(event, tracks), size),
        "tracks": [track.as_dict() for track in tracks],
        "reached": reached_said(maps, stakes, wall, floor),
        "area": [round(float(a)) for a in (maps.depth >= WET).sum(axis=1) * maps.grid.cell_area],
        "arrival_edges": arrival_edges(maps),
        "classes": {"people": classes_said("people", PEOPLE), "cars": classes_said("cars", CARS)},
        "compare": _compared(city, event, run, maps, connection, tracks),
        "places": places_said(city, stakes, maps, maps.raster(maps.still)),
        "districts": districts_said(city, stakes, maps, wall, district_cells(city, maps)),
        **engine_said(city, run),
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    (place / f"{event.id}.json").write_text(text, encoding="utf-8")
    return said


def _head(event: Event, run: Simulation, maps: StormMaps, high: High, size: int) -> dict[str, Any]:
    return {
        "id": event.id,
        "name": event.name.as_dict(),
        "seconds": round(run.seconds or float(maps.seconds[-1])),
        "frames": maps.seconds.tolist(),
        "bytes": size,
        # The course of most storms is that of another, scaled: nobody knows its clock. A record
        # that does may say when it began; the page then tells the hour, else the time to the peak.
        "start": run.about.get("start"),
        "zone": run.about.get("zone"),
        "high": {"kind": high.kind, "seconds": round(high.seconds), "value": round(high.value, 2)},
    }


def _compared(
    city: City,
    event: Event,
    run: Simulation,
    maps: StormMaps,
    connection: Raster,
    tracks: Sequence[Track],
) -> dict[str, Any]:
    """Return the comparison with still water; a thinned page compares its own cells."""
    banks, level = without_channels(city, connection)
    row, column = _on_city(city.grid, maps)
    peak = -np.inf if event.sea is None else event.sea.peak
    found = compare(maps, level[row, column], banks[row, column], peak)
    words = explain(
        found, tracks, cell_of(run), city.grid.cell, run.grid == city.grid, run.balance.rain
    )
    return {**found.as_dict(), "words": [w.as_dict() for w in words]}


def _on_city(ground: Grid, maps: StormMaps) -> tuple[Ints, Ints]:
    """Return row and column on the city's grid of the cells of the maps."""
    row, column = np.divmod(maps.cells, maps.grid.nx)
    step = round(maps.grid.cell / ground.cell)
    middle = step // 2
    return (
        np.minimum(row * step + middle, ground.ny - 1),
        np.minimum(column * step + middle, ground.nx - 1),
    )


def district_cells(city: City, maps: StormMaps) -> Ints:
    """Return the area that each cell of the maps lies in, -1 where in none."""
    if not len(city.districts):
        return np.full(maps.cells.size, -1, np.int64)
    shapes = [(shape, k + 1) for k, shape in enumerate(city.districts.geometry)]
    grid = maps.grid
    painted = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype="int32")
    return np.asarray(painted.ravel()[maps.cells], np.int64) - 1


def arrival_edges(maps: StormMaps, classes: int = ARRIVALS) -> list[float]:
    """Return the times between classes of arrival, in whole steps that people think in [s].

    The classes part the time in which most cells get wet (5 to 95 %) evenly.
    """
    when = maps.arrival[np.isfinite(maps.arrival)]
    if not when.size:
        return []
    first, last = np.quantile(when, [0.05, 0.95])
    width = max((last - first) / classes, STEPS[0])
    step = next((s for s in STEPS if s >= width), width)
    start = step * np.ceil(first / step)
    return [float(start + k * step) for k in range(classes - 1)]


def classes_said(what: str, who: Sequence[str]) -> list[dict[str, Any]]:
    """Return the classes of danger to people or cars in words, the mildest first."""
    names = {one.id: one.name for one in stabilities()}
    words = [_STANDS[what]]
    for key in who:
        name = names[key]
        words.append(Words(_SWEPT[what].da.format(name.da), _SWEPT[what].en.format(name.en)))
    return [{"class": k + 1, "name": w.as_dict()} for k, w in enumerate(words)]


def engine_said(city: City, run: Simulation) -> dict[str, Any]:
    """Return how the run was computed: balance, cautions, work."""
    balance = run.balance
    parts = ("start", "rain", "inflows", "levels", "open_edges", "infiltration", "sewer", "end")
    degrees = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True)
    return {
        "balance": {**{p: round(getattr(balance, p)) for p in parts},
                    "error": round(balance.error, 3)},
        "cautions": [_caution(one, degrees) for one in run.cautions],
        "engine": {
            "cell": cell_of(run),
            "cells": round(run.grid.ny * run.grid.nx * (run.grid.cell / cell_of(run)) ** 2),
            "steps": run.steps,
            "cell_updates": run.cell_updates,
            "wall_seconds": round(run.wall_seconds, 1),
            "cpu_seconds": round(run.cpu_seconds, 1),
        },
    }  # fmt: skip


def cell_of(run: Simulation) -> float:
    """Return the side of the cells that a run was computed in [m]; its maps may be finer."""
    told = run.about.get("coarse_cell", run.grid.cell)
    return float(told) if isinstance(told, int | float) else run.grid.cell


def _caution(one: Caution, degrees: Transformer) -> dict[str, Any]:
    lon, lat = degrees.transform(one.x, one.y)
    words = CAUTIONS.get(one.what, Words(one.what, one.what))
    return {
        "what": one.what,
        "words": words.as_dict(),
        "share": round(one.share, 5),
        "worst": round(one.worst, 2),
        "place": [round(float(lon), 6), round(float(lat), 6)],
    }


def storms_said(
    runs: Sequence[Mapping[str, Any]], without: Sequence[tuple[Event, Words]]
) -> dict[str, Any]:
    """Return which events have a run, in short, and why the others have none."""
    keys = ("id", "name", "seconds", "bytes", "high")
    return {
        "runs": [{key: run[key] for key in keys} for run in runs],
        "without": [{"id": event.id, "why": why.as_dict()} for event, why in without],
    }

"""The step that runs moving water: a response surface of the city in a study's folder.

Runs are kept beside the steps, in `.response-runs`: a job that was stopped goes on after its last
finished run, and a later one that asks for more of them makes only those.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from fjordby.arrays import Array
from fjordby.city import City
from fjordby.errors import StaysDry
from fjordby.flood.response import (
    COORDINATES,
    Axis,
    Point,
    Recipe,
    Settings,
    Tolerance,
    axes_of,
    build,
    point_of,
    recipe_of,
)
from fjordby.flood.response.city_runs import CityRuns, coarser
from fjordby.flood.response.design import check_runs
from fjordby.flood.response.runs import read_run
from fjordby.harm import Stakes
from fjordby.progress import Progress
from fjordby.shock import NOW, Event, event_set, events
from fjordby.study.losses import SURGES
from fjordby.study.workshop import Workshop

#: Where runs stand in the study, and the surface in its step.
RUNS, SURFACE, CHECKED = ".response-runs", "surface", "checks.npz"
#: Runs that are chosen, and runs that only measure. Assumed: what a person waits for; built-in
#: Vejle takes some ten seconds of one core for each.
CHOSEN, CHECKS = 24, 4
#: What events of a study differ in. The hours of a surge are those of the city's recorded shape:
#: a third axis would ask for more runs than a study has.
AXES = ("sea_peak", "stream_peak")
#: Named storms nearer to each other than this part of every axis are run once [-]; assumed: a few
#: centimetres of sea.
ALIKE = 0.02
#: So many of them are run, the highest [-]; assumed: the rest of the runs are chosen.
MOST_NAMED = 5
#: Side by side; more would not end sooner, since each run is chosen from those before it.
AT_ONCE = 2


def axes_for(city: City, recipe: Recipe) -> tuple[Axis, ...]:
    """Return the axes of a study: all events of today's year, and every storm that it names.

    Parameters
    ----------
    city, recipe
        With a record of its shocks, and what its design events have in common.
    """
    return tuple(
        _as_far(axis, events(city), recipe) for axis in axes_of(city, (NOW,), AXES, recipe)
    )


def _as_far(axis: Axis, named: Sequence[Event], recipe: Recipe) -> Axis:
    read = COORDINATES[axis.name].read
    there = [v for v in (read(event, recipe) for event in named) if v is not None]
    return replace(axis, high=max([axis.high, *there]))


def named(city: City, axes: Sequence[Axis], recipe: Recipe) -> list[dict[str, float]]:
    """Return the points of the named storms of the sea, highest first, no two nearly alike."""
    found: list[dict[str, float]] = []
    storms = [event for event in events(city) if event.sea is not None]
    for event in sorted(storms, key=lambda one: -(one.sea_peak or 0.0)):
        point = point_of(event, axes, recipe)
        at = {axis.name: min(max(point[axis.name], axis.low), axis.high) for axis in axes}
        if not any(_alike(axes, at, other) for other in found):
            found.append(at)
    return found


def usual(city: City, axes: Sequence[Axis], recipe: Recipe) -> list[tuple[Point, float]]:
    """Return the points of the events whose yearly cost a study asks for, with their rates."""
    known = [
        *event_set(city, NOW, SURGES, families=("surge", "surge-rain")),
        *event_set(city, NOW, families=("stream",)),
    ]
    return [(point_of(event, axes, recipe), float(event.weight or 0.0)) for event in known]


def _alike(axes: Sequence[Axis], one: Point, other: Point) -> bool:
    return all(abs(a.share(one[a.name]) - a.share(other[a.name])) < ALIKE for a in axes)


def at_houses(city: City, stakes: Stakes) -> Array | None:
    """Return where errors count: on cells with houses, shape (ny, nx); None without any."""
    weight = np.zeros(city.grid.ny * city.grid.nx)
    weight[np.unique(stakes.prints.cells)] = 1.0
    return weight.reshape(city.grid.shape) if weight.any() else None


def chosen(city: City, runs: int) -> tuple[object, ...]:
    """Return everything that was chosen for a surface, for the key of the step."""
    recipe = recipe_of(city)
    axes = axes_for(city, recipe)
    return (runs, CHECKS, axes, recipe, *CityRuns(city, axes, recipe, coarser(city)).about())


def make_response(shop: Workshop, runs: int, out: Path, progress: Progress) -> None:
    """Build the surface of a city, going on from the runs that there are, and keep it.

    Parameters
    ----------
    shop
        The study's.
    runs
        How many may be chosen; checks are made beside them.
    out
        The step's folder.
    progress
        Told of each run.
    """
    city = shop.city
    recipe = recipe_of(city)
    axes = axes_for(city, recipe)
    if not axes:
        return
    engine = CityRuns(city, axes, recipe, coarser(city))
    inputs = repr((city.fingerprint, recipe, engine.about()))
    place = _room(shop.folder / RUNS, repr((inputs, axes)))
    least = 2 + (len(axes) if len(axes) > 1 else 0)
    also = named(city, axes, recipe)[: min(max(runs - least, 0), MOST_NAMED)]
    at_once = min(AT_ONCE, os.cpu_count() or 1)
    asked = Settings(Tolerance(), budget=max(runs, least) + CHECKS, checks=CHECKS, at_once=at_once)
    weight = at_houses(city, shop.stakes)
    pool = ThreadPoolExecutor(at_once)
    try:
        # Names of axes are for those who build surfaces, not for those who wait for a study.
        build(
            axes, engine, place, asked, weight, inputs, recipe, pool,
            lambda share, _: progress(share, ""), also, usual(city, axes, recipe),
        )  # fmt: skip
    except StaysDry:
        return  # no event brings water: there is nothing to read
    finally:
        engine.stop()
        pool.shutdown(cancel_futures=True)
    _keep_checks(place, axes, shop.stakes, out)
    (place / SURFACE).rename(out / SURFACE)


def _keep_checks(place: Path, axes: Sequence[Axis], stakes: Stakes, out: Path) -> None:
    """Keep the depths of the check runs under houses: what they cost measures the surface."""
    cells = np.unique(stakes.prints.cells)
    runs = [read_run(place, share) for share in check_runs(axes, CHECKS)]
    found = [run for run in runs if run is not None]
    np.savez_compressed(
        out / CHECKED,
        cells=cells,
        shares=np.array([run.share for run in found]).reshape(-1, len(axes)),
        depth=np.array([run.at(cells) for run in found]).reshape(-1, cells.size),
    )


def _room(folder: Path, inputs: str) -> Path:
    """Return the folder of the runs of some inputs; those of others are not needed any more."""
    place = folder / hashlib.sha256(inputs.encode()).hexdigest()[:16]
    for other in folder.glob("*"):
        if other != place:
            shutil.rmtree(other, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    return place

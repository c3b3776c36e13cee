"""Which hours of an event are run hour by hour, on how fine cells, and why one may have no run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, sqrt
from pathlib import Path

import numpy as np

from fjordby.city import City
from fjordby.errors import FjordbyError
from fjordby.flood.dynamic import Asked, Options
from fjordby.flood.dynamic.of_city import simulate
from fjordby.flood.dynamic.record import Simulation
from fjordby.progress import Progress
from fjordby.shock.event import Event, Series
from fjordby.study.rasters import read_raster
from fjordby.study.results import FLOODS, STORMS
from fjordby.study.storms import frame_times, storms_said, write_storm
from fjordby.study.workshop import Workshop
from fjordby.words import Words

HOUR = 3600.0
#: The page begins so long before water begins to rise, and ends so long after it has half fallen
#: [s; assumed: what a person needs to see that it was quiet before, and that it goes].
LEAD, TAIL = 2.0 * HOUR, 4.0 * HOUR
#: Water has begun to rise at this share of its rise, and is going at that one [assumed].
RISEN, FALLEN = 0.25, 0.5
#: Nobody watches longer than this [s; assumed], and what comes later is over by then.
LONGEST = 24.0 * HOUR
#: The run may have so many cells; a larger city is run on coarser ones.
MOST_CELLS = 160_000
#: Why an event has no run that nobody asked for.
NOT_ASKED = Words(
    "Dette studie er lavet uden forløb time for time.",
    "This study was made without courses hour by hour.",
)
#: How runs are computed.
OPTIONS = Options()
#: The file that says in a storm's folder why it has no run.
WITHOUT = "without.json"


def hours_shown(event: Event) -> tuple[float, float]:
    """Return from when to when an event is run, in seconds from its start.

    From shortly before the first of its sea, rain and streams rises until the last of them has
    half fallen and some hours more, at most `LONGEST`.
    """
    begins, ends = [], []
    for series in _drivers(event).values():
        rise = series.values - series.values[0]
        top = int(rise.argmax())
        if rise[top] <= 0.0:
            continue
        low = np.flatnonzero(rise[:top] < RISEN * rise[top])
        begins.append(series.seconds[low[-1]] if low.size else series.seconds[0])
        down = np.flatnonzero(rise[top:] < FALLEN * rise[top])
        ends.append(series.seconds[top + down[0]] if down.size else series.seconds[-1])
    if not begins:
        return 0.0, LONGEST
    begin = max(min(begins) - LEAD, 0.0)
    return float(begin), float(min(max(ends) + TAIL, begin + LONGEST))


def cut(event: Event, begin: float, end: float) -> Event:
    """Return the part of an event between two times; its seconds then count from the first."""
    return replace(
        event,
        sea=None if event.sea is None else _part(event.sea, begin, end),
        rain=None if event.rain is None else _part(event.rain, begin, end),
        streams={key: _part(flow, begin, end) for key, flow in event.streams.items()},
    )


def _drivers(event: Event) -> Mapping[str, Series]:
    found = {f"stream {key}": flow for key, flow in event.streams.items()}
    found |= {} if event.sea is None else {"sea": event.sea}
    return found | ({} if event.rain is None else {"rain": event.rain})


def _part(series: Series, begin: float, end: float) -> Series:
    inside = (series.seconds > begin) & (series.seconds < end)
    seconds = np.concatenate([[begin], series.seconds[inside], [end]])
    return Series(seconds - begin, series.at(seconds))


def wider(city: City, most: int = MOST_CELLS) -> int | None:
    """Return how many times as wide as the terrain's the cells of a run are; None = no wider.

    Measured on built-in Vejle, a surge of 22 hours: 28 s of one core in cells of 20 m, 8 s in
    cells of 40 m. A study runs half a dozen storms, and nobody wants to wait minutes for it.

    Examples
    --------
    A city of 1200 x 2000 cells of 10 m is run in cells of 40 m.
    """
    times = ceil(sqrt(city.grid.ny * city.grid.nx / most))
    return times if times > 1 else None


def chosen(city: City) -> tuple[object, ...]:
    """Return everything that was chosen for the runs of a city, for the key of their results."""
    return (LEAD, TAIL, RISEN, FALLEN, LONGEST, wider(city), repr(OPTIONS))


def make_storm(shop: Workshop, event: Event, out: Path, progress: Progress) -> None:
    """Run an event and write what the page needs of it into a folder, or why it has no run."""
    found = run_event(shop.city, event, progress)
    if isinstance(found, Words):
        text = json.dumps(found.as_dict(), ensure_ascii=False)
        (out / WITHOUT).write_text(text, encoding="utf-8")
        return
    shown, made = found
    floods = sorted((shop.folder / FLOODS / event.id).glob("depth-*.tif"))
    depths = [read_raster(path, "depth").values for path in floods]
    still = shop.city.grid.raster(np.fmax.reduce(depths), "depth")
    write_storm(shop.city, shown, made, still, shop.connection, shop.stakes, out)


def gather_storms(folder: Path, events: Sequence[Event], run: Sequence[str], page: Path) -> None:
    """Copy what the storms of a study wrote beside the page's files, with a list of them.

    Parameters
    ----------
    folder
        The study.
    events
        Every event that the page knows.
    run
        The steps of those that were run hour by hour.
    page
        Where the page's files go.
    """
    runs, without = [], []
    (page / "storms").mkdir()
    for event in events:
        place = folder / STORMS / event.id
        if f"{STORMS}/{event.id}" not in run:
            without.append((event, NOT_ASKED))
            continue
        if (place / WITHOUT).exists():
            why = json.loads((place / WITHOUT).read_text(encoding="utf-8"))
            without.append((event, Words.of(why)))
            continue
        for name in (f"{event.id}.json", f"{event.id}.pack.gz"):
            (page / "storms" / name).write_bytes((place / "storms" / name).read_bytes())
        runs.append(json.loads((page / "storms" / f"{event.id}.json").read_text(encoding="utf-8")))
    text = json.dumps(storms_said(runs, without), ensure_ascii=False, separators=(",", ":"))
    (page / "storms.json").write_text(text, encoding="utf-8")


def run_event(city: City, event: Event, progress: Progress) -> tuple[Event, Simulation] | Words:
    """Run an event hour by hour; return what was run and the run, or why there is none.

    A study is not stopped by a storm that cannot be run: its page says why in its place.
    """
    begin, end = hours_shown(event)
    shown = cut(event, begin, end)
    length = end - begin
    asked = Asked(every=120.0, series_every=300.0, snapshots=frame_times(length))
    try:
        made = simulate(
            city,
            shown,
            cell=city.grid.cell * (wider(city) or 1),
            begin=0.0,
            hours=length / HOUR,
            asked=asked,
            options=OPTIONS,
            progress=lambda share, doing: progress(share, ""),
        )
    except FjordbyError as trouble:
        return Words(f"Forløbet kan ikke regnes: {trouble}", f"It cannot be run: {trouble}")
    return shown, made

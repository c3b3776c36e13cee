"""Which hours of an event are run hour by hour, on how fine cells, and why one may have no run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, sqrt

import numpy as np

from fjordby.city import City
from fjordby.errors import FjordbyError
from fjordby.flood.dynamic import Asked, Options
from fjordby.flood.dynamic.of_city import simulate
from fjordby.flood.dynamic.record import Simulation
from fjordby.progress import Progress
from fjordby.shock.event import Event, Series
from fjordby.study.storms import frame_times
from fjordby.words import Words

HOUR = 3600.0
#: The page begins so long before water begins to rise, and ends so long after it has half fallen
#: [s; assumed: what a person needs to see that it was quiet before, and that it goes].
LEAD, TAIL = 2.0 * HOUR, 4.0 * HOUR
#: Water has begun to rise at this share of its rise, and is going at that one [assumed].
RISEN, FALLEN = 0.25, 0.5
#: Nobody watches longer than this [s; assumed], and what comes later is over by then.
LONGEST = 36.0 * HOUR
#: The run may have so many cells; a larger city is run on coarser ones.
MOST_CELLS = 700_000


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


def cell_for(city: City, most: int = MOST_CELLS) -> float:
    """Return the side of a run's cells: the city's own, or as many times it as `most` needs [m].

    Examples
    --------
    A city of 1200 x 2000 cells of 10 m is run on cells of 20 m.
    """
    grid = city.grid
    return grid.cell * max(1, ceil(sqrt(grid.ny * grid.nx / most)))


def run_event(
    city: City, event: Event, progress: Progress, cell: float | None = None
) -> tuple[Event, Simulation] | Words:
    """Run an event hour by hour; return what was run and the run, or why there is none.

    A study is not stopped by a storm that cannot be run: its page says why in its place.
    """
    begin, end = hours_shown(event)
    shown = cut(event, begin, end)
    length = end - begin
    asked = Asked(every=60.0, series_every=300.0, snapshots=frame_times(length))
    try:
        made = simulate(
            city, shown, cell=cell or cell_for(city), hours=length / HOUR, asked=asked,
            options=Options(threads=2), progress=progress,
        )  # fmt: skip
    except FjordbyError as trouble:
        return Words(f"Forløbet kan ikke regnes: {trouble}", f"It cannot be run: {trouble}")
    return shown, made

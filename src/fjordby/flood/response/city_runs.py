"""Runs of a city for its response surface: coarse cells with tables, one quiet start, no idle end.

All runs of a surface share their ground, the tables of it and the water of a quiet day, so each is
the march alone. A run ends when the largest depths have all but stopped growing: a surge is over
in hours, while a valley that a stream fills rises for most of a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from math import ceil, sqrt
from threading import Event as Signal
from threading import Lock

import numpy as np

from fjordby.arrays import Array
from fjordby.city import City
from fjordby.flood.dynamic.city_structures import city_structures
from fjordby.flood.dynamic.drivers import LEAD, drivers
from fjordby.flood.dynamic.forcing import Forcing, steady
from fjordby.flood.dynamic.of_city import WARM_UP, CityRun, setup
from fjordby.flood.dynamic.record import Asked
from fjordby.flood.dynamic.subgrid import Tables, run_subgrid, tables
from fjordby.flood.dynamic.subgrid.engine import SubgridEngine
from fjordby.flood.model import Flood
from fjordby.flood.response.axes import Axis, Point
from fjordby.flood.response.recipe import Recipe, event_at
from fjordby.shock.event import Event

HOUR = 3600.0
#: A run may have so many coarse cells; assumed: some ten seconds of one core for a storm.
MOST_CELLS = 160_000
#: Fine cells along the side of a coarse one: at least, since less gains nothing, and at most,
#: since streets and ditches are lost in wider ones (docs/flood_subgrid.md).
NARROWEST, WIDEST = 2, 8
#: A run goes on for so long after the peak of its drivers, at least and at most [s]; assumed: by
#: the first the surge is in the streets, and after the second the streams of the recipe fall.
AT_LEAST, AT_MOST = 4.0 * HOUR, 24.0 * HOUR
#: It ends when the largest levels of wet cells rose by less than this in an hour on average [m].
#: In a valley of 12 km runs that ended so had all but 0.004 to 0.02 m of their largest depths.
CALM = 0.002
#: The water is looked at so often for largest depths, and so often for whether to go on [s].
EVERY, ASKED = 120.0, HOUR
#: A coarse cell counts as wet from this depth over its lowest ground [m].
WET = 0.05


def coarser(city: City, most: int = MOST_CELLS) -> int:
    """Return how many times as wide as the terrain's the cells of the runs are.

    Examples
    --------
    A city of 1200 x 2000 cells is run in cells four times as wide.
    """
    times = ceil(sqrt(city.grid.ny * city.grid.nx / most))
    return min(max(times, NARROWEST), WIDEST)


@dataclass
class Calmed:
    """Says when a run need not go on: its largest levels have all but stopped rising.

    Parameters
    ----------
    least
        Never before this time of the run [s].
    signal
        Set when nobody waits for the run any more; None = somebody does.
    """

    least: float
    signal: Signal | None = None
    _at: float = field(default=0.0, init=False)
    _top: Array | None = field(default=None, init=False)

    def __call__(self, engine: SubgridEngine) -> bool:
        """Look at the run, about every hour of it."""
        if self.signal is not None and self.signal.is_set():
            return True
        if engine.seconds - self._at < ASKED - 1.0:
            return False
        top = engine.seen_levels.highest.copy()
        before, hours = self._top, (engine.seconds - self._at) / HOUR
        self._top, self._at = top, engine.seconds
        if before is None or engine.seconds < self.least:
            return False
        wet = top > engine.tables.base + WET
        return not wet.any() or float((top - before)[wet].mean()) < CALM * hours


@dataclass
class CityRuns:
    """Gives the flood of a city at a point of some axes, on the city's own grid.

    Calls may come from several threads at a time: the kernels of coarse runs let each other run.

    Parameters
    ----------
    city, axes, recipe
        What is there, what events differ in, and what they have in common.
    subgrid
        Fine cells along the side of a coarse one.
    """

    city: City
    axes: Sequence[Axis]
    recipe: Recipe
    subgrid: int
    _lock: Lock = field(default_factory=Lock, init=False)
    _stop: Signal = field(default_factory=Signal, init=False)
    _ready: tuple[CityRun, Tables, Array] | None = field(default=None, init=False)

    def __call__(self, point: Point) -> Flood:
        """Run the event that stands for a point and return its largest depths.

        Raises
        ------
        CancelledError
            After `stop`.
        """
        laid, made, water = self._shared()
        event = event_at(point, self.axes, self.recipe)
        # A surge that is shorter than that of the ground's event is under way earlier.
        begin = min(laid.begin, begin_of(event))
        driven = drivers(self.city, event, laid.ground, begin=begin)
        peak = max(peak_of(event) - begin, 0.0)
        found = run_subgrid(
            replace(laid.domain, depth=water), self.subgrid, driven.forcing, peak + AT_MOST,
            city_structures(self.city, event, laid.ground), Asked(every=EVERY, series_every=ASKED),
            share=laid.ground.share, made=made, enough=Calmed(peak + AT_LEAST, self._stop),
        )  # fmt: skip
        if self._stop.is_set():
            raise CancelledError
        sea = any(axis.name.startswith("sea") for axis in self.axes)
        return found.flood("surge" if sea else "river")

    def stop(self) -> None:
        """End the runs that are on their way: nobody waits for them any more."""
        self._stop.set()

    def about(self) -> tuple[object, ...]:
        """Return everything that was chosen for the runs, to tell them from others."""
        return (self.subgrid, AT_LEAST, AT_MOST, CALM, EVERY, LEAD, WARM_UP, 4)

    def _shared(self) -> tuple[CityRun, Tables, Array]:
        """Return ground, tables and the water of a quiet day, made by whoever comes first."""
        with self._lock:
            if self._ready is None:
                high = {axis.name: axis.high for axis in self.axes}
                event = event_at(high, self.axes, self.recipe)
                laid = setup(self.city, event, subgrid=self.subgrid, begin=begin_of(event) / HOUR)
                made = tables(laid.domain, self.subgrid, share=laid.ground.share)
                self._ready = laid, made, self._quiet(laid, made)
            return self._ready

    def _quiet(self, laid: CityRun, made: Tables) -> Array:
        """Return the water when the sea stands at its mean and streams at their base flow [m]."""
        base = {brook.id: brook.base for brook in self.recipe.brooks}
        before = Forcing(
            levels=tuple(replace(o, series=steady(self.recipe.mean)) for o in laid.before.levels),
            inflows=tuple(
                replace(o, series=steady(base.get(o.name, float(o.series.values[0]))))
                for o in laid.before.inflows
            ),
        )
        seconds = (WARM_UP if before.inflows else 1.0) * HOUR
        asked = Asked(every=seconds, series_every=ASKED)
        found = run_subgrid(
            laid.domain, self.subgrid, before, seconds, laid.structures, asked,
            share=laid.ground.share, made=made,
        )  # fmt: skip
        return np.asarray(np.nan_to_num(found.last.depth))


def peak_of(event: Event) -> float:
    """Return when the last of an event's drivers is at its peak [s]; 0 when nothing moves."""
    moving = [s for s in (event.sea, *event.streams.values()) if s is not None]
    peaks = [float(s.seconds[int(np.argmax(s.values))]) for s in moving if _moves(s.values)]
    return max(peaks, default=0.0)


def begin_of(event: Event) -> float:
    """Return when to begin: before the sea stirs, and where the first stream begins to rise [s]."""
    starts = []
    if event.sea is not None and _moves(event.sea.values):
        # The rise to the peak counts, not a swell days before it.
        top = int(np.argmax(event.sea.values))
        rise = event.sea.values[: top + 1] - event.sea.values[: top + 1].min()
        low = np.flatnonzero(rise < 0.25 * rise[-1])
        starts.append(float(event.sea.seconds[low[-1] if low.size else 0]) - LEAD)
    for flow in event.streams.values():
        if _moves(flow.values):
            up = np.flatnonzero(flow.values > flow.values[0])
            starts.append(float(flow.seconds[max(int(up[0]) - 1, 0)]))
    return max(min(starts, default=0.0), 0.0)


def _moves(values: Array) -> bool:
    return bool(values.max() > values[0])

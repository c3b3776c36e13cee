"""What drives a city's water in an event: the sea along the shore, streams that come in, rain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fjordby.arrays import Ints
from fjordby.city import City
from fjordby.errors import BadValue, MissingLayer
from fjordby.flood.dynamic.city_ground import CityGround, Course
from fjordby.flood.dynamic.forcing import Forcing, Inflow, Level, Rain, steady
from fjordby.shock import shocks_of
from fjordby.shock.catalogue import check_flows, stream_line
from fjordby.shock.event import Event, Series
from fjordby.shock.records import StreamEntry

HOUR = 3600.0

#: A driver is under way once it has risen by this part of its rise, and over when less than this
#: part is left; assumed: what comes before and after makes no flood that the peak does not make.
PART = 0.25

#: So long before any driver is under way a run begins [s]; assumed: the slow part of the rise.
LEAD = 6.0 * HOUR

#: A stream enters over so many cells along its course, so that no cell alone takes it all.
ENTRY_CELLS = 3

#: The place where a stream's flow holds lies no farther from its line than this [m], or one
#: of the two is wrong; assumed: a gauge stands at its stream, and lines are drawn that well.
BESIDE = 500.0


@dataclass(frozen=True)
class Drained:
    """Rain that fell, and the parts that sewers and the ground took before it ran off [m]."""

    fallen: float
    sewer: float
    infiltration: float


@dataclass(frozen=True)
class Drivers:
    """What drives a run.

    Parameters
    ----------
    forcing
        As the engine takes it; its time 0 is `begin`.
    before
        The same at the quiet before the run: sea and streams as they stand at `begin`.
    begin, end
        When the run begins, and when its drivers are over; from the start of the event [s].
    drained
        What became of the rain; None in dry weather.
    """

    forcing: Forcing
    before: Forcing
    begin: float
    end: float
    drained: Drained | None


def drivers(
    city: City,
    event: Event,
    ground: CityGround,
    quiet_sea: float | None = None,
    begin: float | None = None,
) -> Drivers:
    """Return what drives the water of a city in an event.

    The sea's level is held in the cells along the shore; where the event leaves the sea quiet, it
    stands at the mean level of the event's year. Streams enter where their lines come onto the
    map, with the event's flow or else their base flow. Rain is what sewers and soil leave of it:
    they take up to their capacity while it rains, as in the instant engine, but no water of
    the sea and of streams, since sewers are full and soil is wet then (assumed).

    Parameters
    ----------
    city, event
        What is there, and what happens.
    ground
        The city's ground in the cells of the run.
    quiet_sea
        Level of a sea that the event does not move [m datum]; None = the mean level that the
        city's record of shocks gives.
    begin
        When to begin, from the start of the event [s]; None = 6 hours before the sea or a stream
        has risen by a quarter of its rise, or before the first rain.

    Raises
    ------
    BadValue
        For an event with nothing in it, a sea above the whole map, a flow of a stream that the
        city does not have, or a stream that enters nowhere.
    MissingLayer
        For a quiet sea whose level nobody says.
    """
    flows = {k: v for k, v in event.streams.items() if v.values.any()}
    if event.sea is None and event.rain is None and not flows:
        raise BadValue(
            "an event with a sea level, rain or stream flow",
            f"{event.name.en!r} without any",
            "Give it one of them.",
        )
    levels = _sea(city, event, ground, quiet_sea)
    inflows = _inflows(city, event, ground)
    rain, drained = _rain(city, event.rain)
    moving = [s for s in (event.sea, *flows.values()) if s is not None]
    if begin is None:
        stirs = [under_way(s) for s in moving] + ([first_drop(rain)] if rain else [])
        begin = max(0.0, min(stirs, default=0.0) - LEAD)
        begin = begin if begin < np.inf else 0.0
    at = np.array([begin])
    before = Forcing(
        levels=tuple(replace(one, series=steady(float(one.series.at(at)[0]))) for one in levels),
        inflows=tuple(replace(one, series=steady(float(one.series.at(at)[0]))) for one in inflows),
    )
    forcing = Forcing(
        levels=tuple(replace(one, series=_from(one.series, begin)) for one in levels),
        inflows=tuple(replace(one, series=_from(one.series, begin)) for one in inflows),
        rain=None if rain is None else Rain((_from(rain, begin),)),
    )
    moving += [] if event.rain is None else [event.rain]
    return Drivers(forcing, before, begin, max(over(s) for s in moving), drained)


def _from(series: Series, begin: float) -> Series:
    """Return a series whose time 0 is `begin`."""
    return Series(series.seconds - begin, series.values)


def under_way(series: Series) -> float:
    """Return when a driver has risen by a quarter of its rise for the first time [s].

    Infinity for one that never rises.

    Examples
    --------
    >>> under_way(Series(np.array([0.0, 8.0, 20.0]), np.array([0.0, 1.0, 0.0])))
    2.0
    """
    rise = series.values - series.values[0]
    least = PART * float(rise.max())
    reached = np.flatnonzero(rise > least)
    if not reached.size:
        return float(np.inf)
    first = int(reached[0])
    t, v = series.seconds[first - 1 : first + 1], rise[first - 1 : first + 1]
    return float(t[0] + (t[1] - t[0]) * (least - v[0]) / (v[1] - v[0]))


def first_drop(rain: Series) -> float:
    """Return when rain begins to run off [s]: the last point before its first drop."""
    return float(rain.seconds[max(int(np.flatnonzero(rain.values)[0]) - 1, 0)])


def over(series: Series) -> float:
    """Return when less than a quarter is left of a driver's rise above where it ends [s].

    Examples
    --------
    >>> over(Series(np.array([0.0, 12.0, 20.0]), np.array([0.0, 1.0, 0.0])))
    18.0
    """
    rest = series.values - series.values[-1]
    if not (rest > 0.0).any():
        return float(series.seconds[-1])
    least = PART * float(rest.max())
    last = int(np.flatnonzero(rest > least)[-1])
    t, v = series.seconds[last : last + 2], rest[last : last + 2]
    return float(t[0] + (t[1] - t[0]) * (v[0] - least) / (v[0] - v[1]))


def excess(rain: Series, capacity: float) -> Series:
    """Return the rain that is left when something takes up to a capacity [m/s] while it rains.

    Exactly max(rain - capacity, 0): a point is added wherever the rain crosses the capacity.
    """
    t, v = rain.seconds, rain.values - capacity
    cross = np.flatnonzero(v[:-1] * v[1:] < 0.0)
    at = t[cross] + (t[cross + 1] - t[cross]) * v[cross] / (v[cross] - v[cross + 1])
    seconds = np.union1d(t, at)
    values = np.maximum(np.interp(seconds, t, v), 0.0)
    values[np.isin(seconds, at)] = 0.0
    return Series(seconds, values)


def _rain(city: City, rain: Series | None) -> tuple[Series | None, Drained | None]:
    """Return the rain that runs off, and what became of the rest."""
    if rain is None:
        return None, None
    known = shocks_of(city).rain if "shocks" in city.records else None
    capacity = known.drain if known else 0.0
    left = excess(rain, capacity)
    taken = max(rain.total - left.total, 0.0)
    sewers = known.sewer_mm_per_hour if known else 0.0
    soil = known.infiltration_mm_per_hour if known else 0.0
    share = sewers / (sewers + soil) if sewers + soil > 0.0 else 0.0
    drained = Drained(rain.total, taken * share, taken * (1.0 - share))
    return (left if left.values.any() else None), drained


def _sea(
    city: City, event: Event, ground: CityGround, quiet_sea: float | None
) -> tuple[Level, ...]:
    """Return the level held along the shore; nothing where there is no shore."""
    rows, columns = np.nonzero(ground.sea)
    if not rows.size:
        if event.sea is not None:
            raise BadValue(
                "a shore that the event's sea can come over",
                f"{city.name.en} without any sea beside its land",
                "Look at the sea layer with `fjordby city check`.",
            )
        return ()
    series = event.sea if event.sea is not None else steady(_quiet(city, event, quiet_sea))
    top = float(np.max(ground.bed[ground.land], initial=-np.inf))
    if series.peak > top:
        raise BadValue(
            f"a sea below the highest ground of the map, {top:.1f} m",
            f"{series.peak:.2f} m in {event.name.en!r}",
            "Give the level in metres above the city's datum.",
        )
    return (Level("sea", rows, columns, series),)


def _quiet(city: City, event: Event, quiet_sea: float | None) -> float:
    """Return the level of a sea that an event does not move [m datum]."""
    if quiet_sea is not None:
        if not np.isfinite(quiet_sea):
            raise BadValue("a level of the quiet sea [m datum]", repr(quiet_sea), "Give a number.")
        return float(quiet_sea)
    if "shocks" not in city.records:
        raise MissingLayer(
            "a city that knows its mean sea level",
            f"{city.name.en} without a record of shocks",
            "Write a shocks.toml in the city folder (docs/shocks.md), or give quiet_sea.",
        )
    climate = shocks_of(city).climate_of()
    if event.year is None:
        return climate.mean_sea_level()
    return climate.mean_sea_level_in(event.year)


def _inflows(city: City, event: Event, ground: CityGround) -> tuple[Inflow, ...]:
    """Return the streams that enter, with their flow over time."""
    check_flows(city, event)
    known = _known_streams(city)
    flows = {**{line: steady(one.base) for line, one in known.items()}, **event.streams}
    places = {line: one.at for line, one in known.items()}
    return tuple(
        Inflow(name, *entry(city, ground, name, places.get(name)), series)
        for name, series in flows.items()
        if series.values.any()
    )


def _known_streams(city: City) -> Mapping[str, StreamEntry]:
    """Return what the record of shocks says of the city's streams, by their lines."""
    if "shocks" not in city.records:
        return {}
    named = ((stream_line(city, one), one) for one in shocks_of(city).streams)
    return {line: one for line, one in named if line is not None}


def entry(
    city: City, ground: CityGround, stream: str, at: tuple[float, float] | None = None
) -> tuple[Ints, Ints]:
    """Return the cells where a stream's flow enters: the first of its course on land.

    With `at`, the first from the cell of its course that is nearest to this point [m]: where the
    flow was measured or foreseen. Upstream of it the bed is dry.

    Raises
    ------
    BadValue
        When it never comes onto the land of the map, or `at` is far from it.
    """
    start = city.streams.loc[city.streams["id"].astype(str) == stream].geometry.iloc[0].coords[0]
    place = f"{start[0]:.0f}, {start[1]:.0f}"
    course = ground.courses.get(stream)
    on = np.zeros(0, np.int64)
    if course is not None:
        on = np.flatnonzero(ground.land[course.rows, course.columns])
    if course is None or not on.size:
        raise BadValue(
            "streams that cross the land of the map",
            f"{stream}, which begins at {place}, with no cell on it",
            "Draw the line in the direction of the flow, onto known ground.",
        )
    first = 0 if at is None else _nearest(stream, course, ground, at, on)
    on = on[first : first + ENTRY_CELLS]
    return course.rows[on], course.columns[on]


def _nearest(
    stream: str, course: Course, ground: CityGround, at: tuple[float, float], on: Ints
) -> int:
    """Return which cell of a course, among those on land, is nearest to a point."""
    x, y = ground.grid.x[course.columns[on]], ground.grid.y[course.rows[on]]
    far = np.hypot(x - at[0], y - at[1])
    nearest = int(np.argmin(far))
    if far[nearest] > BESIDE + ground.grid.cell:
        raise BadValue(
            f"a flow of {stream} that holds within {BESIDE:.0f} m of its line",
            f"`at` {at[0]:.0f}, {at[1]:.0f} in shocks.toml, {far[nearest]:.0f} m from the nearest "
            f"cell of its course, at {x[nearest]:.0f}, {y[nearest]:.0f}",
            "Correct the point, or leave `at` out: then the stream enters where its line begins.",
        )
    return nearest


def length(hours: float | None, driven: Drivers, after: float) -> float:
    """Return how long to run [s]: `hours`, or until the drivers are over and `after` hours more.

    Raises
    ------
    BadValue
        For hours that are not above zero, or more than a year.
    """
    if hours is None:
        return max(driven.end - driven.begin, 0.0) + after * HOUR
    if not 0.0 < hours < 24.0 * 366.0:
        raise BadValue("hours above zero, a year at most", f"{hours:g}", "Give how long to run.")
    return hours * HOUR

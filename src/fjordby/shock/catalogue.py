"""What can happen to this city: its sea level curve, and the storms and rains known by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fjordby.arrays import Floats
from fjordby.city import City
from fjordby.errors import BadCity, BadValue, MissingLayer
from fjordby.plain import number
from fjordby.shock.anchors import curve_from_anchors
from fjordby.shock.curve import BAND, Curve
from fjordby.shock.event import Event, Series
from fjordby.shock.future import NOW, TODAY, Climate, Future
from fjordby.shock.rain import cloudburst
from fjordby.shock.records import (
    CloudburstEntry,
    Shocks,
    StormEntry,
    StreamEntry,
    curve_of,
    read_shocks,
)
from fjordby.shock.sea import surge
from fjordby.shock.stream import flood_of_rain
from fjordby.words import Words

HOUR = 3600.0
KM2 = 1e6


def shocks_of(city: City) -> Shocks:
    """Return the city's record of shocks, checked.

    Raises
    ------
    MissingLayer
        When the city has no such record.
    BadCity
        When the record is wrong, naming every wrong key.
    """
    if "shocks" not in city.records:
        raise MissingLayer(
            "a city with a record of its shocks",
            f"{city.name.en} without any",
            "Write a shocks.toml in the city folder (see docs/shocks.md).",
        )
    return read_shocks(city.records["shocks"], f"shocks.toml of {city.id}")


def climate(city: City) -> Climate:
    """Return what may become of the city's sea and rain."""
    return shocks_of(city).climate_of()


def sea_curve(city: City) -> Curve:
    """Return the city's extreme sea levels *above the mean level*, with their band.

    The same curve holds in every year: the mean level rises, storms are taken not to change.
    """
    return curve_of_record(shocks_of(city))


def curve_of_record(shocks: Shocks) -> Curve:
    """Return the curve of a record of shocks that stands without a city."""
    anchors = [entry.anchor() for entry in shocks.sea.anchors]
    curve = curve_from_anchors(anchors, shocks.prior(), seed=shocks.sea.seed)
    return Curve(curve.location, curve.scale, curve.shape, shocks.sea.kind, shocks.sea.source)


@dataclass(frozen=True)
class SeaLevels:
    """Extreme sea levels in one future, in the city's vertical datum.

    Parameters
    ----------
    return_periods
        Shape (n,) [years].
    low, central, high
        5 %, 50 % and 95 % of what is plausible, from the curve and the rise together,
        shape (n,) [m datum].
    mean
        Median of the mean sea level [m datum].
    """

    return_periods: Floats
    low: Floats
    central: Floats
    high: Floats
    mean: float


def sea_levels(
    city: City, return_periods: Floats | tuple[float, ...], future: Future = NOW
) -> SeaLevels:
    """Return the sea levels of some return periods in a future, with their band.

    Raises
    ------
    BadValue
        For a return period that is not above zero, or an unknown scenario.
    """
    return levels_of_record(shocks_of(city), return_periods, future)


def levels_of_record(
    shocks: Shocks, return_periods: Floats | tuple[float, ...], future: Future = NOW
) -> SeaLevels:
    """Return the sea levels of a record of shocks that stands without a city."""
    periods = np.atleast_1d(np.asarray(return_periods, float))
    curve, sky = curve_of_record(shocks), shocks.climate_of()
    rise = sky.rise(future).sample(curve.location.size, seed=shocks.sea.seed + 1)
    levels = Curve(curve.location + rise, curve.scale, curve.shape)
    low, central, high = (levels.level(periods, share) for share in BAND)
    base = sky.mean_level
    mean = sky.mean_sea_level(future)
    return SeaLevels(periods, base + low, base + central, base + high, mean)


def events(city: City, future: Future | None = None) -> tuple[Event, ...]:
    """Return the storms and rains that the city knows by name.

    Parameters
    ----------
    city
        With a record of shocks.
    future
        None: each as it was (or as it was published). A future: the same storm on that year's
        mean sea level, the same rain made deeper by that year's factor. Events that are set in
        a future year of their own stay as published.

    Returns
    -------
    Events from the lowest sea to the highest, then rains. `rate` is how often as much or more
    is expected in that climate (today's when `future` is None), None when nobody knows.
    """
    shocks = shocks_of(city)
    known = [_storm(city, shocks, entry, future) for entry in shocks.storms]
    known.sort(key=lambda event: event.sea_peak or 0.0)
    return (*known, *(_cloudburst(city, shocks, entry, future) for entry in shocks.cloudbursts))


def named_event(city: City, name: str, future: Future | None = None) -> Event:
    """Return one event by its id; raises `BadValue` naming those that are known."""
    known = {e.id: e for e in events(city, future)}
    if name not in known:
        raise BadValue(f"an event among {', '.join(known)}", repr(name), "Choose one of these.")
    return known[name]


def sea_event(city: City, level: float, future: Future = NOW) -> Event:
    """Return a storm surge that reaches a level [m datum], with how often it is expected.

    Raises
    ------
    BadValue
        For a level below the mean sea level of that year.
    """
    shocks, sky = shocks_of(city), climate(city)
    mean = sky.mean_sea_level(future)
    return Event(
        id=f"sea-{level:.2f}",
        name=Words(
            f"Vandstand {number(level, 'da', decimals=2)} m",
            f"Sea level {number(level, 'en', decimals=2)} m",
        ),
        sea=surge(level, mean, shocks.sea.shape),
        rate=float(sea_curve(city).rate(level - mean)),
        kind=shocks.sea.kind,
        source=shocks.sea.source,
        year=future.year,
        family="surge",
    )


def stream_line(city: City, entry: StreamEntry) -> str | None:
    """Return the id of the city's line that a stream of the record means; None without lines.

    The longest line whose id or name is one of `match` is meant.

    Raises
    ------
    BadCity
        When the city has streams but none by this name.
    """
    lines = city.streams
    if not len(lines):
        return None
    wanted = {text.casefold() for text in (entry.id, *entry.match)}
    same = lines[
        pd.Series(lines["id"]).astype(str).str.casefold().isin(wanted)
        | pd.Series(lines["name"]).astype(str).str.casefold().isin(wanted)
    ]
    if not len(same):
        raise BadCity(
            f"a stream called {' or '.join(entry.match)}",
            f"{', '.join(sorted(set(lines['name'].astype(str)) - {''}))}",
            f"Change `match` of the stream {entry.id!r} in shocks.toml, or the streams layer.",
        )
    return str(same["id"].iloc[int(np.argmax(same.length.to_numpy()))])


def streams_left_out(city: City) -> tuple[StreamEntry, ...]:
    """Return the streams of the record that can be in no event: the streams layer has no lines.

    A flow stands under the id of its line. Without any line the events of the catalogue and of a
    year come without it: the city is whole in all else, and its study is worth having. So that is
    no error, and whoever tells of such events says what these lack: the check of a city, the run,
    the study. An event that names a stream the city does not have is a mistake: see `check_flows`.
    """
    if len(city.streams) or "shocks" not in city.records:
        return ()
    return shocks_of(city).streams


def check_flows(city: City, event: Event) -> None:
    """Look that the city has every stream that an event gives a flow.

    An error and no caution, since somebody wrote this flow: the events of the catalogue name only
    streams that are there (see `streams_left_out`).

    Raises
    ------
    BadValue
        Naming the streams that the city does not have, and those that it has.
    """
    has = city.streams["id"].astype(str)
    strange = sorted(set(event.streams) - set(has))
    if strange:
        raise BadValue(
            f"flows of the city's streams ({', '.join(has) or 'none at all'})",
            f"{', '.join(strange)} in {event.name.en!r}",
            "Use the ids of the streams layer, or draw the stream there."
            if len(has)
            else "Draw the stream in the streams layer, which is empty, or leave its flow out.",
        )


def streams_after_rain(
    city: City, shocks: Shocks, rain: Series, runoff: float | None = None
) -> dict[str, Series]:
    """Return what the streams of the record bring after rain on their catchments [m3/s].

    Nothing where the city has no lines of streams; `streams_left_out` tells which these are.
    """
    flows = {}
    for entry in shocks.streams:
        line = stream_line(city, entry)
        if line is None:
            continue
        share = entry.runoff if runoff is None else runoff
        to_peak = entry.time_to_peak_hours * HOUR
        flows[line] = flood_of_rain(rain, entry.area_km2 * KM2, share, to_peak, entry.base)
    return flows


def _storm(city: City, shocks: Shocks, entry: StormEntry, future: Future | None) -> Event:
    sky = shocks.climate_of()
    own_time = future is None or entry.year > TODAY
    if own_time:
        # "Above daily water" is read as above the datum here: see docs/shocks.md.
        peak, mean = entry.level, min(sky.mean_level, entry.level)
        above_now = entry.level - sky.mean_sea_level(NOW)
    else:
        then = 0.0 if entry.above == "mean" else sky.mean_sea_level_in(entry.year)
        mean = sky.mean_sea_level(future or NOW)
        above_now = entry.level - then
        peak = mean + above_now
    if entry.return_period is None:
        rate = float(sea_curve(city).rate(above_now))
    else:
        rate = 1.0 / entry.return_period
    return Event(
        id=entry.id,
        name=entry.name,
        sea=surge(peak, mean, entry.shape or shocks.sea.shape),
        rate=rate,
        kind=entry.kind,
        source=entry.source,
        year=entry.year if own_time or future is None else future.year,
        family="surge",
    )


def _cloudburst(city: City, shocks: Shocks, entry: CloudburstEntry, future: Future | None) -> Event:
    curve = curve_of(entry)
    if future is not None and entry.return_period is not None:
        curve = curve.scaled(shocks.climate_of().rain_factor(future, entry.return_period))
    rain = cloudburst(curve, float(curve.durations[-1]), entry.peak_position)
    return Event(
        id=entry.id,
        name=entry.name,
        rain=rain,
        streams=streams_after_rain(city, shocks, rain, entry.runoff),
        rate=None if entry.return_period is None else 1.0 / entry.return_period,
        kind=entry.kind,
        source=entry.source,
        year=entry.year if future is None else future.year,
        family="cloudburst",
    )

"""Everything that can happen in a year, as a small set of events whose weights add up rightly.

Each family of events (surges without rain, surges with rain, cloudbursts, stream floods) is a
row of return periods. An event's `rate` is how often it or worse of its family comes; its
`weight` is the slice of that rate that it stands for: half the way to its neighbours, the
rarest also for all that is rarer. So

- the weights of a family add up to the rate of its mildest event: nothing is counted twice;
- the sum of weight times loss is exactly the trapezoid rule over the yearly exceedance rate,
  with a constant tail beyond the rarest: the two roads to the expected annual loss agree;
- what is milder than the mildest is taken to cost nothing.

What comes together, said aloud: a share of surges brings rain and high streams with it, the same
for every surge height (`[joint]` of the record); all streams of a city flood together, after
the same rain; summer cloudbursts and floods of the streams come on days without a surge. Where no
series exists to measure the share, it is assumed. For Europe see Bevacqua et al. (2019),
doi:10.1126/sciadv.aaw5531.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fjordby.arrays import Floats
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.shock.catalogue import (
    HOUR,
    sea_curve,
    shocks_of,
    stream_line,
    streams_after_rain,
)
from fjordby.shock.distributions import rates_of_periods
from fjordby.shock.event import Event, Series
from fjordby.shock.future import NOW, Climate, Future
from fjordby.shock.rain import cloudburst, even_rain
from fjordby.shock.records import Shocks, StreamEntry
from fjordby.shock.sea import surge
from fjordby.shock.stream import stream_flood
from fjordby.words import Words

#: Return periods of an event set [years]; a family stops where its table stops.
PERIODS = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)

FAMILIES = ("surge", "surge-rain", "cloudburst", "stream")

NAMES = {
    "surge": Words("{}-års stormflod", "{}-year storm surge"),
    "surge-rain": Words("{}-års stormflod med regn", "{}-year storm surge with rain"),
    "cloudburst": Words("{}-års skybrud", "{}-year cloudburst"),
    "stream": Words("{}-års vandløbsflom", "{}-year stream flood"),
}


def event_set(
    city: City,
    future: Future = NOW,
    return_periods: Sequence[float] = PERIODS,
    families: Sequence[str] = FAMILIES,
    sea_quantile: float | None = None,
    rise_quantile: float = 0.5,
) -> tuple[Event, ...]:
    """Return the events that stand for everything that can happen in a year.

    Parameters
    ----------
    city
        With a record of shocks.
    future
        The climate and year.
    return_periods
        Increasing, at least two [years]. A family whose table ends sooner stops there.
    families
        Which of `FAMILIES` to include; those that the record knows nothing of are left out.
    sea_quantile
        Which of the plausible sea level curves: None = central, 0.05 low, 0.95 high.
    rise_quantile
        Which quantile of the sea level rise, for the scenario "all".

    Returns
    -------
    Events by family, from mild to rare, each with `rate` and `weight` [1/year].

    Raises
    ------
    BadValue
        For return periods that are not increasing and above zero, or an unknown family.

    Notes
    -----
    Independent families add up: the expected annual loss of the set is the sum over all events
    of weight times loss.
    """
    periods = np.asarray(tuple(return_periods), float)
    rates_of_periods(periods)
    if periods.size < 2 or (np.diff(periods) <= 0).any():
        raise BadValue("two or more increasing return periods", f"{periods}", "Sort them.")
    unknown = [family for family in families if family not in FAMILIES]
    if unknown:
        raise BadValue(f"families among {', '.join(FAMILIES)}", f"{unknown}", "Choose of these.")
    shocks = shocks_of(city)
    found: list[Event] = []
    for family in families:
        if family.startswith("surge"):
            found += _surges(city, shocks, future, periods, family, sea_quantile, rise_quantile)
        elif family == "cloudburst":
            found += _cloudbursts(city, shocks, future, periods)
        else:
            found += _stream_floods(city, shocks, future, periods)
    return tuple(found)


def weights(rates: Floats) -> Floats:
    """Return the slice of the exceedance rate that each event stands for [1/year].

    Parameters
    ----------
    rates
        Exceedance rates from mild to rare, decreasing, shape (n,) [1/year].

    Examples
    --------
    >>> weights(np.array([0.5, 0.1, 0.02])).round(3).tolist()
    [0.2, 0.24, 0.06]
    """
    middle = (rates[:-1] + rates[1:]) / 2
    edges = np.concatenate([rates[:1], middle, [0.0]])
    return np.asarray(-np.diff(edges), float)


def _surges(
    city: City,
    shocks: Shocks,
    future: Future,
    periods: Floats,
    family: str,
    sea_quantile: float | None,
    rise_quantile: float,
) -> list[Event]:
    joint = shocks.joint
    share = joint.probability if joint else 0.0
    part = share if family == "surge-rain" else 1.0 - share
    if part == 0:
        return []
    mean = shocks.climate_of().mean_sea_level(future, rise_quantile)
    heights = sea_curve(city).level(periods, sea_quantile)
    rates = part / periods
    rain: Series | None = None
    streams: dict[str, Series] = {}
    if family == "surge-rain":
        form = surge(1.0, 0.0, shocks.sea.shape)
        peak_time = float(form.seconds[np.argmax(form.values)])
        rain, streams = _weather_with_surge(city, shocks, future, peak_time)
    return [
        Event(
            id=_id(family, period, future),
            name=_name(family, period, future),
            sea=surge(mean + float(height), mean, shocks.sea.shape),
            rain=rain,
            streams=streams,
            rate=float(rate),
            weight=float(weight),
            kind=shocks.sea.kind,
            source=shocks.sea.source,
            year=future.year,
            family=family,
        )
        for period, height, rate, weight in zip(
            periods, heights, rates, weights(rates), strict=True
        )
    ]


def _weather_with_surge(
    city: City, shocks: Shocks, future: Future, peak_time: float
) -> tuple[Series | None, dict[str, Series]]:
    """Return rain and streams whose middle and peak meet the peak of the surge."""
    joint, table = shocks.joint, shocks.depth_table()
    if joint is None or table is None:
        return None, {}
    length = joint.rain_hours * HOUR
    factor = shocks.climate_of().rain_factor(future, joint.rain_return_period)
    even = even_rain(table.depth(length, joint.rain_return_period) * factor, length)
    rain = Series(even.seconds + peak_time - length / 2, even.values)
    streams = {}
    for entry in shocks.streams:
        line = stream_line(city, entry)
        if line is not None:
            flood = _flood(entry, joint.stream_return_period, peak_time)
            streams[line] = flood
    return rain, streams


def _cloudbursts(city: City, shocks: Shocks, future: Future, periods: Floats) -> list[Event]:
    table, entry = shocks.depth_table(), shocks.rain
    if table is None or entry is None:
        return []
    known = table.return_periods
    inside = periods[(periods >= known[0]) & (periods <= known[-1])]
    sky: Climate = shocks.climate_of()
    rates = 1.0 / inside
    found = []
    for period, rate, weight in zip(inside, rates, weights(rates), strict=True):
        curve = table.curve(float(period)).scaled(sky.rain_factor(future, float(period)))
        rain = cloudburst(curve, entry.storm_hours * HOUR, entry.peak_position)
        event = Event(
            id=_id("cloudburst", period, future),
            name=_name("cloudburst", period, future),
            rain=rain,
            streams=streams_after_rain(city, shocks, rain),
            rate=float(rate),
            weight=float(weight),
            kind=entry.kind,
            source=entry.source,
            year=future.year,
            family="cloudburst",
        )
        found.append(event)
    return found


def _stream_floods(city: City, shocks: Shocks, future: Future, periods: Floats) -> list[Event]:
    lines = {entry.id: stream_line(city, entry) for entry in shocks.streams}
    entries = [entry for entry in shocks.streams if lines[entry.id] is not None]
    if not entries:
        return []
    first = max(entry.return_periods[0] for entry in entries)
    last = min(entry.return_periods[-1] for entry in entries)
    inside = periods[(periods >= first) & (periods <= last)]
    rates = 1.0 / inside
    latest = max(entry.time_to_peak_hours for entry in entries) * HOUR
    blank = Event(id="", name=Words("", ""), kind=entries[0].kind, source=entries[0].source)
    return [
        replace(
            blank,
            id=_id("stream", period, future),
            name=_name("stream", period, future),
            streams={
                str(lines[entry.id]): _flood(entry, float(period), latest) for entry in entries
            },
            rate=float(rate),
            weight=float(weight),
            year=future.year,
            family="stream",
        )
        for period, rate, weight in zip(inside, rates, weights(rates), strict=True)
    ]


def _flood(entry: StreamEntry, return_period: float, peak_time: float) -> Series:
    """Return a stream's flood of a return period, linear in its logarithm between the known."""
    known = np.log(np.array(entry.return_periods))
    if not known[0] - 1e-9 <= np.log(return_period) <= known[-1] + 1e-9:
        raise BadValue(
            f"a return period the stream {entry.id} has a flood for",
            f"{return_period:g} years",
            f"It has {entry.return_periods[0]:g} to {entry.return_periods[-1]:g}.",
        )
    peak = float(np.interp(np.log(return_period), known, np.array(entry.peaks)))
    return stream_flood(
        peak,
        entry.time_to_peak_hours * HOUR,
        entry.base,
        entry.recession_hours * HOUR,
        peak_time=peak_time,
    )


def _id(family: str, period: float, future: Future) -> str:
    when = "" if future == NOW else f"-{future.scenario}-{future.year}"
    return f"{family}-{period:g}{when}"


def _name(family: str, period: float, future: Future) -> Words:
    words = NAMES[family]
    da, en = words.da.format(f"{period:g}"), words.en.format(f"{period:g}")
    if future == NOW:
        return Words(da, en)
    return Words(f"{da} i {future.year}", f"{en} in {future.year}")

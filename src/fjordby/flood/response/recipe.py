"""An event as a few numbers, and the event that stands for those numbers in a run.

A storm has endless many shapes; a surface has a few axes. What an axis reads from an event stands
in `COORDINATES`. Two events with the same coordinates are one to the surface: that is its bet,
and the reason why shape has an axis of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import brentq

from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood.rain import rain_left
from fjordby.flood.response.axes import Axis, Point
from fjordby.shock import NOW, Future, event_set, shocks_of
from fjordby.shock.catalogue import stream_line
from fjordby.shock.event import Event, Series
from fjordby.shock.rain import cloudburst
from fjordby.shock.sea import hours_above, surge, surge_shape, surge_shapes
from fjordby.shock.stream import stream_flood
from fjordby.words import Words

HOUR = 3600.0
#: A surge lasts as long as it stands above this share of its rise [-]; as `shock.sea` tells it.
LASTS = 0.6
#: Return period of the cloudburst whose course in time all design rains have [years]: assumed;
#: only its shape is used, and that changes little from one period to the next.
SHAPE_PERIOD = 100.0


@dataclass(frozen=True)
class Brook:
    """A stream in design events.

    Parameters
    ----------
    id
        Of the city's line.
    part
        Its part of the summed peak of all streams [-].
    base
        Flow before and after [m3/s].
    time_to_peak, recession
        [s]
    """

    id: str
    part: float
    base: float
    time_to_peak: float
    recession: float


@dataclass(frozen=True)
class Recipe:
    """What design events have in common.

    Parameters
    ----------
    mean
        Mean sea level, and the level of a quiet sea [m datum].
    shape
        Id of the surge shape that is scaled and stretched.
    brooks
        The streams; all rise together, peaks at the peak of the surge.
    rain_seconds, rain
        Course of the design rain, its middle at the peak of the surge: times [s] and rain [m/s].
        Scaled as a whole.
    drain
        What ground and sewer take while it rains [m/s].
    """

    mean: float
    shape: str
    brooks: tuple[Brook, ...] = ()
    rain_seconds: tuple[float, ...] = ()
    rain: tuple[float, ...] = ()
    drain: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, for a file."""
        return asdict(self)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Recipe:
        """Read what `as_dict` gave."""
        known = dict(value)
        return cls(
            float(known["mean"]),
            str(known["shape"]),
            tuple(Brook(**one) for one in known["brooks"]),
            tuple(known["rain_seconds"]),
            tuple(known["rain"]),
            float(known["drain"]),
        )


@dataclass(frozen=True)
class Coordinate:
    """What an axis reads from an event.

    Parameters
    ----------
    words
        For people.
    unit
        Of the number.
    read
        The number of an event; None when it has none, which counts as the low end of the axis.
    """

    words: Words
    unit: str
    read: Callable[[Event, Recipe], float | None]


def sea_base(series: Series) -> float:
    """Return the level that a surge rises from: the median over its time [m datum].

    Examples
    --------
    >>> sea_base(Series(np.array([0.0, 10.0, 11.0, 12.0, 22.0]), np.array([0.0, 0, 2, 0, 0])))
    0.0
    """
    times = np.linspace(series.seconds[0], series.seconds[-1], 4001)
    return float(np.median(series.at(times)))


def sea_hours(series: Series) -> float:
    """Return how long a surge stands above 60 % of its rise over `sea_base` [h]."""
    base = sea_base(series)
    if series.peak <= base:
        return 0.0
    return hours_above(series, base + LASTS * (series.peak - base))


def _stream_peak(event: Event, recipe: Recipe) -> float | None:
    flows = {brook.id: brook.base for brook in recipe.brooks}
    flows.update({key: series.peak for key, series in event.streams.items()})
    return sum(flows.values()) if flows else None


COORDINATES: Mapping[str, Coordinate] = {
    "sea_peak": Coordinate(
        Words("Højeste vandstand", "Highest sea level"),
        "m",
        lambda event, recipe: recipe.mean if event.sea is None else event.sea.peak,
    ),
    "sea_hours": Coordinate(
        Words("Timer over 60 % af stigningen", "Hours above 60 % of the rise"),
        "h",
        lambda event, recipe: None if event.sea is None else sea_hours(event.sea),
    ),
    "sea_base": Coordinate(
        Words("Vandstand før og efter", "Sea level before and after"),
        "m",
        lambda event, recipe: recipe.mean if event.sea is None else sea_base(event.sea),
    ),
    "stream_peak": Coordinate(
        Words("Vandløbenes største samlede vandføring", "Largest flow of the streams together"),
        "m3/s",
        _stream_peak,
    ),
    "rain": Coordinate(
        Words("Regn, som jord og kloak ikke tager", "Rain that ground and sewer do not take"),
        "m",
        lambda event, recipe: (
            None if event.rain is None else float(rain_left(event.rain, recipe.drain))
        ),
    ),
}


def point_of(event: Event, axes: Sequence[Axis], recipe: Recipe) -> dict[str, float]:
    """Return the point of an event.

    Raises
    ------
    BadValue
        For an axis that events are not read by.
    """
    point = {}
    for axis in axes:
        value = _coordinate(axis.name).read(event, recipe)
        point[axis.name] = axis.low if value is None else float(value)
    return point


def event_at(point: Point, axes: Sequence[Axis], recipe: Recipe) -> Event:
    """Return the event that stands for a point: what is run there.

    Things without an axis are quiet: mean sea, base flow, no rain. Without "sea_hours" the surge
    has its recorded length. A base above the peak is taken as the peak: a sea that stands still.

    Raises
    ------
    BadValue
        For an axis that events are not read by, or a point that no such event has.
    """
    for axis in axes:
        _coordinate(axis.name)
    sea, peak_time = _surge(point, recipe)
    name = ", ".join(f"{axis.name} {point[axis.name]:.3g} {axis.unit}" for axis in axes)
    return Event(
        id="response-" + "-".join(f"{point[axis.name]:.4g}" for axis in axes),
        name=Words(name, name),
        sea=sea,
        rain=_rain(float(point.get("rain", 0.0)), peak_time, recipe),
        streams=_streams(point.get("stream_peak"), peak_time, recipe),
        source="assumed: made to stand for a point of the response surface",
        family="response",
    )


def recipe_of(city: City) -> Recipe:
    """Return the recipe of a city, from its record of shocks; raises as `shocks_of` does."""
    shocks = shocks_of(city)
    known = [(stream_line(city, entry), entry) for entry in shocks.streams]
    used = [(line, entry) for line, entry in known if line is not None]
    whole = sum(entry.peaks[-1] for _, entry in used)
    table, rain = shocks.depth_table(), shocks.rain
    course = Series(np.zeros(1), np.zeros(1))
    if table is not None and rain is not None:
        period = float(np.clip(SHAPE_PERIOD, table.return_periods[0], table.return_periods[-1]))
        length = rain.storm_hours * HOUR
        course = cloudburst(table.curve(period), length, rain.peak_position)
    return Recipe(
        mean=shocks.climate_of().mean_sea_level(NOW),
        shape=shocks.sea.shape,
        brooks=tuple(
            Brook(
                str(line),
                entry.peaks[-1] / whole,
                entry.base,
                entry.time_to_peak_hours * HOUR,
                entry.recession_hours * HOUR,
            )
            for line, entry in used
        ),
        rain_seconds=tuple(course.seconds.tolist()),
        rain=tuple(course.values.tolist()),
        drain=rain.drain if rain else 0.0,
    )


def axes_of(
    city: City,
    futures: Sequence[Future] = (NOW,),
    names: Sequence[str] = ("sea_peak", "sea_hours", "stream_peak"),
    recipe: Recipe | None = None,
) -> tuple[Axis, ...]:
    """Return axes that hold every event of a city's event sets, from quiet to the rarest.

    "sea_hours" goes from the shortest to the longest recorded storm. An axis on which nothing
    differs (no streams, no rain) is left out.

    Parameters
    ----------
    city
        With a record of its shocks.
    futures
        Climates to be held: today's and the worst one asked about.
    names
        Of `COORDINATES`.
    recipe
        The city's when already known.

    Raises
    ------
    BadValue
        For a name that events are not read by.
    """
    known = recipe_of(city) if recipe is None else recipe
    events = [event for future in futures for event in event_set(city, future)]
    quiet = Event(id="quiet", name=Words("Stille", "Quiet"))
    axes = []
    for name in names:
        coordinate = _coordinate(name)
        values = [coordinate.read(event, known) for event in (quiet, *events)]
        found = [value for value in values if value is not None]
        if name == "sea_hours":
            found = [sea_hours(surge(1.0, 0.0, shape)) for shape in surge_shapes()]
        elif name == "rain":
            found.append(0.0)
        if found and max(found) > min(found):
            axes.append(Axis(name, min(found), max(found), coordinate.unit))
    return tuple(axes)


def _coordinate(name: str) -> Coordinate:
    if name not in COORDINATES:
        raise BadValue(
            f"an axis among {', '.join(COORDINATES)}",
            name,
            "Name it so, or ask the surface by points instead of events.",
        )
    return COORDINATES[name]


def _surge(point: Point, recipe: Recipe) -> tuple[Series, float]:
    """Return a surge with the point's peak, base and length, and when it is at its peak [s].

    A quiet sea has that time too: streams and rain come then, after the hours in which they rise.
    """
    form = surge_shape(recipe.shape)
    whole = Series(form.hours * HOUR - form.hours[0] * HOUR, form.share)
    peak = float(point.get("sea_peak", recipe.mean))
    hours = point.get("sea_hours")
    if hours is not None:
        if not hours > 0:
            raise BadValue("a surge of more than 0 hours", f"{hours} h", "Begin the axis above 0.")
        form = replace(form, hours=form.hours * float(hours) / sea_hours(whole))
        whole = Series((form.hours - form.hours[0]) * HOUR, form.share)
    base = point.get("sea_base")
    if base is None:
        mean = min(recipe.mean, peak)
    else:
        # The base of a shape is a share b of its peak: base = mean + b (peak - mean).
        share = sea_base(whole)
        base = min(float(base), peak)
        mean = (base - share * peak) / (1.0 - share)
    first, last = float(form.hours[0]), float(form.hours[-1])
    peak_time = float(whole.seconds[np.argmax(whole.values)])
    return surge(peak, mean, form, (first - 1e-6, last + 1e-6)), peak_time


def _streams(peak: float | None, peak_time: float, recipe: Recipe) -> dict[str, Series]:
    base = sum(brook.base for brook in recipe.brooks)
    if peak is None:
        peak = base
    rise = peak - base
    if rise < -1e-9:
        raise BadValue(
            f"streams at their base flow of {base:g} m3/s or above",
            f"{peak:g} m3/s",
            "Begin the axis stream_peak there.",
        )
    return {
        brook.id: stream_flood(
            brook.base + brook.part * max(rise, 0.0),
            brook.time_to_peak,
            brook.base,
            brook.recession,
            peak_time=peak_time,
        )
        for brook in recipe.brooks
    }


def _rain(left: float, peak_time: float, recipe: Recipe) -> Series | None:
    """Return the design rain of which the wanted depth is left [m]."""
    if left <= 0.0:
        return None
    seconds, rain = np.array(recipe.rain_seconds), np.array(recipe.rain)
    if not rain.size or not rain.max() > 0:
        raise BadValue(
            "a recipe with a design rain", "none", "Give the city a table of rain depths."
        )
    course = Series(seconds, rain)

    def missing(factor: float) -> float:
        return float(rain_left(Series(seconds, rain * factor), recipe.drain)) - left

    most = (left + recipe.drain * float(seconds[-1] - seconds[0])) / course.total
    factor = float(brentq(missing, 0.0, max(most, 1e-9) * (1 + 1e-9), xtol=1e-12))
    middle = float((seconds[0] + seconds[-1]) / 2)
    start = max(peak_time - middle, 0.0)
    return Series(seconds + start, rain * factor)

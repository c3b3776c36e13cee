"""What a city says of its shocks: the record `shocks.toml`, read and checked key by key.

The format is in docs/shocks.md. Units are those that people write (minutes, millimetres, hours,
square kilometres), and each key says its own; inside the program everything is SI.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from fjordby.city.record_keys import Entry, Name, Positive, Real, Text, bad_record, wrong_keys
from fjordby.errors import BadValue
from fjordby.provenance import Kind
from fjordby.shock.anchors import Anchor, AtLeast, Largest, Prior, Published
from fjordby.shock.future import SCENARIO_NAMES, Climate, Projection, RainFactors
from fjordby.shock.rain import MINUTE, MM, DepthCurve, DepthTable
from fjordby.shock.sea import DEFAULT_SHAPE, surge_shapes

#: The page of the manual that has the format.
MANUAL = "docs/shocks.md"

Share = Annotated[float, Field(ge=0, le=1)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class AnchorEntry(Entry):
    """A fact that the sea level curve must agree with, in metres above the mean of its time."""

    type: Literal["published", "largest", "at_least"]
    level: Real
    error: Positive
    return_period: Positive | None = None
    years: Positive | None = None
    count: Annotated[int, Field(ge=1)] | None = None
    source: Text

    def anchor(self) -> Anchor:
        """Return the fact as the curve reads it; raises `BadValue` when a number is missing."""
        needed = {
            "published": ("return_period",),
            "largest": ("years",),
            "at_least": ("years", "count"),
        }[self.type]
        given = [k for k in ("return_period", "years", "count") if getattr(self, k) is not None]
        if sorted(given) != sorted(needed):
            raise BadValue(
                f"an anchor of type {self.type} with {' and '.join(needed)}",
                f"{' and '.join(given) or 'neither'}",
                "Give these and no others.",
            )
        if self.return_period is not None:
            return Published(self.return_period, self.level, self.error)
        if self.years is not None and self.count is not None:
            return AtLeast(self.count, self.years, self.level, self.error)
        return Largest(float(self.years or 0.0), self.level, self.error)


class PriorEntry(Entry):
    """What the sea level curve may be before any fact (see `anchors.Prior`)."""

    location: Real
    location_error: Positive
    scale: Positive
    scale_factor: Annotated[float, Field(gt=1)]
    shape: Real
    shape_error: Positive
    source: Text


class SeaEntry(Entry):
    """The extreme sea levels of the place."""

    kind: Kind
    source: Text
    shape: str = DEFAULT_SHAPE
    seed: int = 1
    prior: PriorEntry
    anchors: Annotated[tuple[AnchorEntry, ...], Field(min_length=1)]


class ProjectionEntry(Entry):
    """A projection of sea level rise."""

    id: Key
    name: Name
    rise: Real
    probability: Annotated[float, Field(gt=0, lt=1)]
    rain: str = ""


class FactorsEntry(Entry):
    """Climate factors of rain by return period."""

    id: Key
    return_periods: tuple[Positive, ...]
    factors: tuple[Positive, ...]
    kind: Kind
    source: Text


class RainClimateEntry(Entry):
    """How rain changes with time."""

    baseline: Real
    horizon: Real
    all: str
    factors: tuple[FactorsEntry, ...]


class ClimateEntry(Entry):
    """How the mean sea level and the rain change."""

    kind: Kind
    source: Text
    baseline: Real
    horizon: Real
    trend_mm_per_year: Real
    mean_level: Real
    mean_level_source: Text
    projections: tuple[ProjectionEntry, ...] = ()
    rain: RainClimateEntry | None = None


class RainEntry(Entry):
    """Rain depths by duration and return period."""

    kind: Kind
    source: Text
    minutes: tuple[Positive, ...]
    return_periods: tuple[Positive, ...]
    mm: tuple[tuple[Positive, ...], ...]
    peak_position: Share
    storm_hours: Positive
    sewer_mm_per_hour: Annotated[float, Field(ge=0)] = 0.0
    infiltration_mm_per_hour: Annotated[float, Field(ge=0)] = 0.0
    drain_source: str = ""

    @property
    def drain(self) -> float:
        """What ground and sewer take together while it rains [m/s]."""
        return (self.sewer_mm_per_hour + self.infiltration_mm_per_hour) * MM / 3600.0


class StreamEntry(Entry):
    """A stream and its floods."""

    id: Key
    match: Annotated[tuple[str, ...], Field(min_length=1)]
    area_km2: Positive
    base: Annotated[float, Field(ge=0)]
    return_periods: tuple[Positive, ...]
    peaks: tuple[Positive, ...]
    time_to_peak_hours: Positive
    recession_hours: Positive
    runoff: Share
    at: tuple[Real, Real] | None = None
    kind: Kind
    source: Text


class StormEntry(Entry):
    """A storm surge that people know by name."""

    id: Key
    name: Name
    year: int
    level: Real
    above: Literal["datum", "mean"]
    return_period: Positive | None = None
    shape: str | None = None
    kind: Kind
    source: Text


class CloudburstEntry(Entry):
    """A rain that people know by name."""

    id: Key
    name: Name
    year: int | None = None
    minutes: tuple[Positive, ...]
    mm: tuple[Positive, ...]
    peak_position: Share
    return_period: Positive | None = None
    runoff: Share | None = None
    kind: Kind
    source: Text


class JointEntry(Entry):
    """How surges, rain and stream floods come together."""

    probability: Share
    rain_return_period: Positive
    rain_hours: Positive
    stream_return_period: Positive
    kind: Kind
    source: Text


class Shocks(Entry):
    """Everything a city's record says of what can happen to it."""

    sea: SeaEntry
    climate: ClimateEntry
    rain: RainEntry | None = None
    streams: tuple[StreamEntry, ...] = ()
    storms: tuple[StormEntry, ...] = ()
    cloudbursts: tuple[CloudburstEntry, ...] = ()
    joint: JointEntry | None = None

    def prior(self) -> Prior:
        """What the curve may be before any fact."""
        p = self.sea.prior
        return Prior(p.location, p.location_error, p.scale, p.scale_factor, p.shape, p.shape_error)

    def climate_of(self) -> Climate:
        """The climate, in SI."""
        c, rain = self.climate, self.climate.rain
        factors = {
            f.id: RainFactors(np.array(f.return_periods), np.array(f.factors))
            for f in (rain.factors if rain else ())
        }
        return Climate(
            c.baseline,
            c.horizon,
            c.trend_mm_per_year * MM,
            c.mean_level,
            {p.id: Projection(p.name, p.rise, p.probability, p.rain) for p in c.projections},
            factors,
            rain.baseline if rain else c.baseline,
            rain.horizon if rain else c.horizon,
            rain.all if rain else "",
        )

    def depth_table(self) -> DepthTable | None:
        """The rain depths, in SI, or None."""
        if self.rain is None:
            return None
        return DepthTable(
            np.array(self.rain.minutes) * MINUTE,
            np.array(self.rain.return_periods),
            np.array(self.rain.mm) * MM,
        )


def read_shocks(record: Mapping[str, Any], where: str = "shocks.toml") -> Shocks:
    """Read and check a record of shocks.

    Parameters
    ----------
    record
        The parsed TOML.
    where
        What to call the file in an error.

    Raises
    ------
    BadCity
        Naming every wrong or missing key at once.
    """
    try:
        shocks = Shocks.model_validate(dict(record))
    except ValidationError as trouble:
        raise bad_record("shocks", MANUAL, where, wrong_keys(trouble)) from None
    problems = _cross_check(shocks)
    if problems:
        raise bad_record("shocks", MANUAL, where, problems)
    return shocks


def _cross_check(shocks: Shocks) -> list[str]:
    """Return what is wrong between keys that are each right."""
    problems = []
    for i, anchor in enumerate(shocks.sea.anchors):
        problems += _try(f"sea.anchors[{i}]", anchor.anchor)
    if shocks.rain and any(len(row) != len(shocks.rain.minutes) for row in shocks.rain.mm):
        problems.append("rain.mm: give one depth for each of `minutes` in every row")
    else:
        problems += _try("rain.mm", shocks.depth_table)
    for i, burst in enumerate(shocks.cloudbursts):
        problems += _try(f"cloudbursts[{i}].mm", lambda b=burst: curve_of(b))
    for i, stream in enumerate(shocks.streams):
        for key in ("peaks", "return_periods"):
            row = getattr(stream, key)
            if len(row) != len(stream.peaks) or (np.diff(row) <= 0).any() or len(row) < 2:
                problems.append(f"streams[{i}].{key}: give two or more, increasing, one per period")
        if stream.peaks[0] < stream.base:
            problems.append(f"streams[{i}].peaks: a flood is above the base flow")
    shapes = {"sea.shape": shocks.sea.shape}
    shapes |= {f"storms[{i}].shape": s.shape for i, s in enumerate(shocks.storms) if s.shape}
    known = surge_shapes()
    problems += [
        f"{key}: {shape!r} is not a surge shape; known are {', '.join(known)}"
        for key, shape in shapes.items()
        if shape not in known
    ]
    problems += _climate_problems(shocks.climate)
    ids = [storm.id for storm in shocks.storms] + [burst.id for burst in shocks.cloudbursts]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    problems += [f"storms and cloudbursts: the id {i!r} is there twice" for i in twice]
    if shocks.joint and shocks.rain is None:
        problems.append("joint: needs a [rain] table to take its rain from")
    return problems


def _climate_problems(climate: ClimateEntry) -> list[str]:
    problems = []
    if not climate.baseline < climate.horizon:
        problems.append("climate.horizon: must come after the baseline")
    factors = climate.rain.factors if climate.rain else ()
    for i, f in enumerate(factors):
        if len(f.factors) != len(f.return_periods) or (np.diff(f.return_periods) <= 0).any():
            problems.append(f"climate.rain.factors[{i}]: one factor for each increasing period")
    known = {f.id for f in factors} | {""}
    if climate.rain and climate.rain.all not in known:
        problems.append(f"climate.rain.all: no factors are called {climate.rain.all!r}")
    for i, p in enumerate(climate.projections):
        if p.rain not in known:
            problems.append(f"climate.projections[{i}].rain: no factors are called {p.rain!r}")
        if p.id in SCENARIO_NAMES:
            problems.append(f"climate.projections[{i}].id: {p.id!r} is a name of the program's own")
    ordered = sorted(climate.projections, key=lambda p: p.probability)
    steps = pairwise(ordered)
    if any(b.probability <= a.probability or b.rise < a.rise for a, b in steps):
        problems.append("climate.projections: a higher probability needs a higher rise")
    return problems


def curve_of(burst: CloudburstEntry) -> DepthCurve:
    """Return the depths of a named cloudburst, in SI."""
    return DepthCurve(np.array(burst.minutes) * MINUTE, np.array(burst.mm) * MM)


def _try(key: str, question: Any) -> list[str]:
    try:
        question()
    except BadValue as trouble:
        return [f"{key}: {trouble}"]
    return []

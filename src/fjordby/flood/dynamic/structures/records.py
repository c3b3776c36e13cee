"""Structures as people describe them: lines and points on the map, heights, widths and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from fjordby.errors import BadValue
from fjordby.flood.dynamic.structures.kernels import CRITICAL
from fjordby.flood.dynamic.structures.rules import Power, Rule
from fjordby.shock.event import Series

Point = tuple[float, float]

#: Coefficient of a level crest with critical flow on it [m^(1/2)/s]: (2/3)^(3/2) sqrt(g). Grassed
#: dikes and roads have 1.4 to 1.7 (HEC-RAS Hydraulic Reference Manual, weir coefficients 2.6 to
#: 3.0 ft^(1/2)/s), thin walls 1.8 (Bos 1989).
BROAD_CREST = CRITICAL

#: Flow over a bridge deck [m^(1/2)/s]: 2.6 ft^(1/2)/s (HEC-RAS Hydraulic Reference Manual).
DECK = 1.435

#: Contraction of the jet under a sharp-edged gate leaf, pi / (pi + 2) (Kirchhoff 1869; measured
#: 0.60 to 0.63: Henry 1950, discussion of "Diffusion of submerged jets", Trans. ASCE 115).
LEAF = 0.611

#: How a gate opens: its leaf is lifted, slides or swings aside, or sinks.
KINDS = ("lift", "aside", "sink")


def _need(name: str, what: str, good: bool, got: object, do: str) -> None:
    if not good:
        raise BadValue(f"{what} for {name}", str(got), do)


def _finite(name: str, **numbers: float) -> None:
    for what, number in numbers.items():
        _need(name, f"a number as {what.replace('_', ' ')}", bool(np.isfinite(number)), number,
              "Give it in metres (heights in the datum of the terrain).")  # fmt: skip


def _line(name: str, geometry: Any) -> None:
    good = isinstance(geometry, shapely.LineString | shapely.MultiLineString)
    _need(name, "a line", good and not getattr(geometry, "is_empty", True),
          getattr(geometry, "geom_type", type(geometry).__name__),
          "Draw a LineString in the grid's coordinates.")  # fmt: skip
    points = shapely.get_coordinates(geometry)
    wrong = ~np.isfinite(points).all(axis=1)
    _need(name, "a line whose points are known", not wrong.any(),
          f"NaN or infinity as point {int(np.argmax(wrong)) + 1} of {len(points)}",
          "Give x and y of each point.")  # fmt: skip


def _weir(name: str, coefficient: float) -> None:
    _need(name, "a weir coefficient from 0.5 to 4 m^(1/2)/s", 0.5 <= coefficient <= 4.0,
          coefficient,
          "A level crest has 1.7, in SI units; divide one in feet by 1.811.")  # fmt: skip


def _power(name: str, power: object) -> None:
    _need(name, "power as a series or a function", power is None or callable(power)
          or isinstance(power, Series), repr(power),
          "Give a Series of 0 to 1 over time, or None for full power.")  # fmt: skip


@dataclass(frozen=True)
class Wall:
    """A wall or a dike: water passes only over its crest.

    Parameters
    ----------
    name
        What it is called in results.
    geometry
        The line of its crest, in the grid's coordinates. Flow is positive from its left side to
        its right one.
    crest
        Height of the crest [m datum]: a number, or one for each vertex of the line, straight in
        between.
    coefficient
        Of the weir [m^(1/2)/s].
    thin
        True for a wall that is thin beside the water on it: drowned as Villemonte (1947) measured
        at sharp crests. False for a dike or a road: drowned above two thirds of the head.
    """

    name: str
    geometry: shapely.LineString | shapely.MultiLineString
    crest: float | Sequence[float]
    coefficient: float = BROAD_CREST
    thin: bool = False

    def __post_init__(self) -> None:
        _line(self.name, self.geometry)
        heights = np.atleast_1d(np.asarray(self.crest, float))
        points = shapely.get_num_coordinates(self.geometry)
        _need(self.name, f"one crest, or one for each of its {points} points",
              np.ndim(self.crest) == 0 or heights.shape == (points,), f"{heights.size} heights",
              "Give a height for each vertex of the line.")  # fmt: skip
        wrong = ~np.isfinite(heights)
        _need(self.name, "crests that are numbers [m datum]", not wrong.any(),
              self._where(int(np.argmax(wrong))), "Give the missing heights.")  # fmt: skip
        _weir(self.name, self.coefficient)

    def _where(self, vertex: int) -> str:
        x, y = shapely.get_coordinates(self.geometry)[vertex]
        return f"NaN or infinity at {x:.0f}, {y:.0f}"


@dataclass(frozen=True)
class Breach:
    """A breach in a wall, that starts once and only grows.

    Parameters
    ----------
    name
        What it is called in results; its flow is its own, not the wall's.
    wall
        Name of the wall that breaks.
    x, y
        Where; the nearest point of the wall is taken.
    sill
        Height that it is scoured down to [m datum]; the ground where that is higher.
    width
        Final width [m].
    start
        When it starts [s]; None = only by `trigger`.
    trigger
        It starts when the water on either side of the wall there is above this [m datum]; None =
        only by `start`.
    duration
        Linear: from the start to full depth and width. Verheij: to full depth [s].
    growth
        "linear": depth and width grow evenly (US practice, as HEC-RAS; `froehlich` gives width and
        duration). "verheij": first depth at `first_width`, then width by the speed of the water
        (Verheij & van der Knaap 2002, "Modification breach growth model in HIS-OM", WL | Delft
        Hydraulics Q3299).
    first_width
        Verheij: width while it deepens [m].
    critical_speed
        Verheij: speed above which the soil is carried off [m/s]; 0.2 for sand.
    f1, f2
        Verheij: the two constants, 1.3 and 0.04 in the mean (ranges 0.5-5 and 0.01-1).
    """

    name: str
    wall: str
    x: float
    y: float
    sill: float
    width: float
    start: float | None = None
    trigger: float | None = None
    duration: float = 3600.0
    growth: str = "linear"
    first_width: float = 10.0
    critical_speed: float = 0.2
    f1: float = 1.3
    f2: float = 0.04

    def __post_init__(self) -> None:
        _finite(self.name, x=self.x, y=self.y, sill=self.sill, width=self.width)
        for what in ("width", "duration", "first_width", "critical_speed", "f1", "f2"):
            _need(self.name, f"{what.replace('_', ' ')} above zero", getattr(self, what) > 0.0,
                  getattr(self, what), "Leave the breach out to have none.")  # fmt: skip
        _need(self.name, "a start [s] or a trigger level [m datum]",
              self.start is not None or self.trigger is not None, "neither",
              "Say when it breaks: start=0 for at once.")  # fmt: skip
        for moment in (self.start, self.trigger):
            if moment is not None:
                _finite(self.name, start_or_trigger=moment)
        _need(self.name, "growth linear or verheij", self.growth in ("linear", "verheij"),
              repr(self.growth), "Name one of these.")  # fmt: skip


@dataclass(frozen=True)
class Gate:
    """A gate or a sluice in a line.

    Parameters
    ----------
    name
        What it is called in results.
    geometry
        The line that it shuts; flow is positive from its left side to its right one.
    sill
        Height of its floor [m datum]; the ground where that is higher.
    top
        Top of the shut leaf, and of the abutments beside it [m datum]: water flows over it.
    rule
        How far open it should be, 0 (shut) to 1: a `Series` over time, a rule such as
        `ShutAbove`, or any function (seconds, level outside, level inside, now) -> 0 to 1.
    kind
        "lift": the leaf is lifted, water flows under it. "aside": it swings or slides aside (mitre,
        sector and sliding gates), the width grows. "sink": its top sinks to the sill.
    width
        Clear width [m]; None = the length of the line.
    height
        How high a leaf is lifted above the sill [m]; None = to `top`.
    speed
        Of the leaf [m/s]; infinity = at once.
    outer, inner
        Points at which the rule looks at the levels; None = beside the gate's middle on its left
        and on its right.
    power
        The leaf moves only with at least half of full power; None = always.
    contraction
        Of the jet under a lifted leaf.
    """

    name: str
    geometry: shapely.LineString
    sill: float
    top: float
    rule: Rule | Series
    kind: str = "lift"
    width: float | None = None
    height: float | None = None
    speed: float = np.inf
    outer: Point | None = None
    inner: Point | None = None
    power: Power = None
    contraction: float = LEAF

    def __post_init__(self) -> None:
        _leaf(self)
        _need(self.name, f"a kind among {', '.join(KINDS)}", self.kind in KINDS, repr(self.kind),
              "Name one of these.")  # fmt: skip
        _need(self.name, "speed above zero", self.speed > 0.0, self.speed,
              "Leave it out for the default.")  # fmt: skip
        _need(self.name, "a rule or a schedule",
              callable(self.rule) or isinstance(self.rule, Series), self.rule,
              "Give a Series of 0 to 1 over time, or a rule such as ShutAbove.")  # fmt: skip
        _power(self.name, self.power)


def _leaf(one: Gate | Flap) -> None:
    """Check the line, the heights and the widths of what opens and shuts."""
    _line(one.name, one.geometry)
    _finite(one.name, sill=one.sill, top=one.top)
    _need(one.name, "a top above the sill [m datum]", one.top > one.sill,
          f"top {one.top}, sill {one.sill}", "Correct one of them.")  # fmt: skip
    for what, value in (("width", one.width), ("height", one.height)):
        _need(one.name, f"{what} above zero", value is None or value > 0.0, value,
              "Leave it out for the default.")  # fmt: skip
    _need(one.name, "a contraction of the jet from 0.5 to 1", 0.5 <= one.contraction <= 1.0,
          one.contraction, "A sharp edge has 0.611, a rounded one more.")  # fmt: skip


@dataclass(frozen=True)
class Flap:
    """An outlet with a flap: lets water from the left side of its line to the right, never back.

    Parameters
    ----------
    name, geometry, sill, top, width
        See `Gate`.
    height
        Height of the opening above the sill [m]; None = up to `top`.
    contraction
        Of the jet; that of a sharp edge, since the flap hangs in it.
    """

    name: str
    geometry: shapely.LineString
    sill: float
    top: float
    width: float | None = None
    height: float | None = None
    contraction: float = LEAF

    def __post_init__(self) -> None:
        _leaf(self)


@dataclass(frozen=True)
class Bridge:
    """A bridge: the ground below is open but for its piers, the deck stops the water above.

    Parameters
    ----------
    name
        What it is called in results.
    geometry
        The line of the bridge across the water; flow is positive from left to right.
    underside
        Lowest height of the deck's underside [m datum].
    top
        Height that water flows over the deck at, railings included where they clog [m datum].
    piers
        Part of the width that piers take, 0 to below 1.
    coefficient
        Of the flow over the deck [m^(1/2)/s].
    loss
        Velocity heads lost between the piers while the deck is not touched; None = half a head for
        the part that narrows and Borda-Carnot where it widens, 0.5 p + p^2 with p = `piers`, and
        the friction of a cell of open ground.
    """

    name: str
    geometry: shapely.LineString
    underside: float
    top: float
    piers: float = 0.0
    coefficient: float = DECK
    loss: float | None = None

    def __post_init__(self) -> None:
        _line(self.name, self.geometry)
        _finite(self.name, underside=self.underside, top=self.top)
        _need(self.name, "a top above the underside [m datum]", self.top > self.underside,
              f"top {self.top}, underside {self.underside}", "Correct one of them.")  # fmt: skip
        _need(self.name, "piers that take a part from 0 to below 1", 0.0 <= self.piers < 1.0,
              self.piers, "A wall takes all of the width.")  # fmt: skip
        _weir(self.name, self.coefficient)
        _need(self.name, "a loss above zero, in velocity heads",
              self.loss is None or self.loss > 0.0, self.loss,
              "Leave it out to have it computed from the piers.")  # fmt: skip


@dataclass(frozen=True)
class Culvert:
    """A culvert or a pipe between two points; flow is positive from `start` to `end`.

    Parameters
    ----------
    name
        What it is called in results.
    start, end
        Its two ends, in the grid's coordinates.
    start_floor, end_floor
        Height of its floor (invert) at the ends [m datum]; the ground of the cell where that is
        higher, since a dry cell gives no water.
    height
        Inner height, or diameter [m].
    width
        Inner width of a box [m]; None = round.
    roughness
        Manning's n [s/m^(1/3)]; 0.013 concrete, 0.024 corrugated steel (FHWA HDS-5).
    inlet
        Shape of the entrance, from `culverts.INLETS` (docs/flood_structures.md lists them).
    barrels
        Number of equal barrels side by side.
    length
        Of a barrel [m]; None = from end to end.
    entrance, exit
        Losses in velocity heads; entrance None = that of the inlet.
    flap
        True when a flap at the end stops water from running back.
    """

    name: str
    start: Point
    end: Point
    start_floor: float
    end_floor: float
    height: float
    width: float | None = None
    roughness: float = 0.013
    inlet: str | None = None
    barrels: int = 1
    length: float | None = None
    entrance: float | None = None
    exit: float = 1.0
    flap: bool = False

    def __post_init__(self) -> None:
        _finite(self.name, start_floor=self.start_floor, end_floor=self.end_floor)
        for what in ("height", "width", "length", "roughness", "barrels"):
            value = getattr(self, what)
            _need(self.name, f"{what} above zero", value is None or 0.0 < value < np.inf, value,
                  "Leave the culvert out to have none.")  # fmt: skip
        for what in ("entrance", "exit"):
            value = getattr(self, what)
            _need(self.name, f"a loss of zero or more at the {what}",
                  value is None or 0.0 <= value < np.inf, value,
                  "A square edge has 0.5, an exit 1.")  # fmt: skip


@dataclass(frozen=True)
class Pump:
    """A pumping station: equal units that start one after the other.

    Parameters
    ----------
    name
        What it is called in results.
    start
        Where it takes the water, in the grid's coordinates.
    end
        Where it gives it; None = out of the map.
    starts
        Level at `start` (or `gauge`) above which each unit starts, one for each unit [m datum].
    stops
        Level below which each unit stops again [m datum], each below its start.
    heads, flows
        The curve of one unit: what it lifts [m3/s] at each head (level at the end less level at
        the start) [m], heads rising, flows falling; the nearest value beyond its ends.
    outlet
        Height that the water is lifted to at least [m datum]; None = the ground at `end`.
    reserve
        Units that only run in place of another that is out of order; all others may run at once.
    out_of_order
        Number of units that do not work, over time; None = all work.
    power
        Part of full power that there is; the units give that part of their flow.
    gauge
        Where the level is looked at; None = at `start`.
    """

    name: str
    start: Point
    end: Point | None
    starts: Sequence[float]
    stops: Sequence[float]
    heads: Sequence[float]
    flows: Sequence[float]
    outlet: float | None = None
    reserve: int = 0
    out_of_order: Series | None = None
    power: Power = None
    gauge: Point | None = None

    def __post_init__(self) -> None:
        starts, stops = np.asarray(self.starts, float), np.asarray(self.stops, float)
        for level in (*starts.ravel(), *stops.ravel()):
            _finite(self.name, start_or_stop_level=level)
        if self.outlet is not None:
            _finite(self.name, outlet=self.outlet)
        _power(self.name, self.power)
        _need(self.name, "a start and a stop level for each unit",
              starts.shape == stops.shape and starts.ndim == 1 and starts.size > 0,
              f"{starts.size} starts and {stops.size} stops", "Give equally many.")  # fmt: skip
        wrong = ~(stops < starts)
        _need(self.name, "stop levels below the start levels [m datum]", not wrong.any(),
              f"start {starts[np.argmax(wrong)]}, stop {stops[np.argmax(wrong)]}",
              "A unit that stops where it starts switches all the time.")  # fmt: skip
        heads, flows = np.asarray(self.heads, float), np.asarray(self.flows, float)
        known = np.isfinite(heads).all() and np.isfinite(flows).all() and (flows >= 0).all()
        _need(self.name, "a capacity curve of heads that rise and flows that never rise",
              heads.shape == flows.shape and heads.ndim == 1 and heads.size > 0
              and bool(known and (np.diff(heads) > 0).all() and (np.diff(flows) <= 0).all()),
              f"heads {heads.tolist()}, flows {flows.tolist()}",
              "Give the curve of one unit, flows in m3/s.")  # fmt: skip
        _need(self.name, "fewer units in reserve than there are", 0 <= self.reserve < starts.size,
              self.reserve, "At least one unit must be there to run.")  # fmt: skip

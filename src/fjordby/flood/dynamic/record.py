"""What a run is asked to remember, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely

from fjordby.arrays import Array
from fjordby.flood.model import Flood
from fjordby.grid import Grid

#: Depth from which a place counts as flooded for arrival and duration [m]; as `Flood` says it.
WET = 0.05


@dataclass(frozen=True)
class Gauge:
    """A point whose level, depth and speed are written down over time [m]."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """A line whose flow is written down over time; positive from its left to its right side.

    Parameters
    ----------
    name
        What it is called.
    geometry
        A LineString in the grid's coordinates.
    """

    name: str
    geometry: shapely.LineString


@dataclass(frozen=True)
class Asked:
    """What a run writes down.

    Parameters
    ----------
    every
        About how often the largest depth, speed and so on are looked at [s].
    series_every
        How often gauges, lines and structures are written down [s].
    snapshots
        Times at which the whole map is kept [s].
    gauges, lines
        Where to write down over time.
    thresholds
        Depths whose duration is counted [m]; the first is also that of the arrival.
    """

    every: float = 10.0
    series_every: float = 60.0
    snapshots: tuple[float, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    lines: tuple[Line, ...] = ()
    thresholds: tuple[float, ...] = (WET,)


@dataclass(frozen=True)
class WaterBalance:
    """Where the water of a run came from and went [m3]; all counted in double precision.

    `error` is what is there at the end less what should be: rounding, and nothing else.
    """

    start: float
    rain: float
    inflows: float
    levels: float
    open_edges: float
    infiltration: float
    sewer: float
    end: float

    @property
    def error(self) -> float:
        """Water made (positive) or lost by the computation [m3]."""
        into = self.start + self.rain + self.inflows + self.levels
        return self.end - (into - self.open_edges - self.infiltration - self.sewer)


@dataclass(frozen=True)
class Caution:
    """Something about a run that its reader must know.

    Parameters
    ----------
    what
        "supercritical", "limited", "wetting", ...; "streams-left-out": the city's record knows
        streams whose water is not in the run, since the streams layer has no lines.
    share
        Share of the wet cell-hours concerned [-].
    x, y
        Where it was worst [m].
    worst
        How bad, in the measure of `what` (Froude number, number of streams, ...).
    """

    what: str
    share: float
    x: float
    y: float
    worst: float


@dataclass(frozen=True)
class Snapshot:
    """The whole map at one time: depth [m] and the two components of speed [m/s], float32."""

    seconds: float
    depth: Array
    speed_x: Array
    speed_y: Array


def _nothing() -> pd.DataFrame:
    """Return a table over time without rows and columns."""
    seconds = pd.Index([], name="seconds", dtype=np.float64)
    return pd.DataFrame(np.zeros((0, 0)), seconds, pd.Index([]))


@dataclass(frozen=True)
class Simulation:
    """What the water did in a run; arrays are float32 of shape (ny, nx), NaN where no ground.

    Parameters
    ----------
    depth
        Largest depth [m].
    speed
        Largest speed [m/s].
    depth_speed
        Largest product of depth and speed [m2/s].
    arrival
        Time of the first `thresholds[0]` of water, NaN where it never came [s].
    duration
        Time above each threshold, shape (thresholds, ny, nx) [s].
    last
        The map at the end.
    snapshots
        The maps that were asked for.
    gauges, lines, structures
        Tables over time, `seconds` as index: columns (name, level|depth|speed) for gauges, name
        for lines [m3/s] and structures [m3/s].
    opened
        Table over time of what moves, by name: how far a gate is open, from 0 (shut) to 1; the
        width of a breach [m]; the units of a pump that run.
    forcing
        What went in over time: columns by name, levels [m] and inflows [m3/s] and rain [m/s].
    balance
        Where the water came from and went.
    cautions
        Where the method is near or beyond its limits, and what is not in the run.
    steps, cell_updates, wall_seconds, cpu_seconds
        How much work it was.
    """

    grid: Grid
    bed: Array
    depth: Array
    speed: Array
    depth_speed: Array
    arrival: Array
    duration: Array
    thresholds: tuple[float, ...]
    last: Snapshot
    snapshots: tuple[Snapshot, ...]
    gauges: pd.DataFrame
    lines: pd.DataFrame
    structures: pd.DataFrame
    forcing: pd.DataFrame
    balance: WaterBalance
    cautions: tuple[Caution, ...] = ()
    seconds: float = 0.0
    steps: int = 0
    cell_updates: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    about: Mapping[str, object] = field(default_factory=dict)
    opened: pd.DataFrame = field(default_factory=_nothing)

    def flood(self, water: str, engine: str = "dynamic") -> Flood:
        """Return the run as the `Flood` that harm is computed from."""
        raster = self.grid.raster
        return Flood(
            depth=raster(self.depth, "depth"),
            water=water,
            engine=engine,
            speed=raster(self.speed, "speed", "m s-1"),
            arrival=raster(self.arrival, "arrival", "s"),
            duration=raster(np.ascontiguousarray(self.duration[0]), "duration", "s"),
            depth_speed=raster(self.depth_speed, "depth_speed", "m2 s-1"),
        )

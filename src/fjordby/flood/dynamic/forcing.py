"""What drives the water: levels held at the sea, inflows, rain, what the ground takes, wind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fjordby.arrays import Array, Floats, Ints
from fjordby.errors import BadValue
from fjordby.grid import Grid
from fjordby.shock.event import Series

SIDES = ("north", "south", "west", "east")


@dataclass(frozen=True)
class Level:
    """Cells whose water level follows a series: the sea along an edge, or a whole fjord.

    Parameters
    ----------
    name
        What it is called in results.
    rows, columns
        Its cells, shape (m,); no other level of a run may hold one of them.
    series
        The level over time [m datum].
    """

    name: str
    rows: Ints
    columns: Ints
    series: Series


@dataclass(frozen=True)
class Inflow:
    """Water that enters at some cells, spread evenly over them [m3/s]; below zero is taken out.

    What is taken out is never more than stands there.
    """

    name: str
    rows: Ints
    columns: Ints
    series: Series


@dataclass(frozen=True)
class Rain:
    """Rain in time and space: one series for each zone of the map.

    Parameters
    ----------
    series
        Rain of each zone [m/s].
    zone
        Index of the zone of each cell, shape (ny, nx); None = the first everywhere.
    """

    series: Sequence[Series]
    zone: Ints | None = None


@dataclass(frozen=True)
class Infiltration:
    """What the ground takes of the water that stands on it.

    Parameters
    ----------
    law
        "constant": `rate` [m/s]. "horton" (Horton 1941): falls from `first` to `rate` [m/s] with
        `decay` [1/s] over the time that the cell has been wet. "green-ampt" (Green & Ampt 1911):
        `rate` (1 + `suction` x `deficit` / water taken so far), with the saturated conductivity
        `rate` [m/s], `suction` head [m] and `deficit` of moisture [-].
    rate, first, decay, suction, deficit
        Numbers, or arrays of shape (ny, nx).
    """

    law: str = "constant"
    rate: float | Array = 0.0
    first: float | Array = 0.0
    decay: float | Array = 0.0
    suction: float | Array = 0.0
    deficit: float | Array = 0.0


@dataclass(frozen=True)
class Wind:
    """Wind over the whole map.

    Parameters
    ----------
    speed
        At 10 m height [m/s].
    origin
        Where it blows from, clockwise from north [degrees].
    """

    speed: Series
    origin: Series


@dataclass(frozen=True)
class OpenEdge:
    """A side of the map that water leaves over, at the uniform flow of a slope.

    Parameters
    ----------
    side
        "north", "south", "west" or "east".
    slope
        Slope of the energy line outside [m/m]; None = over a free fall (critical flow).
    """

    side: str
    slope: float | None = None


@dataclass(frozen=True)
class Forcing:
    """Everything that drives a run. All edges that are not `open_edges` are closed.

    Parameters
    ----------
    levels, inflows, rain, infiltration
        See there.
    sewer
        What sewers take from every wet cell, a number or an array (ny, nx) [m/s].
    wind
        Stress on the water, an option.
    open_edges
        Sides that water leaves over.
    """

    levels: tuple[Level, ...] = ()
    inflows: tuple[Inflow, ...] = ()
    rain: Rain | None = None
    infiltration: Infiltration | None = None
    sewer: float | Array = 0.0
    wind: Wind | None = None
    open_edges: tuple[OpenEdge, ...] = field(default=())


def along_edge(grid: Grid, side: str) -> tuple[Ints, Ints]:
    """Return rows and columns of the cells along a side of the map.

    Raises
    ------
    BadValue
        For a side that is none of `SIDES`.
    """
    rows, columns = np.arange(grid.ny), np.arange(grid.nx)
    cells = {
        "north": (np.zeros_like(columns), columns),
        "south": (np.full_like(columns, grid.ny - 1), columns),
        "west": (rows, np.zeros_like(rows)),
        "east": (rows, np.full_like(rows, grid.nx - 1)),
    }
    if side not in cells:
        raise BadValue(f"a side among {', '.join(SIDES)}", repr(side), "Name one of these.")
    return cells[side]


def steady(value: float) -> Series:
    """Return a series that never changes."""
    return Series(np.zeros(1), np.array([value], np.float64))


def at_times(series: Sequence[Series], seconds: Floats) -> Floats:
    """Return several series at some times, shape (times, series)."""
    if not series:
        return np.zeros((seconds.size, 0))
    return np.stack([one.at(seconds) for one in series], axis=1)

"""Rain on the bluespots: what stands where when all has run, and where the rest went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fjordby.arrays import Array
from fjordby.errors import BadValue
from fjordby.flood.model import Flood
from fjordby.flood.rain import kernels
from fjordby.flood.rain.hollows import OFF_MAP, TO_SEA, Bluespots
from fjordby.grid import Raster
from fjordby.shock.event import Series


@dataclass(frozen=True)
class Balance:
    """Where all the rain on known land went [m3].

    Parameters
    ----------
    rain
        What fell.
    lost
        What the ground and the sewer took where it fell.
    standing
        What stands in hollows.
    to_sea, off_map
        What ran to the sea, and over the edge of the map or into unknown ground.
    """

    rain: float
    lost: float
    standing: float
    to_sea: float
    off_map: float

    @property
    def residual(self) -> float:
        """What the sums miss, from rounding only [m3]."""
        return self.rain - self.lost - self.standing - self.to_sea - self.off_map


@dataclass(frozen=True)
class RainFlood:
    """Rain that stands.

    Parameters
    ----------
    flood
        Depth of the standing water.
    balance
        Where the rain went.
    water
        Water in each hollow above its full parts, shape (m,) [m3].
    level
        Water level of each hollow that has water of its own or lies under the water of a larger
        one, else -inf, shape (m,) [m datum].
    """

    flood: Flood
    balance: Balance
    water: Array
    level: Array


def rain_flood(
    spots: Bluespots,
    rain: float | Raster,
    infiltration: float | Raster = 0.0,
    sewer: float | Raster = 0.0,
) -> RainFlood:
    """Let rain fall, run to the hollows, fill them, spill onward and come to rest.

    On each cell the rain less what the ground and the sewer take there, and not below zero, runs
    off. Hollows fill, spill over their pour points into the next, merge when both sides of a
    pass are full, and pass on what they cannot hold, until all water stands, or left to the sea
    or off the map (fill-spill-merge: Barnes, Callaghan and Wickert 2021, doi
    10.5194/esurf-9-105-2021). There is no time in it: the depth is that after all water has run,
    and nothing is lost on the way.

    Parameters
    ----------
    spots
        What `bluespots` found.
    rain
        Depth of rain over the event [m], one number or a raster on the grid.
    infiltration, sewer
        What the ground and the sewer take over the event where the rain falls [m], each one
        number or a raster on the grid.

    Raises
    ------
    BadValue
        When a depth is negative or no number on land, or a raster is on another grid.

    Examples
    --------
    A pit of 1 m, one cell of 100 m2, inside a rim; 0.3 m of rain on 9 cells, of which the eight
    on the rim are on the edge of the map but steepest into the pit, fills it and spills:

    >>> from fjordby.flood.rain.hollows import bluespots
    >>> from fjordby.grid import Grid
    >>> ground = np.full((3, 3), 5.0, np.float32)
    >>> ground[1, 1] = 4.0
    >>> grid = Grid(0.0, 30.0, 10.0, 3, 3, "EPSG:25832")
    >>> dry = grid.raster(np.zeros((3, 3), bool), "sea")
    >>> result = rain_flood(bluespots(grid.raster(ground, "t"), dry), 0.3)
    >>> round(result.balance.rain), round(result.balance.standing), round(result.balance.off_map)
    (270, 100, 170)
    """
    grid = spots.grid
    owner = spots.catchment.values
    land = owner >= OFF_MAP
    fallen = _on_land(rain, land, "rain")
    taken = _on_land(infiltration, land, "infiltration")
    taken = taken + _on_land(sewer, land, "sewer")
    runs = np.maximum(fallen - taken, 0.0)
    arrived = _by_owner(owner, land, runs, spots.innermost)
    water, level, to_sea, off_map = _come_to_rest(spots, arrived[2:].copy())
    depth = _depth(spots, land, level)
    area = grid.cell_area
    total = _sum(fallen, land)
    balance = Balance(
        rain=total * area,
        lost=_sum(fallen - runs, land) * area,
        standing=float(water.sum()) * area,
        to_sea=float(arrived[TO_SEA + 2] + to_sea) * area,
        off_map=float(arrived[OFF_MAP + 2] + off_map) * area,
    )
    flood = Flood(grid.raster(depth.astype(np.float32), "depth"), "cloudburst", "bluespots")
    return RainFlood(flood, balance, water * area, level)


def _come_to_rest(spots: Bluespots, inflow: Array) -> tuple[Array, Array, float, float]:
    """Return water and level of each hollow, and what ran to the sea and off the map [m]."""
    tree = _tree(spots)
    hollows = len(spots)
    water = np.zeros(hollows)
    full = np.zeros(hollows, bool)
    # Spill only goes to lower ranks: the highest ranks first have all their inflow in time.
    leaves = np.argsort(-spots.order[spots.outermost[: spots.innermost]], kind="stable")
    to_sea, off_map = kernels.settle(
        tree, spots.room, leaves, inflow, water, full, np.arange(hollows)
    )
    return water, _levels(spots, tree, water, full), to_sea, off_map


def _depth(spots: Bluespots, land: Array, level: Array) -> Array:
    """Return the depth of the water under the levels, NaN off the land [m]."""
    depth = np.full(land.shape, np.nan)
    depth[land] = 0.0
    ground = np.ascontiguousarray(spots.terrain.values).reshape(-1)
    kernels.depths(ground, spots.catchment.values.reshape(-1), level, depth.reshape(-1))
    return depth


def rain_left(rain: Series, capacity: float | Array) -> Any:
    """Return the rain that is left when something takes up to a capacity all the time.

    The exact integral of max(rain - capacity, 0) over a series that is linear between its points.

    Parameters
    ----------
    rain
        Rain over time [m/s].
    capacity
        What is taken at most, one number or an array [m/s].

    Returns
    -------
    float or array
        [m], of the shape of `capacity`.

    Examples
    --------
    One hour at 10 mm/h over a sewer that takes 4 mm/h leaves 6 mm:

    >>> hour = Series(np.array([0.0, 3600.0]), np.array([10.0, 10.0]) / 3.6e6)
    >>> round(float(rain_left(hour, 4 / 3.6e6)), 6)
    0.006
    """
    taken = np.asarray(capacity, np.float64)
    left = np.zeros(taken.shape)
    for t0, t1, r0, r1 in zip(
        rain.seconds[:-1], rain.seconds[1:], rain.values[:-1], rain.values[1:], strict=True
    ):
        high, low = max(r0, r1) - taken, min(r0, r1) - taken
        # The part of the time in which it rains more than the capacity, and the mean of the rest.
        share = np.clip(high / np.where(high > low, high - low, 1.0), 0.0, 1.0)
        share = np.where(low >= 0.0, 1.0, share)
        mean = (np.maximum(high, 0.0) + np.maximum(low, 0.0)) / 2.0
        left = left + share * mean * (t1 - t0)
    return left if taken.ndim else float(left)


def _on_land(value: float | Raster, land: Array, name: str) -> Array:
    """Return a depth as an array that spreads over the grid; raises `BadValue`."""
    if isinstance(value, Raster):
        if value.shape != land.shape:
            raise BadValue(
                f"{name} of the terrain's shape {land.shape}",
                f"shape {value.shape}",
                "Resample it to the terrain.",
            )
        array = np.asarray(value.values, np.float64)
        bad = ~(array[land] >= 0.0) | np.isinf(array[land])
    else:
        array = np.asarray(float(value))
        bad = ~(array >= 0.0) | np.isinf(array)
    if bad.any():
        raise BadValue(
            f"{name} in metres, zero or more, everywhere on land",
            repr(value) if array.ndim == 0 else f"{int(bad.sum())} cells without",
            "Fill the gaps; millimetres are divided by 1000.",
        )
    return array


def _sum(values: Array, land: Array) -> float:
    """Sum depths over the land [m]."""
    if values.ndim == 0:
        return float(values) * int(land.sum())
    return float(values[land].sum())


def _by_owner(owner: Array, land: Array, runs: Array, innermost: int) -> Array:
    """Sum what runs off by OFF_MAP, TO_SEA and innermost hollow, shape (n + 2,) [m]."""
    where = owner[land] + 2
    if runs.ndim == 0:
        return np.bincount(where, minlength=innermost + 2) * float(runs)
    return np.bincount(where, weights=runs[land], minlength=innermost + 2)


def _tree(spots: Bluespots) -> Any:
    """Return the forest as the loops take it."""
    return kernels.Tree(
        spots.parent, spots.left, spots.right, spots.spill, spots.pour, spots.down, spots.order
    )


def _levels(spots: Bluespots, tree: Any, water: Array, full: Array) -> Array:
    """Find the water level of each hollow with water of its own or above it [m datum]."""
    level = np.where(full, spots.spill, -np.inf)
    partly = ~full & (water > 0.0)
    merged = spots.left >= 0
    parts = spots.left[merged], spots.right[merged]
    start = spots.bottom.copy()
    start[merged] = spots.spill[parts[0]]
    area = np.zeros(len(spots), np.int64)
    area[merged] = spots.cells[parts[0]] + spots.cells[parts[1]]
    level = np.where(partly, start + water / np.maximum(area, 1), level)
    drowned = spots.drowned.values
    asked = np.append(partly, False)[np.maximum(drowned, -1)]
    ground = np.asarray(spots.terrain.values[asked], np.float32) + np.float32(0.0)
    sequence = np.lexsort((ground, drowned[asked]))
    kernels.surfaces(drowned[asked][sequence], ground[sequence], start, area, water, level)
    kernels.hand_down(tree, level)
    return level

"""A storm's maps as the page plays them: depth by time, arrival, danger and still water.

Only cells that some water reaches are kept. The open sea is drawn as sea and is left out; in a
channel only the water above its banks is drawn, as in `page_ground.without_channels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood.dynamic.record import WET, Simulation
from fjordby.grid import Grid, Raster
from fjordby.harm.danger import danger_class
from fjordby.harm.moving_water import stabilities
from fjordby.study.pack import write_pack
from fjordby.study.page_ground import LARGEST_SIDE, NEVER, without_channels

#: Water thinner than this has no level of its own [m]; the engine's least depth.
THIN = 1e-3
#: In cells wider than the ground's, less than this on average is not looked for in pits [m;
#: assumed: a fifth of what counts as wet].
SHALLOW = 0.01
#: The deepest that is told apart on the map [m]: one byte of centimetres.
DEEPEST = 2.55
MINUTE = 60.0
#: Who is swept away, the weakest first: rows of `harm/stability.csv`, each within the next.
PEOPLE = ("children", "adults", "rescuers")
CARS = ("small_car", "large_car", "large_4wd")


@dataclass(frozen=True)
class StormMaps:
    """What the page draws of a storm, at the cells that any water reaches.

    Parameters
    ----------
    grid
        The page's frame: the city's grid, thinned where it is very large.
    cells
        Flat index of each cell on the frame, ascending, shape (n,).
    seconds
        Time of each frame, shape (t,) [s].
    depth
        Depth above the ground, in channels above the banks, shape (t, n) [m].
    peak, still
        The largest of the run, and that of the instant engine, shape (n,) [m].
    arrival
        When `WET` was first there, NaN = never, shape (n,) [s].
    people, cars
        0 where dry, 1 where all of `PEOPLE` or `CARS` stand, and one more for each of them that
        does not at some moment, shape (n,).
    danger
        Australian class H1 to H6 as 1 to 6, 0 where dry, shape (n,).
    """

    grid: Grid
    cells: Ints
    seconds: Floats
    depth: Array
    peak: Array
    still: Array
    arrival: Array
    people: Array
    cars: Array
    danger: Array

    @property
    def difference(self) -> Array:
        """Largest depth of the run less that of still water, shape (n,) [m]."""
        return self.peak - self.still

    def raster(self, values: Array, empty: float = 0.0) -> Array:
        """Return values of the cells as a map of shape (ny, nx)."""
        whole = np.full(self.grid.ny * self.grid.nx, empty, np.float32)
        whole[self.cells] = values
        return whole.reshape(self.grid.shape)


def storm_maps(
    city: City,
    run: Simulation,
    still: Raster,
    connection: Raster,
    largest_side: int = LARGEST_SIDE,
) -> StormMaps:
    """Lay a run on the page's frame, beside what still water does.

    Parameters
    ----------
    city
        The city.
    run
        Its storm, on any grid in the same coordinate system, with snapshots.
    still
        Depth of the same event by the instant engine, on the city's grid [m].
    connection
        The lowest sea level that reaches each cell [m], for the banks of the channels.
    largest_side
        As for `page_ground.ground_arrays`.

    Raises
    ------
    BadValue
        For a run without snapshots, or in other coordinates.
    """
    _expect(city, run)
    banks, _ = without_channels(city, connection)
    terrain = city.terrain.values.astype(np.float32)
    land = np.isfinite(terrain) & ~city.sea.values.astype(bool)
    lifted = np.where(land, banks - terrain, 0.0).astype(np.float32)
    stands = np.nan_to_num(still.values.astype(np.float32))
    near = _Near.of(city.grid, run.grid)
    least = THIN if run.grid == city.grid else SHALLOW
    wet = land & (near.nearest_of(np.nan_to_num(run.depth) > least) | (stands > THIN))
    index = np.flatnonzero(wet)
    laid = _Laid(near.at(index), terrain.ravel()[index], lifted.ravel()[index])
    frames = [laid.depth(run.bed, shot.depth) for shot in run.snapshots]
    peak = np.maximum(laid.depth(run.bed, run.depth), np.max(frames, axis=0))
    quiet = np.maximum(stands.ravel()[index] - laid.lifted, 0.0)
    seconds = np.array([shot.seconds for shot in run.snapshots])
    depth = np.stack(frames)
    speed, product = (laid.near.nearest(np.nan_to_num(a)) for a in (run.speed, run.depth_speed))
    shown = peak >= WET
    classes = danger_class(peak.astype(float), speed.astype(float), product.astype(float))
    maps = StormMaps(
        city.grid,
        index,
        seconds,
        depth,
        peak,
        quiet,
        _arrival(seconds, depth, peak, laid.near.nearest(run.arrival)),
        swept(PEOPLE, peak, speed, product),
        swept(CARS, peak, speed, product),
        np.where(shown, classes, 0).astype(np.uint8),
    )
    return _kept(_thinned(maps, -(-max(city.grid.shape) // largest_side)))


def swept(who: tuple[str, ...], depth: Array, speed: Array, product: Array) -> Array:
    """Return 1 where water stands and all of `who` do too, one more for each that is swept away.

    Parameters
    ----------
    who
        Rows of `harm/stability.csv`, the weakest first.
    depth, speed, product
        The largest of each [m], [m/s], [m2/s]: each limit is on one of them alone.
    """
    wet = depth >= WET
    steps = wet.astype(np.uint8)
    for one in stabilities():
        if one.id in who:
            beyond = (depth > one.depth) | (speed > one.speed) | (product > one.product)
            steps += wet & beyond
    return steps


def write_storm_maps(
    maps: StormMaps, path: Path, wall: Floats | None = None, floor: Floats | None = None
) -> int:
    """Write the maps as a pack and return its size [bytes].

    Arrays: `cells` (int32); `change` (uint8, (t, n)), where the first row is the depth of the
    first frame [cm] and every other what the next one adds to it, counted modulo 256; `peak` and
    `still` [cm, uint8]; `arrival` [minutes, int16]; `people`, `cars` and `danger` (uint8);
    `difference` [cm, int16]; and for each building `wall` and `floor`, when water reached them
    [minutes, int16].
    The header has `ny`, `nx`, `seconds`, `never` and `deepest` [m], from which depths are drawn
    alike.
    """
    depth = _cm(maps.depth)
    change = depth.copy()
    change[1:] = depth[1:] - depth[:-1]
    arrays = {
        "cells": maps.cells.astype(np.int32),
        "change": change,
        "peak": _cm(maps.peak),
        "still": _cm(maps.still),
        "arrival": minutes(maps.arrival),
        "people": maps.people,
        "cars": maps.cars,
        "danger": maps.danger,
        "difference": np.clip(np.rint(100.0 * maps.difference), -NEVER, NEVER).astype(np.int16),
    }
    for name, values in (("wall", wall), ("floor", floor)):
        if values is not None:
            arrays[name] = minutes(values)
    about = {
        "ny": maps.grid.ny,
        "nx": maps.grid.nx,
        "seconds": maps.seconds.tolist(),
        "never": NEVER,
        "deepest": DEEPEST,
    }
    return write_pack(path, arrays, about)


def minutes(seconds: Array) -> Array:
    """Return times in whole minutes (int16); NaN becomes `NEVER`."""
    whole = np.where(np.isfinite(seconds), np.rint(np.asarray(seconds, float) / MINUTE), NEVER)
    return np.clip(whole, -NEVER, NEVER).astype(np.int16)


def crossing(seconds: Floats, values: Array, limit: float | Array) -> Floats:
    """Return when each column of values first reaches a limit, linear between times; NaN = never.

    Parameters
    ----------
    seconds
        Shape (t,) [s].
    values
        Shape (t, n).
    limit
        One for all, or of shape (n,).

    Examples
    --------
    >>> crossing(np.array([0.0, 10.0]), np.array([[0.0, 0.0], [2.0, 0.5]]), 1.0).tolist()
    [5.0, nan]
    """
    over = values >= limit
    first = over.argmax(axis=0)
    column = np.arange(values.shape[1])
    before = np.maximum(first - 1, 0)
    low, high = values[before, column].astype(float), values[first, column].astype(float)
    rise = np.where(high > low, high - low, 1.0)
    share = np.where(first > 0, np.clip((limit - low) / rise, 0.0, 1.0), 1.0)
    when = seconds[before] + share * (seconds[first] - seconds[before])
    return np.where(over.any(axis=0), when, np.nan)


def _cm(metres: Array) -> Array:
    return np.clip(np.rint(metres * 100.0), 0, 255).astype(np.uint8)


def _expect(city: City, run: Simulation) -> None:
    if run.grid.crs != city.crs:
        raise BadValue(f"a run in {city.crs}", run.grid.crs, "Run it on this city.")
    if not run.snapshots:
        raise BadValue(
            "a run with snapshots", "none", "Ask for them with Asked(snapshots=...) and run again."
        )


def _arrival(seconds: Floats, depth: Array, peak: Array, told: Array) -> Floats:
    """Return when each cell was first wet: as the run tells it, where that agrees with the frames.

    The run counts from its own ground. In channels, whose water counts from the banks, and where
    cells are coarser than the ground, the frames decide.
    """
    when = crossing(seconds, depth, WET)
    late = np.isnan(when) & (peak >= WET)
    when = np.where(late, np.where(np.isfinite(told), told, seconds[depth.argmax(axis=0)]), when)
    step = np.diff(seconds).max() if seconds.size > 1 else 0.0
    agree = np.isfinite(told) & (np.abs(told - when) <= step) & (peak >= WET)
    return np.where(agree, told, when)


@dataclass(frozen=True)
class _Near:
    """Which cells of a run lie around cells of the ground, and how much each of the four counts."""

    cells: Ints
    weight: Array
    first: Ints
    shape: tuple[int, int]

    @classmethod
    def of(cls, ground: Grid, run: Grid) -> _Near:
        """Return the four neighbours of every cell of the ground; outside the run weight is 0."""
        row, column = (
            (run.north - ground.y) / run.cell - 0.5,
            (ground.x - run.west) / run.cell - 0.5,
        )
        rows, down = _pair(row, run.ny)
        columns, right = _pair(column, run.nx)
        index = [rows[a][:, None] * run.nx + columns[b][None, :] for a in (0, 1) for b in (0, 1)]
        share = [down[a][:, None] * right[b][None, :] for a in (0, 1) for b in (0, 1)]
        cells = np.stack([np.broadcast_to(i, ground.shape) for i in index], axis=-1)
        weight = np.stack(share, axis=-1).astype(np.float32)
        first = np.take_along_axis(cells, weight.argmax(axis=-1)[..., None], -1)[..., 0]
        return cls(cells.reshape(-1, 4), weight.reshape(-1, 4), first.reshape(-1), ground.shape)

    def at(self, index: Ints) -> _Near:
        """Return those of some cells."""
        return _Near(self.cells[index], self.weight[index], self.first[index], (1, index.size))

    def nearest(self, values: Array) -> Array:
        """Return the value of the nearest cell of the run."""
        found: Array = values.ravel()[self.first]
        return found

    def nearest_of(self, values: Bools) -> Bools:
        """Return the same as a map; False outside the run."""
        inside = self.weight.sum(axis=1) > 0.0
        return np.asarray((self.nearest(values) & inside).reshape(self.shape))


def _pair(place: Floats, count: int) -> tuple[tuple[Ints, Ints], tuple[Floats, Floats]]:
    """Return the cells before and after each place on an axis, and the share of each."""
    inside = (place >= -0.5) & (place <= count - 0.5)
    low = np.floor(place)
    share = np.where(inside, place - low, 0.0)
    before = np.clip(low, 0, count - 1).astype(np.int64)
    after = np.clip(low + 1, 0, count - 1).astype(np.int64)
    return (before, after), (np.where(inside, 1.0 - share, 0.0), share)


@dataclass(frozen=True)
class _Laid:
    """Cells of the ground with the run's cells around them."""

    near: _Near
    terrain: Array
    lifted: Array

    def depth(self, bed: Array, depth: Array) -> Array:
        """Return the depth that a map of the run has on the ground [m].

        Where the run's cells are those of the ground it is the run's own. Else, where the water
        is level among the cells around, it is that level less the ground; where it runs down a
        slope, the depth of the run's nearest cell.
        """
        flat = np.nan_to_num(depth).ravel()
        here = flat[self.near.first]
        if bool((self.near.weight.max(axis=1) >= 1.0 - 1e-6).all()):
            found = here
        else:
            found = self._downscaled(np.nan_to_num(bed).ravel() + flat, flat > THIN, here)
        above: Array = np.maximum(found - self.lifted, 0.0)
        return above

    def _downscaled(self, level: Array, wet: Bools, here: Array) -> Array:
        around = level[self.near.cells]
        counts = self.near.weight * wet[self.near.cells]
        total = counts.sum(axis=1)
        middle = (counts * around).sum(axis=1) / np.where(total > 0.0, total, 1.0)
        highest = np.where(counts > 0.0, around, -np.inf).max(axis=1)
        lowest = np.where(counts > 0.0, around, np.inf).min(axis=1)
        stands = highest - lowest <= here
        found = np.where(stands, np.maximum(middle - self.terrain, 0.0), here)
        return np.where(here > THIN, found, 0.0).astype(np.float32)


def _kept(maps: StormMaps) -> StormMaps:
    """Leave out cells that never have `WET` of any water, and depths that nobody would see."""
    keep = (maps.peak >= WET) | (maps.still >= WET)
    return StormMaps(
        maps.grid,
        maps.cells[keep],
        maps.seconds,
        np.ascontiguousarray(maps.depth[:, keep]),
        maps.peak[keep],
        maps.still[keep],
        maps.arrival[keep],
        maps.people[keep],
        maps.cars[keep],
        maps.danger[keep],
    )


def _thinned(maps: StormMaps, step: int) -> StormMaps:
    """Keep the worst of each block of cells; the same frame as `page_ground` draws."""
    if step == 1:
        return maps
    grid = maps.grid
    thin = Grid(
        grid.west, grid.north, grid.cell * step, -(-grid.ny // step), -(-grid.nx // step), grid.crs
    )
    row, column = np.divmod(maps.cells, grid.nx)
    owner = (row // step) * thin.nx + column // step
    order = np.argsort(owner, kind="stable")
    cells, starts = np.unique(owner[order], return_index=True)

    def worst(values: Array, pick: np.ufunc = np.maximum) -> Array:
        return np.asarray(pick.reduceat(values[..., order], starts, axis=-1))

    return StormMaps(
        thin,
        cells,
        maps.seconds,
        worst(maps.depth),
        worst(maps.peak),
        worst(maps.still),
        worst(maps.arrival, np.fmin),
        worst(maps.people),
        worst(maps.cars),
        worst(maps.danger),
    )

"""Levels of coarse cells brought down to the fine ground, while a run goes on and after it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.options import GRAVITY
from fjordby.flood.dynamic.subgrid.kernels import SEGMENT, Water
from fjordby.flood.dynamic.survey.kernels import DEEP, FILM


class Seen(NamedTuple):
    """What has been seen so far.

    A fine cell is wet by a depth when its coarse cell's level is above the larger of its `joins`
    and its ground plus that depth.
    """

    highest: Array  # (ny + 2, nx + 2) level [m]
    quick: Array  # (3, ny + 2, nx + 2) largest mean speed, and the flow and level then
    strong: Array  # (2, ny + 2, nx + 2) largest flow, and the level then
    low: Array  # (ny + 2, nx + 2) between these levels no fine cell changes its state [m]
    high: Array
    pending: Array  # (ny + 2, nx + 2) time between them that is not yet counted [s]
    lit: Array  # (ny + 2, segments + 2) uint8, 1 = some fine cell there is flooded
    arrival: Array  # fine, [s], below zero = not yet
    duration: Array  # (thresholds, fine) [s]
    thresholds: Array  # [m]
    froude: Array  # (ny + 2, 4) as in `survey.kernels.Seen`


class Fine(NamedTuple):
    """The fine ground."""

    bed: Array  # [m]
    joins: Array  # [m]
    rough: Array  # Manning's n, (1, 1) or fine
    factor: int


@njit(error_model="numpy", cache=True, nogil=True)
def look(
    water: Water, base: Array, fine: Fine, seen: Seen, now: float, passed: float, least: float
) -> None:
    """Look at the map at the time `now`, `passed` after the last look [s]."""
    end = water.volume.shape[1] - 1
    for j in range(1, water.volume.shape[0] - 1):
        for s in range(1, water.wet.shape[1] - 1):
            if water.wet[j, s] == 0 and seen.lit[j, s] == 0:
                continue
            first = (s - 1) * SEGMENT + 1
            seen.lit[j, s] = 0
            for i in range(first, min(first + SEGMENT, end)):
                level = water.level[j, i]
                seen.highest[j, i] = max(seen.highest[j, i], level)
                if level - base[j, i] > least:
                    look_flow(water, base, seen, j, i)
                if seen.low[j, i] <= level < seen.high[j, i]:
                    seen.pending[j, i] += passed
                else:
                    count(fine, seen, j, i)
                    cross(fine, seen, j, i, level, now)
                    seen.pending[j, i] = passed
                if seen.low[j, i] > -np.inf:
                    seen.lit[j, s] = 1


@njit(error_model="numpy", cache=True, nogil=True)
def look_flow(water: Water, base: Array, seen: Seen, j: int, i: int) -> None:
    """Take the flow of a wet cell into account."""
    level, flow, volume = water.level[j, i], water.flow[j, i], water.volume[j, i]
    depth = level - base[j, i]
    if not water.held[j, i]:
        depth = min(depth, volume * water.rise[j, i])
    if flow > seen.strong[0, j, i]:
        seen.strong[0, j, i], seen.strong[1, j, i] = flow, level
    speed = flow / max(volume, 1e-9)
    if depth > FILM and speed > seen.quick[0, j, i]:
        seen.quick[0, j, i], seen.quick[1, j, i], seen.quick[2, j, i] = speed, flow, level
    if depth >= seen.thresholds[0] and not water.held[j, i]:
        seen.froude[j, 0] += 1.0
        square = speed * speed / (GRAVITY * depth)
        if square > 1.0 and depth >= DEEP:
            seen.froude[j, 1] += 1.0
            if square > seen.froude[j, 2]:
                seen.froude[j, 2], seen.froude[j, 3] = square, i - 1


@njit(error_model="numpy", cache=True, nogil=True)
def count(fine: Fine, seen: Seen, j: int, i: int) -> None:
    """Count the pending time for the fine cells that were flooded in it."""
    f, low, pending = fine.factor, seen.low[j, i], seen.pending[j, i]
    seen.pending[j, i] = 0.0
    if low == -np.inf or pending == 0.0:
        return
    for k in range(seen.thresholds.size):
        limit = seen.thresholds[k]
        for row in range((j - 1) * f, j * f):
            for col in range((i - 1) * f, i * f):
                if max(fine.joins[row, col], fine.bed[row, col] + limit) <= low:
                    seen.duration[k, row, col] += pending


@njit(error_model="numpy", cache=True, nogil=True)
def cross(fine: Fine, seen: Seen, j: int, i: int, level: float, now: float) -> None:
    """Find the levels between which nothing changes, and note who is reached for the first time."""
    f, low, high = fine.factor, -np.inf, np.inf
    for k in range(seen.thresholds.size):
        limit = seen.thresholds[k]
        for row in range((j - 1) * f, j * f):
            for col in range((i - 1) * f, i * f):
                need = max(fine.joins[row, col], fine.bed[row, col] + limit)
                if need <= level:
                    low = max(low, need)
                    if k == 0 and seen.arrival[row, col] < 0.0:
                        seen.arrival[row, col] = now
                elif need < high:
                    high = need
    seen.low[j, i], seen.high[j, i] = low, high


@njit(error_model="numpy", cache=True, nogil=True)
def count_all(fine: Fine, seen: Seen) -> None:
    """Count all pending time."""
    for j in range(1, seen.low.shape[0] - 1):
        for i in range(1, seen.low.shape[1] - 1):
            count(fine, seen, j, i)


@njit(error_model="numpy", cache=True, nogil=True)
def depths(level: Array, fine: Fine, found: Array) -> None:
    """Write the depth of each fine cell under levels of coarse cells, with their rim [m]."""
    f = fine.factor
    for row in range(fine.bed.shape[0]):
        for col in range(fine.bed.shape[1]):
            here = level[row // f + 1, col // f + 1]
            wet = here > fine.joins[row, col]
            found[row, col] = here - fine.bed[row, col] if wet else 0.0


@njit(error_model="numpy", cache=True, nogil=True)
def speeds(flow: Array, level: Array, fine: Fine, found: Array) -> None:
    """Write the speed of each fine cell: the flow of its coarse cell, shared by conveyance [m/s].

    Under one friction slope the speed is as h^(2/3) / n (Volp et al. 2013); their sum over the
    cell is its flow. `flow` may be a component, with a sign.
    """
    f = fine.factor
    for j in range(1, flow.shape[0] - 1):
        for i in range(1, flow.shape[1] - 1):
            if flow[j, i] == 0.0:
                continue
            carry = 0.0
            for row in range((j - 1) * f, j * f):
                for col in range((i - 1) * f, i * f):
                    carry += unit_speed(level[j, i], fine, row, col) * max(
                        level[j, i] - fine.bed[row, col], 0.0
                    )
            if carry <= 0.0:
                continue
            for row in range((j - 1) * f, j * f):
                for col in range((i - 1) * f, i * f):
                    if level[j, i] - fine.bed[row, col] > FILM:
                        unit = unit_speed(level[j, i], fine, row, col)
                        found[row, col] = flow[j, i] * unit / carry * f * f


@njit(error_model="numpy", cache=True, nogil=True)
def unit_speed(level: float, fine: Fine, row: int, col: int) -> float:
    """Return h^(2/3) / n of a fine cell, 0 where the level does not reach it."""
    h = level - fine.bed[row, col]
    if not level > fine.joins[row, col] or h <= 0.0:
        return 0.0
    n = fine.rough[row % fine.rough.shape[0], col % fine.rough.shape[1]]
    return float(np.cbrt(h) ** 2 / max(n, 1e-4))


@njit(error_model="numpy", cache=True, nogil=True)
def smooth_depths(
    level: Array, base: Array, sill_x: Array, sill_y: Array, fine: Fine, found: Array
) -> None:
    """Write depths under a surface that is linear between the middles of joined coarse cells.

    Two cells count as joined when the water of both stands above the sill between them.
    """
    f = fine.factor
    for row in range(fine.bed.shape[0]):
        j = row // f + 1
        v = (row % f + 0.5) / f - 0.5
        dj = 1 if v >= 0.0 else -1
        for col in range(fine.bed.shape[1]):
            i = col // f + 1
            u = (col % f + 0.5) / f - 0.5
            di = 1 if u >= 0.0 else -1
            here = level[j, i]
            found[row, col] = 0.0
            if not here > fine.joins[row, col]:
                continue
            rise_x = rise_y = 0.0
            side = level[j, i + di]
            if side > base[j, i + di] and min(side, here) > sill_x[j, max(i, i + di)]:
                rise_x = abs(u) * (side - here)
            side = level[j + dj, i]
            if side > base[j + dj, i] and min(side, here) > sill_y[max(j, j + dj), i]:
                rise_y = abs(v) * (side - here)
            found[row, col] = max(here + rise_x + rise_y - fine.bed[row, col], 0.0)

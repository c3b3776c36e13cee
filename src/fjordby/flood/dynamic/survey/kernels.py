"""Largest depth, speed and so on over time, looked at every few seconds in wet segments only."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.flow.kernels import INLINE, LOOP, WITHIN, largest
from fjordby.flood.dynamic.sweep.kernels import ROWS, SEGMENT, State, column_of

#: Depth below which a speed is not believed [m]: films of rain.
FILM = 0.01
#: Speeds of more than so many times that of waves are not believed, and do not shorten the step;
#: assumed: uniform flow in streets and on slopes stays below 2.5.
WILD = 2.5
#: Depth from which flow faster than its own waves is told of [m].
DEEP = 0.05


NO_TICKS = np.uint16(0)


class Seen(NamedTuple):
    """What has been seen so far, flat as in `State`; times in ticks of the run's clock."""

    depth: Array  # [m]
    speed: Array  # [m/s]
    flow: Array  # depth x speed [m2/s]
    arrival: Array  # uint16 [ticks + 1], 0 = not yet
    duration: Array  # (thresholds, cells) uint16 [ticks]
    thresholds: Array  # (thresholds,) [m]
    quick: Array  # (rows + 2, segments) how fast cells empty now [m/s], and as bits
    quick_bits: Array
    froude: Array  # (rows + 2, 4): wet cells, those above Froude 1, the worst, and its column
    now: Array  # (segment,) room for the speeds of a segment, and the same memory as bits
    now_bits: Array
    passed: Array  # (1,) uint16, time since the last look [ticks]
    film: Any  # FILM in that precision
    wild: Any  # WILD x the square root of gravity
    wade_bits: Any  # the first threshold as bits


@njit(**WITHIN)
def look_run(
    depth: Array, flow: Array, deepest: Array, fastest: Array, strongest: Array, first: Any,
    count: Any, least: Any, film: Any, wild: Any, none: Any,
) -> None:  # fmt: skip
    """Take a run of cells into the largest of depth, speed and flow.

    Nobody believes the speed of a film, nor one of more than WILD times that of waves: where
    water has just left a cell, little depth and much flow meet.
    """
    for i in range(count):
        h, q = depth[first + i], flow[first + i]
        deepest[first + i] = max(deepest[first + i], h)
        strongest[first + i] = max(strongest[first + i], q)
        speed = min(q / max(h, least), wild * np.sqrt(h))
        fastest[first + i] = max(fastest[first + i], speed if h > film else none)


@njit(**WITHIN)
def leave_run(
    depth: Array, east: Array, south: Array, now: Array, first: Any, below: Any, count: Any,
    least: Any, wild: Any,
) -> None:  # fmt: skip
    """Write into `now` how fast a run of cells empties over its quickest face [m/s].

    Water that falls off a ledge gains any speed in this form of the equations; beyond WILD times
    the speed of its waves it does not shorten the step.
    """
    beyond = first + np.uint64(1)
    for i in range(count):
        h = depth[first + i]
        along = max(east[beyond + i], -east[first + i])
        out = max(along, max(south[below + i], -south[first + i]))
        now[i] = min(out / max(h, least), wild * np.sqrt(h))


@njit(**WITHIN)
def stay_run(depth: Array, lasted: Array, first: Any, count: Any, limit: Any, passed: Any) -> None:
    """Count the time that a run of cells has been as deep as a limit."""
    for i in range(count):
        more = passed if depth[first + i] >= limit else NO_TICKS
        lasted[first + i] = lasted[first + i] + more


@njit(**INLINE)
def wade(state: State, seen: Seen, row: int, first: int, last: int, width: int, now: int,
         gravity: float) -> None:  # fmt: skip
    """Note when water came, and where it flows faster than its own waves."""
    limit = seen.thresholds[0]
    for i in range(first, last):
        h = state.depth[i]
        if h >= limit:
            if seen.arrival[i] == 0:
                seen.arrival[i] = now + 1
            seen.froude[row, 0] += 1.0
            fast, fall = state.flow[i] * state.flow[i], gravity * h * h * h
            if fast > fall and h >= DEEP:
                seen.froude[row, 1] += 1.0
                if fast > seen.froude[row, 2] * fall:
                    seen.froude[row, 2] = fast / fall
                    seen.froude[row, 3] = i - row * width - 1


@njit(**INLINE)
def look_row(
    state: State, seen: Seen, row: int, width: int, now: int, gravity: float, least: Any,
) -> None:  # fmt: skip
    """Look at one row at the time `now` [ticks]."""
    none = least - least
    for s in range(state.wet.shape[1]):
        seen.quick[row, s] = none
        if state.wet[row, s] == 0:
            continue
        a = row * width + column_of(s)
        first, count = np.uint64(a), np.uint64(SEGMENT)
        look_run(
            state.depth, state.flow, seen.depth, seen.speed, seen.flow, first, count, least,
            seen.film, seen.wild, none,
        )  # fmt: skip
        leave_run(
            state.depth, state.east, state.south, seen.now, first, np.uint64(a + width), count,
            least, seen.wild,
        )  # fmt: skip
        for k in range(seen.thresholds.size):
            stay_run(
                state.depth, seen.duration[k], first, count, seen.thresholds[k], seen.passed[0],
            )  # fmt: skip
        if state.top[row, s] >= seen.wade_bits:
            wade(state, seen, row, a, a + SEGMENT, width, now, gravity)
        seen.quick_bits[row, s] = largest(seen.now_bits, np.uint64(0), count)


@njit(cache=True, **LOOP)
def look(
    state: State, seen: Seen, width: int, now: int, passed: int, gravity: float,
    least: Any,
) -> None:  # fmt: skip
    """Look at the whole map at the time `now`, `passed` after the last look [ticks]."""
    seen.passed[0] = passed
    for row in range(1, state.wet.shape[0] - 1):
        look_row(state, seen, row, width, now, gravity, least)


@njit(cache=True, **LOOP)
def crests(state: State, quick_bits: Array, top: Array, quick: Array, wet: Array) -> None:
    """Write the largest depth and speed of each block, as bits, and whether it has water."""
    top[:], quick[:], wet[:] = 0, 0, False
    for row in range(1, state.wet.shape[0] - 1):
        block = (row - 1) // ROWS
        for s in range(state.wet.shape[1]):
            if state.wet[row, s] != 0:
                top[block, s] = max(top[block, s], state.top[row, s])
                quick[block, s] = max(quick[block, s], quick_bits[row, s])
                wet[block, s] = True


@njit(cache=True, **LOOP)
def volume(depth: Array, width: int, rows: int, columns: int) -> float:
    """Return the sum of all depths, in double precision [m]."""
    total = 0.0
    for row in range(1, rows + 1):
        part = 0.0
        for i in range(row * width + 1, row * width + 1 + columns):
            part += float(depth[i])
        total += part
    return total

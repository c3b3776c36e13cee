"""Largest depth, speed and so on over time, looked at every few seconds in wet segments only."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.flow.kernels import LOOP
from fjordby.flood.dynamic.sweep.kernels import State

#: Depth below which a speed is not believed [m]: films of rain.
FILM = 0.01
#: Depth from which flow faster than its own waves is told of [m].
DEEP = 0.05


class Seen(NamedTuple):
    """What has been seen so far, flat as in `State`."""

    depth: Array  # [m]
    speed: Array  # [m/s]
    flow: Array  # depth x speed [m2/s]
    arrival: Array  # [s], below zero = not yet
    duration: Array  # (thresholds, cells) [s]
    thresholds: Array  # (thresholds,) [m]
    quick: Array  # (rows + 2, segments) largest speed now [m/s]
    froude: Array  # (rows + 2, 4): wet cells, those above Froude 1, the worst, and its column


@njit(**LOOP)
def look_row(
    state: State, seen: Seen, row: int, columns: Array, width: int, now: float, passed: float,
    gravity: float, least: Any,
) -> None:  # fmt: skip
    """Look at one row: `now` is the time, `passed` the time since the last look [s]."""
    zero = least - least
    for s in range(state.wet.shape[1]):
        quick = zero
        if state.wet[row, s] != 0:
            for i in range(row * width + columns[s], row * width + columns[s + 1]):
                h, q = state.depth[i], state.flow[i]
                seen.depth[i] = max(seen.depth[i], h)
                seen.flow[i] = max(seen.flow[i], q)
                speed = q / max(h, least)
                quick = max(quick, speed)
                if h > FILM:
                    seen.speed[i] = max(seen.speed[i], speed)
            for k in range(seen.thresholds.size):
                limit = seen.thresholds[k]
                for i in range(row * width + columns[s], row * width + columns[s + 1]):
                    if state.depth[i] >= limit:
                        seen.duration[k, i] += passed
                        if k == 0:
                            if seen.arrival[i] < zero:
                                seen.arrival[i] = now
                            seen.froude[row, 0] += 1.0
                            fast = state.flow[i] * state.flow[i]
                            fall = gravity * state.depth[i] ** 3
                            if fast > fall and state.depth[i] >= DEEP:
                                seen.froude[row, 1] += 1.0
                                if fast > seen.froude[row, 2] * fall:
                                    seen.froude[row, 2] = fast / fall
                                    seen.froude[row, 3] = i - row * width - 1
        seen.quick[row, s] = quick


@njit(cache=True, **LOOP)
def look(
    state: State, seen: Seen, columns: Array, width: int, now: float, passed: float,
    gravity: float, least: Any,
) -> None:  # fmt: skip
    """Look at the whole map."""
    for row in range(1, state.wet.shape[0] - 1):
        look_row(state, seen, row, columns, width, now, passed, gravity, least)


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

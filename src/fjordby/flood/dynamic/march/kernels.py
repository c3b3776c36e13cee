"""A stretch of small steps, on one core or several; both give the same bits."""

from __future__ import annotations

from numba import njit, prange

from fjordby.arrays import Array
from fjordby.flood.dynamic.flow.kernels import LOOP, Pace
from fjordby.flood.dynamic.sources.kernels import Points, exchange, prepare
from fjordby.flood.dynamic.structures.tables import LinkTable
from fjordby.flood.dynamic.sweep.kernels import (
    Scratch,
    State,
    Walls,
    highest_due,
    remember_beside,
    sweep_stripe,
)


@njit(cache=True, **LOOP)
def alone(
    state: State, across: Walls, down: Walls, pace: Pace, scratch: Scratch, points: Points,
    links: LinkTable, levels: Array, inflows: Array, bounds: Array, nx: int, width: int,
    cell: float, turn: int,
) -> tuple[int, int]:  # fmt: skip
    """Take as many small steps as there are rows of `levels`; return the cells and the steps.

    Fewer where water rises above what a block's time step is good for: up to the end of a round
    of `turn` small steps, after which all blocks stand at the same time.
    """
    done, taken = 0, 0
    scratch.alarm[:] = False
    for sub in range(levels.shape[0]):
        due = highest_due(sub)
        prepare(state, points, links, width, levels[sub], pace.seconds[0], cell, pace.least)
        for k in range(bounds.size - 1):
            remember_beside(state, scratch, width, k, bounds[k], bounds[k + 1])
        for k in range(bounds.size - 1):
            done += sweep_stripe(
                state, across, down, pace, scratch, k, bounds[k], bounds[k + 1], nx, width,
                due, cell,
            )  # fmt: skip
        exchange(state, points, width, inflows[sub], pace.seconds[0], cell, pace.least)
        taken += 1
        if taken % turn == 0 and scratch.alarm.any():
            break
    return done, taken


@njit(**LOOP)
def one_stripe(
    state: State, across: Walls, down: Walls, pace: Pace, scratch: Scratch, bounds: Array, k: int,
    nx: int, width: int, due: int, cell: float,
) -> None:  # fmt: skip
    """Compute one stripe, and note how many cells that were."""
    scratch.done[k] += sweep_stripe(
        state, across, down, pace, scratch, k, bounds[k], bounds[k + 1], nx, width, due, cell
    )


@njit(error_model="numpy", cache=True, parallel=True)
def together(
    state: State, across: Walls, down: Walls, pace: Pace, scratch: Scratch, points: Points,
    links: LinkTable, levels: Array, inflows: Array, bounds: Array, nx: int, width: int,
    cell: float, turn: int,
) -> tuple[int, int]:  # fmt: skip
    """The same with one core for each stripe."""
    taken = 0
    scratch.alarm[:] = False
    for k in range(bounds.size - 1):
        scratch.done[k] = 0
    for sub in range(levels.shape[0]):
        due = highest_due(sub)
        prepare(state, points, links, width, levels[sub], pace.seconds[0], cell, pace.least)
        for k in range(bounds.size - 1):
            remember_beside(state, scratch, width, k, bounds[k], bounds[k + 1])
        for k in prange(bounds.size - 1):
            one_stripe(state, across, down, pace, scratch, bounds, k, nx, width, due, cell)
        exchange(state, points, width, inflows[sub], pace.seconds[0], cell, pace.least)
        taken += 1
        if taken % turn == 0 and scratch.alarm.any():
            break
    done = 0
    for k in range(bounds.size - 1):
        done += scratch.done[k]
    return done, taken

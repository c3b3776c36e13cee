"""One step of shallow water over the whole grid: flow over every face, then depth in every cell.

The physics is in `flow`; the loops here know of rows, segments of rows that are dry, and blocks
whose own time step is longer than the smallest. One sweep from north to south does both: below a
row, the flow over its south faces is computed from depths that nobody has touched yet, then the
row's own depth changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.flow.ahead.kernels import fetch
from fjordby.flood.dynamic.flow.kernels import (
    INLINE,
    LOOP,
    Pace,
    copy_run,
    fill_cells,
    flow_faces,
    largest,
    receive,
)
from fjordby.flood.dynamic.structures import kernels as laws
from fjordby.flood.dynamic.structures.tables import FaceTable

#: Cells of a row that are dry or wet together, and rows of a block that share a time step.
SEGMENT = 32
ROWS = 16
#: Block steps are 1, 2, 4 and 8 times the smallest; more would gain little: half the work is
#: then in blocks that step eight times already.
LEVELS = 4
#: Numbers of single precision in a line of cache.
LINE = 16
#: Rows beside a stripe that are kept as they were: one above and two below.
GHOSTS = 3

#: A segment that was wet in the last step, and one that has fallen dry and stops its flow once.
WET_NOW, DRIED = np.uint8(3), np.uint8(1)


class State(NamedTuple):
    """The water and its ground, flat, row after row from north to south with a rim of closed cells.

    Cell (row, column) is at (row + 1) x width + column + 1. Rows are prolonged by closed cells to
    whole segments, so that vector code never meets an odd end. Behind the last row stand GHOSTS
    rows for each stripe, copies of the rows beside it.
    """

    bed: Array  # height of the ground [m]
    friction: Array  # half the square of Manning's n [s2/m^(2/3)]; one row where all are the same
    depth: Array  # [m]
    bits: Array  # the same memory read as whole numbers: the order of floats from zero up is theirs
    east: Array  # flow over the west face of each cell, positive to the east [m2/s]
    south: Array  # flow over the north face of each cell, positive to the south [m2/s]
    flow: Array  # size of the flow in the middle of each cell [m2/s]
    wet: Array  # (rows + 2, segments) uint8, see WET_NOW
    top: Array  # (rows + 2, segments) largest depth of each segment after its last step, as bits
    level: Array  # (blocks of rows, segments) uint8: its time step is 2**level of the smallest
    roof: Array  # (blocks of rows, segments) depth that its time step is too long above, as bits
    # (rows + 2, LEVELS, 2) segments of each row, from and to, in which anything may move in a
    # stretch, at small steps when blocks up to a level are due
    span: Array


class Walls(NamedTuple):
    """The structures on the west faces, or on the north faces (see `FaceTable`), and what passed.

    One level deep, since what runs on several cores takes no tables within tables.
    """

    start: Array
    column: Array
    first: Array
    law: Array
    crest: Array
    lid: Array
    share: Array
    coefficient: Array
    way: Array
    passed: Array  # (entries,) water that went past each entry since the start [m3]


def walls_of(table: FaceTable) -> Walls:
    """Return a face table as the sweep takes it; what moves in the one moves in the other."""
    return Walls(
        table.start, table.column, table.first, table.law, table.crest, table.lid, table.share,
        table.coefficient, table.way, np.zeros(table.owner.size),
    )  # fmt: skip


class Scratch(NamedTuple):
    """Room to work in for each stripe."""

    buffer: Array  # three rows of width for each stripe: new flows to the south twice, and east
    wet: Array  # (stripes, 2, segments) marks of the rows above and below as they were
    times: Array  # (stripes, 4, segments + 1) time shares of the faces of the row at hand [s/m]
    done: Array  # (stripes,) cells computed
    alarm: Array  # (stripes,) whether water has risen above the roof of a block


@njit(**INLINE)
def last_entry(first: Array, p: int, stop: int) -> int:
    """Return where the entries of the face that entry `p` begins have ended."""
    p += 1
    while p < stop and first[p] == 0:
        p += 1
    return p


@njit(**LOOP)
def structure_flow(
    walls: Walls, p: int, stop: int, depth0: Any, bed0: Any, depth1: Any, bed1: Any, before: Any,
    seconds: Any, most: Any, cell: float, count: bool,
) -> float:  # fmt: skip
    """Return the flow over a face that structures stand on: the entries from `p` to `stop` [m2/s].

    The sum of their laws, which the water reaches as fast as its drop can move it
    (`structures.kernels.ease`); never more than a quarter of a cell in a step.
    """
    level0, level1 = float(bed0) + float(depth0), float(bed1) + float(depth1)
    total = 0.0
    for e in range(p, stop):
        total += laws.edge_flow(
            walls.law[e], level0, float(bed0), level1, float(bed1), walls.crest[e], walls.lid[e],
            walls.share[e], walls.coefficient[e], walls.way[e],
        )  # fmt: skip
    depth = max(level0, level1) - max(float(bed0), float(bed1))
    push = laws.GRAVITY * depth * (level0 - level1) * seconds / cell
    q = laws.ease(total, float(before), push)
    q = max(min(q, float(depth0) * most), -float(depth1) * most)
    if q * total <= 0.0:
        return 0.0
    if count:
        for e in range(p, stop):
            part = laws.edge_flow(
                walls.law[e], level0, float(bed0), level1, float(bed1), walls.crest[e],
                walls.lid[e], walls.share[e], walls.coefficient[e], walls.way[e],
            )  # fmt: skip
            walls.passed[e] += q * part / total * seconds * cell
    return float(q)


@njit(**LOOP)
def highest_due(sub: int) -> int:
    """Return the highest level of the blocks that take a step at this small step."""
    k = 0
    while k < LEVELS - 1 and (sub >> k) & 1 == 0:
        k += 1
    return k


@njit(**INLINE)
def column_of(segment: int) -> int:
    """Return the first place of a segment in its row."""
    return segment * SEGMENT + 1


@njit(**INLINE)
def row_times(
    wet: Array, wet_below: Array, level: Array, level_below: Array, due: int, share: Array,
    first: int, last: int, own: Array, west: Array, below: Array,
) -> tuple[bool, bool]:  # fmt: skip
    """Say which faces of a row move now: their time step over the cell side, or 0 [s/m].

    Blocks up to the level `due` take a step. `own` is for the faces within each segment from
    `first` up to `last`, `west` for the face west of it (one more than segments), `below` for
    those south of it. Returns whether anything moves, and whether anything does south of it.
    """
    moves = stirs = False
    for s in range(wet.size):
        below[s] = 0.0
    for s in range(first, last):
        here = wet[s] != 0
        at = level[s]
        own[s] = share[at] if here and at <= due else 0.0
        lower = min(at, level_below[s])
        below[s] = share[lower] if (here or wet_below[s] != 0) and lower <= due else 0.0
        west[s] = 0.0
        if s > 0:
            side = min(at, level[s - 1])
            if (here or wet[s - 1] != 0) and side <= due:
                west[s] = share[side]
        elif here and at <= due:
            west[s] = share[at]
        stirs = stirs or below[s] > 0
        moves = moves or own[s] > 0 or west[s] > 0
    if last > first:
        west[last] = own[last - 1]
    return moves or stirs, stirs


@njit(**INLINE)
def row_of_friction(state: State, width: int) -> int:
    """Return how far it is from one row of friction to the next: nothing where there is one."""
    return width if state.friction.size > width else 0


@njit(**INLINE)
def fetch_row(state: State, first: int, width: int, count: int) -> None:
    """Ask for what the next row needs; a run of cells of this one begins at `first`."""
    for i in range(first, first + count, LINE):
        fetch(state.east, i + width)
        fetch(state.depth, i + 2 * width)
        fetch(state.bed, i + 2 * width)
        if state.friction.size > width:
            fetch(state.friction, i + 2 * width)
        fetch(state.flow, i + 2 * width)
        fetch(state.south, i + 3 * width)


@njit(**LOOP)
def sweep_stripe(
    state: State, across: Walls, down: Walls, pace: Pace, scratch: Scratch, stripe: int,
    first: int, last: int, nx: int, width: int, due: int, cell: float,
) -> int:  # fmt: skip
    """Move the water of the rows from `first` up to `last` once; return the cells computed."""
    rows = state.wet.shape[0]
    tall = row_of_friction(state, width)
    own, west = scratch.times[stripe, 0], scratch.times[stripe, 1]
    time_north, time_south = scratch.times[stripe, 2], scratch.times[stripe, 3]
    wet_beside = scratch.wet[stripe]
    ghost = rows + GHOSTS * stripe
    north, south = 3 * stripe * width, (3 * stripe + 1) * width
    done = 0
    stirred = False  # whether anything moved over the faces north of this row
    time_north[:] = 0.0
    for j in range(first - 1, last):
        span = state.span[max(j, 1), due]
        start, stop_at = span[0], span[1]
        if start >= stop_at and not stirred:
            continue
        # Row first - 1 belongs to the stripe above: only its south faces are computed here.
        mine, end = j >= first, j == last - 1
        wet_j = state.wet[j] if mine else wet_beside[0]
        wet_b = wet_beside[1] if end else state.wet[j + 1]
        level_j = state.level[max(j - 1, 0) // ROWS]
        level_b = state.level[min(j // ROWS, state.level.shape[0] - 1)]
        moves, stirs = row_times(
            wet_j, wet_b, level_j, level_b, due, pace.share, start, stop_at, own, west, time_south
        )
        if moves or (mine and stirred):
            water0 = (j if mine else ghost) * width
            water1 = (ghost + 1 if end else j + 1) * width
            before = (j if mine else ghost) * width
            face = (ghost + 1 if end else j + 1) * width
            after = (ghost + 2 if end else (ghost + 1 if j == last - 2 else j + 2)) * width
            s = start
            while s < stop_at:
                e = run_end(time_south, s, stop_at)
                if time_south[s] > 0:
                    a, n = column_of(s), (e - s) * SEGMENT
                    fetch_row(state, j * width + a, width, n)
                    flow_faces(
                        state.depth, state.bed, state.friction, state.flow, state.south,
                        scratch.buffer, np.uint64(water0 + a), np.uint64(water1 + a),
                        np.uint64(j * width + a), np.uint64((j + 1) * width + a),
                        np.uint64(j * tall + a), np.uint64((j + 1) * tall + a),
                        np.uint64(before + a), np.uint64(face + a), np.uint64(after + a),
                        np.uint64(south + a), np.uint64(n), pace, min(level_j[s], level_b[s]), 1,
                    )  # fmt: skip
                s = e
            p, stop = 0, 0
            if j < rows - 2:
                p, stop = down.start[j], down.start[j + 1]
            while p < stop:
                after_it = last_entry(down.first, p, stop)
                i = down.column[p] + 1
                s = (i - 1) // SEGMENT
                if time_south[s] > 0:
                    k = min(level_j[s], level_b[s])
                    # The face south of the last row belongs to the next stripe.
                    scratch.buffer[south + i] = structure_flow(
                        down, p, after_it, state.depth[water0 + i], state.bed[j * width + i],
                        state.depth[water1 + i], state.bed[(j + 1) * width + i],
                        state.south[face + i], pace.seconds[k], pace.most[k], cell, not end,
                    )  # fmt: skip
                p = after_it
            if mine:
                cells, alarm = move_row(
                    state, across, pace, scratch.buffer, own, west, time_north, time_south, north,
                    south, (3 * stripe + 2) * width, level_j, j, width, nx, cell, start,
                    stop_at,
                )  # fmt: skip
                done += cells
                scratch.alarm[stripe] = scratch.alarm[stripe] or alarm
        time_north, time_south = time_south, time_north
        north, south = south, north
        stirred = stirs
    return done


@njit(**INLINE)
def move_row(
    state: State, across: Walls, pace: Pace, buffer: Array, own: Array, west: Array,
    time_north: Array, time_south: Array, north: int, south: int, spare: int, level: Array,
    j: int, width: int, nx: int, cell: float, start: int, count: int,
) -> tuple[int, bool]:  # fmt: skip
    """Compute the west faces of a row, then change its depths.

    Returns the cells computed, and whether water has risen above the roof of a block.

    Only the segments from `start` up to `count` are looked at.

    `north`, `south` and `spare` are rows of the buffer: the new flows over the north and south
    faces, and room for those over the west faces.
    """
    row, rough = j * width, j * row_of_friction(state, width)
    s = start
    while s < count:
        e = run_end(time_north, s, count)
        if time_north[s] > 0:
            a, n = column_of(s), np.uint64((e - s) * SEGMENT)
            copy_run(buffer, state.south, np.uint64(north + a), np.uint64(row + a), n)
        s = e
    s = start
    while s < count:
        e = joined_end(own, west, s, count)
        a, n = column_of(s), (e - s) * SEGMENT
        if own[s] > 0:
            west_faces(state, pace, buffer, row, rough, a, n, spare, level[s])
        # The outer west face may belong to a quicker neighbour, and may be the only one to move.
        if west[s] > 0 and west[s] != own[s]:
            k = min(level[s], level[max(s - 1, 0)])
            west_faces(state, pace, buffer, row, rough, a, 1, spare, k)
        s = e
    p, stop = across.start[j - 1], across.start[j]
    while p < stop:
        after_it = last_entry(across.first, p, stop)
        i = across.column[p] + 1
        s = (i - 1) // SEGMENT
        outer = i == column_of(s)
        if start <= s < count and (west[s] if outer else own[s]) > 0:
            k = min(level[s], level[max(s - 1, 0)]) if outer else level[s]
            buffer[spare + i] = structure_flow(
                across, p, after_it, state.depth[row + i - 1], state.bed[row + i - 1],
                state.depth[row + i], state.bed[row + i], state.east[row + i], pace.seconds[k],
                pace.most[k], cell, True,
            )  # fmt: skip
        p = after_it
    s = start
    while s < count:
        e = joined_end(own, west, s, count)
        a = column_of(s)
        # Where a segment moves its outer west face moves too.
        n = np.uint64((e - s) * SEGMENT) if own[s] > 0 else np.uint64(west[s] > 0)
        copy_run(buffer, state.east, np.uint64(spare + a), np.uint64(row + a), n)
        s = e
    done, alarm = 0, False
    s = start
    while s < count:
        last, e = joined_end(own, west, s, count), s + 1
        while e < last and time_north[e] == time_north[s] and time_south[e] == time_south[s]:
            e += 1
        done += change_depths(
            state, buffer, own, west, time_north, time_south, s, e, row, north, south, nx
        )
        for k in range(s, e):
            beside = time_north[k] > 0 or time_south[k] > 0
            if not (own[k] > 0 or beside or west[k] > 0 or west[k + 1] > 0):
                continue
            top = largest(state.bits, np.uint64(row + column_of(k)), np.uint64(SEGMENT))
            state.top[j, k] = top
            alarm = alarm or top > state.roof[(j - 1) // ROWS, k]
            if top > pace.least_bits:
                state.wet[j, k] = WET_NOW
            elif own[k] > 0:
                state.wet[j, k] = state.wet[j, k] >> 1
        s = e
    return done, alarm


@njit(**INLINE)
def change_depths(
    state: State, buffer: Array, own: Array, west: Array, time_north: Array, time_south: Array,
    s: int, e: int, row: int, north: int, south: int, nx: int,
) -> int:  # fmt: skip
    """Change the depths of the segments from `s` up to `e` of a row; return the cells computed."""
    a, n = column_of(s), (e - s) * SEGMENT
    here, up, low = np.uint64(row + a), np.uint64(north + a), np.uint64(south + a)
    done = 0
    if own[s] > 0:
        fill_cells(
            state.depth, state.flow, state.east, buffer, here, up, low, np.uint64(n), own[s],
            time_north[s], time_south[s],
        )  # fmt: skip
        done = min(n, nx + 1 - a)
    elif time_north[s] > 0 or time_south[s] > 0:
        receive(state.depth, buffer, here, up, low, np.uint64(n), time_north[s], time_south[s])
    # The outermost faces may belong to a quicker neighbour.
    if west[s] != own[s]:
        state.depth[row + a] += (west[s] - own[s]) * state.east[row + a]
    if west[e] != own[s]:
        state.depth[row + a + n - 1] -= (west[e] - own[s]) * state.east[row + a + n]
    return done


@njit(**INLINE)
def run_end(times: Array, s: int, stop: int) -> int:
    """Return where the run of segments with the same time as segment `s` ends."""
    e = s + 1
    while e < stop and times[e] == times[s]:
        e += 1
    return e


@njit(**INLINE)
def joined_end(own: Array, west: Array, s: int, stop: int) -> int:
    """Return where the run of segments ends that move with the faces between them as one."""
    e = s + 1
    while e < stop and own[e] == own[s] and west[e] == own[s]:
        e += 1
    return e


@njit(**INLINE)
def west_faces(
    state: State, pace: Pace, buffer: Array, row: int, rough: int, column: int, count: int,
    spare: int, k: int,
) -> None:  # fmt: skip
    """Compute the flow over the west faces of a run of cells in one row."""
    here = np.uint64(row + column)
    west = np.uint64(row + column - 1)
    flow_faces(
        state.depth, state.bed, state.friction, state.flow, state.east, buffer, west, here, west,
        here, np.uint64(rough + column - 1), np.uint64(rough + column), west, here,
        np.uint64(row + column + 1), np.uint64(spare + column), np.uint64(count),
        pace, k, 0,
    )  # fmt: skip


@njit(**LOOP)
def remember_beside(
    state: State, scratch: Scratch, width: int, stripe: int, first: int, last: int
) -> None:
    """Keep the rows beside a stripe as they are now, before another stripe moves them."""
    rows = state.wet.shape[0]
    ghost = rows + GHOSTS * stripe
    after = min(last + 1, rows - 1)
    n = np.uint64(width)
    for water in (state.depth, state.flow, state.south):
        copy_run(water, water, np.uint64((first - 1) * width), np.uint64(ghost * width), n)
        copy_run(water, water, np.uint64(last * width), np.uint64((ghost + 1) * width), n)
    south = state.south
    copy_run(south, south, np.uint64(after * width), np.uint64((ghost + 2) * width), n)
    for s in range(state.wet.shape[1]):
        scratch.wet[stripe, 0, s] = state.wet[first - 1, s]
        scratch.wet[stripe, 1, s] = state.wet[last, s]


@njit(cache=True, **LOOP)
def find_spans(
    state: State, quickest: Array, awake: Array, reach: int, low: Array, high: Array
) -> None:
    """Say in which segments anything may move in `reach` small steps, a cell in each.

    `quickest` is the lowest level of each block and its neighbours, `awake` marks segments that
    may get water from outside, (rows + 2, segments); `low` and `high` are room for a number each
    row.
    """
    rows, count = state.wet.shape
    for j in range(rows):
        low[j], high[j] = count, 0
        for s in range(count):
            if state.wet[j, s] != 0 or awake[j, s]:
                low[j] = min(low[j], s)
                high[j] = s + 1
    for j in range(rows):
        first, last = count, 0
        for r in range(max(j - reach, 0), min(j + reach + 1, rows)):
            first = min(first, low[r])
            last = max(last, high[r])
        first, last = max(first - 1, 0), min(last + 1, count) if last > 0 else 0
        level = quickest[min(max(j - 1, 0) // ROWS, quickest.shape[0] - 1)]
        for k in range(LEVELS):
            a, b = first, last
            while a < b and level[a] > k:
                a += 1
            while b > a and level[b - 1] > k:
                b -= 1
            state.span[j, k, 0], state.span[j, k, 1] = a, b

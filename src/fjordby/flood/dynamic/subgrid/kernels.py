"""One step of shallow water on a coarse grid whose cells and faces know the fine ground by tables.

The physics is `level_of`, `section_of` and `subgrid_flow`; the loops know of rows and of segments
of rows that are dry. All is double precision: a level is a height, and the tables, which are most
of the memory, stay single.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.flow.kernels import inverse_seven_thirds
from fjordby.flood.dynamic.options import GRAVITY
from fjordby.flood.dynamic.pacing import BOUNDED
from fjordby.flood.dynamic.structures import kernels as laws
from fjordby.flood.dynamic.sweep.kernels import Walls

#: Cells of a row that are dry or wet together.
SEGMENT = 8

#: Marks of a segment: wet in the last step; it then stays in the sweep for two more steps, until
#: both copies of its flows are zero.
WET_NOW = np.uint8(7)

#: 1 / (2 k + 1), the part of a step of a table that one of its k-th steps is.
MOST_STEPS = 512
PART = 1.0 / (2.0 * np.arange(MOST_STEPS) + 1.0)

#: What the faces may take of a cell in a step, all together: a hair below all.
ALL = 1.0 - 1.0e-12


class Cells(NamedTuple):
    """Volume tables of the coarse cells (see `tables.Tables`), with a rim of one closed cell."""

    base: Array  # (ny + 2, nx + 2) [m]
    full: Array  # [m]
    scale: Array  # square of the steps, over `full` [1/m]
    part: Array  # [-]
    level: Array  # (ny + 2, nx + 2, steps + 1) float32 [m]


class Faces(NamedTuple):
    """Tables of the west or of the north faces of the coarse cells."""

    sill: Array  # (ny + 2, nx + 2) [m]; inf = closed
    spread: Array  # [m]
    scale: Array  # square of the steps, over `spread` [1/m]
    width: Array  # [-]
    section: Array  # (ny + 2, nx + 2, steps + 1, 2) float32


class Water(NamedTuple):
    """The water of a coarse grid, with a rim of one closed cell."""

    volume: Array  # (ny + 2, nx + 2) mean depth over the whole coarse cell [m]
    level: Array  # [m datum]; the lowest ground where dry
    rise: Array  # how fast the level rises with the mean depth [-]
    flow: Array  # size of the flow in the middle of each cell [m2/s]
    east: Array  # (2, ny + 2, nx + 2) flow over the west faces, now and before [m2/s]
    south: Array  # (2, ny + 2, nx + 2) flow over the north faces [m2/s]
    wet: Array  # (ny + 2, segments + 2) uint8, see WET_NOW
    busy: Array  # (2, segments of the map) int32, row and segment of those wet or beside a wet one
    many: Array  # (1,) int64, how many of them
    held: Array  # (ny + 2, nx + 2) uint8, 1 = its level is given


@njit(error_model="numpy", cache=True)
def level_of(
    volume: float, base: float, full: float, scale: float, part: float, table: Array, j: int, i: int
) -> tuple[float, float]:
    """Return the level of a cell [m datum] and how fast it rises with its mean depth [-]."""
    steps = table.shape[2] - 1
    if volume >= full:
        return base + table[j, i, steps] + (volume - full) / part, 1.0 / part
    y = max(volume, 0.0) * scale
    k = min(int(np.sqrt(y)), steps - 1)
    low = np.float64(table[j, i, k])
    climb = (np.float64(table[j, i, k + 1]) - low) * PART[k]
    return base + low + (y - k * k) * climb, climb * scale


@njit(error_model="numpy", cache=True)
def section_of(
    above: float, spread: float, scale: float, width: float, table: Array, j: int, i: int
) -> tuple[float, float]:
    """Return depth [m] over the whole width of a face, and square of its roughness.

    Parameters
    ----------
    above
        Level above the sill of the face, above zero [m].
    spread, scale, width, table
        See `Faces`.
    """
    steps = table.shape[2] - 1
    if above >= spread:
        h = np.float64(table[j, i, steps, 0]) + width * (above - spread)
        return h, np.float64(table[j, i, steps, 1])
    y = above * scale
    k = min(int(np.sqrt(y)), steps - 1)
    f = (y - k * k) * PART[k]
    h0, n0 = np.float64(table[j, i, k, 0]), np.float64(table[j, i, k, 1])
    h1, n1 = np.float64(table[j, i, k + 1, 0]), np.float64(table[j, i, k + 1, 1])
    return h0 + f * (h1 - h0), n0 + f * (n1 - n0)


@njit(error_model="numpy", cache=True)
def subgrid_flow(
    depth: float, rough2: float, slope: float, own: float, mean: float, size: float,
    inertia: float, gust: float, drag: float,
) -> float:  # fmt: skip
    """Return the flow over a face per metre of its width after one time step [m2/s].

    The local-inertial flux of Bates et al. (2010), with the conveyance of the whole section in
    the friction (Volp et al. 2013): in a section of area A and conveyance K under a uniform
    friction slope, dQ/dt = g A (-d(level)/dx - Q |Q| / K^2), with the |Q| that is sought (see
    `flow.kernels.face_flow`).

    Parameters
    ----------
    depth
        Area of the section over the width of the face [m].
    rough2
        A^(10/3) / (K^2 width^(4/3)): the square of Manning's n on even ground.
    slope
        Level west (north) less level east (south), over the side of the cell [-].
    own, mean, size
        The flow over the face, its mean with its neighbours', and the size of the flow about the
        face [m2/s].
    inertia
        How many times its own inertia the water gets. It is above 1 where a cell has so little
        open area that its level would swing within a step: 1 is enough elsewhere, and a steady
        flow does not feel it.
    gust
        What wind adds in the step [m2/s].
    drag
        Gravity x time step [m/s].
    """
    resist = drag * rough2 * inverse_seven_thirds(np.float32(depth))
    driven = mean * inertia + drag * depth * slope + gust
    across = inertia + resist * max(size - abs(own), 0.0)
    return float(2.0 * driven / (across + np.sqrt(across * across + 4.0 * resist * abs(driven))))


@njit(error_model="numpy", cache=True)
def set_volume(water: Water, cells: Cells, j: int, i: int, volume: float) -> None:
    """Give a cell a mean depth [m], and the level that belongs to it."""
    water.volume[j, i] = max(volume, 0.0)
    water.level[j, i], water.rise[j, i] = level_of(
        volume, cells.base[j, i], cells.full[j, i], cells.scale[j, i], cells.part[j, i],
        cells.level, j, i,
    )  # fmt: skip


@njit(error_model="numpy", cache=True)
def list_busy(water: Water) -> None:
    """List the segments that are wet, or beside a wet one, row by row."""
    wet, busy = water.wet, water.busy
    last = wet.shape[1] - 1
    count = 0
    for j in range(1, wet.shape[0] - 1):
        some = 0
        for s in range(1, last):
            some |= wet[j - 1, s] | wet[j, s] | wet[j + 1, s]
        if some == 0:
            continue
        for s in range(1, last):
            if (wet[j, s] | wet[j - 1, s] | wet[j + 1, s] | wet[j, s - 1] | wet[j, s + 1]) != 0:
                busy[0, count], busy[1, count] = j, s
                count += 1
    water.many[0] = count


@njit(error_model="numpy", cache=True)
def move_faces(
    water: Water, faces: Faces, flows: Array, new: Array, dj: int, di: int, theta: float,
    least: float, gust: float, seconds: float, cell: float,
) -> None:  # fmt: skip
    """Compute the flow over every west (di = 1) or north (dj = 1) face of the busy segments.

    Parameters
    ----------
    flows, new
        Flow before, read, and flow now, written [m2/s].
    gust
        Stress of the wind over the density of water, along this axis, times the time step [m2/s].
    """
    volume, level, rise, size = water.volume, water.level, water.rise, water.flow
    held, busy = water.held, water.busy
    sill, spread, width, section = faces.sill, faces.spread, faces.width, faces.section
    scale = faces.scale
    drag = GRAVITY * seconds
    swing = 0.5 * drag * seconds / (BOUNDED * theta * cell * cell)
    end = volume.shape[1] - 1
    aside = 0.5 * (1.0 - theta)
    for k in range(water.many[0]):
        j, s = busy[0, k], busy[1, k]
        first = (s - 1) * SEGMENT + 1
        for i in range(first, min(first + SEGMENT, end)):
            j0, i0 = j - dj, i - di
            level0, level1 = level[j0, i0], level[j, i]
            above = max(level0, level1) - sill[j, i]
            if above <= least or (held[j0, i0] and held[j, i]):
                new[j, i] = 0.0
                continue
            depth, rough2 = section_of(above, spread[j, i], scale[j, i], width[j, i], section, j, i)
            own = flows[j, i]
            behind, ahead = flows[j0, i0], flows[j + dj, i + di]
            # A neighbour that carries nothing (a rim, a wall, dry ground, the sea) has no say.
            behind = behind if behind != 0.0 else own
            ahead = ahead if ahead != 0.0 else own
            mean = theta * own + aside * (behind + ahead)
            # A held cell has no swing of its own.
            rises = (0.0 if held[j0, i0] else rise[j0, i0]) + (0.0 if held[j, i] else rise[j, i])
            inertia = max(1.0, swing * depth * rises)
            wind = gust * depth / above if gust != 0.0 else 0.0
            new[j, i] = subgrid_flow(
                depth, rough2, (level0 - level1) / cell, own, mean,
                0.5 * (size[j0, i0] + size[j, i]), inertia, wind, drag,
            )  # fmt: skip


@njit(error_model="numpy", cache=True)
def move_cells(
    water: Water, cells: Cells, east: Array, south: Array, least: float, seconds: float,
    cell: float, tally: Array,
) -> None:  # fmt: skip
    """Change the volume of every cell of the busy segments by what came over its faces.

    Parameters
    ----------
    east, south
        Flow over the west and the north faces [m2/s].
    tally
        Written: the largest depth that sets the time step [m], cells computed (added), and what
        cells of a given level took in (added), as mean depth [m].
    """
    volume, level, rise, size = water.volume, water.level, water.rise, water.flow
    held, busy = water.held, water.busy
    base, full, part, table = cells.base, cells.full, cells.part, cells.level
    scale = cells.scale
    end = volume.shape[1] - 1
    share = seconds / cell
    deepest, done, taken = 0.0, 0, 0.0
    for k in range(water.many[0]):
        j, s = busy[0, k], busy[1, k]
        first = (s - 1) * SEGMENT + 1
        last = min(first + SEGMENT, end)
        done += last - first
        top = 0.0
        for i in range(first, last):
            west, out = east[j, i], east[j, i + 1]
            north, gone = south[j, i], south[j + 1, i]
            along, aside = west + out, north + gone
            if along != 0.0 or aside != 0.0 or size[j, i] != 0.0:
                size[j, i] = 0.5 * np.sqrt(along * along + aside * aside)
            more = share * ((west - out) + (north - gone))
            depth = level[j, i] - base[j, i]
            if held[j, i]:
                taken += more
            else:
                if more != 0.0:
                    now = max(volume[j, i] + more, 0.0)
                    volume[j, i] = now
                    level[j, i], rise[j, i] = level_of(
                        now, base[j, i], full[j, i], scale[j, i], part[j, i], table, j, i
                    )
                    depth = level[j, i] - base[j, i]
                deepest = max(deepest, min(depth, volume[j, i] * rise[j, i]))
            top = max(top, depth)
        water.wet[j, s] = WET_NOW if top > least else water.wet[j, s] >> 1
    tally[0], tally[1], tally[2] = deepest, tally[1] + done, tally[2] + taken


@njit(error_model="numpy", cache=True)
def move_structures(
    water: Water, base: Array, walls: Walls, flows: Array, new: Array, dj: int, di: int,
    seconds: float, cell: float,
) -> None:  # fmt: skip
    """Compute the flow over the faces that structures stand on, by their laws."""
    for row in range(walls.start.size - 1):
        stop = walls.start[row + 1]
        p = walls.start[row]
        while p < stop:
            after = face_end(walls.first, p, stop)
            j, i = row + 1, walls.column[p] + 1
            new[j, i] = structure_flow(
                water, base, walls, p, after, j, i, j - dj, i - di, flows[j, i], seconds, cell
            )
            p = after


@njit(error_model="numpy", cache=True)
def face_end(first: Array, p: int, stop: int) -> int:
    """Return where the entries of the face that entry `p` begins have ended."""
    p += 1
    while p < stop and first[p] == 0:
        p += 1
    return p


@njit(error_model="numpy", cache=True)
def law_flow(
    water: Water, base: Array, walls: Walls, e: int, j: int, i: int, j0: int, i0: int
) -> float:
    """Return the flow of one structure over a face by its law [m2/s]."""
    return float(laws.edge_flow(
        walls.law[e], water.level[j0, i0], base[j0, i0], water.level[j, i], base[j, i],
        walls.crest[e], walls.lid[e], walls.share[e], walls.coefficient[e], walls.way[e],
    ))  # fmt: skip


@njit(error_model="numpy", cache=True)
def structure_flow(
    water: Water, base: Array, walls: Walls, p: int, stop: int, j: int, i: int, j0: int, i0: int,
    before: float, seconds: float, cell: float,
) -> float:  # fmt: skip
    """Return the flow over one face with the entries from `p` to `stop` [m2/s].

    The sum of their laws, which the water reaches as fast as its drop can move it; never more
    than half of what makes the two levels equal, so that a small sump does not swing.
    """
    level0, level1 = water.level[j0, i0], water.level[j, i]
    total = 0.0
    for e in range(p, stop):
        total += law_flow(water, base, walls, e, j, i, j0, i0)
    depth = max(level0, level1) - max(base[j0, i0], base[j, i])
    q = laws.ease(total, before, GRAVITY * depth * (level0 - level1) * seconds / cell)
    even = abs(level0 - level1) / max(water.rise[j0, i0] + water.rise[j, i], 1e-9)
    even *= 0.5 * cell / seconds
    q = float(max(min(q, even), -even))
    return q if q * total > 0.0 else 0.0


@njit(error_model="numpy", cache=True)
def count_structures(
    water: Water, base: Array, walls: Walls, new: Array, dj: int, di: int, seconds: float,
    cell: float,
) -> None:  # fmt: skip
    """Write down what went over each structure, by its part in the flow of its face."""
    for row in range(walls.start.size - 1):
        stop = walls.start[row + 1]
        p = walls.start[row]
        while p < stop:
            after = face_end(walls.first, p, stop)
            j, i = row + 1, walls.column[p] + 1
            if new[j, i] != 0.0:
                total = 0.0
                for e in range(p, after):
                    total += law_flow(water, base, walls, e, j, i, j - dj, i - di)
                for e in range(p, after):
                    part = law_flow(water, base, walls, e, j, i, j - dj, i - di) / total
                    walls.passed[e] += new[j, i] * part * seconds * cell
            p = after


@njit(error_model="numpy", cache=True)
def spare_cells(water: Water, east: Array, south: Array, seconds: float, cell: float) -> None:
    """Cut back the flows out of each cell that would take more than there is."""
    volume, busy = water.volume, water.busy
    end = volume.shape[1] - 1
    share = seconds / cell
    for k in range(water.many[0]):
        j, s = busy[0, k], busy[1, k]
        first = (s - 1) * SEGMENT + 1
        for i in range(first, min(first + SEGMENT, end)):
            out = max(east[j, i + 1], 0.0) - min(east[j, i], 0.0)
            out = share * (out + (max(south[j + 1, i], 0.0) - min(south[j, i], 0.0)))
            if out <= volume[j, i] * ALL:
                continue
            less = volume[j, i] * ALL / out
            if east[j, i + 1] > 0.0:
                east[j, i + 1] *= less
            if east[j, i] < 0.0:
                east[j, i] *= less
            if south[j + 1, i] > 0.0:
                south[j + 1, i] *= less
            if south[j, i] < 0.0:
                south[j, i] *= less


@njit(error_model="numpy", cache=True)
def start_levels(water: Water, cells: Cells, least: float) -> None:
    """Give every cell the level of its volume, and mark the wet segments."""
    for j in range(1, water.volume.shape[0] - 1):
        for i in range(1, water.volume.shape[1] - 1):
            if cells.part[j, i] <= 0.0:
                continue
            set_volume(water, cells, j, i, water.volume[j, i])
            notice(water, cells.base, j, i, least)


@njit(error_model="numpy", cache=True)
def notice(water: Water, base: Array, j: int, i: int, least: float) -> None:
    """Wake the segment of a cell that has got water."""
    if water.level[j, i] - base[j, i] > least:
        water.wet[j, (i - 1) // SEGMENT + 1] = WET_NOW

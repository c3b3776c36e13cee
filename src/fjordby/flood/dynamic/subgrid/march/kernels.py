"""A stretch of small steps on the coarse grid."""

from __future__ import annotations

from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.sources.kernels import LEVELS, Points
from fjordby.flood.dynamic.structures.tables import LinkTable
from fjordby.flood.dynamic.subgrid.kernels import (
    Cells,
    Faces,
    Water,
    count_structures,
    list_busy,
    move_cells,
    move_faces,
    move_structures,
    spare_cells,
)
from fjordby.flood.dynamic.subgrid.sources.kernels import Brim, exchange, prepare
from fjordby.flood.dynamic.sweep.kernels import Walls


@njit(error_model="numpy", cache=True, nogil=True)
def stretch(
    water: Water, cells: Cells, across: Faces, down: Faces, walls_across: Walls, walls_down: Walls,
    points: Points, brim: Brim, links: LinkTable, levels: Array, inflows: Array, theta: float,
    least: float, gust: Array, seconds: float, cell: float, now: int, tally: Array,
) -> int:  # fmt: skip
    """Take as many small steps as there are rows of `levels`.

    Parameters
    ----------
    gust
        Stress of the wind over the density of water, to the east and the south [m2/s2].
    now
        Which copy of the flows is the latest; the other is written.
    tally
        See `kernels.move_cells`.

    Returns
    -------
    int
        Which copy is the latest then.
    """
    for sub in range(levels.shape[0]):
        prepare(water, cells, points, brim, links, levels[sub], seconds, cell, least)
        list_busy(water)
        east, south = water.east[now], water.south[now]
        now = 1 - now
        new_east, new_south = water.east[now], water.south[now]
        move_faces(
            water, across, east, new_east, 0, 1, theta, least, gust[0] * seconds, seconds, cell
        )
        move_faces(
            water, down, south, new_south, 1, 0, theta, least, gust[1] * seconds, seconds, cell
        )
        move_structures(water, cells.base, walls_across, east, new_east, 0, 1, seconds, cell)
        move_structures(water, cells.base, walls_down, south, new_south, 1, 0, seconds, cell)
        spare_cells(water, new_east, new_south, seconds, cell)
        count_structures(water, cells.base, walls_across, new_east, 0, 1, seconds, cell)
        count_structures(water, cells.base, walls_down, new_south, 1, 0, seconds, cell)
        taken = tally[2]
        move_cells(water, cells, new_east, new_south, least, seconds, cell, tally)
        points.counted[LEVELS] -= (tally[2] - taken) * cell * cell
        exchange(water, cells, points, brim, inflows[sub], seconds, cell, least)
    return now


@njit(error_model="numpy", cache=True, nogil=True)
def deepest(water: Water, base: Array) -> float:
    """Return the depth that sets the time step [m]."""
    top = 0.0
    for j in range(1, water.volume.shape[0] - 1):
        for i in range(1, water.volume.shape[1] - 1):
            if not water.held[j, i]:
                wave = water.volume[j, i] * water.rise[j, i]
                top = max(top, min(water.level[j, i] - base[j, i], wave))
    return top


@njit(error_model="numpy", cache=True, nogil=True)
def stored(water: Water) -> float:
    """Return the sum of mean depths of all cells that are not held [m]."""
    total = 0.0
    for j in range(1, water.volume.shape[0] - 1):
        part = 0.0
        for i in range(1, water.volume.shape[1] - 1):
            if not water.held[j, i]:
                part += water.volume[j, i]
        total += part
    return total

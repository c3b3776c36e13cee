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
    keep_flows,
    mark_due,
    move_cells,
    move_faces,
    move_structures,
    spare_cells,
)
from fjordby.flood.dynamic.subgrid.sources.kernels import Brim, exchange, prepare
from fjordby.flood.dynamic.sweep.kernels import Walls


@njit(error_model="numpy", cache=True)
def stretch(
    water: Water, cells: Cells, across: Faces, down: Faces, walls_across: Walls, walls_down: Walls,
    points: Points, brim: Brim, links: LinkTable, levels: Array, inflows: Array, theta: float,
    least: float, gust: Array, seconds: float, cell: float, tally: Array,
) -> None:  # fmt: skip
    """Take as many small steps as there are rows of `levels`.

    Parameters
    ----------
    gust
        Stress of the wind over the density of water, to the east and the south [m2/s2].
    tally
        See `kernels.move_cells`.
    """
    east, new_east = water.east[0], water.east[1]
    south, new_south = water.south[0], water.south[1]
    for sub in range(levels.shape[0]):
        prepare(water, cells, points, brim, links, levels[sub], seconds, cell, least)
        mark_due(water, sub, seconds)
        move_faces(water, across, east, new_east, 0, 1, theta, least, gust[0], cell)
        move_faces(water, down, south, new_south, 1, 0, theta, least, gust[1], cell)
        move_structures(water, cells.base, walls_across, east, new_east, 0, 1, seconds, cell)
        move_structures(water, cells.base, walls_down, south, new_south, 1, 0, seconds, cell)
        spare_cells(water, cell)
        count_structures(water, cells.base, walls_across, new_east, 0, 1, seconds, cell)
        count_structures(water, cells.base, walls_down, new_south, 1, 0, seconds, cell)
        keep_flows(water)
        taken = tally[1]
        move_cells(water, cells, least, cell, tally)
        points.counted[LEVELS] -= (tally[1] - taken) * cell * cell
        exchange(water, cells, points, brim, inflows[sub], seconds, cell, least)


@njit(error_model="numpy", cache=True)
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

"""Levels held, inflows, open edges, culverts and pumps, rain and soil, for coarse cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.sources.kernels import (
    EDGES,
    INFLOWS,
    LEVELS,
    LINKS_OUT,
    Ground,
    Points,
    capacity,
)
from fjordby.flood.dynamic.structures import kernels as laws
from fjordby.flood.dynamic.structures.tables import LinkTable
from fjordby.flood.dynamic.subgrid.kernels import Cells, Water, notice, set_volume


class Brim(NamedTuple):
    """Fine cells along open sides of the map, and where the held coarse cells are."""

    cell: Array  # (m,) coarse cell, flat
    bed: Array  # (m,) level from which it is wet [m]
    factor: Array  # (m,) q = factor x depth^power
    power: Array  # (m,)
    water: Array  # (m,) what leaves in this step, as mean depth of the coarse cell [m]
    held_row: Array  # (levels,) row and column of the cells of `Points.held`
    held_column: Array
    width: float  # side of a fine cell over the area of a coarse one [1/m]


@njit(error_model="numpy", cache=True, nogil=True)
def prepare(
    water: Water, cells: Cells, points: Points, brim: Brim, links: LinkTable, levels: Array,
    seconds: float, cell: float, least: float,
) -> None:  # fmt: skip
    """Hold levels, and see what will leave over edges and through links in this step.

    As in the fine engine, all flows of a step follow from the levels at its start.
    """
    area = cell * cell
    across = water.volume.shape[1]
    for p in range(points.held.size):
        j, i = brim.held_row[p], brim.held_column[p]
        level = max(levels[points.held_series[p]], cells.base[j, i])
        water.level[j, i], water.volume[j, i] = level, level - cells.base[j, i]
        notice(water, cells.base, j, i, least)
    for p in range(brim.cell.size):
        above = water.level[brim.cell[p] // across, brim.cell[p] % across] - brim.bed[p]
        flow = brim.factor[p] * above ** brim.power[p] if above > least else 0.0
        brim.water[p] = flow * seconds * brim.width
    for p in range(points.link_from.size):
        source, goal = points.link_from[p], points.link_to[p]
        level0 = water.level[source // across, source % across]
        level1 = water.level[goal // across, goal % across] if goal >= 0 else -np.inf
        flow = laws.link_flow(p, level0, level1, links)
        push = laws.link_push(p, level0, level1, links, seconds, cell) if goal >= 0 else 0.0
        if push != 0.0:
            eased = laws.ease(flow, points.link_flow[p], push)
            flow = eased if eased * flow > 0.0 else 0.0
        points.link_water[p] = flow * seconds / area


@njit(error_model="numpy", cache=True, nogil=True)
def exchange(
    water: Water, cells: Cells, points: Points, brim: Brim, inflows: Array, seconds: float,
    cell: float, least: float,
) -> None:  # fmt: skip
    """Let inflows in, and let go what `prepare` has seen, after the faces of a step."""
    area = cell * cell
    across = water.volume.shape[1]
    for p in range(brim.cell.size):
        if brim.water[p] > 0.0:
            j, i = brim.cell[p] // across, brim.cell[p] % across
            before = water.volume[j, i]
            less = min(brim.water[p], before)
            set_volume(water, cells, j, i, before - less)
            points.counted[EDGES] += less * area
    for p in range(points.inflow.size):
        j, i = points.inflow[p] // across, points.inflow[p] % across
        if water.held[j, i]:
            continue
        k = points.inflow_series[p]
        before = water.volume[j, i]
        more = max(inflows[k] * points.inflow_part[p] * seconds / area, -before)
        set_volume(water, cells, j, i, before + more)
        points.counted[INFLOWS] += more * area
        points.entered[k] += more * area
        notice(water, cells.base, j, i, least)
    for p in range(points.link_from.size):
        link(water, cells, points, p, seconds, area, least)


@njit(error_model="numpy", cache=True, nogil=True)
def link(
    water: Water, cells: Cells, points: Points, p: int, seconds: float, area: float, least: float
) -> None:
    """Move the water of one culvert or pump; what held cells give or take, levels give or take."""
    across = water.volume.shape[1]
    moved = points.link_water[p]
    source, goal = points.link_from[p], points.link_to[p]
    if moved < 0.0:
        source, goal = goal, source
    j, i = source // across, source % across
    less = min(abs(moved), water.volume[j, i])
    if water.held[j, i]:
        points.counted[LEVELS] += less * area
    else:
        set_volume(water, cells, j, i, water.volume[j, i] - less)
    if goal < 0:
        points.counted[LINKS_OUT] += less * area
    else:
        j, i = goal // across, goal % across
        if water.held[j, i]:
            points.counted[LEVELS] -= less * area
        else:
            set_volume(water, cells, j, i, water.volume[j, i] + less)
            notice(water, cells.base, j, i, least)
    passed = less * area if moved >= 0.0 else -less * area
    points.link_passed[p] += passed
    points.link_flow[p] = passed / seconds


@njit(error_model="numpy", cache=True, nogil=True)
def soak(
    water: Water, cells: Cells, ground: Ground, catch: Array, rain: Array, seconds: float,
    cell: float, least: float,
) -> None:  # fmt: skip
    """Let it rain for a while, then let ground and sewers take what they can.

    The wet part of a cell takes from its water, the rest from the rain that falls on it.

    Parameters
    ----------
    catch
        Part of each coarse cell in each zone of rain, shape (zones, ny + 2, nx + 2).
    rain
        What falls in each zone [m].
    """
    takes = ground.rate.size > 1 or ground.rate[0] > 0.0 or ground.first[0] > 0.0
    drains = ground.sewer.size > 1 or ground.sewer[0] > 0.0
    keeps = ground.taken.size > 1
    fallen = sunk = drained = 0.0
    across = water.volume.shape[1]
    for j in range(1, water.volume.shape[0] - 1):
        for i in range(1, across - 1):
            if water.held[j, i] or cells.part[j, i] <= 0.0:
                continue
            got, land = 0.0, 0.0
            for z in range(rain.size):
                got += rain[z] * catch[z, j, i]
                land += catch[z, j, i]
            before = water.volume[j, i]
            there = before + got
            if there <= 0.0:
                continue
            wet = land
            if water.rise[j, i] > 0.0:
                wet = min(land, 1.0 / water.rise[j, i])
            k = j * across + i
            into_soil = into_sewer = 0.0
            if takes:
                most = capacity(ground, k, seconds) * seconds
                dry = min(most * (land - wet), got * (1.0 - wet / max(land, 1e-9)))
                into_soil = min(most * wet + dry, there)
                if keeps:
                    ground.taken[k] += into_soil / max(land, 1e-9)
                    ground.soaked[k] += seconds
            if drains:
                most = ground.sewer[k % ground.sewer.size] * seconds
                dry = min(most * (land - wet), got * (1.0 - wet / max(land, 1e-9)))
                into_sewer = min(most * wet + dry, there - into_soil)
            set_volume(water, cells, j, i, there - into_soil - into_sewer)
            notice(water, cells.base, j, i, least)
            fallen += got
            sunk += into_soil
            drained += into_sewer
    ground.counted[0] += fallen * cell * cell
    ground.counted[1] += sunk * cell * cell
    ground.counted[2] += drained * cell * cell

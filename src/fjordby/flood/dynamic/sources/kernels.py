"""Water that enters and leaves a grid otherwise than over the faces of its cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array
from fjordby.flood.dynamic.flow.kernels import INLINE, LOOP, largest
from fjordby.flood.dynamic.structures import kernels as laws
from fjordby.flood.dynamic.structures.tables import LinkTable
from fjordby.flood.dynamic.sweep.kernels import SEGMENT, WET_NOW, State, column_of

# Columns of `Points.counted`.
LEVELS, INFLOWS, EDGES, LINKS_OUT = 0, 1, 2, 3

# Laws of what the ground takes.
CONSTANT, HORTON, GREEN_AMPT = 0, 1, 2

#: Height of cells without ground [m].
CLOSED = 1.0e4


class Points(NamedTuple):
    """Single cells where water enters or leaves; cells are places in the flat arrays of `State`."""

    held: Array  # (levels,) cells whose level is held
    held_series: Array  # (levels,) which series
    inflow: Array  # (inflows,) cells
    inflow_series: Array  # (inflows,)
    inflow_part: Array  # (inflows,) part of the series' flow
    inflow_owed: Array  # (inflows,) what single precision has rounded away so far [m]
    edge: Array  # (edges,) cells that water leaves over the rim
    edge_factor: Array  # (edges,) q = factor x depth^power
    edge_power: Array  # (edges,)
    counted: Array  # (4,) water by LEVELS, INFLOWS, EDGES, LINKS_OUT since the start [m3]
    entered: Array  # (inflow series,) [m3]
    edge_water: Array  # (edges,) what leaves in this step [m]
    link_from: Array  # (links,) cells
    link_to: Array  # (links,) cells, or -1 out of the map
    link_flow: Array  # (links,) flow in the last step [m3/s]
    link_passed: Array  # (links,) [m3]
    link_water: Array  # (links,) what goes through in this step [m]


class Ground(NamedTuple):
    """Rain, and what ground and sewers take. Arrays of one number stand for the whole map."""

    zone: Array  # (1,) or (cells,) int32
    law: int
    rate: Array  # (1,) or (cells,) [m/s], and so on
    first: Array
    decay: Array
    suction: Array
    deficit: Array
    taken: Array  # (1,) or (cells,) water the ground has taken so far [m]
    soaked: Array  # (1,) or (cells,) time that the cell has been wet [s]
    sewer: Array  # (1,) or (cells,) [m/s]
    owed: Array  # (zones + 1,) rain that is to fall yet, and loss that is to go [m]
    counted: Array  # (3,) rain, infiltration and sewer since the start [m3]


@njit(**LOOP)
def notice(state: State, cell: int, width: int, least: Any) -> None:
    """Wake the segment of a cell that got water."""
    if state.depth[cell] > least:
        row, s = cell // width, (cell % width - 1) // SEGMENT
        state.wet[row, s] = WET_NOW
        state.top[row, s] = max(state.top[row, s], state.bits[cell])


@njit(**LOOP)
def prepare(
    state: State, points: Points, links: LinkTable, width: int, levels: Array, seconds: float,
    side: float, least: Any,
) -> None:  # fmt: skip
    """Hold levels, and see what will leave over edges and through links in this step.

    All flows of a step follow from the depths at its start, those over faces and these: uniform
    flow over an edge then stays uniform to rounding.
    """
    area = side * side
    depth, bed = state.depth, state.bed
    for p in range(points.held.size):
        cell = points.held[p]
        before = depth[cell]
        depth[cell] = max(levels[points.held_series[p]] - float(bed[cell]), 0.0)
        points.counted[LEVELS] += (float(depth[cell]) - float(before)) * area
        notice(state, cell, width, least)
    for p in range(points.edge.size):
        h = float(depth[points.edge[p]])
        flow = points.edge_factor[p] * h ** points.edge_power[p] if h > least else 0.0
        # All there is at most; what the faces take meanwhile, `exchange` sees.
        points.edge_water[p] = min(flow * seconds / side, h)
    for p in range(points.link_from.size):
        source, goal = points.link_from[p], points.link_to[p]
        level0 = float(bed[source]) + float(depth[source])
        level1 = float(bed[goal]) + float(depth[goal]) if goal >= 0 else -np.inf
        flow = laws.link_flow(p, level0, level1, links)
        push = laws.link_push(p, level0, level1, links, seconds, side) if goal >= 0 else 0.0
        if push != 0.0:
            eased = laws.ease(flow, points.link_flow[p], push)
            flow = eased if eased * flow > 0.0 else 0.0
        points.link_water[p] = flow * seconds / area


@njit(**LOOP)
def exchange(
    state: State, points: Points, width: int, inflows: Array, seconds: float, side: float,
    least: Any,
) -> None:  # fmt: skip
    """Let inflows in, and let go what `prepare` has seen, after the faces of a step."""
    area = side * side
    depth = state.depth
    for p in range(points.edge.size):
        cell = points.edge[p]
        before = float(depth[cell])
        depth[cell] = max(before - points.edge_water[p], 0.0)
        points.counted[EDGES] += (before - float(depth[cell])) * area
    for p in range(points.inflow.size):
        cell, k = points.inflow[p], points.inflow_series[p]
        before = float(depth[cell])
        owed = points.inflow_owed[p] + inflows[k] * points.inflow_part[p] * seconds / area
        depth[cell] = max(before + owed, 0.0)
        points.inflow_owed[p] = owed - (float(depth[cell]) - before) if before + owed > 0.0 else 0.0
        passed = (float(depth[cell]) - before) * area
        points.counted[INFLOWS] += passed
        points.entered[k] += passed
        notice(state, cell, width, least)
    for p in range(points.link_from.size):
        water = points.link_water[p]
        source, goal = points.link_from[p], points.link_to[p]
        if water < 0.0:
            source, goal = goal, source
        before = float(depth[source])
        depth[source] = max(before - abs(water), 0.0)
        water = np.copysign(before - float(depth[source]), water)
        if goal >= 0:
            depth[goal] = float(depth[goal]) + abs(water)
            notice(state, goal, width, least)
        else:
            points.counted[LINKS_OUT] += abs(water) * area
        points.link_passed[p] += water * area
        points.link_flow[p] = water * area / seconds


@njit(**INLINE)
def capacity(ground: Ground, i: int, seconds: float) -> float:
    """Return how fast the ground of a cell can take water now [m/s]."""
    rate = ground.rate[i % ground.rate.size]
    if ground.law == HORTON:
        first, decay = ground.first[i % ground.first.size], ground.decay[i % ground.decay.size]
        wet = ground.soaked[i % ground.soaked.size] + 0.5 * seconds
        return float(rate + (first - rate) * np.exp(-decay * wet))
    if ground.law == GREEN_AMPT:
        head = ground.suction[i % ground.suction.size] * ground.deficit[i % ground.deficit.size]
        # Implicit in the water taken, F' - F = K dt (1 + head / F'): the first step is not
        # infinitely fast.
        before = ground.taken[i % ground.taken.size] + rate * seconds
        after = 0.5 * (before + np.sqrt(before * before + 4.0 * rate * seconds * head))
        return float((after - ground.taken[i % ground.taken.size]) / seconds)
    return float(rate)


@njit(fastmath=True, **INLINE)
def even_rain(
    depth: Array, bed: Array, first: Any, count: Any, fallen: float, lost: float, closed: Any
) -> tuple[float, float]:
    """Let the same rain fall on a run of cells, and as much as there is of a loss go [m].

    Returns the sum of what stayed, by what the depths have become, and of what went [m].
    """
    stayed = gone = 0.0
    for i in range(count):
        h = depth[first + i]
        there = float(h) + (fallen if bed[first + i] < closed else 0.0)
        less = min(lost, there)
        depth[first + i] = there - less
        stayed += float(depth[first + i]) - float(h)
        gone += less
    return stayed, gone


@njit(**INLINE)
def soak_run(
    state: State, ground: Ground, rain: Array, first: int, last: int, seconds: float
) -> tuple[float, float, float]:
    """Let it rain on a run of cells and let each cell lose by its own ground.

    Returns the sums of rain, infiltration and sewer [m].
    """
    fallen = sunk = drained = 0.0
    keeps = ground.taken.size > 1
    for i in range(first, last):
        if state.bed[i] >= CLOSED:
            continue
        h = float(state.depth[i])
        there = h + rain[ground.zone[i % ground.zone.size]]
        into_soil = into_sewer = 0.0
        if there > 0.0:
            into_soil = min(capacity(ground, i, seconds) * seconds, there)
            if keeps:
                ground.taken[i] += into_soil
                ground.soaked[i] += seconds
            into_sewer = min(ground.sewer[i % ground.sewer.size] * seconds, there - into_soil)
        state.depth[i] = there - into_soil - into_sewer
        # What single precision rounds away counts as rain that did not fall.
        fallen += float(state.depth[i]) - h + into_soil + into_sewer
        sunk += into_soil
        drained += into_sewer
    return fallen, sunk, drained


@njit(**LOOP)
def portion(owed: Array, k: int, more: float, grain: float) -> float:
    """Return what comes now of what is owed, in whole grains [m]."""
    owed[k] += more
    now = np.floor(owed[k] / grain) * grain
    owed[k] -= now
    return float(now)


@njit(cache=True, **LOOP)
def soak(
    state: State, ground: Ground, rain: Array, width: int, seconds: float, side: float,
    least_bits: Any, grain: float,
) -> None:  # fmt: skip
    """Let it rain for a while, then let ground and sewers take what they can.

    `rain` is what falls in each zone [m]. Dry segments are passed over when it does not rain.
    Rain and loss come in whole multiples of `grain` [m], the last digit of the deepest water, and
    the rest waits for its turn: no depth then rounds any of it away.
    """
    area = side * side
    falls = False
    for k in range(rain.size):
        rain[k] = portion(ground.owed, k, rain[k], grain)
        falls = falls or rain[k] > 0.0
    fallen = sunk = drained = 0.0
    even = ground.zone.size == 1 and ground.law == CONSTANT
    even = even and ground.rate.size == 1 and ground.sewer.size == 1
    rate, sewer = float(ground.rate[0]), float(ground.sewer[0])
    into_soil = rate / (rate + sewer) if rate + sewer > 0.0 else 0.0
    lost = portion(ground.owed, rain.size, (rate + sewer) * seconds, grain) if even else 0.0
    for row in range(1, state.wet.shape[0] - 1):
        for s in range(state.wet.shape[1]):
            if not falls and state.wet[row, s] == 0:
                continue
            a = row * width + column_of(s)
            b = a + SEGMENT
            if even:
                stayed, gone = even_rain(
                    state.depth, state.bed, np.uint64(a), np.uint64(b - a), rain[0],
                    lost, CLOSED,
                )  # fmt: skip
                fallen += stayed + gone
                sunk += gone * into_soil
                drained += gone * (1.0 - into_soil)
            else:
                one, two, three = soak_run(state, ground, rain, a, b, seconds)
                fallen += one
                sunk += two
                drained += three
            top = largest(state.bits, np.uint64(a), np.uint64(b - a))
            state.top[row, s] = top
            if top > least_bits:
                state.wet[row, s] = WET_NOW
    ground.counted[0] += fallen * area
    ground.counted[1] += sunk * area
    ground.counted[2] += drained * area

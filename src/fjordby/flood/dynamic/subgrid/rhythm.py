"""How long the steps of a coarse run may be: by depth and speed of each block, in powers of two."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import minimum_filter

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.flood.dynamic.inlets import Inlets
from fjordby.flood.dynamic.options import GRAVITY, Options
from fjordby.flood.dynamic.pacing import BOUNDED, FILM, LEVELS, Plan
from fjordby.flood.dynamic.structures.laid import Laid
from fjordby.flood.dynamic.subgrid.kernels import SEGMENT
from fjordby.flood.dynamic.subgrid.sources.kernels import Brim

#: Rows of a block that share a time step; it is a segment wide.
ROWS = 8

#: Water crosses at most this part of a cell in a step.
CROSSED = 0.7

#: A step is planned a little short, so that the next plan can keep it: steps of changing length
#: shake the shortest waves.
STEADY = 0.98

#: Most small steps by one plan: less than the front of a flood needs to cross a block.
STEPS = 16


def by_block(values: Array) -> Floats:
    """Return the largest value of each block, shape (blocks of rows, segments)."""
    starts = np.arange(0, values.shape[0], ROWS)
    return np.asarray(np.maximum.reduceat(np.asarray(values, np.float64), starts, axis=0))


def limits(deep: Array, quick: Array, wet: Bools, cell: float, options: Options) -> Floats:
    """Return the longest step of each block [s]; infinity where it is dry.

    Parameters
    ----------
    deep, quick
        Depth [m] and speed [m/s] that set the step of each segment, shape (ny, segments).
    wet
        Which segments have water.
    cell
        Side of a coarse cell [m].
    """
    # Averaging flows with their neighbours' shortens the step that waves on two axes allow.
    alpha = min(options.alpha, float(np.sqrt(BOUNDED * options.theta)))
    waves = alpha * cell / np.sqrt(GRAVITY * np.maximum(by_block(np.where(wet, deep, 0.0)), FILM))
    with np.errstate(divide="ignore"):
        crossing = CROSSED * cell / by_block(np.where(wet, quick, 0.0))
    longest = np.minimum(np.minimum(waves, crossing), options.longest_step)
    return np.asarray(np.where(by_block(wet) > 0.0, longest, np.inf))


def plan_stretch(
    limit: Floats, forced: Bools, remaining: float, portion: float, options: Options
) -> Plan:
    """Choose the steps of the next stretch: the powers of two that cost least.

    Coarse cells step so long that the next look at the map comes after a few steps; then it can
    be dearer to halve the smallest step for the sake of long ones than to have no long ones.

    Parameters
    ----------
    limit
        From `limits`.
    forced
        Blocks that must take the smallest step.
    remaining
        Time until something must be looked at [s]; the stretches end exactly there.
    portion
        No stretch is longer [s].
    """
    smallest = STEADY * min(float(limit.min()), options.longest_step)
    with np.errstate(over="ignore"):
        ratio = np.minimum(limit / smallest, 2.0 ** (LEVELS - 1))
    level = np.floor(np.log2(ratio) + 1e-9)
    level[forced] = 0
    # A wave may enter a block from its neighbours before the stretch is over.
    level = minimum_filter(level, 3, mode="nearest").astype(np.int64)
    used = level[np.isfinite(limit)]
    best, step, count = np.inf, remaining, 1
    for top in range(LEVELS if options.local_steps else 1):
        round_ = 1 << top
        rounds = max(1, int(np.ceil(remaining / (smallest * round_) - 1e-6)))
        most = max(1, min(STEPS, int(min(portion, remaining) / smallest)) // round_)
        # Half a cell's work besides, for what every small step costs.
        cost = rounds * round_ * (float((0.5 ** np.minimum(used, top)).sum()) + 2.0)
        if cost < best:
            best, step = cost, remaining / (rounds * round_)
            count, highest = min(most, rounds) * round_, top
    return Plan(step, count, np.minimum(level, highest).astype(np.uint8), limit)


def forced_blocks(inlets: Inlets, laid: Laid, brim: Brim, shape: tuple[int, int]) -> Bools:
    """Return the blocks with inflows, open edges, links and structures, which step quickest."""
    mark = inlets.poured.astype(float)
    width = shape[1] + 2
    mark[brim.cell // width - 1, brim.cell % width - 1] = 1.0
    for table, (d_row, d_column) in ((laid.faces_x, (0, 1)), (laid.faces_y, (1, 0))):
        rows: Ints = np.repeat(np.arange(shape[0]), np.diff(table.start))
        mark[rows, table.column] = 1.0
        mark[np.maximum(rows - d_row, 0), np.maximum(table.column - d_column, 0)] = 1.0
    segments = -(-shape[1] // SEGMENT)
    wide = np.pad(mark, ((0, 0), (0, segments * SEGMENT - shape[1])))
    return np.asarray(by_block(wide.reshape(shape[0], segments, SEGMENT).max(axis=2)) > 0.0)

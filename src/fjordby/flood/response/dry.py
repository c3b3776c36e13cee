"""How much water is short where a run leaves a cell dry: depth that goes on below zero.

Depth stops at zero, so between a dry run and a wet one it does not go straight: it is nought for
a while and then rises. A dry cell is therefore given a depth below zero, prolonged from the runs
that wet it down the slope that depth commonly has along each axis. Interpolated depth is what is
above zero. (Level and depth differ by the ground, which is the same in all runs: to interpolate
one is to interpolate the other.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.flood.response import kernels
from fjordby.flood.response.axes import Axis
from fjordby.flood.response.order import SAME

#: No cell is said to be short of more water than this [m]: assumed, it only has to be out of reach.
FLOOR = -5.0
#: Rises smaller than this are cells that the axis does not reach [m].
FELT = 1e-3


def common_slopes(axes: Sequence[Axis], shares: Floats, depth: Array) -> Floats:
    """Return how depth commonly grows along each whole axis, shape (axes,) [m].

    The median over cells that are wet in both of two runs that differ in this axis alone, and
    that feel it; 0 where no two runs can say.

    Parameters
    ----------
    axes, shares, depth
        Shape (runs, axes), and (runs, cells) [m].
    """
    slopes = np.zeros(len(axes))
    step = shares[None, :, :] - shares[:, None, :]
    for j, axis in enumerate(axes):
        if not axis.rising:
            continue
        others = np.abs(np.delete(step, j, axis=2)).max(axis=2, initial=0.0) <= SAME
        found = []
        for a, b in np.argwhere(others & (step[:, :, j] > SAME)):
            both = (depth[a] > 0.0) & (depth[b] > 0.0)
            rise = (depth[b, both] - depth[a, both]) / step[a, b, j]
            found.append(rise[rise > FELT])
        rises = np.concatenate(found) if found else np.empty(0)
        slopes[j] = float(np.median(rises)) if rises.size else 0.0
    return slopes


def below_ground(shares: Floats, depth: Array, slopes: Floats) -> Array:
    """Return depth that goes on below zero in dry cells, shape (runs, cells) [m].

    It keeps the order of the runs: where depth does, so does this.
    """
    steps = np.maximum(shares[None, :, :] - shares[:, None, :], 0.0)
    out = np.empty_like(depth)
    kernels.prolong(depth, np.asarray(steps @ slopes, float), FLOOR, out)
    return out

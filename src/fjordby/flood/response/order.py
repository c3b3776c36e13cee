"""More water never gives less: the order of runs, and maps that keep to it.

Run a stands below run b when no rising coordinate of a is larger and the others are the same.
Where physics is monotone, so must the maps be. Small breaches (an engine's rounding, a wave that
meets another) are mended by the middle between the highest of all runs below and the lowest of
all above: among all maps in order the one whose largest change is least (the isotonic regression
in the largest-error norm; see Barlow, Bartholomew, Bremner and Brunk 1972, Statistical Inference
under Order Restrictions).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fjordby.arrays import Array, Bools, Floats
from fjordby.flood.response import kernels
from fjordby.flood.response.axes import Axis

#: Shares closer than this are the same [-].
SAME = 1e-9


def below(axes: Sequence[Axis], lower: Floats, upper: Floats) -> Bools:
    """Return which points stand below (or on) which, shape (lower points, upper points)."""
    step = upper[None, :, :] - lower[:, None, :]
    rising = np.array([axis.rising for axis in axes])
    return np.asarray(((step >= -SAME) & (rising | (np.abs(step) <= SAME))).all(axis=2))


def straighten(axes: Sequence[Axis], shares: Floats, depth: Array) -> tuple[Array, float]:
    """Return runs that keep the order, shape (runs, cells), and the largest change made [m]."""
    under = below(axes, shares, shares)
    mended = np.empty_like(depth)
    for i in range(shares.shape[0]):
        high, low = depth[i].copy(), depth[i].copy()
        kernels.raise_to(depth, np.flatnonzero(under[:, i]), high)
        kernels.lower_to(depth, np.flatnonzero(under[i, :]), low)
        mended[i] = (high + low) / 2
    return mended, float(np.abs(mended - depth).max(initial=0.0))


def bounds(
    axes: Sequence[Axis], shares: Floats, rows: Array, share: Floats
) -> tuple[Array | None, Array | None]:
    """Return what the runs below and above a point allow there, each of shape (cells,).

    None where no run stands below, or above.
    """
    under = np.flatnonzero(below(axes, shares, share[None, :])[:, 0])
    over = np.flatnonzero(below(axes, share[None, :], shares)[0])
    low = rows[under[0]].copy() if under.size else None
    high = rows[over[0]].copy() if over.size else None
    if low is not None:
        kernels.raise_to(rows, under[1:], low)
    if high is not None:
        kernels.lower_to(rows, over[1:], high)
    return low, high

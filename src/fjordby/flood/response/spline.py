"""Weights of runs: straight between neighbours on every axis, with the smoothest joint effects.

A value at point x is a weighted sum of the runs. The weights are those of the interpolant of least
energy in the space with the kernel

    k(x, y) = product over axes j of (1 + theta_j min(x_j, y_j)),    x, y in [0, 1]

(Wahba 1990, Spline Models for Observational Data, chapters 1 and 10, doi
10.1137/1.9781611970128: the analysis of variance of linear splines, anchored at the low end). On a
full lattice of runs it is multilinear interpolation, whatever theta is; where runs are missing it
adds the effects of the single axes, and joint effects as far as theta lets them. The weights are
the same for every cell. Seen as a random field (kriging), the same weights have a variance v(x),
in units of the cell's own variance, which is nought at the runs and grows away from them; and what
each run would have been foretold to be without it comes for free (Dubrule 1983, Cross validation
of kriging in a unique neighborhood, doi 10.1007/BF01033232).
"""

from __future__ import annotations

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.flood.response import kernels

#: Strengths that are tried for each axis [-]; a factor of three apart is as fine as it matters.
#: Assumed: stronger ones take every joint effect for real, and foretold a made-up town half as
#: well again (docs/flood_response.md).
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
#: Cells that the strengths are chosen by [-]: they are the same for all, so some tell enough.
ENOUGH = 1000
#: Added to the diagonal so that it can be inverted [-]; far below any run's own variance.
NUGGET = 1e-8


def kernel(one: Floats, other: Floats, theta: Floats) -> Floats:
    """Return the kernel between points, shape (points of one, points of other)."""
    return np.asarray(
        np.prod(1.0 + theta * np.minimum(one[:, None, :], other[None, :, :]), axis=2), float
    )


def inverse(shares: Floats, theta: Floats) -> Floats:
    """Return the inverse of the kernel among the runs, shape (runs, runs)."""
    between = kernel(shares, shares, theta)
    back = np.linalg.inv(between + NUGGET * np.eye(shares.shape[0]))
    return np.asarray(back, np.float64)


def weights(shares: Floats, theta: Floats, at: Floats) -> Floats:
    """Return the weight of each run at some points, shape (points, runs)."""
    return kernel(at, shares, theta) @ inverse(shares, theta)


def variance(shares: Floats, theta: Floats, at: Floats) -> Floats:
    """Return the variance v at some points, shape (points,) [-]."""
    near = kernel(at, shares, theta)
    own = np.prod(1.0 + theta * at, axis=1)
    spread = own - np.einsum("pi,ij,pj->p", near, inverse(shares, theta), near)
    return np.asarray(np.maximum(spread, 0.0), float)


def left_out(shares: Floats, theta: Floats, values: Array) -> tuple[Array, Floats]:
    """Return what each run is foretold to be by the others, and the variance of that.

    Parameters
    ----------
    shares, theta
        The runs, shape (runs, axes), and the strengths, shape (axes,).
    values
        Shape (runs, cells).

    Returns
    -------
    Foretold values of shape (runs, cells), variances of shape (runs,).
    """
    back = inverse(shares, theta)
    own = np.diag(back)
    miss = kernels.mixed(back / own[:, None], values)
    return values - miss, 1.0 / own


def choose_strengths(shares: Floats, values: Array) -> Floats:
    """Choose the strength of each axis by which the left out runs are foretold best.

    Depth counts (values below zero are dry). Each axis is tried in turn, twice around.

    Parameters
    ----------
    shares
        Shape (runs, axes).
    values
        Signed depth, shape (runs, cells) [m]; of many cells only some are looked at.
    """
    values = np.ascontiguousarray(values[:, :: max(values.shape[1] // ENOUGH, 1)])
    theta = np.ones(shares.shape[1])
    depth = np.maximum(values, 0.0)
    least = np.inf
    for axis in np.tile(np.arange(theta.size), 2):
        for strength in STRENGTHS:
            tried = theta.copy()
            tried[axis] = strength
            foretold, _ = left_out(shares, tried, values)
            error = float(np.mean((np.maximum(foretold, 0.0) - depth) ** 2))
            if error < least * (1.0 - 1e-6):
                least, theta = error, tried
    return theta

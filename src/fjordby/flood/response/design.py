"""Which run next: where the surface is likely to be farthest off.

For a cell the error likely at a point is its own spread times the root of the variance there
(`spline`): large far from all runs, along axes that matter, in cells that were hard to foretell.
Where water never falls with more forcing it is also never more than half the gap between the
highest run below and the lowest above. The next run is where the mean square of the smaller of the
two is largest. (Design by the mean square error that is left: Sacks, Welch, Mitchell and Wynn 1989,
doi 10.1214/ss/1177012413; that left out runs tell how rough each cell is, and the gap, are ours.)

Common floods lie in a corner of the box, and what they cost a year is asked of most. So every
second run is where the likely error is largest times the yearly rate of known events that hangs on
that node of the lattice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import qmc

from fjordby.arrays import Array, Floats
from fjordby.flood.response import order, spline
from fjordby.flood.response.axes import Axis
from fjordby.flood.response.fit import STEP, Fit, lattice, points_of

#: Axes are not halved more often than this [-]: sixteenths.
HALVINGS = 4


@dataclass(frozen=True)
class Usual:
    """Events whose yearly cost is asked for.

    Parameters
    ----------
    shares
        Their points, shape (events, axes), each in [0, 1].
    rates
        The slice of the yearly rate that each stands for, shape (events,) [1/year].
    """

    shares: Floats
    rates: Floats

    def hangs_on(self, known: Sequence[Floats], points: Floats) -> Floats:
        """Return the yearly rate of events that is read from each point, shape (points,) [1/year].

        As if the point were a node of the lattice: an event counts by its weight in multilinear
        interpolation.

        Parameters
        ----------
        known
            Values of the lattice on each axis.
        points
            Shape (points, axes).
        """
        near = np.ones((points.shape[0], self.rates.size))
        for axis, values, at in zip(known, points.T, self.shares.T, strict=True):
            for p, value in enumerate(values):
                line = np.union1d(axis, value)
                near[p] *= np.interp(at, line, (line == value).astype(float))
        return np.asarray(near @ self.rates)


def first_runs(axes: Sequence[Axis]) -> Floats:
    """Return where to begin: all high, all low, then each axis high alone, shape (runs, axes)."""
    count = len(axes)
    found = np.vstack([np.ones((1, count)), np.zeros((1, count)), np.eye(count)])
    return np.asarray(found[: 2 + (count if count > 1 else 0)], float)


def check_runs(axes: Sequence[Axis], count: int) -> Floats:
    """Return points all over the box whose runs are only used to measure, shape (count, axes).

    A scrambled Halton sequence (Owen 2017, arXiv:1706.02808), the same every time.
    """
    if not count:
        return np.empty((0, len(axes)))
    draws = qmc.Halton(len(axes), scramble=True, seed=20)
    return np.asarray(np.round(draws.random(count), 6), float)


def candidates(axes: Sequence[Axis], shares: Floats, most_nodes: int) -> Floats:
    """Return the points that could be run next, shape (points, axes).

    They are the nodes of the lattice that were not run, and those that it gets by halving an
    interval of one axis, as long as it then has no more than `most_nodes`.
    """
    known = lattice(shares)
    size = int(np.prod([axis.size for axis in known]))
    found = [points_of(known)]
    for j, axis in enumerate(known):
        # The middle as a sixteenth; points that were asked for may lie anywhere.
        middle = np.rint((axis[:-1] + axis[1:]) / 2 * 2**HALVINGS) / 2**HALVINGS
        room = np.minimum(middle - axis[:-1], axis[1:] - middle)
        middle = middle[room >= 0.5 / 2**HALVINGS]
        if middle.size and size // axis.size * (axis.size + 1) <= most_nodes:
            found.append(points_of([*known[:j], middle, *known[j + 1 :]]))
    points = np.round(np.concatenate(found), 12)
    run = {tuple(row) for row in np.round(shares, 12)}
    return np.asarray(points[np.array([tuple(row) not in run for row in points], bool)], float)


def likely_errors(fit: Fit, points: Floats) -> Floats:
    """Return the root mean square error likely at some points, shape (points,) [m]."""
    v = spline.variance(fit.shares, fit.model.theta, points)
    own = fit.spread**2
    depth = np.maximum(fit.runs, 0)
    found = np.empty(points.shape[0])
    for p, point in enumerate(points):
        square = own * np.float32(v[p])
        under, over = order.bounds(fit.axes, fit.shares, depth, point)
        if under is not None and over is not None:
            half = (over - under).astype(np.float32) * np.float32(STEP / 2)
            square = np.minimum(square, half**2)
        found[p] = float(np.sqrt(square.mean()))
    return found


def next_run(
    fit: Fit, taken: Floats, most_nodes: int, usual: Usual | None = None
) -> tuple[Floats | None, float]:
    """Return where to run next, and the error that is likely there [m].

    Parameters
    ----------
    fit
        Of the runs that are known.
    taken
        Points that are being run meanwhile, shape (points, axes): foretold values stand in.
    most_nodes
        How large the lattice may grow.
    usual
        Events by whose yearly rate likely errors are weighed; None = all points alike.

    Returns
    -------
    None when every point that could be run was run.
    """
    whole = np.vstack([fit.shares, taken])
    points = candidates(fit.axes, whole, most_nodes)
    if not points.size:
        return None, 0.0
    errors = np.round(likely_errors(_with(fit, taken), points), 7)
    gain = errors
    if usual is not None:
        gain = errors * usual.hangs_on(lattice(whole), points)
        # Where nothing hangs on any point, the map decides.
        gain = np.round(gain / gain.max(), 7) if gain.max() > 0.0 else errors
    best = int(np.argmax(gain))
    return points[best], float(errors[best])


def _with(fit: Fit, taken: Floats) -> Fit:
    """Return the fit as if points had been run already and come out as foretold."""
    if not taken.size:
        return fit
    foretold: list[Array] = [np.rint(fit.signed(point) / np.float32(STEP)) for point in taken]
    runs = np.vstack([fit.runs, np.stack(foretold).astype(np.int16)])
    return replace(fit, shares=np.vstack([fit.shares, taken]), runs=runs)

"""Depth between the runs: a lattice of points that keeps to the runs and to their order.

The lattice is the product of all values that the runs have on each axis. A node that was run holds
the run. Any other holds the weighted sum of all runs (`spline`), held between the highest run below
it and the lowest above it, and then put in order: the middle between the highest of all nodes below
and the lowest of all above. Between nodes depth goes multilinearly. Hence, for every cell:

- at a run the surface is the run, to the millimetre that it is kept in;
- more never gives less: a multilinear interpolant of ordered nodes is ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.flood.response import kernels, order, spline
from fjordby.flood.response.axes import Axis
from fjordby.flood.response.dry import below_ground, common_slopes

#: Depths are kept as whole millimetres in 16 bits [m].
STEP = 0.001
#: Deeper water is kept as this [m]: harm ends long before, and 16 bits end at 32.767.
DEEPEST = 32.0
#: Shallower water counts as none [m]: films of rain on its way. Assumed; no damage curve begins
#: below it.
FILM = 0.01
#: Cells worked on at a time [-]; some 50 MB of nodes.
BLOCK = 1 << 15
#: Nobody is surer of a cell than this [m]: what depths are kept in.
SUREST = STEP


@dataclass(frozen=True)
class Model:
    """What the runs taught about their own likeness, the same for all cells.

    Parameters
    ----------
    theta
        Strength of each axis in the weights, shape (axes,) [-].
    slopes
        Common growth of depth along each axis, shape (axes,) [m].
    common
        Mean square of what cells vary by [m2]; see `spread`.
    factor
        How many spreads the band reaches to each side [-].
    coverage
        Share of left out depths that the band was made to hold [-].
    """

    theta: Floats
    slopes: Floats
    common: float
    factor: float
    coverage: float


@dataclass(frozen=True)
class Fit:
    """Depth of some cells at any point.

    Parameters
    ----------
    axes
        What events differ in.
    shares
        The runs, shape (runs, axes), each in [0, 1].
    runs
        Signed depth in them, shape (runs, cells), int16 [mm].
    coordinates
        Values of the lattice on each axis, increasing from 0 to 1.
    nodes
        Signed depth on the lattice, shape (nodes, cells), int16 [mm]; the last axis goes fastest.
    spread
        How much each cell varies beyond what weights foretell, shape (cells,), float32 [m].
    model
        What is the same for all cells.
    """

    axes: tuple[Axis, ...]
    shares: Floats
    runs: Array
    coordinates: tuple[Floats, ...]
    nodes: Array
    spread: Array
    model: Model

    def depth(self, share: Floats) -> Array:
        """Return the depth of every cell at a point, shape (cells,), float32 [m]."""
        return np.maximum(self.signed(share), np.float32(0.0))

    def signed(self, share: Floats) -> Array:
        """Return the depth of every cell, below zero where dry, shape (cells,), float32 [m]."""
        which, weight = self.corners(share)
        out = np.empty(self.nodes.shape[1], np.float32)
        kernels.blend(self.nodes, which, weight, kernels.new_tile(), out)
        return out

    def band(self, share: Floats) -> tuple[Array, Array, Array]:
        """Return low, middle and high depth of every cell at a point, each of shape (cells,) [m].

        The middle give or take the cell's spread; no lower than the runs below allow, no higher
        than the runs above allow.
        """
        middle = self.signed(share)
        v = spline.variance(self.shares, self.model.theta, share[None, :])[0]
        reach = np.float32(self.model.factor * np.sqrt(v)) * self.spread
        under, over = order.bounds(self.axes, self.shares, self.runs, share)
        low, high = middle - reach, middle + reach
        if under is not None:
            low = np.maximum(low, under * np.float32(STEP))
        if over is not None:
            high = np.minimum(high, over * np.float32(STEP))
        dry = np.float32(0.0)
        middle = np.maximum(middle, dry)
        return (
            np.clip(low, dry, middle),
            middle,
            np.maximum(high, middle),
        )

    def corners(self, share: Floats) -> tuple[Ints, Array]:
        """Return the nodes around a point and their weights: float32, in metres a millimetre."""
        which, weight = self.all_corners(share[None, :])
        used = weight[0] > 0.0
        return which[0, used], weight[0, used]

    def all_corners(self, shares: Floats) -> tuple[Ints, Array]:
        """Return the same for many points, each of shape (points, 2 ** axes)."""
        points = shares.shape[0]
        which, weight = np.zeros((points, 1), np.int64), np.ones((points, 1))
        for axis, s in zip(self.coordinates, shares.T, strict=True):
            i = np.clip(np.searchsorted(axis, s, side="right") - 1, 0, axis.size - 2)
            part = (s - axis[i]) / (axis[i + 1] - axis[i])
            near, parts = np.stack([i, i + 1], axis=1), np.stack([1.0 - part, part], axis=1)
            which = (which[:, :, None] * axis.size + near[:, None, :]).reshape(points, -1)
            weight = (weight[:, :, None] * parts[:, None, :]).reshape(points, -1)
        return which, (weight * STEP).astype(np.float32)

    def depths(self, shares: Floats) -> Array:
        """Return depths at many points, shape (points, cells), float32 [m]."""
        which, weight = self.all_corners(shares)
        out = np.empty((shares.shape[0], self.nodes.shape[1]), np.float32)
        kernels.blend_many(self.nodes, which, weight, out)
        return out

    def only(self, cells: Ints) -> Fit:
        """Return the same for some of the cells, in memory."""
        return replace(
            self,
            runs=np.ascontiguousarray(self.runs[:, cells]),
            nodes=np.ascontiguousarray(self.nodes[:, cells]),
            spread=np.ascontiguousarray(self.spread[cells]),
        )


def lattice(shares: Floats) -> tuple[Floats, ...]:
    """Return the values that points have on each axis, its ends included."""
    return tuple(
        np.unique(np.concatenate([[0.0, 1.0], np.round(column, 12)])) for column in shares.T
    )


def points_of(coordinates: Sequence[Floats]) -> Floats:
    """Return all points of a lattice, the last axis fastest, shape (nodes, axes)."""
    return np.array(list(product(*coordinates)), float).reshape(-1, len(coordinates))


def learn(axes: Sequence[Axis], shares: Floats, depth: Array, coverage: float) -> Model:
    """Learn from the runs at some cells what holds for all.

    Parameters
    ----------
    axes
        What events differ in.
    shares
        The runs, shape (runs, axes).
    depth
        Shape (runs, cells), float32 [m].
    coverage
        Share of left out depths that the band shall hold [-].
    """
    straight, _ = order.straighten(axes, shares, depth)
    slopes = common_slopes(axes, shares, straight)
    signed = below_ground(shares, straight, slopes)
    theta = spline.choose_strengths(shares, signed)
    miss, v, felt = _left_out(shares, theta, signed)
    squares = miss**2 / v[:, None]
    common = float(squares[felt].mean()) if felt.any() else 0.0
    model = Model(theta, slopes, common, 1.0, coverage)
    return replace(model, factor=_factor(shares, miss, v, felt, model))


def lay(
    axes: Sequence[Axis],
    shares: Floats,
    depth: Array,
    model: Model,
    nodes: Array | None = None,
) -> Fit:
    """Lay the lattice for some cells.

    Parameters
    ----------
    axes, shares, depth
        As for `learn`; any cells.
    model
        What was learnt.
    nodes
        Where to put the nodes, int16 of shape (nodes, cells); None makes room for them.
    """
    coordinates = lattice(shares)
    points = points_of(coordinates)
    cells = depth.shape[1]
    if nodes is None:
        nodes = np.empty((points.shape[0], cells), np.int16)
    runs = np.empty(depth.shape, np.int16)
    spread = np.empty(cells, np.float32)
    weights = spline.weights(shares, model.theta, points)
    under = order.below(axes, shares, points)
    over = order.below(axes, points, shares)
    for first in range(0, cells, BLOCK):
        part = slice(first, min(first + BLOCK, cells))
        straight, _ = order.straighten(axes, shares, np.ascontiguousarray(depth[:, part]))
        runs[:, part] = _whole(below_ground(shares, straight, model.slopes))
        signed = runs[:, part].astype(np.float32) * np.float32(STEP)
        nodes[:, part] = _whole(_in_order(axes, coordinates, weights, signed, under, over))
        spread[part] = _spread(shares, model, signed)
    return Fit(tuple(axes), shares, runs, coordinates, nodes, spread, model)


def without(fit: Fit, run: int) -> Fit:
    """Return the fit of all runs but one, with the same model."""
    rest = np.arange(fit.shares.shape[0]) != run
    depth = np.maximum(fit.runs[rest], 0).astype(np.float32) * np.float32(STEP)
    return lay(fit.axes, fit.shares[rest], depth, fit.model)


def inside(shares: Floats) -> Bools:
    """Return which points are no corners of the box: without a corner the rest cannot know it."""
    return np.asarray(((shares > order.SAME) & (shares < 1.0 - order.SAME)).any(axis=-1))


def cleaned(depth: Array) -> Array:
    """Return depths as the surface takes them: no films, nothing beyond the deepest."""
    return np.asarray(
        np.where(depth < FILM, np.float32(0.0), np.minimum(depth, np.float32(DEEPEST)))
    )


def _whole(metres: Array) -> Array:
    """Return whole millimetres; rounding keeps the order."""
    return np.rint(metres * np.float32(1.0 / STEP)).astype(np.int16)


def _in_order(
    axes: Sequence[Axis],
    coordinates: Sequence[Floats],
    weights: Floats,
    runs: Array,
    under: Bools,
    over: Bools,
) -> Array:
    """Return weighted sums of runs, held between the runs around them and put in order [m]."""
    nodes = kernels.mixed(weights, runs)
    for n in range(nodes.shape[0]):
        kernels.raise_to(runs, np.flatnonzero(under[:, n]), nodes[n])
        kernels.lower_to(runs, np.flatnonzero(over[n, :]), nodes[n])
    high, low = nodes, nodes.copy()
    stride = nodes.shape[0]
    for axis, values in zip(axes, coordinates, strict=True):
        stride //= values.size
        if axis.rising:
            kernels.rise_along(high, stride, values.size)
            kernels.sink_along(low, stride, values.size)
    return np.asarray((high + low) / np.float32(2.0))


def _left_out(shares: Floats, theta: Floats, signed: Array) -> tuple[Array, Floats, Bools]:
    """Return by how much each run's depth is missed without it, variances, and where it is felt."""
    foretold, v = spline.left_out(shares, theta, signed)
    found, true = np.maximum(foretold, 0.0), np.maximum(signed, 0.0)
    return found - true, v, (found > FILM) | (true > 0.0)


def _spread(shares: Floats, model: Model, signed: Array) -> Array:
    """Return how much cells vary: the root mean square of what they missed, per root variance.

    What is common to all cells counts as one run more, so that a cell that was lucky in a few
    runs is not taken for sure.
    """
    miss, v, _ = _left_out(shares, model.theta, signed)
    squares = (miss**2 / v[:, None].astype(np.float32)).sum(axis=0)
    mean = (squares + np.float32(model.common)) / np.float32(shares.shape[0] + 1)
    return np.asarray(np.maximum(np.sqrt(mean), np.float32(SUREST)))


def _factor(shares: Floats, miss: Array, v: Floats, felt: Bools, model: Model) -> float:
    """Return how many spreads hold the wanted share of what the runs inside missed.

    Each run is measured by the spread that its cells have without it. Runs at corners of the box
    do not count: without them the others would have to say what lies outside.
    """
    inner = inside(shares)
    if inner.sum() < 3:
        inner = np.ones_like(inner)
    squares = miss**2 / v[:, None]
    runs = shares.shape[0]
    rest = (squares.sum(axis=0)[None, :] - squares + model.common) / runs
    spread = np.sqrt(v)[:, None] * np.maximum(np.sqrt(np.maximum(rest, 0.0)), SUREST)
    ratio = (np.abs(miss) / spread)[inner[:, None] & felt]
    return float(np.quantile(ratio, model.coverage)) if ratio.size else 1.0

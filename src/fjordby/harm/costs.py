"""What each building costs at any depth, as plain arrays that one kernel understands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fjordby.arrays import Array, Floats


@dataclass(frozen=True)
class Costs:
    """Damage curves of all families in one shape.

    cost(d) = fixed + max(0, slope ln(d) + base) + value share(curve, d), with d = depth above
    the ground - lift; nothing when d <= 0 or d < least.

    Parameters
    ----------
    lift
        Height above the ground from which depth counts, shape (n,) [m].
    least
        Smallest depth with any damage [m].
    fixed
        Paid as soon as there is damage, shape (n,) [currency].
    slope, base
        Of the logarithm of the depth in metres, shape (n,) [currency].
    value
        What the curve's share is a share of, shape (n,) [currency].
    curve
        Row of `depths` and `shares`, shape (n,).
    depths, shares
        Points of the curves, shape (curves, points) [m], [1].
    """

    lift: Floats
    least: float
    fixed: Floats
    slope: Floats
    base: Floats
    value: Floats
    curve: np.ndarray[Any, np.dtype[np.int32]]
    depths: Floats
    shares: Floats

    @property
    def pieces(self) -> tuple[Floats, Floats, Floats]:
        """The curves as points (curves, p) and, between them, start and gradient (curves, p + 1).

        Piece 0 lies below the first point and piece p beyond the last; both are constant.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            inner = np.diff(self.shares, axis=1) / np.diff(self.depths, axis=1)
        inner[~np.isfinite(inner)] = 0.0
        edge = np.zeros((self.depths.shape[0], 1))
        gradient = np.hstack([edge, inner, edge])
        at = np.hstack([self.depths[:, :1], self.depths])
        start = np.hstack([self.shares[:, :1], self.shares])
        start -= np.where(gradient == 0.0, 0.0, gradient * np.where(np.isfinite(at), at, 0.0))
        return np.ascontiguousarray(self.depths), start, gradient

    @property
    def packed(self) -> Floats:
        """All that is said of one asset in one row of 64 bytes, shape (n, 8)."""
        rows = np.zeros((self.value.size, 8))
        for k, column in enumerate((self.lift, self.fixed, self.slope, self.base, self.value)):
            rows[:, k] = column
        rows[:, 5] = self.curve
        return rows

    def times(self, factor: float) -> Costs:
        """Return the same costs in other money."""
        return replace(
            self,
            fixed=self.fixed * factor,
            slope=self.slope * factor,
            base=self.base * factor,
            value=self.value * factor,
        )


def from_curves(depths: Floats, shares: Floats, curve: Array, value: Floats) -> Costs:
    """Return costs of plain tabled curves: value times share at the depth above the ground.

    Parameters
    ----------
    depths, shares
        Points of the curves, shape (curves, points), depths increasing [m].
    curve
        Curve of each asset, shape (n,).
    value
        Value of each asset, shape (n,) [currency].
    """
    n = value.size
    none = np.zeros(n)
    return Costs(
        none,
        0.0,
        none,
        none,
        none,
        np.ascontiguousarray(value, dtype=np.float64),
        np.ascontiguousarray(curve, dtype=np.int32),
        np.atleast_2d(np.asarray(depths, dtype=np.float64)),
        np.atleast_2d(np.asarray(shares, dtype=np.float64)),
    )

"""Yearly risk from the sea: losses at every level held against how often each level is reached.

With losses known for all levels and exceedance rates for all levels, risk is an integral, and the
whole of what is not known can be carried through it: each plausible curve of extremes, each rise
of the sea, each damage model gives one yearly loss. What comes out is a distribution, not a number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue

#: What counts as low, middle and high of a distribution; the report and the page say so.
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Span:
    """Low, middle and high of something unsure: 5 %, 50 % and 95 % of what is plausible."""

    low: float
    mid: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> Span:
        """Return the span of all values, each counting the same."""
        low, mid, high = np.quantile(values, BAND)
        return cls(float(low), float(mid), float(high))

    def as_dict(self) -> dict[str, float]:
        """Return {'low': ..., 'mid': ..., 'high': ...}."""
        return {"low": self.low, "mid": self.mid, "high": self.high}

    def plus(self, other: float) -> Span:
        """Return the span shifted by an amount that is known."""
        return Span(self.low + other, self.mid + other, self.high + other)


def yearly_losses(rates: Floats, losses: Floats) -> Floats:
    """Return the expected annual loss of every pair of a curve and a damage model.

    The loss is linear between two levels, and each level's share of the rate is the difference of
    the exceedance rates around it; what lies above the highest level costs as much as the highest.

    Parameters
    ----------
    rates
        Yearly rate of exceeding each level, falling from left to right, shape (curves, levels)
        [1/year].
    losses
        Loss when the sea stands at each level, shape (models, levels) [any unit].

    Returns
    -------
    array
        Expected annual losses, shape (curves, models) [unit/year].

    Raises
    ------
    BadValue
        For rates that rise with the level, negative numbers, or unequal numbers of levels.

    Examples
    --------
    >>> yearly_losses(np.array([[0.1, 0.0]]), np.array([[0.0, 100.0]]))
    array([[5.]])
    """
    rate, loss = np.atleast_2d(np.asarray(rates, float)), np.atleast_2d(np.asarray(losses, float))
    if rate.shape[1] != loss.shape[1]:
        raise BadValue(
            "rates and losses at the same levels",
            f"{rate.shape[1]} and {loss.shape[1]} levels",
            "Compute both at the same levels.",
        )
    if (
        not (np.isfinite(rate).all() and np.isfinite(loss).all())
        or rate.min() < 0
        or loss.min() < 0
    ):
        raise BadValue(
            "rates and losses of zero or more", "others", "Mend the missing or negative."
        )
    if (np.diff(rate, axis=1) > 1e-12).any():
        raise BadValue(
            "rates that fall as the level rises", "some that rise", "Sort the levels upwards."
        )
    middle = (loss[:, :-1] + loss[:, 1:]) / 2
    inner = -np.diff(rate, axis=1) @ middle.T
    return np.asarray(inner + np.outer(rate[:, -1], loss[:, -1]))


def shares_by_period(rates: Floats, losses: Floats, return_periods: Floats) -> Floats:
    """Return which part of the expected annual loss comes from how rare water.

    It tells what the result hangs on: the frequent end on the terrain and on small protection that
    nobody has mapped, the rare end on the tail of the sea level curve.

    Parameters
    ----------
    rates, losses
        As in `yearly_losses`, shapes (curves, levels) and (models, levels).
    return_periods
        Increasing edges of the classes, shape (n,) [years].

    Returns
    -------
    array
        Shares from the most frequent class to the rarest, shape (n + 1,), adding up to 1 (or all 0
        when nothing is lost); what lies above the highest level counts with the rarest.

    Raises
    ------
    BadValue
        When the return periods do not increase.

    Examples
    --------
    Half of the loss comes from water more frequent than once in 10 years:

    >>> shares_by_period(np.array([[0.2, 0.1, 0.0]]), np.array([[1.0, 1.0, 1.0]]), [10.0])
    array([0.5, 0.5])
    """
    rate, loss = np.atleast_2d(np.asarray(rates, float)), np.atleast_2d(np.asarray(losses, float))
    edges = 1.0 / np.asarray(return_periods, float)
    if edges.ndim != 1 or not np.isfinite(edges).all() or (np.diff(edges) >= 0).any():
        raise BadValue("increasing return periods", f"{return_periods}", "Sort them upwards.")
    middle = (loss[:, :-1] + loss[:, 1:]).mean(axis=0) / 2
    slices = -np.diff(rate, axis=1) * middle
    between = (rate[:, :-1] + rate[:, 1:]) / 2
    place = np.searchsorted(-edges, -between, side="right")
    parts = np.bincount(place.ravel(), slices.ravel(), edges.size + 1)
    parts[-1] += float(np.sum(rate[:, -1]) * loss[:, -1].mean())
    total = parts.sum()
    return np.asarray(parts / total if total else parts)

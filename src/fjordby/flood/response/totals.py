"""How far a sum over a map is off: kroner, homes, people read between runs.

The band of a depth map is made cell by cell, and says nothing of how cells go wrong together. A sum
is treated by itself. Where more water never gives less, it lies between the largest sum of the runs
below a point and the least of those above. How far into this gap it may reach from what is foretold
is learned from the runs: each is foretold by the others, and the sum of that map is held against
the run's own, as a part of the gap that the others leave.

Sums are compared as square roots. Assumed: a sum goes wrong by the houses that are taken for wet or
dry, and the variance of a count grows with the count, so that its root varies alike everywhere
(Bartlett 1936, The square root transformation in analysis of variance, doi 10.2307/2983678).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.flood.response import order
from fjordby.flood.response.axes import Axis, Point, shares_of
from fjordby.flood.response.fit import inside
from fjordby.flood.response.surface import Places
from fjordby.shock.event import Event

#: So many runs must tell of a quantity before their misses are believed [-]; with fewer its range
#: is all that order allows. Assumed: the largest of nine is the least that can speak of 9 in 10.
ENOUGH = 9


@dataclass(frozen=True)
class Totals:
    """Sums over a map in the runs of a surface, and how well they foretell each other.

    Parameters
    ----------
    places
        Whose depths are summed.
    sums
        Of each run, shape (runs, quantities), in the units of the quantities.
    missed
        By which part of the gap the others leave each run's root was foretold too high, shape
        (runs, quantities) [-]; NaN at corners of the box and where they leave no gap.
    reach
        Part of the gap that the range reaches to each side, shape (quantities,) [-].
    coverage
        Share of the left out sums that the range was made to hold [-].
    """

    places: Places
    sums: Floats
    missed: Floats
    reach: Floats
    coverage: float

    def span(self, what: Point | Event, middle: Floats) -> Floats:
        """Return low, middle and high of the sums of an event, shape (3, quantities).

        Parameters
        ----------
        what
            An event or a point; beyond the axes their ends are taken.
        middle
            The sums of its depths as the surface tells them, shape (quantities,).
        """
        surface, fit = self.places.surface, self.places.fit
        share = shares_of(surface.axes, surface.point(what), "nearest")
        under, over = around(surface.axes, fit.shares, self.sums, share)
        step = self.reach * np.maximum(np.sqrt(over) - np.sqrt(under), 0.0)
        root = np.sqrt(middle)
        low = np.maximum(np.maximum(root - step, 0.0) ** 2, under)
        high = np.minimum((root + step) ** 2, over)
        return np.array([np.minimum(low, middle), middle, np.maximum(high, middle)])


def totals(
    places: Places, told: Array, of: Callable[[Array], Floats], coverage: float = 0.9
) -> Totals:
    """Learn from the runs how far sums are off.

    Parameters
    ----------
    places
        Where depths are read.
    told
        Each run as the others foretell it, from `Places.left_out`, shape (runs, places) [m].
    of
        Gives the sums of depths at the places, shape (quantities,), all at or above zero; deeper
        water must never make one smaller.
    coverage
        Share of the left out sums that the range shall hold [-].
    """
    axes, shares = places.surface.axes, places.fit.shares
    sums = np.array([of(row) for row in places.run_depths()], float)
    foretold = np.array([of(row) for row in told], float)
    missed = np.full_like(sums, np.nan)
    # Without a corner of the box the others would have to say what lies outside.
    for k in np.flatnonzero(inside(shares)):
        rest = np.arange(shares.shape[0]) != k
        under, over = around(axes, shares[rest], sums[rest], shares[k])
        gap = np.sqrt(over) - np.sqrt(under)
        off = np.sqrt(foretold[k]) - np.sqrt(sums[k])
        # Where the others leave no gap the sum is known: that is no hit of what was foretold.
        missed[k] = np.where(gap > 0.0, off / np.where(gap > 0.0, gap, 1.0), np.nan)
    parts = np.array([reach(np.abs(column), coverage) for column in missed.T])
    return Totals(places, sums, missed, parts, coverage)


def reach(misses: Floats, coverage: float) -> float:
    """Return the part of the gap that holds a share of misses, one more like them among them.

    With n misses the smallest that at least `coverage` of n + 1 lie within (Vovk, Gammerman and
    Shafer 2005, Algorithmic Learning in a Random World, doi 10.1007/b106715). 1 with too few.
    """
    told = np.sort(misses[np.isfinite(misses)])
    which = ceil(coverage * (told.size + 1) - 1e-9)
    return 1.0 if told.size < ENOUGH or which > told.size else float(told[which - 1])


def around(
    axes: Sequence[Axis], shares: Floats, sums: Floats, share: Floats
) -> tuple[Floats, Floats]:
    """Return the largest sums of runs below a point and the least of those above.

    Each of shape (quantities,). Where no run stands below it is zero; where none stands above, the
    largest of all.
    """
    under = order.below(axes, shares, share[None, :])[:, 0]
    over = order.below(axes, share[None, :], shares)[0]
    least = sums[over].min(axis=0) if over.any() else sums.max(axis=0)
    return sums[under].max(axis=0, initial=0.0), least

"""What rain does to a city, by the depth that neither ground nor sewer takes.

The twin of the table by sea level: a few depths are flooded once, and every rain of every climate
lies between two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.flood import Bluespots, rain_flood
from fjordby.harm import MEASURES, Family, Stakes, cost_at, costs_for, water_at
from fjordby.harm.families import measured
from fjordby.harm.impact import sums
from fjordby.harm.prices import PRICE_YEAR
from fjordby.progress import Progress, silent

#: Depths of rain left to run on the ground [m]; assumed: dense where damage begins, and up to
#: more than the wettest known Danish day (Copenhagen 2011, 135 mm: DMI).
DEPTHS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2)


@dataclass(frozen=True)
class RainLosses:
    """What rain that neither ground nor sewer takes does to a city, by its depth.

    Parameters
    ----------
    depths
        Depth of rain that is left, increasing from 0, shape (depths,) [m].
    members
        Damage by every family with every depth measure, shape (members, depths, districts + 1),
        the whole city last [currency].
    """

    depths: Floats
    members: Floats

    def at(self, depth: float) -> Floats:
        """Return the damage of a depth of rain, shape (members, districts + 1).

        Linear between the depths, and as at the deepest beyond it.
        """
        m, k, d = self.members.shape
        flat = self.members.transpose(0, 2, 1).reshape(m * d, k)
        return np.array([np.interp(depth, self.depths, row) for row in flat]).reshape(m, d)


def rain_losses(
    spots: Bluespots,
    prepared: Stakes,
    families: Sequence[Family],
    depths: Sequence[float] = DEPTHS,
    *,
    price_year: int = PRICE_YEAR,
    progress: Progress = silent,
) -> RainLosses:
    """Flood the hollows by each depth of rain and return what it damages.

    Parameters
    ----------
    spots
        The hollows of the city's ground.
    prepared
        The city's buildings laid on the same grid.
    families
        Families of damage functions.
    depths
        Depths of rain that ground and sewer leave, increasing from 0 [m].
    price_year
        Year of the prices.
    """
    who = prepared.exposure
    count = len(who.districts)
    laid = [
        costs_for(family, who, "cloudburst", prepared.city.currency, price_year)
        for family in families
    ]
    members = np.zeros((len(families) * len(MEASURES), len(depths), count + 1))
    for k, depth in enumerate(depths):
        progress(k / len(depths), "")
        if depth <= 0:
            continue
        water = water_at(prepared.prints, rain_flood(spots, depth).flood.depth)
        for f, costs in enumerate(laid):
            for m, measure in enumerate(MEASURES):
                amount = cost_at(costs, measured(water, measure))
                members[f * len(MEASURES) + m, k] = sums(amount, who.district, count)
    return RainLosses(np.asarray(depths, float), members)

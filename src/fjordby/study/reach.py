"""Which sea levels does a study compute? From the ordinary sea to beyond what is plausible."""

from __future__ import annotations

import math

import numpy as np

from fjordby.arrays import Floats
from fjordby.city import City
from fjordby.errors import BadCity
from fjordby.shock import NOW, climate, sea_levels
from fjordby.study.said import futures

#: Between two levels [m].
STEP = 0.05
#: What is always computed [m datum]; enough for the inner Danish waters until 2100.
LEAST = (0.0, 5.0)
#: The sea that must still be below the highest level [years]; assumed: what is rarer adds at most
#: a thousandth of the highest loss to the yearly one.
RAREST = 1000.0
#: No sea stands higher above its mean [m]; the largest known tides, in the Bay of Fundy, reach
#: 16 m from low to high (NOAA). A higher one is a number in the wrong unit.
HIGHEST = 20.0


def levels_for(city: City) -> Floats:
    """Return the sea levels that a study of a city computes, increasing [m datum].

    At least 0 to 5 m, and from today's mean level to the 95 % band of the once-in-1000-years level
    in every climate that is told: where the tides are large, or the datum lies below the mean sea,
    5 m is an ordinary storm.

    Raises
    ------
    BadCity
        When the record of shocks has a sea that is too high to be in metres.
    """
    mean = climate(city).mean_sea_level(NOW)
    told = (sea_levels(city, (RAREST,), future).high[0] for future in futures(city))
    top = max(LEAST[1], *map(float, told))
    if not top - mean < HIGHEST:
        raise BadCity(
            f"extreme sea levels within {HIGHEST:.0f} m of the mean",
            f"one of {top:.1f} m once in {RAREST:.0f} years",
            "Give the levels and their errors in shocks.toml in metres.",
        )
    low = math.floor(2 * min(LEAST[0], mean)) / 2
    high = math.ceil(2 * top) / 2
    return np.round(np.linspace(low, high, round((high - low) / STEP) + 1), 2)

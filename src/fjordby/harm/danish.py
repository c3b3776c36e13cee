"""The Danish damage functions (SkadesØkonomi): by source of water and use, per building and m2."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np

from fjordby.catalogue import rows
from fjordby.harm.costs import Costs
from fjordby.harm.exposure import Exposure, use_rows

#: Smallest depth with damage [m]; SkadesØkonomi user manual January 2024 (older SQL had 0.30).
LEAST_DEPTH = 0.20


@cache
def functions() -> Mapping[tuple[str, str], tuple[float, float, float, float]]:
    """Return fixed [kr], slope, base [kr/m2] and basement [kr/m2] by water and category.

    Per building: fixed + area (slope ln(depth in cm) + base) + basement area x basement rate.
    """
    return {
        (row["water"], row["category"]): (
            float(row["fixed"]),
            float(row["slope"]),
            float(row["base"]),
            float(row["basement"]),
        )
        for row in rows("harm/danish_functions.csv")
    }


def lay_out(exposure: Exposure, water: str) -> Costs:
    """Return the Danish functions for every building, in kr of their own price year.

    Parameters
    ----------
    exposure
        The buildings.
    water
        "surge", "river" or "cloudburst".

    Notes
    -----
    Damage counts from `LEAST_DEPTH` above the ground, whatever the height of the floor: the
    functions were fitted to depths above the ground. The logarithm is clipped at zero (it is
    negative below 1.6 to 3.6 cm) and has no upper bound: far above 2 m it is an extrapolation.
    Garages and annexes cost the same each, whatever their size.
    """
    rows = np.array([functions()[water, use_rows()[use].danish] for use in exposure.use])
    rows = rows.reshape(exposure.count, 4)
    slope = exposure.area * rows[:, 1]
    # ln(depth in cm) = ln(depth in m) + ln(100)
    base = exposure.area * (rows[:, 1] * math.log(100.0) + rows[:, 2])
    return Costs(
        lift=np.zeros(exposure.count),
        least=LEAST_DEPTH,
        fixed=rows[:, 0] + exposure.basement_area * rows[:, 3],
        slope=slope,
        base=base,
        value=np.zeros(exposure.count),
        curve=np.zeros(exposure.count, np.int32),
        depths=np.zeros((1, 1)),
        shares=np.zeros((1, 1)),
    )

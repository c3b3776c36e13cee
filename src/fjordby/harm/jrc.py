"""The European depth-damage curves (JRC, Huizinga 2017) with maxima by class and country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from fjordby.arrays import Floats
from fjordby.catalogue import rows
from fjordby.harm.costs import Costs
from fjordby.harm.exposure import Exposure, use_rows

#: Floors whose value the curve speaks of. Assumed: the curve ends at 6 m, two floors of 3 m, so
#: the floors above the second neither flood nor count.
CURVE_FLOORS = 2.0


@dataclass(frozen=True)
class Value:
    """Largest damage of one class: construction cost and how much of it, and of what is inside."""

    construction: float
    a: float
    b: float
    depreciation: float
    undamageable: float
    content: float

    def largest(self, gdp_per_head: float | None = None) -> float:
        """Return the largest damage [EUR of 2010 per m2 of floor], building and contents.

        Construction x depreciation x (1 - undamageable) x (1 + content). With `gdp_per_head`
        (2010 US dollars) the construction cost is a GDP^b instead of the table's country.

        Examples
        --------
        >>> round(values()["residential"].largest(), 1)
        886.9
        """
        cost = self.construction if gdp_per_head is None else self.a * gdp_per_head**self.b
        return cost * self.depreciation * (1.0 - self.undamageable) * (1.0 + self.content)


@cache
def values() -> Mapping[str, Value]:
    """Return the largest damages by class (`jrc_values.csv`)."""
    return {
        row["class"]: Value(
            float(row["construction"]),
            float(row["a"]),
            float(row["b"]),
            float(row["depreciation"]),
            float(row["undamageable"]),
            float(row["content"]),
        )
        for row in rows("harm/jrc_values.csv")
    }


@cache
def curves() -> tuple[tuple[str, ...], Floats, Floats]:
    """Return the classes, and the points of their curves (classes, points) [m], [1]."""
    table = rows("harm/jrc_curves.csv")
    columns = [name for name in table[0] if name not in ("class", "source")]
    depths = np.array([[float(name) for name in columns]] * len(table))
    shares = np.array([[float(row[name]) for name in columns] for row in table])
    return tuple(row["class"] for row in table), depths, shares


def lay_out(exposure: Exposure, water: str, gdp_per_head: float | None = None) -> Costs:
    """Return the European curves for every building, in euro of 2010.

    Parameters
    ----------
    exposure
        The buildings.
    water
        Not used: the curves know no source of water.
    gdp_per_head
        2010 US dollars, for a country that is not in `jrc_values.csv`.

    Notes
    -----
    Depth counts from the ground floor. The value is that of at most two floors. Basements have
    no curve of their own and cost nothing here.
    """
    classes, depths, shares = curves()
    kinds = [use_rows()[use].jrc for use in exposure.use]
    per_area = {name: value.largest(gdp_per_head) for name, value in values().items()}
    rate = np.array([per_area[kind] for kind in kinds], dtype=float)
    none = np.zeros(exposure.count)
    return Costs(
        lift=exposure.floor_height,
        least=0.0,
        fixed=none,
        slope=none,
        base=none,
        value=rate * exposure.area * np.minimum(exposure.floors, CURVE_FLOORS),
        curve=np.array([classes.index(kind) for kind in kinds], dtype=np.int32),
        depths=depths,
        shares=shares,
    )

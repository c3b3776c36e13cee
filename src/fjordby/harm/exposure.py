"""What stands in the water's way: a city's buildings and the people in them, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.catalogue import rows
from fjordby.city.model import AGE_GROUPS, City, Layer
from fjordby.errors import BadCity

#: Name of the group for what lies in no known district.
ELSEWHERE = ""


@dataclass(frozen=True)
class UseRow:
    """What one use of a building means to each family of damage functions (`uses.csv`)."""

    use: str
    danish: str
    jrc: str
    home: bool
    source: str


@dataclass(frozen=True)
class Exposure:
    """The buildings of a city as arrays, all of shape (n,) in the order of `City.buildings`.

    Parameters
    ----------
    ids
        Building ids.
    use
        Use of each building, a word of `uses.csv`.
    area
        Ground-floor area, the area of the footprint [m2].
    floors
        Number of floors, at least 1.
    floor_height
        Height of the ground floor above the ground [m].
    basement_area
        Area of the basement [m2].
    dwellings
        Number of dwellings.
    home
        True where people are meant to live (homes and holiday homes).
    people
        Residents by age group, shape (n, groups).
    groups
        Names of the age groups.
    district
        Index into `districts` of each building; what has no known district has the last one.
    districts
        District ids, with `ELSEWHERE` last.
    """

    ids: Array
    use: Array
    area: Floats
    floors: Floats
    floor_height: Floats
    basement_area: Floats
    dwellings: Floats
    home: Bools
    people: Floats
    groups: tuple[str, ...]
    district: Ints
    districts: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of buildings."""
        return self.ids.size


@cache
def use_rows() -> Mapping[str, UseRow]:
    """Return the uses that damage can be computed for, by name (`uses.csv`)."""
    return {
        row["use"]: UseRow(
            row["use"], row["danish"], row["jrc"], row["home"] == "yes", row["source"]
        )
        for row in rows("harm/uses.csv")
    }


def exposure(city: City) -> Exposure:
    """Return the buildings of a city and the people in them as arrays.

    Raises
    ------
    MissingLayer
        When the city has no buildings.
    BadCity
        When a use is unknown, an id is there twice, or people live in a building that is not.
    """
    city.need(Layer.BUILDINGS)
    table = city.buildings
    ids = table["id"].astype(str).to_numpy(dtype=object)
    use = table["use"].astype(str).to_numpy(dtype=object)
    problems = _problems(ids, use, city.people)
    if problems:
        raise BadCity(
            "buildings and people that fit together",
            f"{len(problems)} kinds of problem",
            "Mend the city folder and check it with `fjordby city check`.",
            problems,
        )
    names = [*city.districts["id"].astype(str), ELSEWHERE] if len(city.districts) else [ELSEWHERE]
    place = {name: k for k, name in enumerate(names)}
    district = table["district"].astype(str).map(place).fillna(len(names) - 1)
    return Exposure(
        ids=ids,
        use=use,
        area=table.geometry.area.to_numpy(dtype=float),
        floors=np.maximum(_numbers(table, "floors", 1.0), 1.0),
        floor_height=np.maximum(_numbers(table, "floor_height", 0.0), 0.0),
        basement_area=np.maximum(_numbers(table, "basement_area", 0.0), 0.0),
        dwellings=np.maximum(_numbers(table, "dwellings", 0.0), 0.0),
        home=np.array([use_rows()[u].home for u in use], dtype=np.bool_),
        people=residents(ids, city.people),
        groups=tuple(AGE_GROUPS),
        district=district.to_numpy(dtype=np.int64),
        districts=tuple(names),
    )


def residents(ids: Array, people: pd.DataFrame) -> Floats:
    """Return residents of each building by age group, shape (n, groups), from `City.people`."""
    groups = list(AGE_GROUPS)
    if not len(people):
        return np.zeros((ids.size, len(groups)))
    by_building = people.assign(building=people["building"].astype(str)).groupby("building")
    return by_building[groups].sum().reindex(ids).fillna(0.0).to_numpy(dtype=float)


def _numbers(table: pd.DataFrame, column: str, missing: float) -> Floats:
    """Return a column as numbers, with `missing` where nobody said."""
    if column not in table:
        return np.full(len(table), missing)
    return pd.to_numeric(table[column]).fillna(missing).to_numpy(dtype=float)


def _problems(ids: Array, use: Array, people: pd.DataFrame) -> list[str]:
    """Return everything that keeps these tables from being used, in words."""
    found = []
    strange = sorted(set(use) - set(use_rows()))
    if strange:
        found.append(
            f"unknown use {', '.join(map(repr, strange[:5]))}; known are {', '.join(use_rows())}"
        )
    unique, counts = np.unique(ids.astype(str), return_counts=True)
    if (counts > 1).any():
        found.append(f"building ids that are there twice, such as {unique[counts > 1][0]!r}")
    if len(people):
        lost = set(people["building"].astype(str)) - set(ids)
        if lost:
            found.append(
                f"people in {len(lost)} buildings that do not exist, such as {min(lost)!r}"
            )
    return found

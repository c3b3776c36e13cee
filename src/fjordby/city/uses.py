"""What buildings are used for: our few uses, and the national codes that map to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fjordby.catalogue import rows
from fjordby.errors import BadValue
from fjordby.words import Words


@dataclass(frozen=True)
class Use:
    """One use of a building, as the page and the reports name it.

    Parameters
    ----------
    id
        The word in the column `use` of `City.buildings`.
    name
        What a person reads.
    damage_category
        Category of the Danish damage functions that speaks for it when no code is known.
    default_code
        The national (BBR) code given to a building of this use when no code is known.
    source
        Where the grouping comes from.
    """

    id: str
    name: Words
    damage_category: str
    default_code: int
    source: str


@dataclass(frozen=True)
class UseCode:
    """One national code for the use of a building (Danish BBR).

    Parameters
    ----------
    code
        Number in the building register.
    name
        What a person reads.
    use
        Our use, an id of `uses()`.
    damage_category
        Category of the Danish damage functions.
    retired
        True when the register no longer gives this code to new buildings.
    source
        Where the row comes from.
    """

    code: int
    name: Words
    use: str
    damage_category: str
    retired: bool
    source: str


@cache
def uses() -> Mapping[str, Use]:
    """Return our uses by id, in the order of the catalogue (`uses.csv`).

    Examples
    --------
    >>> uses()["home"].name["da"]
    'helårsbolig'
    """
    return {
        row["use"]: Use(
            row["use"],
            Words(row["da"], row["en"]),
            row["damage_category"],
            int(row["default_code"]),
            row["source"],
        )
        for row in rows("city/uses.csv")
    }


@cache
def use_codes() -> Mapping[int, UseCode]:
    """Return the Danish building register's codes (`bbr_uses.csv`).

    Examples
    --------
    >>> use_codes()[120].use
    'home'
    """
    return {
        int(row["code"]): UseCode(
            int(row["code"]),
            Words(row["da"], row["en"]),
            row["use"],
            row["damage_category"],
            row["retired"] == "yes",
            row["source"],
        )
        for row in rows("city/bbr_uses.csv")
    }


def use_of(code: int) -> str:
    """Return our use for a national code; raises `BadValue` for a code nobody knows."""
    known = use_codes().get(int(code))
    if known is None:
        raise BadValue(
            "a code of the building register", str(code), "See src/fjordby/city/bbr_uses.csv."
        )
    return known.use

"""The numbers a made-up town is built from, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fjordby.catalogue import rows
from fjordby.errors import BadValue


@dataclass(frozen=True)
class Parameter:
    """One number of `parameters.csv` with its unit, meaning and source."""

    name: str
    value: float
    unit: str
    note: str
    source: str


@cache
def catalogue() -> Mapping[str, Parameter]:
    """Return every parameter by name, in the order of the file."""
    return {
        row["name"]: Parameter(
            row["name"], float(row["value"]), row["unit"], row["note"], row["source"]
        )
        for row in rows("city/town/parameters.csv")
    }


@dataclass(frozen=True)
class Parameters:
    """The catalogue's values, with some replaced by the user's own.

    Examples
    --------
    >>> Parameters({"household_flat": 2.0})["household_flat"]
    2.0
    """

    own: Mapping[str, float]

    def __post_init__(self) -> None:
        """Refuse names that the catalogue does not have."""
        unknown = sorted(set(self.own) - set(catalogue()))
        if unknown:
            raise BadValue(
                "parameters named in src/fjordby/city/town/parameters.csv",
                ", ".join(unknown),
                "Use one of: " + ", ".join(catalogue()) + ".",
            )

    def __getitem__(self, name: str) -> float:
        """Return one value in the unit of the catalogue."""
        return float(self.own[name]) if name in self.own else catalogue()[name].value

"""The results of a study, read back from its folder."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fjordby.city import City
from fjordby.city.folder import load
from fjordby.errors import BadFile
from fjordby.flood.response import Surface
from fjordby.flood.response import load as load_surface
from fjordby.grid import Raster
from fjordby.study.rasters import read_raster

#: Names of the steps whose results others read.
CITY, CONNECTION, LEVELS, FLOODS, STORMS, RESPONSE, MOVING, RISK, PAGE = (
    "city",
    "connection",
    "levels",
    "floods",
    "storms",
    "response",
    "moving",
    "risk",
    "page",
)
#: What a study says of itself, and the shape of its results; raised when the shape changes.
SUMMARY, FORMAT = "study.toml", 7


@dataclass(frozen=True)
class Study:
    """A finished study folder; everything in it is read when it is asked for."""

    folder: Path

    @cached_property
    def city(self) -> City:
        """The city as it was when the study was made."""
        return load(self.folder / CITY)

    @cached_property
    def connection(self) -> Raster:
        """The lowest sea level that reaches each cell [m datum]."""
        return read_raster(self.folder / CONNECTION / "connection.tif", "connection")

    @cached_property
    def response(self) -> Surface | None:
        """Any event's flood at once, between runs; None in a study made without."""
        place = self.folder / RESPONSE / "surface"
        return load_surface(place) if place.is_dir() else None

    @property
    def moving(self) -> Mapping[str, Any] | None:
        """What moving water costs, beside still water; None in a study made without."""
        there = (self.folder / PAGE / f"{MOVING}.json").is_file()
        return (self.table(MOVING) or None) if there else None

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table that the page shows: city, levels, events, risk, storms or moving."""
        path = self.folder / PAGE / f"{name}.json"
        try:
            table: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as trouble:
            raise BadFile(
                f"the results {name!r} of a finished study in {self.folder}",
                str(trouble),
                "Run `fjordby demo`, or `fjordby study run` on your own city, and try again.",
            ) from trouble
        return table


def read_summary(folder: Path) -> Mapping[str, Any]:
    """Return what a study says of itself; empty when there is none, or none that can be read."""
    try:
        found: Mapping[str, Any] = tomllib.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def open_study(folder: Path | str) -> Study:
    """Open a study folder.

    Raises
    ------
    BadFile
        When there is no finished study in it, or one that another version made in a shape that
        this one does not read.
    """
    place = Path(folder)
    said = read_summary(place)
    if not said:
        there = "a study.toml that cannot be read" if (place / SUMMARY).exists() else None
        raise BadFile(
            f"a finished study in {place}",
            there or ("no study.toml there" if place.is_dir() else "no such folder"),
            "Make one with `fjordby demo`, or `fjordby study run` on your own city.",
        )
    if said.get("format") != FORMAT:
        raise BadFile(
            f"a study in format {FORMAT} at {place}",
            f"one in format {said.get('format')}, made by fjordby {said.get('fjordby')}",
            "Run `fjordby study run` on the city again with this version.",
        )
    return Study(place)

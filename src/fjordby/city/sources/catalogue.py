"""The tables that ship with the loaders: what a word, code or column of a source means here."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Return the rows of a table in `data/`, such as "osm_roads.csv"."""
    table = files("fjordby.city.sources").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(table.splitlines()))

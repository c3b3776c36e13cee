"""Tables that ship with the program: what a word, a code or a number means, with its source."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

Row = Mapping[str, str]


@cache
def rows(path: str) -> tuple[Row, ...]:
    """Return the rows of a table by its path in the package, such as "harm/uses.csv".

    Examples
    --------
    >>> rows("city/uses.csv")[0]["da"]
    'helårsbolig'
    """
    text = files("fjordby").joinpath(path).read_text(encoding="utf-8")
    return tuple(MappingProxyType(row) for row in csv.DictReader(io.StringIO(text, newline="")))

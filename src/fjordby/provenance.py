"""Where a piece of data comes from, and how far it may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a layer came to be; shown wherever its data speak."""

    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Provenance:
    """Source, licence, date and kind of one layer."""

    kind: Kind
    source: str
    licence: str
    date: str
    note: str = ""

"""What a loader hands back: the data, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from fjordby.provenance import Kind, Provenance

Data = TypeVar("Data")


@dataclass(frozen=True)
class Loaded(Generic[Data]):
    """Data from an outside source, with its provenance."""

    data: Data
    provenance: Provenance


def measured(source: str, licence: str, date: str, *notes: str) -> Provenance:
    """Return the provenance of something measured or registered, with the notes that are not ""."""
    return Provenance(Kind.MEASURED, source, licence, date, " ".join(n for n in notes if n))


def derived(source: str, licence: str, date: str, *notes: str) -> Provenance:
    """Return the provenance of something computed by the source, such as a forecast."""
    return Provenance(Kind.DERIVED, source, licence, date, " ".join(n for n in notes if n))

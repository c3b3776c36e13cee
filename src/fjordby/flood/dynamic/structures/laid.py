"""Structures laid on a domain: the tables of the engine, and what moves in them over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fjordby.arrays import Array
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.structures import kernels
from fjordby.flood.dynamic.structures.tables import FaceTable, LinkTable


class Look(Protocol):
    """What structures may see of the water."""

    def level(self, row: int, column: int) -> float:
        """Water level of a cell [m datum]; the ground where it is dry."""
        ...

    def depth(self, row: int, column: int) -> float:
        """Depth of water in a cell [m]."""
        ...

    def flow(self, name: str) -> float:
        """Flow of a structure at this moment [m3/s]."""
        ...


def _no_faces(rows: int) -> FaceTable:
    whole, real, small = (np.zeros(0, kind) for kind in (np.int64, np.float64, np.int8))
    start = np.zeros(rows + 1, np.int64)
    return FaceTable(
        start, whole, small, whole.copy(), small.copy(), real, real.copy(), real.copy(),
        real.copy(), small.copy(),
    )  # fmt: skip


def _no_links() -> LinkTable:
    def whole() -> Array:
        return np.zeros(0, np.int64)

    values = np.zeros((0, kernels.VALUES))
    return LinkTable(
        whole(), np.zeros(0, np.int8), whole(), whole(), whole(), whole(), values,
        np.zeros(1, np.int64), np.zeros(0), np.zeros(0),
    )  # fmt: skip


@dataclass(frozen=True)
class Laid:
    """Structures on a domain.

    Parameters
    ----------
    names
        Of the structures; `owner` in the tables is an index of these.
    faces_x, faces_y
        Entries on west faces and on north faces.
    links
        Culverts and pumps.
    """

    names: tuple[str, ...]
    faces_x: FaceTable
    faces_y: FaceTable
    links: LinkTable

    @classmethod
    def none(cls, domain: Domain) -> Laid:
        """Return a domain without structures."""
        rows = domain.grid.ny
        return cls((), _no_faces(rows), _no_faces(rows), _no_links())

    def update(self, seconds: float, look: Look) -> None:
        """Move what moves: gates, breaches, pumps. Writes into the tables in place."""

    def memory(self) -> dict[str, Array]:
        """Return what must be kept to go on later exactly as if nothing had happened."""
        return {}

    def remember(self, memory: Mapping[str, Array]) -> None:
        """Go on from `memory`."""

"""Structures laid on a domain: the tables of the engine, and what moves in them over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadValue
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.structures import kernels
from fjordby.flood.dynamic.structures.moving import Look, Moving, Tables
from fjordby.flood.dynamic.structures.tables import FaceTable, LinkTable

#: Columns of the face tables that change over time.
_CHANGING = ("crest", "lid", "share", "way")


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
    moving
        What changes the tables as time goes.
    state
        What moving things remember, by name.
    clock
        Time of the last `update` [s]; NaN before the first, shape (1,).
    """

    names: tuple[str, ...]
    faces_x: FaceTable
    faces_y: FaceTable
    links: LinkTable
    moving: tuple[Moving, ...] = ()
    state: dict[str, Floats] = field(default_factory=dict)
    clock: Floats = field(default_factory=lambda: np.full(1, np.nan))

    @classmethod
    def none(cls, domain: Domain) -> Laid:
        """Return a domain without structures."""
        rows = domain.grid.ny
        return cls((), no_faces(rows), no_faces(rows), no_links())

    def update(self, seconds: float, look: Look) -> None:
        """Move what moves up to a time [s]: gates, breaches, pumps. Writes into the tables."""
        step = 0.0 if np.isnan(self.clock[0]) else max(seconds - float(self.clock[0]), 0.0)
        tables = Tables(self.faces_x, self.faces_y, self.links)
        for part in self.moving:
            part.move(self.state[part.name], seconds, step, look, tables)
        self.clock[0] = seconds

    def opened(self) -> dict[str, float]:
        """Return how far each thing that moves is open, by name: see `Simulation.opened`."""
        tables = Tables(self.faces_x, self.faces_y, self.links)
        return {part.name: part.opened(self.state[part.name], tables) for part in self.moving}

    def flows(self, across: Array, down: Array, links: Array) -> Floats:
        """Return the sum for each structure, positive from its left side to its right.

        Parameters
        ----------
        across, down
            A quantity of each entry of `faces_x` and `faces_y`, positive east and south: flow
            [m3/s], or water that has passed [m3].
        links
            The same of each link.
        """
        count = len(self.names)
        total = np.bincount(self.links.owner, weights=links, minlength=count).astype(float)
        for table, values in ((self.faces_x, across), (self.faces_y, down)):
            total += np.bincount(table.owner, weights=values * table.toward, minlength=count)
        return total

    def memory(self) -> dict[str, Array]:
        """Return all that must be kept to go on later exactly as if nothing had happened."""
        kept: dict[str, Array] = {"clock": self.clock, "links": self.links.values}
        for side, table in (("x", self.faces_x), ("y", self.faces_y)):
            kept |= {f"{side}:{column}": getattr(table, column) for column in _CHANGING}
        kept |= {f"state:{name}": values for name, values in self.state.items()}
        return {name: values.copy() for name, values in kept.items()}

    def remember(self, memory: Mapping[str, Array]) -> None:
        """Go on from `memory`.

        Raises
        ------
        BadValue
            When it is that of other structures.
        """
        mine = self.memory()
        other = {k for k in mine if k not in memory or memory[k].shape != mine[k].shape}
        other |= set(memory) - set(mine)
        if other:
            raise BadValue(
                "the memory of the same structures on the same grid",
                f"one that differs in {', '.join(sorted(other))}",
                "Resume with the structures that the run was started with.",
            )
        self.clock[:] = memory["clock"]
        self.links.values[:] = memory["links"]
        for side, table in (("x", self.faces_x), ("y", self.faces_y)):
            for column in _CHANGING:
                getattr(table, column)[:] = memory[f"{side}:{column}"]
        for name, values in self.state.items():
            values[:] = memory[f"state:{name}"]


def no_faces(rows: int) -> FaceTable:
    """Return a face table without entries."""
    return FaceTable(
        np.zeros(rows + 1, np.int64),
        column=np.zeros(0, np.int64),
        first=np.zeros(0, np.int8),
        owner=np.zeros(0, np.int64),
        toward=np.zeros(0, np.int8),
        law=np.zeros(0, np.int8),
        crest=np.zeros(0),
        lid=np.zeros(0),
        share=np.zeros(0),
        coefficient=np.zeros(0),
        way=np.zeros(0, np.int8),
    )


def no_links() -> LinkTable:
    """Return a link table without entries."""
    return LinkTable(
        owner=np.zeros(0, np.int64),
        law=np.zeros(0, np.int8),
        row0=np.zeros(0, np.int64),
        column0=np.zeros(0, np.int64),
        row1=np.zeros(0, np.int64),
        column1=np.zeros(0, np.int64),
        values=np.zeros((0, kernels.VALUES)),
        curve=np.zeros(1, np.int64),
        head=np.zeros(0),
        flow=np.zeros(0),
    )

"""A board on which structures are laid, face by face, until the tables are made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import shapely

from fjordby.arrays import Floats, Ints
from fjordby.errors import BadValue
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.structures.course import Course
from fjordby.flood.dynamic.structures.moving import Cell, Entries
from fjordby.flood.dynamic.structures.tables import NEVER, FaceTable, LinkTable

Face = tuple[bool, int, int]


class Entry(NamedTuple):
    """One entry of a face table, on a face (down, row, column)."""

    face: Face
    owner: int
    toward: int
    law: int
    crest: float = NEVER
    lid: float = NEVER
    share: float = 1.0
    coefficient: float = 1.0
    way: int = 0


class Link(NamedTuple):
    """One link: its cells, (row, column); (-1, -1) is out of the map."""

    owner: int
    law: int
    start: Cell
    end: Cell
    values: Floats
    head: Floats
    flow: Floats


class Standing(NamedTuple):
    """What a wall is on one face."""

    owner: int
    toward: int
    law: int
    crests: Floats  # of its strips [m datum]
    share: float
    coefficient: float
    along: float  # where on the wall [m]


@dataclass
class Board:
    """The domain, and what has been laid so far."""

    domain: Domain
    names: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    walls: dict[Face, Standing] = field(default_factory=dict)
    opened: dict[Face, str] = field(default_factory=dict)
    broken: dict[Face, str] = field(default_factory=dict)

    def point(self, face: Face) -> str:
        """Say where the middle of a face is."""
        down, row, column = face
        grid = self.domain.grid
        x = grid.west + (column + (0.5 if down else 0.0)) * grid.cell
        y = grid.north - (row + (0.0 if down else 0.5)) * grid.cell
        return f"at {x:.1f}, {y:.1f}"

    def ground(self, face: Face) -> float:
        """Return the ground of a face, the higher of its two cells [m datum]; NaN = closed."""
        one, two = sides(face)
        return float(np.maximum(self.domain.bed[one], self.domain.bed[two]))

    def faces(self, line: Course) -> Course:
        """Return those faces of a line that have ground on both sides."""
        if not len(line):
            return line
        return line.only(np.array([not np.isnan(self.ground(f)) for f in line.each()]))

    def inside(self, name: str, geometry: shapely.LineString | shapely.MultiLineString) -> None:
        """Raise `BadValue` for a geometry that lies off the map."""
        west, south, east, north = self.domain.grid.bounds
        x0, y0, x1, y1 = geometry.bounds
        if x1 < west or x0 > east or y1 < south or y0 > north:
            raise BadValue(
                f"{name} on the map ({west:.0f} to {east:.0f}, {south:.0f} to {north:.0f})",
                f"it lies at {x0:.0f} to {x1:.0f}, {y0:.0f} to {y1:.0f}",
                "Check its coordinate system, or leave it out.",
            )

    def cell(self, name: str, what: str, point: tuple[float, float]) -> Cell:
        """Return the cell of a point, which must be on the map and have ground."""
        grid = self.domain.grid
        x, y = float(point[0]), float(point[1])
        rows, columns = grid.rows_columns(np.array([x]), np.array([y]))
        row, column = int(rows[0]), int(columns[0])
        if not (0 <= row < grid.ny and 0 <= column < grid.nx):
            west, south, east, north = grid.bounds
            raise BadValue(
                f"the {what} of {name} on the map ({west:.0f} to {east:.0f}, "
                f"{south:.0f} to {north:.0f})",
                f"it is at {x:.1f}, {y:.1f}",
                "Check its coordinate system, or leave it out.",
            )
        if np.isnan(self.domain.bed[row, column]):
            raise BadValue(
                f"the {what} of {name} where there is ground",
                f"it is at {x:.1f}, {y:.1f} (row {row}, column {column}), in a block or outside "
                "the terrain",
                "Move it to a cell beside, where water can stand.",
            )
        return row, column

    def alone(self, taken: dict[Face, str], face: Face, name: str, expected: str, do: str) -> None:
        """Take a face for a structure; raise `BadValue` when another of its kind has it."""
        other = taken.setdefault(face, name)
        if other != name:
            got = f"contradictory structures {other} and {name} on one face {self.point(face)}"
            raise BadValue(expected, got, do)

    def add(self, entry: Entry) -> int:
        """Lay an entry; return its number."""
        self.entries.append(entry)
        return len(self.entries) - 1


def sides(face: Face) -> tuple[Cell, Cell]:
    """Return the two cells of a face: west and east, or north and south."""
    down, row, column = face
    return ((row - 1, column) if down else (row, column - 1)), (row, column)


def table(entries: list[Entry], down: bool, rows: int) -> tuple[FaceTable, Ints]:
    """Return the entries of one direction as a table, and where each of all entries went."""
    mine = [k for k, e in enumerate(entries) if e.face[0] == down]
    mine.sort(key=lambda k: (entries[k].face, k))
    place = np.full(len(entries), -1, np.int64)
    place[mine] = np.arange(len(mine))
    chosen = [entries[k] for k in mine]
    row = np.array([e.face[1] for e in chosen], np.int64)
    column = np.array([e.face[2] for e in chosen], np.int64)
    first = np.ones(len(chosen), np.int8)
    first[1:][(row[1:] == row[:-1]) & (column[1:] == column[:-1])] = 0
    laid = FaceTable(
        start=np.searchsorted(row, np.arange(rows + 1)).astype(np.int64),
        column=column,
        first=first,
        owner=np.array([e.owner for e in chosen], np.int64),
        toward=np.array([e.toward for e in chosen], np.int8),
        law=np.array([e.law for e in chosen], np.int8),
        crest=np.array([e.crest for e in chosen], np.float64),
        lid=np.array([e.lid for e in chosen], np.float64),
        share=np.array([e.share for e in chosen], np.float64),
        coefficient=np.array([e.coefficient for e in chosen], np.float64),
        way=np.array([e.way for e in chosen], np.int8),
    )
    return laid, place


def link_table(links: list[Link], columns: int) -> LinkTable:
    """Return the links as a table."""
    size = [one.head.size for one in links]
    return LinkTable(
        owner=np.array([one.owner for one in links], np.int64),
        law=np.array([one.law for one in links], np.int8),
        row0=np.array([one.start[0] for one in links], np.int64),
        column0=np.array([one.start[1] for one in links], np.int64),
        row1=np.array([one.end[0] for one in links], np.int64),
        column1=np.array([one.end[1] for one in links], np.int64),
        values=np.array([one.values for one in links], np.float64).reshape(len(links), columns),
        curve=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        head=np.concatenate([np.zeros(0), *(one.head for one in links)]),
        flow=np.concatenate([np.zeros(0), *(one.flow for one in links)]),
    )


def entries_of(board: Board, numbers: list[int], places: tuple[Ints, Ints]) -> Entries:
    """Return entries, by the numbers they were laid with, as places in the finished tables."""
    chosen = [board.entries[k] for k in numbers]
    down = np.array([e.face[0] for e in chosen], bool)
    at = np.array(numbers, np.int64)
    index = np.where(down, places[1][at], places[0][at]) if numbers else at
    return Entries(down, index, np.array([e.share for e in chosen], np.float64))

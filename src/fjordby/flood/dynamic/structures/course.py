"""A line on the grid: the faces that it stands on, where along it, and which way it runs there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.flood.surge.edges import steps_crossed, straight_pieces
from fjordby.grid import Grid

#: Length beside a crossing whose direction counts [cells]; assumed: half a cell, so that a corner
#: of a wall is felt by no more than the face beside it.
_BESIDE = 0.5

#: Points at which an uneven crest is looked at for each face, and strips that they are put in;
#: assumed: strips of a quarter of a face tell a dip from a level crest.
_LOOKS = 8
_STRIPS = 4


@dataclass(frozen=True)
class Course:
    """Faces that a line stands on, in order along it; m faces.

    Parameters
    ----------
    down
        True for the north face of the cell, False for its west face, (m,).
    row, column
        The cell, (m,).
    along
        Where the line crosses, from its start [m], (m,).
    share
        Length of line that a face stands for, over the cell side: the part of the line's normal
        that is the face's. A slanting wall stands on more faces than it is long; so its weir has
        its true length. (m,)
    toward
        +1 where flow east (south) is from the line's left side to its right, else -1, (m,).
    length
        Of the line [m].
    """

    down: Bools
    row: Ints
    column: Ints
    along: Floats
    share: Floats
    toward: Ints
    length: float

    def __len__(self) -> int:
        """Return the number of faces."""
        return self.row.size

    def each(self) -> list[tuple[bool, int, int]]:
        """Return the faces as (down, row, column)."""
        return list(zip(self.down.tolist(), self.row.tolist(), self.column.tolist(), strict=True))

    def only(self, which: Any) -> Course:
        """Return some of the faces, by indices or a mask."""
        return Course(
            self.down[which], self.row[which], self.column[which], self.along[which],
            self.share[which], self.toward[which], self.length,
        )  # fmt: skip


@dataclass(frozen=True)
class Path:
    """The points of a line with the length up to each; a gap of a metre between its parts."""

    x: Floats
    y: Floats
    along: Floats
    part: Ints

    @classmethod
    def of(cls, geometry: shapely.LineString | shapely.MultiLineString) -> Path:
        """Measure a line."""
        parts = shapely.get_parts([geometry])
        points, part = shapely.get_coordinates(parts, return_index=True)
        step = np.hypot(np.diff(points[:, 0]), np.diff(points[:, 1]))
        step[part[1:] != part[:-1]] = 1.0
        along = np.concatenate([[0.0], np.cumsum(step)])
        return cls(points[:, 0], points[:, 1], along, part.astype(np.int64))

    def near(self, along: Floats, part: Ints, offset: Floats) -> Floats:
        """Return positions moved along the line, kept on their own part."""
        first = np.searchsorted(self.part, part, side="left")
        last = np.searchsorted(self.part, part, side="right") - 1
        return np.clip(along + offset, self.along[first], self.along[last]).astype(np.float64)

    def point(self, along: float) -> tuple[float, float]:
        """Return the point at a length along the line."""
        x = float(np.interp(along, self.along, self.x))
        return x, float(np.interp(along, self.along, self.y))


def course(
    geometry: shapely.LineString | shapely.MultiLineString, grid: Grid
) -> tuple[Course, Ints]:
    """Return the faces that a line stands on, and which part of the line each is on.

    A face is stood on when the line crosses or touches the straight line between the centres of
    its two cells (`surge.edges`): a path from cell to cell cannot pass the line without crossing
    it, so a closed line is tight at every cell size.
    """
    path = Path.of(geometry)
    same = np.flatnonzero(path.part[1:] == path.part[:-1])
    points = np.column_stack([path.x, path.y])
    ends = np.stack([points[same], points[same + 1]], axis=1)
    pieces: Array = np.asarray(shapely.linestrings(ends))
    segments, owner = straight_pieces(pieces, grid)
    cell, way, line = steps_crossed(segments, grid)
    straight = way < 2
    cell, way, line = cell[straight], way[straight], line[straight]
    row, column = cell // grid.nx, cell % grid.nx
    start = same[owner[line]]
    at = _crossing(segments[line], way, row, column)
    along = path.along[start] + at * (path.along[start + 1] - path.along[start])
    along = np.round(along, 3)  # the crossing is of a line moved aside by a hair
    down = way == 1
    normal = _normal(path, along, path.part[start], down, grid.cell)
    found = Course(
        down, row + down, column + ~down, along, np.abs(normal),
        np.where(normal < 0.0, -1, 1), float(path.along[-1] - path.part[-1]),
    )  # fmt: skip
    order = np.argsort(along, kind="stable")
    keys = np.column_stack([found.down, found.row, found.column])[order]
    _, once = np.unique(keys, axis=0, return_index=True)
    kept = order[np.sort(once)]
    return found.only(kept), path.part[start][kept]


def _crossing(segment: Floats, way: Ints, row: Ints, column: Ints) -> Floats:
    """Return where a piece of line meets the step between two centres, 0 to 1 along the piece."""
    ax, ay, bx, by = segment.T
    east = way == 0
    across = np.where(east, by - ay, bx - ax)
    beside = np.where(east, bx - ax, by - ay)
    gap = np.where(east, row - ay, column - ax)
    middle = np.where(east, column + 0.5 - ax, row + 0.5 - ay)
    flat = np.abs(across) < 1e-9
    at = np.where(
        flat,
        middle / np.where(beside == 0.0, 1.0, beside),
        gap / np.where(flat, 1.0, across),
    )
    return np.asarray(np.clip(at, 0.0, 1.0), np.float64)


def _normal(path: Path, along: Floats, part: Ints, down: Bools, cell: float) -> Floats:
    """Return the part of the line's normal, from left to right, that runs east (or south)."""
    ends = [path.near(along, part, np.full(along.shape, side * _BESIDE * cell)) for side in (-1, 1)]
    east = np.interp(ends[1], path.along, path.x) - np.interp(ends[0], path.along, path.x)
    north = np.interp(ends[1], path.along, path.y) - np.interp(ends[0], path.along, path.y)
    size = np.hypot(east, north)
    normal = np.where(down, east, north)
    return np.where(size > 0.0, normal / np.where(size > 0.0, size, 1.0), 1.0)


def crests(
    geometry: shapely.LineString | shapely.MultiLineString,
    heights: Array,
    faces: Course,
    part: Ints,
    cell: float,
) -> list[Floats]:
    """Return the heights of the crest on each face, in strips of equal width, lowest first [m].

    A crest that is level within a centimetre there is one strip.
    """
    if heights.size == 1:
        return [np.array([float(heights[0])])] * len(faces)
    path = Path.of(geometry)
    offset = (np.arange(_LOOKS) + 0.5) / _LOOKS - 0.5
    strips = []
    for along, share, own in zip(faces.along, faces.share, part, strict=True):
        at = path.near(
            np.full(_LOOKS, along), np.full(_LOOKS, own), offset * cell * max(share, 0.1)
        )
        seen = np.sort(np.interp(at, path.along, heights))
        if seen[-1] - seen[0] < 0.01:
            strips.append(np.array([seen.mean()]))
        else:
            strips.append(seen.reshape(_STRIPS, -1).mean(axis=1))
    return strips


def nearest_face(
    geometry: shapely.LineString | shapely.MultiLineString, grid: Grid, prefer: Course | None = None
) -> Course:
    """Return the one face nearest to the middle of a line too short to cross any, or none.

    Of faces that something stands on already (`prefer`) within one and a half cells the nearest;
    else the nearest of those that the line lies along.
    """
    path = Path.of(geometry)
    length = float(path.along[-1] - path.part[-1])
    x, y = path.point(0.5 * path.along[-1])
    east, south = (x - grid.west) / grid.cell, (grid.north - y) / grid.cell
    dx, dy = float(path.x[-1] - path.x[0]), float(path.y[-1] - path.y[0])
    if prefer is not None and len(prefer):
        far = np.hypot(
            prefer.column + np.where(prefer.down, 0.5, 0.0) - east,
            prefer.row + np.where(prefer.down, 0.0, 0.5) - south,
        )
        best = int(np.argmin(far))
        if far[best] <= 1.5:
            return _one(bool(prefer.down[best]), int(prefer.row[best]), int(prefer.column[best]),
                        dx, dy, length)  # fmt: skip
    down = abs(dx) > abs(dy)
    row = round(south) if down else int(np.floor(south))
    column = int(np.floor(east)) if down else round(east)
    inside = (1 if down else 0) <= row < grid.ny and (0 if down else 1) <= column < grid.nx
    found = _one(down, row, column, dx, dy, length)
    return found if inside else found.only(np.zeros(0, np.int64))


def _one(down: bool, row: int, column: int, dx: float, dy: float, length: float) -> Course:
    return Course(
        np.array([down]), np.array([row]), np.array([column]), np.array([0.5 * length]),
        np.ones(1), np.array([1 if (dx if down else dy) >= 0.0 else -1]), length,
    )  # fmt: skip

"""Breaches on their walls: entries of no width yet, on every face that they can reach."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.flood.dynamic.structures import kernels
from fjordby.flood.dynamic.structures.board import Board, Entry, Face, entries_of, sides
from fjordby.flood.dynamic.structures.course import Course, Path, course
from fjordby.flood.dynamic.structures.moving import Later, MovingBreach
from fjordby.flood.dynamic.structures.records import Breach, Wall


def lay_breach(
    board: Board, owner: int, breach: Breach, walls: Mapping[str, tuple[int, Wall]],
    numbers: Mapping[Face, list[int]],
) -> Later:  # fmt: skip
    """Lay a breach.

    Parameters
    ----------
    board, owner, breach
        Where, as which structure, and what.
    walls
        All walls by name, with their index.
    numbers
        Entries of the walls on each face.

    Raises
    ------
    BadValue
        For a breach beside its wall or where it does not stand, one that no wall is above, and two
        that can reach each other.
    """
    if breach.wall not in walls:
        known = ", ".join(walls) or "none at all"
        raise BadValue(
            f"a wall for the breach {breach.name}", repr(breach.wall), f"The walls are: {known}."
        )
    index, wall = walls[breach.wall]
    whole, _ = course(wall.geometry, board.domain.grid)
    middle = _middle(board, breach, wall)
    where = _reach(whole, board.domain.grid.cell)
    half = 0.5 * breach.width
    near = (where[:, 0] < middle + half) & (where[:, 1] > middle - half)
    keys = whole.each()
    mine = [f in numbers and board.entries[numbers[f][0]].owner == index for f in keys]
    found = np.flatnonzero(near & np.array(mine, bool))
    if not found.size:
        raise BadValue(
            f"the breach {breach.name} where {breach.wall} stands above the ground",
            f"nothing to break at {breach.x:.1f}, {breach.y:.1f}",
            "Move it, or leave it out.",
        )
    for k in found:
        board.alone(
            board.broken, keys[k], breach.name, "breaches that cannot reach each other",
            "Move them apart by their widths, or make one of them.",
        )  # fmt: skip
    return _gap(board, owner, breach, whole.only(found), where[found], middle, numbers)


def _middle(board: Board, breach: Breach, wall: Wall) -> float:
    """Return where the breach is along its wall [m]."""
    path = Path.of(wall.geometry)
    same = path.part[1:] == path.part[:-1]
    x, y = path.x[:-1][same], path.y[:-1][same]
    dx, dy = np.diff(path.x)[same], np.diff(path.y)[same]
    square = np.where(dx**2 + dy**2 > 0.0, dx**2 + dy**2, 1.0)
    at = np.clip(((breach.x - x) * dx + (breach.y - y) * dy) / square, 0.0, 1.0)
    far = np.hypot(x + at * dx - breach.x, y + at * dy - breach.y)
    best = int(np.argmin(far))
    if far[best] > 2.0 * board.domain.grid.cell:
        raise BadValue(
            f"the breach {breach.name} on its wall {breach.wall}",
            f"a point {far[best]:.1f} m beside it, at {breach.x:.1f}, {breach.y:.1f}",
            "Move it to within two cells of the wall.",
        )
    return float((path.along[:-1][same] + at * np.sqrt(dx**2 + dy**2))[best])


def _reach(faces: Course, cell: float) -> Floats:
    """Return where each face begins and ends along the line: half way to its neighbours [m]."""
    along = faces.along
    half = 0.5 * cell * faces.share
    between = 0.5 * (along[1:] + along[:-1])
    first = np.concatenate([[along[0] - half[0]], between])
    last = np.concatenate([between, [along[-1] + half[-1]]])
    return np.column_stack([first, np.maximum(last, first + 1.0e-6)])


def _gap(
    board: Board, owner: int, breach: Breach, faces: Course, where: Floats, middle: float,
    numbers: Mapping[Face, list[int]],
) -> Later:  # fmt: skip
    """Lay the entries of a breach; return what makes it grow."""
    keys = faces.each()
    gap = [
        board.add(Entry(face, owner, int(side), kernels.BROAD, share=0.0))
        for face, side in zip(keys, faces.toward, strict=True)
    ]
    wall = [k for face in keys for k in numbers[face]]
    on = np.array([j for j, face in enumerate(keys) for _ in numbers[face]], np.int64)
    nearest = int(np.argmin(np.abs(where.mean(axis=1) - middle)))
    crest = max(board.entries[k].crest for k in numbers[keys[nearest]])
    if breach.sill >= crest:
        raise BadValue(
            f"a sill of the breach {breach.name} below the crest of {breach.wall} there, "
            f"{crest:.2f} m",
            f"{breach.sill:.2f} m {board.point(keys[nearest])}",
            "Give the height that it is scoured down to [m datum].",
        )
    beside = sides(keys[nearest])
    cell = board.domain.grid.cell
    return lambda places: MovingBreach(
        breach, entries_of(board, gap, places), where, middle, entries_of(board, wall, places), on,
        crest, beside, cell,
    )  # fmt: skip

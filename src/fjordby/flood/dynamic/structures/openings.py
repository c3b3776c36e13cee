"""Gates, flaps and bridges on their faces: what is open, what stays shut beside it, the top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.errors import BadValue
from fjordby.flood.dynamic.structures import kernels
from fjordby.flood.dynamic.structures.board import Board, Entry, Face, Standing, entries_of, sides
from fjordby.flood.dynamic.structures.course import Course, course, nearest_face
from fjordby.flood.dynamic.structures.moving import Cell, Later, MovingGate
from fjordby.flood.dynamic.structures.records import Bridge, Flap, Gate
from fjordby.flood.dynamic.structures.tables import NEVER


@dataclass(frozen=True)
class _Opening:
    """Faces of an opening, how much of each is open, and what stands beside it."""

    faces: Course
    share: list[float]  # open part of each face
    beside: list[float]  # part of each face that stays shut


def _open(board: Board, owner: int, one: Gate | Flap | Bridge, width: float | None) -> _Opening:
    """Take the faces of an opening off the walls; all is wall there but its clear width."""
    grid = board.domain.grid
    board.inside(one.name, one.geometry)
    line, _ = course(one.geometry, grid)
    clear = float(one.geometry.length) if width is None else width
    middle = 0.5 * line.length
    if not len(line):
        line = nearest_face(one.geometry, grid, _standing(board))
    chosen = board.faces(line)
    if len(chosen) and clear <= grid.cell:
        chosen = chosen.only([int(np.argmin(np.abs(chosen.along - middle)))])
    if not len(chosen):
        raise BadValue(
            f"open ground on both sides of {one.name}",
            f"a block or the edge of the map at {_middle(one)}",
            "Move it between two cells where water can stand.",
        )
    for face in chosen.each():
        board.alone(
            board.opened, face, one.name, "one gate, flap or bridge on each side of a cell",
            "Make one of them of both, or use smaller cells.",
        )  # fmt: skip
    wide = [float(s) for s in chosen.share]
    shares, beside = [], []
    for face, part in zip(chosen.each(), wide, strict=True):
        share = min(clear * part / (sum(wide) * grid.cell), 1.0)
        wall = board.walls.get(face)
        shares.append(share)
        beside.append(max((part if wall is None else wall.share) - share, 0.0))
    _abut(board, owner, one, chosen, beside)
    _rest(board, owner, one, line, chosen)
    return _Opening(chosen, shares, beside)


def _standing(board: Board) -> Course:
    """Return the faces that walls stand on."""
    faces = list(board.walls)
    column = np.array([f[2] for f in faces], np.int64)
    return Course(
        np.array([f[0] for f in faces], bool), np.array([f[1] for f in faces], np.int64), column,
        np.zeros(column.size), np.ones(column.size), np.ones(column.size, np.int64), 0.0,
    )  # fmt: skip


def _middle(one: Gate | Flap | Bridge) -> str:
    point = one.geometry.interpolate(0.5, normalized=True)
    return f"{point.x:.1f}, {point.y:.1f}"


def _abut(
    board: Board, owner: int, one: Gate | Flap | Bridge, faces: Course, beside: list[float]
) -> None:
    """Lay what is shut beside an opening: the wall that stands there, or the abutment."""
    for face, toward, share in zip(faces.each(), faces.toward, beside, strict=True):
        wall = board.walls.pop(face, None)
        if share <= 0.0:
            continue
        if wall is None:
            board.add(Entry(face, owner, int(toward), kernels.BROAD, one.top, share=share))
            continue
        for crest in wall.crests:
            board.add(
                Entry(
                    face, wall.owner, wall.toward, wall.law, float(crest),
                    share=share / wall.crests.size, coefficient=wall.coefficient,
                )
            )  # fmt: skip


def _rest(board: Board, owner: int, one: Gate | Flap | Bridge, line: Course, taken: Course) -> None:
    """Let the line of an opening be a wall on the faces that it does not open."""
    keep = set(taken.each())
    for k, face in enumerate(line.each()):
        if face not in keep and face not in board.walls and face not in board.opened:
            board.walls[face] = Standing(
                owner, int(line.toward[k]), kernels.BROAD, np.array([one.top]),
                float(line.share[k]), 1.0, 0.0,
            )  # fmt: skip


def lay_gate(board: Board, owner: int, gate: Gate) -> Later:
    """Lay a gate: an opening below its leaf, and the leaf's top above."""
    opening = _open(board, owner, gate, gate.width)
    under, over = [], []
    for face, toward, share in zip(
        opening.faces.each(), opening.faces.toward, opening.share, strict=True
    ):
        side = int(toward)
        if gate.kind != "sink":
            under.append(
                board.add(
                    Entry(face, owner, side, kernels.OPENING, gate.sill, NEVER, share,
                          gate.contraction)
                )
            )  # fmt: skip
        over.append(board.add(Entry(face, owner, side, kernels.SHARP, gate.top, NEVER, share)))
    left, right = _beside(opening.faces)
    outer = left if gate.outer is None else board.cell(gate.name, "outer point", gate.outer)
    inner = right if gate.inner is None else board.cell(gate.name, "inner point", gate.inner)
    return lambda places: MovingGate(
        gate, entries_of(board, under, places), entries_of(board, over, places), outer, inner
    )


def _beside(faces: Course) -> tuple[Cell, Cell]:
    """Return the cells left and right of the middle of some faces."""
    k = len(faces) // 2
    first, second = sides(faces.each()[k])
    return (first, second) if faces.toward[k] > 0 else (second, first)


def lay_flap(board: Board, owner: int, flap: Flap) -> None:
    """Lay a flap: an opening that water passes from left to right only, and its top."""
    opening = _open(board, owner, flap, flap.width)
    lid = flap.top if flap.height is None else flap.sill + flap.height
    for face, toward, share in zip(
        opening.faces.each(), opening.faces.toward, opening.share, strict=True
    ):
        side = int(toward)
        board.add(
            Entry(face, owner, side, kernels.OPENING, flap.sill, lid, share, flap.contraction, side)
        )
        board.add(Entry(face, owner, side, kernels.BROAD, flap.top, NEVER, share))


def lay_bridge(board: Board, owner: int, bridge: Bridge) -> None:
    """Lay a bridge: the ground below its deck, less the piers, and the deck's top."""
    opening = _open(board, owner, bridge, None)
    for face, toward, share in zip(
        opening.faces.each(), opening.faces.toward, opening.share, strict=True
    ):
        loss = _bridge_loss(board, bridge, face)
        board.add(
            Entry(
                face, owner, int(toward), kernels.BRIDGE, -NEVER, bridge.underside,
                share * (1.0 - bridge.piers), loss,
            )
        )  # fmt: skip
        over = bridge.coefficient / kernels.CRITICAL
        board.add(Entry(face, owner, int(toward), kernels.BROAD, bridge.top, NEVER, share, over))


def _bridge_loss(board: Board, bridge: Bridge, face: Face) -> float:
    """Return the velocity heads lost below a deck that is not touched."""
    if bridge.loss is not None:
        return bridge.loss
    domain = board.domain
    rough = np.broadcast_to(np.asarray(domain.roughness, float), domain.grid.shape)
    one, two = sides(face)
    manning = 0.5 * float(rough[one] + rough[two])
    depth = max(bridge.underside - board.ground(face), 0.1)
    friction = 2.0 * kernels.GRAVITY * manning**2 * domain.grid.cell / depth ** (4.0 / 3.0)
    return float(max(0.5 * bridge.piers + bridge.piers**2 + friction, 1.0e-3))

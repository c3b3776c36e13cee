"""Lay structures on a domain: walls on faces, openings in them, links between cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fjordby.errors import BadValue
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.structures import kernels
from fjordby.flood.dynamic.structures.board import (
    Board,
    Entry,
    Face,
    Link,
    Standing,
    link_table,
    table,
)
from fjordby.flood.dynamic.structures.course import course, crests
from fjordby.flood.dynamic.structures.culverts import inlet_curve, inlet_of
from fjordby.flood.dynamic.structures.gaps import lay_breach
from fjordby.flood.dynamic.structures.laid import Laid
from fjordby.flood.dynamic.structures.moving import Later, MovingPump
from fjordby.flood.dynamic.structures.openings import lay_bridge, lay_flap, lay_gate
from fjordby.flood.dynamic.structures.records import (
    Breach,
    Bridge,
    Culvert,
    Flap,
    Gate,
    Pump,
    Wall,
)
from fjordby.flood.dynamic.structures.tables import NEVER

Structure = Wall | Breach | Gate | Flap | Bridge | Culvert | Pump


def lay(structures: Sequence[Structure], domain: Domain) -> Laid:
    """Lay structures on a domain.

    Parameters
    ----------
    structures
        In any order, each with a name of its own.
    domain
        The ground.

    Raises
    ------
    BadValue
        For structures off the map or in a block, lines that cross no step between cells, two
        openings on one face, a breach without its wall and whatever else cannot be; with names
        and coordinates.
    """
    strange = [one for one in structures if not isinstance(one, Structure)]
    if strange:
        raise BadValue(
            "walls, breaches, gates, flaps, bridges, culverts and pumps",
            f"{type(strange[0]).__name__} {strange[0]!r}",
            "Make it one of these (docs/flood_structures.md).",
        )
    names = tuple(one.name for one in structures)
    _check_names(names)
    board = Board(domain, names)
    later: list[Later] = []
    for owner, one in enumerate(structures):
        if isinstance(one, Wall):
            _wall(board, owner, one)
    for owner, one in enumerate(structures):
        if isinstance(one, Gate):
            later.append(lay_gate(board, owner, one))
        elif isinstance(one, Flap):
            lay_flap(board, owner, one)
        elif isinstance(one, Bridge):
            lay_bridge(board, owner, one)
    numbers = _stand(board)
    walls = {one.name: (k, one) for k, one in enumerate(structures) if isinstance(one, Wall)}
    for owner, one in enumerate(structures):
        if isinstance(one, Breach):
            later.append(lay_breach(board, owner, one, walls, numbers))
        elif isinstance(one, Culvert):
            _culvert(board, owner, one)
        elif isinstance(one, Pump):
            later.append(_pump(board, owner, one))
    return _finish(board, later)


def _check_names(names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadValue(
            "a name of its own for each structure",
            f"more than one named {', '.join(twice)}",
            "Rename them: results are told apart by name.",
        )


def _finish(board: Board, later: list[Later]) -> Laid:
    across, place_x = table(board.entries, False, board.domain.grid.ny)
    down, place_y = table(board.entries, True, board.domain.grid.ny)
    links = link_table(board.links, kernels.VALUES)
    moving = tuple(make((place_x, place_y)) for make in later)
    state = {part.name: part.fresh() for part in moving}
    return Laid(board.names, across, down, links, moving, state)


def _wall(board: Board, owner: int, wall: Wall) -> None:
    """Let a wall stand on its faces; of two walls on one face the higher counts."""
    board.inside(wall.name, wall.geometry)
    faces, part = course(wall.geometry, board.domain.grid)
    if not len(faces):
        x, y, _, _ = wall.geometry.bounds
        raise BadValue(
            f"a line of {wall.name} that passes between two cells of the map",
            f"one of {wall.geometry.length:.1f} m at {x:.1f}, {y:.1f} that crosses no step between "
            f"cell centres ({board.domain.grid.cell:g} m)",
            "Join it to the wall that it belongs to, use smaller cells, or leave it out.",
        )
    heights = np.atleast_1d(np.asarray(wall.crest, float))
    strips = crests(wall.geometry, heights, faces, part, board.domain.grid.cell)
    for k, face in enumerate(faces.each()):
        standing = Standing(
            owner, int(faces.toward[k]), kernels.SHARP if wall.thin else kernels.BROAD, strips[k],
            float(faces.share[k]), wall.coefficient / kernels.CRITICAL, float(faces.along[k]),
        )  # fmt: skip
        before = board.walls.get(face)
        if before is None or before.crests.mean() < standing.crests.mean():
            board.walls[face] = standing


def _stand(board: Board) -> dict[Face, list[int]]:
    """Make entries of the walls that are left; return the numbers of those on each face.

    A wall below the ground on both of its sides is no wall, and the face is left to the open
    water.
    """
    numbers: dict[Face, list[int]] = {}
    for face, wall in board.walls.items():
        ground = board.ground(face)
        if np.isnan(ground) or wall.crests.max() <= ground:
            continue
        numbers[face] = [
            board.add(
                Entry(
                    face, wall.owner, wall.toward, wall.law, float(crest),
                    share=wall.share / wall.crests.size, coefficient=wall.coefficient,
                )
            )
            for crest in wall.crests
        ]  # fmt: skip
    return numbers


def _culvert(board: Board, owner: int, culvert: Culvert) -> None:
    """Lay a culvert between the cells of its two ends."""
    start = board.cell(culvert.name, "start", culvert.start)
    end = board.cell(culvert.name, "end", culvert.end)
    if start == end:
        raise BadValue(
            f"the ends of {culvert.name} in two cells",
            f"both in row {start[0]}, column {start[1]}, at {culvert.start[0]:.1f}, "
            f"{culvert.start[1]:.1f}",
            "Use smaller cells, or leave it out: within a cell there is no flow.",
        )
    apart = math.dist(culvert.start, culvert.end)
    length = apart if culvert.length is None else culvert.length
    inlet = inlet_of(culvert)
    values = np.zeros(kernels.VALUES)
    values[kernels.INVERT0] = max(culvert.start_floor, float(board.domain.bed[start]))
    values[kernels.INVERT1] = max(culvert.end_floor, float(board.domain.bed[end]))
    values[kernels.HEIGHT] = culvert.height
    values[kernels.WIDTH] = culvert.width or 0.0
    values[kernels.LENGTH] = length
    values[kernels.ENTRANCE] = inlet.entrance_loss if culvert.entrance is None else culvert.entrance
    values[kernels.EXIT] = culvert.exit
    values[kernels.FRICTION] = 2.0 * kernels.GRAVITY * culvert.roughness**2 * length
    values[kernels.NUMBER] = culvert.barrels
    values[kernels.WAY] = 1.0 if culvert.flap else 0.0
    board.links.append(Link(owner, kernels.CULVERT, start, end, values, *inlet_curve(culvert)))


def _pump(board: Board, owner: int, pump: Pump) -> Later:
    """Lay a pump from its intake to its outlet, or out of the map."""
    start = board.cell(pump.name, "start", pump.start)
    end = (-1, -1) if pump.end is None else board.cell(pump.name, "end", pump.end)
    if start == end:
        raise BadValue(
            f"the start and the end of {pump.name} in two cells",
            f"both in row {start[0]}, column {start[1]}, at {pump.start[0]:.1f}, "
            f"{pump.start[1]:.1f}",
            "Move the outlet, or let it pump out of the map (end=None).",
        )
    gauge = start if pump.gauge is None else board.cell(pump.name, "gauge", pump.gauge)
    ground = -NEVER if pump.end is None else float(board.domain.bed[end])
    if pump.end is None and pump.outlet is None:
        raise BadValue(
            f"a height that {pump.name} lifts to, since it pumps out of the map",
            "none",
            "Give outlet, the level outside [m datum].",
        )
    values = np.zeros(kernels.VALUES)
    values[kernels.INVERT0] = float(board.domain.bed[start])
    values[kernels.INVERT1] = max(ground, -NEVER if pump.outlet is None else pump.outlet)
    heads, flows = np.asarray(pump.heads, float), np.asarray(pump.flows, float)
    board.links.append(Link(owner, kernels.PUMP, start, end, values, heads, flows))
    number = len(board.links) - 1
    return lambda places: MovingPump(pump, number, gauge)

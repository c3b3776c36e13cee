"""Walls and gates as heights on the steps between cells: thinner than any cell, and tight."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from fjordby.arrays import Array
from fjordby.errors import BadValue
from fjordby.flood.surge import kernels
from fjordby.grid import Grid

#: Types of barrier: whether water can be let through.
BARRIER_TYPES = {"wall": False, "gate": True}

#: Neighbours as (row, column) steps; the first four are the 4-connected ones, north up.
NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))

#: The four ways that `kernels.steps_crossed` writes, as indices of NEIGHBOURS there and back.
_THERE = np.array([0, 2, 4, 5])
_BACK = np.array([1, 3, 7, 6])

#: A line nearer than this to a cell centre or to a line's end touches it [cells]; assumed: far
#: above rounding (1e-11 cells on a grid 1e5 cells wide), far below anything that is surveyed.
_NEAR = 1e-8

#: Lines are moved this far east and north [cells], so that one drawn exactly through cell centres
#: has each of these cells on one side; assumed: a thousandth of a millimetre to a millimetre.
_ASIDE = (1.0e-5, 0.6e-5)


@dataclass(frozen=True)
class Edges:
    """Crests on the steps between neighbouring cells.

    Parameters
    ----------
    grid
        The grid whose cells they stand between.
    cells
        Flat index (row * nx + column) of each cell with a barrier on a step, ascending, (m,).
    crest
        Crest on the step to each of the eight NEIGHBOURS, -inf for none, float32, (m, 8)
        [m datum]. Each barrier stands on the step there and on the step back.
    """

    grid: Grid
    cells: Array
    crest: Array

    @classmethod
    def none(cls, grid: Grid) -> Edges:
        """Return a grid without barriers."""
        return cls(grid, np.zeros(0, np.int64), np.zeros((0, 8), np.float32))

    def expect(self, grid: Grid) -> None:
        """Raise `BadValue` when they stand on another grid than the terrain's."""
        if self.grid != grid:
            raise BadValue(
                f"barriers on the terrain's grid {grid}",
                f"{self.grid}",
                "Make them again with barrier_edges on this grid.",
            )

    def __len__(self) -> int:
        """Return the number of cells with a barrier on a step."""
        return self.cells.size


def barrier_edges(
    barriers: gpd.GeoDataFrame, grid: Grid, open_gates: Collection[str] = ()
) -> Edges:
    """Turn the barrier lines of a city into crests on steps.

    A barrier stands on a step when its line crosses or touches the straight line between the two
    cell centres. A path over the grid, diagonal or not, is a chain of such lines: it cannot pass
    a line without crossing it, so a closed line is tight at every cell size. Of two barriers on
    one step the higher counts. A line drawn exactly through cell centres counts as running a
    hair to the east and north of them.

    An open gate has no edge. When it is so narrow that the walls beside it close every step near
    it, the one straight step that passes nearest to its middle is opened, so that an open gate
    always lets water through.

    Parameters
    ----------
    barriers
        Lines with columns `id`, `type` (wall or gate) and `crest` [m datum], in the coordinates
        of the grid.
    grid
        The grid of the terrain.
    open_gates
        Ids of the gates that stand open; all others are shut.

    Raises
    ------
    BadValue
        When a type or a geometry is none of ours, a crest is no number, or an open gate is no
        gate.

    Examples
    --------
    A wall of 2 m along x = 10 between two cells of 10 m:

    >>> from shapely.geometry import LineString
    >>> wall = {"id": ["w"], "type": ["wall"], "crest": [2.0]}
    >>> line = [LineString([(10.0, 0.0), (10.0, 10.0)])]
    >>> edges = barrier_edges(gpd.GeoDataFrame(wall, geometry=line), Grid(0, 10, 10, 1, 2, "x"))
    >>> edges.cells.tolist(), float(edges.crest[0, 0]), float(edges.crest[1, 1])
    ([0, 1], 2.0, 2.0)
    """
    if not len(barriers):
        _check_open(open_gates, set())
        return Edges.none(grid)
    _check(barriers)
    types = barriers["type"].to_numpy(dtype=object)
    ids = barriers["id"].to_numpy(dtype=object)
    _check_open(open_gates, set(ids[types == "gate"]))
    opened = np.isin(ids.astype(str), [str(gate) for gate in open_gates])
    crests = barriers["crest"].to_numpy(np.float64)
    segments, owner = straight_pieces(barriers.geometry.to_numpy()[~opened], grid)
    cell, way, line = steps_crossed(segments, grid)
    height = crests[~opened][owner[line]].astype(np.float32)
    for geometry in barriers.geometry.to_numpy()[opened]:
        keep = _open(geometry, grid, cell, way)
        cell, way, height = cell[keep], way[keep], height[keep]
    return _two_sided(grid, cell, way, height)


def _check(barriers: gpd.GeoDataFrame) -> None:
    """Raise `BadValue` for barriers that cannot be built."""
    missing = {"id", "type", "crest"} - set(barriers.columns)
    if missing:
        raise BadValue(
            "barriers with columns id, type and crest",
            f"none named {', '.join(sorted(missing))}",
            "Add the columns; crest is in metres in the city's vertical datum.",
        )
    strange = sorted(set(map(str, barriers["type"])) - set(BARRIER_TYPES))
    if strange:
        raise BadValue(
            f"barriers of type {' or '.join(BARRIER_TYPES)}",
            ", ".join(strange),
            "Call each barrier one of these.",
        )
    crest = barriers["crest"].to_numpy(np.float64)
    if not np.isfinite(crest).all():
        which = ", ".join(map(str, barriers["id"].to_numpy()[~np.isfinite(crest)]))
        raise BadValue(
            "a crest for every barrier [m datum]",
            f"none for {which}",
            "Give its height in metres, or leave the barrier out.",
        )
    kinds = set(barriers.geometry.geom_type) - {"LineString", "MultiLineString"}
    if kinds:
        raise BadValue(
            "barriers drawn as lines",
            ", ".join(sorted(map(str, kinds))),
            "Draw the line along the crest.",
        )


def gates(barriers: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the ids of the gates among the barriers."""
    if not len(barriers):
        return ()
    return tuple(barriers.loc[barriers["type"] == "gate", "id"].astype(str))


def _check_open(open_gates: Collection[str], gates: set[Any]) -> None:
    """Raise `BadValue` when a gate that should stand open is no gate of the city."""
    strange = {str(gate) for gate in open_gates} - set(map(str, gates))
    if strange:
        known = ", ".join(sorted(map(str, gates))) or "none at all"
        raise BadValue(
            "open gates among the gates of the city",
            ", ".join(sorted(strange)),
            f"The gates are: {known}.",
        )


def straight_pieces(geometries: Array, grid: Grid) -> tuple[Array, Array]:
    """Return straight pieces (s, 4) in cells, centres at whole numbers, and whose they are (s,)."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    column = (points[:, 0] - grid.west) / grid.cell - 0.5 + _ASIDE[0]
    row = (grid.north - points[:, 1]) / grid.cell - 0.5 - _ASIDE[1]
    same = part[1:] == part[:-1]
    segments = np.column_stack([column[:-1], row[:-1], column[1:], row[1:]])[same]
    whose = owner[part[1:][same]]
    near = (
        (np.maximum(segments[:, 0], segments[:, 2]) > -2)
        & (np.maximum(segments[:, 1], segments[:, 3]) > -2)
        & (np.minimum(segments[:, 0], segments[:, 2]) < grid.nx + 1)
        & (np.minimum(segments[:, 1], segments[:, 3]) < grid.ny + 1)
    )
    return np.ascontiguousarray(segments[near]), whose[near]


def steps_crossed(segments: Array, grid: Grid) -> tuple[Array, Array, Array]:
    """Return cell, way (as in `kernels.steps_crossed`) and segment of each step crossed."""
    room = 64
    while True:
        cell = np.empty(room, np.int64)
        way = np.empty(room, np.int64)
        line = np.empty(room, np.int64)
        found = kernels.steps_crossed(segments, grid.ny, grid.nx, _NEAR, cell, way, line)
        if found <= room:
            return cell[:found], way[:found], line[:found]
        room = found


def _open(gate: Any, grid: Grid, cell: Array, way: Array) -> Array:
    """Return which steps still have a barrier when a gate stands open."""
    keep = np.ones(cell.size, bool)
    segments, _ = straight_pieces(np.array([gate], dtype=object), grid)
    crossed, ways, _ = steps_crossed(segments, grid)
    straight = crossed[ways < 2] * 4 + ways[ways < 2]
    if (~np.isin(straight, cell * 4 + way)).any() or not cell.size:
        return keep
    middle = gate.interpolate(0.5, normalized=True)
    east = (middle.x - grid.west) / grid.cell - 0.5 - cell % grid.nx
    south = (grid.north - middle.y) / grid.cell - 0.5 - cell // grid.nx
    # From the middle of the gate to the nearest point of each step: 0 to 1 along it.
    beyond_east = east - np.where(way == 0, np.clip(east, 0.0, 1.0), 0.0)
    beyond_south = south - np.where(way == 1, np.clip(south, 0.0, 1.0), 0.0)
    far = np.where(way < 2, np.hypot(beyond_east, beyond_south), np.inf)
    nearest = int(np.argmin(far))
    if far[nearest] > 1.5:
        return keep
    keep[(cell == cell[nearest]) & (way == way[nearest])] = False
    return keep


def _two_sided(grid: Grid, cell: Array, way: Array, height: Array) -> Edges:
    """Put each crest on its step from both sides; the highest of several counts."""
    d_row = np.array([d for d, _ in NEIGHBOURS])
    d_column = np.array([d for _, d in NEIGHBOURS])
    there = _THERE[way]
    other = cell + d_row[there] * grid.nx + d_column[there]
    cells, row = np.unique(np.concatenate([cell, other]), return_inverse=True)
    crest = np.full((cells.size, 8), -np.inf, np.float32)
    ways = np.concatenate([there, _BACK[way]])
    np.maximum.at(crest, (row, ways), np.concatenate([height, height]))
    return Edges(grid, cells, crest)

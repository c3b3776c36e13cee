"""Buildings in the water's way: as blocks, as raised ground, or as the part of a cell left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from fjordby.arrays import Array, Floats, Ints
from fjordby.errors import BadValue
from fjordby.flood.dynamic.domain import Domain
from fjordby.grid import Grid

#: A cell is a building when more than this part of it is covered; the usual rule of half.
HALF = 0.5


@dataclass(frozen=True)
class Open:
    """What buildings leave open.

    Parameters
    ----------
    area
        Part of each cell that water can stand in, (ny, nx), 0 to 1.
    west, north
        Part of the west and the north face of each cell that water can pass, (ny, nx), 0 to 1.
    """

    area: Floats
    west: Floats
    north: Floats


def covered(polygons: Sequence[Any] | Array, grid: Grid) -> Floats:
    """Return the part of each cell that polygons cover, (ny, nx), 0 to 1; exact.

    Parameters
    ----------
    polygons
        Polygons or MultiPolygons in the grid's coordinates; where they overlap it counts once.
    grid
        The cells.
    """
    parts = _parts(polygons)
    row, column, whose = _boxes(parts, grid)
    west = grid.west + grid.cell * column
    south = grid.north - grid.cell * (row + 1)
    boxes = shapely.box(west, south, west + grid.cell, south + grid.cell)
    area = shapely.area(shapely.intersection(boxes, parts[whose])) / grid.cell_area
    return _sum(area, row, column, grid)


def open_shares(polygons: Sequence[Any] | Array, grid: Grid) -> Open:
    """Return what buildings leave open of cells and faces, as a porous engine wants it.

    A face is a straight line of one cell's length: its share is the length outside all buildings.
    """
    parts = _parts(polygons)
    row, column, whose = _boxes(parts, grid)
    x, y = grid.west + grid.cell * column, grid.north - grid.cell * row
    shut = []
    for dx, dy in ((0.0, -grid.cell), (grid.cell, 0.0)):
        line = shapely.linestrings(np.stack([[x, x + dx], [y, y + dy]], axis=-1).swapaxes(0, 1))
        length = shapely.length(shapely.intersection(line, parts[whose])) / grid.cell
        shut.append(_sum(length, row, column, grid))
    return Open(1.0 - covered(polygons, grid), 1.0 - shut[0], 1.0 - shut[1])


def as_blocks(domain: Domain, polygons: Sequence[Any] | Array) -> Domain:
    """Return the domain with no ground in cells that are more than half building.

    Raises
    ------
    BadValue
        When water stands there at the start, or nothing is left.
    """
    inside = (covered(polygons, domain.grid) > HALF) & domain.land
    if domain.depth is not None and (domain.depth[inside] > 0.0).any():
        wet = inside & (domain.depth > 0.0)
        raise BadValue(
            "buildings on dry ground",
            f"water at the start in a building {domain.where(wet)}",
            "Take the water away there, or the building.",
        )
    bed = domain.bed.copy()
    bed[inside] = np.nan
    return replace(domain, bed=bed)


def as_raised(
    domain: Domain, polygons: Sequence[Any] | Array, height: float | Sequence[float] | Array
) -> Domain:
    """Return the domain with the ground lifted in cells that are more than half building.

    Water enters once it is higher than that: the sill of a door, say.

    Parameters
    ----------
    domain
        The ground.
    polygons
        Outlines of buildings.
    height
        How much they are lifted [m], for all or for each; where two meet the higher counts.

    Raises
    ------
    BadValue
        For what is no polygon, and heights that are no numbers or below zero.
    """
    outlines = list(polygons)
    given = np.asarray(height, float)
    if given.ndim and given.shape != (len(outlines),):
        raise BadValue(
            f"one height, or one for each of {len(outlines)} buildings",
            f"{given.size} heights",
            "Give each a height.",
        )
    heights = np.broadcast_to(given, (len(outlines),))
    if not (np.isfinite(heights) & (heights >= 0.0)).all():
        raise BadValue(
            "heights that are numbers of zero or more [m]",
            "less, NaN or infinity",
            "Give each a height.",
        )
    lift = np.zeros(domain.grid.shape)
    full = covered(outlines, domain.grid) > HALF
    for tall in np.unique(heights):
        same = [one for one, own in zip(outlines, heights, strict=True) if own == tall]
        touched = (covered(same, domain.grid) > 0.0) & full
        lift[touched] = np.maximum(lift[touched], tall)
    return replace(domain, bed=(domain.bed + lift).astype(domain.bed.dtype))


def _parts(polygons: Sequence[Any] | Array) -> Array:
    """Return polygons that do not overlap."""
    shapes = np.asarray(list(polygons), dtype=object)
    kinds = {one.geom_type for one in shapes} - {"Polygon", "MultiPolygon"}
    if kinds:
        raise BadValue(
            "buildings drawn as polygons", ", ".join(sorted(kinds)), "Give their outlines."
        )
    if not shapes.size:
        return shapes
    joined = shapely.union_all(shapely.make_valid(shapes))
    parts = shapely.get_parts(np.array([joined], dtype=object))
    solid: Array = parts[shapely.get_dimensions(parts) == 2]
    return solid


def _boxes(parts: Array, grid: Grid) -> tuple[Ints, Ints, Ints]:
    """Return row and column of the cells in the box about each polygon, and whose they are.

    One row and column more than the polygon fills, since a face may lie on its rim.
    """
    rows, columns, whose = [], [], []
    for k, (x0, y0, x1, y1) in enumerate(shapely.bounds(parts)):
        first = max(int((grid.north - y1) // grid.cell), 0)
        last = min(int((grid.north - y0) // grid.cell) + 1, grid.ny - 1)
        left = max(int((x0 - grid.west) // grid.cell), 0)
        right = min(int((x1 - grid.west) // grid.cell) + 1, grid.nx - 1)
        if last < first or right < left:
            continue
        row, column = np.mgrid[first : last + 1, left : right + 1]
        rows.append(row.ravel())
        columns.append(column.ravel())
        whose.append(np.full(row.size, k))
    empty = np.zeros(0, np.int64)
    return (
        np.concatenate([empty, *rows]),
        np.concatenate([empty, *columns]),
        np.concatenate([empty, *whose]),
    )


def _sum(values: Floats, row: Ints, column: Ints, grid: Grid) -> Floats:
    """Add values up by cell, at most 1."""
    flat = np.bincount(row * grid.nx + column, weights=values, minlength=grid.ny * grid.nx)
    return np.minimum(flat, 1.0).reshape(grid.shape)

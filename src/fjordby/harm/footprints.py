"""Which raster cells a building or a road lies on, exactly, so that any depth map is a gather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.errors import BadValue
from fjordby.grid import Grid, Raster
from fjordby.harm import kernels

#: Window cells that are worked on at a time, which bounds memory to about 0.3 GB.
BLOCK_CELLS = 40_000_000


@dataclass(frozen=True)
class Footprints:
    """The cells that each shape lies on, in compressed rows.

    Parameters
    ----------
    grid
        The grid that the cells are counted on.
    starts
        Where each shape's cells begin, shape (n + 1,).
    cells
        Flat cell index, row * nx + column, shape (m,).
    share
        Of polygons: share of the cell that is covered, in (0, 1]. Of lines: length in the cell
        [m]. Shape (m,).
    """

    grid: Grid
    starts: Ints
    cells: Ints
    share: Floats

    @property
    def count(self) -> int:
        """Number of shapes."""
        return self.starts.size - 1

    @property
    def total(self) -> Floats:
        """Covered cells (polygons) or length [m] (lines) of each shape on the grid, shape (n,)."""
        sums = np.concatenate(([0.0], np.cumsum(self.share)))
        return sums[self.starts[1:]] - sums[self.starts[:-1]]

    def gather(self, raster: Raster) -> Floats:
        """Return a raster's value at every covered cell, shape (m,)."""
        return np.asarray(values_on(self.grid, raster), dtype=np.float64)[self.cells]

    def without(self, mask: Bools) -> Footprints:
        """Return the same shapes without the cells where `mask` (ny, nx) is True."""
        keep = ~mask.reshape(-1)[self.cells]
        counts = np.concatenate(([0], np.cumsum(keep)))
        return Footprints(self.grid, counts[self.starts], self.cells[keep], self.share[keep])


@dataclass(frozen=True)
class Water:
    """The water at each shape, in the order of the shapes; dry is 0.

    Parameters
    ----------
    deepest
        Largest depth in any cell that the shape touches, shape (n,) [m].
    mean
        Mean depth over the shape's wet part, weighted by exact area, shape (n,) [m].
    wet
        Wet share of the shape, shape (n,), in [0, 1].

    Open sea and unknown ground (NaN) count as dry here: a quay over the sea is not a flood.
    """

    deepest: Floats
    mean: Floats
    wet: Floats


@dataclass(frozen=True)
class StillWater:
    """Ground and connection level gathered once at footprint cells; any sea level then follows."""

    prints: Footprints
    ground: Floats
    connection: Floats

    def at(self, level: float) -> Water:
        """Return the water of a still sea at one level [m datum]."""
        n = self.prints.count
        deepest, mean, wet = np.zeros(n), np.zeros(n), np.zeros(n)
        kernels.still_water(
            self.prints.starts,
            self.prints.share,
            self.ground,
            self.connection,
            float(level),
            deepest,
            mean,
            wet,
        )
        return Water(deepest, mean, wet)

    def first_level(self, depth: float | Floats) -> Floats:
        """Return the lowest sea level at which each shape has `depth` [m] of water anywhere.

        Never reached is +inf. `depth` is one number, or one for each shape.
        """
        each = np.repeat(
            np.broadcast_to(np.asarray(depth, float), (self.prints.count,)),
            np.diff(self.prints.starts),
        )
        level = np.maximum(self.connection, self.ground + each)
        level[np.isnan(level)] = np.inf
        return _row_minimum(level, self.prints.starts)

    def lowest_ground(self) -> Floats:
        """Return the lowest ground that each shape stands on [m datum], NaN where unknown."""
        lowest = _row_minimum(
            np.where(np.isnan(self.ground), np.inf, self.ground), self.prints.starts
        )
        return np.where(np.isfinite(lowest), lowest, np.nan)


def _row_minimum(values: Floats, starts: Ints) -> Floats:
    """Return the smallest value of each compressed row, +inf where a row is empty."""
    lowest = np.full(starts.size - 1, np.inf)
    full = np.flatnonzero(np.diff(starts))
    if full.size:
        lowest[full] = np.minimum.reduceat(values, starts[full])
    return lowest


def values_on(grid: Grid, raster: Raster) -> Array:
    """Return a raster's values as one row of numbers; raises `BadValue` on another grid."""
    if Grid.of(raster) != grid:
        raise BadValue(
            f"a raster on the grid of the footprints ({grid})",
            f"one on {Grid.of(raster)}",
            "Make the footprints on the raster's grid: footprints(buildings, Grid.of(raster)).",
        )
    return np.ascontiguousarray(raster.values).reshape(-1)


def footprints(shapes: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid) -> Footprints:
    """Return the cells that each polygon covers, with exact covered shares.

    Parameters
    ----------
    shapes
        Polygons or multipolygons, holes respected, in the grid's coordinate system.
    grid
        The grid of the depth maps to come.

    Raises
    ------
    BadValue
        When the coordinate systems differ or a shape is not a polygon.

    Notes
    -----
    Every edge's signed area to its right is summed and run along the rows: an area integral,
    exact to rounding, with no sampling and no clipping of polygon by polygon.

    Examples
    --------
    A square of 15 m on 10 m cells that begins at a corner covers 1, 1/2, 1/2 and 1/4:

    >>> square = gpd.GeoSeries([shapely.box(0, 5, 15, 20)], crs="EPSG:25832")
    >>> footprints(square, Grid(0.0, 20.0, 10.0, 2, 2, "EPSG:25832")).share
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    geometry = _polygons(shapes, grid)
    coordinates, (ring_starts, polygon_starts, shape_starts) = _ragged(geometry)
    x = (coordinates[:, 0] - grid.west) / grid.cell
    y = (grid.north - coordinates[:, 1]) / grid.cell
    hole = np.ones(ring_starts.size - 1, dtype=np.bool_)
    hole[polygon_starts[:-1]] = False
    rings_of = polygon_starts[shape_starts]
    window = _windows(geometry, grid)
    size = window[:, 2] * window[:, 3]
    starts, cells, share = [np.zeros(1, np.int64)], [], []
    for first, last in _blocks(size):
        offset = np.concatenate(([0], np.cumsum(size[first:last]))).astype(np.int64)
        buffer = np.zeros(offset[-1])
        box = window[first:last]
        kernels.cover(x, y, ring_starts, hole, rings_of[first : last + 1], box, offset[:-1], buffer)
        counts = np.zeros(last - first, np.int64)
        kernels.touched(offset, buffer, counts)
        inner = np.concatenate(([0], np.cumsum(counts)))
        some_cells, some_share = np.zeros(inner[-1], np.int64), np.zeros(inner[-1])
        kernels.gather_touched(box, offset, buffer, grid.nx, inner, some_cells, some_share)
        starts.append(inner[1:] + starts[-1][-1])
        cells.append(some_cells)
        share.append(some_share)
    return Footprints(grid, np.concatenate(starts), _joined(cells, np.int64), _joined(share, float))


def line_prints(x: Floats, y: Floats, lines: Ints, grid: Grid) -> Footprints:
    """Return the cells that polylines run through, with the length in each [m].

    Parameters
    ----------
    x, y
        Vertices of all lines one after the other, shape (v,) [m].
    lines
        Where each line's vertices begin, shape (n + 1,).
    grid
        The grid of the depth maps to come.

    Examples
    --------
    >>> line = line_prints(
    ...     np.array([5.0, 25.0]), np.array([5.0, 5.0]), np.array([0, 2]),
    ...     Grid(0.0, 10.0, 10.0, 1, 3, "EPSG:25832"),
    ... )
    >>> line.share
    array([ 5., 10.,  5.])
    """
    column = (np.asarray(x, float) - grid.west) / grid.cell
    row = (grid.north - np.asarray(y, float)) / grid.cell
    steps = np.abs(np.diff(np.floor(row))) + np.abs(np.diff(np.floor(column))) + 2
    steps[lines[1:-1] - 1] = 0  # from one line to the next nobody walks
    room = int(steps.sum()) + 1
    starts = np.zeros(lines.size, np.int64)
    cells, length = np.zeros(room, np.int64), np.zeros(room)
    wrote = kernels.trace(
        column, row, lines.astype(np.int64), grid.cell, grid.ny, grid.nx, starts, cells, length
    )
    return Footprints(grid, starts, cells[:wrote].copy(), length[:wrote].copy())


def point_prints(x: Floats, y: Floats, grid: Grid) -> Footprints:
    """Return the one cell that each point lies in; points outside the grid have none."""
    row, column = grid.rows_columns(x, y)
    inside = grid.inside(x, y)
    starts = np.concatenate(([0], np.cumsum(inside))).astype(np.int64)
    cells = (row * grid.nx + column)[inside]
    return Footprints(grid, starts, cells, np.ones(cells.size))


def water_at(prints: Footprints, depth: Raster) -> Water:
    """Return the water at each shape from a depth map [m].

    Parameters
    ----------
    prints
        From `footprints` (or `line_prints`), on the grid of the map.
    depth
        Depth above the ground [m], 0 where dry, NaN in the open sea and where nobody knows.

    Raises
    ------
    BadValue
        When the map is on another grid.
    """
    n = prints.count
    deepest, mean, wet = np.zeros(n), np.zeros(n), np.zeros(n)
    values = values_on(prints.grid, depth)
    kernels.water(prints.starts, prints.cells, prints.share, values, deepest, mean, wet)
    return Water(deepest, mean, wet)


def gather_still(prints: Footprints, terrain: Raster, connection: Raster) -> StillWater:
    """Gather ground and connection level [m datum] at footprint cells, once for all sea levels.

    The open sea (connection -inf) is never a flood, as in `still_water` of a whole map.
    """
    reach = prints.gather(connection)
    reach[np.isneginf(reach)] = np.nan
    return StillWater(prints, prints.gather(terrain), reach)


def still_water_at(prints: Footprints, terrain: Raster, connection: Raster, level: float) -> Water:
    """Return the water of a still sea: depth = level - terrain where connection < level.

    Parameters
    ----------
    prints
        From `footprints`, on the terrain's grid.
    terrain
        Ground [m datum].
    connection
        Lowest sea level at which water reaches each cell [m datum], from `sea_connection`.
    level
        Sea level [m datum].

    Notes
    -----
    Only footprint cells are looked at. For many levels call `gather_still` once and `.at(level)`
    for each.
    """
    return gather_still(prints, terrain, connection).at(level)


def _polygons(shapes: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid) -> Array:
    """Return the geometries as multipolygons, checked."""
    series = shapes.geometry
    if series.crs is not None and series.crs != grid.crs:
        raise BadValue(
            f"shapes in {grid.crs}", f"shapes in {series.crs}", "Call .to_crs(grid.crs) first."
        )
    geometry = np.asarray(series.values)
    kinds = shapely.get_type_id(geometry)
    wrong = np.flatnonzero(~np.isin(kinds, (3, 6)))
    if wrong.size:
        raise BadValue(
            "polygons", f"{geometry[wrong[0]]!r:.60} as shape {wrong[0]}", "Give polygons only."
        )
    return geometry


def _ragged(geometry: Array) -> tuple[Floats, tuple[Ints, Ints, Ints]]:
    """Return coordinates (v, 2) and where rings, polygons and shapes begin."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    parts_kept = ~shapely.is_empty(parts)
    parts, owner = parts[parts_kept], owner[parts_kept]
    rings, ring_owner = shapely.get_rings(parts, return_index=True)
    coordinates, coordinate_owner = shapely.get_coordinates(rings, return_index=True)
    return coordinates, (
        _starts(coordinate_owner, rings.size),
        _starts(ring_owner, parts.size),
        _starts(owner, geometry.size),
    )


def _starts(owner: Ints, count: int) -> Ints:
    """Return where each owner's items begin, given the sorted owner of every item."""
    return np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=count)))).astype(np.int64)


def _windows(geometry: Array, grid: Grid) -> Ints:
    """Return the first row, first column, rows and columns that each shape may touch, (n, 4)."""
    west, south, east, north = np.nan_to_num(shapely.bounds(geometry), nan=0.0).T
    top = np.clip(np.floor((grid.north - north) / grid.cell), 0, grid.ny)
    bottom = np.clip(np.ceil((grid.north - south) / grid.cell), 0, grid.ny)
    left = np.clip(np.floor((west - grid.west) / grid.cell), 0, grid.nx)
    right = np.clip(np.ceil((east - grid.west) / grid.cell), 0, grid.nx)
    empty = shapely.is_empty(geometry)
    rows = np.where(empty, 0, np.maximum(bottom - top, 0))
    columns = np.where(empty, 0, np.maximum(right - left, 0))
    return np.stack([top, left, rows, columns], axis=1).astype(np.int64)


def _blocks(size: Ints) -> list[tuple[int, int]]:
    """Return ranges of shapes whose windows together stay within `BLOCK_CELLS`."""
    ranges, first, room = [], 0, 0
    for k, cells in enumerate(size.tolist()):
        if room and room + cells > BLOCK_CELLS:
            ranges.append((first, k))
            first, room = k, 0
        room += cells
    if first < size.size:
        ranges.append((first, size.size))
    return ranges


def _joined(parts: list[Array], kind: Any) -> Array:
    return np.concatenate(parts) if parts else np.zeros(0, kind)

"""The planning grid: what the land lets a town do, and how many live in each cell."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy import ndimage

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.city.town.parameters import Parameters
from fjordby.errors import BadValue
from fjordby.grid import Grid, Raster

#: Rounds of smoothing that spread the census over the land (Tobler 1979,
#: doi:10.1080/01621459.1979.10481647); more change little.
SMOOTHING_ROUNDS = 20


@dataclass(frozen=True)
class Ground:
    """The land on the planning grid, arrays of shape (ny, nx).

    Parameters
    ----------
    grid
        The planning grid.
    height
        Mean height of bare ground [m].
    slope
        Slope of the ground smoothed over 50 m [1].
    land
        True where there is neither sea nor stream.
    suit
        How well the ground takes buildings, in [0, 1].
    water
        Distance to the sea or a stream [m].
    sea
        Distance to the sea [m]; infinite without a sea.
    wet
        True on low ground by the water, built on only under pressure.
    census
        Row of the census cell, -1 outside.
    persons
        Residents in each planning cell, adding up to each census cell.
    outlines
        Polygons of the census cells.
    """

    grid: Grid
    height: Floats
    slope: Floats
    land: Bools
    suit: Floats
    water: Floats
    sea: Floats
    wet: Bools
    census: Ints
    persons: Floats
    outlines: NDArray[np.object_]

    def at(self, field: Array, x: Floats, y: Floats) -> Array:
        """Return a field's values at points [m]; points outside take the nearest cell."""
        row, column = self.grid.rows_columns(x, y)
        row = np.clip(row, 0, self.grid.ny - 1)
        return np.asarray(field[row, np.clip(column, 0, self.grid.nx - 1)])

    def cell_of(self, points: NDArray[np.object_]) -> Ints:
        """Return the census cell that each point lies in, -1 for none; on an edge, the first."""
        found = np.full(len(points), -1, np.int64)
        point, cell = shapely.STRtree(self.outlines).query(points, predicate="intersects")
        order = np.lexsort((-cell, point))
        found[point[order]] = cell[order]
        return found


def planning_grid(grid: Grid, cell: float) -> Grid:
    """Return a coarser grid over the same land; a rest narrower than a cell is left out."""
    ny = int(grid.ny * grid.cell // cell)
    nx = int(grid.nx * grid.cell // cell)
    if ny < 8 or nx < 8:
        raise BadValue(
            f"land of at least {8 * cell:.0f} m each way for a town",
            f"{grid.nx * grid.cell:.0f} x {grid.ny * grid.cell:.0f} m",
            "Give a larger terrain.",
        )
    return Grid(grid.west, grid.north, cell, ny, nx, grid.crs)


def lay(
    terrain: Raster,
    sea: Raster,
    streams: gpd.GeoDataFrame,
    census: gpd.GeoDataFrame,
    numbers: Parameters,
) -> Ground:
    """Look at the land and spread the residents of each census cell over it.

    Parameters
    ----------
    terrain, sea
        As in `City`.
    streams
        As in `City`; column `width` [m].
    census
        Polygons with the column `population`; a cell that the terrain's edge cuts keeps the
        share of its residents that its land inside has.
    numbers
        The town's parameters.
    """
    fine = Grid.of(terrain)
    grid = planning_grid(fine, numbers["plan_cell"])
    height = _mean(fine, grid, np.asarray(terrain.values, np.float64))
    wet_share = _mean(fine, grid, np.asarray(sea.values, np.float64))
    known = np.isfinite(height)
    is_sea = known & (wet_share > 0.02)
    stream = _burn_streams(streams, grid)
    land = known & ~is_sea & ~stream
    filled = _fill(height)
    smooth = ndimage.gaussian_filter(filled, 50.0 / grid.cell)
    dy, dx = np.gradient(smooth, grid.cell)
    slope = np.hypot(dx, dy)
    to_sea = _distance(is_sea, grid.cell)
    water = np.minimum(to_sea, _distance(stream, grid.cell))
    suit = np.clip(1.0 - slope / numbers["slope_steep"], 0.0, 1.0) * land
    suit = suit * (water > 0.5 * grid.cell)
    wet = (_above_water(filled, is_sea | stream) < numbers["wet_height"]) & (water < 1500.0)
    cells = rasterize(
        zip(census.geometry, range(1, len(census) + 1), strict=True),
        out_shape=grid.shape,
        transform=grid.transform,
        fill=0,
        dtype="int32",
    ).astype(np.int64)
    cells -= 1
    outlines = census.geometry.to_numpy()
    persons = _spread(cells, _inside(census, grid), suit * np.where(wet, 0.35, 1.0), grid)
    return Ground(grid, filled, slope, land, suit, water, to_sea, wet, cells, persons, outlines)


def _mean(fine: Grid, coarse: Grid, values: Floats) -> Floats:
    """Return the mean of the known fine cells in each coarse cell; NaN where none is known."""
    _, column = coarse.rows_columns(fine.x, np.full(fine.nx, coarse.north - 1e-6))
    rows, _ = coarse.rows_columns(np.full(fine.ny, coarse.west), fine.y)
    rr, cc = np.broadcast_arrays(rows[:, None], column[None, :])
    keep = (rr < coarse.ny) & (cc < coarse.nx) & np.isfinite(values)
    index = rr[keep] * coarse.nx + cc[keep]
    size = coarse.ny * coarse.nx
    total = np.bincount(index, values[keep], size)
    count = np.bincount(index, minlength=size)
    with np.errstate(invalid="ignore"):
        mean = total / count
    return mean.reshape(coarse.shape)


def _fill(height: Floats) -> Floats:
    """Return heights with unknown cells taking the nearest known one."""
    unknown = ~np.isfinite(height)
    if unknown.all():
        raise BadValue("a terrain with heights", "nothing but NaN", "Check the terrain raster.")
    if not unknown.any():
        return height
    near = ndimage.distance_transform_edt(unknown, return_distances=False, return_indices=True)
    return np.asarray(height[tuple(near)], np.float64)


def _distance(mask: Bools, cell: float) -> Floats:
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~mask), np.float64) * cell


def _above_water(height: Floats, water: Bools) -> Floats:
    """Return height above the nearest water [m]."""
    if not water.any():
        return np.full(height.shape, np.inf)
    near = ndimage.distance_transform_edt(~water, return_distances=False, return_indices=True)
    return np.asarray(height - height[tuple(near)])


def _burn_streams(streams: gpd.GeoDataFrame, grid: Grid) -> Bools:
    if streams.empty:
        return np.zeros(grid.shape, bool)
    half = np.maximum(streams["width"].to_numpy(np.float64) / 2.0, 1.0)
    shapes = streams.geometry.buffer(half)
    burnt = rasterize(
        shapes, out_shape=grid.shape, transform=grid.transform, all_touched=True, dtype="uint8"
    )
    return np.asarray(burnt > 0)


def _inside(census: gpd.GeoDataFrame, grid: Grid) -> Floats:
    """Return each census cell's residents, less the share whose part lies outside the grid."""
    west, south, east, north = grid.bounds
    inside = census.geometry.clip_by_rect(west, south, east, north).area.to_numpy()
    share = inside / census.geometry.area.to_numpy()
    people = census["population"].to_numpy(np.float64)
    return np.asarray(people * np.where(share > 0.999, 1.0, share))


def _spread(cells: Ints, population: Floats, suit: Floats, grid: Grid) -> Floats:
    """Spread residents smoothly over suitable land, keeping each census cell's total."""
    inside = cells >= 0
    index = cells[inside]
    n = len(population)
    weight = np.where(suit > 0.15, suit, 0.0)
    bare = np.bincount(index, weight[inside], n) <= 0.0
    # A cell without suitable land still has its people: anywhere in it will do.
    weight[inside] = np.where(bare[index], 1e-6, weight[inside])
    persons = np.zeros(cells.shape)
    density = np.zeros(cells.shape)
    total = np.bincount(index, weight[inside], n)
    density[inside] = (population / np.maximum(total, 1e-30))[index]
    for _ in range(SMOOTHING_ROUNDS):
        density = ndimage.gaussian_filter(density, 200.0 / grid.cell)
        persons = density * weight
        have = np.bincount(index, persons[inside], n)
        factor = np.divide(population, have, out=np.zeros(n), where=have > 0)
        scale = np.zeros(cells.shape)
        scale[inside] = factor[index]
        density *= scale
        persons *= scale
    return persons

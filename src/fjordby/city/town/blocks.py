"""Blocks between streets, and what each is built up with so that its people find a home."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize, shapes
from shapely.geometry import shape as as_shape

from fjordby.arrays import Floats, Ints
from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.settle import HARBOUR, HOMES, WORK, Settlement, Uses
from fjordby.grid import Grid

#: What a block is built up with.
DETACHED, TERRACE, SLAB, PERIMETER, HALLS, QUAY = 1, 2, 3, 4, 5, 6
#: Cell of the raster of blocks [m].
FINE = 5.0


@dataclass(frozen=True)
class Blocks:
    """Blocks of the town and the raster that says which block a place is in.

    Parameters
    ----------
    shape
        Polygon of each block, its streets taken off.
    kind
        DETACHED, TERRACE, SLAB, PERIMETER, HALLS or QUAY.
    dwellings
        Dwellings wanted in each block.
    census
        Census cell of each block.
    grid, raster
        Fine grid and the block's number on it, -1 outside.
    """

    shape: NDArray[np.object_]
    kind: Ints
    dwellings: Floats
    census: Ints
    grid: Grid
    raster: Ints

    def at(self, x: Floats, y: Floats) -> Ints:
        """Return the number of the block at places [m], -1 outside all."""
        row, column = self.grid.rows_columns(x, y)
        ok = (row >= 0) & (row < self.grid.ny) & (column >= 0) & (column < self.grid.nx)
        found = np.full(len(row), -1, np.int64)
        found[ok] = self.raster[row[ok], column[ok]]
        return found


def cut_blocks(
    ground: Ground,
    use: Uses,
    town: Settlement,
    roads: gpd.GeoDataFrame,
    half_width: Floats,
    water: NDArray[np.object_],
    numbers: Parameters,
    rng: np.random.Generator,
) -> Blocks:
    """Cut the built-up land along streets and water, and decide what stands in each block."""
    cutters = shapely.buffer(roads.geometry.to_numpy(), half_width, quad_segs=2)
    cut = shapely.union_all(np.concatenate([cutters, water]))
    parts, codes = [], []
    for one in (HOMES, WORK, HARBOUR):
        mask = np.asarray(use == one)
        if not mask.any():
            continue
        outlines = [
            as_shape(g)
            for g, v in shapes(mask.astype("uint8"), mask=mask, transform=ground.grid.transform)
            if v
        ]
        pieces = shapely.get_parts(shapely.difference(np.array(outlines, object), cut))
        pieces = pieces[shapely.area(pieces) > 250.0]
        parts.append(pieces)
        codes.append(np.full(len(pieces), one))
    shape = np.concatenate(parts) if parts else np.zeros(0, object)
    code = np.concatenate(codes) if codes else np.zeros(0, np.int64)
    area = shapely.area(shape)
    spot = shapely.point_on_surface(shape)
    x, y = shapely.get_x(spot), shapely.get_y(spot)
    census = ground.at(ground.census, x, y)
    wish = _wishes(ground, town, code, area, x, y, census, numbers, rng)
    kind = _kinds(wish, area, code, ground.at(town.density, x, y), numbers)
    fine = Grid(
        ground.grid.west,
        ground.grid.north,
        FINE,
        int(ground.grid.ny * ground.grid.cell / FINE),
        int(ground.grid.nx * ground.grid.cell / FINE),
        ground.grid.crs,
    )
    raster = np.zeros(fine.shape, np.int32)
    if len(shape):
        rasterize(zip(shape, range(1, len(shape) + 1), strict=True), out=raster,
                  transform=fine.transform)  # fmt: skip
    return Blocks(shape, kind, wish, census, fine, raster.astype(np.int64) - 1)


def _wishes(
    ground: Ground,
    town: Settlement,
    code: Ints,
    area: Floats,
    x: Floats,
    y: Floats,
    census: Ints,
    numbers: Parameters,
    rng: np.random.Generator,
) -> Floats:
    """Return dwellings wanted in each block: the census cell's, shared by density and chance."""
    n = int(ground.census.max()) + 1
    people = np.bincount(
        ground.census[ground.census >= 0], (town.persons * (town.use == HOMES))[ground.census >= 0],
        max(n, 1),
    )  # fmt: skip
    density = ground.at(town.density, x, y)
    weight = np.where(code == HOMES, area * np.maximum(density, 1.0), 0.0)
    weight *= np.exp(numbers["mix"] * rng.standard_normal(len(area)))
    weight[census < 0] = 0.0
    cell = np.maximum(census, 0)
    total = np.bincount(cell, weight, max(n, 1))
    residents = np.divide(people[cell] * weight, total[cell], out=np.zeros(len(area)),
                          where=total[cell] > 0)  # fmt: skip
    crowd = np.clip(density / numbers["centre_density"], 0.0, 1.0)
    size = numbers["household_detached"] + crowd * (
        numbers["household_flat"] - numbers["household_detached"]
    )
    return np.asarray(residents / size)


def _kinds(wish: Floats, area: Floats, code: Ints, density: Floats, numbers: Parameters) -> Ints:
    per_hectare = wish / np.maximum(area, 1.0) * 1e4
    kind = np.full(len(area), DETACHED)
    kind[(per_hectare > numbers["dwellings_terrace"]) & (area > 1500.0)] = TERRACE
    kind[(per_hectare > numbers["dwellings_slab"]) & (area > 1500.0)] = SLAB
    kind[per_hectare > numbers["dwellings_perimeter"]] = PERIMETER
    old_town = density > numbers["perimeter_density"]
    kind[old_town & (per_hectare > numbers["dwellings_old_town"])] = PERIMETER
    kind[code == WORK] = HALLS
    kind[code == HARBOUR] = QUAY
    return np.asarray(kind, np.int64)

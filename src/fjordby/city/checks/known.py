"""What a check may ask about a city of which only parts could be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fjordby.arrays import Array
from fjordby.city.model import Layer
from fjordby.city.rasters import Picture
from fjordby.grid import Grid

#: Numbers that stand for "unknown" in terrain files of many makers; none is a height on Earth.
NODATA = (-9999.0, -9998.0, -9999.9, -32768.0, -32767.0, -99999.0, 9999.0, 32767.0, 99999.0)


@dataclass(frozen=True)
class Known:
    """The parts of a city that could be read; what could not is None or left out."""

    terrain: Picture | None
    sea: Picture | None
    tables: Mapping[Layer, pd.DataFrame]
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def table(self, layer: Layer) -> pd.DataFrame:
        """Return a table, empty when it could not be read."""
        return self.tables.get(layer, pd.DataFrame())

    def spatial(self) -> dict[Layer, gpd.GeoDataFrame]:
        """Return the tables that lie on the map and have rows."""
        return {
            layer: table
            for layer, table in self.tables.items()
            if isinstance(table, gpd.GeoDataFrame) and len(table)
        }

    @cached_property
    def not_heights(self) -> Array:
        """Which cells hold a number that stands for "unknown", shape (ny, nx)."""
        assert self.terrain is not None
        return not_heights(self.terrain.values)

    @cached_property
    def wet(self) -> Array:
        """Where the sea stands, on the terrain's grid; nowhere when it could not be read."""
        assert self.terrain is not None
        shape = self.terrain.values.shape
        if self.sea is None or self.sea.values.shape != shape:
            return np.zeros(shape, dtype=bool)
        return np.asarray(self.sea.values == 1)

    @property
    def grid(self) -> Grid | None:
        """The grid of the terrain."""
        return None if self.terrain is None else self.terrain.grid

    def points(self, layer: Layer) -> Array:
        """Return a point inside each polygon, or on each line at every cell, shape (n, 2) [m]."""
        table = self.spatial().get(layer)
        if table is None or self.grid is None:
            return np.empty((0, 2))
        shapes = table.geometry.to_numpy()
        if layer is Layer.ROADS:
            return along(shapes, self.grid.cell)[0]
        return shapely.get_coordinates(shapely.point_on_surface(shapes))

    def height(self, points: Array) -> Array:
        """Return the ground at points of shape (n, 2) [m]; NaN where unknown or outside."""
        assert self.terrain is not None
        return self.sample(self.terrain.values.astype(np.float64), points, np.nan)

    def sample(self, cells: Array, points: Array, outside: Any) -> Array:
        """Return the value of cells (ny, nx) at points (n, 2)."""
        assert self.terrain is not None
        grid = self.terrain.grid
        row, column = grid.rows_columns(points[:, 0], points[:, 1])
        inside = grid.inside(points[:, 0], points[:, 1])
        found = np.full(len(points), outside, dtype=cells.dtype)
        found[inside] = cells[row[inside], column[inside]]
        return found

    def slope(self, points: Array) -> Array:
        """Return the steepness of the ground at points (n, 2), rise over run."""
        assert self.terrain is not None
        step = self.terrain.grid.cell
        east, west, north, south = (
            self.height(points + np.array(by))
            for by in ((step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step))
        )
        return np.asarray(np.hypot(east - west, north - south) / (2 * step))


def along(lines: Array, step: float) -> tuple[Array, Array]:
    """Return points along lines at every `step` [m], ends included, and the line of each."""
    cut = shapely.segmentize(lines, step)
    points, index = shapely.get_coordinates(cut, return_index=True)
    return points, index


def not_heights(z: Array) -> Array:
    """Return which cells hold a number that stands for "unknown", or infinity."""
    bad = np.isinf(z) | (np.abs(z) > 20_000.0)
    for number in NODATA:
        bad |= z == np.float32(number)
    return bad

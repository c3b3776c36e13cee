"""The raster grid that everybody stands on: north-up square cells in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from rasterio.transform import Affine

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.errors import BadValue

Raster = xr.DataArray


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square cells; arrays on it are `(ny, nx)`, rows from north to south.

    Parameters
    ----------
    west, north
        Outer corner of the first cell [m].
    cell
        Side of a cell [m].
    ny, nx
        Number of rows and columns.
    crs
        Coordinate reference system as text, such as "EPSG:25832"; its unit is the metre.

    Examples
    --------
    >>> Grid(0.0, 100.0, 10.0, 10, 20, "EPSG:25832").bounds
    (0.0, 0.0, 200.0, 100.0)
    """

    west: float
    north: float
    cell: float
    ny: int
    nx: int
    crs: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.ny, self.nx

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north [m]."""
        return (
            self.west,
            self.north - self.ny * self.cell,
            self.west + self.nx * self.cell,
            self.north,
        )

    @property
    def cell_area(self) -> float:
        """Area of one cell [m2]."""
        return self.cell * self.cell

    @property
    def transform(self) -> Affine:
        """Affine transform as rasterio writes it."""
        return Affine(self.cell, 0.0, self.west, 0.0, -self.cell, self.north)

    @property
    def x(self) -> Floats:
        """Cell centres from west to east, shape (nx,) [m]."""
        return np.asarray(self.west + self.cell * (np.arange(self.nx) + 0.5), np.float64)

    @property
    def y(self) -> Floats:
        """Cell centres from north to south, shape (ny,) [m]."""
        return np.asarray(self.north - self.cell * (np.arange(self.ny) + 0.5), np.float64)

    @classmethod
    def of(cls, raster: Raster) -> Grid:
        """Read the grid of a raster made by `Grid.raster`; raises `BadValue` when it has none."""
        try:
            return cls(
                float(raster.attrs["west"]),
                float(raster.attrs["north"]),
                float(raster.attrs["cell"]),
                int(raster.sizes["y"]),
                int(raster.sizes["x"]),
                str(raster.attrs["crs"]),
            )
        except KeyError as missing:
            raise BadValue(
                "a raster on a fjordby grid", f"one without {missing}", "Make it with Grid.raster."
            ) from None

    def raster(self, values: Array, name: str, units: str = "m", **attrs: str) -> Raster:
        """Wrap an array of shape (ny, nx) as a labelled raster on this grid."""
        if values.shape != self.shape:
            raise BadValue(
                f"an array of shape {self.shape}", f"shape {values.shape}", "Use the grid's shape."
            )
        return xr.DataArray(
            values,
            dims=("y", "x"),
            coords={"y": self.y, "x": self.x},
            name=name,
            attrs={
                "units": units,
                "crs": self.crs,
                "west": self.west,
                "north": self.north,
                "cell": self.cell,
                **attrs,
            },
        )

    def rows_columns(self, x: Array, y: Array) -> tuple[Ints, Ints]:
        """Return the row and column of points [m]; points outside get indices outside."""
        column = np.floor((np.asarray(x) - self.west) / self.cell).astype(np.int64)
        row = np.floor((self.north - np.asarray(y)) / self.cell).astype(np.int64)
        return row, column

    def inside(self, x: Array, y: Array) -> Bools:
        """Return which points [m] lie on the grid."""
        row, column = self.rows_columns(x, y)
        return (row >= 0) & (row < self.ny) & (column >= 0) & (column < self.nx)

"""The ground that water moves over: bed, roughness and the water that stands there at first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fjordby.arrays import Array, Bools
from fjordby.errors import BadValue
from fjordby.grid import Grid

#: Manning's n of ground that nobody described [s/m^(1/3)]; short grass and streets mixed, the
#: value that the UK Environment Agency's 2D benchmarks use for urban ground (0.03 to 0.05).
PLAIN_ROUGHNESS = 0.035

#: No ground on Earth is higher [m] (Mount Everest 8849 m), and no sea that floods a town deeper;
#: -9999 and -32768, which stand for missing heights in many files, are beyond.
HIGHEST = 9000.0


@dataclass(frozen=True)
class Domain:
    """Ground on a grid, as the dynamic engine computes on it.

    Parameters
    ----------
    grid
        Where the cells lie.
    bed
        Height of the ground, shape (ny, nx) [m datum]. NaN = no water ever (outside the map, or
        a block); its sides are closed.
    roughness
        Manning's n, a number or an array of shape (ny, nx) [s/m^(1/3)].
    depth
        Water at the start, shape (ny, nx) [m]; None = dry.

    Raises
    ------
    BadValue
        For arrays of another shape, roughness or depth that is below zero or no number, or a bed
        without a single height; the message says where.
    """

    grid: Grid
    bed: Array
    roughness: float | Array = PLAIN_ROUGHNESS
    depth: Array | None = None

    def __post_init__(self) -> None:
        for name, values in (("bed", self.bed), ("roughness", self.roughness),
                             ("depth", self.depth)):  # fmt: skip
            if isinstance(values, np.ndarray) and values.shape != self.grid.shape:
                raise BadValue(
                    f"{name} of the grid's shape {self.grid.shape}",
                    f"shape {values.shape}",
                    "Resample it to the grid.",
                )
        if not self.land.any():
            raise BadValue("ground somewhere", "NaN in every cell", "Give the bed heights.")
        if np.isinf(self.bed).any():
            raise BadValue(
                "finite heights, or NaN for no ground",
                f"an infinite one {self.where(np.isinf(self.bed))}",
                "Repair the terrain there, or set it to NaN.",
            )
        wrong = np.abs(self.bed) > HIGHEST
        if wrong.any():
            raise BadValue(
                f"heights from {-HIGHEST:.0f} to {HIGHEST:.0f} m, or NaN for no ground",
                f"{self.bed[wrong][0]:g} {self.where(wrong)}",
                "A number that stands for missing heights must become NaN.",
            )
        rough = np.broadcast_to(np.asarray(self.roughness, float), self.grid.shape)
        wrong = self.land & ~((rough >= 0.0) & (rough < 10.0))
        if wrong.any():
            raise BadValue(
                "Manning's n from 0 to 10 s/m^(1/3) wherever there is ground",
                f"{rough[wrong][0]} {self.where(wrong)}",
                "Water courses have 0.02 to 0.05, streets 0.013 to 0.03, grass 0.03 to 0.1.",
            )
        if self.depth is not None:
            wrong = self.land & ~((self.depth >= 0.0) & (self.depth < 1.0e4))
            if wrong.any():
                raise BadValue(
                    "water at the start of zero or more [m]",
                    f"{self.depth[wrong][0]} {self.where(wrong)}",
                    "Give depth above the ground, not a level.",
                )

    @cached_property
    def land(self) -> Bools:
        """Where there is ground, shape (ny, nx)."""
        return np.asarray(~np.isnan(self.bed))

    def where(self, cells: Bools) -> str:
        """Say where the first of some cells is, with how many more there are."""
        row, column = (int(k[0]) for k in np.nonzero(cells))
        more = int(cells.sum()) - 1
        point = f"at {self.grid.x[column]:.0f}, {self.grid.y[row]:.0f} (row {row}, column {column})"
        return point + (f" and {more} more cells" if more else "")

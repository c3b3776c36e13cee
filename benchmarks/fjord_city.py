"""The fjord city: a made-up town on a fjord, the same to the last bit whoever draws it.

A fjord narrows into a river between flats that carry a town of blocks and streets; hills rise
behind. The sea enters at the west edge and rises to 2 m, it rains 30 mm/h for an hour, and the
run ends after two hours. Run `python benchmarks/fjord_city.py` to see what is in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, label

ROUGHNESS = 0.03  # Manning's n, everywhere [s/m^(1/3)]
RAIN = 30.0 / 3.6e6  # [m/s], for the first hour
RAIN_UNTIL = 3600.0  # [s]
END = 7200.0  # [s]
LENGTH = 5000.0  # side of the town as it was drawn; other sizes are stretched to it [m]
BLOCK, STREET = 75.0, 15.0  # a block with its street, and the street [m]
BUILT = 0.7  # share of the blocks that carry a house


@dataclass(frozen=True)
class FjordCity:
    """Ground and still water of the town; row 0 is north, column 0 is west and sea.

    Parameters
    ----------
    bed
        Height of ground, roofs and sea floor, shape (n, n), float32 [m].
    depth
        Water at the start: whatever lies below 0 m and joins the west edge, shape (n, n) [m].
    cell
        Side of a cell [m].
    """

    bed: np.ndarray
    depth: np.ndarray
    cell: float


def sea_level(seconds: np.ndarray | float) -> np.ndarray:
    """Return the level of the sea [m]: up to 2 m in an hour, half an hour there, then falling."""
    t = np.asarray(seconds, float)
    falling = 2.0 - 0.5 * (t - 5400) / 1800
    return np.where(t < 3600, 1 - np.cos(np.pi * t / 3600), np.where(t < 5400, 2.0, falling))


def sea_series() -> tuple[np.ndarray, np.ndarray]:
    """Return the level every five minutes [s], [m]; engines draw straight lines between them."""
    seconds = np.arange(0, END + 1, 300.0)
    return seconds, sea_level(seconds)


def ground(n: int, cell: float, seed: int) -> np.ndarray:
    """Return the ground without its last repairs, shape (n, n), float32 [m].

    The order of the random draws and of each sum is part of the result: leave it as it is.
    """
    draw = np.random.default_rng(seed)
    length = n * cell
    along = (np.arange(n) + 0.5) * cell
    x, y = np.meshgrid(along, along)
    u, v = x * (LENGTH / length), y * (LENGTH / length)
    aside = np.abs(v - (2500 + 250 * np.sin(u / 900)))  # distance from the winding middle line
    half_width = np.interp(u, [0, 1500, 2600, 3000, 5000], [700, 450, 120, 20, 12])
    floor = np.interp(u, [0, 2600, 3000, 5000], [-5, -3.5, -1.5, 3.0])
    shore = np.interp(u, [0, 3000, 5000], [0.9, 1.2, 5.0])
    flat_width = np.interp(u, [0, 3000, 5000], [500, 600, 350])
    inland = aside - half_width
    water = floor + (shore - floor) * (aside / half_width) ** 4
    flat = shore + 1.6 * inland / flat_width
    hill = shore + 1.6 + (np.maximum(inland - flat_width, 0) / 1000) ** 1.2 * 45
    z = np.where(aside < half_width, water, np.where(aside < half_width + flat_width, flat, hill))
    z += gaussian_filter(draw.standard_normal((n, n)), 40 / cell * 1.0) * 0.35 * 40 / cell
    z += draw.standard_normal((n, n)) * 0.02
    blocks = int(length // BLOCK) + 2
    house = draw.random((n, n))[:blocks, :blocks] < BUILT
    tall = 5 + 7 * draw.random((blocks, blocks))
    column, row = (x // BLOCK).astype(int), (y // BLOCK).astype(int)
    plot = (x % BLOCK > STREET) & (y % BLOCK > STREET)
    town = (aside > half_width + 20) & (aside < half_width + flat_width) & (u > 300)
    roof = plot & house[row, column] & town
    return np.where(roof, z + tall[row, column], z).astype(np.float32)


def fjord_city(n: int = 1000, cell: float = 5.0, seed: int = 1) -> FjordCity:
    """Return the town on n x n cells; hollows below 0 m that the sea does not reach are filled."""
    bed = ground(n, cell, seed)
    pools, _ = label(bed < 0)
    at_edge = np.unique(pools[:, 0])
    sea = np.isin(pools, at_edge[at_edge > 0])
    depth = np.where(sea, -bed, 0).astype(np.float32)
    bed[(bed < 0) & (depth == 0)] = 0.01
    return FjordCity(bed, depth, cell)


def main() -> None:
    """Print what is in the town."""
    city = fjord_city()
    wet = city.depth > 0
    low = (city.bed < 2) & ~wet
    print(f"{city.bed.size:,} cells of {city.cell:g} m, {city.bed.min():.2f} to "
          f"{city.bed.max():.2f} m")  # fmt: skip
    print(f"{100 * wet.mean():.1f} % sea, {100 * low.mean():.1f} % land below 2 m, "
          f"{int((city.bed[:, 0] < 2).sum())} cells of the west edge below 2 m")  # fmt: skip


if __name__ == "__main__":
    main()

"""How rough the ground of a city is: Manning's n of what lies in each cell, side by side."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import rasterize

from fjordby import catalogue
from fjordby.arrays import Array
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.grid import Grid

#: Kinds of the catalogue that are no use of green.
NO_GREEN = ("sea", "stream", "road", "building", "ground")

#: A stream is at least so wide [m]; assumed: a ditch that one steps over.
NARROWEST = 0.5

#: Side of the squares that a cell is painted in [m]; assumed: half a narrow street.
FINE = 2.5


def manning(key: str) -> float:
    """Return Manning's n of a kind of ground, from the catalogue roughness.csv [s/m^(1/3)].

    Raises
    ------
    BadValue
        For a kind that the catalogue does not hold.

    Examples
    --------
    >>> manning("stream")
    0.035
    """
    known = {row["key"]: float(row["n"]) for row in _rows()}
    if key not in known:
        raise BadValue(
            f"a kind of ground among {', '.join(known)}", repr(key), "Name one of these."
        )
    return known[key]


def land_roughness(city: City, grid: Grid, houses: bool = True) -> Array:
    """Return Manning's n of a city's land, shape (ny, nx) float32 [s/m^(1/3)].

    A cell holds several kinds of ground at once: a street, a garden and a part of a house. Water
    takes them side by side, so their conveyances add up: 1/n is the mean of 1/n over the cell's
    area. A street between houses thus carries what it can, and the houses hardly anything. Where
    layers cover one another a building counts before a road, and a road before green.

    Parameters
    ----------
    city
        With its green, roads and buildings; what is missing is ground that nobody described.
    grid
        The cells, on the city's map.
    houses
        Whether buildings count; no where they are cut out of the ground or raised.
    """
    sub, kinds, codes = _paint(city, grid, houses)
    smooth = np.array([1.0 / manning(kind) for kind in kinds], np.float32)
    mean = np.empty(grid.shape, np.float32)
    for row in range(grid.ny):
        squares = smooth[codes[row * sub : (row + 1) * sub]]
        mean[row] = squares.reshape(sub, grid.nx, sub).mean(axis=(0, 2))
    return np.asarray(1.0 / mean, np.float32)


def channel_roughness(width: float, cell: float) -> float:
    """Return Manning's n of a stream bed that a row of cells wider than the stream stands for.

    The row carries as much as the stream at the same depth and slope when n grows with the ratio
    of their widths: Q = w h^(5/3) S^(1/2) / n.

    Parameters
    ----------
    width
        Of the stream at the water surface [m].
    cell
        Side of a cell [m].

    Examples
    --------
    A brook of 5 m in cells of 10 m is twice as rough:

    >>> channel_roughness(5.0, 10.0)
    0.07
    """
    return manning("stream") * max(1.0, cell / max(width, NARROWEST))


def _fine(grid: Grid) -> tuple[int, Grid]:
    """Return in how many squares the side of a cell is cut, and the grid of the squares."""
    sub = max(1, round(grid.cell / FINE))
    return sub, Grid(grid.west, grid.north, grid.cell / sub, grid.ny * sub, grid.nx * sub, grid.crs)


def _paint(city: City, grid: Grid, houses: bool) -> tuple[int, list[str], Array]:
    """Paint the fine squares: squares to a cell's side, kinds of ground, and the index of each."""
    sub, fine = _fine(grid)
    green = [row["key"] for row in _rows() if row["key"] not in NO_GREEN]
    kinds = ["ground", *green, "road"]
    layers = [city.green[city.green["use"] == use].geometry.to_numpy() for use in kinds[1:-1]]
    layers.append(road_surfaces(city.roads))
    if houses:
        kinds.append("building")
        layers.append(city.buildings.geometry.to_numpy())
    codes = np.zeros(fine.shape, np.uint8)
    for code, shapes in enumerate(layers, start=1):
        if len(shapes):
            rasterize(shapes, out=codes, transform=fine.transform, default_value=code)
    return sub, kinds, codes


def road_surfaces(roads: gpd.GeoDataFrame) -> Array:
    """Return the roads as areas, by the widths of their classes in road_widths.csv, shape (n,)."""
    if not len(roads):
        return np.empty(0, object)
    widths = {r["road_class"]: float(r["width"]) for r in catalogue.rows(_WIDTHS)}
    width = roads["road_class"].map(widths).fillna(widths["road"]).to_numpy(np.float64)
    real = width > 0.0
    lines = roads.geometry.to_numpy()[real]
    return np.asarray(shapely.buffer(lines, width[real] / 2.0, quad_segs=2, cap_style="flat"))


_TABLE = "flood/dynamic/roughness.csv"
_WIDTHS = "flood/dynamic/road_widths.csv"


def _rows() -> tuple[catalogue.Row, ...]:
    return catalogue.rows(_TABLE)

"""The ground as the map draws it: heights, connection levels, hillshade and sea on one frame.

The rasters keep the city's own grid, cell by cell, so nothing is lost by resampling; the page lays
them on the map with a mesh of points whose places in Web Mercator are computed here. Only a city
with more than `LARGEST_SIDE` cells on a side is thinned, and the pack then says by how much.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyproj import Transformer
from rasterio.features import rasterize
from scipy.ndimage import gaussian_filter, grey_closing

from fjordby.arrays import Array
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.grid import Grid, Raster

#: Cells on a side that any WebGL2 device can hold in a texture by its specification is 2048;
#: 4096 is what every device sold in the last ten years holds [assumed from the WebGL2 report].
LARGEST_SIDE = 4096
#: Squares of the mesh on each side: over 20 km the map is wrong by less than 0.05 m between them.
MESH = 32
#: A level that water never reaches [cm].
NEVER = 32767
#: Bits of the mask.
SEA, KNOWN = 1, 2
#: Height given to the bed of a sea whose depth nobody told, just below the quiet water [m].
UNKNOWN_BED = -0.5


def ground_arrays(
    city: City, connection: Raster, largest_side: int = LARGEST_SIDE
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays of the ground and what to say about them.

    Parameters
    ----------
    city
        The city; its terrain [m] and sea are drawn.
    connection
        The lowest sea level at which water reaches each cell, inf or NaN where it never does,
        on the city's grid [m].
    largest_side
        Thin the rasters to at most this many cells on a side.

    Returns
    -------
    arrays
        `terrain` and `connection` [cm, int16], `shade` and `mask` (uint8), all (ny, nx), and
        `mesh`, the (MESH+1, MESH+1, 2) places of the frame's points in Web Mercator with the
        world as [0, 1], x to the east and y to the south (float64).
    about
        `cell` of the arrays [m], `thinned` (how many cells became one on each side), `bounds`
        (west, south, east, north [degrees]), `never` and the bits of the mask.
    """
    grid = city.grid
    if Grid.of(connection) != grid:
        raise BadValue(
            "a connection raster on the city's grid",
            f"one on {Grid.of(connection)}",
            "Compute it from the same city.",
        )
    step = -(-max(grid.shape) // largest_side)
    drawn, reached = without_channels(city, connection)
    terrain, level, sea = _thinned(drawn, reached, city.sea.values.astype(bool), step)
    known = np.isfinite(terrain) | sea
    bed = np.where(np.isfinite(terrain), terrain, np.float32(UNKNOWN_BED))
    level = np.where(sea, np.fmin(level, np.float32(0.0)), level)
    level = np.where(sea & ~np.isfinite(level), np.float32(UNKNOWN_BED), level)
    mesh, bounds = _mesh(grid, step, terrain.shape)
    arrays = {
        "terrain": _centimetres(bed),
        "connection": _centimetres(level),
        "shade": hillshade(bed, grid.cell * step),
        "mask": (SEA * sea + KNOWN * known).astype(np.uint8),
        "mesh": mesh,
    }
    about = {
        "cell": grid.cell * step,
        "thinned": step,
        "bounds": bounds,
        "never": NEVER,
        "sea_bit": SEA,
        "known_bit": KNOWN,
    }
    return arrays, about


def without_channels(city: City, connection: Raster) -> tuple[Array, Array]:
    """Return heights and connection with the beds of the streams lifted to their banks.

    A stream is drawn as a stream. Its bed lies below the sea, so without this every channel would
    be shown as the deepest flood of all, long before any bank is wet. Only the picture is changed.
    """
    terrain = city.terrain.values.astype(np.float32)
    level = connection.values.astype(np.float32)
    if not len(city.streams):
        return terrain, level
    cell = city.grid.cell
    half = np.maximum(city.streams["width"].to_numpy(np.float64) / 2.0, cell / 2.0) + cell
    channel = rasterize(
        city.streams.geometry.buffer(half), out_shape=terrain.shape, transform=city.grid.transform
    ).astype(bool)
    channel &= ~city.sea.values.astype(bool)
    widest = int(np.ceil(2.0 * half.max() / cell)) + 2
    known = np.isfinite(terrain)
    closed = grey_closing(np.where(known, terrain, -np.inf), size=(widest, widest))
    banks = np.where(channel & known, np.maximum(terrain, closed), terrain)
    return banks, np.where(channel, np.fmax(level, banks), level)


def depth_array(city: City, depth: Raster, largest_side: int = LARGEST_SIDE) -> Array:
    """Return a flood's depth on the frame of the ground, 0 where dry or unknown [cm, uint8].

    Depths above 2.55 m are drawn as 2.55 m: the deepest colour begins at 2 m.
    """
    if Grid.of(depth) != city.grid:
        raise BadValue(
            "a depth on the city's grid", f"one on {Grid.of(depth)}", "Compute it from this city."
        )
    step = -(-max(city.grid.shape) // largest_side)
    values = np.nan_to_num(depth.values.astype(np.float32), nan=0.0, posinf=2.55, neginf=0.0)
    deepest = _blocks(values, step, 0.0).max(axis=(1, 3)) if step > 1 else values
    whole: Array = np.clip(np.rint(deepest * 100.0), 0, 255)
    return whole.astype(np.uint8)


def hillshade(height: Array, cell: float) -> Array:
    """Return a soft hillshade: light from the north-west, near forms over the large ones.

    Slopes are exaggerated 3 times near by and 6 times at large, since lowlands are flat [assumed,
    for the eye alone].

    Parameters
    ----------
    height
        Heights, shape (ny, nx), no NaN [m].
    cell
        Side of a cell [m].

    Returns
    -------
    Array
        0 dark, 128 flat, 255 bright (uint8).
    """
    near = _lit(gaussian_filter(height, 0.7), cell, 3.0)
    large = _lit(gaussian_filter(height, max(2.0, 60.0 / cell)), cell, 6.0)
    shade = 0.5 + 0.55 * (0.6 * near + 0.4 * large)
    return np.clip(np.rint(shade * 255.0), 0, 255).astype(np.uint8)


def _lit(height: Array, cell: float, exaggeration: float) -> Array:
    """Return light on a slope minus light on the flat, from four directions, west-north first."""
    if min(height.shape) < 2:
        return np.zeros_like(height)
    to_south, to_east = np.gradient(height * (exaggeration / cell))
    steep = np.sqrt(1.0 + to_south**2 + to_east**2)
    light: Array = np.zeros_like(height)
    for azimuth, weight in ((315.0, 0.55), (270.0, 0.2), (0.0, 0.2), (225.0, 0.05)):
        east, north = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
        flat = np.sin(np.radians(45.0))
        toward = (flat * (1.0 - east * to_east + north * to_south)) / steep
        light += weight * (toward - flat)
    return light


def _centimetres(metres: Array) -> Array:
    """Return metres as int16 centimetres; what is above 327 m or not finite becomes `NEVER`."""
    whole = np.where(np.isfinite(metres), np.rint(metres * 100.0), NEVER)
    return np.clip(whole, -NEVER, NEVER).astype(np.int16)


def _thinned(terrain: Array, level: Array, sea: Array, step: int) -> tuple[Array, Array, Array]:
    """Keep from each block of cells the one that water reaches first; sea where half is sea."""
    if step == 1:
        return terrain, level, sea
    levels = _blocks(np.where(np.isnan(level), np.inf, level), step, np.inf)
    heights = _blocks(terrain, step, np.nan)
    rows, columns = levels.shape[0], levels.shape[2]
    flat = levels.swapaxes(1, 2).reshape(rows, columns, -1)
    first = flat.argmin(axis=2)[..., None]
    tall = heights.swapaxes(1, 2).reshape(rows, columns, -1)
    half = _blocks(sea.astype(np.float32), step, 0.0).mean(axis=(1, 3)) >= 0.5
    return (
        np.take_along_axis(tall, first, 2)[..., 0],
        np.take_along_axis(flat, first, 2)[..., 0],
        half,
    )


def _blocks(values: Array, step: int, filler: float) -> Array:
    """Return a view (rows, step, columns, step) of an array padded to whole blocks."""
    south, east = -values.shape[0] % step, -values.shape[1] % step
    padded = np.pad(values, ((0, south), (0, east)), constant_values=filler)
    return padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)


def _mesh(grid: Grid, step: int, shape: tuple[int, ...]) -> tuple[Array, list[float]]:
    """Return the frame's points in Web Mercator and its bounds in degrees."""
    side = grid.cell * step
    x = np.linspace(grid.west, grid.west + side * shape[1], MESH + 1)
    y = np.linspace(grid.north, grid.north - side * shape[0], MESH + 1)
    easting, northing = np.meshgrid(x, y)
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(
        easting, northing
    )
    bounds = [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())]
    return np.stack(mercator(lon, lat), axis=-1), bounds


def mercator(lon: Array, lat: Array) -> tuple[Array, Array]:
    """Return places in Web Mercator with the world as [0, 1], x to the east, y to the south.

    Examples
    --------
    >>> [float(v) for v in mercator(np.array(0.0), np.array(0.0))]
    [0.5, 0.5]
    """
    x = lon / 360.0 + 0.5
    y = 0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2.0 * np.pi)
    return x, y

"""Depth maps that people bring (MIKE, SCALGO, SFINCS, ...): read, checked, on a grid of ours."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from fjordby.arrays import Bools
from fjordby.city.model import City
from fjordby.errors import BadFile, BadValue
from fjordby.flood.model import Flood
from fjordby.grid import Grid, Raster
from fjordby.harm.families import WATERS

#: Metres in one unit of a map.
UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048}

#: No flood is deeper [m] (assumed: larger numbers are another unit, or undeclared nodata).
DEEPEST = 50.0

#: Depths down to this below zero are rounding of the model that made the map [m] (assumed).
ROUNDING = 0.01

#: No flood runs faster [m/s] (assumed).
FASTEST = 20.0

#: How a map is brought to the city's grid when its own cannot be kept.
RESAMPLING = {
    "nearest": Resampling.nearest,
    "average": Resampling.average,
    "max": Resampling.max,
}

Values = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class _Reading:
    values: Values
    grid: Grid
    how: str
    outside: Bools


def read_depth(
    path: str | Path,
    where: City | Grid,
    *,
    water: str = "surge",
    speed: str | Path | None = None,
    unit: str | None = None,
    nodata: float | None = None,
    band: int = 1,
    resampling: str = "nearest",
    least_cover: float = 0.0,
) -> Flood:
    """Read a map of water depth above the ground and return it as a flood.

    Parameters
    ----------
    path
        A file that rasterio opens, such as a GeoTIFF.
    where
        The city (or its grid) whose extent is wanted.
    water
        "surge", "river" or "cloudburst".
    speed
        A map of speeds [m/s] on the same cells, if there is one.
    unit
        "m", "cm", "mm" or "ft"; None = what the file says, else metres.
    nodata
        The number that stands for "no water or not known", if the file does not say.
    band
        Band of the file.
    resampling
        "nearest", "average" or "max", used only when the map's own cells cannot be kept.
    least_cover
        Share of the wanted extent that the map must cover, in [0, 1].

    Returns
    -------
    The flood. Cells without data inside the map are dry (0); outside the map nobody knows (NaN).
    A map of square north-up cells in the city's coordinate system keeps its own cells, cut to
    the wanted extent, and nothing is resampled; any other map is brought to the city's grid.
    `Flood.engine` says which. Given a city, its quiet sea is NaN.

    Raises
    ------
    BadFile
        No such file, no coordinate system, no overlap, negative depths, depths beyond 50 m.
    BadValue
        An unknown unit, resampling or source of water.
    """
    _check(water, unit, resampling)
    grid = where.grid if isinstance(where, City) else where
    file = Path(path)
    depth = _read(file, grid, unit, nodata, band, resampling)
    _check_depth(file, depth.values)
    if isinstance(where, City):
        _mask_sea(depth, where)
    known = _cover(depth, grid)
    if known < least_cover:
        raise BadFile(
            f"a map that covers at least {least_cover:.0%} of the city",
            f"{file.name} covering {known:.0%}",
            "Bring a larger map, or ask for less with least_cover.",
        )
    fast = None
    if speed is not None:
        fast = _read(Path(speed), grid, "m", nodata, band, resampling)
        if fast.grid != depth.grid:
            raise BadFile(
                "a map of speeds on the same cells as the depths",
                f"{Path(speed).name} on {fast.grid}",
                "Write both from the model in the same way.",
            )
        if np.nanmax(fast.values, initial=0.0) > FASTEST or np.nanmin(fast.values, initial=0) < 0:
            raise BadFile(
                f"speeds from 0 to {FASTEST:g} m/s",
                f"up to {np.nanmax(fast.values):g}",
                "Check the unit, and that it is a speed and not one of its components.",
            )
    return Flood(
        depth.grid.raster(depth.values, "depth"),
        water,
        f"map {file.name} ({depth.how})",
        speed=None if fast is None else fast.grid.raster(fast.values, "speed", "m/s"),
    )


def _check(water: str, unit: str | None, resampling: str) -> None:
    for what, value, known in (
        ("water", water, WATERS),
        ("unit", unit or "m", UNITS),
        ("resampling", resampling, RESAMPLING),
    ):
        if value not in known:
            raise BadValue(f"{what} among {', '.join(known)}", repr(value), "Choose one of these.")


def _check_depth(file: Path, values: Values) -> None:
    deepest, least = np.nanmax(values, initial=0.0), np.nanmin(values, initial=0.0)
    if deepest > DEEPEST:
        raise BadFile(
            f"depths up to {DEEPEST:g} m",
            f"{file.name} with {deepest:g} m",
            "If it is in other units, say unit='cm' (--unit cm); if that number means no data, say "
            "nodata= (--nodata).",
        )
    if least < -ROUNDING:
        raise BadFile(
            "depths of zero or more",
            f"{file.name} with {least:g} m",
            "If that number means no data, say nodata= (--nodata); if the map holds water levels, "
            "subtract the terrain first.",
        )
    np.maximum(values, 0.0, out=values, where=values < 0.0)


def _mask_sea(reading: _Reading, city: City) -> None:
    """Write NaN where the open sea stands on a quiet day: a deep sea is not a deep flood."""
    row = ((city.grid.north - reading.grid.y) / city.grid.cell).astype(np.int64)
    column = ((reading.grid.x - city.grid.west) / city.grid.cell).astype(np.int64)
    row, column = row.clip(0, city.grid.ny - 1), column.clip(0, city.grid.nx - 1)
    reading.values[np.asarray(city.sea.values, dtype=bool)[np.ix_(row, column)]] = np.nan


def _cover(reading: _Reading, wanted: Grid) -> float:
    """Return the share of the wanted extent where the map knows something."""
    known = 1.0 if reading.grid != wanted else float((~reading.outside).mean())
    west, south, east, north = wanted.bounds
    left, bottom, right, top = reading.grid.bounds
    width = max(min(east, right) - max(west, left), 0.0)
    height = max(min(north, top) - max(south, bottom), 0.0)
    return known * width * height / ((east - west) * (north - south))


def _read(
    file: Path, wanted: Grid, unit: str | None, nodata: float | None, band: int, resampling: str
) -> _Reading:
    """Return the map's values in metres on its own cells, or on the wanted grid."""
    try:
        with rasterio.Env(GDAL_NUM_THREADS=str(os.cpu_count() or 1)), rasterio.open(file) as source:
            if source.crs is None:
                raise BadFile(
                    "a map with a coordinate system",
                    f"{file.name} without one",
                    "Write it again with its CRS, such as EPSG:25832.",
                )
            if not 1 <= band <= source.count:
                raise BadFile(
                    f"band 1 to {source.count}", f"band {band} of {file.name}", "Choose a band."
                )
            factor = _factor(file, unit, source.units[band - 1])
            own = _own_grid(source, wanted)
            if own is not None:
                reading = _read_own(file, source, own, wanted, band, nodata)
            else:
                reading = _read_warped(source, wanted, band, nodata, resampling)
    except RasterioError as error:
        raise BadFile(
            "a raster that can be opened",
            f"{file}: {error.__cause__ or error}",
            "Check the path and the format, and that all of it was copied.",
        ) from None
    if not np.isfinite(reading.values).any():
        raise _outside(file, wanted)
    if factor != 1.0:
        np.multiply(reading.values, np.float32(factor), out=reading.values)
    return reading


def _outside(file: Path, wanted: Grid) -> BadFile:
    west, south, east, north = wanted.bounds
    return BadFile(
        f"a map that overlaps the city ({west:.0f} {south:.0f} {east:.0f} {north:.0f})",
        f"{file.name}, which does not",
        "Check its coordinate system and that it is the right place.",
    )


def _factor(file: Path, unit: str | None, said: str | None) -> float:
    """Return metres in one unit of the map, from the caller, the file, or plain metres."""
    if unit is not None:
        return UNITS[unit]
    word = (said or "m").strip().lower()
    word = {
        "metre": "m",
        "meter": "m",
        "metres": "m",
        "meters": "m",
        "foot": "ft",
        "feet": "ft",
    }.get(word, word)
    if word not in UNITS:
        raise BadFile(
            f"a map in {', '.join(UNITS)}",
            f"{file.name} in {said!r}",
            "Say its unit with unit= (--unit).",
        )
    return UNITS[word]


def _own_grid(source: Any, wanted: Grid) -> Grid | None:
    """Return the map's own grid when its cells can be kept, else None."""
    t = source.transform
    square = t.b == 0.0 and t.d == 0.0 and t.a > 0.0 and abs(t.a + t.e) <= 1e-6 * t.a
    if not square or CRS.from_user_input(source.crs) != CRS.from_user_input(wanted.crs):
        return None
    return Grid(t.c, t.f, t.a, source.height, source.width, wanted.crs)


def _read_own(
    file: Path, source: Any, own: Grid, wanted: Grid, band: int, nodata: float | None
) -> _Reading:
    """Read the part of the map that lies in the wanted extent, cell by cell as it is."""
    west, south, east, north = wanted.bounds
    column0 = int(np.clip(np.floor((west - own.west) / own.cell + 1e-6), 0, own.nx))
    column1 = int(np.clip(np.ceil((east - own.west) / own.cell - 1e-6), 0, own.nx))
    row0 = int(np.clip(np.floor((own.north - north) / own.cell + 1e-6), 0, own.ny))
    row1 = int(np.clip(np.ceil((own.north - south) / own.cell - 1e-6), 0, own.ny))
    if column1 <= column0 or row1 <= row0:
        raise _outside(file, wanted)
    window = Window(column0, row0, column1 - column0, row1 - row0)
    values = source.read(band, window=window, out_dtype=np.float32)
    _dry(values, nodata if nodata is not None else source.nodatavals[band - 1])
    part = Grid(
        own.west + column0 * own.cell,
        own.north - row0 * own.cell,
        own.cell,
        row1 - row0,
        column1 - column0,
        wanted.crs,
    )
    return _Reading(values, part, "its own cells kept", np.zeros(1, bool))


def _read_warped(
    source: Any, wanted: Grid, band: int, nodata: float | None, resampling: str
) -> _Reading:
    """Bring the map to the wanted grid; outside of it nobody knows."""
    empty = nodata if nodata is not None else source.nodatavals[band - 1]
    whole = source.read(band, out_dtype=np.float32)
    _dry(whole, empty)
    profile = {
        "driver": "GTiff",
        "height": source.height,
        "width": source.width,
        "count": 1,
        "dtype": "float32",
        "crs": source.crs,
        "transform": source.transform,
        "nodata": np.nan,
    }
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(whole, 1)
        with (
            memory.open() as made,
            WarpedVRT(
                made,
                crs=wanted.crs,
                transform=wanted.transform,
                width=wanted.nx,
                height=wanted.ny,
                resampling=RESAMPLING[resampling],
                nodata=np.nan,
            ) as warped,
        ):
            values = warped.read(1)
    how = f"{resampling} from {source.crs} to the city's grid"
    return _Reading(values, wanted, how, np.isnan(values))


def _dry(values: Values, nodata: float | None) -> None:
    """Write 0 where the map has no data: models leave dry cells empty."""
    if nodata is not None and not np.isnan(nodata):
        values[values == np.float32(nodata)] = 0.0
    np.copyto(values, np.float32(0.0), where=np.isnan(values))


def depth_of_levels(flood_level: Raster, terrain: Raster) -> Raster:
    """Return depths from a map of water levels: level - terrain, 0 where dry, on one grid.

    Raises
    ------
    BadValue
        When the two are on different grids.
    """
    grid = Grid.of(terrain)
    if Grid.of(flood_level) != grid:
        raise BadValue("levels on the terrain's grid", f"{Grid.of(flood_level)}", "Resample first.")
    depth = np.maximum(flood_level.values - terrain.values, 0.0)
    depth[np.isnan(flood_level.values) & np.isfinite(terrain.values)] = 0.0
    return grid.raster(depth.astype(np.float32), "depth")

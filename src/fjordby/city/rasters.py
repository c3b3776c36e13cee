"""Rasters of a city as cloud-optimised GeoTIFF, written and read with their grid and unit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from rasterio.shutil import copy

from fjordby.arrays import Array
from fjordby.city.frames import horizontal, vertical_unit
from fjordby.city.problem import Problem, problem
from fjordby.grid import Grid, Raster


@dataclass(frozen=True)
class Picture:
    """One raster file as it came: values (ny, nx) with nodata as NaN, its grid, and its unit."""

    values: Array
    grid: Grid
    unit: str


def of(raster: Raster) -> Picture:
    """Return a raster in memory as if it had been read."""
    return Picture(np.asarray(raster.values), Grid.of(raster), str(raster.attrs.get("units", "")))


def cog_bytes(raster: Raster, tags: Mapping[str, str]) -> bytes:
    """Return a raster as the bytes of a cloud-optimised GeoTIFF.

    Bool rasters become uint8 (1 = yes); others float32 with NaN as nodata. The band carries its
    name and unit, the file `tags`; overviews are averages (the commonest value for bool).
    """
    return cog_of_bands([raster], tags)


def cog_of_bands(rasters: Sequence[Raster], tags: Mapping[str, str]) -> bytes:
    """Return rasters on one grid as the bands of one cloud-optimised GeoTIFF.

    All bool or none, as `cog_bytes` writes one of them.
    """
    grid, yes_or_no = Grid.of(rasters[0]), rasters[0].dtype == bool
    values = [raster.values.astype(np.uint8 if yes_or_no else np.float32) for raster in rasters]
    profile = {
        "driver": "GTiff",
        "height": grid.ny,
        "width": grid.nx,
        "count": len(values),
        "dtype": values[0].dtype,
        "crs": rasterio.CRS.from_user_input(grid.crs),
        "transform": grid.transform,
        "nodata": None if yes_or_no else np.nan,
    }
    with MemoryFile() as plain, MemoryFile(ext=".tif") as cloud:
        with plain.open(**profile) as out:
            for band, raster in enumerate(rasters, 1):
                out.write(values[band - 1], band)
                out.set_band_description(band, str(raster.name))
            out.units = tuple(str(raster.attrs.get("units", "m")) for raster in rasters)
            out.update_tags(AREA_OR_POINT="Area", **tags)
        copy(
            plain.name,
            cloud.name,
            driver="COG",
            compress="DEFLATE",
            level="9",
            predictor="YES",
            blocksize="256",
            overview_resampling="mode" if yes_or_no else "average",
        )
        return bytes(cloud.read())


def read(path: Path, layer: str, crs: str) -> tuple[Picture | None, list[Problem]]:
    """Read the first band of a raster file that should be in `crs`, with all that is wrong."""
    try:
        with _opened(path) as file:
            found = _grid_problems(file, layer, crs)
            values = _values(file)
            transform = file.transform
            unit = vertical_unit(file.crs.to_wkt() if file.crs else "") or file.units[0] or ""
    except (RasterioError, OSError, ValueError) as wrong:
        got = first_words(path) or str(wrong.__cause__ or wrong).rstrip(".")
        return None, [problem("file-unreadable", layer, file=path.name, want="GeoTIFF", got=got)]
    if any(one.code in ("grid-turned", "crs-missing", "crs-other") for one in found):
        return None, found
    ny, nx = values.shape
    grid = Grid(transform.c, transform.f, transform.a, ny, nx, crs)
    return Picture(values, grid, unit), found


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a raster; a missing transform is reported by us, not as a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as file:
            yield file


def _grid_problems(file: Any, layer: str, crs: str) -> list[Problem]:
    found = []
    t = file.transform
    if t.b or t.d or t.a <= 0 or t.e >= 0 or abs(t.a + t.e) > 1e-6 * t.a:
        found.append(problem("grid-turned", layer, got=f"{t.a:g}, {t.b:g}, {t.d:g}, {t.e:g}"))
    if file.count > 1:
        found.append(problem("bands-many", layer, count=file.count))
    if not file.crs:
        found.append(problem("crs-missing", layer, want=crs))
    else:
        own = horizontal(pyproj.CRS.from_wkt(file.crs.to_wkt()))
        if not own.equals(horizontal(pyproj.CRS(crs)), ignore_axis_order=True):
            found.append(problem("crs-other", layer, got=own.name, want=crs))
    return found


def _values(file: Any) -> Array:
    """Return the first band with scale and offset applied and nodata as NaN, as it is stored."""
    band = file.read(1, masked=True)
    scale, offset = file.scales[0], file.offsets[0]
    if band.dtype == np.uint8 and (scale, offset) == (1.0, 0.0) and not np.ma.is_masked(band):
        return np.asarray(band.data)
    values = band.astype(np.float32) if band.dtype != np.float64 else band
    if (scale, offset) != (1.0, 0.0):
        values = values * scale + offset
    return np.asarray(values.filled(np.nan), dtype=np.float32)


def first_words(path: Path) -> str:
    """Return how a text file begins, or nothing for one that is not text."""
    try:
        with path.open("rb") as file:
            start = file.read(60)
    except OSError as wrong:
        return wrong.strerror or str(wrong)
    if not start:
        return "0 bytes"
    text = start.decode("utf-8", errors="replace")
    if sum(c.isprintable() or c.isspace() for c in text) < 0.9 * len(text) or b"\0" in start:
        return ""
    return f"“{text.splitlines()[0].strip()}…”"

"""The user's terrain on the city's grid: any raster, any system, any unit, moved to metres."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window

from fjordby.arrays import Array
from fjordby.city.frames import fit, horizontal, short, vertical_unit
from fjordby.city.making.settings import METRES, SPELT, Settings
from fjordby.city.model import Layer
from fjordby.city.rasters import first_words
from fjordby.errors import BadFile, BadValue
from fjordby.grid import Grid

Bounds = tuple[float, float, float, float]

#: More cells than this are refused before the memory is gone; 4 bytes each, and copies.
MOST_CELLS = 400_000_000


@dataclass(frozen=True)
class Heights:
    """Heights on the city's grid [m], NaN where unknown, and what was done to get them."""

    values: Array
    grid: Grid
    notes: tuple[str, ...]


def heights(settings: Settings) -> Heights:
    """Return the terrain of the settings, laid together on a new grid.

    Raises
    ------
    BadFile
        When a file is no raster or does not say where it lies.
    BadValue
        When the unit, the bounds or the cell cannot be.
    """
    said = settings.layers[Layer.TERRAIN]
    files = [said["file"]] if isinstance(said["file"], str) else said["file"]
    paths = [settings.path(str(file)) for file in files]
    grid = _grid(settings, paths, said.get("crs"))
    values = np.full(grid.shape, np.nan, dtype=np.float32)
    notes: list[str] = []
    for path in paths:
        with opened(path) as file:
            unit, note = _unit(file, path, said.get("unit"))
            notes += [note] if note else []
            source = warp(file, grid, said.get("crs"), said.get("nodata"))
        fresh = np.isnan(values) & np.isfinite(source)
        values[fresh] = source[fresh] * np.float32(METRES[unit])
        if unit != "metre":
            notes.append(f"{path.name}: heights in {unit} converted to metres.")
    if not np.isfinite(values).any():
        raise BadValue(
            "a terrain that covers the bounds",
            f"no known height within {_box(grid.bounds)} {grid.crs}",
            "See that bounds and bounds_crs are right, and that nodata is not too wide.",
        )
    offset = float(said.get("offset", 0.0))
    if offset:
        values += np.float32(offset)
        notes.append(f"{offset:+g} m added to the heights.")
    return Heights(values, grid, tuple(dict.fromkeys(notes)))


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a raster or say why it cannot be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            file = rasterio.open(path)
    except RasterioError as wrong:
        raise BadFile(
            f"a raster at {path}",
            first_words(path) or str(wrong),
            "Give a file that GDAL opens as a raster, such as a GeoTIFF.",
        ) from None
    with file:
        yield file


def frame(file: Any, path: Path, said: str | None) -> pyproj.CRS:
    """Return the system of a file on the map: its own, else the one said in the settings."""
    if file.crs:
        own = horizontal(pyproj.CRS.from_wkt(file.crs.to_wkt()))
        if said is not None and not own.equals(horizontal(pyproj.CRS(said)), True):
            raise BadValue(
                f"crs only where {path.name} does not say its own",
                f"{said} against the file's {own.name}",
                "Take crs out, or mend the file.",
            )
        return own
    if said is None:
        raise BadFile(
            f"{path.name} to say its coordinate reference system",
            "none",
            'Find out which it is and write crs = "EPSG:…" beside the file in the settings.',
        )
    return horizontal(pyproj.CRS(said))


def _unit(file: Any, path: Path, said: str | None) -> tuple[str, str]:
    """Return the unit of the heights, and a note where nobody said it."""
    own = vertical_unit(file.crs.to_wkt() if file.crs else "") or (file.units[0] or "")
    own = SPELT.get(own.strip().lower(), own.strip().lower())
    asked = SPELT.get(said.lower(), said) if said else ""
    if own and own not in METRES and not asked:
        raise BadValue(
            f"a unit of height among {', '.join(METRES)}",
            f"{path.name} in {own!r}",
            "Write unit = … in [terrain].",
        )
    if asked and own in METRES and asked != own:
        raise BadValue(
            f"the unit that {path.name} says, {own}",
            f"unit = {asked!r} in the settings",
            "Take unit out of [terrain], or mend the file.",
        )
    unit = asked or own
    return unit or "metre", "" if unit else f"{path.name} does not say its unit: metres assumed."


def _grid(settings: Settings, paths: list[Path], said: str | None) -> Grid:
    """Return the grid: the bounds asked for, or all of the terrain, snapped to whole cells."""
    frames, boxes = [], []
    for path in paths:
        with opened(path) as file:
            frames.append(frame(file, path, said))
            boxes.append(tuple(file.bounds))
    asked = str(settings.city.get("crs", "auto"))
    crs = automatic(frames[0], boxes[0]) if asked == "auto" else asked
    cell = float(settings.city["cell"])
    if "bounds" in settings.city:
        box = tuple(map(float, settings.city["bounds"]))
        own = settings.city.get("bounds_crs", crs)
        bounds = box if own == crs else transform_bounds(own, crs, *box)
    else:
        moved = [
            transform_bounds(one.to_wkt(), crs, *box)
            for one, box in zip(frames, boxes, strict=True)
        ]
        west, south = min(b[0] for b in moved), min(b[1] for b in moved)
        bounds = west, south, max(b[2] for b in moved), max(b[3] for b in moved)
    if not np.isfinite(bounds).all():
        raise BadValue(
            f"a coordinate reference system that reaches the terrain, not {crs}",
            "coordinates without end",
            'Choose one made for the place, or crs = "auto".',
        )
    return _snapped(bounds, cell, crs)


def _snapped(bounds: Any, cell: float, crs: str) -> Grid:
    tiny = 1e-6  # of a cell: bounds on a cell's edge stay there
    west, south = (math.floor(x / cell + tiny) * cell for x in bounds[:2])
    east, north = (math.ceil(x / cell - tiny) * cell for x in bounds[2:])
    nx, ny = round((east - west) / cell), round((north - south) / cell)
    if nx < 2 or ny < 2 or nx * ny > MOST_CELLS:
        raise BadValue(
            f"a grid of 2 x 2 to {MOST_CELLS:,} cells",
            f"{nx:,} x {ny:,} cells of {cell:g} m over {_box(bounds)} {crs}",
            "Change cell or bounds in [city].",
        )
    return Grid(west, north, cell, ny, nx, crs)


def automatic(own: pyproj.CRS, box: Any) -> str:
    """Return the terrain's own system when it is in metres, else the UTM zone of its middle."""
    text = short(own)
    if not fit(text):
        return text
    west, south, east, north = transform_bounds(own.to_wkt(), "EPSG:4326", *box)
    x, y = (west + east) / 2, (south + north) / 2
    if not -80.0 <= y <= 84.0:
        raise BadValue(
            "a place between 80° S and 84° N for an automatic UTM zone",
            f"latitude {y:.1f}",
            "Write crs in [city], such as a polar stereographic system.",
        )
    return f"EPSG:{(32600 if y >= 0 else 32700) + utm_zone(x, y)}"


def utm_zone(longitude: float, latitude: float) -> int:
    """Return the UTM zone of a place [degrees], with the wide zones of Norway and Svalbard.

    Source: The Universal Grids, DMA TM 8358.2 (1989), chapter 2.

    Examples
    --------
    >>> utm_zone(9.5, 55.7), utm_zone(5.3, 60.4), utm_zone(16.0, 78.0), utm_zone(179.9, -40.0)
    (32, 32, 33, 60)
    """
    if 56 <= latitude < 64 and 3 <= longitude < 12:
        return 32
    if latitude >= 72 and 0 <= longitude < 42:
        return 31 + 2 * int((longitude + 3) // 12)
    return int((longitude + 180) // 6) % 60 + 1


def warp(
    file: Any,
    grid: Grid,
    said: str | None,
    nodata: float | None,
    method: Resampling | None = None,
) -> Array:
    """Return the first band of a raster on a grid, NaN where it knows nothing.

    Finer sources are averaged over the cells, coarser ones interpolated bilinearly.
    """
    own = frame(file, Path(file.name), said)
    box = transform_bounds(grid.crs, own.to_wkt(), *grid.bounds, densify_pts=51)
    window = _window(file, box)
    values = np.full(grid.shape, np.nan, dtype=np.float32)
    if window is None:
        return values
    finer = _finer(file, own, grid)
    shrink = max(1, int(finer / 2))
    shape = max(1, round(window.height / shrink)), max(1, round(window.width / shrink))
    band = file.read(1, window=window, out_shape=shape, masked=True, resampling=Resampling.average)
    source = band.astype(np.float32).filled(np.nan)
    if nodata is not None:
        source[source == np.float32(nodata)] = np.nan
    source = source * np.float32(file.scales[0]) + np.float32(file.offsets[0])
    wide, high = window.width / shape[1], window.height / shape[0]
    t = file.transform
    left, top = places(t, window.col_off, window.row_off)
    transform = Affine(t.a * wide, t.b * high, left, t.d * wide, t.e * high, top)
    reproject(
        np.ascontiguousarray(source, dtype=np.float32),
        values,
        src_transform=transform,
        src_crs=own.to_wkt(),
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=rasterio.CRS.from_user_input(grid.crs),
        dst_nodata=np.nan,
        resampling=method or (Resampling.average if finer > 1.5 else Resampling.bilinear),
    )
    return values


def places(t: Affine, column: Any, row: Any) -> tuple[Any, Any]:
    """Return x and y of columns and rows of a raster, counted from its outer corner."""
    return t.a * column + t.b * row + t.c, t.d * column + t.e * row + t.f


def pixels(t: Affine, x: Any, y: Any) -> tuple[Any, Any]:
    """Return columns and rows (with fractions) of places on a raster."""
    whole = t.a * t.e - t.b * t.d
    dx, dy = x - t.c, y - t.f
    return (t.e * dx - t.b * dy) / whole, (t.a * dy - t.d * dx) / whole


def _window(file: Any, box: Bounds) -> Window | None:
    """Return the whole cells of a file that cover a box in its own system, and two more."""
    x, y = np.array([(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]).T
    columns, rows = pixels(file.transform, x, y)
    left, top = max(0, math.floor(min(columns)) - 2), max(0, math.floor(min(rows)) - 2)
    right = min(file.width, math.ceil(max(columns)) + 2)
    bottom = min(file.height, math.ceil(max(rows)) + 2)
    if right <= left or bottom <= top:
        return None
    return Window(left, top, right - left, bottom - top)


def _finer(file: Any, own: pyproj.CRS, grid: Grid) -> float:
    """Return how many cells of the file fit along a cell of the grid, at the grid's middle."""
    west, south, east, north = grid.bounds
    x, y, half = (west + east) / 2, (south + north) / 2, grid.cell / 2
    box = transform_bounds(grid.crs, own.to_wkt(), x - half, y - half, x + half, y + half)
    side = math.hypot(file.transform.a, file.transform.d)
    return float(max(box[2] - box[0], 1e-12) / max(side, 1e-12))


def _box(bounds: Any) -> str:
    return ", ".join(f"{one:.10g}" for one in bounds)

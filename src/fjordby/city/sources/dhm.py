"""Terrain from Denmark's height model (DHM), tile by tile from its coverage service (WCS)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile

from fjordby.city.sources.answers import Answer
from fjordby.city.sources.bounds import Bounds, checked, metric
from fjordby.city.sources.fetch import DAY, Client, Key, Question, default_client
from fjordby.city.sources.loaded import Loaded, measured
from fjordby.errors import BadValue, SourceFailed
from fjordby.grid import Grid, Raster
from fjordby.progress import Progress, silent

SERVICE = "Danmarks Højdemodel (DHM)"
LICENCE = "CC BY 4.0, Klimadatastyrelsen"
BASE_URL = "https://api.dataforsyningen.dk/dhm_wcs_DAF"
KEY = Key(
    "token",
    "DATAFORSYNINGEN_TOKEN",
    "A token is free: make a user at dataforsyningen.dk and create one there.",
)
#: Coverages of the service: the bare ground, and the surface with roofs and trees.
TERRAIN, SURFACE = "dhm_terraen", "dhm_overflade"
#: Side of the model's own cells [m] (Klimadatastyrelsen: DHM/Terræn is a 0.4 m grid).
FINEST = 0.4
#: Pixels on a side of one request. Users report that 9,000 are accepted; fewer are kinder.
TILE = 2000
#: The largest raster to build [cells]; 400 MB as float32. Assumed: what an ordinary computer bears.
MOST_CELLS = 100_000_000
#: The service marks missing cells with this value.
NODATA = -9999.0
#: Heights outside this are no metres of Danish ground (highest point 171 m, quarries above -50 m).
LOWEST, HIGHEST = -100.0, 500.0


@dataclass(frozen=True)
class _Tile:
    row: int
    column: int
    ny: int
    nx: int
    bounds: Bounds


def terrain(
    bounds: Bounds,
    cell: float,
    *,
    crs: str = "EPSG:25832",
    sample: float | None = None,
    coverage: str = TERRAIN,
    client: Client | None = None,
    base_url: str = BASE_URL,
    tile: int = TILE,
    max_age: float = 365 * DAY,
    progress: Progress = silent,
) -> Loaded[Raster]:
    """Fetch heights for a box, as a raster on a north-up grid.

    Each tile is stored when it has come, so a load that was interrupted goes on where it stopped.

    Parameters
    ----------
    bounds
        West, south, east, north [m in `crs`]; widened to whole cells.
    cell
        Side of a cell in the answer [m], at least 0.4.
    crs
        Projected coordinate system in metres that the service can answer in.
    sample
        Side of the cells to ask for [m]; a whole part of `cell`, whose values are then the mean of
        what was asked for. The service itself answers a coarse question by picking values; None
        asks for `cell` straight away.
    coverage
        `TERRAIN` (bare ground) or `SURFACE` (roofs and trees).
    client, base_url
        Who asks, and where; see docs/sources.md.
    tile
        Pixels on a side of one request.
    max_age
        How old stored tiles may be [s].
    progress
        Told how far the work has come.

    Returns
    -------
    Loaded[Raster]
        Heights above DVR90 [m], float32, shape (ny, nx); NaN where the model has none.

    Raises
    ------
    BadValue
        When bounds, cell, sample or coordinate system make no sense.
    SourceFailed
        When a tile does not come or is not what was asked for.
    """
    metric(crs)
    fine = _check_cells(cell, sample)
    factor = round(cell / fine)
    coarse = _grid(checked(bounds), cell, crs)
    grid = Grid(coarse.west, coarse.north, fine, coarse.ny * factor, coarse.nx * factor, crs)
    _check_size(coarse, grid)
    asker = client or default_client()

    def ask(part: _Tile) -> tuple[np.ndarray[Any, np.dtype[np.float32]], str]:
        return _fetch(part, grid, coverage, asker, base_url, max_age)

    values, day = _mosaic(grid, factor, tile, ask, progress)
    return Loaded(
        coarse.raster(values, "terrain", vertical_datum="DVR90"),
        measured(
            f"{SERVICE}, {coverage}, {fine:g} m cells by WCS, Klimadatastyrelsen",
            LICENCE,
            day,
            f"Means of {fine:g} m cells." if factor > 1 else "",
            "No cell has a height: is the box in Denmark?" if np.isnan(values).all() else "",
        ),
    )


def _mosaic(
    grid: Grid,
    factor: int,
    tile: int,
    ask: Callable[[_Tile], tuple[np.ndarray[Any, np.dtype[np.float32]], str]],
    progress: Progress,
) -> tuple[np.ndarray[Any, np.dtype[np.float32]], str]:
    """Return the means of all tiles, joined, and the last day that one came."""
    values = np.full((grid.ny // factor, grid.nx // factor), np.nan, np.float32)
    tiles, last = list(_tiles(grid, max(1, tile // factor) * factor)), ""
    for done, part in enumerate(tiles):
        progress(done / len(tiles), f"{SERVICE}: {done + 1}/{len(tiles)}")
        try:
            heights, day = ask(part)
        except SourceFailed as failed:
            raise SourceFailed(
                failed.expected,
                f"{failed.got} (tile {done + 1} of {len(tiles)})",
                f"{failed.do} {done} tiles are stored: the next run goes on from there.",
            ) from None
        rows = slice(part.row // factor, (part.row + part.ny) // factor)
        columns = slice(part.column // factor, (part.column + part.nx) // factor)
        values[rows, columns] = _mean(heights, factor)
        last = max(last, day)
    progress(1.0, SERVICE)
    return values, last


def _check_cells(cell: float, sample: float | None) -> float:
    """Return the side of the cells to ask for [m]."""
    if not math.isfinite(cell) or cell < FINEST:
        raise BadValue(f"cells of at least {FINEST} m", f"{cell:g} m", "Choose a larger cell.")
    fine = cell if sample is None else sample
    parts = cell / fine if fine else 0.0
    if fine < FINEST or parts < 1 or abs(parts - round(parts)) > 1e-9 * parts:
        raise BadValue(
            f"samples of at least {FINEST} m that divide the cell of {cell:g} m evenly",
            f"{fine:g} m",
            "Choose for example a half or a fifth of the cell.",
        )
    return fine


def _check_size(coarse: Grid, fine: Grid) -> None:
    if coarse.ny * coarse.nx > MOST_CELLS:
        raise BadValue(
            f"at most {MOST_CELLS:,} cells",
            f"{coarse.ny:,} x {coarse.nx:,}",
            "Choose a larger cell or a smaller box.",
        )
    if fine.ny * fine.nx > 20 * MOST_CELLS:
        raise BadValue(
            f"at most {20 * MOST_CELLS:,} cells to fetch",
            f"{fine.ny:,} x {fine.nx:,}",
            "Choose a larger sample, or download the model's files instead.",
        )


def _grid(bounds: Bounds, cell: float, crs: str) -> Grid:
    """Return the grid of whole cells that holds the bounds; its lines are multiples of a cell."""
    west, south, east, north = bounds
    first, last = math.floor(west / cell + 1e-9), math.ceil(east / cell - 1e-9)
    low, high = math.floor(south / cell + 1e-9), math.ceil(north / cell - 1e-9)
    return Grid(first * cell, high * cell, cell, max(1, high - low), max(1, last - first), crs)


def _tiles(grid: Grid, side: int) -> Iterator[_Tile]:
    for row in range(0, grid.ny, side):
        ny = min(side, grid.ny - row)
        for column in range(0, grid.nx, side):
            nx = min(side, grid.nx - column)
            west, north = grid.west + column * grid.cell, grid.north - row * grid.cell
            yield _Tile(
                row,
                column,
                ny,
                nx,
                (west, north - ny * grid.cell, west + nx * grid.cell, north),
            )


def _fetch(
    tile: _Tile, grid: Grid, coverage: str, client: Client, base_url: str, max_age: float
) -> tuple[np.ndarray[Any, np.dtype[np.float32]], str]:
    """Return the heights of one tile [m], NaN where there are none, and the day they came."""
    question = Question(
        SERVICE,
        base_url,
        {
            "service": "WCS",
            "version": "1.0.0",
            "request": "GetCoverage",
            "coverage": coverage,
            "crs": grid.crs,
            "response_crs": grid.crs,
            "bbox": ",".join(f"{b:.3f}" for b in tile.bounds),
            "width": str(tile.nx),
            "height": str(tile.ny),
            "format": "GTiff",
        },
        form="tiff",
        key=KEY,
        max_age=max_age,
        timeout=180.0,
    )
    answer = client.ask(question, flaw=lambda a: _flaw(a, tile))
    return _read(answer.body), answer.day


def _flaw(answer: Answer, tile: _Tile) -> str | None:
    """Return what is wrong with a tile in words, or None."""
    try:
        values = _read(answer.body)
    except (RasterioError, ValueError) as broken:
        return f"a TIFF that cannot be read, perhaps half of one ({broken})"
    if values.shape != (tile.ny, tile.nx):
        return f"{values.shape[1]} x {values.shape[0]} pixels, not {tile.nx} x {tile.ny}"
    place = _place(answer.body)
    reach = 0.51 * (tile.bounds[2] - tile.bounds[0]) / tile.nx
    if place is not None and max(abs(a - b) for a, b in zip(place, tile.bounds, strict=True)) > (
        reach
    ):
        return "another place: " + ", ".join(f"{b:.1f}" for b in place)
    known = values[np.isfinite(values)]
    if known.size and (known.min() < LOWEST or known.max() > HIGHEST):
        return f"heights from {known.min():g} to {known.max():g}, which are no metres above DVR90"
    return None


def _read(body: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the first band as float32 with NaN for nodata."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(body) as file, file.open() as source:
            values: np.ndarray[Any, np.dtype[np.float32]] = source.read(1).astype(np.float32)
            missing = source.nodata
    values[values == np.float32(NODATA)] = np.nan
    if missing is not None and not math.isnan(missing):
        values[values == np.float32(missing)] = np.nan
    return values


def _place(body: bytes) -> Bounds | None:
    """Return the bounds written in the TIFF, or None when it says none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(body) as file, file.open() as source:
            if source.transform.is_identity:
                return None
            west, south, east, north = source.bounds
    return float(west), float(south), float(east), float(north)


def _mean(
    values: np.ndarray[Any, np.dtype[np.float32]], factor: int
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return means over blocks of factor x factor; NaN where less than half of a block is known."""
    if factor == 1:
        return values
    ny, nx = values.shape[0] // factor, values.shape[1] // factor
    blocks = values.reshape(ny, factor, nx, factor)
    known = np.isfinite(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, np.float32(0)).sum(axis=(1, 3), dtype=np.float64)
    mean = np.where(2 * count >= factor * factor, total / np.maximum(count, 1), np.nan)
    return mean.astype(np.float32)

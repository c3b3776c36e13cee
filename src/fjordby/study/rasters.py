"""Results on the grid as cloud-optimised GeoTIFF, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from fjordby.city.rasters import cog_bytes
from fjordby.errors import BadFile
from fjordby.grid import Grid, Raster
from fjordby.storage import write_whole


def write_raster(raster: Raster, path: Path | str, tags: Mapping[str, str] | None = None) -> Path:
    """Write a result as a cloud-optimised GeoTIFF with its name and unit.

    Raises
    ------
    StorageFailed
        When it cannot be written; nothing half-written is left.
    """
    return write_whole(path, cog_bytes(raster, tags or {}))


def read_raster(path: Path | str, name: str) -> Raster:
    """Read a result that `write_raster` wrote; float32, NaN where unknown.

    Raises
    ------
    BadFile
        When the file is missing or is no raster.
    """
    try:
        with rasterio.open(path) as file:
            if file.crs is None:
                raise BadFile(
                    f"the result {name} in {path}",
                    "a raster with no coordinate system",
                    "Run the study again to make it anew.",
                )
            values = file.read(1)
            grid = Grid(
                file.transform.c, file.transform.f, file.transform.a, file.height, file.width,
                file.crs.to_string(),
            )  # fmt: skip
            units = file.units[0] or "m"
    except RasterioError as trouble:
        raise BadFile(
            f"the result {name} in {path}", str(trouble), "Run the study again to make it anew."
        ) from trouble
    return grid.raster(np.ascontiguousarray(values), name, units)

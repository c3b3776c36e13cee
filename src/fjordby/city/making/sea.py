"""Where the open sea stands: by areas, from a point, from the edge, or where nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyproj import Transformer
from rasterio.features import rasterize
from scipy import ndimage

from fjordby.arrays import Array
from fjordby.city.making.settings import Settings
from fjordby.city.making.terrain import Heights
from fjordby.city.making.vectors import vectors
from fjordby.city.model import Layer
from fjordby.errors import BadValue

_EIGHT = np.ones((3, 3), dtype=bool)


def sea(settings: Settings, ground: Heights) -> tuple[Array, str]:
    """Return where the sea stands, bool of shape (ny, nx), and how it was found.

    Raises
    ------
    BadValue
        When no cell, or every cell, is sea.
    """
    said = settings.layers[Layer.SEA]
    how, level = said["how"], float(said.get("level", 0.0))
    unknown = np.isnan(ground.values)
    with np.errstate(invalid="ignore"):
        low = ground.values <= level
    may = low | unknown if said.get("unknown") else low
    also = " or unknown" if said.get("unknown") else ""
    if how == "polygon":
        wet = _areas(settings, said, ground)
        note = f"Areas of {said['file']}."
    elif how == "nodata":
        wet = _from_edge(unknown)
        note = "Unknown ground joined to the edge of the map."
    elif how == "edge":
        wet = _from_edge(low | unknown) & may
        note = f"Ground at {level:g} m or lower{also} joined to the edge of the terrain."
    else:
        wet = _from_seed(may, said, ground)
        note = f"Ground at {level:g} m or lower{also} joined to the point {said['seed']}."
    if wet.any() and not wet.all():
        return wet, note
    raise BadValue(
        "a map with sea and land",
        "only sea"
        if wet.all()
        else f"no sea by how = {how!r}"
        + (
            f" at level {level:g} m; the lowest ground is {np.nanmin(ground.values):.2f} m"
            if how in ("edge", "seed")
            else ""
        ),
        "Change level, how or bounds; a coastal city needs a piece of open sea on its map.",
    )


def _from_edge(cells: Array) -> Array:
    labels, _ = ndimage.label(cells, _EIGHT)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.asarray(np.isin(labels, np.unique(edge[edge > 0])))


def _from_seed(cells: Array, said: Any, ground: Heights) -> Array:
    x, y = said["seed"]
    if "seed_crs" in said:
        move = Transformer.from_crs(said["seed_crs"], ground.grid.crs, always_xy=True)
        x, y = move.transform(x, y)
    row, column = ground.grid.rows_columns(np.array([x]), np.array([y]))
    if not ground.grid.inside(np.array([x]), np.array([y]))[0]:
        raise BadValue(
            "a seed on the map",
            f"{said['seed']} ({x:.0f}, {y:.0f} in {ground.grid.crs})",
            'Move it, or say its system with seed_crs = "EPSG:4326" (then x is longitude).',
        )
    labels, _ = ndimage.label(cells, _EIGHT)
    here = labels[row[0], column[0]]
    if here == 0:
        raise BadValue(
            "a seed in the sea",
            f"one on land at {ground.values[row[0], column[0]]:.2f} m",
            "Move it to open water, or raise level.",
        )
    return np.asarray(labels == here)


def _areas(settings: Settings, said: Any, ground: Heights) -> Array:
    table = vectors(settings.path(said["file"]), said, ground.grid)
    shapes = [one for one in table.geometry if one is not None and not one.is_empty]
    inside = (
        rasterize(shapes, out_shape=ground.grid.shape, transform=ground.grid.transform)
        if shapes
        else np.zeros(ground.grid.shape, dtype=np.uint8)
    )
    return np.asarray((inside == 0) if said.get("land") else (inside == 1))

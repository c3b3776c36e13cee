"""A city in a few numbers: how large, how high, how much of what, and how far to believe it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj

from fjordby.city.layers import RASTERS, TABLES
from fjordby.city.model import AGE_GROUPS, City, Layer


def summary(city: City) -> dict[str, Any]:
    """Return counts, extent, heights, kinds and sources of a city as plain values for JSON.

    Heights are those of known land [m in the city's vertical datum]; areas in km2, lengths in km;
    `lon_lat` is west, south, east, north in degrees.
    """
    grid = city.grid
    heights, sea = city.terrain.values, city.sea.values.astype(bool)
    land = heights[~sea & np.isfinite(heights)]
    shares = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
    levels = np.quantile(land, shares) if land.size else np.full(len(shares), np.nan)
    to_degrees = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    return {
        "id": city.id,
        "name": city.name.as_dict(),
        "fingerprint": city.fingerprint,
        "crs": city.crs,
        "vertical_datum": city.vertical_datum,
        "currency": city.currency,
        "grid": {"cell_m": grid.cell, "rows": grid.ny, "columns": grid.nx},
        "bounds": list(grid.bounds),
        "lon_lat": [round(x, 6) for x in to_degrees.transform_bounds(*grid.bounds)],
        "area_km2": {
            "land": round(float((~sea).sum()) * grid.cell_area / 1e6, 3),
            "sea": round(float(sea.sum()) * grid.cell_area / 1e6, 3),
            "unknown": round(float((~sea & ~np.isfinite(heights)).sum()) * grid.cell_area / 1e6, 3),
        },
        "land_height_m": {
            f"{share:.0%}": None if np.isnan(level) else round(float(level), 2)
            for share, level in zip(shares, levels, strict=True)
        },
        "counts": {layer.value: len(getattr(city, layer.value)) for layer in TABLES},
        "uses": {
            str(use): int(count) for use, count in city.buildings["use"].value_counts().items()
        },
        "dwellings": int(city.buildings["dwellings"].sum()) if len(city.buildings) else 0,
        "persons": {
            group: round(float(city.people[group].sum()), 1)
            for group in AGE_GROUPS
            if group in city.people
        },
        "length_km": {
            layer.value: round(float(getattr(city, layer.value).length.sum()) / 1000, 2)
            for layer in (Layer.STREAMS, Layer.BARRIERS, Layer.ROADS)
        },
        "layers": {layer.value: _whence(city, layer) for layer in (*RASTERS, *TABLES)},
        "records": sorted(city.records),
    }


def _whence(city: City, layer: Layer) -> dict[str, str] | None:
    known = city.provenance.get(layer)
    if known is None:
        return None
    words = {key: getattr(known, key) for key in ("source", "licence", "date", "note")}
    return {"kind": known.kind.value, **words}

"""What each layer of a city is made of: its geometry, columns, units, defaults and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd

from fjordby.catalogue import rows
from fjordby.city.model import Layer
from fjordby.city.uses import uses
from fjordby.words import Words

#: The two layers on the grid; all others are tables.
RASTERS = (Layer.TERRAIN, Layer.SEA)
TABLES = tuple(layer for layer in Layer if layer not in RASTERS)

#: Geometry types (single, several parts) by the word used in `data/layers.csv`.
GEOMETRY = {
    "line": ("LineString",),
    "polygon": ("Polygon", "MultiPolygon"),
    "point": ("Point",),
}


@dataclass(frozen=True)
class Column:
    """One column of a table: type (text, number or whole), unit, default, range and words."""

    name: str
    type: str
    unit: str
    need: bool
    default: str | float | int
    low: float
    high: float
    source: str
    words: Words


@dataclass(frozen=True)
class Spec:
    """One layer: its geometry (raster, line, polygon, point, none), columns and words."""

    layer: Layer
    geometry: str
    columns: tuple[Column, ...]
    words: Words

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)


def _default(type_: str, text: str) -> str | float | int:
    if type_ == "text":
        return text
    if type_ == "whole":
        return int(text or 0)
    return float(text or "nan")


@lru_cache(maxsize=1)
def specs() -> Mapping[Layer, Spec]:
    """Return what each layer is made of, from `data/layers.csv` and `data/columns.csv`."""
    columns: dict[str, list[Column]] = {}
    for row in rows("city/data/columns.csv"):
        columns.setdefault(row["layer"], []).append(
            Column(
                row["column"],
                row["type"],
                row["unit"],
                row["need"] == "yes",
                _default(row["type"], row["default"]),
                float(row["low"] or "-inf"),
                float(row["high"] or "inf"),
                row["source"],
                Words(row["da"], row["en"]),
            )
        )
    return {
        Layer(row["layer"]): Spec(
            Layer(row["layer"]),
            row["geometry"],
            tuple(columns.get(row["layer"], ())),
            Words(row["da"], row["en"]),
        )
        for row in rows("city/data/layers.csv")
    }


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[tuple[str, str], Mapping[str, Words]]:
    """Return the words that a column may hold, by (layer, column).

    Those of buildings come from `fjordby.city.uses`, all others from `data/words.csv`.
    """
    found: dict[tuple[str, str], dict[str, Words]] = {}
    for row in rows("city/data/words.csv"):
        words = found.setdefault((row["layer"], row["column"]), {})
        words[row["word"]] = Words(row["da"], row["en"])
    found["buildings", "use"] = {use.id: use.name for use in uses().values()}
    return found


def empty(layer: Layer, crs: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return a table of a layer with the right columns and no rows.

    Examples
    --------
    >>> list(empty(Layer.DISTRICTS, "EPSG:25832").columns)
    ['id', 'name', 'geometry']
    """
    spec = specs()[layer]
    table = pd.DataFrame({column.name: fill(column, 0) for column in spec.columns})
    if spec.geometry == "none":
        return table
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([], crs=crs))


def fill(column: Column, rows: int) -> pd.Series[str] | pd.Series[float] | pd.Series[int]:
    """Return a column that holds its default on every row."""
    if column.type == "text":
        return pd.Series([str(column.default)] * rows, dtype=str)
    kind = np.int64 if column.type == "whole" else np.float64
    return pd.Series(np.full(rows, column.default, dtype=kind))

"""A city as one frozen record of layers, each with its source and how far to believe it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fjordby.errors import MissingLayer
from fjordby.grid import Grid, Raster
from fjordby.provenance import Kind, Provenance
from fjordby.words import Words


class Layer(StrEnum):
    """The layers a city can have; terrain and sea are always there."""

    TERRAIN = "terrain"
    SEA = "sea"
    STREAMS = "streams"
    BARRIERS = "barriers"
    BUILDINGS = "buildings"
    PEOPLE = "people"
    DISTRICTS = "districts"
    ROADS = "roads"
    PLACES = "places"
    GREEN = "green"


#: Groups of people by age; the columns of `City.people` beside `building`.
AGE_GROUPS: Mapping[str, Words] = {
    "children": Words("børn 0-17 år", "children 0-17"),
    "adults": Words("voksne 18-64 år", "adults 18-64"),
    "older": Words("ældre 65-79 år", "older people 65-79"),
    "oldest": Words("80 år og derover", "80 and over"),
}


@dataclass(frozen=True)
class City:
    """Everything that is known of a place, on one grid and in one coordinate system.

    Rasters are float32 or bool on `grid`; heights in metres in `vertical_datum`. Tables are
    GeoDataFrames in the grid's coordinate system, empty where a city has no such layer:

    ========== ========== =========================================================
    layer      geometry   columns
    ========== ========== =========================================================
    terrain    raster     bare ground, the sea bed where known [m]; NaN = unknown
    sea        raster     True where the open sea stands on a quiet day
    streams    lines      id, name, width [m], bed [m datum] at the downstream end
    barriers   lines      id, name, type (wall, gate), crest [m datum]
    buildings  polygons   id, use, use_code, floors, floor_height [m above the ground],
                          basement_area [m2], dwellings, district, name
    people     (table)    building, then one column of persons for each age group
    districts  polygons   id, name
    roads      lines      id, name, road_class, speed [km/h]
    places     points     id, name, use, threshold [m above the ground], building
    green      polygons   id, name, use (park, wood, meadow, wetland, farmland, ...)
    ========== ========== =========================================================

    Roads, buildings, places and green may have a column `kind` (a `Kind`) for each feature, where
    a layer is mixed: real roads among made-up ones. The layer's own kind is that of most of it.

    `records` holds what else the folder says as plain tables, by file stem: `shocks` (storms,
    levels, rain) and `published` (figures to be held against) among them.
    """

    id: str
    name: Words
    vertical_datum: str
    currency: str
    terrain: Raster
    sea: Raster
    streams: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    people: pd.DataFrame
    districts: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    provenance: Mapping[Layer, Provenance]
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def grid(self) -> Grid:
        """The grid of the terrain."""
        return Grid.of(self.terrain)

    @property
    def crs(self) -> str:
        """Coordinate reference system, as text."""
        return self.grid.crs

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that results depend on; equal cities have equal fingerprints."""
        digest = hashlib.sha256()
        digest.update(repr((self.id, self.grid, self.vertical_datum)).encode())
        for raster in (self.terrain, self.sea):
            digest.update(np.ascontiguousarray(raster.values).tobytes())
        for layer in Layer:
            if layer in (Layer.TERRAIN, Layer.SEA):
                continue
            digest.update(_table_bytes(getattr(self, layer.value)))
        digest.update(repr(sorted((k, repr(v)) for k, v in self.records.items())).encode())
        return digest.hexdigest()[:16]

    def kind(self, layer: Layer) -> Kind:
        """How the layer came to be; a layer without a word of its own counts as assumed."""
        known = self.provenance.get(layer)
        return known.kind if known else Kind.ASSUMED

    def need(self, layer: Layer) -> None:
        """Raise `MissingLayer` when the city has no features of this layer."""
        if layer in (Layer.TERRAIN, Layer.SEA) or len(getattr(self, layer.value)):
            return
        raise MissingLayer(
            f"a city with {layer.value}",
            f"{self.name.en} without any",
            f"Add a {layer.value} layer to the city folder (see docs/city.md) and check it with "
            "`fjordby city check`.",
        )

    def with_(self, **layers: Any) -> City:
        """Return a copy with some layers replaced."""
        return replace(self, **layers)


def _table_bytes(table: pd.DataFrame | gpd.GeoDataFrame) -> bytes:
    """Return bytes that are equal for equal tables, whatever their column order."""
    parts = [repr((table.shape, sorted(map(str, table.columns)))).encode()]
    for column in sorted(table.columns, key=str):
        values = table[column]
        if column == getattr(table, "_geometry_column_name", None):
            parts.append(b"".join(values.to_wkb()))
        else:
            parts.append(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
    return b"".join(parts)

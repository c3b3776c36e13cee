"""What the page draws of a city, made once beside its results: ground, buildings, lines, names.

Files in the folder, all read by `fjordby.web`:

================================ =============================================================
layers.json                      frame, fingerprint, and what each file holds
ground.pack.gz                   terrain, connection level, hillshade, sea (`page_ground`)
buildings.pack.gz                outlines and levels of every building (`write_buildings`)
<layer>.geojson.gz               streams, barriers, districts, names, roads, places, green
events/<id>.png                  depth of an event, grey value = cm (`write_event_depth`)
building_answers.parquet, .npy   what to say of each building (`write_building_answers`)
================================ =============================================================
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from PIL import Image
from pyproj import Transformer

from fjordby.arrays import Array
from fjordby.city import City, Layer
from fjordby.errors import BadValue
from fjordby.grid import Raster
from fjordby.study.pack import write_pack
from fjordby.study.page_ground import NEVER, depth_array, ground_arrays, mercator

#: How large a road is drawn, by the OpenStreetMap word; what is not named here is a street.
ROAD_SIZE: Mapping[str, int] = {
    **dict.fromkeys(("motorway", "trunk", "primary", "motorway_link", "trunk_link"), 3),
    **dict.fromkeys(("secondary", "tertiary", "primary_link", "secondary_link"), 2),
    **dict.fromkeys(("service", "track", "path", "footway", "cycleway", "steps", "pedestrian"), 0),
}
STREET = 1
#: Outlines of buildings keep this much of a metre.
OUTLINE_STEP = 0.1
#: A building that this level reaches counts when choosing where to look first [m datum; assumed].
REACHED = 3.0
#: Room around them [m; assumed].
ROOM = 600.0
#: Decimals of a degree in GeoJSON: 0.1 m.
DECIMALS = 6


def write_page_layers(
    city: City,
    connection: Raster,
    folder: Path,
    at_buildings: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Write everything the page draws into a folder and return the contents of layers.json.

    Parameters
    ----------
    city
        The city.
    connection
        The lowest sea level at which water reaches each cell, inf or NaN where never, on the
        city's grid [m].
    folder
        Where to write; made when missing.
    at_buildings
        Heights at each building as the damage sees them, so that map and figures agree: one row
        for each building with columns `id`, `ground`, `floor` and `connection` [m datum; inf or
        NaN = never]. None takes them from the rasters, at a point inside each building.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays, about = ground_arrays(city, connection)
    files = {"ground": _file(write_pack(folder / "ground.pack.gz", arrays, about), 1)}
    heights = _heights(city, connection, at_buildings)
    size = write_buildings(city, heights, folder / "buildings.pack.gz")
    files["buildings"] = _file(size, len(city.buildings))
    for layer, table in _lines_and_names(city, connection).items():
        size = _write_geojson(table, folder / f"{layer}.geojson.gz")
        files[layer] = _file(size, len(table))
    layers = {
        "fingerprint": city.fingerprint,
        "city": city.id,
        **about,
        "focus": focus(city, heights),
        "kinds": {layer.value: city.kind(layer).value for layer in Layer},
        "files": files,
    }
    (folder / "layers.json").write_text(json.dumps(layers), encoding="utf-8")
    return layers


def write_event_depth(city: City, depth: Raster, folder: Path, event: str) -> Path:
    """Write the depth of an event as a picture on the frame of the ground and return its path.

    The grey value is the depth in whole centimetres, 255 for 2.55 m and more.

    Parameters
    ----------
    city, depth
        The city, and the largest depth on its grid, 0 or NaN where dry [m].
    folder
        The same folder as for `write_page_layers`.
    event
        The event's id.
    """
    place = folder / "events" / f"{event}.png"
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(depth_array(city, depth)).save(place, optimize=True)
    return place


def write_building_answers(
    folder: Path, table: pd.DataFrame, levels: Sequence[float], damage: Mapping[str, Array]
) -> None:
    """Write what to say of each building, so that a click is answered without computing.

    Parameters
    ----------
    folder
        The same folder as for `write_page_layers`.
    table
        One row for each building: `id`, `use`, `kind` (how far to believe it), `ground`, `floor`,
        `connection` [m datum, inf = never], `residents`, `district` and `name`.
    levels
        Sea levels, increasing [m datum].
    damage
        Damage by family, each of shape (levels, buildings), in the table's order [currency].
    """
    needed = {"id", "use", "kind", "ground", "floor", "connection", "residents"}
    missing = needed - set(table.columns)
    shapes = {name: values.shape for name, values in damage.items()}
    if missing or any(shape != (len(levels), len(table)) for shape in shapes.values()):
        raise BadValue(
            f"columns {sorted(needed)} and damage of shape {(len(levels), len(table))}",
            f"without {sorted(missing)} and shapes {shapes}",
            "Give one row for each building and one row of damage for each level.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    about = {"levels": [float(v) for v in levels], "families": list(damage)}
    answers = table.reset_index(drop=True).copy()
    answers.attrs = {}
    answers.to_parquet(folder / "building_answers.parquet", index=False)
    stacked = np.stack([np.asarray(v, np.float32) for v in damage.values()])
    # Building first, so that one answer is one read of a few hundred bytes.
    np.save(folder / "building_answers.npy", np.ascontiguousarray(stacked.transpose(2, 0, 1)))
    (folder / "building_answers.json").write_text(json.dumps(about), encoding="utf-8")


def write_buildings(city: City, heights: pd.DataFrame, path: Path) -> int:
    """Write the outlines of all buildings as a pack and return its size [bytes].

    Arrays: `rings` (points in each outer ring, uint16), `owner` (the building each ring belongs
    to, uint32), `x` and `y` (places relative to the frame's north-west corner in steps of about
    0.1 m, int32; `scale` in the header turns them into shares of the Web Mercator world),
    `ground`, `floor` and `connection` by building [cm, int16], `use` (index into the header's
    `uses`, uint8). The header also has `ids`. Courtyards are left out: the map does not need them.
    """
    table = city.buildings
    to_degrees = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True)
    west, _, _, north = city.grid.bounds
    origin = mercator(*[np.asarray(v) for v in to_degrees.transform(west, north)])
    parts, owner = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
    solid = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    rings = shapely.get_exterior_ring(parts[solid])
    points = shapely.get_coordinates(rings)
    x, y = mercator(*to_degrees.transform(points[:, 0], points[:, 1]))
    scale = OUTLINE_STEP / 40_075_016.7
    uses = sorted(set(table.use.astype(str))) if len(table) else []
    arrays = {
        "rings": shapely.get_num_points(rings).astype(np.uint16),
        "owner": owner[solid].astype(np.uint32),
        "x": np.rint((x - origin[0]) / scale).astype(np.int32),
        "y": np.rint((y - origin[1]) / scale).astype(np.int32),
        **{name: _cm(heights[name]) for name in ("ground", "floor", "connection")},
        "use": np.searchsorted(uses, table.use.astype(str)).astype(np.uint8)
        if uses
        else np.zeros(0, np.uint8),
    }
    about = {
        "origin": [float(v) for v in origin],
        "scale": scale,
        "uses": uses,
        "ids": [str(v) for v in table.id],
        "never": NEVER,
    }
    return write_pack(path, arrays, about)


def focus(city: City, heights: pd.DataFrame) -> list[float] | None:
    """Return where to look first: most of the buildings that the sea can reach.

    West, south, east, north [degrees] around the middle nine tenths of them with some room, or
    None when fewer than ten can be reached.
    """
    low = heights.connection.to_numpy(np.float64) <= REACHED
    points = city.buildings.geometry.representative_point()[low]
    if len(points) < 10:
        return None
    x = np.quantile(points.x, [0.05, 0.95]) + np.array([-ROOM, ROOM])
    y = np.quantile(points.y, [0.05, 0.95]) + np.array([-ROOM, ROOM])
    bounds = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True).transform_bounds(
        x[0], y[0], x[1], y[1]
    )
    return [float(v) for v in bounds]


def _cm(metres: pd.Series) -> Array:
    values = metres.to_numpy(np.float64)
    whole = np.where(np.isfinite(values), np.rint(values * 100.0), NEVER)
    return np.clip(whole, -NEVER, NEVER).astype(np.int16)


def _file(size: int, count: int) -> dict[str, int]:
    return {"bytes": size, "count": count}


def _heights(city: City, connection: Raster, given: pd.DataFrame | None) -> pd.DataFrame:
    """Return ground, floor and connection of each building in the city's order."""
    ids = city.buildings.id.astype(str)
    if given is not None:
        table = given.assign(id=given.id.astype(str)).set_index("id").reindex(ids)
        return table.reset_index()
    points = city.buildings.geometry.representative_point()
    ground = _sample(city, city.terrain, points)
    level = _sample(city, connection, points)
    floor = ground + city.buildings.floor_height.to_numpy(np.float64)
    return pd.DataFrame({"id": ids, "ground": ground, "floor": floor, "connection": level})


def _sample(city: City, raster: Raster, points: gpd.GeoSeries) -> Array:
    """Return the raster's value at points, NaN outside."""
    row, column = city.grid.rows_columns(points.x.to_numpy(), points.y.to_numpy())
    inside = city.grid.inside(points.x.to_numpy(), points.y.to_numpy())
    values = np.full(len(points), np.nan)
    values[inside] = raster.values[row[inside], column[inside]]
    return values


def _lines_and_names(city: City, connection: Raster) -> dict[str, gpd.GeoDataFrame]:
    """Return the vector layers with the few columns that the map needs, by short names."""
    roads = _columns(city.roads, n="name")
    roads["c"] = [ROAD_SIZE.get(str(word), STREET) for word in city.roads.get("road_class", [])]
    places = _columns(city.places, id="id", n="name", u="use")
    if len(places):
        ground = _sample(city, city.terrain, city.places.geometry)
        places["g"] = np.round(ground, 2)
        places["f"] = np.round(ground + city.places.threshold.to_numpy(np.float64), 2)
        places["l"] = np.round(_sample(city, connection, city.places.geometry), 2)
    green = _columns(city.green, u="use", n="name")
    green["geometry"] = green.geometry.simplify(city.grid.cell / 4.0)
    return {
        "streams": _columns(city.streams, n="name", w="width"),
        "barriers": _columns(city.barriers, n="name", u="type", h="crest"),
        "districts": _columns(city.districts, id="id", n="name"),
        "names": _names(city.districts),
        "roads": roads,
        "places": places,
        "green": green,
    }


def _names(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one point for each district to write its name at, within its largest part."""
    names = _columns(districts, id="id", n="name")
    parts = names.geometry.explode(ignore_index=False)
    by_size = parts.iloc[np.argsort(-parts.area.to_numpy(), kind="stable")]
    largest = by_size[~by_size.index.duplicated()].reindex(names.index)
    names["geometry"] = largest.representative_point()
    return names


def _columns(table: gpd.GeoDataFrame, **names: str) -> gpd.GeoDataFrame:
    """Return a copy with only some columns, under short names."""
    kept = {short: table[long].to_numpy() for short, long in names.items() if long in table.columns}
    return gpd.GeoDataFrame(kept, geometry=table.geometry.to_numpy(), crs=table.crs)


def _write_geojson(table: gpd.GeoDataFrame, path: Path) -> int:
    """Write a table as gzipped GeoJSON in degrees and return the file's size [bytes]."""
    to_degrees = Transformer.from_crs(table.crs, "EPSG:4326", always_xy=True)

    def degrees(points: Array) -> Array:
        lon, lat = to_degrees.transform(points[:, 0], points[:, 1])
        return np.round(np.column_stack([lon, lat]), DECIMALS)

    shapes = shapely.to_geojson(shapely.transform(table.geometry.to_numpy(), degrees))
    words = [
        json.dumps({k: v for k, v in row.items() if _says_something(v)}, ensure_ascii=False)
        for row in table.drop(columns="geometry").to_dict("records")
    ]
    features = ",".join(
        f'{{"type":"Feature","properties":{said},"geometry":{shape}}}'
        for said, shape in zip(words, shapes, strict=True)
        if shape is not None
    )
    text = f'{{"type":"FeatureCollection","features":[{features}]}}'
    path.write_bytes(gzip.compress(text.encode(), compresslevel=6, mtime=0))
    return path.stat().st_size


def _says_something(value: Any) -> bool:
    """Tell whether a value is worth sending: JSON knows no NaN or infinity."""
    if value is None or value == "":
        return False
    return not isinstance(value, float) or bool(np.isfinite(value))

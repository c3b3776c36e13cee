"""Layers of a city from OpenStreetMap: roads, buildings, streams, water, green and places."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import box as rectangle

from fjordby.catalogue import rows
from fjordby.city.sources import osm_shapes, osm_tags, overpass
from fjordby.city.sources.bounds import Bounds, checked, latlon, metric
from fjordby.city.sources.fetch import DAY, Client
from fjordby.city.sources.loaded import Loaded, measured
from fjordby.city.sources.osm_shapes import Broken, Shape
from fjordby.city.sources.overpass import Elements
from fjordby.city.uses import use_codes
from fjordby.provenance import Provenance

#: Ground floor above the ground where nobody said [m]; assumed: two outdoor steps of 0.15 m.
FLOOR_HEIGHT = 0.3
#: Depth at which a place fails where nobody said [m above the ground]; assumed: one high step.
THRESHOLD = 0.2
#: BBR code of a building of which nothing is known.
UNKNOWN_CODE = 999

#: Types of the columns that are no text, so that empty tables have them too.
TYPES = {
    "speed": float,
    "width": float,
    "bed": float,
    "threshold": float,
    "use_code": int,
    "floors": int,
    "basement_floors": int,
    "dwellings": int,
    "assumed": bool,
}

Reader = Callable[[Shape], dict[str, Any] | None]
Shapes = Callable[[Elements, Broken], Iterator[Shape]]


def roads(
    bounds: Bounds,
    *,
    crs: str = "EPSG:25832",
    cars_only: bool = True,
    client: Client | None = None,
    base_url: str = overpass.BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the roads that touch a box.

    Parameters
    ----------
    bounds
        West, south, east, north [in the unit of `crs`].
    crs
        Coordinate system of the bounds and of the answer, projected, in metres.
    cars_only
        Leave out paths for feet and cycles.
    client, base_url, max_age
        Who asks, where, and how old stored answers may be [s]; see docs/sources.md.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Lines with id, name, road_class and speed [km/h]: the signed limit, else the usual one of
        the class (`data/osm_roads.csv`).

    Raises
    ------
    BadValue, SourceFailed
        When the box makes no sense; when there is no whole answer.
    """
    classes = {
        row["highway"]: row
        for row in rows("city/sources/data/osm_roads.csv")
        if row["car"] == "yes" or not cars_only
    }

    def read(shape: Shape) -> dict[str, Any] | None:
        known = classes.get(shape.tags.get("highway", ""))
        if known is None or shape.tags.get("area") == "yes":
            return None
        limit = osm_tags.speed(shape.tags.get("maxspeed"))
        return {
            "name": shape.tags.get("name", ""),
            "road_class": known["road_class"],
            "speed": limit if math.isfinite(limit) else float(known["speed_kmh"]),
            "assumed": not math.isfinite(limit),
        }

    ways = f'way["highway"~"^({"|".join(classes)})$"]'
    found, broken, day = _ask([ways], bounds, crs, client, base_url, max_age)
    columns = ("name", "road_class", "speed", "assumed")
    table = _table(osm_shapes.lines(found, broken), read, columns, bounds, crs)
    note = _assumed(table, "Speed", "roads")
    return Loaded(table, _provenance("roads", day, note, broken.note))


def buildings(
    bounds: Bounds,
    *,
    crs: str = "EPSG:25832",
    client: Client | None = None,
    base_url: str = overpass.BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the outlines of buildings that touch a box; parameters as in `roads`.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Areas with the columns of `City.buildings`. Use and code follow `data/osm_buildings.csv`;
        floors, basement and dwellings come from tags where mappers wrote them, and are the lowest
        that make sense where not; the height of the ground floor is always assumed. `datafordeler`
        knows more.
    """
    metric(crs)
    found, broken, day = _ask(['wr["building"]'], bounds, crs, client, base_url, max_age)
    columns = ("use", "use_code", "floors", "basement_floors", "dwellings", "name")
    table = _table(osm_shapes.areas(found, broken), _building, columns, bounds, crs)
    table["floor_height"] = FLOOR_HEIGHT
    table["basement_area"] = (table.pop("basement_floors") * table.area).round(1)
    table["district"] = ""
    order = ["id", "use", "use_code", "floors", "floor_height", "basement_area", "dwellings"]
    table = table[[*order, "district", "name", "geometry"]]
    unknown = int((table.use_code == UNKNOWN_CODE).sum())
    return Loaded(
        table,
        _provenance(
            "buildings",
            day,
            f"Use of {unknown} of {len(table)} buildings unknown." if unknown else "",
            f"Ground floors assumed {FLOOR_HEIGHT:g} m above the ground; floors, basements and "
            "dwellings only where mappers wrote them.",
            broken.note,
        ),
    )


def _building(shape: Shape) -> dict[str, Any] | None:
    kind = shape.tags.get("building", "no")
    if kind == "no" or shape.tags.get("location") == "underground":
        return None
    known = {row["building"]: row for row in rows("city/sources/data/osm_buildings.csv")}.get(kind)
    place = osm_tags.first_match(shape.tags, "osm_places.csv")
    if known:
        code, homes = int(known["use_code"]), int(known["dwellings"])
    else:
        code, homes = int(place["use_code"] or UNKNOWN_CODE) if place else UNKNOWN_CODE, 0
    return {
        "use": use_codes()[code].use,
        "use_code": code,
        "floors": max(1, osm_tags.count(shape.tags.get("building:levels"))),
        "basement_floors": osm_tags.count(shape.tags.get("building:levels:underground"), 10),
        "dwellings": osm_tags.count(shape.tags.get("building:flats"), 2000) or homes,
        "name": shape.tags.get("name", ""),
    }


def streams(
    bounds: Bounds,
    *,
    crs: str = "EPSG:25832",
    client: Client | None = None,
    base_url: str = overpass.BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the open streams that touch a box; parameters as in `roads`.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Lines drawn downstream with id, name, width [m] (the tag, else `data/osm_streams.csv`) and
        bed [m datum], which OpenStreetMap does not know: NaN.
    """
    widths = {
        row["waterway"]: float(row["width_m"]) for row in rows("city/sources/data/osm_streams.csv")
    }

    def read(shape: Shape) -> dict[str, Any] | None:
        usual = widths.get(shape.tags.get("waterway", ""))
        if usual is None or shape.tags.get("tunnel", "no") not in ("no", "culvert"):
            return None
        width = osm_tags.length(shape.tags.get("width"))
        return {
            "name": shape.tags.get("name", ""),
            "width": width if math.isfinite(width) else usual,
            "bed": math.nan,
            "assumed": not math.isfinite(width),
        }

    found, broken, day = _ask(
        [f'way["waterway"~"^({"|".join(widths)})$"]'], bounds, crs, client, base_url, max_age
    )
    columns = ("name", "width", "bed", "assumed")
    table = _table(osm_shapes.lines(found, broken), read, columns, bounds, crs)
    note = _assumed(table, "Width", "streams")
    return Loaded(table, _provenance("streams", day, note, "Bed levels unknown.", broken.note))


def water(
    bounds: Bounds,
    *,
    crs: str = "EPSG:25832",
    client: Client | None = None,
    base_url: str = overpass.BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch lakes, ponds, basins and the areas of rivers that touch a box; as `roads`.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Areas with id, name and use = "water", in the shape of `City.green`. The open sea is no
        area in OpenStreetMap: see `coastline`.
    """

    def read(shape: Shape) -> dict[str, Any] | None:
        wet = shape.tags.get("natural") == "water" or shape.tags.get("waterway") in (
            "riverbank",
            "dock",
        )
        wet = wet or shape.tags.get("landuse") in ("reservoir", "basin")
        return {"name": shape.tags.get("name", ""), "use": "water"} if wet else None

    found, broken, day = _ask(
        [
            'wr["natural"="water"]',
            'wr["waterway"~"^(riverbank|dock)$"]',
            'wr["landuse"~"^(reservoir|basin)$"]',
        ],
        bounds,
        crs,
        client,
        base_url,
        max_age,
    )
    table = _table(osm_shapes.areas(found, broken), read, ("name", "use"), bounds, crs)
    return Loaded(table, _provenance("water", day, broken.note))


def coastline(
    bounds: Bounds,
    *,
    crs: str = "EPSG:25832",
    client: Client | None = None,
    base_url: str = overpass.BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the coastline that touches a box, with land on the left of each line; as `roads`."""

    def read(shape: Shape) -> dict[str, Any] | None:
        coast = shape.tags.get("natural") == "coastline"
        return {"name": shape.tags.get("name", "")} if coast else None

    found, broken, day = _ask(
        ['way["natural"="coastline"]'], bounds, crs, client, base_url, max_age
    )
    table = _table(osm_shapes.lines(found, broken), read, ("name",), bounds, crs)
    return Loaded(table, _provenance("coastline", day, broken.note))


def green(
    bounds: Bounds,
    *,
    crs: str = "EPSG:25832",
    client: Client | None = None,
    base_url: str = overpass.BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch parks, woods, meadows, fields and the like that touch a box; as `roads`.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Areas with id, name and use (`data/osm_green.csv`), in the shape of `City.green`.
    """

    def read(shape: Shape) -> dict[str, Any] | None:
        known = osm_tags.first_match(shape.tags, "osm_green.csv")
        return {"name": shape.tags.get("name", ""), "use": known["use"]} if known else None

    found, broken, day = _ask(
        osm_tags.filters("wr", "osm_green.csv"), bounds, crs, client, base_url, max_age
    )
    table = _table(osm_shapes.areas(found, broken), read, ("name", "use"), bounds, crs)
    return Loaded(table, _provenance("green", day, broken.note))


def places(
    bounds: Bounds,
    *,
    crs: str = "EPSG:25832",
    buildings: gpd.GeoDataFrame | None = None,
    client: Client | None = None,
    base_url: str = overpass.BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the places that people need: care, schools, shops, stations, utilities; as `roads`.

    Parameters
    ----------
    bounds, crs, client, base_url, max_age
        As in `roads`.
    buildings
        When given, each place names the building it stands in.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Points with the columns of `City.places`; uses follow `data/osm_places.csv`, thresholds are
        assumed.
    """

    def read(shape: Shape) -> dict[str, Any] | None:
        known = osm_tags.first_match(shape.tags, "osm_places.csv")
        if known is None:
            return None
        return {
            "name": shape.tags.get("name", shape.tags.get("operator", "")),
            "use": known["use"],
            "threshold": THRESHOLD,
            "building": "",
        }

    found, broken, day = _ask(
        osm_tags.filters("nwr", "osm_places.csv"), bounds, crs, client, base_url, max_age
    )
    columns = ("name", "use", "threshold", "building")
    table = _table(osm_shapes.points(found, broken), read, columns, bounds, crs)
    if buildings is not None and len(buildings) and len(table):
        outlines = buildings[["id", "geometry"]].rename(columns={"id": "inside"}).to_crs(crs)
        joined = gpd.sjoin(table, outlines, how="left", predicate="within")
        inside = joined["inside"][~joined.index.duplicated()]
        table["building"] = inside.fillna("").astype(str)
    note = f"Thresholds assumed {THRESHOLD:g} m above the ground."
    return Loaded(table, _provenance("places", day, note, broken.note))


def _ask(
    filters: list[str],
    bounds: Bounds,
    crs: str,
    client: Client | None,
    base_url: str,
    max_age: float,
) -> tuple[Elements, Broken, str]:
    metric(crs)
    found = overpass.elements(
        filters, latlon(bounds, crs), client=client, base_url=base_url, max_age=max_age
    )
    return found, Broken(), found.day


def _table(
    shapes: Iterable[Shape], read: Reader, columns: tuple[str, ...], bounds: Bounds, crs: str
) -> gpd.GeoDataFrame:
    """Return what `read` makes of the shapes that touch the bounds, sorted by id."""
    told, geometry = [], []
    for shape in shapes:
        row = read(shape)
        if row is not None:
            told.append({"id": shape.id, **row})
            geometry.append(shape.geometry)
    frame = pd.DataFrame(told, columns=["id", *columns])
    frame = frame.astype({name: TYPES[name] for name in columns if name in TYPES})
    table = gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326").to_crs(crs)
    touching = table.geometry.intersects(rectangle(*checked(bounds)))
    return table[touching].sort_values("id").reset_index(drop=True)


def _assumed(table: gpd.GeoDataFrame, what: str, layer: str) -> str:
    """Take the column `assumed` off a table, and return what it says in words."""
    number = int(table.pop("assumed").astype(bool).sum())
    return f"{what} of {number} of {len(table)} {layer} assumed from their class." if number else ""


def _provenance(layer: str, day: str, *notes: str) -> Provenance:
    return measured(f"OpenStreetMap {layer} by Overpass", overpass.LICENCE, day, *notes)

"""From nodes, ways and relations of OpenStreetMap to points, lines and areas with holes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize_full, unary_union

from fjordby.city.sources.overpass import Element, Elements

#: Relations whose members draw one area (OpenStreetMap wiki: Relation:multipolygon).
AREA_RELATIONS = ("multipolygon", "boundary")


@dataclass(frozen=True)
class Shape:
    """One thing on the map: its id, its tags and its geometry [degrees]."""

    id: str
    tags: dict[str, str]
    geometry: BaseGeometry


@dataclass
class Broken:
    """How many elements had to be left out because their geometry did not come or make sense."""

    count: int = 0

    @property
    def note(self) -> str:
        """What to tell the reader, or ""."""
        return f"{self.count} elements without a usable shape were left out." if self.count else ""


def points(found: Elements, broken: Broken) -> Iterator[Shape]:
    """Yield tagged nodes as points, and ways and relations as a point inside their area."""
    for node in found.nodes.values():
        if node.get("tags"):
            yield Shape(f"n{node['id']}", node["tags"], Point(node["lon"], node["lat"]))
    for shape in areas(found, broken):
        yield Shape(shape.id, shape.tags, shapely.point_on_surface(shape.geometry))


def lines(found: Elements, broken: Broken) -> Iterator[Shape]:
    """Yield tagged ways as lines."""
    for way in found.ways.values():
        if not way.get("tags"):
            continue
        path = _path(way, found)
        if path is None or len(path) < 2:
            broken.count += 1
            continue
        yield Shape(f"w{way['id']}", way["tags"], LineString(path))


def areas(found: Elements, broken: Broken) -> Iterator[Shape]:
    """Yield closed ways and multipolygon relations as valid areas."""
    for way in found.ways.values():
        tags = way.get("tags")
        if not tags:
            continue
        path = _path(way, found)
        if path is None:
            broken.count += 1
        elif len(path) >= 4 and path[0] == path[-1]:
            area = _valid(Polygon(path))
            if area is None:
                broken.count += 1
            else:
                yield Shape(f"w{way['id']}", tags, area)
    for relation in found.relations.values():
        tags = relation.get("tags", {})
        if tags.get("type") not in AREA_RELATIONS:
            continue
        area = _multipolygon(relation, found)
        if area is None:
            broken.count += 1
        else:
            yield Shape(f"r{relation['id']}", tags, area)


def _path(way: Element, found: Elements) -> list[tuple[float, float]] | None:
    """Return the way's points, or None when any of them did not come."""
    told = way.get("geometry")
    if told is not None:
        return None if any(p is None for p in told) else [(p["lon"], p["lat"]) for p in told]
    path = []
    for node in way.get("nodes", ()):
        here = found.nodes.get(node)
        if here is None or "lon" not in here:
            return None
        path.append((here["lon"], here["lat"]))
    return path or None


def _multipolygon(relation: Element, found: Elements) -> Polygon | MultiPolygon | None:
    """Return outer rings minus inner rings, or None when a ring is not closed or did not come."""
    rings: dict[str, list[list[tuple[float, float]]]] = {"outer": [], "inner": []}
    for member in relation.get("members", ()):
        if member.get("type") != "way":
            continue
        role = member.get("role") or "outer"
        if role not in rings:
            continue
        way = member if "geometry" in member else found.ways.get(member["ref"])
        path = _path(way, found) if way else None
        if path is None or len(path) < 2:
            return None
        rings[role].append(path)
    outer, inner = _rings(rings["outer"]), _rings(rings["inner"])
    if not outer or inner is None:
        return None
    area = unary_union(outer)
    if inner:
        area = area.difference(unary_union(inner))
    return _valid(area)


def _rings(paths: Iterable[list[tuple[float, float]]]) -> list[Polygon] | None:
    """Return the areas that paths enclose when joined end to end; None when some stay open."""
    joined = [LineString(path) for path in paths]
    if not joined:
        return []
    found, dangles, cuts, invalid = polygonize_full(joined)
    if len(dangles.geoms) or len(cuts.geoms) or len(invalid.geoms):
        return None
    return list(found.geoms)


def _valid(area: BaseGeometry) -> Polygon | MultiPolygon | None:
    """Return the area made valid, without lines and points; None when nothing is left."""
    if not area.is_valid:
        area = shapely.make_valid(area, method="structure", keep_collapsed=False)
    if isinstance(area, Polygon | MultiPolygon) and not area.is_empty:
        return area
    return None

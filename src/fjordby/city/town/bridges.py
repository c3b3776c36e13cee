"""Bridges where a town lies on both banks of a stream."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, Point, STRtree

from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.settle import OPEN, Uses

#: A bridge is looked for at each of these steps along a stream, and reaches streets within
#: `REACH` of the bank on both sides [m].
STEP, REACH = 25.0, 75.0


def bridges(
    streams: gpd.GeoDataFrame,
    streets: list[LineString],
    ground: Ground,
    use: Uses,
    numbers: Parameters,
) -> list[LineString]:
    """Return bridges across streams, where streets end near both banks and none is close by.

    Parameters
    ----------
    streams
        As in `City`.
    streets
        All roads so far.
    ground, use
        The land and its use: only built-up land asks for bridges.
    numbers
        `bridge_gap` is the least distance between two crossings of a stream [m].
    """
    if streams.empty or not streets:
        return []
    tree = STRtree(streets)
    built: list[LineString] = []
    for stream, width in zip(streams.geometry, streams["width"], strict=True):
        crossings = [
            float(stream.project(point))
            for k in tree.query(stream, predicate="crosses")
            for point in shapely.get_parts(shapely.intersection(streets[int(k)], stream))
            if isinstance(point, Point)
        ]
        for at in np.arange(STEP, stream.length, STEP):
            if any(abs(at - c) < numbers["bridge_gap"] for c in crossings):
                continue
            bridge = _bridge(stream, float(at), float(width), streets, tree)
            if bridge is None or not _in_town(bridge, ground, use):
                continue
            crossings.append(float(at))
            built.append(bridge)
    return built


def _bridge(
    stream: LineString, at: float, width: float, streets: list[LineString], tree: STRtree
) -> LineString | None:
    """Return the way straight over the stream to the nearest street on each bank."""
    here = np.array(stream.interpolate(at).coords[0])
    ahead = np.array(stream.interpolate(min(at + 5.0, stream.length)).coords[0])
    behind = np.array(stream.interpolate(max(at - 5.0, 0.0)).coords[0])
    along = (ahead - behind) / max(float(np.hypot(*(ahead - behind))), 1e-9)
    across = np.array([-along[1], along[0]])
    ends = []
    for side in (1.0, -1.0):
        ray = LineString([here, here + side * across * (width / 2.0 + REACH)])
        found = [
            point
            for k in tree.query(ray, predicate="intersects")
            for point in shapely.get_parts(shapely.intersection(streets[int(k)], ray))
            if isinstance(point, Point)
        ]
        if not found:
            return None
        ends.append(min(found, key=lambda p: p.distance(Point(here))))
    bridge = LineString(ends)
    return bridge if bridge.length > width else None


def _in_town(bridge: LineString, ground: Ground, use: Uses) -> bool:
    """Return whether a bridge joins built-up land on both banks and stays off the sea."""
    xy = np.asarray(bridge.coords)
    ends = ground.at(use, xy[:, 0], xy[:, 1]) != OPEN
    middle = shapely.get_coordinates(shapely.segmentize(bridge, 10.0))
    dry = ground.at(ground.sea, middle[:, 0], middle[:, 1]) > 0.0
    return bool(ends.all() and dry.all())

"""Places along streets where a building could stand: to both sides, facing the street."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from fjordby.arrays import Floats, Ints
from fjordby.city.town.roadclass import road_class

#: Kinds of roads that houses do not face.
NO_FRONT = frozenset({"motorway", "trunk", "track", "path", "footway", "steps", "service"})


@dataclass(frozen=True)
class Fronts:
    """Points on both edges of the roads, in the order of walking along them.

    Parameters
    ----------
    x, y
        Point on the road's middle line [m].
    cos, sin
        Direction along the road, so that the land of this front is to the left.
    half
        Half the road's width [m].
    rank
        Rank of the road's class; small is large.
    road
        Row of the road, and `side` 0 or 1.
    """

    x: Floats
    y: Floats
    cos: Floats
    sin: Floats
    half: Floats
    rank: Ints
    road: Ints
    side: Ints

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.x)

    def box(self, width: Floats | float, depth: Floats | float, setback: Floats | float) -> Floats:
        """Return boxes of a width and depth [m] standing `setback` behind the road's edge."""
        w = np.broadcast_to(np.asarray(width, float), self.x.shape)
        d = np.broadcast_to(np.asarray(depth, float), self.x.shape)
        away = self.half + setback + d / 2.0
        return np.column_stack(
            [
                self.x - away * self.sin,
                self.y + away * self.cos,
                self.cos,
                self.sin,
                w / 2.0,
                d / 2.0,
            ]
        )

    def pick(self, index: Ints) -> Fronts:
        """Return some of the points."""
        return Fronts(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def walk(roads: gpd.GeoDataFrame, every: float = 2.0) -> Fronts:
    """Return fronts each `every` metres along both sides of the roads that houses face."""
    rank = np.array([road_class(c).rank for c in roads["road_class"]])
    half = np.array([road_class(c).width / 2.0 for c in roads["road_class"]])
    index = np.flatnonzero(~roads["road_class"].isin(NO_FRONT).to_numpy())
    lines = roads.geometry.to_numpy()[index]
    count = np.maximum((shapely.length(lines) / every).astype(int), 1)
    owner = np.repeat(np.arange(len(lines)), count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    length = shapely.length(lines)
    at = (step + 0.5) * (length / count)[owner]
    along = _Along(lines)
    here = along.at(owner, at)
    a = along.at(owner, np.maximum(at - 4.0, 0.0))
    b = along.at(owner, np.minimum(at + 4.0, length[owner]))
    d = b - a
    d /= np.maximum(np.hypot(d[:, 0], d[:, 1]), 1e-9)[:, None]
    both = [
        Fronts(here[:, 0], here[:, 1], sign * d[:, 0], sign * d[:, 1], half[index][owner],
               rank[index][owner], index[owner], np.full(len(owner), side))
        for side, sign in ((0, 1.0), (1, -1.0))
    ]  # fmt: skip
    joined = Fronts(
        *(np.concatenate([getattr(f, n) for f in both]) for n in Fronts.__dataclass_fields__)
    )
    order = np.lexsort((np.concatenate([step, step]), joined.side, joined.road))
    return joined.pick(order)


class _Along:
    """Points at distances along many lines at once."""

    def __init__(self, lines: NDArray[np.object_]) -> None:
        """Lay the lines end to end."""
        self.xy, index = shapely.get_coordinates(lines, return_index=True)
        step = np.hypot(*np.diff(self.xy, axis=0).T)
        step[np.diff(index) > 0] = 0.0
        self.far = np.concatenate([[0.0], np.cumsum(step)])
        self.first = np.searchsorted(index, np.arange(len(lines)))
        self.last = np.searchsorted(index, np.arange(len(lines)), side="right") - 1

    def at(self, line: Ints, distance: Floats) -> Floats:
        """Return the points at distances [m] from the start of some lines, shape (n, 2)."""
        want = self.far[self.first[line]] + distance
        after = np.searchsorted(self.far, want, side="right")
        after = np.clip(after, self.first[line] + 1, self.last[line])
        before = after - 1
        span = np.maximum(self.far[after] - self.far[before], 1e-12)
        share = np.clip((want - self.far[before]) / span, 0.0, 1.0)[:, None]
        return np.asarray(self.xy[before] * (1.0 - share) + self.xy[after] * share)


def corners(boxes: Floats) -> tuple[Floats, Floats]:
    """Return x and y of nine points of each box: corners, edge middles and centre, (n, 9)."""
    u = np.array([-1, 0, 1, -1, 0, 1, -1, 0, 1.0])
    v = np.array([-1, -1, -1, 0, 0, 0, 1, 1, 1.0])
    along = boxes[:, 4:5] * u
    out = boxes[:, 5:6] * v
    x = boxes[:, 0:1] + along * boxes[:, 2:3] - out * boxes[:, 3:4]
    y = boxes[:, 1:2] + along * boxes[:, 3:4] + out * boxes[:, 2:3]
    return x, y

"""What stands in the town already, as turned boxes that nothing new may touch."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.city.town.boxes import kernels
from fjordby.errors import BadValue
from fjordby.grid import Grid

#: Side of the buckets that hold the boxes [m].
BUCKET = 40.0
#: A `grow` that lets a box stand whatever is there.
FORCE = -1000.0


def boxes_of(polygons: NDArray[np.object_]) -> Floats:
    """Return the smallest turned box of each polygon: x, y, cos, sin, half length, half width."""
    out = np.zeros((len(polygons), 6))
    for i, polygon in enumerate(shapely.oriented_envelope(polygons)):
        xy = shapely.get_coordinates(polygon)
        a, b = xy[1] - xy[0], xy[2] - xy[1]
        la, lb = float(np.hypot(*a)), float(np.hypot(*b))
        along = a / max(la, 1e-9)
        out[i] = (*xy[:4].mean(0), *along, la / 2, lb / 2)
    return out


def line_boxes(lines: NDArray[np.object_], half_width: Floats, longest: float = 30.0) -> Floats:
    """Return boxes along lines, one for each straight piece, as wide as given [m]."""
    cut = shapely.segmentize(lines, longest)
    xy, index = shapely.get_coordinates(cut, return_index=True)
    same = index[1:] == index[:-1]
    a, b, owner = xy[:-1][same], xy[1:][same], index[1:][same]
    d = b - a
    length = np.hypot(d[:, 0], d[:, 1])
    keep = length > 1e-6
    a, b, d, length, owner = a[keep], b[keep], d[keep], length[keep], owner[keep]
    half = half_width[owner]
    # A little longer than the piece: no gap opens at a bend.
    return np.column_stack([(a + b) / 2, d / length[:, None], length / 2 + 0.5 * half, half])


@dataclass
class Standing:
    """Boxes that stand, in buckets; grows by `claim`."""

    grid: Grid
    room: int
    boxes: Floats = field(init=False)
    head: Ints = field(init=False)
    following: Ints = field(init=False)
    entry: Ints = field(init=False)
    count: int = 0
    used: int = 0

    def __post_init__(self) -> None:
        """Make room for the boxes."""
        self.ny = int(self.grid.ny * self.grid.cell / BUCKET) + 1
        self.nx = int(self.grid.nx * self.grid.cell / BUCKET) + 1
        self.boxes = np.zeros((self.room, 6))
        self.head = np.full(self.ny * self.nx, -1, np.int64)
        self.following = np.full(self.room * 8, -1, np.int64)
        self.entry = np.zeros(self.room * 8, np.int64)

    def claim(
        self,
        wanted: Floats,
        grow: Floats | float = 0.0,
        group: Array | None = None,
        quota_of: Array | None = None,
        quota: Floats | None = None,
        takes: Floats | float = 1.0,
    ) -> Bools:
        """Let boxes stand in order, where they are free and in quota; returns which do.

        Parameters
        ----------
        wanted
            Boxes, shape (n, 6): x, y, cos, sin, half length, half width [m].
        grow
            Room to keep around each [m]; `FORCE` lets it stand whatever is there.
        group
            Boxes with the same number, next to each other, stand or fall together.
        quota_of, quota, takes
            Row of `quota` that each group draws on (-1: none), and how much it takes.
        """
        n = len(wanted)
        taken = np.zeros(n, bool)
        if n == 0:
            return taken
        count, used = kernels.claim(
            np.ascontiguousarray(wanted, np.float64),
            np.arange(n) if group is None else np.asarray(group, np.int64),
            np.broadcast_to(np.asarray(grow, np.float64), (n,)).copy(),
            np.full(n, -1) if quota_of is None else np.asarray(quota_of, np.int64),
            np.zeros(1) if quota is None else quota,
            np.broadcast_to(np.asarray(takes, np.float64), (n,)).copy(),
            self.boxes, self.count, self.used, self.head, self.following, self.entry,
            self.grid.west, self.grid.north, BUCKET, self.ny, self.nx, taken,
        )  # fmt: skip
        if count < 0:
            raise BadValue(f"a town of at most {self.room} boxes", "more", "Make it smaller.")
        self.count, self.used = int(count), int(used)
        return taken

    def free(self, wanted: Floats, grow: float = 0.0) -> Bools:
        """Return which boxes touch nothing that stands; none of them is let stand."""
        found = np.zeros(len(wanted), bool)
        if len(wanted):
            kernels.which_free(
                np.ascontiguousarray(wanted, np.float64), grow, self.boxes,
                self.head, self.following, self.entry, self.grid.west, self.grid.north,
                BUCKET, self.ny, self.nx, found,
            )  # fmt: skip
        return found


def obstacles(
    grid: Grid,
    roads: gpd.GeoDataFrame,
    half_width: Floats,
    streams: gpd.GeoDataFrame,
    buildings: NDArray[np.object_],
    room: int,
) -> Standing:
    """Return what nothing may touch: roads, streams with their banks, buildings that are there."""
    standing = Standing(grid, room)
    standing.claim(line_boxes(roads.geometry.to_numpy(), half_width), FORCE)
    if len(streams):
        half = streams["width"].to_numpy(np.float64) / 2.0 + 3.0
        standing.claim(line_boxes(streams.geometry.to_numpy(), half), FORCE)
    if len(buildings):
        standing.claim(boxes_of(buildings), FORCE)
    return standing

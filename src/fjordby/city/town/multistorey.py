"""Perimeter blocks along the streets of the centre, and rows and slabs laid side by side."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Polygon

from fjordby.arrays import Floats

#: Depth of a perimeter house and its distance from the pavement [m].
DEPTH, SETBACK = 11.0, 1.5


def perimeter(block: Polygon, rng: np.random.Generator) -> list[Polygon]:
    """Return houses wall to wall around a block, a yard in the middle, a gateway here and there.

    A block too narrow for a yard is filled by rows across.
    """
    outer = shapely.simplify(block.buffer(-SETBACK, join_style="mitre"), 1.2)
    if outer.is_empty or outer.geom_type != "Polygon":
        return []
    yard = outer.buffer(-DEPTH, join_style="mitre", mitre_limit=3.0)
    if yard.is_empty or yard.area < 60.0:
        return rows(block, DEPTH, DEPTH + 8.0, (14.0, 40.0), rng)
    ring = outer.difference(yard)
    cuts = _party_walls(outer, rng)
    lines = shapely.union_all([ring.boundary, *cuts], grid_size=0.1)
    pieces = shapely.get_parts(shapely.polygonize([lines]))
    houses = []
    for piece in pieces:
        if piece.area < 50.0 or not ring.contains(piece.representative_point()):
            continue
        if rng.random() < 0.06:
            continue
        houses.append(piece)
    return houses


def _party_walls(outer: Polygon, rng: np.random.Generator) -> list[LineString]:
    """Return lines from the street inwards that part the houses, some 20 m apart."""
    ring = shapely.orient_polygons(outer).exterior
    xy = np.asarray(ring.coords)
    walls = []
    for a, b in pairwise(xy):
        length = float(np.hypot(*(b - a)))
        if length < 9.0:
            continue
        along = (b - a) / length
        inward = np.array([-along[1], along[0]])
        n = max(1, round(length / float(rng.uniform(16.0, 24.0))))
        for k in range(n):
            foot = a + along * length * (k + 0.5) / n
            # Start outside the ring so that the cut surely meets it.
            walls.append(LineString([foot - 0.5 * inward, foot + (DEPTH + 0.6) * inward]))
    return walls


def rows(
    block: Polygon,
    depth: float,
    spacing: float,
    lengths: tuple[float, float],
    rng: np.random.Generator,
    margin: float = 4.0,
) -> list[Polygon]:
    """Return parallel rows in a block, along its longest side; each row in pieces.

    Parameters
    ----------
    block
        The block's outline.
    depth
        Depth of a row [m].
    spacing
        From row to row [m].
    lengths
        Shortest and longest piece [m].
    rng
        Source of chance.
    margin
        Distance kept from the block's edge [m].
    """
    inner = block.buffer(-margin)
    if inner.is_empty:
        return []
    frame = shapely.oriented_envelope(inner)
    if not isinstance(frame, Polygon):
        return []
    xy = np.asarray(frame.exterior.coords)
    sides = xy[1:3] - xy[0:2]
    long = int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))
    u = sides[long] / np.hypot(*sides[long])
    v = np.array([-u[1], u[0]])
    local = (xy[:4] - xy[0]) @ np.column_stack([u, v])
    (s0, t0), (s1, t1) = local.min(0), local.max(0)
    if t1 - t0 < depth:
        return []
    n = 1 + int((t1 - t0 - depth) // spacing)
    first = t0 + (t1 - t0 - (n - 1) * spacing - depth) / 2
    houses: list[Polygon] = []
    for k in range(n):
        low = first + k * spacing
        for a, b in _clear(inner, xy[0], u, v, (s0, s1), low, depth):
            houses += _pieces(xy[0], u, v, (a, b), low, depth, lengths, rng)
    return houses


def _clear(
    inner: Polygon,
    origin: Floats,
    u: Floats,
    v: Floats,
    span: tuple[float, float],
    low: float,
    depth: float,
) -> list[tuple[float, float]]:
    """Return where along a row both of its walls lie inside."""
    free: list[tuple[float, float]] | None = None
    for t in (low, low + depth / 2, low + depth):
        line = LineString([origin + span[0] * u + t * v, origin + span[1] * u + t * v])
        parts = []
        for part in shapely.get_parts(shapely.intersection(inner, line)):
            if part.geom_type == "LineString" and not part.is_empty:
                s = (np.asarray(part.coords) - origin) @ u
                parts.append((float(s.min()), float(s.max())))
        if free is None:
            free = parts
        else:
            free = [
                (max(a, c), min(b, d)) for a, b in free for c, d in parts if min(b, d) > max(a, c)
            ]
    return sorted(free or [])


def _pieces(
    origin: Floats,
    u: Floats,
    v: Floats,
    span: tuple[float, float],
    low: float,
    depth: float,
    lengths: tuple[float, float],
    rng: np.random.Generator,
) -> list[Polygon]:
    shortest, longest = lengths
    total = span[1] - span[0]
    if total < shortest:
        return []
    want = float(rng.uniform(0.6, 1.0)) * longest
    n = max(1, int(np.ceil(total / (want + 5.0))))
    length = (total - 5.0 * (n - 1)) / n
    if length < shortest:
        return []
    houses = []
    for k in range(n):
        s = span[0] + k * (length + 5.0)
        corners = np.array(
            [(s, low), (s + length, low), (s + length, low + depth), (s, low + depth)]
        )
        xy = origin + corners[:, :1] * u + corners[:, 1:] * v
        houses.append(Polygon(np.round(xy, 1)))
    return houses

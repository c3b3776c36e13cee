"""Plans of buildings: outlines drawn in a box, turned and set down where the box stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import shapely
from numpy.typing import NDArray

from fjordby.arrays import Floats
from fjordby.errors import BadValue


def _rect(w: float, d: float) -> list[tuple[float, float]]:
    return [(-w / 2, -d / 2), (w / 2, -d / 2), (w / 2, d / 2), (-w / 2, d / 2)]


def _l(w: float, d: float) -> list[tuple[float, float]]:
    x, y = -w / 2 + 0.45 * w, -d / 2 + 0.55 * d
    return [(-w / 2, -d / 2), (w / 2, -d / 2), (w / 2, y), (x, y), (x, d / 2), (-w / 2, d / 2)]


def _u(w: float, d: float) -> list[tuple[float, float]]:
    t = min(0.28 * w, 0.4 * d, 14.0)
    x, y = w / 2 - t, -d / 2 + t
    return [(-w / 2, -d / 2), (w / 2, -d / 2), (w / 2, d / 2), (x, d / 2),
            (x, y), (-x, y), (-x, d / 2), (-w / 2, d / 2)]  # fmt: skip


def _comb(w: float, d: float) -> list[tuple[float, float]]:
    """Return a spine along the front with three wings behind it."""
    spine = -d / 2 + 0.3 * d
    wing = 0.2 * w
    gap = (w - 3 * wing) / 2
    points = [(-w / 2, -d / 2), (w / 2, -d / 2)]
    for k in (2, 1, 0):
        left = -w / 2 + k * (wing + gap)
        points += [(left + wing, spine)] if k < 2 else []
        points += [(left + wing, d / 2), (left, d / 2)]
        points += [(left, spine)] if k > 0 else []
    return points


def _cross(w: float, d: float) -> list[tuple[float, float]]:
    """Return a nave along the box with two arms a third from its end."""
    n, a, c = 0.3 * d, 0.16 * w, 0.16 * w
    h, e = w / 2, d / 2
    return [(-h, -n), (c - a, -n), (c - a, -e), (c + a, -e), (c + a, -n), (h, -n),
            (h, n), (c + a, n), (c + a, e), (c - a, e), (c - a, n), (-h, n)]  # fmt: skip


SHAPES: Mapping[str, Callable[[float, float], list[tuple[float, float]]]] = {
    "rect": _rect,
    "l": _l,
    "u": _u,
    "comb": _comb,
    "cross": _cross,
}


def draw_boxes(shape: str, boxes: Floats) -> NDArray[np.object_]:
    """Return one polygon for each box: x, y, cos, sin, half length, half width [m]."""
    x, y, cos, sin, length, width = boxes.T
    return draw(shape, x, y, cos, sin, 2.0 * length, 2.0 * width)


def draw(
    shape: str,
    x: Floats,
    y: Floats,
    cos: Floats,
    sin: Floats,
    width: Floats,
    depth: Floats,
) -> NDArray[np.object_]:
    """Return one polygon for each box of centre (x, y), turned by (cos, sin), corners to 0.1 m.

    Examples
    --------
    >>> one = np.ones(1)
    >>> float(draw("rect", 0 * one, 0 * one, one, 0 * one, 10 * one, 4 * one)[0].area)
    40.0
    """
    if shape not in SHAPES:
        raise BadValue(f"a shape among {', '.join(SHAPES)}", repr(shape), "Choose one of these.")
    polygons = []
    for i in range(len(x)):
        local = np.array(SHAPES[shape](float(width[i]), float(depth[i])))
        xy = np.column_stack(
            [
                x[i] + local[:, 0] * cos[i] - local[:, 1] * sin[i],
                y[i] + local[:, 0] * sin[i] + local[:, 1] * cos[i],
            ]
        )
        polygons.append(shapely.Polygon(np.round(xy, 1)))
    return np.array(polygons, object)

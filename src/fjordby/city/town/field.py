"""Which way streets run at each place: with the main roads, the contours and the shore."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from rasterio.features import rasterize
from scipy import ndimage
from shapely import LineString

from fjordby.arrays import Floats
from fjordby.city.town.ground import Ground

#: Weight of each wish; the roads speak loudest close by, the contours on slopes.
ROAD, SHORE, SLOPE, CHANCE = 1.6, 0.8, 1.0, 0.12


@dataclass(frozen=True)
class Field:
    """Twice the angle of the streets, as cosine and sine on the planning grid.

    An angle and its opposite are the same street, so the field lives on the doubled angle
    (Chen et al. 2008, Interactive procedural street modeling, doi:10.1145/1360612.1360702).
    """

    cos2: Floats
    sin2: Floats


def street_field(ground: Ground, roads: list[LineString], rng: np.random.Generator) -> Field:
    """Blend the directions that main roads, contours and water's edge wish for."""
    cell = ground.grid.cell
    cos2, sin2 = np.zeros(ground.grid.shape), np.zeros(ground.grid.shape)

    def wish(angle: Floats, weight: Floats) -> None:
        cos2[...] += weight * np.cos(2.0 * angle)
        sin2[...] += weight * np.sin(2.0 * angle)

    if roads:
        angle, away = _along_roads(ground, roads)
        wish(angle, ROAD * np.exp(-away / 160.0))
    smooth = ndimage.gaussian_filter(ground.height, 80.0 / cell)
    gy, gx = np.gradient(smooth, cell)
    # Rows run south, so the ground rises towards -gy in the north's direction.
    contour = np.arctan2(-gy, gx) + 0.5 * np.pi
    wish(contour, SLOPE * np.minimum(np.hypot(gx, gy) / 0.05, 1.5))
    if np.isfinite(ground.water).any():
        away = np.where(np.isfinite(ground.water), ground.water, 1e9)
        soft = ndimage.gaussian_filter(np.minimum(away, 1500.0), 75.0 / cell)
        wy, wx = np.gradient(soft, cell)
        wish(np.arctan2(-wy, wx) + 0.5 * np.pi, SHORE * np.exp(-away / 180.0))
    chance = ndimage.gaussian_filter(rng.standard_normal(ground.grid.shape), 350.0 / cell)
    wish(np.pi * chance / max(float(chance.std()), 1e-12), np.full(ground.grid.shape, CHANCE))
    return Field(
        ndimage.gaussian_filter(cos2, 45.0 / cell), ndimage.gaussian_filter(sin2, 45.0 / cell)
    )


def _along_roads(ground: Ground, roads: list[LineString]) -> tuple[Floats, Floats]:
    """Return the angle of the nearest road and the distance to it [m]."""
    pieces, angles = [], []
    for road in roads:
        xy = np.asarray(road.coords)
        for a, b in pairwise(xy):
            pieces.append(LineString([a, b]))
            angles.append(np.arctan2(b[1] - a[1], b[0] - a[0]))
    burnt = rasterize(
        zip(pieces, range(1, len(pieces) + 1), strict=True),
        out_shape=ground.grid.shape,
        transform=ground.grid.transform,
        all_touched=True,
        dtype="int32",
    )
    away, near = ndimage.distance_transform_edt(burnt == 0, return_indices=True)
    angle = np.asarray(angles)[burnt[tuple(near)] - 1]
    return angle, away * ground.grid.cell

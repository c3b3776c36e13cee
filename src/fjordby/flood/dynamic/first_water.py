"""Water before an event: the sea in the mouths, and streams at a first guess of their depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import label

from fjordby.arrays import Array, Floats
from fjordby.flood.dynamic.city_ground import CityGround, Course
from fjordby.flood.dynamic.forcing import Forcing

#: A bed falls at least so much in the guess [m/m]; assumed: a slack lowland stream. The warm-up
#: finds the real depth.
LEAST_SLOPE = 2.0e-4

#: Bed slopes are looked at over so long a reach [m]; assumed: long enough for the steps of a bed
#: that was cut into coarse ground to even out.
REACH = 500.0


def first_water(ground: CityGround, before: Forcing) -> Array:
    """Return a first guess of the water before an event, shape (ny, nx) float64 [m].

    Where the sea's first level stands above the ground and reaches it (4-connected), it stands at
    that level. A stream that enters the map flows at normal depth, h = (n Q / (w sqrt(S)))^(3/5)
    by Manning, with its entering flow from there on and the slope of its bed over 500 m.
    """
    depth = np.zeros(ground.grid.shape)
    for level in before.levels:
        height = float(level.series.values[0])
        with np.errstate(invalid="ignore"):
            low = (ground.bed < height) | ground.sea
        pieces, count = label(low)
        joined = np.zeros(count + 1, bool)
        joined[np.unique(pieces[level.rows, level.columns])] = True
        joined[0] = False
        wet = joined[pieces]
        depth[wet] = np.maximum(height - ground.bed[wet], 0.0)
    for inflow in before.inflows:
        course = ground.courses.get(inflow.name)
        if course is not None:
            came = (course.rows == inflow.rows[0]) & (course.columns == inflow.columns[0])
            below = int(np.argmax(came))
            rest = replace(course, rows=course.rows[below:], columns=course.columns[below:])
            _fill(depth, ground, rest, max(float(inflow.series.values[0]), 0.0))
    depth[np.isnan(ground.bed)] = 0.0
    return depth


def _fill(depth: Floats, ground: CityGround, course: Course, flow: float) -> None:
    """Fill a stream at normal depth where it is not deeper already."""
    cells = course.rows, course.columns
    bed, rough = ground.bed[cells], np.asarray(ground.roughness[cells], np.float64)
    dry = np.isnan(bed)
    if dry.all() or bed.size < 2:
        return
    bed = np.interp(np.arange(bed.size), np.flatnonzero(~dry), bed[~dry])
    reach = max(1, min(round(REACH / ground.grid.cell / 2), bed.size - 1))
    at = np.arange(bed.size)
    up, down = np.maximum(at - reach, 0), np.minimum(at + reach, bed.size - 1)
    slope = np.maximum((bed[up] - bed[down]) / ((down - up) * ground.grid.cell), LEAST_SLOPE)
    # The cells stand for the stream's width: n is already larger by the ratio of the widths.
    wide = max(ground.grid.cell, course.width)
    normal = (rough * flow / (wide * np.sqrt(slope))) ** 0.6
    depth[cells] = np.maximum(depth[cells], np.where(dry, 0.0, normal))

"""A box on the map, checked and moved between coordinate systems."""

from __future__ import annotations

import math

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from fjordby.errors import BadValue

#: West, south, east, north in the unit of their coordinate system.
Bounds = tuple[float, float, float, float]
LATLON = "EPSG:4326"


def checked(bounds: Bounds) -> Bounds:
    """Return the bounds as floats; raises `BadValue` unless west < east and south < north."""
    try:
        west, south, east, north = (float(b) for b in bounds)
    except (TypeError, ValueError):
        raise BadValue(
            "four numbers: west, south, east, north", repr(bounds), "Give them in this order."
        ) from None
    if not all(map(math.isfinite, (west, south, east, north))) or west >= east or south >= north:
        raise BadValue(
            "bounds as west, south, east, north with west < east and south < north",
            f"{west:g}, {south:g}, {east:g}, {north:g}",
            "Put them in this order.",
        )
    return west, south, east, north


def system(crs: str) -> CRS:
    """Return the coordinate system; raises `BadValue` when nobody knows it."""
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise BadValue(
            'a coordinate system such as "EPSG:25832"', repr(crs), "Give its EPSG code."
        ) from None


def metric(crs: str) -> CRS:
    """Return the coordinate system; raises `BadValue` unless it is flat and in metres."""
    found = system(crs)
    unit = found.axis_info[0].unit_name if found.axis_info else ""
    if not found.is_projected or unit != "metre":
        raise BadValue(
            "a projected coordinate system in metres",
            f"{crs} ({found.name})",
            "In Denmark use EPSG:25832.",
        )
    return found


def moved(bounds: Bounds, source: str, target: str) -> Bounds:
    """Return the box in another coordinate system that holds all of the box given."""
    west, south, east, north = checked(bounds)
    if system(source) == system(target):
        return west, south, east, north
    turn = Transformer.from_crs(system(source), system(target), always_xy=True)
    box = turn.transform_bounds(west, south, east, north, densify_pts=21)
    if not all(map(math.isfinite, box)):
        raise BadValue(
            f"bounds inside the reach of {target}",
            f"{west:g}, {south:g}, {east:g}, {north:g} in {source}",
            "Check that the numbers belong to this coordinate system.",
        )
    return checked(box)


def latlon(bounds: Bounds, crs: str) -> Bounds:
    """Return the bounds as longitudes and latitudes [degrees]."""
    box = moved(bounds, crs, LATLON)
    if box[0] < -180 or box[2] > 180 or box[1] < -90 or box[3] > 90:
        raise BadValue(
            "bounds on the Earth",
            f"longitudes {box[0]:g} to {box[2]:g}, latitudes {box[1]:g} to {box[3]:g}",
            f"Check that the numbers belong to {crs}.",
        )
    return box

"""Coordinate reference systems: which are fit for a city, and what their heights are in."""

from __future__ import annotations

import pyproj
from pyproj.exceptions import CRSError

from fjordby.city.problem import Problem, problem


def parse(text: str) -> pyproj.CRS | None:
    """Return a coordinate reference system, or None for a text that names none."""
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        return None


def horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    """Return the part of a coordinate reference system that lies on the map."""
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    if flat.is_bound and flat.source_crs is not None:
        flat = flat.source_crs
    return flat.to_2d()


def vertical_unit(wkt: str) -> str:
    """Return the unit of the heights in a compound system ("metre", "US survey foot"), or ""."""
    crs = parse(wkt) if wkt else None
    if crs is None or not crs.is_compound or len(crs.sub_crs_list) < 2:
        return ""
    axes = crs.sub_crs_list[1].axis_info
    return str(axes[0].unit_name) if axes else ""


def fit(text: str, layer: str = "city") -> list[Problem]:
    """Return what keeps a coordinate reference system from being a city's: it must be in metres."""
    crs = parse(text)
    if crs is None:
        return [problem("crs-bad", layer, got=repr(text))]
    flat = horizontal(crs)
    if flat.is_geographic:
        return [problem("crs-degrees", layer, got=text)]
    units = {axis.unit_name for axis in flat.axis_info}
    if any(axis.unit_conversion_factor != 1.0 for axis in flat.axis_info):
        return [problem("crs-unit", layer, got=text, unit=", ".join(sorted(units)))]
    return []


def short(crs: pyproj.CRS) -> str:
    """Return a coordinate reference system as "EPSG:25832" where it has a number, else as WKT."""
    authority = crs.to_authority(min_confidence=90)
    return ":".join(authority) if authority else str(crs.to_wkt())

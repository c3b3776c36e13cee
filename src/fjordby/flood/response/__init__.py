"""Any event's flood at once, between some tens of runs of a slower engine."""

from fjordby.flood.response.axes import Axis, Point
from fjordby.flood.response.build import Settings, build
from fjordby.flood.response.folder import load, save
from fjordby.flood.response.recipe import (
    COORDINATES,
    Brook,
    Coordinate,
    Recipe,
    axes_of,
    event_at,
    point_of,
    recipe_of,
)
from fjordby.flood.response.score import Score, Tolerance, score
from fjordby.flood.response.surface import Band, Places, Surface
from fjordby.flood.response.totals import Totals, totals

__all__ = [
    "COORDINATES",
    "Axis",
    "Band",
    "Brook",
    "Coordinate",
    "Places",
    "Point",
    "Recipe",
    "Score",
    "Settings",
    "Surface",
    "Tolerance",
    "Totals",
    "axes_of",
    "build",
    "event_at",
    "load",
    "point_of",
    "recipe_of",
    "save",
    "score",
    "totals",
]

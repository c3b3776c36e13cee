"""Safety of life in moving water: the UK hazard rating and the Australian classes H1 to H6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from fjordby.arrays import Floats, Ints
from fjordby.catalogue import rows
from fjordby.errors import BadValue
from fjordby.flood.model import Flood
from fjordby.grid import Grid, Raster
from fjordby.harm import kernels
from fjordby.harm.footprints import Footprints, values_on
from fjordby.words import Words

#: Speed from which debris is dangerous at any depth [m/s]; FD2321.
FAST = 2.0

#: Lower ends of "danger for some", "for most" and "for all". The two reports of the same work
#: disagree on the last one.
RATING_LIMITS: Mapping[str, tuple[float, float, float]] = {
    "FD2320": (0.75, 1.25, 2.0),
    "FD2321": (0.75, 1.25, 2.5),
}

#: Words for the classes of the UK rating, dry and low first.
RATING_WORDS = (
    Words("lav fare", "low hazard"),
    Words("fare for nogle (børn, ældre)", "danger for some (children, older people)"),
    Words("fare for de fleste", "danger for most"),
    Words("fare for alle", "danger for all"),
)


@dataclass(frozen=True)
class Danger:
    """How dangerous the water is to people, cell by cell.

    Parameters
    ----------
    rating
        UK hazard rating d (v + 0.5) + DF, 0 where dry, NaN where nobody knows.
    rating_class
        0 low or dry, 1 danger for some, 2 for most, 3 for all.
    classes
        Australian class, 1 to 6; 0 where dry.
    basis
        "depth and speed", or "depth" when no speed is known; then v = 0, and both are the least
        that the danger can be.
    limits
        "FD2320" or "FD2321", whose class limits were used.
    """

    rating: Raster
    rating_class: Raster
    classes: Raster
    basis: str
    limits: str

    def at(self, prints: Footprints) -> tuple[Ints, Ints]:
        """Return the highest rating class and Australian class at each footprint."""
        found = []
        for raster in (self.rating_class, self.classes):
            highest = np.zeros(prints.count, np.int64)
            values = values_on(prints.grid, raster)
            kernels.highest_class(prints.starts, prints.cells, values, highest)
            found.append(highest)
        return found[0], found[1]


@cache
def debris() -> Mapping[str, tuple[float, float, float]]:
    """Return debris factors by land: up to 0.25 m, up to 0.75 m, above or fast (`debris.csv`)."""
    return {
        row["land"]: (float(row["shallow"]), float(row["middle"]), float(row["deep"]))
        for row in rows("harm/debris.csv")
    }


@cache
def class_limits() -> tuple[tuple[str, Words, float, float, float], ...]:
    """Return name, words and largest depth [m], speed [m/s] and product [m2/s] of each class."""
    return tuple(
        (
            row["class"],
            Words(row["da"], row["en"]),
            float(row["depth"] or "inf"),
            float(row["speed"] or "inf"),
            float(row["product"] or "inf"),
        )
        for row in rows("harm/danger_classes.csv")
    )


def danger(flood: Flood, *, land: str = "urban", limits: str = "FD2320") -> Danger:
    """Return how dangerous a flood is to people.

    Parameters
    ----------
    flood
        Depth, and speed when the engine knows it. Largest depth and largest speed of a cell need
        not come together, so their product is on the safe side; where the engine knows the
        largest product itself, that is used, and the Australian classes are then those of the
        worst moment.
    land
        Row of `debris.csv`: pasture, woodland, urban or cautious.
    limits
        Class limits of the UK rating: "FD2320" (danger for all from 2.0, the cautious one) or
        "FD2321" (from 2.5).

    Raises
    ------
    BadValue
        For an unknown land or limits, or a speed on other cells than the depth.

    Examples
    --------
    1 m of water at 1 m/s in a town rates 1 (1 + 0.5) + 1 = 2.5; in still water 1.5.
    """
    if land not in debris():
        raise BadValue(f"land among {', '.join(debris())}", repr(land), "Choose one of these.")
    if limits not in RATING_LIMITS:
        raise BadValue(f"limits among {', '.join(RATING_LIMITS)}", repr(limits), "Choose one.")
    grid = Grid.of(flood.depth)
    depth = np.asarray(flood.depth.values, dtype=np.float64)
    speed = _known(flood.speed, grid)
    product = depth * speed if flood.depth_speed is None else _known(flood.depth_speed, grid)
    rating = hazard_rating(depth, speed, *debris()[land], product)
    steps = np.searchsorted(RATING_LIMITS[limits], np.nan_to_num(rating), side="right")
    classes = danger_class(depth, speed, product)
    return Danger(
        grid.raster(rating.astype(np.float32), "hazard_rating", "1"),
        grid.raster(steps.astype(np.uint8), "hazard_class", "1"),
        grid.raster(classes, "danger_class", "1"),
        "depth" if flood.speed is None else "depth and speed",
        limits,
    )


def _known(raster: Raster | None, grid: Grid) -> Floats:
    """Return the values of a raster on the grid, 0 where nobody knows."""
    if raster is None:
        return np.zeros(grid.shape)
    return np.nan_to_num(np.asarray(values_on(grid, raster), np.float64).reshape(grid.shape))


def hazard_rating(
    depth: Floats,
    speed: Floats,
    shallow: float,
    middle: float,
    deep: float,
    product: Floats | None = None,
) -> Floats:
    """Return the UK hazard rating d (v + 0.5) + DF; 0 where dry, NaN where nobody knows.

    Parameters
    ----------
    depth, speed
        Of the water, any one shape [m], [m/s].
    shallow, middle, deep
        Debris factor up to 0.25 m, up to 0.75 m, and above or faster than `FAST`.
    product
        Largest product of depth and speed at one moment [m2/s]; None = of the two that are given.
    """
    product = depth * speed if product is None else product
    factor = np.where(depth > 0.25, middle, shallow)
    factor = np.where((depth > 0.75) | (speed > FAST), deep, factor)
    return np.where(depth > 0.0, product + 0.5 * depth + factor, depth)


def danger_class(
    depth: Floats, speed: Floats, product: Floats | None = None
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the Australian class 1-6: the first whose three limits all hold; 0 where dry.

    Parameters
    ----------
    depth, speed
        Of the water, any one shape [m], [m/s].
    product
        Largest product of the two at one moment [m2/s]; None = of the two that are given.
    """
    product = depth * speed if product is None else product
    classes = np.where(depth > 0.0, np.uint8(len(class_limits())), np.uint8(0))
    for number in range(len(class_limits()) - 1, 0, -1):
        deepest, fastest, largest = class_limits()[number - 1][2:]
        safe = (depth <= deepest) & (speed <= fastest) & (product <= largest)
        classes[(depth > 0.0) & safe] = number
    return classes

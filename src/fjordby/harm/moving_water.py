"""Who is swept away: people and cars in water whose depth and speed are known together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import xarray as xr

from fjordby.arrays import Array
from fjordby.catalogue import rows
from fjordby.flood.dynamic.record import Simulation
from fjordby.grid import Grid, Raster
from fjordby.harm.danger import RATING_WORDS, Danger, class_limits, danger
from fjordby.words import Words

#: Dimensions, values and attributes of a variable, as xarray takes them.
Described = tuple[tuple[str, str], Array, dict[str, Any]]


@dataclass(frozen=True)
class Stability:
    """Water in which somebody or something still stands.

    Parameters
    ----------
    id, name
        Short key, and what people call them.
    depth, speed, product
        Largest depth [m], speed [m/s] and product of both [m2/s] in which they stand.
    source
        Who measured it.
    """

    id: str
    name: Words
    depth: float
    speed: float
    product: float
    source: str


@dataclass(frozen=True)
class Hazard:
    """What the water of a run does to people and cars, cell by cell.

    Parameters
    ----------
    danger
        UK rating and Australian classes H1 to H6.
    swept
        Where each of `stability.csv` does not stand at some moment, bool; False where dry.
    """

    danger: Danger
    swept: Mapping[str, Raster]

    def dataset(self) -> xr.Dataset:
        """Return all of it with CF metadata, to be written beside a run (`store.write`)."""
        grid = Grid.of(self.danger.rating)
        data = {
            "hazard_rating": _variable(self.danger.rating, "UK flood hazard rating",
                comment="d (v + 0.5) from the largest product and the largest depth, DF the debris "
                "factor: at least the rating of the worst moment",
                references="Defra and Environment Agency FD2320, FD2321 (2006)"),
            "hazard_class": _flags(self.danger.rating_class, "class of the UK flood hazard rating",
                [words["en"] for words in RATING_WORDS], f"limits of {self.danger.limits} (2006)"),
            "danger_class": _flags(self.danger.classes, "Australian flood hazard class H1 to H6",
                ["dry", *(f"{name} {words['en']}" for name, words, *_ in class_limits())],
                "AIDR Guideline 7-3 Flood Hazard (2017)"),
        }  # fmt: skip
        for one in stabilities():
            raster = self.swept[one.id].astype(np.uint8)
            title = f"water in which {one.name['en']} do not stand"
            data[f"swept_{one.id}"] = _flags(raster, title, ["stand", "swept"], one.source)
        return xr.Dataset(data, coords={"y": grid.y, "x": grid.x})


@cache
def stabilities() -> tuple[Stability, ...]:
    """Return who is held against the water (`stability.csv`)."""
    return tuple(
        Stability(
            row["id"],
            Words(row["da"], row["en"]),
            float(row["depth"]),
            float(row["speed"]),
            float(row["product"]),
            row["source"],
        )
        for row in rows("harm/stability.csv")
    )


def hazard(
    simulation: Simulation, water: str = "surge", *, land: str = "urban", limits: str = "FD2320"
) -> Hazard:
    """Return what the water of a run does to people and cars.

    Each limit is on depth, speed or their product alone, so that holding the largest of each
    against it is the same as holding every moment against it: classes and stability are those
    of the worst moment, not of a depth and a speed that never met.

    Parameters
    ----------
    simulation
        A run of the dynamic engine.
    water
        Where the water comes from, as `Simulation.flood` takes it.
    land, limits
        As `harm.danger` takes them.

    Raises
    ------
    BadValue
        For an unknown land or limits.

    Examples
    --------
    In 0.6 m of water at 0.5 m/s (0.3 m2/s) adults stand; children and every car do not.
    """
    found = danger(simulation.flood(water), land=land, limits=limits)
    swept = {}
    for one in stabilities():
        beyond = (
            (simulation.depth > np.float32(one.depth))
            | (simulation.speed > np.float32(one.speed))
            | (simulation.depth_speed > np.float32(one.product))
        )
        swept[one.id] = simulation.grid.raster(beyond, f"swept_{one.id}", "1")
    return Hazard(found, swept)


def _variable(raster: Raster, title: str, **attrs: str) -> Described:
    return ("y", "x"), raster.values, {"long_name": title, "units": "1", **attrs}


def _flags(raster: Raster, title: str, words: list[str], source: str) -> Described:
    """Return classes as a CF flag variable."""
    meanings = " ".join(re.sub(r"[^A-Za-z0-9]+", "_", word).strip("_") for word in words)
    attrs = {
        "long_name": title,
        "flag_values": np.arange(len(words), dtype=np.uint8),
        "flag_meanings": meanings,
        "references": source,
    }
    return ("y", "x"), np.asarray(raster.values, np.uint8), attrs

"""What several steps of the main job share, made when the first of them asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fjordby.arrays import Floats
from fjordby.choice.rain_losses import RainLosses
from fjordby.city import City
from fjordby.flood import Bluespots, city_bluespots
from fjordby.grid import Raster
from fjordby.harm import Family, LevelTable, Stakes, families_for, impacts_by_level, stakes
from fjordby.shock import shocks_of
from fjordby.study.rasters import read_raster
from fjordby.study.reach import levels_for
from fjordby.study.results import CONNECTION

#: The step that holds the damage by depth of rain.
RAIN = "rain"


@dataclass
class Workshop:
    """What several steps need, made when the first of them asks: an unchanged study needs none."""

    city: City
    folder: Path
    own: Sequence[Family] = ()

    @cached_property
    def sea_levels(self) -> Floats:
        """Sea levels that everything is computed for [m datum]."""
        return levels_for(self.city)

    @cached_property
    def figures(self) -> Sequence[Mapping[str, Any]]:
        """What others have published, to be held against our own."""
        return tuple(self.city.records.get("published", {}).get("figure", ()))

    @cached_property
    def connection(self) -> Raster:
        """The finished connection raster."""
        return read_raster(self.folder / CONNECTION / "connection.tif", "connection")

    @cached_property
    def spots(self) -> Bluespots:
        """The hollows of the ground on a day with a quiet sea: gates stand open."""
        return city_bluespots(self.city)

    @cached_property
    def stakes(self) -> Stakes:
        """Buildings, people, roads and places, laid on the grid."""
        return stakes(self.city)

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Damage families that can speak of the city's money, the person's own last."""
        return families_for(self.city.currency, *self.own)

    @cached_property
    def drain(self) -> float:
        """What sewers and soil take while it rains [m/s]."""
        rain = shocks_of(self.city).rain
        return rain.drain if rain else 0.0

    @cached_property
    def by_level(self) -> LevelTable:
        """The impact of every sea level."""
        return impacts_by_level(
            self.city,
            self.connection,
            self.sea_levels,
            families=self.families,
            prepared=self.stakes,
        )

    @cached_property
    def by_rain(self) -> RainLosses:
        """The finished damage by depth of rain."""
        with np.load(self.folder / RAIN / "losses.npz") as file:
            return RainLosses(file["depths"], file["members"])

    @property
    def height_error(self) -> float:
        """Systematic error of the ground in the low town [m], 0 when the city does not say."""
        return float(self.city.records.get("terrain_error", {}).get("low_town", 0.0))

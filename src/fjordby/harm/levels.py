"""The impact of every sea level at once: the table behind the drag of the sea level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fjordby.arrays import Floats
from fjordby.city.model import City
from fjordby.errors import BadValue
from fjordby.grid import Raster
from fjordby.harm.access import cut_level
from fjordby.harm.families import (
    MEASURES,
    Family,
    cost_at,
    costs_for,
    families_for,
    measured,
    spread,
)
from fjordby.harm.footprints import gather_still
from fjordby.harm.impact import sums
from fjordby.harm.measures import FLOODED, Measure, measures
from fjordby.harm.prices import PRICE_YEAR
from fjordby.harm.roads import CLOSED
from fjordby.harm.stakes import Stakes, stakes


@dataclass(frozen=True)
class LevelTable:
    """What each still sea level does to a city.

    Parameters
    ----------
    levels
        Sea levels, increasing, shape (levels,) [m datum].
    districts
        District ids; "" is what lies in none.
    measures
        What is counted, by key.
    values
        Shape (levels, districts + 1, measures); the last district is the whole city.
    members
        Damage by every family with every depth measure, shape (members, levels, districts + 1);
        what the low, middle and high are taken over.
    currency, price_year
        What the damages are in.
    """

    levels: Floats
    districts: tuple[str, ...]
    measures: Mapping[str, Measure]
    values: Floats
    members: Floats
    currency: str
    price_year: int

    def total(self, measure: str) -> Floats:
        """Return one measure of the whole city at every level, shape (levels,)."""
        return self.values[:, -1, list(self.measures).index(measure)]

    def frame(self) -> pd.DataFrame:
        """Return a table with one row for each level and district ("all" = the whole city)."""
        names = [*self.districts, "all"]
        rows = self.values.reshape(-1, len(self.measures))
        table = pd.DataFrame(rows, columns=list(self.measures))
        table.insert(0, "district", np.tile(names, self.levels.size))
        table.insert(0, "level", np.repeat(self.levels, len(names)))
        return table


def impacts_by_level(
    city: City,
    connection: Raster,
    levels: Sequence[float] | Floats,
    *,
    families: Sequence[Family] | None = None,
    price_year: int = PRICE_YEAR,
    prepared: Stakes | None = None,
) -> LevelTable:
    """Return what every still sea level does to a city, by district.

    Parameters
    ----------
    city
        The city.
    connection
        Lowest sea level that reaches each cell [m datum], from `city_connection`.
    levels
        Sea levels, increasing [m datum].
    families
        Families of damage functions; None = all that can speak of the city's currency.
    price_year
        Year of the prices.
    prepared
        `stakes(city)` when already known.

    Raises
    ------
    BadValue
        For levels that do not increase.

    Notes
    -----
    Only damage is computed level by level. Everything that is counted has one level at which it
    begins, and being cut from care is a bottleneck path (`cut_level`), so those are sorted once.
    """
    level = np.asarray(levels, dtype=float)
    if (
        level.ndim != 1
        or not level.size
        or not np.isfinite(level).all()
        or (np.diff(level) <= 0).any()
    ):
        raise BadValue("sea levels that increase", f"{levels!r:.60}", "Sort and de-duplicate them.")
    ready = stakes(city) if prepared is None else prepared
    chosen = tuple(families_for(city.currency) if families is None else families)
    who, count = ready.exposure, len(ready.exposure.districts)
    still = gather_still(ready.prints, city.terrain, connection)
    begins = still.first_level(FLOODED)
    people = who.people.sum(axis=1)
    columns = [
        _counted(level, begins, weight, who.district, count)
        for weight in (
            np.ones(who.count),
            who.home.astype(float),
            who.dwellings,
            people,
            *who.people.T,
        )
    ]
    columns.append(_road_km(level, ready, city.terrain, connection))
    place = gather_still(ready.place_prints, city.terrain, connection).first_level(ready.threshold)
    columns.append(_counted(level, place, np.ones(place.size), ready.place_district, count))
    columns += _cut(level, ready, connection, place, begins, people)
    members = _members(level, ready, still, chosen, price_year)
    if chosen:
        own = [
            f * len(MEASURES) + list(MEASURES).index(family.measure)
            for f, family in enumerate(chosen)
        ]
        columns += [members[k] for k in own]
        columns += list(spread(members))
    return LevelTable(
        level,
        who.districts,
        measures(chosen, city.currency),
        np.stack(columns, axis=-1),
        members,
        city.currency,
        price_year,
    )


def _counted(level: Floats, begins: Floats, weight: Floats, district: Any, count: int) -> Floats:
    """Return the weight that has begun at each level, by district, shape (levels, count + 1)."""
    at = np.searchsorted(level, begins)
    in_reach = at < level.size
    flat = np.bincount(
        at[in_reach] * count + district[in_reach],
        weight[in_reach],
        level.size * count,
    ).reshape(level.size, count)
    run = np.cumsum(flat, axis=0)
    return np.concatenate([run, run.sum(axis=1, keepdims=True)], axis=1)


def _road_km(level: Floats, ready: Stakes, terrain: Raster, connection: Raster) -> Floats:
    """Return the closed km of road at each level, cell by cell along the roads."""
    network = ready.access.network
    along = gather_still(network.prints, terrain, connection)
    closes = np.maximum(along.connection, along.ground + CLOSED)
    closes[np.isnan(closes)] = np.inf
    each = np.diff(network.prints.starts)
    cars = np.repeat(network.cars, each)
    return _counted(
        level,
        closes[cars],
        network.prints.share[cars] / 1000.0,
        np.repeat(ready.piece_district, each)[cars],
        len(ready.exposure.districts),
    )


def _cut(
    level: Floats,
    ready: Stakes,
    connection: Raster,
    place: Floats,
    begins: Floats,
    people: Floats,
) -> list[Floats]:
    """Return residents cut from care, and those of them whose home is dry, at each level."""
    who, count = ready.exposure, len(ready.exposure.districts)
    if not ready.access.known:
        return [np.full((level.size, count + 1), np.nan)] * 2
    along = gather_still(ready.access.network.prints, ready.city.terrain, connection)
    cut = cut_level(ready.access, along.first_level(CLOSED), place[ready.access.care])
    everyone = _counted(level, cut, people, who.district, count)
    first = np.where(cut < begins, people, 0.0)
    dry = _counted(level, cut, first, who.district, count)
    dry -= _counted(level, begins, first, who.district, count)
    return [everyone, np.maximum(dry, 0.0)]


def _members(
    level: Floats, ready: Stakes, still: Any, families: Sequence[Family], price_year: int
) -> Floats:
    """Return damage by member at each level and district, (members, levels, count + 1)."""
    who, count = ready.exposure, len(ready.exposure.districts)
    laid = [costs_for(family, who, "surge", ready.city.currency, price_year) for family in families]
    out = np.zeros((len(families) * len(MEASURES), level.size, count + 1))
    for row, height in enumerate(level):
        water = still.at(height)
        for f, costs in enumerate(laid):
            for m, measure in enumerate(MEASURES):
                amount = cost_at(costs, measured(water, measure))
                out[f * len(MEASURES) + m, row] = sums(amount, who.district, count)
    return out

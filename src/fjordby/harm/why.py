"""Why one building is hurt, or not: its ground, its floor, the water, and each family's sum."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fjordby.city.model import City
from fjordby.errors import BadValue
from fjordby.flood.model import Flood
from fjordby.grid import Raster
from fjordby.harm.families import MEASURES, Family, cost_at, costs_for, families_for, measured
from fjordby.harm.footprints import Footprints, Water, gather_still, water_at
from fjordby.harm.impact import in_basement
from fjordby.harm.measures import FLOODED
from fjordby.harm.prices import PRICE_YEAR
from fjordby.harm.stakes import Stakes, stakes


@dataclass(frozen=True)
class FamilySays:
    """What one family of damage functions says of one building, and on what."""

    family: str
    measure: str
    depth: float
    damage: float
    per_area: float
    source: str


@dataclass(frozen=True)
class Reasons:
    """Why one building is hurt, or not.

    Parameters
    ----------
    id, name, use, district
        Which building.
    area, floors, basement_area, dwellings
        What it is [m2], [1], [m2], [1].
    residents
        People by age group.
    ground
        Lowest ground that it touches [m datum].
    floor
        Ground floor: mean ground under the building plus its floor height [m datum].
    reached_at
        Lowest sea level that brings water to it [m datum], or None.
    flooded_at
        Lowest sea level that floods it (0.20 m at the wall) [m datum], or None.
    level
        The sea level asked about [m datum], or None for a flood map.
    depth, mean_depth, wet
        Deepest and mean water [m], wet share of the footprint.
    above_floor, in_basement
        Depth above the ground floor and in the basement [m].
    flooded
        Whether it counts as flooded.
    families
        What each family says with its own depth measure [currency].
    low, high
        Smallest and largest damage over all families and depth measures [currency].
    currency, price_year
        What the damages are in.
    """

    id: str
    name: str
    use: str
    district: str
    area: float
    floors: float
    basement_area: float
    dwellings: float
    residents: dict[str, float]
    ground: float
    floor: float
    reached_at: float | None
    flooded_at: float | None
    level: float | None
    depth: float
    mean_depth: float
    wet: float
    above_floor: float
    in_basement: float
    flooded: bool
    families: tuple[FamilySays, ...]
    low: float
    high: float
    currency: str
    price_year: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, for JSON."""
        return asdict(self)


def why(
    city: City,
    building: str,
    flood_or_level: Flood | float,
    *,
    connection: Raster | None = None,
    families: tuple[Family, ...] | None = None,
    price_year: int = PRICE_YEAR,
    prepared: Stakes | None = None,
) -> Reasons:
    """Explain what a flood or a sea level does to one building.

    Parameters
    ----------
    city
        The city.
    building
        Id of the building.
    flood_or_level
        A flood, or a still sea level [m datum], which needs `connection`.
    connection
        From `city_connection`; with it the levels that reach the building are said too.
    families, price_year
        As in `impact`.
    prepared
        `stakes(city, flood.grid)` when already known.

    Raises
    ------
    BadValue
        When there is no such building, or a level comes without a connection.
    """
    flood = flood_or_level if isinstance(flood_or_level, Flood) else None
    level = None if isinstance(flood_or_level, Flood) else float(flood_or_level)
    if flood is None and connection is None:
        raise BadValue(
            "a connection raster with a sea level", "none", "Give connection=city_connection(city)."
        )
    ready = prepared or stakes(city, flood.grid if flood else city.grid)
    k = _row(ready, building)
    one = _only(ready.prints, k)
    reached, flooded_at = None, None
    own_grid = ready.grid == city.grid
    if connection is not None and own_grid:
        still = gather_still(one, city.terrain, connection)
        reached, flooded_at = _finite(still.first_level(0.0)), _finite(still.first_level(FLOODED))
        water = still.at(level) if level is not None else None
    if flood is not None:
        water = water_at(one, flood.depth)
    ground = one.gather(city.terrain) if own_grid else np.full(1, np.nan)
    weight = one.share if own_grid else np.ones(1)
    return _reasons(
        ready, k, water, level, reached, flooded_at, ground, weight,
        families_for(city.currency) if families is None else families,
        flood.water if flood else "surge", price_year,
    )  # fmt: skip


def _row(ready: Stakes, building: str) -> int:
    rows = np.flatnonzero(ready.exposure.ids == str(building))
    if not rows.size:
        raise BadValue(
            f"the id of a building of {ready.city.name.en}",
            repr(building),
            "Ids are in the column id of its buildings.",
        )
    return int(rows[0])


def _only(prints: Footprints, k: int) -> Footprints:
    part = slice(prints.starts[k], prints.starts[k + 1])
    starts = np.array([0, prints.starts[k + 1] - prints.starts[k]], np.int64)
    return Footprints(prints.grid, starts, prints.cells[part], prints.share[part])


def _finite(values: Any) -> float | None:
    return float(values[0]) if np.isfinite(values[0]) else None


def _reasons(
    ready: Stakes,
    k: int,
    water: Any,
    level: float | None,
    reached: float | None,
    flooded_at: float | None,
    ground: Any,
    weight: Any,
    families: tuple[Family, ...],
    source: str,
    price_year: int,
) -> Reasons:
    who, city = ready.exposure, ready.city
    everywhere = Water(*(np.full(who.count, v[0]) for v in (water.deepest, water.mean, water.wet)))
    says, members = [], []
    for family in families:
        costs = costs_for(family, who, source, city.currency, price_year)
        by = {m: float(cost_at(costs, measured(everywhere, m))[k]) for m in MEASURES}
        members += list(by.values())
        amount = by[family.measure]
        says.append(
            FamilySays(
                family.id,
                family.measure,
                float(measured(everywhere, family.measure)[k]),
                amount,
                amount / float(who.area[k]),
                family.source,
            )
        )
    deepest = float(water.deepest[0])
    known = np.isfinite(ground)
    mean_ground = float(np.average(ground[known], weights=weight[known])) if known.any() else np.nan
    lift = float(who.floor_height[k])
    return Reasons(
        id=str(who.ids[k]),
        name=str(city.buildings["name"].iloc[k]) if "name" in city.buildings else "",
        use=str(who.use[k]),
        district=who.districts[who.district[k]],
        area=float(who.area[k]),
        floors=float(who.floors[k]),
        basement_area=float(who.basement_area[k]),
        dwellings=float(who.dwellings[k]),
        residents=dict(zip(who.groups, map(float, who.people[k]), strict=True)),
        ground=float(ground[known].min()) if known.any() else np.nan,
        floor=mean_ground + lift,
        reached_at=reached,
        flooded_at=flooded_at,
        level=level,
        depth=deepest,
        mean_depth=float(water.mean[0]),
        wet=float(water.wet[0]),
        above_floor=max(deepest - lift, 0.0),
        in_basement=float(in_basement(ready, everywhere.deepest)[k]),
        flooded=deepest >= FLOODED,
        families=tuple(says),
        low=min(members, default=0.0),
        high=max(members, default=0.0),
        currency=city.currency,
        price_year=price_year,
    )

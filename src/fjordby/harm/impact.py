"""The impact of a flood on a city: who and what is hurt, by district, with the spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fjordby.arrays import Floats
from fjordby.city.model import City
from fjordby.errors import BadValue
from fjordby.flood.model import Flood, one_grid
from fjordby.harm import kernels
from fjordby.harm.access import WayToCare, way_to_care
from fjordby.harm.danger import RATING_WORDS, class_limits, danger
from fjordby.harm.families import MEASURES, Family, costs_for, families_for, measured, spread
from fjordby.harm.families import cost_at as _cost_at
from fjordby.harm.footprints import Footprints, Water, values_on, water_at
from fjordby.harm.measures import FLOODED, Measure, measures
from fjordby.harm.prices import PRICE_YEAR
from fjordby.harm.roads import CLOSED
from fjordby.harm.stakes import Stakes, stakes

#: Height of a basement [m]; assumed: the usual room height below a Danish house.
BASEMENT_HEIGHT = 2.2


@dataclass(frozen=True)
class Impact:
    """Who and what one flood hurts.

    Parameters
    ----------
    city
        Id of the city.
    water, engine
        Where the water came from and who computed it, one word for each flood.
    currency, price_year
        What the damages are in.
    measures
        What is counted, by key.
    districts
        District ids; "" is what lies in none.
    values
        One row for each district and a last one for the whole city, one column for each measure.
        Lows, middles and highs of districts do not add up to those of the city (see `spread`).
    buildings
        One row for each building: id, depth, mean_depth, wet, above_floor, in_basement, flooded,
        danger (Australian class), one damage for each family, low, mid, high.
    road_km_by_class
        Closed road by road class [km].
    places
        The places that fail: id, name, use, depth, threshold, district.
    people_by_danger
        Residents by the Australian class (H1 to H6) at their home.
    people_by_rating
        Residents by the class of the UK hazard rating at their home.
    danger_basis
        "depth and speed", or "depth" when no speed is known.
    extra_minutes
        Mean extra drive to care of the residents who can still get there [min].
    way_unknown
        Residents of whom the roads that we have do not say how they get to care.
    """

    city: str
    water: tuple[str, ...]
    engine: tuple[str, ...]
    currency: str
    price_year: int
    measures: Mapping[str, Measure]
    districts: tuple[str, ...]
    values: Floats
    buildings: pd.DataFrame
    road_km_by_class: Mapping[str, float]
    places: pd.DataFrame
    people_by_danger: Mapping[str, float]
    people_by_rating: Mapping[str, float]
    danger_basis: str
    extra_minutes: float
    way_unknown: float

    def total(self, measure: str) -> float:
        """Return one measure for the whole city."""
        return float(self.values[-1, self._column(measure)])

    def by_district(self, measure: str) -> dict[str, float]:
        """Return one measure by district id."""
        column = self._column(measure)
        return {name: float(self.values[k, column]) for k, name in enumerate(self.districts)}

    def _column(self, measure: str) -> int:
        if measure not in self.measures:
            raise BadValue(f"a measure among {', '.join(self.measures)}", measure, "Choose one.")
        return list(self.measures).index(measure)

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the single buildings as plain numbers and words, for JSON."""
        names = list(self.measures)
        return {
            "city": self.city,
            "water": list(self.water),
            "engine": list(self.engine),
            "currency": self.currency,
            "price_year": self.price_year,
            "total": dict(zip(names, _plain(self.values[-1]), strict=True)),
            "districts": {
                district: dict(zip(names, _plain(self.values[k]), strict=True))
                for k, district in enumerate(self.districts)
            },
            "road_km_by_class": dict(self.road_km_by_class),
            "places": self.places.to_dict("records"),
            "people_by_danger": dict(self.people_by_danger),
            "people_by_rating": dict(self.people_by_rating),
            "danger_basis": self.danger_basis,
            "extra_minutes": _plain([self.extra_minutes])[0],
            "way_unknown": self.way_unknown,
        }


def _plain(values: Sequence[float] | Floats) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]


def impact(
    city: City,
    flood: Flood | Sequence[Flood],
    *,
    families: Sequence[Family] | None = None,
    price_year: int = PRICE_YEAR,
    prepared: Stakes | None = None,
) -> Impact:
    """Return who and what a flood hurts.

    Parameters
    ----------
    city
        The city.
    flood
        A flood from any engine or map (`read_depth`); or several floods of one event, such as
        sea and rain: then each building, road and place takes the worse of them, never the sum.
    families
        Families of damage functions; None = all that can speak of the city's currency.
    price_year
        Year of the prices.
    prepared
        `stakes(city, flood.grid)` when already known; saves the preparation.

    Raises
    ------
    MissingLayer
        When the city has no buildings.
    BadValue
        When the floods lie on different grids, or the stakes are of another city.

    Examples
    --------
    >>> result = impact(city, fj.flood.sea_flood(city, 2.15))  # doctest: +SKIP
    >>> result.total("people"), result.by_district("damage_mid")  # doctest: +SKIP
    """
    floods = (flood,) if isinstance(flood, Flood) else tuple(flood)
    ready = _ready(city, floods, prepared)
    chosen = tuple(families_for(city.currency) if families is None else families)
    waters = [water_at(ready.prints, one.depth) for one in floods]
    members, own = damages(ready, chosen, waters, [f.water for f in floods], price_year)
    deepest = np.max([w.deepest for w in waters], axis=0)
    flooded = deepest >= FLOODED
    pieces = _deepest(ready.access.network.prints, floods)
    km = _closed_km(ready, floods)
    place_depth = _deepest(ready.place_prints, floods)
    fails = place_depth >= ready.threshold
    way = way_to_care(ready.access, pieces, fails[ready.access.care])
    table = _table(ready, chosen, flooded, km, fails, way, own, members)
    basis, danger_class, rating = _danger(ready, floods)
    people = ready.exposure.people.sum(axis=1)
    reaches = np.isfinite(ready.access.quiet)
    still = people * (reaches & ~way.cut)
    return Impact(
        city=city.id,
        water=tuple(f.water for f in floods),
        engine=tuple(f.engine for f in floods),
        currency=city.currency,
        price_year=price_year,
        measures=measures(chosen, city.currency),
        districts=ready.exposure.districts,
        values=table,
        buildings=_buildings(ready, waters, flooded, danger_class, chosen, own, members),
        road_km_by_class=_km_by_class(ready, km),
        places=_places(ready, place_depth, fails),
        people_by_danger=_people_by(
            people, danger_class, {k + 1: row[0] for k, row in enumerate(class_limits())}
        ),
        people_by_rating=_people_by(
            people * (deepest > 0), rating, {k: word.en for k, word in enumerate(RATING_WORDS)}
        ),
        danger_basis=basis,
        extra_minutes=float(still @ way.extra / 60.0 / still.sum()) if still.any() else np.nan,
        way_unknown=float(people[~reaches].sum()),
    )


def _ready(city: City, floods: tuple[Flood, ...], prepared: Stakes | None) -> Stakes:
    grid = one_grid(floods)
    if prepared is None:
        return stakes(city, grid)
    if prepared.city is not city or prepared.grid != grid:
        raise BadValue(
            "stakes of this city on the grid of the flood",
            "others",
            "Make them with harm.stakes(city, flood.grid).",
        )
    return prepared


def damages(
    ready: Stakes,
    families: Sequence[Family],
    waters: Sequence[Water],
    sources: Sequence[str],
    price_year: int,
) -> tuple[Floats, Floats]:
    """Return damage by member (every family, every depth measure) and by family's own measure.

    Shapes (members, n) and (families, n) [city's currency]; of several floods the worse.
    """
    count = ready.exposure.count
    members = np.zeros((len(families) * len(MEASURES), count))
    own = np.zeros((len(families), count))
    for f, family in enumerate(families):
        for water, source in zip(waters, sources, strict=True):
            costs = costs_for(family, ready.exposure, source, ready.city.currency, price_year)
            for m, measure in enumerate(MEASURES):
                row = members[f * len(MEASURES) + m]
                np.maximum(row, _cost_at(costs, measured(water, measure)), out=row)
        own[f] = members[f * len(MEASURES) + list(MEASURES).index(family.measure)]
    return members, own


def _deepest(prints: Footprints, floods: Sequence[Flood]) -> Floats:
    depths = [water_at(prints, one.depth).deepest for one in floods]
    return np.asarray(np.max(depths, axis=0))


def _closed_km(ready: Stakes, floods: Sequence[Flood]) -> Floats:
    """Return the closed length of each piece of road for cars [km]."""
    network = ready.access.network
    longest = np.zeros(network.length.size)
    for one in floods:
        amount = np.zeros(longest.size)
        prints = network.prints
        depth = values_on(prints.grid, one.depth)
        kernels.deeper(prints.starts, prints.cells, prints.share, depth, CLOSED, amount)
        np.maximum(longest, amount, out=longest)
    return np.where(network.cars, longest / 1000.0, 0.0)


def sums(values: Floats, district: Any, districts: int) -> Floats:
    """Return sums by district with the whole last, shape (..., districts + 1), over last axis."""
    flat = np.atleast_2d(values)
    out: Floats = np.stack([np.bincount(district, row, districts) for row in flat])
    out = np.concatenate([out, out.sum(axis=1, keepdims=True)], axis=1)
    return out.reshape(*values.shape[:-1], districts + 1)


def _table(
    ready: Stakes,
    families: Sequence[Family],
    flooded: Any,
    km: Floats,
    fails: Any,
    way: WayToCare,
    own: Floats,
    members: Floats,
) -> Floats:
    """Return all measures by district, with the whole city as last row."""
    who = ready.exposure
    count = len(who.districts)
    people = who.people.sum(axis=1)
    by_building = [flooded, flooded & who.home, flooded * who.dwellings, flooded * people]
    by_building += [flooded * who.people[:, g] for g in range(len(who.groups))]
    columns = list(sums(np.array(by_building, dtype=float), who.district, count))
    columns.append(sums(km, ready.piece_district, count))
    columns.append(sums(fails.astype(float), ready.place_district, count))
    cut = way.cut * people if ready.access.known else np.full(people.size, np.nan)
    columns.append(sums(cut, who.district, count))
    columns.append(sums(cut * ~flooded, who.district, count))
    if families:
        columns += list(sums(own, who.district, count))
        columns += list(spread(sums(members, who.district, count)))
    return np.stack(columns, axis=1)


def _danger(ready: Stakes, floods: Sequence[Flood]) -> tuple[str, Any, Any]:
    """Return the basis, and the highest class of both systems at each building."""
    basis = "depth and speed"
    classes = np.zeros(ready.exposure.count, np.int64)
    ratings = np.zeros(ready.exposure.count, np.int64)
    for one in floods:
        found = danger(one)
        rating, danger_class = found.at(ready.prints)
        classes, ratings = np.maximum(classes, danger_class), np.maximum(ratings, rating)
        if found.basis == "depth":
            basis = "depth"
    return basis, classes, ratings


def _people_by(people: Floats, classes: Any, names: Mapping[int, str]) -> dict[str, float]:
    return {name: float(people[classes == k].sum()) for k, name in names.items()}


def _km_by_class(ready: Stakes, km: Floats) -> dict[str, float]:
    if not km.size:
        return {}
    road = ready.access.network.road
    by_class = pd.Series(km).groupby(ready.city.roads["road_class"].to_numpy()[road]).sum()
    return {str(k): float(v) for k, v in by_class[by_class > 0].items()}


def _places(ready: Stakes, depth: Floats, fails: Any) -> pd.DataFrame:
    table = ready.city.places
    names = np.array(ready.exposure.districts, dtype=object)
    return pd.DataFrame(
        {
            "id": table["id"][fails],
            "name": table["name"][fails],
            "use": table["use"][fails],
            "depth": depth[fails],
            "threshold": ready.threshold[fails],
            "district": names[ready.place_district[fails]],
        }
    ).reset_index(drop=True)


def in_basement(ready: Stakes, deepest: Floats) -> Floats:
    """Return the depth of water in basements [m].

    A basement fills to its ceiling once its house is flooded: water at the wall runs in by
    windows and drains faster than it goes down (assumed). 0 where there is none.
    """
    wet = (deepest >= FLOODED) & (ready.exposure.basement_area > 0)
    return np.where(wet, BASEMENT_HEIGHT, 0.0)


def _buildings(
    ready: Stakes,
    waters: Sequence[Water],
    flooded: Any,
    danger_class: Any,
    families: Sequence[Family],
    own: Floats,
    members: Floats,
) -> pd.DataFrame:
    deepest = np.max([w.deepest for w in waters], axis=0)
    columns: dict[str, Any] = {
        "id": ready.exposure.ids,
        "depth": deepest,
        "mean_depth": np.max([w.mean for w in waters], axis=0),
        "wet": np.max([w.wet for w in waters], axis=0),
        "above_floor": np.maximum(deepest - ready.exposure.floor_height, 0.0),
        "in_basement": in_basement(ready, deepest),
        "flooded": flooded,
        "danger": danger_class,
    }
    for family, amount in zip(families, own, strict=True):
        columns[f"damage_{family.id}"] = amount
    if families:
        columns.update(zip(("low", "mid", "high"), spread(members), strict=True))
    return pd.DataFrame(columns)

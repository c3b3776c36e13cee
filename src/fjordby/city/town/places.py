"""Places that a city lives by: how many, where, and the height of water that stops them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import numpy as np
from scipy import ndimage

from fjordby.arrays import Bools, Floats, Ints
from fjordby.catalogue import rows
from fjordby.city.town.ground import Ground
from fjordby.city.town.settle import (
    HARBOUR,
    HOMES,
    OPEN,
    SITE,
    WORK,
    Settlement,
    Uses,
    weighted_middles,
)
from fjordby.words import Words


@dataclass(frozen=True)
class PlaceKind:
    """One row of `place_kinds.csv`.

    Parameters
    ----------
    use
        Word in the column `use` of `City.places`.
    name
        What a person reads.
    code
        National code of the building's use.
    people_each
        Residents for each place of this kind.
    least
        Fewest in a town of more than a thousand.
    where
        What it is spread by: persons, centre, country, low, high, harbour, outfall, work.
    shape, width, depth, floors
        Its building [m].
    site
        Side of the square kept free for it [m], 0 for a plot among others.
    threshold
        Water above the ground that stops it [m].
    basement
        Whether it has one.
    near
        What it stands by: people, street, route, centre, low, high, work, harbour, outfall.
    source
        Where the numbers come from.
    """

    use: str
    name: Words
    code: int
    people_each: float
    least: int
    where: str
    shape: str
    width: float
    depth: float
    floors: int
    site: float
    threshold: float
    basement: bool
    near: str
    source: str


@cache
def place_kinds() -> Mapping[str, PlaceKind]:
    """Return the kinds of places by use, in the order of the catalogue."""
    return {
        r["use"]: PlaceKind(
            r["use"], Words(r["da"], r["en"]), int(r["code"]), float(r["people_each"]),
            int(r["least"]), r["where"], r["shape"], float(r["width"]), float(r["depth"]),
            int(r["floors"]), float(r["site"]), float(r["threshold"]), r["basement"] == "1",
            r["near"], r["source"],
        )
        for r in rows("city/town/place_kinds.csv")
    }  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """Where a place is wanted: its kind, name, point [m], and whether its position is known."""

    kind: PlaceKind
    name: str
    x: float
    y: float
    assumed: bool


def wanted(
    ground: Ground,
    town: Settlement,
    use: Uses,
    known: gpd.GeoDataFrame | None,
    rng: np.random.Generator,
) -> list[Spot]:
    """Return the places the residents need, spread by what each serves.

    Parameters
    ----------
    ground, town, use
        The land, its people and its use.
    known
        Points with columns `use` and `name` for places whose position is roughly known; they
        take the place of made-up ones.
    rng
        Source of chance.
    """
    people = float(town.persons.sum())
    spots = []
    for kind in place_kinds().values():
        count = max(round(people / kind.people_each), kind.least if people > 1000.0 else 0)
        fixed = _known(kind, known)
        spots += fixed
        weight = _weight(kind.where, ground, town, use)
        middles = weighted_middles(weight, count - len(fixed), rng)
        xy = _centres(ground, middles)
        spots += [
            Spot(kind, f"{kind.name.da} {i + 1} (syntetisk)", float(x), float(y), False)
            for i, (x, y) in enumerate(xy)
        ]
    return spots


def _known(kind: PlaceKind, known: gpd.GeoDataFrame | None) -> list[Spot]:
    """Return the places of a kind whose position is roughly known."""
    if known is None or known.empty:
        return []
    mine = known[known["use"] == kind.use]
    return [
        Spot(kind, str(name), point.x, point.y, True)
        for name, point in zip(mine["name"], mine.geometry, strict=True)
    ]


def _centres(ground: Ground, cells: Ints) -> Floats:
    grid = ground.grid
    return np.column_stack(
        [grid.west + (cells[:, 1] + 0.5) * grid.cell, grid.north - (cells[:, 0] + 0.5) * grid.cell]
    )


def _weight(where: str, ground: Ground, town: Settlement, use: Uses) -> Floats:
    """Return how much each planning cell wants a place of this sort."""
    persons = town.persons
    if where == "persons":
        return persons
    if where == "centre":
        return np.where(town.density > 0.55 * town.density.max(), persons, 0.0)
    if where == "country":
        return np.where(town.density < 1200.0, persons, 0.0)
    if where == "low":
        low = (
            ground.height < np.quantile(ground.height[use == HOMES], 0.3)
            if (use == HOMES).any()
            else ground.wet
        )
        return np.where(low & (ground.water < 2500.0), persons + 0.02 * (use == WORK), 0.0)
    if where == "high":
        town_height = ground.height[use == HOMES]
        if not len(town_height):
            return persons
        near = (
            ndimage.gaussian_filter((use == HOMES).astype(float), 250.0 / ground.grid.cell) > 0.05
        )
        return np.where(near & (ground.height > np.quantile(town_height, 0.75)), ground.suit, 0.0)
    if where == "outfall":
        near = ndimage.gaussian_filter((use != OPEN).astype(float), 300.0 / ground.grid.cell) > 0.05
        shore = np.isfinite(ground.sea) & (ground.sea > 60.0) & (ground.sea < 400.0)
        shore = shore if shore.any() else ground.water < 400.0
        return np.where(shore & near & (ground.suit > 0.3), 1.0 + 2.0 * (use == HARBOUR), 0.0)
    code = HARBOUR if where == "harbour" else WORK
    return np.asarray(use == code, np.float64)


@dataclass(frozen=True)
class Site:
    """Land kept free for a place: its spot, the square's middle [m] and its side [m]."""

    spot: Spot
    x: float
    y: float
    side: float


def reserve(
    ground: Ground, use: Uses, taken: Bools, spots: list[Spot]
) -> tuple[Uses, list[Site], list[Spot]]:
    """Keep squares free for the places that need a site; returns land use, sites and the rest.

    Parameters
    ----------
    ground
        The land.
    use
        Land use; squares become SITE in the copy that is returned.
    taken
        Cells with a road.
    spots
        Places wanted. A site is the free square nearest to its spot; a place that finds no
        square goes back among the rest.
    """
    use = use.copy()
    sites: list[Site] = []
    rest: list[Spot] = []
    for spot in spots:
        if spot.kind.site <= 0.0:
            rest.append(spot)
            continue
        size = int(np.ceil(spot.kind.site / ground.grid.cell))
        found = _nearest_square(ground, use, taken, spot, size)
        if found is None:
            rest.append(spot)
            continue
        r, c = found
        use[r : r + size, c : c + size] = SITE
        half = 0.5 * size * ground.grid.cell
        x = ground.grid.west + c * ground.grid.cell + half
        y = ground.grid.north - r * ground.grid.cell - half
        sites.append(Site(spot, x, y, 2.0 * half))
    return use, sites, rest


def _nearest_square(
    ground: Ground, use: Uses, taken: Bools, spot: Spot, size: int
) -> tuple[int, int] | None:
    codes = {"work": (WORK, OPEN), "harbour": (HARBOUR,), "outfall": (HARBOUR, WORK, OPEN),
             "high": (HOMES, OPEN)}.get(spot.kind.near, (HOMES,))  # fmt: skip
    if spot.assumed:
        codes = (HOMES, OPEN, WORK, HARBOUR)
    good = ground.land if spot.assumed else ground.suit > 0.3
    free = np.isin(use, codes) & good & ~taken
    # The square whose first row and column a cell is: the filter looks ahead, not around.
    ahead = -(size // 2)
    whole = ndimage.minimum_filter(free, size=size, origin=ahead, mode="constant", cval=False)
    rows, columns = np.nonzero(whole)
    good = (rows + size <= use.shape[0]) & (columns + size <= use.shape[1])
    rows, columns = rows[good], columns[good]
    if not len(rows):
        return None
    half = 0.5 * size * ground.grid.cell
    x = ground.grid.west + columns * ground.grid.cell + half
    y = ground.grid.north - rows * ground.grid.cell - half
    away = np.hypot(x - spot.x, y - spot.y)
    for k in np.argsort(away, kind="stable")[:50]:
        r, c = int(rows[k]), int(columns[k])
        if free[r : r + size, c : c + size].all():
            return r, c
    return None

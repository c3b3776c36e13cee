"""The town written down as tables of a city: buildings, people and places."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fjordby.arrays import Floats, Ints
from fjordby.city.model import AGE_GROUPS
from fjordby.city.town.batch import Batch, batch
from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.places import Spot
from fjordby.city.town.residents import adjust_flats, rehouse, share
from fjordby.city.uses import use_of
from fjordby.provenance import Kind

#: Real outlines smaller than this are sheds and garages [m2].
SMALL = 55.0


def real_buildings(real: gpd.GeoDataFrame | None) -> Batch:
    """Return the buildings that are given, outlines as they are."""
    if real is None or real.empty:
        return batch(np.zeros(0, object), 999)
    shape = shapely.set_precision(real.geometry.to_numpy(), 0.1)
    code = real["use_code"].to_numpy(np.int64)
    home = code == 120
    made = batch(
        shape, code, real["floors"].to_numpy(np.int64), home.astype(float), "", "none",
        real["name"].fillna("").to_numpy(object), str(Kind.MEASURED),
    )  # fmt: skip
    made.home[home] = "detached"
    made.cellar[home] = "detached"
    return made


def building_table(
    some: Batch,
    ground: Ground,
    districts: gpd.GeoDataFrame,
    numbers: Parameters,
    rng: np.random.Generator,
) -> tuple[gpd.GeoDataFrame, Ints, Batch]:
    """Return the buildings as a table, the census cell of each, and the batch with its flats.

    Floor heights and basements follow the town's parameters.
    """
    middle = shapely.point_on_surface(some.shape)
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    cell = ground.cell_of(middle)
    n = int(ground.census.max()) + 1
    inside = ground.census >= 0
    people = np.bincount(ground.census[inside], ground.persons[inside], n).astype(np.float64)
    dwellings = adjust_flats(cell, people, some.dwellings, some.home, numbers)
    some = Batch(some.shape, some.code, some.floors, dwellings, some.home, some.cellar, some.name,
                 some.kind)  # fmt: skip
    area = shapely.area(some.shape)
    low = ground.at(ground.wet, x, y)
    cellar = _cellars(some, low, numbers, rng)
    table = gpd.GeoDataFrame(
        {
            "id": [f"b{i}" for i in range(len(some))],
            "use": [use_of(int(c)) for c in some.code],
            "use_code": some.code,
            "floors": some.floors,
            "floor_height": _floor_heights(some, cellar, numbers, rng),
            "basement_area": np.where(cellar, np.round(area * numbers["basement_part"]), 0.0),
            "dwellings": np.round(dwellings).astype(np.int64),
            "district": _district(middle, districts),
            "name": some.name,
            "kind": some.kind,
        },
        geometry=some.shape,
        crs=ground.grid.crs,
    )
    return table, cell, some


def _cellars(
    some: Batch, low: np.ndarray, numbers: Parameters, rng: np.random.Generator
) -> np.ndarray:
    share_of = {
        "detached": numbers["basement_detached"],
        "block": numbers["basement_block"],
        "terrace": numbers["basement_terrace"],
        "public": numbers["basement_public"],
        "always": 1.0,
        "none": 0.0,
    }
    chance = np.array([share_of[str(c)] for c in some.cellar])
    dry_house = (some.cellar == "detached") & low
    chance = np.where(dry_house, numbers["basement_detached_low"], chance)
    return np.asarray(rng.random(len(some)) < chance)


def _floor_heights(
    some: Batch, cellar: np.ndarray, numbers: Parameters, rng: np.random.Generator
) -> Floats:
    """Return the ground floor's height above the ground [m], to 5 cm."""
    level = np.where(some.home != "", numbers["floor_slab"], numbers["floor_shop"])
    level = np.where(cellar & (some.home != ""), numbers["floor_basement"], level)
    spread = rng.normal(0.0, 0.25, len(some)) * level
    return np.asarray(np.round(np.maximum(level + spread, 0.0) / 0.05) * 0.05).round(2)


def _district(points: np.ndarray, districts: gpd.GeoDataFrame) -> np.ndarray:
    """Return the district's id of each point: the one around it, else the nearest; "" if none."""
    if districts.empty:
        return np.full(len(points), "", object)
    tree = shapely.STRtree(districts.geometry.to_numpy())
    near = tree.nearest(points)
    return np.asarray(districts["id"].astype(str).to_numpy(object)[near], object)


def people_table(
    some: Batch, buildings: gpd.GeoDataFrame, cell: Ints, ground: Ground, numbers: Parameters
) -> tuple[pd.DataFrame, dict[int, float]]:
    """Return residents by building and age, and those moved to another cell, by census cell."""
    n = int(ground.census.max()) + 1
    inside = ground.census >= 0
    people = np.bincount(ground.census[inside], ground.persons[inside], n).astype(np.float64)
    cells = np.nonzero(inside)
    size = np.maximum(np.bincount(ground.census[inside], minlength=n), 1)
    middle = np.column_stack(
        [np.bincount(ground.census[inside], axis.astype(np.float64), n) / size for axis in cells]
    )
    people, away = rehouse(cell, people, some.dwellings, middle * ground.grid.cell)
    by_age = share(cell, people, some.dwellings, some.home, numbers)
    lived = by_age.sum(1) > 0
    table = pd.DataFrame({"building": buildings["id"].to_numpy(object)[lived]})
    for k, group in enumerate(AGE_GROUPS):
        table[group] = np.round(by_age[lived, k], 2)
    return table, {int(i): float(away[i]) for i in np.flatnonzero(away > 0)}


def place_table(
    spots: list[Spot],
    central: list[tuple[Spot, int]],
    buildings: gpd.GeoDataFrame,
    first: int,
    ground: Ground,
) -> gpd.GeoDataFrame:
    """Return the places as a table: each at its building, whose row is `first` and onwards."""
    real = int((buildings["kind"] == Kind.MEASURED).sum())
    rows = [(spot, real + first + i) for i, spot in enumerate(spots)] + central
    chosen = [spot for spot, _ in rows]
    index = np.array([row for _, row in rows], np.int64)
    points = shapely.point_on_surface(buildings.geometry.to_numpy()[index])
    return gpd.GeoDataFrame(
        {
            "id": [f"p{i}" for i in range(len(rows))],
            "name": [spot.name for spot in chosen],
            "use": [spot.kind.use for spot in chosen],
            "threshold": [spot.kind.threshold for spot in chosen],
            "building": buildings["id"].to_numpy(object)[index],
            "kind": [str(Kind.ASSUMED if s.assumed else Kind.SYNTHETIC) for s in chosen],
        },
        geometry=shapely.set_precision(points, 0.1),
        crs=ground.grid.crs,
    )

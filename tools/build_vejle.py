"""Build the built-in city Vejle from data/vejle: real land, people and parishes; a made-up town."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import shapes
from shapely.geometry import shape as as_shape
from shapely.geometry.base import BaseGeometry

from fjordby.city import City, Layer
from fjordby.city.town import Town, build_town
from fjordby.grid import Grid, Raster
from fjordby.provenance import Kind, Provenance
from fjordby.words import Words
from ship import ship
from vejle import terrain as land

RAW = Path(__file__).parents[1] / "data" / "vejle"
CRS = "EPSG:25832"
SEED = 1
#: Real outlines without a use that are smaller than this are garages [m2]; assumed.
GARAGE = 55.0
#: Steps in which parishes grow over land that none has [m].
STRIP = (50.0, 100.0, 200.0, 400.0, 700.0)
OSM = "© OpenStreetMap contributors (extracts of 2023 of the south-west and the north)"


def census() -> gpd.GeoDataFrame:
    """Return the cells of the 1 km census grid of 2021 and their residents."""
    table = pd.read_csv(RAW / "population" / "vejle_pop_1km_2021.csv")
    cells = [
        # Corners alone would bend the edges: the grid's projection is not ours.
        shapely.segmentize(shapely.box(e * 1e3, n * 1e3, e * 1e3 + 1e3, n * 1e3 + 1e3), 250.0)
        for n, e in zip(table["n_km"], table["e_km"], strict=True)
    ]
    whole = gpd.GeoDataFrame(table, geometry=cells, crs="EPSG:3035").to_crs(CRS)
    whole["id"] = [f"{n}N{e}E" for n, e in zip(table["n_km"], table["e_km"], strict=True)]
    return whole


def inside(table: gpd.GeoDataFrame, grid: Grid) -> gpd.GeoDataFrame:
    """Return the rows that lie at least partly on the grid."""
    frame = shapely.box(*grid.bounds)
    return table[table.intersects(frame)].reset_index(drop=True)


def real_roads() -> gpd.GeoDataFrame:
    """Return the roads known from OpenStreetMap."""
    parts = [
        gpd.read_file(RAW / "osm" / f"vejle_{side}_roads.geojson").to_crs(CRS)
        for side in ("west", "north")
    ]
    whole = pd.concat(parts, ignore_index=True)
    return whole.rename(columns={"highway": "road_class"})[["road_class", "name", "geometry"]]


def real_houses() -> gpd.GeoDataFrame:
    """Return the buildings known from OpenStreetMap; their use is assumed from their size."""
    raw = gpd.read_file(RAW / "osm" / "vejle_north_buildings.geojson").to_crs(CRS)
    code = np.where(raw.area > GARAGE, 120, 910)
    return gpd.GeoDataFrame(
        {"use_code": code, "floors": 1, "name": ""}, geometry=raw.geometry, crs=CRS
    )


def parishes(sea: Raster) -> gpd.GeoDataFrame:
    """Return the parishes that have land on the grid, so that they cover all of it.

    The borders are coarse: land between a parish and the shore goes to the nearest parish, up to
    `STRIP`; what lies farther off belongs to other municipalities and is a district of its own.
    """
    grid = Grid.of(sea)
    raw = gpd.read_file(RAW / "admin" / "vejle_sogne_dagi500.geojson").to_crs(CRS)
    frame = shapely.box(*grid.bounds)
    shape = shapely.make_valid(raw.geometry.to_numpy())
    shape = np.array([s & frame for s in shape], object)
    dry = np.asarray(~sea.values.astype(bool))
    land = shapely.union_all(
        [
            as_shape(g)
            for g, v in shapes(dry.astype("uint8"), mask=dry, transform=grid.transform)
            if v
        ]
    )
    for reach in STRIP:
        rest = land - shapely.union_all(shape)
        for i, one in enumerate(shape):
            if one.is_empty:
                continue
            gain = rest & one.buffer(reach)
            shape[i] = one | gain
            rest = rest - gain
    rest = land - shapely.union_all(shape)
    table = gpd.GeoDataFrame(
        {
            "id": [*raw["SOGNEKODE"].astype(str), "andre"],
            "name": [*raw["SOGNENAVN"], "Uden for kommunen"],
        },
        geometry=_tidy([*shape, rest]),
        crs=CRS,
    )
    return table[table.area > 50_000.0].reset_index(drop=True)


def _tidy(shape: list[BaseGeometry]) -> list[BaseGeometry]:
    """Return shapes to 0.1 m without what is not area."""
    whole = shapely.set_precision(np.array(shape, object), 0.1)
    return [
        shapely.union_all([p for p in shapely.get_parts(s) if p.geom_type == "Polygon"])
        for s in whole
    ]


def known_places() -> gpd.GeoDataFrame:
    """Return places whose position is roughly known."""
    table = pd.read_csv(RAW / "known_places.csv")
    return gpd.GeoDataFrame(
        table[["use", "name"]], geometry=gpd.points_from_xy(table["x"], table["y"]), crs=CRS
    )


def provenance(moved: int) -> dict[Layer, Provenance]:
    """Return where the layers of people and town come from."""
    made = "fjordby's generator of towns (docs/synthetic_town.md)"
    date = "2026-11-23"
    return {
        Layer.BUILDINGS: Provenance(
            Kind.SYNTHETIC,
            f"{made}; 50 outlines in the north: {OSM}",
            "EUPL-1.2; real outlines ODbL 1.0",
            date,
            "No building here is real unless its column kind says measured; uses, floors, floor "
            "heights and basements are made up everywhere.",
        ),
        Layer.ROADS: Provenance(
            Kind.SYNTHETIC,
            f"{made}; real roads in the south-west and north: {OSM}",
            "EUPL-1.2; real roads ODbL 1.0",
            date,
            "The column kind tells real roads (measured) from made-up ones (synthetic). The "
            "motorway and its bridge are missing.",
        ),
        Layer.PLACES: Provenance(
            Kind.SYNTHETIC,
            f"{made}; four positions recalled: data/vejle/known_places.csv",
            "EUPL-1.2",
            date,
            "Numbers of places follow the population; thresholds are assumed by the kind of place.",
        ),
        Layer.PEOPLE: Provenance(
            Kind.DERIVED,
            "1 km census grid 2021 (Eurostat / Danmarks Statistik), shared over made-up homes",
            "Eurostat: reuse with attribution",
            "2021",
            "Each census cell adds up to its residents"
            + (f", but for {moved} that have no room for a home" if moved else "")
            + "; cells that the map's edge cuts keep the share of their area. Ages follow assumed "
            "national shares.",
        ),
        Layer.DISTRICTS: Provenance(
            Kind.MEASURED,
            "Geodatastyrelsen, DAGI 1:500,000: parishes (sogne) of 2014, clipped to the map",
            "Danish free public data, attribution",
            "2014-02-13",
            "At 1:500,000 the borders are right within some 100 m.",
        ),
    }


def green(town: Town, real: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the land's own woods, less the gardens of the town, and the town's other green."""
    if real.empty:
        return town.green
    gardens = shapely.union_all(town.buildings.geometry.buffer(28.0, quad_segs=1).to_numpy())
    gardens = shapely.simplify(shapely.buffer(gardens, -8.0, quad_segs=1), 4.0)
    parts = real.assign(geometry=real.geometry.difference(gardens)).explode(ignore_index=True)
    parts = parts[(parts.geom_type == "Polygon") & (parts.area > 5000.0)]
    rest = town.green[~town.green["use"].isin(set(real["use"]))]
    whole = pd.concat([parts, rest], ignore_index=True)
    whole["id"] = [f"g{i}" for i in range(len(whole))]
    shape = shapely.set_precision(whole.geometry.to_numpy(), 1.0)
    table = gpd.GeoDataFrame(whole.drop(columns="geometry"), geometry=shape, crs=CRS)
    return table.explode(ignore_index=True).assign(id=lambda t: [f"g{i}" for i in range(len(t))])


def build() -> City:
    """Return Vejle as a city."""
    start = time.perf_counter()
    ground = land.build()
    terrain, sea = ground.terrain, ground.sea
    grid = Grid.of(terrain)
    districts = parishes(sea)
    print(f"land: {time.perf_counter() - start:.0f} s")
    start = time.perf_counter()
    town = build_town(
        terrain,
        sea,
        ground.streams,
        inside(census(), grid),
        districts,
        real_roads=real_roads(),
        real_houses=real_houses(),
        known_places=known_places(),
        seed=SEED,
    )
    print(f"town: {time.perf_counter() - start:.0f} s; moved: {town.moved}")
    return City(
        id="vejle",
        name=Words("Vejle", "Vejle"),
        vertical_datum="DVR90",
        currency="DKK",
        terrain=terrain,
        sea=sea,
        streams=ground.streams,
        barriers=ground.barriers,
        buildings=town.buildings,
        people=town.people,
        districts=districts,
        roads=town.roads,
        places=town.places,
        green=green(town, ground.green),
        provenance={**ground.provenance, **provenance(len(town.moved))},
        records={"terrain_error": ground.record},
    )


if __name__ == "__main__":
    ship(build(), RAW)

"""Build the built-in island Tunø from data/tuno: real land, houses, roads and coast."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.features import rasterize

from fjordby.city import City, Layer
from fjordby.city.model import AGE_GROUPS
from fjordby.city.town.network import Source, weave
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.places import place_kinds
from fjordby.city.town.residents import share
from fjordby.city.town.roadclass import road_class
from fjordby.city.uses import use_of
from fjordby.grid import Grid, Raster
from fjordby.provenance import Kind, Provenance
from fjordby.words import Words
from ship import ship

RAW = Path(__file__).parents[1] / "data" / "tuno"
CRS = "EPSG:25832"
RESIDENTS = 100.0
OSM = (
    "© OpenStreetMap contributors, through the file tuna.osm of SimonGSK/Navigating-Map-of-Denmark"
)

#: OpenStreetMap's words for places -> ours and the building register's code.
PLACES = {
    ("amenity", "school"): ("school", 421),
    ("amenity", "place_of_worship"): ("church", 414),
    ("amenity", "library"): ("library", 413),
    ("amenity", "social_facility"): ("care_home", 160),
    ("amenity", "fire_station"): ("fire_station", 449),
    ("amenity", "ferry_terminal"): ("ferry", 315),
    ("amenity", "fuel"): ("filling_station", 325),
    ("amenity", "pharmacy"): ("pharmacy", 322),
    ("amenity", "community_centre"): ("meeting_house", 415),
    ("amenity", "restaurant"): ("other", 333),
    ("shop", "convenience"): ("food_shop", 322),
    ("tourism", "museum"): ("museum", 412),
    ("man_made", "water_tower"): ("waterworks", 233),
    ("man_made", "tower"): ("telecom", 232),
    ("man_made", "lighthouse"): ("other", 419),
    ("leisure", "marina"): ("harbour", 315),
    ("harbour", "yes"): ("harbour", 315),
    ("emergency", "ambulance_station"): ("fire_station", 449),
}
#: Height of water that stops a place whose kind the catalogue does not know [m]; assumed: one
#: high step to the door.
THRESHOLD = 0.2
#: Names of places that have none and whose kind the catalogue does not know.
WORDS = {"telecom": "Telemast", "pharmacy": "Apotek", "ferry": "Færge"}
#: Land use of OpenStreetMap -> ours.
GREEN = {
    "wood": "wood", "forest": "wood", "scrub": "heath", "heath": "heath", "grassland": "grass",
    "grass": "grass", "meadow": "meadow", "wetland": "wetland", "farmland": "farmland",
    "orchard": "garden", "recreation_ground": "sports", "cemetery": "cemetery", "beach": "beach",
    "water": "water",
}  # fmt: skip


def rings(land: gpd.GeoDataFrame, word: str) -> list[shapely.Polygon]:
    """Return the closed lines of one kind of land as polygons."""
    lines = land.geometry[land["kind"] == word]
    return [shapely.make_valid(shapely.Polygon(g.coords)) for g in lines if g.is_ring]


def ground(land: gpd.GeoDataFrame) -> tuple[Raster, Raster]:
    """Return the terrain, and the sea outside the coastline."""
    with rasterio.open(RAW / "tuno_dtm_10m_from_contours.tif") as file:
        height = file.read(1).astype(np.float32)
        grid = Grid(file.bounds.left, file.bounds.top, file.res[0], *file.shape, CRS)
    dry = rasterize(rings(land, "coastline"), grid.shape, transform=grid.transform, dtype="uint8")
    return grid.raster(height, "terrain"), grid.raster(dry == 0, "sea", "1")


def code_of(row: pd.Series, area: float, in_town: bool, on_farm: bool) -> int:
    """Return a use code for an outline without one; assumed from its size and where it stands."""
    if area < 12:
        return 930
    if area < 45:
        return 910 if in_town or on_farm else 585
    if on_farm:
        return 110 if 90 <= area < 220 else 216
    if in_town:
        return 120 if 110 <= area < 320 else 216 if area >= 320 else 510
    return 510 if area < 200 else 216


def build_houses(land: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the real buildings with assumed uses, floors and floor heights."""
    raw = gpd.read_file(RAW / "tuno_buildings.geojson").to_crs(CRS)
    outline = shapely.set_precision(raw.geometry.to_numpy(), 0.1)
    area = shapely.area(outline)
    spot = shapely.point_on_surface(outline)
    town = shapely.union_all(rings(land, "residential"))
    farm = shapely.union_all(rings(land, "farmyard"))
    code = np.array(
        [
            code_of(row, area[i], town.contains(spot[i]), farm.contains(spot[i]))
            for i, (_, row) in enumerate(raw.iterrows())
        ]
    )
    named = {"school": 421, "church": 414, "retail": 322, "farm": 110, "greenhouse": 215,
             "shed": 930, "hut": 585, "roof": 950, "house": 120, "detached": 120}  # fmt: skip
    for i, word in enumerate(raw["building"]):
        code[i] = named.get(word, code[i])
    tree = shapely.STRtree(outline)
    for use_code, point in zip(places["code"], places.geometry, strict=True):
        near = int(tree.nearest(point))
        if outline[near].distance(point) < 5.0 and area[near] > 15.0:
            code[near] = use_code
    home = np.isin(code, (110, 120))
    return gpd.GeoDataFrame(
        {
            "id": [f"b{i}" for i in raw["osm_id"]],
            "use": [use_of(int(c)) for c in code],
            "use_code": code,
            "floors": 1,
            "floor_height": np.where(home | (code == 510), 0.25, 0.1),
            "basement_area": 0.0,
            "dwellings": home.astype(int),
            "name": raw["name"].fillna(""),
            "kind": str(Kind.MEASURED),
        },
        geometry=outline,
        crs=CRS,
    )


def build_people(houses: gpd.GeoDataFrame, numbers: Parameters) -> pd.DataFrame:
    """Return the assumed residents, shared over the homes."""
    kind = np.where(
        houses["use_code"] == 110, "farm", np.where(houses["use_code"] == 120, "detached", "")
    )
    by_age = share(
        np.zeros(len(houses), np.int64), np.array([RESIDENTS]),
        houses["dwellings"].to_numpy(np.float64), kind.astype(object), numbers,
    )  # fmt: skip
    lived = by_age.sum(1) > 0
    table = pd.DataFrame({"building": houses["id"].to_numpy(object)[lived]})
    for k, group in enumerate(AGE_GROUPS):
        table[group] = by_age[lived, k].round(2)
    return table


def build_roads(numbers: Parameters) -> gpd.GeoDataFrame:
    """Return the real roads and paths as one network."""
    raw = gpd.read_file(RAW / "tuno_roads.geojson").to_crs(CRS)
    source = Source(
        list(raw.geometry), list(raw["highway"]), [str(Kind.MEASURED)] * len(raw),
        list(raw["name"].fillna("")),
    )  # fmt: skip
    roads = weave(source, CRS, numbers, lambda link: True)
    speed = [min(road_class(c).speed_country, 40.0) for c in roads["road_class"]]
    return roads.assign(speed=speed)


def read_places(on: shapely.Polygon) -> gpd.GeoDataFrame:
    """Return the places on a piece of land that the map names, once each."""
    kinds = place_kinds()
    rows, seen = [], set()
    with (RAW / "tuno_places.csv").open(encoding="utf-8") as file:
        for raw in csv.DictReader(file):
            use, code = PLACES[raw["key"], raw["value"]]
            at = shapely.Point(float(raw["x"]), float(raw["y"]))
            if not on.contains(at):
                continue
            once = (use, raw["name"] if use not in ("harbour", "ferry", "school") else "")
            if once in seen:
                continue
            seen.add(once)
            known = kinds.get(use)
            name = raw["name"] or (known.name.da if known else WORDS.get(use, ""))
            if not name:
                continue
            threshold = known.threshold if known else THRESHOLD
            rows.append((f"p{raw['osm_id']}", name, use, threshold, code, at))
    columns = ("id", "name", "use", "threshold", "code", "geometry")
    return gpd.GeoDataFrame(dict(zip(columns, zip(*rows, strict=True), strict=True)), crs=CRS)


def settle_places(places: gpd.GeoDataFrame, houses: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places with the building each is in, if one is within 5 m."""
    tree = shapely.STRtree(houses.geometry.to_numpy())
    near = tree.nearest(places.geometry.to_numpy())
    apart = shapely.distance(houses.geometry.to_numpy()[near], places.geometry.to_numpy())
    inside = np.where(apart < 5.0, houses["id"].to_numpy(object)[near], "")
    return places.drop(columns="code").assign(building=inside, kind=str(Kind.MEASURED))


def build_districts(land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the village and the rest of the island."""
    island = shapely.union_all(rings(land, "coastline"))
    village = shapely.union_all([*rings(land, "residential"), *rings(land, "farmyard")])
    village = shapely.simplify(village.buffer(80.0).buffer(-40.0), 5.0)
    village = max(shapely.get_parts(village & island), key=lambda part: part.area)
    return gpd.GeoDataFrame(
        {"id": ["by", "land"], "name": ["Tunø By", "Øen uden for byen"]},
        geometry=shapely.set_precision([village, island - village], 0.1),
        crs=CRS,
    )


def build_green(land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return woods, fields and other green land."""
    rows = [
        (use, part)
        for word, use in GREEN.items()
        for ring in rings(land, word)
        for part in shapely.get_parts(shapely.set_precision(ring, 0.1))
        if part.geom_type == "Polygon" and part.area > 100.0
    ]
    return gpd.GeoDataFrame(
        {
            "id": [f"g{i}" for i in range(len(rows))],
            "name": "",
            "use": [use for use, _ in rows],
            "kind": str(Kind.MEASURED),
        },
        geometry=[part for _, part in rows],
        crs=CRS,
    )


def provenance() -> dict[Layer, Provenance]:
    """Return where each layer comes from."""
    osm = Provenance(Kind.MEASURED, OSM, "ODbL 1.0", "2025")
    return {
        Layer.TERRAIN: Provenance(
            Kind.DERIVED,
            "Klimadatastyrelsen, Danmarks Højdemodel: height curves each 2.5 m, interpolated",
            "CC BY 4.0",
            "2026",
            "Between the curves and below 2.5 m the height is interpolated: errors of a metre or "
            "more are to be expected; the sea bed is not known and set to -1 m.",
        ),
        Layer.SEA: Provenance(Kind.MEASURED, f"{OSM}: coastline", "ODbL 1.0", "2025"),
        Layer.BUILDINGS: Provenance(
            Kind.MEASURED, OSM, "ODbL 1.0", "2025",
            "Outlines and names are real; uses without a tag, floors, floor heights and dwellings "
            "are assumed from size and surroundings.",
        ),
        Layer.ROADS: osm,
        Layer.PLACES: Provenance(
            Kind.MEASURED, OSM, "ODbL 1.0", "2025", "Thresholds are assumed by the kind of place."
        ),
        Layer.GREEN: osm,
        Layer.DISTRICTS: Provenance(
            Kind.DERIVED, f"{OSM}: coastline and built-up land", "ODbL 1.0", "2025"
        ),
        Layer.PEOPLE: Provenance(
            Kind.ASSUMED,
            f"assumed: {RESIDENTS:.0f} residents (recalled; StatBank is to replace it), by age as "
            "in src/fjordby/city/town/parameters.csv",
            "EUPL-1.2",
            "2026-11-23",
        ),
    }  # fmt: skip


def build() -> City:
    """Return the island as a city."""
    numbers = Parameters({})
    land = gpd.read_file(RAW / "tuno_natural_water_landuse.geojson").to_crs(CRS)
    terrain, sea = ground(land)
    found = read_places(shapely.box(*Grid.of(terrain).bounds))
    houses = build_houses(land, found)
    districts = build_districts(land)
    near = shapely.STRtree(districts.geometry.to_numpy()).nearest(
        shapely.point_on_surface(houses.geometry.to_numpy())
    )
    houses = houses.assign(district=districts["id"].to_numpy(object)[near])
    none = {"geometry": [], "crs": CRS}
    return City(
        id="tuno",
        name=Words("Tunø", "Tunø"),
        vertical_datum="DVR90",
        currency="DKK",
        terrain=terrain,
        sea=sea,
        streams=gpd.GeoDataFrame({"id": [], "name": [], "width": [], "bed": []}, **none),
        barriers=gpd.GeoDataFrame({"id": [], "name": [], "type": [], "crest": []}, **none),
        buildings=houses,
        people=build_people(houses, numbers),
        districts=districts,
        roads=build_roads(numbers),
        places=settle_places(found, houses),
        green=build_green(land),
        provenance=provenance(),
    )


if __name__ == "__main__":
    ship(build(), RAW)

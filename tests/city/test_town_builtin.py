"""The two built-in cities load and are what they say they are."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fjordby import city
from fjordby.city import Layer
from fjordby.city.model import AGE_GROUPS
from fjordby.city.town.network import pieces_of
from fjordby.city.town.parameters import catalogue
from fjordby.city.town.places import place_kinds
from fjordby.city.town.residents import age_tendency
from fjordby.city.town.roadclass import road_class, road_classes
from fjordby.city.uses import use_codes, use_of, uses
from fjordby.errors import BadValue
from fjordby.provenance import Kind

BUILT = ("vejle", "tuno")


@pytest.fixture(scope="module", params=BUILT)
def built(request):
    return city.load(request.param)


def test_every_building_has_a_known_use_and_a_district(built):
    assert set(built.buildings["use"]) <= set(uses())
    codes = built.buildings["use_code"]
    assert (codes.map(use_of) == built.buildings["use"]).all()
    assert set(built.buildings["district"]) <= set(built.districts["id"])


def test_people_live_in_buildings_with_dwellings(built):
    homes = built.buildings.set_index("id").loc[built.people["building"]]
    assert (homes["dwellings"] > 0).all()


def test_the_roads_of_a_builtin_city_are_one_network(built):
    assert pieces_of(built.roads).max() == 0


def test_places_say_what_stops_them(built):
    assert built.places["threshold"].between(0.0, 1.0).all()
    assert (built.places["name"] != "").all()


def test_made_up_layers_say_so(built):
    for layer in (Layer.BUILDINGS, Layer.ROADS, Layer.PLACES):
        most = getattr(built, layer.value)["kind"].mode()[0]
        assert built.kind(layer) == Kind(most)


def test_districts_cover_the_people(built):
    whole = built.districts.union_all()
    home = built.buildings.set_index("id").loc[built.people["building"]]
    assert shapely.covers(whole.buffer(1.0), home.representative_point().to_numpy()).all()


def test_tuno_has_its_real_buildings_and_its_hundred_people():
    island = city.load("tuno")
    assert len(island.buildings) == 495
    assert island.people[list(AGE_GROUPS)].to_numpy().sum() == pytest.approx(100.0)
    assert island.streams.empty
    assert {"ferry", "food_shop", "school", "church"} <= set(island.places["use"])
    assert {"Tunø Kirke", "Tunø Købmandsgård"} <= set(island.places["name"])


def test_the_sea_surrounds_tuno():
    """The island is 3.5 km2 (OpenStreetMap's coastline); the map's edge is sea but for a spit."""
    island = city.load("tuno")
    sea = island.sea.values
    edge = np.concatenate([sea[0], sea[-1], sea[:, 0], sea[:, -1]])
    assert edge.mean() > 0.99
    assert (~sea).sum() * island.grid.cell_area == pytest.approx(3.5e6, rel=0.05)


def test_vejle_is_a_town_of_seventy_five_thousand():
    town = city.load("vejle")
    assert 20_000 < len(town.buildings) < 32_000
    assert 74_000 < town.people[list(AGE_GROUPS)].to_numpy().sum() < 77_000
    assert 30_000 < town.buildings["dwellings"].sum() < 42_000
    assert "Sankt Nikolaj" in set(town.districts["name"])
    assert "Boulevarden" in set(town.roads["name"])


def test_shipped_cities_are_small():
    size = sum(p.stat().st_size for n in BUILT for p in city.folder.find(n).iterdir())
    assert size < 12e6


def test_every_number_says_where_it_comes_from():
    rows = [*catalogue().values(), *place_kinds().values(), *road_classes().values()]
    rows += [*uses().values(), *use_codes().values()]
    assert all(row.source.strip() for row in rows)
    assert set(age_tendency()) == {"detached", "farm", "terrace", "flat", "care"}


def test_every_kind_of_place_has_a_building_code():
    assert all(kind.code in use_codes() for kind in place_kinds().values())


def test_an_unknown_code_is_refused():
    with pytest.raises(BadValue, match="building register"):
        use_of(77)


def test_a_slip_road_counts_as_its_road():
    assert road_class("secondary_link") == road_class("secondary")
    assert road_class("raceway") == road_class("unclassified")


def test_vejles_census_cells_add_up():
    """Cells wholly on the map hold their residents of 2021, but for a few from the map's edge."""
    raw = pd.read_csv(Path(__file__).parents[2] / "data/vejle/population/vejle_pop_1km_2021.csv")
    corners = [
        shapely.segmentize(shapely.box(e * 1e3, n * 1e3, e * 1e3 + 1e3, n * 1e3 + 1e3), 250.0)
        for n, e in zip(raw["n_km"], raw["e_km"], strict=True)
    ]
    cells = gpd.GeoSeries(corners, crs="EPSG:3035").to_crs("EPSG:25832").to_numpy()
    town = city.load("vejle")
    whole = shapely.within(cells, shapely.box(*town.grid.bounds))
    home = town.buildings.set_index("id").loc[town.people["building"]].representative_point()
    point, cell = shapely.STRtree(cells).query(home.to_numpy(), predicate="intersects")
    persons = town.people[list(AGE_GROUPS)].sum(axis=1).to_numpy()
    held = np.bincount(cell, persons[point], len(cells))
    apart = np.abs(held - raw["population"].to_numpy())[whole]
    assert whole.sum() > 150
    assert (apart < 0.02).mean() > 0.95
    assert apart.sum() < 40.0

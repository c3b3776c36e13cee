"""The whole impact: sums agree, more water hurts more, and each number can be explained."""

import json

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString

from fjordby.errors import BadValue, MissingLayer
from fjordby.flood import city_connection, sea_flood
from fjordby.flood.model import Flood
from fjordby.grid import Grid
from fjordby.harm import impact, impacts_by_level, stakes, why
from fjordby.harm.measures import measures


@pytest.fixture(scope="module")
def connection(valley):
    return city_connection(valley)


@pytest.fixture(scope="module")
def table(valley, connection):
    return impacts_by_level(valley, connection, np.arange(0.0, 5.001, 0.05))


def test_the_low_town_by_hand(valley, connection):
    """At 1.4 m: houses from x = 220 and 270 stand in 0.2 m or more; that from 320 does not."""
    result = impact(valley, sea_flood(valley, 1.4, connection))
    wet = result.buildings.set_index("id").depth
    assert wet["b0"] == pytest.approx(1.4 - 0.25)
    assert wet["b2"] == pytest.approx(1.4 - 1.25)
    assert not result.buildings.flooded[2]
    assert result.total("buildings") == result.total("dwellings") == 4
    assert result.total("people") == pytest.approx(4 * 2.4)
    assert result.total("oldest") == pytest.approx(0.4)
    assert result.by_district("buildings") == {"south": 2.0, "north": 2.0, "": 0.0}
    assert result.places.id.tolist() == ["p0"]


def test_only_homes_are_homes(valley, connection):
    result = impact(valley, sea_flood(valley, 8.0, connection))
    assert (result.total("buildings"), result.total("homes")) == (28, 26)


def test_districts_add_up_to_the_city(valley, connection, table):
    result = impact(valley, sea_flood(valley, 2.15, connection))
    for measure in result.measures:
        parts = sum(result.by_district(measure).values())
        if measure in ("damage_low", "damage_mid", "damage_high"):
            continue
        assert parts == pytest.approx(result.total(measure))
    counted = [k for k, m in enumerate(table.measures) if not m.startswith("damage_")]
    np.testing.assert_allclose(
        table.values[:, :-1, counted].sum(axis=1), table.values[:, -1, counted], atol=1e-9
    )


def test_single_buildings_add_up_too(valley, connection):
    result = impact(valley, sea_flood(valley, 2.15, connection))
    assert result.buildings.damage_danish.sum() == pytest.approx(result.total("damage_danish"))
    assert (result.buildings.low <= result.buildings.mid).all()
    assert (result.buildings.mid <= result.buildings.high).all()


@pytest.mark.parametrize("level", [0.05, 1.0, 1.65, 2.15, 3.3, 5.0])
def test_the_level_table_equals_one_flood_at_a_time(valley, connection, table, level):
    row = int(np.argmin(np.abs(table.levels - level)))
    one = impact(valley, sea_flood(valley, float(table.levels[row]), connection))
    assert list(one.measures) == list(table.measures)
    np.testing.assert_allclose(table.values[row], one.values, rtol=1e-5, atol=1e-6)


def bumpy(valley, seed):
    """The valley with hills and hollows of a metre or two, and a sea wall before half of it."""
    rng = np.random.default_rng(seed)
    bumps = np.kron(rng.normal(0, 1.2, (10, 25)), np.ones((4, 4)))
    height = np.where(valley.sea.values, valley.terrain.values, valley.terrain.values + bumps)
    wall = gpd.GeoDataFrame(
        {"id": ["w"], "name": ["Dige"], "type": ["wall"], "crest": [1.7]},
        geometry=[LineString([(205, -5), (205, 230)])],
        crs=valley.crs,
    )
    terrain = valley.grid.raster(height.astype(np.float32), "terrain")
    return valley.with_(terrain=terrain, barriers=wall)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hills_hollows_and_walls_too_the_table_equals_the_floods(valley, seed):
    city = bumpy(valley, seed)
    connection = city_connection(city)
    levels = np.arange(0.115, 5.0, 0.4)
    found = impacts_by_level(city, connection, levels)
    for row, level in enumerate(levels):
        one = impact(city, sea_flood(city, float(level), connection))
        np.testing.assert_allclose(found.values[row], one.values, rtol=1e-5, atol=1e-6)
    cut, isolated = found.total("cut_from_care"), found.total("isolated")
    assert (isolated <= cut).all()
    assert isolated.max() > 0


def test_a_higher_sea_hurts_no_less(table):
    """Those isolated in a dry home may become flooded, so they alone may fall."""
    falling = np.diff(table.values, axis=0).min(axis=(0, 1))
    for measure, drop in zip(table.measures, falling, strict=True):
        assert drop >= -1e-6 or measure == "isolated"


def test_low_is_below_middle_is_below_high(table):
    low, mid, high = (table.total(f"damage_{word}") for word in ("low", "mid", "high"))
    assert ((low <= mid) & (mid <= high)).all()
    assert high[-1] > low[-1]
    for family in ("danish", "jrc"):
        own = table.total(f"damage_{family}")
        assert ((low <= own) & (own <= high)).all()


def test_a_dry_day_hurts_nobody(valley):
    dry = Flood(valley.grid.raster(np.zeros(valley.grid.shape), "depth"), "surge", "test")
    result = impact(valley, dry)
    assert (result.values == 0.0).all()
    assert result.people_by_danger["H1"] == 0.0


def test_the_order_of_the_buildings_changes_nothing(valley, connection):
    order = np.random.default_rng(1).permutation(len(valley.buildings))
    mixed = valley.with_(
        buildings=valley.buildings.iloc[order].reset_index(drop=True),
        people=valley.people.iloc[order[::-1]].reset_index(drop=True),
    )
    flood = sea_flood(valley, 2.15, connection)
    np.testing.assert_allclose(impact(mixed, flood).values, impact(valley, flood).values)


def test_of_two_floods_the_worse_counts_and_never_their_sum(valley, connection):
    sea = sea_flood(valley, 1.4, connection)
    rain = Flood(
        valley.grid.raster(np.full(valley.grid.shape, 0.25, np.float32), "depth"),
        "cloudburst",
        "test",
    )
    one, other, both = impact(valley, sea), impact(valley, rain), impact(valley, (sea, rain))
    assert both.water == ("surge", "cloudburst")
    assert both.total("buildings") == 28
    np.testing.assert_allclose(
        both.buildings.damage_danish,
        np.maximum(one.buildings.damage_danish, other.buildings.damage_danish),
    )
    assert both.total("damage_danish") < one.total("damage_danish") + other.total("damage_danish")


def test_people_in_danger_are_those_who_live_in_it(valley, connection):
    result = impact(valley, sea_flood(valley, 2.15, connection))
    assert result.danger_basis == "depth"
    in_water = (result.buildings.depth > 0).sum() * 2.4
    assert sum(result.people_by_danger.values()) == pytest.approx(in_water)
    assert sum(result.people_by_rating.values()) == pytest.approx(in_water)


def test_prices_follow_the_index(valley, connection):
    flood = sea_flood(valley, 2.0, connection)
    then, now = (impact(valley, flood, price_year=y).total("damage_high") for y in (2017, 2024))
    assert now / then == pytest.approx(118.82 / 101.40)


def test_a_currency_without_functions_still_counts_people(valley, connection):
    result = impact(valley.with_(currency="SEK"), sea_flood(valley, 2.0, connection))
    assert "damage_low" not in result.measures
    assert result.total("people") > 0


def test_an_impact_is_plain_json(valley, connection):
    result = impact(valley, sea_flood(valley, 2.15, connection))
    again = json.loads(json.dumps(result.as_dict(), allow_nan=False))
    assert again["total"]["people"] == pytest.approx(result.total("people"))
    assert again["districts"]["south"].keys() == again["total"].keys()


def test_the_frame_has_a_row_for_each_level_and_district(table):
    frame = table.frame()
    assert len(frame) == 101 * 4
    everything = frame[frame.district == "all"]
    np.testing.assert_allclose(everything.people, table.total("people"))


def test_every_measure_has_words_in_both_languages(valley):
    from fjordby.harm import families_for

    for measure in measures(families_for("DKK"), "DKK").values():
        assert measure.name.da
        assert measure.means.en
        assert measure.unit


def test_why_says_the_ground_the_water_and_each_sum(valley, connection):
    reasons = why(valley, "b1", 2.15, connection=connection)
    row = impact(valley, sea_flood(valley, 2.15, connection)).buildings.iloc[1]
    assert reasons.depth == pytest.approx(row.depth, abs=1e-6)
    assert reasons.ground == pytest.approx(0.75)
    assert reasons.reached_at == pytest.approx(0.75)
    assert reasons.flooded_at == pytest.approx(0.95)
    assert reasons.in_basement == row.in_basement > 0
    assert {f.family: f.damage for f in reasons.families}["danish"] == pytest.approx(
        row.damage_danish, rel=1e-5
    )
    assert reasons.low <= reasons.high
    assert json.loads(json.dumps(reasons.as_dict()))["residents"]["adults"] == 1.5
    by_map = why(valley, "b1", sea_flood(valley, 2.15, connection))
    assert by_map.depth == pytest.approx(reasons.depth, abs=1e-6)
    assert by_map.reached_at is None


def test_what_cannot_be_answered_is_said(valley, connection):
    flood = sea_flood(valley, 1.0, connection)
    with pytest.raises(BadValue, match="id of a building"):
        why(valley, "nobody", 1.0, connection=connection)
    with pytest.raises(BadValue, match="connection"):
        why(valley, "b1", 1.0)
    with pytest.raises(BadValue, match="at least one flood"):
        impact(valley, ())
    with pytest.raises(BadValue, match="increase"):
        impacts_by_level(valley, connection, [1.0, 0.5])
    other = Grid(0.0, 400.0, 20.0, 20, 50, "EPSG:25832")
    coarse = Flood(other.raster(np.zeros(other.shape), "depth"), "surge", "test")
    with pytest.raises(BadValue, match="one grid"):
        impact(valley, (flood, coarse))
    with pytest.raises(BadValue, match="stakes"):
        impact(valley, flood, prepared=stakes(valley, other))
    with pytest.raises(BadValue, match="measure"):
        impact(valley, flood).total("happiness")
    with pytest.raises(MissingLayer, match="buildings"):
        impact(valley.with_(buildings=valley.buildings.iloc[:0]), flood)


def test_a_place_in_a_building_fails_with_its_building(valley, connection):
    places = valley.places.assign(building=["b27", ""])
    city = valley.with_(places=places)
    assert impact(city, sea_flood(city, 1.0, connection)).total("places") == 0
    assert isinstance(city.places, gpd.GeoDataFrame)

"""Results as tables: what the page, the report and the commands read."""

import json

import numpy as np
import pytest

from fjordby.flood import city_connection
from fjordby.harm import impacts_by_level, stakes
from fjordby.shock import NOW, Future, climate
from fjordby.study.said import city_said, future_said, futures, levels_said, unknown


@pytest.fixture(scope="module")
def flats(stormy_valley):
    """The valley with two dwellings in each house, so that houses and dwellings differ."""
    homes = stormy_valley.buildings
    return stormy_valley.with_(buildings=homes.assign(dwellings=2 * homes.dwellings))


@pytest.fixture(scope="module")
def table(flats):
    return impacts_by_level(flats, city_connection(flats), np.arange(0.0, 5.5, 0.5))


def test_every_figure_stands_under_its_own_name(table):
    """The table of measures and the words of the page, name by name."""
    said = levels_said(table)["all"]
    names = {"buildings": "buildings", "homes": "dwellings", "people": "people",
             "road_km": "road_km", "places": "places", "cut_from_care": "cut_from_care",
             "isolated": "isolated"}  # fmt: skip
    for ours, theirs in names.items():
        assert said[ours] == pytest.approx(table.total(theirs), abs=1e-3), ours
    for part in ("low", "mid", "high"):
        assert said["damage"][part] == pytest.approx(table.total(f"damage_{part}"), abs=1e-3)
    assert set(said["damage"]["families"]) == {"danish", "jrc"}
    assert sum(g[-1] for g in said["groups"].values()) == pytest.approx(said["people"][-1])


def test_districts_and_elsewhere_make_the_city(table):
    said = levels_said(table)
    parts = [*said["districts"].values(), said["elsewhere"]]
    assert "" not in said["districts"]
    for key in ("buildings", "people", "road_km"):
        assert np.sum([p[key] for p in parts], axis=0) == pytest.approx(said["all"][key], abs=0.01)


@pytest.mark.parametrize(
    ("missing", "names"),
    [
        ((), set()),
        (("people",), {"people", "groups", "cut_from_care", "isolated"}),
        (("roads",), {"road_km", "cut_from_care", "isolated"}),
        (("places",), {"places", "cut_from_care", "isolated"}),
        (("streams", "green", "barriers", "districts"), set()),
    ],
)  # fmt: skip
def test_what_has_no_layer_is_unknown(stormy_valley, missing, names):
    city = stormy_valley.with_(**{n: getattr(stormy_valley, n).iloc[:0] for n in missing})
    assert set(unknown(stakes(city))) == names


def test_nobody_knows_who_is_cut_off_where_no_road_leads_to_care(stormy_valley):
    none = stormy_valley.places.assign(use="school")
    assert {"cut_from_care", "isolated"} == set(unknown(stakes(stormy_valley.with_(places=none))))


def test_the_city_says_where_it_is_and_counts_its_people(stormy_valley):
    said = city_said(stormy_valley, 0.123)
    west, south, east, north = said["bounds"]
    assert -90 <= south < north <= 90
    assert west < east
    counts = {layer["layer"]: layer["count"] for layer in said["layers"]}
    assert counts["people"] == 67
    assert counts["buildings"] == 28
    assert said["height_error"] == 0.12
    json.dumps(said, allow_nan=False)


def test_futures_begin_with_today_and_say_their_rise_from_it(stormy_valley):
    told = futures(stormy_valley)
    assert told[0] == NOW
    assert len(told) == len(set(told))
    said = future_said(stormy_valley, Future("central", 2100))
    sky = climate(stormy_valley)
    rise = sky.mean_sea_level(Future("central", 2100)) - sky.mean_sea_level(NOW)
    assert said["sea_level_rise"]["median"] == pytest.approx(rise, abs=1e-3)
    assert said["rain_factor"] > 1
    all_ = future_said(stormy_valley, Future("all", 2100))["sea_level_rise"]
    assert all_["low"] < all_["median"] < all_["high"]

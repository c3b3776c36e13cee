"""An event floods a city at once: a surge, a cloudburst, or both side by side."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from fjordby.errors import BadValue
from fjordby.flood import (
    city_bluespots,
    city_connection,
    deepest,
    instant,
    rain_flood,
    sea_flood,
)
from fjordby.shock.event import Event, Series
from fjordby.words import Words

NAME = Words("Storm", "Storm")


def storm(peak=1.2, rain=None):
    times = np.array([0.0, 3600.0, 7200.0])
    falls = None if rain is None else Series(times[:2], np.full(2, rain / 3600.0))
    return Event("storm", NAME, Series(times, np.array([0.0, peak, 0.0])), falls)


@pytest.fixture(scope="module")
def dented(valley):
    """The valley with one dent of 1 m in its slope, 4 cells large, at about 5 m."""
    terrain = valley.terrain.copy(deep=True)
    terrain.values[20:22, 70:72] -= 1.0
    return valley.with_(terrain=terrain)


def test_a_surge_floods_the_beach_up_to_its_peak(valley):
    flood = sea_flood(valley, storm(1.2))
    depth = flood.depth.values
    assert (flood.water, flood.engine, flood.speed) == ("surge", "sea_connection", None)
    np.testing.assert_array_equal(np.isnan(depth), valley.sea.values)
    land = ~valley.sea.values
    np.testing.assert_allclose(
        depth[land], np.maximum(1.2 - valley.terrain.values, 0)[land], atol=1e-6
    )
    np.testing.assert_array_equal(sea_flood(valley, 1.2).depth.values, depth)
    known = city_connection(valley)
    np.testing.assert_array_equal(sea_flood(valley, 1.2, known).depth.values, depth)


@pytest.fixture(scope="module")
def walled(valley):
    """The valley behind a wall along its shore, with a gate in the middle."""
    lines = [LineString([(205, -5), (205, 195)]), LineString([(205, 205), (205, 405)])]
    gate = LineString([(205, 195), (205, 205)])
    barriers = gpd.GeoDataFrame(
        {
            "id": ["south", "north", "sluice"],
            "name": "",
            "type": ["wall", "wall", "gate"],
            "crest": 2.0,
        },
        geometry=[*lines, gate],
        crs=valley.crs,
    )
    return valley.with_(barriers=barriers)


def test_a_wall_keeps_the_surge_out_and_an_open_gate_lets_it_in(valley, walled):
    city = walled
    outside = valley.grid.x <= 205
    behind = ~outside[None, :] & ~valley.sea.values
    assert np.nanmax(np.where(behind, sea_flood(city, 1.2).depth.values, 0)) == 0.0
    assert np.nanmax(sea_flood(city, 2.2).depth.values) == pytest.approx(2.15, abs=1e-5)
    np.testing.assert_array_equal(
        sea_flood(city, 1.2, open_gates=["sluice"]).depth.values,
        sea_flood(valley, 1.2).depth.values,
    )


def test_a_gate_lets_rain_out_to_a_quiet_sea_and_holds_it_in_behind_a_surge(walled):
    hills = gpd.GeoDataFrame(
        {"id": ["hill", "dale"], "name": "", "type": "wall", "crest": 20.0},
        geometry=[LineString([(-5, y), (1005, y)]) for y in (15, 385)],
        crs=walled.crs,
    )
    walled = walled.with_(barriers=pd.concat([walled.barriers, hills], ignore_index=True))
    falls = storm(1.2, rain=0.05)
    quiet = Event("rain", NAME, None, falls.rain)
    (run_off,) = instant(walled, quiet)
    _, held_in = instant(walled, falls)
    within = (walled.grid.y[:, None] > 15) & (walled.grid.y[:, None] < 385)
    assert np.nansum(np.where(within, run_off.depth.values, 0.0)) == 0.0
    assert np.nansum(held_in.depth.values) * walled.grid.cell_area > 1000.0
    (shut,) = instant(walled, quiet, open_gates=())
    np.testing.assert_array_equal(shut.depth.values, held_in.depth.values)


def test_an_event_gives_one_flood_for_each_kind_of_water(dented):
    both = instant(dented, storm(1.2, rain=0.06))
    assert [flood.water for flood in both] == ["surge", "cloudburst"]
    assert [f.water for f in instant(dented, storm(1.2))] == ["surge"]
    shower = Event("shower", NAME, rain=storm(rain=0.06).rain)
    assert [f.water for f in instant(dented, shower)] == ["cloudburst"]
    surge, cloudburst = both
    assert np.nanmax(cloudburst.depth.values) > 0.1
    together = deepest(both).values
    land = ~dented.sea.values
    assert (together[land] >= surge.depth.values[land]).all()
    assert (together[land] >= cloudburst.depth.values[land]).all()
    assert together[21, 70] == cloudburst.depth.values[21, 70]


def test_what_ground_and_sewer_take_while_it_rains_does_not_stand(dented):
    """60 mm in one hour; 10 mm/h into the ground and 20 mm/h into the sewer leave 30 mm."""
    event = storm(rain=0.06)
    grid = dented.grid
    rate = 0.01 / 3600
    _, less = instant(dented, event, infiltration=rate, sewer=2 * rate)
    _, same = instant(
        dented,
        event,
        infiltration=grid.raster(np.full(grid.shape, rate), "infiltration"),
        sewer=2 * rate,
        spots=city_bluespots(dented),
    )
    expected = rain_flood(city_bluespots(dented), 0.03).flood.depth.values
    np.testing.assert_allclose(less.depth.values, expected, atol=1e-6)
    np.testing.assert_allclose(same.depth.values, expected, atol=1e-6)
    assert np.nanmax(expected) > 0


def test_nothing_is_changed_by_asking(dented):
    before = dented.terrain.values.copy(), dented.sea.values.copy(), dict(dented.terrain.attrs)
    connection, spots = city_connection(dented), city_bluespots(dented)
    kept = connection.values.copy(), spots.catchment.values.copy(), spots.room.copy()
    instant(dented, storm(1.5, rain=0.1), connection, spots)
    np.testing.assert_array_equal(dented.terrain.values, before[0])
    np.testing.assert_array_equal(dented.sea.values, before[1])
    assert dict(dented.terrain.attrs) == before[2]
    np.testing.assert_array_equal(connection.values, kept[0])
    np.testing.assert_array_equal(spots.catchment.values, kept[1])
    np.testing.assert_array_equal(spots.room, kept[2])


def test_events_that_cannot_be_flooded_say_why(valley):
    quiet = Event("quiet", NAME)
    with pytest.raises(BadValue, match="Storm with neither"):
        instant(valley, quiet)
    with pytest.raises(BadValue, match="a quiet sea"):
        sea_flood(valley, quiet)
    with pytest.raises(BadValue, match="Got nan"):
        sea_flood(valley, float("nan"))
    with pytest.raises(BadValue, match="infiltration of zero or more"):
        instant(valley, storm(rain=0.1), infiltration=-1.0)
    with pytest.raises(BadValue, match="sewer of the city's shape"):
        instant(valley, storm(rain=0.1), sewer=valley.terrain[:3])
    with pytest.raises(BadValue, match="at least one flood"):
        deepest([])
    with pytest.raises(BadValue, match="with sea on it"):
        sea_flood(valley.with_(sea=valley.sea & False), 1.0)


def test_a_level_in_centimetres_is_refused(valley):
    with pytest.raises(BadValue, match="in metres, not in centimetres"):
        sea_flood(valley, 215.0)

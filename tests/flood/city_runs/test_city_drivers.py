"""What drives a city's water: sea, streams and rain as the event says, else quiet."""

import tomllib
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString

from fjordby.errors import BadValue, MissingLayer
from fjordby.flood.dynamic.city_ground import city_ground
from fjordby.flood.dynamic.drivers import HOUR, drivers, excess, length, over, under_way
from fjordby.flood.dynamic.first_water import first_water
from fjordby.flood.dynamic.forcing import steady
from fjordby.flood.rain.fill import rain_left
from fjordby.shock.event import Event, Series
from fjordby.words import Words

MM_H = 1e-3 / 3600.0


def event(**parts):
    return Event("e", Words("Prøve", "Trial"), **parts)


def series(*pairs):
    t, v = np.array(pairs, float).T
    return Series(t * HOUR, v)


@pytest.fixture(scope="module")
def ground(valley):
    return city_ground(valley)


@pytest.fixture(scope="module")
def knowing(valley):
    """The valley with a record of shocks that knows its stream."""
    text = files("fjordby.city").joinpath("builtin/vejle/shocks.toml").read_text(encoding="utf-8")
    record = tomllib.loads(text)
    stream = {k: v for k, v in record["streams"][0].items() if k != "at"}
    record["streams"] = [stream | {"id": "s0", "match": ["Å"], "base": 0.4}]
    return valley.with_(records={"shocks": record})


def test_the_sea_is_held_along_the_shore_and_the_stream_enters_upstream(valley, ground):
    flood = event(sea=series((0, 0.1), (6, 1.5), (12, 0.1)), streams={"s0": series((0, 2), (9, 2))})
    made = drivers(valley, flood, ground)
    (level,), (inflow,) = made.forcing.levels, made.forcing.inflows
    assert (level.columns.min(), level.columns.max()) == (18, 19)
    assert level.series.peak == 1.5
    assert inflow.columns.tolist() == [99, 98, 97]
    assert made.before.levels[0].series.values.tolist() == [0.1]
    assert made.before.inflows[0].series.values.tolist() == [2.0]


def test_an_event_with_nothing_is_refused(valley, ground):
    with pytest.raises(BadValue, match="'Trial' without any"):
        drivers(valley, event(), ground)
    with pytest.raises(BadValue, match="'Trial' without any"):
        drivers(valley, event(streams={"s0": steady(0.0)}), ground)


def test_a_flow_of_a_stream_that_nobody_knows_is_refused(valley, ground):
    with pytest.raises(BadValue, match=r"\(s0\).*Nile"):
        drivers(valley, event(streams={"Nile": steady(1.0)}), ground, 0.0)


def test_a_stream_that_enters_at_no_point_is_named_with_its_place(valley):
    for line in ([(2000, 50), (1500, 50)], [(150, 50), (50, 50)]):
        away = valley.with_(streams=valley.streams.set_geometry([LineString(line)]))
        with pytest.raises(BadValue, match=rf"s0, which begins at {line[0][0]}, 50"):
            drivers(away, event(streams={"s0": steady(1.0)}), city_ground(away), 0.0)


def test_a_sea_above_the_mountains_is_refused(valley, ground):
    with pytest.raises(BadValue, match=r"7\.9 m.*150\.00 m"):
        drivers(valley, event(sea=series((0, 0), (1, 150))), ground)


def test_a_quiet_sea_stands_at_the_mean_of_the_events_year(knowing, ground):
    rain = series((0, 30 * MM_H), (1, 30 * MM_H))
    for year, level in ((2005, 0.03), (2015, 0.03 + 0.0206)):
        made = drivers(knowing, event(rain=rain, year=year), ground)
        assert made.forcing.levels[0].series.peak == pytest.approx(level)


def test_a_quiet_sea_that_nobody_knows_must_be_given(valley, ground):
    wet = event(rain=series((0, MM_H), (1, MM_H)))
    with pytest.raises(MissingLayer, match="quiet_sea"):
        drivers(valley, wet, ground)
    assert drivers(valley, wet, ground, 0.25).forcing.levels[0].series.peak == 0.25


def test_streams_that_the_event_leaves_alone_bring_their_base_flow(knowing, ground):
    made = drivers(knowing, event(sea=series((0, 0), (1, 1), (2, 0))), ground)
    assert [(i.name, i.series.peak) for i in made.forcing.inflows] == [("s0", 0.4)]


def test_a_flow_that_holds_further_down_enters_there(knowing, ground):
    """At x = 605: the stream comes from the east, and its bed is dry above."""
    record = knowing.records["shocks"]
    low = record | {"streams": [record["streams"][0] | {"at": [605.0, 52.0]}]}
    town = knowing.with_(records={"shocks": low})
    made = drivers(town, event(sea=series((0, 0), (1, 1), (2, 0))), ground)
    assert made.forcing.inflows[0].columns.tolist() == [60, 59, 58]
    depth = first_water(ground, made.before)
    assert depth[35, 61:].max() == 0.0
    assert depth[35, 22:61].min() > 0.05


def test_a_flow_that_holds_far_from_its_stream_is_refused_with_both_places(knowing, ground):
    record = knowing.records["shocks"]
    far = record | {"streams": [record["streams"][0] | {"at": [605.0, 6052.0]}]}
    town = knowing.with_(records={"shocks": far})
    with pytest.raises(BadValue, match=r"s0 .*`at` 605, 6052.* m from .* at 605, 45"):
        drivers(town, event(sea=series((0, 0), (1, 1), (2, 0))), ground)


def test_sewers_and_soil_share_what_they_take_of_the_rain(knowing, ground):
    """19 mm/h taken for an hour of 30 mm/h: 15 into sewers, 4 into the soil, 11 run off."""
    made = drivers(knowing, event(rain=series((0, 30 * MM_H), (1, 30 * MM_H))), ground)
    assert made.drained.fallen == pytest.approx(0.030)
    assert made.drained.sewer == pytest.approx(0.015)
    assert made.drained.infiltration == pytest.approx(0.004)
    assert made.forcing.rain.series[0].total == pytest.approx(0.011)


def test_rain_that_the_drains_take_whole_does_not_run(knowing, ground):
    made = drivers(knowing, event(rain=series((0, 10 * MM_H), (2, 10 * MM_H))), ground)
    assert made.forcing.rain is None
    assert made.drained.sewer + made.drained.infiltration == pytest.approx(0.020)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0.0, 50.0), min_size=2, max_size=8),
    st.floats(0.0, 40.0),
)
def test_the_excess_of_rain_is_that_of_the_instant_engine(values, capacity):
    rain = Series(np.arange(len(values)) * 600.0, np.array(values) * MM_H)
    left = excess(rain, capacity * MM_H)
    assert left.total == pytest.approx(float(rain_left(rain, capacity * MM_H)), abs=1e-12)
    assert (left.values >= 0.0).all()


def test_a_driver_is_over_when_a_quarter_of_its_rise_is_left():
    assert over(series((0, 1.0), (10, 2.0), (20, 1.0))) == pytest.approx(17.5 * HOUR)
    assert over(steady(3.0)) == 0.0
    assert over(series((0, 1), (5, 4))) == 5 * HOUR


def test_a_driver_is_under_way_when_it_has_risen_by_a_quarter():
    assert under_way(series((0, 1.0), (8, 2.0), (20, 1.0))) == pytest.approx(2 * HOUR)
    assert under_way(series((0, 3.0), (8, 2.0))) == np.inf
    assert under_way(steady(3.0)) == np.inf


def test_a_run_begins_before_the_first_rain_that_runs_off(knowing, ground):
    rain = series((0, 0), (10, 10 * MM_H), (20, 10 * MM_H), (21, 28 * MM_H), (30, 0))
    made = drivers(knowing, event(rain=rain), ground)
    assert made.begin == pytest.approx(14.5 * HOUR)  # 19 mm/h are drained: it runs from 20.5 h
    steady_rain = drivers(knowing, event(rain=series((0, 5 * MM_H), (9, 5 * MM_H))), ground)
    assert (steady_rain.begin, steady_rain.end) == (0.0, 9 * HOUR)


def test_a_run_begins_six_hours_before_something_stirs_and_its_time_with_it(valley, ground):
    rise = series((0, 0.1), (20, 0.1), (24, 1.3), (28, 0.1), (90, 0.1))
    made = drivers(valley, event(sea=rise, streams={"s0": steady(1.0)}), ground)
    assert (made.begin, made.end) == (pytest.approx(15 * HOUR), pytest.approx(27 * HOUR))
    (level,) = made.forcing.levels
    assert float(level.series.at(np.array([9 * HOUR]))[0]) == pytest.approx(1.3)
    assert length(None, made, 3.0) == pytest.approx(15 * HOUR)
    late = drivers(valley, event(sea=rise), ground, begin=22 * HOUR)
    assert late.before.levels[0].series.peak == pytest.approx(0.7)


def test_a_run_lasts_as_long_as_is_asked(valley, ground):
    made = drivers(valley, event(sea=series((0, 0), (1, 1))), ground)
    assert length(2.5, made, 3.0) == 2.5 * HOUR
    for wrong in (0.0, -1.0, float("nan"), 1e6):
        with pytest.raises(BadValue, match="hours"):
            length(wrong, made, 0.0)


def test_the_sea_stands_in_the_mouth_and_the_stream_at_normal_depth(valley, ground):
    """By Manning with w = 10 m (n times 10/8), S = 0.01, Q = 2 m3/s: h = (n Q / w / S^0.5)^0.6."""
    flows = event(sea=series((0, 0.5), (1, 1.0)), streams={"s0": steady(2.0)})
    depth = first_water(ground, drivers(valley, flows, ground).before)
    row = 35
    assert depth[row, 60] == pytest.approx((0.035 * 1.25 * 2.0 / (10.0 * 0.1)) ** 0.6, rel=1e-3)
    assert depth[5, 21] == pytest.approx(0.5 - ground.bed[5, 21])
    assert depth[5, 40] == 0.0
    assert (depth[np.isnan(ground.bed)] == 0.0).all()


def test_a_hollow_behind_a_bank_is_not_filled_by_the_sea(valley):
    z = valley.terrain.values.copy()
    z[:, 30] = 3.0
    z[10:14, 31:40] = -1.0
    banked = valley.with_(terrain=valley.grid.raster(z, "terrain"), streams=valley.streams.iloc[:0])
    made = city_ground(banked)
    quiet = drivers(banked, event(sea=series((0, 0.5), (1, 1.0))), made).before
    assert first_water(made, quiet)[12, 35] == 0.0


def test_the_event_itself_is_left_as_it_was(knowing, ground):
    storm = event(sea=series((0, 0), (1, 1), (2, 0)))
    level = storm.sea.values.copy()
    drivers(knowing, storm, ground)
    assert (storm.sea.values == level).all()

"""A city's own record of shocks becomes named storms and a year of events that adds up."""

import copy
import re
import tomllib
from pathlib import Path
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

from fjordby.errors import BadCity, BadValue, MissingLayer
from fjordby.shock import (
    NOW,
    Future,
    climate,
    event_set,
    events,
    named_event,
    sea_curve,
    sea_event,
    sea_levels,
    shocks_of,
)
from fjordby.shock.records import Shocks, read_shocks
from fjordby.shock.yearly import FAMILIES, PERIODS, weights

ROOT = Path(__file__).parents[2]
RECORDS = {path.parts[-3]: path for path in sorted((ROOT / "data").glob("*/records/shocks.toml"))}


@pytest.fixture(scope="module")
def record() -> dict:
    return tomllib.loads(RECORDS["vejle"].read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def town(valley, record):
    """The made-up valley with the real record, and lines for its two streams."""
    lines = valley.streams
    streams = gpd.GeoDataFrame(
        pd.concat(
            [lines.assign(id="s1", name="Vejle Å"), lines.assign(id="s2", name="Grejs Å")],
            ignore_index=True,
        ),
        crs=lines.crs,
    )
    return valley.with_(records={"shocks": record}, streams=streams)


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_that_comes_with_the_program_can_be_read(name):
    shocks = read_shocks(tomllib.loads(RECORDS[name].read_text(encoding="utf-8")))
    assert shocks.sea.anchors
    shipped = ROOT / "src" / "fjordby" / "city" / "builtin" / name / "shocks.toml"
    assert shipped.read_text(encoding="utf-8") == RECORDS[name].read_text(encoding="utf-8")


def test_the_storms_that_people_know_have_their_heights(town):
    heights = {e.id: e.sea_peak for e in events(town) if e.sea is not None}
    assert heights["1872"] == 2.15
    assert heights["bodil-2013"] == 1.52
    assert heights["ingolf-2017"] == 1.51
    assert heights["100-years-2050"] == 2.0


def test_the_rains_that_people_know_have_their_depths(town):
    assert named_event(town, "october-2019").rain_depth == pytest.approx(0.055, rel=1e-6)
    assert named_event(town, "copenhagen-2011").rain_depth == pytest.approx(0.1354, rel=1e-6)
    assert set(named_event(town, "october-2019").streams) == {"s1", "s2"}


def test_every_event_says_how_far_to_believe_it(town):
    for e in (*events(town), *event_set(town)):
        assert e.kind in ("assumed", "derived")
        assert len(e.source) > 20
        assert e.name.da
        assert e.name.en


def test_an_old_storm_rides_on_a_new_sea(town):
    """Bodil again in 2100: its height above the sea of 2013, on the sea of 2100."""
    future = Future("central", 2100)
    sky = climate(town)
    rise = sky.mean_sea_level(future) - sky.mean_sea_level_in(2013)
    again = named_event(town, "bodil-2013", future)
    assert again.sea_peak == pytest.approx(1.52 + rise)
    assert again.year == 2100
    # The 2050 storm is set in its own future already and stays as published.
    assert named_event(town, "100-years-2050", future).sea_peak == 2.0


def test_rain_of_old_falls_deeper_in_a_warmer_year(town):
    later = named_event(town, "october-2019", Future("central", 2100))
    factor = climate(town).rain_factor(Future("central", 2100), 13)
    assert later.rain_depth == pytest.approx(0.055 * factor, rel=1e-6)


def test_the_curve_agrees_with_what_is_known_of_the_place(town):
    """Each anchor lies within the band, and 1872 is as rare as the press has it, or rarer."""
    curve = sea_curve(town)
    assert curve.level(20.0, 0.05) < 1.47 < curve.level(20.0, 0.95)
    assert curve.level(100.0, 0.05) < 1.73 < curve.level(100.0, 0.95)
    assert 1 / curve.rate(2.15, 0.95) < 700
    assert 1 / curve.rate(2.15, 0.05) > 1000
    assert curve.kind == "assumed"


def test_the_band_is_ordered_and_moves_with_the_sea(town):
    now = sea_levels(town, PERIODS)
    later = sea_levels(town, PERIODS, Future("central", 2100))
    rise = climate(town).mean_sea_level(Future("central", 2100)) - now.mean
    curve = sea_curve(town)
    for share, levels in ((0.05, now.low), (0.5, now.central), (0.95, now.high)):
        assert levels == pytest.approx(curve.level(np.array(PERIODS), share) + now.mean)
    assert (now.low < now.central).all()
    assert (now.central < now.high).all()
    assert later.central - now.central == pytest.approx(rise, abs=1e-9)
    spread = sea_levels(town, PERIODS, Future("all", 2100))
    assert (spread.high - spread.low > later.high - later.low).all()


def test_the_weights_of_a_family_add_up_to_its_mildest_rate(town):
    found = event_set(town)
    assert {e.family for e in found} == set(FAMILIES)
    for family in FAMILIES:
        own = [e for e in found if e.family == family]
        rates = [e.rate for e in own]
        assert rates == sorted(rates, reverse=True)
        assert sum(e.weight for e in own) == pytest.approx(rates[0])
    surges = sum(e.weight for e in found if e.family.startswith("surge"))
    assert surges == pytest.approx(1 / 2)  # with and without rain, once in two years


def test_the_sum_over_events_is_the_trapezoid_with_a_constant_tail(town):
    """The two roads to a yearly loss, on a loss that grows with the level."""
    own = [e for e in event_set(town) if e.family == "surge"]
    loss = np.array([(e.sea_peak - 1.0) ** 2 for e in own])
    rate = np.array([e.rate for e in own])
    by_rule = -np.trapezoid(loss, rate) + rate[-1] * loss[-1]
    assert sum(e.weight * x for e, x in zip(own, loss, strict=True)) == pytest.approx(by_rule)


def test_a_constant_loss_costs_itself_times_its_rate():
    rates = 1 / np.array([2.0, 10.0, 100.0])
    assert (7.0 * weights(rates)).sum() == pytest.approx(3.5)


def test_surges_rise_with_rarity_and_stand_on_the_mean(town):
    own = [e for e in event_set(town, Future("central", 2100)) if e.family == "surge"]
    peaks = np.array([e.sea_peak for e in own])
    assert (np.diff(peaks) > 0).all()
    now = np.array([e.sea_peak for e in event_set(town) if e.family == "surge"])
    assert np.ptp(peaks - now) < 1e-9
    assert "2100" in own[0].id
    assert own[5].name.da == "100-års stormflod i 2100"


def test_rain_and_streams_meet_the_peak_of_their_surge(town):
    wet = [e for e in event_set(town) if e.family == "surge-rain"]
    for e in wet:
        peak = e.sea.seconds[np.argmax(e.sea.values)]
        middle = (e.rain.seconds[0] + e.rain.seconds[-1]) / 2
        assert middle == pytest.approx(peak, abs=1.0)
        for flow in e.streams.values():
            assert flow.seconds[np.argmax(flow.values)] == pytest.approx(peak)
    dry = [e for e in event_set(town) if e.family == "surge"]
    assert all(e.rain is None and not e.streams for e in dry)
    assert wet[0].rate == pytest.approx(dry[0].rate / 9)  # one surge in ten brings rain


def test_a_high_curve_gives_higher_surges(town):
    low, high = (
        [e.sea_peak for e in event_set(town, families=["surge"], sea_quantile=q)]
        for q in (0.05, 0.95)
    )
    assert (np.array(high) > np.array(low)).all()


def test_a_cloudburst_has_the_depth_of_the_table(town):
    hundred = next(e for e in event_set(town) if e.id == "cloudburst-100")
    table = shocks_of(town).depth_table()
    assert hundred.rain_depth == pytest.approx(table.depth(4 * 3600.0, 100.0), rel=1e-6)


def test_a_level_of_the_users_own_gets_its_rate(town):
    level = float(sea_levels(town, 100.0).central[0])
    own = sea_event(town, level)
    assert 1 / own.rate == pytest.approx(100.0, rel=0.05)
    assert own.sea_peak == level


def test_bad_questions_get_clear_answers(town, valley):
    with pytest.raises(BadValue, match="return periods above 0 years"):
        event_set(town, return_periods=(-10.0, 100.0))
    with pytest.raises(BadValue, match="increasing return periods"):
        event_set(town, return_periods=(100.0, 10.0))
    with pytest.raises(BadValue, match="families among"):
        event_set(town, families=["meteor"])
    with pytest.raises(BadValue, match="an event among ingolf-2017"):
        named_event(town, "noah")
    with pytest.raises(BadValue, match="scenario among trend"):
        event_set(town, Future("doom", 2100))
    with pytest.raises(MissingLayer, match=r"Write a shocks\.toml"):
        events(valley)


def test_a_stream_that_the_city_lacks_is_named(town, valley):
    with pytest.raises(BadCity, match="a stream called Grejs Å"):
        event_set(town.with_(streams=valley.streams))
    dry = town.with_(streams=valley.streams.iloc[:0])
    assert "stream" not in {e.family for e in event_set(dry)}


def test_a_record_without_streams_rain_or_joint_is_enough(valley, record):
    bare = {key: record[key] for key in ("sea", "climate")}
    found = event_set(valley.with_(records={"shocks": bare}))
    assert {e.family for e in found} == {"surge"}
    assert sum(e.weight for e in found) == pytest.approx(0.5)
    assert events(valley.with_(records={"shocks": bare}), NOW) == ()


def broken(record: dict, path: list, value: object) -> dict:
    changed = copy.deepcopy(record)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["sea", "source"], None, r"sea\.source: is missing"),
        (["sea", "sauce"], "x", r"sea\.sauce: is not a key"),
        (["sea", "kind"], "guessed", r"sea\.kind"),
        (["sea", "shape"], "tsunami", r"sea\.shape: 'tsunami' is not a surge shape"),
        (["sea", "anchors", 1, "return_period"], -20, r"sea\.anchors\[1\]\.return_period"),
        (["sea", "anchors", 1, "years"], 10, r"sea\.anchors\[1\]: .*published"),
        (["storms", 0, "level"], "high", r"storms\[0\]\.level"),
        (["storms", 0, "above"], "Greenwich", r"storms\[0\]\.above"),
        (["storms", 1, "id"], "1872", r"the id '1872' is there twice"),
        (["rain", "mm", 0], [1, 2], r"rain\.mm"),
        (["streams", 0, "peaks"], [6.0, 5.0, 17.0, 24.0], r"streams\[0\]\.peaks"),
        (["cloudbursts", 0, "mm"], [55, 10], r"cloudbursts\[0\]\.mm"),
        (["joint", "probability"], 1.5, r"joint\.probability"),
        (["climate", "horizon"], 1990, r"climate\.horizon"),
        (["climate", "projections", 0, "rain"], "wet", r"projections\[0\]\.rain"),
        (["climate", "projections", 0, "rise"], 3.0, "higher probability needs a higher rise"),
        (["climate", "projections", 0, "id"], "all", "name of the program's own"),
    ],
)
def test_a_mistake_in_the_record_is_named_by_its_key(record, path, value, words):
    with pytest.raises(BadCity, match=words):
        read_shocks(broken(record, path, value))


def test_all_mistakes_are_told_at_once(record):
    twice = broken(broken(record, ["sea", "source"], None), ["storms", 0, "level"], "high")
    with pytest.raises(BadCity) as told:
        read_shocks(twice, "my/shocks.toml")
    assert len(told.value.problems) == 2
    assert "my/shocks.toml" in str(told.value)


def test_the_manual_names_every_key_of_the_record():
    manual = (ROOT / "docs" / "shocks.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([^`]+)`", manual.split("## The record")[1]))
    tables, keys = [Shocks], set()
    while tables:
        for key, entry in tables.pop().model_fields.items():
            inner = [t for t in (entry.annotation, *get_args(entry.annotation)) if is_table(t)]
            tables += inner
            if not inner:
                keys.add(key)
    assert len(keys) > 40
    assert keys <= told


def is_table(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def test_the_figures_in_the_manual_are_those_of_the_curve(town):
    """The table of Vejle in docs/shocks.md, row by row."""
    manual = (ROOT / "docs" / "shocks.md").read_text(encoding="utf-8")
    periods = np.array([2.0, 10.0, 20.0, 50.0, 100.0, 1000.0])
    band = sea_curve(town).band(periods)
    for row, levels in zip(("low (5 %)", "**central**", "high (95 %)"), band, strict=True):
        line = next(text for text in manual.splitlines() if text.startswith(f"| {row} "))
        told = [float(n) for n in re.findall(r"\d\.\d\d", line)]
        assert told == pytest.approx(levels, abs=0.0051)

"""Which hours of a storm are run, and what a study keeps of them."""

import json

import numpy as np
import pytest

from fjordby.errors import BadValue
from fjordby.flood.dynamic.record import Asked
from fjordby.grid import Grid
from fjordby.progress import silent
from fjordby.shock import events
from fjordby.shock.event import Event, Series
from fjordby.study import storm_runs
from fjordby.study.pack import read_pack
from fjordby.study.storm_runs import cut, gather_storms, hours_shown, run_event, wider
from fjordby.words import Words

HOUR = 3600.0


def surge(peak_hour=48.0, width=6.0):
    seconds = np.arange(0.0, 97.0) * HOUR
    level = 0.3 + 1.5 * np.exp(-(((seconds / HOUR - peak_hour) / width) ** 2))
    return Event("x", Words("x", "x"), sea=Series(seconds, level))


def test_a_storm_is_shown_from_before_it_rises_until_after_it_has_half_fallen():
    """A bell around hour 48: a quarter risen at 41, half fallen at 53 (width 6 h)."""
    begin, end = hours_shown(surge())
    assert begin == pytest.approx(39.0 * HOUR, abs=1.1 * HOUR)
    assert end == pytest.approx(57.0 * HOUR, abs=1.1 * HOUR)


def test_nobody_is_asked_to_watch_longer_than_a_day():
    begin, end = hours_shown(surge(width=60.0))
    assert end - begin == storm_runs.LONGEST == 24.0 * HOUR


def test_an_event_in_which_nothing_rises_is_shown_from_its_start():
    flat = Event("x", Words("x", "x"), sea=Series(np.array([0.0, HOUR]), np.ones(2)))
    assert hours_shown(flat)[0] == 0.0


def test_a_cut_event_is_the_same_event_at_other_times():
    whole = surge()
    part = cut(whole, 40.0 * HOUR, 55.5 * HOUR)
    when = np.linspace(0.0, 15.5 * HOUR, 100)
    assert np.allclose(part.sea.at(when), whole.sea.at(when + 40.0 * HOUR))
    assert part.sea.seconds[0] == 0.0
    assert part.sea.seconds[-1] == pytest.approx(15.5 * HOUR)


def test_rain_keeps_all_its_water_when_it_is_cut_around_it(stormy_valley):
    rain = next(e for e in events(stormy_valley) if e.rain is not None)
    begin, end = hours_shown(rain)
    part = cut(rain, begin, end)
    assert part.rain_depth == pytest.approx(rain.rain_depth, rel=0.35)
    assert part.rain.peak == pytest.approx(rain.rain.peak)


def test_a_large_city_is_run_in_wider_cells_and_a_small_one_in_its_own(valley):
    assert wider(valley) is None
    large = valley.with_()
    object.__setattr__(large, "grid", Grid(0.0, 0.0, 10.0, 1200, 2000, valley.crs))
    assert wider(large) == 4


def test_a_storm_that_cannot_be_run_says_why_and_stops_nothing(valley, monkeypatch):
    def refuse(*args, **more):
        raise BadValue("ground of known height", "a hole at 5, 5", "Fill it.")

    monkeypatch.setattr(storm_runs, "simulate", refuse)
    why = run_event(valley, surge(), silent)
    assert isinstance(why, Words)
    assert "a hole at 5, 5" in why.en
    assert "Forløbet kan ikke regnes" in why.da


def test_the_run_is_asked_for_the_hours_that_are_shown(valley, monkeypatch):
    asked = {}

    def note(city, event, **more):
        asked.update(more, event=event)

    monkeypatch.setattr(storm_runs, "simulate", note)
    run_event(valley, surge(), silent)
    begin, end = hours_shown(surge())
    assert asked["hours"] == pytest.approx((end - begin) / HOUR)
    assert asked["begin"] == 0.0
    assert isinstance(asked["asked"], Asked)
    assert asked["asked"].snapshots[-1] == pytest.approx(end - begin)


def test_a_study_keeps_its_cloudburst_hour_by_hour_and_names_what_it_left_out(valley_study):
    said = valley_study.table("storms")
    assert [run["id"] for run in said["runs"]] == ["copenhagen-2011"]
    assert {one["id"] for one in said["without"]} == {"bodil-2013", "november-2006"}
    assert said["without"][0]["why"]["en"].startswith("This study was made without")
    course = valley_study.table("storms/copenhagen-2011")
    assert course["high"]["kind"] == "rain"
    assert {track["kind"] for track in course["tracks"]} >= {"rain", "sea"}
    page = valley_study.folder / "page" / "storms"
    arrays, about = read_pack(page / "copenhagen-2011.pack.gz")
    assert arrays["change"].shape == (len(course["frames"]), arrays["cells"].size)
    assert about["seconds"] == course["frames"]
    balance = course["balance"]
    assert abs(balance["error"]) < 1e-3 * max(balance["rain"], 1.0)


def test_the_list_of_storms_tells_of_each_event_once(valley_study, stormy_valley, tmp_path):
    known = events(stormy_valley)
    gather_storms(valley_study.folder, known, ["storms/copenhagen-2011"], tmp_path)
    said = json.loads((tmp_path / "storms.json").read_text())
    assert len(said["runs"]) + len(said["without"]) == len(known)

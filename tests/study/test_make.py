"""The main job on a made-up town: what it computes, and that it survives bad luck."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest

from fjordby.errors import BadFile, MissingLayer
from fjordby.progress import silent
from fjordby.study import make, open_study
from fjordby.study.make import steps
from fjordby.study.steps import run
from fjordby.study.workshop import Workshop


def flat(said):
    """Return every number in a table of results."""
    if isinstance(said, dict):
        return [x for v in said.values() for x in flat(v)]
    if isinstance(said, list):
        return [x for v in said for x in flat(v)]
    return [said] if isinstance(said, int | float) else []


def test_a_higher_sea_never_hurts_less(valley_study):
    figures = valley_study.table("levels")["all"]
    for key in ("buildings", "homes", "people", "road_km", "places"):
        assert (np.diff(figures[key]) >= 0).all(), key
    assert (np.diff(figures["damage"]["mid"]) >= -1e-6).all()
    assert figures["people"][-1] > figures["people"][30] > 0


def test_districts_add_up_to_the_city(valley_study):
    said = valley_study.table("levels")
    for key in ("buildings", "people", "homes"):
        parts = np.sum([d[key] for d in said["districts"].values()], axis=0)
        assert np.allclose(parts, said["all"][key], atol=0.01)


def test_a_storm_and_its_level_tell_the_same_story(valley_study):
    """Two roads to one number: the flooded raster of a storm, and the table by sea level."""
    said = valley_study.table("levels")
    for event in valley_study.table("events")["events"]:
        if event["sea_peak"] is None:
            continue
        by_level = np.interp(event["sea_peak"], said["levels"], said["all"]["damage"]["mid"])
        assert event["impact"]["damage"]["mid"] == pytest.approx(by_level, rel=0.05)


def test_yearly_risk_grows_as_the_sea_rises(valley_study):
    risk = valley_study.table("risk")
    central = [f["ead"]["mid"] for f in risk["futures"] if f["scenario"] == "central"]
    assert risk["ead"]["mid"] < central[0] < central[1] < central[2]
    for row in [risk["ead"], *(f["ead"] for f in risk["futures"])]:
        assert 0 < row["low"] <= row["mid"] <= row["high"]


def test_the_worth_of_a_hundred_years_lies_between_its_ends(valley_study):
    """The annuity of 100 years is 29.979: the sum is at least today's loss times that."""
    risk = valley_study.table("risk")
    worth = risk["present_value"]
    assert worth["years"] == 100
    assert 29.9 * risk["ead"]["mid"] < worth["mid"] < 29.98 * 6 * risk["ead"]["mid"]


def test_what_others_say_stands_beside_ours(valley_study):
    (row,) = valley_study.table("risk")["comparison"]
    said = valley_study.table("levels")
    there = said["all"]["buildings"][said["levels"].index(1.5)]
    assert row["ours"]["mid"] == pytest.approx(there)
    assert row["why"] == [{"da": "Opdigtet.", "en": "Made up."}]


def test_every_number_is_a_number(valley_study):
    for name in ("city", "levels", "events", "risk"):
        numbers = np.array(flat(valley_study.table(name)), float)
        assert np.isfinite(numbers).all(), name


def test_a_second_run_makes_nothing(stormy_valley, valley_study):
    before = (valley_study.folder / "study.toml").read_bytes()
    hourly = ("copenhagen-2011",)
    shop = Workshop(stormy_valley, valley_study.folder)
    done = run(valley_study.folder, steps(shop, hourly), silent, "en")
    assert not any(one.fresh for one in done)
    make(stormy_valley, valley_study.folder, silent, storms=hourly)
    assert (valley_study.folder / "study.toml").read_bytes() == before


def test_a_study_says_what_it_was_made_from(stormy_valley, valley_study):
    said = tomllib.loads((valley_study.folder / "study.toml").read_text())
    assert said["fingerprint"] == stormy_valley.fingerprint
    assert valley_study.city.fingerprint == stormy_valley.fingerprint


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_with_the_same_results(
    stormy_valley, valley_study, tmp_path
):
    """Kill the run at growing times until it gets through; nothing may differ from a quiet run."""
    program = textwrap.dedent(f"""
        import sys
        from fjordby import city
        from fjordby.study import make
        known = city.load({str(valley_study.folder / "city")!r})
        make(known, sys.argv[1], lambda s, d: None, storms=())
    """)
    target, kills = tmp_path / "study", 0
    for wait in (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 60.0):
        child = subprocess.Popen([sys.executable, "-c", program, str(target)])
        try:
            assert child.wait(wait) == 0
            break
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            kills += 1
    assert kills >= 1
    for name in ("levels", "events", "risk"):
        assert open_study(target).table(name) == valley_study.table(name)


def test_a_city_without_buildings_is_told_what_to_add(stormy_valley, tmp_path):
    bare = stormy_valley.with_(buildings=stormy_valley.buildings.iloc[:0])
    with pytest.raises(MissingLayer, match="Add a buildings layer"):
        make(bare, tmp_path / "s", silent)
    assert not (tmp_path / "s").exists()


def test_a_city_without_storms_is_told_what_to_write(valley, tmp_path):
    with pytest.raises(MissingLayer, match=r"shocks\.toml"):
        make(valley, tmp_path / "s", silent)


def test_a_folder_without_a_study_says_how_to_make_one(tmp_path):
    with pytest.raises(BadFile, match="fjordby demo"):
        open_study(tmp_path)


def test_a_broken_result_says_how_to_mend_it(valley_study, tmp_path):
    import shutil

    copy = Path(shutil.copytree(valley_study.folder, tmp_path / "copy"))
    (copy / "page" / "risk.json").write_text(json.dumps({})[:-1])
    with pytest.raises(BadFile, match="Run `fjordby"):
        open_study(copy).table("risk")

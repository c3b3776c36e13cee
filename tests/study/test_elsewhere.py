"""The main job far from Denmark: other money, other maps, and cities that lack most layers."""

import json
import re
import shutil

import numpy as np
import pytest

from fjordby.choice.level_risk import Span
from fjordby.errors import BadCity, BadFile, BadValue
from fjordby.grid import Grid
from fjordby.harm import read_curves
from fjordby.progress import silent
from fjordby.report.render import html
from fjordby.study import make, open_study
from fjordby.study.make import steps
from fjordby.study.results import FORMAT
from fjordby.study.risk_table import worth_of
from fjordby.study.steps import keys_of
from fjordby.study.workshop import Workshop

TABLES = ("streams", "barriers", "people", "districts", "roads", "places", "green")


def without(city, *layers):
    """The city with no features in some layers."""
    return city.with_(**{name: getattr(city, name).iloc[:0] for name in layers})


@pytest.fixture(scope="module")
def abroad(stormy_valley):
    """The valley on the Adriatic: UTM zone 33, euro, another datum, its own sea and nothing else.

    No projections, no rain, no named storms: the least that a record of shocks can hold.
    """
    shocks = stormy_valley.records["shocks"]
    climate = {k: v for k, v in shocks["climate"].items() if k not in ("projections", "rain")}
    crs, old = "EPSG:32633", stormy_valley.grid
    grid = Grid(old.west, old.north, old.cell, old.ny, old.nx, crs)
    moved = {
        name: getattr(stormy_valley, name).set_crs(crs, allow_override=True)
        for name in ("buildings", *TABLES)
        if name != "people"
    }
    return stormy_valley.with_(
        **moved,
        terrain=grid.raster(stormy_valley.terrain.values, "terrain"),
        sea=grid.raster(stormy_valley.sea.values, "sea", "1"),
        currency="EUR",
        vertical_datum="EVRF2007",
        records={"shocks": {"sea": shocks["sea"], "climate": climate}},
    )


@pytest.fixture(scope="module")
def study_abroad(abroad, tmp_path_factory):
    return make(abroad, tmp_path_factory.mktemp("abroad") / "s", silent)


def test_the_same_water_costs_the_same_in_euro(study_abroad, valley_study):
    """Damage in kroner is that in euro times the rate of 7.45, but for the two price indexes."""
    ours, theirs = (s.table("levels")["all"]["damage"]["mid"] for s in (study_abroad, valley_study))
    ratio = np.array(theirs)[-50:] / np.array(ours)[-50:]
    assert ratio == pytest.approx(7.45, rel=0.08)


def test_a_study_in_euro_says_euro_and_never_kroner(study_abroad):
    assert study_abroad.table("risk")["currency"] == "EUR"
    assert study_abroad.table("city")["crs"] == "EPSG:32633"
    for language in ("da", "en"):
        text = html(study_abroad, language)
        assert "euro" in text
        assert not re.search(r"\bkr\b", re.sub(r'src="data:[^"]*"', "", text))
        assert "EVRF2007" in text


def test_without_projections_the_future_is_the_trend(study_abroad):
    risk = study_abroad.table("risk")
    assert {f["scenario"] for f in risk["futures"]} == {"trend"}
    assert risk["present_value"]["scenario"] == "trend"
    assert risk["rain"] == {"low": 0.0, "mid": 0.0, "high": 0.0}
    assert study_abroad.table("events")["events"] == []


@pytest.mark.parametrize("missing", [("people",), ("roads",), ("places",), TABLES], ids="-".join)
def test_a_city_without_some_layers_still_gets_its_risk(abroad, study_abroad, missing, tmp_path):
    found = make(without(abroad, *missing), tmp_path / "s", silent)
    for part in ("low", "mid", "high"):
        ead = study_abroad.table("risk")["ead"][part]
        assert found.table("risk")["ead"][part] == pytest.approx(ead)
    for language in ("da", "en"):
        assert html(found, language)


def test_what_a_city_cannot_know_is_named_and_not_nought(abroad, tmp_path):
    """No people known is not nobody hurt; no roads known is not nobody cut off."""
    bare = make(without(abroad, "people", "roads"), tmp_path / "s", silent)
    unknown = bare.table("levels")["unknown"]
    assert set(unknown) == {"people", "groups", "road_km", "cut_from_care", "isolated"}
    for language, words in (("da", "ukendt"), ("en", "not known")):
        text = html(bare, language)
        assert text.count(words) >= 3
        assert {"da": "hos 0 mennesker", "en": "homes of 0 people"}[language] not in text


def test_what_a_whole_city_knows_is_all_known(valley_study):
    assert valley_study.table("levels")["unknown"] == []


def test_money_nobody_can_convert_is_refused_before_the_work(abroad, tmp_path):
    with pytest.raises(BadValue, match="damage curves in USD") as trouble:
        make(abroad.with_(currency="USD"), tmp_path / "s", silent)
    assert "--curves" in str(trouble.value)
    assert "DKK, EUR" in str(trouble.value)
    assert not (tmp_path / "s").exists()


def curves(folder, currency="USD", factor=1.0, year=2024):
    place = folder / "mine.csv"
    head = "use,depth_m,damage_per_m2,price_year,currency,source"
    rows = [f"default,{2 * k},{1000 * factor * k},{year},{currency},made up" for k in (0, 1)]
    place.write_text("\n".join([head, *rows]) + "\n")
    return read_curves(place)


def test_a_city_in_dollars_is_computed_with_its_own_curves(abroad, tmp_path):
    found = make(abroad.with_(currency="USD"), tmp_path / "s", silent, own=(curves(tmp_path),))
    risk = found.table("risk")
    assert [f["id"] for f in risk["families"]] == ["own:mine"]
    assert 0 < risk["ead"]["low"] <= risk["ead"]["mid"] <= risk["ead"]["high"]
    text = html(found, "en")
    assert "million USD" in text
    assert "JRC" not in text


def test_own_curves_of_a_year_without_an_index_are_refused_before_the_work(abroad, tmp_path):
    with pytest.raises(BadValue, match="price year"):
        make(
            abroad.with_(currency="USD"), tmp_path / "s", silent, own=(curves(tmp_path, year=2019),)
        )
    assert not (tmp_path / "s").exists()


def keys_for(city, folder, own=()):
    return keys_of(steps(Workshop(city, folder, own)))


def test_what_results_depend_on_changes_their_keys(abroad, tmp_path):
    """Other money, words, sources or curves make other results; the same ones the same."""
    same, again = keys_for(abroad, tmp_path), keys_for(abroad.with_(), tmp_path)
    assert same == again
    for changed in (
        keys_for(abroad.with_(currency="DKK"), tmp_path),
        keys_for(abroad.with_(provenance=dict(list(abroad.provenance.items())[1:])), tmp_path),
        keys_for(abroad, tmp_path, (curves(tmp_path, "EUR"),)),
    ):
        assert changed["risk"] != same["risk"]
    one = keys_for(abroad, tmp_path, (curves(tmp_path, "EUR"),))
    other = keys_for(abroad, tmp_path, (curves(tmp_path, "EUR", 2.0),))
    assert one["levels"] != other["levels"]


def test_a_figure_of_a_climate_we_do_not_compute_is_refused_before_the_work(abroad, tmp_path):
    figure = {"id": "x", "what": "x", "value": 1, "unit": "EUR/year", "ask": "ead",
              "scenario": "high", "year": 2070, "source": "x"}  # fmt: skip
    records = {**abroad.records, "published": {"figure": [figure]}}
    with pytest.raises(BadCity, match=r"published\.toml"):
        make(abroad.with_(records=records), tmp_path / "s", silent)
    assert not (tmp_path / "s").exists()


def test_a_folder_that_holds_another_city_is_left_alone(abroad, study_abroad):
    before = (study_abroad.folder / "study.toml").read_bytes()
    with pytest.raises(BadFile, match="choose another folder"):
        make(abroad.with_(id="elsewhere"), study_abroad.folder, silent)
    assert (study_abroad.folder / "study.toml").read_bytes() == before


def test_a_broken_summary_is_written_anew_by_the_next_run(abroad, study_abroad, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(study_abroad.folder, copy)
    (copy / "study.toml").write_text("format = ")
    with pytest.raises(BadFile, match="fjordby study run"):
        open_study(copy)
    make(abroad, copy, silent)
    assert open_study(copy).table("risk") == study_abroad.table("risk")


def test_a_study_of_another_format_says_who_made_it_and_how_to_mend_it(
    abroad, study_abroad, tmp_path
):
    copy = tmp_path / "copy"
    shutil.copytree(study_abroad.folder, copy)
    said = (copy / "study.toml").read_text()
    (copy / "study.toml").write_text(
        said.replace(f"format = {FORMAT}", "format = 1").replace('fjordby = "', 'fjordby = "9.')
    )
    with pytest.raises(BadFile, match=r"format 1, made by fjordby 9\."):
        open_study(copy)
    make(abroad, copy, silent)
    assert open_study(copy).table("risk") == study_abroad.table("risk")


def test_a_rotten_raster_is_mended_by_running_again(abroad, study_abroad, tmp_path):
    """The advice of the error is true: the next run finds the rot and makes the step anew."""
    copy = tmp_path / "copy"
    shutil.copytree(study_abroad.folder, copy)
    raster = copy / "connection" / "connection.tif"
    raster.write_bytes(b"\0" * raster.stat().st_size)
    with pytest.raises(BadFile, match="Run the study again"):
        _ = open_study(copy).connection
    again = make(abroad, copy, silent)
    assert np.array_equal(again.connection, study_abroad.connection, equal_nan=True)


def test_the_worth_of_the_years_is_taken_world_by_world():
    """Two worlds: one costs 1 a year until it costs 3, the other 3 until it costs 1.

    Each is worth nearly the same over the years; quantiles year by year would say 1 and 3.
    """

    class Risk:
        def __init__(self, *worlds):
            self.worlds = np.array(worlds, float)[:, None]
            self.total = Span.of(self.worlds)

    years = [2026, 2076, 2126]
    worth = worth_of([Risk(1, 3), Risk(3, 1), Risk(3, 1)], years)
    annuity = worth_of([Risk(1, 1)] * 3, years).mid
    assert annuity == pytest.approx(29.979, abs=5e-4)
    assert worth.low > 1.4 * annuity
    assert worth.high < 2.6 * annuity


def test_studies_are_plain_json(study_abroad):
    for name in ("city", "levels", "events", "risk"):
        json.dumps(study_abroad.table(name), allow_nan=False)

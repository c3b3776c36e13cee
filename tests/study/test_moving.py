"""Moving water in a study: its runs, what they cost, and how far that is to be believed."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fjordby.cli.study import RUNS as RUNS_OF_COMMAND
from fjordby.flood import city_connection, still_water
from fjordby.flood.model import Flood
from fjordby.flood.response import Axis, Settings, Tolerance, build, recipe_of
from fjordby.flood.response.recipe import Brook
from fjordby.harm import cost_at, costs_for, water_at
from fjordby.harm.families import measured
from fjordby.progress import silent
from fjordby.shock.event import Event, Series
from fjordby.study import make, moving, open_study, response_step
from fjordby.study.moving import moving_table
from fjordby.study.moving_words import caution_of
from fjordby.study.response_step import CHECKED, CHOSEN, RUNS, SURFACE, make_response
from fjordby.study.results import CONNECTION
from fjordby.study.workshop import Workshop
from fjordby.words import Words


@pytest.fixture(scope="module")
def connected(stormy_valley, valley_study):
    """The workshop of the made-up town's study."""
    assert (valley_study.folder / CONNECTION).is_dir()
    return Workshop(stormy_valley, valley_study.folder)


def by_hand(city, folder, depth, axes=None, recipe=None):
    """A surface of a simulator by hand, with its check runs."""
    axes = axes or (Axis("sea_peak", 0.0, 3.5),)

    def at(point):
        values = np.where(np.isnan(city.terrain.values), np.nan, depth(point))
        return Flood(city.grid.raster(values.astype(np.float32), "depth"), "surge", "by hand")

    asked = Settings(Tolerance(0.005, 0.01), budget=24, checks=2)
    made = build(axes, at, folder, asked, recipe=recipe or recipe_of(city))
    np.savez(
        folder / CHECKED, shares=np.zeros((0, len(axes))), depth=np.zeros((0, 0)),
        cells=np.zeros(0),
    )  # fmt: skip
    return made


def test_where_water_stands_still_moving_water_costs_the_same(stormy_valley, connected, tmp_path):
    """The runs are still water themselves, so the two columns differ by interpolation alone."""
    connection = city_connection(stormy_valley)

    def still(point):
        return still_water(stormy_valley.terrain, connection, point["sea_peak"]).values

    surface = by_hand(stormy_valley, tmp_path, still)
    (row,) = moving_table(connected, surface, tmp_path / CHECKED)["yearly"]
    assert row["id"] == "sea"
    assert row["moving"]["mid"] == pytest.approx(row["still"]["mid"], rel=0.03)
    assert row["moving"]["low"] <= row["moving"]["mid"] <= row["moving"]["high"]


def test_water_that_stands_there_on_a_quiet_day_costs_nothing(stormy_valley, connected, tmp_path):
    connection = city_connection(stormy_valley)

    def raised(point):
        return 0.4 + still_water(stormy_valley.terrain, connection, point["sea_peak"]).values

    surface = by_hand(stormy_valley, tmp_path, raised)
    (row,) = moving_table(connected, surface, tmp_path / CHECKED)["yearly"]
    assert row["moving"]["mid"] == pytest.approx(row["still"]["mid"], rel=0.03)


def test_streams_over_their_banks_cost_what_their_depth_costs(
    stormy_valley, connected, tmp_path, monkeypatch
):
    """A tenth of a metre for each m3/s over 1: floods of 4 and 9 m3/s stand 0.3 and 0.8 m deep."""
    recipe = replace(recipe_of(stormy_valley), brooks=(Brook("s0", 1.0, 1.0, 3600.0, 7200.0),))
    axes = (Axis("stream_peak", 1.0, 11.0, "m3/s"),)
    surface = by_hand(
        stormy_valley, tmp_path, lambda p: 0.1 * (p["stream_peak"] - 1.0) + np.zeros((40, 100)),
        axes, recipe,
    )  # fmt: skip
    floods = [
        Event(
            id=f"flood-{flow}", name=Words("Å", "Stream"), family="stream", weight=weight,
            streams={"s0": Series(np.array([0.0, 1.0, 2.0]), np.array([1.0, flow, 1.0]))},
        )
        for flow, weight in ((4.0, 0.1), (9.0, 0.01))
    ]  # fmt: skip
    monkeypatch.setattr(
        moving, "event_set", lambda *_, families, **__: floods if families == ("stream",) else []
    )
    found = moving_table(connected, surface, tmp_path / CHECKED)
    (row,) = found["yearly"]
    assert (row["id"], row["still"], row["beyond"]) == ("streams", None, 0.0)
    ready, true = connected.stakes, []
    for family in connected.families:
        costs = costs_for(family, ready.exposure, "river", stormy_valley.currency, 2024)
        true.append(
            sum(
                weight
                * cost_at(costs, measured(water_at(ready.prints, flat(stormy_valley, depth)),
                                          family.measure)).sum()
                for depth, weight in ((0.3, 0.1), (0.8, 0.01))
            )
        )  # fmt: skip
    assert row["moving"]["mid"] == pytest.approx(np.mean(true), rel=0.01)


def flat(city, depth):
    """The same depth everywhere."""
    return city.grid.raster(np.full(city.grid.shape, depth, np.float32), "depth")


class Counted:
    """Runs by hand that can break off, as a power cut would."""

    made: list[float]
    after = 99

    def __init__(self, city, axes, recipe, subgrid):
        self.city = city

    def __call__(self, point):
        if len(Counted.made) >= Counted.after:
            raise KeyboardInterrupt
        Counted.made.append(point["sea_peak"])
        depth = np.maximum(point["sea_peak"] ** 2 / 2 - self.city.terrain.values, 0.0)
        return Flood(self.city.grid.raster(depth.astype(np.float32), "depth"), "surge", "by hand")

    def about(self):
        return ("by hand",)

    def stop(self):
        pass


@pytest.fixture
def counted(monkeypatch):
    monkeypatch.setattr(response_step, "CityRuns", Counted)
    monkeypatch.setattr(response_step, "AT_ONCE", 1)
    Counted.made, Counted.after = [], 99
    return Counted


def test_who_waits_for_a_study_reads_no_names_of_axes(stormy_valley, tmp_path, counted):
    told = []
    make_response(Workshop(stormy_valley, tmp_path), 8, tmp_path, lambda *said: told.append(said))
    assert len(told) > 8
    assert {doing for _, doing in told} == {""}
    assert 0.0 < told[0][0] < told[-1][0] <= 1.0


def test_a_build_that_was_cut_off_goes_on_after_its_last_run(stormy_valley, tmp_path, counted):
    shop = Workshop(stormy_valley, tmp_path)
    (tmp_path / "whole").mkdir()
    make_response(shop, 8, tmp_path / "whole", silent)
    every, counted.made = list(counted.made), []
    for left in (tmp_path / RUNS).glob("*/runs/*.npz"):
        left.unlink()
    counted.after = 4
    (tmp_path / "cut").mkdir()
    with pytest.raises(KeyboardInterrupt):
        make_response(shop, 8, tmp_path / "cut", silent)
    counted.after = 99
    make_response(shop, 8, tmp_path / "cut", silent)
    assert counted.made == every
    assert len(set(every)) == len(every)
    for name in ("nodes.npy", "errors.csv"):
        one, other = ((tmp_path / k / SURFACE / name).read_bytes() for k in ("whole", "cut"))
        assert one == other


def test_more_runs_are_added_to_those_that_there_are(stormy_valley, tmp_path, counted):
    shop = Workshop(stormy_valley, tmp_path)
    (tmp_path / "few").mkdir()
    make_response(shop, 4, tmp_path / "few", silent)
    first = len(counted.made)
    (tmp_path / "more").mkdir()
    make_response(shop, 7, tmp_path / "more", silent)
    assert first == 4 + response_step.CHECKS
    assert len(counted.made) == 7 + response_step.CHECKS


def test_a_study_has_moving_water_beside_still_water(valley_study):
    found = valley_study.moving
    (row,) = found["yearly"]
    assert row["id"] == "sea"
    # An open slope by the sea: it fills nearly to the level of the surge, never over it by much.
    assert 0.5 * row["still"]["mid"] < row["moving"]["mid"] < 1.2 * row["still"]["mid"]
    assert found["checks"] == response_step.CHECKS
    assert found["error"]["rms"] < 0.1
    surface = valley_study.response
    assert surface.grid == valley_study.city.grid
    assert np.nanmax(surface.depth({"sea_peak": 2.0}).depth.values) > 1.0


def test_a_study_can_be_made_without_moving_water(stormy_valley, tmp_path):
    made = make(stormy_valley, tmp_path / "s", silent, storms=(), response=0)
    assert made.moving is None
    assert made.response is None
    assert not (made.folder / RUNS).exists()
    assert json.loads((made.folder / "page" / "moving.json").read_text()) == {}
    assert open_study(made.folder).table("risk")["ead"]["mid"] > 0.0


@pytest.mark.parametrize(("raised", "wet"), [(0.0, True), (100.0, False)])
def test_a_study_of_houses_that_stay_dry_comes_to_its_end(
    stormy_valley, tmp_path, counted, raised, wet
):
    """Water on the meadows only, then none anywhere: no reason not to finish the study."""
    homes = stormy_valley.buildings
    far = homes[homes.geometry.centroid.x >= 780.0]
    people = stormy_valley.people
    town = stormy_valley.with_(
        terrain=stormy_valley.terrain + np.float32(raised),
        buildings=far,
        people=people[people.building.isin(far.id)],
    )
    make_response(Workshop(town, tmp_path), 4, tmp_path, silent)
    assert (tmp_path / SURFACE).exists() == wet


def test_the_command_offers_as_many_runs_as_the_study_chooses():
    assert RUNS_OF_COMMAND == CHOSEN


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"error": {"rms": 0.3, "most": 0.5}}, "0.30 m off"),
        ({"checked": [{"run": {"mid": 1.0}, "foretold": {"mid": 4.0}}]}, "75 % wrong"),
        ({"by_depth": {"low": 0.0, "high": 9.0}}, "wider than"),
        ({"beyond": 0.2}, "20 % of the yearly rate"),
    ],
)
def test_one_is_warned_of_what_was_measured_and_of_nothing_else(change, word):
    row = {"id": "sea", "moving": {"mid": 4.0}, "by_depth": {"low": 3.5, "high": 4.5}}
    row |= {"beyond": 0.0} | {k: v for k, v in change.items() if k in ("by_depth", "beyond")}
    found = {"error": {"rms": 0.05, "most": 0.1}, "checked": [], "yearly": [row]}
    said = caution_of({**found, **{k: v for k, v in change.items() if k in found}})
    assert said is not None
    assert word in said.en
    quiet = {**row, "by_depth": {"low": 3.5, "high": 4.5}, "beyond": 0.0}
    assert caution_of({**found, "yearly": [quiet]}) is None

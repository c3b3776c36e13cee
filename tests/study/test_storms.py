"""A storm for the page: its maps, its course as lines, and why still water says something else."""

import json

import numpy as np
import pytest

from fjordby.errors import BadValue
from fjordby.flood import city_connection, deepest, instant
from fjordby.flood.dynamic.record import WET
from fjordby.harm import stakes
from fjordby.shock.event import Series
from fjordby.study.pack import read_pack
from fjordby.study.page_ground import NEVER
from fjordby.study.storm_course import Track, reached_at, thinned, tracks_of
from fjordby.study.storm_maps import crossing, storm_maps
from fjordby.study.storm_words import compare, explain, hours_above
from fjordby.study.storms import frame_times, storms_said, write_storm
from fjordby.words import Words


@pytest.fixture(scope="module")
def connection(valley):
    return city_connection(valley)


@pytest.fixture(scope="module")
def still(valley, surge_by_hand, connection):
    return deepest(instant(valley, surge_by_hand, connection))


@pytest.fixture(scope="module")
def run(valley, surge_by_hand, run_by_hand):
    return run_by_hand(valley, surge_by_hand)


@pytest.fixture(scope="module")
def maps(valley, run, still, connection):
    return storm_maps(valley, run, still, connection)


@pytest.fixture(scope="module")
def written(valley, surge_by_hand, run, still, connection, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    said = write_storm(valley, surge_by_hand, run, still, connection, stakes(valley), folder)
    return said, folder / "storms"


def test_the_frames_give_back_the_depth_of_the_run(written, run, valley):
    """The sea is left out, channels count from their banks: elsewhere it is the run's own depth."""
    arrays, about = read_pack(written[1] / "surge.pack.gz")
    depth = np.cumsum(arrays["change"], axis=0, dtype=np.uint8) / 100.0
    rows = arrays["cells"] // about["nx"]
    off_stream = np.abs(valley.grid.y[rows] - 50.0) > 40.0
    for frame, shot in zip(depth, run.snapshots, strict=True):
        there = np.minimum(shot.depth.ravel()[arrays["cells"]], about["deepest"])
        assert np.abs(frame - there)[off_stream].max() <= 0.0051
    assert not valley.sea.values.ravel()[arrays["cells"]].any()
    assert about["seconds"] == [shot.seconds for shot in run.snapshots]


def test_no_cell_is_kept_that_nobody_would_see_wet(maps):
    assert (np.maximum(maps.peak, maps.still) >= WET).all()
    assert (np.diff(maps.cells) > 0).all()


def test_water_is_never_deeper_than_its_largest_depth_nor_there_before_it_arrives(maps):
    assert (maps.depth <= maps.peak + 1e-6).all()
    before = maps.seconds[:, None] < maps.arrival[None, :] - 1800.0
    assert (maps.depth[before] < WET).all()
    assert np.isnan(maps.arrival[maps.peak < WET]).all()
    assert np.isfinite(maps.arrival[maps.peak >= WET]).all()


def test_a_stream_at_rest_between_its_banks_is_not_drawn_as_a_flood(
    valley, run_by_hand, surge_by_hand, still, connection
):
    quiet = run_by_hand(valley, surge_by_hand, lag=1e9)
    assert storm_maps(valley, quiet, still, connection).peak.max() < 0.4


def test_coarser_cells_are_drawn_at_their_level_on_the_fine_ground(
    valley, run_by_hand, surge_by_hand, still, connection, maps
):
    """A level surface is one plane: cells of 20 m must say nearly what those of 10 m do."""
    coarse = storm_maps(valley, run_by_hand(valley, surge_by_hand, cell=20.0), still, connection)
    fine, found = maps.raster(maps.peak), coarse.raster(coarse.peak)
    both = (fine > 0.2) & (found > 0.2)
    assert both.sum() > 0.8 * (fine > 0.2).sum()
    assert np.abs(fine - found)[both].mean() < 0.03


def test_a_page_that_is_thinned_keeps_the_deepest_of_each_block(
    valley, run, still, connection, maps
):
    thin = storm_maps(valley, run, still, connection, largest_side=50)
    assert thin.grid.cell == 20.0
    whole = maps.raster(maps.peak)
    blocks = whole.reshape(20, 2, 50, 2).max(axis=(1, 3))
    assert np.allclose(thin.raster(thin.peak), blocks)


def test_danger_grows_with_depth_and_strikes_children_and_small_cars_first(maps):
    """0.4 m/s everywhere: children stand up to 0.5 m, small cars up to 0.3 m (stability.csv)."""
    assert set(np.unique(maps.people)) >= {0, 1, 2, 4}
    assert (maps.people[(maps.peak > 0.55) & (maps.peak < 1.1)] == 2).all()
    assert (maps.people[(maps.peak >= WET) & (maps.peak < 0.45)] == 1).all()
    assert (maps.cars[(maps.peak > 0.31) & (maps.peak < 0.39)] == 2).all()
    assert (maps.danger[maps.peak >= WET] >= 1).all()
    assert (maps.people[maps.peak < WET] == 0).all()


def test_a_crossing_lies_between_the_times_around_it():
    seconds = np.array([0.0, 100.0, 200.0])
    values = np.array([[0.0, 0.2, 0.0], [0.1, 0.3, 0.0], [0.3, 0.1, 0.01]])
    found = crossing(seconds, values, 0.2)
    assert found[0] == pytest.approx(150.0)
    assert found[1] == 0.0
    assert np.isnan(found[2])


def test_houses_are_reached_when_their_lowest_cell_gets_wet(valley, maps, written):
    ready = stakes(valley)
    wall = reached_at(maps, ready.prints, WET)
    floor = reached_at(maps, ready.prints, ready.exposure.floor_height)
    assert np.isfinite(wall).any()
    both = np.isfinite(floor)
    assert (floor[both] >= wall[both]).all()
    assert both.sum() < np.isfinite(wall).sum()
    arrays, _ = read_pack(written[1] / "surge.pack.gz")
    assert (arrays["wall"] == np.where(np.isfinite(wall), np.rint(wall / 60.0), NEVER)).all()
    told = written[0]["reached"]
    assert told["buildings"][-1] == np.isfinite(wall).sum()
    assert (np.diff(told["people"]) >= 0).all()


def test_the_lines_have_the_names_and_units_that_people_know(valley, surge_by_hand, run):
    said = {track.id: track for track in tracks_of(valley, surge_by_hand, run)}
    assert [(said[k].kind, said[k].unit) for k in ("sea", "s0", "gate", "pump")] == [
        ("sea", "m"), ("stream", "m3/s"), ("gate", "m3/s"), ("pump", "m3/s")
    ]  # fmt: skip
    assert said["s0"].name.da == "Å"
    assert said["pump"].moved == pytest.approx(2.0 * 36000.0 / np.pi, rel=0.01)


def test_thinning_a_line_keeps_its_ends_and_its_peak():
    values = np.sin(np.linspace(0.0, 3.0, 5000))
    values[3333] = 7.0
    kept = thinned(values, 100)
    assert kept.size <= 102
    assert {0, 3333, 4999} <= set(kept.tolist())


def test_a_gate_is_still_while_nothing_passes_not_while_its_flow_turns_round():
    """Open for an hour while 10 m3/s turn slowly into -10, then shut for two hours."""
    seconds = np.arange(0.0, 3 * 3600.0 + 1.0, 60.0)
    flow = np.where(seconds <= 3600.0, 10.0 - seconds / 180.0, 0.0)
    gate = Track("g", Words("port", "gate"), "gate", "m3/s", seconds, flow)
    assert gate.still_seconds == pytest.approx(2 * 3600.0, abs=120.0)


def test_a_gate_that_is_told_to_be_shut_is_shut_though_nothing_would_have_passed_anyway():
    """Shut in the second hour only; in the third it stands open and nothing comes."""
    seconds = np.arange(0.0, 3 * 3600.0 + 1.0, 60.0)
    flow = np.where(seconds <= 3600.0, 5.0, 0.0)
    leaf = np.where((seconds >= 3600.0) & (seconds < 7200.0), 0.0, 1.0)
    gate = Track("g", Words("port", "gate"), "gate", "m3/s", seconds, flow, leaf)
    assert gate.shut == [(3600.0, 7200.0)]
    assert gate.still_seconds == pytest.approx(3600.0)
    assert gate.as_dict()["shut"] == [[3600.0, 7200.0]]
    assert gate.as_dict()["told"]


def test_the_time_is_told_from_high_water(written):
    assert written[0]["high"] == {"kind": "sea", "seconds": 14400, "value": 2.2}


def test_still_water_floods_more_than_a_sea_that_is_up_for_some_hours(
    valley, maps, connection, surge_by_hand, run
):
    """The run comes later and lower inland, so still water alone fills the far end."""
    row, column = np.divmod(maps.cells, valley.grid.nx)
    found = compare(maps, connection.values[row, column], valley.terrain.values[row, column], 2.2)
    assert found.only_still > 0
    assert found.mean < 0
    area = (np.maximum(maps.peak, maps.still) >= WET).sum() * 100.0
    assert found.both + found.only_still + found.only_moving == pytest.approx(area)
    said = " ".join(w.en for w in explain(found, tracks_of(valley, surge_by_hand, run), 10.0, 10.0))
    assert "the sea stands above" in said
    assert "lower" in said
    assert "pump: 23,000 m³ lifted" in said
    assert "gate: nothing through for 6 hours" in said
    assert "cells of" not in said


def test_hours_above_a_level_are_those_of_the_line(valley, surge_by_hand, run):
    sea = next(t for t in tracks_of(valley, surge_by_hand, run) if t.kind == "sea")
    line = Series(sea.seconds, sea.values)
    fine = np.arange(0.0, 36000.0, 10.0)
    assert hours_above(sea, 1.0) == pytest.approx((line.at(fine) > 1.0).sum() / 360.0, abs=0.02)


def test_what_the_page_reads_is_json_without_nan(written):
    text = (written[1] / "surge.json").read_text()
    assert json.loads(text) == json.loads(json.dumps(written[0]))
    assert "NaN" not in text


def test_places_and_areas_tell_the_map_as_a_table(written):
    """The care home stands at 0.6 m, the hospital above all water."""
    names = [place["name"] for place in written[0]["places"]]
    assert names == ["Plejehjem"]
    home = written[0]["places"][0]
    assert home["depth"] == pytest.approx(1.53, abs=0.1)
    assert home["arrival"] < 14400
    assert {row["id"] for row in written[0]["districts"]} == {"south", "north"}


@pytest.mark.parametrize("hours", [0.4, 2.0, 10.0, 24.0, 36.5, 96.0])
def test_frames_are_few_and_end_with_the_run(hours):
    times = frame_times(hours * 3600.0)
    assert len(times) <= 50
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(hours * 3600.0)
    assert (np.diff(times) > 0).all()


def test_a_run_without_maps_or_on_another_ground_is_refused(valley, run, still, connection):
    from dataclasses import replace

    with pytest.raises(BadValue, match="snapshots"):
        storm_maps(valley, replace(run, snapshots=()), still, connection)
    moved = replace(run, grid=replace(run.grid, crs="EPSG:3857"))
    with pytest.raises(BadValue, match="Run it on this city"):
        storm_maps(valley, moved, still, connection)


def test_the_list_says_why_an_event_has_no_run(surge_by_hand, written):
    said = storms_said([written[0]], [(surge_by_hand, Words("Ingen", "None"))])
    assert said["runs"][0]["high"]["value"] == 2.2
    assert said["without"][0]["why"]["en"] == "None"

"""A surface is built run by run, goes on after a stop, and knows how far it is off."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fjordby.errors import BadFile, BadValue
from fjordby.flood import city_connection, still_water
from fjordby.flood.model import Flood
from fjordby.flood.response import Axis, Settings, Tolerance, build, load, score
from fjordby.flood.response import fit as fits
from fjordby.flood.response.axes import point_at
from fjordby.flood.response.score import together
from fjordby.grid import Grid

SHORT = Settings(budget=16, checks=3, most_nodes=120)


def events_at(axes, count, seed=9):
    draws = np.random.default_rng(seed).random((count, len(axes)))
    return [point_at(axes, share) for share in draws]


def measured(town, axes, depth_of, count=30):
    told = []
    for point in events_at(axes, count):
        true = np.nan_to_num(town.depth(point).ravel())
        told.append(score(depth_of(point), np.where(true < fits.FILM, 0.0, true)))
    return together(told)


def deep(surface):
    return lambda point: np.nan_to_num(surface.depth(point).depth.values.ravel())


@pytest.fixture(scope="module")
def built(tmp_path_factory, town, axes):
    """A surface of the made-up town, 27 runs and 6 checks."""
    folder = tmp_path_factory.mktemp("surface")
    asked = Settings(Tolerance(0.001, 0.001), budget=33, checks=6, most_nodes=200)
    return build(axes, town(), folder, asked), folder


def test_choosing_where_it_is_worst_beats_an_even_design(built, town, axes):
    """27 runs that were chosen against the 27 of three values on each of three axes."""
    surface, _ = built
    assert surface.about["runs"] == 27
    one = town()
    shares = fits.points_of([np.array([0.0, 0.5, 1.0])] * 3)
    depth = np.stack([np.nan_to_num(one.depth(point_at(axes, s)).ravel()) for s in shares])
    depth = fits.cleaned(depth.astype(np.float32))
    model = fits.learn(axes, shares, depth, 0.9)
    even = fits.lay(axes, shares, depth, model)
    chosen = measured(one, axes, deep(surface))
    plain = measured(one, axes, lambda p: even.depth(np.array([a.share(p[a.name]) for a in axes])))
    assert chosen.rms < 0.75 * plain.rms
    assert chosen.csi > plain.csi


def test_the_band_holds_what_it_says_in_events_that_were_never_run(built, town, axes):
    surface, _ = built
    one, held = town(), []
    for point in events_at(axes, 30):
        band = surface.band(point)
        true = one.depth(point)
        ground = ~np.isnan(true)
        low, middle, high = (r.values[ground] for r in (band.low, band.middle, band.high))
        held.append(score(middle, true[ground], band=(low, high)).held)
        assert (middle == surface.depth(point).depth.values[ground]).all()
    assert band.coverage == 0.9
    assert np.mean(held) >= 0.9


def test_its_own_table_of_errors_is_near_the_truth(built, town, axes):
    """What the checks say must be what thirty other events find, give or take half of it."""
    surface, _ = built
    table = surface.errors
    assert set(table.how) == {"foretold", "left out", "check"}
    assert {"sea_peak", "sea_hours", "stream_peak", "rms", "bias", "most", "csi", "held"} <= set(
        table.columns
    )
    told = float(np.sqrt((table[table.how == "check"].rms ** 2).mean()))
    true = measured(town(), axes, deep(surface)).rms
    assert 0.5 * true < told < 1.5 * true
    early, late = np.array_split(table[table.how == "foretold"].rms.to_numpy(), 2)
    assert late.mean() < early.mean()


def test_it_stops_when_it_is_good_enough(tmp_path, town, axes):
    one = town()
    coarse = Settings(Tolerance(0.3, 0.8), budget=60, checks=0)
    surface = build(axes, one, tmp_path, coarse)
    assert surface.met
    assert one.calls < 25
    assert surface.about["ended"] == "tolerance"
    never = build(axes, town(), tmp_path, Settings(Tolerance(1e-4, 1e-4), budget=9, checks=0))
    assert not never.met
    assert never.about["ended"] == "budget"


def test_a_build_that_was_killed_goes_on_and_ends_the_same(tmp_path, town, axes):
    whole = build(axes, town(), tmp_path / "whole", SHORT)
    killed = town(stop_after=9)
    with pytest.raises(KeyboardInterrupt):
        build(axes, killed, tmp_path / "killed", SHORT)
    rest = town()
    after = build(axes, rest, tmp_path / "killed", SHORT)
    assert killed.calls + rest.calls == SHORT.budget
    assert (np.asarray(after.fit.nodes) == np.asarray(whole.fit.nodes)).all()
    assert after.errors.equals(whole.errors)
    again = town()
    build(axes, again, tmp_path / "killed", SHORT)
    assert again.calls == 0


def test_runs_side_by_side_are_as_many_and_as_good(tmp_path, town, axes, built):
    one = town()
    asked = Settings(Tolerance(0.001, 0.001), budget=33, checks=6, most_nodes=200, at_once=2)
    with ThreadPoolExecutor(2) as workers:
        surface = build(axes, one, tmp_path, asked, executor=workers)
    assert one.calls == 33
    alone = measured(one, axes, deep(built[0])).rms
    assert measured(one, axes, deep(surface)).rms < 1.5 * alone


def test_a_kept_surface_is_the_surface(built):
    surface, folder = built
    again = load(folder / "surface")
    point = {"sea_peak": 2.2, "sea_hours": 11.0, "stream_peak": 7.0}
    assert isinstance(again.fit.nodes, np.memmap)
    first, second = surface.depth(point), again.depth(point)
    assert np.array_equal(first.depth.values, second.depth.values, equal_nan=True)
    assert second.engine == "response"
    assert second.water == "surge"
    assert second.grid == surface.grid
    assert not list(folder.rglob("*.part*"))


def test_places_are_the_map_at_those_places(built, axes):
    surface, _ = built
    cells = np.array([899, 450, 450, 0, 333, 610])
    points = events_at(axes, 5)
    found = surface.at(cells).depths(points)
    for row, point in zip(found, points, strict=True):
        whole = np.nan_to_num(surface.depth(point).depth.values.ravel())
        assert row == pytest.approx(whole[cells], abs=1e-6)
    values = np.array([[point[axis.name] for axis in axes] for point in points])
    assert np.array_equal(surface.at(cells).depths(values), found)
    values[3, 0] = 9.0
    with pytest.raises(BadValue, match=r"sea_peak from 0.5 to 3 m"):
        surface.at(cells).depths(values)
    assert surface.at(cells).depths(values, beyond="nearest").shape == (5, 6)
    with pytest.raises(BadValue, match="a column for each of sea_peak"):
        surface.at(cells).depths(values[:, :2])
    with pytest.raises(BadValue, match="cells from 0 to 899"):
        surface.at(np.array([900]))


def test_what_lies_beyond_the_runs_is_refused_or_told(built):
    surface, _ = built
    point = {"sea_peak": 3.4, "sea_hours": 11.0, "stream_peak": 7.0}
    with pytest.raises(BadValue, match=r"sea_peak from 0.5 to 3 m.*3.4 m, where no run was made"):
        surface.depth(point)
    assert surface.beyond(point) == ("sea_peak",)
    nearest = surface.depth(point, beyond="nearest").depth.values
    end = surface.depth({**point, "sea_peak": 3.0}).depth.values
    assert np.array_equal(nearest, end, equal_nan=True)
    with pytest.raises(BadValue, match="a value for each of sea_peak, sea_hours, stream_peak"):
        surface.depth({"sea_peak": 1.0})
    with pytest.raises(BadValue, match="finite"):
        surface.depth({**point, "sea_peak": float("nan")})
    with pytest.raises(BadValue, match="refuse"):
        surface.depth(point, beyond="guess")


def test_cells_that_matter_steer_and_weigh(tmp_path, town, axes):
    weight = np.zeros((30, 30))
    weight[20:, 5:12] = 1.0  # behind the dike
    asked = Settings(Tolerance(0.001, 0.001), budget=20, checks=2)
    there = build(axes, town(), tmp_path / "there", asked, weight=weight)
    anywhere = build(axes, town(), tmp_path / "anywhere", asked)
    cells = np.flatnonzero(weight.ravel())

    def missed(surface):
        one, points = town(), events_at(axes, 30)
        found = surface.at(cells).depths(points)
        true = np.stack([one.depth(p).ravel()[cells] for p in points])
        return float(np.sqrt(((found - true) ** 2).mean()))

    assert missed(there) < missed(anywhere)
    with pytest.raises(BadValue, match="weights of zero or more"):
        build(axes, town(), tmp_path / "there", asked, weight=weight[:5])


def test_still_water_of_a_town_is_foretold_to_the_centimetre(valley, tmp_path):
    """The instant engine as the slow one: the sea on even ground, straight between levels."""
    connection = city_connection(valley)

    def at(point):
        depth = still_water(valley.terrain, connection, point["sea_peak"])
        return Flood(depth, "surge", "sea_connection")

    axes = (Axis("sea_peak", 0.5, 4.0),)
    surface = build(axes, at, tmp_path, Settings(Tolerance(0.01, 0.03), budget=20, checks=3))
    assert surface.met
    for level in (0.71, 1.52, 2.9, 3.77):
        found = surface.depth({"sea_peak": level}).depth.values
        true = at({"sea_peak": level}).depth.values
        assert np.isnan(found).sum() == valley.sea.values.sum()
        assert np.nanmax(np.abs(found - true)) < 0.05
        assert np.sqrt(np.nanmean((found - true) ** 2)) < 0.01


def test_runs_of_another_city_are_not_mixed_in(tmp_path, town, axes):
    build(axes, town(), tmp_path, Settings(budget=5, checks=0), inputs="one city")
    with pytest.raises(BadFile, match="runs of other inputs"):
        build(axes, town(), tmp_path, inputs="another city")
    with pytest.raises(BadFile, match="runs of other axes"):
        build((Axis("sea_peak", 0.0, 3.0), *axes[1:]), town(), tmp_path, inputs="one city")


def test_damage_on_disk_is_named(tmp_path, town, axes):
    build(axes, town(), tmp_path, Settings(budget=5, checks=0))
    one = next((tmp_path / "runs").glob("*.npz"))
    one.write_bytes(one.read_bytes()[:200])
    with pytest.raises(BadFile, match="Remove this file: it is run again"):
        build(axes, town(), tmp_path, Settings(budget=5, checks=0))
    about = tmp_path / "surface" / "surface.json"
    about.write_text(json.dumps({"format": 99}))
    with pytest.raises(BadFile, match="format 99"):
        load(tmp_path / "surface")
    with pytest.raises(BadFile, match="response surface in"):
        load(tmp_path / "nowhere")


def test_a_simulator_that_makes_no_sense_is_told(tmp_path, axes, town):
    grid = Grid(0.0, 20.0, 10.0, 2, 2, "EPSG:25832")

    def flood(values):
        return lambda point: Flood(grid.raster(np.array(values, np.float32), "depth"), "surge", "x")

    with pytest.raises(BadValue, match="water somewhere"):
        build(axes, flood([[0, 0], [0, 0]]), tmp_path / "dry")
    with pytest.raises(BadValue, match="depths of zero or more"):
        build(axes, flood([[-1, 0], [0, 0]]), tmp_path / "negative")
    turns = iter([town()(point_at(axes, np.ones(3))), *[flood([[1, 0], [0, 0]])(None)] * 4])
    with pytest.raises(BadValue, match="every run on the grid and ground of the first"):
        build(axes, lambda point: next(turns), tmp_path / "grids", Settings(budget=5, checks=0))


def test_settings_and_axes_without_sense_are_refused(tmp_path, town):
    with pytest.raises(BadValue, match="from a lower to a higher end"):
        Axis("sea_peak", 2.0, 1.0)
    with pytest.raises(BadValue, match="names of their own"):
        build((Axis("a", 0, 1), Axis("a", 0, 1)), town(), tmp_path)
    with pytest.raises(BadValue, match="1 to 8 axes"):
        build((), town(), tmp_path)
    with pytest.raises(BadValue, match="numbers of runs"):
        Settings(budget=0)
    with pytest.raises(BadValue, match="a budget of 9 runs or more: 5 to begin with and 4 checks"):
        build(tuple(Axis(name, 0, 1) for name in "abc"), town(), tmp_path, Settings(budget=8))
    with pytest.raises(BadValue, match="coverage"):
        Settings(coverage=1.0)
    with pytest.raises(BadValue, match="tolerance above 0"):
        Tolerance(0.0, 0.1)


def test_points_that_are_asked_for_are_run_and_the_lattice_still_halves_beside_them(
    town, axes, tmp_path
):
    """Two points off every sixteenth: the surface is their runs there; others are chosen too."""
    simulator = town()
    also = [point_at(axes, np.full(len(axes), share)) for share in (0.37, 0.71)]
    least = 2 + len(axes) + len(also)
    asked = Settings(Tolerance(1e-4, 1e-4), budget=least + 4, checks=0, most_nodes=400)
    surface = build(axes, simulator, tmp_path, asked, also=also)
    assert surface.fit.shares.shape[0] == least + 4
    for point in also:
        true = np.nan_to_num(simulator.depth(point).ravel())
        true = np.where(true < fits.FILM, 0.0, true)
        assert np.abs(deep(surface)(point) - true).max() < 0.05
        assert np.median(np.abs(deep(surface)(point) - true)) < 1e-3

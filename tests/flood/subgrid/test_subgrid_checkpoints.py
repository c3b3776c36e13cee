"""A run on a coarse grid put aside goes on to the same bits, and belongs to its own inputs."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
import shapely

from fjordby.errors import BadFile
from fjordby.flood.dynamic import (
    Asked,
    Forcing,
    Gauge,
    Infiltration,
    Inflow,
    Keep,
    Level,
    Line,
    OpenEdge,
    Options,
    Rain,
    Wind,
    run,
    steady,
)
from fjordby.flood.dynamic.structures import Breach, Culvert, Gate, Pump, ShutAbove, Wall
from fjordby.flood.dynamic.subgrid import run_subgrid, tables
from fjordby.flood.dynamic.subgrid.engine import SubgridEngine
from fjordby.flood.dynamic.subgrid.run import FineDiary
from fjordby.shock.event import Series

#: A surge that comes and goes, and a shower in its second half.
TIDE = Series(np.array([0.0, 300.0, 700.0, 1200.0]), np.array([0.2, 1.4, 1.5, 0.1]))
SHOWER = Series(np.array([0.0, 550.0, 600.0, 900.0, 950.0]), np.array([0.0, 0.0, 2e-5, 2e-5, 0.0]))


def north(x, start, stop):
    return shapely.LineString([(x, start), (x, stop)])


@pytest.fixture(scope="module")
def harbour(ground):
    """A town behind a dike that breaks, with a gate, a culvert, a pump, a stream and a shower."""
    draw = np.random.default_rng(3)
    bed = 0.008 * np.arange(120)[None, :] + draw.normal(0.0, 0.1, (24, 120))
    bed[10:13, 22:25] = np.nan
    water = np.where(np.arange(120) < 12, 0.2, 0.0) + np.zeros(bed.shape)
    return {
        "domain": ground(bed, 5.0, depth=water),
        "factor": 3,
        "forcing": Forcing(
            levels=(Level("sea", np.arange(24), np.zeros(24, int), TIDE),),
            inflows=(Inflow("beck", np.array([4, 5]), np.array([117, 117]), steady(4.0)),),
            rain=Rain((SHOWER,)),
            infiltration=Infiltration("horton", 1e-6, 1e-5, 1e-3),
            sewer=1e-6,
            wind=Wind(steady(8.0), steady(250.0)),
            open_edges=(OpenEdge("east", 0.01),),
        ),
        "seconds": 1200.0,
        "structures": (
            Wall("dike", north(60.0, -1.0, 121.0), 1.3),
            Wall("kerb", shapely.LineString([(75.0, 45.0), (225.0, 45.0)]), 0.5),
            Breach("hole", "dike", 60.0, 20.0, 0.4, 40.0, trigger=1.2, duration=150.0,
                   growth="verheij", first_width=3.0, f1=5.0, f2=1.0),
            Gate("gate", north(60.0, 74.0, 91.0), 0.0, 1.6, rule=ShutAbove(0.9, 0.6),
                 kind="aside", speed=0.05),
            Culvert("pipe", (50.0, 70.0), (80.0, 70.0), 0.0, 0.1, 0.5),
            Pump("pump", (97.5, 67.5), (22.5, 67.5), starts=(0.9, 1.3), stops=(0.1, 0.4),
                 heads=(0.0, 4.0), flows=(0.3, 0.1), gauge=(22.5, 22.5)),
        ),
        "asked": Asked(
            every=15.0, series_every=50.0, snapshots=(130.0, 620.0), thresholds=(0.05, 0.4),
            gauges=(Gauge("quay", 57.5, 82.5), Gauge("street", 130.0, 30.0)),
            lines=(Line("main street", north(105.0, 3.0, 117.0)),),
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def whole(harbour):
    """The run left alone."""
    return run_subgrid(**harbour)


def the_same(found, whole):
    """Every map, table and number of two runs are the same bits, but for how long they took."""
    for name in (one.name for one in fields(whole)):
        if name not in ("wall_seconds", "cpu_seconds"):
            equal(getattr(found, name), getattr(whole, name), name)


def equal(found, other, name):
    if isinstance(other, np.ndarray):
        np.testing.assert_array_equal(found, other, err_msg=name, strict=True)
    elif isinstance(other, pd.DataFrame):
        pd.testing.assert_frame_equal(found, other, check_exact=True, obj=name)
    elif isinstance(other, tuple):
        assert len(found) == len(other), name
        for k, pair in enumerate(zip(found, other, strict=True)):
            equal(*pair, f"{name} {k}")
    elif hasattr(other, "speed_x"):
        for one in fields(other):
            equal(getattr(found, one.name), getattr(other, one.name), f"{name}: {one.name}")
    else:
        assert found == other, name


def stop_at(share):
    """Ctrl-C when a run has come so far."""

    def progress(done, doing):
        if done >= share:
            raise KeyboardInterrupt

    return progress


@pytest.fixture
def stopped(harbour, tmp_path):
    """A run that was stopped half way, and where it was put."""
    keep = Keep(tmp_path / "run.checkpoint", every=0.0)
    with pytest.raises(KeyboardInterrupt):
        run_subgrid(**harbour, keep=keep, progress=stop_at(0.5))
    return keep


def test_the_harbour_is_worth_putting_aside(whole):
    """All that a run can forget is on its way in it."""
    assert np.abs(whole.structures).max().min() > 0.01
    assert whole.opened["gate"].nunique() > 4
    assert whole.opened["hole"].nunique() > 4
    assert whole.opened["pump"].nunique() > 1
    assert np.abs(whole.lines["main street"]).max() > 0.01
    assert whole.gauges["street", "depth"].nunique() > 10
    assert len(whole.snapshots) == 2
    parts = vars(whole.balance)
    assert all(parts.values()), parts
    assert np.unique(whole.arrival).size > 20
    assert np.unique(whole.duration[1]).size > 20


@pytest.mark.parametrize("share", [0.01, 0.1, 0.37, 0.52, 0.8, 1.0])
def test_a_run_put_aside_goes_on_to_the_same_bits(harbour, whole, tmp_path, share):
    keep = Keep(tmp_path / "run.checkpoint")
    with pytest.raises(KeyboardInterrupt):
        run_subgrid(**harbour, keep=keep, progress=stop_at(share))
    the_same(run_subgrid(**harbour, keep=keep), whole)


def test_soil_that_fills_remembers_what_it_took(harbour, tmp_path):
    """Porous ground, cells added at the edge, nothing written down: a run of another kind."""
    soil = Infiltration("green-ampt", 1e-6, suction=0.1, deficit=0.3)
    other = harbour | {
        "factor": 5, "structures": (), "asked": Asked(every=15.0),
        "forcing": replace(harbour["forcing"], infiltration=soil),
        "share": np.linspace(0.4, 1.0, 24 * 120, dtype=np.float32).reshape(24, 120),
    }  # fmt: skip
    whole, keep = run_subgrid(**other), Keep(tmp_path / "run.checkpoint")
    with pytest.raises(KeyboardInterrupt):
        run_subgrid(**other, keep=keep, progress=stop_at(0.6))
    the_same(run_subgrid(**other, keep=keep), whole)


def test_a_run_stopped_again_and_again_goes_on_to_the_same_bits(harbour, whole, tmp_path):
    keep, told = Keep(tmp_path / "run.checkpoint"), []

    def progress(done, doing):
        told.append(done)
        if len(told) % 3 == 0:
            raise KeyboardInterrupt

    for _ in range(8):
        with pytest.raises(KeyboardInterrupt):
            run_subgrid(**harbour, keep=keep, progress=progress)
    assert told == sorted(set(told))
    assert len(told) == 24
    the_same(run_subgrid(**harbour, keep=keep), whole)


@pytest.mark.parametrize("where", ["_plan", "_stretch", "look", "show", "picture"])
@pytest.mark.parametrize("time", [2, 3, 5])
def test_ctrl_c_at_any_moment_leaves_nothing_half(
    harbour, whole, tmp_path, monkeypatch, where, time
):
    """Pressed within a stretch, a look or a line of the diary, not only between them."""
    keep, owner = Keep(tmp_path / "run.checkpoint", every=0.0), SubgridEngine
    if where == "picture":
        owner, time = FineDiary, min(time, 3)
    real, count = getattr(owner, where), [0]
    first = {"_plan": 20, "_stretch": 20, "look": 10, "show": 6, "picture": 0}[where] + time

    def pressed(*rest):
        found = real(*rest)
        count[0] += 1
        if count[0] == first:
            raise KeyboardInterrupt
        return found

    with monkeypatch.context() as pressing:
        pressing.setattr(owner, where, staticmethod(pressed) if where == "picture" else pressed)
        with pytest.raises(KeyboardInterrupt):
            run_subgrid(**harbour, keep=keep)
    the_same(run_subgrid(**harbour, keep=keep), whole)


def test_a_run_is_put_aside_as_often_as_asked(harbour, tmp_path):
    """Killed between two stretches without a word, it has lost no more than that."""
    keep = Keep(tmp_path / "run.checkpoint", every=0.0)

    def killed(share, doing):
        if share > 0.5:
            raise MemoryError

    with pytest.raises(MemoryError):
        run_subgrid(**harbour, keep=keep, progress=killed)
    told = []
    run_subgrid(**harbour, keep=keep, progress=lambda share, doing: told.append(share))
    assert 0.5 < told[0] < 0.6
    never = Keep(tmp_path / "never.checkpoint", every=float("inf"))
    run_subgrid(**harbour, keep=never)
    assert not never.path.exists()


def test_a_checkpoint_that_ends_early_is_passed_over_for_the_one_before(harbour, whole, stopped):
    path = stopped.path
    path.write_bytes(path.read_bytes()[:-100])
    the_same(run_subgrid(**harbour, keep=stopped), whole)


def test_when_no_checkpoint_is_whole_it_says_what_to_do(harbour, stopped):
    for path in (stopped.path, stopped.path.with_name("run.checkpoint.before")):
        path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadFile, match="start the run again from its beginning"):
        run_subgrid(**harbour, keep=stopped)


OTHERS = {
    "another factor": lambda h: {"factor": 4},
    "other shares": lambda h: {"share": np.full(h["domain"].bed.shape, 0.9)},
    "tables of other steps": lambda h: {"made": tables(h["domain"], h["factor"], levels=10)},
    "other roughness": lambda h: {"domain": replace(h["domain"], roughness=0.05)},
    "another time": lambda h: {"seconds": 1260.0},
    "other structures": lambda h: {"structures": h["structures"][:-1]},
    "another gauge": lambda h: {"asked": replace(h["asked"], gauges=())},
    "another line": lambda h: {"asked": replace(h["asked"], lines=())},
    "another theta": lambda h: {"options": Options(theta=0.8)},
    "an end of its own": lambda h: {"enough": lambda engine: False},
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_run_put_aside_is_refused_to_another(harbour, stopped, other):
    with pytest.raises(BadFile, match="a checkpoint of this run") as told:
        run_subgrid(**(harbour | OTHERS[other](harbour)), keep=stopped)
    assert "Give the inputs that it was made with, or another path" in str(told.value)


def test_a_run_in_plain_cells_does_not_go_on_from_one_with_tables(harbour, stopped):
    plain = {name: value for name, value in harbour.items() if name != "factor"}
    with pytest.raises(BadFile, match="a checkpoint of this run"):
        run(**plain, keep=stopped)


def test_what_does_not_matter_on_the_way_may_change(harbour, stopped):
    """A smoothed surface is drawn at the end; the tables may be made before; cores are one."""
    more = {"smooth": True, "made": tables(harbour["domain"], 3)}
    whole = run_subgrid(**harbour, **more)
    options = Options(threads=4, precision="double")
    the_same(run_subgrid(**harbour, **more, options=options, keep=stopped), whole)


@pytest.mark.parametrize("share", [0.2, 0.49, 0.5])
def test_a_run_that_has_enough_ends_where_it_would_have_ended(harbour, tmp_path, share):
    """Also when it is stopped at the very moment at which it had enough."""

    def enough(engine):
        return engine.seconds > 0.5 * harbour["seconds"] - 1.0

    whole = run_subgrid(**harbour, enough=enough)
    assert whole.seconds == 600.0
    keep = Keep(tmp_path / "run.checkpoint")
    with pytest.raises(KeyboardInterrupt):
        run_subgrid(**harbour, enough=enough, keep=keep, progress=stop_at(share))
    the_same(run_subgrid(**harbour, enough=enough, keep=keep), whole)

"""What no flood may do, wherever it is: run without cause, make or lose water, prefer a side."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fjordby.flood import dynamic
from fjordby.flood.dynamic import (
    Asked,
    Domain,
    Forcing,
    Infiltration,
    Inflow,
    Level,
    OpenEdge,
    Options,
    Rain,
    along_edge,
)
from fjordby.grid import Grid
from fjordby.shock.event import Series

QUICK = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
KINDS = [
    pytest.param(Options(precision=p, local_steps=s), id=f"{p}-{'local' if s else 'one'}-steps")
    for p in ("single", "double")
    for s in (True, False)
]
SINGLE = 2.0**-24
DOUBLE = 2.0**-53


def ground(seed, ny=18, nx=70, cell=10.0, holes=True):
    """Random rough ground: hills and hollows of a metre, cliffs, and cells of no ground."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(nx), np.arange(ny))
    bed = sum(
        rng.normal() * np.sin(rng.uniform(0.05, 0.6) * x + rng.uniform(0.05, 0.6) * y + k)
        for k in range(6)
    )
    bed = bed + 0.2 * rng.normal(size=bed.shape)
    bed[rng.random(bed.shape) < 0.03] += 3.0
    if holes:
        bed[rng.random(bed.shape) < 0.03] = np.nan
    return Grid(0.0, ny * cell, cell, ny, nx, "EPSG:25832"), bed


def lake(bed, level):
    return np.where(np.isnan(bed), 0.0, np.maximum(level - np.nan_to_num(bed), 0.0))


def flat(bed, depth, options):
    """Depths as the engine holds them: in its own precision."""
    return depth.astype(np.float32) if options.precision == "single" else depth


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("datum", [0.0, 100.0])
@given(seed=st.integers(0, 10_000), level=st.floats(-1.0, 1.5))
@QUICK
def test_a_lake_at_rest_stays_at_rest(options, datum, seed, level):
    """Over any ground, with dry islands, cliffs and cells of no ground.

    In single precision a level is known to a unit of the depth, 2e-7 m, or of a bed that stands
    high, 8e-6 m at 100 m; what flows to even that out moves less than 0.5 mm/s.
    """
    grid, bed = ground(seed)
    depth = lake(bed, level)
    run = dynamic.run(Domain(grid, bed + datum, 0.03, depth), Forcing(), 120.0, options=options)
    moved = np.nanmax(np.abs(run.last.depth - depth))
    speed = np.nanmax(np.hypot(run.last.speed_x, run.last.speed_y))
    # Maps are kept in single precision: half a unit of 8 m of water is 5e-7 m.
    assert moved < (2e-5 if options.precision == "single" else 5e-7)
    assert speed < (5e-4 if options.precision == "single" else 1e-6)


@pytest.mark.parametrize("options", KINDS)
@given(seed=st.integers(0, 10_000))
@QUICK
def test_no_water_is_made_or_lost(options, seed):
    """Whatever drives it: a sea, a stream, rain, seepage and an open edge at once."""
    rng = np.random.default_rng(seed)
    grid, bed = ground(seed)
    bed[:, 0] = -1.0
    bed[5, 40] = 0.0
    rows, columns = along_edge(grid, "west")
    times = np.array([0.0, 40.0, 80.0, 120.0])
    forcing = Forcing(
        levels=(Level("sea", rows, columns, Series(times, rng.uniform(-1.5, 1.0, 4))),),
        inflows=(
            Inflow("stream", np.array([5]), np.array([40]), Series(times, rng.uniform(0, 9, 4))),
            Inflow("drain", np.array([5]), np.array([40]), Series(times, rng.uniform(-2, 0, 4))),
        ),
        rain=Rain((Series(times, rng.uniform(0, 3e-5, 4)),)),
        infiltration=Infiltration(rate=rng.uniform(0, 1e-5)),
        sewer=rng.uniform(0, 1e-5),
        open_edges=(OpenEdge("east"), OpenEdge("north", 0.01)),
    )
    run = dynamic.run(
        Domain(grid, bed, 0.03, lake(bed, rng.uniform(-1, 0.5))), forcing, 120.0, options=options
    )
    b = run.balance
    there = b.start + b.rain + abs(b.inflows) + abs(b.levels) + b.end
    per_step = SINGLE if options.precision == "single" else DOUBLE
    assert abs(b.error) <= there * per_step * max(np.sqrt(run.steps), 1.0) * 20
    assert abs(b.error) < 1e-4 * there
    assert np.nanmin(run.last.depth) >= 0.0
    assert np.isfinite(run.last.depth[np.isfinite(bed)]).all()
    # The held cells, along the west edge, are outside the balance.
    total = np.nansum(run.last.depth[:, 1:].astype(np.float64)) * grid.cell_area
    assert total == pytest.approx(b.end, rel=1e-5)


@pytest.mark.parametrize("options", KINDS)
@given(seed=st.integers(0, 10_000), level=st.floats(-0.5, 1.5))
@QUICK
def test_a_closed_basin_keeps_every_litre_while_it_sloshes(options, seed, level):
    rng = np.random.default_rng(seed)
    grid, bed = ground(seed)
    depth = lake(bed, level) + np.where(np.isnan(bed), 0.0, rng.uniform(0, 0.5, bed.shape))
    run = dynamic.run(Domain(grid, bed, 0.03, depth), Forcing(), 60.0, options=options)
    assert run.balance.end == pytest.approx(
        run.balance.start, rel=2e-6 if options.precision == "single" else 1e-12
    )
    assert np.nanmin(run.last.depth) >= 0.0


@pytest.mark.parametrize("options", KINDS)
def test_dry_ground_without_cause_stays_dry(options):
    grid, bed = ground(3)
    run = dynamic.run(Domain(grid, bed), Forcing(), 600.0, options=options)
    assert np.nanmax(run.depth) == 0.0
    assert np.nanmax(run.last.depth) == 0.0
    assert np.isnan(run.arrival).all()


def test_a_dry_valley_behind_a_ridge_stays_dry():
    """The flood on one side of a ridge never shows on the other, not even as a film."""
    bed = np.zeros((30, 90))
    bed[:, 40] = 2.0
    grid = Grid(0.0, 300.0, 10.0, 30, 90, "EPSG:25832")
    depth = np.where(np.arange(90) < 20, 1.5, 0.0) * np.ones((30, 1))
    run = dynamic.run(Domain(grid, bed, 0.03, depth), Forcing(), 900.0)
    assert run.depth[:, 20:40].min() > 0.1
    assert run.depth[:, 40:].max() == 0.0


def storm(bed):
    """A heap of water off the middle of the map."""
    ny, nx = bed.shape
    x, y = np.meshgrid(np.arange(nx), np.arange(ny))
    heap = 1.5 * np.exp(-(((x - 0.3 * nx) / 8.0) ** 2) - ((y - 0.4 * ny) / 8.0) ** 2)
    return np.where(np.isnan(bed), 0.0, heap)


TURNS = {
    "east and west": lambda a: a[:, ::-1],
    "north and south": lambda a: a[::-1],
    "half a turn": lambda a: a[::-1, ::-1],
    "rows and columns": lambda a: a.T,
}


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("turn", TURNS, ids=lambda t: t.replace(" ", "-"))
def test_the_flood_does_not_prefer_a_side(options, turn):
    """Turned ground gives the turned flood: to rounding, in double precision bit for bit.

    On 64 x 64 cells, where the pieces that are passed over when dry turn with the map. These pieces
    are rows, and blocks that share a step are longer than wide: rows for columns changes films at
    the edge of the water, and with local time steps the front by the error of a step.
    """
    grid, bed = ground(11, ny=64, nx=64)
    depth, change = storm(bed), TURNS[turn]
    rough = np.random.default_rng(2).uniform(0.02, 0.1, bed.shape)
    rain = Forcing(rain=Rain((dynamic.steady(1e-5),)))
    one = dynamic.run(Domain(grid, bed, rough, depth), rain, 60.0, options=options)
    turned = [np.ascontiguousarray(change(values)) for values in (bed, rough, depth)]
    two = dynamic.run(Domain(grid, *turned), rain, 60.0, options=options)
    difference = np.abs(change(two.last.depth) - one.last.depth)
    if turn == "rows and columns" and options.local_steps:
        assert np.nanmean(difference) < 1e-3
    elif options.precision == "double":
        assert np.nanmax(difference) < (1e-3 if turn == "rows and columns" else 1e-12)
    else:
        assert np.nanmax(difference) < 1e-3
        assert np.nanmean(difference) < 1e-6


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("local", [True, False])
def test_two_threads_give_the_same_bits_as_one(precision, local):
    grid, bed = ground(5, ny=100, nx=140)
    depth = storm(bed)
    forcing = Forcing(rain=Rain((dynamic.steady(1e-5),)))
    runs = [
        dynamic.run(
            Domain(grid, bed, 0.03, depth), forcing, 40.0,
            asked=Asked(snapshots=(20.0,)),
            options=Options(precision=precision, local_steps=local, threads=threads),
        )
        for threads in (1, 2)
    ]  # fmt: skip
    for a, b in (
        (runs[0].last.depth, runs[1].last.depth),
        (runs[0].last.speed_x, runs[1].last.speed_x),
        (runs[0].snapshots[0].depth, runs[1].snapshots[0].depth),
        (runs[0].depth, runs[1].depth),
        (runs[0].speed, runs[1].speed),
    ):
        np.testing.assert_array_equal(a, b)


def test_the_same_run_twice_gives_the_same_bits():
    grid, bed = ground(6)
    runs = [dynamic.run(Domain(grid, bed, 0.03, storm(bed)), Forcing(), 60.0) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].last.depth, runs[1].last.depth)


def test_local_time_steps_tell_the_same_flood_as_one_step_for_all():
    """A deep fjord beside a shallow lagoon: the lagoon's longer step changes little.

    Both are first order in time; they part by their errors of the step, centimetres at most.
    """
    x = np.arange(448)
    bed = np.where(x < 64, -20.0, -1.0) * np.ones((32, 1)) + 0.001 * x
    grid = Grid(0.0, 320.0, 10.0, 32, 448, "EPSG:25832")
    rows, columns = along_edge(grid, "west")
    sea = Level("sea", rows, columns, Series(np.array([0.0, 600.0]), np.array([0.0, 0.5])))
    runs = [
        dynamic.run(
            Domain(grid, bed, 0.03, np.maximum(-bed, 0.0)), Forcing(levels=(sea,)), 900.0,
            options=Options(local_steps=local),
        )
        for local in (True, False)
    ]  # fmt: skip
    assert runs[0].cell_updates < 0.7 * runs[1].cell_updates
    wet = runs[1].last.depth > 0.05
    assert np.abs(runs[0].last.depth - runs[1].last.depth)[wet].mean() < 0.01


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize(("cell", "depth"), [(10.0, 0.0), (10.0, 2.0), (5.0, 20.0)])
def test_all_the_rain_falls_on_deep_water_too(cell, depth, precision):
    """5 mm/h for two minutes.

    Added step by step to a deep water in single precision, a tenth of a micrometre of rain is
    rounded away, always to the same side: what is left must be the rain, to one in a thousand.
    """
    grid = Grid(0.0, 20 * cell, cell, 20, 70, "EPSG:25832")
    rate = 5e-3 / 3600.0
    run = dynamic.run(
        Domain(grid, np.zeros(grid.shape), 0.03, np.full(grid.shape, depth)),
        Forcing(rain=Rain((dynamic.steady(rate),))),
        120.0,
        options=Options(precision=precision),
    )
    due = rate * 120.0 * grid.ny * grid.nx * grid.cell_area
    # What is less than a unit of the depth waits for more.
    owed = float(np.spacing(np.float32(depth))) * grid.ny * grid.nx * grid.cell_area
    assert run.balance.rain == pytest.approx(due, rel=1e-3, abs=2.0 * owed)
    assert run.balance.end - run.balance.start == pytest.approx(due, rel=1e-3, abs=2.0 * owed)


def test_all_of_the_stream_comes_in():
    """A trickle of 10 L/s into a lake of 5 m for ten minutes."""
    grid = Grid(0.0, 200.0, 10.0, 20, 70, "EPSG:25832")
    run = dynamic.run(
        Domain(grid, np.zeros(grid.shape), 0.03, np.full(grid.shape, 5.0)),
        Forcing(inflows=(Inflow("brook", np.array([3]), np.array([4]), dynamic.steady(0.01)),)),
        600.0,
    )
    assert run.balance.inflows == pytest.approx(6.0, rel=1e-3)
    assert run.balance.end - run.balance.start == pytest.approx(6.0, rel=2e-2)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_burst_onto_dry_ground_is_computed_in_steps_that_it_allows(threads):
    """A spring of 15 m3/s in cells of 1 m: its depth a second later asks for shorter steps.

    Held against steps of a twentieth of a second. Nothing is written down meanwhile, so that
    nothing else shortens the steps.
    """
    grid = Grid(0.0, 60.0, 1.0, 60, 60, "EPSG:25832")
    x, y = np.meshgrid(grid.x, grid.y)
    rows, columns = np.nonzero(np.hypot(x - 30.0, y - 30.0) < 5.0)
    forcing = Forcing(inflows=(Inflow("spring", rows, columns, dynamic.steady(15.0)),))
    asked = Asked(series_every=120.0)
    found, true = (
        dynamic.run(Domain(grid, 0.02 * x, 0.03), forcing, 120.0, asked=asked, options=options)
        for options in (Options(threads=threads), Options(longest_step=0.05))
    )
    assert found.steps < true.steps
    np.testing.assert_allclose(found.depth, true.depth, atol=0.03)

"""Water on a coarse grid: at rest, conserved, and where the fine grid has it."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fjordby.errors import BadValue
from fjordby.flood.dynamic import (
    Asked,
    Forcing,
    Gauge,
    Infiltration,
    Inflow,
    Level,
    Line,
    OpenEdge,
    Options,
    Rain,
    along_edge,
    run,
    steady,
)
from fjordby.flood.dynamic.structures import Wall
from fjordby.flood.dynamic.structures.laid import Laid
from fjordby.flood.dynamic.subgrid import run_subgrid, tables
from fjordby.flood.dynamic.subgrid.coarse import driven
from fjordby.flood.dynamic.subgrid.engine import SubgridEngine
from fjordby.shock.event import Series

RISING = Series(np.array([0.0, 300.0, 600.0]), np.array([-1.0, 1.0, 0.2]))


def lake(bed, level):
    return np.where(np.isnan(bed), 0.0, np.maximum(level - bed, 0.0)).astype(np.float32)


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_a_lake_at_rest_stays_at_rest_on_a_coarse_grid(
    ground, rough_ground, either_kernels, factor
):
    bed = rough_ground(factor, (12, 12))
    if factor > 1:
        bed[4:8, 5] = 6.0  # a wall inside coarse cells
    still = run_subgrid(
        ground(bed, 5.0, depth=lake(bed.astype(float), 0.4)), factor, Forcing(), 12.0,
        asked=Asked(every=4.0),
    )  # fmt: skip
    assert np.nanmax(still.depth_speed) < 1e-6
    assert still.balance.error == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("factor", [None, 1, 2])
@pytest.mark.parametrize("theta", [0.7, 0.9, 1.0])
def test_a_deep_quiet_sea_does_not_boil(ground, theta, factor):
    """Waves of two cells on both axes stay bounded whatever alpha and theta are asked."""
    draw = np.random.default_rng(4)
    bed = -7.0 + draw.normal(0.0, 0.05, (40, 40))
    depth = (draw.normal(0.0, 0.01, bed.shape) - bed).astype(np.float32)
    domain = ground(bed, 5.0, 0.03, depth)
    options = Options(theta=theta, alpha=0.7)
    if factor is None:
        found = run(domain, Forcing(), 300.0, options=options)
    else:
        found = run_subgrid(domain, factor, Forcing(), 300.0, options=options)
    level = found.last.depth + found.bed
    assert np.abs(level).max() < (0.1 if theta == 1.0 else 0.02)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    factor=st.sampled_from([1, 2, 5]),
    theta=st.sampled_from([0.7, 0.9, 1.0]),
    share=st.booleans(),
)
def test_no_water_is_made_or_lost(ground, rough_ground, seed, factor, theta, share):
    draw = np.random.default_rng(seed)
    bed = rough_ground(seed, (15, 20))
    bed[:2, :2] = -1.5
    land = np.argwhere(~np.isnan(bed))
    land = land[land.max(axis=1) >= 5]  # off the coarse cell where the sea is held
    at = land[draw.integers(len(land))]
    forcing = Forcing(
        levels=(Level("sea", np.zeros(1, int), np.zeros(1, int), RISING),),
        inflows=(Inflow("stream", at[:1], at[1:], steady(2.0)),),
        rain=Rain((steady(1e-5),)),
        infiltration=Infiltration("horton", 1e-6, 1e-5, 1e-3),
        sewer=2e-6,
        open_edges=(OpenEdge("east", 0.01), OpenEdge("south")),
    )
    found = run_subgrid(
        ground(bed, 10.0, depth=lake(bed, 0.0)), factor, forcing, 600.0,
        asked=Asked(every=60.0), options=Options(theta=theta),
        share=draw.random(bed.shape).astype(np.float32) if share else None,
    )  # fmt: skip
    balance = found.balance
    moved = balance.start + balance.rain + balance.inflows + abs(balance.levels)
    assert abs(balance.error) < 1e-10 * moved
    assert balance.infiltration > 0.0
    assert balance.sewer > 0.0
    for map_ in (found.depth, found.last.depth, found.speed, found.duration):
        assert np.nanmin(map_) >= 0.0
    assert np.isfinite(found.depth[~np.isnan(bed)]).all()


def test_a_factor_of_one_is_the_plain_engine(ground, rough_ground):
    bed = rough_ground(5, (24, 30), blocks=0.02)
    domain = ground(bed, 10.0, depth=lake(bed, -0.2))
    rows, columns = along_edge(domain.grid, "west")
    keep = ~np.isnan(bed[rows, columns])
    forcing = Forcing(
        levels=(Level("sea", rows[keep], columns[keep], RISING),), rain=Rain((steady(5e-6),))
    )
    options = Options(precision="double", local_steps=False, alpha=0.3)
    # Looked at often: the two engines look between their own steps.
    asked = Asked(every=5.0, snapshots=(300.0,))
    plain = run(domain, forcing, 900.0, asked=asked, options=options)
    coarse = run_subgrid(domain, 1, forcing, 900.0, asked=asked, options=options)
    free = np.ones(bed.shape, bool)
    free[rows, columns] = False
    assert np.nanmax(np.abs(plain.last.depth - coarse.last.depth)[free]) < 0.02
    wet = free & (plain.depth > 0.1)
    assert np.abs(plain.depth - coarse.depth)[wet].max() < 0.02
    assert np.median(np.abs(plain.depth - coarse.depth)[wet]) < 0.002
    assert np.median(np.abs(plain.speed - coarse.speed)[wet]) < 0.02
    late = np.abs(plain.arrival - coarse.arrival)[wet]
    assert np.nanmedian(late) <= 30.0
    assert np.nanmedian(np.abs(plain.duration - coarse.duration)[0][wet]) <= 30.0


TURNS = {
    "transposed": (lambda a: a.T, lambda r, c, ny, nx: (c, r)),
    "north for south": (lambda a: a[::-1], lambda r, c, ny, nx: (ny - 1 - r, c)),
    "east for west": (lambda a: a[:, ::-1], lambda r, c, ny, nx: (r, nx - 1 - c)),
}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("factor", [2, 3])
def test_a_turned_map_floods_the_same(ground, rough_ground, turn, factor):
    bed = rough_ground(9, (18, 18))
    there = np.argwhere(~np.isnan(bed))[[20, 21]]
    flip, cells = TURNS[turn]

    def flood(values, rows, columns):
        forcing = Forcing(inflows=(Inflow("stream", rows, columns, steady(3.0)),))
        return run_subgrid(
            ground(np.ascontiguousarray(values), 10.0), factor, forcing, 600.0,
            asked=Asked(every=60.0),
        )  # fmt: skip

    straight = flood(bed, there[:, 0], there[:, 1])
    turned = flood(flip(bed), *cells(there[:, 0], there[:, 1], *bed.shape))
    np.testing.assert_allclose(turned.depth, flip(straight.depth), atol=1e-6)
    np.testing.assert_allclose(turned.speed, flip(straight.speed), atol=1e-5)


@pytest.mark.parametrize("kind", ["straight", "slanting", "a row of houses"])
def test_a_wall_thinner_than_a_coarse_cell_holds(ground, kind):
    bed = np.zeros((40, 40))
    row, column = np.mgrid[:40, :40]
    line = {"straight": column == 17, "slanting": (column - row // 2 - 11 >= 0)
            & (column - row // 2 - 11 <= 1), "a row of houses": column == 23}[kind]  # fmt: skip
    bed[line] = np.nan if kind == "a row of houses" else 3.0
    west = column < (np.where(line, column, 99).min(axis=1))[:, None]
    rows = np.arange(40)
    slow = Series(np.array([0.0, 900.0]), np.array([0.0, 2.0]))
    sea = Level("sea", rows, np.zeros(40, int), slow)
    found = run_subgrid(ground(bed), 10, Forcing(levels=(sea,)), 1200.0)
    assert found.depth[~west & ~line].max() == 0.0
    # Strips of a coarse cell behind its wall stay dry too: that is the price.
    assert (found.depth[west] > 1.5).mean() > 0.7


def test_water_finds_its_way_around_a_single_house(ground):
    bed = np.zeros((40, 40))
    bed[12:28, 18:22] = np.nan
    sea = Level("sea", np.arange(40), np.zeros(40, int), steady(1.0))
    found = run_subgrid(ground(bed), 10, Forcing(levels=(sea,)), 3600.0)
    assert np.nanmin(found.last.depth) == pytest.approx(1.0, abs=0.02)


def manning(depth, slope, bottom=4, side=4, roughness=0.03):
    """Flow of a channel of cells of 1 m with steps for banks, each cell by Manning's law."""
    bed = np.concatenate([np.zeros(bottom), np.repeat(np.arange(1, side + 1) * 0.25, 2)])
    h = np.maximum(depth - bed, 0.0)
    return float((h ** (5 / 3)).sum() / roughness * np.sqrt(slope))


@pytest.mark.parametrize("factor", [3, 4])
def test_uniform_flow_in_a_trapezoid_is_mannings(ground, factor):
    """A channel 4 m wide at the bottom, banks of steps, 1:1000, finer than the coarse cells."""
    slope, length = 1e-3, 240
    across = np.concatenate([[1.0, 0.75, 0.5, 0.25], np.zeros(4), [0.25, 0.5, 0.75, 1.0]])
    bed = across[:, None] + 2.0 - slope * np.arange(length)[None, :]
    flow = manning(0.8, slope)
    forcing = Forcing(
        inflows=(Inflow("source", np.arange(4, 8), np.zeros(4, int), steady(flow)),),
        open_edges=(OpenEdge("east", slope),),
    )
    asked = Asked(
        every=60.0,
        gauges=(Gauge("middle", 120.5, 6.5),),
        lines=(Line("across", shapely.LineString([(120.0, 0.0), (120.0, 12.0)])),),
    )
    found = run_subgrid(ground(bed), factor, forcing, 3600.0, asked=asked)
    assert found.lines["across"].iloc[-1] == pytest.approx(-flow, rel=0.01) or found.lines[
        "across"
    ].iloc[-1] == pytest.approx(flow, rel=0.01)
    # The level is that of the coarse cell's middle: half a cell of slope either way.
    assert found.gauges["middle", "depth"].iloc[-1] == pytest.approx(0.8, abs=0.02)


def test_a_creek_two_metres_wide_runs_through_cells_of_ten(ground):
    """Its flow and depth are Manning's, which plain cells of 10 m cannot know."""
    slope = 2e-3
    bed = np.full((30, 200), 5.0) - slope * np.arange(200)[None, :]
    bed[13:15] -= 1.5
    depth = 0.6
    flow = 2 * depth ** (5 / 3) / 0.03 * np.sqrt(slope)
    forcing = Forcing(
        inflows=(Inflow("spring", np.array([13, 14]), np.zeros(2, int), steady(flow)),),
        open_edges=(OpenEdge("east", slope),),
    )
    asked = Asked(every=60.0, gauges=(Gauge("creek", 105.5, 16.5), Gauge("bank", 105.5, 5.5)))
    found = run_subgrid(ground(bed), 10, forcing, 3600.0, asked=asked)
    assert found.gauges["creek", "depth"].iloc[-1] == pytest.approx(depth, abs=0.03)
    assert found.gauges["bank", "depth"].iloc[-1] == 0.0
    assert found.last.speed_x[13, 105] == pytest.approx(flow / (2 * depth), rel=0.08)


def test_a_wall_on_coarse_faces_holds_and_tells_what_went_over(ground):
    domain = ground(np.zeros((20, 40)), 2.0)
    wall = Wall("dike", shapely.LineString([(40.0, -1.0), (40.0, 41.0)]), 1.0)
    slow = Series(np.array([0.0, 600.0]), np.array([0.0, 0.9]))
    low = Level("sea", np.arange(20), np.zeros(20, int), slow)
    held = run_subgrid(domain, 5, Forcing(levels=(low,)), 600.0, (wall,))
    assert held.depth[:, 20:].max() == 0.0
    high = Level("sea", np.arange(20), np.zeros(20, int), steady(1.4))
    over = run_subgrid(domain, 5, Forcing(levels=(high,)), 600.0, (wall,))
    assert over.depth[:, 20:].min() > 0.05
    assert over.balance.error == pytest.approx(0.0, abs=1e-6)
    passed = np.abs(np.trapezoid(over.structures["dike"], over.structures.index))
    behind = float(over.last.depth[:, 20:].sum() * 4.0)
    assert passed == pytest.approx(behind, rel=0.15)


def test_a_gauge_tells_of_the_fine_ground_under_it(ground):
    bed = np.zeros((10, 10))
    bed[:, 5:] = 0.7
    domain = ground(bed, depth=lake(bed, 1.0))
    asked = Asked(gauges=(Gauge("low", 2.5, 5.0), Gauge("high", 7.5, 5.0)))
    found = run_subgrid(domain, 10, Forcing(), 60.0, asked=asked).gauges
    assert found["low", "depth"].iloc[0] == pytest.approx(1.0)
    assert found["high", "depth"].iloc[0] == pytest.approx(0.3)


@pytest.mark.parametrize("shape", [(12, 12), (13, 11)])
def test_tables_of_an_earlier_run_bring_none_of_its_water(ground, rough_ground, shape):
    """Tables of dry ground serve a run that begins with water, and the other way round."""
    bed = rough_ground(2, shape)
    water = lake(bed, 0.3)
    made = {
        dry: tables(ground(bed, 10.0, depth=None if dry else water), 3) for dry in (True, False)
    }
    for begin in (None, water):
        domain = ground(bed, 10.0, depth=begin)
        own = run_subgrid(domain, 3, Forcing(rain=Rain((steady(1e-5),))), 300.0)
        assert (own.balance.start > 1.0) == (begin is not None)
        for one in made.values():
            other = run_subgrid(domain, 3, Forcing(rain=Rain((steady(1e-5),))), 300.0, made=one)
            assert other.balance.start == own.balance.start
            np.testing.assert_array_equal(other.depth, own.depth)


def test_tables_of_rougher_ground_are_refused(ground, rough_ground):
    bed = rough_ground(2, (12, 12))
    made = tables(ground(bed, 10.0, 0.03), 3)
    with pytest.raises(BadValue, match="roughness"):
        run_subgrid(ground(bed, 10.0, 0.06), 3, Forcing(), 60.0, made=made)


def test_a_run_that_goes_on_goes_on_bit_for_bit(ground, rough_ground):
    bed = rough_ground(2, (12, 12))
    forcing = Forcing(
        levels=(Level("sea", np.zeros(1, int), np.zeros(1, int), RISING),),
        rain=Rain((steady(1e-5),)),
    )
    made = tables(ground(bed, 10.0), 3)

    def fresh():
        seen_by = driven(made, forcing)
        return SubgridEngine(made, seen_by, Laid.none(seen_by.domain), Options(), (0.05,))

    whole, first, second = fresh(), fresh(), fresh()
    for until in (120.0, 240.0):
        whole.advance(until, 600.0)
    first.advance(120.0, 600.0)
    second.remember({name: values.copy() for name, values in first.memory().items()})
    second.advance(240.0, 600.0)
    for name, values in whole.memory().items():
        np.testing.assert_array_equal(values, second.memory()[name], err_msg=name)


@pytest.mark.parametrize(
    ("forcing", "words"),
    [
        (Forcing(inflows=(Inflow("a", np.array([9]), np.array([0]), steady(1.0)),)), "on the map"),
        (
            Forcing(inflows=(Inflow("a", np.array([1]), np.array([1]), steady(1.0)),)),
            "ground under",
        ),
        (
            Forcing(levels=(Level("b", np.array([3]), np.array([3]), steady(-1.0)),)),
            "share the water|ground below the highest",
        ),
        (Forcing(rain=Rain((steady(1.0),), np.ones((4, 4), int))), "zones of rain"),
        (Forcing(open_edges=(OpenEdge("east", -1.0),)), "slope above zero"),
        (Forcing(infiltration=Infiltration("constant", np.ones((2, 2)))), "grid's shape"),
    ],
)
def test_forcing_that_does_not_fit_says_so(ground, forcing, words):
    bed = np.zeros((4, 4))
    bed[1, 1] = np.nan
    with pytest.raises(BadValue, match=words):
        run_subgrid(ground(bed), 2, forcing, 60.0)


def test_tables_of_other_ground_are_refused(ground):
    made = tables(ground(np.zeros((4, 4))), 2)
    with pytest.raises(BadValue, match="tables of this ground"):
        run_subgrid(ground(np.ones((4, 4))), 2, Forcing(), 60.0, made=made)

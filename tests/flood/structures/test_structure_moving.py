"""Gates, breaches and pumps over time: rules, speeds, power, and a memory that goes on exactly."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import LineString

from fjordby.errors import BadValue
from fjordby.flood.dynamic.structures import (
    NEVER,
    Breach,
    Gate,
    OutwardOnly,
    Pump,
    ShutAbove,
    Wall,
    froehlich,
    kernels,
    lay,
)
from fjordby.flood.dynamic.structures.moving import verheij
from fjordby.shock.event import Series

LINE = LineString([(50, 44), (50, 46)])
OPEN = Series(np.array([0.0]), np.array([1.0]))


def gate(**changes):
    return Gate(**({"name": "g", "geometry": LINE, "sill": 0.0, "top": 2.0, "rule": OPEN}
                   | changes))  # fmt: skip


def entry(laid, law, column):
    found = laid.faces_x.law == law
    return float(getattr(laid.faces_x, column)[found][0])


def levels(outer, inner):
    """Water at one level west of the middle and at another east of it."""
    water = np.full((10, 10), float(outer))
    water[:, 5:] = inner
    return water


def test_a_gate_stands_at_the_start_where_its_rule_wants_it(flat, still):
    laid = lay([gate(speed=0.01)], flat())
    laid.update(0.0, still(0.5))
    assert entry(laid, kernels.OPENING, "lid") == 2.0
    shut = lay([gate(rule=Series(np.array([0.0]), np.array([0.0])), speed=0.01)], flat())
    shut.update(0.0, still(0.5))
    assert entry(shut, kernels.OPENING, "lid") == 0.0


def test_a_leaf_moves_no_faster_than_its_speed(flat, still):
    """From shut, asked to open at 10 s, 2 m at 0.05 m/s: 0.5 m after 10 s, open after 40 s."""
    schedule = Series.steps(np.array([10.0, 1000.0]), np.array([1.0]))
    laid = lay([gate(rule=schedule, speed=0.05)], flat())
    seen = []
    for t in np.arange(0.0, 70.0, 2.0):
        laid.update(t, still(0.5))
        seen.append(entry(laid, kernels.OPENING, "lid"))
    assert seen[5] == pytest.approx(0.0, abs=0.11)
    assert_allclose(seen[10], 0.05 * 10.0, atol=0.11)
    assert seen[-1] == 2.0
    assert (np.diff(seen) <= 0.05 * 2.0 + 1e-12).all()


@pytest.mark.parametrize(
    ("kind", "law", "column", "shut", "half"),
    [
        ("lift", kernels.OPENING, "lid", 0.0, 1.0),
        ("aside", kernels.OPENING, "share", 0.0, 0.1),
        ("aside", kernels.SHARP, "share", 0.2, 0.1),
        ("sink", kernels.SHARP, "crest", 2.0, 1.0),
    ],
)
def test_each_kind_of_gate_opens_in_its_way(flat, still, kind, law, column, shut, half):
    for opened, want in ((0.0, shut), (0.5, half)):
        laid = lay([gate(kind=kind, rule=lambda *_, o=opened: o)], flat())
        laid.update(0.0, still(0.5))
        assert entry(laid, law, column) == pytest.approx(want)


def test_water_flows_over_a_lifted_leaf_only_when_it_reaches_its_top(flat, still):
    laid = lay([gate(height=1.5)], flat())
    laid.update(0.0, still(0.5))
    assert entry(laid, kernels.OPENING, "lid") == 1.5
    assert entry(laid, kernels.SHARP, "crest") == 3.5


def test_a_gate_against_the_sea_waits_between_its_two_levels(flat, still):
    laid = lay([gate(rule=ShutAbove(1.0, reopen=0.8, margin=None))], flat())
    lids = []
    for t, sea in enumerate([0.5, 0.9, 1.1, 0.9, 0.81, 0.79, 0.9]):
        laid.update(float(t), still(levels(sea, 0.2)))
        lids.append(entry(laid, kernels.OPENING, "lid") > 0)
    assert lids == [True, True, False, False, False, True, True]


def test_a_gate_against_the_sea_lets_the_stream_out(flat, still):
    """Shut at 1.1 m of sea; opens when the stream behind it stands higher, until it does not."""
    laid = lay([gate(rule=ShutAbove(1.0, reopen=0.8, margin=0.1))], flat())
    seen = []
    for t, (sea, stream) in enumerate(
        [(1.2, 0.5), (1.2, 1.25), (1.2, 1.31), (1.2, 1.22), (1.2, 1.2)]
    ):
        laid.update(float(t), still(levels(sea, stream)))
        seen.append(entry(laid, kernels.OPENING, "lid") > 0)
    assert seen == [False, False, True, True, False]


def test_an_outlet_gate_opens_outwards_only(flat, still):
    laid = lay([gate(rule=OutwardOnly(0.05))], flat())
    seen = []
    for t, (sea, stream) in enumerate([(1.0, 0.5), (1.0, 1.02), (1.0, 1.06), (1.0, 1.01), (1, 1)]):
        laid.update(float(t), still(levels(sea, stream)))
        seen.append(entry(laid, kernels.OPENING, "lid") > 0)
    assert seen == [False, False, True, True, False]


def test_a_gate_looks_at_the_points_it_is_told(flat, still):
    """The line runs north, so its left is west; the rule is told otherwise."""
    seen = []
    water = np.arange(100.0).reshape(10, 10)

    def rule(seconds, outer, inner, now):
        seen.append((outer, inner))
        return now

    lay([gate(rule=rule)], flat()).update(0.0, still(water))
    turned = LineString([(50, 46), (50, 44)])
    lay([gate(rule=rule, geometry=turned)], flat()).update(0.0, still(water))
    lay([gate(rule=rule, outer=(95, 5), inner=(5, 95))], flat()).update(0.0, still(water))
    assert seen == [(54.0, 55.0), (55.0, 54.0), (99.0, 0.0)]


@pytest.mark.parametrize("answer", [math.nan, None, "open"])
def test_a_rule_or_a_power_that_is_no_number_is_said_with_its_structure_and_time(
    flat, still, answer
):
    for wrong, words in (
        ({"rule": lambda *seen: answer}, "how far open g should be"),
        ({"power": lambda seconds: answer}, "power for g"),
    ):
        laid = lay([gate(**wrong)], flat())
        if "power" in wrong:  # it is not asked for before the first step
            laid.update(0.0, still(0.5))
        with pytest.raises(BadValue, match=f"{words}, a number from 0 to 1.*after 70 s"):
            laid.update(70.0, still(0.5))


def test_a_gate_against_the_sea_needs_a_margin_that_is_a_number():
    for margin in (math.nan, -0.1):
        with pytest.raises(BadValue, match="margin of zero or more"):
            ShutAbove(1.0, 0.8, margin=margin)


def test_a_gate_without_power_stays_as_it_is(flat, still):
    cut = Series.steps(np.array([-1.0, 5.0]), np.array([1.0]))
    laid = lay([gate(rule=ShutAbove(1.0, 0.8, None), power=cut)], flat())
    laid.update(0.0, still(levels(0.5, 0.2)))
    laid.update(10.0, still(levels(1.5, 0.2)))
    assert entry(laid, kernels.OPENING, "lid") == 2.0


WALL = Wall("w", LineString([(50, -5), (50, 105)]), 2.0)


def breach(**changes):
    return Breach(**({"name": "b", "wall": "w", "x": 50.0, "y": 50.0, "sill": 0.5, "width": 30.0,
                      "start": 100.0, "duration": 200.0} | changes))  # fmt: skip


def opened(laid):
    """Width [m] and sill of the breach, width of the wall that is left [m]."""
    mine = laid.faces_x.owner == laid.names.index("b")
    wall = laid.faces_x.owner == laid.names.index("w")
    wide = laid.faces_x.share[mine & (laid.faces_x.crest < NEVER)]
    return wide.sum() * 10.0, laid.faces_x.crest[mine].min(), laid.faces_x.share[wall].sum() * 10.0


def test_a_linear_breach_grows_evenly(flat, still):
    laid = lay([WALL, breach()], flat())
    laid.update(0.0, still(1.0))
    assert opened(laid)[2] == pytest.approx(100.0)
    for t, part in ((99.0, 0.0), (150.0, 0.25), (200.0, 0.5), (300.0, 1.0), (900.0, 1.0)):
        laid.update(t, still(1.0))
        wide, sill, left = opened(laid)
        assert wide == pytest.approx(30.0 * part, abs=1e-6)
        assert left == pytest.approx(100.0 - 30.0 * part, abs=1e-6)
        if part:
            assert sill == pytest.approx(2.0 - 1.5 * part)


def test_a_breach_at_the_end_of_a_wall_has_its_width(flat, still):
    wall = Wall("w", LineString([(50, 0), (50, 100)]), 2.0)
    laid = lay([wall, breach(y=2.0, width=4.0, start=0.0, duration=1.0)], flat())
    laid.update(5.0, still(1.0))
    assert opened(laid) == pytest.approx((4.0, 0.5, 96.0))


def test_a_breach_waits_for_its_level_on_either_side(flat, still):
    for water in (levels(1.9, 0.0), levels(0.0, 1.9)):
        laid = lay([WALL, breach(start=None, trigger=1.8)], flat())
        laid.update(0.0, still(1.7))
        laid.update(1000.0, still(water))
        assert opened(laid)[0] == 0.0
        laid.update(1100.0, still(0.0))  # it goes on growing when the water has fallen
        assert opened(laid)[0] == pytest.approx(15.0)


def test_a_breach_by_verheij_grows_as_the_formula_in_one_piece(flat, still):
    """With a steady drop: B = B0 + f1 sqrt(g) dH^1.5 / uc log10(1 + f2 g t / uc), t in hours.

    Verheij & van der Knaap (2002) in one piece, against the sum of our steps.
    """
    wide = Wall("w", LineString([(50, -5), (50, 805)]), 2.0)
    laid = lay([wide, breach(y=400.0, width=500.0, growth="verheij", start=0.0, duration=600.0)],
               flat(80, 10))  # fmt: skip
    water = np.full((80, 10), 1.8)
    water[:, 5:] = 0.3
    for t in np.arange(0.0, 600.0 + 2 * 3600.0 + 1.0, 10.0):
        laid.update(t, still(water, {"b": 1000.0}))
    drop, g, uc, hours = 1.3, 9.80665, 0.2, 2.0
    want = 10.0 + 1.3 * math.sqrt(g) * drop**1.5 / uc * math.log10(1 + 0.04 * g / uc * hours)
    assert opened(laid)[0] == pytest.approx(want, rel=0.01)


def test_a_breach_by_verheij_rests_while_the_water_is_slow(flat, still):
    laid = lay([WALL, breach(growth="verheij", start=0.0, duration=60.0, width=80.0)], flat())
    for t in np.arange(0.0, 3600.0, 60.0):
        laid.update(t, still(levels(1.8, 0.0), {"b": 0.01}))
    assert opened(laid)[0] == pytest.approx(10.0)
    assert verheij(1.0, 1.0, 0.0, 0.0, 5.0, breach()) == 0.0


def test_a_dam_breach_by_froehlich():
    """Teton-like: 310 million m3, 77.4 m: 0.27 x 1.0 x V^0.32 h^0.04, 63.2 sqrt(V / g h2)."""
    width, seconds = froehlich(310e6, 77.4, overtopped=False)
    assert_allclose(width, 0.27 * 310e6**0.32 * 77.4**0.04, rtol=1e-12)
    assert 160 < width < 180
    assert_allclose(seconds, 63.2 * math.sqrt(310e6 / (9.80665 * 77.4**2)), rtol=1e-12)
    assert froehlich(310e6, 77.4)[0] == pytest.approx(1.3 * width)


def pump(**changes):
    return Pump(**({"name": "p", "start": (5.0, 5.0), "end": (95.0, 95.0),
                    "starts": (1.0, 1.2, 1.4), "stops": (0.5, 0.7, 0.9),
                    "heads": (0.0, 4.0), "flows": (1.0, 0.5)} | changes))  # fmt: skip


def running(laid):
    return float(laid.links.values[0, kernels.NUMBER])


def test_units_start_one_after_the_other_and_stop_later(flat, still):
    laid = lay([pump()], flat())
    seen = []
    for t, level in enumerate([0.4, 1.1, 1.3, 1.5, 1.0, 0.8, 0.6, 0.4, 0.9]):
        laid.update(float(t), still(level))
        seen.append(running(laid))
    assert seen == [0.0, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 0.0, 0.0]


def test_the_reserve_runs_only_in_place_of_another(flat, still):
    broken = Series.steps(np.array([10.0, 20.0]), np.array([1.0]))
    laid = lay([pump(reserve=1, out_of_order=broken)], flat())
    laid.update(0.0, still(2.0))
    assert running(laid) == 2.0
    laid.update(15.0, still(2.0))
    assert running(laid) == 2.0
    two = Series.steps(np.array([10.0, 20.0]), np.array([2.0]))
    worse = lay([pump(reserve=1, out_of_order=two)], flat())
    worse.update(15.0, still(2.0))
    assert running(worse) == pytest.approx(1.0)


def test_without_power_nothing_is_pumped_and_afterwards_it_goes_on(flat, still):
    for power in (Series.steps(np.array([-9.0, 10.0, 20.0, 99.0]), np.array([1.0, 0.0, 1.0])),
                  lambda seconds: 0.0 if 10.0 < seconds < 20.0 else 1.0):  # fmt: skip
        laid = lay([pump(power=power)], flat())
        seen = []
        for t in (0.0, 15.0, 25.0):
            laid.update(t, still(1.3))
            seen.append(round(running(laid), 6))
        assert seen == [2.0, 0.0, 2.0]


def test_a_pump_may_look_elsewhere(flat, still):
    water = np.zeros((10, 10))
    water[0, 0] = 1.3
    laid = lay([pump(gauge=(5.0, 95.0))], flat())
    laid.update(0.0, still(water))
    assert running(laid) == 2.0


def everything():
    return [
        WALL,
        breach(y=80.0, start=None, trigger=1.2, width=15.0),
        gate(rule=ShutAbove(1.0, 0.8), speed=0.02),
        pump(),
    ]


@given(sea=st.lists(st.floats(0.0, 2.0), min_size=4, max_size=12), at=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_resumed_run_goes_on_as_if_nothing_had_happened(flat, still, sea, at):
    """Bit for bit: tables and memory of a run in one piece, and of one that was put away."""
    whole, first, second = (lay(everything(), flat()) for _ in range(3))
    for k, level in enumerate(sea):
        whole.update(7.0 * k, still(levels(level, 0.3)))
    for k, level in enumerate(sea[:at]):
        first.update(7.0 * k, still(levels(level, 0.3)))
    second.remember(first.memory())
    for k, level in enumerate(sea[at:], at):
        second.update(7.0 * k, still(levels(level, 0.3)))
    one, two = whole.memory(), second.memory()
    assert one.keys() == two.keys()
    for name in one:
        assert_array_equal(one[name], two[name], err_msg=name)


def test_a_memory_is_a_copy(flat, still):
    laid = lay(everything(), flat())
    laid.update(0.0, still(0.5))
    kept = laid.memory()
    laid.update(500.0, still(1.9))
    assert kept["clock"][0] == 0.0
    assert any((kept[k] != laid.memory()[k]).any() for k in kept)


def test_the_memory_of_other_structures_is_refused(flat, still):
    laid = lay(everything(), flat())
    with pytest.raises(BadValue, match="state:g"):
        laid.remember(lay([WALL], flat()).memory())


def test_tables_keep_their_arrays_when_things_move(flat, still):
    """The engine holds these arrays: they must be written into, never replaced."""
    laid = lay(everything(), flat())
    before = [id(values) for values in (*laid.faces_x, *laid.faces_y, *laid.links)]
    laid.update(0.0, still(0.5))
    laid.update(400.0, still(1.9))
    laid.remember(laid.memory())
    assert before == [id(values) for values in (*laid.faces_x, *laid.faces_y, *laid.links)]

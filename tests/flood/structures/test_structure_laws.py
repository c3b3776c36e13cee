"""What passes walls, gates, bridges, culverts and pumps, by hand and in any case."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from fjordby.flood.dynamic.structures import Culvert, LinkTable
from fjordby.flood.dynamic.structures.culverts import INLETS, inlet_curve, inlet_of

G = 9.80665
NONE = 1.0e9
QUIET = {"deadline": None, "max_examples": 150}

#: Law, lid above the crest and coefficient: every law with and without a lid near the water.
LAWS = [
    (0, NONE, 1.0), (1, NONE, 1.0), (2, 0.5, 0.611), (2, 2.0, 0.611), (2, NONE, 0.611),
    (3, 0.7, 0.2), (3, 0.7, 0.01), (3, NONE, 1.5), (2, 1.0, 0.5),
]  # fmt: skip

heights = st.floats(-1.0, 4.0).map(lambda x: round(x, 4))
some_law = st.sampled_from(LAWS)


def edge(laws, law, level0, level1, crest=0.0, bed0=-1.0, bed1=-1.0, share=1.0, way=0):
    kind, lid, coefficient = law
    return laws.edge_flow(
        kind, level0, bed0, level1, bed1, crest, crest + lid, share, coefficient, way
    )


@given(law=some_law, one=heights, two=heights, bed0=heights, bed1=heights)
@settings(**QUIET)
def test_the_flow_turns_round_when_the_sides_are_swapped(laws, law, one, two, bed0, bed1):
    there = edge(laws, law, one, two, bed0=bed0, bed1=bed1)
    back = edge(laws, law, two, one, bed0=bed1, bed1=bed0)
    assert there == -back
    assert there * (one - two) >= 0.0


@given(law=some_law, level=heights)
@settings(**QUIET)
def test_nothing_flows_between_equal_levels(laws, law, level):
    assert edge(laws, law, level, level) == 0.0


@given(law=some_law, one=heights, two=heights, more=st.floats(0.0, 1.0))
@settings(**QUIET)
def test_more_water_upstream_never_lets_less_through(laws, law, one, two, more):
    flow = edge(laws, law, one, two)
    slack = 1e-12 + 1e-12 * abs(flow)
    assert edge(laws, law, one + more, two) >= flow - slack
    assert edge(laws, law, one, two + more) <= flow + slack


@given(law=some_law, one=heights, two=heights, less=st.floats(1e-7, 1e-5))
@settings(**QUIET)
@example(law=(2, 0.5, 0.611), one=0.5, two=-1.0, less=1e-6)
@example(law=(2, 0.5, 0.611), one=1.0, two=0.5, less=1e-6)
def test_the_flow_has_no_jump(laws, law, one, two, less):
    """The steepest place is the calm near equal levels, where q = y sqrt(2 g / loss / 1 mm) dz."""
    _, _, coefficient = law
    loss = coefficient if law[0] == 3 else 1.0
    steepest = 5.0 * math.sqrt(2.0 * G / (loss * 1.0e-3)) + 40.0
    for a, b in ((one + less, two), (one, two + less)):
        assert abs(edge(laws, law, a, b) - edge(laws, law, one, two)) <= steepest * less


@given(law=some_law, one=heights, two=heights, share=st.floats(0.0, 1.0))
@settings(**QUIET)
def test_half_the_width_lets_half_the_water_through(laws, law, one, two, share):
    assert_allclose(
        edge(laws, law, one, two, share=share), share * edge(laws, law, one, two), rtol=1e-14
    )


@given(law=some_law, one=heights, two=heights)
@settings(**QUIET)
def test_a_flap_lets_no_water_back(laws, law, one, two):
    free = edge(laws, law, one, two)
    assert edge(laws, law, one, two, way=1) == max(free, 0.0)
    assert edge(laws, law, one, two, way=-1) == min(free, 0.0)


@pytest.mark.parametrize("head", [0.002, 0.1, 1.0, 2.5])
def test_critical_flow_goes_over_a_level_crest(laws, head):
    """Belanger: q = (2/3)^1.5 sqrt(g) H^1.5, unmoved by a tail up to two thirds of the head."""
    for tail in (-5.0, 0.0, 0.5 * head, 0.666 * head):
        q = edge(laws, (0, NONE, 1.0), head, tail)
        assert_allclose(q, 1.704604 * head**1.5, rtol=1e-6)


def test_a_drowned_dike_follows_the_drop(laws):
    """Torricelli over a sill, q = h2 sqrt(2 g (h1 - h2)): 1.5 m of tail, 0.1 m of drop."""
    q = edge(laws, (0, NONE, 1.0), 1.6, 1.5)
    assert_allclose(q, 1.5 * math.sqrt(2 * G * 0.1), rtol=1e-12)


def test_a_thin_wall_drowns_as_villemonte_measured(laws):
    """Villemonte (1947): Q/Q1 = (1 - (h2/h1)^1.5)^0.385; at half the head 0.8454."""
    free = edge(laws, (1, NONE, 1.0), 1.0, 0.0)
    assert_allclose(edge(laws, (1, NONE, 1.0), 1.0, 0.5) / free, (1 - 0.5**1.5) ** 0.385, rtol=1e-9)
    assert_allclose(edge(laws, (1, NONE, 1.0), 1.0, 0.5) / free, 0.8454, atol=1e-4)
    assert_allclose(free, 1.704604, rtol=1e-6)


def test_the_coefficient_of_a_weir_counts(laws):
    assert_allclose(
        laws.edge_flow(0, 1.0, 0.0, 0.0, 0.0, 0.0, NONE, 1.0, 0.84, 0), 0.84 * 1.704604, rtol=1e-6
    )


def test_a_sluice_gate_runs_free_with_a_contracted_jet(laws):
    """Gate 0.5 m open under 3 m: q = Cc a sqrt(2 g (H - Cc a)), Cc = 0.611: 2.221 m2/s."""
    q = edge(laws, (2, 0.5, 0.611), 3.0, 0.1)
    jet = 0.611 * 0.5
    assert_allclose(q, jet * math.sqrt(2 * G * (3.0 - jet)), rtol=1e-12)
    assert_allclose(q, 2.2210, atol=1e-3)


def test_a_drowned_gate_is_torricelli(laws):
    """Gate 0.5 m open between 3 and 2 m of water: q = Cc a sqrt(2 g dz)."""
    q = edge(laws, (2, 0.5, 0.611), 3.0, 2.0)
    assert_allclose(q, 0.611 * 0.5 * math.sqrt(2 * G * 1.0), rtol=1e-12)


@given(one=st.floats(0.0, 2.0), two=st.floats(-1.0, 2.0))
@settings(**QUIET)
def test_a_gate_that_hangs_above_the_water_is_not_felt(laws, one, two):
    assert edge(laws, (2, 2.0, 0.611), one, two) == edge(laws, (0, NONE, 1.0), one, two)


def test_a_shut_gate_is_tight(laws):
    assert laws.edge_flow(2, 3.0, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 0.611, 0) == 0.0
    assert laws.edge_flow(2, 3.0, 0.0, 0.0, 0.0, 0.5, -2.0, 1.0, 0.611, 0) == 0.0


def test_the_ground_is_the_sill_where_it_is_higher(laws):
    for bed0, bed1 in ((0.4, -1.0), (-1.0, 0.4)):
        q = laws.edge_flow(0, 1.0, bed0, -1.0, bed1, 0.0, NONE, 1.0, 1.0, 0)
        assert_allclose(q, 1.704604 * 0.6**1.5, rtol=1e-6)


def test_a_clear_bridge_holds_back_little_and_a_drowned_one_much(laws):
    """Loss of 0.2 velocity heads: q = h2 sqrt(2 g dz / 0.2); touched: 0.8 a sqrt(2 g dz)."""
    clear = edge(laws, (3, 5.0, 0.2), 2.02, 2.0)
    assert_allclose(clear, 2.0 * math.sqrt(2 * G * 0.02 / 0.2), rtol=1e-9)
    drowned = edge(laws, (3, 1.0, 0.2), 2.02, 2.0)
    assert_allclose(drowned, 0.8 * math.sqrt(2 * G * 0.02), rtol=1e-9)


def test_nothing_flows_over_dry_ground_or_where_nothing_is_known(laws):
    assert edge(laws, (0, NONE, 1.0), -0.5, -0.9) == 0.0
    assert edge(laws, (0, NONE, 1.0), math.nan, 1.0) == 0.0
    assert edge(laws, (2, 0.5, 0.611), 1.0, math.nan) == 0.0
    assert edge(laws, (0, NONE, 1.0), 5.0, 0.0, crest=NONE) == 0.0


@pytest.mark.parametrize("push", [1e-3, 0.1, 10.0, 1e4])
def test_eased_flow_settles_at_the_laws_flow_whatever_the_step(laws, push):
    q = -0.4
    for _ in range(20000):
        q = laws.ease(0.7, q, push)
    assert_allclose(q, 0.7, rtol=1e-9)
    assert laws.ease(0.0, 3.0, 0.0) == 0.0
    assert_allclose(laws.ease(-0.7, -0.7, -push), -0.7, rtol=1e-9)


def links(culvert, inverts=None, way=0, curve=None):
    """One culvert as `lay` writes it."""
    heads, flows = curve or inlet_curve(culvert)
    whole = np.zeros(1, np.int64)
    low = inverts or (culvert.start_floor, culvert.end_floor)
    length = math.dist(culvert.start, culvert.end)
    values = np.array([[
        low[0], low[1], culvert.height, culvert.width or 0.0, length,
        inlet_of(culvert).entrance_loss, culvert.exit,
        2.0 * G * culvert.roughness**2 * length, culvert.barrels, way,
    ]])  # fmt: skip
    return LinkTable(whole, np.zeros(1, np.int8), whole, whole, whole, whole, values,
                     np.array([0, heads.size]), heads, flows)  # fmt: skip


PIPE = Culvert("pipe", (0.0, 0.0), (20.0, 0.0), 0.0, 0.0, 1.0)
BOX = Culvert("box", (0.0, 0.0), (30.0, 0.0), 0.2, 0.0, 1.5, width=2.0, barrels=2)
LONG = Culvert("long", (0.0, 0.0), (80.0, 0.0), 0.0, 0.5, 0.6, roughness=0.024,
               inlet="metal_projecting")  # fmt: skip
culverts = st.sampled_from([PIPE, BOX, LONG])
water = st.floats(-0.5, 6.0).map(lambda x: round(x, 4))


def test_a_full_pipe_carries_what_its_losses_allow(laws):
    """Both ends drowned: Q = A sqrt(2 g dz / (Ke + Kx + 2 g n2 L / R^(4/3)))."""
    loss = 0.5 + 1.0 + 2 * G * 0.013**2 * 20.0 / 0.25 ** (4 / 3)
    want = math.pi / 4.0 * math.sqrt(2 * G * 0.5 / loss)
    assert_allclose(laws.link_flow(0, 2.5, 2.0, links(PIPE)), want, rtol=1e-9)


def test_a_full_box_counts_its_barrels(laws):
    loss = 0.5 + 1.0 + 2 * G * 0.013**2 * 30.0 / (3.0 / 7.0) ** (4 / 3)
    want = 2 * 3.0 * math.sqrt(2 * G * 0.3 / loss)
    assert_allclose(laws.link_flow(0, 3.3, 3.0, links(BOX)), want, rtol=1e-9)


def test_a_short_steep_pipe_takes_what_its_entrance_lets_in(laws):
    """HDS-5, table A.1, chart 1: HW/D = c (1.811 Q / A D^0.5)^2 + Y, square edge, at HW = 3 D."""
    steep = Culvert("steep", (0.0, 0.0), (15.0, 0.0), 5.0, 0.0, 1.0)
    want = math.pi / 4.0 / 1.811 * math.sqrt((3.0 - 0.67) / 0.0398)
    assert_allclose(laws.link_flow(0, 8.0, 0.0, links(steep)), want, rtol=2e-3)


def test_a_box_entrance_is_a_weir_before_it_is_drowned(laws):
    """HDS-5, form 2: HW/D = K x^M with K = 0.515, M = 0.667 at HW = D/2, fall behind it."""
    steep = Culvert("steep", (0.0, 0.0), (15.0, 0.0), 5.0, 0.0, 2.0, width=3.0)
    x = (0.5 / 0.515) ** (1 / 0.667)
    want = x * 6.0 * math.sqrt(2.0) / 1.811
    assert_allclose(laws.link_flow(0, 6.0, 0.0, links(steep)), want, rtol=2e-3)


@pytest.mark.parametrize("inlet", INLETS)
def test_every_entrance_lets_in_more_the_deeper_it_is(inlet):
    width = 2.0 if INLETS[inlet].shape == "box" else None
    culvert = Culvert("c", (0, 0), (20, 0), 0.0, 0.0, 1.2, width=width, inlet=inlet)
    heads, flows = inlet_curve(culvert)
    assert heads[0] == flows[0] == 0.0
    assert (np.diff(heads) > 0).all()
    assert (np.diff(flows) > 0).all()
    # The entrance is never better than critical flow through all of its width.
    ideal = 1.7046 * (width or 1.2) * heads**1.5
    assert (flows <= 1.05 * ideal + 1e-9).all()


@given(culvert=culverts, one=water, two=water)
@settings(**QUIET)
def test_a_culvert_turned_round_carries_the_same(laws, culvert, one, two):
    there = laws.link_flow(0, one, two, links(culvert))
    low = (culvert.end_floor, culvert.start_floor)
    back = laws.link_flow(0, two, one, links(culvert, low))
    assert there == -back
    assert there * (one - two) >= 0.0
    assert laws.link_flow(0, one, one, links(culvert)) == 0.0


@given(culvert=culverts, one=water, two=water, more=st.floats(0.0, 1.0))
@settings(**QUIET)
def test_a_culvert_carries_more_the_higher_the_water_above(laws, culvert, one, two, more):
    """To the accuracy of the golden section, 1e-7 of the flow."""
    table = links(culvert)
    flow = laws.link_flow(0, one, two, table)
    slack = 1e-9 + 2e-7 * abs(flow)
    assert laws.link_flow(0, one + more, two, table) >= flow - slack
    assert laws.link_flow(0, one, two + more, table) <= flow + slack


@given(culvert=culverts, one=water, two=water, less=st.floats(1e-6, 1e-5))
@settings(**QUIET)
def test_a_culvert_has_no_jump(laws, culvert, one, two, less):
    table = links(culvert)
    flow = laws.link_flow(0, one, two, table)
    size = culvert.barrels * (culvert.width or culvert.height) * culvert.height
    steepest = 400.0 * size
    assert abs(laws.link_flow(0, one + less, two, table) - flow) <= steepest * less + 1e-6
    assert abs(laws.link_flow(0, one, two + less, table) - flow) <= steepest * less + 1e-6


@given(culvert=culverts, one=st.floats(0.6, 4.0), two=st.floats(-0.5, 3.0))
@settings(deadline=None, max_examples=30)
def test_the_golden_section_finds_the_most_that_a_barrel_carries(laws, culvert, one, two):
    assume(one > two + 0.01)
    table = links(culvert, curve=(np.array([0.0, 1e9]), np.array([1e9, 1e9])))
    inlet, outlet = culvert.start_floor, culvert.end_floor
    found = laws.most_of_barrel(one, two, inlet, outlet, table, 0)
    low, high = max(two - outlet, 0.0), min(one - outlet, culvert.height)
    tried = [
        laws.barrel_flow(one, two, inlet, outlet, y, table, 0)
        for y in np.linspace(min(low, high), high, 200)
    ]
    assert found >= max(tried) * (1 - 1e-6)
    assert_allclose(found, max(tried), rtol=1e-3, atol=1e-9)


def test_a_flap_on_a_culvert_keeps_the_sea_out(laws):
    table = links(PIPE, way=1)
    assert laws.link_flow(0, 0.5, 1.5, table) == 0.0
    assert laws.link_flow(0, 1.5, 0.5, table) > 0.0


def test_pipes_have_the_area_and_radius_of_circles(laws):
    assert_allclose(laws.barrel_area(1.2, 1.2, 0.0), math.pi * 0.36, rtol=1e-12)
    assert_allclose(laws.barrel_area(0.6, 1.2, 0.0), math.pi * 0.18, rtol=1e-12)
    assert_allclose(laws.barrel_radius(0.6, 1.2, 0.0), 0.3, rtol=1e-12)
    assert_allclose(laws.barrel_radius(1.2, 1.2, 0.0), 0.3, rtol=1e-12)
    assert_allclose(laws.barrel_area(0.3, 1.2, 0.0), 0.36 * (math.pi / 3 - math.sqrt(3) / 4),
                    rtol=1e-12)  # fmt: skip
    assert laws.barrel_area(0.0, 1.2, 0.0) == laws.barrel_radius(0.0, 1.2, 0.0) == 0.0


def pump(running, heads=(0.0, 2.0, 6.0), flows=(1.0, 0.8, 0.0)):
    whole = np.zeros(1, np.int64)
    values = np.zeros((1, 10))
    values[0, 0], values[0, 1], values[0, 8] = -1.0, 0.5, running
    return LinkTable(whole, np.ones(1, np.int8), whole, whole, whole, whole, values,
                     np.array([0, len(heads)]), np.array(heads), np.array(flows))  # fmt: skip


def test_a_pump_lifts_along_its_curve(laws):
    assert laws.link_flow(0, 0.0, 1.0, pump(1.0)) == pytest.approx(0.9)
    assert laws.link_flow(0, 0.0, 4.0, pump(3.0)) == pytest.approx(1.2)
    assert laws.link_flow(0, 0.0, 9.0, pump(3.0)) == 0.0
    assert laws.link_flow(0, 0.0, -5.0, pump(1.0)) == pytest.approx(0.95)  # the outlet is at 0.5 m
    assert laws.link_flow(0, 1.0, 0.0, pump(1.0)) == pytest.approx(1.0)
    assert laws.link_flow(0, 0.0, -math.inf, pump(2.0)) == pytest.approx(1.9)


def test_a_pump_stands_still_without_power_or_water(laws):
    assert laws.link_flow(0, 0.0, 1.0, pump(0.0)) == 0.0
    assert laws.link_flow(0, -1.0, 1.0, pump(2.0)) == 0.0

"""Yearly risk and present value, against published and hand-made answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fjordby.choice.present_value import (
    consumer_prices,
    discount_factors,
    present_value,
    yearly_rates,
)
from fjordby.choice.risk import expected_annual_loss, integrate
from fjordby.errors import BadValue

PERIODS = [2.0, 5.0, 10.0, 20.0, 50.0]
LOSSES = [125e3, 225e3, 295e3, 355e3, 410e3]


def test_the_golden_curve_of_the_field_is_met_to_the_third_digit():
    """The value that Delft-FIAT's log-linear rule with a constant tail gives for this curve."""
    assert integrate(PERIODS, LOSSES).total == pytest.approx(111_468.389, abs=5e-4)


@pytest.mark.parametrize("rule", ["log-linear", "trapezoid"])
@given(loss=st.floats(0, 1e12), first=st.floats(0.5, 50))
def test_a_constant_loss_costs_its_frequency_times_itself(rule, loss, first):
    periods = first * np.array([1.0, 3.0, 10.0, 100.0])
    risk = integrate(periods, np.full(4, loss), rule=rule)
    assert risk.total == pytest.approx(loss / first, rel=1e-9, abs=1e-9)


def test_the_log_linear_rule_is_the_integral_of_its_own_curve():
    """Held against a fine numerical integration of a loss linear in ln(frequency)."""
    frequency = np.linspace(1 / 100, 1 / 5, 2_000_001)
    loss = 50.0 + 30.0 * np.log((1 / 5) / frequency)
    fine = np.trapezoid(loss, frequency)
    ends = integrate([5, 100], [loss[-1], loss[0]], tail="none").total
    assert ends == pytest.approx(fine, rel=1e-9)


def test_the_trapezoid_rule_by_hand():
    """(0.5 - 0.2) * 15 + (0.2 - 0.1) * 30 = 7.5, and 0.1 * 40 = 4 beyond."""
    risk = integrate([2, 5, 10], [10, 20, 40], rule="trapezoid")
    assert risk.total == pytest.approx(11.5)
    assert risk.tail == pytest.approx(4.0)


def test_the_tail_is_said_aloud_and_can_be_left_out():
    with_tail, without = integrate(PERIODS, LOSSES), integrate(PERIODS, LOSSES, tail="none")
    assert with_tail.tail == pytest.approx(410e3 / 50)
    assert with_tail.total - without.total == pytest.approx(with_tail.tail)


def test_the_order_of_the_return_periods_does_not_matter():
    turned = integrate(PERIODS[::-1], LOSSES[::-1]).total
    assert turned == pytest.approx(integrate(PERIODS, LOSSES).total)


def test_a_finely_cut_event_set_and_the_curve_agree():
    """Both roads to the same number: events of rate df with the loss of the curve."""
    edges = np.geomspace(1 / 2, 1 / 50, 20_001)
    middle = np.sqrt(edges[:-1] * edges[1:])
    loss = np.interp(np.log(1 / middle), np.log(PERIODS), LOSSES)
    events = expected_annual_loss(loss, -np.diff(edges)) + 410e3 / 50
    assert events == pytest.approx(integrate(PERIODS, LOSSES).total, rel=1e-6)


@pytest.mark.parametrize(
    ("periods", "losses", "words"),
    [
        ([-10, 20], [1, 2], "return periods above 0"),
        ([10, 10], [1, 2], "different return periods"),
        ([10, 20], [1, float("nan")], "losses of zero or more"),
        ([10, 20], [1], "one loss for each return period"),
    ],
)
def test_a_bad_curve_is_refused_in_words(periods, losses, words):
    with pytest.raises(BadValue, match=words):
        integrate(periods, losses)


def test_an_unknown_rule_names_the_known_ones():
    with pytest.raises(BadValue, match="log-linear, trapezoid"):
        integrate(PERIODS, LOSSES, rule="spline")


def test_a_negative_rate_is_refused():
    with pytest.raises(BadValue, match="rates of zero or more"):
        expected_annual_loss([1.0], [-0.1])


def test_discount_factors_are_chained_by_the_danish_rules():
    """DF(35) = 0.299977 and DF(36) = 0.292660: Ministry of Finance 2023, computed by hand."""
    factor = discount_factors(120)
    assert factor[35] == pytest.approx(1.035**-35)
    assert factor[35] == pytest.approx(0.299977, abs=5e-7)
    assert factor[36] == pytest.approx(0.292660, abs=5e-7)
    assert (np.diff(factor) < 0).all()
    assert yearly_rates(120)[[34, 35, 69, 70]].tolist() == [0.035, 0.025, 0.025, 0.015]


@pytest.mark.parametrize(
    ("years", "value"), [(30, 18.392), (50, 23.715), (75, 27.548), (100, 29.979)]
)
def test_the_annuities_of_the_danish_rates(years, value):
    assert present_value(np.ones(years), first_year=1) == pytest.approx(value, abs=5e-4)


def test_consumer_prices_carry_the_net_tax_factor():
    assert consumer_prices(100.0) == pytest.approx(128.0)


def test_money_before_today_is_refused():
    with pytest.raises(BadValue, match="first year"):
        present_value(np.ones(3), first_year=-1)

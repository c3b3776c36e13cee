"""The yearly loss from the sea, against closed forms and its sister rules."""

import numpy as np
import pytest

from fjordby.choice.level_risk import Span, shares_by_period, yearly_losses
from fjordby.choice.risk import integrate
from fjordby.errors import BadValue


def test_an_exponential_sea_over_a_straight_loss_has_a_closed_form():
    """Rate = exp(-z/s), loss = k z: the integral of rate times slope is k s."""
    z = np.linspace(0, 60, 60_001)
    loss = yearly_losses(np.exp(-z / 0.7)[None], 3.0 * z[None])
    assert loss[0, 0] == pytest.approx(3.0 * 0.7, rel=1e-6)


def test_it_agrees_with_the_trapezoid_rule_of_return_periods():
    rate, cost = np.array([0.5, 0.2, 0.1]), np.array([10.0, 20.0, 40.0])
    ours = yearly_losses(rate[None], cost[None])[0, 0]
    assert ours == pytest.approx(integrate(1 / rate, cost, rule="trapezoid").total)


def test_a_constant_loss_costs_its_highest_rate():
    assert yearly_losses(np.array([[0.3, 0.1, 0.02]]), np.full((1, 3), 7.0))[0, 0] == pytest.approx(
        2.1
    )


def test_a_higher_sea_never_costs_less():
    z = np.linspace(0, 5, 101)
    loss = np.maximum(z - 1.3, 0)[None] ** 2
    risk = [yearly_losses(np.exp(-(z - rise) / 0.25)[None], loss)[0, 0] for rise in (0, 0.2, 0.5)]
    assert risk[0] < risk[1] < risk[2]


def test_every_curve_meets_every_model():
    z = np.linspace(0, 5, 11)
    rates = np.exp(-np.outer([1.0, 2.0, 3.0], z))
    losses = np.outer([1.0, 10.0], z)
    both = yearly_losses(rates, losses)
    assert both.shape == (3, 2)
    assert np.allclose(both[:, 1], 10 * both[:, 0])


@pytest.mark.parametrize(
    ("rates", "losses", "words"),
    [
        ([[0.1, 0.2]], [[0.0, 1.0]], "rates that fall"),
        ([[0.2, 0.1]], [[0.0, -1.0]], "zero or more"),
        ([[0.2, 0.1]], [[0.0, 1.0, 2.0]], "the same levels"),
    ],
)
def test_what_cannot_be_is_refused_in_words(rates, losses, words):
    with pytest.raises(BadValue, match=words):
        yearly_losses(np.array(rates), np.array(losses))


def test_a_span_is_the_middle_nine_tenths():
    span = Span.of(np.arange(101.0))
    assert (span.low, span.mid, span.high) == (5.0, 50.0, 95.0)
    assert span.plus(1.0).as_dict() == {"low": 6.0, "mid": 51.0, "high": 96.0}


def test_the_shares_of_frequent_and_rare_water_have_a_closed_form():
    """A straight loss over rate exp(-z): water rarer than the rate r holds r (1 - ln r) of it."""
    z = np.linspace(0, 60, 60_001)
    shares = shares_by_period(np.exp(-z)[None], z[None], [10.0, 100.0])
    rare = [r * (1 - np.log(r)) for r in (0.1, 0.01)]
    assert shares == pytest.approx([1 - rare[0], rare[0] - rare[1], rare[1]], rel=1e-3)


def test_a_loss_that_begins_high_comes_from_rare_water_alone():
    z = np.linspace(0, 5, 501)
    shares = shares_by_period(np.exp(-3 * z)[None], np.where(z > 2.5, 1.0, 0.0)[None], [100.0])
    assert shares == pytest.approx([0.0, 1.0])


def test_what_never_costs_anything_has_no_shares():
    z = np.linspace(0, 5, 11)
    assert shares_by_period(np.exp(-z)[None], np.zeros((2, 11)), [10.0]).tolist() == [0.0, 0.0]


def test_periods_out_of_order_are_refused():
    with pytest.raises(BadValue, match="increasing return periods"):
        shares_by_period(np.array([[0.2, 0.1]]), np.ones((1, 2)), [100.0, 10.0])

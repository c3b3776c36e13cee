"""The sea of a year to come: as published where published, and refused where nobody knows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fjordby.errors import BadValue
from fjordby.shock.future import (
    LAST_YEAR,
    NOW,
    TODAY,
    Climate,
    Future,
    Projection,
    RainFactors,
    Rise,
)
from fjordby.words import Words

# Fredericia 2100 above 1995-2014 [m]: grandey/d25a-rsl-fusion, rsl_gauges_2100_d25a.csv.
FREDERICIA = {
    "low-end": (0.13, 0.05, "standard"),
    "low": (0.27, 0.17, "standard"),
    "central": (0.55, 0.5, "standard"),
    "high": (0.98, 0.83, "high"),
    "high-end": (1.61, 0.95, "high"),
}
CLIMATE = Climate(
    baseline=2005.0,
    horizon=2100.0,
    trend=0.00206,
    mean_level=0.03,
    projections={
        key: Projection(Words(key, key), rise, p, rain)
        for key, (rise, p, rain) in FREDERICIA.items()
    },
    rain={
        "standard": RainFactors(np.array([2.0, 10.0, 100.0]), np.array([1.2, 1.3, 1.4])),
        "high": RainFactors(np.array([2.0, 10.0, 100.0]), np.array([1.45, 1.7, 2.0])),
    },
    rain_baseline=2014.0,
    rain_horizon=2114.0,
    all_rain="standard",
)


@pytest.mark.parametrize(("name", "figures"), FREDERICIA.items())
def test_the_published_rise_is_met_in_its_year(name, figures):
    assert CLIMATE.rise(Future(name, 2100)).median == pytest.approx(figures[0])


@pytest.mark.parametrize("name", FREDERICIA)
def test_all_projections_leave_the_baseline_with_the_observed_trend(name):
    """At the baseline the rise is nothing and its speed the trend: 2.06 mm a year."""
    assert CLIMATE._path(FREDERICIA[name][0], 2005.0) == 0.0
    speed = (CLIMATE._path(FREDERICIA[name][0], 2005.001)) / 0.001
    assert speed == pytest.approx(0.00206, rel=1e-3)


def test_the_trend_goes_on_as_it_was():
    assert CLIMATE.rise(Future("trend", 2105)).median == pytest.approx(0.206)
    assert CLIMATE.mean_sea_level(NOW) == pytest.approx(0.03 + 0.00206 * (TODAY - 2005))


@settings(max_examples=60, deadline=None)
@given(st.integers(TODAY, LAST_YEAR))
def test_higher_projections_are_higher_in_every_year(year):
    rises = [CLIMATE.rise(Future(name, year)).median for name in FREDERICIA]
    assert rises == sorted(rises)


@pytest.mark.parametrize("name", FREDERICIA)
def test_the_sea_rises_without_a_jump_and_goes_on_after_the_horizon(name):
    years = np.arange(TODAY, LAST_YEAR + 1)
    rises = np.array([CLIMATE.rise(Future(name, int(year))).median for year in years])
    steps = np.diff(rises)
    assert (steps > 0).all()
    assert np.abs(np.diff(steps)).max() < 0.001
    assert np.ptp(steps[years[1:] > 2101]) < 1e-12


def test_all_projections_together_are_one_distribution():
    rise = CLIMATE.rise(Future("all", 2100))
    for value, probability, _ in FREDERICIA.values():
        assert rise.quantile(probability) == pytest.approx(value)
        assert rise.probability(value) == pytest.approx(probability, abs=1e-3)
    draws = rise.sample(2000, seed=4)
    assert np.array_equal(draws, rise.sample(2000, seed=4))
    assert not np.array_equal(draws, rise.sample(2000, seed=5))
    assert np.quantile(draws, [0.05, 0.5, 0.95]) == pytest.approx([0.13, 0.55, 1.61], abs=0.01)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 0.998), st.floats(0.0005, 0.001))
def test_a_higher_probability_is_a_higher_rise(p, step):
    rise = CLIMATE.rise(Future("all", 2080))
    assert rise.quantile(p) < rise.quantile(p + step)


def test_a_single_projection_has_no_spread():
    rise = CLIMATE.rise(Future("high", 2100))
    assert np.ptp(rise.sample(50)) == 0.0
    assert rise.probability(0.97) == 0.0
    assert rise.probability(0.99) == 1.0


def test_rain_grows_with_the_year_and_with_rarity():
    assert CLIMATE.rain_factor(Future("central", 2114), 10.0) == pytest.approx(1.3)
    assert CLIMATE.rain_factor(Future("high", 2114), 100.0) == pytest.approx(2.0)
    assert CLIMATE.rain_factor(Future("central", 2064), 100.0) == pytest.approx(1.2)
    assert CLIMATE.rain_factor(Future("all", 2114), 2.0) == pytest.approx(1.2)
    assert CLIMATE.rain_factor(NOW, 100.0) == 1.0
    assert CLIMATE.rain_factor(Future("central", 2114), 10**1.5) == pytest.approx(1.35)


def test_a_future_before_today_is_a_clear_error():
    with pytest.raises(BadValue, match="a future before today"):
        Future("central", 1999)
    with pytest.raises(BadValue, match="beyond all projections"):
        Future("central", 2300)


def test_an_unknown_scenario_names_those_that_are_known():
    with pytest.raises(BadValue, match="trend, low-end, low, central, high, high-end, all"):
        CLIMATE.rise(Future("worse", 2100))
    bare = Climate(2005.0, 2100.0, 0.002, 0.0)
    assert list(bare.scenarios) == ["trend"]
    with pytest.raises(BadValue, match="scenario among trend"):
        bare.rise(Future("all", 2100))


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.2])
def test_a_quantile_outside_its_range_is_refused(probability):
    with pytest.raises(BadValue, match="between 0 and 1"):
        Rise(np.array([0.5]), np.array([0.3])).quantile(probability)


def test_a_rain_factor_needs_a_positive_return_period():
    with pytest.raises(BadValue, match="above 0 years"):
        CLIMATE.rain_factor(Future("central", 2050), -10.0)

"""The laws of extremes say what the books and a rival say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fjordby.errors import BadValue
from fjordby.shock.distributions import Gev, Gpd, chance_of_rate, rate_of_chance
from fjordby.shock.fitting import (
    gev_by_l_moments,
    gev_by_likelihood,
    gpd_by_l_moments,
    gpd_by_likelihood,
)
from fjordby.shock.lmoments import LMoments, gev_of_l_moments, gev_skewness, l_moments

# Yearly highest sea levels at Port Pirie 1923-1987 [m], Coles (2001), figure 1.1 and section
# 3.4.1; the values are those of the data set `portpirie` of the R package ismev.
# fmt: off
PORT_PIRIE = np.array(
    [
        4.03, 3.83, 3.65, 3.88, 4.01, 4.08, 4.18, 3.80, 4.36, 3.96, 3.98, 4.69, 3.85,
        3.96, 3.85, 3.93, 3.75, 3.63, 3.57, 4.25, 3.97, 4.05, 4.24, 4.22, 3.73, 4.37,
        4.06, 3.71, 3.96, 4.06, 4.55, 3.79, 3.89, 4.11, 3.85, 3.86, 3.86, 4.21, 4.01,
        4.11, 4.24, 3.96, 4.21, 3.74, 3.85, 3.88, 3.66, 4.11, 3.71, 4.18, 3.90, 3.78,
        3.91, 3.72, 4.00, 3.66, 3.62, 4.33, 4.55, 3.75, 4.08, 3.90, 3.88, 3.94, 4.33,
    ]
)
# fmt: on

# Not nearer to 0 than this, where the rival loses digits or overflows.
shapes = st.one_of(st.just(0.0), st.floats(1e-4, 0.6), st.floats(-0.6, -1e-4))
scales = st.floats(0.01, 10.0)


def test_port_pirie_is_fitted_as_in_the_book():
    """Coles (2001), p. 59: 3.87, 0.198, -0.050 and log-likelihood 4.34; ismev: four more digits."""
    law = gev_by_likelihood(PORT_PIRIE)
    assert law.location == pytest.approx(3.87475, abs=2e-4)
    assert law.scale == pytest.approx(0.19804, abs=2e-4)
    assert law.shape == pytest.approx(-0.05009, abs=5e-4)
    assert law.log_likelihood(PORT_PIRIE) == pytest.approx(4.339058, abs=1e-5)


def test_port_pirie_return_levels_are_those_of_the_book():
    """Coles (2001), p. 60: 4.30 m and 4.69 m, with 1/T read as the chance of a year."""
    law = gev_by_likelihood(PORT_PIRIE)
    assert law.quantile(1 - 1 / 10) == pytest.approx(4.30, abs=0.005)
    assert law.quantile(1 - 1 / 100) == pytest.approx(4.69, abs=0.005)
    # Counted as events, as fjordby does, the 100-year level differs by less than a millimetre.
    assert abs(law.level(100.0) - law.quantile(0.99)) < 1e-3


@settings(max_examples=60, deadline=None)
@given(shape=shapes, scale=scales, u=st.floats(0.001, 0.999))
def test_our_gev_is_scipys_with_the_other_sign(shape, scale, u):
    ours, rival = Gev(1.0, scale, shape), stats.genextreme(c=-shape, loc=1.0, scale=scale)
    level = rival.ppf(u)
    assert ours.cdf(level) == pytest.approx(u, rel=1e-6)
    assert ours.quantile(u) == pytest.approx(level, rel=1e-6, abs=1e-6 * scale)
    density = rival.logpdf([level]).sum()
    assert ours.log_likelihood(np.array([level])) == pytest.approx(density, rel=1e-5, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(shape=shapes, scale=scales, u=st.floats(0.001, 0.999))
def test_our_gpd_is_scipys_with_the_same_sign(shape, scale, u):
    rival = stats.genpareto(c=shape, loc=2.0, scale=scale)
    level = rival.ppf(u)
    ours = Gpd(2.0, scale, shape, per_year=3.0)
    assert ours.rate(level) == pytest.approx(3.0 * (1 - u), rel=1e-6)


def test_positive_shape_is_the_heavy_tail():
    """The sign convention, in one line: more surprise for a positive shape."""
    light, heavy = Gev(1.0, 0.2, -0.2), Gev(1.0, 0.2, 0.2)
    assert heavy.level(1000.0) > Gev(1.0, 0.2, 0.0).level(1000.0) > light.level(1000.0)
    assert light.level(1e12) < 1.0 + 0.2 / 0.2  # the upper end, location - scale / shape
    assert light.rate(2.5) == 0.0


@settings(max_examples=60, deadline=None)
@given(shape=shapes, scale=scales, period=st.floats(0.5, 1e5))
def test_rate_and_level_undo_each_other(shape, scale, period):
    law = Gev(1.0, scale, shape)
    assert 1 / law.rate(law.level(period)) == pytest.approx(period, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(shape=shapes, scale=scales, per_year=st.floats(0.2, 20), period=st.floats(10, 1e4))
def test_peaks_and_yearly_maxima_tell_one_story(shape, scale, per_year, period):
    """The GPD of peaks and the GEV of maxima of one process have the same return levels."""
    peaks = Gpd(1.0, scale, shape, per_year)
    assert peaks.as_gev().level(period) == pytest.approx(float(peaks.level(period)), rel=1e-6)


def test_a_tiny_shape_is_as_good_as_none():
    flat, tiny = Gev(1.0, 0.2, 0.0), Gev(1.0, 0.2, 1e-10)
    assert tiny.level(1000.0) == pytest.approx(float(flat.level(1000.0)), rel=1e-9)


def test_chance_and_rate_are_nearly_equal_when_rare():
    assert chance_of_rate(1.0) == pytest.approx(0.632, abs=1e-3)
    assert rate_of_chance(0.01) == pytest.approx(0.01005, abs=1e-5)


@pytest.mark.parametrize("period", [-100.0, 0.0, np.nan, np.inf])
def test_a_negative_return_period_is_a_clear_error(period):
    with pytest.raises(BadValue, match="return periods above 0 years"):
        Gev(1.0, 0.2, 0.0).level(period)


def test_l_moments_of_small_samples_by_hand():
    """For 1..n the L-scale is (n + 1) / 6 and the sample is symmetric (Hosking & Wallis 1997)."""
    moments = l_moments(np.arange(1.0, 10.0))
    assert moments.first == 5.0
    assert moments.second == pytest.approx(10 / 6)
    assert moments.skewness == pytest.approx(0.0, abs=1e-12)
    assert moments.kurtosis == pytest.approx(0.0, abs=1e-12)


def test_l_moments_are_averages_over_all_subsets():
    """The definition: l3 is a third of the mean of (largest - 2 middle + smallest) of triples."""
    from itertools import combinations

    sample = np.array([0.3, 1.1, 1.2, 2.0, 4.5, 7.0])
    triples = [sorted(t) for t in combinations(sample, 3)]
    third = np.mean([t[2] - 2 * t[1] + t[0] for t in triples]) / 3
    moments = l_moments(sample)
    assert moments.skewness * moments.second == pytest.approx(third)


def test_l_moments_agree_with_a_rival():
    """scipy.stats.lmoment is an independent implementation."""
    ours = l_moments(PORT_PIRIE)
    theirs = stats.lmoment(PORT_PIRIE, order=[1, 2, 3, 4])
    assert [ours.first, ours.second, ours.skewness, ours.kurtosis] == pytest.approx(
        list(theirs), rel=1e-9
    )


def test_the_gumbel_law_has_the_l_skewness_of_the_book():
    """Hosking & Wallis (1997), table 2.1 and appendix A.2: tau3 = log2(9/8) = 0.1699."""
    assert gev_skewness(0.0) == pytest.approx(np.log2(9 / 8))
    gumbel = gev_of_l_moments(LMoments(1.0 + 0.5772156649 * 2.0, 2.0 * np.log(2), 0.169925, 0.15))
    assert gumbel.location == pytest.approx(1.0, abs=1e-4)
    assert gumbel.scale == pytest.approx(2.0, abs=1e-3)


def test_the_exponential_law_is_a_pareto_without_shape():
    """Exponential excesses: l1 = scale, l2 = scale / 2, so k = 0 (Hosking and Wallis 1987)."""
    quantiles = -np.log1p(-(np.arange(20_000) + 0.5) / 20_000)
    law = gpd_by_l_moments(1.0 + 0.3 * quantiles, 1.0)
    assert law.shape == pytest.approx(0.0, abs=2e-3)
    assert law.scale == pytest.approx(0.3, rel=2e-3)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.2])
@pytest.mark.parametrize("fit", [gev_by_likelihood, gev_by_l_moments])
def test_a_gev_is_found_again_in_its_own_sample(fit, shape):
    """2000 draws: three standard errors are about 0.015 in location and 0.06 in the shape."""
    sample = Gev(1.0, 0.2, shape).sample(2000, np.random.default_rng(7))
    law = fit(sample)
    assert law.location == pytest.approx(1.0, abs=0.015)
    assert law.scale == pytest.approx(0.2, abs=0.015)
    assert law.shape == pytest.approx(shape, abs=0.06)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.2])
@pytest.mark.parametrize("fit", [gpd_by_likelihood, gpd_by_l_moments])
def test_a_gpd_is_found_again_in_its_own_sample(fit, shape):
    sample = Gpd(1.0, 0.2, shape).sample(2000, np.random.default_rng(3))
    law = fit(sample, 1.0)
    assert law.scale == pytest.approx(0.2, abs=0.02)
    assert law.shape == pytest.approx(shape, abs=0.09)


def test_likelihood_is_no_lower_than_scipys():
    c, location, scale = stats.genextreme.fit(PORT_PIRIE)
    rival = Gev(location, scale, -c).log_likelihood(PORT_PIRIE)
    assert gev_by_likelihood(PORT_PIRIE).log_likelihood(PORT_PIRIE) >= rival - 1e-6


def test_a_fit_does_not_depend_on_the_unit():
    metres, millimetres = gev_by_likelihood(PORT_PIRIE), gev_by_likelihood(PORT_PIRIE * 1000)
    assert millimetres.location == pytest.approx(1000 * metres.location, rel=1e-5)
    assert millimetres.shape == pytest.approx(metres.shape, abs=1e-3)


def test_a_short_or_flat_sample_is_refused():
    with pytest.raises(BadValue, match="at least ten finite yearly maxima"):
        gev_by_likelihood(np.arange(5.0))
    with pytest.raises(BadValue, match="that differ"):
        gev_by_l_moments(np.ones(50))
    with pytest.raises(BadValue, match="scale above 0"):
        Gev(1.0, -0.2, 0.0)

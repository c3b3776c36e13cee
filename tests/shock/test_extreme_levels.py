"""From a series, or from a handful of known facts, to levels with their uncertainty."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fjordby.errors import BadFile, BadValue
from fjordby.shock.anchors import (
    AtLeast,
    Largest,
    Prior,
    Published,
    curve_from_anchors,
    log_likelihood,
)
from fjordby.shock.curve import Curve
from fjordby.shock.distributions import Gev, Gpd
from fjordby.shock.extremes import (
    Maxima,
    Peaks,
    block_maxima,
    fit_curve,
    peaks_over,
    plotting_positions,
)
from fjordby.shock.series import Gauge, read_series
from fjordby.shock.thresholds import mean_excess, stability

KLAGSHAMN = (
    Path(__file__).parents[2] / "data" / "sea_level" / "smhi_2095_klagshamn_hourly_2015-2020.csv.gz"
)
PRIOR = Prior(1.0, 0.2, 0.15, 1.6, 0.0, 0.1)


@pytest.fixture(scope="module")
def klagshamn() -> Gauge:
    return read_series(KLAGSHAMN, "m", time="time_utc", value="wl_m")


def hourly(levels: np.ndarray) -> Gauge:
    start = np.datetime64("2001-07-01T00:00:00", "s")
    return Gauge(start + np.arange(levels.size) * np.timedelta64(3600, "s"), levels)


def test_the_real_storms_are_found_in_the_real_series(klagshamn):
    """The three storms shipped as shapes are the peaks above 0.94 m, one peak each."""
    peaks = peaks_over(klagshamn, 0.94)
    assert peaks.levels.tolist() == [1.577, 1.177, 0.966]
    assert str(peaks.times[0]) == "2017-01-04T17:00:00"


def test_a_double_peak_is_one_storm(klagshamn):
    """2 January 2019 passed 1.1 m twice within seven hours."""
    apart = peaks_over(klagshamn, 1.08, separation_hours=3.0)
    together = peaks_over(klagshamn, 1.08, separation_hours=72.0)
    assert apart.levels.size > together.levels.size == 2


def test_a_winter_is_not_split(klagshamn):
    """Blocks from July: the storm of January 2017 belongs to the year that began in 2016."""
    maxima = block_maxima(klagshamn)
    assert dict(zip(maxima.years.tolist(), maxima.levels.tolist(), strict=True))[2016] == 1.577
    assert (maxima.covered >= 0.8).all()
    assert 2014 not in maxima.years  # only half of it was recorded


def test_a_year_of_storms_begins_with_its_first_month():
    """Two years from 1 July 2001: 30 June 2002 is in the first, 1 July 2002 in the second."""
    levels = np.zeros(24 * 730)
    levels[24 * 364 + 12], levels[24 * 365 + 12] = 1.0, 2.0
    maxima = block_maxima(hourly(levels))
    assert maxima.years.tolist() == [2001, 2002]
    assert maxima.levels.tolist() == [1.0, 2.0]
    calendar = block_maxima(hourly(levels), first_month=1, least_covered=0.4)
    assert calendar.levels.max() == 2.0
    assert 1.0 not in calendar.levels


def test_the_mean_sea_level_is_taken_out(klagshamn):
    above = klagshamn.above_mean()
    year = above.times.astype("datetime64[Y]").astype(int) + 1970
    for one in range(2015, 2021):
        assert np.nanmean(above.levels[year == one]) == pytest.approx(0.0, abs=1e-9)


def test_missing_hours_are_neither_storms_nor_counted():
    levels = np.zeros(24 * 365)
    levels[100:200] = np.nan
    levels[1000] = 2.0
    peaks = peaks_over(hourly(levels), 1.0)
    assert peaks.levels.tolist() == [2.0]
    assert peaks.years == pytest.approx((24 * 365 - 100) / (24 * 365.25), rel=1e-6)


def test_no_peak_above_the_threshold_says_the_highest(klagshamn):
    with pytest.raises(BadValue, match=r"highest is 1\.577 m"):
        peaks_over(klagshamn, 3.0)


def test_plotting_positions_are_those_of_the_rule():
    """Weibull: the largest of 9 is exceeded with chance 1/10, so T = 1 / -ln(0.9) = 9.49 years."""
    levels, periods = plotting_positions(np.arange(9.0)[::-1], "weibull")
    assert levels.tolist() == list(range(9))
    assert periods[-1] == pytest.approx(1 / -np.log(0.9))
    with pytest.raises(BadValue, match="gringorten"):
        plotting_positions(levels, "nobody")


@pytest.mark.parametrize("bootstrap", ["parametric", "nonparametric"])
def test_the_band_holds_the_truth_and_narrows_with_more_years(bootstrap):
    truth = Gev(1.0, 0.15, 0.0)
    widths = []
    for n in (30, 300):
        sample = truth.sample(n, np.random.default_rng(5))
        maxima = Maxima(np.arange(n), sample, np.ones(n))
        curve = fit_curve(maxima, "l-moments", bootstrap, members=150)
        low, central, high = curve.band(np.array([100.0]))[:, 0]
        assert low < truth.level(100.0) < high
        assert low < central < high
        widths.append(high - low)
    assert widths[1] < 0.5 * widths[0]


def test_the_parametric_band_covers_as_often_as_it_says():
    """A 90 % band holds the true 50-year level in most of 40 worlds; 28 of 40 would be chance."""
    truth, hits = Gev(1.0, 0.15, 0.0), 0
    for world in range(40):
        sample = truth.sample(60, np.random.default_rng(world))
        maxima = Maxima(np.arange(60), sample, np.ones(60))
        curve = fit_curve(maxima, "l-moments", members=60, seed=world)
        hits += bool(curve.level(50.0, 0.05) <= truth.level(50.0) <= curve.level(50.0, 0.95))
    assert hits >= 30


def test_the_same_seed_gives_the_same_curve():
    sample = Maxima(np.arange(40), Gev(1, 0.2, 0).sample(40, np.random.default_rng(1)), np.ones(40))
    one, two, other = (fit_curve(sample, "l-moments", members=20, seed=s) for s in (3, 3, 4))
    assert np.array_equal(one.location, two.location)
    assert not np.array_equal(one.location, other.location)


def test_peaks_give_return_levels_by_both_fits():
    law = Gpd(0.8, 0.15, 0.0, per_year=3.0)
    levels = law.sample(300, np.random.default_rng(2))
    peaks = Peaks(np.full(300, np.datetime64("2000-01-01T00:00:00", "s")), levels, 0.8, 100.0)
    for method in ("likelihood", "l-moments"):
        curve = fit_curve(peaks, method, members=30)
        assert curve.level(100.0) == pytest.approx(float(law.level(100.0)), abs=0.15)
        assert curve.rate(curve.level(100.0)) == pytest.approx(0.01, rel=1e-6)


def test_mean_excess_of_an_exponential_law_is_flat():
    """Coles (2001), 4.3.1: for shape 0 the mean excess is the scale, whatever the threshold."""
    levels = Gpd(0.0, 0.2, 0.0).sample(20_000, np.random.default_rng(1))
    found = mean_excess(levels, np.array([0.1, 0.2, 0.4]))
    assert found.mean == pytest.approx(0.2, rel=0.05)
    assert (found.low < 0.2).all()
    assert (found.high > 0.2).all()
    with pytest.raises(BadValue, match="two peaks above each threshold"):
        mean_excess(levels, np.array([50.0]))


def test_the_shape_is_stable_over_thresholds_where_the_law_holds():
    generator = np.random.default_rng(4)
    levels = np.zeros(24 * 365 * 40)
    when = np.arange(200, levels.size, 24 * 10)  # a storm each ten days
    levels[when] = Gpd(0.5, 0.2, -0.1).sample(when.size, generator)
    found = stability(hourly(levels), np.array([0.5, 0.6, 0.7]))
    assert found.shape == pytest.approx(-0.1, abs=0.08)
    assert np.ptp(found.modified_scale) < 0.08
    assert (np.diff(found.per_year) < 0).all()


def test_a_published_level_pulls_the_curve_to_it():
    curve = curve_from_anchors([Published(100.0, 1.8, 0.03)], PRIOR)
    assert curve.level(100.0) == pytest.approx(1.8, abs=0.02)
    # +-1.645 standard errors hold 90 % of the members.
    width = curve.level(100.0, 0.95) - curve.level(100.0, 0.05)
    assert width == pytest.approx(2 * 1.645 * 0.03, rel=0.25)


def test_anchors_taken_from_a_known_law_find_it_again():
    law = Gev(1.0, 0.15, 0.05)
    anchors = [Published(t, float(law.level(t)), 0.02) for t in (5.0, 50.0, 500.0)]
    curve = curve_from_anchors(anchors, PRIOR)
    for period in (10.0, 100.0, 1000.0):
        low, central, high = curve.band(np.array([period]))[:, 0]
        assert low < law.level(period) < high
        assert central == pytest.approx(float(law.level(period)), abs=0.05)


def test_a_highest_storm_in_long_memory_lowers_the_tail():
    """Nothing above 1.6 m in 300 years cannot be with a curve that gives 2 m in 100 years."""
    without = curve_from_anchors([Published(20.0, 1.4, 0.1)], PRIOR)
    with_it = curve_from_anchors([Published(20.0, 1.4, 0.1), Largest(300.0, 1.6, 0.05)], PRIOR)
    assert with_it.level(1000.0) < without.level(1000.0)
    assert with_it.level(1000.0, 0.95) < without.level(1000.0, 0.95)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.3])
def test_an_anchor_is_as_likely_as_its_own_law_says(shape):
    """Known levels: a Poisson count of events, and the density of the highest of N years."""
    law, years = Gev(1.0, 0.15, shape), 50.0
    row = (np.array([law.location]), np.array([law.scale]), np.array([law.shape]))
    for count in (1, 2, 5):
        told = log_likelihood(AtLeast(count, years, 1.3, 1e-9), *row)[0]
        chance = stats.poisson.sf(count - 1, years * law.rate(1.3))
        assert np.exp(told) / np.sqrt(2 * np.pi) == pytest.approx(chance, rel=1e-6)
    told = log_likelihood(Largest(years, 1.5, 1e-9), *row)[0]
    step = 1e-5
    density = (law.cdf(1.5 + step) ** years - law.cdf(1.5 - step) ** years) / (2 * step)
    assert np.exp(told) / np.sqrt(2 * np.pi) == pytest.approx(density, rel=1e-5)


def test_storms_that_were_seen_raise_the_curve():
    base = [Published(20.0, 1.4, 0.15)]
    seen = [*base, AtLeast(3, 20.0, 1.5, 0.02)]
    without, with_it = (curve_from_anchors(a, PRIOR) for a in (base, seen))
    assert with_it.level(20.0) > without.level(20.0) + 0.03


def test_a_wider_error_gives_a_wider_band():
    sharp, blunt = (curve_from_anchors([Published(100.0, 1.8, e)], PRIOR) for e in (0.05, 0.2))
    assert np.ptp(blunt.band(np.array([100.0]))) > np.ptp(sharp.band(np.array([100.0])))


def test_anchors_that_contradict_each_other_are_refused():
    with pytest.raises(BadValue, match="can all be true at once"):
        curve_from_anchors([Published(20.0, 1.4, 0.01), Published(50.0, 9.0, 0.01)], PRIOR)
    with pytest.raises(BadValue, match="at least one anchor"):
        curve_from_anchors([], PRIOR)
    with pytest.raises(BadValue, match="error and a count above 0"):
        curve_from_anchors([Published(-20.0, 1.4, 0.1)], PRIOR)


def test_low_central_and_high_keep_their_order_and_undo_their_rates():
    curve = curve_from_anchors([Published(100.0, 1.8, 0.1)], PRIOR)
    periods = np.geomspace(1.0, 1e4, 30)
    low, central, high = curve.band(periods)
    assert (low < central).all()
    assert (central < high).all()
    for level in (low, central, high):
        assert (np.diff(level) > 0).all()
    assert 1 / curve.rate(curve.level(periods, 0.9), 0.9) == pytest.approx(periods, rel=0.02)
    with pytest.raises(BadValue, match="quantile between 0 and 1"):
        curve.level(100.0, 1.5)
    assert Curve.of(Gev(1.0, 0.2, 0.0)).member(0) == Gev(1.0, 0.2, 0.0)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_units_and_offsets_are_read_at_the_edge(tmp_path):
    file = write(tmp_path / "g.csv", "time,value\n2020-01-01T01:00+01:00,150\n2020-01-01T01:00Z,\n")
    gauge = read_series(file, "cm")
    assert str(gauge.times[0]) == "2020-01-01T00:00:00"
    assert gauge.levels[0] == 1.5
    assert np.isnan(gauge.levels[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,value\n2020-01-01,1\n2020-01-02,high\n", "'high' on line 3"),
        ("time,value\nyesterday,1\n", "'yesterday' on line 2"),
        ("time,value\n2020-01-02,1\n2020-01-01,1\n", "on line 3"),
        ("when,level\n2020-01-02,1\n", "columns 'when', 'level'"),
        ("time,value\n", "an empty file"),
        ("", "an empty file"),
    ],
)
def test_a_bad_series_is_refused_with_its_line(tmp_path, text, words):
    with pytest.raises(BadFile, match=words):
        read_series(write(tmp_path / "g.csv", text), "m")


def test_a_missing_file_and_an_unknown_unit_are_clear(tmp_path):
    with pytest.raises(BadFile, match="a CSV file at"):
        read_series(tmp_path / "none.csv", "m")
    with pytest.raises(BadValue, match="unit among m, cm, mm"):
        read_series(tmp_path / "none.csv", "feet")
    (tmp_path / "half.csv.gz").write_bytes(KLAGSHAMN.read_bytes()[:5000])
    with pytest.raises(BadFile, match="a CSV file at"):
        read_series(tmp_path / "half.csv.gz", "m", "time_utc", "wl_m")
    (tmp_path / "dem.csv").write_bytes(bytes(range(256)) * 4)
    with pytest.raises(BadFile):
        read_series(tmp_path / "dem.csv", "m")

"""Seas, rains and streams over time keep the peaks, depths and volumes they were given."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fjordby.errors import BadValue
from fjordby.shock.event import Event, Series
from fjordby.shock.rain import (
    DepthCurve,
    DepthTable,
    cloudburst,
    even_rain,
    fit_idf,
    observed_rain,
    wettest,
)
from fjordby.shock.sea import hours_above, surge, surge_shape, surge_shapes
from fjordby.shock.stream import flood_of_rain, gamma_hydrograph, gamma_volume, stream_flood
from fjordby.words import Words

RECORDED = (
    Path(__file__).parents[2] / "data" / "sea_level" / "storm_klagshamn_2017-01-04_peak158cm.csv"
)
MINUTES = np.array([10.0, 30.0, 60.0, 180.0, 720.0]) * 60
CURVE = DepthCurve(MINUTES, np.array([0.020, 0.034, 0.0427, 0.056, 0.0733]))


@settings(max_examples=60, deadline=None)
@given(
    peak=st.floats(0.5, 5.0), mean=st.floats(-0.5, 0.4), shape=st.sampled_from(list(surge_shapes()))
)
def test_a_surge_has_its_peak_and_rides_on_its_mean(peak, mean, shape):
    sea = surge(peak, mean, shape)
    form = surge_shape(shape)
    assert sea.peak == peak
    assert sea.seconds[0] == 0.0
    at = (sea.seconds / 3600)[np.argmax(sea.values)]
    assert at == pytest.approx(48.0)
    share = np.interp(sea.seconds / 3600 - at, form.hours, form.share)
    assert sea.values == pytest.approx(mean + (peak - mean) * share)


def test_the_recorded_storms_keep_their_length():
    """Klagshamn January 2017, hourly in metres RH2000: the shape at its own height is the record.

    The mean of the series is 0.1755 m; the shape is stored to the millimetre.
    """
    recorded = np.loadtxt(RECORDED, delimiter=",", skiprows=1, usecols=1)
    sea = surge(1.577, 0.1755, "klagshamn-2017-01", hours=(-72, 72))
    assert sea.values == pytest.approx(recorded, abs=0.0015)
    assert hours_above(sea, 1.0) == pytest.approx((recorded > 1.0).sum(), abs=1.0)
    short = surge(1.577, 0.1755, "klagshamn-2020-09")
    assert hours_above(short, 1.0) < 0.5 * hours_above(sea, 1.0)


def test_every_shape_says_who_recorded_it():
    for shape in surge_shapes().values():
        assert "SMHI" in shape.source
        assert "CC BY 4.0" in shape.source
        assert shape.share.max() == 1.0
        assert shape.hours[np.argmax(shape.share)] == 0


def test_a_surge_below_its_mean_is_refused():
    with pytest.raises(BadValue, match="peak above the mean level"):
        surge(0.1, mean=0.5)
    with pytest.raises(BadValue, match="surge shape among"):
        surge(1.0, shape="tsunami")
    with pytest.raises(BadValue, match="stretch around the peak"):
        surge(1.0, hours=(1.0, 5.0))


@settings(max_examples=60, deadline=None)
@given(
    edges=st.lists(st.floats(1, 1e4), min_size=1, max_size=20),
    value=st.floats(0, 100),
)
def test_steps_hold_their_area(edges, value):
    time = np.concatenate([[0.0], np.cumsum(edges)])
    values = value * np.arange(1.0, time.size)
    series = Series.steps(time, values)
    assert series.total == pytest.approx(float((values * np.diff(time)).sum()), rel=1e-9)
    assert series.at(np.array([time[-1] + 1.0]))[0] == 0.0


@settings(max_examples=60, deadline=None)
@given(
    peak_at=st.sampled_from([0.0, 0.3, 0.5, 0.75, 1.0]),
    duration=st.sampled_from([3600.0, 14400.0, 43200.0]),
)
def test_every_duration_around_the_peak_has_its_depth(peak_at, duration):
    """The property that makes a Chicago storm; exact where both ends are block edges."""
    rain = cloudburst(CURVE, duration, peak_at, step=30.0)
    assert rain.total == pytest.approx(float(CURVE.depth(duration)), rel=1e-9)
    peak = peak_at * duration
    fallen = np.concatenate(
        [[0], np.cumsum(np.diff(rain.seconds) * (rain.values[1:] + rain.values[:-1]) / 2)]
    )
    for d in (1200.0, 1800.0, 3600.0):
        ends = np.interp([peak - peak_at * d, peak + (1 - peak_at) * d], rain.seconds, fallen)
        assert ends[1] - ends[0] == pytest.approx(float(CURVE.depth(d)), rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(peak_at=st.floats(0.1, 0.9), d=st.floats(300.0, 10_000.0))
def test_no_stretch_is_wetter_than_the_table(peak_at, d):
    rain = cloudburst(CURVE, 14400.0, peak_at)
    assert wettest(rain, d) <= float(CURVE.depth(d)) * (1 + 1e-6)


def test_rain_grows_to_its_peak_and_falls_after():
    rain = cloudburst(CURVE, 14400.0, 0.4)
    middle = rain.values[1:-1:2]
    top = int(np.argmax(middle))
    assert (np.diff(middle[: top + 1]) >= -1e-15).all()
    assert (np.diff(middle[top:]) <= 1e-15).all()


def test_a_known_law_is_found_again_in_its_depths():
    """D = a d / (d + 10 min)^0.8 gives back its own numbers."""
    minutes = np.array([5.0, 15.0, 60.0, 360.0, 1440.0])
    law = fit_idf(DepthCurve(minutes * 60, 0.003 * minutes / (minutes + 10) ** 0.8))
    assert law.n == pytest.approx(0.8, rel=1e-4)
    assert law.b == pytest.approx(600.0, rel=1e-3)
    assert law.depth(1800.0) == pytest.approx(0.003 * 30 / 40**0.8, rel=1e-5)
    assert law.curve(minutes * 60).depth(3600.0) == pytest.approx(0.003 * 60 / 70**0.8, rel=1e-5)


def table() -> DepthTable:
    return DepthTable(
        np.array([1800.0, 7200.0]), np.array([10.0, 100.0]), np.array([[0.02, 0.03], [0.03, 0.05]])
    )


def test_between_return_periods_depth_is_straight_in_the_logarithm():
    assert table().depth(1800.0, 10**1.5) == pytest.approx(0.025)
    assert table().depth(7200.0, 100.0) == pytest.approx(0.05)


@pytest.mark.parametrize("period", [-5.0, 0.0, 5.0, 1000.0])
def test_rain_outside_the_table_is_not_guessed(period):
    with pytest.raises(BadValue, match="return period from 10 to 100 years"):
        table().depth(1800.0, period)


def test_a_swapped_number_in_a_rain_table_is_noticed():
    with pytest.raises(BadValue, match="look for a swapped number"):
        DepthCurve(np.array([600.0, 1200.0]), np.array([0.02, 0.01]))
    with pytest.raises(BadValue, match="look for a swapped number"):
        DepthCurve(np.array([600.0, 1200.0]), np.array([0.01, 0.03]))
    with pytest.raises(BadValue, match="grow with the return period"):
        DepthTable(np.array([600.0]), np.array([2.0, 5.0]), np.array([[0.02], [0.01]]))
    with pytest.raises(BadValue, match="duration from 0 to 720 min"):
        CURVE.depth(1e6)
    with pytest.raises(BadValue, match="peak position"):
        cloudburst(CURVE, 3600.0, 1.5)


def test_even_and_observed_rain_keep_their_depth():
    assert even_rain(0.03, 3600.0).total == pytest.approx(0.03)
    rain = observed_rain(np.array([0.0, 600.0, 1800.0]), np.array([0.01, 0.002]))
    assert rain.total == pytest.approx(0.012, rel=1e-6)
    assert wettest(rain, 600.0) == pytest.approx(0.01, rel=1e-4)
    with pytest.raises(BadValue, match="rain of 0 or more"):
        observed_rain(np.array([0.0, 600.0]), np.array([-0.01]))


def test_the_standard_hydrograph_has_the_peak_rate_factor_of_the_handbook():
    """NEH 630, chapter 16: shape 3.7 goes with the peak rate factor 484 = 645.33 / volume."""
    assert 645.33 / gamma_volume(1.0) == pytest.approx(484, rel=0.005)
    t = np.linspace(0, 30, 30_001)
    assert np.trapezoid(gamma_hydrograph(t, 1.0), t) == pytest.approx(gamma_volume(1.0), rel=1e-6)


def test_a_flood_rises_from_its_base_to_its_peak_and_recedes():
    flow = stream_flood(20.0, 6 * 3600.0, base=2.0, recession=24 * 3600.0)
    assert flow.peak == 20.0
    assert flow.values[0] == 2.0
    assert flow.values.min() >= 2.0
    assert flow.seconds[np.argmax(flow.values)] == 6 * 3600.0
    late = flow.seconds > 36 * 3600.0
    speed = np.diff(np.log(flow.values[late] - 2.0)) / np.diff(flow.seconds[late])
    assert speed == pytest.approx(-1 / (24 * 3600.0), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(recession=st.floats(1.0, 50.0), tp=st.floats(0.5, 20.0))
def test_the_recession_joins_without_a_jump(recession, tp):
    t = np.linspace(0, 10 * tp, 4001)
    share = gamma_hydrograph(t, tp, recession)
    falling = t > 1.001 * tp
    speed = np.diff(np.log(share[falling])) / np.diff(t[falling])
    assert np.abs(np.diff(speed)).max() < 0.02 / tp  # nor with a kink
    assert share.max() <= 1.0 + 1e-12
    assert np.abs(np.diff(share)).max() < 0.02
    assert (np.diff(share[t > tp]) <= 1e-12).all()


def test_a_flood_can_peak_when_it_is_told_to():
    flow = stream_flood(10.0, 3600.0, base=1.0, peak_time=48 * 3600.0)
    assert flow.seconds[np.argmax(flow.values)] == 48 * 3600.0
    early = stream_flood(10.0, 36 * 3600.0, base=1.0, peak_time=12 * 3600.0)
    assert early.seconds[np.argmax(early.values)] == 12 * 3600.0
    assert early.values[0] > 1.0


@settings(max_examples=60, deadline=None)
@given(depth=st.floats(0.001, 0.2), runoff=st.floats(0.01, 1.0), hours=st.floats(0.3, 30.0))
def test_a_catchment_sends_down_exactly_what_runs_off(depth, runoff, hours):
    rain = even_rain(depth, hours * 3600)
    flow = flood_of_rain(rain, 70e6, runoff, 5 * 3600.0, base=0.0)
    assert flow.total == pytest.approx(depth * runoff * 70e6, rel=1e-3)


def test_impossible_streams_are_refused():
    with pytest.raises(BadValue, match="peak at or above a base flow"):
        stream_flood(1.0, 3600.0, base=2.0)
    with pytest.raises(BadValue, match="above 0"):
        stream_flood(3.0, 0.0, base=2.0)
    with pytest.raises(BadValue, match="runoff share"):
        flood_of_rain(even_rain(0.01, 600.0), 1e6, 1.4, 3600.0)


def test_an_event_of_negative_rate_is_refused():
    with pytest.raises(BadValue, match="rate of zero or more"):
        Event(id="x", name=Words("x", "x"), rate=-0.01)

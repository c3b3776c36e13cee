"""Between the runs: exact where it was run, in order everywhere, straight in between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from fjordby.flood.response import Axis, Tolerance, kernels, order, score, spline
from fjordby.flood.response.axes import shares_of
from fjordby.flood.response.dry import below_ground, common_slopes
from fjordby.flood.response.fit import FILM, lattice, lay, learn, points_of
from fjordby.flood.response.score import together

TWO = (Axis("sea_peak", 0.0, 2.0), Axis("stream_peak", 0.0, 10.0, "m3/s"))
LAG = (TWO[0], Axis("lag", -6.0, 6.0, "h", rising=False))
#: Half of the millimetre that depths are kept in, and float32.
KEPT = 6e-4


def flooded(shares, seed, axes=TWO):
    """Depth of 40 cells that rises along rising axes, in jumps and slowly, shape (runs, 40) [m]."""
    rng = np.random.default_rng(seed)
    slope, need = rng.uniform(0, 3, (len(axes), 40)), rng.uniform(-1, 3, 40)
    jump = rng.uniform(0, 1, 40)
    shares = shares.copy()
    for j, axis in enumerate(axes):
        if not axis.rising:
            shares[:, j] = np.abs(shares[:, j] - 0.4)
    level = shares @ slope
    depth = np.maximum(level - need, 0.0) + (level > need + 0.5) * jump
    return np.where(depth < FILM, 0.0, depth).astype(np.float32)


def designed(seed, count, axes=TWO):
    """Some runs, both ends among them, on sixteenths."""
    rng = np.random.default_rng(seed)
    inner = rng.integers(0, 17, (count, len(axes))) / 16
    return np.unique(np.vstack([np.zeros(len(axes)), np.ones(len(axes)), inner]), axis=0)


def fitted(shares, depth, axes=TWO):
    return lay(axes, shares, depth, learn(axes, shares, depth, 0.9))


@given(seed=st.integers(0, 10_000), count=st.integers(0, 10), noise=st.sampled_from([0.0, 0.1]))
@settings(deadline=None, max_examples=40)
def test_more_water_never_gives_less(seed, count, noise):
    """Even when the engine's own runs break the order a little."""
    shares = designed(seed, count)
    rng = np.random.default_rng(seed + 1)
    depth = flooded(shares, seed)
    depth = np.maximum(depth + noise * rng.standard_normal(depth.shape), 0).astype(np.float32)
    fit = fitted(shares, depth)
    for _ in range(20):
        low = rng.uniform(0, 1, 2)
        high = low + rng.uniform(0, 1, 2) * (1 - low)
        assert (fit.depth(high) >= fit.depth(low) - 1e-6).all()
        assert (fit.depth(low) >= 0).all()


@given(seed=st.integers(0, 10_000), count=st.integers(0, 10), lag=st.booleans())
@settings(deadline=None, max_examples=40)
def test_at_a_run_the_surface_is_the_run(seed, count, lag):
    axes = LAG if lag else TWO
    shares = designed(seed, count, axes)
    depth = flooded(shares, seed, axes)
    fit = fitted(shares, depth, axes)
    for share, true in zip(shares, depth, strict=True):
        assert fit.depth(share) == pytest.approx(true, abs=KEPT)
        low, middle, high = fit.band(share)
        assert low == pytest.approx(true, abs=2e-3)
        assert high == pytest.approx(true, abs=2e-3)
        assert (low <= middle).all()
        assert (middle <= high).all()


@given(seed=st.integers(0, 10_000), count=st.integers(0, 8))
@settings(deadline=None, max_examples=25)
def test_no_depth_is_beyond_what_the_runs_around_it_allow(seed, count):
    shares = designed(seed, count)
    depth = flooded(shares, seed)
    fit, rng = fitted(shares, depth), np.random.default_rng(seed)
    for share in rng.uniform(0, 1, (8, 2)):
        below = depth[(shares <= share).all(axis=1)].max(axis=0, initial=0.0)
        above = depth[(shares >= share).all(axis=1)].min(axis=0, initial=99.0)
        for found in fit.band(share):
            assert (found >= below - KEPT).all()
            assert (found <= above + KEPT).all()


def test_an_axis_that_does_not_rise_may_fall():
    """A lag between surge and stream peak: the worst is in the middle."""
    shares = points_of([np.array([0.0, 1.0]), np.array([0.0, 0.5, 1.0])])
    depth = np.array([[0.0], [0.0], [0.0], [1.0], [2.0], [1.2]], np.float32)
    fit = fitted(shares, depth, LAG)
    assert fit.depth(np.array([1.0, 0.5]))[0] == pytest.approx(2.0, abs=KEPT)
    assert fit.depth(np.array([1.0, 0.75]))[0] == pytest.approx(1.6, abs=KEPT)
    as_if_rising, _ = order.straighten(TWO, shares, depth)
    assert as_if_rising[4, 0] == pytest.approx(1.6)


def test_where_every_point_of_a_lattice_was_run_it_goes_multilinearly():
    """Against scipy's interpolator, for cells that are always wet."""
    grid = [np.array([0.0, 0.25, 1.0]), np.array([0.0, 0.5, 0.75, 1.0])]
    shares, rng = points_of(grid), np.random.default_rng(3)
    depth = 1.0 + np.cumsum(np.cumsum(rng.uniform(0, 0.4, (3, 4, 25)), axis=0), axis=1)
    fit = fitted(shares, depth.reshape(12, 25).astype(np.float32))
    rival = RegularGridInterpolator(grid, depth)
    for share in rng.uniform(0, 1, (20, 2)):
        assert fit.depth(share) == pytest.approx(rival(share)[0], abs=2 * KEPT)


def test_still_water_on_a_slope_is_foretold_from_two_depths_of_it():
    """Ground from 0 to 2 m: depth is max(level - ground, 0), straight below the ground too."""
    axes, ground = (Axis("sea_peak", 0.0, 2.0),), np.linspace(0.0, 2.0, 101)
    shares = np.array([[0.0], [0.5], [1.0]])
    depth = np.maximum(2 * shares - ground, 0.0).astype(np.float32)
    fit = fitted(shares, np.where(depth < FILM, np.float32(0), depth), axes)
    for level in (0.3, 0.8, 1.1, 1.7):
        true = np.maximum(level - ground, 0.0)
        assert fit.depth(np.array([level / 2])) == pytest.approx(true, abs=0.011)
    plain = np.interp(0.3, [0.0, 1.0], [0.0, 0.5])  # what plain depths would say at ground 0.5
    assert plain == pytest.approx(0.15)


def test_what_a_dry_cell_is_short_of_keeps_the_order():
    shares = designed(5, 12)
    depth = flooded(shares, 5)
    slopes = common_slopes(TWO, shares, depth)
    short = below_ground(shares, depth, slopes)
    assert (short[depth > 0] == depth[depth > 0]).all()
    assert (short[depth == 0] <= 0).all()
    straight, bent = order.straighten(TWO, shares, short)
    assert bent == 0.0
    assert (straight == short).all()


@pytest.mark.parametrize("theta", [0.03, 1.0, 30.0])
def test_weights_on_a_whole_lattice_do_not_depend_on_their_strength(theta):
    shares = points_of([np.array([0.0, 0.5, 1.0])] * 2)
    found = spline.weights(shares, np.full(2, theta), np.array([[0.25, 0.75]]))
    corners = np.zeros(9)
    corners[[1, 2, 4, 5]] = 0.25
    assert found[0] == pytest.approx(corners, abs=1e-4)


def test_left_out_runs_are_foretold_as_if_they_had_never_been():
    """Dubrule's shortcut against weights that were made without the run."""
    rng, theta = np.random.default_rng(2), np.array([0.3, 3.0])
    shares, values = rng.uniform(0, 1, (7, 2)), rng.normal(size=(7, 4)).astype(np.float32)
    foretold, variance = spline.left_out(shares, theta, values)
    for run in range(7):
        rest = np.arange(7) != run
        weight = spline.weights(shares[rest], theta, shares[run : run + 1])
        assert foretold[run] == pytest.approx((weight @ values[rest])[0], rel=1e-3, abs=1e-4)
        assert variance[run] == pytest.approx(
            spline.variance(shares[rest], theta, shares[run : run + 1])[0], rel=1e-3, abs=1e-6
        )


def test_mended_runs_are_changed_no_more_than_they_must():
    """Two runs 0.2 m out of order meet in the middle, 0.1 m each; others are left alone."""
    axes = (Axis("sea_peak", 0.0, 1.0),)
    shares = np.array([[0.0], [0.5], [1.0]])
    depth = np.array([[0.0, 0.0], [1.2, 0.3], [1.0, 0.4]], np.float32)
    straight, bent = order.straighten(axes, shares, depth)
    assert straight[:, 0] == pytest.approx([0.0, 1.1, 1.1])
    assert (straight[:, 1] == depth[:, 1]).all()
    assert bent == pytest.approx(0.1)


def test_the_loops_do_what_they_say(both_loops):
    rng = np.random.default_rng(1)
    rows = rng.integers(-500, 3000, (6, 33)).astype(np.int16)
    weight = rng.uniform(0, 0.001, 3).astype(np.float32)
    which = np.array([0, 3, 5])
    out = np.empty(33, np.float32)
    kernels.blend(rows, which, weight, kernels.new_tile(), out)
    assert out == pytest.approx(weight @ rows[which].astype(float), abs=1e-5)
    whole, cells = np.full(50, np.nan, np.float32), np.arange(10, 43)
    kernels.blend_onto(rows, which, weight, cells, kernels.new_tile(), whole)
    assert whole[10:43] == pytest.approx(np.maximum(out, 0.0))
    assert np.isnan(whole[:10]).all()
    high, low = rows[1].copy(), rows[1].copy()
    kernels.raise_to(rows, which, high)
    kernels.lower_to(rows, which, low)
    assert (high == rows[[0, 1, 3, 5]].max(axis=0)).all()
    assert (low == rows[[0, 1, 3, 5]].min(axis=0)).all()
    matrix = rng.normal(size=(5, 6)).astype(np.float32)
    assert kernels.mixed(matrix, rows.astype(np.float32)) == pytest.approx(
        matrix @ rows.astype(np.float32), rel=1e-3, abs=0.1
    )
    up, down = rows.astype(np.float32), rows.astype(np.float32)
    kernels.rise_along(up, 2, 3)
    kernels.sink_along(down, 2, 3)
    board = rows.astype(np.float32).reshape(3, 2, 33)
    assert (up.reshape(3, 2, 33) == np.maximum.accumulate(board, axis=0)).all()
    back = np.minimum.accumulate(board[::-1], axis=0)[::-1]
    assert (down.reshape(3, 2, 33) == back).all()


def test_a_lattice_always_has_its_ends():
    assert lattice(np.array([[0.25, 1.0]]))[0].tolist() == [0.0, 0.25, 1.0]
    assert shares_of(TWO, {"sea_peak": 0.5, "stream_peak": 10.0}).tolist() == [0.25, 1.0]


def test_scores_by_hand():
    """Four cells, one of them dry in both; a miss of 0.3 m, a false alarm of 0.1 m, one right."""
    true, found = np.array([0.3, 0.0, 1.0, 0.0]), np.array([0.0, 0.1, 1.0, 0.0])
    told = score(found, true, band=(found - 0.2, found + 0.2))
    assert told.rms == pytest.approx(np.sqrt((0.09 + 0.01) / 3))
    assert told.bias == pytest.approx(-0.2 / 3)
    assert told.most == pytest.approx(0.3)
    assert told.csi == pytest.approx(1 / 3)
    assert told.held == pytest.approx(2 / 3)
    assert not told.within(Tolerance())
    heavy = score(found, true, weight=np.array([0.0, 0.0, 1.0, 1.0]))
    assert heavy.rms == 0.0
    assert heavy.csi == 1.0
    assert together([told, heavy]).rms == pytest.approx(told.rms / np.sqrt(2))

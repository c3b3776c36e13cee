"""Sums over a map keep to what the runs around them allow, and to what left out runs taught."""

import numpy as np
import pytest

from fjordby.flood.response import Settings, Tolerance, build, totals
from fjordby.flood.response.axes import point_at
from fjordby.flood.response.design import Usual, next_run
from fjordby.flood.response.totals import around
from fjordby.flood.response.totals import reach as reach_of

#: What a place has under water: an area [cells] and a damage that grows with depth, limited.
DAMAGE = 3.0


def sums(depth):
    return np.array([np.count_nonzero(depth > 0.05), np.minimum(depth, DAMAGE).sum()], float)


def points(axes, count, seed=3):
    return [point_at(axes, share) for share in np.random.default_rng(seed).random((count, 3))]


@pytest.fixture(scope="module")
def built(tmp_path_factory, town, axes):
    folder = tmp_path_factory.mktemp("sums")
    return build(axes, town(), folder, Settings(Tolerance(0.001, 0.001), budget=24, checks=0))


@pytest.fixture(scope="module")
def known(built):
    places = built.at(np.arange(built.ground.size))
    return totals(places, places.left_out(), sums)


def test_sums_of_events_that_were_never_run_lie_in_the_range(built, known, town, axes):
    one, held, wide, gaps = town(), [], [], []
    for point in points(axes, 60):
        true = sums(np.nan_to_num(one.depth(point).ravel()))
        low, middle, high = known.span(point, sums(known.places.depths([point])[0]))
        assert (low <= middle).all()
        assert (middle <= high).all()
        held.append((low <= true) & (true <= high))
        wide.append(np.sqrt(high) - np.sqrt(low))
        share = np.array([axis.share(point[axis.name]) for axis in axes])
        under, over = around(axes, built.fit.shares, known.sums, share)
        gaps.append(np.sqrt(over) - np.sqrt(under))
    assert np.mean(held) >= 0.85
    # That much would be held by what order allows alone; the runs say that they do better.
    assert (np.mean(wide, axis=0) < 0.5 * np.mean(gaps, axis=0)).all()


def test_the_sum_of_a_run_is_known(built, known):
    for share, own in zip(built.fit.shares, known.sums, strict=True):
        low, _, high = known.span(point_at(built.axes, share), own)
        np.testing.assert_allclose(low, own, rtol=1e-9)
        np.testing.assert_allclose(high, own, rtol=1e-9)


def test_a_sum_lies_between_runs_with_less_and_with_more_of_everything(axes):
    """By hand: below (0.5, 0.5, 0.5) only the first run, above it only the last."""
    shares = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.2, 0.9, 0.1], [1.0, 1.0, 1.0]])
    found = around(axes, shares, np.array([[1.0], [5.0], [4.0], [9.0]]), np.full(3, 0.5))
    assert [float(one[0]) for one in found] == [1.0, 9.0]


def test_where_no_run_has_more_the_largest_sum_is_the_end(axes):
    shares, known = np.array([[0.0, 0.0, 0.0], [0.5, 1.0, 1.0]]), np.array([[1.0], [7.0]])
    found = around(axes, shares, known, np.array([0.9, 0.5, 0.5]))
    assert [float(one[0]) for one in found] == [1.0, 7.0]


def test_left_out_runs_are_told_by_the_others_alone(built):
    """A run that is a corner of nothing: its own depths must not be in what the rest foretell."""
    places = built.at(np.arange(built.ground.size))
    own, told = places.run_depths(), places.left_out()
    off = np.abs(told - own).max(axis=1)
    assert (off > 0.01).mean() > 0.8
    for share, row in zip(built.fit.shares, own, strict=True):
        np.testing.assert_allclose(places.depths([point_at(built.axes, share)])[0], row, atol=6e-4)


def test_with_few_runs_a_sum_may_be_anything_that_order_allows(tmp_path, town, axes):
    """Corners miss nothing of each other; they say nothing of the inside of the box."""
    surface = build(axes, town(), tmp_path, Settings(Tolerance(), budget=7, checks=0))
    places = surface.at(np.arange(surface.ground.size))
    few = totals(places, places.left_out(), sums)
    assert (few.reach == 1.0).all()
    one, held = town(), []
    for point in points(axes, 20):
        low, _, high = few.span(point, sums(places.depths([point])[0]))
        true = sums(np.nan_to_num(one.depth(point).ravel()))
        held.append((low <= true * (1 + 1e-6)) & (true <= high * (1 + 1e-6)))
    assert np.mean(held) == 1.0


def test_sums_that_are_known_make_no_other_surer(built, known):
    """Three quantities that are always nought leave the range of the first as it is."""
    places = built.at(np.arange(built.ground.size))
    more = totals(places, places.left_out(), lambda depth: np.append(sums(depth), [0.0, 0.0, 0.0]))
    np.testing.assert_array_equal(more.reach[:2], known.reach)
    misses = np.linspace(0.02, 0.4, 20)
    assert reach_of(np.append(misses, np.full(80, np.nan)), 0.9) == reach_of(misses, 0.9)


def test_a_range_holds_one_miss_more_like_those_that_it_was_learned_from():
    """Of 19 misses, evenly apart, the 18th: a twentieth one is within it 18 times in 20."""
    assert reach_of(np.arange(1.0, 20.0) / 20.0, 0.9) == pytest.approx(0.9)


def test_where_no_event_hangs_the_map_chooses(town, axes, tmp_path):
    """Events at corners that were run: their yearly sum is known, the map still is not."""
    surface = build(axes, town(), tmp_path, Settings(Tolerance(), budget=9, checks=0))
    fit = surface.fit.only(np.arange(0, surface.cells.size, 3))
    none, corner = np.empty((0, 3)), Usual(np.zeros((1, 3)), np.ones(1))
    plain, _ = next_run(fit, none, 200)
    chosen, _ = next_run(fit, none, 200, corner)
    np.testing.assert_array_equal(plain, chosen)
    never = Usual(np.full((1, 3), 0.3), np.zeros(1))
    np.testing.assert_array_equal(plain, next_run(fit, none, 200, never)[0])


def test_events_hang_on_a_node_by_their_weight_in_interpolation():
    """On an axis with nodes 0, 0.5 and 1 an event at 0.2 hangs by 0.4 on the middle one."""
    usual = Usual(np.array([[0.2, 0.0], [0.5, 0.5], [0.9, 1.0]]), np.array([0.1, 0.01, 1.0]))
    nodes = np.array([[0.5, 0.0], [0.0, 0.0], [0.5, 0.5], [0.2, 0.0]])
    known = [np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0])]
    found = usual.hangs_on(known, nodes)
    # The second node set has 0.5 on its other axis only for the third point.
    assert found == pytest.approx([0.04 + 0.01 * 0.5, 0.06, 0.01, 0.1])


def test_common_events_are_told_better_when_they_choose_every_second_run(tmp_path, town, axes):
    """Most years bring little: events near the low corner, where the map has least to lose."""
    draws = np.random.default_rng(6).random((40, 3)) * np.array([0.45, 0.4, 0.4])
    common = [(point_at(axes, share), 1.0) for share in draws]
    one, asked = town(), Settings(Tolerance(0.001, 0.001), budget=20, checks=0)
    off = []
    for name, usual in (("plain", ()), ("usual", common)):
        surface = build(axes, town(), tmp_path / name, asked, usual=usual)
        places = surface.at(np.arange(surface.ground.size))
        told = places.depths([point for point, _ in common])
        true = np.array([np.nan_to_num(one.depth(point).ravel()) for point, _ in common])
        off.append(np.sqrt(((told - true) ** 2).mean()))
    assert off[1] < 0.9 * off[0]

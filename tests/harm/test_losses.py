"""The loss table is what a person would get with a loop, and survives the disk."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fjordby.errors import BadFile, BadValue, StorageFailed
from fjordby.harm import (
    Hazard,
    Water,
    costs_for,
    damage,
    exposure,
    from_curves,
    hazard,
    load,
    loss_table,
)
from fjordby.harm.jrc import curves


def example(seed=1, events=9, assets=40, wet=0.3):
    rng = np.random.default_rng(seed)
    depth = np.where(rng.random((events, assets)) < wet, rng.uniform(0, 5, (events, assets)), 0)
    _, points, shares = curves()
    kind, value = rng.integers(0, 3, assets), rng.uniform(0, 1e6, assets)
    rate = rng.uniform(0, 0.1, events)
    return depth, rate, from_curves(points[:3], shares[:3], kind, value), (kind, value)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 50), st.floats(0, 1))
def test_the_table_equals_a_plain_loop(any_kernels, seed, events, assets, wet):
    depth, rate, costs, (kind, value) = example(seed, events, assets, wet)
    _, points, shares = curves()
    plain = np.array(
        [[value[a] * np.interp(d, points[kind[a]], shares[kind[a]]) for a, d in enumerate(row)]
         for row in depth]
    )  # fmt: skip
    table = loss_table(hazard(depth, rate), costs)
    np.testing.assert_allclose(table.at_event, plain.sum(axis=1), rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(table.expected, rate @ plain, rtol=1e-5, atol=1e-3)
    assert table.expected_annual == pytest.approx(table.expected.sum())
    group = np.arange(assets) % 3
    by_group = table.by_group(group, 3)
    np.testing.assert_allclose(by_group.sum(axis=1), table.at_event, rtol=1e-5, atol=1e-2)


def test_a_table_of_a_city_equals_damage_event_by_event(valley):
    who = exposure(valley)
    depth = np.linspace(0, 2, 5 * who.count).reshape(5, who.count)
    for family in ("danish", "jrc"):
        table = loss_table(hazard(depth, np.full(5, 0.1)), costs_for(family, who))
        for k in range(5):
            water = Water(depth[k], depth[k], np.ones(who.count))
            one = damage(family, who, water).sum()
            assert table.at_event[k] == pytest.approx(one, rel=1e-5)


def test_other_rates_change_the_years_but_not_the_events():
    depth, rate, costs, _ = example()
    table = loss_table(hazard(depth, rate), costs)
    double = table.weighted(2 * rate)
    np.testing.assert_allclose(double.at_event, table.at_event, rtol=1e-6)  # losses are float32
    np.testing.assert_allclose(double.expected, 2 * table.expected, rtol=1e-5)


@pytest.mark.parametrize("mapped", [True, False])
def test_a_table_survives_the_disk(tmp_path, mapped):
    depth, rate, costs, _ = example()
    table = loss_table(hazard(depth, rate), costs, "DKK", 2024)
    table.save(tmp_path / "t")
    table.save(tmp_path / "t")  # over an old one
    again = load(tmp_path / "t", mapped=mapped)
    assert (again.currency, again.price_year) == ("DKK", 2024)
    np.testing.assert_array_equal(again.loss, table.loss)
    np.testing.assert_array_equal(again.by_group(np.zeros(40), 1), table.by_group(np.zeros(40), 1))
    np.testing.assert_allclose(again.weighted(rate).expected, table.expected, rtol=1e-5)
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_half_a_table_is_refused(tmp_path):
    depth, rate, costs, _ = example()
    loss_table(hazard(depth, rate), costs).save(tmp_path / "t")
    (tmp_path / "t" / "loss.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(BadFile, match="whole loss table"):
        load(tmp_path / "t")
    with pytest.raises(BadFile, match="whole loss table"):
        load(tmp_path / "nothing")


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    depth, rate, costs, _ = example()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed, match="room to write"):
        loss_table(hazard(depth, rate), costs).save(tmp_path / "file" / "t")


def test_what_does_not_fit_together_is_refused():
    depth, rate, costs, _ = example()
    with pytest.raises(BadValue, match="one rate"):
        hazard(depth, rate[:-1])
    with pytest.raises(BadValue, match="one rate"):
        hazard(depth, -rate)
    with pytest.raises(BadValue, match="same assets"):
        loss_table(hazard(depth[:, :-1], rate), costs)
    with pytest.raises(BadValue, match="assets from 0"):
        Hazard(np.array([0, 1]), np.array([7]), np.ones(1), 5, np.ones(1))
    with pytest.raises(BadValue, match="group"):
        loss_table(hazard(depth, rate), costs).by_group(np.full(40, 3), 3)


def test_no_events_is_no_loss():
    table = loss_table(hazard([], []), from_curves([[0.0, 1.0]], [[0.0, 1.0]], [], np.zeros(0)))
    assert table.expected_annual == 0.0

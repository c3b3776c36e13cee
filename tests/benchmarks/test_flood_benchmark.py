"""The ground that flood engines are timed on, and how their maps are compared."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers"))
    before = set(sys.modules)
    import compare
    import fjord_city
    from case import Case

    yield fjord_city, compare, Case
    for name in set(sys.modules) - before:
        if name in ("compare", "fjord_city", "case"):
            del sys.modules[name]


def small(Case, bed, depth, **changed):
    given = {"cell": 5.0, "roughness": 0.03, "sea_seconds": np.array([0.0, 60.0]),
             "sea_level": np.array([0.0, 2.0]), "rain": 1e-5, "rain_until": 30.0,
             "end": 60.0}  # fmt: skip
    return Case(bed, depth, **given | changed)


def test_the_fjord_city_is_the_town_that_times_were_published_for(bench):
    """Counted on the town whose times are in docs/flood_benchmarks.md."""
    fjord_city, _, _ = bench
    town = fjord_city.fjord_city(1000, 5.0)
    assert (town.bed[:, 0] < 2).sum() == 429
    assert (town.depth > 0).sum() == pytest.approx(92_000, abs=1_000)
    assert town.bed.min() == pytest.approx(-5.18, abs=0.005)
    assert town.bed.max() == pytest.approx(129.40, abs=0.005)


def test_no_hollow_below_the_sea_is_left_dry(bench):
    fjord_city, _, _ = bench
    town = fjord_city.fjord_city(100, 50.0)
    assert ((town.bed >= 0) | (town.depth > 0)).all()
    assert np.allclose((town.bed + town.depth)[town.depth > 0], 0.0, atol=1e-6)


def test_the_sea_rises_to_two_metres_in_an_hour_and_falls_again(bench):
    fjord_city, _, _ = bench
    assert fjord_city.sea_level(0.0) == 0.0
    assert fjord_city.sea_level(3600.0) == 2.0
    assert fjord_city.sea_level(7200.0) == 1.5


def test_a_case_comes_back_from_its_file(bench, tmp_path):
    _, _, Case = bench
    case = small(Case, np.ones((3, 4), np.float32), np.zeros((3, 4), np.float32))
    case.save(tmp_path / "case.npz")
    back = Case.load(tmp_path / "case.npz")
    assert back.cell == 5.0
    assert back.sea(30.0) == 1.0
    np.testing.assert_array_equal(back.bed, case.bed)


def test_differences_are_counted_by_hand(bench):
    """Four land cells: one wet in both, 0.3 m too deep; one wet in theirs alone; two dry."""
    _, compare, Case = bench
    bed = np.array([[0.0, 1.0, 1.0, 3.0, 3.0]], np.float32)
    case = small(Case, bed, np.zeros_like(bed))
    ours = np.array([[9.0, 0.5, 0.0, 0.0, 0.0]])
    theirs = np.array([[0.0, 0.8, 0.1, 0.05, 0.0]])
    it = compare.differences(theirs, ours, case)["all land"]
    assert it["wet"] == 2
    assert it["csi"] == 0.5
    assert it["rmse"] == pytest.approx(np.sqrt((0.3**2 + 0.1**2) / 2))
    assert it["mean"] == pytest.approx(0.2)
    assert it["largest"] == pytest.approx(0.3)


def test_every_free_cell_lies_in_one_place(bench):
    fjord_city, compare, Case = bench
    town = fjord_city.fjord_city(100, 50.0)
    case = small(Case, town.bed, town.depth)
    counted = sum(cells.astype(int) for cells in compare.places(case).values())
    assert (counted[:, 1:] == 1).all()
    assert (counted[:, 0] == 0).all()

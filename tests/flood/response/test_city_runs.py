"""Runs of a city for its surface: they fill the shore, share their start, and end when calm."""

from concurrent.futures import CancelledError, ThreadPoolExecutor

import numpy as np
import pytest

from fjordby.flood import city_connection, still_water
from fjordby.flood.response import Axis, event_at, recipe_of
from fjordby.flood.response.city_runs import AT_MOST, Calmed, CityRuns, begin_of, coarser, peak_of

AXES = (Axis("sea_peak", 0.1, 2.5),)


@pytest.fixture(scope="module")
def runs(stormy_valley):
    return CityRuns(stormy_valley, AXES, recipe_of(stormy_valley), 2)


def test_an_open_shore_fills_nearly_to_the_peak_of_the_surge(stormy_valley, runs):
    found = runs({"sea_peak": 2.0}).depth.values
    still = still_water(stormy_valley.terrain, city_connection(stormy_valley), 2.0).values
    land = ~stormy_valley.sea.values & (still > 0.1)
    assert np.abs(found - still)[land].mean() < 0.1
    assert (found[still <= 0.0] < 0.05).mean() > 0.97


def test_two_runs_side_by_side_are_those_made_one_by_one(runs):
    points = [{"sea_peak": 1.2}, {"sea_peak": 1.9}]
    alone = [runs(point).depth.values for point in points]
    with ThreadPoolExecutor(2) as pool:
        for one, other in zip(alone, pool.map(runs, points), strict=True):
            np.testing.assert_array_equal(one, other.depth.values)


def test_a_run_that_nobody_waits_for_ends_without_a_result(stormy_valley):
    runs = CityRuns(stormy_valley, AXES, recipe_of(stormy_valley), 2)
    runs.stop()
    with pytest.raises(CancelledError):
        runs({"sea_peak": 2.0})


def test_a_run_begins_before_its_surge_and_not_at_a_swell_days_before(stormy_valley):
    event = event_at({"sea_peak": 2.0}, AXES, recipe_of(stormy_valley))
    peak, begin = peak_of(event), begin_of(event)
    assert peak == pytest.approx(72 * 3600.0)
    assert 6 * 3600.0 <= peak - begin <= 18 * 3600.0


def test_a_short_surge_is_not_over_when_its_run_begins(stormy_valley):
    """All runs share their ground; the longest surge must not say when the shortest begins."""
    axes = (*AXES, Axis("sea_hours", 4.0, 30.0, "h"))
    runs = CityRuns(stormy_valley, axes, recipe_of(stormy_valley), 2)
    found = runs({"sea_peak": 2.5, "sea_hours": 4.0}).depth.values
    still = still_water(stormy_valley.terrain, city_connection(stormy_valley), 2.5).values
    land = ~stormy_valley.sea.values & (still > 0.5)
    assert (found[land] > 0.3).mean() > 0.8


def test_a_run_ends_when_its_largest_levels_have_stopped_rising():
    class Pretend:
        """A run whose levels rise by 10 cm an hour for five hours."""

        seconds = 0.0

        class tables:
            base = np.zeros((3, 3))

        class seen_levels:
            highest = np.ones((3, 3))

    calmed, run = Calmed(2 * 3600.0), Pretend()
    ended = []
    for hour in range(1, 9):
        run.seconds = 3600.0 * hour
        run.seen_levels.highest = np.full((3, 3), 1.0 + 0.1 * min(hour, 5))
        ended.append(calmed(run))
    assert ended.index(True) == 5
    assert AT_MOST > 6 * 3600.0


def test_large_cities_are_run_in_wider_cells(stormy_valley):
    assert coarser(stormy_valley) == 2
    assert coarser(stormy_valley, most=40 * 100 // 25) == 5
    assert coarser(stormy_valley, most=1) == 8

"""The sea levels of a study reach as far as its sea."""

import copy

import numpy as np
import pytest

from fjordby.errors import BadCity
from fjordby.shock import Future, sea_levels
from fjordby.study.reach import levels_for


def with_sea(city, **changes):
    """The city with another mean level, and every extreme so many times as high."""
    shocks = copy.deepcopy(city.records["shocks"])
    shocks["climate"]["mean_level"] += changes.get("mean", 0.0)
    times = changes.get("times", 1.0)
    for key in ("location", "location_error", "scale"):
        shocks["sea"]["prior"][key] *= times
    for anchor in shocks["sea"]["anchors"]:
        anchor["level"] *= times
        anchor["error"] *= times
    return city.with_(records={"shocks": shocks})


def test_in_quiet_waters_it_is_nought_to_five_metres(stormy_valley):
    assert np.array_equal(levels_for(stormy_valley), np.round(np.arange(0, 5.001, 0.05), 2))


def test_where_the_tide_is_large_the_rare_storm_of_2100_is_still_inside(stormy_valley):
    city = with_sea(stormy_valley, times=4.0)
    levels = levels_for(city)
    assert levels[-1] >= sea_levels(city, (1000,), Future("high-end", 2100)).high[0] > 5.0
    assert np.allclose(np.diff(levels), 0.05)


def test_a_datum_below_the_sea_lifts_the_levels(stormy_valley):
    """Belgian heights (TAW) have the mean sea at 2.3 m."""
    assert levels_for(with_sea(stormy_valley, mean=2.3))[-1] > 5.0


def test_a_datum_above_the_sea_begins_below_nought(stormy_valley):
    assert levels_for(with_sea(stormy_valley, mean=-0.8))[0] == -1.0


def test_levels_in_centimetres_are_refused(stormy_valley):
    with pytest.raises(BadCity, match="in metres"):
        levels_for(with_sea(stormy_valley, times=100.0))

"""What rain costs by its depth: hollows filled once, every rain between two of them."""

import numpy as np
import pytest

from fjordby.choice.rain_losses import RainLosses, rain_losses
from fjordby.flood import city_bluespots, rain_flood
from fjordby.harm import FAMILIES, PRICE_YEAR, families_for, impact, stakes, water_at
from fjordby.harm.impact import damages

FAMILY = families_for("DKK")


@pytest.fixture(scope="module")
def hollow_valley(valley):
    """The valley with a sloping basin of 1 m dug around the houses of the south-east."""
    ground = valley.terrain.values.copy()
    ground[24:34, 60:90] = ground[24:34, 60:90].min() - 1.0 + 0.02 * np.arange(30)
    return valley.with_(terrain=valley.grid.raster(ground, "terrain"))


@pytest.fixture(scope="module")
def found(hollow_valley):
    spots, ready = city_bluespots(hollow_valley), stakes(hollow_valley)
    return spots, ready, rain_losses(spots, ready, FAMILY, (0.0, 0.05, 0.1, 0.2))


def test_no_rain_costs_nothing_and_more_rain_never_less(found):
    losses = found[2].members
    assert (losses[:, 0] == 0).all()
    assert (np.diff(losses, axis=1) >= -1e-6).all()
    assert (losses[:, -1, -1] > 0).all()


def test_districts_add_up_to_the_city(found):
    losses = found[2].members
    assert np.allclose(losses[:, :, :-1].sum(axis=2), losses[:, :, -1])


def test_a_depth_of_the_table_costs_what_its_flood_costs(found):
    """Two roads to one number: the table, and the damage of the same water, member by member."""
    spots, ready, losses = found
    water = water_at(ready.prints, rain_flood(spots, 0.2).flood.depth)
    members, _ = damages(ready, FAMILY, [water], ["cloudburst"], PRICE_YEAR)
    # The Danish cost of a cloudburst does not grow with the depth: two of the four are one.
    assert np.unique(members.sum(axis=1).round()).size == 3
    assert losses.at(0.2)[:, -1] == pytest.approx(members.sum(axis=1))


def test_the_rain_is_cloudburst_to_the_damage_functions(found, hollow_valley):
    """Danish functions ask for the source: salt water from the sea costs more than rain."""
    spots, ready, losses = found
    flood = rain_flood(spots, 0.2).flood
    same_as_sea = type(flood)(flood.depth, "surge", flood.engine)
    sea = impact(hollow_valley, same_as_sea, families=FAMILY, prepared=ready)
    assert losses.at(0.2)[0, -1] < sea.total(f"damage_{FAMILIES['danish'].id}")


def test_between_two_depths_the_cost_is_straight_and_beyond_the_deepest_the_same():
    members = np.array([[[0.0, 0.0], [10.0, 20.0], [30.0, 40.0]]])
    table = RainLosses(np.array([0.0, 0.1, 0.3]), members)
    assert table.at(0.05).tolist() == [[5.0, 10.0]]
    assert table.at(0.2).tolist() == [[20.0, 30.0]]
    assert table.at(9.0).tolist() == [[30.0, 40.0]]
    assert table.at(0.0).tolist() == [[0.0, 0.0]]


def test_the_price_year_moves_every_amount_alike(found):
    spots, ready, losses = found
    older = rain_losses(spots, ready, FAMILY, (0.0, 0.2), price_year=2017)
    ratio = losses.at(0.2)[:, -1] / older.at(0.2)[:, -1]
    assert np.allclose(ratio, ratio[0])
    assert ratio[0] == pytest.approx(118.82 / 101.4)

"""The yearly figure of a house: one sparse table of events by buildings, held to its sums."""

import numpy as np
import pandas as pd
import pytest

from fjordby.choice import expected_annual_loss, sea_rates, yearly_losses
from fjordby.harm import load
from fjordby.harm.families import MEASURES
from fjordby.shock import NOW
from fjordby.study.losses import event_losses, spread_of
from fjordby.study.workshop import Workshop


@pytest.fixture(scope="module")
def shop(stormy_valley, valley_study):
    return Workshop(stormy_valley, valley_study.folder)


def test_the_houses_add_up_to_the_events(shop):
    """Two sums of one table: over the events of each house, and over the houses of each event."""
    for table in event_losses(shop).values():
        by_event = expected_annual_loss(table.at_event, table.rate)
        assert by_event == pytest.approx(table.expected.sum(), rel=1e-6)


def test_the_tables_on_disk_are_those_computed(shop, valley_study):
    for (family, source), table in event_losses(shop).items():
        there = load(valley_study.folder / "losses" / f"{family}-{source}")
        np.testing.assert_array_equal(there.at_event, table.at_event)


def test_the_houses_of_the_central_sea_lie_within_the_city_s_band(shop, valley_study):
    """Two roads to one number: the event set of the central sea, and the integral over all seas."""
    yearly = pd.read_parquet(valley_study.folder / "losses" / "yearly.parquet")
    rates = np.median(sea_rates(shop.city, shop.by_level.levels, NOW), axis=0)
    for k, family in enumerate(shop.families):
        member = k * len(MEASURES) + list(MEASURES).index(family.measure)
        integral = yearly_losses(rates, shop.by_level.members[member, :, -1])[0, 0]
        assert yearly[family.id].sum() == pytest.approx(integral, rel=0.25)


def test_a_house_above_all_water_loses_nothing(shop, valley_study):
    yearly = pd.read_parquet(valley_study.folder / "losses" / "yearly.parquet")
    spread = spread_of(yearly)
    assert (spread.yearly_low <= spread.yearly_mid).all()
    assert (spread.yearly_mid <= spread.yearly_high).all()
    east = shop.city.buildings.geometry.centroid.x.to_numpy() > 800
    assert spread.yearly_high[east].max() == 0.0
    assert spread.yearly_high[~east].max() > 0.0

"""The yearly risk of a city: seas, climates, damage models and grounds that may all be true."""

import numpy as np
import pytest

from fjordby.choice.city_risk import city_risk, rain_events, sea_rates
from fjordby.choice.level_risk import Span
from fjordby.choice.rain_losses import RainLosses
from fjordby.errors import BadValue
from fjordby.harm import FAMILIES, LevelTable
from fjordby.shock import NOW, Future, climate, sea_curve

LEVELS = np.round(np.arange(0.0, 5.001, 0.05), 2)
FAMILY = list(FAMILIES.values())
DEPTHS = np.array([0.0, 0.1])


def by_level(losses, districts=("",)):
    """A table of losses by level; `losses` is (members, levels), all of it in each district."""
    members = np.repeat(np.asarray(losses, float)[:, :, None], len(districts) + 1, axis=2)
    members[:, :, -1] = members[:, :, :-1].sum(axis=2)
    return LevelTable(LEVELS, tuple(districts), {}, np.zeros((LEVELS.size, 1, 0)), members,
                      "DKK", 2024)  # fmt: skip


def by_rain(losses, districts=1):
    """Losses straight from nothing to `losses` at 10 cm of rain, by member."""
    deep = np.asarray(losses, float)
    members = np.zeros((deep.size, 2, districts + 1))
    members[:, 1, :-1] = deep[:, None] / districts
    members[:, 1, -1] = deep
    return RainLosses(DEPTHS, members)


DRY = by_rain(np.zeros(4))
NO_SEA = by_level(np.zeros((4, LEVELS.size)))


def step_at(level, loss):
    """Nothing below a level, the same loss from it on."""
    return np.where(level - 1e-9 <= LEVELS, loss, 0.0)[None] * np.ones((4, 1))


def test_a_dry_city_costs_nothing(stormy_valley):
    risk = city_risk(stormy_valley, NOW, NO_SEA, DRY, FAMILY)
    assert risk.total == Span(0, 0, 0)
    assert risk.sea == risk.rain == risk.total


def test_a_house_that_floods_costs_itself_times_the_chance_of_a_year_with_a_flood(stormy_valley):
    """The loss steps up between 1.45 and 1.50 m: the chance lies between those of the two."""
    found = city_risk(stormy_valley, NOW, by_level(step_at(1.5, 1e6)), DRY, FAMILY).sea
    curve, mean = sea_curve(stormy_valley), climate(stormy_valley).mean_sea_level(NOW)
    for share, said in ((0.05, found.low), (0.5, found.mid), (0.95, found.high)):
        rarer, oftener = (
            1e6 * -np.expm1(-float(curve.rate(level - mean, share))) for level in (1.5, 1.45)
        )
        assert rarer <= said <= oftener


def test_no_house_is_lost_more_than_once_a_year(stormy_valley):
    """Even where the sea of 2100 stands above it every day."""
    risk = city_risk(
        stormy_valley, Future("high-end", 2100), by_level(step_at(0.0, 1e6)), DRY, FAMILY
    )
    assert risk.total.high <= 1e6 * (1 + 1e-9)
    assert risk.total.low == pytest.approx(1e6, rel=1e-3)


def test_a_yearly_flood_comes_in_two_years_of_three(stormy_valley):
    """Events that come once a year on average miss 37 years in 100: 1 - 1/e = 0.632."""
    rates = sea_rates(stormy_valley, LEVELS, NOW)
    assert ((rates >= 0) & (rates <= 1)).all()
    curve, mean = sea_curve(stormy_valley), climate(stormy_valley).mean_sea_level(NOW)
    yearly = curve.location + mean
    level = float(np.median(yearly))
    at_level = [np.interp(level, LEVELS, row) for row in rates]
    assert np.median(at_level) == pytest.approx(1 - np.exp(-1), abs=0.03)


def test_rates_fall_with_the_level_and_rise_with_the_sea(stormy_valley):
    now = sea_rates(stormy_valley, LEVELS, NOW)
    later = sea_rates(stormy_valley, LEVELS, Future("high", 2100))
    assert (np.diff(now, axis=1) <= 0).all()
    assert (later >= now).all()
    assert later.sum() > now.sum()


def test_rain_costs_its_slices_of_the_rate_times_what_is_left(stormy_valley):
    """Losses straight in the depth: the yearly cost is that of the yearly depth left."""
    depth = sum(event.weight * left for event, left in rain_events(stormy_valley, NOW))
    assert depth > 0
    risk = city_risk(stormy_valley, NOW, NO_SEA, by_rain([1e8] * 4), FAMILY)
    assert risk.rain.mid == pytest.approx(1e8 * depth / 0.1, rel=1e-9)
    assert risk.total == risk.rain
    assert risk.sea == Span(0, 0, 0)


def test_rain_that_comes_with_a_surge_counts_where_nothing_drains(stormy_valley):
    """One surge in ten brings a day of rain: 0.1 times the surges of once in 2 years or rarer."""
    shocks = dict(stormy_valley.records["shocks"])
    shocks["rain"] = {**shocks["rain"], "sewer_mm_per_hour": 0, "infiltration_mm_per_hour": 0}
    wet = stormy_valley.with_(records={"shocks": shocks})
    with_surge = [(e.weight, left) for e, left in rain_events(wet, NOW) if e.sea is not None]
    assert sum(weight for weight, _ in with_surge) == pytest.approx(0.1 / 2)
    assert {round(left, 4) for _, left in with_surge} == {0.033}


def test_sea_and_rain_add_up_world_by_world(stormy_valley):
    """One damage model dear for rain, the other for the sea: the total is not a sum of spans."""
    sea = by_level(step_at(1.5, 1e6) * np.array([1, 1, 9, 9])[:, None])
    rain = by_rain([9e7, 9e7, 1e7, 1e7])
    risk = city_risk(stormy_valley, NOW, sea, rain, FAMILY)
    alone_sea = city_risk(stormy_valley, NOW, sea, DRY, FAMILY).worlds
    alone_rain = city_risk(stormy_valley, NOW, NO_SEA, rain, FAMILY).worlds
    assert np.allclose(risk.worlds, alone_sea + alone_rain)
    assert risk.total == Span.of(risk.worlds)


def test_each_family_speaks_of_its_own_members(stormy_valley):
    sea = by_level(step_at(1.5, 1e6) * np.array([1, 1, 10, 10])[:, None])
    families = city_risk(stormy_valley, NOW, sea, DRY, FAMILY).families
    first, second = (families[f.id] for f in FAMILY)
    assert second.mid == pytest.approx(10 * first.mid)


def test_districts_that_share_a_loss_evenly_each_have_half(stormy_valley):
    table = by_level(step_at(1.5, 1e6), ("north", "south", ""))
    table.members[:, :, 2] = 0.0
    table.members[:, :, -1] = table.members[:, :, :-1].sum(axis=2)
    risk = city_risk(stormy_valley, NOW, table, by_rain(np.zeros(4), 3), FAMILY)
    assert set(risk.districts) == {"north", "south"}
    assert risk.districts["north"] == pytest.approx(risk.total.mid / 2)


def test_a_ground_that_may_be_wrong_widens_the_band(stormy_valley):
    table = by_level(step_at(1.8, 1e6))
    sure = city_risk(stormy_valley, NOW, table, DRY, FAMILY).total
    unsure = city_risk(stormy_valley, NOW, table, DRY, FAMILY, height_error=0.2).total
    assert unsure.high > 1.2 * sure.high
    assert unsure.low < sure.low
    assert city_risk(stormy_valley, NOW, table, DRY, FAMILY, height_error=0.0).total == sure


def test_the_rain_table_s_own_return_periods_count(stormy_valley):
    """A table from 3 to 8 years has none of the usual periods but 5; its rains are all there."""
    record = dict(stormy_valley.records)
    shocks = dict(record["shocks"])
    rain = dict(shocks["rain"])
    rain["return_periods"], rain["mm"] = [3, 4, 8], list(rain["mm"][3:6])
    shocks["rain"] = rain
    shocks["joint"] = {**shocks["joint"], "rain_return_period": 3}
    odd = stormy_valley.with_(records={**record, "shocks": shocks})
    bursts = [event for event, _ in rain_events(odd, NOW) if event.family == "cloudburst"]
    assert sum(event.weight for event in bursts) == pytest.approx(1 / 3)
    assert len(bursts) == 4


def test_a_city_without_a_rain_table_has_no_rain_risk(stormy_valley):
    shocks = {
        k: v for k, v in stormy_valley.records["shocks"].items() if k not in ("rain", "joint")
    }
    dry = stormy_valley.with_(records={"shocks": shocks})
    assert rain_events(dry, NOW) == []
    assert city_risk(dry, NOW, NO_SEA, by_rain([1e8] * 4), FAMILY).total == Span(0, 0, 0)


def test_tables_of_different_cities_are_refused(stormy_valley):
    with pytest.raises(BadValue, match="the same damage models and districts"):
        city_risk(stormy_valley, NOW, NO_SEA, by_rain([1.0, 2.0]), FAMILY)
    with pytest.raises(BadValue, match="the same damage models and districts"):
        city_risk(stormy_valley, NOW, NO_SEA, by_rain([1.0] * 4, districts=2), FAMILY)


def test_without_a_damage_model_there_is_no_risk_to_speak_of(stormy_valley):
    nothing = by_level(np.zeros((0, LEVELS.size)))
    with pytest.raises(BadValue, match="at least one damage model"):
        city_risk(stormy_valley, NOW, nothing, by_rain(np.zeros(0)), ())

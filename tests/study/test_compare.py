"""Ours beside what others have published: the same money, the right place on our curves."""

import numpy as np
import pytest

from fjordby.choice.city_risk import CityRisk
from fjordby.choice.level_risk import Span
from fjordby.errors import BadCity
from fjordby.harm import LevelTable
from fjordby.shock import NOW, Future
from fjordby.study.compare import check_figures, compare, money_of

KEYS = ("buildings", "damage_low", "damage_mid", "damage_high")
LEVELS = np.array([0.0, 1.0, 2.0, 3.0])
#: Ten buildings and a middle damage of 1, 2, 3 million a metre; the low half, the high double.
TOTALS = np.stack([10 * LEVELS, 0.5e6 * LEVELS, 1e6 * LEVELS, 2e6 * LEVELS], axis=1)
TABLE = LevelTable(
    LEVELS, (), dict.fromkeys(KEYS), TOTALS[:, None, :], np.zeros((0, 4, 1)), "DKK", 2024
)


def risk_of(future, *three):
    span = Span(*three)
    return CityRisk(future, span, span, span, {}, {}, np.zeros((1, 1)))


RISKS = [risk_of(NOW, 1, 2, 3), risk_of(Future("high", 2070), 4, 5, 6)]


def figure(**others):
    return {"id": "f", "what": {"da": "Hvad", "en": "What"}, "value": 10.0, "unit": "buildings",
            "ask": "buildings_at_level", "level": 1.5, "source": "s", **others}  # fmt: skip


def ours(height_error=0.0, **others):
    (row,) = compare([figure(**others)], TABLE, RISKS, height_error)
    return row


def test_a_count_is_read_at_its_level_and_at_a_ground_that_is_wrong():
    assert ours()["ours"] == pytest.approx({"low": 15.0, "mid": 15.0, "high": 15.0})
    assert ours(0.2)["ours"] == pytest.approx({"low": 13.0, "mid": 15.0, "high": 17.0})


def test_a_damage_spans_the_models_and_the_ground():
    row = ours(0.1, ask="damage_at_level", unit="DKK", price_year=2024)
    assert row["ours"] == pytest.approx({"low": 0.7e6, "mid": 1.5e6, "high": 3.2e6})


def test_old_kroner_are_brought_to_ours_before_they_are_held_against_them():
    """The Danish price index of 2015 is 100, that of 2024 118.82 (harm/prices.csv)."""
    row = ours(ask="damage_at_level", unit="DKK", value=8.7e9, price_year=2015)
    assert row["published"] == 8.7e9
    assert row["published_now"] == pytest.approx(8.7e9 * 1.1882)


def test_euro_are_exchanged():
    row = ours(ask="damage_at_level", unit="EUR", value=100.0, price_year=2024)
    assert row["published_now"] == pytest.approx(745.0)


def test_money_of_an_unknown_year_is_left_alone():
    assert ours(ask="damage_at_level", unit="DKK")["published_now"] is None
    assert ours()["published_now"] is None


def test_a_yearly_damage_is_that_of_its_climate():
    row = ours(ask="ead", unit="DKK/year", scenario="high", year=2070)
    assert row["ours"] == {"low": 4.0, "mid": 5.0, "high": 6.0}


def test_reasons_may_be_in_one_language_or_two():
    row = ours(differs=["Because.", {"da": "Fordi.", "en": "Because."}])
    assert row["why"] == [{"da": "Because.", "en": "Because."}, {"da": "Fordi.", "en": "Because."}]


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"ask": "gold"}, "ask among buildings_at_level, damage_at_level, ead, not 'gold'"),
        ({"ask": "ead"}, "scenario, year missing"),
        ({"ask": "ead", "scenario": "low", "year": 2070}, "a climate among high 2070, trend 2026"),
        ({"value": "ten"}, "value is a number, not 'ten'"),
        ({"level": float("nan")}, "level is a number"),
        ({"unit": "USD", "price_year": 2015}, "USD to DKK"),
        ({"unit": "DKK", "price_year": 1872}, "a price year with an index for DKK"),
    ],
)
def test_a_figure_that_cannot_be_answered_says_why(others, words):
    with pytest.raises(BadCity) as trouble:
        compare([figure(**others)], TABLE, RISKS, 0.0)
    assert words in str(trouble.value)
    assert "Mend published.toml" in str(trouble.value)


def test_every_mistake_is_named_at_once():
    bad = figure()
    del bad["source"], bad["level"]
    with pytest.raises(BadCity, match="2 mistakes") as trouble:
        check_figures([bad, {"value": 1}], [NOW], "DKK", 2024)
    assert "figure 'f': source, level missing" in str(trouble.value)
    assert "figure 2: id, what, unit, ask, source, level missing" in str(trouble.value)


@pytest.mark.parametrize(
    ("unit", "money"),
    [("DKK", "DKK"), ("EUR/year", "EUR"), ("buildings", ""), ("km2", ""), ("", ""), ("people", "")],
)
def test_money_is_known_by_its_code(unit, money):
    assert money_of(unit) == money

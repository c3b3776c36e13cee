"""Numbers speak plainly, in both languages."""

import pytest

from fjordby.errors import BadValue
from fjordby.plain import amount, number, rounded, share
from fjordby.words import Words


@pytest.mark.parametrize(
    ("value", "da", "en"),
    [(310.4e6, "ca. 310 mio. kr. (190-480)", "about 310 million kr (190-480)")],
)
def test_an_amount_is_said_in_one_scale(value, da, en):
    assert amount(190e6, value, 480e6, "DKK", "da") == da
    assert amount(190e6, value, 480e6, "DKK", "en") == en


def test_a_billion_keeps_its_decimal_and_a_danish_comma():
    assert amount(0.9e9, 1.26e9, 2.2e9, "DKK", "da") == "ca. 1,3 mia. kr. (0,90-2,2)"


def test_small_money_is_written_out():
    assert amount(4000, 5210, 7000, "DKK", "da") == "ca. 5.200 kr. (4.000-7.000)"


def test_nothing_lost_is_zero_and_not_about_zero():
    assert amount(0, 0, 0, "DKK", "en") == "0 kr"


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(BadValue, match="in this order"):
        amount(3, 2, 1, "DKK", "da")


def test_shares_are_said_in_tens():
    assert share(50, 100, "da") == "5 ud af 10"
    assert share(100, 100, "en") == "all"


def test_a_missing_number_is_a_dash():
    assert number(float("nan"), "da") == "-"
    assert rounded(0.0) == 0.0


def test_a_language_not_spoken_is_refused():
    with pytest.raises(BadValue, match="da, en"):
        Words("by", "town")["de"]

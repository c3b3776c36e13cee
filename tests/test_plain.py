"""Numbers speak plainly, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fjordby.errors import BadValue
from fjordby.plain import amount, change, number, rounded, share
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


@pytest.mark.parametrize(
    ("low", "middle", "high", "da", "en"),
    [
        (0.9e9, 999.6e6, 1.1e9, "ca. 1,0 mia. kr. (0,90-1,1)", "about 1.0 billion kr (0.90-1.1)"),
        (9e5, 999_600, 1.1e6, "ca. 1,0 mio. kr. (0,90-1,1)", "about 1.0 million kr (0.90-1.1)"),
        (9e8, 994e6, 1.1e9, "ca. 990 mio. kr. (900-1.100)", "about 990 million kr (900-1,100)"),
        (0, 0, 5e6, "ca. 0 mio. kr. (0-5,0)", "about 0 million kr (0-5.0)"),
        (0, 9.96e6, 2e7, "ca. 10 mio. kr. (0-20)", "about 10 million kr (0-20)"),
        (0, 0, 0, "0 kr.", "0 kr"),
    ],
)
def test_an_amount_is_scaled_as_it_is_read(low, middle, high, da, en):
    """What rounds up to a billion is a billion, and nothing is 0, not 0.0."""
    assert amount(low, middle, high, "DKK", "da") == da
    assert amount(low, middle, high, "DKK", "en") == en


def test_money_of_a_place_we_have_no_word_for_keeps_its_code():
    assert amount(1e6, 2e6, 3e6, "USD", "en") == "about 2.0 million USD (1.0-3.0)"
    assert amount(1e6, 2e6, 3e6, "EUR", "da") == "ca. 2,0 mio. euro (1,0-3,0)"


@given(
    st.lists(st.floats(0, 1e13), min_size=3, max_size=3).map(sorted),
    st.sampled_from(["da", "en"]),
)
def test_no_amount_has_more_than_four_digits_on_end_in_its_middle(three, language):
    """Two figures and a scale: nobody reads a middle like 1,000 million."""
    said = amount(*three, "DKK", language).split("(")[0]
    if three[1] < 1e12:
        digits = "".join(c for c in said if c.isdigit())
        assert len(digits) <= 3 or "mi" not in said


@pytest.mark.parametrize(
    ("value", "decimals", "da", "en"),
    [
        (-0.0, 0, "0", "0"),
        (-0.001, 2, "0,00", "0.00"),
        (-3.2, 0, "-3", "-3"),
        (1234567.0, 0, "1.234.567", "1,234,567"),
    ],
)
def test_nothing_is_never_less_than_nothing(value, decimals, da, en):
    assert number(value, "da", decimals=decimals) == da
    assert number(value, "en", decimals=decimals) == en


def test_a_change_says_its_direction():
    """A sea may fall where the land rises."""
    assert change(12.4, "da") == "+12"
    assert change(-3.2, "en") == "-3"
    assert change(0.0, "en") == "0"
    assert change(-0.004, "da", decimals=2) == "0,00"
    assert change(float("nan"), "en") == "-"


def test_nobody_is_all_before_everybody_is():
    """99 of 100 are not ten in ten, and 'all' is kept for all."""
    assert share(99, 100, "en") == "more than 9 in 10"
    assert share(99.9, 100, "da") == "flere end 9 ud af 10"
    assert share(0.4, 100, "da") == "færre end 1 ud af 10"
    assert share(5, 0, "en") == "none"


@given(st.floats(0.001, 1e6), st.floats(0, 1))
def test_a_share_is_never_ten_in_ten(whole, part):
    assert "10 in 10" not in share(part * whole, whole, "en")

"""The water balance as people read it: to the litre, in their language."""

import pytest

from fjordby.errors import BadValue
from fjordby.flood.dynamic.balance import balance_rows, balance_text
from fjordby.flood.dynamic.record import WaterBalance

BALANCE = WaterBalance(
    start=1000.0, rain=2_345_678.9014, inflows=500.25, levels=-100.0, open_edges=10.0,
    infiltration=20.0, sewer=30.0, end=2_347_019.1534,
)  # fmt: skip


def test_the_table_adds_up_to_the_litre():
    into, out = 0.0, 0.0
    for sign, _, volume in balance_rows(BALANCE, "en")[:7]:
        value = float(volume.replace(",", ""))
        into, out = (into, out + value) if sign == "-" else (into + value, out)
    *_, should, stands, error = balance_rows(BALANCE, "en")
    assert should[2] == f"{into - out:,.3f}"
    assert stands[2] == "2,347,019.153"
    assert error[2] == "0.002"


def test_the_table_reads_in_danish_and_in_english():
    danish, english = balance_text(BALANCE, "da"), balance_text(BALANCE, "en")
    assert "+ faldt som regn" in danish
    assert "2.345.678,901 m³" in danish
    assert "2,345,678.901 m³" in english
    assert "less than 1 litre in 1,000 m³" in english
    assert len({len(line) for line in english.splitlines()[:-1]}) == 1
    with pytest.raises(BadValue):
        balance_text(BALANCE, "de")


def test_a_large_error_is_told_in_litres_and_none_at_all_as_none():
    lossy = WaterBalance(1000.0, 0, 0, 0, 0, 0, 0, end=1000.05)
    assert "The error is 50 litres in 1,000 m³ of water." in balance_text(lossy, "en")
    assert "Not a drop is missing." in balance_text(WaterBalance(5, 0, 0, 0, 0, 0, 0, 5), "en")
    assert "Der var intet vand." in balance_text(WaterBalance(0, 0, 0, 0, 0, 0, 0, 0), "da")

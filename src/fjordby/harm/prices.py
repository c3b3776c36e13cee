"""Money of one year and currency brought to another: a price index and fixed exchange rates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from fjordby.catalogue import rows
from fjordby.errors import BadValue

#: Common price year of every result unless another is asked for: the last year of which every
#: month is published in the table.
PRICE_YEAR = 2024


@cache
def index() -> Mapping[tuple[str, int], float]:
    """Return the consumer price index by currency and year (`prices.csv`)."""
    return {
        (row["currency"], int(row["year"])): float(row["index"]) for row in rows("harm/prices.csv")
    }


@cache
def rates() -> Mapping[tuple[str, str], float]:
    """Return units of the second currency for one unit of the first (`currencies.csv`)."""
    table = {(r["from"], r["to"]): float(r["rate"]) for r in rows("harm/currencies.csv")}
    return table | {(b, a): 1.0 / rate for (a, b), rate in table.items()}


def moved(currency: str, year: int, to_currency: str, to_year: int) -> float:
    """Return the factor that brings money of one currency and year to another.

    Parameters
    ----------
    currency, year
        What the money is in now.
    to_currency, to_year
        What it shall be in.

    Raises
    ------
    BadValue
        When the index or the exchange rate is not in the tables.

    Notes
    -----
    The money is exchanged in its own year and then follows the consumer prices of the currency
    it was exchanged to: damage is repaired where it happens.

    Examples
    --------
    >>> round(moved("EUR", 2010, "DKK", 2024), 3)
    9.484
    """
    exchange = 1.0
    if currency != to_currency:
        if (currency, to_currency) not in rates():
            raise BadValue(
                "two currencies with a rate in harm/currencies.csv",
                f"{currency} to {to_currency}",
                "Give damage curves in the city's own currency (docs/harm.md, own curves).",
            )
        exchange = rates()[currency, to_currency]
    if year == to_year:
        return exchange
    for wanted in (year, to_year):
        if (to_currency, wanted) not in index():
            known = sorted(y for c, y in index() if c == to_currency)
            span = f"{known[0]} to {known[-1]}" if known else "no year"
            raise BadValue(
                f"a price year with an index for {to_currency} ({span})",
                str(wanted),
                "Choose such a year, or add the year to harm/prices.csv with its source.",
            )
    return exchange * index()[to_currency, to_year] / index()[to_currency, year]


def can_move(currency: str, to_currency: str) -> bool:
    """Whether there is an exchange rate between two currencies."""
    return currency == to_currency or (currency, to_currency) in rates()

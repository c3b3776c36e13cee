"""What money in later years is worth today, by the rules of the Danish Ministry of Finance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from fjordby.arrays import Floats
from fjordby.catalogue import rows
from fjordby.errors import BadValue

#: From factor prices to the prices that consumers pay. Source: Danish Ministry of Finance,
#: guidance of 2023-06-22. The tax-distortion factor is 1 since 2023 and needs no constant.
NET_TAX_FACTOR = 1.28


@cache
def _steps() -> tuple[tuple[int, float], ...]:
    """Return (first year, rate) of each step of the social discount rate."""
    table = rows("choice/discount_rates.csv")
    return tuple((int(row["from_year"]), float(row["rate"])) for row in table)


def yearly_rates(years: int) -> Floats:
    """Return the discount rate that holds in each of the years 1 to `years`, shape (years,).

    3.5 % to year 35, 2.5 % to year 70, 1.5 % after. Source: Danish Ministry of Finance 2023.

    Raises
    ------
    BadValue
        For a negative number of years.
    """
    if years < 0:
        raise BadValue("a number of years of 0 or more", str(years), "Count from today.")
    year = np.arange(1, years + 1)
    rate = np.zeros(years)
    for first, value in _steps():
        rate[year >= first] = value
    return rate


def discount_factors(years: int, rates: Sequence[float] | Floats | None = None) -> Floats:
    """Return what one krone in each of the years 0 to `years` is worth today, shape (years + 1,).

    The yearly rates are *chained*: each year is discounted by its own rate from the year
    before. (1 + r)^-t with a rate that falls would make the factor jump upwards.

    Parameters
    ----------
    years
        The last year.
    rates
        Rates of the years 1 to `years`, for another country's rules; None = the Danish ones.

    Raises
    ------
    BadValue
        When there is not one rate for each year.

    Examples
    --------
    >>> round(float(discount_factors(36)[36]), 6)
    0.29266
    """
    yearly = yearly_rates(years) if rates is None else np.asarray(rates, float)
    if yearly.shape != (years,):
        raise BadValue(f"{years} yearly rates", f"{yearly.shape}", "Give one for each year.")
    return np.concatenate([[1.0], 1.0 / np.cumprod(1.0 + yearly)])


def present_value(
    amounts: Floats, *, first_year: int = 0, rates: Sequence[float] | Floats | None = None
) -> float:
    """Return what a row of yearly amounts is worth today.

    Parameters
    ----------
    amounts
        Amounts of the years `first_year`, `first_year` + 1, ..., in prices of one and the same
        year (real, without inflation), shape (n,) [kroner].
    first_year
        Years from today until the first amount.
    rates
        As in `discount_factors`.

    Raises
    ------
    BadValue
        For a first year before today, or amounts that are no numbers.

    Examples
    --------
    Fifty years of one krone a year, from next year on:

    >>> round(present_value(np.ones(50), first_year=1), 3)
    23.715
    """
    row = np.asarray(amounts, float)
    if row.ndim != 1 or not np.isfinite(row).all():
        raise BadValue("a row of finite amounts", f"shape {row.shape}", "Mend the gaps.")
    if first_year < 0:
        raise BadValue("a first year of 0 or later", str(first_year), "Money spent is spent.")
    last = first_year + row.size - 1
    return float(row @ discount_factors(last, rates)[first_year:])


def consumer_prices(factor_prices: float) -> float:
    """Return an amount in consumer prices from one in factor prices (times 1.28)."""
    return factor_prices * NET_TAX_FACTOR

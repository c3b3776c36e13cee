"""Families of damage functions side by side, and the spread between them as the uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.harm import danish, jrc, kernels
from fjordby.harm.costs import Costs
from fjordby.harm.exposure import Exposure
from fjordby.harm.footprints import Water
from fjordby.harm.prices import PRICE_YEAR, can_move, moved
from fjordby.words import Words

#: Where water comes from, as damage functions tell it apart.
WATERS: Mapping[str, Words] = {
    "surge": Words("stormflod", "storm surge"),
    "river": Words("vandløb", "river"),
    "cloudburst": Words("skybrud", "cloudburst"),
}

#: How the depth at a building is measured.
MEASURES: Mapping[str, Words] = {
    "max": Words("største dybde ved bygningen", "largest depth at the building"),
    "mean": Words("middeldybde over den våde del", "mean depth over the wet part"),
}


@dataclass(frozen=True)
class Family:
    """One family of damage functions.

    Parameters
    ----------
    id, name
        Short key, and what a person reads.
    currency, price_year
        What its own numbers are in.
    measure
        The depth it was made for, "max" or "mean".
    lay_out
        Function (exposure, water) -> Costs in its own currency and price year.
    source
        Where the functions come from.
    """

    id: str
    name: Words
    currency: str
    price_year: int
    measure: str
    lay_out: Callable[[Exposure, str], Costs]
    source: str


#: The families that come with the program; the user's own is made by `own_curves.read_curves`.
FAMILIES: Mapping[str, Family] = {
    "danish": Family(
        "danish",
        Words("danske skadesfunktioner (SkadesØkonomi)", "Danish functions (SkadesØkonomi)"),
        "DKK",
        2017,
        "max",
        danish.lay_out,
        "SkadesØkonomi (DTU, OS2), faglig beskrivelse and user manual January 2024",
    ),
    "jrc": Family(
        "jrc",
        Words("europæiske skadeskurver (JRC)", "European depth-damage curves (JRC)"),
        "EUR",
        2010,
        "mean",
        jrc.lay_out,
        "Huizinga, de Moel and Szewczyk 2017, doi:10.2760/16510",
    ),
}


def families_for(currency: str, *own: Family) -> tuple[Family, ...]:
    """Return the families that can speak of money in a currency, the user's own last.

    Raises
    ------
    BadValue
        When two have the same id: their damage could not be told apart, and would count twice.
    """
    ids = [family.id for family in own]
    twice = sorted({one for one in ids if ids.count(one) > 1 or one in FAMILIES})
    if twice:
        raise BadValue(
            "damage curves with a name each",
            f"two called {', '.join(twice)}",
            "Name each file once, and files that differ differently.",
        )
    return tuple(f for f in FAMILIES.values() if can_move(f.currency, currency)) + own


def family_named(family: str | Family) -> Family:
    """Return a family by its key; raises `BadValue` for one nobody knows."""
    if isinstance(family, Family):
        return family
    if family not in FAMILIES:
        raise BadValue(
            f"a damage family among {', '.join(FAMILIES)}",
            repr(family),
            "Choose one of these, or read your own curves with harm.read_curves.",
        )
    return FAMILIES[family]


def jrc_for(gdp_per_head: float) -> Family:
    """Return the European family for another country by its wealth (2010 US dollars per head).

    Raises
    ------
    BadValue
        For a wealth outside 200 to 200,000 dollars, the range of the world's countries.
    """
    if not 200.0 <= gdp_per_head <= 200_000.0:
        raise BadValue(
            "gross domestic product per head between 200 and 200,000 US dollars of 2010",
            f"{gdp_per_head}",
            "Look it up as constant 2010 US$ (World Bank NY.GDP.PCAP.KD).",
        )
    return replace(FAMILIES["jrc"], lay_out=partial(jrc.lay_out, gdp_per_head=gdp_per_head))


def costs_for(
    family: str | Family,
    exposure: Exposure,
    water: str = "surge",
    currency: str = "DKK",
    price_year: int = PRICE_YEAR,
) -> Costs:
    """Return what each building costs at any depth, laid out for the kernels.

    Parameters
    ----------
    family
        Key of `FAMILIES`, or a family of one's own.
    exposure
        The buildings.
    water
        Where the water comes from, a key of `WATERS`.
    currency, price_year
        What the costs shall be in.

    Raises
    ------
    BadValue
        For an unknown source of water, or money that the price tables do not have.
    """
    if water not in WATERS:
        raise BadValue(
            f"water from {', '.join(WATERS)}", repr(water), "Say where the water comes from."
        )
    chosen = family_named(family)
    factor = moved(chosen.currency, chosen.price_year, currency, price_year)
    return chosen.lay_out(exposure, water).times(factor)


def cost_at(costs: Costs, depth: Floats) -> Floats:
    """Return the cost of each building at a depth above the ground, shape (n,) [currency]."""
    out = np.zeros(depth.size)
    kernels.costs(
        np.ascontiguousarray(depth, dtype=np.float64),
        costs.lift,
        costs.least,
        costs.fixed,
        costs.slope,
        costs.base,
        costs.value,
        costs.curve,
        *costs.pieces,
        out,
    )
    return out


def damage(
    family: str | Family,
    exposure: Exposure,
    water_at: Water,
    water: str = "surge",
    *,
    measure: str | None = None,
    currency: str = "DKK",
    price_year: int = PRICE_YEAR,
) -> Floats:
    """Return the damage at each building, shape (n,) [currency of the price year].

    Parameters
    ----------
    family
        Key of `FAMILIES` ("danish", "jrc"), or a family of one's own.
    exposure
        The buildings.
    water_at
        Water at each of them, from `water_at` or `still_water_at`.
    water
        "surge", "river" or "cloudburst".
    measure
        Depth to use, "max" or "mean"; None = the one the family was made for.
    currency, price_year
        What the damage shall be in.

    Examples
    --------
    A home of 100 m2 with 0.5 m of sea water costs 100 (1167.86 ln 50 - 571.21) = 399,749 kr of
    2017 by the Danish functions; see `tests/harm/test_damage.py`.
    """
    chosen = family_named(family)
    depth = measured(water_at, measure or chosen.measure)
    return cost_at(costs_for(chosen, exposure, water, currency, price_year), depth)


def measured(water_at: Water, measure: str) -> Floats:
    """Return the depth by its measure [m]; raises `BadValue` for a measure nobody knows."""
    if measure not in MEASURES:
        raise BadValue(f"a measure among {', '.join(MEASURES)}", repr(measure), "Choose one.")
    return water_at.deepest if measure == "max" else water_at.mean


def spread(members: Floats) -> Floats:
    """Return low, mid and high over the members (first axis): smallest, median and largest.

    Members are every family with every depth measure, each already summed over what is asked
    for (a city, a district). The median of an even number is the mean of the middle two. Lows
    and highs of districts do not add up to those of the city, because the family that is lowest
    may differ; each member's own sums do.

    Examples
    --------
    >>> spread(np.array([100.0, 120.0, 180.0, 400.0]))
    array([100., 150., 400.])
    """
    return np.stack([members.min(axis=0), np.median(members, axis=0), members.max(axis=0)])

"""What the water costs a year, today and later, as the table that the page and report read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fjordby.choice.city_risk import CityRisk, city_risk, sea_rates
from fjordby.choice.level_risk import Span, shares_by_period
from fjordby.choice.present_value import present_value
from fjordby.city import City
from fjordby.harm import PRICE_YEAR
from fjordby.progress import Progress
from fjordby.shock import NOW, Future, climate, sea_curve, sea_levels
from fjordby.shock.distributions import chance_of_rate
from fjordby.study import said
from fjordby.study.compare import compare
from fjordby.study.workshop import Workshop

#: Return periods of the curve that is shown [years].
PERIODS = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0)
#: Edges of the classes of rarity that risk is split into [years].
RARITIES = (5.0, 20.0, 100.0, 1000.0)
#: Years that yearly risk is added up over; the horizon of the Danish guidance for long-lived works.
HORIZON = 100
#: Years between the climates that the sum over the horizon is interpolated from.
STRIDE = 10


def risk_table(shop: Workshop, progress: Progress) -> dict[str, Any]:
    """Return what the water costs a year: today, in every climate told, and added up over years.

    Parameters
    ----------
    shop
        With the finished tables by sea level and by depth of rain.
    progress
        Told how far the climates are.
    """
    city, told = shop.city, said.futures(shop.city)
    risks = {}
    path = climates_summed(city)
    everything = [*told, *(f for f in path if f not in told)]
    for k, future in enumerate(everything):
        progress(k / len(everything), "")
        risks[future] = city_risk(
            city, future, shop.by_level, shop.by_rain, shop.families, shop.height_error
        )
    now = risks[NOW]
    curve = sea_levels(city, PERIODS)
    band = zip(curve.return_periods, curve.low, curve.central, curve.high, strict=True)
    return {
        "currency": city.currency,
        "price_year": PRICE_YEAR,
        "ead": {**now.total.as_dict(), "families": {k: v.mid for k, v in now.families.items()}},
        "sea": now.sea.as_dict(),
        "rain": now.rain.as_dict(),
        "families": [
            {"id": f.id, "name": f.name.as_dict(), "ead": now.families[f.id].as_dict(),
             "source": f.source}
            for f in shop.families
        ],
        "districts": [{"id": k, "ead": v} for k, v in now.districts.items()],
        "futures": [said.risk_said(city, risks[f]) for f in told if f != NOW],
        "present_value": _worth(city, path, [risks[f] for f in path]),
        "curve": [
            {"return_period": float(t), "level": Span(float(a), float(b), float(c)).as_dict()}
            for t, a, b, c in band
        ],
        "by_rarity": _by_rarity(shop),
        "curve_kind": sea_curve(city).kind.value,
        "curve_source": sea_curve(city).source,
        "comparison": compare(
            shop.figures, shop.by_level, list(risks.values()), shop.height_error,
        ),
    }  # fmt: skip


def _by_rarity(shop: Workshop) -> list[dict[str, Any]]:
    """Return which part of today's risk from the sea comes from how rare water."""
    rates = sea_rates(shop.city, shop.by_level.levels, NOW, shop.height_error)
    # The rates are chances of a first loss in a year, so the edges are too.
    periods = 1.0 / chance_of_rate(1.0 / np.array(RARITIES))
    shares = shares_by_period(rates, shop.by_level.members[:, :, -1], periods)
    edges = (None, *RARITIES, None)
    return [
        {"from": first, "to": last, "share": round(float(share), 3)}
        for first, last, share in zip(edges[:-1], edges[1:], shares, strict=True)
    ]


def climates_summed(city: City) -> list[Future]:
    """Return the climates that the sum over the years goes through: all projections at once."""
    known = climate(city).scenarios
    scenario = "all" if "all" in known else next(iter(known))
    return [Future(scenario, year) for year in range(NOW.year, NOW.year + HORIZON + 1, STRIDE)]


def worth_of(risks: Sequence[CityRisk], years: Sequence[int]) -> Span:
    """Return what the yearly damage of all years of the horizon is worth today.

    Parameters
    ----------
    risks
        Yearly risk in some years, in the same worlds; straight between them.
    years
        These years, from `NOW.year` to `HORIZON` years later.

    Notes
    -----
    Each world (curve, rise, ground, damage model) is followed through all years, and low, middle
    and high are taken over the sums: the low ends of single years are not all of one world.
    Losses fall at the end of each year from the first on.
    """
    told = np.arange(NOW.year + 1, NOW.year + HORIZON + 1)
    each = np.eye(len(years))
    factors = [present_value(np.interp(told, years, one), first_year=1) for one in each]
    return Span.of(np.tensordot(factors, np.stack([risk.worlds for risk in risks]), axes=1))


def _worth(city: City, path: Sequence[Future], risks: Sequence[CityRisk]) -> dict[str, Any]:
    """Return what the years are worth, with the rules it was counted by.

    Damages are in the prices that people pay, so the net tax factor is not applied to them.
    """
    scenario = path[0].scenario
    return {
        **worth_of(risks, [future.year for future in path]).as_dict(),
        "years": HORIZON,
        "scenario": scenario,
        "name": climate(city).scenarios[scenario].as_dict(),
        "net_tax_factor": 1.0,
    }

"""A city's yearly risk from sea and rain in one climate, with everything that is not known.

Sea: every plausible curve of extremes, on every plausible rise of the sea and every ground that
may be the true one, meets every damage model (`level_risk`). Rain: the cloudbursts of the event
set, each what ground and sewer leave of it, meet the same damage models; so does what is left of
the rain that some storm surges bring, added to the surge (a building hit by both then counts
twice: seldom, and on the careful side). Each combination is a world that may be the true one and
has one yearly loss; low, middle and high are taken over all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.choice.level_risk import Span, yearly_losses
from fjordby.choice.rain_losses import RainLosses
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood import rain_left
from fjordby.harm import MEASURES, Family, LevelTable
from fjordby.shock import Event, Future, climate, event_set, sea_curve, shocks_of
from fjordby.shock.distributions import chance_of_rate, yearly_rate
from fjordby.shock.yearly import PERIODS


@dataclass(frozen=True)
class CityRisk:
    """Expected annual damage of a city in one climate [currency/year].

    Parameters
    ----------
    future
        The climate and year.
    total, sea, rain
        Of everything, of the sea alone, and of cloudbursts.
    families
        Of everything, by damage family.
    districts
        The middle of each district, by its id. Middles do not add up to the middle of the city.
    worlds
        Of everything, in each world, shape (curves, members): in every climate the same curve,
        the same share of the rise, the same error of the ground and the same damage model.
    """

    future: Future
    total: Span
    sea: Span
    rain: Span
    families: Mapping[str, Span]
    districts: Mapping[str, float]
    worlds: Floats


def sea_rates(city: City, levels: Floats, future: Future, height_error: float = 0.0) -> Floats:
    """Return the yearly rate of a loss from each level in each world, shape (curves, levels).

    Each member of the sea level curve is paired with one draw of the sea's rise and one of the
    ground's error. Only the first loss of a year counts, so the rate [1/year] is the chance that a
    year's highest sea exceeds the level: a flooded Danish home takes a year to mend (12.5 months
    after the storm Bodil in Jyllinge: SkadesØkonomi, DTU/OS2), what is not mended cannot be lost
    again, and land below the sea of every day is not lost anew each tide.

    Parameters
    ----------
    city
        With a record of its shocks.
    levels
        Sea levels, increasing, shape (levels,) [m datum].
    future
        The climate and year.
    height_error
        Standard error of the ground as a whole [m]: a ground that is lower than we think by as
        much is reached by a sea that is lower by as much. Taken as normal: assumed.
    """
    curve, shocks = sea_curve(city), shocks_of(city)
    sky, n = climate(city), curve.location.size
    rise = sky.rise(future).sample(n, seed=shocks.sea.seed + 1)
    ground = height_error * np.random.default_rng(shocks.sea.seed + 2).standard_normal(n)
    above = np.asarray(levels, float)[None, :] - (sky.mean_level + rise - ground)[:, None]
    rates = yearly_rate(above, curve.location[:, None], curve.scale[:, None], curve.shape[:, None])
    return chance_of_rate(rates)


def rain_events(city: City, future: Future) -> list[tuple[Event, float]]:
    """Return the rains of a climate with what ground and sewer leave of each [m]."""
    record = shocks_of(city).rain
    drain = record.drain if record else 0.0
    # The table's own return periods too: it may begin or end between the usual ones.
    periods = sorted({*PERIODS, *(record.return_periods if record else ())})
    return [
        (event, float(rain_left(event.rain, drain)))
        for event in event_set(city, future, periods, families=("cloudburst", "surge-rain"))
        if event.rain is not None
    ]


def city_risk(
    city: City,
    future: Future,
    by_level: LevelTable,
    by_rain: RainLosses,
    families: Sequence[Family],
    height_error: float = 0.0,
) -> CityRisk:
    """Return the expected annual damage of a city in one climate.

    Parameters
    ----------
    city
        With a record of its shocks.
    future
        The climate and year.
    by_level, by_rain
        What every sea level and every depth of rain does, with the same damage members.
    families
        The families behind the members, in their order.
    height_error
        Standard error of the ground as a whole [m]; see `sea_rates`.

    Raises
    ------
    BadValue
        When the two tables speak of different members or districts, or of no damage model.
    """
    sea, rain = by_level.members, by_rain.members
    if sea.shape[0] != rain.shape[0] or sea.shape[2] != rain.shape[2]:
        raise BadValue(
            "sea and rain with the same damage models and districts",
            f"{sea.shape} and {rain.shape}",
            "Compute both for one city with the same families.",
        )
    if not sea.shape[0]:
        raise BadValue(
            "at least one damage model", "none", "Give damage curves in the city's currency."
        )
    rates = sea_rates(city, by_level.levels, future, height_error)
    surge = np.stack(
        [yearly_losses(rates, sea[:, :, d]) for d in range(sea.shape[2])]
    )  # (districts + 1, curves, members)
    burst = np.zeros((rain.shape[0], rain.shape[2]))
    for event, left in rain_events(city, future):
        burst += (event.weight or 0.0) * by_rain.at(left)
    both = surge + burst.T[:, None, :]
    whole = both[-1]
    each = len(MEASURES)
    return CityRisk(
        future=future,
        total=Span.of(whole),
        sea=Span.of(surge[-1]),
        rain=Span.of(burst[:, -1]),
        families={
            family.id: Span.of(whole[:, k * each : (k + 1) * each])
            for k, family in enumerate(families)
        },
        districts={
            name: float(np.median(both[k])) for k, name in enumerate(by_level.districts) if name
        },
        worlds=whole,
    )

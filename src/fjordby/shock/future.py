"""Which climate, and when: the rise of the sea as a distribution, and how much heavier rain gets.

The sea in time, said aloud: the rise above the baseline is a t + b t^2, with t in years after the
middle of the baseline, a the trend that gauges show around then, and b such that the projection
is met in its year. After that year it goes on straight, at the speed it then has. Before and
between, ice sheets may do otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr, ndtri

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.words import Words

#: The present of this edition of the program. A constant, not the clock: a study must give the
#: same answer when it is run again next year. Raised with each yearly edition.
TODAY = 2026

#: Beyond this year the projections that we know say nothing.
LAST_YEAR = 2150

#: Scenarios that every climate has, beside its own projections.
TREND = "trend"
ALL = "all"
SCENARIO_NAMES: Mapping[str, Words] = {
    TREND: Words("Havet stiger som hidtil", "The sea rises as it has so far"),
    ALL: Words("Alle fremskrivninger under ét", "All projections together"),
}


@dataclass(frozen=True)
class Future:
    """A climate scenario and a year.

    Parameters
    ----------
    scenario
        "trend" (the sea goes on as gauges show, rain as today), a projection that the city's
        climate names (such as "central" or "high-end"), or "all": every projection at once, as
        one distribution.
    year
        From `TODAY` to `LAST_YEAR`.

    Raises
    ------
    BadValue
        For a future before today, or too far away.

    Examples
    --------
    >>> Future("central", 2050).year
    2050
    """

    scenario: str = TREND
    year: int = TODAY

    def __post_init__(self) -> None:
        if not TODAY <= self.year <= LAST_YEAR:
            when = "before today" if self.year < TODAY else "beyond all projections"
            raise BadValue(
                f"a year from {TODAY} to {LAST_YEAR}",
                f"{self.year}, a future {when}",
                "Choose a later year." if self.year < TODAY else "Choose an earlier year.",
            )


#: Today's climate.
NOW = Future()


@dataclass(frozen=True)
class Rise:
    """Rise of the mean sea level above the baseline, as a distribution.

    Between the known quantiles the rise is linear in the normal score; beyond them it goes on
    along the last piece. A single projection has no spread of its own: all quantiles are equal.

    Parameters
    ----------
    probabilities
        Increasing, in (0, 1), shape (n,).
    values
        Rise at these quantiles, not decreasing, shape (n,) [m].
    """

    probabilities: Floats
    values: Floats

    def quantile(self, probability: Floats | float) -> Floats:
        """Return the rise that is not exceeded with this probability [m].

        Raises
        ------
        BadValue
            For a probability outside (0, 1).
        """
        p = np.asarray(probability, float)
        if not ((p > 0) & (p < 1)).all():
            raise BadValue("a probability between 0 and 1", f"{probability}", "0.5 is the median.")
        z, known = ndtri(p), ndtri(self.probabilities)
        inner = np.interp(z, known, self.values)
        if self.values.size < 2:
            return np.asarray(inner, float)
        slope = np.diff(self.values) / np.diff(known)
        below = slope[0] * np.minimum(z - known[0], 0.0)
        above = slope[-1] * np.maximum(z - known[-1], 0.0)
        return np.asarray(inner + below + above, float)

    @property
    def median(self) -> float:
        """The rise as likely exceeded as not [m]."""
        return float(self.quantile(0.5))

    def sample(self, n: int, seed: int = 1) -> Floats:
        """Draw n rises, the same for the same seed, one from each of n equal slices [m]."""
        generator = np.random.default_rng(seed)
        slices = (generator.permutation(n) + generator.uniform(size=n)) / n
        return self.quantile(np.clip(slices, 1e-9, 1 - 1e-9))

    def probability(self, rise: float) -> float:
        """Return the probability that the sea rises no more than this."""
        if self.values[0] == self.values[-1]:
            return float(rise >= self.values[0])
        grid = np.linspace(-6, 6, 2401)
        return float(np.interp(rise, self.quantile(ndtr(grid)), ndtr(grid)))


@dataclass(frozen=True)
class RainFactors:
    """How much deeper rain gets by the horizon, by return period.

    Parameters
    ----------
    return_periods, factors
        Shape (n,); linear in the logarithm of the period between, constant outside.
    """

    return_periods: Floats
    factors: Floats

    def at(self, return_period: float) -> float:
        """Return the factor at the horizon for a return period [years]."""
        if not return_period > 0:
            raise BadValue("a return period above 0 years", f"{return_period}", "Give it in years.")
        return float(np.interp(np.log(return_period), np.log(self.return_periods), self.factors))


@dataclass(frozen=True)
class Projection:
    """One published projection of the sea.

    Parameters
    ----------
    rise
        Above the baseline in the horizon's year [m].
    probability
        The quantile it stands for among all projections together; ours, so assumed.
    rain
        Key of the rain factors that go with it; "" = rain as today.
    """

    name: Words
    rise: float
    probability: float
    rain: str = ""


@dataclass(frozen=True)
class Climate:
    """What may become of a place's sea and rain.

    Parameters
    ----------
    baseline, horizon
        Middle year of the baseline, and the year of the projections.
    trend
        Observed rise around the baseline [m/year].
    mean_level
        Mean sea level of the baseline in the city's vertical datum [m datum].
    projections
        By scenario, from the lowest to the highest.
    rain
        Factors by key, reached at `rain_horizon`, 1 in `rain_baseline`, linear in time.
    all_rain
        Key of the factors that go with the scenario "all".
    """

    baseline: float
    horizon: float
    trend: float
    mean_level: float
    projections: Mapping[str, Projection] = field(default_factory=dict)
    rain: Mapping[str, RainFactors] = field(default_factory=dict)
    rain_baseline: float = float(TODAY)
    rain_horizon: float = 2100.0
    all_rain: str = ""

    @property
    def scenarios(self) -> dict[str, Words]:
        """Every scenario this climate knows, with its name."""
        own = {key: projection.name for key, projection in self.projections.items()}
        known = {TREND: SCENARIO_NAMES[TREND], **own}
        return {**known, ALL: SCENARIO_NAMES[ALL]} if own else known

    def rise(self, future: Future = NOW) -> Rise:
        """Return the rise of the sea above the baseline by then.

        Raises
        ------
        BadValue
            For a scenario that this climate does not know.
        """
        self._know(future)
        if future.scenario == TREND:
            return _point(self.trend * (future.year - self.baseline))
        if future.scenario != ALL:
            return _point(self._path(self.projections[future.scenario].rise, future.year))
        ordered = sorted(self.projections.values(), key=lambda p: p.probability)
        return Rise(
            np.array([p.probability for p in ordered]),
            np.array([self._path(p.rise, future.year) for p in ordered]),
        )

    def mean_sea_level(self, future: Future = NOW, quantile: float = 0.5) -> float:
        """Return the mean sea level by then, in the city's vertical datum [m datum]."""
        return self.mean_level + float(self.rise(future).quantile(quantile))

    def mean_sea_level_in(self, year: float) -> float:
        """Return the mean sea level of a year until today, by the trend [m datum]."""
        return self.mean_level + self.trend * (year - self.baseline)

    def rain_factor(self, future: Future, return_period: float) -> float:
        """Return how many times deeper the rain of a return period is by then."""
        self._know(future)
        key = ""
        if future.scenario == ALL:
            key = self.all_rain
        elif future.scenario != TREND:
            key = self.projections[future.scenario].rain
        if not key:
            return 1.0
        share = (future.year - self.rain_baseline) / (self.rain_horizon - self.rain_baseline)
        return 1.0 + max(share, 0.0) * (self.rain[key].at(return_period) - 1.0)

    def _path(self, at_horizon: float, year: float) -> float:
        """Return a t + b t^2 until the horizon, then straight on [m]."""
        span = self.horizon - self.baseline
        bend = (at_horizon - self.trend * span) / span**2
        t = min(year - self.baseline, span)
        beyond = max(year - self.horizon, 0.0)
        return self.trend * t + bend * t * t + beyond * (self.trend + 2 * bend * span)

    def _know(self, future: Future) -> None:
        if future.scenario not in self.scenarios:
            raise BadValue(
                f"a scenario among {', '.join(self.scenarios)}",
                repr(future.scenario),
                "Choose one of these.",
            )


def _point(value: float) -> Rise:
    return Rise(np.array([0.5]), np.array([value]))

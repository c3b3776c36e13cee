"""The two laws of extremes, GEV and GPD, both read as one thing: the yearly rate above a level.

SIGN OF THE SHAPE, SAID LOUDLY: here and everywhere in fjordby the shape is the xi of Coles
(2001). **Positive is a heavy tail without an upper end; negative is a tail with an upper end.**
`scipy.stats.genextreme` and Hosking & Wallis (1997) use the opposite sign: c = k = -xi
(`scipy.stats.genpareto` uses c = +xi).

RETURN PERIOD, SAID LOUDLY: a level has the return period T when it is exceeded 1/T times a year
on average, counted as *events* (a Poisson process). The chance that a year has at least one is
1 - exp(-1/T). Tables of yearly maxima that define 1/T as this chance differ from ours by half a
year in T: below 1 % of the level from about T = 10 on, and visibly at T = 2.

Sources: Coles, S. (2001), An Introduction to Statistical Modeling of Extreme Values, Springer,
doi:10.1007/978-1-4471-3675-0, chapters 3, 4 and 7; Langbein, W. B. (1949), Annual floods and the
partial-duration flood series, doi:10.1029/TR030i006p00879.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue


def reduced(standard: Floats | float, shape: Floats | float) -> Floats:
    """Return y = log(1 + xi t) / xi, which is t where xi is 0; the rate above a level is exp(-y).

    Parameters
    ----------
    standard
        (level - location) / scale.
    shape
        xi; broadcasts with `standard`.

    Returns
    -------
    y; +inf above an upper end, -inf below a lower end.
    """
    u = np.asarray(shape * standard, float)
    small = np.abs(u) < 1e-8
    inside = u > -1.0
    safe = np.where(inside & ~small, u, 1.0)
    y = standard * np.where(small, 1.0 - u / 2.0, np.log1p(safe) / safe)
    beyond = np.where(np.broadcast_to(shape, u.shape) < 0, np.inf, -np.inf)
    return np.asarray(np.where(inside, y, beyond), float)


def unreduced(y: Floats | float, shape: Floats | float) -> Floats:
    """Return t = (exp(xi y) - 1) / xi, the inverse of `reduced`."""
    v = np.asarray(shape * y, float)
    small = np.abs(v) < 1e-8
    safe = np.where(small, 1.0, v)
    return np.asarray(y * np.where(small, 1.0 + v / 2.0, np.expm1(safe) / safe), float)


def yearly_rate(
    level: Floats | float, location: Floats | float, scale: Floats | float, shape: Floats | float
) -> Floats:
    """Return the rate of events above a level, for GEV parameters that broadcast [1/year]."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(-reduced((level - location) / scale, shape)))


def level_of_rate(
    rate: Floats | float, location: Floats | float, scale: Floats | float, shape: Floats | float
) -> Floats:
    """Return the level that is exceeded at a yearly rate, for GEV parameters that broadcast."""
    return np.asarray(location + scale * unreduced(-np.log(rate), shape))


def rate_of_chance(chance: Floats | float) -> Floats:
    """Return the rate of events whose chance of at least one in a year is `chance` [1/year]."""
    return np.asarray(-np.log1p(-np.asarray(chance, float)), float)


def chance_of_rate(rate: Floats | float) -> Floats:
    """Return the chance of at least one event in a year."""
    return np.asarray(-np.expm1(-np.asarray(rate, float)), float)


def rates_of_periods(return_periods: Floats | float) -> Floats:
    """Return 1/T after checking that every return period is a positive number of years.

    Raises
    ------
    BadValue
        For a return period that is negative, zero or not a number.
    """
    periods = np.asarray(return_periods, float)
    if not (np.isfinite(periods).all() and (periods > 0).all()):
        raise BadValue(
            "return periods above 0 years",
            str(return_periods),
            "A 100-year event has the return period 100.",
        )
    return 1.0 / periods


@dataclass(frozen=True)
class Gev:
    """Generalised extreme value law of yearly maxima; positive shape = heavy tail.

    F(x) = exp(-(1 + xi (x - mu) / sigma)^(-1/xi)), and the yearly rate of events above x is
    the inner term.

    Parameters
    ----------
    location, scale
        mu and sigma > 0 [unit of the data].
    shape
        xi, the sign of Coles (2001).

    Examples
    --------
    A Gumbel law with mu = 1 and sigma = 0.2 reaches 1 + 0.2 ln 100 = 1.921 once in 100 years:

    >>> round(float(Gev(1.0, 0.2, 0.0).level(100.0)), 3)
    1.921
    """

    location: float
    scale: float
    shape: float

    def __post_init__(self) -> None:
        _check(self.scale, self.shape, self.location)

    def rate(self, level: Floats | float) -> Floats:
        """Return the yearly rate of events above a level [1/year]."""
        return yearly_rate(np.asarray(level, float), self.location, self.scale, self.shape)

    def level(self, return_period: Floats | float) -> Floats:
        """Return the level exceeded once in so many years on average."""
        rates = rates_of_periods(return_period)
        return level_of_rate(rates, self.location, self.scale, self.shape)

    def cdf(self, level: Floats | float) -> Floats:
        """Return the chance that the highest of a year is at most this level."""
        return np.exp(-self.rate(level))

    def quantile(self, probability: Floats | float) -> Floats:
        """Return the level that a year's highest stays below with this probability."""
        y = -np.log(-np.log(np.asarray(probability, float)))
        return self.location + self.scale * unreduced(y, self.shape)

    def log_likelihood(self, maxima: Floats) -> float:
        """Return the log-likelihood of independent yearly maxima; -inf outside the support."""
        y = reduced((np.asarray(maxima, float) - self.location) / self.scale, self.shape)
        if not np.isfinite(y).all():
            return -np.inf
        return float(-y.size * np.log(self.scale) - ((1 + self.shape) * y + np.exp(-y)).sum())

    def sample(self, n: int, generator: np.random.Generator) -> Floats:
        """Draw n yearly maxima."""
        return self.quantile(generator.uniform(size=n))


@dataclass(frozen=True)
class Gpd:
    """Generalised Pareto law of peaks above a threshold; positive shape = heavy tail.

    P(X > x | X > u) = (1 + xi (x - u) / sigma)^(-1/xi), and peaks come `per_year` times a year.

    Parameters
    ----------
    threshold, scale
        u and sigma > 0 [unit of the data].
    shape
        xi, the sign of Coles (2001).
    per_year
        Rate of independent peaks above the threshold [1/year].
    """

    threshold: float
    scale: float
    shape: float
    per_year: float = 1.0

    def __post_init__(self) -> None:
        _check(self.scale, self.shape, self.threshold)
        if not 0 < self.per_year < np.inf:
            raise BadValue("peaks at a positive yearly rate", f"{self.per_year}", "Count again.")

    def as_gev(self) -> Gev:
        """Return the yearly maxima of the same process (Coles 2001, section 7.4)."""
        scale = self.scale * self.per_year**self.shape
        grown = float(unreduced(float(np.log(self.per_year)), self.shape))
        return Gev(self.threshold + self.scale * grown, scale, self.shape)

    def rate(self, level: Floats | float) -> Floats:
        """Return the yearly rate of events above a level; below the threshold, of all peaks."""
        standard = (np.asarray(level, float) - self.threshold) / self.scale
        return self.per_year * np.exp(-reduced(np.maximum(standard, 0.0), self.shape))

    def level(self, return_period: Floats | float) -> Floats:
        """Return the level exceeded once in so many years on average."""
        y = np.log(self.per_year) - np.log(rates_of_periods(return_period))
        return self.threshold + self.scale * unreduced(y, self.shape)

    def log_likelihood(self, peaks: Floats) -> float:
        """Return the log-likelihood of independent peaks; -inf outside the support."""
        y = reduced((np.asarray(peaks, float) - self.threshold) / self.scale, self.shape)
        if not np.isfinite(y).all() or (y < 0).any():
            return -np.inf
        return float(-y.size * np.log(self.scale) - (1 + self.shape) * y.sum())

    def sample(self, n: int, generator: np.random.Generator) -> Floats:
        """Draw n peaks above the threshold."""
        return self.threshold + self.scale * unreduced(
            generator.standard_exponential(n), self.shape
        )


def _check(scale: float, shape: float, place: float) -> None:
    if not (np.isfinite([scale, shape, place]).all() and scale > 0):
        raise BadValue(
            "finite parameters with a scale above 0",
            f"location {place}, scale {scale}, shape {shape}",
            "Fit them to more or better data.",
        )

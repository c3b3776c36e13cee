"""A curve where no table is to be had: every law that agrees with what is known of the place.

Known facts of different kinds (a published level, a highest storm in living memory, how often a
level was seen) each say how likely a law is. Laws are drawn from a broad prior, weighed by the
product of these likelihoods, and drawn again by weight (sampling importance resampling, Rubin
1988; Gelman et al., Bayesian Data Analysis, 3rd ed., section 10.4). What comes out is a band, and
it is as honest as the facts: two sources that repeat one another should share a wider error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammainc, roots_hermitenorm

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.provenance import Kind
from fjordby.shock.curve import Curve
from fjordby.shock.distributions import level_of_rate, yearly_rate


@dataclass(frozen=True)
class Published:
    """A level of a given return period, told with a standard error [m]."""

    return_period: float
    level: float
    error: float


@dataclass(frozen=True)
class Largest:
    """The highest level in so many years, known to a standard error [m]."""

    years: float
    level: float
    error: float


@dataclass(frozen=True)
class AtLeast:
    """At least `count` events reached a level, known to a standard error [m], in so many years."""

    count: int
    years: float
    level: float
    error: float


Anchor = Published | Largest | AtLeast


@dataclass(frozen=True)
class Prior:
    """What is held possible before the anchors speak: normal location and shape, lognormal scale.

    Parameters
    ----------
    location, location_error
        Level reached once a year, and its standard deviation [m].
    scale, scale_factor
        Median of the scale [m], and the factor that one standard deviation multiplies it by.
    shape, shape_error
        Centre and standard deviation of the shape; positive = heavy tail.
    """

    location: float
    location_error: float
    scale: float
    scale_factor: float
    shape: float
    shape_error: float


def curve_from_anchors(
    anchors: Sequence[Anchor],
    prior: Prior,
    members: int = 1000,
    candidates: int = 60_000,
    seed: int = 1,
    source: str = "",
) -> Curve:
    """Return the laws that agree with the anchors, as a curve with its band.

    Parameters
    ----------
    anchors
        At least one known fact; levels in metres above the mean level of their time.
    prior
        What is possible at all.
    members, candidates
        Laws kept, and laws weighed.
    seed
        The same seed gives the same curve.
    source
        Whose facts they are.

    Raises
    ------
    BadValue
        For no anchors, an anchor without a positive error or time, or anchors that contradict
        one another so far that hardly any law agrees with all.
    """
    for anchor in anchors:
        _check(anchor)
    if not anchors:
        raise BadValue("at least one anchor", "none", "Give a published level or a known storm.")
    return _resample(tuple(anchors), prior, members, candidates, seed, source)


@lru_cache(maxsize=32)
def _resample(
    anchors: tuple[Anchor, ...], prior: Prior, members: int, candidates: int, seed: int, source: str
) -> Curve:
    generator = np.random.default_rng(seed)
    normal = generator.standard_normal((3, candidates))
    location = prior.location + prior.location_error * normal[0]
    scale = prior.scale * prior.scale_factor ** normal[1]
    shape = np.clip(prior.shape + prior.shape_error * normal[2], -0.9, 0.9)
    with np.errstate(divide="ignore"):
        told = sum(log_likelihood(anchor, location, scale, shape) for anchor in anchors)
    weight = np.exp(told - np.max(told))
    weight /= weight.sum()
    agree = 1.0 / float((weight**2).sum())
    if not np.isfinite(agree) or agree < 200:
        raise BadValue(
            "anchors that can all be true at once",
            f"only {agree:.0f} of {candidates} laws agreeing with them",
            "Look for a wrong level or unit, or give the anchors larger errors.",
        )
    start = generator.uniform()
    pick = np.searchsorted(np.cumsum(weight), (start + np.arange(members)) / members)
    pick = np.minimum(pick, candidates - 1)
    return Curve(location[pick], scale[pick], shape[pick], Kind.ASSUMED, source)


def log_likelihood(anchor: Anchor, location: Floats, scale: Floats, shape: Floats) -> Floats:
    """Return how likely an anchor is under each law (log, up to a constant), shape (n,)."""
    if isinstance(anchor, Published):
        level = level_of_rate(1 / anchor.return_period, location, scale, shape)
        return np.asarray(-0.5 * ((level - anchor.level) / anchor.error) ** 2)
    # The true level is not known exactly: Gauss-Hermite quadrature over its error.
    nodes, weights = roots_hermitenorm(9)
    total = np.zeros_like(location)
    for node, weight in zip(nodes, weights, strict=True):
        height = anchor.level + anchor.error * float(node)
        rate = yearly_rate(height, location, scale, shape)
        if isinstance(anchor, AtLeast):
            total += weight * gammainc(anchor.count, np.minimum(rate * anchor.years, 1e6))
        else:
            rate = np.minimum(rate, 1e6)
            density = anchor.years * rate ** (1 + shape) / scale
            total += weight * density * np.exp(-anchor.years * rate)
    return np.log(total)


def _check(anchor: Anchor) -> None:
    time = anchor.return_period if isinstance(anchor, Published) else anchor.years
    count = anchor.count if isinstance(anchor, AtLeast) else 1
    if not (time > 0 and anchor.error > 0 and count >= 1 and np.isfinite(anchor.level)):
        raise BadValue(
            "an anchor with years, an error and a count above 0", f"{anchor}", "Mend it."
        )

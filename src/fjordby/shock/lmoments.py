"""L-moments: what a sample looks like, from sums of its ordered values, steady against outliers.

Source: Hosking, J. R. M. and Wallis, J. R. (1997), Regional Frequency Analysis: An Approach
Based on L-Moments, Cambridge University Press, doi:10.1017/CBO9780511529443, chapter 2.
Mind the sign: their k is minus our shape (see `distributions`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gamma

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.shock.distributions import Gev, Gpd


@dataclass(frozen=True)
class LMoments:
    """The first two L-moments and the L-skewness and L-kurtosis of a sample.

    Parameters
    ----------
    first, second
        L-location (the mean) and L-scale [unit of the data].
    skewness, kurtosis
        The ratios tau3 and tau4, both in (-1, 1).
    """

    first: float
    second: float
    skewness: float
    kurtosis: float


def l_moments(sample: Floats) -> LMoments:
    """Return the unbiased sample L-moments (Hosking & Wallis 1997, section 2.4).

    Raises
    ------
    BadValue
        For fewer than four values, missing values, or values that are all equal.

    Examples
    --------
    For 1, 2, 3, 4 the mean is 2.5, and half the mean difference of two drawn values is 5/6:

    >>> round(l_moments(np.array([1.0, 2.0, 3.0, 4.0])).second, 6)
    0.833333
    """
    x = np.sort(np.asarray(sample, float))
    n = x.size
    if n < 4 or not np.isfinite(x).all() or x[0] == x[-1]:
        raise BadValue(
            "at least four finite values that differ", f"{n} values", "Give a longer series."
        )
    i = np.arange(n, dtype=float)
    b0 = x.mean()
    b1 = (x * i).sum() / (n * (n - 1))
    b2 = (x * i * (i - 1)).sum() / (n * (n - 1) * (n - 2))
    b3 = (x * i * (i - 1) * (i - 2)).sum() / (n * (n - 1) * (n - 2) * (n - 3))
    second = 2 * b1 - b0
    third = 6 * b2 - 6 * b1 + b0
    fourth = 20 * b3 - 30 * b2 + 12 * b1 - b0
    return LMoments(float(b0), float(second), float(third / second), float(fourth / second))


def gev_skewness(shape: float) -> float:
    """Return the L-skewness of a GEV; our shape is minus Hosking's k (their appendix A.6)."""
    if abs(shape) < 1e-6:
        return float(2 * np.log(3) / np.log(2) - 3)
    return float(2 * np.expm1(shape * np.log(3)) / np.expm1(shape * np.log(2)) - 3)


def gev_of_l_moments(moments: LMoments) -> Gev:
    """Return the GEV with these L-moments (Hosking & Wallis 1997, appendix A.6), solved exactly.

    Raises
    ------
    BadValue
        When the L-skewness is beyond what a GEV with a mean can have.
    """
    low, high = -5.0, 0.98
    if not gev_skewness(low) < moments.skewness < gev_skewness(high):
        raise BadValue(
            "an L-skewness that a GEV can have",
            f"{moments.skewness:.3f}",
            "Look for mistakes or mixtures in the sample.",
        )
    shape = float(brentq(lambda s: gev_skewness(s) - moments.skewness, low, high, xtol=1e-12))
    if abs(shape) < 1e-6:
        scale = moments.second / np.log(2)
        return Gev(moments.first - np.euler_gamma * scale, float(scale), 0.0)
    grown = gamma(1 - shape)
    scale = moments.second * shape / (grown * np.expm1(shape * np.log(2)))
    return Gev(float(moments.first - scale * (grown - 1) / shape), float(scale), shape)


def gpd_of_l_moments(moments: LMoments, threshold: float, per_year: float = 1.0) -> Gpd:
    """Return the GPD above a known threshold with the sample's first two L-moments.

    k = l1/l2 - 2 and scale = (1 + k) l1 for the excesses; our shape is -k (Hosking and Wallis
    1987, doi:10.1080/00401706.1987.10488243).
    """
    mean = moments.first - threshold
    k = mean / moments.second - 2
    return Gpd(threshold, float((1 + k) * mean), float(-k), per_year)

"""Fits of the two laws of extremes: by greatest likelihood, and by L-moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.optimize import minimize

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.shock.distributions import Gev, Gpd, reduced
from fjordby.shock.lmoments import gev_of_l_moments, gpd_of_l_moments, l_moments

#: Beyond this shape a likelihood has no regular peak (Smith 1985, doi:10.1093/biomet/72.1.67).
STEEPEST = 1.0


def gev_by_likelihood(maxima: Floats) -> Gev:
    """Return the GEV that makes yearly maxima most likely.

    Coles (2001), section 3.3.2; the search starts at the L-moment fit and keeps the shape in
    (-1, 1), where the estimate exists.

    Parameters
    ----------
    maxima
        Independent block maxima, shape (n,) [any unit].

    Raises
    ------
    BadValue
        For fewer than ten maxima, missing ones, or maxima that are all equal.
    """
    x = _enough(maxima, "yearly maxima")
    start = gev_of_l_moments(l_moments(x))
    centre, spread = float(x.mean()), float(x.std())

    def cost(parameters: Floats) -> float:
        shape = parameters[2]
        if abs(shape) >= STEEPEST:
            return 1e10
        scale = spread * np.exp(parameters[1])
        y = reduced((x - centre - spread * parameters[0]) / scale, shape)
        if not np.isfinite(y).all() or y.min() < -50:
            return 1e10
        return float(x.size * parameters[1] + ((1 + shape) * y + np.exp(-y)).sum())

    shape = float(np.clip(start.shape, -0.5, 0.5))
    first = np.array(
        [(start.location - centre) / spread, np.log(start.scale / spread), shape], dtype=float
    )
    if cost(first) >= 1e10:
        first[2] = 0.01
    best = _descend(cost, first)
    return Gev(centre + spread * float(best[0]), spread * float(np.exp(best[1])), float(best[2]))


def gpd_by_likelihood(peaks: Floats, threshold: float, per_year: float = 1.0) -> Gpd:
    """Return the GPD that makes peaks above a threshold most likely (Coles 2001, section 4.3.2).

    Parameters
    ----------
    peaks
        Independent peaks above the threshold, shape (n,) [unit of the threshold].
    threshold
        What they exceed.
    per_year
        How often they come [1/year].

    Raises
    ------
    BadValue
        For a peak that does not exceed the threshold.
    """
    x = _enough(peaks, "peaks") - threshold
    if (x < 0).any():
        raise BadValue("peaks above the threshold", f"one at {x.min() + threshold}", "Filter them.")
    spread = float(x.mean())

    def cost(parameters: Floats) -> float:
        shape = parameters[1]
        if abs(shape) >= STEEPEST:
            return 1e10
        y = reduced(x / (spread * np.exp(parameters[0])), shape)
        if not np.isfinite(y).all():
            return 1e10
        return float(x.size * parameters[0] + (1 + shape) * y.sum())

    best = _descend(cost, np.array([0.0, 0.01]))
    return Gpd(threshold, spread * float(np.exp(best[0])), float(best[1]), per_year)


def gev_by_l_moments(maxima: Floats) -> Gev:
    """Return the GEV with the L-moments of the yearly maxima (Hosking & Wallis 1997)."""
    return gev_of_l_moments(l_moments(_enough(maxima, "yearly maxima")))


def gpd_by_l_moments(peaks: Floats, threshold: float, per_year: float = 1.0) -> Gpd:
    """Return the GPD with the L-moments of the peaks (Hosking and Wallis 1987)."""
    return gpd_of_l_moments(l_moments(_enough(peaks, "peaks")), threshold, per_year)


#: Ways to fit yearly maxima, and peaks over a threshold.
MAXIMA_FITS: Mapping[str, Callable[[Floats], Gev]] = {
    "likelihood": gev_by_likelihood,
    "l-moments": gev_by_l_moments,
}
PEAKS_FITS: Mapping[str, Callable[[Floats, float, float], Gpd]] = {
    "likelihood": gpd_by_likelihood,
    "l-moments": gpd_by_l_moments,
}


def _enough(sample: Floats, what: str) -> Floats:
    x = np.asarray(sample, float)
    if x.ndim != 1 or x.size < 10 or not np.isfinite(x).all() or x.min() == x.max():
        raise BadValue(
            f"at least ten finite {what} that differ",
            f"{x.size}, {np.unique(x).size} of them different",
            "Use a longer series, or anchors from published levels (see docs/shocks.md).",
        )
    return x


def _descend(cost: Callable[[Floats], float], start: Floats) -> Floats:
    """Return the lowest point found from a start, restarted once to be sure."""
    options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000, "maxfev": 4000}
    point = minimize(cost, start, method="Nelder-Mead", options=options).x
    again = minimize(cost, point, method="Nelder-Mead", options=options)
    return np.asarray(again.x, float)

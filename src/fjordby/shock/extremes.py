"""From a gauge series to extreme levels: maxima, peaks, return levels and their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fjordby.arrays import Floats, Ints
from fjordby.errors import BadValue
from fjordby.provenance import Kind
from fjordby.shock.curve import Curve
from fjordby.shock.distributions import Gev, Gpd, rate_of_chance
from fjordby.shock.fitting import MAXIMA_FITS, PEAKS_FITS
from fjordby.shock.series import Gauge, Times

#: Plotting positions (i - a) / (n + 1 - 2a), i = 1 for the smallest. Sources: Cunnane (1978),
#: doi:10.1016/0022-1694(78)90017-3; Gringorten (1963), doi:10.1029/JZ068i003p00813.
POSITIONS: Mapping[str, float] = {
    "weibull": 0.0,
    "cunnane": 0.4,
    "gringorten": 0.44,
    "hazen": 0.5,
}


@dataclass(frozen=True)
class Maxima:
    """The highest level of each block of a year.

    Parameters
    ----------
    years
        The calendar year in which each block begins, shape (n,).
    levels
        Its highest level, shape (n,) [m].
    covered
        The share of the block that the gauge recorded, shape (n,).
    """

    years: Ints
    levels: Floats
    covered: Floats


@dataclass(frozen=True)
class Peaks:
    """Independent peaks above a threshold.

    Parameters
    ----------
    times, levels
        When each peak stood and how high, shape (n,) [UTC, m].
    threshold
        What they exceed [m].
    years
        How much time was watched [years].
    """

    times: Times
    levels: Floats
    threshold: float
    years: float

    @property
    def per_year(self) -> float:
        """Peaks in a year."""
        return self.levels.size / self.years


def block_maxima(gauge: Gauge, first_month: int = 7, least_covered: float = 0.8) -> Maxima:
    """Return the highest level of each year, cut where no storm season is split.

    Parameters
    ----------
    gauge
        The series; take the mean level out first with `Gauge.above_mean` when it rises.
    first_month
        The month in which a block begins: 7 keeps northern winters whole.
    least_covered
        Blocks with a smaller recorded share are left out, since their highest is not known.

    Raises
    ------
    BadValue
        When no block is covered well enough.
    """
    if not 1 <= first_month <= 12 or not 0 <= least_covered <= 1:
        raise BadValue(
            "a month from 1 to 12 and a share from 0 to 1",
            f"{first_month} and {least_covered}",
            "Use the defaults.",
        )
    months = gauge.times.astype("datetime64[M]").astype(int)  # since January 1970
    block = (months - (first_month - 1)) // 12 + 1970
    known = np.isfinite(gauge.levels)
    years, levels, covered = [], [], []
    per_block = 365.25 * 86400.0 / max(gauge.step, 1.0)
    for year in np.unique(block[known]):
        here = known & (block == year)
        share = min(1.0, float(here.sum()) / per_block)
        if share >= least_covered:
            years.append(year)
            levels.append(gauge.levels[here].max())
            covered.append(share)
    if not years:
        raise BadValue(
            f"at least one year covered to {least_covered:.0%}",
            f"{gauge.years:.1f} years of values",
            "Use a longer series or a lower least_covered.",
        )
    return Maxima(np.array(years, np.int64), np.array(levels, float), np.array(covered, float))


def peaks_over(gauge: Gauge, threshold: float, separation_hours: float = 72.0) -> Peaks:
    """Return the peaks above a threshold, one for each storm (runs declustering).

    Two exceedances belong to one storm when less than `separation_hours` lie between them below
    the threshold (Coles 2001, section 5.3.2). Three days is our assumption for inner Danish and
    similar waters, where a surge with its swing back lasts one to two days; a missing stretch
    counts as time below.

    Raises
    ------
    BadValue
        When nothing exceeds the threshold, or the separation is negative.
    """
    if separation_hours < 0:
        raise BadValue("a separation of 0 h or more", f"{separation_hours}", "72 is a good start.")
    above = np.flatnonzero(np.isfinite(gauge.levels) & (gauge.levels > threshold))
    if not above.size:
        raise BadValue(
            "levels above the threshold",
            f"none above {threshold:g} m; the highest is {np.nanmax(gauge.levels):g} m",
            "Choose a lower threshold.",
        )
    gap = np.diff(gauge.times[above]) / np.timedelta64(1, "h")
    storms = np.split(above, np.flatnonzero(gap > separation_hours) + 1)
    tops = np.array([storm[np.argmax(gauge.levels[storm])] for storm in storms])
    return Peaks(gauge.times[tops], gauge.levels[tops], float(threshold), gauge.years)


def plotting_positions(levels: Floats, rule: str = "gringorten") -> tuple[Floats, Floats]:
    """Return yearly maxima from low to high with their return periods, for a plot.

    Parameters
    ----------
    levels
        Yearly maxima, shape (n,).
    rule
        A key of `POSITIONS`.

    Returns
    -------
    levels, return periods [years] in the sense of `distributions` (by rate), both shape (n,).

    Raises
    ------
    BadValue
        For an unknown rule.
    """
    if rule not in POSITIONS:
        raise BadValue(f"a rule among {', '.join(POSITIONS)}", repr(rule), "Choose one of these.")
    ordered = np.sort(np.asarray(levels, float))
    n, a = ordered.size, POSITIONS[rule]
    above = np.asarray((n + 1 - np.arange(1, n + 1) - a) / (n + 1 - 2 * a), float)
    return ordered, 1.0 / rate_of_chance(above)


def fit_curve(
    sample: Maxima | Peaks,
    method: str = "likelihood",
    bootstrap: str = "parametric",
    members: int = 200,
    seed: int = 1,
    source: str = "",
) -> Curve:
    """Return the curve of return levels of a sample, with its sampling uncertainty.

    Parameters
    ----------
    sample
        Yearly maxima (fitted by a GEV) or peaks over a threshold (fitted by a GPD, the number
        of peaks being a Poisson draw).
    method
        "likelihood" or "l-moments".
    bootstrap
        "parametric" draws new samples from the fit; "nonparametric" draws the sample's own
        values again. The first sees no heavier tail than the fit, the second none heavier than
        the data (Kyselý 2008, doi:10.1175/2008JAMC1763.1).
    members
        Number of samples drawn.
    seed
        The same seed gives the same curve.
    source
        Who measured.

    Raises
    ------
    BadValue
        For an unknown method or bootstrap, fewer than two members, or too small a sample.
    """
    for word, known in ((method, tuple(MAXIMA_FITS)), (bootstrap, tuple(BOOTSTRAPS))):
        if word not in known:
            raise BadValue(f"one of {', '.join(known)}", repr(word), "Choose one of these.")
    if members < 2:
        raise BadValue("at least two members", f"{members}", "200 is a good start.")
    generator = np.random.default_rng(seed)
    draw = BOOTSTRAPS[bootstrap]
    fit = _fit_maxima if isinstance(sample, Maxima) else _fit_peaks
    best = fit(sample, method)
    laws = []
    for _ in range(20 * members):
        try:
            laws.append(fit(draw(sample, best, generator), method))
        except BadValue:  # a drawn sample too small or too odd to fit is drawn again
            continue
        if len(laws) == members:
            return Curve.of_laws(laws, Kind.DERIVED, source, best)
    raise BadValue(
        "a sample whose like can be fitted", "samples drawn from it that cannot", "Use more data."
    )


def _fit_maxima(sample: Any, method: str) -> Gev | Gpd:
    return MAXIMA_FITS[method](sample.levels)


def _fit_peaks(sample: Any, method: str) -> Gev | Gpd:
    return PEAKS_FITS[method](sample.levels, sample.threshold, sample.per_year)


def _from_fit(sample: Any, best: Any, generator: np.random.Generator) -> Any:
    if isinstance(sample, Maxima):
        return Maxima(sample.years, best.sample(sample.levels.size, generator), sample.covered)
    n = int(generator.poisson(sample.levels.size))
    levels = best.sample(n, generator)
    return Peaks(np.repeat(sample.times[:1], n), levels, sample.threshold, sample.years)


def _from_data(sample: Any, best: Any, generator: np.random.Generator) -> Any:
    if isinstance(sample, Maxima):
        again = generator.choice(sample.levels, sample.levels.size)
        return Maxima(sample.years, again, sample.covered)
    n = int(generator.poisson(sample.levels.size))
    levels = generator.choice(sample.levels, n)
    return Peaks(np.repeat(sample.times[:1], n), levels, sample.threshold, sample.years)


#: Where the samples of a bootstrap come from.
BOOTSTRAPS: Mapping[str, Callable[[Any, Any, np.random.Generator], Any]] = {
    "parametric": _from_fit,
    "nonparametric": _from_data,
}

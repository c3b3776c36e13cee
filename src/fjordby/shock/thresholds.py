"""Help to choose a threshold: where the peaks above it begin to follow the law of extremes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.shock.extremes import peaks_over
from fjordby.shock.fitting import PEAKS_FITS
from fjordby.shock.series import Gauge


@dataclass(frozen=True)
class MeanExcess:
    """Mean excess over each threshold with its 95 % interval (Coles 2001, section 4.3.1).

    Above a good threshold the mean excess is a straight line; it falls where the tail is short.
    """

    thresholds: Floats
    mean: Floats
    low: Floats
    high: Floats
    count: Floats


@dataclass(frozen=True)
class Stability:
    """Shape and modified scale over thresholds (Coles 2001, section 4.3.4).

    Above a good threshold both are flat: choose the lowest from which on they are.
    """

    thresholds: Floats
    shape: Floats
    modified_scale: Floats
    per_year: Floats


def mean_excess(levels: Floats, thresholds: Floats) -> MeanExcess:
    """Return the mean residual life of independent peaks.

    Parameters
    ----------
    levels
        Peaks, shape (n,) [m].
    thresholds
        Each with at least two peaks above, shape (m,) [m].

    Raises
    ------
    BadValue
        When a threshold leaves fewer than two peaks.

    Examples
    --------
    >>> float(mean_excess(np.array([1.0, 2.0, 3.0]), np.array([1.5])).mean[0])
    1.0
    """
    rows = []
    for threshold in np.asarray(thresholds, float):
        over = np.asarray(levels, float)
        over = over[over > threshold] - threshold
        if over.size < 2:
            raise BadValue(
                "at least two peaks above each threshold",
                f"{over.size} above {threshold:g}",
                "Stop at a lower threshold.",
            )
        half = 1.96 * over.std(ddof=1) / np.sqrt(over.size)
        rows.append((over.mean(), over.mean() - half, over.mean() + half, over.size))
    mean, low, high, count = np.array(rows, float).T
    return MeanExcess(np.asarray(thresholds, float), mean, low, high, count)


def stability(
    gauge: Gauge, thresholds: Floats, separation_hours: float = 72.0, method: str = "l-moments"
) -> Stability:
    """Return how the fitted GPD changes with the threshold; the peaks are declustered anew each."""
    rows = []
    for threshold in np.asarray(thresholds, float):
        peaks = peaks_over(gauge, float(threshold), separation_hours)
        law = PEAKS_FITS[method](peaks.levels, peaks.threshold, peaks.per_year)
        rows.append((law.shape, law.scale - law.shape * threshold, peaks.per_year))
    shape, modified, per_year = np.array(rows, float).T
    return Stability(np.asarray(thresholds, float), shape, modified, per_year)

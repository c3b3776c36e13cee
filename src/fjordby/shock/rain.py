"""Rain over time: cloudbursts whose every duration has the depth that the table says.

The Chicago design storm (in Denmark "CDS-regn") nests all durations around one peak: the wettest
d minutes of it hold exactly the table's depth D(d), for every d at once. With a share r of each
duration before the peak, the rain fallen up to a time b before the peak is r D(b / r), and from
the peak to a time a after it (1 - r) D(a / (1 - r)). Source: Keifer, C. J. and Chu, H. H. (1957),
Synthetic storm pattern for drainage design, J. Hydraulics Div. ASCE 83(4), 1-25. Here D is
any depth curve, not only their formula, so the property holds to the last digit.

A depth is that of a point. Falling on a whole town at once it is too much for a large one; no
areal reduction is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.shock.event import Series

MM = 1e-3
MINUTE = 60.0


@dataclass(frozen=True)
class DepthCurve:
    """Rain depth by duration, for one return period or one storm.

    Between durations the depth is a power of the duration (straight on log-log paper); below the
    shortest, the intensity is that of the shortest; beyond the longest nothing is known.

    Parameters
    ----------
    durations
        Increasing, shape (n,) [s].
    depths
        Increasing, more slowly than the durations, shape (n,) [m].

    Examples
    --------
    15 mm in 30 minutes and 30 mm in 2 hours, and the power between them in one hour:

    >>> curve = DepthCurve(np.array([1800.0, 7200.0]), np.array([0.015, 0.030]))
    >>> round(float(curve.depth(3600.0)) * 1000, 1)
    21.2
    """

    durations: Floats
    depths: Floats

    def __post_init__(self) -> None:
        d, h = self.durations, self.depths
        if d.ndim != 1 or d.shape != h.shape or not d.size:
            raise BadValue(
                "a depth for each duration", f"shapes {d.shape} and {h.shape}", "Give both."
            )
        wrong = (
            (d <= 0).any()
            or (h <= 0).any()
            or (np.diff(d) <= 0).any()
            or (np.diff(h) < 0).any()
            or (np.diff(h / d) > 0).any()
        )
        if wrong or not np.isfinite([d, h]).all():
            raise BadValue(
                "durations and depths that increase, and intensities that do not",
                f"depths {np.round(h / MM, 2)} mm for {d / MINUTE} min",
                "A longer rain is deeper but less intense; look for a swapped number.",
            )

    def depth(self, duration: Floats | float) -> Floats:
        """Return the depth of the wettest stretch of this duration [s] in [m]."""
        t = np.asarray(duration, float)
        if (t < 0).any() or (t > self.durations[-1] * (1 + 1e-9)).any():
            raise BadValue(
                f"a duration from 0 to {self.durations[-1] / MINUTE:g} min",
                f"{np.max(t) / MINUTE:g} min",
                "Choose a shorter rain or extend the table.",
            )
        first = self.durations[0]
        log = np.interp(np.log(np.maximum(t, first)), np.log(self.durations), np.log(self.depths))
        return np.asarray(np.exp(log) * np.minimum(t / first, 1.0), float)

    def scaled(self, factor: float) -> DepthCurve:
        """Return the curve with every depth multiplied, by a climate factor for example."""
        return DepthCurve(self.durations, self.depths * factor)


@dataclass(frozen=True)
class DepthTable:
    """Rain depths by duration and return period.

    Between return periods the depth is linear in the logarithm of the period, as a Gumbel law is
    in its tail; outside the table nothing is guessed.

    Parameters
    ----------
    durations
        Shape (n,) [s].
    return_periods
        Increasing, shape (m,) [years].
    depths
        Shape (m, n) [m].
    """

    durations: Floats
    return_periods: Floats
    depths: Floats

    def __post_init__(self) -> None:
        periods = self.return_periods
        if self.depths.shape != (periods.size, self.durations.size) or periods.size < 2:
            raise BadValue(
                "a row of depths for each of at least two return periods",
                f"shape {self.depths.shape}",
                "Give one depth for each duration and return period.",
            )
        if (periods <= 0).any() or (np.diff(periods) <= 0).any():
            raise BadValue("increasing return periods", f"{periods}", "Sort the rows.")
        if (np.diff(self.depths, axis=0) <= 0).any():
            raise BadValue(
                "depths that grow with the return period", "some that do not", "Mend the table."
            )
        for row in self.depths:
            DepthCurve(self.durations, row)

    def curve(self, return_period: float) -> DepthCurve:
        """Return the depths of one return period [years]; raises `BadValue` outside the table."""
        periods = self.return_periods
        if not periods[0] <= return_period <= periods[-1]:
            raise BadValue(
                f"a return period from {periods[0]:g} to {periods[-1]:g} years",
                f"{return_period:g}",
                "Choose one inside the table of rain depths, or extend the table.",
            )
        at = np.log(return_period)
        row = [np.interp(at, np.log(periods), column) for column in self.depths.T]
        return DepthCurve(self.durations, np.array(row, float))

    def depth(self, duration: float, return_period: float) -> float:
        """Return the depth [m] of a duration [s] and return period [years]."""
        return float(self.curve(return_period).depth(duration))


@dataclass(frozen=True)
class Idf:
    """An intensity-duration law i = a / (d + b)^n, so that D(d) = a d / (d + b)^n.

    Sherman's form (1931, doi:10.1061/TACEAT.0004286) with a in [m s^(n-1)], b in [s].
    """

    a: float
    b: float
    n: float

    def depth(self, duration: Floats | float) -> Floats:
        """Return the depth [m] of a duration [s]."""
        t = np.asarray(duration, float)
        return np.asarray(self.a * t / (t + self.b) ** self.n, float)

    def curve(self, durations: Floats) -> DepthCurve:
        """Return the law's depths at some durations [s], as a curve."""
        return DepthCurve(np.asarray(durations, float), self.depth(durations))


def fit_idf(curve: DepthCurve) -> Idf:
    """Return the intensity-duration law nearest to a curve, in the square of log depths.

    Parameters
    ----------
    curve
        At least three durations.

    Raises
    ------
    BadValue
        For fewer durations than the law has numbers.
    """
    if curve.durations.size < 3:
        raise BadValue(
            "at least three durations", f"{curve.durations.size}", "Use the curve itself."
        )
    minutes = curve.durations / MINUTE
    log_depth = np.log(curve.depths)

    def miss(p: Floats) -> Floats:
        law = p[0] + np.log(minutes) - p[2] * np.log(minutes + np.exp(p[1]))
        return np.asarray(law - log_depth, float)

    fit = least_squares(miss, [log_depth[0], np.log(10.0), 0.8], xtol=1e-14, ftol=1e-14)
    b, n = float(np.exp(fit.x[1])) * MINUTE, float(fit.x[2])
    return Idf(float(np.exp(fit.x[0])) * MINUTE ** (n - 1), b, n)


def cloudburst(
    curve: DepthCurve,
    duration: float = 4 * 3600.0,
    peak_at: float = 0.5,
    step: float = 300.0,
) -> Series:
    """Return a Chicago design storm: around its peak every duration has its depth.

    Parameters
    ----------
    curve
        Depth by duration, reaching at least to `duration`.
    duration
        Length of the storm [s].
    peak_at
        Share r of every duration that falls before the peak, in [0, 1].
    step
        Length of the blocks of even rain [s]; blocks are cut so that one edge is the peak, and
        the depth around the peak is exact at the edges.

    Returns
    -------
    Rain [m/s], even within a block, zero after the end.

    Raises
    ------
    BadValue
        For a peak position outside [0, 1], or a duration or step that is not positive.

    Examples
    --------
    >>> curve = DepthCurve(np.array([600.0, 3600.0]), np.array([0.010, 0.020]))
    >>> round(cloudburst(curve, 3600.0).total * 1000, 2)
    20.0
    """
    if not 0 <= peak_at <= 1 or not 0 < step <= duration:
        raise BadValue(
            "a peak position in [0, 1] and a step within the duration",
            f"{peak_at}, step {step} s, duration {duration} s",
            "0.5, 300 and 14400 are usual.",
        )
    total = float(curve.depth(duration))
    before, after = peak_at * duration, (1 - peak_at) * duration
    n_before = max(1, round(before / step)) if before > 0 else 0
    n_after = max(1, round(after / step)) if after > 0 else 0
    edges = np.concatenate(
        [np.linspace(0.0, before, n_before + 1), np.linspace(before, duration, n_after + 1)[1:]]
    )
    to_peak, from_peak = edges[: n_before + 1], edges[n_before + 1 :]
    fallen_before = peak_at * (total - curve.depth((before - to_peak) / max(peak_at, 1e-12)))
    fallen_after = peak_at * total + (1 - peak_at) * curve.depth(
        (from_peak - before) / max(1 - peak_at, 1e-12)
    )
    fallen = np.concatenate([fallen_before, fallen_after])
    return Series.steps(edges, np.diff(fallen) / np.diff(edges))


def even_rain(depth: float, duration: float) -> Series:
    """Return rain that falls evenly.

    Parameters
    ----------
    depth
        Rain in all [m].
    duration
        How long it falls [s].

    Raises
    ------
    BadValue
        For a depth below 0 or no time to fall in.

    Examples
    --------
    >>> round(even_rain(0.030, 3600.0).total, 6)
    0.03
    """
    if not (depth >= 0 and duration > 0):
        raise BadValue("a depth of 0 or more in a time above 0", f"{depth}, {duration}", "Mend it.")
    return Series.steps(np.array([0.0, duration]), np.array([depth / duration]))


def observed_rain(seconds: Floats, depths: Floats) -> Series:
    """Return rain as a gauge measured it.

    Parameters
    ----------
    seconds
        Edges of the intervals, shape (n + 1,) [s].
    depths
        Rain within each interval, shape (n,) [m].

    Raises
    ------
    BadValue
        For gaps, negative rain, or edges that do not fit the depths.
    """
    edges, fallen = np.asarray(seconds, float), np.asarray(depths, float)
    if not np.isfinite(fallen).all() or (fallen < 0).any():
        raise BadValue("rain of 0 or more in every interval", "less, or none known", "Fill gaps.")
    if edges.size != fallen.size + 1:
        raise BadValue(
            "one interval edge more than depths",
            f"{edges.size} edges and {fallen.size} depths",
            "Give the start of the first interval and the end of each.",
        )
    return Series.steps(edges, fallen / np.diff(edges))


def wettest(rain: Series, duration: float) -> float:
    """Return the deepest rain in any stretch of this duration [s], in [m]."""
    t = rain.seconds
    fallen = np.concatenate(
        [[0.0], np.cumsum(np.diff(t) * (rain.values[1:] + rain.values[:-1]) / 2)]
    )
    starts = np.unique(np.concatenate([t, t - duration]))
    in_window = np.interp(starts + duration, t, fallen) - np.interp(starts, t, fallen)
    return float(in_window.max())

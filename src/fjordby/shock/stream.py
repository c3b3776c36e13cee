"""Stream floods over time: a hydrograph of one peak, or the answer of a catchment to rain.

The shape is the gamma function of the dimensionless unit hydrograph, q/qp = (x e^(1-x))^m with
x = t / tp; m = 3.7 is the standard one, whose peak rate factor is 484. Source: USDA NRCS,
National Engineering Handbook, part 630, chapter 16, Hydrographs (2007). Long low-land streams
fall more slowly: from where the gamma falls as fast as exp(-t/k), the flow follows that
recession instead (Chow, Maidment and Mays 1988, Applied Hydrology, section 5.1).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.shock.event import Series

#: Standard shape of the gamma hydrograph (NEH 630.16: peak rate factor 484).
STANDARD_SHAPE = 3.7


def gamma_hydrograph(
    seconds: Floats, time_to_peak: float, recession: float | None = None, m: float = STANDARD_SHAPE
) -> Floats:
    """Return the flow of a flood as a share of its peak.

    Parameters
    ----------
    seconds
        Time from the beginning of the rise, shape (n,) [s].
    time_to_peak
        tp > 0 [s].
    recession
        Time constant k of the falling limb [s]; None = the gamma's own fall.
    m
        Shape; larger is narrower.

    Returns
    -------
    Share of the peak above the base flow, in [0, 1], shape (n,).

    Raises
    ------
    BadValue
        For a time to peak, a shape or a recession of 0 or less.
    """
    if not (time_to_peak > 0 and m > 0) or (recession is not None and not recession > 0):
        raise BadValue(
            "a time to peak, a shape and a recession above 0",
            f"{time_to_peak} s, {m}, {recession}",
            "Mend the stream's numbers.",
        )
    x = np.maximum(np.asarray(seconds, float), 0.0) / time_to_peak
    share = _gamma(x, m)
    if recession is None:
        return share
    # The gamma falls at the relative rate m (1 - 1/x) / tp, which is 1/k at x = turn.
    slowness = time_to_peak / (m * recession)
    if slowness >= 1:
        return share
    turn = 1.0 / (1.0 - slowness)
    tail = _gamma(np.array([turn]), m)[0] * np.exp(-(x - turn) * time_to_peak / recession)
    return np.asarray(np.where(x > turn, tail, share), float)


def gamma_volume(time_to_peak: float, m: float = STANDARD_SHAPE) -> float:
    """Return the area under the gamma hydrograph with peak 1: tp e^m m^-(m+1) Gamma(m+1) [s]."""
    return float(time_to_peak * np.exp(m - (m + 1) * np.log(m) + gammaln(m + 1)))


def stream_flood(
    peak: float,
    time_to_peak: float,
    base: float = 0.0,
    recession: float | None = None,
    duration: float | None = None,
    peak_time: float | None = None,
    step: float = 900.0,
) -> Series:
    """Return the flow of a stream flood.

    Parameters
    ----------
    peak
        Largest flow, at or above the base flow [m3/s].
    time_to_peak
        From the beginning of the rise to the peak [s].
    base
        Flow before and long after [m3/s].
    recession
        Time constant of the falling limb [s]; None = the gamma's own.
    duration
        Length of the series [s]; None = until 1 % of the rise is left.
    peak_time
        When the peak comes [s]; None = after `time_to_peak`. Later delays the rise, earlier
        than `time_to_peak` begins the series on the rising limb.
    step
        Time between values [s]; the peak is always among them.

    Returns
    -------
    Flow [m3/s].

    Raises
    ------
    BadValue
        For a peak below the base flow, or times that are not positive.

    Examples
    --------
    >>> stream_flood(20.0, 6 * 3600.0, base=2.0).peak
    20.0
    """
    if not 0 <= base <= peak < np.inf or not min(step, time_to_peak) > 0:
        raise BadValue(
            "a peak at or above a base flow of 0 or more, and times above 0",
            f"peak {peak} and base {base} m3/s, {time_to_peak} s to the peak",
            "Mend the stream's numbers.",
        )
    delay = 0.0 if peak_time is None else peak_time - time_to_peak
    if duration is None:
        duration = delay + time_to_peak * 3.0 + 5.0 * (recession or 0.0)
    if not duration > max(delay + time_to_peak, 0.0):
        raise BadValue("a series that reaches the peak", f"{duration} s", "Make it longer.")
    t = np.unique(np.append(np.arange(0.0, duration + step / 2, step), delay + time_to_peak))
    t = t[t >= 0.0]
    share = gamma_hydrograph(t - delay, time_to_peak, recession)
    return Series(t, base + (peak - base) * share)


def flood_of_rain(
    rain: Series,
    area: float,
    runoff: float,
    time_to_peak: float,
    base: float = 0.0,
    step: float = 900.0,
) -> Series:
    """Return what a catchment sends down its stream after rain, by the unit hydrograph.

    A share of the rain runs off and is spread in time by the gamma unit hydrograph; the water
    that comes is exactly the water that ran off (NEH 630.16; linear and constant in time).

    Parameters
    ----------
    rain
        Rain on the catchment [m/s].
    area
        Of the catchment [m2].
    runoff
        Share of the rain that runs off, in [0, 1].
    time_to_peak
        Of the unit hydrograph [s].
    base
        Base flow [m3/s].
    step
        Time between values [s].

    Returns
    -------
    Flow [m3/s].

    Raises
    ------
    BadValue
        For an area of 0 or less, a share outside [0, 1] or a negative base flow.
    """
    if not (area > 0 and 0 <= runoff <= 1 and base >= 0 and step > 0):
        raise BadValue(
            "an area above 0, a runoff share in [0, 1] and a base flow of 0 or more",
            f"{area} m2, {runoff}, {base} m3/s",
            "Mend the stream's numbers.",
        )
    end = float(rain.seconds[-1])
    edges = np.arange(0.0, end + step, step)
    fine = np.unique(np.concatenate([edges, rain.seconds]))
    per_piece = np.diff(fine) * (rain.at(fine[1:]) + rain.at(fine[:-1])) / 2
    fallen = np.interp(edges, fine, np.concatenate([[0.0], np.cumsum(per_piece)]))
    water = np.diff(fallen) * area * runoff  # m3 in each step
    # Ten times to peak hold all but a millionth of the gamma hydrograph's water.
    spread = gamma_hydrograph(np.arange(0.0, 10 * time_to_peak + step, step), time_to_peak)
    flow = np.convolve(water, spread / (spread.sum() * step))
    flow = np.concatenate([flow, [0.0]])
    return Series(np.asarray(np.arange(flow.size) * step, float), base + flow)


def _gamma(x: Floats, m: float) -> Floats:
    """Return (x e^(1-x))^m."""
    return np.asarray((x * np.exp(1.0 - np.minimum(x, 700.0))) ** m, float)

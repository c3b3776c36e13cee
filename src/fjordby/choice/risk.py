"""Risk: the yearly loss to expect from everything that can happen.

Two roads lead to the same number. Where every event has a yearly rate, the expected annual
loss is the sum of rate times loss. Where losses are known at a few return periods only, the
curve between them is integrated over the yearly exceedance frequency; how it is drawn between
the points and beyond the rarest one is a choice, and it is said aloud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue


def expected_annual_loss(losses: Floats, rates: Floats) -> float:
    """Return the expected annual loss of an event set: the sum of rate times loss.

    Parameters
    ----------
    losses
        Loss of each event, shape (n,) [any unit].
    rates
        Yearly rate of each event, shape (n,) [1/year].

    Raises
    ------
    BadValue
        For negative or missing numbers, or rows of different length.

    Examples
    --------
    >>> expected_annual_loss([100.0, 1000.0], [0.1, 0.01])
    20.0
    """
    loss, rate = np.asarray(losses, float), np.asarray(rates, float)
    if loss.shape != rate.shape or loss.ndim != 1:
        raise BadValue(
            "one rate for each loss", f"shapes {loss.shape} and {rate.shape}", "Give both as rows."
        )
    for what, values in (("losses", loss), ("rates", rate)):
        if not np.isfinite(values).all() or (values < 0).any():
            raise BadValue(
                f"{what} of zero or more", f"{values.min()}", "Leave out or mend these events."
            )
    return float(loss @ rate)


def _log_linear(frequency: Floats, loss: Floats) -> float:
    """Integrate a loss that is linear in the logarithm of the frequency [unit/year]."""
    high, low = frequency[:-1], frequency[1:]
    ratio = np.log(high / low)
    # For loss = a + b ln f:  integral = high*L_high - low*L_low - b (high - low)
    slope = (loss[:-1] - loss[1:]) / ratio
    return float(np.sum(high * loss[:-1] - low * loss[1:] - slope * (high - low)))


def _trapezoid(frequency: Floats, loss: Floats) -> float:
    """Integrate a loss that is linear in the frequency [unit/year]."""
    return float(np.sum((frequency[:-1] - frequency[1:]) * (loss[:-1] + loss[1:]) / 2))


#: How the loss runs between two return periods.
RULES: Mapping[str, Callable[[Floats, Floats], float]] = {
    "log-linear": _log_linear,
    "trapezoid": _trapezoid,
}

#: What lies beyond the rarest return period, as a multiple of its loss times its frequency.
TAILS: Mapping[str, float] = {"constant": 1.0, "none": 0.0}


@dataclass(frozen=True)
class CurveRisk:
    """Expected annual loss from a curve of losses by return period, and how much is tail.

    Parameters
    ----------
    total
        Expected annual loss [unit/year].
    tail
        The part of it that comes from events rarer than the rarest return period [unit/year].
    rule, tail_rule
        How it was integrated.
    """

    total: float
    tail: float
    rule: str
    tail_rule: str


def integrate(
    return_periods: Floats, losses: Floats, *, rule: str = "log-linear", tail: str = "constant"
) -> CurveRisk:
    """Integrate losses known at some return periods into an expected annual loss.

    Nothing is added for events more frequent than the shortest return period: a loss that
    begins somewhere below it must be given as a point of its own (its loss may be zero).

    Parameters
    ----------
    return_periods
        Years, positive and all different, in any order, shape (n,) [year].
    losses
        Loss at each of them, shape (n,) [any unit].
    rule
        "log-linear" (the loss is linear in the logarithm of the frequency; the habit of
        Delft-FIAT and FloodAdapt) or "trapezoid" (linear in the frequency).
    tail
        "constant" (everything rarer costs as much as the rarest) or "none".

    Raises
    ------
    BadValue
        For return periods that are not positive or repeat, losses below zero, unknown rules.

    Examples
    --------
    >>> round(integrate([2, 5, 10, 20, 50], [125e3, 225e3, 295e3, 355e3, 410e3]).total, 3)
    111468.389
    """
    period, loss = np.asarray(return_periods, float), np.asarray(losses, float)
    if period.shape != loss.shape or period.ndim != 1 or not period.size:
        raise BadValue(
            "one loss for each return period, at least one",
            f"shapes {period.shape} and {loss.shape}",
            "Give two equally long rows of numbers.",
        )
    if not (np.isfinite(period) & (period > 0)).all():
        raise BadValue("return periods above 0 years", f"{period.tolist()}", "Mend the negative.")
    if not (np.isfinite(loss) & (loss >= 0)).all():
        raise BadValue(
            "losses of zero or more", f"{loss.tolist()}", "Mend the negative or missing."
        )
    if rule not in RULES or tail not in TAILS:
        raise BadValue(
            f"a rule among {', '.join(RULES)} and a tail among {', '.join(TAILS)}",
            f"{rule!r} and {tail!r}",
            "Choose one of each.",
        )
    order = np.argsort(period)
    period, loss = period[order], loss[order]
    if (np.diff(period) == 0).any():
        raise BadValue("different return periods", "the same one twice", "Keep one of them.")
    frequency = 1.0 / period
    beyond = TAILS[tail] * float(loss[-1] * frequency[-1])
    return CurveRisk(RULES[rule](frequency, loss) + beyond, beyond, rule, tail)

"""When a gate opens and shuts, and whether there is power: rules, schedules, or one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fjordby.errors import BadValue
from fjordby.shock.event import Series

#: A rule says how far open a gate should be, 0 (shut) to 1, from the time [s], the levels outside
#: and inside [m datum], and how far open it should have been until now.
Rule = Callable[[float, float, float, float], float]

#: Power over time: the part of full power that there is, 0 to 1.
Power = Series | Callable[[float], float] | None


def power_at(power: Power, seconds: float, name: str = "it") -> float:
    """Return the part of full power that a structure has at a time [s]; None is always full.

    Raises
    ------
    BadValue
        When a function answers with no number.
    """
    if power is None:
        return 1.0
    part = power.at(np.array([seconds]))[0] if isinstance(power, Series) else power(seconds)
    return _part(f"power for {name}", part, seconds)


def wanted(
    rule: Rule | Series, seconds: float, outer: float, inner: float, now: float, name: str = "it"
) -> float:
    """Return how far open a gate should be by a rule or by a schedule, 0 to 1.

    Raises
    ------
    BadValue
        When a rule answers with no number.
    """
    if isinstance(rule, Series):
        opened: object = rule.at(np.array([seconds]))[0]
    else:
        opened = rule(seconds, outer, inner, now)
    return _part(f"how far open {name} should be", opened, seconds)


def _part(what: str, answer: Any, seconds: float) -> float:
    """Return what a rule answered as a number, held between 0 and 1."""
    try:
        part = float(answer)
    except (TypeError, ValueError):
        part = np.nan
    if np.isnan(part):
        raise BadValue(
            f"{what}, a number from 0 to 1",
            f"{answer!r} after {seconds:.0f} s",
            "Look at its function: it must return a number at all times and levels.",
        )
    return min(max(part, 0.0), 1.0)


@dataclass(frozen=True)
class ShutAbove:
    """Keep the sea out: shut when it is high outside, open when it has fallen or is higher inside.

    Parameters
    ----------
    level
        Shut when the level outside is above this [m datum].
    reopen
        Open again when the level outside is below this [m datum], not above `level`; between the
        two the gate stays as it is, so that waves do not work it.
    margin
        Open in any case when the level inside is higher than outside by this [m], and then until
        it is not higher any more; None = never for that reason.

    Examples
    --------
    >>> rule = ShutAbove(1.0, reopen=0.8)
    >>> rule(0.0, 1.1, 0.2, 1.0), rule(0.0, 0.9, 0.2, 0.0), rule(0.0, 0.9, 0.95, 0.0)
    (0.0, 0.0, 1.0)
    """

    level: float
    reopen: float
    margin: float | None = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.level) and self.reopen <= self.level):
            raise BadValue(
                "a gate that opens again at or below the level that it shuts at [m datum]",
                f"shut above {self.level}, open below {self.reopen}",
                "Swap or lower the second.",
            )
        if self.margin is not None and not self.margin >= 0.0:
            raise BadValue("a margin of zero or more [m]", str(self.margin), "Leave it at 0.")

    def __call__(self, seconds: float, outer: float, inner: float, now: float) -> float:
        """Return 0 to shut, 1 to open, `now` to stay."""
        if self.margin is not None and inner > outer + (0.0 if now > 0.0 else self.margin):
            return 1.0
        if outer > self.level:
            return 0.0
        return 1.0 if outer < self.reopen else now


@dataclass(frozen=True)
class OutwardOnly:
    """Let water out and none in: open when it is higher inside, shut when it is higher outside.

    Parameters
    ----------
    margin
        By how much it must be higher inside before the gate opens [m].
    """

    margin: float = 0.0

    def __post_init__(self) -> None:
        if not self.margin >= 0.0:
            raise BadValue("a margin of zero or more [m]", str(self.margin), "Leave it at 0.")

    def __call__(self, seconds: float, outer: float, inner: float, now: float) -> float:
        """Return 0 to shut, 1 to open, `now` to stay."""
        if inner > outer + self.margin:
            return 1.0
        return 0.0 if inner <= outer else now

"""What events differ in: the axes of a response surface, and points on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue

#: An event as numbers: a value for each axis, by its name.
Point = Mapping[str, float]

#: A box of more sides has so many corners that it is no longer quick [-].
MOST_AXES = 8


@dataclass(frozen=True)
class Axis:
    """One thing that events differ in.

    Parameters
    ----------
    name
        Such as "sea_peak"; those that an event can be read by stand in `COORDINATES`.
    low, high
        Ends of what the surface speaks of.
    unit
        Of both ends.
    rising
        More of it never gives less water anywhere. False for a time lag, for example.

    Raises
    ------
    BadValue
        When the ends are no numbers or do not increase.
    """

    name: str
    low: float
    high: float
    unit: str = "m"
    rising: bool = True

    def __post_init__(self) -> None:
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise BadValue(
                f"an axis {self.name} from a lower to a higher end",
                f"{self.low} to {self.high} {self.unit}",
                "Give two finite numbers, the lower one first.",
            )

    def value(self, share: float) -> float:
        """Return the value at a share of the way from low to high."""
        return self.low + (self.high - self.low) * share

    def share(self, value: float) -> float:
        """Return how far a value is from low (0) to high (1)."""
        return (value - self.low) / (self.high - self.low)


def check_axes(axes: Sequence[Axis]) -> None:
    """Refuse no axes, too many, or two of one name; raises `BadValue`."""
    names = [axis.name for axis in axes]
    if not 1 <= len(names) <= MOST_AXES or len(set(names)) < len(names):
        raise BadValue(
            f"1 to {MOST_AXES} axes with names of their own",
            ", ".join(names) or "none",
            "Leave out what matters least, or name them apart.",
        )


def point_at(axes: Sequence[Axis], shares: Floats) -> dict[str, float]:
    """Return the point at shares of the way along each axis, shape (axes,)."""
    return {axis.name: axis.value(float(s)) for axis, s in zip(axes, shares, strict=True)}


def shares_of(axes: Sequence[Axis], point: Point, beyond: str = "refuse") -> Floats:
    """Return a point as shares of the way along each axis, shape (axes,).

    Parameters
    ----------
    axes
        In their order.
    point
        A value for each of them and for nothing else.
    beyond
        "refuse" a point outside the axes, or take the "nearest" end.

    Raises
    ------
    BadValue
        For a missing or unknown name, a value that is no number, or one beyond its axis.
    """
    if beyond not in ("refuse", "nearest"):
        raise BadValue('beyond as "refuse" or "nearest"', repr(beyond), "Choose one of them.")
    names = {axis.name for axis in axes}
    if set(point) != names:
        raise BadValue(
            f"a value for each of {', '.join(axis.name for axis in axes)}",
            ", ".join(point) or "none",
            "Give all of them and nothing else.",
        )
    shares = np.array([axis.share(float(point[axis.name])) for axis in axes], float)
    if np.isnan(shares).any():
        raise BadValue("finite coordinates", f"{dict(point)}", "Give numbers.")
    outside = beyond_of(axes, point)
    if outside and beyond == "refuse":
        axis = next(axis for axis in axes if axis.name == outside[0])
        raise BadValue(
            f"{axis.name} from {axis.low:g} to {axis.high:g} {axis.unit}",
            f"{point[axis.name]:g} {axis.unit}, where no run was made",
            'Build the surface with longer axes, or ask with beyond="nearest" for its end.',
        )
    return np.asarray(np.clip(shares, 0.0, 1.0), float)


def all_shares(axes: Sequence[Axis], values: Floats, beyond: str = "refuse") -> Floats:
    """Return many points as shares of the way along each axis, shape (points, axes).

    Parameters
    ----------
    axes, beyond
        As for `shares_of`.
    values
        A column for each axis, in their order, shape (points, axes).

    Raises
    ------
    BadValue
        As `shares_of`; the first point that is wrong is named.
    """
    if values.ndim != 2 or values.shape[1] != len(axes):
        raise BadValue(
            f"a column for each of {', '.join(axis.name for axis in axes)}",
            f"shape {values.shape}",
            "Give points by axes.",
        )
    low, high = np.array([[axis.low, axis.high] for axis in axes]).T
    shares = (np.asarray(values, float) - low) / (high - low)
    wrong = np.isnan(shares).any(axis=1)
    if beyond != "nearest":
        wrong |= ((shares < -1e-9) | (shares > 1 + 1e-9)).any(axis=1)
    if wrong.any():
        names = [axis.name for axis in axes]
        first = values[np.argmax(wrong)].tolist()
        shares_of(axes, dict(zip(names, first, strict=True)), beyond)
    return np.asarray(np.clip(shares, 0.0, 1.0), float)


def beyond_of(axes: Sequence[Axis], point: Point) -> tuple[str, ...]:
    """Return the axes that a point lies outside of (by more than rounding)."""
    shares = {axis.name: axis.share(float(point[axis.name])) for axis in axes}
    return tuple(name for name, share in shares.items() if not -1e-9 <= share <= 1 + 1e-9)

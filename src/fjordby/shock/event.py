"""An event: what the sea, the streams and the sky do over some hours, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fjordby.errors import BadValue
from fjordby.provenance import Kind
from fjordby.words import Words

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Series:
    """A quantity over time, linear between its points and constant outside them.

    Parameters
    ----------
    seconds
        Time from the start of the event, increasing, shape (n,) [s].
    values
        The quantity at these times, shape (n,); its unit is said where it is used.
    """

    seconds: Array
    values: Array

    def __post_init__(self) -> None:
        if (
            self.seconds.shape != self.values.shape
            or self.seconds.ndim != 1
            or not self.values.size
        ):
            raise BadValue(
                "as many times as values, at least one",
                f"shapes {self.seconds.shape} and {self.values.shape}",
                "Give two equally long rows of numbers.",
            )
        if not np.isfinite(self.values).all() or not np.isfinite(self.seconds).all():
            raise BadValue("finite numbers", "NaN or infinity", "Fill or leave out the gaps.")
        if (np.diff(self.seconds) <= 0).any():
            raise BadValue(
                "times that increase", "times that do not", "Sort and de-duplicate them."
            )

    def at(self, seconds: Array) -> Array:
        """Return the value at any times [s]."""
        return np.interp(seconds, self.seconds, self.values)

    @property
    def peak(self) -> float:
        """The largest value."""
        return float(self.values.max())

    @property
    def total(self) -> float:
        """The integral over time [unit x s]."""
        return float(np.trapezoid(self.values, self.seconds))


@dataclass(frozen=True)
class Event:
    """One thing that can happen: time series of sea, rain and streams, with a yearly rate.

    Parameters
    ----------
    id, name
        Short key, and the name people know it by.
    sea
        Sea level in the city's vertical datum [m]; None = an ordinary quiet sea.
    rain
        Rain on the whole city [m/s]; None = dry.
    streams
        Flow by stream id [m3/s].
    rate
        How often it, or worse of its kind, is expected [1/year]; None when nobody knows.
    kind, source
        How far to believe it, and who says so.
    year
        The year whose climate it is set in; None = its own time.
    """

    id: str
    name: Words
    sea: Series | None = None
    rain: Series | None = None
    streams: Mapping[str, Series] = field(default_factory=dict)
    rate: float | None = None
    kind: Kind = Kind.ASSUMED
    source: str = ""
    year: int | None = None

    @property
    def sea_peak(self) -> float | None:
        """Highest sea level [m datum], or None when the sea is quiet."""
        return None if self.sea is None else self.sea.peak

    @property
    def rain_depth(self) -> float:
        """Rain over the whole event [m]."""
        return 0.0 if self.rain is None else self.rain.total

"""An event: what the sea, the streams and the sky do over some hours, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.provenance import Kind
from fjordby.words import Words


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

    seconds: Floats
    values: Floats

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

    def at(self, seconds: Floats) -> Floats:
        """Return the value at any times [s]."""
        return np.interp(seconds, self.seconds, self.values)

    @classmethod
    def steps(cls, edges: Floats, values: Floats) -> Series:
        """Return a series that is constant between edges and zero outside them.

        Each step is a ramp of at most a millisecond around its edge, so that the integral over
        any stretch between edges is the step's own. (The first ramp begins at the first edge and
        the first value is raised by the sliver lost there, about a millionth.)

        Parameters
        ----------
        edges
            Increasing times, shape (n + 1,) [s].
        values
            The quantity between neighbouring edges, shape (n,).

        Raises
        ------
        BadValue
            When there is not one value between each two edges.

        Examples
        --------
        >>> round(Series.steps(np.array([0.0, 10.0]), np.array([2.0])).total, 3)
        20.0
        """
        edge, value = np.asarray(edges, float), np.asarray(values, float)
        if value.ndim != 1 or edge.shape != (value.size + 1,) or (np.diff(edge) <= 0).any():
            raise BadValue(
                "one value between each two increasing edges",
                f"{value.size} values and {edge.size} edges",
                "Give one edge more than values.",
            )
        ramp = min(1e-3, 1e-3 * float(np.diff(edge).min()))
        seconds = np.stack([edge - ramp / 2, edge + ramp / 2], axis=1).ravel()
        seconds[:2] = edge[0], edge[0] + ramp
        width = float(edge[1] - edge[0])
        lifted = np.concatenate([value[:1] * width / (width - ramp / 2), value[1:]])
        return cls(seconds, np.concatenate([[0.0], np.repeat(lifted, 2), [0.0]]))

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
    weight
        In an event set, the yearly rate of the slice of possibilities that it stands for
        [1/year]: the expected annual loss of the set is the sum of weight times loss.
        None for an event on its own.
    family
        Its kind in an event set ("surge", "cloudburst", ...): `rate` orders events within a
        family, and the weights of a family add up to the rate of its mildest.
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
    weight: float | None = None
    family: str = ""

    def __post_init__(self) -> None:
        for what, value in (("rate", self.rate), ("weight", self.weight)):
            if value is not None and not 0.0 <= value < np.inf:
                raise BadValue(
                    f"a {what} of zero or more per year",
                    f"{value} for {self.id}",
                    "A return period of T years is a rate of 1/T.",
                )

    @property
    def sea_peak(self) -> float | None:
        """Highest sea level [m datum], or None when the sea is quiet."""
        return None if self.sea is None else self.sea.peak

    @property
    def rain_depth(self) -> float:
        """Rain over the whole event [m]."""
        return 0.0 if self.rain is None else self.rain.total

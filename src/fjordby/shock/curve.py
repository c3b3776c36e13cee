"""A curve of levels by return period that knows how unsure it is: many laws, all plausible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.provenance import Kind
from fjordby.shock.distributions import (
    Gev,
    Gpd,
    level_of_rate,
    rates_of_periods,
    yearly_rate,
)

#: Low, central and high as shares of the plausible laws that lie below.
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Curve:
    """Levels by return period, as an ensemble of GEV laws that could each be the true one.

    Parameters
    ----------
    location, scale, shape
        One law for each member, shape (n,); positive shape = heavy tail.
    kind, source
        How far to believe it, and who says so.
    best
        The single law that fits best, where there is one (a fit to a series). Without it the
        central curve is the median of the members, level by level.

    Examples
    --------
    >>> one = Curve.of(Gev(1.0, 0.2, 0.0))
    >>> round(float(one.level(100.0)), 3)
    1.921
    """

    location: Floats
    scale: Floats
    shape: Floats
    kind: Kind = Kind.ASSUMED
    source: str = ""
    best: Gev | Gpd | None = None

    def __post_init__(self) -> None:
        if not (self.location.shape == self.scale.shape == self.shape.shape != (0,)):
            raise BadValue(
                "one location, scale and shape for each member",
                f"{self.location.shape}, {self.scale.shape}, {self.shape.shape}",
                "Give three equally long rows.",
            )

    @classmethod
    def of(cls, law: Gev | Gpd, kind: Kind = Kind.ASSUMED, source: str = "") -> Curve:
        """Return the curve of a single law, as if it were certain."""
        return cls.of_laws([law], kind, source, law)

    @classmethod
    def of_laws(
        cls,
        laws: list[Gev] | list[Gpd] | list[Gev | Gpd],
        kind: Kind,
        source: str,
        best: Gev | Gpd | None = None,
    ) -> Curve:
        """Return the curve of several plausible laws, such as those of a bootstrap."""
        gevs = [law.as_gev() if isinstance(law, Gpd) else law for law in laws]
        columns = np.array([(g.location, g.scale, g.shape) for g in gevs]).T
        return cls(columns[0], columns[1], columns[2], kind, source, best)

    def level(self, return_period: Floats | float, quantile: float | None = None) -> Floats:
        """Return the level exceeded once in so many years on average.

        Parameters
        ----------
        return_period
            T > 0, any shape [years].
        quantile
            The share of the plausible laws that lie below; None = the central estimate.

        Raises
        ------
        BadValue
            For a return period of zero or less, or a quantile outside (0, 1).
        """
        rates = rates_of_periods(return_period)
        if quantile is None and self.best is not None:
            return self.best.level(return_period)
        share = _share(0.5 if quantile is None else quantile)
        each = level_of_rate(rates[..., None], self.location, self.scale, self.shape)
        return np.asarray(np.quantile(each, share, axis=-1))

    def rate(self, level: Floats | float, quantile: float | None = None) -> Floats:
        """Return the yearly rate of events above a level; the inverse of `level` [1/year]."""
        if quantile is None and self.best is not None:
            return self.best.rate(level)
        share = _share(0.5 if quantile is None else quantile)
        each = yearly_rate(
            np.asarray(level, float)[..., None], self.location, self.scale, self.shape
        )
        return np.asarray(np.quantile(each, share, axis=-1))

    def band(self, return_periods: Floats) -> Floats:
        """Return low, central and high levels (5 %, central, 95 %), shape (3, n)."""
        low, _, high = BAND
        return np.stack(
            [
                self.level(return_periods, low),
                self.level(return_periods),
                self.level(return_periods, high),
            ]
        )

    def member(self, index: int) -> Gev:
        """Return one of the plausible laws."""
        return Gev(float(self.location[index]), float(self.scale[index]), float(self.shape[index]))


def _share(quantile: float) -> float:
    if not 0 < quantile < 1:
        raise BadValue("a quantile between 0 and 1", f"{quantile}", "0.95 is a high curve.")
    return quantile

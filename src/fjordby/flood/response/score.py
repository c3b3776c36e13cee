"""How far a foretold depth map is from the one that was run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadValue

#: Depth from which a place counts as flooded [m]; as `Flood` says it.
WET = 0.05
#: The share of cells that a tolerance speaks of [-].
MOST = 0.95


@dataclass(frozen=True)
class Tolerance:
    """How far the surface may be off.

    Parameters
    ----------
    rms
        Root mean square error of depth over cells that are wet in truth or as foretold [m].
    most
        What 95 % of these cells are not off by more than [m].
    """

    rms: float = 0.05
    most: float = 0.15

    def __post_init__(self) -> None:
        if not min(self.rms, self.most) > 0:
            raise BadValue(
                "a tolerance above 0 m", f"{self.rms} and {self.most}", "0.05 and 0.15 are usual."
            )


@dataclass(frozen=True)
class Score:
    """How far a foretold depth map is off, over cells that are wet in truth or as foretold.

    Parameters
    ----------
    rms, bias
        Root mean square, and mean of foretold less true depth [m].
    most
        What 95 % of the cells are not off by more than [m].
    csi
        Critical success index of the area above 0.05 m: hits over hits, misses and false alarms;
        1 when it is wet nowhere.
    held
        Share of the cells whose true depth lies in the band [-]; NaN when no band was asked.
    """

    rms: float
    bias: float
    most: float
    csi: float
    held: float = float("nan")

    def within(self, tolerance: Tolerance) -> bool:
        """Say whether it is good enough."""
        return self.rms <= tolerance.rms and self.most <= tolerance.most

    def as_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)


def score(
    found: Array,
    true: Array,
    weight: Floats | None = None,
    band: tuple[Array, Array] | None = None,
) -> Score:
    """Hold a foretold depth against the true one.

    Parameters
    ----------
    found, true
        Depths of the same cells, shape (cells,) [m].
    weight
        How much each cell matters, shape (cells,); None = all the same.
    band
        Low and high depth, each of shape (cells,) [m]. A millimetre, what depths are kept in,
        counts as held.
    """
    weight = np.ones(true.size) if weight is None else np.asarray(weight, float)
    wet, said = true >= WET, found >= WET
    whole = float(weight[wet | said].sum())
    csi = float(weight[wet & said].sum()) / whole if whole > 0 else 1.0
    some = ((true > 0) | (found > 0)) & (weight > 0)
    if not some.any():
        return Score(0.0, 0.0, 0.0, csi, 1.0 if band else float("nan"))
    off, part = (found - true)[some].astype(float), weight[some] / weight[some].sum()
    held = float("nan")
    if band is not None:
        low, high = (edge[some].astype(float) for edge in band)
        true_there = true[some].astype(float)
        held = float(part[(true_there >= low - 1e-3) & (true_there <= high + 1e-3)].sum())
    rank = np.argsort(np.abs(off))
    place = min(int(np.searchsorted(np.cumsum(part[rank]), MOST - 1e-12)), rank.size - 1)
    return Score(
        rms=float(np.sqrt((part * off**2).sum())),
        bias=float((part * off).sum()),
        most=float(np.abs(off[rank[place]])),
        csi=csi,
        held=held,
    )


def together(scores: Sequence[Score]) -> Score:
    """Return one score for several maps: root of the mean square, means of the other numbers.

    Raises
    ------
    BadValue
        When there is none.
    """
    if not scores:
        raise BadValue("at least one score", "none", "Compare one map at least.")
    means = {k: float(np.mean([one.as_dict()[k] for one in scores])) for k in scores[0].as_dict()}
    return Score(**{**means, "rms": float(np.sqrt(np.mean([one.rms**2 for one in scores])))})

"""Storm surges over time: the shape of a storm that was recorded, scaled to another peak.

How a surge is scaled, said aloud: the recorded level *above the mean level* is multiplied by one
factor so that its peak becomes the wanted one, swings below the mean included, and is set on the
wanted mean level. Time is not stretched. That a higher storm lasts no longer than a lower one of
the same shape is an assumption; choosing among recorded shapes, long and short, shows how much it
matters. (The same practice: a design surge from a scaled unit hydrograph.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd

from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.shock.event import Series
from fjordby.words import Words

HOUR = 3600.0


@dataclass(frozen=True)
class SurgeShape:
    """A recorded surge above the mean level, as a share of its peak.

    Parameters
    ----------
    id, name
        Short key and the name of the storm.
    hours
        Time from the peak, shape (n,) [h].
    share
        Level above the mean as a share of the peak, 1 at hour 0, shape (n,).
    source
        Who recorded it, and the licence.
    """

    id: str
    name: Words
    hours: Floats
    share: Floats
    source: str


@lru_cache(maxsize=1)
def surge_shapes() -> dict[str, SurgeShape]:
    """Return the recorded shapes that come with the program, by id."""
    folder = files("fjordby.shock")
    with folder.joinpath("surge_storms.csv").open(encoding="utf-8") as file:
        storms = pd.read_csv(file)
    with folder.joinpath("surge_shapes.csv").open(encoding="utf-8") as file:
        levels = pd.read_csv(file)
    found = {}
    for row in storms.itertuples(index=False):
        level = levels[levels.storm == row.storm]
        above = level.above_mean.to_numpy(float)
        found[str(row.storm)] = SurgeShape(
            str(row.storm),
            Words(str(row.name_da), str(row.name_en)),
            level.hour.to_numpy(float),
            above / above.max(),
            str(row.source),
        )
    return found


#: The longest of the recorded storms: 14 hours above 60 % of its peak, the careful choice.
DEFAULT_SHAPE = "klagshamn-2017-01"


def surge_shape(name: str) -> SurgeShape:
    """Return a recorded shape; raises `BadValue` for one that is not known."""
    shapes = surge_shapes()
    if name not in shapes:
        raise BadValue(f"a surge shape among {', '.join(shapes)}", repr(name), "Choose one.")
    return shapes[name]


def surge(
    peak: float,
    mean: float = 0.0,
    shape: SurgeShape | str = DEFAULT_SHAPE,
    hours: tuple[float, float] = (-48.0, 48.0),
) -> Series:
    """Return the sea level of a storm surge over time.

    Parameters
    ----------
    peak
        Highest level, at or above the mean [m in the city's datum].
    mean
        Mean level of the sea in the year that it happens [m in the city's datum].
    shape
        A recorded shape, or its id.
    hours
        The stretch around the peak to return [h]; ends beyond the record are cut.

    Returns
    -------
    Sea level in the city's datum [m]; time 0 is the start of the stretch.

    Raises
    ------
    BadValue
        For a peak below the mean, a stretch without the peak, or an unknown shape.

    Examples
    --------
    >>> surge(1.5, mean=0.1).peak
    1.5
    """
    form = surge_shape(shape) if isinstance(shape, str) else shape
    if not np.isfinite([peak, mean]).all() or peak < mean:
        raise BadValue(
            "a surge with its peak above the mean level",
            f"a peak of {peak} m and a mean of {mean} m",
            "Give both in the same datum.",
        )
    first, last = hours
    if not first < 0 < last:
        raise BadValue("a stretch around the peak", f"{hours} h", "Use (-48, 48).")
    inside = (form.hours >= first) & (form.hours <= last)
    at = form.hours[inside]
    level = mean + (peak - mean) * form.share[inside]
    level[np.argmax(form.share[inside])] = peak
    return Series((at - at[0]) * HOUR, level)


def hours_above(series: Series, level: float) -> float:
    """Return how long a series stands above a level [h].

    Examples
    --------
    >>> hours_above(Series(np.array([0.0, 7200.0]), np.array([0.0, 2.0])), 1.0)
    1.0
    """
    t, v = series.seconds, series.values
    low, high = np.minimum(v[:-1], v[1:]), np.maximum(v[:-1], v[1:])
    flat = high == low
    share = np.where(
        flat, high > level, np.clip((high - level) / np.where(flat, 1.0, high - low), 0.0, 1.0)
    )
    return float((share * np.diff(t)).sum() / HOUR)

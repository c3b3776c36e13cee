"""A gauge series from a plain CSV file: times in UTC and values in metres, or a clear error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fjordby.arrays import Floats
from fjordby.errors import BadFile, BadValue

Times = np.ndarray[Any, np.dtype[np.datetime64]]

#: What a unit is in metres.
METRES: Mapping[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001}


@dataclass(frozen=True)
class Gauge:
    """Levels over calendar time, as a gauge recorded them.

    Parameters
    ----------
    times
        Increasing times in UTC, shape (n,) datetime64[s].
    levels
        Level in the datum of the gauge, NaN where missing, shape (n,) [m].
    """

    times: Times
    levels: Floats

    def __post_init__(self) -> None:
        if self.times.shape != self.levels.shape or self.times.ndim != 1 or not self.times.size:
            raise BadValue(
                "as many times as levels, at least one",
                f"shapes {self.times.shape} and {self.levels.shape}",
                "Give two equally long rows.",
            )
        if (np.diff(self.times) <= np.timedelta64(0, "s")).any():
            raise BadValue(
                "times that increase", "times that do not", "Sort and de-duplicate them."
            )

    @property
    def step(self) -> float:
        """The usual time between two values [s]."""
        if self.times.size < 2:
            return 0.0
        return float(np.median(np.diff(self.times) / np.timedelta64(1, "s")))

    @property
    def years(self) -> float:
        """How much time the values that are not missing cover [years of 365.25 days]."""
        return float(np.isfinite(self.levels).sum() * self.step / (365.25 * 86400.0))

    def above_mean(self) -> Gauge:
        """Return the levels above the mean of their own calendar year.

        This takes the rise of the mean sea level out before extremes are counted, as tables of
        high water "above daily water" do.
        """
        year = self.times.astype("datetime64[Y]").astype(int)
        mean = pd.Series(self.levels).groupby(year).transform("mean").to_numpy()
        return Gauge(self.times, self.levels - mean)


def read_series(
    path: str | Path, unit: str, time: str = "time", value: str = "value", delimiter: str = ","
) -> Gauge:
    """Read a gauge series from a CSV file, which may be compressed.

    Parameters
    ----------
    path
        The file; its first line names the columns.
    unit
        Unit of the values in the file: "m", "cm" or "mm".
    time, value
        Names of the two columns. Times without an offset are UTC; others are moved to UTC.
        Empty values are missing.
    delimiter
        What stands between the columns.

    Raises
    ------
    BadValue
        For an unknown unit.
    BadFile
        For a file that is missing, has no such columns, or has times or values that are not;
        the error names the first bad line.
    """
    if unit not in METRES:
        raise BadValue(f"a unit among {', '.join(METRES)}", repr(unit), "Name the file's unit.")
    table = _table(Path(path), delimiter)
    missing = [name for name in (time, value) if name not in table.columns]
    if missing:
        raise BadFile(
            f"columns {time!r} and {value!r} in {path}",
            f"columns {', '.join(map(repr, table.columns))}",
            "Name the file's own columns with time= and value=.",
        )
    times = pd.to_datetime(table[time], utc=True, errors="coerce", format="ISO8601")
    _first_bad(times.isna(), table[time], "times such as 2017-01-04 17:00:00", path)
    text = table[value].str.strip()
    levels = pd.to_numeric(text.where(text != ""), errors="coerce")
    _first_bad(levels.isna() & (text != ""), text, "numbers with a decimal point", path)
    stamps = times.dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    order = np.diff(stamps) <= np.timedelta64(0, "s")
    if order.any():
        line = int(np.argmax(order)) + 3
        raise BadFile(
            f"times that increase in {path}", f"one that does not, on line {line}", "Sort them."
        )
    return Gauge(stamps, levels.to_numpy(float) * METRES[unit])


def _table(path: Path, delimiter: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False)
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError) as trouble:
        raise BadFile(
            f"a CSV file at {path}", str(trouble), "Check the path and the file."
        ) from None
    except pd.errors.EmptyDataError:
        table = pd.DataFrame()
    if table.empty:
        raise BadFile(f"a series in {path}", "an empty file", "Download it again.")
    return table


def _first_bad(bad: pd.Series[bool], text: pd.Series[str], wanted: str, path: str | Path) -> None:
    if bad.any():
        where = int(np.argmax(bad.to_numpy()))
        raise BadFile(
            f"{wanted} in {path}", f"{text.iloc[where]!r} on line {where + 2}", "Mend that line."
        )

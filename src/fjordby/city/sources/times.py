"""Moments and spans of time, always with a zone, in pieces that a service can answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pandas as pd

from fjordby.city.sources.answers import utc_text
from fjordby.errors import BadValue


def moment(told: str | datetime) -> datetime:
    """Return a moment in UTC; raises `BadValue` when no time zone is said.

    Examples
    --------
    >>> moment("2023-10-20T22:00+02:00").isoformat()
    '2023-10-20T20:00:00+00:00'
    """
    try:
        read = datetime.fromisoformat(told) if isinstance(told, str) else told
    except ValueError:
        read = None
    if read is None or read.tzinfo is None or read.utcoffset() is None:
        raise BadValue(
            'a time with its zone, such as "2023-10-20T22:00+02:00" or "2023-10-20T20:00Z"',
            repr(told),
            "Add Z for UTC, +01:00 for Danish winter time or +02:00 for Danish summer time.",
        )
    return datetime.fromisoformat(utc_text(read))


def spans(
    start: str | datetime, end: str | datetime, longest: timedelta
) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a span as UTC texts; raises `BadValue` unless it starts before it ends.

    Examples
    --------
    >>> list(spans("2023-01-01T00:00Z", "2023-01-04T00:00Z", timedelta(days=2)))[1]
    ('2023-01-03T00:00:00Z', '2023-01-04T00:00:00Z')
    """
    first, last = moment(start), moment(end)
    if first >= last:
        raise BadValue("a start before the end", f"{start} and {end}", "Swap them.")
    while first < last:
        then = min(first + longest, last)
        yield utc_text(first), utc_text(then)
        first = then


def max_age(chosen: float | None, last: str, now: datetime, recent: float) -> float:
    """Return how old a stored answer about a span may be [s].

    What the caller chose counts. Else a span that ended a week ago hardly changes any more and is
    kept for a year; assumed: by then late and corrected readings have come.

    Examples
    --------
    >>> max_age(None, "2023-10-21T00:00:00Z", moment("2023-10-21T06:00Z"), 600.0)
    600.0
    """
    if chosen is not None:
        return chosen
    return recent if moment(last) > now - timedelta(days=7) else 365 * 86_400.0


def column(told: list[str]) -> pd.Series:
    """Return texts as a column of UTC times."""
    return pd.Series(pd.to_datetime(told, utc=True, format="ISO8601"), dtype="datetime64[us, UTC]")

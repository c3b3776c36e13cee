"""What is wrong with a city, said so that a person can mend it: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from fjordby.catalogue import rows
from fjordby.city.layers import specs
from fjordby.city.model import Layer
from fjordby.words import LANGUAGES, Words

#: So many places and ids are named; the count says how many there are.
NAMED = 5


class Severity(StrEnum):
    """An error makes the city unusable or its results wrong; a warning asks for a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one layer.

    Parameters
    ----------
    code
        Short key from `data/problems.csv`.
    layer
        The layer, or "city" for the folder itself.
    severity
        How bad it is.
    what, do
        What is wrong, and what to do about it.
    where
        A few of the places (x, y), in the city's coordinate system [m].
    ids
        A few of the features' ids.
    count
        How many there are; 0 where counting makes no sense.
    """

    code: str
    layer: str
    severity: Severity
    what: Words
    do: Words
    where: tuple[tuple[float, float], ...] = ()
    ids: tuple[str, ...] = ()
    count: int = 0

    def line(self, language: str = "en") -> str:
        """Return the problem as one line of text."""
        known = {layer.value: spec.words for layer, spec in specs().items()}
        layer = known.get(self.layer, Words("by", "city"))[language]
        text = f"{layer}: {self.what[language]}"
        if self.ids:
            text += f" ({', '.join(self.ids)}{', …' if self.count > len(self.ids) else ''})"
        if self.where:
            places = "; ".join(f"{x:.0f}, {y:.0f}" for x, y in self.where)
            text += f" {Words('ved', 'at')[language]} {places}"
            text += ", …" if self.count > len(self.where) else ""
        return f"{text}. {self.do[language]}"

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as plain values for JSON."""
        return {
            "code": self.code,
            "layer": self.layer,
            "severity": self.severity.value,
            "what": self.what.as_dict(),
            "do": self.do.as_dict(),
            "where": [list(place) for place in self.where],
            "ids": list(self.ids),
            "count": self.count,
        }


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return every problem that can be found, by its code, from `data/problems.csv`."""
    return {row["code"]: row for row in rows("city/data/problems.csv")}


def problem(
    code: str,
    layer: Layer | str,
    *,
    where: Iterable[tuple[float, float]] = (),
    ids: Iterable[str] = (),
    count: int = 0,
    **words: object,
) -> Problem:
    """Make a problem from the catalogue; `words` fill the braces of its sentences."""
    row = catalogue()[code]
    words = {**words, "count": int(count)}
    said = {
        language: {key: say(value, language) for key, value in words.items()}
        for language in LANGUAGES
    }
    return Problem(
        code=code,
        layer=str(layer),
        severity=Severity(row["severity"]),
        what=Words(row["what_da"].format(**said["da"]), row["what_en"].format(**said["en"])),
        do=Words(row["do_da"].format(**said["da"]), row["do_en"].format(**said["en"])),
        where=tuple((round(float(x), 2), round(float(y), 2)) for x, y in where)[:NAMED],
        ids=tuple(map(str, ids))[:NAMED],
        count=int(count),
    )


def say(value: object, language: str) -> str:
    """Return a value as a person writes it in a language: 12.345,6 in Danish, 12,345.6 in English.

    Examples
    --------
    >>> say(12345, "da"), say(0.25, "en")
    ('12.345', '0.25')
    """
    if isinstance(value, Words):
        return value[language]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:,.3g}"
        if abs(value) < 1e3
        else f"{value:,.0f}"
    )
    return text.translate(str.maketrans(",.", ".,")) if language == "da" else text


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return those problems that are errors."""
    return [one for one in problems if one.severity is Severity.ERROR]

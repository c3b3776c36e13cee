"""Words that a person reads, in Danish and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fjordby.errors import BadValue

LANGUAGES = ("da", "en")


@dataclass(frozen=True)
class Words:
    """The same words in Danish and English.

    Examples
    --------
    >>> Words("by", "town")["en"]
    'town'
    """

    da: str
    en: str

    def __getitem__(self, language: str) -> str:
        """Return the words in one language; raises `BadValue` for a language not spoken here."""
        if language not in LANGUAGES:
            raise BadValue(
                f"a language among {', '.join(LANGUAGES)}", repr(language), "Choose one of these."
            )
        return self.da if language == "da" else self.en

    @classmethod
    def of(cls, value: str | Mapping[str, str]) -> Words:
        """Read words from a TOML value: one text for both languages, or a table of da and en."""
        if isinstance(value, str):
            return cls(value, value)
        first = value.get("da") or value.get("en") or next(iter(value.values()), "")
        return cls(value.get("da") or first, value.get("en") or first)

    def as_dict(self) -> dict[str, str]:
        """Return {'da': ..., 'en': ...}."""
        return {"da": self.da, "en": self.en}

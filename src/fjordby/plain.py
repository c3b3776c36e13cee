"""Numbers as a person says them: about two figures, with the range, in Danish or English."""

from __future__ import annotations

import math

from babel.numbers import format_decimal

from fjordby.errors import BadValue
from fjordby.words import Words

LOCALE = {"da": "da_DK", "en": "en_GB"}

#: Words for large numbers, and for the money of a place.
SCALES = (
    (1e9, Words("mia.", "billion")),
    (1e6, Words("mio.", "million")),
    (1.0, Words("", "")),
)
CURRENCIES = {"DKK": Words("kr.", "kr"), "EUR": Words("euro", "euro")}


def rounded(value: float, figures: int = 2) -> float:
    """Round to a number of significant figures.

    Examples
    --------
    >>> rounded(1243.0)
    1200.0
    """
    if not math.isfinite(value) or value == 0:
        return value
    return round(value, figures - 1 - math.floor(math.log10(abs(value))))


def number(value: float, language: str, figures: int | None = None, decimals: int = 0) -> str:
    """Write a number the way a language does, rounded to significant figures or decimals.

    Examples
    --------
    >>> number(1240.0, "da"), number(1240.0, "en"), number(2.15, "da", decimals=2)
    ('1.240', '1,240', '2,15')
    """
    if not math.isfinite(value):
        return "-"
    if figures is not None:
        value = rounded(value, figures)
        size = math.floor(math.log10(abs(value))) if value else 0
        decimals = max(0, figures - 1 - size)
    if round(value, decimals) == 0:
        # Neither "-0" nor, of a number rounded to figures, "0.0".
        value, decimals = 0.0, 0 if figures is not None else decimals
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(value, format=pattern, locale=LOCALE[language]))


def change(value: float, language: str, decimals: int = 0) -> str:
    """Write a number with its direction: + for more, - for less, neither for no change.

    Examples
    --------
    >>> change(12.0, "en"), change(-3.0, "en"), change(0.0, "en")
    ('+12', '-3', '0')
    """
    sign = "+" if math.isfinite(value) and round(value, decimals) > 0 else ""
    return sign + number(value, language, decimals=decimals)


def amount(
    low: float, middle: float, high: float, currency: str, language: str, figures: int = 2
) -> str:
    """Write an amount of money with its range, in the scale of the middle one as it is read.

    Raises
    ------
    BadValue
        When the three are not in order.

    Examples
    --------
    >>> amount(190e6, 312e6, 480e6, "DKK", "en")
    'about 310 million kr (190-480)'
    >>> amount(190e6, 312e6, 480e6, "DKK", "da")
    'ca. 310 mio. kr. (190-480)'
    """
    if not low <= middle <= high:
        raise BadValue(
            "low, middle and high in this order", f"{low}, {middle}, {high}", "Swap them."
        )
    told = abs(rounded(middle or high, figures))
    size, scale = next((s for s in SCALES if told >= s[0]), SCALES[-1])
    words = CURRENCIES.get(currency, Words(currency, currency))[language]
    parts = [number(v / size, language, figures) for v in (low, middle, high)]
    about = Words("ca.", "about")[language]
    unit = " ".join(w for w in (scale[language], words) if w)
    if middle == 0 and high == 0:
        return f"0 {words}"
    return f"{about} {parts[1]} {unit} ({parts[0]}-{parts[2]})"


def share(part: float, whole: float, language: str) -> str:
    """Write a share as so many in ten, the way people hear it best.

    Examples
    --------
    >>> share(31.0, 100.0, "en"), share(0.0, 100.0, "da"), share(2.0, 100.0, "en")
    ('3 in 10', 'ingen', 'fewer than 1 in 10')
    """
    if whole <= 0 or part <= 0:
        return Words("ingen", "none")[language]
    tenths = round(10 * part / whole)
    if part >= whole:
        return Words("alle", "all")[language]
    if tenths == 10:
        return Words("flere end 9 ud af 10", "more than 9 in 10")[language]
    if tenths == 0:
        return Words("færre end 1 ud af 10", "fewer than 1 in 10")[language]
    return Words(f"{tenths} ud af 10", f"{tenths} in 10")[language]

"""The water balance of a run as people read it: to the litre, with what the computer lost."""

from __future__ import annotations

from fjordby.flood.dynamic.record import WaterBalance
from fjordby.plain import number
from fjordby.words import Words

#: Rows of the table: field, sign, and words. A level that takes more than it gives is below zero.
_INTO = (
    ("start", "", Words("stod der ved start", "stood there at the start")),
    ("rain", "+", Words("faldt som regn", "fell as rain")),
    ("inflows", "+", Words("løb til fra vandløb", "came in from streams")),
    (
        "levels",
        "+",
        Words("kom fra hav og andre givne vandstande", "came from the sea and other given levels"),
    ),
)
_OUT = (
    ("open_edges", "-", Words("løb ud over kanten", "left over the edge of the map")),
    ("infiltration", "-", Words("sivede i jorden", "soaked into the ground")),
    ("sewer", "-", Words("løb i kloakken", "went into the sewers")),
)
_SHOULD = Words("skulle stå der ved slut", "should stand there at the end")
_IS = Words("står der ved slut", "stands there at the end")
_ERROR = Words("regnefejl", "made or lost by the computation")


def balance_rows(balance: WaterBalance, language: str) -> list[tuple[str, str, str]]:
    """Return the rows of the water balance: sign, words, and cubic metres to the litre.

    Parameters
    ----------
    balance
        Of a run.
    language
        "da" or "en".

    Raises
    ------
    BadValue
        For another language.
    """
    rows = [
        (sign, words[language], _litres(getattr(balance, field), language))
        for field, sign, words in (*_INTO, *_OUT)
    ]
    rows.append(("=", _SHOULD[language], _litres(balance.end - balance.error, language)))
    rows.append(("", _IS[language], _litres(balance.end, language)))
    rows.append(("", _ERROR[language], _litres(balance.error, language)))
    return rows


def balance_text(balance: WaterBalance, language: str) -> str:
    """Return the water balance of a run as a table of plain text [m3], to the litre.

    The last line says how much water the computation made (or lost, below zero), and of how much.

    Parameters
    ----------
    balance
        Of a run.
    language
        "da" or "en".

    Raises
    ------
    BadValue
        For another language.
    """
    rows = balance_rows(balance, language)
    widest = max(len(words) for _, words, _ in rows)
    longest = max(len(volume) for *_, volume in rows)
    lines = [f"{sign:1} {words:<{widest}}  {vol:>{longest}} m³" for sign, words, vol in rows]
    return "\n".join([*lines, _share(balance, language)])


def _litres(volume: float, language: str) -> str:
    return number(volume, language, decimals=3)


def _share(balance: WaterBalance, language: str) -> str:
    """Say the error as a share of all the water that there was."""
    fields = [getattr(balance, field) for field, *_ in _INTO]
    whole = sum(abs(value) for value in fields)
    if not whole:
        return Words("Der var intet vand.", "There was no water.")[language]
    if not balance.error:
        return Words("Ikke en dråbe er forsvundet.", "Not a drop is missing.")[language]
    parts = abs(balance.error) / whole
    if parts >= 1e-6:
        share = number(1e6 * parts, language, figures=2)
        return Words(f"Fejlen er {share} liter pr. 1.000 m³ vand.",
                     f"The error is {share} litres in 1,000 m³ of water.")[language]  # fmt: skip
    return Words("Fejlen er under 1 liter pr. 1.000 m³ vand.",
                 "The error is less than 1 litre in 1,000 m³ of water.")[language]  # fmt: skip

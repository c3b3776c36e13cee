"""What a tag of OpenStreetMap says in numbers: speeds, widths, floors, homes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from fjordby.catalogue import Row, rows

#: 1 mile per hour [km/h] and 1 knot [km/h] (SI brochure, 9th edition, table 8 and NIST SP 811).
MPH, KNOT = 1.609344, 1.852
#: 1 foot and 1 inch [m] (NIST SP 811).
FOOT, INCH = 0.3048, 0.0254

_NUMBER = re.compile(r"^\s*([0-9]+(?:[.,][0-9]+)?)\s*([a-z/']*)\s*$", re.IGNORECASE)
_FEET = re.compile(r"^\s*([0-9]+)'\s*(?:([0-9]+(?:\.[0-9]+)?)\")?\s*$")


def speed(told: str | None) -> float:
    """Return a speed limit [km/h], or NaN when the tag says none.

    Understands numbers with and without a unit, several values (the lowest counts) and the words
    in `osm_speed_words.csv`.

    Examples
    --------
    >>> speed("50"), speed("DK:rural"), round(speed("30 mph"), 1)
    (50.0, 80.0, 48.3)
    """
    words = {row["word"]: row["speed_kmh"] for row in rows("city/sources/data/osm_speed_words.csv")}
    found = []
    for part in re.split(r"[;|]", told or ""):
        if part.strip() in words:
            value = words[part.strip()]
            found.append(float(value) if value else math.nan)
            continue
        match = _NUMBER.match(part)
        if match:
            unit = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": MPH, "knots": KNOT}
            found.append(_float(match[1]) * unit.get(match[2].lower(), math.nan))
    known = [v for v in found if math.isfinite(v) and 0 < v <= 300]
    return min(known) if known else math.nan


def length(told: str | None) -> float:
    """Return a length [m], or NaN; metres unless a unit is said.

    Examples
    --------
    >>> length("2,5"), length("1.2 km"), round(length("6'"), 3)
    (2.5, 1200.0, 1.829)
    """
    feet = _FEET.match(told or "")
    if feet:
        return float(feet[1]) * FOOT + float(feet[2] or 0.0) * INCH
    match = _NUMBER.match(told or "")
    if not match:
        return math.nan
    unit = {"": 1.0, "m": 1.0, "km": 1000.0, "cm": 0.01, "ft": FOOT}
    return _float(match[1]) * unit.get(match[2].lower(), math.nan)


def count(told: str | None, most: int = 200) -> int:
    """Return a count, or 0 when the tag says none that makes sense; half a floor counts up."""
    match = _NUMBER.match((told or "").split(";")[0])
    if not match or match[2]:
        return 0
    value = math.ceil(_float(match[1]))
    return value if value <= most else 0


def first_match(tags: Mapping[str, str], table: str) -> Row | None:
    """Return the first row of a table whose key and value stand among the tags."""
    for row in rows(f"city/sources/data/{table}"):
        if row["value"] in tags.get(row["key"], "").split(";"):
            return row
    return None


def filters(kind: str, table: str) -> list[str]:
    """Return Overpass filters for all keys and values of a table, one for each key."""
    values: dict[str, list[str]] = {}
    for row in rows(f"city/sources/data/{table}"):
        values.setdefault(row["key"], []).append(row["value"])
    return [f'{kind}["{key}"~"^({"|".join(told)})$"]' for key, told in values.items()]


def _float(text: str) -> float:
    return float(text.replace(",", "."))

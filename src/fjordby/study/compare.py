"""How far off are we? Our results beside what others have published, with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fjordby.choice.city_risk import CityRisk
from fjordby.errors import BadCity
from fjordby.harm import LevelTable
from fjordby.words import Words

Figure = Mapping[str, Any]

#: What a published figure can be held against.
ASKS = ("buildings_at_level", "damage_at_level", "ead")


def compare(
    figures: Sequence[Figure],
    by_level: LevelTable,
    risks: Sequence[CityRisk],
    height_error: float,
) -> list[dict[str, Any]]:
    """Return each published figure beside ours.

    Parameters
    ----------
    figures
        The city's record `published`: what, value, unit, ask, level or (scenario, year), source,
        and `differs`, a list of reasons in words.
    by_level
        What every sea level does.
    risks
        Yearly risk by climate.
    height_error
        Systematic error of the ground in the low town [m]; a level is read that much lower and
        higher for the low and high of ours.

    Raises
    ------
    BadCity
        When a figure asks for something that is not computed.
    """
    return [
        {
            "id": figure["id"],
            "what": Words.of(figure["what"]).as_dict(),
            "published": float(figure["value"]),
            "unit": figure["unit"],
            "price_year": figure.get("price_year"),
            "ours": _ours(figure, by_level, risks, height_error),
            "why": [Words.of(reason).as_dict() for reason in figure.get("differs", ())],
            "source": figure["source"],
        }
        for figure in figures
    ]


def _ours(
    figure: Figure, by_level: LevelTable, risks: Sequence[CityRisk], height_error: float
) -> dict[str, float]:
    ask = figure["ask"]
    if ask == "ead":
        wanted = (figure["scenario"], figure["year"])
        for risk in risks:
            if (risk.future.scenario, risk.future.year) == wanted:
                return risk.total.as_dict()
        known = ", ".join(f"{r.future.scenario} {r.future.year}" for r in risks)
        raise _unknown(figure, f"a climate among {known}", f"{wanted[0]} {wanted[1]}")
    if ask not in ASKS:
        raise _unknown(figure, f"ask among {', '.join(ASKS)}", repr(ask))
    level = float(figure["level"])
    if ask == "buildings_at_level":
        columns = ("buildings", "buildings", "buildings")
    else:
        columns = ("damage_low", "damage_mid", "damage_high")
    shifts = (-height_error, 0.0, height_error)
    return {
        part: float(np.interp(level + shift, by_level.levels, by_level.total(column)))
        for part, column, shift in zip(("low", "mid", "high"), columns, shifts, strict=True)
    }


def _unknown(figure: Figure, expected: str, got: str) -> BadCity:
    return BadCity(
        f"{expected} in the published figure {figure['id']!r}", got, "Mend published.toml."
    )

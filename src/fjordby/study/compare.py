"""How far off are we? Our results beside what others have published, with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from fjordby.choice.city_risk import CityRisk
from fjordby.errors import BadCity, BadValue
from fjordby.harm import LevelTable
from fjordby.harm.prices import moved
from fjordby.shock import Future
from fjordby.words import Words

Figure = Mapping[str, Any]

#: What a published figure can be held against.
ASKS = ("buildings_at_level", "damage_at_level", "ead")
#: What each figure must say, beside the level, or the scenario and year, that it is asked for.
NEEDED = ("id", "what", "value", "unit", "ask", "source")


def check_figures(
    figures: Sequence[Figure], climates: Collection[Future], currency: str, price_year: int
) -> None:
    """Find everything that keeps published figures from being held against ours.

    Parameters
    ----------
    figures
        The city's record `published`: what, value, unit, ask, level or (scenario, year), source,
        for money its price_year, and `differs`, a list of reasons in words.
    climates
        Those that yearly risk is computed for.
    currency, price_year
        What our own damages are in.

    Raises
    ------
    BadCity
        Naming every problem; better before hours of work than after.
    """
    problems = []
    for k, figure in enumerate(figures):
        name = f"figure {figure.get('id', k + 1)!r}"
        missing = [key for key in (*NEEDED, *_place_of(figure)) if key not in figure]
        if missing:
            problems.append(f"{name}: {', '.join(missing)} missing")
            continue
        if figure["ask"] not in ASKS:
            problems.append(f"{name}: ask among {', '.join(ASKS)}, not {figure['ask']!r}")
        for key in ("value", *(("level",) if "level" in figure else ())):
            if not isinstance(figure[key], int | float) or not np.isfinite(figure[key]):
                problems.append(f"{name}: {key} is a number, not {figure[key]!r}")
        if figure["ask"] == "ead":
            known = sorted({(f.scenario, f.year) for f in climates})
            if (figure["scenario"], figure["year"]) not in known:
                said = ", ".join(f"{scenario} {year}" for scenario, year in known)
                problems.append(f"{name}: a climate among {said}")
        if money_of(figure["unit"]):
            try:
                _now(figure, currency, price_year)
            except BadValue as trouble:
                problems.append(f"{name}: {trouble}")
    if problems:
        raise BadCity(
            "published figures that ours can be held against",
            f"{len(problems)} {'mistake' if len(problems) == 1 else 'mistakes'}",
            "Mend published.toml:",
            problems,
        )


def _place_of(figure: Figure) -> tuple[str, ...]:
    """Return the keys that say where on our curve a figure stands."""
    return ("scenario", "year") if figure.get("ask") == "ead" else ("level",)


def money_of(unit: str) -> str:
    """Return the currency of a unit such as DKK or EUR/year, "" when it is no money.

    Examples
    --------
    >>> money_of("EUR/year"), money_of("buildings")
    ('EUR', '')
    """
    code = unit.split("/")[0]
    return code if len(code) == 3 and code.isalpha() and code.isupper() else ""


def _now(figure: Figure, currency: str, price_year: int) -> float | None:
    """Return a figure's money in ours, None when it is no money or nobody knows of which year."""
    money, year = money_of(figure["unit"]), figure.get("price_year")
    if not money or year is None:
        return None
    return float(figure["value"]) * moved(money, int(year), currency, price_year)


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
        As `check_figures` wants them.
    by_level
        What every sea level does.
    risks
        Yearly risk by climate; its own band has the error of the ground in it already.
    height_error
        Systematic error of the ground in the low town [m]; a level is read that much lower and
        higher for the low and high of ours.

    Returns
    -------
    One table each: the figure as published, `published_now` in our currency and price year (None
    when it is no money, or nobody says of which year), ours as low, mid and high, and the reasons.

    Raises
    ------
    BadCity
        When a figure asks for something that is not computed.
    """
    check_figures(figures, [r.future for r in risks], by_level.currency, by_level.price_year)
    return [
        {
            "id": figure["id"],
            "what": Words.of(figure["what"]).as_dict(),
            "published": float(figure["value"]),
            "unit": figure["unit"],
            "price_year": figure.get("price_year"),
            "currency": by_level.currency,
            "published_now": _now(figure, by_level.currency, by_level.price_year),
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
        wanted = Future(figure["scenario"], figure["year"])
        return next(risk for risk in risks if risk.future == wanted).total.as_dict()
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

"""What a risk report says: the results of a study as sentences and table cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from fjordby.city.model import AGE_GROUPS, City, Layer
from fjordby.plain import amount, change, number, rounded, share
from fjordby.provenance import Kind
from fjordby.study.compare import money_of
from fjordby.words import Words

KINDS: Mapping[str, Words] = {
    Kind.MEASURED: Words("målt", "measured"),
    Kind.DERIVED: Words("afledt", "derived"),
    Kind.ASSUMED: Words("antaget", "assumed"),
    Kind.SYNTHETIC: Words("syntetisk", "synthetic"),
}
LAYERS: Mapping[Layer, Words] = {
    Layer.TERRAIN: Words("terræn", "terrain"),
    Layer.SEA: Words("hav", "sea"),
    Layer.STREAMS: Words("vandløb", "streams"),
    Layer.BARRIERS: Words("diger og porte", "barriers"),
    Layer.BUILDINGS: Words("bygninger", "buildings"),
    Layer.PEOPLE: Words("mennesker", "people"),
    Layer.DISTRICTS: Words("bydele", "districts"),
    Layer.ROADS: Words("veje", "roads"),
    Layer.PLACES: Words("steder", "places"),
    Layer.GREEN: Words("grønne områder", "green areas"),
}
UNITS: Mapping[str, Words] = {
    "properties": Words("ejendomme", "properties"),
    "buildings": Words("bygninger", "buildings"),
}

#: The directive's three likelihoods as return periods [years]. Source: the Danish risk maps of the
#: second cycle show 20, 100 and 1000 years (Kystdirektoratet 2019).
SCENARIOS = (20, 100, 1000)

Say = Callable[[str, str], str]
Table = Mapping[str, Any]


def layer_rows(city: City, language: str) -> list[dict[str, str]]:
    """Return one row for each layer the city has: name, kind, number, source, licence."""
    rows = []
    for layer in Layer:
        about = city.provenance.get(layer)
        raster = layer in (Layer.TERRAIN, Layer.SEA)
        count = 0 if raster else len(getattr(city, layer.value))
        if about is None or not (raster or count):
            continue
        said = counted(residents(city), language) if layer is Layer.PEOPLE else None
        rows.append(
            {
                "name": LAYERS[layer][language],
                "kind": about.kind.value,
                "count": "" if raster else said or number(count, language),
                "source": about.source,
                "licence": about.licence,
                "note": about.note,
            }
        )
    return rows


def invented(city: City, language: str) -> list[str]:
    """Return the names of the layers that are synthetic and have something in them."""
    return [
        LAYERS[layer][language]
        for layer in Layer
        if layer in city.provenance
        and city.kind(layer) is Kind.SYNTHETIC
        and (layer in (Layer.TERRAIN, Layer.SEA) or len(getattr(city, layer.value)))
    ]


def residents(city: City) -> float:
    """Return how many people live in the city; 0 when nobody says."""
    return float(city.people[list(AGE_GROUPS)].to_numpy().sum()) if len(city.people) else 0.0


def counts(city: City, language: str) -> str:
    """Say how many people, buildings and kilometres of road are known."""
    km = float(city.roads.geometry.length.sum()) / 1000 if len(city.roads) else 0.0
    parts = [
        (len(city.people), counted(residents(city), language), Words("mennesker", "people")),
        (len(city.buildings), number(len(city.buildings), language),
         Words("bygninger", "buildings")),
        (len(city.roads), f"{number(km, language, 2)} km", Words("vej", "of road")),
    ]  # fmt: skip
    said = [f"{count} {words[language]}" for known, count, words in parts if known]
    last = Words(" og ", " and ")[language]
    return last.join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def money(span: Mapping[str, float], currency: str, language: str) -> str:
    """Say an amount with its range."""
    return amount(span["low"], span["mid"], span["high"], currency, language)


def counted(count: float, language: str) -> str:
    """Say how many: whole, and with two figures from 100 on, since exact looks would lie."""
    return number(count, language, 2) if count >= 100 else number(count, language)


def spread(span: Mapping[str, float], language: str) -> str:
    """Say how many, with the range where there is one."""
    low, middle, high = (counted(span[part], language) for part in ("low", "mid", "high"))
    return middle if low == middle == high else f"{middle} ({low}-{high})"


def not_known(language: str) -> str:
    """Say that a figure is not known, where a nought would say that nobody is hurt."""
    return Words("ukendt", "not known")[language]


def impact_at(table: Table, levels: Sequence[float], scenario: Mapping[str, float]) -> Table:
    """Return low, middle and high of every figure of a table by level, at a level and its band.

    Low is at the low level and high at the high one; of the damage, by the damage model that is
    lowest there, or highest.
    """

    def at(row: Sequence[float], part: str) -> float:
        return float(np.interp(scenario[part], levels, row))

    def span(row: Sequence[float]) -> dict[str, float]:
        return {part: at(row, part) for part in ("low", "mid", "high")}

    found: dict[str, Any] = {
        key: {k: span(row) for k, row in value.items()} if key == "groups" else span(value)
        for key, value in table.items()
        if key != "damage"
    }
    found["damage"] = {part: at(table["damage"][part], part) for part in ("low", "mid", "high")}
    return found


#: Half the width of a 5-95 % band of a normal law, in standard errors.
BAND = 1.645


def scenario_levels(risk: Table, height_error: float = 0.0) -> list[dict[str, float]]:
    """Return the directive's three scenarios from the curve of levels.

    Parameters
    ----------
    risk
        The study's table of risk.
    height_error
        Standard error of the ground [m]; it widens the band as if the sea were unsure by as much.

    Returns
    -------
    Of each its period [years], the level with its band (`mid`, `sea_low`, `sea_high`), and the
    band in which the water on the ground lies (`low`, `high`) [m datum].
    """
    periods = np.log([row["return_period"] for row in risk["curve"]])
    found = []
    for period in SCENARIOS:
        low, middle, high = (
            float(np.interp(np.log(period), periods, [r["level"][part] for r in risk["curve"]]))
            for part in ("low", "mid", "high")
        )
        found.append(
            {
                "period": period,
                "mid": middle,
                "sea_low": low,
                "sea_high": high,
                "low": middle - float(np.hypot(middle - low, BAND * height_error)),
                "high": middle + float(np.hypot(high - middle, BAND * height_error)),
            }
        )
    return found


def event_rows(
    events: Sequence[Table], currency: str, unknown: Collection[str], language: str
) -> list[dict[str, str]]:
    """Return one row for each event that people know."""
    rows = []
    for event in events:
        peak, rain = event["sea_peak"], 1000 * event["rain_depth"]
        people = counted(event["impact"]["people"], language)
        rows.append(
            {
                "name": event["name"][language] + (" *" if event["left_out"] else ""),
                "level": number(peak, language, decimals=2) if peak is not None else "",
                "rain": number(rain, language) if rain else "",
                "people": not_known(language) if "people" in unknown else people,
                "damage": money(event["impact"]["damage"], currency, language),
                "kind": event["kind"],
            }
        )
    return rows


def scenario_rows(
    impacts: Sequence[Table],
    scenarios: Sequence[Mapping[str, float]],
    currency: str,
    unknown: Collection[str],
    language: str,
) -> list[dict[str, Any]]:
    """Return the rows of the table of the three scenarios."""

    def t(da: str, en: str) -> str:
        return Words(da, en)[language]

    def level(part: Mapping[str, float], key: str) -> str:
        return number(part[key], language, decimals=2)

    def row(name: str, key: str, pick: Callable[[Table], Table]) -> dict[str, Any]:
        if key in unknown:
            return {"name": name, "cells": [not_known(language)] * len(impacts)}
        return {"name": name, "cells": [spread(pick(i), language) for i in impacts]}

    groups = [
        row(f"  {t('heraf', 'of these')} {words[language]}", "groups",
            lambda i, g=group: i["groups"][g])  # type: ignore[misc]
        for group, words in AGE_GROUPS.items()
        if group in impacts[0]["groups"] and "groups" not in unknown
    ]  # fmt: skip
    named = [
        ("homes", t("Boliger", "Dwellings")),
        ("buildings", t("Bygninger", "Buildings")),
        ("places", t("Steder, der svigter (skoler, pleje, pumper ...)",
                     "Places that fail (schools, care, pumps ...)")),
        ("cut_from_care", t("Mennesker, der ikke kan køre til læge eller hospital",
                            "People who cannot drive to a doctor or hospital")),
    ]  # fmt: skip
    counts_ = [row(name, key, lambda i, k=key: i[k]) for key, name in named]  # type: ignore[misc]
    roads = not_known(language)
    return [
        {
            "name": t("Havet når [m]", "Sea reaches [m]"),
            "cells": [
                f"{level(s, 'mid')} ({level(s, 'sea_low')}-{level(s, 'sea_high')})"
                for s in scenarios
            ],
        },
        row(t("Mennesker med vand ved boligen", "People with water at their home"), "people",
            lambda i: i["people"]),
        *groups,
        *counts_,
        {
            "name": t("Vej under vand [km]", "Road under water [km]"),
            "cells": [
                roads if "road_km" in unknown else number(i["road_km"]["mid"], language, 2)
                for i in impacts
            ],
        },
        {
            "name": t("Skade på bygninger og indbo", "Damage to buildings and contents"),
            "cells": [money(i["damage"], currency, language) for i in impacts],
        },
    ]  # fmt: skip


def district_rows(
    by_district: Mapping[str, Table],
    names: Mapping[str, str],
    levels: Sequence[float],
    scenario: Mapping[str, float],
    currency: str,
    unknown: Collection[str],
    language: str,
) -> list[dict[str, str]]:
    """Return one row for each district with anybody or anything hit, the hardest hit first."""
    rows = []
    for district, table in by_district.items():
        impact = impact_at(table, levels, scenario)
        if impact["damage"]["high"] > 0 or impact["people"]["high"] >= 0.5:
            rows.append((impact["people"]["mid"], impact["damage"]["mid"], district, impact))
    rows.sort(key=lambda row: (-row[0], -row[1], row[2]))
    people = not_known(language) if "people" in unknown else None
    return [
        {
            "name": names.get(district, district),
            "people": people or spread(impact["people"], language),
            "homes": spread(impact["homes"], language),
            "damage": money(impact["damage"], currency, language),
        }
        for _, _, district, impact in rows
    ]


def comparison_rows(
    comparison: Sequence[Table], price_year: int, t: Say, language: str
) -> list[dict[str, Any]]:
    """Return what others have published beside ours, with the ratio and the reasons."""
    rows = []
    for row in comparison:
        unit, ours, published = row["unit"], row["ours"], row["published"]
        currency = money_of(unit)
        now = row.get("published_now")
        if currency:
            a_year = t(" om året", " a year") if unit.endswith("/year") else ""
            said = alone(published, currency, language) + a_year
            own = money(ours, row.get("currency", currency), language) + a_year
        else:
            words = UNITS.get(unit, Words(unit, unit))[language]
            said = f"{number(published, language, 3)} {words}"
            own = spread(ours, language)
        year = row.get("price_year")
        if now is not None and year != price_year:
            in_ours = alone(now, row.get("currency", currency), language)
            said += t(
                f" i {year}-priser, altså {in_ours} i {price_year}-priser",
                f" in prices of {year}, that is {in_ours} in those of {price_year}",
            )
        theirs = published if now is None else now
        times = number(rounded(ours["mid"] / theirs), language, 2) if theirs > 0 else ""
        rows.append(
            {
                "what": row["what"][language],
                "published": said,
                "ours": own,
                "ratio": t(f"{times} gange deres", f"{times} times theirs") if times else "",
                "why": [reason[language] for reason in row["why"]],
                "source": row["source"],
            }
        )
    return rows


def alone(value: float, currency: str, language: str) -> str:
    """Say an amount without a range."""
    return amount(value, value, value, currency, language).rsplit(" (", 1)[0]


def short_lines(
    impact: Table,
    scenario: Table,
    people: float,
    risk: Table,
    unknown: Collection[str],
    t: Say,
    language: str,
) -> list[str]:
    """Return the report in three sentences."""
    mid, low, high = (
        number(scenario[part], language, decimals=1) for part in ("mid", "sea_low", "sea_high")
    )
    hit = spread(impact["people"], language)
    part = share(impact["people"]["mid"], people, language)
    damage = money(impact["damage"], risk["currency"], language)
    yearly = money(risk["ead"], risk["currency"], language)
    last = risk["futures"][-1] if risk["futures"] else None
    homes = t(
        f"Så står der vand ved boligen hos {hit} mennesker ({part}), og skaden",
        f"Then water stands at the homes of {hit} people ({part}), and the damage",
    )
    if "people" in unknown:
        homes = t("Hvor mange der bor der, er ukendt. Skaden", "How many live there is not known. "
                  "The damage")  # fmt: skip
    lines = [
        t(
            f"En storm, der kommer én gang på 100 år, løfter havet til omkring {mid} m "
            f"({low}-{high}). {homes} på bygninger og indbo er {damage}",
            f"A storm that comes once in 100 years lifts the sea to about {mid} m "
            f"({low}-{high}). {homes} to buildings and contents is {damage}",
        ),
        t(
            f"Lagt sammen over alle stormfloder og skybrud koster vandet {yearly} om året i dagens "
            "klima. Vandløb, der går over deres bredder, er ikke med",
            f"Added up over all storm surges and cloudbursts, water costs {yearly} a year in "
            "today's climate. Streams that leave their banks are not in it",
        ),
    ]
    if last:
        later = money(last["ead"], risk["currency"], language)
        lines.append(
            t(
                f"I {last['year']} er det {later} om året, hvis havet stiger som i fremtiden "
                f"'{last['name']['da']}', og byen ikke gør noget",
                f"In {last['year']} it is {later} a year if the sea rises as in the future "
                f"'{last['name']['en']}' and the city does nothing",
            )
        )
    return [line if line.endswith(".") else line + "." for line in lines]


def future_rows(
    futures: Sequence[Table], currency: str, language: str
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the years told, and one row for each climate with its yearly damage in each."""
    years = sorted({f["year"] for f in futures})
    by_name: dict[str, dict[int, Table]] = {}
    for future in futures:
        by_name.setdefault(future["name"][language], {})[future["year"]] = future
    rows = []
    for name, told in by_name.items():
        cells = []
        for year in years:
            one = told[year]
            rise = change(100 * one["sea_level_rise"], language)
            cells.append({"ead": money(one["ead"], currency, language), "rise": f"{rise} cm"})
        rows.append({"name": name, "cells": cells})
    return [str(year) for year in years], rows


def rarity_rows(parts: Sequence[Table], language: str) -> list[dict[str, str]]:
    """Return which share of the yearly damage comes from how rare water, in words and percent."""

    def named(first: float | None, last: float | None) -> str:
        low, high = (number(v or 0, language) for v in (first, last))
        if first is None:
            return Words(f"oftere end hvert {high}. år", f"more often than every {high} years")[
                language
            ]
        if last is None:
            return Words(f"sjældnere end hvert {low}. år", f"rarer than every {low} years")[
                language
            ]
        return Words(f"hvert {low}.-{high}. år", f"every {low} to {high} years")[language]

    return [
        {
            "name": named(part["from"], part["to"]),
            "share": f"{number(100 * part['share'], language)} %",
        }
        for part in parts
    ]


#: What moves, as rows of the table of still and moving water.
MOVERS: Mapping[str, Words] = {
    "sea": Words("Havet", "The sea"),
    "streams": Words("Vandløb, der går over bredderne", "Streams that leave their banks"),
}


def moving_rows(found: Table, language: str) -> list[dict[str, str]]:
    """Return what the year costs by still and by moving water, a row for the sea and for streams.

    Parameters
    ----------
    found
        The study's table of moving water.
    """
    currency = found["currency"]
    none = Words("ikke regnet", "not counted")[language]

    def said(span: Mapping[str, float] | None) -> str:
        return none if span is None else money(span, currency, language)

    return [
        {
            "name": MOVERS[row["id"]][language],
            "still": said(row["still"]),
            "moving": said(row["moving"]),
        }
        for row in found["yearly"]
    ]


def moving_storms(found: Table, language: str) -> list[dict[str, str]]:
    """Return what the named storms and floods cost by still and by moving water, a row for each."""
    currency = found["currency"]
    none = Words("ikke regnet", "not counted")[language]
    return [
        {
            "name": event["name"][language] + (" *" if event["beyond"] else ""),
            "still": none if event["still"] is None else money(event["still"], currency, language),
            "moving": money(event["moving"], currency, language),
        }
        for event in found["events"]
    ]

"""What a risk report says: the results of a study as sentences and table cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fjordby.city.model import AGE_GROUPS, City, Layer
from fjordby.plain import amount, number, rounded, share
from fjordby.provenance import Kind
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
        rows.append(
            {
                "name": LAYERS[layer][language],
                "kind": about.kind.value,
                "count": "" if raster else number(count, language),
                "source": about.source,
                "licence": about.licence,
                "note": about.note,
            }
        )
    return rows


def invented(city: City, language: str) -> list[str]:
    """Return the names of the layers that are synthetic."""
    return [
        LAYERS[layer][language]
        for layer in Layer
        if layer in city.provenance and city.kind(layer) is Kind.SYNTHETIC
    ]


def counts(city: City, language: str) -> str:
    """Say how many people, buildings and kilometres of road there are."""
    people = float(city.people[list(AGE_GROUPS)].to_numpy().sum()) if len(city.people) else 0.0
    km = float(city.roads.geometry.length.sum()) / 1000 if len(city.roads) else 0.0
    t = Words(
        f"{number(people, language, 3)} mennesker, {number(len(city.buildings), language)} "
        f"bygninger og {number(km, language)} km vej",
        f"{number(people, language, 3)} people, {number(len(city.buildings), language)} buildings "
        f"and {number(km, language)} km of road",
    )
    return t[language]


def money(span: Mapping[str, float], currency: str, language: str) -> str:
    """Say an amount with its range."""
    return amount(span["low"], span["mid"], span["high"], currency, language)


def counted(count: float, language: str) -> str:
    """Say how many: whole, and with two figures from 100 on, since exact looks would lie."""
    return number(count, language, 2) if count >= 100 else number(count, language)


def at_level(series: Sequence[float], levels: Sequence[float], level: float) -> float:
    """Return a figure at a sea level between the levels it was computed for."""
    return float(np.interp(level, levels, series))


def impact_at(table: Table, levels: Sequence[float], level: float) -> dict[str, Any]:
    """Return every figure of a table by level at one level."""
    return {
        key: impact_at(value, levels, level)
        if isinstance(value, Mapping)
        else at_level(value, levels, level)
        for key, value in table.items()
    }


def scenario_levels(risk: Table) -> list[dict[str, float]]:
    """Return return period and level of the directive's three scenarios, from the curve."""
    periods = [row["return_period"] for row in risk["curve"]]
    levels = [row["level"]["mid"] for row in risk["curve"]]
    return [
        {"period": period, "level": float(np.interp(np.log(period), np.log(periods), levels))}
        for period in SCENARIOS
    ]


def event_rows(events: Sequence[Table], currency: str, language: str) -> list[dict[str, str]]:
    """Return one row for each event that people know."""
    rows = []
    for event in events:
        peak, rain = event["sea_peak"], 1000 * event["rain_depth"]
        rows.append(
            {
                "name": event["name"][language],
                "level": number(peak, language, decimals=2) if peak is not None else "",
                "rain": number(rain, language) if rain else "",
                "people": counted(event["impact"]["people"], language),
                "damage": money(event["impact"]["damage"], currency, language),
                "kind": event["kind"],
            }
        )
    return rows


def scenario_rows(
    impacts: Sequence[Table], levels: Sequence[float], currency: str, t: Say, language: str
) -> list[dict[str, Any]]:
    """Return the rows of the table of the three scenarios."""

    def row(name: str, say: Callable[[Table], str]) -> dict[str, Any]:
        return {"name": name, "cells": [say(i) for i in impacts]}

    rows = [
        {
            "name": t("Havet når [m]", "Sea reaches [m]"),
            "cells": [number(level, language, decimals=2) for level in levels],
        },
        row(t("Mennesker med vand ved boligen", "People with water at their home"),
            lambda i: counted(i["people"], language)),
    ]  # fmt: skip
    for group, words in AGE_GROUPS.items():
        if group in impacts[0]["groups"]:
            rows.append(
                row(
                    f"  {t('heraf', 'of these')} {words[language]}",
                    lambda i, g=group: counted(i["groups"][g], language),  # type: ignore[misc]
                )
            )
    rows += [
        row(t("Boliger", "Dwellings"), lambda i: counted(i["homes"], language)),
        row(t("Bygninger", "Buildings"), lambda i: counted(i["buildings"], language)),
        row(t("Steder (skoler, pleje, pumper ...)", "Places (schools, care, pumps ...)"),
            lambda i: number(i["places"], language)),
        row(t("Vej under vand [km]", "Road under water [km]"),
            lambda i: number(i["road_km"], language, 2)),
        row(t("Afskåret fra pleje og hospital", "Cut off from care and hospital"),
            lambda i: counted(i["cut_from_care"], language)),
        row(t("Skade på bygninger og indbo", "Damage to buildings and contents"),
            lambda i: money(i["damage"], currency, language)),
    ]  # fmt: skip
    return rows


def district_rows(
    by_district: Mapping[str, Table],
    names: Mapping[str, str],
    levels: Sequence[float],
    level: float,
    currency: str,
    language: str,
) -> list[dict[str, str]]:
    """Return one row for each district with anybody or anything hit, the hardest hit first."""
    rows = []
    for district, table in by_district.items():
        impact = impact_at(table, levels, level)
        if impact["damage"]["mid"] > 0 or impact["people"] >= 0.5:
            rows.append((impact["people"], impact["damage"]["mid"], district, impact))
    rows.sort(key=lambda row: (-row[0], -row[1], row[2]))
    return [
        {
            "name": names.get(district, district),
            "people": counted(impact["people"], language),
            "homes": counted(impact["homes"], language),
            "damage": money(impact["damage"], currency, language),
        }
        for _, _, district, impact in rows
    ]


def comparison_rows(comparison: Sequence[Table], t: Say, language: str) -> list[dict[str, Any]]:
    """Return what others have published beside ours, with the ratio and the reasons."""
    rows = []
    for row in comparison:
        unit, ours = row["unit"], row["ours"]
        if unit.split("/")[0] in ("DKK", "EUR"):
            currency = unit.split("/")[0]
            a_year = t(" om året", " a year") if unit.endswith("/year") else ""
            p = row["published"]
            published = amount(p, p, p, currency, language).rsplit(" (", 1)[0] + a_year
            own = money(ours, currency, language) + a_year
        else:
            words = UNITS.get(unit, Words(unit, unit))[language]
            published = f"{number(row['published'], language)} {words}"
            own = (
                f"{number(ours['mid'], language, 2)} "
                f"({number(ours['low'], language, 2)}-{number(ours['high'], language, 2)})"
            )
        times = ours["mid"] / row["published"]
        said = number(rounded(times), language, 2)
        why = row["why"]
        reasons = why if isinstance(why, Sequence) else [why]
        rows.append(
            {
                "what": row["what"][language],
                "published": published,
                "ours": own,
                "ratio": t(f"{said} gange deres", f"{said} times theirs") if times > 0 else "",
                "why": [reason[language] for reason in reasons],
                "source": row["source"],
            }
        )
    return rows


def short_lines(
    impact: Table, scenario: Table, people: float, risk: Table, t: Say, language: str
) -> list[str]:
    """Return the report in three sentences."""
    level = number(scenario["level"], language, decimals=1)
    hit = counted(impact["people"], language)
    part = share(impact["people"], people, language)
    damage = money(impact["damage"], risk["currency"], language)
    yearly = money(risk["ead"], risk["currency"], language)
    last = risk["futures"][-1] if risk["futures"] else None
    lines = [
        t(
            f"En storm, der kommer én gang på 100 år, løfter havet til omkring {level} m. Så står "
            f"der vand ved boligen hos {hit} mennesker ({part}), og skaden er {damage}",
            f"A storm that comes once in 100 years lifts the sea to about {level} m. Then water "
            f"stands at the homes of {hit} people ({part}), and the damage is {damage}",
        ),
        t(
            f"Lagt sammen over alt, der kan ske, koster vandet {yearly} om året i dagens klima",
            f"Added up over everything that can happen, water costs {yearly} a year in today's "
            "climate",
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
            rise = number(100 * one["sea_level_rise"], language)
            cells.append({"ead": money(one["ead"], currency, language), "rise": f"+{rise} cm"})
        rows.append({"name": name, "cells": cells})
    return [str(year) for year in years], rows

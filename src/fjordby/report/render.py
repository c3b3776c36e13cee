"""A risk report that stands alone: one HTML file with its pictures in it, or a PDF of the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined

import fjordby
from fjordby.city import City
from fjordby.errors import MissingPart
from fjordby.flood import still_water
from fjordby.plain import CURRENCIES, LOCALE, number
from fjordby.progress import Progress, silent
from fjordby.report import content, pictures
from fjordby.storage import write_whole
from fjordby.study.results import Study
from fjordby.study.said import without_streams
from fjordby.words import Words


def html(
    study: Study, language: str, progress: Progress = silent, *, on: date | None = None
) -> str:
    """Return the report on a study as one HTML page that needs nothing else.

    Parameters
    ----------
    study
        A finished study.
    language
        "da" or "en".
    on
        The date on the cover; None = today.

    Raises
    ------
    BadFile
        When the study is not finished.
    """
    environment = Environment(
        loader=PackageLoader("fjordby.report", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True,
    )  # fmt: skip
    template = environment.get_template("template.html.j2")
    return template.render(_context(study, language, progress, on or date.today()))


def write_html(study: Study, path: Path, language: str, progress: Progress = silent) -> Path:
    """Write the report as HTML; the file appears whole or not at all."""
    return write_whole(path, html(study, language, progress).encode())


def write_pdf(study: Study, path: Path, language: str, progress: Progress = silent) -> Path:
    """Write the report as PDF; the file appears whole or not at all.

    Raises
    ------
    MissingPart
        When WeasyPrint, or the Pango library it draws with, is not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as missing:
        raise MissingPart(
            "WeasyPrint and the Pango library for PDF",
            str(missing).splitlines()[0],
            "Install them with `pip install 'fjordby[pdf]'` and `apt-get install "
            "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0`, or write HTML and print that.",
        ) from missing
    page = html(study, language, progress)
    progress(0.9, Words("Sætter PDF", "Setting the PDF")[language])
    document: bytes = HTML(string=page).write_pdf(pdf_tags=True)
    return write_whole(path, document)


def _context(study: Study, language: str, progress: Progress, on: date) -> dict[str, Any]:
    """Gather everything the template says."""

    def t(da: str, en: str) -> str:
        return Words(da, en)[language]

    city = study.city
    tables = {name: study.table(name) for name in ("levels", "events", "risk")}
    risk, levels = tables["risk"], tables["levels"]
    steps, currency = levels["levels"], risk["currency"]
    error, unknown = study.table("city")["height_error"], levels["unknown"]
    scenarios = content.scenario_levels(risk, error)
    impacts = [content.impact_at(levels["all"], steps, s) for s in scenarios]
    west, south, east, north = city.grid.bounds
    progress(0.1, t("Tegner kort", "Drawing maps"))
    names = [_scenario_name(s, t, language) for s in scenarios]
    return {
        "t": t,
        "lang": language,
        "title": f"{t('Oversvømmelsesrisiko', 'Flood risk report')}: {city.name[language]}",
        "style": files("fjordby.report").joinpath("style.css").read_text(encoding="utf-8"),
        "kinds": {kind: words[language] for kind, words in content.KINDS.items()},
        "name": city.name[language],
        "date": format_date(on, format="long", locale=LOCALE[language]),
        "datum": city.vertical_datum,
        "price_year": risk["price_year"],
        "invented": content.invented(city, language),
        "short": content.short_lines(
            impacts[1], scenarios[1], content.residents(city), risk, unknown, t, language
        ),
        "height_error": number(100 * error, language) if error else "",
        "extent": f"{number((east - west) / 1000, language, decimals=1)} x "
        f"{number((north - south) / 1000, language, decimals=1)} km",
        "cell": number(city.grid.cell, language),
        "counts": content.counts(city, language),
        "layers": content.layer_rows(city, language),
        "terrain_error": _terrain_error(city.records.get("terrain_error"), language),
        **_hazard(study, tables, scenarios, names, language, t),
        "scenarios": [{"name": name} for name in names],
        "scenario_rows": content.scenario_rows(
            impacts, scenarios, currency, unknown, language
        ),
        "districts": _districts(city, levels, scenarios[1], currency, language),
        **_money(risk, language, t),
        "moving": _moving(study, language),
        "comparison": content.comparison_rows(
            risk["comparison"], risk["price_year"], t, language
        ),
        "version": fjordby.__version__,
        "fingerprint": city.fingerprint,
    }  # fmt: skip


def _districts(
    city: City,
    levels: Mapping[str, Any],
    scenario: Mapping[str, float],
    currency: str,
    language: str,
) -> list[dict[str, str]]:
    """Return the rows of the table by district, and what lies in none; none without districts."""
    if not levels["districts"]:
        return []
    names = dict(zip(city.districts["id"].astype(str), city.districts["name"], strict=True))
    names[""] = Words("uden for bydelene", "outside the districts")[language]
    tables = {**levels["districts"], "": levels["elsewhere"]}
    return content.district_rows(
        tables, names, levels["levels"], scenario, currency, levels["unknown"], language
    )


def _scenario_name(scenario: Mapping[str, float], t: Any, language: str) -> str:
    likely = {
        20: t("stor sandsynlighed", "high probability"),
        100: t("middel sandsynlighed", "medium probability"),
        1000: t("lille sandsynlighed", "low probability"),
    }
    period = int(scenario["period"])
    years = t("år", "years")
    return f"{number(period, language)} {years} ({likely[period]})"


def _hazard(
    study: Study, tables: Mapping[str, Any], scenarios: Any, names: Any, language: str, t: Any
) -> dict[str, Any]:
    """Draw the curve of levels and the maps of the three scenarios."""
    city, risk = study.city, tables["risk"]
    floods = [still_water(city.terrain, study.connection, s["mid"]) for s in scenarios]
    bounds = pictures.wet_bounds(city, floods[-1])
    maps = []
    for scenario, name, depth in zip(scenarios, names, floods, strict=True):
        level = number(scenario["mid"], language, decimals=2)
        wet = float(np.sum(np.nan_to_num(depth.values) > 0)) * city.grid.cell_area / 1e6
        words = t(
            f"{name}: havet når {level} m og dækker {number(wet, language, 2)} km2 land.",
            f"{name}: the sea reaches {level} m and covers {number(wet, language, 2)} km2 of land.",
        )
        picture = pictures.depth_map(city, depth, language, bounds)
        maps.append({"picture": picture, "alt": words, "words": words})
    labels = {
        "period": t("Gentagelsesperiode [år]", "Return period [years]"),
        "level": t(
            f"Havvandstand [m {city.vertical_datum}]", f"Sea level [m {city.vertical_datum}]"
        ),
    }
    return {
        "curve": pictures.level_curve(risk["curve"], language, labels),
        "curve_kind": risk.get("curve_kind", "assumed"),
        "curve_words": risk.get("curve_source", ""),
        "left_out": any(event["left_out"] for event in tables["events"]["events"]),
        "without_streams": without[language] if (without := without_streams(city)) else "",
        "events": content.event_rows(
            tables["events"]["events"], risk["currency"], tables["levels"]["unknown"], language
        ),
        "maps": maps,
    }


def _money(risk: Mapping[str, Any], language: str, t: Any) -> dict[str, Any]:
    """Say and draw what the water costs a year, now and later."""
    currency, families = risk["currency"], risk["families"]
    money = CURRENCIES.get(currency, Words(currency, currency))[language]
    label = t(f"mio. {money} om året", f"million {money} a year")
    low, middle, high = (
        [f["ead"][part] / 1e6 for f in families] for part in ("low", "mid", "high")
    )
    drawn = pictures.bars([f["name"][language] for f in families], low, middle, high, label)
    years_told, rows = content.future_rows(risk["futures"], currency, language)
    worth = risk["present_value"]
    years = worth["years"]
    total = content.money(worth, currency, language)
    return {
        "risk_words": t(
            "Hver vandstand og hvert skybrud tæller med sin hyppighed, dog højst én oversvømmelse "
            "fra havet om året: det, der ikke er genopbygget, kan ikke gå tabt igen. Summen er, "
            "hvad vandet i gennemsnit koster om året: "
            f"{content.money(risk['ead'], currency, language)} i dag.",
            "Each sea level and each cloudburst counts with how often it comes, but at most one "
            "flood from the sea a year: what is not rebuilt cannot be lost again. The sum is what "
            "water costs a year on average: "
            f"{content.money(risk['ead'], currency, language)} today.",
        ),
        "families": drawn,
        "family_words": [(f["name"][language], f["source"]) for f in families],
        "rarity": content.rarity_rows(risk["by_rarity"], language),
        "years": years_told,
        "futures": rows,
        "present_value": t(
            f"Lagt sammen over {years} år i fremtiden '{worth['name']['da']}' er det {total} i "
            "dagens værdi, hvis intet gøres. Senere års penge tæller mindre, efter det danske "
            "Finansministeriums regler.",
            f"Added up over {years} years in the future '{worth['name']['en']}' it is {total} at "
            "today's value if nothing is done. Later money counts for less, by the rules of the "
            "Danish Ministry of Finance.",
        ),
    }


def _moving(study: Study, language: str) -> dict[str, Any] | None:
    """Say what moving water costs beside still water; None in a study made without."""
    found = study.moving
    if found is None:
        return None
    return {
        "rows": content.moving_rows(found, language),
        "storms": content.moving_storms(found, language),
        "words": [words[language] for words in found["words"]],
        "caution": found["caution"][language] if found["caution"] else "",
    }


def _terrain_error(record: Mapping[str, Any] | None, language: str) -> dict[str, Any] | None:
    """Return the table of the terrain's error that the city's record holds, or None."""
    rows = (record or {}).get("zones")
    if not rows:
        return None
    heads = {
        "method": Words("Terræn", "Terrain"),
        "held_out": Words("Målt med", "Measured with"),
        "n": Words("Punkter", "Points"),
        "bias": Words("Skævhed", "Bias"),
        "mae": Words("Middelfejl", "Mean error"),
        "rmse": Words("Kvadratrodsfejl", "Root mean square"),
    }
    # The lowest zone alone, which is told first: that is where the water goes.
    rows = [row for row in rows if row["zone"] == rows[0]["zone"]]
    shown = [key for key in heads if key in rows[0]]

    def cell(key: str, value: Any) -> str:
        if isinstance(value, str | Mapping):
            return Words.of(value)[language]
        return number(value, language, decimals=0 if key == "n" else 2)

    return {
        "zone": Words.of(rows[0]["zone"])[language],
        "head": [heads[key][language] for key in shown],
        "rows": [[cell(key, row[key]) for key in shown] for row in rows],
    }

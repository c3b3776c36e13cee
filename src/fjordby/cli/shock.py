"""`fjordby shock`: how high the sea can stand, how often, and what people remember."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fjordby.cli.show import DEMO_CITY, OWN, Json, Lang, say, say_json, table
from fjordby.shock.future import TODAY, TREND

app = typer.Typer(help="How high the sea can stand, how often, in which climate.",
                  no_args_is_help=True)  # fmt: skip

CityName = Annotated[str, typer.Argument(help="A city folder, or the name of a built-in city.")]
Scenario = Annotated[str, typer.Option(help="Climate scenario; see `fjordby shock futures`.")]
Year = Annotated[int, typer.Option(help="Year, from today on.")]


@app.command()
def levels(
    city: CityName = DEMO_CITY,
    periods: Annotated[
        list[float] | None, typer.Option("--period", help="Return period [years]; repeatable.")
    ] = None,
    scenario: Scenario = TREND,
    year: Year = TODAY,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Say how high the sea stands once in so many years, with its band.

    Example: fjordby shock levels vejle --period 100 --scenario central --year 2050
    """
    from fjordby import city as cities
    from fjordby import shock
    from fjordby.plain import number

    known = cities.load(city)
    wanted = tuple(periods or (2, 5, 10, 20, 50, 100, 200, 500, 1000))
    found = shock.sea_levels(known, wanted, shock.Future(scenario, year))
    if json:
        rows = zip(found.return_periods, found.low, found.central, found.high, strict=True)
        said = [
            {"return_period": float(t), "low": float(a), "mid": float(b), "high": float(c)}
            for t, a, b, c in rows
        ]
        say_json({"unit": f"m {known.vertical_datum}", "mean": found.mean, "levels": said})
        return
    heads = {
        "da": ("Gentagelsesperiode [år]", "5 %", "midt", "95 %"),
        "en": ("Return period [years]", "5 %", "middle", "95 %"),
    }[lang]
    table(
        f"{known.name[lang]}, {year} ({scenario}), m {known.vertical_datum}",
        heads,
        [
            (number(t, lang, decimals=_decimals(t)), *(number(v, lang, decimals=2) for v in three))
            for t, *three in zip(
                found.return_periods, found.low, found.central, found.high, strict=True
            )
        ],
    )


@app.command()
def events(
    city: CityName = DEMO_CITY,
    scenario: Annotated[
        str | None, typer.Option(help="Put the storms into this climate; none = as they were.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="Year of the climate; without a scenario, of the trend.")
    ] = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """List the storms and rains that the city knows by name.

    Example: fjordby shock events vejle --scenario central --year 2070
    """
    from fjordby import city as cities
    from fjordby import shock
    from fjordby.plain import number
    from fjordby.report.content import KINDS

    known = cities.load(city)
    future, climate = None, ""
    if scenario is not None or year is not None:
        future = shock.Future(scenario or TREND, TODAY if year is None else year)
        climate = f", {future.year} ({future.scenario})"
    found = shock.events(known, future)
    if json:
        say_json(
            [
                {
                    "id": e.id,
                    "name": e.name.as_dict(),
                    "sea_peak": e.sea_peak,
                    "rain_depth": e.rain_depth,
                    "rate": e.rate,
                    "year": e.year,
                    "kind": e.kind.value,
                    "source": e.source,
                }
                for e in found
            ]
        )
        return
    heads = {
        "da": ("Hændelse", "id", "hav [m]", "regn [mm]", "hvert [år]", "slags"),
        "en": ("Event", "id", "sea [m]", "rain [mm]", "every [years]", "kind"),
    }[lang]
    table(
        known.name[lang] + climate,
        heads,
        [
            (
                e.name[lang],
                e.id,
                "" if e.sea_peak is None else number(e.sea_peak, lang, decimals=2),
                number(1000 * e.rain_depth, lang) if e.rain_depth else "",
                number(1 / e.rate, lang, 2) if e.rate else "",
                KINDS[e.kind][lang],
            )
            for e in found
        ],
    )


@app.command()
def futures(city: CityName = DEMO_CITY, json: Json = False, lang: Lang = OWN) -> None:
    """List the climates a city may meet, and how high the sea stands in them.

    Example: fjordby shock futures vejle
    """
    from fjordby import city as cities
    from fjordby import shock
    from fjordby.plain import number

    known = cities.load(city)
    sky = shock.climate(known)
    years = (2050, 2070, 2100)
    now = sky.mean_sea_level(shock.NOW)
    rise = {
        key: [sky.mean_sea_level(shock.Future(key, year)) - now for year in years]
        for key in sky.scenarios
    }
    if json:
        say_json(
            {
                key: {"name": words.as_dict(), "rise": dict(zip(years, rise[key], strict=True))}
                for key, words in sky.scenarios.items()
            }
        )
        return
    table(
        {
            "da": f"{known.name['da']}: havets stigning fra {TODAY} [m]",
            "en": f"{known.name['en']}: rise of the sea from {TODAY} [m]",
        }[lang],
        ("", "id", *map(str, years)),
        [
            (words[lang], key, *(number(v, lang, decimals=2) for v in rise[key]))
            for key, words in sky.scenarios.items()
        ],
    )


@app.command()
def fit(
    series: Annotated[Path, typer.Argument(help="CSV file of levels; its first line has names.")],
    unit: Annotated[str, typer.Option(help="Unit in the file: m, cm or mm.")] = "m",
    threshold: Annotated[
        float | None,
        typer.Option(help="Fit peaks over this level [m] (GPD); none = yearly maxima (GEV)."),
    ] = None,
    method: Annotated[str, typer.Option(help="likelihood or l-moments.")] = "likelihood",
    time: Annotated[str, typer.Option(help="Name of the column of times (UTC).")] = "time",
    value: Annotated[str, typer.Option(help="Name of the column of levels.")] = "value",
    delimiter: Annotated[str, typer.Option(help="What stands between columns.")] = ",",
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Fit extreme levels to a series of observations, with bootstrap intervals.

    Example: fjordby shock fit levels.csv --unit cm --threshold 1.0
    """
    import numpy as np

    from fjordby.plain import number
    from fjordby.shock.extremes import block_maxima, fit_curve, peaks_over
    from fjordby.shock.series import read_series

    gauge = read_series(series, unit, time, value, delimiter)
    sample = block_maxima(gauge) if threshold is None else peaks_over(gauge, threshold)
    curve = fit_curve(sample, method, source=str(series))
    periods = np.array([2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 1000.0])
    low, middle, high = curve.band(periods)
    if json:
        rows = zip(periods, low, middle, high, strict=True)
        levels = [
            {"return_period": float(t), "low": float(a), "mid": float(b), "high": float(c)}
            for t, a, b, c in rows
        ]
        say_json({"sample": int(sample.levels.size), "years": float(np.size(sample.years)),
                  "levels": levels})  # fmt: skip
        return
    heads = {
        "da": ("Gentagelsesperiode [år]", "5 %", "midt [m]", "95 %"),
        "en": ("Return period [years]", "5 %", "middle [m]", "95 %"),
    }[lang]
    rows_said = [
        (number(t, lang), *(number(v, lang, decimals=2) for v in three))
        for t, *three in zip(periods, low, middle, high, strict=True)
    ]
    table(f"{series.name}: {sample.levels.size}", heads, rows_said)
    words = {"da": "Båndet er 5-95 % af genprøverne.", "en": "The band is 5-95 % of the resamples."}
    say(words[lang])


def _decimals(value: float) -> int:
    """Return the decimals that a return period needs to be told apart from a whole number."""
    return 0 if value >= 10 or float(value).is_integer() else 2

"""`fjordby demo`, `study`, `risk`, `report`, `serve`: the main job and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fjordby.cli.show import DEMO_CITY, OWN, Json, Lang, say, say_json, table, waiting
from fjordby.errors import BadValue

if TYPE_CHECKING:
    from fjordby.study import Study

#: Where studies go.
STUDIES = Path("studies")
#: Runs that a study chooses where nobody says; as `study.response_step.CHOSEN`, which is not
#: imported for a help text: a test holds the two together.
RUNS = 24

app = typer.Typer(help="Compute everything about a city into a folder.", no_args_is_help=True)

StudyFolder = Annotated[Path, typer.Argument(help="The study folder; `fjordby demo` makes one.")]
Curves = Annotated[
    list[Path] | None,
    typer.Option("--curves", help="CSV of your own damage curves; repeatable (docs/harm.md)."),
]
Storms = Annotated[
    bool,
    typer.Option("--storms/--no-storms", help="Run the named storms hour by hour too."),
]
Response = Annotated[
    bool,
    typer.Option("--response/--no-response", help="Reckon the year with moving water too."),
]
ResponseRuns = Annotated[
    int,
    typer.Option("--response-runs", min=2, help="Runs between which moving water is read."),
]
Port = Annotated[int | None, typer.Option(help="Port of the page; none = the first free one.")]


def demo(
    city: Annotated[
        str, typer.Option("--city", help="A city folder, or the name of a built-in city.")
    ] = DEMO_CITY,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Study folder; none = studies/CITY.")
    ] = None,
    storms: Storms = True,
    response: Response = True,
    response_runs: ResponseRuns = RUNS,
    serve: Annotated[bool, typer.Option(help="Serve the page when done.")] = True,
    port: Port = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Run the main job on a built-in city and open its page.

    What was done before is kept: a second run takes seconds, an interrupted one goes on.

    Example: fjordby demo --no-serve
    """
    place = _compute(city, folder, lang, storms=storms, response=response_runs if response else 0)
    _tell(place, json, lang)
    if serve and not json:
        _serve(place, port, lang)


@app.command("run")
def run(
    city: Annotated[str, typer.Argument(help="A city folder, or the name of a built-in city.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Study folder; none = studies/CITY.")
    ] = None,
    curves: Curves = None,
    storms: Storms = True,
    response: Response = True,
    response_runs: ResponseRuns = RUNS,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Compute everything about a city into a study folder, or what is missing of it.

    Example: fjordby study run my-town --folder studies/my-town --curves my-curves.csv
    """
    runs = response_runs if response else 0
    _tell(_compute(city, folder, lang, curves or (), storms, runs), json, lang)


def risk(
    study: StudyFolder = STUDIES / DEMO_CITY,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Say what the water costs a year, today and in the climates to come.

    Example: fjordby risk studies/vejle --lang da
    """
    from fjordby.plain import amount, change
    from fjordby.study import open_study

    made = open_study(study)
    found = made.table("risk")
    if json:
        say_json({**found, "moving": made.moving, "synthetic": _synthetic(made)})
        return
    currency = found["currency"]

    def money(span: dict[str, float]) -> str:
        return amount(span["low"], span["mid"], span["high"], currency, lang)

    heads = {
        "da": ("Klima", "år", "havet stiger [m]", "forventet årlig skade"),
        "en": ("Climate", "year", "sea rises [m]", "expected annual damage"),
    }[lang]
    today = {"da": "I dag", "en": "Today"}[lang]
    rows = [(today, "", "", money(found["ead"]))]
    rows += [
        (
            f["name"][lang],
            str(f["year"]),
            change(f["sea_level_rise"], lang, decimals=2),
            money(f["ead"]),
        )
        for f in found["futures"]
    ]
    table(made.city.name[lang], heads, rows)
    year = found["price_year"]
    say(
        {
            "da": f"Bygninger og indbo ved stormflod og skybrud, {year}-priser; vandløb er ikke "
            "med. I parentes: 5-95 % af det, der kan være rigtigt.",
            "en": f"Buildings and contents under storm surges and cloudbursts, prices of {year}; "
            "streams are not in it. In brackets: 5-95 % of what may be true.",
        }[lang]
    )
    _say_without_streams(made, lang)
    _say_moving(made, lang)
    _say_synthetic(made, lang)


def report(
    study: StudyFolder = STUDIES / DEMO_CITY,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="File to write, .html or .pdf; none = report-en.html or report-da.html."
        ),
    ] = None,
    lang: Lang = OWN,
    json: Json = False,
) -> None:
    """Write the risk report of a study: one HTML file that needs nothing else, or a PDF.

    Example: fjordby report studies/vejle --lang da --out vejle.pdf
    """
    from fjordby.report.render import write_html, write_pdf
    from fjordby.study import open_study

    place = out or study / f"report-{lang}.html"
    if place.suffix.lower() not in (".html", ".htm", ".pdf"):
        raise BadValue("a file ending in .html or .pdf", place.name, "Give --out such a name.")
    found = open_study(study)
    with waiting() as progress:
        write = write_pdf if place.suffix.lower() == ".pdf" else write_html
        write(found, place, lang, progress)
    if json:
        say_json({"report": str(place)})
    else:
        say({"da": f"Skrevet: {place}", "en": f"Written: {place}"}[lang])


def serve(
    study: StudyFolder = STUDIES / DEMO_CITY,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Port = None,
    to_the_network: Annotated[
        bool, typer.Option("--to-the-network", help="Let others see it; it has no passwords.")
    ] = False,
    lang: Lang = OWN,
) -> None:
    """Serve the page of a study to this machine until it is stopped.

    Example: fjordby serve studies/vejle --port 8600
    """
    _serve(study, port, lang, host, to_the_network)


def add_to(main: typer.Typer) -> None:
    """Add the commands that have no group of their own."""
    for command in (demo, risk, report, serve):
        main.command()(command)
    main.add_typer(app, name="study")


def _compute(
    city: str,
    folder: Path | None,
    lang: str,
    curves: Sequence[Path] = (),
    storms: bool = True,
    response: int = RUNS,
) -> Study:
    from fjordby import city as cities
    from fjordby.harm import read_curves
    from fjordby.study import make

    known, own = cities.load(city), [read_curves(path) for path in curves]
    with waiting() as progress:
        hourly = None if storms else ()
        return make(known, folder or STUDIES / known.id, progress, lang, own, hourly, response)


def _serve(
    study: Path | Study, port: int | None, lang: str, host: str = "127.0.0.1",
    to_the_network: bool = False,
) -> None:  # fmt: skip
    from fjordby.web.listen import serve as serve_page

    folder = study if isinstance(study, Path) else study.folder
    words = {
        "da": "Siden er på {}  (stop med Ctrl-C)",
        "en": "The page is at {}  (stop with Ctrl-C)",
    }
    serve_page(
        folder, host, port, to_the_network=to_the_network,
        say=lambda address: say(words[lang].format(address)),
    )  # fmt: skip


def _tell(study: Study, json: bool, lang: str) -> None:
    """Say in a short table what the water does to the city."""
    from fjordby.plain import amount, number
    from fjordby.report.content import counted, not_known

    events, found = study.table("events")["events"], study.table("risk")
    if json:
        say_json({"study": str(study.folder), "events": events, "ead": found["ead"],
                  "moving": study.moving, "synthetic": _synthetic(study)})  # fmt: skip
        return
    people_known = "people" not in study.table("levels")["unknown"]
    currency = found["currency"]
    heads = {
        "da": ("Hændelse", "hav [m]", "regn [mm]", "mennesker", "boliger", "skade"),
        "en": ("Event", "sea [m]", "rain [mm]", "people", "dwellings", "damage"),
    }[lang]
    rows = []
    for event in events:
        hurt = event["impact"]
        damage = hurt["damage"]
        rows.append(
            (
                event["name"][lang] + (" *" if event["left_out"] else ""),
                "" if event["sea_peak"] is None else number(event["sea_peak"], lang, decimals=2),
                number(1000 * event["rain_depth"], lang) if event["rain_depth"] else "",
                counted(hurt["people"], lang) if people_known else not_known(lang),
                counted(hurt["homes"], lang),
                amount(damage["low"], damage["mid"], damage["high"], currency, lang),
            )
        )
    table(study.city.name[lang], heads, rows)
    say(
        {
            "da": "Skadens spænd er mellem skademodellerne; terrænets fejl er ikke med her.",
            "en": "The range of the damage is that of the models; the error of the ground is not "
            "in it.",
        }[lang]
    )
    if any(event["left_out"] for event in events):
        say(
            {
                "da": "* uden vandløb, der går over bredderne: kun regn, der bliver stående",
                "en": "* without streams that leave their banks: only rain that stands",
            }[lang]
        )
    _say_without_streams(study, lang)
    ead = found["ead"]
    yearly = amount(ead["low"], ead["mid"], ead["high"], currency, lang)
    say({"da": f"Forventet årlig skade i dag: {yearly}",
         "en": f"Expected annual damage today: {yearly}"}[lang])  # fmt: skip
    _say_moving(study, lang)
    _say_synthetic(study, lang)
    say({"da": f"Studiet ligger i {study.folder}", "en": f"The study is in {study.folder}"}[lang])


def _say_without_streams(study: Study, lang: str) -> None:
    """Say which streams are in no flood, where the city has no lines for them."""
    from fjordby.study.said import without_streams

    words = without_streams(study.city)
    if words is not None:
        say(words[lang])


def _say_moving(study: Study, lang: str) -> None:
    """Say what moving water costs a year beside still water, and how far to believe it."""
    from fjordby.report.content import moving_rows

    found = study.moving
    if found is None:
        return
    heads = {
        "da": ("Skade om året i dag", "stillestående vand", "løbende vand"),
        "en": ("Damage a year today", "still water", "moving water"),
    }[lang]
    rows = [(row["name"], row["still"], row["moving"]) for row in moving_rows(found, lang)]
    table("", heads, rows)
    for words in (*found["words"], *([found["caution"]] if found["caution"] else [])):
        say(words[lang])


def _synthetic(study: Study) -> list[str]:
    """Return the layers that are invented."""
    from fjordby.provenance import Kind

    return [str(layer) for layer, known in study.city.provenance.items()
            if known.kind is Kind.SYNTHETIC]  # fmt: skip


def _say_synthetic(study: Study, lang: str) -> None:
    """Say what is invented, wherever its numbers are told."""
    from fjordby.report.content import invented

    made_up = invented(study.city, lang)
    if made_up:
        words = {
            "da": "Syntetiske lag (opdigtede, men sandsynlige): ",
            "en": "Synthetic layers (invented but plausible): ",
        }
        say(words[lang] + ", ".join(made_up))

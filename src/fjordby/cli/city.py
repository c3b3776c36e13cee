"""`fjordby city`: see, check and make cities."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fjordby.cli.fetch import fetch, sources
from fjordby.cli.show import OWN, Json, Lang, err, say, say_json, table, waiting

app = typer.Typer(help="See, check and make cities.", no_args_is_help=True)
app.command()(sources)
app.command()(fetch)


@app.command("list")
def list_(json: Json = False) -> None:
    """List the built-in cities.

    Example: fjordby city list
    """
    from fjordby import city

    names = city.builtin()
    if json:
        say_json(names)
        return
    for name in names:
        say(name)


@app.command()
def show(
    city: Annotated[str, typer.Argument(help="A city folder, or the name of a built-in city.")],
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Say what a city holds, and how far each layer may be believed.

    Example: fjordby city show vejle
    """
    from fjordby import city as cities
    from fjordby.city.summary import summary
    from fjordby.plain import number
    from fjordby.report.content import KINDS, LAYERS

    known = cities.load(city)
    about = summary(known)
    if json:
        say_json(about)
        return
    say(f"{known.name[lang]}  {known.crs}, {known.vertical_datum}")
    rows = []
    for layer, provenance in known.provenance.items():
        raster = layer.value in ("terrain", "sea")
        said = "" if raster else number(len(getattr(known, layer.value)), lang)
        rows.append((LAYERS[layer][lang], said, KINDS[provenance.kind][lang], provenance.source))
    table("", ["", "", "", ""], rows, words=(0, 2, 3))


@app.command()
def check(
    folder: Annotated[str, typer.Argument(help="The city folder to check.")],
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Report everything that is wrong with a city folder, each with what to do.

    Ends with code 1 when there is an error, 0 when there are only warnings or nothing.

    Example: fjordby city check my-town
    """
    from fjordby.city.check import check as problems_of
    from fjordby.city.problem import errors

    with waiting() as progress:
        problems = problems_of(folder, progress)
    if json:
        say_json([one.as_dict() for one in problems])
    else:
        for one in problems:
            say(f"{one.severity.value} {one.line(lang)}")
        if not problems:
            say({"da": "Intet galt.", "en": "Nothing is wrong."}[lang])
    if errors(problems):
        raise typer.Exit(1)


@app.command()
def new(
    config: Annotated[
        Path | None, typer.Argument(help="TOML file that says where your files are.")
    ] = None,
    folder: Annotated[Path | None, typer.Argument(help="The city folder to make.")] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print a commented TOML file to start from.")
    ] = False,
    lang: Lang = OWN,
) -> None:
    """Make a city from your own files, anywhere in the world.

    Ends with code 1 when the city was made but has errors; `fjordby city check` tells them again.

    Example: fjordby city new --template > my-town.toml; fjordby city new my-town.toml my-town
    """
    from fjordby.city.new import new as make_new
    from fjordby.city.new import new_template
    from fjordby.city.problem import errors
    from fjordby.errors import BadValue

    if template:
        typer.echo(new_template())
        return
    if config is None or folder is None:
        raise BadValue(
            "a TOML file and a folder",
            "one or none of them",
            "Start with `fjordby city new --template > my-town.toml`.",
        )
    with waiting() as progress:
        made = make_new(config, folder, progress)
    for layer, notes in made.notes.items():
        for note in notes:
            err.print(f"{layer}: {note}", highlight=False)
    for one in made.problems:
        err.print(f"{one.severity.value} {one.line(lang)}", highlight=False)
    say({"da": f"Lavet: {folder}", "en": f"Made: {folder}"}[lang])
    if errors(made.problems):
        raise typer.Exit(1)

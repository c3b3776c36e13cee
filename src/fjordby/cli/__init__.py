"""The commands: the same verbs as in Python, for the shell."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import fjordby
from fjordby.cli import city, flood, harm, response, shock, study
from fjordby.cli.show import say, speak, teach

app = typer.Typer(
    help="What the water can do to a coastal city, what it costs and whom it hits.",
    epilog="Start with `fjordby demo`: the built-in city, from its terrain to what a storm costs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # units in brackets, such as [m], are no markup
    context_settings={"help_option_names": ["-h", "--help"]},
)
study.add_to(app)
app.add_typer(city.app, name="city")
app.add_typer(shock.app, name="shock")
app.add_typer(flood.app, name="flood")
flood.app.add_typer(response.app, name="response")
app.add_typer(harm.app, name="harm")


@app.callback(invoke_without_command=True)
def about(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """What the water can do to a coastal city, what it costs and whom it hits."""
    if version:
        say(fjordby.__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    speak()
    sys.exit(teach(lambda: app(standalone_mode=True)))

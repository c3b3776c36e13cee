"""How the commands speak: tables, progress, JSON, and errors that teach."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from fjordby.errors import FjordbyError
from fjordby.progress import Progress as Report

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


class Language(StrEnum):
    """The languages we speak."""

    DA = "da"
    EN = "en"


def own_language() -> Language:
    """Return the language of the person at the keyboard: Danish where the machine says so."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return Language.DA if spoken.lower().startswith("da") else Language.EN


OWN = own_language()

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of words.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language.")]


def say_json(value: Any) -> None:
    """Print a result for another program to read."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def say(text: str) -> None:
    """Print words for a person."""
    out.print(text, highlight=False)


def table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[int] = (0,)
) -> None:
    """Print a table: the columns of words stand to the left, those of numbers to the right."""
    grid = Table(
        title=escape(title), title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for i, head in enumerate(heads):
        grid.add_column(escape(head), justify="left" if i in words else "right", overflow="fold")
    for row in rows:
        grid.add_row(*map(escape, row))
    out.print(grid)


@contextmanager
def waiting() -> Iterator[Report]:
    """Show how far long work has come, and how long is left, on the error stream."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(), TimeRemainingColumn(), console=err, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=1.0)
        said = ""

        def report(share: float, doing: str) -> None:
            nonlocal said
            bar.update(task, completed=share, description=doing)
            if doing != said and not err.is_terminal:
                # Without a terminal a bar would be noise: one line for each new piece of work.
                err.print(f"{100 * share:3.0f} %  {doing}", highlight=False)
            said = doing

        yield report


def teach(command: Callable[[], Any]) -> int:
    """Run a command and turn what a person can mend into words; returns the exit code."""
    try:
        command()
    except FjordbyError as problem:
        err.print(f"[bold red]{type(problem).__name__}[/]", highlight=False)
        err.print(str(problem), highlight=False, markup=False)
        return 1
    except KeyboardInterrupt:
        err.print("Stopped. What was finished is kept: run the same command to go on.")
        return 130
    return 0

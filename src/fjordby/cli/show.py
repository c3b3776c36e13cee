"""How the commands speak: tables, progress, JSON, and errors that teach."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from fjordby.errors import FjordbyError
from fjordby.progress import Progress as Report

# Names of storms, towns and folders are shown as they are: brackets and colons are no orders.
out = Console(soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, markup=False, emoji=False)


#: What stands between two columns of a table, and the least that a column of words may have.
GAP, NARROWEST = 2, 8

#: The exit code of a command that a person stopped, as shells have it (128 + SIGINT).
STOPPED = 130


class Language(StrEnum):
    """The languages we speak."""

    DA = "da"
    EN = "en"


def own_language() -> Language:
    """Return the language of the person at the keyboard: Danish where the machine says so.

    The first that is set of LC_ALL, LC_MESSAGES and LANG speaks, as POSIX has it.
    """
    spoken = next(
        (s for s in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if s), ""
    ).lower()
    return Language.DA if re.split(r"[_.@-]", spoken)[0] in ("da", "danish") else Language.EN


OWN = own_language()

#: The built-in city that a newcomer sees.
DEMO_CITY = "vejle"

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of words.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language.")]


def say_json(value: Any) -> None:
    """Print a result for another program to read; letters that the pipe cannot carry escaped."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(json.dumps(value, ensure_ascii=not unicode, indent=1, default=str) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print words for a person."""
    out.print(text, highlight=False)


def table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[int] = (0,)
) -> None:
    """Print a table: the columns of words stand to the left, those of numbers to the right.

    A number that is broken in two is read as two: on a narrow terminal the words give way.
    """
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    cells = [[head, *(row[i] for row in rows)] for i, head in enumerate(heads)]
    whole = [0 if i in words else _longest(cells[i], None) for i in range(len(heads))]
    natural = {i: _longest(cells[i], "\n") for i in range(len(heads)) if i in words}
    free = out.width - sum(whole) - GAP * (len(heads) - 1)
    widths = _share(natural, max(free, NARROWEST * len(natural)))
    for i, head in enumerate(heads):
        if i in widths:
            grid.add_column(head, overflow="fold", max_width=widths[i])
        else:
            grid.add_column(head, justify="right", overflow="fold", min_width=whole[i])
    for row in rows:
        grid.add_row(*row)
    least = sum(whole) + sum(widths.values()) + GAP * (len(heads) - 1)
    out.print(grid, width=max(out.width, least))


def _longest(cells: Sequence[str], between: str | None) -> int:
    return max((len(part) for cell in cells for part in cell.split(between)), default=0)


def _share(natural: Mapping[int, int], free: int) -> dict[int, int]:
    """Share a width among columns: what the narrow ones leave goes to the wide ones."""
    shared = {}
    for left, i in zip(range(len(natural), 0, -1), sorted(natural, key=natural.__getitem__),
                       strict=True):  # fmt: skip
        shared[i] = min(natural[i], free // left)
        free -= shared[i]
    return shared


@contextmanager
def waiting() -> Iterator[Report]:
    """Show how far long work has come, and how long is left, on the error stream."""
    with Progress(
        TextColumn("{task.description}", markup=False), BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(), TimeRemainingColumn(), console=err, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=1.0)
        said = ""

        def report(share: float, doing: str) -> None:
            nonlocal said
            bar.update(task, completed=share, description=doing)
            if doing and doing != said and not err.is_terminal:
                # Without a terminal a bar would be noise: one line for each new piece of work.
                err.print(f"{100 * share:3.0f} %  {doing}", highlight=False)
            said = doing

        yield report


def _stopped() -> int:
    err.print("Stopped. What was finished is kept: run the same command to go on.")
    return STOPPED


def speak() -> None:
    """Show letters that the terminal does not have as others, instead of ending at them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def teach(command: Callable[[], Any]) -> int:
    """Run a command and turn what a person can mend into words; returns the exit code."""
    try:
        command()
    except FjordbyError as problem:
        err.print(type(problem).__name__, style="bold red", highlight=False)
        err.print(str(problem), highlight=False)
        return 1
    except OSError as trouble:
        if trouble.errno != errno.ENOSPC:
            raise
        err.print("StorageFailed", style="bold red", highlight=False)
        err.print("The disk is full, and not all was written. Free some space and run it again.")
        return 1
    except KeyboardInterrupt:
        return _stopped()
    except SystemExit as ended:
        if ended.code != STOPPED:
            raise
        return _stopped()
    return 0

"""Everything that is wrong with a city folder, told at once, each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from fjordby.city import folder as folders
from fjordby.city import rasters
from fjordby.city import tables as shapes_of
from fjordby.city.checks import ground, tables, together, works
from fjordby.city.checks.known import Known
from fjordby.city.layers import TABLES
from fjordby.city.model import City, Layer
from fjordby.city.problem import Problem, Severity, problem
from fjordby.errors import BadCity
from fjordby.progress import Progress, silent

#: Every question asked of a city, in the order of telling; a new one is a function and a line.
QUESTIONS: dict[str, Callable[[Known], Iterator[Problem]]] = {
    "ground": ground.ground,
    "sea": ground.sea,
    "shapes": tables.shapes,
    "numbers": tables.numbers,
    "words": tables.words,
    "lie": tables.lie,
    "people": together.people,
    "buildings": together.buildings,
    "districts": together.districts,
    "places": together.places,
    "streams": together.streams,
    "roads": together.roads,
    "barriers": together.barriers,
    "structures": works.works,
}


def check(folder: str | Path, progress: Progress = silent) -> list[Problem]:
    """Return every problem of a city folder (or a built-in city by name), errors first.

    A layer that cannot be read is reported and the others are still looked at; nothing is
    raised for a bad city. No problems, no errors: the list is empty for a healthy city.

    Examples
    --------
    >>> [one.code for one in check("/no/such/folder")]
    ['folder-missing']
    """
    try:
        found_in = folders.find(folder)
    except BadCity:
        code = "toml-missing" if Path(folder).expanduser().is_dir() else "folder-missing"
        return [problem(code, "city")]
    progress(0.0, "reading")
    reading = folders.read(found_in)
    known = folders.known(reading)
    return _sorted([*reading.problems, *_ask(known, progress)])


def examine(city: City, progress: Progress = silent) -> list[Problem]:
    """Return every problem of a city in memory, errors first."""
    found: list[Problem] = []
    ready = {}
    for layer in TABLES:
        table, wrong = shapes_of.shape(getattr(city, layer.value), layer, city.crs)
        found += wrong
        if table is not None:
            ready[layer] = table
    known = Known(rasters.of(city.terrain), rasters.of(city.sea), ready, city.records)
    return _sorted([*found, *_ask(known, progress)])


def _ask(known: Known, progress: Progress) -> list[Problem]:
    found: list[Problem] = []
    for number, (name, question) in enumerate(QUESTIONS.items()):
        progress(0.3 + 0.7 * number / len(QUESTIONS), name)
        found += question(known)
    progress(1.0, "done")
    return found


def _sorted(problems: list[Problem]) -> list[Problem]:
    """Errors first, then by layer in the order of the city, in the order found."""
    order = {"city": -1} | {layer.value: place for place, layer in enumerate(Layer)}
    return sorted(problems, key=lambda one: (one.severity is not Severity.ERROR, order[one.layer]))

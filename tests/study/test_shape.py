"""Whoever changes the shape of a study's results raises its format: old studies are then made anew.

A study that an older program made is opened by newer ones. Without the format, the report would
stop in the middle for a name that is not there.
"""

from pathlib import Path

from fjordby.study.results import FORMAT

SHAPE = Path(__file__).parents[1] / "data" / "study_shape.txt"
#: Tables whose keys are names of a city's own things.
OWN_NAMES = ("districts", "families")


def names(said, path=""):
    """Return the path of every name in a table; lists and a city's own names as one."""
    if isinstance(said, dict):
        own = path.rsplit(".", 1)[-1] in OWN_NAMES
        for key, value in said.items():
            yield from names(value, f"{path}.{'*' if own else key}")
    elif isinstance(said, list):
        yield path
        for value in said:
            yield from names(value, path)
    else:
        yield path


def test_the_shape_of_results_has_a_format_of_its_own(valley_study):
    tables = {
        name: valley_study.table(name)
        for name in ("city", "levels", "events", "risk", "storms", "moving")
    }
    first = tables["storms"]["runs"][0]["id"]
    tables["storm"] = valley_study.table(f"storms/{first}")
    found = sorted({path.lstrip(".") for path in names(tables)})
    text = "\n".join([f"format {FORMAT}", *found]) + "\n"
    assert SHAPE.read_text(encoding="utf-8") == text, (
        "The results have another shape. Raise FORMAT in study/results.py, and write this to "
        f"{SHAPE.name}:\n{text}"
    )

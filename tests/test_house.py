"""The house stands as drawn: arrows point one way, and each module says what it is."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "fjordby"

#: Each folder or module may import what stands before it.
ORDER = [
    {"compiled", "errors", "words", "plain", "provenance", "progress"},
    {"arrays", "grid", "catalogue", "storage"},
    {"city"},
    {"shock"},
    {"flood"},
    {"harm"},
    {"choice"},
    {"study"},
    {"report"},
    {"web"},
    {"cli"},
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
DOORS = {SOURCE / "__init__.py", SOURCE / "__main__.py"}
FILES = sorted(p for p in SOURCE.rglob("*.py") if p not in DOORS)


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "fjordby" and len(parts) > 1 and not parts[1].startswith("__"):
                found.add(parts[1])
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_arrows_point_one_way(path):
    here = room(path)
    assert here in RANK, f"{here} has no place in the house"
    wrong = {r for r in imported_rooms(path) if r != here and RANK[r] > RANK[here]}
    assert not wrong, f"{here} must not know of {wrong}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_each_module_says_what_it_is(path):
    doc = ast.get_docstring(ast.parse(path.read_text()))
    assert doc, f"{path} has no first line"
    assert len(doc.splitlines()[0]) <= 100


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_module_grows_into_a_dumping_ground(path):
    assert path.stem not in {"utils", "util", "common", "helpers", "base", "misc"}
    assert len(path.read_text().splitlines()) <= 500

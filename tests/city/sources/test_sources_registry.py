"""Every loader can be found by name, says what it needs, and knows no city."""

import ast
import inspect
from pathlib import Path

import pytest

import fjordby.city.sources as sources
from fjordby.city.sources import SOURCES, find
from fjordby.errors import BadValue

HERE = Path(sources.__file__).parent
DOCS = Path(__file__).parents[3] / "docs" / "sources.md"

#: The names of what comes before `*` in the loaders' signatures.
FIRST = {
    "box": ["bounds"],
    "terrain": ["bounds", "cell"],
    "station": ["station", "start", "end"],
    "stations": [],
    "point": ["x", "y"],
    "areas": ["areas"],
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_a_loader_takes_what_its_entry_says(source):
    parameters = inspect.signature(source.load).parameters
    needed = [
        name
        for name, p in parameters.items()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    assert needed == FIRST[source.takes]
    assert "client" in parameters
    if source.takes in ("box", "terrain", "stations", "point"):
        assert "crs" in parameters
    if source.takes == "stations":
        assert "bounds" in parameters


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_a_loader_has_words_in_both_languages_and_a_licence(source):
    for words in (source.name, source.what):
        assert words["da"]
        assert words["en"]
    assert source.licence


def test_a_name_nobody_knows_is_answered_with_those_that_exist():
    assert find("roads").id == "roads"
    with pytest.raises(BadValue, match="terrain, roads"):
        find("dragons")


def test_every_source_key_and_setting_is_in_the_docs():
    text = DOCS.read_text(encoding="utf-8")
    for source in SOURCES.values():
        assert f"`{source.id}`" in text
        if source.key:
            assert source.key.variable in text
    for setting in ("FJORDBY_OFFLINE", "FJORDBY_CACHE", "FJORDBY_CONTACT"):
        assert setting in text


def test_the_examples_in_the_docs_are_python():
    text = DOCS.read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in text.split("```python\n")[1:]]
    assert blocks
    for block in blocks:
        ast.parse(block)

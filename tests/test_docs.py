"""The manual is held to the code: its blocks run, its commands and links exist."""

import re
from pathlib import Path

import pytest

from fjordby.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def words_of(command):
    return [w for w in command.split()[1:] if not w.startswith("-")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_the_blocks_of_the_page_run_in_order(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    room = {}
    found = blocks(ROOT / name)
    assert found
    for block in found:
        exec(compile(block, name, "exec"), room)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_on_the_page_exists(page):
    import typer

    root = typer.main.get_command(app)
    for line in re.findall(r"`(fjordby [^`]*)`", page.read_text(encoding="utf-8")):
        command, words = root, words_of(line.split(">")[0].split("|")[0])
        for word in words:
            if not hasattr(command, "commands"):
                break
            assert word in command.commands, f"{line}: no {word}"
            command = command.commands[word]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_on_the_page_leads_somewhere(page):
    for target in re.findall(
        r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")
    ):
        assert (page.parent / target).exists(), target


def test_every_command_is_named_in_the_manual():
    import typer

    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name in typer.main.get_command(app).commands:
        assert f"fjordby {name}" in text, name

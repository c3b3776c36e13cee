"""The manual is held to the code: its blocks run, its commands and links exist."""

import doctest
import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

import fjordby
from fjordby.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(fjordby.__path__, "fjordby.")
    if not module.name.endswith("__main__")
)


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def words_of(command):
    return [w for w in command.split()[1:] if not w.startswith("-")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["README.md", "docs/tutorial.md", "docs/flood_dynamic.md", "docs/flood_city.md"]
)
def test_the_blocks_of_the_page_run_in_order(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    room = {}
    found = blocks(ROOT / name)
    assert found
    for block in found:
        exec(compile(block, name, "exec"), room)


@pytest.mark.slow
def test_the_blocks_on_files_and_on_coarse_cells_run_with_what_they_presuppose(
    tmp_path, monkeypatch
):
    from fjordby.flood.dynamic import Asked, Domain, Forcing, Rain, run, steady
    from fjordby.grid import Grid

    monkeypatch.chdir(tmp_path)
    grid = Grid(0.0, 80.0, 10.0, 8, 12, "EPSG:25832")
    room = {
        "domain": Domain(grid, 0.01 * (grid.x + grid.y[:, None])),
        "forcing": Forcing(rain=Rain((steady(2.0e-6),))),
        "structures": (),
    }
    room["simulation"] = run(
        room["domain"], room["forcing"], 600.0, asked=Asked(snapshots=(300.0,))
    )
    for name in ("docs/flood_results.md", "docs/flood_subgrid.md"):
        for block in blocks(ROOT / name):
            exec(compile(block, name, "exec"), room)
    assert room["again"].balance == room["simulation"].balance
    # What fell is what the coarse cells hold after a day: nothing leaves this box.
    rained = room["found"].balance
    assert rained.end == pytest.approx(2.0e-6 * 86400.0 * 9600.0, rel=1e-6)


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


def test_the_index_of_the_manual_names_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


def test_the_licences_name_what_every_layer_that_ships_may_be_used_for():
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    for city in (ROOT / "src" / "fjordby" / "city" / "builtin").glob("*/city.toml"):
        for name, layer in tomllib.loads(city.read_text(encoding="utf-8"))["layers"].items():
            assert layer["licence"] in text, f"{city.parent.name} {name}: {layer['licence']}"


def test_the_errors_of_the_terrain_are_those_that_the_city_carries():
    record = ROOT / "src/fjordby/city/builtin/vejle/terrain_error.toml"
    zones = tomllib.loads(record.read_text(encoding="utf-8"))["zones"]
    known = {tuple(z[k] for k in ("n", "bias", "mae", "rmse", "median")) for z in zones}
    text = (ROOT / "docs" / "terrain.md").read_text(encoding="utf-8").replace("**", "")
    rows = re.findall(r"\| (\d+) \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|$", text, re.M)
    assert len(rows) > 10
    for n, *figures in rows:
        assert (int(n), *map(float, figures)) in known


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_code_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0

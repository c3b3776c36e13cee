"""The command line: the same verbs as in Python, with examples, JSON, and errors that teach."""

import json
import re
import subprocess
import sys

import pytest
import typer

from fjordby.cli import app
from fjordby.cli.show import teach


def every_command(group, path=()):
    """Yield each command with its words, such as ("city", "show")."""
    command = typer.main.get_command(group) if isinstance(group, typer.Typer) else group
    for name, sub in command.commands.items():
        if hasattr(sub, "commands"):
            yield from every_command(sub, (*path, name))
        else:
            yield (*path, name), sub


COMMANDS = list(every_command(app))


def ask(capsys, *words):
    """Run a command and return its exit code, what it printed, and what it said of errors."""
    code = 0

    def run():
        nonlocal code
        try:
            app(list(words), standalone_mode=True)
        except SystemExit as ended:
            code = int(ended.code or 0)

    trouble = teach(run)
    said = capsys.readouterr()
    return code or trouble, said.out, said.err


@pytest.mark.parametrize(
    ("words", "command"), COMMANDS, ids=lambda v: " ".join(v) if isinstance(v, tuple) else ""
)
def test_each_command_shows_an_example_of_itself(words, command):
    assert re.search(rf"Example: fjordby {' '.join(words)}\b", command.help), command.help


@pytest.mark.parametrize(
    ("words", "command"), COMMANDS, ids=lambda v: " ".join(v) if isinstance(v, tuple) else ""
)
def test_each_command_that_answers_can_answer_in_json(words, command):
    if words in {("serve",), ("city", "new")}:
        return
    assert any("--json" in p.opts for p in command.params), words


def test_the_risk_of_a_study_as_json_is_the_study_s_own(valley_study, capsys):
    code, out, _ = ask(capsys, "risk", str(valley_study.folder), "--json")
    assert code == 0
    assert json.loads(out)["ead"] == valley_study.table("risk")["ead"]


def test_the_risk_of_a_study_in_words_is_rounded(valley_study, capsys):
    code, out, _ = ask(capsys, "risk", str(valley_study.folder), "--lang", "da")
    assert code == 0
    assert re.search(r"ca\. [\d,.]+ mio\. kr\.", out)


def test_a_city_is_shown_with_how_far_to_believe_it(valley_study, capsys):
    code, out, _ = ask(capsys, "city", "show", str(valley_study.folder / "city"), "--lang", "en")
    assert code == 0
    assert "synthetic" in out


def test_a_healthy_city_passes_the_check(valley_study, capsys):
    code, out, _ = ask(capsys, "city", "check", str(valley_study.folder / "city"), "--lang", "en")
    assert code == 0, out


def test_a_flood_is_written_as_a_map_and_read_back_as_harm(valley_study, tmp_path, capsys):
    """Two roads to one number: harm of a level, and harm of the map that the level made."""
    city, target = str(valley_study.folder / "city"), tmp_path / "depth.tif"
    assert ask(capsys, "flood", "sea", city, "1.5", "--out", str(target))[0] == 0
    _, by_level, _ = ask(capsys, "harm", "level", city, "1.5", "--json")
    _, by_map, _ = ask(capsys, "harm", "map", city, str(target), "--json")
    one, other = json.loads(by_level)["total"], json.loads(by_map)["total"]
    assert one["people"] == pytest.approx(other["people"])
    assert one["damage_mid"] == pytest.approx(other["damage_mid"], rel=1e-4)


def test_a_building_is_explained_as_the_library_explains_it(valley_study, capsys):
    city = str(valley_study.folder / "city")
    _, out, _ = ask(capsys, "harm", "why", city, "b0", "1.5", "--json")
    said = json.loads(out)
    assert said["depth"] == pytest.approx(1.5 - said["ground"], abs=1e-6)
    code, words, _ = ask(capsys, "harm", "why", city, "b0", "1.5", "--lang", "da")
    assert code == 0
    assert "vandet når det ved" in words
    assert ask(capsys, "harm", "why", city, "nobody", "1.5")[0] == 1


def test_rain_is_accounted_for(valley_study, capsys):
    _, out, _ = ask(capsys, "flood", "rain", str(valley_study.folder / "city"), "30", "--json")
    said = json.loads(out)
    parts = said["standing_m3"] + said["to_sea_m3"] + said["off_map_m3"]
    assert parts == pytest.approx(said["rain_m3"], rel=1e-9)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("city", "show", "atlantis"), "atlantis"),
        (("flood", "sea", "{city}", "nan"), "sea level"),
        (("shock", "levels", "{city}", "--period", "-10"), "above"),
        (("shock", "levels", "{city}", "--year", "1999", "--scenario", "central"), "before today"),
        (("risk", "/no/such/study"), "fjordby demo"),
        (("flood", "run", "no-such-storm", "--city", "{city}"), "an event among"),
        (("harm", "map", "{city}", __file__), "raster"),
        (("city", "fetch", "gold", "x.gpkg"), "roads"),
        (("city", "fetch", "roads", "x.gpkg", "--bounds", "1,2"), "--bounds with 4 numbers"),
        (("city", "fetch", "roads", "x.csv", "--bounds", "1,2,3,4"), "ending in .gpkg"),
    ],
)  # fmt: skip
def test_bad_words_get_an_error_that_teaches(words, says, valley_study, capsys):
    city = str(valley_study.folder / "city")
    code, out, err = ask(capsys, *(w.format(city=city) for w in words))
    assert code == 1
    assert not out
    assert re.search(says, " ".join(err.split()), re.IGNORECASE), err
    assert "Traceback" not in err


def test_the_installed_command_answers():
    said = subprocess.run(
        [sys.executable, "-m", "fjordby", "--version"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", said.stdout)

"""What a newcomer types first and what goes wrong: words, exit codes, files whole or not at all."""

import json
import re

import pytest
from test_commands import COMMANDS, ask
from typer.testing import CliRunner

from fjordby import city as cities
from fjordby import flood, shock
from fjordby.cli import app
from fjordby.errors import BadFile


def squeezed(text):
    """Return the words of a help page without its frame and its line breaks."""
    return re.sub(r"[\s│╭╮╰╯─]+", "", text)


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=lambda v: str(v) if v else "")
def test_the_help_shows_every_unit_and_name_that_was_written(words, command):
    """Brackets around units were taken for markup once, and left out."""
    shown = squeezed(CliRunner().invoke(app, [*words, "--help"]).output)
    for one in command.params:
        if getattr(one, "help", None):
            assert squeezed(one.help).replace("`", "") in shown, one.name


@pytest.mark.parametrize(
    "words",
    [
        ("flood", "rain", "{city}", "30", "--table", "{no}/hollows.csv"),
        ("harm", "level", "{city}", "1.5", "--out", "{no}/buildings.csv"),
        ("flood", "sea", "{city}", "1.5", "--out", "{no}/depth.tif"),
    ],
)
def test_a_place_that_cannot_be_written_is_said_in_words(words, valley_study, tmp_path, capsys):
    (tmp_path / "file").touch()
    names = {"city": valley_study.folder / "city", "no": tmp_path / "file"}
    code, _, said = ask(capsys, *(word.format(**names) for word in words))
    assert code == 1
    assert "StorageFailed" in said
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_tables_are_written_into_folders_that_are_not_there_yet(valley_study, tmp_path, capsys):
    """As maps are, and reports."""
    city, out = str(valley_study.folder / "city"), tmp_path / "new" / "buildings.csv"
    assert ask(capsys, "harm", "level", city, "1.5", "--out", str(out))[0] == 0
    assert out.read_text().startswith("id,")


def test_a_map_is_only_written_under_a_name_of_a_map(valley_study, tmp_path, capsys):
    city, out = str(valley_study.folder / "city"), tmp_path / "depth.png"
    code, _, said = ask(capsys, "flood", "sea", city, "1.5", "--out", str(out))
    assert code == 1
    assert "ending in .tif" in said
    assert not out.exists()


def test_a_flood_by_an_event_is_the_one_of_the_study(valley_study, tmp_path, capsys):
    """Sewers and soil take their part of the rain in both."""
    folder = valley_study.folder
    city = cities.load(folder / "city")
    rains = [e for e in shock.events(city) if e.rain is not None]
    assert rains
    for event in rains:
        _, out, _ = ask(capsys, "flood", "run", event.id, "--city", str(folder / "city"), "--json")
        said = {one["water"]: one for one in json.loads(out)["floods"]}
        stands = flood.instant(city, event, sewer=shock.shocks_of(city).rain.drain)
        for one in stands:
            volume = float(one.depth.fillna(0.0).sum()) * city.grid.cell_area
            assert said[one.water]["volume_m3"] == pytest.approx(volume)


def test_a_year_alone_puts_the_storms_on_the_sea_of_that_year(capsys):
    """It was passed over once, and the levels of old shown under a year to come."""
    now, later = (
        json.loads(ask(capsys, "shock", "events", "tuno", "--json", *more)[1])
        for more in ((), ("--year", "2100"))
    )
    peaks = [(a["sea_peak"], b["sea_peak"]) for a, b in zip(now, later, strict=True)]
    assert all(after > before for before, after in peaks if before is not None)
    assert "2100" in ask(capsys, "shock", "events", "tuno", "--year", "2100")[1]


def test_a_part_of_a_year_is_not_shown_as_no_year_at_all(capsys):
    _, out, _ = ask(capsys, "shock", "levels", "tuno", "--period", "0.5", "--lang", "en")
    assert "0.50 " in out


def test_the_help_of_the_fit_names_the_methods_that_there_are(tmp_path, capsys):
    from fjordby.shock.fitting import MAXIMA_FITS

    command = dict(COMMANDS)["shock", "fit"]
    told = next(p.help for p in command.params if p.name == "method")
    assert all(name in told for name in MAXIMA_FITS)


def test_an_error_ends_with_one_full_stop():
    said = str(BadFile("a map", "it was not recognized.\n", "Check the path."))
    assert said == "Expected a map. Got it was not recognized. Check the path."


def test_marks_for_colours_are_no_words(valley, tmp_path, capsys):
    folder = cities.save(valley, tmp_path / "town")
    (folder / "terrain.tif").unlink()
    code, out, _ = ask(capsys, "city", "check", str(folder))
    assert code == 1
    assert out.startswith("error terrain: ")

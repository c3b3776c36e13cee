"""A city whose record has streams that nobody drew: its study ends, and says what is not in it."""

import json
import tomllib
from importlib.resources import files

import pytest

from fjordby.cli import app
from fjordby.progress import silent
from fjordby.report.render import html
from fjordby.study import make
from fjordby.study.said import without_streams

BURST = "copenhagen-2011"
SAYS = {
    "en": "shocks.toml has streams (grejs-aa, vejle-aa), but",
    "da": "shocks.toml har vandløb (grejs-aa, vejle-aa), men",
}


@pytest.fixture(scope="module")
def study(stormy_valley, tmp_path_factory):
    """A study of the valley with the streams of a real record and an empty layer of streams."""
    text = files("fjordby.city").joinpath("builtin/vejle/shocks.toml").read_text(encoding="utf-8")
    flows = [{k: v for k, v in one.items() if k != "at"} for one in tomllib.loads(text)["streams"]]
    records = dict(stormy_valley.records)
    records["shocks"] = records["shocks"] | {"streams": flows}
    town = stormy_valley.with_(streams=stormy_valley.streams.iloc[:0], records=records)
    place = tmp_path_factory.mktemp("studies") / "undrawn"
    return make(town, place, silent, response=0)


def test_the_page_marks_the_rain_that_would_raise_the_streams(study):
    """A cloudburst is told as one of a city whose streams are drawn: they are not counted."""
    told = {one["id"]: one["left_out"] for one in study.table("events")["events"]}
    assert told.pop(BURST) == ["streams"]
    assert told
    assert not any(told.values())


def test_the_course_of_a_storm_cautions_that_streams_are_not_in_it(study):
    said = json.loads((study.folder / "page" / "storms" / f"{BURST}.json").read_text("utf-8"))
    (told,) = (one for one in said["cautions"] if one["what"] == "streams-left-out")
    assert "layer of streams is empty" in told["words"]["en"]
    assert "lag af vandløb er tomt" in told["words"]["da"]
    assert said["balance"]["inflows"] == 0


@pytest.mark.parametrize("language", ["da", "en"])
def test_terminal_and_report_say_which_streams_are_in_no_flood(study, language, capsys):
    city, place = str(study.folder / "city"), str(study.folder)
    for words in (["study", "run", city, "--folder", place, "--no-response"], ["risk", place]):
        with pytest.raises(SystemExit):
            app([*words, "--lang", language])
        assert SAYS[language] in " ".join(capsys.readouterr().out.split())
    assert SAYS[language] in html(study, language)


def test_nothing_is_said_where_all_streams_are_drawn(valley_study):
    assert without_streams(valley_study.city) is None
    assert "shocks.toml has streams" not in html(valley_study, "en")

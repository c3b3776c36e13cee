"""A flow of a stream that the city does not have is never dropped without a word."""

import tomllib
from importlib.resources import files

import numpy as np
import pytest

from fjordby.city.check import examine
from fjordby.cli.hourly import _caution
from fjordby.errors import BadValue
from fjordby.flood import instant
from fjordby.flood.dynamic.forcing import steady
from fjordby.flood.dynamic.of_city import setup, simulate
from fjordby.shock import events
from fjordby.shock.catalogue import streams_left_out
from fjordby.shock.event import Event, Series
from fjordby.words import Words

HOUR = 3600.0
RAIN = Series(np.array([0.0, HOUR]), np.full(2, 0.03 / HOUR))


def event(**parts):
    return Event("e", Words("Prøve", "Trial"), rain=RAIN, year=2020, **parts)


@pytest.fixture(scope="module")
def drawn(valley):
    """The valley with a record of shocks that knows its stream, and no joint or other weather."""
    text = files("fjordby.city").joinpath("builtin/vejle/shocks.toml").read_text(encoding="utf-8")
    record = tomllib.loads(text)
    stream = {k: v for k, v in record["streams"][0].items() if k != "at"}
    record["streams"] = [stream | {"id": "brook", "match": ["Å"], "base": 0.4}]
    return valley.with_(records={"shocks": record})


@pytest.fixture(scope="module")
def undrawn(drawn):
    """The same without any line of a stream."""
    return drawn.with_(streams=drawn.streams.iloc[:0])


def flowing(city, engine):
    flood = event(streams={"s0": steady(1.0), "Nile": steady(2.0)})
    return setup(city, flood) if engine == "dynamic" else instant(city, flood)


@pytest.mark.parametrize("engine", ["dynamic", "instant"])
def test_a_flow_that_somebody_gave_for_a_stream_that_is_not_there_is_refused(
    drawn, undrawn, engine
):
    with pytest.raises(BadValue, match=r"streams \(s0\)\. Got Nile in 'Trial'\. Use the ids"):
        flowing(drawn, engine)
    with pytest.raises(BadValue, match=r"\(none at all\)\. Got Nile, s0 .* layer, which is empty"):
        flowing(undrawn, engine)


def test_a_cloudburst_by_name_raises_the_streams_that_are_drawn_and_no_others(drawn, undrawn):
    rains = [one for one in events(drawn) if one.rain is not None]
    assert rains
    assert all(set(one.streams) == {"s0"} for one in rains)
    assert not any(one.streams for one in events(undrawn))
    assert not streams_left_out(drawn)
    assert [one.id for one in streams_left_out(undrawn)] == ["brook"]


def test_a_run_without_the_streams_of_the_record_cautions_that_they_are_not_in_it(drawn, undrawn):
    made = simulate(undrawn, event(), hours=0.05, warm_up=0.0)
    (told,) = (one for one in made.cautions if one.what == "streams-left-out")
    assert (told.share, told.worst) == (1.0, 1.0)
    assert (told.x, told.y) == (500.0, 200.0)  # the middle of the map: nobody knows better
    whole = simulate(drawn, event(), hours=0.05, warm_up=0.0)
    assert "streams-left-out" not in {one.what for one in whole.cautions}


def test_the_caution_stands_where_the_flow_is_known_to_hold(undrawn):
    record = undrawn.records["shocks"]
    brook = record["streams"][0]
    gauged = [brook, brook | {"id": "other", "at": [605.0, 52.0]}]
    town = undrawn.with_(records={"shocks": record | {"streams": gauged}})
    (told,) = setup(town, event()).cautions
    assert (told.x, told.y, told.worst) == (605.0, 52.0, 2.0)


def test_the_check_of_a_city_warns_of_streams_that_nobody_drew(drawn, undrawn, valley):
    (found,) = (one for one in examine(undrawn) if one.code == "streams-undrawn")
    assert found.severity == "warning"
    assert (found.count, found.ids) == (1, ("brook",))
    assert "shocks.toml has 1 streams" in found.line("en")
    assert "Tegn deres linjer" in found.line("da")
    for city in (drawn, valley, valley.with_(streams=valley.streams.iloc[:0])):
        assert "streams-undrawn" not in {one.code for one in examine(city)}


@pytest.mark.parametrize("streams", [3, "a", {"id": "a"}, [4], [{"name": "a"}], []])
def test_the_check_outlives_a_record_of_streams_that_is_none(undrawn, streams):
    record = undrawn.records["shocks"] | {"streams": streams}
    found = examine(undrawn.with_(records={"shocks": record}))
    told = [one for one in found if one.code == "streams-undrawn"]
    assert len(told) == (isinstance(streams, list) and bool(streams))


@pytest.mark.parametrize("lang", ["da", "en"])
def test_the_command_line_says_it_in_words_of_no_time_and_no_place(undrawn, lang):
    (told,) = simulate(undrawn, event(), hours=0.05, warm_up=0.0).cautions
    said = _caution(told, lang)
    assert {"da": "lag af vandløb er tomt.", "en": "layer of streams is empty."}[lang] in said
    assert "%" not in said

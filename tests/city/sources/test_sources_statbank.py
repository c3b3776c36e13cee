"""StatBank's tables are split, read in Danish, and summed to the right people."""

import json
import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fjordby.city.model import AGE_GROUPS
from fjordby.city.sources import statbank
from fjordby.city.sources.statbank import EVERY
from fjordby.errors import BadValue, SourceFailed

INFO = {
    "id": "SOGN1",
    "text": "Befolkningen 1. januar",
    "unit": "Antal",
    "updated": "2025-02-11T08:00:00",
    "variables": [
        {
            "id": "SOGN",
            "text": "sogn",
            "elimination": True,
            "values": [
                {"id": "7001", "text": "7001 Vor Frue (Byen Kommune)"},
                {"id": "7002", "text": "7002 Helligånds (Byen Kommune)"},
            ],
        },
        {
            "id": "KØN",
            "text": "køn",
            "elimination": False,
            "values": [{"id": "1", "text": "Mænd"}, {"id": "2", "text": "Kvinder"}],
        },
        {
            "id": "ALDER",
            "text": "alder",
            "elimination": True,
            "values": [
                {"id": "IALT", "text": "Alder i alt"},
                *({"id": str(n), "text": f"{n} år"} for n in range(100)),
            ],
        },
        {
            "id": "Tid",
            "text": "tid",
            "time": True,
            "elimination": False,
            "values": [{"id": "2024", "text": "2024"}, {"id": "2025", "text": "2025"}],
        },
    ],
}


def bank(reply, number=lambda *values: "1", info=INFO):
    """A bank that answers what is asked; `number` gives the value of a cell."""

    def answer(asked):
        if asked.path.startswith("/tableinfo/"):
            return reply(info)
        body = json.loads(asked.body)
        codes = [v["code"] for v in body["variables"]]
        head = ";".join([*(c.upper() for c in codes), "INDHOLD"])
        lines = [
            ";".join([*cell, number(*cell)])
            for cell in product(*(v["values"] for v in body["variables"]))
        ]
        text = "\ufeff" + "\r\n".join([head, *lines]) + "\r\n"
        return reply(text, type="text/csv; charset=utf-8")

    return answer


def test_the_recorded_tables_are_read(recorded):
    area = statbank.read_csv(recorded("statbank_are207.csv").decode())
    assert area.columns.tolist() == ["area", "time", "value"]
    assert area.value.tolist() == [42955.6, 1072.2]
    people = statbank.read_csv(recorded("statbank_folk1a.csv").decode())
    assert people.columns.tolist() == ["area", "sex", "age", "marital_status", "time", "value"]
    assert people.value.tolist() == [5_932_654.0]


def test_municipality_columns_have_the_same_name_whatever_the_table_calls_them():
    for name in ("OMRÅDE", "KOMMUNEDK", "SOGN", "BOPKOM"):
        table = statbank.read_csv(f"{name};TID;INDHOLD\r\n101;2025;1\r\n")
        assert table.columns.tolist() == ["area", "time", "value"]


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("12", 12.0),
        ("1,5", 1.5),
        ("-3,25", -3.25),
        ("1.234,5", 1234.5),
        ("1234.5", 1234.5),
        ("-", 0),
    ],
)
def test_numbers_are_read_as_danes_write_them(told, value):
    assert statbank.read_csv(f"TID;INDHOLD\n2025;{told}\n").value[0] == value


@pytest.mark.parametrize("told", ["..", ".", "...", ""])
def test_what_the_bank_does_not_tell_is_not_a_number(told):
    assert math.isnan(statbank.read_csv(f"TID;INDHOLD\n2025;{told}\n").value[0])


def test_a_table_comes_with_codes_and_words(play, client, reply):
    play.say(bank(reply))
    loaded = statbank.table(
        "SOGN1", {"SOGN": ["7001"], "sex": EVERY, "Tid": ["2025"]}, client=client, base_url=play.url
    )
    assert loaded.data.area_text.tolist() == ["7001 Vor Frue (Byen Kommune)"] * 2
    assert loaded.data.sex_text.tolist() == ["Mænd", "Kvinder"]
    assert loaded.provenance.date == "2025-02-11"
    assert loaded.provenance.note == "Unit: Antal."
    body = json.loads(play.asked[-1].body)
    assert [v["code"] for v in body["variables"]] == ["SOGN", "KØN", "Tid"]
    assert (body["format"], body["delimiter"]) == ("CSV", "Semicolon")


def test_a_large_question_is_split_and_its_answers_joined(play, client, reply):
    play.say(bank(reply, lambda parish, sex, age, time: str(int(age) * 10 + int(sex))))
    choose = {"SOGN": EVERY, "KØN": EVERY, "ALDER": [str(n) for n in range(100)], "Tid": ["2025"]}
    whole = statbank.table("SOGN1", choose, client=client, base_url=play.url).data
    asked = len(play.asked)
    parts = statbank.table("SOGN1", choose, most_cells=90, client=client, base_url=play.url).data
    assert len(play.asked) - asked == 5
    by = ["area", "sex", "age"]
    assert parts.sort_values(by, ignore_index=True).equals(whole.sort_values(by, ignore_index=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=3), st.integers(1, 200))
def test_pieces_are_small_enough_and_together_the_whole(lengths, most):
    chosen = {f"v{i}": [str(n) for n in range(length)] for i, length in enumerate(lengths)}
    pieces = list(statbank._pieces(chosen, most))
    cells = [cell for piece in pieces for cell in product(*(piece[k] for k in chosen))]
    assert all(math.prod(len(v) for v in piece.values()) <= most for piece in pieces)
    assert sorted(cells) == sorted(product(*chosen.values()))


def test_people_are_counted_by_age_group(play, client, reply):
    play.say(bank(reply, lambda parish, age, time, *_: "1"))
    loaded = statbank.people_by_age(["7002", "7001"], client=client, base_url=play.url)
    table = loaded.data
    assert table.columns.tolist() == ["area", "name", *AGE_GROUPS]
    assert table.area.tolist() == ["7002", "7001"]
    assert table.name.tolist() == ["Helligånds (Byen Kommune)", "Vor Frue (Byen Kommune)"]
    assert table.loc[0, list(AGE_GROUPS)].tolist() == [36.0, 94.0, 30.0, 40.0]
    body = json.loads(play.asked[-1].body)
    chosen = {v["code"]: v["values"] for v in body["variables"]}
    assert chosen["Tid"] == ["2025"]
    assert "IALT" not in chosen["ALDER"]


def test_cells_kept_secret_do_not_become_zero_people_by_accident(play, client, reply):
    play.say(bank(reply, lambda *cell: ".." if "80" in cell else "1"))
    table = statbank.people_by_age(["7001"], client=client, base_url=play.url).data
    assert table.oldest[0] == 38.0


def test_a_value_or_variable_that_does_not_exist_is_said_before_asking(play, client, reply):
    play.say(bank(reply))
    with pytest.raises(BadValue, match="9999"):
        statbank.table("SOGN1", {"SOGN": ["9999"], "KØN": EVERY}, client=client, base_url=play.url)
    with pytest.raises(BadValue, match="SOGN, KØN, ALDER, Tid"):
        statbank.table("SOGN1", {"HAIR": EVERY}, client=client, base_url=play.url)
    with pytest.raises(BadValue, match="KØN"):
        statbank.table("SOGN1", {"SOGN": EVERY}, client=client, base_url=play.url)
    assert len(play.asked) == 1


def test_the_words_of_the_bank_reach_the_person(play, client, reply):
    told = {"errorTypeCode": "EXTRACT-NOTFOUND", "message": "Tabellen blev ikke fundet: NIX"}
    play.say(reply(told, status=400))
    with pytest.raises(SourceFailed, match=r"Tabellen blev ikke fundet: NIX \(EXTRACT-NOTFOUND\)"):
        statbank.table_info("NIX", client=client, base_url=play.url)
    assert len(play.asked) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SOGN;KØN;INDHOLD\r\n7001;1;5\r\n7001;2", "cut off"),
        ("SOGN;KØN;INDHOLD\r\n7001;1;5\r\n7001;2\r\n", "uneven"),
        ("<html>closed</html>", "web page"),
        ("SOGN;KØN\r\n7001;1\r\n", "without INDHOLD"),
        ("SOGN;KØN;INDHOLD\r\n" + "7001;1;5\r\n" * 9, "9 cells where 2"),
        ('{"errorTypeCode": "REQUEST-LIMIT", "message": "For mange"}', "For mange"),
    ],
)
def test_half_tables_and_other_answers_are_refused(play, client, reply, text, words):
    play.say(lambda asked: reply(INFO if "tableinfo" in asked.path else text, type="text/csv"))
    choose = {"SOGN": ["7001"], "KØN": EVERY}
    with pytest.raises(SourceFailed, match=words):
        statbank.table("SOGN1", choose, client=client, base_url=play.url)


def test_cells_that_did_not_come_are_counted_in_the_note(play, client, reply):
    text = "SOGN;KØN;INDHOLD\r\n7001;1;5\r\n"
    play.say(lambda asked: reply(INFO if "tableinfo" in asked.path else text, type="text/csv"))
    choose = {"SOGN": ["7001"], "KØN": EVERY}
    loaded = statbank.table("SOGN1", choose, client=client, base_url=play.url)
    assert "1 of 2 cells were given" in loaded.provenance.note

"""Registers come page by page, as of one moment, and land on the outlines of buildings."""

import json
import re
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from fjordby.catalogue import rows
from fjordby.city.sources import datafordeler
from fjordby.city.sources.datafordeler import Registers
from fjordby.city.sources.fetch import DAY, Client
from fjordby.errors import SourceFailed

BOX = (530_000.0, 6_170_000.0, 531_000.0, 6_171_000.0)


def house(number, **more):
    return {
        "id_lokalId": f"b{number:03d}",
        "byg021BygningensAnvendelse": "120",
        "byg054AntalEtager": 2,
        "byg024AntalLejlighederMedKoekken": 1,
        "byg025AntalLejlighederUdenKoekken": None,
        "byg026Opfoerelsesaar": 1931,
        "byg038SamletBygningsareal": 140,
        "byg039BygningensSamledeBoligAreal": 140,
        "byg040BygningensSamledeErhvervsAreal": None,
        "byg041BebyggetAreal": 70,
        "husnummer": f"h{number:03d}",
        "byg404Koordinat": {"wkt": f"POINT ({530_000 + 10 * number} 6170500)"},
        **more,
    }


def page(entity, nodes, cursor=None):
    info = {"hasNextPage": cursor is not None, "endCursor": cursor}
    return {"data": {entity: {"pageInfo": info, "nodes": nodes}}}


class Register:
    """A register of houses that answers as Datafordeler does, `size` rows to the page."""

    def __init__(self, reply, houses, floors=(), size=40):
        self.reply, self.houses, self.floors, self.size = reply, houses, floors, size
        self.moments = []

    def __call__(self, asked):
        query = json.loads(asked.body)["query"]
        self.moments.append(re.search(r'virkningstid: "([^"]*)"', query)[1])
        assert f'registreringstid: "{self.moments[-1]}"' in query
        entity = re.match(r"\{ (\w+)\(", query)[1]
        start = int((re.search(r'after: "(\d+)"', query) or [0, 0])[1])
        if entity == "BBR_Etage":
            keys = json.loads(re.search(r"bygning: \{ in: (\[.*?\])", query)[1])
            assert len(keys) <= 100
            return self.reply(page(entity, [f for f in self.floors if f["bygning"] in keys]))
        nodes = self.houses[start : start + self.size]
        more = str(start + self.size) if start + self.size < len(self.houses) else None
        return self.reply(page(entity, nodes, more))


def test_pages_are_followed_to_the_end(play, client, reply):
    houses = [house(n) for n in range(95)]
    floors = [
        {"id_lokalId": "f1", "bygning": "b003", "eta022Kaelderareal": 50},
        {"id_lokalId": "f2", "bygning": "b003", "eta022Kaelderareal": 12},
        {"id_lokalId": "f3", "bygning": "b004", "eta022Kaelderareal": None},
    ]
    play.say(Register(reply, houses, floors))
    loaded = datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url))
    table = loaded.data.set_index("id")
    assert len(table) == 95
    assert table.crs == "EPSG:25832"
    assert table.basement_area["b003"] == 62.0
    assert table.basement_area.sum() == 62.0
    first = table.loc["b000"]
    assert (first.use, first.use_code, first.floors, first.year) == ("home", 120, 2, 1931)
    assert (first.dwellings, first.floor_area, first.business_area) == (1, 140.0, 0.0)
    assert first.geometry.equals(Point(530_000, 6_170_500))
    assert len(play.asked) == 4
    assert loaded.provenance.source.startswith("BBR v3")


def test_the_question_keeps_the_rules_of_the_service(play, client, reply):
    play.say(Register(reply, [house(1)]))
    datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url))
    asked = play.asked[0]
    query = json.loads(asked.body)["query"]
    assert asked.path == "/BBR/v3"
    assert asked.query == {"apikey": "very secret/key+1"}
    assert query.count("BBR_Bygning") == 1
    assert "first: 1000" in query
    assert 'status: { eq: "6" }' in query
    assert (
        'byg404Koordinat: { intersects: { crs: 25832 wkt: "POLYGON((530000.00 6170000.00' in query
    )
    assert "byg404Koordinat { wkt }" in query
    assert not re.search(r"\w+: BBR_", query)


def test_another_version_is_only_an_argument(play, client, reply):
    play.say(Register(reply, [house(1)]))
    datafordeler.buildings(BOX, registers=Registers(bbr="v9", client=client, base_url=play.url))
    assert {asked.path for asked in play.asked} == {"/BBR/v9"}


def test_a_row_that_comes_twice_counts_once(play, client, reply):
    play.say(Register(reply, [house(1), house(1), house(2)], size=2))
    table = datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url)).data
    assert table.id.tolist() == ["b001", "b002"]


def test_all_pages_show_the_register_at_one_moment(play, tmp_path, reply, monkeypatch):
    monkeypatch.setenv("DATAFORDELER_APIKEY", "k")
    register = Register(reply, [house(n) for n in range(95)])
    today = datetime(2026, 1, 1, tzinfo=UTC)
    play.say(register, reply(status=503))
    with (
        Client(tmp_path, now=lambda: today, sleep=lambda _: None) as asker,
        pytest.raises(SourceFailed),
    ):
        datafordeler.buildings(BOX, registers=Registers(client=asker, base_url=play.url))
    play.say(register)
    later = today + timedelta(days=3)
    with Client(tmp_path, now=lambda: later, sleep=lambda _: None) as asker:
        loaded = datafordeler.buildings(BOX, registers=Registers(client=asker, base_url=play.url))
    assert register.moments[:3] == ["2026-01-01T00:00:00Z"] * 3
    assert loaded.provenance.date == "2026-01-01"
    assert len(loaded.data) == 95
    much_later = today + timedelta(days=60)
    with Client(tmp_path, now=lambda: much_later, sleep=lambda _: None) as asker:
        loaded = datafordeler.buildings(BOX, registers=Registers(client=asker, base_url=play.url))
    assert loaded.provenance.date == "2026-03-02"


def test_a_load_can_be_had_again_offline(play, client, reply, monkeypatch):
    play.say(Register(reply, [house(n) for n in range(95)]))
    how = Registers(client=client, base_url=play.url, max_age=0.0)
    first = datafordeler.buildings(BOX, registers=how).data
    asked = len(play.asked)
    monkeypatch.setenv("FJORDBY_OFFLINE", "1")
    monkeypatch.delenv("DATAFORDELER_APIKEY")
    assert datafordeler.buildings(BOX, registers=how).data.equals(first)
    assert len(play.asked) == asked


def test_an_error_in_a_good_answer_is_an_error_and_never_stored(play, client, reply, tmp_path):
    told = {
        "errors": [
            {
                "message": "The field `byg999` does not exist on the type `BBR_Bygning`.",
                "extensions": {"code": "HC0020"},
            }
        ],
        "data": None,
    }
    play.say(reply(told))
    with pytest.raises(SourceFailed, match=r"byg999.*HC0020.*has a new version"):
        datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url))
    assert len(play.asked) == 1
    assert not list((tmp_path / "cache").rglob("*.answer"))


def test_half_data_beside_an_error_is_not_used(play, client, reply):
    told = {**page("BBR_Bygning", [house(1)]), "errors": [{"message": "Time ran out"}]}
    play.say(reply(told))
    with pytest.raises(SourceFailed, match="Time ran out"):
        datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url))


def test_a_service_that_gives_the_same_page_forever_is_stopped(play, client, reply):
    play.say(reply(page("BBR_Bygning", [house(1)], "again")))
    with pytest.raises(SourceFailed, match="the same page again"):
        datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url))
    assert len(play.asked) == 2


@pytest.mark.parametrize(
    "told",
    [
        {"data": None},
        {"data": {"BBR_Bygning": {"nodes": []}}},
        {"data": {"BBR_Bygning": {"pageInfo": {"hasNextPage": False}}}},
        [],
    ],
)
def test_an_answer_of_another_shape_is_refused(play, client, reply, told):
    play.say(reply(told))
    with pytest.raises(SourceFailed, match="after 4 tries"):
        datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url))


def test_a_wrong_key_says_where_to_get_a_right_one(play, client, reply):
    play.say(reply({"message": "Unauthorized"}, status=401))
    with pytest.raises(SourceFailed, match=r"DATAFORDELER_APIKEY.*portal\.datafordeler\.dk") as bad:
        datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url))
    assert "secret" not in str(bad.value)


def test_an_empty_box_gives_an_empty_table_with_all_columns(play, client, reply):
    play.say(Register(reply, []))
    how = Registers(client=client, base_url=play.url)
    table = datafordeler.buildings(BOX, registers=how).data
    assert len(table) == 0
    assert {"use", "use_code", "dwellings", "basement_area", "address"} <= set(table.columns)
    assert len(play.asked) == 1
    play.say(reply(page("DAR_Adressepunkt", [])))
    assert len(datafordeler.addresses(BOX, registers=how).data) == 0


def test_codes_nobody_knows_and_houses_without_a_place_do_no_harm(play, client, reply):
    odd = house(1, byg021BygningensAnvendelse="777", byg054AntalEtager=None)
    lost = house(2, byg404Koordinat=None)
    play.say(Register(reply, [odd, lost]))
    table = datafordeler.buildings(BOX, registers=Registers(client=client, base_url=play.url)).data
    assert table.id.tolist() == ["b001"]
    assert (table.use[0], table.use_code[0], table.floors[0]) == ("other", 999, 1)


def test_addresses_are_points_with_the_name_people_write(play, client, reply):
    points = [
        {"id_lokalId": f"p{n}", "position": {"wkt": f"POINT({530_000 + n} 6170100)"}}
        for n in range(130)
    ]

    def answer(asked):
        query = json.loads(asked.body)["query"]
        assert asked.path == "/DAR/v3"
        if "DAR_Adressepunkt" in query:
            return reply(page("DAR_Adressepunkt", points))
        keys = json.loads(re.search(r"adgangspunkt: \{ in: (\[.*?\])", query)[1])
        nodes = [
            {
                "id_lokalId": f"h{key}",
                "adgangsadressebetegnelse": f"Strandvej {key[1:]}, 9999 Byen",
                "adgangspunkt": key,
            }
            for key in keys
        ]
        return reply(page("DAR_Husnummer", nodes))

    play.say(answer)
    table = datafordeler.addresses(BOX, registers=Registers(client=client, base_url=play.url)).data
    assert len(table) == 130
    row = table.set_index("id").loc["hp7"]
    assert row["name"] == "Strandvej 7, 9999 Byen"
    assert row.geometry.equals(Point(530_007, 6_170_100))
    assert len(play.asked) == 3


def test_the_register_lands_on_the_outlines():
    outlines = gpd.GeoDataFrame(
        {
            "id": ["a", "b", "c"],
            "use": "other",
            "use_code": 999,
            "floors": 1,
            "floor_height": 0.3,
            "basement_area": 0.0,
            "dwellings": 0,
            "district": "",
            "name": "",
        },
        geometry=[box(0, 0, 10, 10), box(20, 0, 30, 10), box(100, 0, 110, 10)],
        crs="EPSG:25832",
    )
    registered = gpd.GeoDataFrame(
        {
            "id": ["1", "2", "3", "4"],
            "use": ["home", "garage", "business", "home"],
            "use_code": [140, 910, 322, 120],
            "floors": [3, 1, 2, 1],
            "dwellings": [6, 0, 0, 1],
            "basement_area": [80.0, 0.0, 20.0, 0.0],
            "floor_area": [300.0, 20.0, 200.0, 100.0],
        },
        geometry=[Point(5, 5), Point(6, 6), Point(33, 5), Point(60, 5)],
        crs="EPSG:25832",
    )
    told = datafordeler.onto_outlines(outlines, registered).set_index("id")
    assert told.loc["a", ["use", "use_code", "floors"]].tolist() == ["home", 140, 3]
    assert (told.dwellings["a"], told.basement_area["a"]) == (6, 80.0)
    assert told.use["b"] == "business"
    assert told.use["c"] == "other"
    assert told.dwellings.sum() == 6
    assert (outlines.use == "other").all()


def test_what_could_not_be_checked_is_written_down():
    assert all(row["seen"] for row in rows("city/sources/data/datafordeler_fields.csv"))
    assert DAY == 86_400.0

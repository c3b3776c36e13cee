"""Sea and streams are told in metres, cubic metres a second and UTC, each moment once."""

import itertools
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fjordby.city.sources import dmi, times, vanda
from fjordby.errors import BadValue, SourceFailed
from fjordby.provenance import Kind

START, END = "2023-10-20T00:00:00Z", "2023-10-21T00:00:00Z"


def reading(minute, value, **more):
    at = datetime.fromisoformat(START) + timedelta(minutes=minute)
    told = {"observed": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "value": value, "stationId": "23259"}
    return {
        "type": "Feature",
        "id": f"id-{minute}",
        "geometry": {"type": "Point", "coordinates": [9.55, 55.70]},
        "properties": {"parameterId": "sealev_dvr", **told, **more},
    }


def collection(features, more=False, **other):
    links = [{"rel": "self", "href": "x"}] + [{"rel": "next", "href": "x"}] * more
    return {
        "type": "FeatureCollection",
        "features": features,
        "numberReturned": len(features),
        "links": links,
        **other,
    }


def pages(reply, readings):
    """A service that pages through readings by limit and offset, newest first."""

    def answer(asked):
        start, size = int(asked.query.get("offset", 0)), int(asked.query["limit"])
        some = readings[::-1][start : start + size]
        return reply(collection(some, more=start + size < len(readings)))

    return answer


def test_the_storm_comes_in_metres_and_in_order(play, client, reply):
    readings = [reading(10 * n, 100.0 + n) for n in range(25)]
    play.say(pages(reply, readings))
    loaded = dmi.observations("23259", START, END, client=client, base_url=play.url, page=10)
    table = loaded.data
    assert len(play.asked) == 3
    assert table.level.tolist() == pytest.approx([1.0 + n / 100 for n in range(25)])
    assert table.time.is_monotonic_increasing
    assert str(table.time.dt.tz) == "UTC"
    assert "DVR90" in loaded.provenance.note
    assert loaded.provenance.kind is Kind.MEASURED
    assert play.asked[0].path == "/v2/oceanObs/collections/observation/items"
    assert play.asked[0].query == {
        "stationId": "23259",
        "parameterId": "sealev_dvr",
        "datetime": f"{START}/{END}",
        "limit": "10",
    }
    assert [a.query.get("offset") for a in play.asked] == [None, "10", "20"]


def test_a_page_that_overlaps_the_last_one_does_no_harm(play, client, reply):
    readings = [reading(10 * n, float(n)) for n in range(5)]
    play.say(
        reply(collection(readings[:3], more=True)),
        reply(collection(readings[2:], more=True)),
        reply(collection([])),
    )
    table = dmi.observations("23259", START, END, client=client, base_url=play.url, page=3).data
    assert len(table) == 5


def test_a_service_that_gives_the_same_page_forever_is_stopped(play, client, reply):
    play.say(reply(collection([reading(0, 1.0)], more=True)))
    with pytest.raises(SourceFailed, match="the same page again"):
        dmi.observations("23259", START, END, client=client, base_url=play.url)


def test_fewer_items_than_the_service_counts_is_half_an_answer(play, client, reply):
    some = [reading(0, 1.0)]
    play.say(reply(collection(some, numberReturned=7)), reply(collection(some)))
    assert len(dmi.observations("23259", START, END, client=client, base_url=play.url).data) == 1
    assert len(play.asked) == 2
    play.say(reply(collection(some, numberReturned=7)))
    with pytest.raises(SourceFailed, match="1 of 7 items"):
        dmi.observations("1", START, END, client=client, base_url=play.url)


def test_a_silent_gauge_gives_an_empty_table_and_gaps_are_left_out(play, client, reply):
    play.say(reply(collection([])))
    empty = dmi.observations("23259", START, END, client=client, base_url=play.url).data
    assert empty.columns.tolist() == ["time", "level"]
    assert len(empty) == 0
    assert str(empty.time.dtype).endswith("UTC]")
    play.say(reply(collection([reading(0, None), reading(10, 5.0)])))
    assert dmi.observations(
        "2", START, END, client=client, base_url=play.url
    ).data.level.tolist() == [0.05]


def test_a_storm_long_past_is_kept_and_today_is_asked_again(play, client, reply):
    now = datetime.now(UTC)
    assert times.max_age(None, START, now, 600.0) > 300 * 86_400
    assert times.max_age(None, (now - timedelta(hours=1)).isoformat(), now, 600.0) == 600.0
    play.say(reply(collection([])))
    for _ in range(2):
        dmi.observations("23259", START, END, client=client, base_url=play.url)
    assert len(play.asked) == 1


def test_long_spans_are_asked_year_by_year(play, client, reply):
    play.say(reply(collection([])))
    dmi.observations(
        "23259", "2018-01-01T00:00Z", "2020-06-01T00:00Z", client=client, base_url=play.url
    )
    assert len(play.asked) == 3


def test_rain_is_metres_and_pressure_is_pascal(play, client, reply):
    play.say(reply(collection([reading(0, 12.0)])))
    rain = dmi.observations(
        "06104", START, END, "precip_past10min", client=client, base_url=play.url
    ).data
    assert rain.rain.tolist() == [0.012]
    assert play.asked[-1].path.startswith("/v2/metObs/")
    low = dmi.observations(
        "06104", START, END, "pressure_at_sea", client=client, base_url=play.url
    ).data
    assert low.pressure.tolist() == [1200.0]
    with pytest.raises(BadValue, match="sealev_dvr"):
        dmi.observations("06104", START, END, "moonshine", client=client, base_url=play.url)


def station(key, **more):
    about = {"stationId": key, "name": f"Havn {key}", "status": "Active", "validTo": None, **more}
    return {
        "id": f"{key}-{more}",
        "geometry": {"type": "Point", "coordinates": [9.55, 55.70]},
        "properties": {"parameterId": ["sealev_dvr", "tw"], **about},
    }


def test_only_stations_in_use_are_listed_and_each_once(play, client, reply):
    play.say(
        reply(
            collection(
                [
                    station("1"),
                    station("1", validTo="2019-01-15T13:34:48Z", name="Gammel"),
                    station("4", validTo="2019-01-15T13:34:48Z"),
                    station("2", status="Inactive"),
                    station("3"),
                ]
            )
        )
    )
    table = dmi.stations(client=client, base_url=play.url).data
    assert table.id.tolist() == ["1", "3"]
    assert table.name.tolist() == ["Havn 1", "Havn 3"]
    assert table.parameters[0] == "sealev_dvr tw"
    assert table.crs == "EPSG:25832"
    here = table.geometry[0]
    near = (here.x - 10, here.y - 10, here.x + 10, here.y + 10)
    assert len(dmi.stations(bounds=near, client=client, base_url=play.url).data) == 2
    far = (0.0, 0.0, 10.0, 10.0)
    assert len(dmi.stations(bounds=far, client=client, base_url=play.url).data) == 0
    with pytest.raises(BadValue, match="oceanObs or metObs"):
        dmi.stations("skyObs", client=client)


def test_tide_tables_are_derived_and_in_metres(play, client, reply):
    item = reading(0, -23.0, predictionTime=START, predictionType="10minutes")
    play.say(reply(collection([item])))
    loaded = dmi.tides("23259", START, END, client=client, base_url=play.url, page=500)
    assert play.asked[0].query["limit"] == "500"
    assert play.asked[0].query["predictionType"] == "10minutes"
    assert loaded.data.level.tolist() == [-0.23]
    assert loaded.provenance.kind is Kind.DERIVED
    with pytest.raises(BadValue, match="minimum_maximum"):
        dmi.tides("23259", START, END, "yearly", client=client)


HOURS = ["2023-10-20T12:00:00.000Z", "2023-10-20T13:00:00.000Z"]
GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {"properties": {"step": HOURS[1], "sea-mean-deviation": 1.4}},
        {"properties": {"step": HOURS[0], "sea-mean-deviation": 1.1}},
    ],
}
COVERAGE = {
    "type": "Coverage",
    "domain": {"axes": {"t": {"values": HOURS}, "x": {"values": [9.5]}, "y": {"values": [55.7]}}},
    "ranges": {
        "sea-mean-deviation": {
            "type": "NdArray",
            "axisNames": ["t", "y", "x"],
            "shape": [2, 1, 1],
            "values": [1.1, 1.4],
        }
    },
}


@pytest.mark.parametrize("told", [GEOJSON, COVERAGE], ids=["GeoJSON", "CoverageJSON"])
def test_the_forecast_is_the_same_in_both_shapes(play, client, reply, told):
    play.say(reply(told))
    loaded = dmi.forecast(534_600.0, 6_173_000.0, client=client, base_url=play.url)
    assert loaded.data.value.tolist() == [1.1, 1.4]
    assert loaded.data.time[0] == pd.Timestamp("2023-10-20T12:00Z")
    assert loaded.provenance.kind is Kind.DERIVED
    asked = play.asked[0]
    assert asked.path == "/v1/forecastedr/collections/dkss_idw/position"
    assert asked.query["coords"].startswith("POINT(9.55")
    assert asked.query["parameter-name"] == "sea-mean-deviation"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"type": "FeatureCollection", "features": []}, "without times"),
        ({**COVERAGE, "ranges": {}}, "sea-mean-deviation"),
        (
            {**COVERAGE, "ranges": {"sea-mean-deviation": {"values": [1.0]}}},
            "1 values for 2 times",
        ),
        (
            {**COVERAGE, "ranges": {"sea-mean-deviation": {"values": [None, None]}}},
            "in the model's waters",
        ),
        (
            {**COVERAGE, "ranges": {"sea-mean-deviation": {"values": [1, 2], "shape": [2, 2, 1]}}},
            "more than one point",
        ),
    ],
)
def test_a_forecast_that_is_not_whole_is_refused(play, client, reply, told, words):
    play.say(reply(told))
    with pytest.raises(SourceFailed, match=words):
        dmi.forecast(9.55, 55.7, crs="EPSG:4326", client=client, base_url=play.url)


def result(at, value, unit="l/s", **more):
    return {
        "measurementPointNumber": 1,
        "measurementDateTime": at,
        "result": value,
        "unit": unit,
        **more,
    }


def vanda_series(*results, key="61"):
    return [{"stationId": key, "operatorStationId": None, "results": list(results)}]


def test_flows_are_cubic_metres_and_may_run_backwards(play, client, reply):
    told = vanda_series(
        result("2023-10-20T18:10:00.00Z", -1403.8), result("2023-10-20T18:05:00.00Z", 614.6)
    )
    play.say(reply(told))
    table = vanda.flows("61", START, END, client=client, base_url=play.url).data
    assert table.flow.tolist() == pytest.approx([0.6146, -1.4038])
    assert table.time.is_monotonic_increasing
    assert play.asked[0].query == {
        "stationId": "61",
        "from": "2023-10-20T00:00Z",
        "to": "2023-10-21T00:00Z",
    }


def test_levels_are_metres_with_and_without_correction(play, client, reply):
    told = vanda_series(
        result("2023-10-20T18:10:00.00Z", 31.8, "cm", resultElevationCorrected=-58.2),
        result("2023-10-20T18:05:00.00Z", 0.317, "m"),
    )
    play.say(reply(told))
    table = vanda.levels("61", START, END, point=1, client=client, base_url=play.url).data
    assert table.level.tolist() == pytest.approx([0.317, 0.318])
    assert table.elevation[1] == pytest.approx(-0.582)
    assert table.elevation[0] == pytest.approx(0.317)
    assert play.asked[0].query["measurementPointNumber"] == "1"


def test_an_unknown_unit_is_never_guessed(play, client, reply):
    play.say(reply(vanda_series(result("2023-10-20T18:05:00Z", 1.0, "gallons"))))
    with pytest.raises(SourceFailed, match=r"l/s, m3/s.*gallons"):
        vanda.flows("61", START, END, client=client, base_url=play.url)


def test_the_ends_of_pieces_come_twice_and_count_once(play, client, reply):
    def answer(asked):
        return reply(vanda_series(result(asked.query["to"], 2.0), result(asked.query["from"], 1.0)))

    play.say(answer)
    table = vanda.flows(
        "61", "2023-01-01T00:00Z", "2023-12-31T00:00Z", client=client, base_url=play.url
    ).data
    assert len(play.asked) == 5
    assert len(table) == 6
    assert table.time.is_unique


def test_a_gauge_without_readings_gives_an_empty_table(play, client, reply):
    for told in ([], vanda_series(), vanda_series(result(START, 1.0), key="other")):
        play.say(reply(told))
        table = vanda.flows("61", START, END, max_age=-1, client=client, base_url=play.url).data
        assert table.columns.tolist() == ["time", "point", "flow"]
        assert len(table) == 0
    play.say(reply([]))
    assert len(vanda.levels("61", START, END, client=client, base_url=play.url).data) == 0
    play.say(reply({"error": "x"}))
    with pytest.raises(SourceFailed, match="no list"):
        vanda.flows("62", START, END, client=client, base_url=play.url)


def gauge(key, x, y, srid="25832", **more):
    place = {"x": x, "y": y, "srid": srid}
    points = [{"number": 1}, {"number": 2}]
    return {
        "stationId": key,
        "name": f"Å {key}",
        "operatorName": "Byen",
        "description": "Opland = 27,01 km2",
        "location": place,
        "measurementPoints": points,
        **more,
    }


def test_gauges_stand_where_they_are_with_their_catchment(play, client, reply):
    told = [
        gauge("2", 679_796.3, 6_091_352.7),
        gauge("1", 9.5, 55.7, srid="4326", description=None),
        gauge("3", None, None),
        gauge("2", 679_796.3, 6_091_352.7),
    ]
    play.say(reply(told))
    loaded = vanda.stations(client=client, base_url=play.url)
    table = loaded.data.set_index("id")
    assert table.index.tolist() == ["1", "2"]
    assert table.catchment["2"] == 27_010_000.0
    assert pd.isna(table.catchment["1"])
    assert table.points["2"] == "1 2"
    assert table.geometry["2"].x == pytest.approx(679_796.3)
    assert 500_000 < table.geometry["1"].x < 560_000
    assert "1 stations without a place" in loaded.provenance.note
    box = (679_000.0, 6_091_000.0, 680_000.0, 6_092_000.0)
    some = vanda.stations(box, client=client, base_url=play.url).data
    assert some.id.tolist() == ["2"]
    play.say(reply([]))
    assert len(vanda.stations(max_age=-1, client=client, base_url=play.url).data) == 0


def test_a_time_without_a_zone_is_refused(client):
    for told in ("2023-10-20T12:00", "yesterday", datetime(2023, 10, 20)):
        with pytest.raises(BadValue, match="zone"):
            vanda.flows("61", told, END, client=client)
    with pytest.raises(BadValue, match="start before the end"):
        dmi.observations("1", END, START, client=client)


def test_danish_summer_time_is_two_hours_ahead():
    assert times.moment("2023-07-01T12:00+02:00") == times.moment("2023-07-01T10:00Z")


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 800), st.integers(1, 500))
def test_pieces_of_a_span_meet_and_fill_it(hours, longest):
    first = datetime.fromisoformat(START)
    last = first + timedelta(hours=hours)
    pieces = list(times.spans(first, last, timedelta(hours=longest)))
    assert times.moment(pieces[0][0]) == first
    assert times.moment(pieces[-1][1]) == last
    assert all(a[1] == b[0] for a, b in itertools.pairwise(pieces))
    assert len(pieces) == -(-hours // longest)

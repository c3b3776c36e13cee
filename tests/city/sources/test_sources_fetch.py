"""One client asks all services: politely, patiently, and without ever showing a key."""

import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fjordby import storage
from fjordby.city.sources import answers
from fjordby.city.sources.fetch import DAY, Client, Key, Question
from fjordby.city.sources.transport import Secret
from fjordby.errors import BadValue, SourceFailed, StorageFailed

KEY = Key("token", "DATAFORSYNINGEN_TOKEN", "Get one at the desk.")
TOKEN = "very-secret-token"


def question(play, **more):
    return Question("The weather frog", f"{play.url}/croak", **more)


def test_an_answer_is_asked_for_once_and_then_read_from_the_disk(play, client, reply):
    play.say(reply({"rain": 1}))
    first = client.ask(question(play))
    second = client.ask(question(play))
    assert first.json == second.json == {"rain": 1}
    assert (first.from_cache, second.from_cache) == (False, True)
    assert len(play.asked) == 1
    assert play.asked[0].headers["User-Agent"].startswith("fjordby/")


def test_questions_that_differ_get_answers_of_their_own(play, client, reply):
    play.say(lambda asked: reply({"path": asked.path, "q": asked.query, "body": asked.body}))
    told = [
        client.ask(question(play, params={"a": "1"})).json,
        client.ask(question(play, params={"a": "2"})).json,
        client.ask(question(play, body="x")).json,
        client.ask(question(play, body="y")).json,
    ]
    assert len({json.dumps(t) for t in told}) == 4


def test_an_answer_too_old_is_asked_for_again(play, tmp_path, reply):
    play.say(reply([1]), reply([2]))
    today = datetime(2026, 1, 1, tzinfo=UTC)
    with Client(tmp_path, now=lambda: today) as asker:
        asker.ask(question(play, max_age=2 * DAY))
    with Client(tmp_path, now=lambda: today + timedelta(days=1), sleep=lambda _: None) as asker:
        assert asker.ask(question(play, max_age=2 * DAY)).json == [1]
    with Client(tmp_path, now=lambda: today + timedelta(days=3), sleep=lambda _: None) as asker:
        assert asker.ask(question(play, max_age=2 * DAY)).json == [2]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_service_that_stumbles_twice_is_asked_a_third_time(play, client, sleeps, reply, status):
    play.say(reply(status=status), reply(status=status), reply({"ok": True}))
    assert client.ask(question(play, spacing=0.0)).json == {"ok": True}
    assert len(play.asked) == 3
    assert 0.5 <= sleeps[0] <= 1.0
    assert 1.0 <= sleeps[1] <= 2.0


def test_a_service_that_says_when_to_come_back_is_obeyed(play, client, sleeps, reply):
    play.say(reply(status=429, headers={"Retry-After": "17"}), reply([]))
    client.ask(question(play, spacing=0.0))
    assert sleeps == [17.0]


def test_a_date_to_come_back_is_understood(play, tmp_path, sleeps, reply):
    play.say(reply(status=503, headers={"Retry-After": "Thu, 01 Jan 2026 00:00:40 GMT"}), reply([]))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with Client(tmp_path, now=lambda: now, sleep=sleeps.append) as asker:
        asker.ask(question(play, spacing=0.0))
    assert sleeps == [40.0]


def test_a_pause_of_an_hour_is_not_waited_for(play, client, sleeps, reply):
    play.say(reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(SourceFailed, match="429"):
        client.ask(question(play, spacing=0.0))
    assert len(play.asked) == 1
    assert sleeps == []


def test_a_service_that_stays_ill_is_left_alone_after_four_tries(play, client, reply):
    play.say(reply({"message": "the pond is dry"}, status=503))
    with pytest.raises(SourceFailed, match=r"status 503.*the pond is dry after 4 tries") as failed:
        client.ask(question(play))
    assert "weather frog" in failed.value.expected
    assert "later" in failed.value.do
    assert len(play.asked) == 4


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_wrong_question_is_asked_only_once(play, client, reply, status):
    play.say(reply({"detail": "no such frog"}, status=status))
    with pytest.raises(SourceFailed, match=f"status {status}.*no such frog"):
        client.ask(question(play))
    assert len(play.asked) == 1


def test_a_slow_service_is_not_waited_for_forever(play, client, reply):
    play.say(reply([], delay=0.5), reply([1]))
    assert client.ask(question(play, timeout=0.1)).json == [1]
    play.say(reply([], delay=0.3))
    with pytest.raises(SourceFailed, match="no whole answer within"):
        client.ask(question(play, timeout=0.05, params={"n": "2"}))


def test_an_answer_that_drips_is_given_up(play, tmp_path, reply):
    play.say(reply([0] * 100_000, type="application/json"))
    with (
        Client(tmp_path, tries=1, patience=-1.0) as asker,
        pytest.raises(SourceFailed, match="no whole answer"),
    ):
        asker.ask(question(play))


def test_half_an_answer_is_never_used_or_stored(play, client, reply):
    whole = {"values": list(range(1000))}
    play.say(reply(whole, cut=500), reply(whole, cut=1000), reply(whole))
    assert client.ask(question(play)).json == whole
    assert len(play.asked) == 3
    play.say(reply(whole, cut=500))
    with pytest.raises(SourceFailed, match="half an answer"):
        client.ask(question(play, params={"n": "2"}))
    play.say(reply(whole))
    assert client.ask(question(play, params={"n": "2"})).from_cache is False


def test_json_that_ends_too_soon_is_seen_even_when_its_length_fits(play, client, reply):
    play.say(reply('{"values": [1, 2, '), reply({"values": []}))
    assert client.ask(question(play)).json == {"values": []}
    assert len(play.asked) == 2


def test_a_web_page_is_no_answer_whatever_its_label_says(play, client, reply):
    page = "<!DOCTYPE html><html><head><title>x</title></head><body>Closed for repair</body></html>"
    play.say(reply(page, type="application/json"))
    with pytest.raises(SourceFailed, match="web page or XML instead of JSON: Closed for repair"):
        client.ask(question(play))


def test_a_wrong_label_on_a_good_answer_does_no_harm(play, client, reply):
    play.say(reply([1], type="text/html"))
    assert client.ask(question(play)).json == [1]


def test_an_empty_answer_is_asked_for_again(play, client, reply):
    play.say(reply(b""), reply([]))
    assert client.ask(question(play)).json == []


def test_a_move_within_the_house_is_followed_and_a_move_out_of_it_is_not(play, client, reply):
    play.say(reply(status=307, headers={"Location": "/there?token=echo"}), reply([1]))
    assert client.ask(question(play, params={"a": "1"}, key=KEY)).json == [1]
    assert play.asked[1].path == "/there"
    assert play.asked[1].query == {"a": "1", "token": TOKEN}
    play.say(reply(status=302, headers={"Location": "http://elsewhere.invalid/"}))
    with pytest.raises(SourceFailed, match=r"a move to elsewhere\.invalid"):
        client.ask(question(play, params={"a": "2"}, key=KEY))


def test_the_key_travels_on_the_wire_and_nowhere_else(play, client, reply, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    echo = f'{{"error": "token {TOKEN} may not do this"}}'
    play.say(reply(echo, status=400))
    with pytest.raises(SourceFailed) as failed:
        client.ask(question(play, key=KEY))
    assert play.asked[0].query == {"token": TOKEN}
    assert "may not do this" in str(failed.value)
    play.say(reply([1]))
    answer = client.ask(question(play, key=KEY))
    stored = [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]
    assert len(stored) == 1
    seen = [str(failed.value), answer.url, repr(KEY.secret("x")), caplog.text]
    seen += [str(p) for p in stored] + [p.read_bytes().decode() for p in stored]
    assert caplog.text
    assert not any(TOKEN in text for text in seen)


def test_a_key_is_blotted_out_also_as_it_stands_in_an_address():
    secret = Secret("k", "a b/c+d")
    text = "failed: https://x/?k=" + str(httpx.QueryParams({"k": "a b/c+d"}))[2:] + " or a b/c+d"
    assert secret.hide(text) == "failed: https://x/?k=… or …"


def test_the_stored_answer_does_not_depend_on_whose_key_it_was(play, client, reply, monkeypatch):
    play.say(reply([1]))
    client.ask(question(play, key=KEY))
    monkeypatch.setenv("DATAFORSYNINGEN_TOKEN", "another")
    assert client.ask(question(play, key=KEY)).from_cache


def test_a_missing_key_is_said_before_anything_is_asked(play, client, monkeypatch):
    monkeypatch.delenv("DATAFORSYNINGEN_TOKEN")
    with pytest.raises(SourceFailed, match=r"DATAFORSYNINGEN_TOKEN.*Get one at the desk"):
        client.ask(question(play, key=KEY))
    assert play.asked == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_said_and_not_tried_again(play, client, reply, status):
    play.say(reply({"message": "Invalid token"}, status=status))
    with pytest.raises(SourceFailed, match=r"Invalid token.*Check the key in DATAFORSYN"):
        client.ask(question(play, key=KEY))
    assert len(play.asked) == 1


def test_offline_uses_the_disk_however_old_and_never_the_net(play, client, reply, monkeypatch):
    play.say(reply([1]))
    client.ask(question(play, max_age=0.0))
    monkeypatch.setenv("FJORDBY_OFFLINE", "1")
    assert client.ask(question(play, max_age=0.0)).json == [1]
    with pytest.raises(SourceFailed, match="FJORDBY_OFFLINE forbids"):
        client.ask(question(play, params={"new": "1"}))
    assert len(play.asked) == 1


def test_when_a_service_is_down_the_old_answer_is_pointed_to(play, client, reply):
    play.say(reply([1]))
    client.ask(question(play, max_age=-1.0))
    play.say(reply(status=503))
    with pytest.raises(SourceFailed, match="is stored; FJORDBY_OFFLINE=1 uses it"):
        client.ask(question(play, max_age=-1.0))


def test_a_damaged_file_in_the_store_counts_as_none(play, client, reply, tmp_path):
    play.say(reply({"rain": [1, 2, 3]}))
    client.ask(question(play))
    (path,) = (tmp_path / "cache").rglob("*.answer")
    for damaged in (path.read_bytes()[:-3], b"", b"fjordby answer 1\nno json\nbody"):
        path.write_bytes(damaged)
        assert client.ask(question(play)).from_cache is False


def test_a_full_disk_is_said_and_leaves_nothing_behind(play, client, reply, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    play.say(reply([1]))
    with pytest.raises(StorageFailed, match=r"No space left on device.*FJORDBY_CACHE"):
        client.ask(question(play))
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]


def test_the_store_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("FJORDBY_CACHE", str(tmp_path / "here"))
    assert answers.folder() == tmp_path / "here"
    monkeypatch.delenv("FJORDBY_CACHE")
    assert answers.folder().name == "sources"


def test_the_service_may_know_whom_to_write_to(play, tmp_path, reply, monkeypatch):
    monkeypatch.setenv("FJORDBY_CONTACT", "søren@by.example\nX-Bad: 1")
    play.say(reply([]))
    with Client(tmp_path) as asker:
        asker.ask(question(play))
    assert play.asked[0].headers["User-Agent"].endswith("(s?ren@by.exampleX-Bad: 1)")
    assert "X-Bad" not in play.asked[0].headers


def test_questions_to_one_host_wait_their_turn(play, client, sleeps, reply):
    play.say(reply([]))
    for n in range(3):
        client.ask(question(play, params={"n": str(n)}, spacing=5.0))
    assert len(sleeps) == 2
    assert 4.0 < sleeps[0] <= 5.0
    assert 9.0 < sleeps[1] <= 10.0


def test_many_threads_may_share_a_client(play, client, reply):
    play.say(lambda asked: reply([int(asked.query["n"])]))
    told = []

    def ask(n):
        told.append(client.ask(question(play, params={"n": str(n)}, spacing=0.0)).json[0])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == list(range(12))


def test_nobody_at_home_is_said_plainly(client):
    with pytest.raises(SourceFailed, match=r"no connection.*after 4 tries"):
        client.ask(Question("Nobody", "http://127.0.0.1:1/"))


def test_an_address_that_is_none_is_said(client):
    with pytest.raises(BadValue, match="https://"):
        client.ask(Question("Nobody", "ftp://127.0.0.1/"))

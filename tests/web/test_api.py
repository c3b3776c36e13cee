"""The server answers questions about one study, plainly, safely and to this machine alone."""

import gzip
import json

import httpx
import pytest

from fjordby.errors import BadFile, BadValue
from fjordby.study.pack import read_pack
from fjordby.web.app import create_app
from fjordby.web.headers import CONTENT_POLICY, host_name
from fjordby.web.listen import free_port, serve


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>fjordby</title>")
    (folder / "assets" / "index-abc123.js").write_text("export const water = 1;" * 100)
    return folder


@pytest.fixture(scope="module")
def client(study, static, serve_app):
    with serve_app(create_app(study, static=static)) as address, httpx.Client() as client:
        client.base_url = address
        yield client


def is_plain_error(answer):
    said = answer.json()
    return set(said) == {"expected", "got", "do"} and all(said.values())


@pytest.mark.parametrize("name", ["city", "levels", "events", "risk", "layers", "storms", "moving"])
def test_each_result_is_sent_as_the_study_wrote_it(client, study, name):
    answer = client.get(f"/api/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads((study / "page" / f"{name}.json").read_text())


def test_lines_come_as_geojson_in_degrees(client):
    said = client.get("/api/layers/roads.geojson").json()
    assert said["type"] == "FeatureCollection"
    first = said["features"][1]
    assert first["properties"] == {"n": "Bakkevej", "c": 3}
    lon, lat = first["geometry"]["coordinates"][0]
    assert -180 <= lon <= 180
    assert -90 <= lat <= 90


def test_packs_hold_the_ground_and_the_buildings(client, tmp_path):
    for name, array in (("ground", "terrain"), ("buildings", "x")):
        answer = client.get(f"/api/{name}.pack", headers={"accept-encoding": "identity"})
        assert answer.status_code == 200
        place = tmp_path / name
        place.write_bytes(gzip.compress(answer.content))
        assert array in read_pack(place)[0]


def test_the_depth_of_an_event_is_a_picture(client):
    answer = client.get("/api/events/cloudburst/depth.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content[:4] == b"\x89PNG"


def test_a_storm_comes_as_its_course_and_its_maps(client, study, tmp_path):
    said = client.get("/api/storms/bodil").json()
    assert said == json.loads((study / "page" / "storms" / "bodil.json").read_text())
    answer = client.get("/api/storms/bodil/maps.pack")
    place = tmp_path / "maps"
    place.write_bytes(gzip.compress(answer.content))
    arrays, about = read_pack(place)
    assert about["seconds"] == said["frames"]
    assert arrays["change"].shape == (len(said["frames"]), arrays["cells"].size)


def test_a_building_says_why_it_is_wet_and_what_it_costs(client):
    """Building b2 stands on 1.3 m with its floor 0.3 m above; the sea stands at 2.0 m."""
    said = client.get("/api/buildings/b2?level=2.0").json()
    ground = said["ground"]
    assert said["depth"] == pytest.approx(2.0 - ground, abs=0.006)
    assert said["above_floor"] == pytest.approx(2.0 - ground - 0.3, abs=0.011)
    assert said["connection"] <= 2.0
    assert set(said["damage"]) == {"danish", "jrc"}
    assert said["damage"]["jrc"] == pytest.approx(3e5 * (2.0 - ground), rel=0.02)
    assert "over gulvet" in " ".join(said["words"]["da"])
    assert "above the floor" in " ".join(said["words"]["en"])


def test_a_building_behind_the_water_is_dry_and_costs_nothing(client):
    said = client.get("/api/buildings/b13?level=1.0").json()
    assert said["depth"] == 0
    assert said["above_floor"] is None
    assert said["damage"] == {"danish": 0, "jrc": 0}
    assert "tørt" in said["words"]["da"][-1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/nothing", 404),
        ("/api/layers/secrets.geojson", 404),
        ("/api/streams.pack", 404),
        ("/api/events/never-happened/depth.png", 404),
        ("/api/storms/never-happened", 404),
        ("/api/storms/ingolf/maps.pack", 404),
        ("/api/buildings/b999?level=1", 404),
        ("/api/buildings/b1?level=high", 422),
        ("/api/buildings/b1?level=nan", 422),
        ("/api/buildings/b1?level=1e9", 422),
        ("/api/a/b/c/d", 404),
        ("/nothing.txt", 404),
    ],
)
def test_what_is_not_there_is_said_plainly(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert is_plain_error(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fstudy.toml",
        "/assets/..%2f..%2f..%2fstudy.toml",
        "/assets/%2e%2e/%2e%2e/study.toml",
        "/api/layers/..%2f..%2fstudy.toml",
        "/api/events/..%2f..%2f..%2fstudy/depth.png",
        "/api/events/..%5c..%5cstudy/depth.png",
        "/api/storms/..%2f..%2f..%2fstudy",
        "/api/storms/..%2f..%2fstudy/maps.pack",
        "/assets//etc/passwd",
        "/%00",
        "/study.toml",
        "/api/study",
    ],
)
def test_no_file_outside_the_page_is_ever_sent(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text
    assert "root:" not in answer.text


def test_a_path_that_climbs_out_leads_nowhere(client, static):
    secret = static.parent / "secret.txt"
    secret.write_text("secret")
    for path in ("/assets/..%2f..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"):
        assert client.get(path).status_code == 404
    secret.unlink()


def test_a_link_out_of_the_study_leads_nowhere(client, static, tmp_path):
    outside = tmp_path / "outside.js"
    outside.write_text("secret")
    (static / "assets" / "link.js").symlink_to(outside)
    answer = client.get("/assets/link.js")
    (static / "assets" / "link.js").unlink()
    assert answer.status_code == 404


def test_only_questions_are_taken(client):
    for ask in (client.post, client.put, client.delete):
        answer = ask("/api/city")
        assert answer.status_code == 405
        assert is_plain_error(answer)


def test_a_head_is_told_what_a_get_would_say_without_its_body(client):
    asked, told = client.get("/api/city"), client.head("/api/city")
    assert told.status_code == 200
    assert told.content == b""
    assert told.headers["etag"] == asked.headers["etag"]


def test_a_foreign_name_for_this_machine_is_refused(client):
    answer = client.get("/api/city", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert is_plain_error(answer)
    for host in ("localhost:8600", "127.0.0.1", "[::1]:8600"):
        assert client.get("/api/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/city", "/api/nothing", "/assets/index-abc123.js"])
def test_every_answer_carries_the_safety_headers(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "unsafe" not in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]


def test_what_the_browser_has_is_not_sent_again(client):
    first = client.get("/api/levels")
    again = client.get("/api/levels", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    other = client.get("/api/levels", headers={"if-none-match": '"old"'})
    assert other.status_code == 200


def test_a_study_computed_again_is_sent_anew(study, static, tmp_path, serve_app):
    copy = tmp_path / "study"
    (copy / "page").mkdir(parents=True)
    for name in ("layers.json", "city.json"):
        (copy / "page" / name).write_bytes((study / "page" / name).read_bytes())
    with serve_app(create_app(copy, static=static)) as address:
        first = httpx.get(f"{address}/api/city")
        said = first.json() | {"cell": 2.5}
        (copy / "page" / "city.json").write_text(json.dumps(said))
        had = {"if-none-match": first.headers["etag"]}
        second = httpx.get(f"{address}/api/city", headers=had)
    assert second.status_code == 200
    assert second.json()["cell"] == 2.5


def test_large_answers_are_compressed_for_those_who_can_read_that(client):
    small = client.get("/api/levels", headers={"accept-encoding": "gzip, br"})
    plain = client.get("/api/levels", headers={"accept-encoding": "gzip;q=0"})
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert small.json() == plain.json()


def test_hashed_files_are_kept_for_good_and_the_page_is_asked_for_each_time(client):
    asset = client.get("/assets/index-abc123.js")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith("text/javascript")
    assert client.get("/").headers["cache-control"] == "no-cache"


def test_a_page_that_is_not_built_says_how_to_build_it(study, tmp_path, serve_app):
    with serve_app(create_app(study, static=tmp_path)) as address:
        answer = httpx.get(address)
    assert answer.status_code == 503
    assert "tools/build-page" in answer.text


def test_a_folder_that_is_no_study_is_refused(tmp_path):
    with pytest.raises(BadFile, match="fjordby demo"):
        create_app(tmp_path)
    with pytest.raises(BadFile, match="no such folder"):
        create_app(tmp_path / "nowhere")


def test_the_network_must_be_asked_for_on_purpose(study):
    with pytest.raises(BadValue, match="others can reach"):
        serve(study, host="0.0.0.0")


def test_a_taken_port_is_said():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadValue, match="taken"):
            free_port("127.0.0.1", port)
    assert free_port("127.0.0.1", port) == port


def test_the_name_in_a_host_header_is_read_without_its_port():
    assert host_name("LOCALHOST:80") == "localhost"
    assert host_name("[::1]:80") == "::1"
    assert host_name("") == ""

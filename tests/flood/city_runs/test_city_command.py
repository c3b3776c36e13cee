"""`fjordby flood run EVENT --engine dynamic`: told in words, in JSON, and written as maps."""

import json
import os
import signal

import pytest
import rasterio

from fjordby.cli import app, hourly
from fjordby.cli.show import teach
from fjordby.errors import StorageFailed
from fjordby.flood.dynamic import store
from fjordby.flood.dynamic.engine import Engine
from fjordby.flood.dynamic.store import read

STORM = ("flood", "run", "1872", "--city", "tuno", "--engine", "dynamic", "--hours", "0.1")


@pytest.fixture(scope="module")
def storm_of_the_island():
    from fjordby import city, shock

    return shock.events(city.load("tuno"))[-1].id


@pytest.fixture
def ask(capsys, storm_of_the_island, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def asked(*more, lang="en"):
        words = [storm_of_the_island if w == "1872" else w for w in (*STORM, *more)]
        code = 0

        def command():
            nonlocal code
            try:
                app([*words, "--lang", lang], standalone_mode=True)
            except SystemExit as ended:
                code = int(ended.code or 0)
                if code == 130:
                    raise

        trouble = teach(command)
        said = capsys.readouterr()
        return trouble or code, said.out, said.err

    return asked


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("km2 of land under", "m³", "computation")), ("da", ("km2 land under", "regnefejl"))],
)
def test_a_run_ends_with_what_it_came_to_and_its_water_balance(ask, lang, words):
    code, out, err = ask("--cell", "20", lang=lang)
    assert code == 0, err
    for word in words:
        assert word in out


def test_a_run_as_json_balances(ask):
    code, out, err = ask("--cell", "20", "--json")
    assert code == 0, err
    said = json.loads(out)
    assert (said["engine"], said["cell_m"], said["hours"]) == ("dynamic", 20.0, 0.1)
    assert abs(said["balance_m3"]["error"]) < 1.0
    assert said["steps"] > 0


def test_a_run_is_written_as_maps_or_whole(ask, tmp_path):
    code, out, err = ask("--cell", "20", "--out", str(tmp_path / "maps.tif"))
    assert code == 0, err
    assert "Written" in out
    with rasterio.open(tmp_path / "maps.tif") as maps:
        assert maps.count >= 4
    code, _, err = ask("--cell", "20", "--out", str(tmp_path / "all.nc"))
    assert code == 0, err
    assert read(tmp_path / "all.nc").grid.cell == 20.0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--cell", "15"), "multiple"),
        (("--cell", "nan"), "multiple"),
        (("--out", "depth.png"), "a file ending in .tif, .nc, .zarr"),
        (("--buildings", "glass"), "ground, blocks, raised"),
        (("--gates", "ajar"), "rule, open, shut"),
    ],
)
def test_what_cannot_be_is_told_before_the_water_runs(ask, more, said):
    code, _, err = ask(*more)
    assert code == 1
    assert said in err.replace("\n", " ")


@pytest.mark.parametrize("cells", [("--cell", "20"), ("--cell", "20", "--subgrid", "2")])
def test_ctrl_c_puts_a_run_aside_and_the_same_command_goes_on(ask, monkeypatch, tmp_path, cells):
    """Stopped in the middle, gone on with: the water balance is that of a run left alone."""
    real, count = Engine.advance, [0]

    def pressed(self, *rest):
        count[0] += 1
        if count[0] == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return real(self, *rest)

    whole = json.loads(ask(*cells, "--json")[1])
    for place in ((), ("--checkpoint", str(tmp_path / "storm.checkpoint"))):
        count[0] = 0
        monkeypatch.setattr(Engine, "advance", pressed)
        code, _, err = ask(*cells, "--json", *place)
        assert code == 130
        assert "run the same command to go on" in err
        assert len([*tmp_path.rglob("*.checkpoint")]) == 1
        monkeypatch.setattr(Engine, "advance", real)
        code, out, err = ask(*cells, "--json", *place)
        assert code == 0, err
        assert json.loads(out)["balance_m3"] == whole["balance_m3"]
        assert not [*tmp_path.rglob("*.checkpoint*")]


def test_a_checkpoint_of_other_cells_is_refused(ask, monkeypatch, tmp_path):
    monkeypatch.setattr(hourly, "OFTEN", 0.0)
    aside = ("--checkpoint", str(tmp_path / "storm.checkpoint"))
    with monkeypatch.context() as killed:
        killed.setattr(hourly, "_clear", lambda path: None)
        assert ask("--cell", "20", "--subgrid", "2", *aside)[0] == 0
    code, _, err = ask("--cell", "20", "--subgrid", "3", *aside)
    assert code == 1
    assert "one of other ground, water, structures or settings" in err.replace("\n", " ")


def test_a_run_that_cannot_be_written_is_not_thrown_away(ask, monkeypatch, tmp_path):
    """A full disk at the end: what was put aside stays, and another place to write goes on."""

    def full(made, path):
        raise StorageFailed(f"a place to write {path}", "No space left on device", "Free some.")

    monkeypatch.setattr(hourly, "OFTEN", 0.0)
    aside = tmp_path / "storm.checkpoint"
    with monkeypatch.context() as disk:
        disk.setattr(store, "write", full)
        code, _, err = ask("--cell", "20", "--checkpoint", str(aside), "--out", "storm.nc")
    assert code == 1
    assert "No space left" in err
    assert aside.exists()
    code, _, err = ask("--cell", "20", "--checkpoint", str(aside), "--out", str(tmp_path / "b.nc"))
    assert code == 0, err
    assert (tmp_path / "b.nc").exists()
    assert not aside.exists()

"""Compiled kernels of one state of the code are never used by another."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fjordby import compiled


@pytest.fixture
def package(tmp_path):
    for room in ("one", "two"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "kernels.py").write_text(f"# {room}\n")
    return tmp_path


@pytest.fixture(autouse=True)
def nobody_said_where(monkeypatch):
    numba = sys.modules.get("numba")
    if numba is not None:
        monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    monkeypatch.setenv(compiled.VARIABLE, "")
    monkeypatch.delenv(compiled.VARIABLE)


def test_a_change_in_any_kernel_gives_another_folder(package):
    before = compiled.folder_for(package)
    assert compiled.folder_for(package) == before
    (package / "two" / "kernels.py").write_text("# two, mended\n")
    assert compiled.folder_for(package) != before


def test_what_somebody_chose_stands(package, monkeypatch):
    monkeypatch.setenv(compiled.VARIABLE, "/elsewhere")
    assert compiled.keep_apart(package) is None
    assert os.environ[compiled.VARIABLE] == "/elsewhere"


def test_a_folder_handed_on_by_an_older_program_is_not_used(package, monkeypatch):
    older = package / "__pycache__" / "kernels-0123456789abcdef"
    monkeypatch.setenv(compiled.VARIABLE, str(older))
    assert compiled.keep_apart(package) == compiled.folder_for(package)
    assert os.environ[compiled.VARIABLE] == str(compiled.folder_for(package))


def test_old_folders_go_after_a_day_and_young_ones_stay(package):
    old, young = (package / "__pycache__" / f"kernels-{name}" for name in ("old", "young"))
    for one in (old, young):
        one.mkdir(parents=True)
    os.utime(old, (0, time.time() - 2 * compiled.STALE))
    folder = compiled.keep_apart(package)
    assert folder is not None
    assert folder.is_dir()
    assert os.environ[compiled.VARIABLE] == str(folder)
    assert young.exists()
    assert not old.exists()


def test_a_program_finds_its_folder_before_it_compiles():
    said = subprocess.run(
        [sys.executable, "-c", "import fjordby, numba; print(numba.config.CACHE_DIR)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(said.stdout.strip()) == compiled.folder_for(Path(compiled.__file__).parent)

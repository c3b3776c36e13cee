"""Files and folders appear whole or not at all."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from fjordby.errors import StorageFailed
from fjordby.storage import write_folder, write_whole


def test_a_file_is_written_with_the_folders_above_it(tmp_path):
    place = write_whole(tmp_path / "new" / "folder" / "a.txt", b"all of it")
    assert place.read_bytes() == b"all of it"
    assert [p.name for p in place.parent.iterdir()] == ["a.txt"]


def test_what_stood_there_stays_when_the_new_cannot_be_written(tmp_path, monkeypatch):
    place = write_whole(tmp_path / "a.txt", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFailed, match="No space left"):
        write_whole(place, b"new")
    assert place.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_two_threads_that_write_one_file_leave_the_whole_of_one_of_them(tmp_path):
    letters = [bytes([65 + i]) * 300_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(write_whole, tmp_path / "a.bin"), letters))
    assert (tmp_path / "a.bin").read_bytes() in letters
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_what_is_too_large_to_copy_writes_itself_into_the_folder(tmp_path):
    write_folder(tmp_path / "a", {"whole.txt": b"1", "self.txt": lambda out: out.write(b"2")})
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == {
        "whole.txt": b"1",
        "self.txt": b"2",
    }


def test_a_place_below_a_file_is_refused_in_words(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="nothing half-written"):
        write_whole(tmp_path / "file" / "a.txt", b"x")


def test_a_folder_in_the_place_of_a_file_is_refused_and_nothing_is_left(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(StorageFailed):
        write_whole(tmp_path / "a.txt", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_writer_killed_at_any_time_leaves_the_old_or_the_new(tmp_path):
    place = tmp_path / "a.bin"
    program = textwrap.dedent(f"""
        from fjordby.storage import write_whole
        while True:
            for letter in (b"a", b"b"):
                write_whole({str(place)!r}, letter * 3_000_000)
    """)
    for wait in (0.01, 0.05, 0.11):
        child = subprocess.Popen([sys.executable, "-c", program])
        while not place.exists():
            assert child.poll() is None
            time.sleep(0.01)
        time.sleep(wait)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        data = place.read_bytes()
        assert data in (b"a" * 3_000_000, b"b" * 3_000_000)

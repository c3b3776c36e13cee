"""The commands speak on every terminal: without Danish letters, narrow, or on a full disk."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from fjordby.cli import show


def run(*words, **environment):
    """Run a command on a terminal that knows ASCII alone."""
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    return subprocess.run(
        [sys.executable, "-m", "fjordby", *words],
        env={**os.environ, **plain, **environment}, capture_output=True, check=False,
    )  # fmt: skip


def test_a_terminal_without_danish_letters_shows_the_rest():
    done = run("city", "show", "tuno", "--lang", "da")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"Tun?")


def test_json_carries_every_letter_through_a_narrow_pipe():
    done = run("city", "show", "tuno", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("ascii"))["name"]["da"] == "Tunø"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
def test_a_full_disk_behind_the_pipe_is_said_in_words():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fjordby", "city", "list", "--json"],
            stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"disk is full" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
def test_no_number_is_broken_in_two_on_a_narrow_terminal(width, monkeypatch, capsys):
    """`(29.000-2` over `00.000)` was read as two numbers."""
    monkeypatch.setattr(show, "out", Console(width=width, soft_wrap=True, markup=False))
    amount = "about 140,000 kr (29,000-200,000)"
    show.table("", ("Event", "damage"), [("A cloudburst like that of 2 July 2011", amount)])
    said = capsys.readouterr().out
    assert all(part in said for part in amount.split())


def test_a_person_who_stops_the_work_is_told_that_nothing_is_lost(tmp_path):
    """The command line's own machinery once swallowed the words."""
    work = subprocess.Popen(
        [sys.executable, "-m", "fjordby", "study", "run", "tuno", "--folder", str(tmp_path / "s")],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert work.stderr is not None
    first = work.stderr.readline()  # the work has begun
    work.send_signal(signal.SIGINT)
    rest = work.communicate(timeout=60)[1]
    assert work.returncode == 130
    assert "What was finished is kept" in rest, first + rest
    assert "Traceback" not in rest

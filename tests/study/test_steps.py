"""A study goes on where it stopped, and never shows a half-made result."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from fjordby.errors import BadFile, StorageFailed
from fjordby.progress import silent
from fjordby.study.steps import Step, read_done, run
from fjordby.words import Words


def writing(name, made, inputs="1", needs=(), text="x"):
    def make(folder, progress):
        made.append(name)
        progress(0.5, "half")
        (folder / "result.txt").write_text(text)

    return Step(name, Words(name, name), make, inputs, needs)


def test_what_is_done_is_not_done_again(tmp_path):
    made = []
    steps = [writing("a", made), writing("b/c", made, needs=("a",))]
    first = run(tmp_path, steps, silent, "en")
    second = run(tmp_path, steps, silent, "en")
    assert made == ["a", "b/c"]
    assert [d.fresh for d in first + second] == [True, True, False, False]
    assert (tmp_path / "b" / "c" / "result.txt").read_text() == "x"


def test_a_changed_input_remakes_the_step_and_what_needs_it_and_nothing_else(tmp_path):
    made = []
    run(tmp_path, [writing(n, made, needs=w) for n, w in [("a", ()), ("b", ("a",)), ("c", ())]],
        silent, "en")  # fmt: skip
    made.clear()
    steps = [writing("a", made, "2"), writing("b", made, needs=("a",)), writing("c", made)]
    run(tmp_path, steps, silent, "en")
    assert made == ["a", "b"]


def test_a_result_that_lost_a_file_is_made_again(tmp_path):
    made = []
    run(tmp_path, [writing("a", made)], silent, "en")
    (tmp_path / "a" / "result.txt").write_text("longer than it was")
    assert read_done(tmp_path, "a") is None
    run(tmp_path, [writing("a", made)], silent, "en")
    assert made == ["a", "a"]


def test_a_step_that_fails_leaves_the_ones_before_and_nothing_of_itself(tmp_path):
    made = []

    def fail(folder, progress):
        (folder / "half.txt").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run(tmp_path, [writing("a", made), Step("b", Words("b", "b"), fail, "")], silent, "en")
    assert {p.name for p in tmp_path.iterdir()} == {"a", ".lock"}


def test_a_full_disk_is_said_in_words_and_nothing_is_half_made(tmp_path):
    def fill(folder, progress):
        (folder / "half.txt").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFailed, match="Free some space"):
        run(tmp_path, [Step("a", Words("a", "a"), fill, "")], silent, "en")
    assert {p.name for p in tmp_path.iterdir()} == {".lock"}


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path):
    (tmp_path / "study").write_text("not a folder")
    with pytest.raises(StorageFailed, match="a folder that can be written"):
        run(tmp_path / "study", [], silent, "en")


def test_two_runs_in_one_folder_do_not_meet(tmp_path):
    def again(folder, progress):
        run(tmp_path, [], silent, "en")

    with pytest.raises(BadFile, match="a run is at work"):
        run(tmp_path, [Step("a", Words("a", "a"), again, "")], silent, "en")


def test_progress_only_grows_and_ends_at_one(tmp_path):
    seen = []
    steps = [writing("a", []), writing("b", [])]
    run(tmp_path, steps, lambda share, doing: seen.append(share), "da")
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path):
    program = textwrap.dedent(f"""
        import pathlib, time
        from fjordby.study.steps import Step, run
        from fjordby.words import Words
        def quick(folder, progress):
            (folder / "x").write_text("done")
        def slow(folder, progress):
            (folder / "half").write_text("half")
            pathlib.Path({str(tmp_path)!r}, "busy").touch()
            time.sleep(60)
        run(pathlib.Path({str(tmp_path / "s")!r}), [
            Step("a", Words("a", "a"), quick, ""), Step("b", Words("b", "b"), slow, "")
        ], lambda s, d: None, "en")
    """)
    child = subprocess.Popen([sys.executable, "-c", program])
    while not (tmp_path / "busy").exists():
        assert child.poll() is None
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    made = []

    def quick(folder, progress):
        made.append("a")

    steps = [Step("a", Words("a", "a"), quick, ""), writing("b", made, inputs="")]
    run(tmp_path / "s", steps, silent, "en")
    assert made == ["b"]
    assert {p.name for p in (tmp_path / "s" / "b").iterdir()} == {"result.txt", "step.json"}
    assert not list((tmp_path / "s").glob(".b*"))


def test_a_result_that_rotted_is_made_again(tmp_path):
    """A file of the right size with other bytes, as a bad disk or a power cut leaves it."""
    made = []
    run(tmp_path, [writing("a", made, text="good")], silent, "en")
    (tmp_path / "a" / "result.txt").write_text("evil")
    assert read_done(tmp_path, "a") is None
    run(tmp_path, [writing("a", made, text="good")], silent, "en")
    assert made == ["a", "a"]
    assert (tmp_path / "a" / "result.txt").read_text() == "good"


def test_a_record_that_is_no_record_counts_as_not_done(tmp_path):
    made = []
    for text in ("{", "[]", '{"files": 3}', '{"key": 1, "seconds": "x", "files": {}}'):
        run(tmp_path, [writing("a", made)], silent, "en")
        (tmp_path / "a" / "step.json").write_text(text)
        assert read_done(tmp_path, "a") is None


@pytest.mark.parametrize(
    "trouble",
    [
        OSError("4096 requested and 512 written"),
        OSError(errno.EFBIG, "File too large"),
        OSError(errno.EIO, "Input/output error"),
    ],
    ids=["numpy", "limit", "disk"],
)
def test_a_disk_that_takes_no_more_is_said_in_words(tmp_path, trouble):
    """The arrays tell of a full disk without a number: it wrote less than it was asked to."""

    def fill(folder, progress):
        raise trouble

    with pytest.raises(StorageFailed, match="finished steps are kept"):
        run(tmp_path, [Step("a", Words("a", "a"), fill, "")], silent, "en")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
def test_arrays_on_a_full_disk_end_in_words(tmp_path):
    import numpy as np

    def fill(folder, progress):
        (folder / "a.npy").symlink_to("/dev/full")
        np.save(folder / "a.npy", np.zeros(100_000))

    with pytest.raises(StorageFailed):
        run(tmp_path, [Step("a", Words("a", "a"), fill, "")], silent, "en")


def test_another_mistake_with_a_file_is_not_called_a_full_disk(tmp_path):
    def miss(folder, progress):
        (folder / "nowhere" / "x").read_text()

    with pytest.raises(FileNotFoundError):
        run(tmp_path, [Step("a", Words("a", "a"), miss, "")], silent, "en")


def test_what_killed_writers_left_is_swept(tmp_path):
    """Half-made folders of steps and half-written files, at any depth; nothing else."""
    run(tmp_path, [writing("b/c", [])], silent, "en")
    (tmp_path / "b" / ".d.part").mkdir()
    (tmp_path / "b" / ".d.part" / "half").touch()
    (tmp_path / ".study.toml.123.part").write_text("half")
    (tmp_path / "notes.part").write_text("mine")
    run(tmp_path, [writing("b/c", [])], silent, "en")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", "b", "notes.part"]
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["c"]

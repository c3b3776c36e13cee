"""A study never takes the place of what somebody else keeps there."""

from pathlib import Path

import pytest

from fjordby.errors import BadFile, StorageFailed
from fjordby.progress import silent
from fjordby.study.steps import Step, run
from fjordby.words import Words


def write(folder, progress):
    (folder / "result.txt").write_text("x")


STEPS = [Step("city", Words("a", "a"), write, "1")]


def test_a_folder_with_files_of_others_is_refused_and_nothing_in_it_is_touched(tmp_path):
    """A person's own `city` folder would else be replaced by the step of that name."""
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "holiday.jpg").write_text("mine")
    (tmp_path / "city" / ".download.part").write_text("mine too")
    with pytest.raises(BadFile, match="that of a study"):
        run(tmp_path, STEPS, silent, "en")
    left = sorted(p.name for p in tmp_path.rglob("*"))
    assert left == [".download.part", "city", "holiday.jpg"]


def test_a_study_copied_without_its_hidden_files_goes_on(tmp_path):
    run(tmp_path, STEPS, silent, "en")
    (tmp_path / ".lock").unlink()
    (tmp_path / "report.html").write_text("mine")
    assert [done.fresh for done in run(tmp_path, STEPS, silent, "en")] == [False]
    assert (tmp_path / "report.html").exists()


def test_a_name_that_no_folder_can_have_is_said_in_words(tmp_path):
    with pytest.raises(StorageFailed, match="Choose another folder"):
        run(tmp_path / ("x" * 300), STEPS, silent, "en")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder here that takes none")
def test_a_place_that_takes_no_folders_is_said_in_words():
    with pytest.raises(StorageFailed, match="Choose another folder"):
        run(Path("/proc/no-such-place"), STEPS, silent, "en")

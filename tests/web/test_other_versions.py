"""A study of another version is not shown as if it were ours, nor a broken one without a word."""

import shutil

import httpx
import pytest

from fjordby.errors import BadFile
from fjordby.web.app import create_app
from fjordby.web.listen import serve


def test_a_study_of_another_version_is_not_served(valley_study, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(valley_study.folder, other)
    told = (other / "study.toml").read_text()
    (other / "study.toml").write_text(told.replace("format = ", "format = 9"))
    with pytest.raises(BadFile, match="with this version"):
        serve(other)


def test_a_result_that_broke_while_it_was_served_is_said_in_words(study, tmp_path, serve_app):
    broken = tmp_path / "broken"
    shutil.copytree(study, broken)
    with serve_app(create_app(broken)) as address:
        (broken / "page" / "city.json").write_text("half of i")
        answer = httpx.get(f"{address}/api/buildings/b0?level=1")
    assert answer.status_code == 404
    assert answer.json()["do"] == "Run the study again."

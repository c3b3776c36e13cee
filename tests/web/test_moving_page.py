"""Moving water on the page and by its API: beside still water, and on the map for any level."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pytest
from looking import MARKS, blue, picture
from PIL import Image

from fjordby.web.app import create_app


@pytest.fixture(scope="module")
def asking(study, serve_app):
    with serve_app(create_app(study)) as address, httpx.Client(base_url=address) as client:
        yield client


def grey(answer):
    """A picture of depth as metres."""
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)), float) / 100.0


def test_the_depth_of_moving_water_is_that_of_the_runs(asking):
    """Runs by hand: half of the still depth. Land rises 1 m per 100 m from the shore at 200 m."""
    depth = grey(asking.get("/api/moving/depth.png?sea_peak=2.0"))
    land = depth[depth.shape[0] // 2, 20:]
    x = 205.0 + 10.0 * np.arange(land.size)
    true = np.maximum(0.5 * (2.0 - (x - 200.0) / 100.0), 0.0)
    assert np.abs(land - true).max() < 0.06
    assert land.max() > 0.9


@pytest.mark.parametrize(
    ("question", "words"),
    [("sea_peak=9", "0.5 to 3 m"), ("sea_peak=high", "a number"), ("wind=3", "sea_peak")],
)
def test_a_question_without_an_answer_is_refused_in_words(asking, question, words):
    answer = asking.get(f"/api/moving/depth.png?{question}")
    assert answer.status_code == 422
    assert words in answer.json()["expected"]


def test_a_study_without_runs_says_how_to_get_them(study, tmp_path, serve_app):
    (tmp_path / "page").symlink_to(study / "page")
    with serve_app(create_app(tmp_path)) as address:
        answer = httpx.get(f"{address}/api/moving/depth.png")
    assert answer.status_code == 404
    assert "--no-response" in answer.json()["do"]


class TestInABrowser:
    """What a person sees of it."""

    pytestmark = MARKS

    def test_still_and_moving_water_stand_side_by_side(self, visit):
        page = visit("?tab=yearly&lang=da")
        table = page.locator("#still-and-moving table").first.inner_text()
        assert "Stillestående vand" in table
        assert "Løbende vand" in table
        assert "8,0 mio. kr" in table
        assert "3,0 mio. kr" in table
        assert "ikke regnet" in table
        beside = page.locator('a[href="#still-and-moving"]').inner_text()
        assert "når vandet bevæger sig: 3,0 mio. kr" in beside
        assert "Med omtanke" in page.locator("#still-and-moving").inner_text()

    def test_a_level_of_the_slider_is_shown_as_moving_water(self, visit):
        page = visit("?level=2.5&lang=en")
        still = (blue(picture(page)) > 60).sum()
        page.locator("#moving").click()
        page.locator("#moving-said", has_text="moving water:").wait_for()
        page.wait_for_timeout(600)
        moving = picture(page)
        assert (blue(moving) > 60).sum() < 0.95 * still
        assert "moving=1" in page.url
        page.locator("#moving").click()
        page.wait_for_timeout(600)
        assert (blue(picture(page)) > 60).sum() > 0.97 * still

    def test_a_level_beyond_the_runs_says_so(self, visit):
        page = visit("?level=4&moving=1&lang=en")
        assert "beyond the runs" in page.locator("#moving-said").inner_text()

"""The report stands alone, in both languages, and says what the study says."""

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from fjordby.errors import StorageFailed
from fjordby.plain import amount
from fjordby.report.content import comparison_rows
from fjordby.report.render import html, write_html, write_pdf

DAY = date(2026, 11, 23)


class Addresses(HTMLParser):
    """Everything a page asks for."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.empty_alt = 0

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.found += [v for k, v in attrs if k in ("src", "href") and v]
        self.empty_alt += tag == "img" and not said.get("alt")


@pytest.fixture(scope="module", params=["da", "en"])
def page(request, valley_study):
    return request.param, html(valley_study, request.param, on=DAY)


def test_the_report_needs_nothing_else(page):
    asked = Addresses()
    asked.feed(page[1])
    assert asked.found
    assert all(address.startswith("data:") for address in asked.found)
    assert "url(" not in page[1]
    assert asked.empty_alt == 0


def test_the_report_speaks_its_language(page):
    language, text = page
    assert f'<html lang="{language}">' in text
    words = {"da": "Hvad koster det om året?", "en": "What does it cost a year?"}
    assert words[language] in text
    other = words["en" if language == "da" else "da"]
    assert other not in text


def test_the_report_says_the_study_s_own_numbers(page, valley_study):
    language, text = page
    ead = valley_study.table("risk")["ead"]
    assert amount(ead["low"], ead["mid"], ead["high"], "DKK", language) in text
    assert valley_study.city.fingerprint in text


def test_what_is_made_up_is_said_on_the_cover(page):
    language, text = page
    cover = text[: text.index("<section>")]
    assert {"da": "syntetiske", "en": "synthetic"}[language] in cover


def test_no_number_has_more_figures_than_it_deserves(page):
    text = re.sub(r'src="data:[^"]*"', "", page[1])
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    assert not re.search(r"\d{7,}", text.replace(page[1][-16:], "")), "a long row of digits"


def test_the_same_study_gives_the_same_report(valley_study):
    assert html(valley_study, "da", on=DAY) == html(valley_study, "da", on=DAY)


def test_the_pdf_holds_the_same_words(valley_study, tmp_path):
    reader = PdfReader(write_pdf(valley_study, tmp_path / "report.pdf", "da"))
    text = " ".join(" ".join(p.extract_text() for p in reader.pages).split())
    assert "Hvad koster det om året?" in text
    assert len(reader.pages) >= 3


def test_a_report_that_cannot_be_written_leaves_nothing(valley_study, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed, match="nothing half-written"):
        write_html(valley_study, tmp_path / "file" / "report.html", "en")


def test_a_figure_of_others_stands_with_the_ratio_and_reasons():
    row = {
        "what": {"da": "Skade", "en": "Damage"},
        "published": 8.7e9,
        "unit": "DKK",
        "ours": {"low": 1e9, "mid": 2.9e9, "high": 4e9},
        "why": [{"da": "Fordi.", "en": "Because."}],
        "source": "a paper",
    }
    (said,) = comparison_rows([row], 2024, lambda da, en: en, "en")
    assert said["published"] == "about 8.7 billion kr"
    assert said["ours"] == "about 2.9 billion kr (1.0-4.0)"
    assert said["ratio"] == "0.33 times theirs"
    assert said["why"] == ["Because."]

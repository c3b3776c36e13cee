"""What the study's commands say: what is counted, what is invented, and what cannot be done."""

import json

import pytest

from fjordby.cli import app
from fjordby.cli.show import teach


@pytest.fixture
def ask(capsys):
    """Run a command and return its exit code and all that it said, on one line."""

    def run(*words):
        ended = []

        def command():
            try:
                app(list(words), standalone_mode=True)
            except SystemExit as end:
                ended.append(int(end.code or 0))

        code = teach(command) or sum(ended)
        said = capsys.readouterr()
        return code, " ".join(said.out.split()), " ".join(said.err.split())

    return run


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("da", ("Bygninger og indbo", "2024-priser", "vandløb er ikke med", "5-95 %", "Syntetiske",
                "havet stiger")),
        ("en", ("Buildings and contents", "prices of 2024", "streams are not in it", "5-95 %",
                "Synthetic", "sea rises")),
    ],
)  # fmt: skip
def test_the_risk_says_what_it_counts_and_what_is_invented(ask, valley_study, language, says):
    code, out, _ = ask("risk", str(valley_study.folder), "--lang", language)
    assert code == 0
    for words in says:
        assert words in out


def test_what_is_invented_is_said_to_programs_too(ask, valley_study):
    _, out, _ = ask("risk", str(valley_study.folder), "--json")
    assert "buildings" in json.loads(out)["synthetic"]


def test_a_report_of_another_kind_is_refused(ask, valley_study, tmp_path):
    target = tmp_path / "report.docx"
    code, _, err = ask("report", str(valley_study.folder), "--out", str(target))
    assert code == 1
    assert ".html or .pdf" in err
    assert not target.exists()


def test_a_study_is_run_with_curves_of_one_s_own(ask, valley_study, tmp_path):
    curves = tmp_path / "mine.csv"
    curves.write_text(
        "use,depth_m,damage_per_m2,price_year,currency,source\n"
        "default,0,0,2024,DKK,x\ndefault,2,9000,2024,DKK,x\n"
    )
    city, folder = str(valley_study.folder / "city"), str(tmp_path / "s")
    code, out, err = ask(
        "study", "run", city, "--folder", folder, "--curves", str(curves), "--no-storms", "--json"
    )
    assert code == 0, err
    assert "own:mine" in json.loads(out)["ead"]["families"]


def test_curves_that_are_none_are_refused_before_the_work(ask, valley_study, tmp_path):
    city, folder = str(valley_study.folder / "city"), tmp_path / "s"
    code, _, err = ask("study", "run", city, "--folder", str(folder), "--curves", __file__)
    assert code == 1
    assert "damage curves" in err
    assert not folder.exists()

"""docs/city.md says what the catalogues say: each column, default, word, problem and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from fjordby.catalogue import rows
from fjordby.city.layers import specs, vocabulary
from fjordby.city.making.settings import CROWDS, METRES, SEAS
from fjordby.city.problem import catalogue
from fjordby.provenance import Kind

MANUAL = (Path(__file__).parents[2] / "docs" / "city.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "row", rows("city/data/columns.csv"), ids=lambda r: f"{r['layer']}.{r['column']}"
)
def test_each_column_stands_in_the_manual_with_its_unit_and_default(row):
    part = MANUAL.split(f"### {row['layer']} (")[1].split("###")[0]
    line = next(x for x in part.splitlines() if x.startswith(f"| `{row['column']}` |"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1] == row["type"]
    assert cells[2] == row["unit"]
    if row["need"] == "yes":
        assert cells[3] == "**needed**"
    elif row["default"] not in ("", "nan"):
        assert cells[3].replace("`", "").split(" ")[0] == row["default"]
    if row["low"]:
        assert cells[4] == f"{row['low']} to {row['high']}"


@pytest.mark.parametrize("code", catalogue())
def test_each_problem_stands_in_the_manual(code):
    row = catalogue()[code]
    assert f"| `{code}` | {row['severity']} | {row['what_en']} | {row['do_en']} |" in MANUAL


def test_each_problem_is_said_in_both_languages_with_the_same_words_to_fill():
    for row in catalogue().values():
        assert all(row.values()), row["code"]
        for one in ("what", "do"):
            da, en = (
                {x.split("}")[0] for x in row[f"{one}_{k}"].split("{")[1:]} for k in ("da", "en")
            )
            assert da == en, row["code"]


def test_each_word_layer_kind_and_way_stands_in_the_manual():
    words = {word for known in vocabulary().values() for word in known}
    for word in {*words, *Kind, *SEAS, *METRES, *(layer.value for layer in specs())}:
        assert f"`{word}`" in MANUAL or f"{word}.tif" in MANUAL or f"### {word} (" in MANUAL, word
    assert set(CROWDS) == {"buildings", "grid", "table"}

"""The page about harm says what the code does, and the catalogues know every use of a city."""

import re
from pathlib import Path

from fjordby import harm
from fjordby.city.uses import uses
from fjordby.harm.exposure import use_rows
from fjordby.harm.measures import measures

PAGE = (Path(__file__).parents[2] / "docs" / "harm.md").read_text(encoding="utf-8")


def test_every_measure_is_explained():
    for measure in measures(harm.families_for("DKK"), "DKK"):
        known = "damage_<family>" if measure in ("damage_danish", "damage_jrc") else measure
        assert f"`{known}`" in PAGE


def test_the_curves_in_the_manual_can_be_read(tmp_path):
    path = tmp_path / "example.csv"
    path.write_text(re.search(r"```csv\n(.*?)```", PAGE, re.S)[1], encoding="utf-8")
    family = harm.read_curves(path)
    assert family.price_year == 2024
    assert family.source == "claims of our own storm; assumed"


def test_every_function_of_the_manual_exists():
    for name in re.findall(r"harm\.(\w+)\(", PAGE):
        assert hasattr(harm, name)


def test_every_use_that_a_city_may_have_is_known():
    assert set(uses()) <= set(use_rows())


def test_every_number_in_a_catalogue_has_a_source():
    folder = Path(harm.__file__).parent
    for path in folder.glob("*.csv"):
        header, *rows = path.read_text(encoding="utf-8").strip().splitlines()
        assert header.endswith("source")
        assert all(len(row.rsplit(",", 1)[1].strip('"')) > 8 for row in rows), path.name

"""The page on structures is held to the code: its block runs, and it names every entrance."""

import re
from pathlib import Path

from fjordby.flood.dynamic.structures import INLETS

PAGE = Path(__file__).parents[3] / "docs" / "flood_structures.md"


def test_the_block_of_the_page_lays_its_structures(flat):
    room = {"domain": flat()}
    exec(re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)[0], room)
    laid = room["laid"]
    assert laid.names == ("quay", "lock", "hole", "beck", "station")
    assert set(laid.faces_x.owner) == {0, 1, 2}
    assert laid.links.owner.tolist() == [3, 4]


def test_the_page_names_every_entrance():
    words = PAGE.read_text("utf-8")
    assert not [name for name in INLETS if f"`{name}`" not in words]

"""A person's own damage curves are used as they are written, or every mistake is named."""

import numpy as np
import pytest

from fjordby.errors import BadFile, BadValue
from fjordby.flood import sea_flood
from fjordby.harm import Water, damage, exposure, impact, read_curves

GOOD = """use,depth_m,damage_per_m2,price_year,currency
default,0,0,2024,DKK
default,1,1000,2024,DKK
home,0.1,500,2024,DKK
home,2,2400,2024,DKK
"""


def read(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return read_curves(path)


def at(n, depth):
    return Water(np.full(n, depth), np.full(n, depth), np.ones(n))


def test_own_curves_are_used_between_their_points(any_kernels, tmp_path, valley):
    family = read(tmp_path, GOOD)
    who = exposure(valley)
    kr = damage(family, who, at(who.count, 1.05)) / who.area
    assert kr[0] == pytest.approx(500 + 1900 * 0.95 / 1.9)
    assert kr[-1] == pytest.approx(1000)  # a school: the default curve, constant at its end
    assert damage(family, who, at(who.count, 0.09))[0] == 0.0  # below the first depth


def test_a_spreadsheet_with_semicolons_shares_and_water_reads_the_same(tmp_path, valley):
    text = (
        "use;depth_m;damage_share;value_per_m2;price_year;currency;water;zero\n"
        "default;0;0;2000;2024;DKK;any;floor\n"
        "default;1,5;0,75;2000;2024;DKK;any;floor\n"
        "default;0;0;2000;2024;DKK;surge;floor\n"
        "default;1,5;1;2000;2024;DKK;surge;floor\n"
    )
    family, who = read(tmp_path, text), exposure(valley)
    floor = who.floor_height[0]
    for water, share in (("surge", 1.0), ("river", 0.75)):
        kr = damage(family, who, at(who.count, 1.5 + floor), water)
        assert kr[0] == pytest.approx(share * 2000 * who.area[0])


def test_own_curves_stand_beside_the_others_in_an_impact(tmp_path, valley):
    family = read(tmp_path, GOOD)
    result = impact(valley, sea_flood(valley, 1.5), families=[family])
    assert result.total("damage_own:mine") == result.total("damage_high") > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("home,2,2400", "home,2,400"), "falls as the water rises: 500 then 400"),
        (("home,2,2400", "home,0.1,2400"), "depths that do not increase"),
        (("home,2,", "home,200,"), "is it centimetres"),
        (("home,2,", "castle,2,"), "unknown use 'castle'"),
        (("home,2,2400", "home,2,many"), "line 5: damage_per_m2 is 'many', not a number"),
        (("depth_m", "depth_cm"), "depths are in metres"),
        (("damage_per_m2", "damage"), "no column damage_per_m2"),
        (("2400,2024", "2400,2020"), "price_year is 2020 and 2024"),
        (("2400,2024,DKK", "2400,2024,EUR"), "currency is DKK and EUR"),
        (("home,0.1,500", "home,-0.1,500"), "negative"),
        (("home,0.1,500,2024,DKK\n", ""), "one point"),
        (("use,", "no,"), "no column use"),
    ],
)
def test_each_mistake_is_named(tmp_path, change, words):
    with pytest.raises(BadFile, match=words):
        read(tmp_path, GOOD.replace(*change))


def test_shares_in_per_cent_are_noticed(tmp_path):
    text = GOOD.replace("damage_per_m2", "damage_share").replace(",DKK", ",DKK,100")
    text = text.replace("currency", "currency,value_per_m2", 1)
    with pytest.raises(BadFile, match="per cent"):
        read(tmp_path, text)


def test_all_mistakes_come_at_once(tmp_path):
    text = GOOD.replace("home,2,2400", "castle,30,-5")
    with pytest.raises(BadFile) as error:
        read(tmp_path, text)
    for words in ("castle", "centimetres", "negative"):
        assert words in str(error.value)


def test_a_use_without_a_curve_is_said_when_it_is_needed(tmp_path, valley):
    family = read(tmp_path, GOOD.replace("default", "garage"))
    who = exposure(valley)
    with pytest.raises(BadValue, match="'business'"):
        damage(family, who, at(who.count, 1.0))


def test_a_missing_empty_or_strange_file_is_said(tmp_path):
    for name, content in (("no.csv", None), ("empty.csv", b""), ("raw.csv", b"\xff\xfe\x00")):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadFile, match="damage curves"):
            read_curves(path)

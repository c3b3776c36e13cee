"""A city's gates, pumps and culverts are worked as its record says, and a wrong record is told."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString, box

from fjordby import city as cities
from fjordby.city.works import read_works
from fjordby.errors import BadCity, BadValue
from fjordby.flood.dynamic.city_ground import city_ground
from fjordby.flood.dynamic.city_structures import city_structures, city_works
from fjordby.flood.dynamic.structures.records import Culvert, Gate, Pump, Wall
from fjordby.flood.dynamic.structures.rules import ShutAbove
from fjordby.shock.event import Event, Series
from fjordby.words import Words

CRS = "EPSG:25832"
TOLD = {"kind": "assumed", "source": "made up for tests"}
GATE = {
    "barrier": "lock", "outside": [205.0, 55.0], "inside": [305.0, 55.0], "closes_at": 1.0,
    "opens_at": 0.8, "seconds": 60, "sill": -0.5, "width": 6.0, "built": 2016, **TOLD,
}  # fmt: skip
PUMP = {
    "id": "pump", "name": "Pump", "from": [305.0, 55.0], "to": [205.0, 55.0], "units": 2,
    "capacity": 1.5, "starts_at": [0.6, 0.7], "stops_at": 0.3, "with_gate": "lock",
    "built": 2016, **TOLD,
}  # fmt: skip
PIPE = {
    "id": "pipe", "name": "Pipe", "from": [505.0, 155.0], "to": [405.0, 155.0],
    "floor_from": 2.0, "floor_to": 1.0, "height": 0.8, "flap": True, **TOLD,
}  # fmt: skip
RECORD = {"gates": [GATE], "pumps": [PUMP | {"stops_at": [0.3, 0.4]}], "culverts": [PIPE]}


def storm(year=2020, sea=True):
    rise = Series(np.array([0.0, 3600.0]), np.array([0.0, 1.5]))
    return Event("e", Words("Storm", "Storm"), sea=rise if sea else None, year=year)


@pytest.fixture(scope="module")
def walled(valley):
    """The valley behind a dike of 2 m with a lock in it where the stream passes."""
    barriers = gpd.GeoDataFrame(
        {"id": ["dike", "lock"], "name": "", "type": ["wall", "gate"], "crest": [2.0, 2.0]},
        geometry=[LineString([(250, 90), (250, 400)]), LineString([(250, 90), (250, 0)])],
        crs=CRS,
    )
    return valley.with_(barriers=barriers, records={"structures": RECORD})


@pytest.fixture(scope="module")
def ground(walled):
    return city_ground(walled)


def named(structures):
    return {one.name: one for one in structures}


def test_walls_gates_pumps_and_culverts_come_as_the_record_says(walled, ground):
    made = named(city_structures(walled, storm(), ground))
    assert {k: type(v) for k, v in made.items()} == {
        "dike": Wall, "lock": Gate, "pump": Pump, "pipe": Culvert
    }  # fmt: skip
    lock = made["lock"]
    assert lock.rule.rule == ShutAbove(1.0, 0.8)
    assert (lock.outer, lock.inner, lock.sill, lock.top) == ((205, 55), (305, 55), -0.5, 2.0)
    assert lock.speed == pytest.approx(0.1)
    assert list(made["pump"].starts) == [0.6, 0.7]
    assert made["pipe"].flap


def test_the_gate_shuts_against_a_high_sea_and_its_pumps_run_only_then(walled, ground):
    made = named(city_structures(walled, storm(), ground))
    lock, pump = made["lock"].rule, made["pump"].power
    assert (lock(0.0, 0.5, 0.6, 1.0), pump(0.0)) == (1.0, 0.0)
    assert (lock(1.0, 1.1, 0.9, 1.0), pump(1.0)) == (0.0, 1.0)
    assert (lock(2.0, 0.9, 0.5, 0.0), pump(2.0)) == (0.0, 1.0)
    assert (lock(3.0, 0.9, 0.95, 0.0), pump(3.0)) == (1.0, 0.0)


def test_what_is_not_built_yet_is_not_there(walled, ground):
    assert set(named(city_structures(walled, storm(1872), ground))) == {"dike", "pipe"}
    assert set(named(city_structures(walled, storm(None), ground))) == {
        "dike", "lock", "pump", "pipe"
    }  # fmt: skip


def test_gates_can_be_held_open_or_shut(walled, ground):
    assert set(named(city_structures(walled, storm(), ground, "open"))) == {"dike", "pipe"}
    shut = named(city_structures(walled, storm(sea=False), ground, "shut"))["lock"]
    assert shut.rule(0.0, 0.0, 5.0, 1.0) == 0.0


def test_a_gate_without_a_rule_is_shut_in_a_surge_and_open_in_the_rain(walled, ground):
    bare = walled.with_(records={})
    assert set(named(city_structures(bare, storm(), ground))) == {"dike", "lock"}
    assert set(named(city_structures(bare, storm(sea=False), ground))) == {"dike"}


@pytest.mark.parametrize("end", ["from", "to"])
def test_a_pump_on_a_roof_is_named_with_its_place(walled, end):
    house = walled.buildings.iloc[:1].set_geometry([box(500, 150, 520, 170)])
    record = {"pumps": [PUMP | {"with_gate": None, "stops_at": 0.3, "starts_at": 0.6,
                                end: [505.0, 155.0]}]}  # fmt: skip
    built = walled.with_(buildings=house, records={"structures": record})
    blocks = city_ground(built, buildings="blocks")
    with pytest.raises(BadValue, match=r"pump beside the houses.*505, 155"):
        city_structures(built, storm(), blocks)
    assert len(city_structures(built, storm(), city_ground(built))) == 3


@pytest.mark.parametrize(
    ("place", "said"), [([5000.0, 50.0], "outside"), ([50.0, 50.0], "far out at sea")]
)
def test_an_end_off_the_ground_is_named_with_its_place(walled, ground, place, said):
    lost = walled.with_(records={"structures": {"culverts": [PIPE | {"to": place}]}})
    with pytest.raises(BadValue, match=rf"pipe on.*{place[0]:.0f}, 50") as caught:
        city_structures(lost, storm(), ground)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"gates": [GATE | {"barrier": "dike"}]}, "'dike' is a wall; name a gate"),
        ({"gates": [GATE | {"barrier": "moat"}]}, "'moat' is no barrier of the city"),
        ({"gates": [GATE | {"opens_at": 1.5}]}, "opens_at must not be above closes_at"),
        ({"pumps": [PUMP | {"stops_at": [0.3, 0.3, 0.3]}]}, "once for each unit"),
        ({"pumps": [PUMP | {"stops_at": [0.3, 0.9]}]}, "stops_at must be below starts_at"),
        ({"pumps": [PUMP]}, "'lock' is none of `gates`"),
        ({"culverts": [PIPE, PIPE]}, "the id 'pipe' is there twice"),
        ({"culverts": [PIPE | {"depth": 3}]}, r"culverts\[0\].depth: is not a key"),
        ({"bridges": []}, "bridges: is not a key"),
    ],
)
def test_a_wrong_record_is_told_key_by_key(record, said):
    with pytest.raises(BadCity, match=said):
        read_works(record, {"dike": False, "lock": True})


def test_the_lock_of_built_in_vejle_lifts_all_its_water_and_is_younger_than_bodil():
    """5 pumps, 4 in use, 7.5 m3/s in all, ready in 2016 (tvsyd.dk, vejlespildevand.dk)."""
    vejle = cities.load("vejle")
    (pump,) = city_works(vejle, 2019).pumps
    assert pump.units * pump.capacity == pytest.approx(7.5)
    assert city_works(vejle, 2013).gates == ()
    (gate,) = city_works(vejle).gates
    assert 0.82 < gate.closes_at < 1.30

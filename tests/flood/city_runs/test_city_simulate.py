"""An event runs over a city: the sea comes in, streams go out, gates shut, and no water is lost."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import LineString

from fjordby import city as cities
from fjordby import shock
from fjordby.errors import BadValue
from fjordby.flood import sea_flood
from fjordby.flood.dynamic import of_city
from fjordby.flood.dynamic.forcing import steady
from fjordby.flood.dynamic.of_city import setup, simulate
from fjordby.flood.dynamic.record import Asked, Gauge, Line
from fjordby.shock.event import Event, Series
from fjordby.words import Words

CRS = "EPSG:25832"
HOUR = 3600.0
TOLD = {"kind": "assumed", "source": "made up for tests"}


def surge(peak=1.5, year=2020, **parts):
    rise = Series(np.array([0.0, 1.0, 3.0, 4.0]) * HOUR, np.array([0.2, peak, peak, 0.2]))
    return Event("storm", Words("Storm", "Storm"), sea=rise, year=year, **parts)


def with_bed(valley):
    """The valley with a bed of 0.8 m for its stream to run in."""
    ground = valley.terrain.values.copy()
    ground[35] -= 0.8
    return valley.with_(terrain=valley.grid.raster(ground, "terrain"))


@pytest.fixture(scope="module")
def flooded(valley):
    """The valley with its stream running, in a surge to 1.5 m."""
    asked = Asked(
        gauges=(Gauge("low", 245.0, 305.0),),
        lines=(Line("mouth", LineString([(215, 100), (215, 0)])),),
    )
    event = surge(streams={"s0": steady(0.8)})
    return simulate(valley, event, hours=4.0, asked=asked)


def test_a_long_surge_fills_the_low_land_to_its_level(flooded, valley):
    still = sea_flood(valley, 1.5).depth.values
    west = still[:30, 20:60]  # away from the stream
    got = flooded.depth[:30, 20:60]
    assert np.abs(got - west)[west > 0.05].max() < 0.05
    assert got[west == 0.0].max() < 0.05
    assert float(flooded.gauges["low", "level"].max()) == pytest.approx(1.5, abs=0.03)


def test_no_water_is_made_or_lost(flooded):
    balance = flooded.balance
    assert balance.inflows == pytest.approx(0.8 * 4 * HOUR, rel=1e-5)
    assert abs(balance.error) < 1e-4 * (balance.start + balance.inflows + abs(balance.levels))


def test_the_run_says_what_it_is(flooded, valley):
    assert flooded.about["city"] == "valley"
    assert flooded.about["city_fingerprint"] == valley.fingerprint
    assert flooded.about["event"] == "storm"


def test_all_times_count_from_the_start_of_the_event_wherever_the_run_begins(valley):
    """Begun at 0.5 h: maps asked for at 0.5 and 1 h, tables and the first water say so."""
    asked = Asked(snapshots=(0.5 * HOUR, 1.0 * HOUR), gauges=(Gauge("low", 245.0, 305.0),))
    made = simulate(valley, surge(), begin=0.5, hours=1.0, warm_up=0.0, asked=asked)
    assert [shot.seconds for shot in made.snapshots] == [0.5 * HOUR, 1.0 * HOUR]
    assert made.last.seconds == 1.5 * HOUR
    for table in (made.gauges, made.forcing):
        assert (table.index[0], table.index[-1]) == (0.5 * HOUR, 1.5 * HOUR)
    # The sea of the second map is that of its time: 0.2 to 1.5 m within the first hour.
    assert made.forcing["sea"].loc[0.5 * HOUR] == pytest.approx(0.85)
    arrived = made.arrival[np.isfinite(made.arrival)]
    assert arrived.min() >= 0.5 * HOUR
    assert arrived.max() <= 1.5 * HOUR
    low = made.snapshots[1].depth[:30, 20:60]
    assert np.nanmax(low) > np.nanmax(made.snapshots[0].depth[:30, 20:60])


def test_a_stream_carries_its_flow_to_a_quiet_sea_from_the_beginning(valley):
    """The warm start: what enters upstream leaves at the mouth, at the first minute and later."""
    cut = with_bed(valley)
    asked = Asked(lines=(Line("mouth", LineString([(300, 100), (300, 0)])),))
    event = Event("e", Words("", ""), streams={"s0": steady(0.8)})
    made = simulate(cut, event, hours=0.5, quiet_sea=0.0, asked=asked)
    flow = made.lines["mouth"].abs()
    assert flow.iloc[1:].to_numpy() == pytest.approx(0.8, rel=0.02)
    land = setup(cut, event, quiet_sea=0.0).ground.land
    land[35] = False
    assert made.depth[land].max() < 0.01


def test_the_next_event_that_begins_as_quietly_starts_at_once(valley, monkeypatch):
    ran = []
    real = of_city.run
    monkeypatch.setattr(of_city, "run", lambda *a, **k: ran.append(a[2]) or real(*a, **k))
    monkeypatch.setattr(of_city, "_warm", type(of_city._warm)())
    flows = {"s0": steady(0.5)}
    for peak in (1.0, 1.2):
        simulate(valley, surge(peak, streams=flows), hours=0.1, warm_up=0.5)
    simulate(valley, surge(1.0, streams={"s0": steady(0.6)}), hours=0.1, warm_up=0.5)
    assert ran == [0.5 * HOUR, 0.1 * HOUR, 0.1 * HOUR, 0.5 * HOUR, 0.1 * HOUR]


def locked(valley):
    """The valley behind a dike of 3 m, with a lock across the stream that shuts at 0.8 m."""
    record = {
        "gates": [{
            "barrier": "lock", "outside": [215.0, 45.0], "inside": [265.0, 45.0],
            "closes_at": 0.8, "opens_at": 0.6, "built": 2016, "width": 10.0, **TOLD,
        }],
        "pumps": [{
            "id": "pump", "name": "Pump", "from": [265.0, 45.0], "to": [215.0, 45.0],
            "units": 1, "capacity": 1.0, "starts_at": 0.75, "stops_at": 0.5,
            "with_gate": "lock", "built": 2016, **TOLD,
        }],
    }  # fmt: skip
    barriers = gpd.GeoDataFrame(
        {"id": ["dike", "lock"], "name": "", "type": ["wall", "gate"], "crest": [3.0, 3.0]},
        geometry=[LineString([(250, 90), (250, 400)]), LineString([(250, 90), (250, 0)])],
        crs=CRS,
    )
    return with_bed(valley).with_(barriers=barriers, records={"structures": record})


@pytest.mark.parametrize("subgrid", [None, 2], ids=["fine", "coarse"])
def test_the_lock_keeps_the_surge_out_and_pumps_the_stream_over(valley, subgrid):
    town, flows = locked(valley), {"s0": steady(0.4)}
    asked = Asked(gauges=(Gauge("inside", 265.0, 45.0),))
    kept = simulate(town, surge(streams=flows), hours=4.0, asked=asked, subgrid=subgrid)
    before = simulate(
        town, surge(year=2010, streams=flows), hours=4.0, asked=asked, subgrid=subgrid
    )
    assert float(before.gauges["inside", "level"].max()) == pytest.approx(1.5, abs=0.05)
    assert float(kept.gauges["inside", "level"].max()) < 0.85
    assert float(kept.structures["pump"].max()) == pytest.approx(1.0, abs=0.05)
    assert "pump" not in before.structures
    behind = np.s_[:30, 30:]
    assert kept.depth[behind].max() < 0.05


def test_larger_cells_flood_the_same_land(valley, flooded):
    event = surge(streams={"s0": steady(0.8)})
    coarse = simulate(valley, event, hours=4.0, cell=20.0)
    assert coarse.grid.cell == 20.0
    fine = float((flooded.depth[:30, 20:] > 0.05).sum()) * 100.0
    same = float((coarse.depth[:15, 10:] > 0.05).sum()) * 400.0
    assert same == pytest.approx(fine, rel=0.1)


def test_wide_cells_that_know_the_ground_below_answer_on_the_ground_itself(valley, flooded):
    event = surge(streams={"s0": steady(0.8)})
    made = simulate(valley, event, hours=4.0, subgrid=2)
    assert made.grid == flooded.grid
    assert made.about["subgrid_factor"] == 2
    both = (made.depth[:30, 20:] > 0.05) == (flooded.depth[:30, 20:] > 0.05)
    assert both.mean() > 0.95


def test_porous_houses_need_tables_of_the_fine_ground(valley):
    event = surge(streams={"s0": steady(0.8)})
    with pytest.raises(BadValue, match="subgrid=2"):
        setup(valley, event, buildings="porous")
    laid = setup(valley, event, buildings="porous", subgrid=2)
    assert laid.ground.share.min() == pytest.approx(0.0)
    assert not laid.ground.blocked.any()


@pytest.mark.parametrize(
    ("parts", "water"),
    [({"sea": steady(1.0)}, "surge"), ({"streams": {"s0": steady(1.0)}}, "river")],
)
def test_a_run_says_what_kind_of_water_came(valley, parts, water):
    event = Event("e", Words("", ""), **parts)
    assert setup(valley, event, quiet_sea=0.0).about["water"] == water


def test_a_surge_comes_over_the_island_that_ships():
    island = cities.load("tuno")
    storm = max(shock.events(island), key=lambda e: e.sea_peak or 0.0)
    late = Series(storm.sea.seconds, storm.sea.values)
    made = simulate(island, Event("s", storm.name, sea=late), hours=1.0)
    assert abs(made.balance.error) < 1.0
    assert made.depth.shape == island.grid.shape

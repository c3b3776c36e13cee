"""Wind, rain by zones, what the ground takes, a fall at the edge: each against a sum by hand."""

import numpy as np
import pytest

from fjordby.errors import BadValue
from fjordby.flood.dynamic import (
    Domain,
    Forcing,
    Infiltration,
    Inflow,
    Level,
    OpenEdge,
    Options,
    Rain,
    Wind,
    run,
    steady,
)
from fjordby.flood.dynamic.options import GRAVITY
from fjordby.grid import Grid
from fjordby.shock.event import Series

#: Air of 1.247 kg/m3 (10 degrees, 1013 hPa) over water of 1000 kg/m3.
AIR = 1.247e-3


def square(cells, cell=10.0):
    return Grid(0.0, cells * cell, cell, cells, cells, "EPSG:25832")


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("origin", [0.0, 90.0, 180.0, 270.0])
def test_wind_piles_the_water_up_on_the_far_shore(origin, precision):
    """In a closed basin the surface leans against the stress: slope = tau / (rho g h).

    The drag is 0.61 + 0.063 U thousandths (after Smith & Banke 1975, doi
    10.1002/qj.49710142920). The wind rises over an hour, 27 times as long as the basin swings.
    """
    cells, depth, speed = 30, 2.0, 20.0
    grid = square(cells)
    ground = Domain(grid, np.zeros(grid.shape), 0.2, np.full(grid.shape, depth))
    rising = Series(np.array([0.0, 3600.0]), np.array([0.0, speed]))
    wind = Wind(rising, steady(origin))
    made = run(ground, Forcing(wind=wind), 4500.0, options=Options(precision=precision))
    level = made.last.depth
    east, south = level[15, -1] - level[15, 0], level[-1, 15] - level[0, 15]
    slope = AIR * (0.61 + 0.063 * speed) * 1e-3 * speed**2 / (GRAVITY * depth)
    due = slope * (cells - 1) * grid.cell
    lean = {270.0: (due, 0.0), 90.0: (-due, 0.0), 0.0: (0.0, due), 180.0: (0.0, -due)}[origin]
    # What is left of the swing is a few per cent; in single precision some units of the depth.
    near = 0.04 * due + (1e-5 if precision == "single" else 0.0)
    assert (east, south) == (pytest.approx(lean[0], abs=near), pytest.approx(lean[1], abs=near))


def test_each_zone_gets_its_own_rain():
    """30 mm/h for ten minutes in the west, 6 mm/h in the east, a ridge between them."""
    grid = square(20)
    bed = np.zeros(grid.shape)
    bed[:, 10] = 1.0
    zone = np.where(np.arange(20) < 10, 0, 1) * np.ones(grid.shape, np.int64)
    rates = np.array([30.0, 6.0]) / 3.6e6
    rain = Rain(tuple(steady(rate) for rate in rates), zone)
    made = run(Domain(grid, bed), Forcing(rain=rain), 600.0)
    assert made.last.depth[:, :10] == pytest.approx(rates[0] * 600.0, rel=2e-3)
    # What falls on the ridge, of the second zone, runs down on one side or the other, or stays.
    assert made.last.depth[:, 15] == pytest.approx(rates[1] * 600.0, rel=2e-3)
    cells = (zone == 0).sum(), (zone == 1).sum()
    assert made.balance.rain == pytest.approx((rates * cells).sum() * 600.0 * 100.0, rel=1e-3)


def test_rain_that_changes_over_time_adds_up_to_its_area():
    """A triangle of 36 mm/h at its top over 20 minutes: 6 mm."""
    grid = square(6)
    storm = Series(np.array([0.0, 600.0, 1200.0]), np.array([0.0, 1e-5, 0.0]))
    made = run(Domain(grid, np.zeros(grid.shape)), Forcing(rain=Rain((storm,))), 1800.0)
    assert made.last.depth == pytest.approx(6.0e-3, rel=1e-3)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_horton_takes_less_and_less(precision):
    """What a wet cell takes: f T + (f0 - f) (1 - exp(-k T)) / k (Horton 1941)."""
    first, last, decay, seconds = 2.0e-5, 2.0e-6, 1.0 / 900.0, 3600.0
    soil = Infiltration("horton", last, first, decay)
    taken = last * seconds + (first - last) * (1.0 - np.exp(-decay * seconds)) / decay
    assert soaked(soil, seconds, precision) == pytest.approx(taken, rel=0.01)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_green_and_ampt_take_what_their_wetting_front_lets_in(precision):
    """F - s ln(1 + F / s) = K t with s = suction x deficit (Green & Ampt 1911)."""
    rate, suction, deficit, seconds = 2.0e-6, 0.2, 0.3, 7200.0
    drawn = suction * deficit
    taken = 0.05
    for _ in range(200):
        taken = rate * seconds + drawn * np.log1p(taken / drawn)
    soil = Infiltration("green-ampt", rate, suction=suction, deficit=deficit)
    assert soaked(soil, seconds, precision) == pytest.approx(taken, rel=0.02)


def test_sewers_and_constant_soil_take_at_their_rates():
    grid = square(6)
    ground = Domain(grid, np.zeros(grid.shape), depth=np.full(grid.shape, 0.5))
    forcing = Forcing(infiltration=Infiltration(rate=2.0e-6), sewer=1.0e-6)
    made = run(ground, forcing, 3600.0).balance
    assert made.infiltration == pytest.approx(2.0e-6 * 3600.0 * 3600.0, rel=2e-3)
    assert made.sewer == pytest.approx(1.0e-6 * 3600.0 * 3600.0, rel=2e-3)
    assert made.start - made.end == pytest.approx(3.0e-6 * 3600.0 * 3600.0, rel=2e-3)


def soaked(soil, seconds, precision):
    """Return what the ground takes of half a metre of water [m]."""
    grid = square(6)
    ground = Domain(grid, np.zeros(grid.shape), depth=np.full(grid.shape, 0.5))
    options = Options(precision=precision)
    made = run(ground, Forcing(infiltration=soil), seconds, options=options)
    return made.balance.infiltration / (grid.ny * grid.nx * grid.cell_area)


def channel(slope, rough, edge, seconds=3600.0):
    """Let 6 m3/s come down a channel of 30 m until it is steady."""
    grid = Grid(0.0, 30.0, 10.0, 3, 40, "EPSG:25832")
    bed = np.tile(slope * (grid.x[-1] - grid.x), (3, 1))
    brook = Inflow("brook", np.arange(3), np.zeros(3, np.int64), steady(6.0))
    return run(Domain(grid, bed, rough), Forcing(inflows=(brook,), open_edges=(edge,)), seconds)


@pytest.mark.parametrize("slope", [0.0, 5.0e-3])
def test_water_falls_over_a_free_edge_at_critical_flow(slope):
    """The head H of the last cell with q = (2/3)^1.5 sqrt(g) H^1.5: 0.2 m2/s at 0.240 m."""
    made = channel(slope, 0.03, OpenEdge("east"), seconds=7200.0)
    head = (0.2 / ((2.0 / 3.0) ** 1.5 * np.sqrt(GRAVITY))) ** (2.0 / 3.0)
    assert head == pytest.approx(0.240, abs=5e-4)
    assert made.last.depth[:, -1] == pytest.approx(head, rel=0.01)


def test_water_leaves_over_a_sloping_edge_at_uniform_flow():
    """Depth (n q / sqrt(S))^0.6, Manning; all the way up, since the bed has the same slope."""
    made = channel(2.0e-3, 0.04, OpenEdge("east", 2.0e-3))
    due = (0.04 * 0.2 / np.sqrt(2.0e-3)) ** 0.6
    assert made.last.depth[:, 5:] == pytest.approx(due, rel=0.01)


def test_a_run_faster_than_its_waves_says_where_and_how_fast():
    """Down 5 % at n 0.015, 0.2 m2/s is faster than twice its waves; down 0.1 % it is not.

    Uniform flow there would have a Froude number of 3.1; the front is faster.
    """
    steep = channel(0.05, 0.015, OpenEdge("east", 0.05))
    (told,) = steep.cautions
    assert told.what == "supercritical"
    assert told.share > 0.9
    assert 2.0 < told.worst < 10.0
    assert 0.0 <= told.x <= 400.0
    assert 0.0 <= told.y <= 30.0
    assert channel(1.0e-3, 0.05, OpenEdge("east", 1.0e-3)).cautions == ()


@pytest.mark.parametrize("slope", [0.0, 1e-3, 2e-3, 5e-3])
def test_a_free_fall_has_its_critical_depth_on_any_slope(slope):
    """(q / ((2/3)^1.5 g^0.5))^(2/3), 0.240 m at 0.2 m2/s (Belanger)."""
    grid = Grid(0.0, 30.0, 10.0, 3, 40, "EPSG:25832")
    bed = np.tile(slope * (grid.x[-1] - grid.x), (3, 1))
    brook = Inflow("brook", np.arange(3), np.zeros(3, np.int64), steady(6.0))
    forcing = Forcing(inflows=(brook,), open_edges=(OpenEdge("east"),))
    made = run(Domain(grid, bed, 0.03), forcing, 7200.0)
    critical = (0.2 / ((2.0 / 3.0) ** 1.5 * 9.80665**0.5)) ** (2.0 / 3.0)
    assert made.last.depth[1, -1] == pytest.approx(critical, rel=0.01)


FLAT = Grid(0.0, 30.0, 10.0, 3, 4, "EPSG:25832")


@pytest.mark.parametrize(
    ("forcing", "words"),
    [
        (Forcing(rain=Rain((steady(30.0),))), "0.01 m/s.*2.78e-7"),
        (Forcing(rain=Rain((steady(-1e-6),))), "rain from 0"),
        (Forcing(rain=Rain((steady(1e-6),), np.zeros((2, 2), int))), "zones of rain of the grid"),
        (Forcing(open_edges=(OpenEdge("east"), OpenEdge("east", 0.01))), "open once"),
        (
            Forcing(
                levels=(Level("sea", np.array([1]), np.array([1]), steady(2.0)),),
                inflows=(Inflow("brook", np.array([1]), np.array([1]), steady(1.0)),),
            ),
            "brook in cells whose level is free.*15, 15",
        ),
    ],
)
def test_forcing_that_cannot_be_meant_is_refused(forcing, words):
    with pytest.raises(BadValue, match=words):
        run(Domain(FLAT, np.zeros(FLAT.shape)), forcing, 60.0)


@pytest.mark.parametrize("missing", [-9999.0, 3.4e38, -32768.0])
def test_a_number_for_missing_heights_is_refused_with_its_place(missing):
    bed = np.zeros(FLAT.shape)
    bed[0, 2] = missing
    with pytest.raises(BadValue, match=r"at 25, 25 \(row 0, column 2\).*NaN"):
        Domain(FLAT, bed)


def test_cores_in_words_are_refused():
    with pytest.raises(BadValue, match="threads from 1"):
        Options(threads="two")

"""The exact solutions are solutions: put into their equations they leave nothing over."""

import numpy as np
import pytest

from flood_validation.exact import GRAVITY, Bowl, PlaneWave, bed_below, merian_period, uniform_depth
from flood_validation.kinematic import Plane, Valley, spread


def test_a_wave_crosses_merians_basin_twice_in_a_period():
    assert merian_period(500.0, 4.0) == pytest.approx(2 * 500.0 / np.sqrt(GRAVITY * 4.0))
    assert merian_period(500.0, 4.0, mode=2) == pytest.approx(500.0 / np.sqrt(GRAVITY * 4.0))


def test_uniform_flow_balances_gravity_and_friction():
    h = uniform_depth(1.3, 2e-3, 0.04)
    assert (0.04 * 1.3) ** 2 / h ** (10 / 3) == pytest.approx(2e-3)


def test_the_advancing_wave_solves_the_whole_equations():
    """Continuity h_t + u h_x = 0, and g h_x = -g n2 u2 / h^(4/3), by differences."""
    wave, e = PlaneWave(0.7, 0.03), 1e-3
    x = np.array([100.0, 500.0, 900.0])
    h_x = (wave.depth(x + e, 2000.0) - wave.depth(x - e, 2000.0)) / (2 * e)
    h_t = (wave.depth(x, 2000.0 + e) - wave.depth(x, 2000.0 - e)) / (2 * e)
    h = wave.depth(x, 2000.0)
    np.testing.assert_allclose(h_t, -0.7 * h_x, rtol=1e-6)
    np.testing.assert_allclose(h_x, -((0.03 * 0.7) ** 2) / h ** (4 / 3), rtol=1e-6)
    assert wave.depth(np.array([1500.0]), 2000.0) == 0.0


def test_the_inertial_wave_solves_the_inertial_equations():
    """q_t + g h h_x + g n2 q2 / h^(7/3) = 0 with q = u h."""
    wave, u, n, e = PlaneWave(0.7, 0.03), 0.7, 0.03, 1e-3
    x = np.array([100.0, 500.0, 900.0])
    h = wave.inertial_depth(x, 2000.0)
    h_x = (wave.inertial_depth(x + e, 2000.0) - wave.inertial_depth(x - e, 2000.0)) / (2 * e)
    h_t = (wave.inertial_depth(x, 2000.0 + e) - wave.inertial_depth(x, 2000.0 - e)) / (2 * e)
    left = u * h_t + GRAVITY * h * h_x + GRAVITY * n**2 * (u * h) ** 2 / h ** (7 / 3)
    np.testing.assert_allclose(h_t, -u * h_x, rtol=1e-5)
    np.testing.assert_allclose(left, 0.0, atol=1e-7)
    assert (h > wave.depth(x, 2000.0)).all()


def test_the_water_in_the_bowl_obeys_the_shallow_water_equations():
    bowl, t, e = Bowl(10.0, 3000.0, 200.0), 77.0, 1e-2
    x, y = np.array([-900.0, 0.0, 1200.0]), np.array([300.0, -700.0, 0.0])
    h_t = (bowl.water(x, y, t + e) - bowl.water(x, y, t - e)) / (2 * e)
    h_x = (bowl.water(x + e, y, t) - bowl.water(x - e, y, t)) / (2 * e)
    np.testing.assert_allclose(h_t + bowl.speed(t) * h_x, 0.0, atol=1e-7)
    acceleration = (bowl.speed(t + e) - bowl.speed(t - e)) / (2 * e)
    pull = -GRAVITY * (bowl.level(x + e, t) - bowl.level(x - e, t)) / (2 * e)
    np.testing.assert_allclose(acceleration, pull, rtol=1e-5)


def test_the_water_in_the_bowl_keeps_its_volume():
    bowl = Bowl(10.0, 3000.0, 300.0)
    side = np.linspace(-3600, 3600, 721)
    x, y = np.meshgrid(side, side)
    volumes = [bowl.water(x, y, t).sum() for t in np.linspace(0.0, bowl.period, 7)]
    np.testing.assert_allclose(volumes, volumes[0], rtol=1e-5)


@pytest.mark.parametrize("advection", [True, False])
def test_the_bed_of_a_steady_flow_balances_its_forces(advection):
    x = np.linspace(0.0, 1000.0, 4001)
    h = 1.0 + 0.3 * np.exp(-16.0 * (x / 1000.0 - 0.5) ** 2)
    z = bed_below(x, h, 1.5, 0.03, advection)
    head = z + h + (1.5**2 / (2 * GRAVITY * h**2) if advection else 0.0)
    np.testing.assert_allclose(
        np.gradient(head, x)[1:-1], -((0.03 * 1.5) ** 2) / h[1:-1] ** (10 / 3), rtol=1e-5
    )


def test_all_the_rain_on_the_plane_runs_off():
    plane = Plane(100.0, 0.01, 0.03, 50e-3 / 3600, 3600.0)
    assert plane.concentration < plane.stops
    t = np.linspace(0.0, 40 * 3600.0, 8_001)
    assert np.trapezoid(plane.outflow(t), t) == pytest.approx(plane.rain * 3600.0 * 100.0, rel=1e-3)


def test_the_plane_is_steady_from_its_time_of_concentration_on():
    plane = Plane(100.0, 0.01, 0.03, 50e-3 / 3600, 3600.0)
    before, after = plane.outflow(np.array([0.5, 1.01]) * plane.concentration)
    assert before == pytest.approx(plane.rain * 100.0 * 0.5 ** (5 / 3))
    assert after == pytest.approx(plane.rain * 100.0)


def test_the_tilted_valley_comes_to_its_steady_outflow_and_loses_no_rain():
    """4.86 m3/s: 10.8 mm/h over 1.62 km2 (Di Giammarco et al. 1996)."""
    valley = Valley()
    assert valley.steady == pytest.approx(4.86)
    t = np.arange(0.0, 6 * 3600.0 + 1, 60.0)
    q = valley.outflow(t, cell=40.0)
    assert q[90] == pytest.approx(4.86, rel=0.01)
    assert np.trapezoid(q, t) == pytest.approx(4.86 * valley.stops, rel=0.02)


def test_the_spreading_flood_keeps_its_water():
    times, flows = np.array([0.0, 600.0, 3600.0]), np.array([0.0, 20.0, 20.0])
    flood = spread(times, flows, 2400.0, 0.05, reach=600.0, cell=5.0)
    area = np.pi / 2 * ((flood.radius + 2.5) ** 2 - (flood.radius - 2.5) ** 2)
    assert (flood.depth * area).sum() == pytest.approx(0.5 * 600 * 20 + 1800 * 20, rel=1e-3)
    assert (np.diff(flood.depth[flood.depth > 0.02]) < 0).all()

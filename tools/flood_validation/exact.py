"""Exact solutions that a flood engine can be held against, as plain functions of place and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]

#: Standard gravity [m/s2], CGPM 1901; the engine's.
GRAVITY = 9.80665


def merian_period(length: float, depth: float, mode: int = 1) -> float:
    """Return the period of a standing wave in a closed basin of even depth [s].

    Merian (1828): twice the length over mode times the speed of long waves.

    Parameters
    ----------
    length, depth
        Of the basin [m].
    mode
        Number of nodes.

    Examples
    --------
    >>> round(merian_period(1000.0, 10.0), 1)
    202.0
    """
    return 2.0 * length / (mode * np.sqrt(GRAVITY * depth))


def uniform_depth(flow: float, slope: float, roughness: float) -> float:
    """Return the depth of steady uniform flow on a wide slope by Manning's law [m].

    Parameters
    ----------
    flow
        Along the line of greatest slope [m2/s].
    slope
        [m/m].
    roughness
        Manning's n [s/m^(1/3)].

    Examples
    --------
    >>> round(uniform_depth(1.0, 0.001, 0.03), 3)
    0.969
    """
    return float((flow * roughness / np.sqrt(slope)) ** 0.6)


@dataclass(frozen=True)
class PlaneWave:
    """A wave that advances over a dry horizontal plane with the same speed everywhere.

    With one speed u everywhere the water moves as a whole, h(x, t) = h(u t - x), and the
    shallow-water equations come down to the balance of pressure and friction
    g h dh/dx = -g n2 u2 h^(-1/3), as Hunter et al. (2005) use it
    (doi:10.1016/j.advwatres.2005.03.007).

    The local inertial equations leave out the acceleration along the flow, u2 dh/dx, that in
    the whole equations cancels the one in time. Their own wave of even speed is therefore
    (3/7) h^(7/3) - (3/4) (u2/g) h^(4/3) = n2 u2 (u t - x): deeper by a share of the order of
    the Froude number squared.

    Parameters
    ----------
    speed
        [m/s].
    roughness
        Manning's n [s/m^(1/3)].
    """

    speed: float
    roughness: float

    def depth(self, x: Floats, seconds: float) -> Floats:
        """Return the depth of the whole shallow-water equations [m]."""
        behind = np.maximum(self.speed * seconds - np.asarray(x, float), 0.0)
        return (7.0 / 3.0 * (self.roughness * self.speed) ** 2 * behind) ** (3.0 / 7.0)

    def inertial_depth(self, x: Floats, seconds: float) -> Floats:
        """Return the depth of the local inertial equations [m]."""
        head = self.speed**2 / GRAVITY
        friction = (self.roughness * self.speed) ** 2
        behind = np.maximum(self.speed * seconds - np.asarray(x, float), 0.0)

        def one(distance: float) -> float:
            if distance <= 0.0:
                return 0.0
            return float(
                brentq(
                    lambda h: (
                        3 / 7 * h ** (7 / 3) - 0.75 * head * h ** (4 / 3) - friction * distance
                    ),
                    head,
                    100.0,
                )
            )

        return np.array([one(d) for d in behind.ravel()]).reshape(behind.shape)


@dataclass(frozen=True)
class Bowl:
    """Water that swings to and fro in a frictionless paraboloid, its surface always a plane.

    Thacker (1981), doi:10.1017/S0022112081001882. The bed is
    D ((x2 + y2) / L2 - 1); the water keeps its shape and its centre moves as sigma cos(w t)
    along x, with w2 = 2 g D / L2.

    Parameters
    ----------
    depth
        D, of the bowl below its rim [m].
    radius
        L, where the bed reaches the still level [m].
    swing
        sigma, how far the centre moves to each side [m].
    """

    depth: float
    radius: float
    swing: float

    @property
    def period(self) -> float:
        """Time of one swing to and fro [s]."""
        return float(2.0 * np.pi * self.radius / np.sqrt(2.0 * GRAVITY * self.depth))

    def bed(self, x: Floats, y: Floats) -> Floats:
        """Return the height of the bed [m]."""
        return self.depth * ((x**2 + y**2) / self.radius**2 - 1.0)

    def level(self, x: Floats, seconds: float) -> Floats:
        """Return the level of the surface where there is water [m]."""
        centre = self.swing * np.cos(2.0 * np.pi * seconds / self.period)
        return self.depth / self.radius**2 * (2.0 * centre * x - centre**2)

    def water(self, x: Floats, y: Floats, seconds: float) -> Floats:
        """Return the depth of the water [m]."""
        return np.maximum(self.level(x, seconds) - self.bed(x, y), 0.0)

    def speed(self, seconds: float) -> float:
        """Return the speed along x, the same everywhere in the water [m/s]."""
        turn = 2.0 * np.pi / self.period
        return float(-self.swing * turn * np.sin(turn * seconds))


def bed_below(x: Floats, depth: Floats, flow: float, roughness: float, advection: bool) -> Floats:
    """Return the bed over which a steady flow has a given depth, zero at the first point [m].

    The inverse way of MacDonald et al. (1997), doi:10.1061/(ASCE)0733-9429(1997)123:11(1041):
    choose the depth h(x), and the bed follows from
    dz/dx = -(1 - q2 / (g h3)) dh/dx - n2 q2 / h^(10/3), without q2 / (g h3) for the local
    inertial equations, that leave the acceleration along the flow out.

    Parameters
    ----------
    x
        Along the flow, fine and evenly spaced, shape (n,) [m].
    depth
        There [m].
    flow
        q [m2/s].
    roughness
        Manning's n [s/m^(1/3)].
    advection
        Whether the acceleration along the flow counts.
    """
    froude2 = flow**2 / (GRAVITY * depth**3) if advection else np.zeros_like(depth)
    slope = -(1.0 - froude2) * np.gradient(depth, x, edge_order=2)
    slope = slope - (roughness * flow) ** 2 / depth ** (10.0 / 3.0)
    steps = 0.5 * (slope[1:] + slope[:-1]) * np.diff(x)
    return np.concatenate([[0.0], np.cumsum(steps)])

"""Rain that runs off a plane and a tilted valley by the kinematic wave, and a flood that spreads.

The first is exact; the others are small computations in one or two dimensions on grids of their
own, independent of the flood engine's code and form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]

#: Power of the depth in Manning's law for the flow of a wide stream.
POWER = 5.0 / 3.0
GRAVITY = 9.80665


@dataclass(frozen=True)
class Plane:
    """A sloping plane under even rain (Henderson & Wooding 1964, doi:10.1029/JZ069i008p01531).

    Parameters
    ----------
    length
        Down the slope [m].
    slope
        [m/m].
    roughness
        Manning's n [s/m^(1/3)].
    rain
        [m/s].
    stops
        When the rain stops; after the plane has come to its steady state [s].
    """

    length: float
    slope: float
    roughness: float
    rain: float
    stops: float

    @property
    def conveyance(self) -> float:
        """Flow for a depth of one [m^(1/3)/s]."""
        return float(np.sqrt(self.slope) / self.roughness)

    @property
    def concentration(self) -> float:
        """Time until water from the top has come to the foot [s]."""
        return float((self.length * self.rain ** (1.0 - POWER) / self.conveyance) ** (1.0 / POWER))

    def outflow(self, seconds: Floats) -> Floats:
        """Return the flow over the foot of the plane [m2/s]."""
        return np.array([self._outflow(t) for t in np.asarray(seconds, float)])

    def _outflow(self, t: float) -> float:
        steady = self.rain * self.length
        if t <= self.stops:
            return min(self.conveyance * (self.rain * t) ** POWER, steady)

        def beyond(h: float) -> float:
            start = self.conveyance * h**POWER / self.rain
            wave = self.conveyance * POWER * h ** (POWER - 1.0)
            return start + wave * (t - self.stops) - self.length

        most = (steady / self.conveyance) ** (1.0 / POWER)
        return float(self.conveyance * brentq(beyond, 0.0, most) ** POWER)


@dataclass(frozen=True)
class Valley:
    """The tilted V-catchment of Di Giammarco et al. (1996), doi:10.1016/S0022-1694(96)80014-X.

    Two even hillsides lean on a channel; everything is tilted along the channel too.
    """

    side: float = 800.0
    length: float = 1000.0
    channel: float = 20.0
    side_slope: float = 0.05
    channel_slope: float = 0.02
    side_roughness: float = 0.015
    channel_roughness: float = 0.15
    rain: float = 10.8e-3 / 3600.0
    stops: float = 90.0 * 60.0

    @property
    def steady(self) -> float:
        """Outflow when all of the valley gives its rain [m3/s]."""
        return self.rain * self.length * (2.0 * self.side + self.channel)

    def outflow(self, seconds: Floats, cell: float = 10.0) -> Floats:
        """Return the outflow by a kinematic wave in two dimensions, first order upwind [m3/s].

        The hillside's water runs along the line of greatest slope; its foot across the valley is
        a wall, so that it all goes through the channel.
        """
        ny, nx = round(self.length / cell), round(self.side / cell)
        along, across = self.channel_slope, self.side_slope
        root = np.sqrt(np.hypot(along, across))
        right, down = (s / root / self.side_roughness for s in (across, along))
        bed = np.sqrt(along) / self.channel_roughness
        hill, stream = np.zeros((ny, nx)), np.zeros(ny)
        asked, got, t = np.asarray(seconds, float), [], 0.0
        while len(got) < asked.size:
            deepest = max(hill.max(), 1e-6), max(stream.max(), 1e-6)
            wave = POWER * max(right * deepest[0] ** (2 / 3), bed * deepest[1] ** (2 / 3))
            step = min(0.4 * cell / wave, 5.0, asked[len(got)] - t)
            rain = self.rain if t < self.stops else 0.0
            q, stream_q = hill**POWER, bed * stream**POWER
            gain = -right * q - down * q
            gain[:, 1:] += right * q[:, :-1]
            gain[1:] += down * q[:-1]
            gain[-1] += down * q[-1]
            hill = hill + step * (gain / cell + rain)
            change = 2.0 * right * q[:, -1] / self.channel + rain - stream_q / cell
            change[1:] += stream_q[:-1] / cell
            stream = stream + step * change
            t += step
            while len(got) < asked.size and t >= asked[len(got)] - 1e-9:
                got.append(bed * stream[-1] ** POWER * self.channel)
        return np.array(got)


@dataclass(frozen=True)
class Spread:
    """Water that spreads in a half circle from a wall over a dry plane: the depth by radius."""

    radius: Floats
    depth: Floats
    speed: Floats
    arrival: Floats


def spread(
    times: Floats, flows: Floats, until: float, roughness: float,
    reach: float = 1200.0, cell: float = 2.0, source: float = 6.37, wet: float = 0.01,
) -> Spread:  # fmt: skip
    """Return the axisymmetric flood of a plane, by local inertia in one dimension.

    A reference for flow over a wide plain from a short opening in a wall: the wall makes it half
    of a round flood of twice the flow. Depth and flow depend on the radius alone.

    Parameters
    ----------
    times, flows
        The inflow [s, m3/s].
    until
        When depth and speed are wanted [s].
    roughness
        Manning's n [s/m^(1/3)].
    reach, cell
        Of the radial grid [m].
    source
        Radius at which the water enters; a half circle of 20 m for the default [m].
    wet
        Depth that counts as arrived [m].
    """
    faces = source + cell * np.arange(round(reach / cell) + 1)
    middle = 0.5 * (faces[1:] + faces[:-1])
    area = np.pi / 2.0 * (faces[1:] ** 2 - faces[:-1] ** 2)
    depth, q = np.zeros(middle.size), np.zeros(faces.size)
    arrival, t = np.full(middle.size, np.nan), 0.0
    while t < until - 1e-9:
        step = min(0.4 * cell / np.sqrt(GRAVITY * max(depth.max(), 0.05)), until - t)
        front = np.maximum(depth[1:], depth[:-1])
        flowing = front > 1e-5
        hf = np.where(flowing, front, 1.0)
        pull = GRAVITY * step * hf * (depth[1:] - depth[:-1]) / cell
        drag = 1.0 + GRAVITY * step * roughness**2 * np.abs(q[1:-1]) / hf ** (7.0 / 3.0)
        q[1:-1] = np.where(flowing, (q[1:-1] - pull) / drag, 0.0)
        room = 0.25 * area / step / (np.pi * faces[1:])
        q[1:-1] = np.clip(q[1:-1], -depth[1:] * room[1:], depth[:-1] * room[:-1])
        q[0] = np.interp(t + step / 2, times, flows) / (np.pi * faces[0])
        depth = depth + step * np.pi * (faces[:-1] * q[:-1] - faces[1:] * q[1:]) / area
        t += step
        arrival[np.isnan(arrival) & (depth >= wet)] = t
    speed = np.where(depth > 1e-3, 0.5 * (q[1:] + q[:-1]) / np.maximum(depth, 1e-3), 0.0)
    return Spread(middle, depth, speed, arrival)

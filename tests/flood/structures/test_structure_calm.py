"""A law without inertia beside water with it: the flow settles, and does not swing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fjordby.flood.dynamic.structures import Culvert, kernels, lay

G = 9.80665
NONE = 1.0e9
CELL = 10.0

#: Law, crest, lid, coefficient and depth of water: drowned and free, deep and shallow.
CASES = {
    "a drowned dike": (0, 1.5, NONE, 1.0, 3.0),
    "a sill on the ground": (0, 0.0, NONE, 1.0, 2.0),
    "a thin wall just drowned": (1, 1.5, NONE, 1.0, 2.2),
    "a dike with free overflow": (0, 2.5, NONE, 1.0, 3.0),
    "a drowned gate": (2, 0.0, 0.8, 0.611, 2.5),
    "a bridge that is not touched": (3, 0.0, 4.0, 0.1, 2.0),
}


def channel(law, crest, lid, coefficient, depth, eased=True, cells=40, seconds=3000.0):
    """Run a level channel with a structure in its middle, 0.4 m2/s in at the west, out at the east.

    The local inertial form with theta = 0.9 (de Almeida et al. 2012), n = 0.03 and a step of 0.7
    of what waves allow. Returns the last 400 flows in the middle and the levels beside it.
    """
    h = np.full(cells, depth)
    q = np.zeros(cells + 1)
    middle, seen, east = cells // 2, [], depth
    if crest > 2.0:
        h[middle:] = east = crest - 1.0
    dt = 0.7 * CELL / np.sqrt(G * depth)
    for _ in range(int(seconds / dt)):
        face = np.maximum(h[1:], h[:-1])
        push = G * face * (h[:-1] - h[1:]) * dt / CELL
        before = q[middle]
        mean = 0.9 * q[1:-1] + 0.05 * (q[:-2] + q[2:])
        q[1:-1] = (mean + push) / (1.0 + G * dt * 0.03**2 * np.abs(q[1:-1]) / face ** (7 / 3))
        one, two = h[middle - 1], h[middle]
        flow = kernels.edge_flow(law, one, 0.0, two, 0.0, crest, lid, 1.0, coefficient, 0)
        q[middle] = kernels.ease(flow, before, push[middle - 1]) if eased else flow
        q[0] = 0.4
        q[-1] = np.sqrt(G * east) * (h[-1] - east) + 0.4  # waves leave
        h += dt / CELL * (q[:-1] - q[1:])
        seen.append(q[middle])
    return np.array(seen[-400:]), h[middle - 1], h[middle]


@pytest.mark.parametrize("case", CASES)
def test_a_structure_in_a_channel_settles_at_its_law(case):
    law, crest, lid, coefficient, depth = CASES[case]
    seen, one, two = channel(law, crest, lid, coefficient, depth)
    assert_allclose(seen, 0.4, rtol=1e-3)
    by_law = kernels.edge_flow(law, one, 0.0, two, 0.0, crest, lid, 1.0, coefficient, 0)
    assert_allclose(by_law, 0.4, rtol=1e-3)


def test_without_inertia_the_same_law_swings():
    """What the easing is for: the flow over a sill jumps by more than itself at every step."""
    law, crest, lid, coefficient, depth = CASES["a sill on the ground"]
    seen, _, _ = channel(law, crest, lid, coefficient, depth, eased=False)
    assert np.ptp(seen) > 0.4


def test_two_basins_joined_by_a_culvert_come_to_rest(flat):
    """Two cells of 100 m2 and a box culvert: 0.4 m of drop is gone, with little left to swing."""
    laid = lay([Culvert("c", (5, 5), (95, 5), 0.0, 0.0, 1.0, width=1.0, length=20.0)], flat())
    levels, flow, dt = np.array([2.0, 1.6]), 0.0, 0.5
    for _ in range(20000):
        law = kernels.link_flow(0, levels[0], levels[1], laid.links)
        push = kernels.link_push(0, levels[0], levels[1], laid.links, dt, 10.0)
        flow = kernels.ease(law, flow, push)
        levels += np.array([-1.0, 1.0]) * flow * dt / 100.0
    assert_allclose(levels, 1.8, atol=1e-3)
    assert abs(flow) < 0.02

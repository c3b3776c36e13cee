"""The loops under the made-up town: cheapest ways, streets, boxes; compiled and as plain Python."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import affinity

from fjordby.city.town import kernels as ways
from fjordby.city.town.boxes import kernels as turned
from fjordby.city.town.routes import MOVES
from kernels_run import WAYS, kernels_run


@pytest.fixture(params=WAYS, scope="module")
def any_kernels(request):
    """The kernels as users run them, then as plain Python: both must tell the same story."""
    with kernels_run(request.param, ways, turned, more_than=1):
        yield


def walk(factor, height, start, goal):
    n = factor.size
    best, came = np.full(n, np.inf), np.full(n, -1, np.int64)
    aim = np.zeros(factor.shape, bool)
    aim[goal] = True
    found = ways.cheapest_way(
        factor, height, aim, start[0] * factor.shape[1] + start[1], 10.0, 0.06, MOVES, best, came,
        np.empty(8 * n), np.empty(8 * n, np.int64),
    )  # fmt: skip
    return found, best[found] if found >= 0 else np.inf


def test_a_road_on_flat_land_is_as_long_as_the_line(any_kernels):
    """Ten cells of 10 m east, and a knight's step of sqrt(5) cells: known by hand."""
    flat = np.zeros((12, 12))
    assert walk(flat + 1.0, flat, (5, 0), (5, 10))[1] == pytest.approx(100.0)
    assert walk(flat + 1.0, flat, (5, 0), (6, 2))[1] == pytest.approx(10.0 * np.sqrt(5.0))


def test_a_climb_of_the_slope_scale_doubles_the_cost(any_kernels):
    hill = np.repeat(np.arange(12.0)[None, :] * 0.6, 12, axis=0)
    flat = np.zeros((12, 12))
    flat_cost = walk(flat + 1.0, flat, (5, 0), (5, 10))[1]
    assert walk(flat + 1.0, hill, (5, 0), (5, 10))[1] == pytest.approx(2.0 * flat_cost)


def test_a_road_goes_round_the_water_or_not_at_all(any_kernels):
    flat = np.zeros((12, 12))
    factor = flat + 1.0
    factor[:9, 5:7] = 0.0
    found, cost = walk(factor, flat, (2, 0), (2, 11))
    assert found >= 0
    assert cost > 150.0
    factor[:, 5:7] = 0.0
    assert walk(factor, flat, (2, 0), (2, 11))[0] == -1


def test_no_road_ends_in_the_water(any_kernels):
    flat = np.zeros((12, 12))
    factor = flat + 1.0
    factor[5, 10] = 0.0
    assert walk(factor, flat, (5, 0), (5, 10))[0] == -1


box = st.tuples(
    st.floats(-20, 20), st.floats(-20, 20), st.floats(0, np.pi), st.floats(1, 12), st.floats(1, 12)
)


def as_polygon(x, y, angle, half_length, half_width):
    flat = shapely.box(-half_length, -half_width, half_length, half_width)
    return affinity.translate(affinity.rotate(flat, angle, (0, 0), use_radians=True), x, y)


@given(box, box)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_boxes_touch_as_polygons_do(any_kernels, a, b):
    """Shapely's intersection is the rival; pairs that only just meet are left out."""
    one, other = as_polygon(*a), as_polygon(*b)
    overlap = one.intersection(other).area
    if 0.0 < overlap < 1e-6 or (overlap == 0.0 and one.distance(other) < 1e-6):
        return

    def numbers(one):
        return one[0], one[1], np.cos(one[2]), np.sin(one[2]), one[3], one[4]

    assert turned.boxes_touch(*numbers(a), *numbers(b)) == (overlap > 0)
    assert turned.boxes_touch(*numbers(b), *numbers(a)) == (overlap > 0)


def claim(wanted, quota=None, quota_of=None, group=None, grow=0.0):
    n = len(wanted)
    taken = np.zeros(n, bool)
    cells = 10 * 10
    count, _ = turned.claim(
        wanted, np.arange(n) if group is None else group, np.full(n, grow),
        np.full(n, -1) if quota_of is None else quota_of,
        np.zeros(1) if quota is None else quota, np.ones(n), np.zeros((n + 1, 6)), 0, 0,
        np.full(cells, -1), np.full(40 * n, -1), np.zeros(40 * n, np.int64), 0.0, 400.0, 40.0,
        10, 10, taken,
    )  # fmt: skip
    assert count == taken.sum()
    return taken


def random_boxes(n, seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, n)
    x, y = rng.uniform(20, 380, (2, n))
    return np.column_stack(
        [x, y, np.cos(angle), np.sin(angle), rng.uniform(4, 30, n), rng.uniform(3, 20, n)]
    )


def test_boxes_that_stand_do_not_touch_and_those_refused_would(any_kernels):
    wanted = random_boxes(60, 4)
    taken = claim(wanted)
    angle = np.arctan2(wanted[:, 3], wanted[:, 2])
    shape = [as_polygon(w[0], w[1], a, w[4], w[5]) for w, a in zip(wanted, angle, strict=True)]
    standing = [s for s, t in zip(shape, taken, strict=True) if t]
    for i, one in enumerate(standing):
        assert all(one.intersection(o).area < 1e-6 for o in standing[:i])
    refused = [s for s, t in zip(shape, taken, strict=True) if not t]
    assert refused
    assert all(any(s.intersects(o) for o in standing) for s in refused)


def test_a_quota_is_a_quota(any_kernels):
    wanted = random_boxes(40, 5)
    wanted[:, 4:] = 1.0
    wanted[:, 0] = np.arange(40) * 9.0 + 5.0
    quota = np.array([3.0, 7.0])
    taken = claim(wanted, quota, np.arange(40) % 2)
    assert taken[::2].sum() == 3
    assert taken[1::2].sum() == 7


def test_a_group_stands_or_falls_together(any_kernels):
    free = np.array([50.0, 50.0, 1.0, 0.0, 5.0, 5.0])
    beside = np.array([70.0, 50.0, 1.0, 0.0, 5.0, 5.0])
    far = np.array([200.0, 200.0, 1.0, 0.0, 5.0, 5.0])
    taken = claim(np.array([free, beside, beside, far]), group=np.array([0, 0, 1, 1]))
    assert taken.tolist() == [True, True, False, False]


def follow(cos2, sin2, allowed, gap=60.0, steepest=0.2, height=None):
    out = np.empty((50, 2))
    shape = allowed.shape
    n, why = ways.trace(
        100.0, 105.0, 1.0, 0, cos2, sin2, allowed, np.full(shape, gap),
        np.zeros(shape) if height is None else height, steepest, 0.0, 200.0, 10.0, 6.0, 50,
        np.zeros(1), np.zeros(1), np.zeros(1, np.int64), np.full(4, -1), np.full(1, -1), 160.0,
        2, 2, out,
    )  # fmt: skip
    return out[:n], why


def test_a_street_follows_the_field_to_the_edge(any_kernels):
    flat = np.zeros((20, 40))
    xy, why = follow(flat + 1.0, flat, np.ones((20, 40), bool))
    assert why == 0
    assert np.allclose(xy[:, 1], 105.0)
    assert np.allclose(np.diff(xy[:, 0]), 6.0)
    assert 394.0 <= xy[-1, 0] <= 400.0


def test_a_street_stops_at_water_and_on_a_slope(any_kernels):
    flat = np.zeros((20, 40))
    allowed = np.ones((20, 40), bool)
    allowed[:, 20] = False
    assert follow(flat + 1.0, flat, allowed)[0][-1, 0] < 200.0
    hill = np.repeat(np.maximum(np.arange(40.0) - 25, 0)[None, :] * 5.0, 20, axis=0)
    assert follow(flat + 1.0, flat, np.ones((20, 40), bool), height=hill)[0][-1, 0] < 275.0


def test_a_street_that_turns_in_a_ring_does_not_run_over_itself(any_kernels):
    y, x = np.mgrid[0:20, 0:40]
    angle = np.arctan2(-(y - 9.5), x - 6.0) + np.pi / 2
    xy, why = follow(np.cos(2 * angle), np.sin(2 * angle), np.ones((20, 40), bool), gap=20.0)
    assert why == 2
    assert len(xy) < 50

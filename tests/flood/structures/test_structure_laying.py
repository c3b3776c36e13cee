"""Lines on faces: tight, as long as they are drawn, and contradictions named with their place."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from shapely import LineString, MultiLineString, Point, Polygon, contains_xy

from fjordby.errors import BadValue
from fjordby.flood.dynamic.structures import (
    NEVER,
    Breach,
    Bridge,
    Culvert,
    Flap,
    Gate,
    Laid,
    Pump,
    ShutAbove,
    Wall,
    kernels,
    lay,
)
from fjordby.flood.dynamic.structures.course import course
from fjordby.grid import Grid

RULE = ShutAbove(1.0, 0.8)


def wall_faces(laid):
    """Where a face has an entry: masks of west and of north faces."""
    masks = []
    for table in (laid.faces_x, laid.faces_y):
        rows = np.repeat(np.arange(table.start.size - 1), np.diff(table.start))
        mask = np.zeros((table.start.size - 1, 400), bool)
        mask[rows, table.column] = True
        masks.append(mask)
    return masks


def reached(domain, laid, start):
    """Cells that water reaches from one cell without passing a face with an entry."""
    west, north = wall_faces(laid)
    seen = np.zeros(domain.grid.shape, bool)
    queue = [start]
    seen[start] = True
    while queue:
        r, c = queue.pop()
        for there, shut in (
            ((r, c - 1), west[r, c]),
            ((r, c + 1), c + 1 < domain.grid.nx and west[r, c + 1]),
            ((r - 1, c), north[r, c]),
            ((r + 1, c), r + 1 < domain.grid.ny and north[r + 1, c]),
        ):
            inside = 0 <= there[0] < domain.grid.ny and 0 <= there[1] < domain.grid.nx
            if inside and not shut and not seen[there]:
                seen[there] = True
                queue.append(there)
    return seen


@given(
    angles=st.lists(st.floats(0.0, 6.28), min_size=4, max_size=9, unique=True),
    radii=st.lists(st.floats(12.0, 44.0), min_size=9, max_size=9),
    cell=st.sampled_from([2.5, 5.0, 10.0, 20.0]),
    east=st.floats(-3.0, 3.0),
)
@settings(max_examples=50, deadline=None)
def test_a_closed_wall_is_tight_at_every_cell_size(flat, angles, radii, cell, east):
    ring = [
        (50 + east + r * math.cos(a), 50 + r * math.sin(a))
        for a, r in zip(sorted(angles), radii, strict=False)
    ]
    shape = Polygon(ring)
    assume(shape.is_valid)
    count = int(100 / cell)
    domain = flat(count, count, cell)
    x, y = np.meshgrid(domain.grid.x, domain.grid.y)
    inside = contains_xy(shape, x, y) & ~contains_xy(shape.boundary.buffer(0.01), x, y)
    assume(inside.any())
    laid = lay([Wall("ring", LineString([*ring, ring[0]]), 2.0)], domain)
    assert not (reached(domain, laid, (0, 0)) & inside).any()


@pytest.mark.parametrize("degrees", [0.0, 10.0, 26.565, 45.0, 63.4, 90.0, 130.0])
def test_a_slanting_wall_is_as_long_as_it_is_drawn(flat, degrees):
    """The shares of its faces add up to its length, though a staircase is longer."""
    grid = flat(100, 100, 5.0).grid
    way = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    ends = np.array([251.3, 248.9]) + np.outer([-180.0, 180.0], way)
    found, _ = course(LineString(ends), grid)
    assert_allclose(found.share.sum() * 5.0, 360.0, atol=8.0)
    straight = degrees % 90.0 == 0.0
    assert (found.share.sum() * 5.0 < 5.0 * len(found) - 20.0) != straight


def test_a_straight_wall_stands_full_on_its_faces(flat):
    laid = lay([Wall("w", LineString([(50, -5), (50, 105)]), 2.0)], flat())
    assert laid.faces_x.column.tolist() == [5] * 10
    assert laid.faces_x.start.tolist() == list(range(11))
    assert laid.faces_y.column.size == 0
    for column, value in (("crest", 2.0), ("share", 1.0), ("coefficient", 1.0), ("first", 1)):
        assert_allclose(getattr(laid.faces_x, column), value)


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ([(50, 5), (50, 95)], 1),  # northwards: its left is west
        ([(50, 95), (50, 5)], -1),
        ([(5, 50), (95, 50)], 1),  # eastwards: its left is north
        ([(95, 50), (5, 50)], -1),
    ],
)
def test_flow_is_positive_from_the_left_of_a_line_to_its_right(flat, line, sign):
    laid = lay([Wall("w", LineString(line), 2.0)], flat())
    across, down = (np.ones(t.column.size) for t in (laid.faces_x, laid.faces_y))
    assert laid.flows(across, down, np.zeros(0)).tolist() == [sign * (across.size + down.size)]


def test_a_wall_below_the_ground_on_one_side_is_plain_ground(flat):
    bed = np.zeros((10, 10))
    bed[:5] = 3.0
    laid = lay([Wall("w", LineString([(50, -5), (50, 105)]), 2.0)], flat(bed=bed))
    assert laid.faces_x.start.tolist() == [0] * 6 + [1, 2, 3, 4, 5]


def test_a_wall_along_a_block_needs_no_entry(flat):
    bed = np.zeros((10, 10))
    bed[4, 5] = np.nan
    laid = lay([Wall("w", LineString([(50, -5), (50, 105)]), 2.0)], flat(bed=bed))
    assert laid.faces_x.column.size == 9


def test_the_higher_of_two_walls_on_one_face_counts(flat):
    walls = [Wall("low", LineString([(49, -5), (49, 105)]), 1.0),
             Wall("high", LineString([(51, -5), (51, 105)]), 2.0)]  # fmt: skip
    for order in (walls, walls[::-1]):
        laid = lay(order, flat())
        assert set(laid.faces_x.crest) == {2.0}
        assert {laid.names[k] for k in laid.faces_x.owner} == {"high"}


def test_a_dip_in_a_crest_is_seen_though_it_is_narrower_than_a_cell(flat):
    """A crest of 3 m with a dip to 1 m, 6 m wide: the overflow at 2 m is that of the dip."""
    line = LineString([(50, 0), (50, 41), (50, 44), (50, 47), (50, 100)])
    laid = lay([Wall("w", line, (3.0, 3.0, 1.0, 3.0, 3.0))], flat())
    table = laid.faces_x
    q = sum(
        kernels.edge_flow(
            table.law[p], 2.0, 0.0, 0.0, 0.0, table.crest[p], table.lid[p], table.share[p],
            table.coefficient[p], table.way[p],
        )
        for p in range(table.column.size)
    ) * 10.0  # fmt: skip
    s = np.linspace(41.0, 47.0, 4001)
    head = np.maximum(2.0 - (1.0 + 2.0 * np.abs(s - 44.0) / 3.0), 0.0)
    want = np.trapezoid(1.7046 * head**1.5, s)
    assert_allclose(q, want, rtol=0.25)
    assert table.crest.min() < 2.0 < table.crest.max()


def test_a_crest_that_slopes_is_followed(flat):
    laid = lay([Wall("w", LineString([(50, 0), (50, 100)]), (1.0, 2.0))], flat())
    table = laid.faces_x
    for row in range(10):
        mine = table.crest[table.start[row] : table.start[row + 1]]
        assert_allclose(mine.mean(), 1.0 + (95.0 - 10.0 * row) / 100.0, atol=1e-3)


def test_a_wall_of_several_parts_is_one_wall(flat):
    parts = MultiLineString([[(50, 0), (50, 40)], [(50, 60), (50, 100)]])
    laid = lay([Wall("w", parts, 2.0)], flat())
    assert laid.faces_x.start.tolist() == [0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8]


def test_a_gate_narrower_than_a_cell_takes_its_share_of_one_face(flat):
    """A gate of 3 m in a wall, cells of 10 m: 0.3 of one face; the wall keeps 0.7."""
    laid = lay(
        [
            Wall("w", LineString([(50, -5), (50, 105)]), 2.0),
            Gate("g", LineString([(50, 43), (50, 46)]), 0.0, 2.5, RULE),
        ],
        flat(),
    )
    table = laid.faces_x
    mine = slice(table.start[5], table.start[6])
    assert table.first[mine].tolist() == [1, 0, 0]
    by = {
        (laid.names[table.owner[p]], int(table.law[p])): (table.share[p], table.crest[p])
        for p in range(mine.start, mine.stop)
    }
    assert by[("w", kernels.BROAD)] == pytest.approx((0.7, 2.0))
    assert by[("g", kernels.OPENING)] == pytest.approx((0.3, 0.0))
    assert by[("g", kernels.SHARP)] == pytest.approx((0.3, 2.5))
    assert np.diff(table.start).tolist() == [1] * 5 + [3] + [1] * 4


def test_a_gate_between_two_walls_closes_the_gap(flat):
    """Walls end at 40 and 60 m; a gate of 20 m between them takes both faces."""
    laid = lay(
        [
            Wall("w", MultiLineString([[(50, -5), (50, 40)], [(50, 60), (50, 105)]]), 2.0),
            Gate("g", LineString([(50, 40), (50, 60)]), 0.0, 2.5, RULE),
        ],
        flat(),
    )
    assert (np.diff(laid.faces_x.start) >= 1).all()
    opening = laid.faces_x.law == kernels.OPENING
    assert_allclose(laid.faces_x.share[opening], 1.0)
    assert opening.sum() == 2


def test_a_wide_gate_opens_no_more_than_its_clear_width(flat):
    gate = Gate("g", LineString([(50, 20), (50, 60)]), 0.0, 2.5, RULE, width=24.0)
    laid = lay([gate], flat())
    opening = laid.faces_x.law == kernels.OPENING
    assert_allclose(laid.faces_x.share[opening].sum() * 10.0, 24.0)
    beside = laid.faces_x.law == kernels.BROAD
    assert_allclose(laid.faces_x.share[beside].sum() * 10.0, 16.0)


def test_a_short_gate_that_meets_no_step_takes_the_wall_beside_it(flat):
    """The gate lies between two rows of centres; the wall stands on the faces nearby."""
    laid = lay(
        [
            Wall("w", LineString([(53, -5), (53, 105)]), 2.0),
            Gate("g", LineString([(53, 49), (53, 51)]), 0.0, 2.5, RULE),
        ],
        flat(),
    )
    opening = laid.faces_x.law == kernels.OPENING
    assert opening.sum() == 1
    assert laid.faces_x.column[opening].tolist() == [5]
    assert_allclose(laid.faces_x.share[opening], 0.2)


def test_a_flap_opens_from_left_to_right(flat):
    for line, way in (([(50, 44), (50, 46)], 1), ([(50, 46), (50, 44)], -1)):
        laid = lay([Flap("f", LineString(line), 0.0, 2.0, height=0.6)], flat())
        opening = laid.faces_x.law == kernels.OPENING
        assert laid.faces_x.way[opening].tolist() == [way]
        assert_allclose(laid.faces_x.lid[opening], 0.6)
        assert laid.faces_x.way[~opening].tolist() == [0, 0]


def test_a_bridge_leaves_the_stream_its_bed(flat):
    bridge = Bridge("b", LineString([(20, 50), (60, 50)]), 1.5, 2.2, piers=0.1)
    laid = lay([bridge], flat())
    table = laid.faces_y
    under = table.law == kernels.BRIDGE
    assert under.sum() == 4
    assert_allclose(table.share[under], 0.9)
    assert_allclose(table.crest[under], -NEVER)
    assert_allclose(table.lid[under], 1.5)
    assert_allclose(table.crest[~under], 2.2)
    # 0.5 p + p^2, and the friction of a cell: 2 g n2 dx / h^(4/3) with n = 0.035, h = 1.5 m
    friction = 2 * 9.80665 * 0.035**2 * 10.0 / 1.5 ** (4 / 3)
    assert_allclose(table.coefficient[under], 0.05 + 0.01 + friction, rtol=1e-9)


def test_links_know_their_cells_and_stand_on_the_ground(flat):
    bed = np.zeros((10, 10))
    bed[9, 0] = 0.4
    laid = lay(
        [
            Culvert("c", (5, 5), (35, 5), 0.1, -0.2, 0.8, width=1.2),
            Pump("p", (95, 95), None, (1.0,), (0.5,), (0.0,), (1.0,), outlet=2.0),
            Pump("q", (95, 95), (5, 95), (1.0,), (0.5,), (0.0,), (1.0,)),
        ],
        flat(bed=bed),
    )
    links = laid.links
    assert list(zip(links.row0, links.column0, strict=True)) == [(9, 0), (0, 9), (0, 9)]
    assert list(zip(links.row1, links.column1, strict=True)) == [(9, 3), (-1, -1), (0, 0)]
    assert links.values[:, kernels.INVERT0].tolist() == [0.4, 0.0, 0.0]
    assert links.values[:, kernels.INVERT1].tolist() == [0.0, 2.0, 0.0]
    assert links.law.tolist() == [kernels.CULVERT, kernels.PUMP, kernels.PUMP]
    assert kernels.link_flow(0, 1.0, 0.5, links) > 0.0
    assert kernels.link_flow(1, 1.0, -math.inf, links) == 0.0  # not started yet


def test_nothing_is_laid_where_there_is_nothing(flat):
    empty = Laid.none(flat())
    assert empty.faces_x.start.tolist() == [0] * 11
    assert empty.flows(np.zeros(0), np.zeros(0), np.zeros(0)).size == 0
    empty.update(5.0, None)
    same = lay([], flat())
    assert same.links.values.shape == empty.links.values.shape


def test_tables_are_contiguous_and_of_the_kinds_the_engine_expects(flat):
    laid = lay(
        [Wall("w", LineString([(50, -5), (50, 105)]), 2.0),
         Culvert("c", (5, 5), (35, 5), 0.1, -0.2, 0.8)],
        flat(),
    )  # fmt: skip
    kinds = {"law": np.int8, "way": np.int8, "first": np.int8, "toward": np.int8,
             "start": np.int64, "column": np.int64, "owner": np.int64}  # fmt: skip
    for table in (laid.faces_x, laid.faces_y):
        for name, values in table._asdict().items():
            assert values.flags.c_contiguous
            assert values.dtype == kinds.get(name, np.float64), name
    for values in laid.links:
        assert values.flags.c_contiguous


LINE = LineString([(50, 44), (50, 46)])
WALL = Wall("w", LineString([(50, -5), (50, 105)]), 2.0)
WRONG = {
    "off the map": (lambda: [Wall("w", LineString([(500, 0), (500, 9)]), 1.0)], "on the map.*500"),
    "a short wall": (
        lambda: [Wall("w", LineString([(51, 51), (53, 53)]), 1.0)],
        r"passes between two cells.*2\.8 m at 51\.0, 51\.0",
    ),
    "two gates": (
        lambda: [Gate("g", LINE, 0.0, 2.0, RULE), Flap("f", LINE, 0.0, 2.0)],
        r"contradictory structures g and f .* at 50\.0, 45\.0",
    ),
    "a gate in a block": (
        lambda: [Gate("g", LineString([(30, 74), (30, 76)]), 0.0, 2.0, RULE)],
        r"ground on both sides of g.*30\.0, 75\.0",
    ),
    "a gate at the rim": (
        lambda: [Gate("g", LineString([(0.5, 74), (0.5, 76)]), 0.0, 2.0, RULE)],
        "ground on both sides of g",
    ),
    "a pump in a block": (
        lambda: [Pump("p", (25, 75), None, (1.0,), (0.5,), (0.0,), (1.0,), outlet=0.0)],
        r"start of p where there is ground.*25\.0, 75\.0 \(row 2, column 2\)",
    ),
    "a culvert off the map": (
        lambda: [Culvert("c", (5, 5), (5, -75), 0.0, 0.0, 1.0)],
        r"end of c on the map.*5\.0, -75\.0",
    ),
    "a culvert within a cell": (
        lambda: [Culvert("c", (51, 51), (58, 58), 0.0, 0.0, 1.0)],
        "ends of c in two cells.*row 4, column 5",
    ),
    "a pump in a circle": (
        lambda: [Pump("p", (51, 51), (52, 52), (1.0,), (0.5,), (0.0,), (1.0,))],
        "start and the end of p in two cells",
    ),
    "a pump to nowhere": (
        lambda: [Pump("p", (5, 5), None, (1.0,), (0.5,), (0.0,), (1.0,))],
        "height that p lifts to",
    ),
    "a wrong inlet": (
        lambda: [Culvert("c", (5, 5), (25, 5), 0.0, 0.0, 1.0, inlet="box_wings_0")],
        "inlet for a round culvert as c.*concrete_square_edge",
    ),
    "a breach of no wall": (
        lambda: [WALL, Breach("b", "v", 50, 50, 0.0, 9.0, start=0.0)],
        "wall for the breach b.*'v'.*The walls are: w",
    ),
    "a breach beside": (
        lambda: [WALL, Breach("b", "w", 80, 50, 0.0, 9.0, start=0.0)],
        r"breach b on its wall w.*30\.0 m beside",
    ),
    "a breach of ground": (
        lambda: [
            Wall("w", LineString([(50, -5), (50, 105)]), -1.0),
            Breach("b", "w", 50, 50, -2.0, 9.0, start=0.0),
        ],
        "nothing to break at 50",
    ),
    "two breaches": (
        lambda: [
            WALL,
            Breach("a", "w", 50, 50, 0.0, 30.0, start=0.0),
            Breach("b", "w", 50, 70, 0.0, 30.0, start=0.0),
        ],
        "contradictory structures a and b",
    ),
    "one name": (lambda: [WALL, Flap("w", LINE, 0.0, 1.0)], "name of its own.*w"),
    "a breach above its wall": (
        lambda: [WALL, Breach("b", "w", 50, 50, 9.0, 9.0, start=0.0)],
        r"sill of the breach b below the crest of w.*9\.00 m at 50\.0",
    ),
    "a line with a hole": (
        lambda: [Wall("w", LineString([(50, 0), (50, np.inf), (50, 100)]), 1.0)],
        "line whose points are known for w.*point 2 of 3",
    ),
    "a deck in feet": (
        lambda: [Bridge("b", LINE, 1.0, 2.0, coefficient=np.nan)],
        "weir coefficient from 0.5 to 4.* for b",
    ),
    "a pump that never starts": (
        lambda: [Pump("p", (5, 5), None, (np.inf,), (0.5,), (0.0,), (1.0,), outlet=0.0)],
        "start or stop level for p.*inf",
    ),
    "a pump to an unknown height": (
        lambda: [Pump("p", (5, 5), None, (1.0,), (0.5,), (0.0,), (1.0,), outlet=np.nan)],
        "number as outlet for p",
    ),
    "power in words": (
        lambda: [Pump("p", (5, 5), None, (1.0,), (0.5,), (0.0,), (1.0,), outlet=0.0, power="on")],
        "power as a series or a function for p.*'on'",
    ),
    "no structure": (lambda: [WALL, "dike"], "walls, breaches, gates.*str 'dike'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_said_with_its_name_and_place(flat, case):
    make, words = WRONG[case]
    bed = np.zeros((10, 10))
    bed[2, 2:4] = np.nan
    with pytest.raises(BadValue, match=words):
        lay(make(), flat(bed=bed))


RECORDS = {
    "a crest that is no number": (lambda: Wall("w", LINE, np.nan), "crests.*w.*50, 44"),
    "one crest too few": (lambda: Wall("w", LINE, (1.0, 2.0, 3.0)), "one for each of its 2"),
    "a wall as a point": (lambda: Wall("w", Point(1, 2), 1.0), "a line for w.*Point"),
    "a weir in feet": (lambda: Wall("w", LINE, 1.0, coefficient=5.6), "weir coefficient"),
    "a gate upside down": (lambda: Gate("g", LINE, 2.0, 1.0, RULE), "top above the sill.*g"),
    "a gate of no kind": (lambda: Gate("g", LINE, 0.0, 1.0, RULE, kind="up"), "kind among lift"),
    "a gate without rule": (lambda: Gate("g", LINE, 0.0, 1.0, 0.5), "a rule or a schedule"),
    "a leaf that sucks": (lambda: Gate("g", LINE, 0.0, 1.0, RULE, contraction=0.2), "contraction"),
    "a bridge of piers": (lambda: Bridge("b", LINE, 1.0, 2.0, piers=1.0), "piers"),
    "a deck upside down": (lambda: Bridge("b", LINE, 2.0, 1.0), "top above the underside"),
    "a culvert of no height": (lambda: Culvert("c", (0, 0), (9, 9), 0, 0, 0.0), "height above"),
    "a culvert nowhere": (lambda: Culvert("c", (0, 0), (9, 9), np.nan, 0, 1.0), "start floor"),
    "a breach that never starts": (lambda: Breach("b", "w", 0, 0, 0, 9.0), "start .* or a trigger"),
    "a breach of no width": (lambda: Breach("b", "w", 0, 0, 0, 0.0, start=0.0), "width above zero"),
    "a breach of its own kind": (
        lambda: Breach("b", "w", 0, 0, 0, 9.0, start=0.0, growth="wild"), "linear or verheij"),
    "a pump that stops above its start": (
        lambda: Pump("p", (0, 0), None, (1.0, 1.2), (0.5, 1.3), (0.0,), (1.0,)),
        r"below the start levels.*start 1\.2, stop 1\.3"),
    "a curve that rises": (
        lambda: Pump("p", (0, 0), None, (1.0,), (0.5,), (0.0, 1.0), (1.0, 2.0)), "capacity curve"),
    "a pump of reserves": (
        lambda: Pump("p", (0, 0), None, (1.0,), (0.5,), (0.0,), (1.0,), reserve=1), "in reserve"),
    "a rule that opens too soon": (lambda: ShutAbove(1.0, 1.2), "at or below the level"),
}  # fmt: skip


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_that_makes_no_sense_says_what_to_do(case):
    make, words = RECORDS[case]
    with pytest.raises(BadValue, match=words):
        make()


def test_walls_stand_where_the_instant_engine_has_them(flat):
    """The same line closes the same straight steps for still water (`surge.edges`)."""
    import geopandas as gpd

    from fjordby.flood.surge.edges import barrier_edges

    domain = flat(40, 40, 2.5)
    line = LineString([(3, 7), (31, 88), (60, 20), (97, 64)])
    laid = lay([Wall("w", line, 2.0)], domain)
    table = gpd.GeoDataFrame({"id": ["w"], "type": ["wall"], "crest": [2.0]}, geometry=[line])
    edges = barrier_edges(table, Grid(0.0, 100.0, 2.5, 40, 40, "EPSG:25832"))
    east = edges.cells[edges.crest[:, 0] > -np.inf]
    south = edges.cells[edges.crest[:, 2] > -np.inf]
    west, north = wall_faces(laid)
    assert sorted(east + 1) == np.flatnonzero(west[:, :40]).tolist()
    assert sorted(south + 40) == np.flatnonzero(north[:, :40]).tolist()

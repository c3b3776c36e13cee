"""The laws of structures: what passes a wall, under a gate, through a culvert, through a pump."""

from __future__ import annotations

from math import asin, sqrt

from numba import njit

from fjordby.arrays import Floats
from fjordby.flood.dynamic.structures.tables import LinkTable

#: Standard gravity [m/s2], CGPM 1901.
GRAVITY = 9.80665

#: Critical flow over a level crest, (2/3)^(3/2) sqrt(g) = 1.7046 [m^(1/2)/s] (Belanger's
#: principle; Bos 1989, "Discharge measurement structures", ILRI publication 20).
CRITICAL = (2.0 / 3.0) ** 1.5 * sqrt(GRAVITY)

#: A head difference below which flow is taken as proportional to it [m]; assumed: the flow laws
#: rise with infinite slope from zero, and no level is known to a millimetre.
CALM = 1.0e-3

#: A head that carries nothing [m]; assumed: less than an atom, it guards the divisions.
FILM = 1.0e-12

#: Exponent of Villemonte (1947), "Submerged-weir discharge studies", Engineering News-Record 139.
VILLEMONTE = 0.385

# Laws of faces.
BROAD = 0  # a crest with critical flow on it; drowned above 2/3 of the head
SHARP = 1  # a thin crest; drowned as Villemonte (1947) measured
OPENING = 2  # a sill, and a leaf that the water can touch; coefficient = contraction of the jet
BRIDGE = 3  # the same under a deck; coefficient = loss in velocity heads while it is not touched

#: Part of a drowned bridge opening that carries flow (FHWA; HEC-RAS Hydraulic Reference Manual,
#: high flow through bridges: discharge coefficient 0.8 of a full opening).
BRIDGE_JET = 0.8

# Laws of links.
CULVERT = 0
PUMP = 1

# Columns of `LinkTable.values`.
INVERT0 = (
    0  # culvert: floor at the first end; pump: level of the intake, below which it sucks air [m]
)
INVERT1 = 1  # culvert: floor at the other end; pump: level that it lifts to at least [m]
HEIGHT = 2  # culvert: inner height or diameter [m]
WIDTH = 3  # culvert: inner width [m]; 0 = round
LENGTH = 4  # culvert: of a barrel [m]
ENTRANCE = 5  # culvert: part of the velocity head that is lost at the entrance [-]
EXIT = 6  # culvert: and at the exit [-]
FRICTION = 7  # culvert: 2 g n2 L, so that the friction loss is FRICTION / R^(4/3) [m^(4/3)]
NUMBER = 8  # culvert: barrels; pump: units that run, times the power that they have
WAY = 9  # culvert: 0 both ways, +1 only from the first end to the other, -1 only back
VALUES = 10

#: A flow area below which a barrel carries nothing [m2]; assumed: a tenth of a hair's.
THREAD = 1.0e-9

#: Steps of the golden section: 0.618^20 = 7e-5 of the height, and the square of that in the flow.
_STEPS = 20
_GOLDEN = 0.5 * (sqrt(5.0) - 1.0)


@njit(cache=True, error_model="numpy")
def root_of_drop(drop: float, head: float) -> float:
    """Return the square root of a head difference, straight below `CALM` [m^(1/2)].

    The straight part is never longer than a third of the head, so that free flow is untouched.
    """
    calm = min(CALM, head / 3.0)
    return sqrt(drop) if drop >= calm else drop / sqrt(calm)


@njit(cache=True, error_model="numpy")
def slot(head: float, tail: float, top: float) -> float:
    """Return the flow over a level sill through a slot as high as `top`, without losses [m2/s].

    All from the sill: upstream `head`, downstream `tail` [m]. The flow passes at depth y with the
    speed of the drop from the head to what stands on it: critical depth (2/3 of the head) or the
    tail, whichever is higher, and never more than the slot. One formula for free and drowned weirs
    and for free and drowned orifices (Torricelli); it rises with the head and falls with the tail.
    """
    if not (head > FILM and head > tail):
        return 0.0
    surface = max(2.0 / 3.0 * head, tail)
    depth = min(surface, top)
    return depth * sqrt(2.0 * GRAVITY) * root_of_drop(head - max(depth, tail), head)


@njit(cache=True, error_model="numpy")
def opening(head: float, tail: float, height: float, contraction: float, loss: float) -> float:
    """Return the flow under a lid `height` above a sill [m2/s]; head and tail from the sill [m].

    While the head is below the lid this is a weir, drowned with `loss` velocity heads. Above, the
    jet is contracted: Torricelli with the area `contraction` x `height`, free (against the jet's
    own depth) or drowned (against the tail). In between the flow stays as it was when the water
    touched the lid.
    """
    if not (height > 0.0 and loss > 0.0):
        return 0.0
    under = min(head, height)
    below = min(slot(under, 0.0, height), slot(under, tail, height) / sqrt(loss))
    return max(below, slot(head, tail, contraction * height))


@njit(cache=True, error_model="numpy")
def sharp(head: float, tail: float) -> float:
    """Return the flow over a thin crest by the coefficient of a broad one [m2/s].

    Free flow times (1 - (tail / head)^1.5)^0.385 when drowned (Villemonte 1947).
    """
    if not (head > FILM and head > tail):
        return 0.0
    calm = min(CALM, head / 3.0)
    drowned = min(max(tail, 0.0), head - calm) / head
    part = (1.0 - drowned * sqrt(drowned)) ** VILLEMONTE * min((head - tail) / calm, 1.0)
    return float(CRITICAL * head * sqrt(head) * part)


@njit(cache=True, error_model="numpy")
def edge_flow(
    law: int,
    level0: float,
    bed0: float,
    level1: float,
    bed1: float,
    crest: float,
    lid: float,
    share: float,
    coefficient: float,
    way: int,
) -> float:
    """Return the flow that a structure lets through a face [m2/s per metre of face].

    Positive from side 0 (west or north) to side 1 (east or south).

    Parameters
    ----------
    law
        `BROAD`, `SHARP`, `OPENING` or `BRIDGE`.
    level0, bed0, level1, bed1
        Water level and ground on the two sides [m datum].
    crest
        Top of the wall, or sill of the opening [m datum]; the ground where that is higher.
    lid
        Underside of the leaf or the deck [m datum]; no matter to `BROAD` and `SHARP`.
    share
        Part of the face's width, 0 to 1.
    coefficient
        Weir: its coefficient over that of ideal critical flow. Opening: contraction of the jet.
        Bridge: loss in velocity heads.
    way
        0 both ways, +1 only from side 0 to side 1, -1 only back.
    """
    if not (level0 > level1 or level1 > level0) or share <= 0.0:
        return 0.0
    sign = 1.0 if level0 > level1 else -1.0
    if way * sign < 0.0:
        return 0.0
    sill = max(crest, bed0, bed1)
    head = max(level0, level1) - sill
    if not head > 0.0:
        return 0.0
    tail = min(level0, level1) - sill
    if law == OPENING:
        flow = opening(head, tail, lid - sill, coefficient, 1.0)
    elif law == BRIDGE:
        flow = opening(head, tail, lid - sill, BRIDGE_JET, coefficient)
    elif law == SHARP:
        flow = coefficient * sharp(head, tail)
    else:
        flow = coefficient * slot(head, tail, head)
    return sign * share * flow


@njit(cache=True, error_model="numpy")
def ease(flow: float, before: float, push: float) -> float:
    """Return the flow after a time step when the water has to be set in motion first.

    A law says where the flow goes, not how fast: called with levels of the last step it may swing
    from side to side. Here the drop drives the water against a loss that the law's flow L would
    just balance, and the loss is implicit:

        q' = q + push - |push| q' |q'| / L^2

    so that q settles at L, whatever the step, and swings no more than the open water beside it.

    Parameters
    ----------
    flow
        The law's flow L, by the levels now.
    before
        The flow q of the last step, in the same unit.
    push
        What the drop would add in the time step without any loss, signed as `flow`: g x depth x
        drop x dt / cell for a face [m2/s]; `link_push` for a link.
    """
    if flow == 0.0 or push == 0.0:
        return 0.0
    start = before + push
    loss = abs(push) / (flow * flow)
    return 2.0 * start / (1.0 + sqrt(1.0 + 4.0 * loss * abs(start)))


@njit(cache=True, error_model="numpy")
def link_push(
    k: int, level0: float, level1: float, links: LinkTable, seconds: float, cell: float
) -> float:
    """Return what the drop adds to the flow of a culvert in a time step without any loss [m3/s].

    g x area x drop x dt / length, with the full barrels and at least one cell of length; 0 for a
    pump, whose flow needs no easing.
    """
    if links.law[k] == PUMP:
        return 0.0
    values = links.values
    area = values[k, NUMBER] * barrel_area(values[k, HEIGHT], values[k, HEIGHT], values[k, WIDTH])
    push = GRAVITY * area * (level0 - level1) * seconds / max(values[k, LENGTH], cell)
    return float(push)


@njit(cache=True, error_model="numpy")
def along(x: float, xs: Floats, ys: Floats, first: int, last: int) -> float:
    """Return the value at x on a line through the points first to last - 1, constant outside."""
    if x <= xs[first]:
        return float(ys[first])
    if x >= xs[last - 1]:
        return float(ys[last - 1])
    low, high = first, last - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if xs[middle] <= x:
            low = middle
        else:
            high = middle
    part = (x - xs[low]) / (xs[high] - xs[low])
    return float(ys[low] + part * (ys[high] - ys[low]))


@njit(cache=True, error_model="numpy")
def barrel_area(depth: float, height: float, width: float) -> float:
    """Return the flow area of a box, or of a pipe where `width` is 0 [m2]."""
    if width > 0.0:
        return width * min(depth, height)
    wet = min(max(depth / height, 0.0), 1.0)
    angle = asin(sqrt(wet))
    return height * height * (0.5 * angle - sqrt(wet * (1.0 - wet)) * (0.5 - wet))


@njit(cache=True, error_model="numpy")
def barrel_radius(depth: float, height: float, width: float) -> float:
    """Return the hydraulic radius of a box or a pipe [m], at most that of the full barrel."""
    if width > 0.0:
        full = width * height / (2.0 * (width + height))
        return min(width * depth / (width + 2.0 * depth), full)
    wet = min(max(depth / height, 0.0), 1.0)
    if wet <= 0.0:
        return 0.0
    return min(barrel_area(depth, height, 0.0) / (height * asin(sqrt(wet))), height / 4.0)


@njit(cache=True, error_model="numpy")
def link_flow(k: int, level0: float, level1: float, links: LinkTable) -> float:
    """Return the flow of a culvert or a pump [m3/s], positive from its first end to the other.

    Parameters
    ----------
    k
        Which link.
    level0, level1
        Water levels at its ends [m datum]; out of the map, give minus infinity.
    links
        All links.
    """
    if links.law[k] == PUMP:
        return pump_flow(k, level0, level1, links)
    return culvert_flow(k, level0, level1, links)


@njit(cache=True, error_model="numpy")
def pump_flow(k: int, level0: float, level1: float, links: LinkTable) -> float:
    """Return what the running units of a pump lift at this head [m3/s]."""
    values = links.values
    if values[k, NUMBER] <= 0.0 or not level0 > values[k, INVERT0]:
        return 0.0
    lift = max(level1, values[k, INVERT1]) - level0
    first, last = links.curve[k], links.curve[k + 1]
    return float(values[k, NUMBER]) * along(lift, links.head, links.flow, first, last)


@njit(cache=True, error_model="numpy")
def barrel_flow(
    above: float, below: float, inlet: float, outlet: float, depth: float, links: LinkTable, k: int
) -> float:
    """Return the flow of one barrel that leaves it at a depth, or into a higher tail [m3/s].

    The entrance loss and half of the friction count at the depth by the upper level, the exit loss
    and the other half at the depth of the outlet: h = (Ke + f/2) V0^2 / 2g + (Kx + f/2) V1^2 / 2g
    with f = 2 g n^2 L / R^(4/3) (Manning; FHWA 2012, HDS-5, section 3.1.4, with equal sections).
    """
    height, width = links.values[k, HEIGHT], links.values[k, WIDTH]
    half = 0.5 * links.values[k, FRICTION]
    before = min(above - inlet, height)
    area0, radius0 = barrel_area(before, height, width), barrel_radius(before, height, width)
    area1, radius1 = barrel_area(depth, height, width), barrel_radius(depth, height, width)
    if not min(area0, area1) > THREAD:
        return 0.0
    loss0 = (links.values[k, ENTRANCE] + half / radius0 ** (4.0 / 3.0)) / (area0 * area0)
    loss1 = (links.values[k, EXIT] + half / radius1 ** (4.0 / 3.0)) / (area1 * area1)
    drop = root_of_drop(above - max(outlet + depth, below), above - outlet)
    return float(sqrt(2.0 * GRAVITY / (loss0 + loss1)) * drop)


@njit(cache=True, error_model="numpy")
def most_of_barrel(
    above: float, below: float, inlet: float, outlet: float, links: LinkTable, k: int
) -> float:
    """Return what one barrel carries at most between two levels [m3/s].

    Water leaves a barrel at the depth at which most can flow (Belanger: the critical depth when
    there is no friction), unless the tail is higher; found by golden section, and at the ends.
    """
    low = max(below - outlet, 0.0)
    high = min(above - outlet, links.values[k, HEIGHT])
    most = barrel_flow(above, below, inlet, outlet, high, links, k)
    if low >= high:
        return most
    most = max(most, barrel_flow(above, below, inlet, outlet, low, links, k))
    one, two = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    flow1 = barrel_flow(above, below, inlet, outlet, one, links, k)
    flow2 = barrel_flow(above, below, inlet, outlet, two, links, k)
    for _ in range(_STEPS):
        if flow1 > flow2:
            high, two, flow2 = two, one, flow1
            one = high - _GOLDEN * (high - low)
            flow1 = barrel_flow(above, below, inlet, outlet, one, links, k)
        else:
            low, one, flow1 = one, two, flow2
            two = low + _GOLDEN * (high - low)
            flow2 = barrel_flow(above, below, inlet, outlet, two, links, k)
    return max(most, flow1, flow2)


@njit(cache=True, error_model="numpy")
def culvert_flow(k: int, level0: float, level1: float, links: LinkTable) -> float:
    """Return the flow of a culvert [m3/s]: the smaller of what its inlet and its barrel carry.

    Inlet control is a curve over the depth at the inlet, outlet control the losses of the barrel
    (FHWA 2012, "Hydraulic design of highway culverts", HDS-5, FHWA-HIF-12-026).
    """
    values = links.values
    if not (level0 > level1 or level1 > level0):
        return 0.0
    sign = 1.0 if level0 > level1 else -1.0
    if values[k, WAY] * sign < 0.0:
        return 0.0
    above, below = max(level0, level1), min(level0, level1)
    inlet, outlet = values[k, INVERT0], values[k, INVERT1]
    if sign < 0.0:
        inlet, outlet = outlet, inlet
    if not (above > inlet and above > outlet):
        return 0.0
    first, last = links.curve[k], links.curve[k + 1]
    enters = along(above - inlet, links.head, links.flow, first, last)
    carries = most_of_barrel(above, below, inlet, outlet, links, k)
    return sign * float(values[k, NUMBER]) * min(enters, carries)

"""What the entrance of a culvert lets in, as a curve over the depth before it (FHWA HDS-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from fjordby import catalogue
from fjordby.arrays import Floats
from fjordby.errors import BadValue
from fjordby.flood.dynamic.structures.kernels import GRAVITY
from fjordby.flood.dynamic.structures.records import Culvert

#: From SI to the units of the tables (FHWA HDS-5, appendix A): Ku in Ku Q / (A D^0.5).
_KU = 1.811

#: Ku Q / (A D^0.5) up to which the entrance is a weir, from which it is an orifice, and the end of
#: the curve (HDS-5, appendix A: 3.5 and 4.0); at 60 the water stands 100 diameters deep.
_WEIR, _ORIFICE, _END = 3.5, 4.0, 60.0


@dataclass(frozen=True)
class Inlet:
    """Constants of an entrance: `round` or `box`, and K, M, c, Y of HDS-5, table A.1.

    `form` 1: HW/D = Hc/D + K x^M with the critical head Hc; form 2: HW/D = K x^M; both for
    x = Ku Q / (A D^0.5) up to 3.5. From 4.0 on HW/D = c x^2 + Y.
    """

    shape: str
    form: int
    k: float
    m: float
    c: float
    y: float
    entrance_loss: float


def _inlets() -> Mapping[str, Inlet]:
    found = {
        row["inlet"]: Inlet(
            row["shape"], int(row["form"]), float(row["k"]), float(row["m"]), float(row["c"]),
            float(row["y"]), float(row["entrance_loss"]),
        )
        for row in catalogue.rows("flood/dynamic/structures/culvert_inlets.csv")
    }  # fmt: skip
    return MappingProxyType(found)


INLETS = _inlets()

#: The entrance when none is named: the square edge in a headwall, of a pipe and of a box; assumed:
#: the plain one among the common ones.
_PLAIN = {"round": "concrete_square_edge", "box": "box_headwall_chamfered"}


def inlet_of(culvert: Culvert) -> Inlet:
    """Return the constants of a culvert's entrance.

    Raises
    ------
    BadValue
        For an inlet that is not in the table, or one of another shape than the culvert.
    """
    shape = "round" if culvert.width is None else "box"
    key = culvert.inlet or _PLAIN[shape]
    fits = sorted(name for name, inlet in INLETS.items() if inlet.shape == shape)
    if key not in fits:
        raise BadValue(
            f"an inlet for a {shape} culvert as {culvert.name}", repr(key),
            f"Name one of {', '.join(fits)}.",
        )  # fmt: skip
    return INLETS[key]


def area(culvert: Culvert) -> float:
    """Return the inner area of one barrel [m2]."""
    if culvert.width is None:
        return np.pi * culvert.height**2 / 4.0
    return culvert.width * culvert.height


def inlet_curve(culvert: Culvert) -> tuple[Floats, Floats]:
    """Return depths before one barrel [m] and the flows that its entrance lets in [m3/s].

    The correction for the slope of the barrel (half the slope, in heights) is left out.

    Examples
    --------
    Water 1.5 diameters deep before a pipe of one metre, square edge (HDS-5, chart 1):

    >>> pipe = Culvert("c", (0, 0), (20, 0), 0.0, 0.0, 1.0)
    >>> heads, flows = inlet_curve(pipe)
    >>> round(float(np.interp(1.5, heads, flows)), 2)
    1.98
    """
    inlet, tall = inlet_of(culvert), culvert.height
    heads, x = _weir(culvert, inlet)
    submerged = np.geomspace(_ORIFICE, _END, 60)
    heads = np.concatenate([[0.0], heads, tall * (inlet.c * submerged**2 + inlet.y)])
    x = np.concatenate([[0.0], x, submerged])
    rising = np.concatenate([[True], heads[1:] > np.maximum.accumulate(heads)[:-1]])
    return heads[rising], x[rising] * area(culvert) * np.sqrt(tall) / _KU


def _weir(culvert: Culvert, inlet: Inlet) -> tuple[Floats, Floats]:
    """Return depths, and x = Ku Q / (A D^0.5) up to 3.5, of an entrance that is not drowned."""
    tall = culvert.height
    if inlet.form == 2:
        x = _WEIR * np.linspace(0.0, 1.0, 61)[1:] ** 2
        return tall * inlet.k * x**inlet.m, x
    critical = tall * np.linspace(0.0, 0.999, 400)[1:]
    if culvert.width is None:
        angle = np.arccos(1.0 - 2.0 * critical / tall)
        wet = 0.25 * tall**2 * (angle - np.sin(angle) * np.cos(angle))
        top = tall * np.sin(angle)
    else:
        wet, top = culvert.width * critical, np.full(critical.shape, culvert.width)
    flow = wet * np.sqrt(GRAVITY * wet / top)
    x = _KU * flow / (area(culvert) * np.sqrt(tall))
    heads = critical + 0.5 * wet / top + tall * inlet.k * x**inlet.m
    last = float(np.interp(_WEIR, x, heads))
    low = x < _WEIR
    return np.append(heads[low], last), np.append(x[low], _WEIR)

"""Structures as the engine sees them: entries on faces and links between cells, in arrays."""

from __future__ import annotations

from typing import NamedTuple

from fjordby.arrays import Array, Floats, Ints

#: A crest that no water reaches, and a lid that none touches [m].
NEVER = 1.0e9


class FaceTable(NamedTuple):
    """What stands on the west faces (or on the north faces) of the cells, row by row.

    The entries of row j are `start[j]` to `start[j + 1] - 1`, by column. **Several entries may
    stand on one face** (a gate and the wall beside it; the water under a bridge and over its
    deck): they follow each other, and the flow of the face is the sum of theirs.
    """

    start: Ints  # (ny + 1,)
    column: Ints  # (m,) the face is the west (north) one of the cell in this row and column
    first: Array  # (m,) int8; 1 on the first entry of a face, 0 on those that follow it
    owner: Ints  # (m,) index of the structure
    toward: Array  # (m,) int8; +1 where flow east (south) is from its left side to its right, or -1
    law: Array  # (m,) int8, see kernels
    crest: Floats  # (m,) [m datum]; NEVER = shut
    lid: Floats  # (m,) [m datum]; NEVER = none
    share: Floats  # (m,) part of the face's width
    coefficient: Floats  # (m,) of the law
    way: Array  # (m,) int8; 0 both ways, +1 only east (south), -1 only west (north)


class LinkTable(NamedTuple):
    """Culverts and pumps: flow between two cells, or out of the map.

    `flow` of a link is evaluated by `kernels.link_flow(k, level0, level1, links)`.
    """

    owner: Ints  # (m,) index of the structure
    law: Array  # (m,) int8, see kernels
    row0: Ints  # (m,) where it takes water
    column0: Ints  # (m,)
    row1: Ints  # (m,) where it gives water; -1 = out of the map
    column1: Ints  # (m,)
    values: Floats  # (m, kernels.VALUES), columns by kernels.INVERT0, ...
    curve: Ints  # (m + 1,) the points of link k are curve[k] to curve[k + 1] - 1
    head: Floats  # (points,) culvert: depth of water at the inlet; pump: lift [m]
    flow: Floats  # (points,) what the inlet lets in, or a unit lifts [m3/s]

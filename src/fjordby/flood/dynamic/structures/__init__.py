"""Structures in the water's way: walls, breaches, gates, flaps, culverts, bridges and pumps."""

from fjordby.flood.dynamic.structures.buildings import (
    Open,
    as_blocks,
    as_raised,
    covered,
    open_shares,
)
from fjordby.flood.dynamic.structures.culverts import INLETS
from fjordby.flood.dynamic.structures.laid import Laid
from fjordby.flood.dynamic.structures.lay import Structure, lay
from fjordby.flood.dynamic.structures.moving import Look, froehlich
from fjordby.flood.dynamic.structures.records import (
    Breach,
    Bridge,
    Culvert,
    Flap,
    Gate,
    Pump,
    Wall,
)
from fjordby.flood.dynamic.structures.rules import OutwardOnly, ShutAbove
from fjordby.flood.dynamic.structures.tables import NEVER, FaceTable, LinkTable

__all__ = [
    "INLETS",
    "NEVER",
    "Breach",
    "Bridge",
    "Culvert",
    "FaceTable",
    "Flap",
    "Gate",
    "Laid",
    "LinkTable",
    "Look",
    "Open",
    "OutwardOnly",
    "Pump",
    "ShutAbove",
    "Structure",
    "Wall",
    "as_blocks",
    "as_raised",
    "covered",
    "froehlich",
    "lay",
    "open_shares",
]

"""Structures in the water's way: walls, breaches, gates, flaps, culverts, bridges and pumps."""

from fjordby.flood.dynamic.structures.laid import Laid, Look
from fjordby.flood.dynamic.structures.tables import NEVER, FaceTable, LinkTable

__all__ = ["NEVER", "FaceTable", "Laid", "LinkTable", "Look"]

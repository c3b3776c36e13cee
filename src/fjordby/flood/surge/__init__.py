"""How high must the sea stand to reach each place? Barriers, connection and still water."""

from fjordby.flood.surge.connection import city_connection, sea_connection, sea_flood, still_water
from fjordby.flood.surge.edges import Edges, barrier_edges, gates

__all__ = [
    "Edges",
    "barrier_edges",
    "city_connection",
    "gates",
    "sea_connection",
    "sea_flood",
    "still_water",
]

"""Where does the water go? At once by sea connection and bluespots, or hour by hour."""

from fjordby.flood.at_once import city_bluespots, deepest, instant
from fjordby.flood.dynamic.of_city import simulate
from fjordby.flood.model import Flood
from fjordby.flood.rain import (
    Balance,
    Bluespots,
    RainFlood,
    bluespot_table,
    bluespots,
    rain_flood,
    rain_left,
    spill_chain,
)
from fjordby.flood.surge import (
    Edges,
    barrier_edges,
    city_connection,
    sea_connection,
    sea_flood,
    still_water,
)

__all__ = [
    "Balance",
    "Bluespots",
    "Edges",
    "Flood",
    "RainFlood",
    "barrier_edges",
    "bluespot_table",
    "bluespots",
    "city_bluespots",
    "city_connection",
    "deepest",
    "instant",
    "rain_flood",
    "rain_left",
    "sea_connection",
    "sea_flood",
    "simulate",
    "spill_chain",
    "still_water",
]

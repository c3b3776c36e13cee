"""Where does the rain stand? Hollows of the ground, what fills them and where they spill."""

from fjordby.flood.rain.fill import Balance, RainFlood, rain_flood, rain_left
from fjordby.flood.rain.hollows import (
    NO_LAND,
    OFF_MAP,
    TO_SEA,
    Bluespots,
    bluespot_table,
    bluespots,
    spill_chain,
)

__all__ = [
    "NO_LAND",
    "OFF_MAP",
    "TO_SEA",
    "Balance",
    "Bluespots",
    "RainFlood",
    "bluespot_table",
    "bluespots",
    "rain_flood",
    "rain_left",
    "spill_chain",
]

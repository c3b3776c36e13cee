"""What can happen? Surges, cloudbursts and stream floods, how often, and in which climate."""

from fjordby.shock.catalogue import (
    SeaLevels,
    climate,
    event,
    events,
    sea_curve,
    sea_event,
    sea_levels,
    shocks_of,
)
from fjordby.shock.curve import Curve
from fjordby.shock.event import Event, Series
from fjordby.shock.event_set import event_set
from fjordby.shock.future import NOW, TODAY, Climate, Future, Rise

__all__ = [
    "NOW",
    "TODAY",
    "Climate",
    "Curve",
    "Event",
    "Future",
    "Rise",
    "SeaLevels",
    "Series",
    "climate",
    "event",
    "event_set",
    "events",
    "sea_curve",
    "sea_event",
    "sea_levels",
    "shocks_of",
]

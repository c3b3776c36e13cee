"""What can happen? Surges, cloudbursts and stream floods, how often, and in which climate."""

from fjordby.shock.catalogue import (
    SeaLevels,
    climate,
    events,
    named_event,
    sea_curve,
    sea_event,
    sea_levels,
    shocks_of,
)
from fjordby.shock.curve import Curve
from fjordby.shock.event import Event, Series
from fjordby.shock.future import NOW, TODAY, Climate, Future, Rise
from fjordby.shock.yearly import event_set

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
    "event_set",
    "events",
    "named_event",
    "sea_curve",
    "sea_event",
    "sea_levels",
    "shocks_of",
]

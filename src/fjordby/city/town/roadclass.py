"""Kinds of roads: how wide they are and how fast one drives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fjordby.catalogue import rows
from fjordby.words import Words


@dataclass(frozen=True)
class RoadClass:
    """One row of `road_classes.csv`: width with verges [m], speeds [km/h], rank (0 = largest)."""

    id: str
    name: Words
    width: float
    speed_town: float
    speed_country: float
    rank: int
    source: str


@cache
def road_classes() -> Mapping[str, RoadClass]:
    """Return the kinds of roads by their OpenStreetMap word."""
    return {
        row["road_class"]: RoadClass(
            row["road_class"],
            Words(row["da"], row["en"]),
            float(row["width"]),
            float(row["speed_town"]),
            float(row["speed_country"]),
            int(row["rank"]),
            row["source"],
        )
        for row in rows("city/town/road_classes.csv")
    }


def road_class(word: str) -> RoadClass:
    """Return the kind of road for a word; slip roads count as their road, others as minor."""
    known = road_classes()
    return known.get(word.removesuffix("_link"), known["unclassified"])

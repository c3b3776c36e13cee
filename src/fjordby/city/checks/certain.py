"""What makes a city certainly wrong and is quickly seen: asked on every save and load."""

from __future__ import annotations

from collections.abc import Iterator

from fjordby.city.checks import ground, tables, together
from fjordby.city.checks.known import Known
from fjordby.city.problem import Problem


def certain(known: Known) -> Iterator[Problem]:
    """Find errors that no city can have and be right, in well under a second.

    Heights that are not in metres or not heights, no sea or no land, crossed polygons, and
    people in buildings that do not exist. `fjordby.city.check` asks all there is to ask.
    """
    if known.terrain is not None:
        yield from ground.unit(known.terrain.unit)
        yield from ground.nodata(known)
    if known.sea is not None:
        yield from ground.some_sea(known.sea)
    yield from tables.crossed(known)
    yield from together.ghosts(known)

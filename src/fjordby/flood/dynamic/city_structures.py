"""A city's walls, gates, pumps and culverts as structures of a run, worked by their rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fjordby.city import City
from fjordby.city.works import RECORD, CulvertWork, GateWork, PumpWork, Works, read_works
from fjordby.errors import BadValue
from fjordby.flood.dynamic.city_ground import CityGround
from fjordby.flood.dynamic.structures.records import Culvert, Gate, Pump, Wall
from fjordby.flood.dynamic.structures.rules import Rule, ShutAbove
from fjordby.shock.event import Event

#: How gates may stand.
GATES = ("rule", "open", "shut")


@dataclass
class Watched:
    """A gate's rule that others may ask whether it wants the gate shut."""

    rule: Rule

    def __post_init__(self) -> None:
        # No field: what it wants now is no part of what it is.
        self.shut = False

    def __call__(self, seconds: float, outer: float, inner: float, now: float) -> float:
        """Return what the rule says, and remember it."""
        opened = self.rule(seconds, outer, inner, now)
        self.shut = opened <= 0.0
        return opened


@dataclass(frozen=True)
class WhileShut:
    """Power for a pump only while a gate is to be shut."""

    gate: Watched

    def __call__(self, seconds: float) -> float:
        """Return the part of full power that there is, 0 or 1."""
        return 1.0 if self.gate.shut else 0.0


@dataclass(frozen=True)
class Always:
    """A rule that keeps a gate where it is told, 0 shut to 1 open."""

    opened: float

    def __call__(self, seconds: float, outer: float, inner: float, now: float) -> float:
        """Return the same at all times."""
        return self.opened


def city_works(city: City, year: int | None = None) -> Works:
    """Return what a city says of its gates, pumps and culverts; empty when it says nothing.

    Raises
    ------
    BadCity
        When the record is wrong, naming every wrong key.
    """
    if RECORD not in city.records:
        return Works()
    ids, types = city.barriers["id"].astype(str), city.barriers["type"]
    gates = dict(zip(ids, (types == "gate").tolist(), strict=True))
    return read_works(city.records[RECORD], gates, f"{RECORD}.toml of {city.id}").there_in(year)


def city_structures(
    city: City, event: Event, ground: CityGround, gates: str = "rule"
) -> tuple[Any, ...]:
    """Return the structures of a city in an event, gates before the pumps that go with them.

    Parameters
    ----------
    city, event
        Walls and gates of the barriers layer; how they are worked, and pumps and culverts, from
        the record structures.toml. What was built after the event's year is not there.
    ground
        The ground of the run.
    gates
        "rule": as the record says; a gate that it leaves out is shut in an event that moves the
        sea, else open. "open" or "shut": all of them, throughout.

    Raises
    ------
    BadValue
        For a pump or culvert that ends off the known ground or on a roof.
    BadCity
        For a wrong record.
    """
    works = city_works(city, event.year)
    worked = {gate.barrier: gate for gate in works.gates}
    known = {gate.barrier for gate in city_works(city).gates}
    made: list[Any] = []
    rules: dict[str, Watched] = {}
    for row in city.barriers.itertuples(index=False):
        name, work = str(row.id), worked.get(str(row.id))
        if row.type == "wall":
            made.append(Wall(name, row.geometry, float(row.crest)))
        elif gates == "open" or (name in known and work is None):
            continue
        elif work is None:
            if gates == "shut" or event.sea is not None:
                made.append(Wall(name, row.geometry, float(row.crest)))
        else:
            rules[name] = Watched(_rule(work, gates))
            made.append(_gate(work, row, ground, rules[name]))
    for pump in works.pumps:
        if pump.with_gate is None or pump.with_gate in rules:
            made.append(_pump(pump, ground, rules))
    return (*made, *(_culvert(one, ground) for one in works.culverts))


def _rule(work: GateWork, gates: str) -> Rule:
    if gates == "shut":
        return Always(0.0)
    reopen = work.closes_at if work.opens_at is None else work.opens_at
    return ShutAbove(work.closes_at, reopen)


def _gate(work: GateWork, row: Any, ground: CityGround, rule: Watched) -> Gate:
    _on_ground(ground, work.barrier, work.outside, sea=True)
    _on_ground(ground, work.barrier, work.inside)
    width = work.width or float(row.geometry.length)
    sill = work.sill
    if sill is None:
        r, c = _cell(ground, work.inside)
        sill = float(ground.bed[r, c])
    return Gate(
        work.barrier,
        row.geometry,
        sill,
        float(row.crest),
        rule,
        kind="aside",
        width=work.width,
        speed=width / work.seconds if work.seconds > 0.0 else np.inf,
        outer=work.outside,
        inner=work.inside,
    )


def _pump(work: PumpWork, ground: CityGround, rules: dict[str, Watched]) -> Pump:
    _on_ground(ground, work.id, work.intake)
    if work.outlet is not None:
        _on_ground(ground, work.id, work.outlet, sea=True)
    power = None if work.with_gate is None else WhileShut(rules[work.with_gate])
    return Pump(
        work.id, work.intake, work.outlet, work.starts, work.stops, (0.0,), (work.capacity,),
        power=power,
    )  # fmt: skip


def _culvert(work: CulvertWork, ground: CityGround) -> Culvert:
    for end in (work.intake, work.outlet):
        _on_ground(ground, work.id, end, sea=True)
    return Culvert(
        work.id, work.intake, work.outlet, work.floor_from, work.floor_to, work.height,
        width=work.width, roughness=work.roughness, barrels=work.units, flap=work.flap,
    )  # fmt: skip


def _cell(ground: CityGround, point: tuple[float, float]) -> tuple[int, int]:
    row, column = ground.grid.rows_columns(np.array([point[0]]), np.array([point[1]]))
    return int(row[0]), int(column[0])


def _on_ground(
    ground: CityGround, name: str, point: tuple[float, float], sea: bool = False
) -> None:
    """Raise `BadValue` for a point that is off the ground of the run, or on a roof."""
    row, column = _cell(ground, point)
    grid, place = ground.grid, f"{point[0]:.0f}, {point[1]:.0f}"
    if not (0 <= row < grid.ny and 0 <= column < grid.nx):
        raise BadValue(
            f"{name} on the map", f"an end at {place}, outside", "Correct it in structures.toml."
        )
    if ground.blocked[row, column]:
        raise BadValue(
            f"{name} beside the houses",
            f"an end on a roof, at {place}",
            'Move it, or run with buildings="ground".',
        )
    if np.isnan(ground.bed[row, column]):
        where = "on unknown ground or far out at sea" if sea else "on unknown ground or at sea"
        raise BadValue(
            f"{name} on known ground",
            f"an end {where}, at {place}",
            "Move it to the shore, or into the stream.",
        )

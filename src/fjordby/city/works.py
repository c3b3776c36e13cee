"""What moves in a city's water: gates, pumps and culverts, from the record structures.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from fjordby.city.record_keys import Entry, Name, Positive, Real, Text, bad_record, wrong_keys
from fjordby.provenance import Kind

Point = tuple[Real, Real]


def _each(level: float | tuple[float, ...], units: int) -> tuple[float, ...]:
    return level if isinstance(level, tuple) else (level,) * units


class GateWork(Entry):
    """How a gate of the barriers layer is worked.

    Parameters
    ----------
    barrier
        Id of the barrier, of type gate; its line and crest are there.
    outside, inside
        Where the water is that it keeps out, and where the water is that it lets out; x and y in
        the city's system [m].
    closes_at
        It shuts when the water outside stands so high [m datum].
    opens_at
        It opens again when the water outside is below this [m datum]; None = at `closes_at`.
    seconds
        How long it takes to shut or open [s].
    sill
        Its threshold [m datum]; None = the bed.
    width
        Clear width [m]; None = the whole line.
    built
        Year from which it is there; None = always.
    """

    barrier: Text
    outside: Point
    inside: Point
    closes_at: Real
    opens_at: Real | None = None
    seconds: Annotated[float, Field(ge=0, le=86400)] = 0.0
    sill: Real | None = None
    width: Positive | None = None
    built: int | None = None
    kind: Kind
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> GateWork:
        if self.opens_at is not None and self.opens_at > self.closes_at:
            raise ValueError("opens_at must not be above closes_at: the gate would never rest")
        return self


class PumpWork(Entry):
    """A pump, or several alike side by side.

    Parameters
    ----------
    id, name
        Its key, and the name people know it by.
    intake, outlet
        Where it takes water and where it gives it, x and y [m]; `from` and `to` in the file.
        No outlet = out of the map.
    units
        How many run; those in reserve do not count.
    capacity
        Flow of one unit [m3/s], whatever it lifts.
    starts_at, stops_at
        Levels at the intake [m datum]: one for all units, or one for each.
    with_gate
        Runs only while this gate is shut; None = always.
    built
        Year from which it is there; None = always.
    """

    id: Text
    name: Name
    intake: Point = Field(alias="from")
    outlet: Point | None = Field(default=None, alias="to")
    units: Annotated[int, Field(ge=1, le=1000)] = 1
    capacity: Positive
    starts_at: Real | tuple[Real, ...]
    stops_at: Real | tuple[Real, ...]
    with_gate: Text | None = None
    built: int | None = None
    kind: Kind
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> PumpWork:
        if not len(self.starts) == len(self.stops) == self.units:
            raise ValueError("give starts_at and stops_at once, or once for each unit")
        if any(stop >= start for start, stop in zip(self.starts, self.stops, strict=True)):
            raise ValueError("stops_at must be below starts_at")
        return self

    @property
    def starts(self) -> tuple[float, ...]:
        """The level above which each unit starts [m datum]."""
        return _each(self.starts_at, self.units)

    @property
    def stops(self) -> tuple[float, ...]:
        """The level below which each unit stops [m datum]."""
        return _each(self.stops_at, self.units)


class CulvertWork(Entry):
    """A pipe or box under a bank, between two places.

    Parameters
    ----------
    id, name
        Its key, and the name people know it by.
    intake, outlet
        Its ends, x and y [m]; `from` and `to` in the file.
    width, height
        Inner size [m]; no width = a round pipe of diameter `height`.
    floor_from, floor_to
        Its floor at the ends [m datum].
    units
        Barrels side by side.
    roughness
        Manning's n [s/m^(1/3)]; 0.013 is concrete (Chow 1959, table 5-6).
    flap
        Whether a flap lets water through from `from` to `to` only.
    built
        Year from which it is there; None = always.
    """

    id: Text
    name: Name
    intake: Point = Field(alias="from")
    outlet: Point = Field(alias="to")
    width: Positive | None = None
    height: Positive
    floor_from: Real
    floor_to: Real
    units: Annotated[int, Field(ge=1, le=1000)] = 1
    roughness: Annotated[float, Field(gt=0, lt=1)] = 0.013
    flap: bool = False
    built: int | None = None
    kind: Kind
    source: Text


class Works(Entry):
    """Everything that a city's record says of its gates, pumps and culverts."""

    gates: tuple[GateWork, ...] = ()
    pumps: tuple[PumpWork, ...] = ()
    culverts: tuple[CulvertWork, ...] = ()

    def there_in(self, year: int | None) -> Works:
        """Return what was there in a year; None = today, everything."""
        if year is None:
            return self
        return Works(
            gates=tuple(w for w in self.gates if (w.built or year) <= year),
            pumps=tuple(w for w in self.pumps if (w.built or year) <= year),
            culverts=tuple(w for w in self.culverts if (w.built or year) <= year),
        )

    def ends(self) -> list[tuple[str, Point]]:
        """Return every place that the record names, with the key of whose it is."""
        found = [(g.barrier, end) for g in self.gates for end in (g.outside, g.inside)]
        found += [(p.id, end) for p in self.pumps for end in (p.intake, p.outlet) if end]
        return found + [(c.id, end) for c in self.culverts for end in (c.intake, c.outlet)]


#: The name of the record.
RECORD = "structures"


def read_works(
    record: Mapping[str, Any], gates: Mapping[str, bool], where: str = "structures.toml"
) -> Works:
    """Read and check a record of gates, pumps and culverts.

    Parameters
    ----------
    record
        The parsed TOML.
    gates
        The ids of the city's barriers, and whether each is a gate.
    where
        What to call the file in an error.

    Raises
    ------
    BadCity
        Naming every wrong or missing key at once.
    """
    problems = mistakes(record, gates)
    if problems:
        raise bad_record("gates, pumps and culverts", "docs/city.md", where, problems)
    return Works.model_validate(dict(record))


def mistakes(record: Mapping[str, Any], gates: Mapping[str, bool]) -> list[str]:
    """Return what is wrong with a record, one line for each mistake."""
    try:
        works = Works.model_validate(dict(record))
    except ValidationError as trouble:
        return wrong_keys(trouble)
    problems = []
    for i, gate in enumerate(works.gates):
        if not gates.get(gate.barrier, False):
            what = "a wall" if gate.barrier in gates else "no barrier of the city"
            problems.append(f"gates[{i}].barrier: {gate.barrier!r} is {what}; name a gate")
    worked = {gate.barrier for gate in works.gates}
    for i, pump in enumerate(works.pumps):
        if pump.with_gate is not None and pump.with_gate not in worked:
            problems.append(f"pumps[{i}].with_gate: {pump.with_gate!r} is none of `gates`")
    ids = [p.id for p in works.pumps] + [c.id for c in works.culverts]
    ids += [gate.barrier for gate in works.gates]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    return problems + [f"the id {i!r} is there twice" for i in twice]

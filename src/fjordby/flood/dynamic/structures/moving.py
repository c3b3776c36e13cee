"""What moves in structures over time: gates, breaches, pumps; each with a small memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fjordby.arrays import Bools, Floats, Ints
from fjordby.flood.dynamic.structures import kernels
from fjordby.flood.dynamic.structures.records import Breach, Gate, Pump
from fjordby.flood.dynamic.structures.rules import power_at, wanted
from fjordby.flood.dynamic.structures.tables import NEVER, FaceTable, LinkTable

Cell = tuple[int, int]


class Look(Protocol):
    """What structures may see of the water."""

    def level(self, row: int, column: int) -> float:
        """Water level of a cell [m datum]; the ground where it is dry."""
        ...

    def depth(self, row: int, column: int) -> float:
        """Depth of water in a cell [m]."""
        ...

    def flow(self, name: str) -> float:
        """Flow of a structure at this moment [m3/s], positive from its left to its right."""
        ...


class Moving(Protocol):
    """Something that changes entries of the tables as time goes."""

    @property
    def name(self) -> str:
        """Name of the structure."""
        ...

    def fresh(self) -> Floats:
        """Return its memory before the first step."""
        ...

    def move(self, memory: Floats, seconds: float, step: float, look: Look, tables: Tables) -> None:
        """Go on to a time; writes into memory and tables. The first step is 0 s long."""
        ...

    def opened(self, memory: Floats, tables: Tables) -> float:
        """Return how far it is open, or how much of it runs; NaN before the first step."""
        ...


#: Makes a moving part when the tables are done, from where each entry went in both of them.
Later = Callable[[tuple[Ints, Ints]], Moving]


@dataclass(frozen=True)
class Tables:
    """The tables of the engine, to be written into."""

    across: FaceTable
    down: FaceTable
    links: LinkTable


@dataclass(frozen=True)
class Entries:
    """Some entries of the face tables, and what they are when all open; m entries."""

    down: Bools
    index: Ints
    full: Floats

    def write(self, tables: Tables, column: str, values: Floats | float) -> None:
        """Set a column of these entries."""
        values = np.broadcast_to(np.asarray(values, float), self.index.shape)
        for down, table in ((False, tables.across), (True, tables.down)):
            mine = self.down == down
            getattr(table, column)[self.index[mine]] = values[mine]


@dataclass(frozen=True)
class MovingGate:
    """A gate whose leaf follows a rule.

    `under` are its openings, `over` the tops of its leaf; `outer` and `inner` the cells whose
    levels the rule sees. Memory: how far open it is, and should be.
    """

    gate: Gate
    under: Entries
    over: Entries
    outer: Cell
    inner: Cell

    @property
    def name(self) -> str:
        """Name of the structure."""
        return self.gate.name

    def fresh(self) -> Floats:
        """Return its memory before the first step: not known yet."""
        return np.full(2, np.nan)

    def travel(self) -> float:
        """Return how far the leaf moves from shut to open [m]."""
        gate = self.gate
        if gate.kind == "aside":
            return float(gate.geometry.length if gate.width is None else gate.width)
        if gate.kind == "lift" and gate.height is not None:
            return gate.height
        return gate.top - gate.sill

    def move(self, memory: Floats, seconds: float, step: float, look: Look, tables: Tables) -> None:
        """Ask the rule, and move the leaf as far as its speed and the power allow."""
        gate = self.gate
        first = bool(np.isnan(memory[0]))
        now = 1.0 if first else float(memory[1])
        outer, inner = look.level(*self.outer), look.level(*self.inner)
        target = wanted(gate.rule, seconds, outer, inner, now, gate.name)
        if first:
            memory[0] = target
        elif power_at(gate.power, seconds, gate.name) >= 0.5:
            most = gate.speed * step / self.travel() if step > 0.0 else 0.0
            memory[0] += min(max(target - memory[0], -most), most)
        memory[1] = target
        self.show(float(memory[0]), tables)

    def opened(self, memory: Floats, tables: Tables) -> float:
        """Return how far it is open, from 0 (shut) to 1 [-]."""
        return float(memory[0])

    def show(self, opened: float, tables: Tables) -> None:
        """Write how far open it is into the tables."""
        gate = self.gate
        if gate.kind == "lift":
            self.under.write(tables, "lid", gate.sill + opened * self.travel())
            self.over.write(tables, "crest", gate.top + opened * self.travel())
        elif gate.kind == "aside":
            self.under.write(tables, "share", opened * self.under.full)
            self.over.write(tables, "share", (1.0 - opened) * self.over.full)
        else:
            self.over.write(tables, "crest", gate.top - opened * self.travel())


@dataclass(frozen=True)
class MovingBreach:
    """A breach in a wall. Memory: when it started (infinity = not yet), its width, its sill.

    Parameters
    ----------
    gap
        One entry for each face of the wall that it can reach; `full` is not used.
    where
        Where each of these faces begins and ends along the wall, (m, 2) [m].
    middle
        Where the breach is along the wall [m].
    wall
        Entries of the wall on these faces, and for each of them which face it is on.
    crest
        Of the wall there [m datum].
    sides
        The two cells beside it.
    cell
        Side of a cell [m].
    """

    breach: Breach
    gap: Entries
    where: Floats
    middle: float
    wall: Entries
    on: Ints
    crest: float
    sides: tuple[Cell, Cell]
    cell: float

    @property
    def name(self) -> str:
        """Name of the structure."""
        return self.breach.name

    def fresh(self) -> Floats:
        """Return its memory before the first step: no breach."""
        return np.array([np.inf, 0.0, self.crest])

    def move(self, memory: Floats, seconds: float, step: float, look: Look, tables: Tables) -> None:
        """Start it when its time or its level has come, and let it grow."""
        breach = self.breach
        levels = [look.level(*side) for side in self.sides]
        if np.isinf(memory[0]):
            timed = breach.start is not None and seconds >= breach.start
            pushed = breach.trigger is not None and max(levels) > breach.trigger
            if not (timed or pushed):
                return
            memory[0] = (
                min(seconds, breach.start) if timed and breach.start is not None else seconds
            )
        age = seconds - float(memory[0])
        part = min(age / breach.duration, 1.0)
        memory[2] = self.crest - part * (self.crest - min(breach.sill, self.crest))
        if breach.growth == "linear":
            memory[1] = part * breach.width
        elif part < 1.0:
            memory[1] = min(breach.first_width, breach.width)
        else:
            speed = self._speed(float(memory[1]), look, levels)
            grown = verheij(
                max(levels), min(levels), breach.sill, age - breach.duration, speed, breach
            )
            first = min(breach.first_width, breach.width)
            memory[1] = min(max(float(memory[1]), first) + grown * step, breach.width)
        self.show(float(memory[1]), float(memory[2]), tables)

    def opened(self, memory: Floats, tables: Tables) -> float:
        """Return how wide it is [m]."""
        return float(memory[1])

    def _speed(self, width: float, look: Look, levels: list[float]) -> float:
        """Return the speed of the water in the breach [m/s]."""
        depth = max(levels) - self.breach.sill
        wet = width * depth
        return abs(look.flow(self.name)) / wet if wet > 0.0 else 0.0

    def show(self, width: float, sill: float, tables: Tables) -> None:
        """Write its width and sill into the tables, and what is left of the wall."""
        first = np.maximum(self.where[:, 0], self.middle - 0.5 * width)
        last = np.minimum(self.where[:, 1], self.middle + 0.5 * width)
        open_ = np.maximum(last - first, 0.0)
        lost = open_ / (self.where[:, 1] - self.where[:, 0])
        self.gap.write(tables, "share", np.minimum(open_ / self.cell, 1.0))
        self.gap.write(tables, "crest", sill if width > 0.0 else NEVER)
        self.wall.write(tables, "share", self.wall.full * (1.0 - lost[self.on]))


def verheij(
    upper: float, lower: float, sill: float, seconds: float, speed: float, breach: Breach
) -> float:
    """Return how fast a breach widens [m/s], by Verheij & van der Knaap (2002).

    In their terms, with time in hours:

        dB/dt = f1 f2 / ln 10 x (g dH)^1.5 / uc^2 / (1 + f2 g t / uc)

    while the water is faster than the critical speed uc; dH is the drop over the sill.

    Parameters
    ----------
    upper, lower, sill
        Levels on both sides and the floor of the breach [m datum].
    seconds
        Time since the breach reached its full depth [s].
    speed
        Of the water in the breach [m/s].
    breach
        Its constants.
    """
    drop = max(upper - sill, 0.0) - max(lower - sill, 0.0)
    uc, f2 = breach.critical_speed, breach.f2
    if not (drop > 0.0 and speed > uc):
        return 0.0
    hours = max(seconds, 0.0) / 3600.0
    rate = breach.f1 * f2 / np.log(10.0) * (kernels.GRAVITY * drop) ** 1.5 / uc**2
    return float(rate / (1.0 + f2 * kernels.GRAVITY * hours / uc) / 3600.0)


def froehlich(volume: float, height: float, overtopped: bool = True) -> tuple[float, float]:
    """Return mean width [m] and duration [s] of the breach of an embankment.

    Froehlich (2008), "Embankment dam breach parameters and their uncertainties",
    doi 10.1061/(ASCE)0733-9429(2008)134:12(1708): B = 0.27 Ko V^0.32 h^0.04 with Ko 1.3 when
    overtopped, else 1, and t = 63.2 sqrt(V / (g h^2)). From 74 dams; a sea has no volume, so for a
    sea dike take what can flow in.

    Parameters
    ----------
    volume
        Water above the breach's floor [m3].
    height
        Of the breach [m].
    overtopped
        Whether water over the crest was the cause.

    Examples
    --------
    >>> width, seconds = froehlich(1.0e6, 5.0)
    >>> round(width, 1), round(seconds)
    (31.1, 4036)
    """
    factor = 1.3 if overtopped else 1.0
    width = 0.27 * factor * volume**0.32 * height**0.04
    return width, 63.2 * float(np.sqrt(volume / (kernels.GRAVITY * height**2)))


@dataclass(frozen=True)
class MovingPump:
    """A pumping station. Memory: 1 for each unit that should run."""

    pump: Pump
    link: int
    gauge: Cell

    @property
    def name(self) -> str:
        """Name of the structure."""
        return self.pump.name

    def fresh(self) -> Floats:
        """Return its memory before the first step: nothing runs."""
        return np.zeros(len(self.pump.starts))

    def move(self, memory: Floats, seconds: float, step: float, look: Look, tables: Tables) -> None:
        """Start and stop units by the level, as many as work, with the power that there is."""
        pump = self.pump
        level = look.level(*self.gauge)
        memory[level > np.asarray(pump.starts, float)] = 1.0
        memory[level < np.asarray(pump.stops, float)] = 0.0
        broken = 0
        if pump.out_of_order is not None:
            broken = round(float(pump.out_of_order.at(np.array([seconds]))[0]))
        units = memory.size
        able = min(max(units - broken, 0.0), units - pump.reserve)
        running = min(float(memory.sum()), able) * power_at(pump.power, seconds, pump.name)
        tables.links.values[self.link, kernels.NUMBER] = running

    def opened(self, memory: Floats, tables: Tables) -> float:
        """Return how many units run [-]."""
        return float(tables.links.values[self.link, kernels.NUMBER])

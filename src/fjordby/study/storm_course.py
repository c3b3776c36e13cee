"""The course of a storm as lines over time: sea, rain, streams, gates, pumps; who is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from fjordby.arrays import Array, Floats, Ints
from fjordby.city import City
from fjordby.flood.dynamic.city_structures import city_works
from fjordby.flood.dynamic.record import WET, Simulation
from fjordby.grid import Grid
from fjordby.harm.footprints import Footprints
from fjordby.harm.stakes import Stakes
from fjordby.shock.event import Event
from fjordby.study.storm_maps import StormMaps, crossing
from fjordby.words import Words

#: Lines are told by at most this many points: more than the page has pixels for.
POINTS = 360
#: Less than this is no flow at all [m3/s; assumed]: a shut gate lets nothing through, and an open
#: one lets more than this through but for the moment at which its flow turns round.
NO_FLOW = 0.001
#: A gate that is open by less than this counts as shut [-; assumed].
SHUT = 0.01
MM_PER_HOUR = 3.6e6

SEA, RAIN, STREAM, GATE, PUMP, FLOW = "sea", "rain", "stream", "gate", "pump", "flow"
NAMES = {SEA: Words("Havet", "The sea"), RAIN: Words("Regn", "Rain")}


@dataclass(frozen=True)
class Track:
    """One line of the course.

    Parameters
    ----------
    id, name, kind
        Key, name, and one of sea, rain, stream, gate, pump and flow (any other structure).
    unit
        "m" above the datum, "mm/h" or "m3/s".
    seconds, values
        Shape (n,) [s], in its unit; of a structure positive from its left to its right side.
    opened
        How far a gate is open, from 0 to 1, shape (n,); None = not told, or no gate.
    """

    id: str
    name: Words
    kind: str
    unit: str
    seconds: Floats
    values: Floats
    opened: Floats | None = None

    @property
    def moved(self) -> float:
        """What passed in all, whichever way, for flows in m3/s [m3]."""
        return float(np.trapezoid(np.abs(self.values), self.seconds))

    @property
    def still_seconds(self) -> float:
        """How long a gate was shut, or nothing passed where nobody tells [s]."""
        return sum(stop - start for start, stop in self.shut)

    @property
    def shut(self) -> list[tuple[float, float]]:
        """When a gate was shut, or nothing passed where nobody tells: from and to [s]."""
        still = np.abs(self.values) < NO_FLOW if self.opened is None else self.opened < SHUT
        edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]])))
        ends = np.append(self.seconds, self.seconds[-1])
        return [(float(ends[a]), float(ends[b])) for a, b in edges.reshape(-1, 2).tolist()]

    def as_dict(self) -> dict[str, Any]:
        """Return it as the page reads it, thinned to `POINTS`, without losing its extremes."""
        at, told = thinned(self.values), self.opened is not None
        figures = {"m": 3, "mm/h": 2}.get(self.unit, 3)
        return {
            "id": self.id,
            "name": self.name.as_dict(),
            "kind": self.kind,
            "unit": self.unit,
            "seconds": [round(float(v), 1) for v in self.seconds[at]],
            "values": [round(float(v), figures) for v in self.values[at]],
            **({"shut": [[round(t, 1) for t in span] for span in self.shut], "told": told}
               if self.kind == GATE else {}),
        }  # fmt: skip


def thinned(values: Floats, points: int = POINTS) -> Ints:
    """Return which points of a line to keep: the ends, and the extremes of even stretches."""
    if values.size <= points:
        return np.arange(values.size)
    edges = np.linspace(0, values.size, points // 2 + 1).astype(int)
    kept = {0, values.size - 1}
    for start, stop in pairwise(edges.tolist()):
        part = values[start:stop]
        kept |= {start + int(part.argmin()), start + int(part.argmax())}
    return np.array(sorted(kept), np.int64)


def tracks_of(city: City, event: Event, run: Simulation) -> list[Track]:
    """Return the lines of a run: the sea first, then rain, streams, gates, pumps and the rest.

    Parameters
    ----------
    city
        Gives streams, gates, pumps and culverts the names that people know.
    event
        The event; its rain is told as it fell, before sewers and soil took their part.
    run
        Its forcing (levels [m], inflows [m3/s], rain [m/s]) and structures [m3/s] over time.
    """
    streams = _names(city.streams)
    works = _works(city)
    found = []
    if event.rain is not None:
        rain = event.rain
        found.append(
            Track(RAIN, NAMES[RAIN], RAIN, "mm/h", rain.seconds, MM_PER_HOUR * rain.values)
        )
    for column in map(str, run.forcing.columns):
        kind = _forcing_kind(column, streams)
        if kind == RAIN and event.rain is not None:
            continue
        values = run.forcing[column].to_numpy(np.float64)
        unit = {SEA: "m", RAIN: "mm/h"}.get(kind, "m3/s")
        scale = MM_PER_HOUR if kind == RAIN else 1.0
        name = streams.get(column) or NAMES.get(kind) or Words(column, column)
        found.append(Track(column, name, kind, unit, _seconds(run.forcing), scale * values))
    for column in map(str, run.structures.columns):
        kind, name = works.get(column, (_structure_kind(column), Words(column, column)))
        values = run.structures[column].to_numpy(np.float64)
        opened = None
        if kind == GATE and column in run.opened:
            opened = run.opened[column].to_numpy(np.float64)
        found.append(Track(column, name, kind, "m3/s", _seconds(run.structures), values, opened))
    order = (SEA, RAIN, STREAM, GATE, PUMP, FLOW)
    return sorted(found, key=lambda track: order.index(track.kind))


def _works(city: City) -> dict[str, tuple[str, Words]]:
    """Return kind and name of each gate, pump and culvert of a city by its id."""
    found: dict[str, tuple[str, Words]] = {}
    names = _names(city.barriers)
    for row in city.barriers.itertuples(index=False):
        key = str(row.id)
        kind = GATE if row.type == GATE else FLOW
        found[key] = (kind, names.get(key) or Words(key, key))
    works = city_works(city)
    found |= {pump.id: (PUMP, pump.name) for pump in works.pumps}
    return found | {culvert.id: (FLOW, culvert.name) for culvert in works.culverts}


def _seconds(table: pd.DataFrame) -> Floats:
    return table.index.to_numpy(np.float64)


def _names(table: pd.DataFrame) -> dict[str, Words]:
    """Return the name of each row by its id, where it has one."""
    if not len(table):
        return {}
    pairs = zip(table["id"].astype(str), table["name"].astype(str), strict=True)
    return {key: Words(name, name) for key, name in pairs if name and name != "None"}


def _forcing_kind(column: str, streams: Mapping[str, Words]) -> str:
    first = column.split(" ", 1)[0].split("-", 1)[0].lower()
    if column in streams:
        return STREAM
    return first if first in (SEA, RAIN) else STREAM


def _structure_kind(column: str) -> str:
    return next((kind for kind in (PUMP, GATE) if kind in column.lower()), FLOW)


@dataclass(frozen=True)
class High:
    """The moment that people tell the time of a storm from, such as its high water.

    Parameters
    ----------
    kind
        What was highest: "sea", "rain" or "stream".
    seconds
        When [s].
    value
        How much, in the unit of its track.
    """

    kind: str
    seconds: float
    value: float


def high_of(event: Event, tracks: Sequence[Track]) -> High:
    """Return the high water of a surge, the heaviest rain of a cloudburst, else of a stream."""
    wanted = SEA if event.sea is not None else RAIN if event.rain is not None else STREAM
    known = [track for track in tracks if track.kind == wanted] or list(tracks)
    if not known:
        return High(wanted, 0.0, 0.0)
    top = max(known, key=lambda track: float(track.values.max(initial=-np.inf)))
    # The middle of all the time that it stays at its height.
    most = np.flatnonzero(top.values >= top.values.max() - 1e-9)
    return High(top.kind, float(top.seconds[most].mean()), float(top.values.max()))


def reached_at(maps: StormMaps, prints: Footprints, height: Array | float) -> Floats:
    """Return when water of some height first stands at each shape, NaN = never, shape (n,) [s].

    Parameters
    ----------
    maps
        The storm, on the grid of the footprints.
    prints
        The cells that the shapes cover.
    height
        Of the water above the ground, at least `WET`; one for all or one for each shape [m].
    """
    starts, cells = _on_frame(maps.grid, prints)
    # Cells that no water reaches all share one dry column at the end.
    where = np.full(maps.grid.ny * maps.grid.nx, maps.cells.size, np.int64)
    where[maps.cells] = np.arange(maps.cells.size)
    column = where[cells]
    owner = np.repeat(np.arange(prints.count), np.diff(starts))
    wet = np.unique(owner[column < maps.cells.size])
    keep = np.isin(owner, wet)
    found = np.full(prints.count, np.nan)
    if wet.size:
        padded = np.pad(maps.depth, ((0, 0), (0, 1)))
        first = np.flatnonzero(np.diff(owner[keep], prepend=-1))
        deepest = np.maximum.reduceat(padded[:, column[keep]], first, axis=1)
        limits = np.broadcast_to(np.maximum(np.asarray(height, float), WET), (prints.count,))
        found[wet] = crossing(maps.seconds, deepest, limits[wet])
    return found


def _on_frame(frame: Grid, prints: Footprints) -> tuple[Ints, Ints]:
    """Return where each shape's cells begin, and its cells on the page's frame."""
    if frame == prints.grid:
        return prints.starts, prints.cells
    step = round(frame.cell / prints.grid.cell)
    row, column = np.divmod(prints.cells, prints.grid.nx)
    return prints.starts, (row // step) * frame.nx + column // step


def reached_said(maps: StormMaps, stakes: Stakes, wall: Floats, floor: Floats) -> dict[str, Any]:
    """Return how many buildings and people the water has reached by each frame."""
    people = stakes.exposure.people.sum(axis=1)
    home = stakes.exposure.home
    by = maps.seconds[:, None]

    def until(when: Floats, weights: Array) -> list[float]:
        told = np.where(np.isnan(when), np.inf, when)
        return [round(float(v), 1) for v in ((told[None, :] <= by + 0.5) * weights).sum(axis=1)]

    ones = np.ones(wall.size)
    return {
        "seconds": maps.seconds.tolist(),
        "buildings": until(wall, ones),
        "floors": until(floor, ones),
        "people": until(wall, np.where(home, people, 0.0)),
    }


def places_said(city: City, stakes: Stakes, maps: StormMaps, still: Array) -> list[dict[str, Any]]:
    """Return what the storm does at each important place, the first reached first.

    `still` is the depth of still water on the page's frame, as `maps.raster(maps.still)`.
    """
    prints = stakes.place_prints
    starts, at = _on_frame(maps.grid, prints)
    arrival = reached_at(maps, prints, WET)
    fields = {
        "depth": maps.raster(maps.peak),
        "still": still,
        "people": maps.raster(maps.people),
        "cars": maps.raster(maps.cars),
        "danger": maps.raster(maps.danger),
    }
    rows = []
    for k, (key, name, use) in enumerate(
        zip(city.places["id"], city.places["name"], city.places["use"], strict=True)
    ):
        cells = at[starts[k] : starts[k + 1]]
        worst = {n: float(f.ravel()[cells].max(initial=0.0)) for n, f in fields.items()}
        if worst["depth"] < WET and worst["still"] < WET:
            continue
        rows.append(
            {
                "id": str(key),
                "name": str(name),
                "use": str(use),
                "arrival": _rounded(arrival[k]),
                **{n: round(v, 2) for n, v in worst.items()},
            }
        )
    return sorted(rows, key=lambda row: (row["arrival"] is None, row["arrival"], row["name"]))


def districts_said(
    city: City, stakes: Stakes, maps: StormMaps, wall: Floats, district: Ints
) -> list[dict[str, Any]]:
    """Return what the storm does in each area: when it comes, how much of it, how dangerous.

    `district` is the area of each of the cells of the maps, as an index into the city's areas,
    -1 where in none.
    """
    people = np.where(stakes.exposure.home, stakes.exposure.people.sum(axis=1), 0.0)
    rows = []
    for k, (key, name) in enumerate(zip(city.districts["id"], city.districts["name"], strict=True)):
        inside = district == k
        moving = inside & (maps.peak >= WET)
        houses = (stakes.exposure.district == k) & np.isfinite(wall)
        if not (inside & ((maps.peak >= WET) | (maps.still >= WET))).any():
            continue
        rows.append(
            {
                "id": str(key),
                "name": str(name),
                "arrival": _rounded(np.nanmin(maps.arrival[moving]) if moving.any() else np.nan),
                "area": round(float(moving.sum()) * maps.grid.cell_area),
                "still": round(float((inside & (maps.still >= WET)).sum()) * maps.grid.cell_area),
                "depth": round(float(maps.peak[inside].max(initial=0.0)), 2),
                "people": int(maps.people[inside].max(initial=0)),
                "cars": int(maps.cars[inside].max(initial=0)),
                "danger": int(maps.danger[inside].max(initial=0)),
                "buildings": int(houses.sum()),
                "residents": round(float(people[houses].sum()), 1),
            }
        )
    return sorted(rows, key=lambda row: (row["arrival"] is None, row["arrival"], row["name"]))


def _rounded(seconds: float) -> float | None:
    return None if not np.isfinite(seconds) else round(float(seconds))

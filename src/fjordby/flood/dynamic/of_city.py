"""A city in an event, hour by hour: its ground, what drives the water, its gates, and the run."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fjordby.arrays import Array
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood.dynamic.checkpoint import fingerprint
from fjordby.flood.dynamic.city_ground import CityGround, city_ground
from fjordby.flood.dynamic.city_structures import GATES, city_structures
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.drivers import HOUR, Drained, drivers, length
from fjordby.flood.dynamic.first_water import first_water
from fjordby.flood.dynamic.forcing import Forcing
from fjordby.flood.dynamic.options import Options
from fjordby.flood.dynamic.record import Asked, Caution, Simulation
from fjordby.flood.dynamic.run import Keep, run
from fjordby.flood.dynamic.subgrid import run_subgrid
from fjordby.progress import Progress, silent
from fjordby.shock.catalogue import streams_left_out
from fjordby.shock.event import Event

#: How long streams run at their first flow before a run begins [h]; assumed. On a map whose stream
#: fills its meadows over 12 km, 81 % of what comes in leaves again after 15 hours, 95 % after 18
#: and all after 24: with the 6 hours before anything stirs (drivers.LEAD) that is near enough.
WARM_UP = 12.0

#: How long a run goes on after its drivers are over [h]; assumed: the last water that they
#: brought reaches the lowest streets by then.
AFTER = 3.0

#: So many warm starts are kept in memory for the next event that begins as quietly.
_KEPT = 4
_warm: OrderedDict[str, Array] = OrderedDict()


@dataclass(frozen=True)
class CityRun:
    """A run of a city, ready to go.

    Parameters
    ----------
    domain, forcing, structures, seconds
        As `run` takes them; the domain's water is where it stands before the warm-up.
    subgrid
        How many times wider the computing cells are; None = the domain's own.
    begin
        Time 0 of the run, from the start of the event [s].
    before
        The forcing of the quiet time before the event.
    ground
        The ground with its streams and blocks.
    drained
        What sewers and soil took of the rain; None in dry weather.
    about
        What was chosen, for the record of the result.
    cautions
        What is known before the run and its reader must know.
    """

    domain: Domain
    forcing: Forcing
    structures: tuple[Any, ...]
    seconds: float
    subgrid: int | None
    begin: float
    before: Forcing
    ground: CityGround
    drained: Drained | None
    about: Mapping[str, object] = field(default_factory=dict)
    cautions: tuple[Caution, ...] = ()


def setup(
    city: City,
    event: Event,
    *,
    cell: float | None = None,
    subgrid: int | None = None,
    buildings: str = "ground",
    gates: str = "rule",
    begin: float | None = None,
    hours: float | None = None,
    after: float = AFTER,
    quiet_sea: float | None = None,
) -> CityRun:
    """Lay out a city and an event for the dynamic engine.

    Parameters
    ----------
    city, event
        What is there, and what happens.
    cell
        Side of a cell, a multiple of the terrain's [m]; None = the terrain's own.
    subgrid
        Compute in cells so many times as wide, that know the ground by tables of its own cells
        (see `run_subgrid`); None = compute in the cells themselves.
    buildings
        "ground", "blocks", "raised", or with `subgrid` "porous"; see `city_ground`.
    gates
        "rule": worked as the city's structures.toml says (those built later than the event are
        not there). "open" or "shut": all gates stand so throughout, and pumps that go with a
        gate run accordingly.
    begin
        When to begin, from the start of the event [h]; None = 6 hours before something stirs (see
        `drivers`). All times of results count from the start of the event.
    hours
        How long to run [h]; None = until the event's drivers are over and `after` more.
    after
        See `hours` [h].
    quiet_sea
        Level of a sea that the event does not move [m datum]; None = the mean level of its year.

    Raises
    ------
    BadValue, MissingLayer, BadCity
        For what cannot be laid out; each says where and what to do.
    """
    if gates not in GATES:
        raise BadValue(f"gates among {', '.join(GATES)}", repr(gates), "Choose one of these.")
    if buildings == "porous" and subgrid is None:
        raise BadValue(
            "buildings as ground, blocks or raised without subgrid", "porous",
            "Add subgrid=2 or more: only its tables know parts of cells.",
        )  # fmt: skip
    ground = city_ground(city, cell, buildings)
    driven = drivers(city, event, ground, quiet_sea, None if begin is None else begin * HOUR)
    domain = Domain(ground.grid, ground.bed, ground.roughness, first_water(ground, driven.before))
    return CityRun(
        domain,
        driven.forcing,
        city_structures(city, event, ground, gates),
        length(hours, driven, after),
        subgrid,
        driven.begin,
        driven.before,
        ground,
        driven.drained,
        {
            "city": city.id, "city_fingerprint": city.fingerprint, "event": event.id,
            "cell": ground.grid.cell, "buildings": buildings, "gates": gates,
            "water": _water(event, driven.forcing),
        },
        _without_streams(city),
    )  # fmt: skip


def simulate(
    city: City,
    event: Event,
    *,
    cell: float | None = None,
    subgrid: int | None = None,
    buildings: str = "ground",
    gates: str = "rule",
    begin: float | None = None,
    hours: float | None = None,
    after: float = AFTER,
    quiet_sea: float | None = None,
    warm_up: float = WARM_UP,
    asked: Asked | None = None,
    options: Options | None = None,
    progress: Progress = silent,
    keep: Keep | None = None,
) -> Simulation:
    """Let an event run over a city with the dynamic engine.

    Before the event the streams run at their first flow and the sea stands at its first level for
    `warm_up` hours, from a first guess of normal depth, so that the beds are full and flow where
    the event begins. Such a start is kept in memory: the next event that begins as quietly
    starts at once.

    Parameters
    ----------
    city, event, cell, subgrid, buildings, gates, begin, hours, after, quiet_sea
        See `setup`.
    warm_up
        Hours of quiet before the event; 0 = start from the first guess.
    asked, options, progress, keep
        See `run`.

    Returns
    -------
    Simulation
        `made.flood(made.about["water"])` is the `Flood` that harm is computed from.

    Examples
    --------
    >>> import fjordby as fj
    >>> town = fj.city.load("tuno")
    >>> storm = fj.shock.events(town)[0]
    >>> found = simulate(town, storm, hours=0.1, warm_up=0.0)
    >>> found.about["event"] == storm.id
    True
    """
    laid = setup(
        city, event, cell=cell, subgrid=subgrid, buildings=buildings, gates=gates, begin=begin,
        hours=hours, after=after, quiet_sea=quiet_sea,
    )  # fmt: skip
    return start(laid, warm_up=warm_up, asked=asked, options=options, progress=progress,
                 keep=keep)  # fmt: skip


def start(
    laid: CityRun,
    *,
    warm_up: float = WARM_UP,
    asked: Asked | None = None,
    options: Options | None = None,
    progress: Progress = silent,
    keep: Keep | None = None,
) -> Simulation:
    """Run what `setup` laid out; see `simulate`."""
    options = options or Options()
    domain = laid.domain
    if warm_up > 0.0 and laid.before.inflows:
        depth = _warmed(laid, warm_up * HOUR, options, progress)
        domain = replace(domain, depth=depth)
    asked = asked or Asked()
    early = tuple(t - laid.begin for t in asked.snapshots)
    asked = replace(asked, snapshots=early)
    made = _run(laid, domain, laid.forcing, laid.seconds, asked, options, progress, keep)
    about = {**made.about, **laid.about, "begin": laid.begin, "warm_up": warm_up}
    cautions = (*laid.cautions, *made.cautions)
    return replace(_later(made, laid.begin), about=about, cautions=cautions)


def _run(
    laid: CityRun, domain: Domain, forcing: Forcing, seconds: float, asked: Asked,
    options: Options, progress: Progress, keep: Keep | None = None,
) -> Simulation:  # fmt: skip
    """Run in the cells themselves, or in wider ones with tables of them."""
    if laid.subgrid is None:
        return run(domain, forcing, seconds, laid.structures, asked, options, progress, keep)
    return run_subgrid(
        domain, laid.subgrid, forcing, seconds, laid.structures, asked, options, progress,
        laid.ground.share, keep=keep,
    )  # fmt: skip


def _without_streams(city: City) -> tuple[Caution, ...]:
    """Return the caution of a run that lacks the streams of the city's record.

    It concerns all of the run. Its place is that of the first flow whose place is known, else the
    middle of the map.
    """
    missing = streams_left_out(city)
    if not missing:
        return ()
    west, south, east, north = city.grid.bounds
    middle = (west + east) / 2.0, (south + north) / 2.0
    x, y = next((one.at for one in missing if one.at is not None), middle)
    return (Caution("streams-left-out", 1.0, x, y, float(len(missing))),)


def _water(event: Event, forcing: Forcing) -> str:
    """Return what kind of water an event brings, as harm knows it: the first that applies."""
    if event.sea is not None:
        return "surge"
    return "river" if forcing.rain is None else "cloudburst"


def _later(made: Simulation, begin: float) -> Simulation:
    """Return a run with its times counted from the start of the event."""
    tables = {
        name: getattr(made, name).set_axis(getattr(made, name).index + begin).rename_axis("seconds")
        for name in ("gauges", "lines", "structures", "opened", "forcing")
    }
    return replace(
        made,
        arrival=(made.arrival + np.float32(begin)).astype(np.float32),
        last=replace(made.last, seconds=made.last.seconds + begin),
        snapshots=tuple(replace(one, seconds=one.seconds + begin) for one in made.snapshots),
        **tables,
    )


def _warmed(laid: CityRun, seconds: float, options: Options, progress: Progress) -> Array:
    """Return the water that stands and flows before the event, computed or remembered [m]."""
    key = fingerprint(
        laid.domain, laid.before, laid.structures, laid.subgrid, laid.ground.share, seconds, options
    )
    if key not in _warm:
        quiet = Asked(every=seconds, series_every=seconds)

        def report(share: float, doing: str) -> None:
            progress(0.0, "fill")

        made = _run(laid, laid.domain, laid.before, seconds, quiet, options, report)
        _warm[key] = np.nan_to_num(made.last.depth)
        while len(_warm) > _KEPT:
            _warm.popitem(last=False)
    _warm.move_to_end(key)
    return _warm[key]

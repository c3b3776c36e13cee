"""The main job: from a city to what water does to it, what it costs and whom it hits."""

from __future__ import annotations

import hashlib
import json
import pickle
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import fjordby
from fjordby.choice.rain_losses import DEPTHS, rain_losses
from fjordby.city import City, Layer, save
from fjordby.city.toml_text import dumps
from fjordby.errors import BadFile, BadValue, MissingLayer
from fjordby.flood import bluespot_table, city_connection, deepest, instant
from fjordby.harm import (
    PRICE_YEAR,
    Family,
    cost_at,
    costs_for,
    gather_still,
    impact,
)
from fjordby.harm.families import FAMILIES, measured
from fjordby.harm.prices import moved
from fjordby.progress import Progress
from fjordby.shock import NOW, Event, events, shocks_of
from fjordby.storage import write_whole
from fjordby.study import page_layers, said
from fjordby.study.compare import check_figures
from fjordby.study.losses import SURGES, spread_of, write_losses
from fjordby.study.moving import moving_table
from fjordby.study.rasters import write_raster
from fjordby.study.response_step import CHECKED, CHOSEN, make_response
from fjordby.study.response_step import chosen as chosen_runs
from fjordby.study.results import (
    CITY,
    CONNECTION,
    FLOODS,
    FORMAT,
    LEVELS,
    MOVING,
    PAGE,
    RESPONSE,
    RISK,
    STORMS,
    SUMMARY,
    Study,
    read_summary,
)
from fjordby.study.risk_table import HORIZON, PERIODS, RARITIES, STRIDE, climates_summed, risk_table
from fjordby.study.steps import Done, Step, run
from fjordby.study.storm_runs import chosen, gather_storms, make_storm
from fjordby.study.workshop import RAIN, Workshop
from fjordby.words import Words

HOLLOWS, LOSSES = "hollows", "losses"
#: Hollows shallower than this are not listed [m]: less than the error of any terrain we have.
LISTED_DEPTH = 0.1


def make(
    city: City,
    folder: Path | str,
    progress: Progress,
    language: str = "en",
    own: Sequence[Family] = (),
    storms: Collection[str] | None = None,
    response: int = CHOSEN,
) -> Study:
    """Compute everything about a city into a study folder, or what is still missing of it.

    Parameters
    ----------
    city
        A city with buildings and a record of its shocks.
    folder
        Where the results live; made when missing.
    progress
        Told how far the work is.
    language
        Language of the progress.
    own
        Damage families of one's own, from `harm.read_curves`, beside those of the program.
    storms
        Ids of the events to run hour by hour too; None = all.
    response
        Runs to choose for the response surface, which is what takes longest: yearly damage by
        moving water, and streams that leave their banks. 0 = none of it.

    Raises
    ------
    MissingLayer
        When the city has no buildings or no record of its shocks.
    BadValue
        When no damage family can speak of the city's money.
    BadCity
        When a record is wrong: shocks, or figures that cannot be compared.
    StorageFailed
        When the disk is full; finished steps stay.
    BadFile
        When another run is at work in the folder, or another city lives there.
    """
    place = Path(folder)
    shop = Workshop(city, place, tuple(own))
    _check(shop)
    done = run(place, steps(shop, storms, response), progress, language)
    _write_summary(city, place, done)
    return Study(place)


def _check(shop: Workshop) -> None:
    """Find what would stop the work before it begins: nobody likes to hear it at its end."""
    city = shop.city
    shocks_of(city)
    if not len(city.buildings):
        raise MissingLayer(
            "a city with buildings",
            f"{city.name.en} without any",
            "Add a buildings layer (see docs/city.md): damage and people live there.",
        )
    if not shop.families:
        known = ", ".join(sorted({f.currency for f in FAMILIES.values()}))
        raise BadValue(
            f"damage curves in {city.currency}",
            f"none: those that come with the program are in {known}",
            "Give curves of your own in this currency with --curves (docs/harm.md), or set the "
            "currency in city.toml to one of these.",
        )
    for family in shop.families:
        moved(family.currency, family.price_year, city.currency, PRICE_YEAR)
    climates = {*said.futures(city), *climates_summed(city)}
    check_figures(shop.figures, climates, city.currency, PRICE_YEAR)
    _ = shop.sea_levels
    there = read_summary(shop.folder)
    if there.get("city", city.id) != city.id:
        raise BadFile(
            f"a study of {city.id} in {shop.folder}, or an empty folder",
            f"one of {there['city']}",
            "To keep it, choose another folder with --folder; else remove this one first.",
        )


def _mark(shop: Workshop) -> str:
    """Return what every result depends on, as a short text."""
    city = shop.city
    about = [(str(layer), repr(known)) for layer, known in sorted(city.provenance.items())]
    try:
        curves = [(f.id, f.currency, f.price_year, f.measure, f.source,
                   pickle.dumps(f.lay_out, protocol=4)) for f in shop.families]  # fmt: skip
    except (pickle.PicklingError, AttributeError) as trouble:
        raise BadValue(
            "damage families whose curves can be told apart from others",
            str(trouble),
            "Make them with harm.read_curves, or of functions of a module.",
        ) from trouble
    text = repr((FORMAT, city.currency, city.name, about, curves, PRICE_YEAR))
    words = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{fjordby.__version__} {city.fingerprint} {words}"


def steps(
    shop: Workshop, storms: Collection[str] | None = None, response: int = CHOSEN
) -> list[Step]:
    """Return all steps for a city, in order; `storms` and `response` as for `make`."""
    mark = _mark(shop)

    def step(
        name: str,
        da: str,
        en: str,
        work: Callable[[Path, Progress], None],
        needs: tuple[str, ...] = (),
        weight: float = 1.0,
        more: object = "",
    ) -> Step:
        return Step(name, Words(da, en), work, f"{mark} {more}".strip(), needs, weight)

    known = events(shop.city)
    floods = [
        step(
            f"{FLOODS}/{event.id}",
            f"Oversvømmer: {event.name.da}",
            f"Flooding: {event.name.en}",
            lambda out, progress, event=event: _flood(shop, event, out),  # type: ignore[misc]
            (CONNECTION,),
            2.0,
            shop.drain,
        )
        for event in known
    ]
    named = tuple(one.name for one in floods)
    hourly = [
        step(
            f"{STORMS}/{event.id}",
            f"Time for time: {event.name.da}",
            f"Hour by hour: {event.name.en}",
            lambda out, progress, event=event: make_storm(shop, event, out, progress),  # type: ignore[misc]
            (CONNECTION, flood.name),
            10.0,
            chosen(shop.city),
        )
        for event, flood in zip(known, floods, strict=True)
        if storms is None or event.id in storms
    ]
    played = tuple(one.name for one in hourly)
    moving = [
        step(RESPONSE, "Lader vandet bevæge sig", "Letting the water move",
             lambda out, p: make_response(shop, response, out, p), (CITY,), 60.0,
             chosen_runs(shop.city, response)),
        step(MOVING, "Regner på løbende vand", "Computing moving water",
             lambda out, p: _moving(shop, out), (CONNECTION, RESPONSE), 3.0, SURGES),
    ] if response else []  # fmt: skip
    return [
        step(CITY, "Gemmer byen", "Keeping the city", lambda out, p: _keep(shop, out)),
        step(CONNECTION, "Finder havets veje ind", "Finding the sea's ways in",
             lambda out, p: _connection(shop, out), (CITY,), 2.0),
        step(HOLLOWS, "Finder lavninger", "Finding hollows",
             lambda out, p: _hollows(shop, out), (CITY,), 3.0),
        step(LEVELS, "Regner på hver vandstand", "Computing every sea level",
             lambda out, p: _levels(shop, out), (CONNECTION,), 6.0, shop.sea_levels.tolist()),
        step(RAIN, "Lader det regne", "Letting it rain",
             lambda out, p: _rain(shop, out, p), (CITY,), 8.0, DEPTHS),
        *floods,
        step(RISK, "Lægger risikoen sammen", "Adding up the risk",
             lambda out, p: _risk(shop, out, p), (LEVELS, RAIN), 6.0,
             (PERIODS, RARITIES, HORIZON, STRIDE)),
        step(LOSSES, "Regner på hvert hus", "Computing each house",
             lambda out, p: write_losses(shop, out), (CONNECTION,), 3.0, (SURGES, shop.drain)),
        *hourly,
        *moving,
        step(PAGE, "Tegner kortet", "Drawing the map",
             lambda out, p: _page(shop, known, played, out, bool(moving)),
             (LEVELS, RISK, LOSSES, *named, *played, *(one.name for one in moving)), 6.0),
    ]  # fmt: skip


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _keep(shop: Workshop, out: Path) -> None:
    save(shop.city, out)


def _connection(shop: Workshop, out: Path) -> None:
    write_raster(city_connection(shop.city), out / "connection.tif")


def _hollows(shop: Workshop, out: Path) -> None:
    bluespot_table(shop.spots, least_depth=LISTED_DEPTH).to_parquet(out / "hollows.parquet")


def _levels(shop: Workshop, out: Path) -> None:
    table = shop.by_level
    table.frame().to_parquet(out / "levels.parquet", index=False)
    np.save(out / "members.npy", table.members)
    _dump(out / "levels.json", said.levels_said(table, said.unknown(shop.stakes)))


def _rain(shop: Workshop, out: Path, progress: Progress) -> None:
    losses = rain_losses(shop.spots, shop.stakes, shop.families, progress=progress)
    np.savez(out / "losses.npz", depths=losses.depths, members=losses.members)


def _flood(shop: Workshop, event: Event, out: Path) -> None:
    # Rain that comes with a surge falls behind shut gates, on hollows of its own.
    spots = shop.spots if event.rain is not None and event.sea is None else None
    floods = instant(shop.city, event, shop.connection, spots, sewer=shop.drain)
    for flood in floods:
        tags = {"water": flood.water, "engine": flood.engine, "event": event.id}
        write_raster(flood.depth, out / f"depth-{flood.water}.tif", tags)
    hurt = impact(shop.city, floods, families=shop.families, prepared=shop.stakes)
    hurt.buildings.to_parquet(out / "buildings.parquet", index=False)
    today = None
    if event.year is None or event.year <= NOW.year:
        today = next(e for e in events(shop.city, NOW) if e.id == event.id)
    _dump(out / "impact.json", hurt.as_dict())
    _dump(out / "said.json", said.event_said(shop.city, event, today, hurt))
    page_layers.write_event_depth(shop.city, deepest(floods), out, event.id)


def _risk(shop: Workshop, out: Path, progress: Progress) -> None:
    _dump(out / "risk.json", risk_table(shop, progress))


def _moving(shop: Workshop, out: Path) -> None:
    place = shop.folder / RESPONSE
    found = moving_table(shop, Study(shop.folder).response, place / CHECKED)
    _dump(out / "moving.json", found)


def _page(
    shop: Workshop, known: Sequence[Event], played: Sequence[str], out: Path, moving: bool
) -> None:
    city, folder = shop.city, shop.folder
    table = _at_buildings(shop)
    page_layers.write_page_layers(city, shop.connection, out, table)
    page_layers.write_building_answers(out, table, shop.sea_levels.tolist(), _damage_by_level(shop))
    told = []
    for event in known:
        place = folder / FLOODS / event.id
        told.append(json.loads((place / "said.json").read_text(encoding="utf-8")))
        picture = out / "events" / f"{event.id}.png"
        picture.parent.mkdir(exist_ok=True)
        picture.write_bytes((place / "events" / f"{event.id}.png").read_bytes())
    gather_storms(folder, known, played, out)
    _dump(out / "city.json", said.city_said(city, shop.height_error))
    _dump(out / "events.json", {
        "events": told,
        "futures": [said.future_said(city, f) for f in said.futures(city) if f != NOW],
    })  # fmt: skip
    if not moving:
        _dump(out / f"{MOVING}.json", {})
    for name in (LEVELS, RISK, *([MOVING] if moving else [])):
        (out / f"{name}.json").write_bytes((folder / name / f"{name}.json").read_bytes())


def _at_buildings(shop: Workshop) -> pd.DataFrame:
    """Return what the page says of each building, with heights as the damage sees them."""
    city, who = shop.city, shop.stakes.exposure
    still = gather_still(shop.stakes.prints, city.terrain, shop.connection)
    ground = still.lowest_ground()
    return pd.DataFrame(
        {
            "id": who.ids.astype(str),
            "use": who.use.astype(str),
            "kind": city.buildings.get("kind", city.kind(Layer.BUILDINGS).value),
            "ground": ground,
            "floor": ground + who.floor_height,
            "connection": still.first_level(0.0),
            "residents": who.people.sum(axis=1),
            "district": city.buildings["district"].astype(str).to_numpy(),
            "name": city.buildings["name"].astype(str).to_numpy(),
            **spread_of(pd.read_parquet(shop.folder / LOSSES / "yearly.parquet")),
        }
    )


def _damage_by_level(shop: Workshop) -> dict[str, Any]:
    """Return damage by family, each of shape (levels, buildings)."""
    city, ready = shop.city, shop.stakes
    still = gather_still(ready.prints, city.terrain, shop.connection)
    laid = [(f, costs_for(f, ready.exposure, "surge", city.currency)) for f in shop.families]
    shape = (shop.sea_levels.size, ready.exposure.count)
    found = {f.id: np.zeros(shape, np.float32) for f, _ in laid}
    for row, level in enumerate(shop.sea_levels):
        water = still.at(float(level))
        for family, costs in laid:
            found[family.id][row] = cost_at(costs, measured(water, family.measure))
    return found


def _write_summary(city: City, folder: Path, done: Sequence[Done]) -> None:
    """Write study.toml: what was made, from what, and how long it took."""
    place = folder / SUMMARY
    keys = {one.name: one.key for one in done}
    old = read_summary(folder)
    same = {k: v.get("key") for k, v in old.get("steps", {}).items()} == keys
    if same and old.get("format") == FORMAT:
        return
    text = dumps(
        {
            "format": FORMAT,
            "fjordby": fjordby.__version__,
            "city": city.id,
            "fingerprint": city.fingerprint,
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "steps": {one.name: {"key": one.key, "seconds": round(one.seconds, 2)} for one in done},
        }
    )
    write_whole(place, text.encode())

"""`fjordby flood`: where the water goes, as maps that any GIS opens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fjordby.cli.show import DEMO_CITY, OWN, Json, Lang, say, say_json
from fjordby.errors import BadValue
from fjordby.storage import write_whole

if TYPE_CHECKING:
    from fjordby.city import City
    from fjordby.flood import Flood
    from fjordby.shock.event import Event

app = typer.Typer(help="Where the water goes, as maps that any GIS opens.", no_args_is_help=True)

CityName = Annotated[str, typer.Argument(help="A city folder, or the name of a built-in city.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write the depth as a GeoTIFF [m].", callback=lambda p: _tif(p)),
]


@app.command()
def sea(
    city: CityName,
    level: Annotated[float, typer.Argument(help="Sea level [m in the city's datum].")],
    out: Out = None,
    open_gates: Annotated[
        list[str] | None, typer.Option("--open-gate", help="Id of a gate that stands open.")
    ] = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Flood the city by still water at a sea level.

    Example: fjordby flood sea vejle 1.52 --out bodil.tif
    """
    from fjordby import city as cities
    from fjordby import flood

    known = cities.load(city)
    connection = flood.city_connection(known, open_gates or ())
    said = _write(known, flood.sea_flood(known, level, connection), out)
    if json:
        say_json(said)
    else:
        _tell(said, lang)


@app.command()
def rain(
    city: CityName,
    mm: Annotated[float, typer.Argument(help="Rain that neither ground nor sewer takes [mm].")],
    out: Out = None,
    table: Annotated[
        Path | None, typer.Option("--table", help="Write the hollows as a CSV table.")
    ] = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Let rain fill the hollows, spill from one to the next, and stand.

    Example: fjordby flood rain vejle 40 --out rain.tif --table hollows.csv
    """
    from fjordby import city as cities
    from fjordby import flood
    from fjordby.plain import number

    known = cities.load(city)
    spots = flood.city_bluespots(known)
    found = flood.rain_flood(spots, mm / 1000.0)
    if table is not None:
        hollows = flood.bluespot_table(spots, least_depth=0.05)
        write_whole(table, hollows.to_csv(index=False).encode())
    balance = found.balance
    about = _write(known, found.flood, out)
    if json:
        say_json({
            **about,
            "rain_m3": balance.rain, "standing_m3": balance.standing, "to_sea_m3": balance.to_sea,
            "off_map_m3": balance.off_map, "residual_m3": balance.residual,
        })  # fmt: skip
    else:
        _tell(about, lang)
        said = [
            number(v, lang, 3)
            for v in (balance.rain, balance.standing, balance.to_sea, balance.off_map)
        ]
        say(
            {
                "da": "Regn {} m3: {} bliver stående, {} løber i havet, {} ud af kortet.",
                "en": "Rain {} m3: {} stands, {} runs to the sea, {} off the map.",
            }[lang].format(*said)
        )


@app.command()
def run(
    event: Annotated[str, typer.Argument(help="Event id; see `fjordby shock events`.")],
    city: Annotated[
        str, typer.Option("--city", help="A city folder or a built-in name.")
    ] = DEMO_CITY,
    engine: Annotated[
        str, typer.Option(help="instant (still water at once), or dynamic (hour by hour).")
    ] = "instant",
    scenario: Annotated[
        str | None, typer.Option(help="Climate scenario; none = as it was.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year of the climate.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Write the depth as a GeoTIFF [m]; dynamic: maps as .tif, or all as .nc or .zarr.",
        ),
    ] = None,
    cell: Annotated[
        float | None,
        typer.Option(help="Dynamic: side of a cell [m]; none = that of the terrain."),
    ] = None,
    subgrid: Annotated[
        int | None,
        typer.Option(help="Dynamic: compute in cells so many times as wide, by tables."),
    ] = None,
    hours: Annotated[
        float | None, typer.Option(help="Dynamic: how long to run [h]; none = until it is over.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=256, help="Dynamic: cores to use.")] = 1,
    buildings: Annotated[
        str, typer.Option(help="Dynamic: houses as rough ground, blocks, raised or porous.")
    ] = "ground",
    gates: Annotated[
        str, typer.Option(help="Dynamic: gates by their rule, open, or shut.")
    ] = "rule",
    checkpoint: Annotated[
        Path | None, typer.Option(help="Dynamic: where a stopped run is kept to go on from.")
    ] = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Flood the city by an event that people know; sewers and soil take their part of the rain.

    Example: fjordby flood run bodil-2013 --city vejle --engine dynamic --cell 20 --out bodil.nc
    """
    from fjordby import city as cities
    from fjordby import shock
    from fjordby.shock.future import TREND

    if engine not in ENGINES:
        raise BadValue(f"an engine among {', '.join(ENGINES)}", repr(engine), "Choose one.")
    if engine == "instant":
        _only_dynamic(cell=cell, subgrid=subgrid, hours=hours, checkpoint=checkpoint)
        out = _tif(out)
    known = cities.load(city)
    future = None
    if scenario is not None or year is not None:
        future = shock.Future(scenario or TREND, shock.TODAY if year is None else year)
    happens = shock.named_event(known, event, future)
    if engine == "instant":
        _run_at_once(known, happens, out, json, lang)
        return
    from fjordby.cli.hourly import run_hourly

    run_hourly(
        known, happens, cell=cell, subgrid=subgrid, threads=threads, hours=hours,
        buildings=buildings, gates=gates, checkpoint=checkpoint, out=out, json=json, lang=lang,
    )  # fmt: skip


#: The engines that `run` knows.
ENGINES = ("instant", "dynamic")


def _only_dynamic(**options: object) -> None:
    """Raise `BadValue` for an option that the instant engine cannot follow."""
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given:
        raise BadValue(
            "options of the instant engine", ", ".join(given), "Add --engine dynamic for these."
        )


def _run_at_once(city: City, event: Event, out: Path | None, json: bool, lang: str) -> None:
    """Flood the city by still water at once: a map for each kind of water."""
    from fjordby import shock
    from fjordby.flood import instant

    rain = shock.shocks_of(city).rain
    found = instant(city, event, sewer=rain.drain if rain else 0.0)
    places = [None if out is None else out.with_stem(f"{out.stem}-{f.water}") for f in found]
    said = [_write(city, *one) for one in zip(found, places, strict=True)]
    if json:
        say_json({"event": event.id, "floods": said})
        return
    for one in said:
        _tell(one, lang)


def _write(city: City, flood: Flood, out: Path | None) -> dict[str, Any]:
    """Write the map when asked, and return how much land is wet."""
    import numpy as np

    from fjordby.study.rasters import write_raster

    depth = np.nan_to_num(flood.depth.values, nan=0.0)
    if out is not None:
        write_raster(flood.depth, out, {"water": flood.water, "engine": flood.engine})
    return {
        "city": city.id,
        "water": flood.water,
        "engine": flood.engine,
        "wet_km2": float((depth > 0).sum()) * city.grid.cell_area / 1e6,
        "volume_m3": float(depth.sum()) * city.grid.cell_area,
        "deepest_m": float(depth.max()),
        "out": None if out is None else str(out),
    }


def _tell(said: Mapping[str, Any], lang: str) -> None:
    """Say how much land is wet."""
    from fjordby.plain import number

    words = {
        "da": "{} km2 land under vand, {} mio. m3, dybest {} m.",
        "en": "{} km2 of land under water, {} million m3, {} m at the deepest.",
    }
    say(
        words[lang].format(
            number(said["wet_km2"], lang, 2),
            number(said["volume_m3"] / 1e6, lang, 2),
            number(said["deepest_m"], lang, decimals=1),
        )
    )
    if said["out"] is not None:
        say({"da": f"Skrevet: {said['out']}", "en": f"Written: {said['out']}"}[lang])


def _tif(out: Path | None) -> Path | None:
    """Take the name of a GeoTIFF."""
    if out is not None and out.suffix.lower() not in (".tif", ".tiff"):
        raise BadValue("a file ending in .tif", str(out), "Give --out such a name.")
    return out

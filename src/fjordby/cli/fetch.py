"""`fjordby city sources` and `fetch`: data from the official and open sources, into files."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fjordby.cli.show import OWN, Json, Lang, say, say_json, table, waiting
from fjordby.errors import BadValue

if TYPE_CHECKING:
    from fjordby.city.sources import Loaded, Source

#: What a file may be, by what a source gives.
ENDINGS = {"raster": ".tif", "map": ".gpkg", "table": ".csv"}


def sources(json: Json = False, lang: Lang = OWN) -> None:
    """List the official and open sources that data can be fetched from.

    Example: fjordby city sources
    """
    from fjordby.city.sources import SOURCES

    if json:
        say_json(
            [
                {
                    "id": s.id, "name": s.name.as_dict(), "what": s.what.as_dict(),
                    "takes": s.takes, "gives": s.gives, "licence": s.licence,
                    "key": s.key.variable if s.key else None,
                }
                for s in SOURCES.values()
            ]
        )  # fmt: skip
        return
    heads = {"da": ("Kilde", "", "hvad", "nøgle"), "en": ("Source", "", "what", "key")}[lang]
    rows = [
        (s.id, s.name[lang], s.what[lang], s.key.variable if s.key else "")
        for s in SOURCES.values()
    ]
    table("", heads, rows, words=(0, 1, 2, 3))


def fetch(
    source: Annotated[str, typer.Argument(help="A source; see `fjordby city sources`.")],
    out: Annotated[Path, typer.Argument(help="File to write: .tif, .gpkg or .csv.")],
    bounds: Annotated[
        str | None, typer.Option(help="West,south,east,north in the coordinate system [m].")
    ] = None,
    cell: Annotated[float, typer.Option(help="Cell of the terrain [m].")] = 10.0,
    crs: Annotated[str, typer.Option(help="Coordinate system of the bounds.")] = "EPSG:25832",
    station: Annotated[str | None, typer.Option(help="Id of a gauge.")] = None,
    start: Annotated[datetime | None, typer.Option("--from", help="First time (UTC).")] = None,
    end: Annotated[datetime | None, typer.Option("--to", help="Last time (UTC).")] = None,
    point: Annotated[str | None, typer.Option(help="x,y of a forecast point.")] = None,
    area: Annotated[list[str] | None, typer.Option(help="Area code; repeatable.")] = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Fetch data from a source into a file, with a note of its source and licence beside it.

    Keys are read from the environment; answers are kept, so a stopped fetch goes on.

    Example: fjordby city fetch roads roads.gpkg --bounds 530000,6172000,536000,6176000
    """
    from fjordby.city.sources import find

    chosen = find(source)
    if out.suffix.lower() != ENDINGS[chosen.gives]:
        raise BadValue(
            f"a file ending in {ENDINGS[chosen.gives]} for a {chosen.gives}", str(out), "Rename it."
        )
    asked = _asked(chosen, bounds, cell, station, (start, end), point, area)
    more: dict[str, Any] = {} if chosen.takes in ("station", "areas") else {"crs": crs}
    with waiting() as progress:
        progress(0.0, chosen.what[lang])
        found = chosen.load(*asked, **more)
    _write(found, out)
    note = found.provenance
    if json:
        say_json({"out": str(out), "source": note.source, "licence": note.licence,
                  "date": note.date})  # fmt: skip
        return
    say({"da": f"Skrevet: {out}", "en": f"Written: {out}"}[lang])
    say(f"{note.source}; {note.licence}")


def _numbers(text: str | None, count: int, option: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in (text or "").split(","))
    except ValueError:
        values = ()
    if len(values) != count:
        raise BadValue(f"{option} with {count} numbers between commas", repr(text), "Give them.")
    return values


def _asked(
    source: Source, bounds: str | None, cell: float, station: str | None,
    times: tuple[datetime | None, datetime | None], point: str | None, area: list[str] | None,
) -> tuple[Any, ...]:  # fmt: skip
    """Return what the loader is called with, or say which option is missing."""
    if source.takes in ("box", "terrain"):
        box = _numbers(bounds, 4, "--bounds")
        return (box, cell) if source.takes == "terrain" else (box,)
    if source.takes == "point":
        return _numbers(point, 2, "--point")
    if source.takes == "areas":
        if not area:
            raise BadValue("one --area or more", "none", "Give the code of an area.")
        return (area,)
    if source.takes == "station":
        if station is None or None in times:
            raise BadValue("--station, --from and --to", "not all of them", "Give all three.")
        return (station, *times)
    return (_numbers(bounds, 4, "--bounds"),) if bounds else ()


def _write(found: Loaded[Any], out: Path) -> None:
    """Write what was fetched, whole or not at all, and its provenance beside it."""
    from fjordby.city.rasters import cog_bytes
    from fjordby.city.toml_text import dumps
    from fjordby.storage import write_whole

    note = found.provenance
    if out.suffix.lower() == ".tif":
        write_whole(out, cog_bytes(found.data, {"source": note.source, "licence": note.licence}))
    elif out.suffix.lower() == ".csv":
        write_whole(out, found.data.to_csv(index=False).encode())
    else:
        with tempfile.TemporaryDirectory() as room:
            part = Path(room) / "fetched.gpkg"
            found.data.to_file(part, driver="GPKG")
            write_whole(out, part.read_bytes())
    told = {"kind": note.kind.value, "source": note.source, "licence": note.licence,
            "date": note.date, "note": note.note}  # fmt: skip
    write_whole(out.with_name(f"{out.name}.source.toml"), dumps(told).encode())

"""`fjordby harm`: who and what a flood hurts, from a sea level or from anybody's depth map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fjordby.cli.show import OWN, Json, Lang, err, say_json, table
from fjordby.storage import write_whole

if TYPE_CHECKING:
    from fjordby.harm import Impact

app = typer.Typer(
    help="Who and what a flood hurts: damage, people, roads, places.", no_args_is_help=True
)

CityName = Annotated[str, typer.Argument(help="A city folder, or the name of a built-in city.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write one row for each building (CSV).")]
Curves = Annotated[
    list[Path] | None,
    typer.Option("--curves", help="CSV of your own damage curves; repeatable (docs/harm.md)."),
]


@app.command()
def level(
    city: CityName,
    level: Annotated[float, typer.Argument(help="Sea level [m in the city's datum].")],
    curves: Curves = None,
    out: Out = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Say who and what still water at a sea level hurts.

    Example: fjordby harm level vejle 2.15
    """
    from fjordby import city as cities
    from fjordby import flood, harm

    known = cities.load(city)
    found = flood.sea_flood(known, level, flood.city_connection(known))
    own = [harm.read_curves(path) for path in curves or ()]
    families = harm.families_for(known.currency, *own)
    _tell(harm.impact(known, found, families=families), out, json, lang)


@app.command()
def why(
    city: CityName,
    building: Annotated[str, typer.Argument(help="Id of the building.")],
    level: Annotated[float, typer.Argument(help="Sea level [m in the city's datum].")],
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Say why one building is hurt at a sea level, or not.

    Example: fjordby harm why tuno b409161415 2.5
    """
    from dataclasses import asdict

    from fjordby import city as cities
    from fjordby import flood, harm
    from fjordby.plain import amount, number

    known = cities.load(city)
    found = harm.why(known, building, level, connection=flood.city_connection(known))
    if json:
        say_json(asdict(found))
        return
    heads = {
        "da": ("jord", "gulv", "vandet når det ved", "oversvømmes ved", "vand nu"),
        "en": ("ground", "floor", "water reaches it at", "floods at", "water now"),
    }[lang]
    values = (found.ground, found.floor, found.reached_at, found.flooded_at, found.depth)
    rows = [
        (f"{head} [m]", "-" if value is None else number(value, lang, decimals=2))
        for head, value in zip(heads, values, strict=True)
    ]
    for said in found.families:
        cost = amount(said.damage, said.damage, said.damage, found.currency, lang)
        rows.append((said.family, cost.split(" (")[0]))
    table(f"{found.id} {found.name} ({found.use})".strip(), ("", ""), rows)


@app.command("map")
def map_(
    city: CityName,
    depth: Annotated[Path, typer.Argument(help="Depth of water, any raster GDAL reads.")],
    water: Annotated[str, typer.Option(help="surge, river or cloudburst.")] = "surge",
    unit: Annotated[
        str | None, typer.Option(help="Unit when the file does not say: m, cm, mm or ft.")
    ] = None,
    nodata: Annotated[
        float | None, typer.Option(help="Number that means no water, when the file does not say.")
    ] = None,
    curves: Curves = None,
    out: Out = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Say who and what a depth map of your own hurts (from MIKE, SCALGO, SFINCS...).

    Example: fjordby harm map vejle depth.tif --water river --out buildings.csv
    """
    from fjordby import city as cities
    from fjordby import harm

    known = cities.load(city)
    found = harm.read_depth(depth, known, water=water, unit=unit, nodata=nodata)
    own = [harm.read_curves(path) for path in curves or ()]
    doubts = harm.doubts(found, known)
    for doubt in doubts:
        err.print(doubt[lang], highlight=False)
    prepared = harm.stakes(known, found.grid)
    families = harm.families_for(known.currency, *own)
    hurt = harm.impact(known, found, families=families, prepared=prepared)
    _tell(hurt, out, json, lang, {"doubts": [doubt.as_dict() for doubt in doubts]})


def _tell(
    impact: Impact, out: Path | None, json: bool, lang: str, more: Mapping[str, Any] | None = None
) -> None:
    from fjordby.plain import number

    if out is not None:
        write_whole(out, impact.buildings.to_csv(index=False).encode())
    if json:
        say_json({**impact.as_dict(), **(more or {})})
        return
    rows = [
        (measure.name[lang], number(impact.total(key), lang, 3), measure.unit, measure.means[lang])
        for key, measure in impact.measures.items()
    ]
    heads = {
        "da": ("Hvad", "i alt", "enhed", "betyder"),
        "en": ("What", "total", "unit", "means"),
    }[lang]
    table("", heads, rows, words=(0, 2, 3))

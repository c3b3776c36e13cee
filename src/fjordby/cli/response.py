"""`fjordby flood response`: a response surface, built from dynamic runs and asked about events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fjordby.cli.show import OWN, Json, Lang, say, say_json, table, waiting
from fjordby.errors import BadValue

app = typer.Typer(
    help="Any event's flood at once, between some tens of dynamic runs.", no_args_is_help=True
)

Folder = Annotated[Path, typer.Argument(help="Folder of the surface and its runs.")]

WORDS = {
    "built": {
        "da": "{} kørsler. Kontrolkørsler ramte {} m forkert (95 % inden for {} m).",
        "en": "{} runs. Check runs were {} m off (95 % within {} m).",
    },
    "unknown": {
        "da": "{} kørsler. Uden kontrolkørsler er fejlen ikke målt.",
        "en": "{} runs. Without check runs the error is not measured.",
    },
    "met": {"da": "Kravet er opfyldt.", "en": "The tolerance is met."},
    "unmet": {
        "da": "Kravet er ikke opfyldt; tillad flere kørsler med --budget.",
        "en": "The tolerance is not met; allow more runs with --budget.",
    },
    "wet": {
        "da": "{} km2 land under mindst 5 cm vand ({} til {}), dybest {} m.",
        "en": "{} km2 of land under 5 cm of water or more ({} to {}), {} m at the deepest.",
    },
    "beyond": {
        "da": "Uden for kørslerne: {}. Enden af aksen er brugt.",
        "en": "Beyond the runs: {}. The end of the axis was taken.",
    },
    "axes": {"da": "akse|fra|til", "en": "axis|from|to"},
    "written": {"da": "Skrevet: {}", "en": "Written: {}"},
}


@app.command()
def build(
    city: Annotated[str, typer.Argument(help="A city folder, or the name of a built-in city.")],
    folder: Folder,
    axis: Annotated[
        list[str] | None, typer.Option(help="What events differ in; none = sea and streams.")
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="Worst climate to hold; none = now.")] = None,
    year: Annotated[int, typer.Option(help="Its year.")] = 2100,
    rms: Annotated[float, typer.Option(help="Wanted root mean square error [m].")] = 0.05,
    most: Annotated[float, typer.Option(help="Wanted error of 95 % of the cells [m].")] = 0.15,
    budget: Annotated[int, typer.Option(min=1, help="Most runs in all.")] = 60,
    cell: Annotated[
        float | None, typer.Option(help="Side of a cell [m]; none = that of the terrain.")
    ] = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Run the dynamic engine where the surface is farthest off, until it is good enough.

    A build that was stopped goes on where it was.

    Example: fjordby flood response build vejle surface-of-vejle --scenario high --budget 40
    """
    from fjordby import city as cities
    from fjordby.flood import response, simulate
    from fjordby.shock import NOW, Future

    known = cities.load(city)
    recipe = response.recipe_of(known)
    futures = (NOW,) if scenario is None else (NOW, Future(scenario, year))
    names = tuple(axis or ("sea_peak", "sea_hours", "stream_peak"))
    axes = response.axes_of(known, futures, names, recipe)
    water = "surge" if any(one.name.startswith("sea") for one in axes) else "river"

    def at(point: response.Point) -> Any:
        return simulate(known, response.event_at(point, axes, recipe), cell=cell).flood(water)

    asked = response.Settings(response.Tolerance(rms, most), budget)
    inputs = f"{known.fingerprint} cell {cell} {recipe}"
    with waiting() as progress:
        made = response.build(
            axes, at, folder, asked, inputs=inputs, recipe=recipe, progress=progress
        )
    checks = made.errors[made.errors.how == "check"]
    off = float((checks.rms**2).mean() ** 0.5)
    if json:
        say_json({**made.about, "met": made.met, "checks_rms": off, "folder": str(folder)})
        return
    _tell_built(made, off, lang)


@app.command()
def ask(
    folder: Annotated[Path, typer.Argument(help="A surface, or a study that has one.")],
    values: Annotated[list[str], typer.Argument(help="The event, such as sea_peak=2.1.")],
    nearest: Annotated[
        bool, typer.Option("--nearest", help="Take the nearest end beyond the axes.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the depth as a GeoTIFF [m].")] = None,
    json: Json = False,
    lang: Lang = OWN,
) -> None:
    """Ask a surface for the flood of an event, with its band.

    What is not given is quiet.

    Example: fjordby flood response ask studies/vejle sea_peak=2.1 stream_peak=40
    """
    import numpy as np

    from fjordby.flood.response import load
    from fjordby.flood.response.score import WET
    from fjordby.plain import number
    from fjordby.study.rasters import write_raster

    inside = [place for place in ("surface", "response/surface") if (folder / place).is_dir()]
    surface = load(folder / inside[0] if inside else folder)
    given = _point(values)
    # What is not given is quiet.
    point = {axis.name: axis.low for axis in surface.axes} | given
    band = surface.band(point, "nearest" if nearest else "refuse")
    area = surface.grid.cell_area / 1e6
    wet = [float((r.values >= WET).sum()) * area for r in (band.middle, band.low, band.high)]
    beyond, deepest = surface.beyond(point), float(np.nanmax(band.middle.values))
    if out is not None:
        write_raster(band.middle, out, {"water": surface.water, "engine": "response"})
    if json:
        areas = dict(zip(("wet_km2", "wet_km2_low", "wet_km2_high"), wet, strict=True))
        where = None if out is None else str(out)
        say_json({**areas, "deepest_m": deepest, "beyond": list(beyond), "out": where})
        return
    say(
        WORDS["wet"][lang].format(
            *(number(value, lang, 2) for value in wet), number(deepest, lang, decimals=1)
        )
    )
    if beyond:
        say(WORDS["beyond"][lang].format(", ".join(beyond)))
    if out is not None:
        say(WORDS["written"][lang].format(out))


def _point(values: list[str]) -> dict[str, float]:
    """Read name=value pairs; raises `BadValue` for anything else."""
    point = {}
    for one in values:
        name, _, value = one.partition("=")
        try:
            point[name] = float(value)
        except ValueError:
            raise BadValue(
                "a coordinate such as sea_peak=2.1", repr(one), "Write name=number."
            ) from None
    return point


def _tell_built(made: Any, off: float, lang: str) -> None:
    """Say how many runs there are and how far they were off."""
    from fjordby.plain import number

    runs = int(made.about["runs"])
    rows = [(f"{a.name} [{a.unit}]", number(a.low, lang, 2), number(a.high, lang, 2))
            for a in made.axes]  # fmt: skip
    table("", WORDS["axes"][lang].split("|"), rows)
    if off == off:  # not NaN: there were checks
        checks = made.errors[made.errors.how == "check"]
        most = float(checks["most"].mean())
        say(WORDS["built"][lang].format(runs, number(off, lang, 2), number(most, lang, 2)))
    else:
        say(WORDS["unknown"][lang].format(runs))
    say(WORDS["met" if made.met else "unmet"][lang])

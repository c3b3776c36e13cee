"""`fjordby flood run --engine dynamic`: an event over a city hour by hour, told at the end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from fjordby.cli.show import say, say_json, table, waiting
from fjordby.errors import BadValue

if TYPE_CHECKING:
    from fjordby.city import City
    from fjordby.flood.dynamic.record import Caution, Simulation
    from fjordby.flood.dynamic.run import Keep
    from fjordby.shock.event import Event

#: What a map or a whole run can be written as.
ENDINGS = (".tif", ".nc", ".zarr")

#: How often a run is put aside where a person asked for it [s on the clock]; assumed: what is lost
#: is then no longer than a person waits for the command to begin.
OFTEN = 20.0

#: What a run may caution about.
CAUTIONS: Mapping[str, Mapping[str, str]] = {
    "supercritical": {
        "da": "strømmen er hurtigere end bølgerne; dér er dybder og hastigheder usikre",
        "en": "the flow is faster than its waves; depths and speeds are doubtful there",
    },
    "limited": {
        "da": "strømmen er holdt nede for at regningen er stabil",
        "en": "the flow is held down to keep the computation stable",
    },
    "wetting": {
        "da": "fronten af vandet skrider så hurtigt frem at ankomsten er usikker",
        "en": "the front advances so fast that its arrival is doubtful",
    },
    "streams-left-out": {
        "da": "vandløbenes vand er ikke med: byens lag af vandløb er tomt",
        "en": "the water of the streams is not in it: the city's layer of streams is empty",
    },
}
#: Cautions that are of no time and no place.
EVERYWHERE = ("streams-left-out",)

WORDS: Mapping[str, Mapping[str, str]] = {
    "wet": {
        "da": "{} km2 land under mindst 5 cm vand, dybest {} m, hurtigst {} m/s.",
        "en": "{} km2 of land under 5 cm of water or more, {} m at the deepest, {} m/s at most.",
    },
    "work": {
        "da": "{} timer regnet på {} s ({} mio. celler ad gangen, {} skridt).",
        "en": "{} hours computed in {} s ({} million cells, {} steps).",
    },
    "rain": {
        "da": "Af {} mm regn tog kloakken {} mm og jorden {} mm.",
        "en": "Of {} mm of rain the sewers took {} mm and the soil {} mm.",
    },
    "caution": {
        "da": "Pas på: {} (på {} % af den våde tid; værst ved {}, {}).",
        "en": "Caution: {} (for {} % of the wet time; worst at {}, {}).",
    },
    "caution everywhere": {"da": "Pas på: {}.", "en": "Caution: {}."},
    "written": {"da": "Skrevet: {}", "en": "Written: {}"},
    "flows": {"da": "Gennem bygværkerne", "en": "Through the structures"},
    "heads": {"da": "bygværk|mest m3/s|i alt m3", "en": "structure|largest m3/s|in all m3"},
    "fill": {"da": "vandløbene fyldes", "en": "the streams fill"},
    "flood": {"da": "vandet løber", "en": "the water runs"},
}


def run_hourly(
    city: City,
    event: Event,
    *,
    cell: float | None,
    subgrid: int | None,
    threads: int,
    hours: float | None,
    buildings: str,
    gates: str,
    checkpoint: Path | None,
    out: Path | None,
    json: bool,
    lang: str,
) -> None:
    """Compute an event hour by hour, write it where asked, and tell it."""
    from fjordby.flood.dynamic.of_city import setup, start
    from fjordby.flood.dynamic.options import Options
    from fjordby.flood.dynamic.store import write

    ending(out)
    chosen = (cell, subgrid, hours, buildings, gates, threads)
    put_aside = _put_aside(city, event, checkpoint, chosen)
    laid = setup(
        city, event, cell=cell, subgrid=subgrid, buildings=buildings, gates=gates, hours=hours
    )
    with waiting() as report, patient() as stopped:

        def progress(share: float, doing: str) -> None:
            if stopped():
                raise KeyboardInterrupt
            report(share, WORDS[doing or "flood"][lang])

        made = start(laid, options=Options(threads=threads), keep=put_aside, progress=progress)
    if out is not None:
        write(made, out)
    _clear(put_aside.path)
    said = figures(city, event, made, laid.ground.sea, out)
    drained = laid.drained
    if drained is not None:
        said["rain_mm"] = {k: getattr(drained, k) * 1000.0
                           for k in ("fallen", "sewer", "infiltration")}  # fmt: skip
    if json:
        say_json(said)
    else:
        tell(made, said, lang)


@contextmanager
def patient() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C wait until the run can be put aside; pressed again, it stops at once."""
    asked: list[int] = []

    def note(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _put_aside(city: City, event: Event, asked: Path | None, options: object) -> Keep:
    """Return where a stopped run is kept: where asked, else in the user's cache when stopped."""
    from fjordby.flood.dynamic.checkpoint import fingerprint
    from fjordby.flood.dynamic.run import Keep

    if asked is not None:
        return Keep(asked, every=OFTEN)
    own = fingerprint(city.fingerprint, event, options)[:12]
    folder = user_cache_path("fjordby") / "runs"
    return Keep(folder / f"{city.id}-{event.id}-{own}.checkpoint", every=float("inf"))


def _clear(path: Path) -> None:
    """Take away a checkpoint that is of no more use, with the one before it."""
    for one in (path, path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.before")):
        one.unlink(missing_ok=True)


def ending(out: Path | None) -> None:
    """Raise `BadValue` for a name that no run can be written under."""
    if out is not None and out.suffix.lower() not in ENDINGS:
        raise BadValue(
            f"a file ending in {', '.join(ENDINGS)}", str(out), "Give --out such a name."
        )


def figures(
    city: City, event: Event, made: Simulation, sea: Any, out: Path | None
) -> dict[str, Any]:
    """Return what a run comes to, for another program to read."""
    import numpy as np

    from fjordby.flood.dynamic.record import WET

    land = ~np.isnan(made.depth) & ~sea
    flows = made.structures
    step = np.gradient(flows.index.to_numpy(float)) if len(flows) > 1 else np.zeros(len(flows))
    return {
        "city": city.id, "event": event.id, "engine": "dynamic", "cell_m": made.grid.cell,
        "hours": made.seconds / 3600.0,
        "wet_km2": float((made.depth[land] >= WET).sum()) * made.grid.cell_area / 1e6,
        "deepest_m": float(np.max(made.depth[land], initial=0.0)),
        "fastest_m_s": float(np.max(made.speed[land], initial=0.0)),
        "balance_m3": {**vars(made.balance), "error": made.balance.error},
        "cautions": [vars(one) for one in made.cautions],
        "structures": {
            str(name): {
                "largest_m3_s": float(np.abs(flows[name]).max()) if len(flows) else 0.0,
                "volume_m3": float((flows[name].to_numpy() * step).sum()),
            }
            for name in flows.columns
        },
        "steps": made.steps, "cell_updates": made.cell_updates,
        "wall_seconds": made.wall_seconds, "cpu_seconds": made.cpu_seconds,
        "out": None if out is None else str(out),
    }  # fmt: skip


def tell(made: Simulation, said: Mapping[str, Any], lang: str) -> None:
    """Say what a run came to: land under water, structures, the balance, what to be careful of."""
    from fjordby.flood.dynamic.store import balance_text
    from fjordby.plain import number

    say(
        WORDS["wet"][lang].format(
            number(said["wet_km2"], lang, 3),
            number(said["deepest_m"], lang, decimals=1),
            number(said["fastest_m_s"], lang, decimals=1),
        )
    )
    if "rain_mm" in said:
        rain = said["rain_mm"]
        parts = (rain["fallen"], rain["sewer"], rain["infiltration"])
        say(WORDS["rain"][lang].format(*(number(mm, lang, decimals=0) for mm in parts)))
    if said["structures"]:
        rows = [
            [name, number(flow["largest_m3_s"], lang, decimals=2),
             number(flow["volume_m3"], lang, decimals=0)]
            for name, flow in said["structures"].items()
        ]  # fmt: skip
        table(WORDS["flows"][lang], WORDS["heads"][lang].split("|"), rows)
    say(balance_text(made.balance, lang))
    for one in made.cautions:
        say(_caution(one, lang))
    say(
        WORDS["work"][lang].format(
            number(said["hours"], lang, decimals=1),
            number(said["wall_seconds"], lang, 2),
            number(made.grid.ny * made.grid.nx / 1e6, lang, 2),
            number(said["steps"], lang),
        )
    )
    if said["out"] is not None:
        say(WORDS["written"][lang].format(said["out"]))


def _caution(one: Caution, lang: str) -> str:
    from fjordby.plain import number

    what = CAUTIONS.get(one.what, {}).get(lang, one.what)
    if one.what in EVERYWHERE:
        return WORDS["caution everywhere"][lang].format(what)
    share = number(100.0 * one.share, lang, 2)
    return WORDS["caution"][lang].format(what, share, f"{one.x:.0f}", f"{one.y:.0f}")

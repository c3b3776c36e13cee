"""What to say of moving water beside still water, and when to be careful with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fjordby.plain import number
from fjordby.words import Words

#: From these on a reader is warned: root mean square error at houses [m], damage that check runs
#: were foretold wrong by [-], width of the range over its middle [-], and yearly rate beyond the
#: axes [-]. Assumed: a floor stands some 0.3 m over the ground, and a figure that may be off by
#: half is no ground for a choice alone.
FAR, WRONG, WIDE, BEYOND = 0.15, 0.5, 1.0, 0.05


def sentences(found: Mapping[str, Any]) -> list[Words]:
    """Return how moving water differs from still water, and how far the figures are to be believed.

    Parameters
    ----------
    found
        As `moving_table` gives it, without its words.
    """
    said = [
        Words(
            "Stillestående vand fylder landet op til havets højeste niveau, som om havet blev der "
            "for evigt. Løbende vand når kun så langt, som stormens timer rækker, møder åernes "
            "vand på vejen, og sluser og pumper arbejder.",
            "Still water fills the land up to the highest level of the sea, as if it stayed for "
            "ever. Moving water gets only as far as the hours of the storm allow, meets the water "
            "of the streams on its way, and gates and pumps work.",
        )
    ]
    runs, checks, error = found["runs"], found["checks"], found["error"]
    wide = number(found["coarse_cell"], "en")
    if error is None:
        said.append(
            Words(
                f"Læst mellem {runs} kørsler time for time i celler på {wide} m, der kender "
                "terrænet i sig. Fejlen er ikke målt.",
                f"Read between {runs} runs hour by hour in cells of {wide} m that know the ground "
                "within them. The error is not measured.",
            )
        )
        return said
    rms, most = ({k: _metres(error[p], k) for k in ("da", "en")} for p in ("rms", "most"))
    held = _LEARNED if found["learned"] else _ALLOWED
    said.append(
        Words(
            f"Læst mellem {runs} kørsler time for time i celler på {wide} m, der kender terrænet i "
            f"sig. Mod {checks} kørsler, der kun blev brugt til at måle, var dybden ved husene "
            f"{rms['da']} m forkert (95 % inden for {most['da']} m). {held.da}; hvor meget de "
            "brede celler selv tager fejl, er ikke med.",
            f"Read between {runs} runs hour by hour in cells of {wide} m that know the ground "
            f"within them. Against {checks} runs that were only used to measure, depth at houses "
            f"was {rms['en']} m off (95 % within {most['en']} m). {held.en}; by how much the wide "
            "cells are off themselves is not in it.",
        )
    )
    return said


_LEARNED = Words(
    "Spændet rummer 9 af 10 af de fejl, som skaden i hver kørsel blev forudsagt med af de andre, "
    "gennem alle skademodeller",
    "The range holds 9 in 10 of the misses when the damage of each run was foretold by the others, "
    "through all damage models",
)
_ALLOWED = Words(
    "Spændet går fra skaden i kørsler med mindre vand til skaden i kørsler med mere, gennem alle "
    "skademodeller, for der er for få kørsler til at kende det bedre",
    "The range goes from the damage of runs with less water to that of runs with more, through all "
    "damage models, since there are too few runs to know it better",
)


def caution_of(found: Mapping[str, Any]) -> Words | None:
    """Return why to be careful with the figures; None when nothing that was measured says so."""
    da, en = [], []
    error = found["error"]
    if error is None:
        da.append("fejlen er ikke målt")
        en.append("the error is not measured")
    elif error["rms"] > FAR:
        da.append(f"dybden ved husene er {_metres(error['rms'], 'da')} m forkert")
        en.append(f"depth at houses is {_metres(error['rms'], 'en')} m off")
    worst = max((_off(one) for one in found["checked"]), default=0.0)
    if worst > WRONG:
        da.append(f"skaden i en kontrolkørsel blev ramt {round(100 * worst)} % forkert")
        en.append(f"the damage of a check run was foretold {round(100 * worst)} % wrong")
    wide = [_NAMES[row["id"]] for row in found["yearly"] if _too_wide(row)]
    if wide:
        names = Words(
            *(_and.join(n[k] for n in wide) for k, _and in (("da", " og "), ("en", " and ")))
        )
        da.append(f"for {names.da} gør dybden alene spændet større end tallet")
        en.append(f"for {names.en} depth alone makes the range wider than the figure")
    for row in found["yearly"]:
        if row["beyond"] > BEYOND:
            part = round(100 * row["beyond"])
            da.append(f"{part} % af årets hyppighed ligger uden for kørslerne")
            en.append(f"{part} % of the yearly rate lies beyond the runs")
    if not da:
        return None
    return Words(f"Brug tallene med omtanke: {'; '.join(da)}. Flere kørsler gør dem sikrere.",
                 f"Use these figures with care: {'; '.join(en)}. More runs make them surer."
                 )  # fmt: skip


_NAMES = {"sea": Words("havet", "the sea"), "streams": Words("vandløbene", "the streams")}


def _too_wide(row: Mapping[str, Any]) -> bool:
    """Say whether what is not known of depth alone makes a figure's range wider than the figure."""
    middle, depth = row["moving"]["mid"], row["by_depth"]
    return bool(middle > 0 and depth["high"] - depth["low"] > WIDE * middle)


def _metres(value: float, language: str) -> str:
    return number(value, language, decimals=2 if value >= 0.01 else 3)


def _off(one: Mapping[str, Any]) -> float:
    """Return by which part the damage of a check run was foretold wrong [-]."""
    run, told = one["run"]["mid"], one["foretold"]["mid"]
    top = max(run, told)
    return abs(told - run) / top if top > 0 else 0.0

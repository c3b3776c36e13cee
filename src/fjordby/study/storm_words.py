"""Still water against moving water: where they differ, by how much, and why, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fjordby.arrays import Bools
from fjordby.flood.dynamic.record import WET
from fjordby.plain import number
from fjordby.study.storm_course import GATE, PUMP, RAIN, SEA, STREAM, Track
from fjordby.study.storm_maps import StormMaps
from fjordby.words import Words

#: An area smaller than this share of all that is wet is not worth a sentence [assumed].
TOLD_SHARE = 0.02
#: Levels nearer than this are the same to a reader [m; assumed: a hand's breadth].
SAME = 0.05
#: Water this much above the highest sea did not come from it alone [m; assumed].
ABOVE_SEA = 0.1
#: A sea that moves by less is quiet [m; assumed: the daily tide of inner waters].
RISING = 0.4
HOUR = 3600.0
HECTARE = 1e4


@dataclass(frozen=True)
class Comparison:
    """The largest depth of the run against still water, over land.

    Parameters
    ----------
    both, only_still, only_moving
        Area wet in both, and in one alone [m2].
    mean
        Mean of run less still water where both are wet [m].
    spread
        Its root mean square [m].
    needed
        Lowest sea levels that reach what only still water fills: their median [m datum], NaN
        when there is none.
    above_sea
        Share of what only moving water fills whose water stands above the highest sea.
    """

    both: float
    only_still: float
    only_moving: float
    mean: float
    spread: float
    needed: float
    above_sea: float

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers as the page reads them; what is not known is None."""
        return {
            "both": round(self.both),
            "only_still": round(self.only_still),
            "only_moving": round(self.only_moving),
            "mean": _or_none(self.mean, 3),
            "spread": _or_none(self.spread, 3),
            "needed": _or_none(self.needed, 2),
            "above_sea": _or_none(self.above_sea, 2),
        }


def compare(
    maps: StormMaps, connection: np.ndarray[Any, Any], ground: np.ndarray[Any, Any], peak: float
) -> Comparison:
    """Hold a run against still water.

    Parameters
    ----------
    maps
        Both, on the page's frame.
    connection, ground
        The lowest sea level that reaches each cell, and the height that its depth counts from,
        both at the cells of the maps [m datum].
    peak
        The highest sea of the storm [m datum]; -inf for a quiet one.
    """
    moving, still = maps.peak >= WET, maps.still >= WET
    area = maps.grid.cell_area

    def size(cells: Bools) -> float:
        return float(cells.sum()) * area

    both = moving & still
    off = maps.difference[both].astype(float)
    lost, won = still & ~moving, moving & ~still
    reach = connection[lost & np.isfinite(connection)]
    high = (ground[won] + maps.peak[won]) > peak + ABOVE_SEA
    return Comparison(
        size(both),
        size(lost),
        size(won),
        float(off.mean()) if off.size else np.nan,
        float(np.sqrt((off**2).mean())) if off.size else np.nan,
        float(np.median(reach)) if reach.size else np.nan,
        float(high.mean()) if high.size else np.nan,
    )


def explain(
    found: Comparison,
    tracks: Sequence[Track],
    run_cell: float,
    ground_cell: float,
    knows_ground: bool = False,
    rained: float = 0.0,
) -> list[Words]:
    """Return why the two differ, the most important first; every number is of this run.

    Parameters
    ----------
    found
        The comparison.
    tracks
        The lines of the run.
    run_cell, ground_cell
        Cells that the run and the still water were computed on [m].
    knows_ground
        Whether the run's cells know the finer ground within them by tables.
    rained
        Rain that ran off in the run [m3].
    """
    whole = found.both + found.only_still + found.only_moving
    if whole <= 0.0:
        return [Words("Hverken stillestående eller løbende vand når op på land.",
                      "Neither still nor moving water comes onto land.")]  # fmt: skip
    words = [_sizes(found)]
    if found.only_still > TOLD_SHARE * whole:
        words += _why_less(found, tracks)
    if found.only_moving > TOLD_SHARE * whole:
        words += _why_more(found, tracks, rained)
    words += _why_higher(found)
    words += [w for track in tracks if (w := _of_structure(track, tracks)) is not None]
    if run_cell > 1.01 * ground_cell:
        words.append(_coarser(run_cell, ground_cell, knows_ground))
    return words


def _sizes(found: Comparison) -> Words:
    still, moving = found.both + found.only_still, found.both + found.only_moving
    return Words(
        f"Stillestående vand dækker {hectares(still, 'da')} land, løbende vand "
        f"{hectares(moving, 'da')}; {hectares(found.both, 'da')} er de samme.",
        f"Still water covers {hectares(still, 'en')} of land, moving water "
        f"{hectares(moving, 'en')}; {hectares(found.both, 'en')} are the same.",
    )


def _why_less(found: Comparison, tracks: Sequence[Track]) -> list[Words]:
    seas = [track for track in tracks if track.kind == SEA]
    lost = {lang: hectares(found.only_still, lang) for lang in ("da", "en")}
    if seas and np.isfinite(found.needed):
        hours = max(hours_above(sea, found.needed) for sea in seas)
        level = {lang: number(found.needed, lang, decimals=2) for lang in ("da", "en")}
        time = {lang: spell(hours * HOUR, lang) for lang in ("da", "en")}
        return [Words(
            f"{lost['da']} bliver tørre, når vandet skal løbe derhen: havet står kun over "
            f"{level['da']} m, som det kræver, i {time['da']}, og vejen ind er lang eller smal. "
            "Stillestående vand regner, som om havet blev stående.",
            f"{lost['en']} stay dry when the water has to run there: the sea stands above the "
            f"{level['en']} m that it takes for only {time['en']}, and the way in is long or "
            "narrow. Still water counts as if the sea stayed up.",
        )]  # fmt: skip
    if any(track.kind == RAIN for track in tracks):
        return [Words(
            f"{lost['da']} står kun under vand i den stillestående beregning: den lader al regn "
            "nå lavningerne. I forløbet er noget af den undervejs, i åerne eller ude i havet.",
            f"{lost['en']} are wet in still water alone: it lets all rain reach the hollows. In "
            "the run some of it is on its way, in the streams or out at sea.",
        )]  # fmt: skip
    return []


def _why_more(found: Comparison, tracks: Sequence[Track], rained: float) -> list[Words]:
    won = {lang: hectares(found.only_moving, lang) for lang in ("da", "en")}
    streams = [track for track in tracks if track.kind == STREAM]
    brought = sum(float(np.trapezoid(t.values, t.seconds)) for t in streams)
    if rained > brought:
        return [Words(
            f"{won['da']} bliver kun våde i forløbet: regnen løber ned ad skrænter og veje, "
            "før den samles. Stillestående vand er der kun, hvor den ender.",
            f"{won['en']} get wet only in the run: rain runs down slopes and roads before it "
            "gathers. Still water is only where it ends.",
        )]  # fmt: skip
    if streams and (found.above_sea > 0.5 or not any(t.kind == SEA for t in tracks)):
        volume = {lang: cubic_metres(brought, lang) for lang in ("da", "en")}
        high = any(np.ptp(t.values) > RISING for t in tracks if t.kind == SEA)
        against = Words(", mens havet står imod", " while the sea stands against it")
        more = against if high else Words("", "")
        return [Words(
            f"{won['da']} bliver kun våde i forløbet: åerne bringer {volume['da']}, og noget af "
            f"det går over bredderne{more.da}. Den stillestående beregning kender ingen åer.",
            f"{won['en']} get wet only in the run: the streams bring {volume['en']}, and some of "
            f"it goes over the banks{more.en}. Still water knows no streams.",
        )]  # fmt: skip
    return [Words(
        f"{won['da']} bliver kun våde i forløbet: vand i fart stuver op foran det, der står i "
        "vejen, og løber ind, hvor et stille hav ikke når.",
        f"{won['en']} get wet only in the run: water on the move piles up before what stands in "
        "its way, and runs in where a still sea does not reach.",
    )]  # fmt: skip


def _why_higher(found: Comparison) -> list[Words]:
    if not np.isfinite(found.mean) or abs(found.mean) < SAME:
        if found.both <= 0.0:
            return []
        return [Words(
            "Hvor begge står, er dybden i gennemsnit den samme på få centimeter nær.",
            "Where both stand, the depth is on average the same within a few centimetres.",
        )]  # fmt: skip
    size = {lang: number(abs(found.mean), lang, decimals=2) for lang in ("da", "en")}
    if found.mean < 0.0:
        return [Words(
            f"Hvor begge står, er løbende vand i gennemsnit {size['da']} m lavere: det nåede "
            "ikke at fylde op, før havet faldt.",
            f"Where both stand, moving water is on average {size['en']} m lower: it had not "
            "filled up before the sea fell.",
        )]  # fmt: skip
    return [Words(
        f"Hvor begge står, er løbende vand i gennemsnit {size['da']} m højere.",
        f"Where both stand, moving water is on average {size['en']} m higher.",
    )]  # fmt: skip


def _of_structure(track: Track, tracks: Sequence[Track]) -> Words | None:
    """Say what a gate kept back and what a pump lifted; None when there is nothing to say."""
    name = track.name
    if track.kind == PUMP and track.moved > 0.0:
        volume = {lang: cubic_metres(track.moved, lang) for lang in ("da", "en")}
        return Words(f"{name.da}: {volume['da']} løftet.", f"{name.en}: {volume['en']} lifted.")
    if track.kind != GATE or track.still_seconds < HOUR:
        return None
    told = track.opened is not None
    held = Words("lukket", "shut") if told else Words("intet igennem", "nothing through")
    shut = {lang: spell(track.still_seconds, lang) for lang in ("da", "en")}
    streams = [t for t in tracks if t.kind == STREAM]
    if not streams:
        return Words(f"{name.da}: {held.da} i {shut['da']}.",
                     f"{name.en}: {held.en} for {shut['en']}.")  # fmt: skip
    return Words(
        f"{name.da}: {held.da} i {shut['da']}; imens kommer åernes vand bagfra.",
        f"{name.en}: {held.en} for {shut['en']}; meanwhile the streams come from behind.",
    )


def _coarser(run_cell: float, ground_cell: float, knows_ground: bool) -> Words:
    cells = {lang: (number(run_cell, lang), number(ground_cell, lang)) for lang in ("da", "en")}
    if knows_ground:
        return Words(
            f"Forløbet er regnet i celler på {cells['da'][0]} m, som kender jorden i dem på "
            f"{cells['da'][1]} m; gennem smalle passager er det mindre sikkert.",
            f"The run is computed in cells of {cells['en'][0]} m that know the ground within them "
            f"at {cells['en'][1]} m; through narrow passages it is less sure.",
        )
    return Words(
        f"Forløbet er regnet på celler på {cells['da'][0]} m, stillestående vand på "
        f"{cells['da'][1]} m: smalle veje ind og lave kanter kan være gået tabt eller lukket.",
        f"The run is computed on cells of {cells['en'][0]} m, still water on "
        f"{cells['en'][1]} m: narrow ways in and low banks may be lost or closed.",
    )


def hours_above(track: Track, level: float) -> float:
    """Return how long a line stands above a level [h]."""
    fine = np.linspace(track.seconds[0], track.seconds[-1], 20 * track.seconds.size)
    values = np.interp(fine, track.seconds, track.values)
    return float((values > level).mean() * (fine[-1] - fine[0]) / HOUR)


def hectares(area: float, language: str) -> str:
    """Return an area in words, from [m2].

    Examples
    --------
    >>> hectares(1_234_000.0, "en"), hectares(4_000.0, "da")
    ('120 ha', '0,40 ha')
    """
    return f"{number(area / HECTARE, language, figures=2)} ha"


def cubic_metres(volume: float, language: str) -> str:
    """Return a volume of water in words, from [m3].

    Examples
    --------
    >>> cubic_metres(1_240_000.0, "da"), cubic_metres(830.0, "en")
    ('1,2 mio. m³', '830 m³')
    """
    if volume >= 1e6:
        million = Words("mio.", "million")[language]
        return f"{number(volume / 1e6, language, figures=2)} {million} m³"
    return f"{number(volume, language, figures=2)} m³"


def spell(seconds: float, language: str) -> str:
    """Return a stretch of time in words: minutes below an hour and a half, else hours.

    Examples
    --------
    >>> spell(1800.0, "en"), spell(5.2 * 3600.0, "da")
    ('30 minutes', '5 timer')
    """
    if seconds < 1.5 * HOUR:
        count = number(5.0 * round(seconds / 300.0), language)
        return f"{count} {Words('minutter', 'minutes')[language]}"
    return f"{number(seconds / HOUR, language)} {Words('timer', 'hours')[language]}"


def _or_none(value: float, decimals: int) -> float | None:
    return round(value, decimals) if np.isfinite(value) else None

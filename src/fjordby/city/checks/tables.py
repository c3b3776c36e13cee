"""Is each table right by itself, and on the ground? Shapes, words, numbers, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from fjordby.arrays import Array
from fjordby.city.checks.known import Known
from fjordby.city.layers import specs, vocabulary
from fjordby.city.model import Layer
from fjordby.city.problem import Problem, problem

#: Nothing people call a building is smaller [m2]; assumed.
SMALL = 1.0
#: Signs of UTF-8 that was read as Latin-1 or Windows-1252, and of the reverse.
_GARBLED = ("Ã", "Â", "â€", "Å\x92", "Ð", "Ñ", "\ufffd")


def shapes(known: Known) -> Iterator[Problem]:
    """Find geometries that are invalid, the same, or too small."""
    yield from crossed(known)
    for layer, table in known.spatial().items():
        geometry = table.geometry.to_numpy()
        twice = pd.Series(shapely.to_wkb(shapely.normalize(geometry))).duplicated().to_numpy()
        if twice.any():
            yield problem(
                "geometry-twice",
                layer,
                count=twice.sum(),
                ids=names(table, twice),
                where=middles(geometry[twice]),
            )
        if layer is Layer.BUILDINGS:
            small = shapely.area(geometry) < SMALL
            if small.any():
                yield problem(
                    "geometry-small",
                    layer,
                    count=small.sum(),
                    least=SMALL,
                    ids=names(table, small),
                    where=middles(geometry[small]),
                )


def crossed(known: Known) -> Iterator[Problem]:
    """Find geometries that are invalid, such as polygons that cross themselves."""
    for layer, table in known.spatial().items():
        geometry = table.geometry.to_numpy()
        bad = ~shapely.is_valid(geometry)
        if bad.any():
            got = str(shapely.is_valid_reason(geometry[bad][0])).split("[")[0]
            yield problem(
                "geometry-crossed",
                layer,
                count=bad.sum(),
                got=got,
                ids=names(table, bad),
                where=middles(geometry[bad]),
            )


def numbers(known: Known) -> Iterator[Problem]:
    """Find numbers outside what makes sense in their unit."""
    for layer, table in known.tables.items():
        for column in specs()[layer].columns:
            if column.type == "text" or column.name not in table:
                continue
            values = table[column.name].to_numpy(dtype=np.float64)
            bad = (values < column.low) | (values > column.high)
            if bad.any():
                yield problem(
                    "values-range",
                    layer,
                    column=column.name,
                    count=bad.sum(),
                    low=column.low,
                    high=column.high,
                    got=float(values[bad][0]),
                    unit=column.unit or "-",
                    ids=names(table, bad),
                )


def words(known: Known) -> Iterator[Problem]:
    """Find words that nobody knows, and texts read in the wrong encoding."""
    for layer, table in known.tables.items():
        for column in table.columns:
            values = table[column]
            if not pd.api.types.is_string_dtype(values.dtype):
                continue
            allowed = vocabulary().get((layer.value, str(column)))
            if allowed is not None:
                odd = ~values.isin(list(allowed)).to_numpy()
                if odd.any():
                    got = ", ".join(repr(one) for one in pd.unique(values[odd])[:5])
                    yield problem(
                        "word-unknown",
                        layer,
                        column=column,
                        count=odd.sum(),
                        got=got,
                        known=", ".join(allowed),
                        ids=names(table, odd),
                    )
            yield from _garbled(layer, str(column), values)


def _garbled(layer: Layer, column: str, values: pd.Series[str]) -> Iterator[Problem]:
    texts = values.dropna().astype(str)
    broken = {one: want for one in pd.unique(texts) if (want := encoding(one))}
    if broken:
        first, want = next(iter(broken.items()))
        yield problem(
            "text-garbled",
            layer,
            column=column,
            got=repr(first),
            want=want,
            count=texts.isin(list(broken)).sum(),
        )


def encoding(text: str) -> str:
    """Return the encoding a garbled text should have been read in, or "" for one that is fine.

    Examples
    --------
    >>> encoding("Strandgade Ã¸st"), encoding("Ærøgade"), encoding("\ufffdstergade")
    ('UTF-8', '', 'Windows-1252 (cp1252)')
    """
    if text.isascii() or not any(sign in text for sign in _GARBLED):
        return ""
    if "\ufffd" in text:
        return "Windows-1252 (cp1252)"
    raw = b"".join(_byte(one) for one in text)
    try:
        return "UTF-8" if raw and raw.decode("utf-8") != text else ""
    except UnicodeError:
        return ""


def _byte(letter: str) -> bytes:
    """Return the byte that Windows-1252 (or Latin-1, in its gaps) reads as a letter."""
    for read in ("cp1252", "latin-1"):
        try:
            return letter.encode(read)
        except UnicodeError:
            continue
    return b"\xff"  # no such byte: the text is what it seems


def lie(known: Known) -> Iterator[Problem]:
    """Find layers and features that do not lie on the terrain."""
    grid = known.grid
    if grid is None:
        return
    west, south, east, north = grid.bounds
    for layer, table in known.spatial().items():
        box = shapely.bounds(table.geometry.to_numpy())
        outside = (
            (box[:, 2] < west) | (box[:, 0] > east) | (box[:, 3] < south) | (box[:, 1] > north)
        )
        if outside.all():
            yield problem(
                "layers-apart",
                layer,
                count=len(table),
                where=middles(table.geometry.to_numpy()[:1]),
            )
        elif outside.any():
            yield problem(
                "features-outside",
                layer,
                count=outside.sum(),
                total=len(table),
                ids=names(table, outside),
                where=middles(table.geometry.to_numpy()[outside]),
            )


def names(table: pd.DataFrame, which: Array) -> list[str]:
    """Return the ids (or buildings) of a few rows."""
    key = next((one for one in ("id", "building") if one in table), None)
    return [] if key is None else list(map(str, table.loc[which, key].iloc[:5]))


def middles(shapes: Array) -> list[tuple[float, float]]:
    """Return the middle of a few geometries."""
    box = shapely.bounds(shapes[:5])
    return [((a + c) / 2, (b + d) / 2) for a, b, c, d in box if np.isfinite(a)]

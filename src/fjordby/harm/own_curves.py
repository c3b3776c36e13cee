"""A person's own damage curves from a CSV file, checked with every problem named at once."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from fjordby.arrays import Floats
from fjordby.errors import BadFile, BadValue
from fjordby.harm.costs import Costs
from fjordby.harm.exposure import Exposure, use_rows
from fjordby.harm.families import MEASURES, WATERS, Family
from fjordby.words import Words

#: A curve for every use that has none of its own.
DEFAULT = "default"

#: Water for a curve that holds whatever the source.
ANY = "any"

#: No flood is deeper than this [m] (assumed: larger numbers are centimetres).
DEEPEST = 20.0

#: Columns that are there once for the whole file, with what they may hold.
ONCE = ("currency", "price_year", "zero", "measure")

Points = dict[tuple[str, str], list[tuple[float, float]]]


@dataclass(frozen=True)
class Curves:
    """Own curves by (use, water): depths [m] and damage per m2 of ground floor [currency/m2]."""

    points: Mapping[tuple[str, str], tuple[Floats, Floats]]
    zero: str


def read_curves(path: str | Path) -> Family:
    """Read damage curves from a CSV file as a family of their own.

    Parameters
    ----------
    path
        A file with one row for each point of each curve. Commas, or semicolons with decimal
        commas, as spreadsheets write them. Columns:

        ============= ==========================================================================
        use           a use of `uses.csv`, or "default" for all that have no curve
        depth_m       depth [m], increasing within a curve; no damage below the first point
        damage_per_m2 damage per m2 of ground floor; or instead these two:
        damage_share  share of the value in [0, 1], and
        value_per_m2  the value per m2 of ground floor
        price_year    year of the prices, the same in all rows
        currency      such as DKK, the same in all rows
        water         optional: surge, river, cloudburst or any (when missing: any)
        zero          optional: where depth counts from, ground or floor (when missing: ground)
        measure       optional: max or mean over the footprint (when missing: max)
        source        optional, but please: where the curves come from
        ============= ==========================================================================

    Raises
    ------
    BadFile
        When the file cannot be used; the message names every problem with its line.
    """
    file = Path(path)
    rows, columns = _read(file)
    problems: list[str] = []
    missing = [c for c in ("use", "depth_m", "price_year", "currency") if c not in columns]
    relative = "damage_share" in columns
    if "damage_per_m2" not in columns and not (relative and "value_per_m2" in columns):
        missing.append("damage_per_m2 (or damage_share with value_per_m2)")
    if missing:
        hint = [c for c in columns if c.startswith("depth")]
        said = f" (its depth column is {hint[0]!r}; depths are in metres)" if hint else ""
        raise _bad(file, [f"no column {', '.join(missing)}{said if 'depth_m' in missing else ''}"])
    once = {name: _once(name, rows, problems) for name in ONCE}
    _check_once(once, problems)
    points = _points(rows, relative, problems)
    curves = {key: _curve(key, curve, problems) for key, curve in points.items()}
    if problems:
        raise _bad(file, problems)
    name = file.stem
    return Family(
        f"own:{name}",
        Words(f"egne kurver ({name})", f"own curves ({name})"),
        once["currency"],
        int(once["price_year"]),
        once["measure"] or "max",
        partial(_lay_out, Curves(curves, once["zero"] or "ground")),
        "; ".join(dict.fromkeys(row["source"] for row in rows if row.get("source")))
        or f"own curves, {file.name}",
    )


def _bad(file: Path, problems: list[str]) -> BadFile:
    listed = "; ".join(problems[:12])
    return BadFile(
        "a CSV file of damage curves (docs/harm.md)",
        f"{file.name} with {len(problems)} problem(s): {listed}",
        "Mend these lines and read it again.",
    )


def _read(file: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Return the rows as text with decimal points, and the column names."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(
            "a CSV file of damage curves in UTF-8", f"{file}: {error}", "Check path and encoding."
        ) from None
    first = text.splitlines()[0] if text.strip() else ""
    semicolons = first.count(";") > first.count(",")
    reader = csv.DictReader(text.splitlines(), delimiter=";" if semicolons else ",")
    columns = [str(name).strip().lower() for name in (reader.fieldnames or [])]
    reader.fieldnames = columns
    rows = [{k: (v or "").strip() for k, v in row.items() if k is not None} for row in reader]
    if semicolons:
        rows = [{k: _point(k, v) for k, v in row.items()} for row in rows]
    if not rows:
        raise _bad(file, ["no rows"])
    return rows, columns


def _point(column: str, text: str) -> str:
    numeric = column.startswith(("depth", "damage", "value"))
    return text.replace(",", ".") if numeric else text


def _once(name: str, rows: list[dict[str, str]], problems: list[str]) -> str:
    said = sorted({row.get(name, "") for row in rows} - {""})
    if len(said) > 1:
        problems.append(f"{name} is {' and '.join(said[:3])}; it must be one for the whole file")
    return said[0] if said else ""


def _check_once(once: Mapping[str, str], problems: list[str]) -> None:
    if not once["price_year"].isdigit() or not 1900 <= int(once["price_year"]) <= 2100:
        problems.append(f"price_year is {once['price_year']!r}; give a year such as 2024")
    if not once["currency"]:
        problems.append("currency is empty; give one such as DKK")
    if once["zero"] not in ("", "ground", "floor"):
        problems.append(f"zero is {once['zero']!r}; depth counts from ground or floor")
    if once["measure"] and once["measure"] not in MEASURES:
        problems.append(f"measure is {once['measure']!r}; known are {', '.join(MEASURES)}")


def _number(row: dict[str, str], column: str, line: int, problems: list[str]) -> float:
    try:
        value = float(row.get(column, ""))
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        problems.append(f"line {line}: {column} is {row.get(column, '')!r}, not a number")
        return 0.0
    return value


def _points(rows: list[dict[str, str]], relative: bool, problems: list[str]) -> Points:
    """Return the points of every curve as (depth, damage per m2), in the order of the file."""
    points: Points = {}
    for line, row in enumerate(rows, start=2):
        use, water = row["use"], row.get("water", "") or ANY
        if use != DEFAULT and use not in use_rows():
            known = ", ".join([*use_rows(), DEFAULT])
            problems.append(f"line {line}: unknown use {use!r} (known: {known})")
        if water != ANY and water not in WATERS:
            problems.append(f"line {line}: water is {water!r}; known are {', '.join(WATERS)}, any")
        depth = _number(row, "depth_m", line, problems)
        if depth > DEEPEST:
            problems.append(f"line {line}: depth {depth:g} m; is it centimetres?")
        if depth < 0:
            problems.append(f"line {line}: depth {depth:g} m is negative")
        if relative:
            share = _number(row, "damage_share", line, problems)
            if share > 1:
                problems.append(f"line {line}: damage_share {share:g} is above 1; is it per cent?")
            amount = share * _number(row, "value_per_m2", line, problems)
        else:
            amount = _number(row, "damage_per_m2", line, problems)
        if amount < 0:
            problems.append(f"line {line}: damage {amount:g} is negative")
        points.setdefault((use, water), []).append((depth, amount))
    return points


def _curve(
    key: tuple[str, str], points: list[tuple[float, float]], problems: list[str]
) -> tuple[Floats, Floats]:
    """Return one curve, beginning with no damage at its first depth."""
    depth, amount = np.array(points).T
    name = f"the curve of {key[0]} ({key[1]} water)"
    if depth.size < 2:
        problems.append(f"{name} has one point; give at least two")
    if (np.diff(depth) <= 0).any():
        problems.append(f"{name} has depths that do not increase: {_falls(depth)}")
    elif (np.diff(amount) < 0).any():
        problems.append(f"{name} has damage that falls as the water rises: {_falls(amount)}")
    if amount[0] > 0:
        depth, amount = np.concatenate((depth[:1], depth)), np.concatenate(([0.0], amount))
    return depth, amount


def _falls(values: Floats) -> str:
    k = int(np.flatnonzero(np.diff(values) <= 0)[0])
    return f"{values[k]:g} then {values[k + 1]:g}"


def _lay_out(curves: Curves, exposure: Exposure, water: str) -> Costs:
    """Return own curves for every building, in their own money."""
    keys = list(curves.points)
    chosen: dict[str, int] = {}
    for use in sorted(set(exposure.use)):
        order = ((use, water), (use, ANY), (DEFAULT, water), (DEFAULT, ANY))
        found = next((key for key in order if key in curves.points), None)
        if found is None:
            raise BadValue(
                f"a curve for every use in the city, or one for {DEFAULT!r}",
                f"none for {use!r} under water from {water}",
                f"Add rows for {use!r} or {DEFAULT!r} to the file.",
            )
        chosen[use] = keys.index(found)
    longest = max(curves.points[key][0].size for key in keys)
    depths = np.full((len(keys), longest), np.inf)
    shares = np.zeros((len(keys), longest))
    for k, key in enumerate(keys):
        depth, amount = curves.points[key]
        depths[k, : depth.size] = depth
        shares[k, : depth.size] = amount
        shares[k, depth.size :] = amount[-1]
    none = np.zeros(exposure.count)
    return Costs(
        lift=exposure.floor_height if curves.zero == "floor" else none,
        least=0.0,
        fixed=none,
        slope=none,
        base=none,
        value=exposure.area,
        curve=np.array([chosen[use] for use in exposure.use], dtype=np.int32),
        depths=depths,
        shares=shares,
    )

"""What the user asks for in the TOML of a new city, with every slip told at once."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fjordby.city.frames import fit, parse
from fjordby.city.layers import TABLES, specs
from fjordby.city.model import Layer
from fjordby.errors import BadCity, BadFile
from fjordby.provenance import Kind, Provenance

#: Metres in a unit of height: the international foot of 1959, and the US survey foot of
#: 1200/3937 m (NIST Special Publication 811, appendix B).
METRES = {
    "metre": 1.0,
    "decimetre": 0.1,
    "centimetre": 0.01,
    "millimetre": 0.001,
    "foot": 0.3048,
    "us_survey_foot": 1200 / 3937,
}
#: Other names of these units that files use.
SPELT = {
    "m": "metre",
    "meter": "metre",
    "metres": "metre",
    "meters": "metre",
    "dm": "decimetre",
    "decimeter": "decimetre",
    "cm": "centimetre",
    "centimeter": "centimetre",
    "mm": "millimetre",
    "ft": "foot",
    "feet": "foot",
    "international foot": "foot",
    "us survey foot": "us_survey_foot",
    "us-ft": "us_survey_foot",
    "ftus": "us_survey_foot",
}
SEAS = ("edge", "seed", "polygon", "nodata")
CROWDS = ("buildings", "grid", "table")

_WHENCE = {"kind": str, "source": str, "licence": str, "date": str, "note": str}
_TABLE = _WHENCE | {
    "file": str,
    "layer": str,
    "encoding": str,
    "where": str,
    "crs": str,
    "x": str,
    "y": str,
    "columns": dict,
    "values": dict,
    "factors": dict,
    "defaults": dict,
}
#: Keys of each section and what they hold.
KEYS: Mapping[str, Mapping[str, Any]] = {
    "city": {
        "id": str,
        "name": (str, dict),
        "crs": str,
        "vertical_datum": str,
        "currency": str,
        "cell": (int, float),
        "bounds": list,
        "bounds_crs": str,
    },
    "terrain": _WHENCE
    | {
        "file": (str, list),
        "unit": str,
        "offset": (int, float),
        "nodata": (int, float),
        "crs": str,
    },
    "sea": _WHENCE
    | {
        "how": str,
        "level": (int, float),
        "seed": list,
        "seed_crs": str,
        "file": str,
        "layer": str,
        "crs": str,
        "land": bool,
        "unknown": bool,
    },
    "people": _TABLE | {"how": str, "total": str, "shares": dict},
    "streams": _TABLE | {"downhill": bool},
    **dict.fromkeys(("barriers", "buildings", "districts", "roads", "places", "green"), _TABLE),
}
_NEED = {
    "city": ("id", "name", "vertical_datum", "currency", "cell"),
    "terrain": ("file",),
    "sea": ("how",),
    "people": ("how",),
}
_FLAGS = ("land", "unknown", "downhill")
_NAMES: Mapping[Any, str] = {
    str: "text",
    list: "a list",
    dict: "a table",
    bool: "true or false",
    (int, float): "a number",
    (str, list): "a text or a list of texts",
    (str, dict): "a text, or a table of da and en,",
}


@dataclass(frozen=True)
class Settings:
    """The sections of the TOML, checked, and the folder that its paths are seen from."""

    home: Path
    city: Mapping[str, Any]
    layers: Mapping[Layer, Mapping[str, Any]]
    records: Mapping[str, str]

    def path(self, file: str) -> Path:
        """Return the path of a file named in the settings."""
        return self.home / Path(file).expanduser()

    def provenance(self, layer: Layer) -> Provenance:
        """Return what the settings say of where a layer comes from."""
        said = self.layers[layer]
        words = {key: str(said.get(key, "")) for key in ("source", "licence", "date", "note")}
        return Provenance(Kind(said["kind"]), **words)


def read(path: Path) -> Settings:
    """Read the settings of a new city.

    Raises
    ------
    BadFile
        When the file cannot be read as TOML.
    BadCity
        With every slip in it.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise BadFile(
            f"settings of a city as TOML in UTF-8 at {path}",
            getattr(wrong, "strerror", None) or str(wrong),
            "Begin from `fjordby city new --template > ourtown.toml`.",
        ) from None
    slips = list(_slips(said, path.parent))
    if slips:
        raise BadCity(
            "settings that can be followed",
            f"{path} with {len(slips)} slips",
            "Mend these; `fjordby city new --template` shows each key.",
            slips,
        )
    layers = {Layer(name): said[name] for name in said if name in set(Layer)}
    return Settings(path.parent, said["city"], layers, said.get("records", {}))


def _slips(said: Mapping[str, Any], home: Path) -> Any:
    for name in ("city", "terrain", "sea"):
        if name not in said:
            yield f"The section [{name}] is missing."
    for name, section in said.items():
        if not isinstance(section, dict):
            yield f"{name} stands outside a section; the sections are {_list([*KEYS, 'records'])}."
        elif name == "records":
            yield from (
                f"[records] {key}: there is no file {file}."
                for key, file in section.items()
                if not (home / str(file)).is_file()
            )
        elif name not in KEYS:
            yield f"Nobody knows the section [{name}]{_meant(name, [*KEYS, 'records'])}"
        else:
            yield from (f"[{name}] {slip}" for slip in _section(name, section, home))


def _section(name: str, section: Mapping[str, Any], home: Path) -> Any:
    """Tell what is wrong in one section."""
    keys = KEYS[name]
    for key, value in section.items():
        if key not in keys:
            yield f"has a key {key!r} that nobody knows{_meant(key, keys)}"
        elif not isinstance(value, keys[key]) or (isinstance(value, bool) and key not in _FLAGS):
            yield f"{key} = {value!r}: {_NAMES[keys[key]]} is needed."
    need = _NEED.get(name, ("file",))
    yield from (f"lacks {key}." for key in need if key not in section)
    if name == "city":
        yield from _city(section)
        return
    if section.get("kind") not in set(Kind):
        yield f"kind = {section.get('kind')!r}: write one of {_list(Kind)}."
    for key in ("source", "licence", "date"):
        if not str(section.get(key, "")).strip():
            yield f"lacks {key}: nobody can trust or reuse a layer without it."
    files = section.get("file", [])
    for file in [files] if isinstance(files, str) else files:
        if not (home / Path(str(file)).expanduser()).exists():
            yield f"file: there is no {file} (seen from {home or '.'})."
    if "crs" in section and parse(str(section["crs"])) is None:
        yield f"crs = {section['crs']!r} is not known; write one such as EPSG:4326."
    yield from _ASKED.get(name, _columns)(name, section)


def _city(section: Mapping[str, Any]) -> Any:
    name = str(section.get("id", "x"))
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        yield f"id = {name!r}: use letters, digits, - and _."
    for key in ("vertical_datum", "currency"):
        if key in section and not str(section[key]).strip():
            yield f"{key} is empty."
    cell = section.get("cell", 1.0)
    if isinstance(cell, int | float) and not (math.isfinite(cell) and cell > 0):
        yield f"cell = {cell}: a length above 0 is needed [m]."
    crs = str(section.get("crs", "auto"))
    if crs != "auto":
        yield from (f"crs: {one.what.en}. {one.do.en}" for one in fit(crs))
    box = section.get("bounds")
    if box is not None and not _is_box(box):
        yield f"bounds = {box}: write [west, south, east, north], west < east and south < north."


def _is_box(box: Any) -> bool:
    return (
        isinstance(box, list)
        and len(box) == 4
        and all(isinstance(one, int | float) for one in box)
        and box[0] < box[2]
        and box[1] < box[3]
    )


def _terrain(_: str, section: Mapping[str, Any]) -> Any:
    unit = section.get("unit", "metre")
    if SPELT.get(str(unit).lower(), unit) not in METRES:
        yield f"unit = {unit!r}: write one of {_list(METRES)}."
    if section.get("file") == []:
        yield "file is an empty list."


def _sea(_: str, section: Mapping[str, Any]) -> Any:
    how = section.get("how")
    if how not in SEAS:
        yield f"how = {how!r}: write one of {_list(SEAS)}."
    seed = section.get("seed")
    if how == "seed" and not (
        isinstance(seed, list) and len(seed) == 2 and all(isinstance(x, int | float) for x in seed)
    ):
        yield "seed = [x, y] is needed: a point in the open sea."
    if how == "polygon" and "file" not in section:
        yield "lacks file: the areas of the sea (or of the land, with land = true)."


def _people(name: str, section: Mapping[str, Any]) -> Any:
    how = section.get("how")
    if how not in CROWDS:
        yield f"how = {how!r}: write one of {_list(CROWDS)}."
    elif how != "buildings" and "file" not in section:
        yield f"lacks file: where the persons of how = {how!r} stand."
    groups = [c.name for c in specs()[Layer.PEOPLE].columns if c.name != "building"]
    columns = section.get("columns", {})
    if "total" in section:
        shares = section.get("shares", {})
        numbers = [x for x in shares.values() if isinstance(x, int | float) and x >= 0]
        if set(shares) - set(groups) or len(numbers) != len(shares):
            yield f"shares holds a number for each of {_list(groups)}."
        elif abs(sum(numbers) - 1.0) > 0.01:
            yield f"shares must add up to 1 (they give {sum(numbers):g}): ages are not known here."
    elif not set(columns) & set(groups):
        raster = str(section.get("file", "")).lower().endswith((".tif", ".tiff", ".vrt", ".asc"))
        yield (
            'a raster of persons needs total = "persons" and shares.'
            if raster
            else f"needs a column for each group ({_list(groups)}), or total and shares."
        )
    if how == "table" and "building" not in columns:
        yield "columns.building is needed: which column holds the id of the building."
    yield from _columns(name, section)


def _columns(name: str, section: Mapping[str, Any]) -> Any:
    """Tell what is wrong with the mapping of columns, values, factors and defaults."""
    known = {column.name: column for column in specs()[Layer(name)].columns}
    for part in ("columns", "values", "factors", "defaults"):
        held = section.get(part, {})
        for key, value in held.items() if isinstance(held, dict) else ():
            if key not in known:
                yield f"{part} names {key!r}, which the layer does not have{_meant(key, known)}"
            elif part == "values" and not isinstance(value, dict):
                yield f"values.{key} is a table of your word = ours."
            elif part == "factors" and (
                known[key].type == "text" or isinstance(value, bool | str | dict | list)
            ):
                yield f"factors.{key} is a number, for a column of numbers."
            elif part == "columns" and not isinstance(value, str):
                yield f"columns.{key} is the name of your column, as text."
    given = {*section.get("columns", {}), *section.get("defaults", {}), "id", "building"}
    for column in known.values():
        if column.need and column.name not in given:
            yield f"columns.{column.name} (or defaults.{column.name}) is needed."
    if ("x" in section) != ("y" in section):
        yield "x and y belong together."


_ASKED = {"terrain": _terrain, "sea": _sea, "people": _people}
assert set(TABLES) <= set(KEYS)


def _list(words: Any) -> str:
    return ", ".join(map(str, words))


def _meant(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {_list(known)}."

"""A city as a folder: city.toml, cloud-optimised GeoTIFF, GeoParquet; whole or not at all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fjordby.city import frames, rasters, tables
from fjordby.city.checks.certain import certain
from fjordby.city.checks.known import Known
from fjordby.city.layers import RASTERS, TABLES, empty
from fjordby.city.model import City, Layer
from fjordby.city.problem import Problem, errors, problem
from fjordby.city.toml_text import dumps
from fjordby.errors import BadCity, BadValue
from fjordby.grid import Grid, Raster
from fjordby.provenance import Kind, Provenance
from fjordby.storage import write_folder
from fjordby.words import Words

#: The version of the folder format that this program writes, and the newest that it reads.
FORMAT = 1

#: Where the cities that come with the program live, one folder each.
BUILTIN = Path(__file__).parent / "builtin"

_KEYS = ("format", "id", "name", "crs", "vertical_datum", "currency", "layers")
_HEAD = "# A city for fjordby. What each line means: docs/city.md\n"


@dataclass
class Reading:
    """What could be read of a city folder, and all that was wrong with it."""

    folder: Path
    head: dict[str, Any] = field(default_factory=dict)
    rasters: dict[Layer, rasters.Picture] = field(default_factory=dict)
    tables: dict[Layer, tables.Table] = field(default_factory=dict)
    provenance: dict[Layer, Provenance] = field(default_factory=dict)
    records: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def builtin() -> list[str]:
    """Return the names of the cities that come with the program."""
    if not BUILTIN.is_dir():
        return []
    return sorted(p.name for p in BUILTIN.iterdir() if (p / "city.toml").is_file())


def find(folder_or_name: str | Path) -> Path:
    """Return the folder of a city: a folder that holds a city.toml, or a built-in city by name.

    Raises
    ------
    BadCity
        When it is neither; the error names the cities that come with the program.
    """
    path = Path(folder_or_name).expanduser()
    if (path / "city.toml").is_file():
        return path
    if str(folder_or_name) in builtin():
        return BUILTIN / str(folder_or_name)
    known = ", ".join(builtin()) or "none"
    got = "a folder without city.toml" if path.is_dir() else "nothing by that name"
    raise BadCity(
        "a city folder, or the name of a built-in city",
        f"{folder_or_name!s}: {got}",
        f"Built-in cities: {known}. Make one of your own with `fjordby city new`.",
    )


def load(folder_or_name: str | Path) -> City:
    """Return the city in a folder, or a built-in one by its name.

    Parameters
    ----------
    folder_or_name
        A folder with a city.toml, such as "studies/ourtown", or a name from `builtin`.

    Raises
    ------
    BadCity
        With every problem found when anything cannot be used as it is; it never half-succeeds.
    """
    folder = find(folder_or_name)
    reading = read(folder)
    wrong = errors([*reading.problems, *certain(known(reading))])
    if wrong:
        raise BadCity(
            "a city folder without errors",
            f"{folder} with {len(wrong)}",
            f"Mend these; `fjordby city check {folder}` says more.",
            [one.line("en") for one in wrong],
        )
    return _city(reading)


def known(reading: Reading) -> Known:
    """Return what checks may ask about a folder that was read."""
    terrain, sea = (reading.rasters.get(layer) for layer in (Layer.TERRAIN, Layer.SEA))
    return Known(terrain, sea, reading.tables, reading.records)


def _city(reading: Reading) -> City:
    head, terrain = reading.head, reading.rasters[Layer.TERRAIN]
    sea = reading.rasters[Layer.SEA]
    made = {layer.value: reading.tables[layer] for layer in TABLES}
    return City(
        id=str(head["id"]),
        name=Words.of(head["name"]),
        vertical_datum=str(head["vertical_datum"]),
        currency=str(head["currency"]),
        terrain=terrain.grid.raster(terrain.values.astype(np.float32), "terrain"),
        sea=terrain.grid.raster(np.nan_to_num(sea.values) > 0, "sea", "1"),
        provenance=reading.provenance,
        records=reading.records,
        **made,
    )


def read(folder: Path) -> Reading:
    """Read what can be read of a city folder; nothing is raised, everything wrong is noted."""
    reading = Reading(folder)
    head, wrong = _toml(folder / "city.toml", "toml-bad")
    reading.problems += wrong
    if head is None:
        return reading
    reading.head = head
    reading.problems += _head_problems(head)
    crs = str(head.get("crs", ""))
    if frames.parse(crs) is not None and isinstance(head.get("layers"), dict):
        for name, entry in head["layers"].items():
            _read_layer(reading, name, entry, crs)
        _fill_layers(reading, crs)
    for path in sorted(folder.glob("*.toml")):
        if path.name == "city.toml":
            continue
        record, wrong = _toml(path, "records-bad")
        reading.problems += wrong
        if record is not None:
            reading.records[path.stem] = record
    return reading


def _toml(path: Path, code: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return None, [problem("toml-missing", "city")]
    except UnicodeDecodeError:
        return None, [problem(code, "city", file=path.name, got="not UTF-8")]
    except (tomllib.TOMLDecodeError, OSError) as wrong:
        return None, [problem(code, "city", file=path.name, got=str(wrong))]


def _head_problems(head: Mapping[str, Any]) -> list[Problem]:
    found = [problem("toml-key", "city", key=key) for key in _KEYS if key not in head]
    found += [problem("toml-unread", "city", key=key) for key in head if key not in _KEYS]
    if "format" in head and head["format"] != FORMAT:
        found.append(problem("toml-format", "city", got=head["format"], want=FORMAT))
    for key in ("id", "vertical_datum", "currency", "crs"):
        if key in head and not (isinstance(head[key], str) and head[key].strip()):
            found.append(problem("toml-key", "city", key=f'{key} = "…"'))
    if "name" in head and not isinstance(head["name"], str | dict):
        found.append(problem("toml-key", "city", key='name = { da = "…", en = "…" }'))
    if "layers" in head and not isinstance(head["layers"], dict):
        found.append(problem("toml-key", "city", key="[layers.terrain]"))
    if isinstance(head.get("crs"), str):
        found += frames.fit(head["crs"])
    return found


def _read_layer(reading: Reading, name: str, entry: Any, crs: str) -> None:
    if name not in set(Layer):
        known = ", ".join(Layer)
        reading.problems.append(problem("layer-unknown", "city", got=name, known=known))
        return
    layer = Layer(name)
    if not isinstance(entry, dict):
        reading.problems.append(problem("toml-key", layer, key=f"[layers.{name}]"))
        return
    _read_provenance(reading, layer, entry)
    file = str(entry.get("file", ""))
    path = reading.folder / file
    if not file:
        reading.problems.append(problem("toml-key", layer, key=f"layers.{name}.file"))
    elif path.resolve().parent != reading.folder.resolve():
        reading.problems.append(problem("file-outside", layer, file=file))
    elif not path.is_file():
        reading.problems.append(problem("file-missing", layer, file=file))
    elif layer in RASTERS:
        picture, wrong = rasters.read(path, layer, crs)
        reading.problems += wrong
        if picture is not None:
            reading.rasters[layer] = picture
    else:
        table, wrong = tables.read(path, layer, crs)
        reading.problems += wrong
        if table is not None:
            reading.tables[layer] = table


def _read_provenance(reading: Reading, layer: Layer, entry: Mapping[str, Any]) -> None:
    words = {key: str(entry.get(key, "")) for key in ("source", "licence", "date", "note")}
    for key in ("source", "licence", "date"):
        if not words[key].strip():
            reading.problems.append(problem(f"{key}-missing", layer))
    for key in entry:
        if key not in {"file", "kind", *words}:
            reading.problems.append(problem("toml-unread", layer, key=f"layers.{layer}.{key}"))
    try:
        reading.provenance[layer] = Provenance(Kind(str(entry.get("kind", ""))), **words)
    except ValueError:
        got = repr(entry.get("kind", ""))
        reading.problems.append(problem("kind-unknown", layer, got=got))


def _fill_layers(reading: Reading, crs: str) -> None:
    """Note missing rasters and differing grids; give layers that a city need not have no rows."""
    named = reading.head["layers"]
    for layer in RASTERS:
        if layer not in named:
            reading.problems.append(problem("layer-missing", layer, name=layer.value))
    for layer in TABLES:
        if layer not in named:
            reading.tables[layer] = empty(layer, crs)
    if len(reading.rasters) == len(RASTERS):
        terrain, sea = (reading.rasters[layer].grid for layer in RASTERS)
        if terrain != sea:
            reading.problems.append(
                problem("grid-other", Layer.SEA, got=_grid_words(sea), want=_grid_words(terrain))
            )


def _grid_words(grid: Grid) -> str:
    west, _, _, north = grid.bounds
    return f"{grid.nx} x {grid.ny} x {grid.cell:g} m, {west:.10g}, {north:.10g}"


def save(city: City, folder: str | Path) -> Path:
    """Write a city as a folder, whole or not at all, and return the folder.

    A city folder that was there before is replaced in one step; files in it that are not of that
    city (a README, say, or the terrain it was made from) stay, and so does a record whose content
    did not change.

    Raises
    ------
    BadCity
        When the city has errors that `load` would refuse; nothing is written.
    BadValue
        When the folder holds something that is not a city.
    StorageFailed
        When the disk is full or may not be written; nothing half-written is left behind.
    """
    target = Path(folder).expanduser()
    files, wrong = _files(city)
    if wrong:
        raise BadCity(
            "a city that can be written",
            f"{city.name.en or city.id} with {len(wrong)} errors",
            "Mend these.",
            [one.line("en") for one in wrong],
        )
    there = _there(target)
    for stem, record in city.records.items():
        if there.get(f"{stem}.toml") == record:  # stays as its writer left it, remarks and all
            del files[f"{stem}.toml"]
    dropped = {name for name in there if name.removesuffix(".toml") not in city.records}
    old = {str(entry.get("file")) for entry in _entries(there.get("city.toml", {}))}
    write_folder(target, files, keep=lambda path: path.name not in {*files, *dropped, *old})
    return target


def _there(target: Path) -> dict[str, dict[str, Any]]:
    """Return the TOML files of the city that a folder holds; raises when it holds something else.

    Settings of `new` are a city.toml of another kind: a city's own has a format and layers.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return {}
    there = {path.name: _toml(path, "toml-bad")[0] for path in target.glob("*.toml")}
    head = there.get("city.toml", {})
    if head is not None and not {"format", "layers"} & set(head):
        raise BadValue(
            "a new folder, an empty one or that of a city",
            f"{target} with other files" if target.is_dir() else f"the file {target}",
            "Choose another name; nothing in it was touched.",
        )
    return {name: said or {} for name, said in there.items()}


def _entries(head: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    layers = head.get("layers")
    return (
        [one for one in layers.values() if isinstance(one, dict)]
        if isinstance(layers, dict)
        else []
    )


def _files(city: City) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the files of a city by name, and what keeps them from being written."""
    crs = city.crs
    wrong = frames.fit(crs)
    if wrong:
        return {}, wrong
    files: dict[str, bytes] = {}
    entries: dict[str, dict[str, str]] = {}
    pictures: dict[Layer, rasters.Picture] = {}
    ready: dict[Layer, tables.Table] = {}
    for layer in RASTERS:
        raster: Raster = getattr(city, layer.value)
        if Grid.of(raster) != city.grid:
            got, want = _grid_words(Grid.of(raster)), _grid_words(city.grid)
            wrong.append(problem("grid-other", layer, got=got, want=want))
            continue
        entries[layer] = _entry(city, layer, f"{layer}.tif")
        files[f"{layer}.tif"] = rasters.cog_bytes(raster, _tags(city, layer))
        pictures[layer] = rasters.of(raster)
    for layer in TABLES:
        table, found = tables.shape(getattr(city, layer.value), layer, crs)
        wrong += errors(found)
        ready |= {layer: table} if table is not None else {}
        if table is None or errors(found) or not (len(table) or layer in city.provenance):
            continue
        entries[layer] = _entry(city, layer, f"{layer}.parquet")
        try:
            files[f"{layer}.parquet"] = tables.parquet_bytes(table)
        except (pa.ArrowException, ValueError, TypeError) as why:
            wrong.append(problem("column-unreadable", layer, column="?", got=str(why)))
    seen = Known(pictures.get(Layer.TERRAIN), pictures.get(Layer.SEA), ready)
    wrong += errors(certain(seen))
    for stem, record in city.records.items():
        if stem == "city" or not re.fullmatch(r"[\w-]+", stem):
            raise BadValue("records named in letters, digits, - and _", repr(stem), "Rename it.")
        files[f"{stem}.toml"] = dumps(record).encode()
    files["city.toml"] = (_HEAD + dumps(_head(city, entries))).encode()
    return files, wrong


def _head(city: City, entries: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": city.id,
        "crs": city.crs,
        "vertical_datum": city.vertical_datum,
        "currency": city.currency,
        "name": city.name.as_dict(),
        "layers": dict(entries),
    }


def _entry(city: City, layer: Layer, file: str) -> dict[str, str]:
    known = city.provenance.get(layer) or Provenance(Kind.ASSUMED, "", "", "")
    entry = {"file": file, "kind": known.kind.value, "source": known.source}
    entry |= {"licence": known.licence, "date": known.date}
    return entry | ({"note": known.note} if known.note else {})


def _tags(city: City, layer: Layer) -> dict[str, str]:
    """Return what a raster file says of itself when it is found alone."""
    tags = {"long_name": f"{city.name.en or city.id}: {layer}", "Conventions": "CF-1.11"}
    if layer is Layer.TERRAIN:
        tags |= {"standard_name": "surface_altitude", "units": "m"}
        tags["vertical_datum"] = city.vertical_datum
    else:
        tags |= {"flag_values": "0, 1", "flag_meanings": "land open_sea", "units": "1"}
    entry = _entry(city, layer, "")
    return tags | {key: entry[key] for key in ("kind", "source", "licence", "date") if entry[key]}

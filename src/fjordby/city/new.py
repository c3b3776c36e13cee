"""A city from the user's own files, anywhere in the world, by one page of settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from fjordby.city.check import examine
from fjordby.city.folder import save
from fjordby.city.layers import TABLES, empty, specs
from fjordby.city.making import settings as asked
from fjordby.city.making.crowd import people
from fjordby.city.making.sea import sea
from fjordby.city.making.settings import Settings
from fjordby.city.making.terrain import heights
from fjordby.city.making.vectors import layer_table, vectors
from fjordby.city.model import City, Layer
from fjordby.city.problem import Problem, errors
from fjordby.city.tables import shape
from fjordby.errors import BadCity, BadFile, BadValue, FjordbyError
from fjordby.grid import Grid
from fjordby.progress import Progress, silent
from fjordby.provenance import Kind, Provenance
from fjordby.words import Words

_TEMPLATE = Path(__file__).parent / "making" / "template.toml"


@dataclass(frozen=True)
class Made:
    """A new city: its folder, the city, what `city check` says of it, and what was assumed."""

    folder: Path
    city: City
    problems: tuple[Problem, ...]
    notes: Mapping[Layer, tuple[str, ...]]


def new_template() -> str:
    """Return settings of a new city to fill in, each line explained."""
    return _TEMPLATE.read_text(encoding="utf-8")


def new(config_toml: str | Path, folder: str | Path, progress: Progress = silent) -> Made:
    """Make a city from the user's own files and write it as a folder, whole or not at all.

    Parameters
    ----------
    config_toml
        Settings as in `new_template`; paths in it are seen from where it lies.
    folder
        Where to write the city. Of a city that stands there, the records that the settings do not
        name and the files that are not its own stay.
    progress
        Told how far the work has come.

    Raises
    ------
    BadCity
        With every slip of the settings, or every error of a table.
    BadFile, BadValue
        When a file cannot be used as asked.
    StorageFailed
        When the folder cannot be written.
    """
    settings = asked.read(Path(config_toml).expanduser())
    kept = _kept(Path(config_toml).expanduser(), Path(folder).expanduser())
    progress(0.0, "terrain")
    ground = heights(settings)
    grid = ground.grid
    progress(0.3, "sea")
    wet, how = sea(settings, ground)
    notes: dict[Layer, tuple[str, ...]] = {Layer.TERRAIN: ground.notes, Layer.SEA: (how,)}
    tables = _tables(settings, grid, notes, progress)
    if settings.layers.get(Layer.STREAMS, {}).get("downhill"):
        tables[Layer.STREAMS] = _downhill(tables[Layer.STREAMS], grid, ground.values)
    city = City(
        id=str(settings.city["id"]),
        name=Words.of(settings.city["name"]),
        vertical_datum=str(settings.city["vertical_datum"]),
        currency=str(settings.city["currency"]),
        terrain=grid.raster(ground.values, "terrain"),
        sea=grid.raster(wet, "sea", "1"),
        provenance={layer: _provenance(settings, layer, notes) for layer in settings.layers},
        records=kept | _records(settings),
        **{layer.value: tables[layer] for layer in TABLES},
    )
    progress(0.8, "checking")
    problems = tuple(examine(city))
    progress(0.9, "writing")
    target = save(city, folder)
    progress(1.0, "done")
    return Made(target, city, problems, notes)


def _tables(
    settings: Settings, grid: Grid, notes: dict[Layer, tuple[str, ...]], progress: Progress
) -> dict[Layer, Any]:
    """Return every table of the city, and note what was assumed."""
    made: dict[Layer, Any] = {layer: empty(layer, grid.crs) for layer in TABLES}
    found: list[Problem] = []
    failed: list[FjordbyError] = []
    raw = gpd.GeoDataFrame()
    asked_for = [
        layer for layer in TABLES if layer in settings.layers and layer is not Layer.PEOPLE
    ]
    for number, layer in enumerate(asked_for):
        progress(0.35 + 0.4 * number / len(asked_for), layer.value)
        try:
            rows, table, told = _layer(settings, layer, grid)
        except FjordbyError as wrong:
            failed.append(wrong)
            continue
        notes[layer] = tuple(told)
        raw = rows.loc[table.index] if layer is Layer.BUILDINGS else raw
        made[layer], problems = shape(table, layer, grid.crs)
        found += errors(problems)
    _raise(failed, found)
    if Layer.PEOPLE in settings.layers:
        persons, told = people(settings, grid, made[Layer.BUILDINGS], raw)
        made[Layer.PEOPLE], problems = shape(persons, Layer.PEOPLE, grid.crs)
        notes[Layer.PEOPLE] = tuple(told)
        _raise([], errors(problems))
    if "district" not in settings.layers.get(Layer.BUILDINGS, {}).get("columns", {}):
        made[Layer.BUILDINGS] = _placed(made[Layer.BUILDINGS], made[Layer.DISTRICTS])
    return made


def _raise(failed: Sequence[FjordbyError], found: Sequence[Problem]) -> None:
    """Raise all that went wrong in the tables at once."""
    if len(failed) == 1 and not found:
        raise failed[0]
    lines = [*map(str, failed), *(one.line("en") for one in found)]
    if lines:
        raise BadCity(
            "tables without errors",
            str(len(lines)),
            "Mend these in the files or in the settings.",
            lines,
        )


def _layer(
    settings: Settings, layer: Layer, grid: Grid
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[str]]:
    """Return the user's rows on the map, the layer made of them, and notes."""
    said = settings.layers[layer]
    rows = vectors(settings.path(said["file"]), said, grid)
    if not len(rows):
        raise BadFile(
            f"{layer} on the map",
            f"none of {said['file']} within the bounds",
            "See that its crs is right (x before y), and that the bounds are.",
        )
    made, notes = layer_table(rows, layer, said)
    if not len(made):
        raise BadFile(
            f"{layer} with a {specs()[layer].geometry} each",
            f"{len(rows)} rows of {said['file']} without any",
            "Give a file that holds such shapes; `layer` chooses among those of one file.",
        )
    return rows, made, notes


def _placed(buildings: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return buildings with the id of the district that their middle lies in."""
    if not len(buildings) or not len(districts):
        return buildings
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    house, district = shapely.STRtree(districts.geometry.to_numpy()).query(
        points, predicate="intersects"
    )
    found = np.full(len(buildings), "", dtype=object)
    found[house[::-1]] = districts["id"].to_numpy(dtype=object)[district[::-1]]
    return buildings.assign(district=found.astype(str))


def _downhill(streams: gpd.GeoDataFrame, grid: Grid, ground: Any) -> gpd.GeoDataFrame:
    """Return streams drawn from their higher end to their lower one."""
    lines = streams.geometry.to_numpy()
    height = []
    for end in (0, -1):
        points = shapely.get_coordinates(shapely.get_point(lines, end))
        row, column = grid.rows_columns(points[:, 0], points[:, 1])
        row, column = row.clip(0, grid.ny - 1), column.clip(0, grid.nx - 1)
        height.append(ground[row, column])
    with np.errstate(invalid="ignore"):
        up = height[1] > height[0]
    lines = np.where(up, shapely.reverse(lines), lines)
    return streams.set_geometry(gpd.GeoSeries(lines, crs=streams.crs))


def _provenance(settings: Settings, layer: Layer, notes: Mapping[Layer, Any]) -> Provenance:
    """Return where a layer comes from; what was assumed on the way is in its note."""
    known = settings.provenance(layer)
    note = " ".join([known.note, *notes.get(layer, ())]).strip()
    moved = layer is Layer.PEOPLE and settings.layers[layer]["how"] == "grid"
    kind = Kind.DERIVED if moved and known.kind is Kind.MEASURED else known.kind
    return replace(known, note=note, kind=kind)


def _kept(config: Path, folder: Path) -> dict[str, Any]:
    """Return the records written by hand into the city that is made again."""
    if not (folder / "city.toml").is_file():
        return {}
    if config.resolve().parent == folder.resolve():
        raise BadValue(
            "settings outside of the city's folder",
            f"{config} in {folder}, where every TOML file is the city's own",
            "Move the settings out, or choose another folder.",
        )
    return {path.stem: _record(path) for path in folder.glob("*.toml") if path.name != "city.toml"}


def _records(settings: Settings) -> dict[str, Any]:
    """Return the records named in the settings."""
    return {name: _record(settings.path(file)) for name, file in settings.records.items()}


def _record(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise BadFile(
            f"a record as TOML in UTF-8 at {path}", str(wrong), "Mend the file."
        ) from None

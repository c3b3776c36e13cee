"""A run as a dataset that says what it is (CF conventions 1.11), and a dataset as a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import xarray as xr
from pyproj.exceptions import CRSError

from fjordby import __version__
from fjordby.arrays import Array
from fjordby.errors import BadFile, BadValue
from fjordby.flood.dynamic.record import Caution, Simulation, Snapshot, WaterBalance
from fjordby.grid import Grid

#: Version of what `RECORD` holds.
FORMAT = 1

#: The attribute from which a run is read back: what has no place in an array, as JSON.
RECORD = "fjordby_run"

#: Names of the variable with the coordinate reference system, and of its attribute in others.
CRS = "spatial_ref"

#: What each map of the whole run is; CF standard name table, version 33 and later.
MAPS: Mapping[str, Mapping[str, str]] = {
    "ground": {"long_name": "height of the ground", "standard_name": "ground_level_altitude",
        "units": "m"},
    "depth": {"long_name": "largest depth of water", "standard_name": "flood_water_thickness",
        "units": "m", "cell_methods": "time: maximum"},
    "speed": {"long_name": "largest speed of the water", "standard_name": "flood_water_speed",
        "units": "m s-1", "cell_methods": "time: maximum"},
    "depth_speed": {"long_name": "largest product of depth and speed at one moment",
        "units": "m2 s-1", "cell_methods": "time: maximum"},
    "arrival": {"long_name": "time from the start until the water first stood as deep as "
        "arrival_threshold", "standard_name": "time_when_flood_water_rises_above_threshold",
        "units": "s", "coordinates": "arrival_threshold"},
    "duration": {"long_name": "time with water deeper than the threshold", "units": "s",
        "comment": "All the time above the threshold is counted, also when the water left and came "
        "again; the standard name flood_water_duration_above_threshold counts the time between."},
}  # fmt: skip

#: The same for maps at one time.
MOMENTS: Mapping[str, Mapping[str, str]] = {
    "water_depth": {"long_name": "depth of water", "standard_name": "flood_water_thickness",
        "units": "m", "cell_methods": "time: point"},
    "water_speed_x": {"long_name": "speed of the water towards the east of the grid",
        "units": "m s-1", "cell_methods": "time: point"},
    "water_speed_y": {"long_name": "speed of the water towards the north of the grid",
        "units": "m s-1", "cell_methods": "time: point"},
}  # fmt: skip

#: The tables over time: field of `Simulation`, name of its columns, and what they are.
TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "lines": ("line", {"long_name": "flow through a line, positive from its left to its right",
        "units": "m3 s-1"}),
    "structures": ("structure", {"long_name": "flow through a structure", "units": "m3 s-1"}),
    "opened": ("leaf", {"long_name": "opening of a gate (0 to 1), breach [m], units of a pump",
        "comment": "Each column has its own unit."}),
    "forcing": ("input", {"long_name": "what went in: level [m], inflow [m3 s-1] or rain [m s-1]",
        "comment": "Each column has its own unit."}),
}  # fmt: skip

#: What a gauge writes down.
GAUGED: Mapping[str, Mapping[str, str]] = {
    "level": {"long_name": "level of the water above the datum of the ground", "units": "m"},
    "depth": {"long_name": "depth of water", "standard_name": "flood_water_thickness",
        "units": "m"},
    "speed": {"long_name": "speed of the water", "standard_name": "flood_water_speed",
        "units": "m s-1"},
}  # fmt: skip

REFERENCES = (
    "Bates, Horritt & Fewtrell (2010), doi:10.1016/j.jhydrol.2010.03.027; "
    "de Almeida, Bates, Freer & Souvignet (2012), doi:10.1029/2011WR011570"
)

#: When a run starts that has no date of its own (`about["start"]`, ISO 8601); made up.
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)

#: Numbers of a `Simulation` that are kept as they are.
_NUMBERS = ("seconds", "steps", "cell_updates", "wall_seconds", "cpu_seconds")


def dataset(simulation: Simulation) -> xr.Dataset:
    """Return a run as a dataset with CF-1.11 metadata.

    Maps over the whole run are `ground`, `depth`, `speed`, `depth_speed`, `arrival` (y, x) and
    `duration` (threshold, y, x); maps at moments are `water_depth`, `water_speed_x` and
    `water_speed_y` (time, y, x), the last of them at the end of the run. Tables over time have
    their own times, for gauges write down more often than maps. All times are seconds from the
    start of the run (from `about["start"]`, a date in ISO 8601, if the run has one).

    Parameters
    ----------
    simulation
        The run.

    Raises
    ------
    BadValue
        When two maps of the same moment differ.
    """
    grid = simulation.grid
    moments, places = _moments(simulation)
    data = _maps(simulation)
    data |= _moment_maps(moments)
    coords: dict[str, Any] = {"y": _axis(grid, "y"), "x": _axis(grid, "x")}
    coords["threshold"] = (
        "threshold",
        np.asarray(simulation.thresholds, np.float64),
        {"long_name": "depth of water", "standard_name": "flood_water_thickness", "units": "m"},
    )
    time = _time(simulation.about)
    coords["time"] = ("time", np.array([m.seconds for m in moments], np.float64), time)
    columns: dict[str, Any] = {"gauges": _pairs(simulation.gauges)}
    _add_gauges(simulation.gauges, time, data, coords)
    for name, (dim, attrs) in TABLES.items():
        table = getattr(simulation, name)
        columns[name] = [str(column) for column in table.columns]
        _add_table(table, dim, attrs, time, data, coords)
    _add_reference(grid, data)
    record = {
        "format": FORMAT,
        "grid": asdict(grid),
        "moments": places,
        "columns": columns,
        "balance": asdict(simulation.balance),
        "cautions": [asdict(caution) for caution in simulation.cautions],
        "numbers": {name: getattr(simulation, name) for name in _NUMBERS},
        "about": dict(simulation.about),
    }
    attrs = {**_told(simulation), RECORD: json.dumps(record, default=_plain, ensure_ascii=False)}
    return xr.Dataset(data, coords, attrs)


def simulation_of(data: xr.Dataset) -> Simulation:
    """Return the run that a dataset of `dataset` holds.

    Raises
    ------
    BadFile
        When it is no such dataset, or of a later version.
    """
    record = _record(data)
    found: dict[str, Any] = {name: np.asarray(data[name].values) for name in MAPS}
    found["bed"] = found.pop("ground")
    moments = [
        Snapshot(float(seconds), *(np.asarray(data[name].values[i]) for name in MOMENTS))
        for i, seconds in enumerate(data["time"].values)
    ]
    columns = record["columns"]
    found["gauges"] = _gauge_table(data, columns["gauges"])
    found |= {name: _table(data, dim, columns.get(name, [])) for name, (dim, _) in TABLES.items()}
    found |= record["numbers"]
    return Simulation(
        grid=Grid(**record["grid"]),
        **found,
        thresholds=tuple(float(value) for value in data["threshold"].values),
        last=moments[record["moments"]["last"]],
        snapshots=tuple(moments[i] for i in record["moments"]["snapshots"]),
        balance=WaterBalance(**record["balance"]),
        cautions=tuple(Caution(**one) for one in record["cautions"]),
        about=record["about"],
    )


def _record(data: xr.Dataset) -> dict[str, Any]:
    """Return what has no place in arrays, checked to be ours."""
    wanted = "a run that fjordby wrote"
    if RECORD not in data.attrs:
        raise BadFile(wanted, f"a dataset without {RECORD}", "Give a file of `write`.")
    try:
        record: dict[str, Any] = json.loads(data.attrs[RECORD])
    except (TypeError, ValueError) as wrong:
        raise BadFile(wanted, f"{RECORD} that is damaged ({wrong})", "Run it again.") from wrong
    if record["format"] != FORMAT:
        raise BadFile(
            f"format {FORMAT}", f"format {record['format']}", "Read it with a newer fjordby."
        )
    missing = {*MAPS, *MOMENTS, "time", "threshold"} - {str(name) for name in data.variables}
    if missing:
        raise BadFile(wanted, f"one without {', '.join(sorted(missing))}", "Run it again.")
    return record


def _time(about: Mapping[str, object]) -> dict[str, str]:
    """Return what a time is: CF knows no time without a date, so a run without one gets one."""
    try:
        start = datetime.fromisoformat(str(about.get("start")))
        told = {}
    except ValueError:
        start = NO_DATE
        told = {"comment": "The run has no date; this one is made up."}
    return {
        "long_name": "time from the start of the run",
        "standard_name": "time",
        "units": f"seconds since {start:%Y-%m-%d %H:%M:%S}",
        "calendar": "standard",
        "units_metadata": "leap_seconds: none",
        "axis": "T",
        **told,
    }


def _axis(grid: Grid, name: str) -> tuple[str, Array, dict[str, str]]:
    attrs = {
        "long_name": f"{name} of the middle of the cell",
        "standard_name": f"projection_{name}_coordinate",
        "units": "m",
        "axis": name.upper(),
    }
    return name, getattr(grid, name), attrs


def _maps(simulation: Simulation) -> dict[str, Any]:
    arrays = {"ground": simulation.bed}
    arrays |= {name: getattr(simulation, name) for name in MAPS if name != "ground"}
    found: dict[str, Any] = {}
    for name, array in arrays.items():
        dims = ("threshold", "y", "x") if name == "duration" else ("y", "x")
        found[name] = (dims, np.asarray(array), {**MAPS[name], "grid_mapping": CRS})
    attrs = {"long_name": "depth of water", "standard_name": "flood_water_thickness", "units": "m"}
    found["arrival_threshold"] = ((), np.float64(simulation.thresholds[0]), attrs)
    return found


def _moments(simulation: Simulation) -> tuple[list[Snapshot], dict[str, Any]]:
    """Return all maps in order of time, each once, and which were asked for and which is last."""
    by_time: dict[float, Snapshot] = {}
    for one in (*simulation.snapshots, simulation.last):
        other = by_time.setdefault(float(one.seconds), one)
        for part in ("depth", "speed_x", "speed_y"):
            if not np.array_equal(getattr(one, part), getattr(other, part), equal_nan=True):
                raise BadValue(
                    "one map of each moment",
                    f"two different ones of {one.seconds} s",
                    "Leave one of them out.",
                )
    order = sorted(by_time)
    places = {
        "snapshots": [order.index(float(one.seconds)) for one in simulation.snapshots],
        "last": order.index(float(simulation.last.seconds)),
    }
    return [by_time[seconds] for seconds in order], places


def _moment_maps(moments: list[Snapshot]) -> dict[str, Any]:
    parts = dict(zip(MOMENTS, ("depth", "speed_x", "speed_y"), strict=True))
    return {
        name: (
            ("time", "y", "x"),
            np.stack([getattr(moment, part) for moment in moments]),
            {**MOMENTS[name], "grid_mapping": CRS},
        )
        for name, part in parts.items()
    }


def _pairs(table: pd.DataFrame) -> list[list[str]]:
    return [[str(part) for part in column] for column in table.columns]


def _slots(pairs: Iterable[list[str]]) -> tuple[list[str], list[tuple[str, int]]]:
    """Give each gauge a place: their names, and what and which place each column is.

    Two gauges of the same name are two places.
    """
    names: list[str] = []
    place: dict[tuple[str, int], int] = {}
    seen: dict[tuple[str, str], int] = {}
    columns = []
    for name, what in pairs:
        nth = seen[name, what] = seen.get((name, what), -1) + 1
        if (name, nth) not in place:
            place[name, nth] = len(names)
            names.append(name)
        columns.append((what, place[name, nth]))
    return names, columns


def _add_gauges(
    table: pd.DataFrame, time: Mapping[str, str], data: dict[str, Any], coords: dict[str, Any]
) -> None:
    names, columns = _slots(_pairs(table))
    if not len(table):
        return
    coords["gauge_time"] = ("gauge_time", table.index.to_numpy(np.float64), time)
    if not names:
        return
    values = table.to_numpy(np.float64)
    for what in dict.fromkeys(what for what, _ in columns):
        array = np.full((len(table), len(names)), np.nan)
        for k, (other, slot) in enumerate(columns):
            if other == what:
                array[:, slot] = values[:, k]
        attrs = GAUGED.get(what, {"long_name": what})
        data[f"gauge_{what}"] = (("gauge_time", "gauge"), array, dict(attrs))
    coords["gauge_name"] = ("gauge", np.array(names, dtype=str), {"long_name": "name of the gauge"})


def _gauge_table(data: xr.Dataset, pairs: list[list[str]]) -> pd.DataFrame:
    _, columns = _slots(pairs)
    index = pd.Index(_times(data, "gauge_time"), name="seconds", dtype=np.float64)
    head = pd.MultiIndex.from_arrays(
        [[pair[0] for pair in pairs], [pair[1] for pair in pairs]], names=["gauge", "quantity"]
    )
    values = np.zeros((index.size, len(pairs)))
    if index.size:
        for k, (what, slot) in enumerate(columns):
            values[:, k] = data[f"gauge_{what}"].values[:, slot]
    return pd.DataFrame(values, index, head)


def _add_table(
    table: pd.DataFrame,
    dim: str,
    attrs: Mapping[str, str],
    time: Mapping[str, str],
    data: dict[str, Any],
    coords: dict[str, Any],
) -> None:
    if not len(table):
        return
    coords[f"{dim}_time"] = (f"{dim}_time", table.index.to_numpy(np.float64), time)
    if not len(table.columns):
        return
    values = table.to_numpy(np.float64)
    data[_table_name(dim)] = ((f"{dim}_time", dim), values, attrs)
    names = np.array([str(column) for column in table.columns], dtype=str)
    coords[f"{dim}_name"] = (dim, names, {"long_name": f"name of the {dim}"})


def _table(data: xr.Dataset, dim: str, names: list[str]) -> pd.DataFrame:
    index = pd.Index(_times(data, f"{dim}_time"), name="seconds", dtype=np.float64)
    values = np.zeros((index.size, len(names)))
    if values.size:
        values = data[_table_name(dim)].values
    return pd.DataFrame(values, index, pd.Index(names))


def _table_name(dim: str) -> str:
    return {"input": "inputs", "leaf": "leaf_opening"}.get(dim, f"{dim}_flow")


def _times(data: xr.Dataset, name: str) -> Array:
    return np.asarray(data[name].values) if name in data.variables else np.zeros(0)


def _add_reference(grid: Grid, data: dict[str, Any]) -> None:
    """Add the coordinate reference system, in CF's words and in those that GDAL reads.

    A system that nobody knows (a made-up ground) is left out; its name stays in the record.
    """
    west, _, _, north = grid.bounds
    attrs: dict[str, Any] = {"GeoTransform": f"{west!r} {grid.cell!r} 0 {north!r} 0 {-grid.cell!r}"}
    try:
        attrs |= pyproj.CRS(grid.crs).to_cf()
    except CRSError:
        for variable in data.values():
            variable[2].pop("grid_mapping", None)
        return
    attrs["spatial_ref"] = attrs["crs_wkt"]
    data[CRS] = ((), np.int32(0), attrs)


def _told(simulation: Simulation) -> dict[str, Any]:
    """Return what a person, or a program that knows nothing of us, reads of the run."""
    balance = simulation.balance
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    attrs: dict[str, Any] = {
        "Conventions": "CF-1.11",
        "title": str(simulation.about.get("title", "Flood over time")),
        "source": f"fjordby {__version__}, dynamic engine: local-inertial shallow water",
        "history": f"{now} written by fjordby {__version__}",
        "references": REFERENCES,
        "comment": "The method leaves out the convective acceleration: it is not valid where "
        "water runs faster than its own waves (see cautions).",
        "run_seconds": float(simulation.seconds),
        "steps": int(simulation.steps),
        "cell_updates": float(simulation.cell_updates),
    }
    for field in fields(WaterBalance):
        attrs[f"water_balance_{field.name}_m3"] = float(getattr(balance, field.name))
    attrs["water_balance_error_m3"] = float(balance.error)
    cautions = [
        f"{c.what}: {c.share:.3g} of the wet cell-hours, "
        f"worst {c.worst:.3g} at {c.x:.0f}, {c.y:.0f}"
        for c in simulation.cautions
    ]
    attrs["cautions"] = "; ".join(cautions) or "none"
    return attrs


def _plain(value: object) -> Any:
    """Return what JSON cannot hold as something that it can."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return str(value)

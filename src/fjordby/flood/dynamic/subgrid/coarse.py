"""Forcing, ground and water of a fine domain as a coarse grid sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.errors import BadValue
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.forcing import Forcing, Infiltration, Inflow, Level, Rain, along_edge
from fjordby.flood.dynamic.inlets import FREE_FALL, apart
from fjordby.flood.dynamic.subgrid.sources.kernels import Brim
from fjordby.flood.dynamic.subgrid.tables import Tables, volume_at

#: Surfaces within a coarse cell that differ by less than this are one surface [m].
ONE_SURFACE = 0.01


@dataclass(frozen=True)
class Driven:
    """What drives a coarse run.

    Parameters
    ----------
    domain
        The coarse ground: lowest ground of each cell, mean roughness.
    forcing
        Levels, inflows and ground on coarse cells.
    brim
        Fine cells along open edges.
    catch
        Part of each coarse cell that lies in each zone of rain, shape (zones, ny + 2, nx + 2).
    volume
        Mean depth of each coarse cell at the start, shape (ny + 2, nx + 2) [m].
    """

    domain: Domain
    forcing: Forcing
    brim: Brim
    catch: Floats
    volume: Floats


def driven(tables: Tables, forcing: Forcing, depth: Array | None = None) -> Driven:
    """Bring a fine domain's forcing and water onto the coarse grid.

    A coarse cell is held when one of its fine cells is held that shares its main body of water at
    the lowest level of the series: a sea behind a dike does not hold the town before it. Where no
    cell of a level does, those count that share it at its highest. A fine cell has one level, as in
    `run`. Where two levels meet in one coarse cell, because it is so wide, the one with most of
    these fine cells holds it, the first where they have as many.

    Parameters
    ----------
    tables
        Of the ground.
    forcing
        On the fine grid.
    depth
        Water at the start on the fine grid, shape (ny, nx) [m]; None = dry. Tables may serve many
        runs, so that of the domain that they were made of does not count.

    Raises
    ------
    BadValue
        For cells off the map or without ground, a level that holds no coarse cell, or two levels
        on one fine cell.
    """
    fine, f = tables.fine, tables.factor
    land = tables.part[1:-1, 1:-1] > 0.0
    bed = np.where(land, tables.base[1:-1, 1:-1], np.nan)
    rough = fine.roughness
    domain = Domain(tables.grid, bed, _mean(rough, f) if isinstance(rough, np.ndarray) else rough)
    soil = forcing.infiltration
    if soil is not None:
        rate, first, decay, suction, deficit = (
            _coarse(values, fine, f)
            for values in (soil.rate, soil.first, soil.decay, soil.suction, soil.deficit)
        )
        soil = Infiltration(soil.law, rate, first, decay, suction, deficit)
    coarse = Forcing(
        levels=_levels(forcing.levels, tables),
        inflows=tuple(_inflow(one, tables) for one in forcing.inflows),
        rain=Rain(forcing.rain.series) if forcing.rain is not None else None,
        infiltration=soil,
        sewer=_coarse(forcing.sewer, fine, f),
        wind=forcing.wind,
    )
    held = np.zeros(tables.grid.shape, bool)
    for one in coarse.levels:
        held[one.rows, one.columns] = True
    return Driven(
        domain,
        coarse,
        _brim(tables, forcing, held),
        _catch(tables, forcing),
        _volume(tables, depth),
    )


def _mean(values: Array, factor: int) -> Floats:
    """Return the mean of each coarse cell; padding is taken from the last row and column."""
    ny, nx = values.shape
    wide = np.pad(values, ((0, -ny % factor), (0, -nx % factor)), mode="edge")
    blocks = wide.reshape(wide.shape[0] // factor, factor, wide.shape[1] // factor, factor)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float64))


def _sum(values: Array, factor: int) -> Floats:
    blocks = values.reshape(values.shape[0] // factor, factor, values.shape[1] // factor, factor)
    return np.asarray(blocks.sum(axis=(1, 3), dtype=np.float64))


def _coarse(values: float | Array, fine: Domain, factor: int) -> float | Array:
    if not isinstance(values, np.ndarray) or values.ndim == 0:
        return float(values)
    ny, nx = fine.grid.shape
    if values.shape[0] > ny or values.shape[1] > nx or values.shape[0] <= ny - factor:
        raise BadValue(
            f"ground of the grid's shape {fine.grid.shape}", f"shape {values.shape}",
            "Resample it to the grid.",
        )  # fmt: skip
    return _mean(values, factor)


def _checked(name: str, rows: Ints, columns: Ints, fine: Domain) -> tuple[Ints, Ints]:
    """Return cells of the fine grid, after a look that each has ground."""
    rows, columns = np.atleast_1d(rows).astype(np.int64), np.atleast_1d(columns).astype(np.int64)
    ny, nx = fine.grid.shape
    outside = (rows < 0) | (rows >= ny) | (columns < 0) | (columns >= nx)
    if outside.any() or not rows.size:
        raise BadValue(
            f"cells of {name} on the map of {ny} x {nx} cells",
            f"row {rows[outside][0]}, column {columns[outside][0]}" if rows.size else "none",
            "Move the point onto the map.",
        )
    dry = ~fine.land[rows, columns]
    if dry.any():
        where = np.zeros(fine.grid.shape, bool)
        where[rows[dry], columns[dry]] = True
        raise BadValue(
            f"ground under {name}",
            f"a cell without any (a building, or off the terrain) {fine.where(where)}",
            "Move it beside the building, or leave that cell out.",
        )
    return rows, columns


def _levels(levels: Sequence[Level], tables: Tables) -> tuple[Level, ...]:
    given = [_checked(one.name, one.rows, one.columns, tables.fine) for one in levels]
    apart(levels, given, tables.fine)
    most, holder = np.zeros(tables.grid.shape, np.int64), np.full(tables.grid.shape, -1)
    for k, (one, cells) in enumerate(zip(levels, given, strict=True)):
        count = _sum(_sharing(one, *cells, tables), tables.factor)
        holder[count > most] = k
        most = np.maximum(most, count)
    for k, (one, (rows, columns)) in enumerate(zip(levels, given, strict=True)):
        if not (holder == k).any():
            others = holder[rows // tables.factor, columns // tables.factor]
            raise BadValue(
                f"a coarse cell of which {one.name} holds the largest part",
                f"none: {levels[int(others.max())].name} comes first, or has more of each",
                "Use a smaller factor, or move the levels apart.",
            )
    held = (np.nonzero(holder == k) for k in range(len(levels)))
    return tuple(
        Level(one.name, at[0], at[1], one.series) for one, at in zip(levels, held, strict=True)
    )


def _sharing(one: Level, rows: Ints, columns: Ints, tables: Tables) -> Bools:
    """Return the fine cells of a level that share the main body of water of their coarse cell."""
    lowest = float(one.series.values.min())
    bed, joins = np.asarray(tables.fine.bed)[rows, columns], tables.joins[rows, columns]
    shared = joins <= np.maximum(lowest, bed)
    if not shared.any():
        shared = joins <= one.series.peak
    if not shared.any():
        k = int(np.argmin(bed))
        x, y = tables.fine.grid.x[columns[k]], tables.fine.grid.y[rows[k]]
        raise BadValue(
            f"cells of {one.name} that share the water of their coarse cell",
            f"none, such as the one at {x:.0f}, {y:.0f}",
            "Use a smaller factor, or hold the level where more of a coarse cell is water.",
        )
    found = np.zeros(tables.fine.grid.shape, bool)
    found[rows[shared], columns[shared]] = True
    return found


def _inflow(one: Inflow, tables: Tables) -> Inflow:
    rows, columns = _checked(one.name, one.rows, one.columns, tables.fine)
    f = tables.factor
    return Inflow(one.name, rows // f, columns // f, one.series)


def _brim(tables: Tables, forcing: Forcing, held: Bools) -> Brim:
    fine, f = tables.fine, tables.factor
    side = fine.grid.cell
    rough = np.broadcast_to(np.asarray(fine.roughness, float), fine.grid.shape)
    cells, beds, factors, powers = [], [], [], []
    for edge in forcing.open_edges:
        rows, columns = along_edge(fine.grid, edge.side)
        # Cells added to fill the last coarse ones are no edge: look for the last with ground.
        rows, columns = _last_ground(fine, rows, columns, edge.side)
        keep = np.isfinite(tables.joins[rows, columns]) & ~held[rows // f, columns // f]
        rows, columns = rows[keep], columns[keep]
        if edge.slope is not None and not edge.slope > 0.0:
            raise BadValue(
                f"a slope above zero outside the {edge.side} edge", f"{edge.slope:g}",
                "Give metres of fall per metre, or None for a free fall.",
            )  # fmt: skip
        share = tables.share[rows, columns].astype(float)
        cells.append((rows // f + 1) * (tables.grid.nx + 2) + columns // f + 1)
        beds.append(tables.joins[rows, columns].astype(float))
        if edge.slope is None:
            factors.append(FREE_FALL * share)
            powers.append(np.full(rows.size, 1.5))
        else:
            factors.append(share * np.sqrt(edge.slope) / np.maximum(rough[rows, columns], 1e-3))
            powers.append(np.full(rows.size, 5.0 / 3.0))
    none = np.zeros(0)
    return Brim(
        np.concatenate([none.astype(np.int64), *cells]), np.concatenate([none, *beds]),
        np.concatenate([none, *factors]), np.concatenate([none, *powers]),
        np.zeros(sum(part.size for part in cells)), none.astype(np.int64), none.astype(np.int64),
        side / tables.grid.cell_area,
    )  # fmt: skip


def _last_ground(fine: Domain, rows: Ints, columns: Ints, side: str) -> tuple[Ints, Ints]:
    if side == "south":
        last = int(np.flatnonzero(fine.land.any(axis=1))[-1])
        return np.full_like(rows, last), columns
    if side == "east":
        last = int(np.flatnonzero(fine.land.any(axis=0))[-1])
        return rows, np.full_like(columns, last)
    return rows, columns


def _catch(tables: Tables, forcing: Forcing) -> Floats:
    """Return the part of each coarse cell in each zone of rain."""
    fine, f = tables.fine, tables.factor
    zones = len(forcing.rain.series) if forcing.rain is not None else 1
    zone = np.zeros(fine.grid.shape, np.int64)
    if forcing.rain is not None and forcing.rain.zone is not None:
        given = forcing.rain.zone
        if given.min() < 0 or given.max() >= zones:
            raise BadValue(
                f"zones of rain from 0 to {zones - 1}", f"{given.min()} to {given.max()}",
                "Give one series for each zone.",
            )  # fmt: skip
        zone[: given.shape[0], : given.shape[1]] = given
    catch = np.zeros((zones, *tables.base.shape))
    for k in range(zones):
        catch[k, 1:-1, 1:-1] = _sum(fine.land & (zone == k), f) / (f * f)
    return catch


def _volume(tables: Tables, depth: Array | None) -> Floats:
    """Return the mean depth of each coarse cell at the start.

    Where the water of a cell is one surface, the cell gets its level, so that a lake is at rest
    on the coarse grid too; elsewhere it gets its volume.
    """
    fine, f = tables.fine, tables.factor
    if depth is None:
        return np.zeros(tables.base.shape)
    more = [(0, whole - here) for whole, here in zip(fine.bed.shape, depth.shape, strict=True)]
    depth = np.where(fine.land, np.pad(np.asarray(depth, float), more), 0.0)
    wet = (depth > 0.0) & np.isfinite(tables.joins)
    surface = np.where(wet, np.asarray(fine.bed, float) + depth, np.nan)
    blocks = surface.reshape(surface.shape[0] // f, f, surface.shape[1] // f, f)
    top = np.where(wet, surface, -np.inf).reshape(blocks.shape).max(axis=(1, 3))
    low = np.where(wet, surface, np.inf).reshape(blocks.shape).min(axis=(1, 3))
    count = _sum(wet, f)
    mean = _sum(np.where(wet, surface, 0.0), f) / np.maximum(count, 1.0)
    level = np.full(tables.base.shape, -np.inf)
    one = (count > 0) & (top - low < ONE_SURFACE)
    level[1:-1, 1:-1] = np.where(one, mean, -np.inf)
    volume = volume_at(tables, np.where(np.isfinite(level), level, tables.base))
    sums = np.zeros(tables.base.shape)
    sums[1:-1, 1:-1] = _sum(depth * tables.share, f) / (f * f)
    return np.where(np.isfinite(level), volume, np.where(tables.part > 0.0, sums, 0.0))

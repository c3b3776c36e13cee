"""What a coarse grid that knows the fine ground by tables costs, and how far it is from the fine.

Run `python benchmarks/flood_subgrid.py` (some minutes; `--only creek,merewether` runs a part,
`--page` puts the print into the manual). Each case runs on its fine grid, on coarse grids with
tables, and on the same coarse grids with nothing but the mean height of each cell.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

import fjordby as fj
from fjordby.flood.dynamic import (
    Asked,
    Domain,
    Forcing,
    Gauge,
    Inflow,
    Level,
    Line,
    OpenEdge,
    Options,
    Rain,
    Simulation,
    run,
    steady,
)
from fjordby.flood.dynamic.of_city import setup
from fjordby.flood.dynamic.structures.lay import Structure
from fjordby.flood.dynamic.subgrid import run_subgrid, tables
from fjordby.grid import Grid
from fjordby.shock.event import Series

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tools")]

import fjord_city  # noqa: E402

PAGE = ROOT / "docs" / "flood_subgrid.md"
MARKS = ("<!-- printed by benchmarks/flood_subgrid.py -->", "<!-- end of print -->")
#: Depths from which a cell counts as wet [m].
WET, DEEP = 0.05, 0.3


@dataclass(frozen=True)
class Case:
    """A flood on a fine grid.

    `free` is where depths are compared: no sea, no held cells.
    """

    name: str
    domain: Domain
    forcing: Forcing
    seconds: float
    factors: tuple[int, ...]
    free: np.ndarray
    structures: tuple[Structure, ...] = ()
    gauges: tuple[Gauge, ...] = ()


def fjord() -> Case:
    """Draw the fjord city: surge, rain, blocks of houses."""
    city = fjord_city.fjord_city()
    n = city.bed.shape[0]
    domain = Domain(Grid(0.0, n * 5.0, 5.0, n, n, "EPSG:25832"), city.bed, 0.03, city.depth)
    rows = np.flatnonzero(city.bed[:, 0] < 2.0)
    end = fjord_city.RAIN_UNTIL
    rain = Series(np.array([0.0, end, end + 1e-3]), np.array([1.0, 1.0, 0.0]) * fjord_city.RAIN)
    sea = Level("sea", rows, np.zeros_like(rows), Series(*fjord_city.sea_series()))
    return Case(
        "fjord city, 5 m", domain, Forcing(levels=(sea,), rain=Rain((rain,))), fjord_city.END,
        (2, 4, 8), city.depth == 0.0,
    )  # fmt: skip


def merewether() -> Case:
    """Draw Merewether with its houses as blocks, steady storm water."""
    from flood_validation import merewether as source

    place = source.town()
    bed = np.where(place.house, np.nan, place.ground)
    x, y = np.meshgrid(place.grid.x, place.grid.y)
    near = np.hypot(x - source.CENTRE[0], y - source.CENTRE[1]) < source.RADIUS
    rows, columns = np.nonzero(near & np.isfinite(bed))
    forcing = Forcing(
        inflows=(Inflow("storm water", rows, columns, steady(source.FLOW)),),
        open_edges=(OpenEdge("east"), OpenEdge("north")),
    )
    gauges = tuple(Gauge(str(p), float(at.x), float(at.y)) for p, at in place.levels.iterrows())
    return Case(
        "Merewether, 1 m, houses as blocks", Domain(place.grid, bed, place.roughness), forcing,
        1000.0, (5, 10), np.isfinite(bed), gauges=gauges,
    )  # fmt: skip


def city(event: str, name: str) -> Callable[[], Case]:
    """Draw the built-in town in an event."""

    def draw() -> Case:
        town = fj.city.load("vejle")
        happens = next(e for e in fj.shock.events(town) if e.id == event)
        laid = setup(town, happens, hours=24.0)
        free = np.isfinite(laid.domain.bed)
        for level in laid.forcing.levels:
            free[level.rows, level.columns] = False
        return Case(name, laid.domain, laid.forcing, 86400.0, (2, 4), free, tuple(laid.structures))

    return draw


CASES: dict[str, Callable[[], Case]] = {
    "fjord": fjord,
    "merewether": merewether,
    "storm": city("100-years-2050", "built-in Vejle, 10 m, 100-year storm of 2050, 24 h"),
    "rain": city("october-2019", "built-in Vejle, 10 m, rain and streams of 2019, 24 h"),
}


def mean_ground(case: Case, factor: int) -> Simulation:
    """Run the plain engine on the mean height of each coarse cell, and bring it down."""
    domain, grid = case.domain, case.domain.grid
    ny, nx = grid.ny // factor, grid.nx // factor

    def mean(values: np.ndarray) -> np.ndarray:
        cut = values[: ny * factor, : nx * factor]
        # A coarse cell that is mostly houses is a house.
        blocks = cut.reshape(ny, factor, nx, factor)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.isfinite(blocks).mean((1, 3))
            found = np.nansum(blocks, (1, 3)) / np.isfinite(blocks).sum((1, 3))
        return np.where(share >= 0.5, found, np.nan)

    bed = mean(domain.bed)
    level = None
    if domain.depth is not None:
        surface = np.where(domain.depth > 0, domain.bed + domain.depth, np.nan)
        level = np.nan_to_num(np.maximum(mean(surface) - bed, 0.0))
    rough = domain.roughness
    coarse = Domain(
        Grid(grid.west, grid.north, grid.cell * factor, ny, nx, grid.crs), bed,
        mean(rough) if isinstance(rough, np.ndarray) else rough, level,
    )  # fmt: skip

    def cells(rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = np.unique(np.stack([np.minimum(rows // factor, ny - 1),
                                 np.minimum(columns // factor, nx - 1)]), axis=1)  # fmt: skip
        keep = np.isfinite(bed[at[0], at[1]])
        return at[0][keep], at[1][keep]

    old = case.forcing
    forcing = Forcing(
        levels=tuple(Level(o.name, *cells(o.rows, o.columns), o.series) for o in old.levels),
        inflows=tuple(Inflow(o.name, *cells(o.rows, o.columns), o.series) for o in old.inflows),
        rain=old.rain,
        open_edges=old.open_edges,
    )
    return run(coarse, forcing, case.seconds, case.structures)


def brought_down(found: Simulation, case: Case, factor: int) -> np.ndarray:
    """Return the largest depth on the fine ground under the levels of a plain coarse run."""
    top = np.where(found.depth > 1e-3, found.bed + found.depth, -np.inf)
    wide = np.repeat(np.repeat(top, factor, 0), factor, 1)
    level = np.full(case.domain.grid.shape, -np.inf)
    ny, nx = (min(a, b) for a, b in zip(wide.shape, level.shape, strict=True))
    level[:ny, :nx] = wide[:ny, :nx]
    return np.maximum(level - case.domain.bed, 0.0)


def differ(depth: np.ndarray, true: np.ndarray, free: np.ndarray) -> str:
    """Return root mean square and mean difference where wet in both, and how wet areas agree."""
    parts = []
    both = free & (depth > WET) & (true > WET)
    off = (depth - true)[both].astype(float)
    parts += [f"{np.sqrt(np.mean(off**2)):.2f}", f"{off.mean():+.2f}", f"{np.median(abs(off)):.2f}"]
    for limit in (WET, DEEP):
        a, b = free & (depth > limit), free & (true > limit)
        parts.append(f"{(a & b).sum() / max((a | b).sum(), 1):.2f}")
    return " | ".join(parts)


def compare(case: Case) -> list[str]:
    """Run a case in every way, and return the rows of its table."""
    asked = Asked(gauges=case.gauges, series_every=60.0)
    fine = run(case.domain, case.forcing, case.seconds, case.structures, asked)
    rows = [
        f"\n**{case.name}**, {case.domain.grid.ny} x {case.domain.grid.nx} cells",
        "",
        "| cells | tables [s] | run [cpu s] | times faster | RMS [m] | mean [m] | median size [m] "
        "| CSI > 0.05 m | CSI > 0.3 m |",
        "|---|---|---|---|---|---|---|---|---|",
        f"| fine | | {fine.cpu_seconds:.1f} | 1 | | | | | |",
    ]
    runs = {"fine": fine}
    for factor in case.factors:
        wide = f"{case.domain.grid.cell * factor:.3g} m"
        clock = time.process_time()
        made = tables(case.domain, factor)
        clock = time.process_time() - clock
        found = run_subgrid(
            case.domain, factor, case.forcing, case.seconds, case.structures, asked, made=made
        )
        runs[wide] = found
        plain = mean_ground(case, factor)
        for name, one, depth, making in (
            (f"{wide} with tables", found, found.depth, f"{clock:.1f}"),
            (f"{wide}, mean ground", plain, brought_down(plain, case, factor), ""),
        ):
            faster = fine.cpu_seconds / one.cpu_seconds
            rows.append(
                f"| {name} | {making} | {one.cpu_seconds:.2f} | "
                f"{faster:.{0 if faster >= 10 else 1}f} | "
                f"{differ(depth, fine.depth, case.free)} |"
            )
        error = found.balance.error
        rows[0] += f"; {wide}: {found.steps} steps, {error:+.0e} m3 made"
    return rows + (survey(runs, case) if "Merewether" in case.name else [])


def survey(runs: dict[str, Simulation], case: Case) -> list[str]:
    """Return computed less surveyed levels at the five points."""
    from flood_validation import merewether as source

    levels = source.town().levels
    rows = ["", "| computed less surveyed level [m] | " + " | ".join(map(str, levels.index))
            + " | mean size |", "|---" * (len(levels) + 2) + "|"]  # fmt: skip
    for name, found in runs.items():
        late = found.gauges.index >= found.seconds - 100.0
        off = [found.gauges[str(p), "level"][late].mean() - at.surveyed_m
               for p, at in levels.iterrows()]  # fmt: skip
        rows.append(f"| {name} | " + " | ".join(f"{v:+.2f}" for v in off)
                    + f" | {np.abs(off).mean():.2f} |")  # fmt: skip
    return rows


def channels() -> list[str]:
    """Compare flow in channels finer than the coarse cells with Manning's law."""
    rows = ["\n**Channels finer than the cells**, uniform flow on 1 m ground against Manning\n",
            "| channel | cells | depth by Manning [m] | computed [m] | flow computed / given |",
            "|---|---|---|---|---|"]  # fmt: skip
    slope, length = 1e-3, 240
    bank = np.array([1.0, 0.75, 0.5, 0.25])
    shapes = {
        "trapezoid, bottom 4 m, top 12 m": (np.concatenate([bank, np.zeros(4), bank[::-1]]), 0.8),
        "creek 2 m wide, 1.5 m deep": (np.where(np.arange(20) // 2 == 4, -1.5, 0.0), 0.6),
    }
    for name, (across, depth) in shapes.items():
        wet = np.maximum(depth - (across - across.min()), 0.0)
        flow = float((wet ** (5 / 3)).sum() / 0.03 * np.sqrt(slope))
        bed = (across[:, None] + 5.0 - slope * np.arange(length)).astype(np.float32)
        low = np.flatnonzero(across == across.min())
        domain = Domain(Grid(0.0, float(bed.shape[0]), 1.0, *bed.shape, "EPSG:25832"), bed, 0.03)
        forcing = Forcing(
            inflows=(Inflow("spring", low, np.zeros_like(low), steady(flow)),),
            open_edges=(OpenEdge("east", slope),),
        )
        middle = bed.shape[0] - low[0] - 0.5
        asked = Asked(
            gauges=(Gauge("middle", length / 2, middle),),
            lines=(Line("over", shapely.LineString([(120.0, bed.shape[0]), (120.0, 0.0)])),),
        )
        for factor in (1, 2, 4, 5, 10):
            if factor > bed.shape[0] // 2:
                continue
            if factor == 1:
                found = run(domain, forcing, 5400.0, asked=asked, options=Options())
            else:
                found = run_subgrid(domain, factor, forcing, 5400.0, asked=asked)
            got = found.gauges["middle", "depth"].iloc[-1]
            passed = abs(found.lines["over"].iloc[-1]) / flow
            rows.append(f"| {name} | {factor} m | {depth:.3f} | {got:.3f} | {passed:.3f} |")
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="creek,fjord,merewether,storm,rain")
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args()
    box = Domain(Grid(0.0, 8.0, 1.0, 8, 8, "EPSG:25832"), np.zeros((8, 8)), depth=np.ones((8, 8)))
    run(box, Forcing(), 10.0)
    run_subgrid(box, 2, Forcing(rain=Rain((steady(1e-6),))), 10.0)
    text = io.StringIO()
    for name in asked.only.split(","):
        rows = channels() if name == "creek" else compare(CASES[name]())
        for row in rows:
            print(row, flush=True)
            text.write(row + "\n")
    if asked.page:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        PAGE.write_text(f"{before}{MARKS[0]}\n{text.getvalue()}\n{MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()

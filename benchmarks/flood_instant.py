"""The two instant flood engines beside their rivals, on the same ground, in one run.

Run `python benchmarks/flood_instant.py`. Each engine runs in a process of its own on one core,
after a warm-up on small ground. Memory is the peak above what the process held before: input
rasters are not counted, the result is. With `--cells 1e6` the ground is smaller. Rivals that are
not installed are skipped with a note (for a third one:
`pip install whitebox-workflows`).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

REAL = Path(__file__).parents[1] / "tests" / "data" / "dhm_terrain_50m.tif"
LEVELS = np.linspace(0.0, 5.0, 101, dtype=np.float32)
CELL = 10.0


def fractal(n: int, steep: float, seed: int) -> np.ndarray:
    """Return (n, n) noise of unit spread whose spectrum falls with the power `steep`."""
    noise = np.random.default_rng(seed).standard_normal((n, n), dtype=np.float32)
    spectrum = np.fft.rfft2(noise).astype(np.complex64)
    wave = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None]).astype(np.float32)
    wave[0, 0] = np.inf
    height = np.fft.irfft2(spectrum * wave ** np.float32(-steep / 2), s=(n, n))
    return (height / height.std()).astype(np.float32)


def valley(cells: float) -> np.ndarray:
    """Return a rough valley that opens to the west, about as many cells, as (height, sea)."""
    n = round(cells**0.5)
    x, y = np.meshgrid(np.linspace(0, 1, n), np.linspace(-1, 1, n))
    height = 12 * fractal(n, 3.0, 1) + 60 * np.abs(y) + 40 * x - 12
    return np.stack([height, (height < 0) & (x < 0.3)]).astype(np.float32)


def flat_coast(cells: float) -> np.ndarray:
    """Return a low coast, more than half of its land below 5 m, as (height, sea)."""
    n = round(cells**0.5)
    x = np.linspace(0, 1, n)[None]
    height = 1.5 * fractal(n, 3.0, 2) + 12 * x - 2
    return np.stack([height, (height < 0) & (x < 0.3)]).astype(np.float32)


def real() -> np.ndarray:
    """Return the real crop of the test data; its lowest ground stands for the sea."""
    with rasterio.open(REAL) as file:
        height = file.read(1)
    return np.stack([height, height < 12.0]).astype(np.float32)


def prepared(ground: np.ndarray, name: str) -> object:
    """Return a call that does the work of one engine on a ground."""
    from scipy import ndimage

    from fjordby.flood import bluespots, rain_flood, sea_connection
    from fjordby.grid import Grid

    height, sea = ground[0], ground[1] > 0
    grid = Grid(0.0, 0.0, CELL, *height.shape, "EPSG:25832")
    terrain, water = grid.raster(height, "terrain"), grid.raster(sea, "sea")
    if name == "fjordby sea_connection":
        return lambda: sea_connection(terrain, water).values
    if name == "fjordby fill to edges":
        # The rivals' task: the sea and a ring around the map take all water.
        around = Grid(0.0, 0.0, CELL, grid.ny + 2, grid.nx + 2, "EPSG:25832")
        wide = around.raster(np.pad(height, 1), "terrain")
        outlets = around.raster(np.pad(sea, 1, constant_values=True), "sea")
        return lambda: sea_connection(wide, outlets).values[1:-1, 1:-1]
    if name == "fjordby bluespots":

        def filled() -> np.ndarray:
            spots = bluespots(terrain, water)
            root = np.append(spots.spill[spots.outermost], -np.inf)
            owner = spots.catchment.values
            full = root[np.maximum(owner, -1)].astype(np.float32)
            return np.where(sea, np.nan, np.maximum(height, full)).astype(np.float32)

        return filled
    if name == "fjordby rain_flood":
        spots = bluespots(terrain, water)
        return lambda: rain_flood(spots, 0.05).flood.depth.values
    if name == "scipy label x 101":

        def first_level() -> np.ndarray:
            """The lowest of the 101 levels at which each cell is wet."""
            first = np.full(height.shape, np.inf, np.float32)
            for level in LEVELS[::-1]:
                labels, _ = ndimage.label((height < level) | sea, np.ones((3, 3)))
                hit = np.zeros(labels.max() + 1, bool)
                hit[labels[sea]] = True
                first[hit[labels]] = level
            return first

        return first_level
    if name.startswith("pyflwdir"):
        import pyflwdir

        if name == "pyflwdir fill from sea":
            low = np.where(sea, np.float32(-1e3), height)
            pits = np.flatnonzero(sea)
            return lambda: pyflwdir.dem.fill_depressions(low, idxs_pit=pits, outlets="idxs_pit")[0]
        none = np.where(sea, np.float32(-9999), height)
        return lambda: pyflwdir.dem.fill_depressions(none, nodata=-9999.0, outlets="edge")[0]
    return whitebox(height, sea)


def whitebox(height: np.ndarray, sea: np.ndarray) -> object:
    """Return Whitebox's fill; its raster is read from a file outside the clock."""
    import whitebox_workflows

    environment = whitebox_workflows.WbEnvironment()
    path = Path(tempfile.mkdtemp()) / "height.tif"
    options = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:25832"}
    ny, nx = height.shape
    at = Affine(CELL, 0.0, 0.0, 0.0, -CELL, 0.0)
    with rasterio.open(path, "w", height=ny, width=nx, transform=at, nodata=-9999, **options) as f:
        f.write(np.where(sea, np.float32(-9999), height), 1)
    raster = environment.read_raster(str(path))
    fill = environment.hydrology.depressions_storage.fill_depressions
    return lambda: fill(dem=raster, fix_flats=False).to_numpy().astype(np.float32)


def resident(what: str, reset: bool = False) -> float:
    """Return the memory this process holds (VmRSS) or held at most (VmHWM) [bytes]; NaN off Linux.

    `getrusage` would not do: its peak is handed on from the parent process. `reset` starts the
    peak anew.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    line = next(row for row in status.read_text().splitlines() if row.startswith(what))
    return float(line.split()[1]) * 1024


def one(name: str, ground: Path, answer: Path, repeats: int) -> dict[str, float]:
    """Run one engine in this process and measure it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    started = time.perf_counter()
    prepared(valley(2500), name)()
    first = time.perf_counter() - started
    work = prepared(np.load(ground), name)
    held = resident("VmRSS", reset=True)
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    peak = resident("VmHWM")
    np.save(answer, result)
    return {
        "wall": min(walls),
        "cpu": min(cpus),
        "first": first,
        "memory": (peak - held) / result.size,
    }


def measured(name: str, ground: Path, folder: Path, repeats: int) -> dict[str, float] | None:
    """Run one engine in a process of its own; None when it is not installed."""
    answer = folder / f"{name.replace(' ', '_')}.npy"
    command = [sys.executable, __file__, "--one", name, str(ground), str(answer), str(repeats)]
    threads = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | threads, check=False
    )
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no word"
        print(f"  {name:28s} skipped: {why}")
        return None
    return json.loads(done.stdout.splitlines()[-1]) | {"answer": str(answer)}


def agreement(name: str, found: np.ndarray, ours: np.ndarray, sea: np.ndarray) -> str:
    """Say on how many land cells an answer is the first one's, and how far off it is elsewhere."""
    if name == "scipy label x 101":
        place = np.searchsorted(LEVELS, ours, side="right")
        ours = np.append(LEVELS, np.float32(np.inf))[place]
    same = (found == ours)[~sea]
    with np.errstate(invalid="ignore"):
        off = np.abs(found - ours)[~sea][~same]
    far = f", else up to {off.max():.1e} m" if off.size else ""
    return f"{100 * same.mean():.4f} %{far}"


def side_by_side(title: str, ground: np.ndarray, folder: Path, repeats: int) -> None:
    """Print the table of one ground."""
    path = folder / "ground.npy"
    np.save(path, ground)
    sea = ground[1] > 0
    cells = sea.size
    rows = {
        "fjordby sea_connection": ["scipy label x 101", "pyflwdir fill from sea"],
        "fjordby fill to edges": [
            "pyflwdir fill to edges",
            "whitebox fill",
            "fjordby bluespots",
        ],
        "fjordby rain_flood": [],
    }
    low = 100 * (ground[0] < LEVELS[-1])[~sea].mean()
    print(
        f"\n{title}: {cells:,} cells, {100 * sea.mean():.0f} % sea, {low:.0f} % of land below 5 m"
    )
    head = f"  {'engine':28s}{'wall s':>9s}{'cpu s':>9s}{'cpu ratio':>11s}"
    print(head + f"{'ns/cell':>9s}{'bytes/cell':>12s}{'first s':>9s}  same as the first")
    for ours, rivals in rows.items():
        mine = measured(ours, path, folder, repeats)
        if mine is None:
            continue
        for name in (ours, *rivals):
            it = mine if name == ours else measured(name, path, folder, 1)
            if it is None:
                continue
            same = ""
            if name != ours:
                same = agreement(name, np.load(it["answer"]), np.load(mine["answer"]), sea)
            print(
                f"  {name:28s}{it['wall']:9.3f}{it['cpu']:9.3f}{it['cpu'] / mine['cpu']:11.1f}"
                f"{1e9 * it['cpu'] / cells:9.0f}{it['memory']:12.1f}{it['first']:9.2f}  {same}"
            )


def growth(folder: Path, largest: float) -> None:
    """Print how the time grows with the ground."""
    print("\nHow the time grows (fjordby, cpu seconds and ns a cell)")
    names = ("fjordby sea_connection", "fjordby bluespots", "fjordby rain_flood")
    print("  " + f"{'cells':>12s}" + "".join(f"{n.split()[1]:>24s}" for n in names))
    for cells in (1e5, 4e5, 1.6e6, 6.4e6, 1.6e7):
        if cells > 1.7 * largest:
            continue
        ground = valley(cells)
        path = folder / "ground.npy"
        np.save(path, ground)
        count = ground[0].size
        line = f"  {count:12,d}"
        for name in names:
            it = measured(name, path, folder, 2)
            if it:
                line += f"{it['cpu']:15.3f}{1e9 * it['cpu'] / count:9.0f}"
        print(line)


def main() -> None:
    """Print machine, versions and tables."""
    parser = argparse.ArgumentParser(description="The instant flood engines beside their rivals.")
    parser.add_argument("--cells", type=float, default=1e7, help="cells of the synthetic ground")
    parser.add_argument("--one", nargs=4, metavar=("ENGINE", "GROUND", "ANSWER", "REPEATS"))
    asked = parser.parse_args()
    if asked.one:
        name, ground, answer, repeats = asked.one
        print(json.dumps(one(name, Path(ground), Path(answer), int(repeats))))
        return
    print(f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} cores, one used")
    print(f"load average before the run: {os.getloadavg()[0]:.1f}")
    packages = ("numpy", "numba", "scipy", "pyflwdir", "whitebox-workflows")
    versions = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} (not installed)")
    print(", ".join(versions))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        side_by_side("Rough valley", valley(asked.cells), folder, 3)
        side_by_side("Flat coast", flat_coast(asked.cells), folder, 3)
        side_by_side("Real ground, 50 m cells", real(), folder, 3)
        growth(folder, asked.cells)


if __name__ == "__main__":
    main()

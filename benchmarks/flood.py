"""The dynamic flood engine beside its peers, beside the machine, and alone: one command.

Run `python benchmarks/flood.py` (about an hour on a quiet machine; `--quick` about a
minute). Every engine gets the same ground, water at first, sea, rain, roughness and end, and runs
in a process of its own on as many cores as the table says. The peers live in `.venv-peers`
(`make bench-peers`); those that are not there, and those that take many minutes, are shown as
they were measured earlier and marked so (`--fresh` runs the long ones again, `--keep` writes what
was measured into `peers/results.json`, `--page` puts the print into the manual).
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PEERS = Path(__file__).with_name("peers")
sys.path.insert(0, str(PEERS))

import alone  # noqa: E402
import environment  # noqa: E402
import fjord_city  # noqa: E402
import roofline  # noqa: E402
from case import Case  # noqa: E402
from compare import WET, differences  # noqa: E402

RESULTS = PEERS / "results.json"
PAGE = Path(__file__).parents[1] / "docs" / "flood_benchmarks.md"
MARKS = ("<!-- printed by benchmarks/flood.py -->", "<!-- end of print -->")
MANY = 500_000  # cells from which the peers take many minutes
SEEN = 0.01  # depth from which a cell counts as wet in the tables [m]


@dataclass(frozen=True)
class Engine:
    """An engine as the tables know it.

    Parameters
    ----------
    name, module
        What it is called, and the script in `peers/` that runs it.
    threads
        Cores it gets.
    options
        For ours: options of the run.
    slow
        Whether the full town would take it hours: it then runs the coarse one only.
    """

    name: str
    module: str
    threads: int = 1
    options: dict[str, object] = dataclasses.field(default_factory=dict)
    slow: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is our own."""
        return self.module == "run_fjordby"


OURS = (
    Engine("fjordby", "run_fjordby"),
    Engine("fjordby, 2 threads", "run_fjordby", 2),
    Engine("fjordby, fully laden", "run_fjordby", 1, {"laden": True}),
    Engine("fjordby, one step for all", "run_fjordby", 1, {"local_steps": False}),
    Engine("fjordby, double", "run_fjordby", 1, {"precision": "double"}),
)
THEIRS = (
    Engine("itzi-core", "run_itzi"),
    Engine("landlab", "run_landlab"),
    Engine("anuga", "run_anuga", slow=True),
    Engine("geoswe (NumPy)", "run_geoswe", slow=True),
)


def town(n: int, cell: float, end: float = fjord_city.END) -> Case:
    """Return the fjord city as a case."""
    city = fjord_city.fjord_city(n, cell)
    seconds, level = fjord_city.sea_series()
    return Case(city.bed, city.depth, cell, fjord_city.ROUGHNESS, seconds, level, fjord_city.RAIN,
                fjord_city.RAIN_UNTIL, end)  # fmt: skip


def rain_only(n: int, cell: float, end: float = fjord_city.END) -> Case:
    """Return the inland quarter of the city, closed and dry, with the rain alone."""
    whole = town(n, cell, end)
    part = np.s_[n // 4 : 3 * n // 4, n // 2 :]
    none = np.zeros(0)
    bed = np.ascontiguousarray(whole.bed[part])
    return dataclasses.replace(whole, bed=bed, depth=np.zeros_like(bed),
                               sea_seconds=none, sea_level=none)  # fmt: skip


def mark(case: Case) -> str:
    """Return a short name that changes with anything in a case."""
    digest = hashlib.sha256()
    for field in dataclasses.fields(case):
        digest.update(np.ascontiguousarray(getattr(case, field.name)).tobytes())
    return digest.hexdigest()[:16]


def environ(threads: int, options: dict[str, object]) -> dict[str, str]:
    """Return the variables of a measured process: so many threads, whoever makes them."""
    names = ("OMP", "NUMBA", "OPENBLAS", "MKL")
    pinned = {f"{name}_NUM_THREADS": str(threads) for name in names}
    return os.environ | pinned | {"FJORDBY_OPTIONS": json.dumps(options)}


def measured(engine: Engine, where: Path, folder: Path) -> dict | None:
    """Run one engine on a case in a process of its own; None when that failed, with the reason."""
    python = sys.executable if engine.ours else environment.python()
    if python is None:
        return None
    answer = folder / f"{where.stem}_{engine.module}_{OURS.index(engine) if engine.ours else 0}"
    command = [str(python), str(PEERS / f"{engine.module}.py"), str(where), str(answer)]
    load = os.getloadavg()[0]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder,
                          env=environ(engine.threads, engine.options))  # fmt: skip
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no word"
        print(f"  {engine.name:26s} left out: {why}")
        return None
    figures = json.loads(answer.with_suffix(".json").read_text())
    day = datetime.date.today().isoformat()
    return figures | {"date": day, "load": load, "map": str(answer.with_suffix(".npy"))}


def kept() -> dict[str, dict]:
    """Return what was measured earlier, by case and engine."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def keep(found: dict[str, dict]) -> None:
    """Add to what was measured earlier."""
    machine = {"machine": f"{roofline.processor()}, {os.cpu_count()} cores", "ours": ours_version()}
    lean = {k: {a: b for a, b in v.items() if a != "map"} | machine for k, v in found.items()}
    RESULTS.write_text(json.dumps(kept() | lean, indent=1, sort_keys=True) + "\n")


def ours_version() -> str:
    """Return our own version."""
    return importlib.metadata.version("fjordby")


def line(name: str, threads: int, it: dict, base: dict | None) -> None:
    """Print one engine of a table."""
    ratio = it["cpu"] / base["cpu"] if base else float("nan")
    error = f"{it['error']:+.3g}" if np.isfinite(it["error"]) else "?"
    print(f"  {name:26s}{threads:4d}{it['cpu']:10.2f}{it['wall']:10.2f}{ratio:9.1f}"
          f"{it['steps']:9,d}{it.get('wet', 0):11,d}{error:>12s}"
          f"{it['peak'] / 1e6:9.0f}{it['bytes_a_cell']:9.0f}{it['set_cpu']:8.2f}"
          f"  {it['words']}")  # fmt: skip


def side_by_side(title: str, case: Case, engines: tuple[Engine, ...], ask: argparse.Namespace,
                 folder: Path) -> dict[str, dict]:  # fmt: skip
    """Print the table of one case, and the differences; return what the peers took."""
    ny, nx = case.bed.shape
    print(f"\n{title}: {ny} x {nx} cells of {case.cell:g} m, {case.end / 3600:g} h")
    print(f"  {'engine':26s}{'thr':>4s}{'cpu s':>10s}{'wall s':>10s}{'x ours':>9s}{'steps':>9s}"
          f"{'cells wet':>11s}{'water m3':>12s}{'peak MB':>9s}{'B/cell':>9s}{'set-up':>8s}"
          "  remarks")  # fmt: skip
    where = folder / f"{mark(case)}.npz"
    case.save(where)
    earlier, fresh, base, ours_map = kept(), {}, None, None
    for engine in engines:
        key = f"{mark(case)}/{engine.name}"
        long = not engine.ours and (engine.slow or case.bed.size > MANY)
        it = None if long and key in earlier and not ask.fresh else measured(engine, where, folder)
        if it is not None:
            found = np.load(it["map"])
            it["wet"] = int((found >= SEEN).sum())
            if base is None and engine.ours:
                base, ours_map = it, found
            elif ours_map is not None:
                it["apart"] = differences(found, ours_map, case)
            if not engine.ours:
                it |= {"case": title, "engine": engine.name}
        elif not engine.ours and key in earlier:
            it = earlier[key]
            it = it | {"words": f"MEASURED EARLIER ({it['date']}, {it['machine']}, {it['engine']} "
                                f"{it['version']}); {it['words']}"}  # fmt: skip
        if it is not None:
            line(engine.name, engine.threads, it, base)
            fresh[key] = it
    show_differences(fresh)
    if ask.keep:
        keep({k: v for k, v in fresh.items() if "engine" in v and "MEASURED" not in v["words"]})
    return fresh


def show_differences(rows: dict[str, dict]) -> None:
    """Print how far each map of largest depth lies from ours."""
    apart = {key.split("/")[1]: it["apart"] for key, it in rows.items() if "apart" in it}
    if not apart:
        return
    print(f"  largest depth less ours, where one of the two has {WET:g} m or more: RMSE, mean and")
    print(
        "  largest difference [m]; CSI = cells wet in both by cells wet in one; share of them all"
    )
    for name, parts in apart.items():
        everywhere = sum(p["wet"] for k, p in parts.items() if k != "all land")
        for place, it in parts.items():
            share = 100 * it["wet"] / max(everywhere, 1)
            print(f"  {name if place == 'all land' else '':26s}{place:24s}"
                  f"{it['rmse']:8.3f}{it['mean']:+9.3f}{it['largest']:+9.2f}"
                  f"   CSI {it['csi']:.3f}{share:7.1f} %")  # fmt: skip


def whole_town(rows: dict[str, dict], coarse: dict[str, dict]) -> None:
    """Say what the slow engines would take for the full town, from the coarse one."""
    for engine in THEIRS:
        it = next((v for k, v in coarse.items() if k.endswith(f"/{engine.name}")), None)
        if it is None or not engine.slow:
            continue
        print(f"  {engine.name}: not run on the full town. With 16 times the cells and 4 times the")
        print(f"    steps of the coarse one it would take about {64 * it['cpu']:,.0f} CPU seconds.")


class Twice:
    """A standard output that also remembers what was written."""

    def __init__(self) -> None:
        self.screen, self.written = sys.stdout, ""

    def write(self, text: str) -> int:
        """Write and remember."""
        self.written += text
        return self.screen.write(text)

    def flush(self) -> None:
        """Pass it on."""
        self.screen.flush()


def renew(printed: str) -> None:
    """Put what was printed into the page of the manual, between its two marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    text = f"{before}{MARKS[0]}\n```text\n{printed.strip()}\n```\n{MARKS[1]}{after}"
    PAGE.write_text(text, encoding="utf-8")


def versions() -> str:
    """Return the versions that matter."""
    names = [f"{p} {importlib.metadata.version(p)}" for p in ("fjordby", "numpy", "numba")]
    return ", ".join([f"Python {platform.python_version()}", *names])


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="The dynamic flood engine beside its peers.")
    parser.add_argument("--quick", action="store_true", help="small cases, about a minute")
    parser.add_argument("--fresh", action="store_true", help="run the long ones of the peers again")
    parser.add_argument("--keep", action="store_true", help="write the peers' results to a file")
    parser.add_argument("--page", action="store_true", help="put the print into the manual")
    parser.add_argument("--only", choices=("machine", "town", "coarse", "rain", "alone"))
    ask = parser.parse_args()
    if not ask.page:
        everything(ask)
        return
    both = Twice()
    with contextlib.redirect_stdout(both):
        everything(ask)
    renew(both.written)


def everything(ask: argparse.Namespace) -> None:
    """Print what was asked for."""

    def wanted(part: str) -> bool:
        return ask.only in (None, part)

    print(f"{datetime.date.today().isoformat()}, {platform.platform()}, {versions()}")
    if wanted("machine"):
        roofline.show()
    if os.getloadavg()[0] > 0.5:
        print(f"  OTHER WORK RUNS BESIDE THIS (load {os.getloadavg()[0]:.1f}): times are too long")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if ask.quick:
            few = (OURS[0], THEIRS[0], THEIRS[1])
            side_by_side("Fjord city, coarse", town(250, 20.0, 1800.0), few, ask, folder)
            side_by_side("Rain without sea", rain_only(250, 20.0, 1800.0), few, ask, folder)
            alone.show(quick=True)
            return
        fast = tuple(engine for engine in THEIRS if not engine.slow)
        coarse: dict[str, dict] = {}
        if wanted("coarse"):
            both = (*OURS[:1], *THEIRS)
            coarse = side_by_side("Fjord city, coarse", town(250, 20.0), both, ask, folder)
        if wanted("town"):
            rows = side_by_side("Fjord city", town(1000, 5.0), (*OURS, *fast), ask, folder)
            whole_town(rows, coarse)
        if wanted("rain"):
            side_by_side("Rain without sea", rain_only(1000, 5.0), (*OURS[:1], *fast), ask, folder)
            both = (*OURS[:1], *THEIRS)
            side_by_side("Rain without sea, coarse", rain_only(250, 20.0), both, ask, folder)
        if wanted("alone"):
            alone.show(quick=False)


if __name__ == "__main__":
    main()

"""Our engine beside nobody: wet cells a second, dry land, growth with the map, and a real town."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from case import forget_peak, resident, stay

sys.path.insert(0, str(Path(__file__).parents[1]))

import fjord_city

from fjordby.city import builtin, load
from fjordby.flood.dynamic import (
    Domain,
    Forcing,
    Level,
    Options,
    Rain,
    along_edge,
    run,
)
from fjordby.flood.dynamic.of_city import simulate
from fjordby.grid import Grid
from fjordby.shock import Series, events

CELL = 5.0  # [m]
DEEP = 2.0  # depth of the all-wet basin [m]
TRIES = 3


def basin(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return an uneven floor under water that swings, as (bed, depth) [m]."""
    bed = 0.1 * np.random.default_rng(seed).standard_normal((n, n), dtype=np.float32) - DEEP
    swing = 0.2 * np.cos(np.pi * (np.arange(n) + 0.5) / n)[None]
    return bed, (swing - bed).astype(np.float32)


def computed(bed: np.ndarray, depth: np.ndarray, seconds: float, **wanted: object) -> dict:
    """Run a closed basin without rain and measure it."""
    ny, nx = bed.shape
    domain = Domain(Grid(0.0, ny * CELL, CELL, ny, nx, "EPSG:25832"), bed, 0.03, depth)
    wall, cpu = time.perf_counter(), time.process_time()
    done = run(domain, Forcing(), seconds, options=Options(**wanted))
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "engine_wall": done.wall_seconds,
        "updates": done.cell_updates,
        "steps": done.steps,
        "error": done.balance.error,
    }


def all_wet(n: int, threads: int, precision: str, seconds: float) -> dict:
    """Measure updates of wet cells a second."""
    return fastest(lambda: computed(*basin(n), seconds, threads=threads, precision=precision))


def mostly_dry(n: int, wet: int, seconds: float) -> dict:
    """Measure a wet basin of `wet` x `wet` cells in dry land of n x n cells."""
    bed = np.full((n, n), 5.0, np.float32)
    depth = np.zeros((n, n), np.float32)
    at = (n - wet) // 2
    inner = np.s_[at : at + wet, at : at + wet]
    bed[inner], depth[inner] = basin(wet)
    return fastest(lambda: computed(bed, depth, seconds))


def fastest(call) -> dict:
    """Return the try that took the least processor time."""
    return min((call() for _ in range(TRIES)), key=lambda it: it["cpu"])


def growth(n: int, seconds: float) -> dict:
    """Measure the fjord city on n x n cells of the same size, and the memory it takes."""
    town = fjord_city.fjord_city(n, CELL)
    grid = Grid(0.0, n * CELL, CELL, n, n, "EPSG:25832")
    level = Level("sea", *along_edge(grid, "west"), Series(*fjord_city.sea_series()))
    rain = Rain((Series.steps(np.array([0.0, seconds]), np.array([fjord_city.RAIN])),))
    domain = Domain(grid, town.bed, fjord_city.ROUGHNESS, town.depth)
    held = resident("VmRSS")
    forget_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    done = run(domain, Forcing(levels=(level,), rain=rain), seconds, options=Options())
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "updates": done.cell_updates,
        "steps": done.steps,
        "bytes": (resident("VmHWM") - held) / town.bed.size,
        "error": done.balance.error,
    }


def storm(hours: float) -> dict:
    """Measure the rarest surge over the largest built-in city, streams, rain, gates and all."""
    city = max(map(load, builtin()), key=lambda one: one.grid.ny * one.grid.nx)
    surges = [event for event in events(city) if event.sea is not None]
    event = min(surges, key=lambda one: one.rate or np.inf)
    held = resident("VmRSS")
    forget_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    done = simulate(city, event, hours=hours, after=0.0)
    return {
        "city": city.name.en,
        "event": event.id,
        "cell": city.grid.cell,
        "cells": city.grid.ny * city.grid.nx,
        "hours": done.seconds / 3600,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "engine_cpu": done.cpu_seconds,
        "updates": done.cell_updates,
        "steps": done.steps,
        "wet": int((done.depth >= done.thresholds[0]).sum()),
        "bytes": (resident("VmHWM") - held) / (city.grid.ny * city.grid.nx),
        "error": done.balance.error,
    }


KINDS = {"wet": all_wet, "dry": mostly_dry, "growth": growth, "storm": storm}


def measured(kind: str, *numbers: object, threads: int = 1) -> dict | None:
    """Measure one thing in a process of its own on so many cores."""
    pinned = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "NUMBA", "OPENBLAS")}
    done = subprocess.run(
        [sys.executable, __file__, kind, *map(str, numbers)],
        capture_output=True, text=True, check=False, env=os.environ | pinned,
    )  # fmt: skip
    if done.returncode:
        print(f"  {kind} {numbers}: failed, {done.stderr.strip().splitlines()[-1]}")
        return None
    return json.loads(done.stdout.splitlines()[-1])


def show_wet(quick: bool) -> None:
    """Print updates of wet cells a second."""
    print("\nAll cells wet, closed basin: updates a second (wall clock), fastest of three")
    print(f"  {'cells':>12s}{'precision':>11s}{'threads':>9s}{'million/s':>12s}{'of one':>9s}"
          f"{'steps':>8s}")  # fmt: skip
    for n, seconds in ((500, 60.0),) if quick else ((500, 600.0), (2000, 120.0)):
        for precision in ("single", "double"):
            one = None
            for threads in (1, 2):
                it = measured("wet", n, threads, precision, seconds, threads=threads)
                if it is None:
                    continue
                rate = it["updates"] / it["engine_wall"] / 1e6
                one = one or rate
                print(f"  {n * n:12,d}{precision:>11s}{threads:9d}{rate:12,.0f}{rate / one:9.2f}"
                      f"{it['steps']:8,d}")  # fmt: skip


def show_dry(quick: bool) -> None:
    """Print what dry land costs."""
    wet, seconds = 448, 60.0 if quick else 600.0
    print("\nThe same wet basin in more and more dry land")
    print(f"  {'cells':>12s}{'wet':>8s}{'cpu s':>9s}{'of none dry':>13s}{'of all wet':>12s}")
    base = None
    for n in (wet, 1000, 2000) if quick else (wet, 1000, 2000, 4000):
        it = measured("dry", n, wet, seconds)
        if it is None:
            continue
        base = base or it["cpu"]
        share = wet * wet / (n * n)
        print(f"  {n * n:12,d}{100 * share:6.0f} %{it['cpu']:9.2f}{it['cpu'] / base:12.2f}x"
              f"{100 * it['cpu'] / (base / share):10.1f} %")  # fmt: skip


def show_growth(quick: bool) -> None:
    """Print how time and memory grow with the map."""
    seconds = 60.0 if quick else 600.0
    print(f"\nThe fjord city on larger maps, cells of {CELL:g} m, {seconds / 60:g} minutes")
    print(f"  {'cells':>12s}{'cpu s':>9s}{'steps':>8s}{'updates':>18s}{'ns an update':>14s}"
          f"{'ns a cell-step':>16s}{'bytes a cell':>14s}{'water m3':>11s}")  # fmt: skip
    for n in (500, 1000) if quick else (500, 1000, 2000, 4000):
        it = measured("growth", n, seconds)
        if it is None:
            continue
        print(f"  {n * n:12,d}{it['cpu']:9.2f}{it['steps']:8,d}{it['updates']:18,d}"
              f"{1e9 * it['cpu'] / it['updates']:14.2f}"
              f"{1e9 * it['cpu'] / (it['steps'] * n * n):16.2f}{it['bytes']:14.1f}"
              f"{it['error']:+11.2g}")  # fmt: skip


def show_storm(quick: bool) -> None:
    """Print what a storm over a real town takes."""
    it = measured("storm", 1.0 if quick else 24.0)
    if it is None:
        return
    print(f"\n{it['city']}, {it['event']}: {it['cells']:,} cells of {it['cell']:g} m, "
          f"{it['hours']:g} h and the quiet hours before")  # fmt: skip
    print(f"  {it['cpu']:.1f} CPU s, {it['wall']:.1f} s on the clock (the storm itself "
          f"{it['engine_cpu']:.1f} CPU s), {it['steps']:,} steps, {it['updates']:,} updates, "
          f"{it['wet']:,} cells flooded, {it['bytes']:.0f} bytes a cell, "
          f"water {it['error']:+.2g} m3")  # fmt: skip


def show(quick: bool) -> None:
    """Print everything that is measured without peers."""
    show_wet(quick)
    show_dry(quick)
    show_growth(quick)
    show_storm(quick)


def main() -> None:
    """Measure one thing, in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=tuple(KINDS))
    parser.add_argument("numbers", nargs="*")
    ask = parser.parse_args()
    stay(int(os.environ.get("OMP_NUM_THREADS", "1")))
    computed(*basin(32), 5.0)  # compile
    given = [_number(text) for text in ask.numbers]
    print(json.dumps(KINDS[ask.kind](*given)))


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


if __name__ == "__main__":
    main()

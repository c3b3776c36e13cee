"""One flood case for every engine, and the clock that all of them run under.

An engine is a module `run_NAME.py` beside this one with a function `prepared(case)` that returns
a call; the call computes the case and returns an `Answer`. The module ends with `measured(...)`.
Only numpy is needed here, so that it also runs where nothing of ours is installed.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np


@dataclasses.dataclass(frozen=True)
class Case:
    """Ground, water and weather; row 0 is north, column 0 is west.

    Parameters
    ----------
    bed, depth
        Ground and water at the start, shape (ny, nx), float32 [m].
    cell
        Side of a cell [m].
    roughness
        Manning's n, the same everywhere [s/m^(1/3)].
    sea_seconds, sea_level
        Level that the cells of the west column are held at, straight between these times
        [s], [m]; empty = the west edge is closed like all others.
    rain, rain_until
        Rain on every cell [m/s], and when it stops [s].
    end
        Time computed [s].
    """

    bed: np.ndarray
    depth: np.ndarray
    cell: float
    roughness: float
    sea_seconds: np.ndarray
    sea_level: np.ndarray
    rain: float
    rain_until: float
    end: float

    @property
    def has_sea(self) -> bool:
        """Whether the west column is held at a level."""
        return self.sea_seconds.size > 0

    def sea(self, seconds: float) -> float:
        """Return the level of the sea [m]."""
        return float(np.interp(seconds, self.sea_seconds, self.sea_level))

    def save(self, path: Path) -> None:
        """Write the case to one file."""
        np.savez(path, **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)})

    @classmethod
    def load(cls, path: Path) -> Case:
        """Read a case."""
        with np.load(path) as file:
            values = {name: file[name] for name in file.files}
        return cls(**{k: v if v.ndim else float(v) for k, v in values.items()})


@dataclasses.dataclass(frozen=True)
class Answer:
    """What an engine found.

    Parameters
    ----------
    largest
        Largest depth of each cell, shape (ny, nx) [m].
    steps
        Time steps taken.
    error
        Water made (positive) or lost by the computation [m3]; NaN = cannot be told.
    words
        What a reader must know of how this engine was given the case.
    extra
        Further numbers by name.
    """

    largest: np.ndarray
    steps: int
    error: float
    words: str = ""
    extra: dict[str, float] = dataclasses.field(default_factory=dict)


Engine = Callable[[Case], Callable[[], Answer]]


def tiny(case: Case) -> Case:
    """Return a small case like another one, to warm up on: 16 x 16 cells for half a minute."""
    bed = np.fromfunction(lambda j, i: 0.2 * i - 1.0 + 0.01 * j, (16, 16)).astype(np.float32)
    depth = np.maximum(-bed, 0) if case.has_sea else np.zeros_like(bed)
    return dataclasses.replace(case, bed=bed, depth=depth, end=30.0)


def resident(what: str) -> float:
    """Return the memory this process holds (VmRSS) or held at most (VmHWM) [bytes]; NaN off Linux.

    `getrusage` would not do: its peak is handed on from the parent process.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    line = next(row for row in status.read_text().splitlines() if row.startswith(what))
    return float(line.split()[1]) * 1024


def stay(cores: int) -> None:
    """Keep this process on so many cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[-cores:]))


def forget_peak() -> None:
    """Let the peak of memory start anew, where the system can."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def measured(package: str, prepared: Engine) -> None:
    """Compute the case of the command line, `CASE.npz ANSWER`, and write what it took.

    `ANSWER.npy` gets the largest depths, `ANSWER.json` the figures. Loading, and a warm-up on
    a tiny case (compiling, first imports), are outside the clock.
    """
    where, answer = Path(sys.argv[1]), Path(sys.argv[2])
    stay(int(os.environ.get("OMP_NUM_THREADS", "1")))
    case = Case.load(where)
    begun = time.perf_counter()
    prepared(tiny(case))()
    warm = time.perf_counter() - begun
    held = resident("VmRSS")
    forget_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    work = prepared(case)
    set_wall, set_cpu = time.perf_counter() - wall, time.process_time() - cpu
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    run_wall, run_cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resident("VmHWM")
    np.save(answer.with_suffix(".npy"), found.largest.astype(np.float32))
    figures = {
        "version": importlib.metadata.version(package),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cells": int(case.bed.size),
        "warm_up": warm,
        "set_wall": set_wall,
        "set_cpu": set_cpu,
        "wall": run_wall,
        "cpu": run_cpu,
        "peak": peak,
        "bytes_a_cell": (peak - held) / case.bed.size,
        "steps": int(found.steps),
        "error": float(found.error),
        "words": found.words,
        **found.extra,
    }
    answer.with_suffix(".json").write_text(json.dumps(figures))

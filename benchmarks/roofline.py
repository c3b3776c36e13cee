"""What this machine can do at best: bytes a second from memory, float32 operations a second.

Run `python benchmarks/roofline.py`. Every figure is the best of several tries of a small compiled
kernel, because a rest of other work can only make it slower.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numba as nb
import numpy as np

TRIES = 7
LANES = 128  # numbers worked on side by side: eight vectors of 16
CHAIN = 16  # multiply-adds on each number between one load and one store
CELL_BYTES = 28  # bed in; depth and two flows in and out; float32


@nb.njit(parallel=True, cache=True)
def triad(a, b, c, scale):  # noqa: D103
    for i in nb.prange(a.size):
        a[i] = b[i] + scale * c[i]


@nb.njit(parallel=True, cache=True)
def touch(bed, depth, qx, qy, scale):
    """Move what one step of a flood engine must move, and compute next to nothing."""
    for i in nb.prange(bed.size):
        z = scale * bed[i]
        depth[i] += z
        qx[i] += z
        qy[i] += z


@nb.njit(fastmath={"contract"}, cache=True)
def chains(x, factor, term, rounds):
    """Multiply and add on numbers that stay in registers, over and over."""
    for _ in range(rounds):
        for lane in range(x.size):
            v = x[lane]
            for _ in range(CHAIN):
                v = v * factor + term
            x[lane] = v


@nb.njit(parallel=True, cache=True)
def all_chains(x, factor, term, rounds):
    """Do `chains` on each row with a thread of its own."""
    for row in nb.prange(x.shape[0]):
        chains(x[row], factor, term, rounds)


def best(call: Callable[[], object]) -> float:
    """Return the shortest time of several tries [s]."""
    call()
    times = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return min(times)


def bandwidth(cells: int = 1 << 24) -> float:
    """Return the STREAM triad in double precision, 24 bytes counted a number [bytes/s]."""
    a, b, c = (np.full(cells, value) for value in (0.0, 1.0, 2.0))
    return 24 * cells / best(lambda: triad(a, b, c, 3.0))


def cell_limit(cells: int = 1 << 24) -> float:
    """Return how many cells a second memory can bring and take for one step of an engine."""
    fields = [np.zeros(cells, np.float32) for _ in range(4)]
    return cells / best(lambda: touch(*fields, np.float32(0.5)))


def multiply_adds(threads: int, rounds: int = 200_000) -> float:
    """Return float32 operations a second, a multiply-add counted as two [1/s]."""
    x = np.ones((threads, LANES), np.float32)
    seconds = best(lambda: all_chains(x, np.float32(0.999), np.float32(0.001), rounds))
    return 2.0 * threads * LANES * CHAIN * rounds / seconds


def processor() -> str:
    """Return the processor's name, as well as the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = {line.split(":")[1].strip() for line in lines if line.startswith("model name")}
    return ", ".join(sorted(names)) or platform.processor() or platform.machine()


def roofline(threads: int) -> dict[str, float]:
    """Return bandwidth [bytes/s], cells a second and float32 operations a second."""
    nb.set_num_threads(threads)
    return {
        "threads": threads,
        "bandwidth": bandwidth(),
        "cells": cell_limit(),
        "operations": multiply_adds(threads),
    }


def show() -> list[dict[str, float]]:
    """Print the roofline for one core and for all that numba may use (at most four), return it."""
    print(f"{processor()}, {os.cpu_count()} cores; load before: {os.getloadavg()[0]:.1f}")
    print(f"  {'threads':>8s}{'triad':>12s}{'cells that memory feeds':>28s}{'float32 peak':>18s}")
    rows = []
    for threads in sorted({1, min(4, nb.config.NUMBA_NUM_THREADS)}):
        it = roofline(threads)
        rows.append(it)
        print(f"  {threads:8d}{it['bandwidth'] / 1e9:7.1f} GB/s{it['cells'] / 1e6:18,.0f} million/s"
              f"{it['operations'] / 1e9:10.0f} Gflop/s")  # fmt: skip
    print(f"  a cell: {CELL_BYTES} bytes moved in a step (bed in, depth and two flows in and out)")
    return rows


if __name__ == "__main__":
    show()

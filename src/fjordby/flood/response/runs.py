"""Finished runs on disk, one file each: a build that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadFile, BadValue
from fjordby.flood.model import Flood
from fjordby.flood.response.axes import Axis
from fjordby.flood.response.fit import STEP, cleaned
from fjordby.grid import Grid
from fjordby.storage import write_whole

PLAN = "plan.json"
RUNS = "runs"
#: Kept where there is no ground; no depth is as large.
NO_GROUND = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Run:
    """One finished run.

    Parameters
    ----------
    share
        Where, shape (axes,), each in [0, 1].
    depth
        Shape (ny, nx), uint16 [mm]; `NO_GROUND` where there is none.
    grid
        Where its cells lie.
    water
        Where the water came from.
    seconds
        How long it took [s].
    """

    share: Floats
    depth: Array
    grid: Grid
    water: str
    seconds: float

    @property
    def ground(self) -> Array:
        """Where there is ground, shape (ny, nx)."""
        return np.asarray(self.depth != NO_GROUND)

    def at(self, cells: Array) -> Array:
        """Return the depth at some cells, by their index in the flat map, float32 [m]."""
        whole = self.depth.ravel()[cells]
        return np.where(whole == NO_GROUND, 0, whole).astype(np.float32) * np.float32(STEP)


def run_of(share: Floats, flood: Flood, seconds: float) -> Run:
    """Take what a simulator gave; raises `BadValue` when it is no depth map."""
    depth = np.asarray(flood.depth.values, np.float32)
    ground = ~np.isnan(depth)
    if not ground.any() or not np.isfinite(depth[ground]).all() or (depth[ground] < 0).any():
        raise BadValue(
            "depths of zero or more, NaN where there is no ground",
            "no ground at all, or depths below zero or infinite",
            f"See what the engine gave at the point {np.round(share, 4)} of the axes.",
        )
    whole = np.full(depth.shape, NO_GROUND, np.uint16)
    whole[ground] = np.rint(cleaned(depth[ground]) / np.float32(STEP)).astype(np.uint16)
    return Run(share, whole, flood.grid, flood.water, seconds)


def keep_plan(folder: Path, axes: Sequence[Axis], inputs: str) -> None:
    """Write down what the runs of a folder are made from, or check that it is the same.

    Raises
    ------
    BadFile
        When the folder holds runs of other axes or other inputs.
    StorageFailed
        When it cannot be written.
    """
    place = folder / PLAN
    mine = {"axes": [asdict(axis) for axis in axes], "inputs": inputs}
    if not place.exists():
        write_whole(place, json.dumps(mine, indent=1).encode())
        return
    try:
        there = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as trouble:
        raise BadFile(
            f"the plan of a response surface in {place}", str(trouble), "Remove the folder."
        ) from trouble
    if there != mine:
        what = "axes" if there.get("inputs") == inputs else "inputs"
        raise BadFile(
            f"a new folder, or runs of the same axes and inputs in {folder}",
            f"runs of other {what}",
            "Choose another folder, or remove this one to build it anew.",
        )


def run_path(folder: Path, share: Floats) -> Path:
    """Return where a run is kept."""
    key = hashlib.sha256(repr(np.round(share, 9).tolist()).encode()).hexdigest()[:16]
    return folder / RUNS / f"{key}.npz"


def write_run(folder: Path, run: Run) -> None:
    """Keep a run; raises `StorageFailed` when the disk is full, and nothing half is left."""
    grid, room = run.grid, io.BytesIO()
    about = {**asdict(grid), "water": run.water, "seconds": run.seconds}
    np.savez_compressed(room, depth=run.depth, share=run.share, about=np.array(json.dumps(about)))
    write_whole(run_path(folder, run.share), room.getvalue())


def read_run(folder: Path, share: Floats) -> Run | None:
    """Return a finished run, None when it is not there; raises `BadFile` when it is damaged."""
    path = run_path(folder, share)
    if not path.exists():
        return None
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            about = json.loads(str(file["about"]))
            water, seconds = str(about.pop("water")), float(about.pop("seconds"))
            return Run(file["share"], file["depth"], Grid(**about), water, seconds)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as trouble:
        raise BadFile(
            f"a finished run in {path}", str(trouble), "Remove this file: it is run again."
        ) from trouble

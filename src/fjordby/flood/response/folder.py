"""A response surface as a folder: a JSON of what it is, its arrays, and a table of its errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from fjordby.arrays import Array, Floats
from fjordby.errors import BadFile
from fjordby.flood.response.axes import Axis
from fjordby.flood.response.fit import Fit, Model
from fjordby.flood.response.recipe import Recipe
from fjordby.flood.response.score import Tolerance
from fjordby.flood.response.surface import Surface
from fjordby.grid import Grid
from fjordby.storage import Content, write_folder

#: Version of the folder.
FORMAT = 1
ABOUT, ERRORS = "surface.json", "errors.csv"
#: Arrays: signed depth on nodes and in runs [mm], spread [m], cells, and ground packed in bits.
ARRAYS = ("nodes", "runs", "shares", "spread", "cells", "ground")


def save(surface: Surface, folder: Path | str) -> Path:
    """Write a surface into a folder, whole or not at all.

    Raises
    ------
    StorageFailed
        When the disk is full or the place cannot be written; what stood there stays.
    """
    fit, model = surface.fit, surface.fit.model
    about = {
        "format": FORMAT,
        "axes": [asdict(axis) for axis in fit.axes],
        "coordinates": [values.tolist() for values in fit.coordinates],
        "model": {
            "theta": model.theta.tolist(),
            "slopes": model.slopes.tolist(),
            "common": model.common,
            "factor": model.factor,
            "coverage": model.coverage,
        },
        "grid": asdict(surface.grid),
        "water": surface.water,
        "tolerance": asdict(surface.tolerance),
        "met": surface.met,
        "recipe": None if surface.recipe is None else surface.recipe.as_dict(),
        "about": dict(surface.about),
    }
    arrays = {
        "nodes": fit.nodes,
        "runs": fit.runs,
        "shares": fit.shares,
        "spread": fit.spread,
        "cells": surface.cells,
        "ground": np.packbits(surface.ground),
    }
    files: dict[str, Content] = {f"{name}.npy": _writer(array) for name, array in arrays.items()}
    files[ERRORS] = surface.errors.to_csv(index=False).encode()
    files[ABOUT] = json.dumps(about, indent=1).encode()
    write_folder(Path(folder), files)
    return Path(folder)


def load(folder: Path | str) -> Surface:
    """Open a surface that `save` wrote; its arrays stay on disk until they are read.

    Raises
    ------
    BadFile
        When the folder is missing, damaged, or of another version.
    """
    place = Path(folder)
    try:
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        if about.get("format") != FORMAT:
            raise BadFile(
                f"a response surface of format {FORMAT} in {place}",
                f"format {about.get('format')}",
                "Build it anew with this version.",
            )
        arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        return _surface(about, arrays, pd.read_csv(place / ERRORS))
    except (OSError, ValueError, KeyError, TypeError) as trouble:
        raise BadFile(
            f"a response surface in {place}", str(trouble), "Build it, or give its folder."
        ) from trouble


def _surface(about: dict[str, Any], arrays: dict[str, Array], errors: pd.DataFrame) -> Surface:
    grid = Grid(**about["grid"])
    model = about["model"]
    coordinates: tuple[Floats, ...] = tuple(np.array(v, float) for v in about["coordinates"])
    nodes, cells = arrays["nodes"], np.array(arrays["cells"])
    rows = int(np.prod([values.size for values in coordinates]))
    if nodes.shape != (rows, cells.size) or arrays["runs"].shape[1] != cells.size:
        raise ValueError(f"{nodes.shape} nodes for {rows} points of {cells.size} cells")
    fit = Fit(
        axes=tuple(Axis(**axis) for axis in about["axes"]),
        shares=np.array(arrays["shares"]),
        runs=arrays["runs"],
        coordinates=coordinates,
        nodes=nodes,
        spread=np.array(arrays["spread"]),
        model=Model(
            np.array(model["theta"], float),
            np.array(model["slopes"], float),
            float(model["common"]),
            float(model["factor"]),
            float(model["coverage"]),
        ),
    )
    ground = np.unpackbits(arrays["ground"], count=grid.ny * grid.nx).astype(bool)
    return Surface(
        fit=fit,
        cells=cells,
        grid=grid,
        ground=ground.reshape(grid.shape),
        water=str(about["water"]),
        errors=errors,
        tolerance=Tolerance(**about["tolerance"]),
        met=bool(about["met"]),
        recipe=None if about["recipe"] is None else Recipe.of(about["recipe"]),
        about=about["about"],
    )


def _writer(array: Array) -> Callable[[IO[bytes]], object]:
    return partial(np.save, arr=array)

"""Buildings while the town is built: outline, code, floors, dwellings and the kind of home."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from fjordby.arrays import Floats, Ints

Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Batch:
    """Some buildings, as columns of equal length.

    Parameters
    ----------
    shape
        Outlines.
    code
        National code of the use (see `fjordby.city.uses`).
    floors
        Number of floors.
    dwellings
        Dwellings in each.
    home
        Kind of home: detached, farm, terrace, flat, care, or "" for none.
    cellar
        Word that says how likely a basement is: detached, block, terrace, public or none.
    name
        Name, or "".
    kind
        measured or synthetic.
    """

    shape: Objects
    code: Ints
    floors: Ints
    dwellings: Floats
    home: Objects
    cellar: Objects
    name: Objects
    kind: Objects

    def __len__(self) -> int:
        """Return the number of buildings."""
        return len(self.shape)


def batch(
    shape: Objects,
    code: Ints | int,
    floors: Ints | int = 1,
    dwellings: Floats | float = 0.0,
    home: str = "",
    cellar: str = "none",
    name: Objects | str = "",
    kind: str = "synthetic",
) -> Batch:
    """Return buildings with single values repeated for each outline."""
    n = len(shape)

    def whole(value: Ints | int) -> Ints:
        return np.broadcast_to(np.asarray(value, np.int64), (n,)).copy()

    def words(value: Objects | str) -> Objects:
        return np.broadcast_to(np.asarray(value, object), (n,)).copy()

    return Batch(
        shape,
        whole(code),
        whole(floors),
        np.broadcast_to(np.asarray(dwellings, np.float64), (n,)).copy(),
        words(home),
        words(cellar),
        words(name),
        words(kind),
    )


def together(batches: list[Batch]) -> Batch:
    """Return all buildings of several batches as one."""
    return Batch(*(np.concatenate([getattr(b, f.name) for b in batches]) for f in fields(Batch)))


def pick(some: Batch, rows: Ints) -> Batch:
    """Return some rows of a batch."""
    return Batch(*(getattr(some, f.name)[rows] for f in fields(Batch)))

"""Named arrays in one gzipped file that a browser reads without parsing text.

A pack is, before compression: the four bytes `FJP1`, the length of a header as a little-endian
uint32, the header as JSON padded with spaces to a multiple of 8 bytes, then the arrays one after
the other, each beginning on a multiple of 8 bytes. The header is `{"arrays": {name: {dtype, shape,
offset, coding}}, "about": {...}}` with offsets from the first byte after the header. `coding` says
how the values are stored:

- `plain`: as they are, little-endian;
- `smooth`: for int16 and int32 that change little from one value to the next. Each value is
  replaced by its difference from the one before it in the last axis (wrapping around), the
  differences are folded to 0, -1, 1, -2, ... -> 0, 1, 2, 3, ..., and the bytes are sorted by
  significance: all lowest bytes first. Gzip then finds long runs.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fjordby.arrays import Array
from fjordby.errors import BadFile

MAGIC = b"FJP1"
_UNSIGNED = {"int16": np.uint16, "int32": np.uint32}


def write_pack(path: Path, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> int:
    """Write arrays as a pack and return the size of the file [bytes].

    int16 and int32 arrays are stored `smooth`, all others `plain`.
    """
    entries: dict[str, Any] = {}
    parts: list[bytes] = []
    offset = 0
    for name, values in arrays.items():
        smooth = values.dtype.name in _UNSIGNED
        data = _smooth(values) if smooth else np.ascontiguousarray(values).tobytes()
        entries[name] = {
            "dtype": values.dtype.name,
            "shape": list(values.shape),
            "offset": offset,
            "coding": "smooth" if smooth else "plain",
        }
        padding = -len(data) % 8
        parts += [data, b"\0" * padding]
        offset += len(data) + padding
    header = json.dumps({"arrays": entries, "about": about}, ensure_ascii=True).encode()
    header += b" " * (-len(header) % 8)
    body = b"".join([MAGIC, len(header).to_bytes(4, "little"), header, *parts])
    path.write_bytes(gzip.compress(body, compresslevel=6, mtime=0))
    return path.stat().st_size


def read_pack(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays and the `about` of a pack; raises `BadFile` when it is not one."""
    try:
        body = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as trouble:
        raise BadFile(f"a pack at {path}", str(trouble), "Compute the study again.") from trouble
    if body[:4] != MAGIC:
        raise BadFile(f"a pack at {path}", f"{body[:4]!r}", "Compute the study again.")
    size = int.from_bytes(body[4:8], "little")
    header = json.loads(body[8 : 8 + size])
    arrays = {}
    for name, entry in header["arrays"].items():
        dtype = np.dtype(entry["dtype"])
        shape = tuple(entry["shape"])
        start = 8 + size + entry["offset"]
        data = np.frombuffer(body, np.uint8, int(np.prod(shape)) * dtype.itemsize, start)
        smooth = entry["coding"] == "smooth"
        arrays[name] = _unsmooth(data, dtype, shape) if smooth else data.view(dtype).reshape(shape)
    return arrays, header["about"]


def _smooth(values: Array) -> bytes:
    """Return differences in the last axis, folded to small positive numbers, in byte planes."""
    size = values.dtype.itemsize
    change = values.copy()
    if values.size:
        change[..., 1:] = values[..., 1:] - values[..., :-1]
    folded = (change << 1) ^ (change >> (8 * size - 1))
    return np.ascontiguousarray(
        folded.astype(f"<i{size}").reshape(-1).view(np.uint8).reshape(-1, size).T
    ).tobytes()


def _unsmooth(data: Array, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Undo `_smooth`."""
    size = dtype.itemsize
    joined = np.ascontiguousarray(data.reshape(size, -1).T).reshape(-1)
    folded = joined.view(f"<u{size}").astype(_UNSIGNED[dtype.name])
    change = (folded >> 1).astype(dtype) ^ -(folded & 1).astype(dtype)
    return np.cumsum(change.reshape(shape), axis=-1, dtype=dtype)

"""A run put aside and taken up again: arrays on disk, checked, the last two of them kept."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

import numpy as np
import shapely

from fjordby.arrays import Array
from fjordby.errors import BadFile, BadValue, StorageFailed
from fjordby.storage import flush, sweep, write_whole

#: How every checkpoint begins; the number is that of the format.
MAGIC = b"fjordby checkpoint 2\n"

#: The key of `about` that says which run a checkpoint belongs to.
FINGERPRINT = "fingerprint"

#: Longest description that is believed [bytes]; assumed: far more than any run has to say, and
#: little enough that a damaged length does not fill the memory.
LONGEST_HEADER = 64 * 1024 * 1024

_KINDS = "biuf"
_AGAIN = "Start the run again from its beginning."


def write(path: Path | str, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> None:
    """Put arrays aside as a file; the one that was there stays beside it with `.before` added.

    The file is whole and on the disk before it takes its name: whatever happens meanwhile, `read`
    finds this one or the one before. Nothing is compressed, so that it is quick; see
    docs/flood_results.md for the layout.

    Parameters
    ----------
    path
        The file.
    arrays
        Arrays of numbers or bools of any shape, by name.
    about
        What JSON can hold, numbers to the last bit; `about["fingerprint"]` says whose it is (see
        `fingerprint`).

    Raises
    ------
    BadValue
        For arrays that are not of numbers, or an `about` that JSON cannot hold.
    StorageFailed
        When it cannot be written; the one that was there is then as it was.
    """
    place = Path(path)
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    header = _header(plain, about, {name: np.shape(array) for name, array in arrays.items()})
    new, before = _beside(place)
    write_whole(new, partial(_pour, header, list(plain.values())))
    try:
        sweep(new)
        if place.exists():
            place.replace(before)
        new.replace(place)
        flush(place.parent)
    except OSError as trouble:
        raise StorageFailed(
            f"a place to write the checkpoint {place}",
            trouble.strerror or str(trouble),
            "Choose another path; the checkpoints that were there still are.",
        ) from trouble


def read(
    path: Path | str, fingerprint: str | None = None
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Take up what `write` put aside, or the one before it when that is damaged.

    Parameters
    ----------
    path
        The file.
    fingerprint
        Whose it must be; None = anybody's.

    Returns
    -------
    tuple
        The arrays by name, and what was written about them.

    Raises
    ------
    BadFile
        When there is none, none is whole, or it is another run's.
    """
    place = Path(path)
    new, before = _beside(place)
    troubles: list[BadFile] = []
    # A `.new` is whole: a run was killed just before it took its place.
    for candidate in (new, place, before):
        if not candidate.exists():
            continue
        try:
            arrays, about = _read(candidate)
        except BadFile as trouble:
            troubles.append(trouble)
            continue
        _same_run(place, about, fingerprint)
        return arrays, about
    if troubles:
        there = ", ".join(one.name for one in (new, place, before) if one.exists())
        raise BadFile(
            f"a whole checkpoint at {place}",
            " ".join(t.got for t in troubles),
            f"Remove {there} there, and start the run again from its beginning.",
        ) from troubles[0]
    raise BadFile(f"a checkpoint at {place}", "no such file", _AGAIN)


def fingerprint(*parts: object) -> str:
    """Return a text that is the same for the same inputs, and another for any other.

    Parameters
    ----------
    parts
        None, numbers, texts, arrays, shapes, and sequences, mappings and dataclasses of these.

    Raises
    ------
    BadValue
        For anything else.

    Examples
    --------
    >>> fingerprint(1.0, "a") == fingerprint(1.0, "a"), fingerprint(1.0) == fingerprint(1)
    (True, False)
    """
    state = blake2b(digest_size=20)
    _feed(state, parts)
    return state.hexdigest()


def _beside(place: Path) -> tuple[Path, Path]:
    return place.with_name(f"{place.name}.new"), place.with_name(f"{place.name}.before")


def _header(
    arrays: Mapping[str, Array], about: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> bytes:
    """Return how the file begins: what is in it, with checksums."""
    table = []
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS:
            raise BadValue(
                "arrays of numbers or bools", f"{name} of {array.dtype}", "Store it in `about`."
            )
        crc = zlib.crc32(_raw(array))
        table.append(
            {"name": name, "dtype": array.dtype.str, "shape": list(shapes[name]), "crc32": crc}
        )
    try:
        text = json.dumps({"about": dict(about), "arrays": table}, default=_number).encode()
    except (TypeError, ValueError) as wrong:
        raise BadValue(
            "texts, numbers, lists and mappings about a checkpoint",
            str(wrong),
            "Turn it into these.",
        ) from wrong
    sizes = np.array([len(text), zlib.crc32(text)], "<u4")
    return MAGIC + sizes.tobytes() + text


def _number(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} {value!r}")


def _raw(array: Array) -> memoryview:
    """Return the bytes of a C-ordered array without a copy."""
    return array.reshape(-1).view(np.uint8).data


def _pour(header: bytes, arrays: Sequence[Array], file: IO[bytes]) -> None:
    file.write(header)
    for array in arrays:
        file.write(_raw(array))


def _read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read one file; every bit of it is checked."""
    try:
        with path.open("rb") as file:
            header = _read_header(file, path)
            arrays = {row["name"]: _read_array(file, row, path) for row in header["arrays"]}
            if file.read(1):
                raise _damaged(path, "it is longer than it says")
            return arrays, header["about"]
    except OSError as trouble:
        raise _damaged(path, trouble.strerror or str(trouble)) from trouble


def _read_header(file: IO[bytes], path: Path) -> Any:
    start = file.read(len(MAGIC))
    if start != MAGIC:
        if start.startswith(MAGIC[:-2]) and start.endswith(b"\n"):
            raise _damaged(
                path, f"it is of another version ({start[-2:-1].decode('ascii', 'replace')})"
            )
        raise _damaged(path, "it does not begin like a checkpoint")
    sizes = file.read(8)
    if len(sizes) < 8:
        raise _damaged(path, "it ends early")
    length, crc = (int(n) for n in np.frombuffer(sizes, "<u4"))
    text = file.read(length) if length <= LONGEST_HEADER else b""
    if len(text) != length or zlib.crc32(text) != crc:
        raise _damaged(path, "its description is damaged")
    return json.loads(text)


def _read_array(file: IO[bytes], row: Mapping[str, Any], path: Path) -> Array:
    array = np.empty(tuple(row["shape"]), np.dtype(row["dtype"]))
    raw = _raw(array)
    if file.readinto(raw) != raw.nbytes:  # type: ignore[attr-defined]
        raise _damaged(path, f"it ends within {row['name']}")
    if zlib.crc32(raw) != row["crc32"]:
        raise _damaged(path, f"{row['name']} is damaged")
    return array


def _damaged(path: Path, how: str) -> BadFile:
    return BadFile("a whole checkpoint", f"{path.name}: {how}.", _AGAIN)


def _same_run(place: Path, about: Mapping[str, Any], fingerprint: str | None) -> None:
    if fingerprint is not None and about.get(FINGERPRINT) != fingerprint:
        raise BadFile(
            f"a checkpoint of this run at {place}",
            "one of other ground, water, structures or settings",
            "Give the inputs that it was made with, or another path for this run.",
        )


def _feed(state: Any, part: object) -> None:
    """Add a part to a fingerprint, with its type and length so that no two look alike."""
    if isinstance(part, np.ndarray):
        array = np.ascontiguousarray(part)
        if array.dtype.kind == "O":
            _feed(state, ["array", *array.shape, *array.ravel().tolist()])
            return
        _mark(state, f"array {array.dtype.str} {part.shape}", _raw(array))
    elif isinstance(part, np.generic):
        _feed(state, part.item())
    elif part is None or isinstance(part, bool | int | float | str):
        kind = str if isinstance(part, str) else type(part)
        _mark(state, kind.__name__, str.__str__(part).encode() if kind is str else repr(part))
    elif isinstance(part, bytes):
        _mark(state, "bytes", part)
    elif isinstance(part, shapely.Geometry):
        _mark(state, "shape", shapely.to_wkb(part, include_srid=True))
    elif is_dataclass(part) and not isinstance(part, type):
        _mark(state, f"record {type(part).__qualname__} {len(fields(part))}", b"")
        for field in fields(part):
            _feed(state, field.name)
            _feed(state, getattr(part, field.name))
    elif isinstance(part, Mapping):
        _mark(state, f"mapping {len(part)}", b"")
        for key in sorted(part, key=repr):
            _feed(state, key)
            _feed(state, part[key])
    elif isinstance(part, Sequence | set | frozenset):
        items = sorted(part, key=repr) if isinstance(part, set | frozenset) else part
        _mark(state, f"sequence {len(part)}", b"")
        for item in items:
            _feed(state, item)
    else:
        raise BadValue(
            "numbers, texts, arrays, shapes and records of these",
            f"{type(part).__name__}",
            "Leave it out of the fingerprint.",
        )


def _mark(state: Any, kind: str, data: Any) -> None:
    raw = data.encode() if isinstance(data, str) else data
    state.update(f"{kind} {len(raw)}:".encode())
    state.update(raw)


def exists(path: Path | str) -> bool:
    """Return whether there is a checkpoint, whole or not, that `read` would look at."""
    place = Path(path)
    return any(candidate.exists() for candidate in (place, *_beside(place)))

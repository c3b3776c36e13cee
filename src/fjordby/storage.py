"""Files and folders that appear whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import ctypes
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from fjordby.errors import StorageFailed

#: What a file holds: its bytes, or what writes them to an open file (for those too large to copy).
Content = bytes | Callable[[IO[bytes]], object]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h


def write_whole(
    path: Path | str,
    data: Content,
    do: str = "Free some space or choose another path; nothing half-written was left.",
) -> Path:
    """Write a file in one step: first beside its place, forced to disk, then renamed.

    Parameters
    ----------
    path
        The file; folders above it are made, one that is there is replaced.
    data
        All of it, or what writes it.
    do
        What the person can do when it cannot be written.

    Raises
    ------
    StorageFailed
        When the disk is full or the place cannot be written; what stood there stays.
    """
    place = Path(path)
    part = _beside(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_durably(part, data)
        part.replace(place)
    except OSError as trouble:
        with suppress(OSError):
            part.unlink()
        raise StorageFailed(
            f"a place to write {place}", trouble.strerror or str(trouble), do
        ) from trouble
    return place


def write_folder(
    target: Path, files: Mapping[str, Content], keep: Callable[[Path], bool] = lambda path: False
) -> None:
    """Write files as a folder in one step: first beside it, forced to disk, then renamed.

    Parameters
    ----------
    target
        The folder; one that is there is replaced.
    files
        Contents by file name, which may lie in folders ("depth/0.0").
    keep
        Which files of a folder that is there go along into the new one.

    Raises
    ------
    StorageFailed
        When the disk is full or may not be written; the folder is then as it was.
    """
    target = target.absolute()
    part = _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep(target)
        part.mkdir()
        for name, data in files.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            write_durably(part / name, data)
        for path in target.iterdir() if target.is_dir() else ():
            if keep(path) and not (part / path.name).exists():
                (shutil.copytree if path.is_dir() else shutil.copy2)(path, part / path.name)
        for folder in (part, *(p for p in part.rglob("*") if p.is_dir())):
            flush(folder)
        _swap(part, target)
        flush(target.parent)
    except OSError as wrong:
        raise StorageFailed(
            f"room to write {target}",
            f"{wrong.strerror or wrong} ({wrong.filename or target})",
            "Free some space or choose another folder; nothing was left half-written.",
        ) from wrong
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_durably(path: Path, data: Content) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        if callable(data):
            data(file)
        else:
            file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _beside(place: Path) -> Path:
    """Return where something is written until it is whole: hidden, and this thread's own."""
    return place.with_name(f".{place.name}.{os.getpid()}-{threading.get_ident()}.part")


def flush(folder: Path) -> None:
    """Wait until the disk has a folder's list of names (where the system can do that)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(part: Path, target: Path) -> None:
    """Put `part` in the place of `target`; what stood there is afterwards in `part`."""
    if not target.exists():
        part.rename(target)
        return
    if _exchange(part, target):
        return
    old = target.with_name(f"{part.name}.old")  # no exchange here: two steps, undone on failure
    target.rename(old)
    try:
        part.rename(target)
    except OSError:
        old.rename(target)
        raise
    old.rename(part)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change names in one step; False where the system cannot."""
    call = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    names = os.fsencode(one), os.fsencode(other)
    return call is not None and not call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)


def sweep(target: Path) -> None:
    """Remove what a killed run left beside a folder or file that it was writing."""
    for left in target.parent.glob(f".{target.name}.*.part"):
        number = left.name.split(".")[-2].split("-")[0]
        if number.isdigit() and int(number) != os.getpid() and not _alive(int(number)):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

"""A file that appears whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fjordby.errors import StorageFailed


def write_whole(path: Path | str, data: bytes) -> Path:
    """Write a file in one step: first beside its place, forced to disk, then renamed.

    Raises
    ------
    StorageFailed
        When the disk is full or the place cannot be written; what stood there stays.
    """
    place = Path(path)
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        part.replace(place)
    except OSError as trouble:
        with suppress(OSError):
            part.unlink()
        raise StorageFailed(
            f"a place to write {place}",
            trouble.strerror or str(trouble),
            "Free some space or choose another path; nothing half-written was left.",
        ) from trouble
    return place

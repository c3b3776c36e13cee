"""Steps of a study: each is made once, kept whole, and made again only when its inputs change.

A step is a folder. It is built beside its place under a name of its own and moved there in one
go, so a killed run leaves either the whole step or nothing of it. Its `step.json` names the hash
of everything it was made from, and the size and checksum of each file; the next run compares and
goes on where the last one stopped.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fjordby.errors import BadFile, StorageFailed
from fjordby.progress import Progress
from fjordby.words import Words

RECORD = "step.json"
LOCK = ".lock"
PART = ".part"
#: What a disk says that takes no more.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
#: What a place says that cannot be written, or be at all.
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP,
           errno.ENAMETOOLONG)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One piece of work that fills one folder of the study.

    Parameters
    ----------
    name
        Its folder in the study, such as "connection" or "floods/bodil-2013".
    words
        What it does, for the person waiting.
    make
        Fills an empty folder with the results; gets the folder and a progress to report to.
    inputs
        Everything the result depends on beside other steps, as text: a fingerprint, parameters
        and the version of the method.
    needs
        Names of the steps that must be there first; their keys are part of this step's key.
    weight
        Its share of the whole work, in any unit.
    """

    name: str
    words: Words
    make: Callable[[Path, Progress], None]
    inputs: str
    needs: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Done:
    """What a finished step says of itself."""

    name: str
    key: str
    seconds: float
    files: Mapping[str, int]
    fresh: bool


def keys_of(steps: Sequence[Step]) -> dict[str, str]:
    """Return the key of each step: a hash of its inputs and of the keys of what it needs."""
    keys: dict[str, str] = {}
    for step in steps:
        before = [keys[name] for name in step.needs]
        text = json.dumps([step.name, step.inputs, before])
        keys[step.name] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return keys


def read_done(folder: Path, name: str) -> Done | None:
    """Return the record of a finished step, or None when it is not there or not whole."""
    place = folder / name
    try:
        record = json.loads((place / RECORD).read_text(encoding="utf-8"))
        files = {str(k): int(v) for k, v in record["files"].items()}
        seconds, sums = float(record["seconds"]), record["checks"]
        whole = all(
            (place / f).stat().st_size == size and _check(place / f) == sums[f]
            for f, size in files.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Done(name, str(record["key"]), seconds, files, False) if whole else None


def _check(path: Path) -> str:
    """Return the checksum of a file: CRC-32, which finds what rots; it guards against no person."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return f"{value:08x}"


def run(folder: Path, steps: Sequence[Step], progress: Progress, language: str) -> list[Done]:
    """Make every step that is missing or out of date, in order, and return what all of them say.

    Raises
    ------
    StorageFailed
        When the disk is full or the folder cannot be written; finished steps stay as they are.
    BadFile
        When the folder holds files of others, or another run is at work in it.
    """
    keys = keys_of(steps)
    whole = sum(step.weight for step in steps) or 1.0
    before = 0.0
    results = []
    with _storage(folder, errno.ENOENT):
        folder.mkdir(parents=True, exist_ok=True)
        _leave_strangers(folder)
    with _storage(folder), _only_one(folder):
        _sweep(folder)
        for step in steps:
            start, share = before / whole, step.weight / whole
            done = read_done(folder, step.name)
            if done is None or done.key != keys[step.name]:
                words = step.words[language]
                progress(start, words)
                done = _make(folder, step, keys[step.name], _part_of(progress, start, share, words))
            before += step.weight
            results.append(done)
        progress(1.0, "")
    return results


def _part_of(progress: Progress, start: float, share: float, words: str) -> Progress:
    """Return a progress that fills only a part of the whole."""

    def part(done: float, doing: str) -> None:
        progress(start + share * min(max(done, 0.0), 1.0), doing or words)

    return part


def _make(folder: Path, step: Step, key: str, progress: Progress) -> Done:
    """Build a step beside its place and move it there in one go."""
    place = folder / step.name
    part = place.with_name(f".{place.name}{PART}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    begun = time.perf_counter()
    try:
        step.make(part, progress)
        made = [p for p in sorted(part.rglob("*")) if p.is_file()]
        files = {str(p.relative_to(part)): p.stat().st_size for p in made}
        checks = {str(p.relative_to(part)): _check(p) for p in made}
        seconds = time.perf_counter() - begun
        record = {"key": key, "inputs": step.inputs, "seconds": round(seconds, 3), "files": files,
                  "checks": checks}  # fmt: skip
        with (part / RECORD).open("w", encoding="utf-8") as out:
            json.dump(record, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    if place.exists():
        shutil.rmtree(place)
    part.rename(place)
    return Done(step.name, key, seconds, files, True)


def _leave_strangers(folder: Path) -> None:
    """Refuse a folder with files of others: steps replace what stands under their names."""
    known = (folder / LOCK).exists() or any(folder.glob(f"*/{RECORD}"))
    if not known and any(not one.name.startswith(".") for one in folder.iterdir()):
        raise BadFile(
            "a new folder, an empty one or that of a study",
            f"{folder} with other files",
            "Choose another folder with --folder; nothing in it was touched.",
        )


def _sweep(folder: Path) -> None:
    """Remove what a killed run left half-made, folders of steps and files."""
    for left in list(folder.rglob(f".*{PART}")):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def _storage(folder: Path, *more: int) -> Iterator[None]:
    """Turn trouble with the disk into words; `more` are errors that here speak of the folder."""
    try:
        yield
    except OSError as trouble:
        # numpy tells of a full disk without a number: "4096 requested and 512 written".
        short = trouble.errno is None and "requested and" in str(trouble)
        if short or trouble.errno in FULL:
            raise StorageFailed(
                f"room on the disk for the study in {folder}",
                trouble.strerror or "a full disk",
                "Free some space and run it again: finished steps are kept, nothing is half-made.",
            ) from trouble
        if trouble.errno in (*REFUSED, *more):
            raise StorageFailed(
                f"a folder that can be written at {folder}",
                trouble.strerror or "an error",
                "Choose another folder, or change who may write to this one.",
            ) from trouble
        raise


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder, so that two runs do not write over each other."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadFile(
                f"a study folder that no other run is using at {folder}",
                "one where a run is at work",
                "Wait for it to end, or choose another folder.",
            ) from None
        yield

"""Where compiled kernels are kept: in a folder of their own for each state of the code.

numba keeps a compiled kernel as long as the file it is written in stays the same, and does not
see that another file whose kernels it calls has changed. A program that was brought up to date
would then compute with parts of its older self.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

#: Kernels of an older state of the code are removed when nobody made them within this time [s];
#: assumed: a day, so that a run of the older code that is still at work can go on.
STALE = 86_400.0

VARIABLE = "NUMBA_CACHE_DIR"


def folder_for(package: Path) -> Path:
    """Return the folder for the compiled kernels of a package as its kernels are written now."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("kernels.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return package / "__pycache__" / f"kernels-{digest.hexdigest()[:16]}"


def keep_apart(package: Path) -> Path | None:
    """Let numba keep what it compiles apart for each state of the code, and return where.

    None where somebody has said where (the variable NUMBA_CACHE_DIR), and where the package cannot
    be written to: numba then finds a place of its own.
    """
    folder = folder_for(package)
    chosen = os.environ.get(VARIABLE)
    # A folder of ours was handed on by the program that started this one, maybe before a change.
    if chosen and Path(chosen).parent != folder.parent:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        return None
    for old in folder.parent.glob("kernels-*"):
        if old != folder and time.time() - old.stat().st_mtime > STALE:
            shutil.rmtree(old, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)
    if "numba" in sys.modules:  # it has read the variable already
        sys.modules["numba"].config.CACHE_DIR = str(folder)
    return folder

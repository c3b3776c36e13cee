"""A Python of their own for the engines that ours is compared with.

They are no part of the project: some need another numpy, one a newer Python. `python
benchmarks/peers/environment.py` makes `.venv-peers` beside `.venv`. Which interpreter it is made
from can be said with the variable PEERS_PYTHON.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".venv-peers"
WANTED = Path(__file__).with_name("requirements.txt")
#: itzi-core needs Python 3.12 or newer; with an older one it is left out.
NAMES = ("python3.12", "python3.13", "python3.14")


def python() -> Path | None:
    """Return the interpreter of the peers' environment; None when it was not made."""
    path = FOLDER / "bin" / "python"
    return path if path.exists() else None


def works(command: str) -> bool:
    """Return whether a command starts a Python that can make environments."""
    done = subprocess.run([command, "-c", "import ensurepip"], capture_output=True, check=False)
    return done.returncode == 0


def interpreter() -> str:
    """Return the interpreter to make the environment from: on the path, under pyenv, or our own."""
    if "PEERS_PYTHON" in os.environ:
        return os.environ["PEERS_PYTHON"]
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    for name in NAMES:
        on_path = [found] if (found := shutil.which(name)) else []
        for command in (*on_path, *map(str, pyenv.glob(f"versions/*/bin/{name}"))):
            if works(command):
                return command
    return sys.executable


def make() -> Path:
    """Make the environment, or bring it up to date, and return its interpreter."""
    base = interpreter()
    if python() is None:
        subprocess.run([base, "-m", "venv", str(FOLDER)], check=True)
    path = FOLDER / "bin" / "python"
    install = [str(path), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    for line in WANTED.read_text().splitlines():
        wanted = line.split("#")[0].strip()
        if not wanted:
            continue
        done = subprocess.run([*install, "-c", str(WANTED), wanted], check=False)
        if done.returncode:
            print(f"could not install {wanted}: it will be left out")
    return path


if __name__ == "__main__":
    print(make())

"""Write a built-in city with its hand-written records to the folder that is shipped."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from fjordby.city import City, save
from fjordby.city.folder import BUILTIN


def _clear(folder: Path, records: dict[str, tuple[Path, dict[str, Any]]]) -> None:
    """Take away copies of records from a folder that is not a city yet: saving refuses it."""
    if not folder.is_dir() or (folder / "city.toml").is_file():
        return
    for path, _ in records.values():
        copy = folder / path.name
        if copy.is_file() and copy.read_bytes() == path.read_bytes():
            copy.unlink()


def ship(city: City, raw: Path) -> None:
    """Save a city to its built-in folder; records in `raw`/records come along as they are.

    The records' files are copied word for word, so that their comments stay.
    """
    records = {
        path.stem: (path, tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted((raw / "records").glob("*.toml"))
    }
    own = {stem: record for stem, (_, record) in records.items()}
    city = city.with_(records={**city.records, **own})
    _clear(BUILTIN / city.id, records)
    folder = save(city, BUILTIN / city.id)
    for path, _ in records.values():
        (folder / path.name).write_bytes(path.read_bytes())
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {size / 1e6:.2f} MB")
    for path in sorted(folder.iterdir()):
        print(f"  {path.name:24s} {path.stat().st_size / 1e3:9.0f} kB")
    print(f"  {len(city.buildings)} buildings, {city.people.iloc[:, 1:].sum().sum():.0f} people, "
          f"{len(city.roads)} roads, {len(city.places)} places")  # fmt: skip

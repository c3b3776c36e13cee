"""Answers from outside services, kept on disk whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_cache_path

from fjordby.storage import write_whole

#: The environment variable that moves the store of answers to another folder.
CACHE_VARIABLE = "FJORDBY_CACHE"
#: First bytes of a stored answer; another layout would carry another number.
MARK = b"fjordby answer 1\n"


@dataclass(frozen=True)
class Answer:
    """What a service answered, checked to be whole.

    Parameters
    ----------
    body
        The bytes of the answer.
    content_type
        What the service called them.
    url
        The address asked, without any key.
    fetched
        When it was asked, as UTC text such as "2026-11-23T15:00:00Z".
    stamp
        A word of the asker kept with the answer (see `fetch.Question`).
    from_cache
        Whether it came from the disk.
    """

    body: bytes
    content_type: str
    url: str
    fetched: str
    stamp: str = ""
    from_cache: bool = False

    @cached_property
    def json(self) -> Any:
        """The answer read as JSON; raises ValueError when it is not."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The answer read as UTF-8, without a byte order mark."""
        return self.body.decode("utf-8-sig", errors="replace")

    @property
    def day(self) -> str:
        """The day it was asked, as "2026-11-23"."""
        return self.fetched[:10]

    def age(self, now: datetime) -> float:
        """Return how old the answer is [s]."""
        return (now - datetime.fromisoformat(self.fetched)).total_seconds()


def utc_text(moment: datetime) -> str:
    """Return a moment as UTC text to the second: "2026-11-23T15:00:00Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def folder() -> Path:
    """Return where answers are kept: FJORDBY_CACHE, else the user's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else user_cache_path("fjordby") / "sources"


def place(root: Path, url: str, params: Mapping[str, str], body: str | None) -> Path:
    """Return the file for one question; its name never holds a key, only a digest."""
    asked = json.dumps(
        ["GET" if body is None else "POST", url, sorted(params.items()), body], ensure_ascii=False
    )
    digest = hashlib.sha256(asked.encode()).hexdigest()[:40]
    host = "".join(c if c.isalnum() or c in ".-" else "_" for c in urlsplit(url).netloc) or "none"
    return root / host / f"{digest}.answer"


def read(path: Path) -> Answer | None:
    """Return a stored answer, or None when there is none or it is damaged."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    if not stored.startswith(MARK):
        return None
    head, _, body = stored[len(MARK) :].partition(b"\n")
    try:
        told = json.loads(head)
        if told["sha256"] != hashlib.sha256(body).hexdigest():
            return None
        return Answer(
            body, told["content_type"], told["url"], told["fetched"], told["stamp"], from_cache=True
        )
    except (ValueError, KeyError, TypeError):
        return None


def write(path: Path, answer: Answer) -> None:
    """Store an answer in one step; raises `StorageFailed` and leaves nothing half-written."""
    head = {
        "url": answer.url,
        "content_type": answer.content_type,
        "fetched": answer.fetched,
        "stamp": answer.stamp,
        "sha256": hashlib.sha256(answer.body).hexdigest(),
    }
    write_whole(
        path,
        MARK + json.dumps(head).encode() + b"\n" + answer.body,
        f"Free some space, or set {CACHE_VARIABLE} to another folder. Nothing half-written was "
        "left behind.",
    )

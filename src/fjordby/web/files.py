"""Files as the web wants them: compressed once, named by their content, read again when changed."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

from fjordby.errors import BadFile

#: Types that gain from compression.
TEXT = ("text/", "application/json", "application/javascript", "application/geo+json", "image/svg")
#: Files kept in memory: a study has some tens, the page some ten.
KEPT = 256


@dataclass(frozen=True)
class Sent:
    """One file, ready to be sent.

    Parameters
    ----------
    body
        The content as it is.
    packed
        The same gzipped, or None when that gains nothing.
    tag
        Its ETag.
    media_type
        Its type.
    """

    body: bytes
    packed: bytes | None
    tag: str
    media_type: str


class Shelf:
    """Files of one folder, kept in memory until they change on the disk; never one outside it.

    Parameters
    ----------
    root
        The folder.
    salt
        Mixed into each ETag, so that two studies never share one.
    """

    def __init__(self, root: Path, salt: str = "") -> None:
        self.root = root.resolve()
        self.salt = salt
        self._kept: OrderedDict[str, tuple[tuple[int, int, int], Sent]] = OrderedDict()
        self._lock = Lock()

    def place(self, name: str) -> Path:
        """Return the path of a file of this folder; raises `BadFile` when there is no such file.

        A name that leads outside, by `..` or by a symbolic link, counts as not there.
        """
        missing = BadFile(
            "a file of this study or page", repr(name), "Follow a link from the page instead."
        )
        if "\0" in name:
            raise missing
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root) or not path.is_file():
            raise missing
        return path

    def take(self, name: str, media_type: str | None = None) -> Sent:
        """Return a file ready to be sent.

        A name ending in `.gz` is a file that is compressed on the disk: its content is sent.
        """
        path = self.place(name)
        facts = path.stat()
        stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        with self._lock:
            known = self._kept.get(name)
            if known and known[0] == stamp:
                self._kept.move_to_end(name)
                return known[1]
        sent = self._read(path, media_type)
        with self._lock:
            self._kept[name] = (stamp, sent)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return sent

    def _read(self, path: Path, media_type: str | None) -> Sent:
        raw = path.read_bytes()
        name = path.name.removesuffix(".gz")
        kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        tag = f'"{hashlib.sha256(self.salt.encode() + raw).hexdigest()[:24]}"'
        if path.suffix == ".gz":
            return Sent(gzip.decompress(raw), raw, tag, kind)
        worth = kind.startswith(TEXT) and len(raw) > 500
        return Sent(raw, gzip.compress(raw, 6, mtime=0) if worth else None, tag, kind)


def answer(request: Request, sent: Sent, keep: str = "no-cache") -> Response:
    """Return a file as an answer: 304 when the browser has it, compressed when it can read that.

    Parameters
    ----------
    request
        Who asks.
    sent
        The file.
    keep
        The Cache-Control header; by default the browser asks each time whether it changed.
    """
    headers = {"ETag": sent.tag, "Cache-Control": keep, "Vary": "Accept-Encoding"}
    asked = [tag.strip().removeprefix("W/") for tag in _header(request, "if-none-match").split(",")]
    if sent.tag in asked or "*" in asked:
        return Response(status_code=304, headers=headers)
    body = sent.body
    if sent.packed is not None and _reads_gzip(_header(request, "accept-encoding")):
        body = sent.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=sent.media_type, headers=headers)


def _header(request: Request, name: str) -> str:
    return str(request.headers.get(name, ""))


def _reads_gzip(accepts: str) -> bool:
    """Tell whether an Accept-Encoding header takes gzip."""
    for part in accepts.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False

"""A small local server that plays recorded answers, and misbehaves when told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from fjordby.city.sources.fetch import Client

RECORDED = Path(__file__).parents[2] / "data" / "sources"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer: `cut` sends only so many bytes of it, `delay` waits before it [s]."""

    body: bytes | str | dict | list = b""
    status: int = 200
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None

    @property
    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


class Play:
    """What the server does: replies in turn, the last again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: list[Reply | Callable[[Asked], Reply]] = [Reply(status=404)]
        self.url = ""
        self.wrong: list[Exception] = []

    def say(self, *replies: Reply | Callable[[Asked], Reply]) -> None:
        self.replies = list(replies)

    def next(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        try:
            return reply(asked) if callable(reply) else reply
        except Exception as wrong:
            self.wrong.append(wrong)
            raise


def handler(play: Play) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            body = self.rfile.read(size).decode()
            reply = play.next(Asked(self.command, parts.path, query, body, dict(self.headers)))
            time.sleep(reply.delay)
            try:
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.type)
                self.send_header("Content-Length", str(len(reply.bytes)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.bytes[: reply.cut])
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.close_connection = reply.cut is not None

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Clients may hang up; that is no news."""


@pytest.fixture
def play():
    """The play of a running server; `play.url` is its address."""
    script = Play()
    server = Server(("127.0.0.1", 0), handler(script))
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()
    assert not script.wrong, script.wrong


@pytest.fixture
def sleeps() -> list[float]:
    """The pauses that the client would have made [s]."""
    return []


@pytest.fixture
def client(tmp_path, sleeps, monkeypatch):
    """A client with an empty cache that notes its pauses instead of making them."""
    for name in ("FJORDBY_OFFLINE", "FJORDBY_CACHE", "FJORDBY_CONTACT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("DATAFORSYNINGEN_TOKEN", "very-secret-token")
    monkeypatch.setenv("DATAFORDELER_APIKEY", "very secret/key+1")
    with Client(tmp_path / "cache", tries=4, sleep=sleeps.append) as asker:
        yield asker


@pytest.fixture
def recorded() -> Callable[[str], bytes]:
    """The bytes of a recorded answer by its file name."""
    return lambda name: (RECORDED / name).read_bytes()


@pytest.fixture
def reply() -> type[Reply]:
    """The class of answers, for tests to write."""
    return Reply

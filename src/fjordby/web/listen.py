"""Open a study's page on this machine: find a free port, say the address, serve until stopped."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from fjordby.errors import BadValue
from fjordby.study import open_study
from fjordby.web.app import create_app
from fjordby.web.headers import LOCAL_HOSTS

#: The port tried first, and how many after it.
PORT, TRIES = 8600, 20


def serve(
    study: Path,
    host: str = "127.0.0.1",
    port: int | None = None,
    *,
    to_the_network: bool = False,
    say: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve a study until it is stopped.

    Parameters
    ----------
    study
        The study's folder.
    host
        The address to listen on; anything but this machine needs `to_the_network`.
    port
        The port; None takes the first free one from 8600 on.
    to_the_network
        Allow others on the network to see the study. It has no passwords.
    say
        Called with the page's address just before serving.

    Raises
    ------
    BadValue
        When the address is open to others without `to_the_network`, or the port is taken.
    BadFile
        When the folder holds no finished study, or one that another version made.
    """
    local = host in LOCAL_HOSTS
    if not local and not to_the_network:
        raise BadValue(
            "an address of this machine alone, such as 127.0.0.1",
            f"{host}, which others can reach",
            "Leave it out, or allow the network on purpose: the page has no passwords.",
        )
    open_study(study)
    app = create_app(study, hosts=LOCAL_HOSTS if local else ("*",))
    found = free_port(host, port)
    say(f"http://{'localhost' if local else host}:{found}/")
    uvicorn.run(app, host=host, port=found, log_level="warning", server_header=False)


def free_port(host: str, port: int | None) -> int:
    """Return a port that can be listened on; raises `BadValue` when there is none."""
    if port is not None and not 0 <= port <= 65535:
        raise BadValue("a port from 1 to 65535", str(port), "Choose another with --port.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [port] if port is not None else list(range(PORT, PORT + TRIES))
    for one in wanted:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, one))
            except OSError as trouble:
                if trouble.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise BadValue(
                        "an address that this machine answers to",
                        f"{host} ({trouble.strerror or trouble})",
                        "Choose another with --host; 127.0.0.1 is always there.",
                    ) from None
                continue
            return int(probe.getsockname()[1])
    raise BadValue(
        "a free port",
        f"{wanted[0]} taken or not allowed"
        if port is not None
        else f"{PORT} to {PORT + TRIES - 1} all taken",
        "Stop what uses it, or choose another with --port.",
    )

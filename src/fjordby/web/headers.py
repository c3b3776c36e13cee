"""What every answer carries, and who may ask: the safety of the server in one place."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Names under which a server on this machine alone is asked for.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

#: Nothing from other hosts, no inline script, no frames: the page needs none of it. The map's
#: worker is a file of ours; images are drawn in the browser (data, blob).
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

SAFETY = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SafeAnswers:
    """Put the safety headers on every answer, and answer only to the names we know.

    A page of another site can make a browser ask a name that points at this machine; such a
    request carries the foreign name in its `Host` and is refused.

    Parameters
    ----------
    app
        The application inside.
    hosts
        Names that may be asked for, without ports; "*" allows any.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFETY.items():
                    headers[name] = value
            await send(message)

        if scope["method"] == "HEAD":
            # The answer to GET; the server leaves its body out (RFC 9110, section 9.3.2).
            scope = {**scope, "method": "GET"}
        asked = host_name(Headers(scope=scope).get("host", ""))
        if "*" in self.hosts or asked in self.hosts:
            await self.app(scope, receive, safely)
            return
        refusal = JSONResponse(
            {
                "expected": "a request to " + ", ".join(sorted(self.hosts)),
                "got": f"one to {asked or 'no host'}",
                "do": "Open the address that the server printed when it started.",
            },
            status_code=421,
        )
        await refusal(scope, receive, safely)


def host_name(value: str) -> str:
    """Return the name in a Host header, without its port.

    Examples
    --------
    >>> host_name("localhost:8000"), host_name("[::1]:8000")
    ('localhost', '::1')
    """
    value = value.strip().lower()
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0]

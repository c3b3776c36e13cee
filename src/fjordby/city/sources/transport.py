"""The last step to the wire: the only place where a key is joined to an address."""

from __future__ import annotations

import ssl
import threading
import urllib.request
from dataclasses import dataclass, field
from functools import cache

import httpx


@cache
def _trust() -> ssl.SSLContext:
    """Return the certificates to trust, read once: it takes a tenth of a second."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class Secret:
    """A key that shows itself to nobody: not in a log, an error or a traceback."""

    parameter: str
    value: str = field(repr=False)

    def hide(self, text: str) -> str:
        """Return the text with the key blotted out, as it is and as it stands in an address."""
        for form in (self.value, str(httpx.QueryParams({"k": self.value}))[2:]):
            text = text.replace(form, "…") if form else text
        return text


class KeyedTransport(httpx.BaseTransport):
    """Joins the key to the address below every log, and honours the system's proxies."""

    def __init__(self) -> None:
        self._ways: dict[str | None, httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def _way(self, url: httpx.URL) -> httpx.HTTPTransport:
        proxies = urllib.request.getproxies()
        proxy = proxies.get(url.scheme) or proxies.get("all")
        if proxy and urllib.request.proxy_bypass(url.host):
            proxy = None
        with self._lock:
            if proxy not in self._ways:
                self._ways[proxy] = httpx.HTTPTransport(verify=_trust(), proxy=proxy)
            return self._ways[proxy]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, with the key when the request carries one aside."""
        secret = request.extensions.get("secret")
        if isinstance(secret, Secret):
            request = httpx.Request(
                request.method,
                request.url.copy_merge_params({secret.parameter: secret.value}),
                headers=request.headers,
                stream=request.stream,
                extensions={k: v for k, v in request.extensions.items() if k != "secret"},
            )
        return self._way(request.url).handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        for way in self._ways.values():
            way.close()

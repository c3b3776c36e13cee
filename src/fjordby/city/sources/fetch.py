"""One polite way to ask an outside service: waits its turn, tries again, keeps the answer."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

import httpx

from fjordby import __version__
from fjordby.city.sources import answers, checks
from fjordby.city.sources.answers import Answer, utc_text
from fjordby.city.sources.transport import KeyedTransport, Secret
from fjordby.errors import BadValue, SourceFailed

#: Set to 1 to use stored answers alone, however old, and never the network.
OFFLINE_VARIABLE = "FJORDBY_OFFLINE"
#: An address or web page that a service can write to; some ask for it (Overpass usage policy).
CONTACT_VARIABLE = "FJORDBY_CONTACT"
DAY = 86_400.0
#: Statuses after which trying again may help (RFC 9110, RFC 6585).
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Key:
    """A key that a service wants: where it goes, where it is kept, where one gets it."""

    parameter: str
    variable: str
    get_it: str

    def secret(self, service: str) -> Secret:
        """Read the key from the environment; raises `SourceFailed` when it is not there."""
        value = os.environ.get(self.variable, "").strip()
        if not value:
            raise SourceFailed(
                f"a key for {service} in the environment variable {self.variable}",
                "none",
                f"{self.get_it} Then: export {self.variable}=your-key",
            )
        return Secret(self.parameter, value)


@dataclass(frozen=True)
class Question:
    """One question to one service.

    Parameters
    ----------
    service
        The name a person knows it by.
    url, params
        Address and query parameters, without any key.
    body, body_type
        What to post; None asks by GET.
    form
        What the answer must be: "json", "csv" or "tiff".
    key
        The key to add on the wire.
    identity
        Stands for the body in the name of the stored answer, for bodies that hold the time of day.
    stamp
        A word stored with the answer and handed back with it.
    max_age
        How old a stored answer may be [s].
    spacing
        Shortest time between two questions to the same host [s].
    timeout
        Longest silence of the service [s].
    """

    service: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    body_type: str = "application/json"
    form: str = "json"
    key: Key | None = None
    identity: str | None = None
    stamp: str = ""
    max_age: float = 30 * DAY
    spacing: float = 0.25  # assumed polite: four questions a second
    timeout: float = 60.0


@dataclass(frozen=True)
class _Trouble:
    got: str
    do: str
    again: bool = True
    wait: float | None = None


class Client:
    """A polite asker that remembers its connections, its turns and the answers on disk.

    Parameters
    ----------
    cache
        Folder for answers; by default FJORDBY_CACHE or the user's cache folder.
    offline
        Use stored answers alone; by default as FJORDBY_OFFLINE says.
    tries
        How often to try in all.
    wait
        First pause before trying again [s]; doubles each time, with jitter.
    longest_wait
        Longest pause to accept, also when the service asks for one [s].
    patience
        Longest time for one whole answer [s].
    """

    def __init__(
        self,
        cache: Path | None = None,
        *,
        offline: bool | None = None,
        tries: int = 5,
        wait: float = 1.0,
        longest_wait: float = 120.0,
        patience: float = 900.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cache, self._offline = cache, offline
        self._tries, self._wait, self._longest = max(1, tries), wait, longest_wait
        self._patience, self._sleep, self.now = patience, sleep, now
        self._turns: dict[str, float] = {}
        self._lock = threading.Lock()
        contact = os.environ.get(CONTACT_VARIABLE, "").strip().encode("ascii", "replace").decode()
        contact = "".join(c for c in contact if c.isprintable())
        agent = f"fjordby/{__version__} ({contact or 'open software for coastal cities'})"
        self._http = httpx.Client(
            transport=KeyedTransport(),
            headers={"User-Agent": agent, "Accept-Encoding": "gzip, deflate"},
        )

    @property
    def offline(self) -> bool:
        """Whether only stored answers may be used."""
        if self._offline is not None:
            return self._offline
        return os.environ.get(OFFLINE_VARIABLE, "").strip().lower() not in ("", "0", "false", "no")

    def ask(
        self,
        question: Question,
        *,
        flaw: Callable[[Answer], str | None] | None = None,
        keep: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """Return the answer to a question, from the disk when it is fresh enough.

        Parameters
        ----------
        question
            What to ask.
        flaw
            Says what is wrong with an answer (it is then asked for again), or None.
        keep
            Says whether an answer is worth storing; by default every whole one is.

        Raises
        ------
        SourceFailed
            With what came and what to do, when there is no whole answer.
        StorageFailed
            When the answer cannot be stored.
        """
        body = question.identity if question.identity is not None else question.body
        path = answers.place(self._cache or answers.folder(), question.url, question.params, body)
        stored = answers.read(path)
        if stored and flaw and flaw(stored):
            stored = None
        if self.offline:
            return _stored_or_fail(stored, question)
        if stored and stored.age(self.now()) <= question.max_age:
            return stored
        answer = self._try(question, stored, flaw)
        if keep is None or keep(answer):
            answers.write(path, answer)
        return answer

    def _try(
        self, question: Question, stored: Answer | None, flaw: Callable[[Answer], str | None] | None
    ) -> Answer:
        secret = question.key.secret(question.service) if question.key else None
        for attempt in range(1, self._tries + 1):
            outcome = self._once(question, secret)
            if isinstance(outcome, Answer):
                wrong = flaw(outcome) if flaw else None
                if wrong is None:
                    return outcome
                outcome = _Trouble(wrong, "Try again later.")
            pause = outcome.wait
            if pause is None:
                pause = self._wait * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.0)
            if not outcome.again or attempt == self._tries or pause > self._longest:
                raise _failure(question, outcome, attempt, stored, secret)
            self._sleep(pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def _once(self, question: Question, secret: Secret | None) -> Answer | _Trouble:
        """Ask once; return a whole answer or what went wrong."""
        asked = self.now()
        try:
            response, body = self._send(question, secret)
        except httpx.TimeoutException:
            return _Trouble(
                f"no whole answer within {question.timeout:g} s of silence or "
                f"{self._patience:g} s in all",
                "Try again later, or ask for a smaller area or a shorter time.",
            )
        except httpx.RemoteProtocolError:
            return _Trouble("half an answer: the connection ended too soon", "Try again later.")
        except httpx.DecodingError:
            return _Trouble("an answer with a damaged compression", "Try again later.")
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as bad:
            raise BadValue(
                "an address that starts with https://", str(bad), "Correct it."
            ) from None
        except httpx.TransportError as broken:
            return _Trouble(
                f"no connection ({type(broken).__name__}: {broken})",
                "Look at the network and the proxy settings, and try again.",
            )
        if not response.is_success:
            return _refusal(question, response, body, self.now())
        answer = Answer(
            body,
            response.headers.get("content-type", ""),
            str(httpx.URL(question.url).copy_merge_params(dict(question.params))),
            utc_text(asked),
            question.stamp,
        )
        wrong = checks.damage(answer, question.form)
        if wrong:
            return _Trouble(wrong.got, "Try again later." if wrong.again else wrong.do, wrong.again)
        return answer

    def _send(self, question: Question, secret: Secret | None) -> tuple[httpx.Response, bytes]:
        """Send one request, following moves within the same host; return answer and body."""
        params = dict(question.params)
        url, hops = httpx.URL(question.url).copy_merge_params(params), 0
        while True:
            self._wait_turn(url.host, question.spacing)
            response, body = self._stream(question, url, secret)
            target = response.headers.get("location")
            if response.status_code not in MOVED or not target or hops == 3:
                return response, body
            there = url.join(target)
            if there.host != url.host:
                return response, body
            url, hops = there.copy_with(query=None).copy_merge_params(params), hops + 1

    def _stream(
        self, question: Question, url: httpx.URL, secret: Secret | None
    ) -> tuple[httpx.Response, bytes]:
        until = time.monotonic() + self._patience
        parts = []
        with self._http.stream(
            "GET" if question.body is None else "POST",
            url,
            content=question.body.encode() if question.body is not None else None,
            headers={"Content-Type": question.body_type} if question.body is not None else None,
            timeout=question.timeout,
            extensions={"secret": secret} if secret else None,
        ) as response:
            for part in response.iter_bytes():
                parts.append(part)
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("the whole answer took too long")
        return response, b"".join(parts)

    def _wait_turn(self, host: str, spacing: float) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._turns.get(host, 0.0))
            self._turns[host] = turn + spacing
        if turn > now:
            self._sleep(turn - now)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def __enter__(self) -> Client:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()


@cache
def default_client() -> Client:
    """Return the client that loaders share when they are given none."""
    return Client()


def _stored_or_fail(stored: Answer | None, question: Question) -> Answer:
    if stored:
        return stored
    raise SourceFailed(
        f"a stored answer from {question.service}",
        f"none, and {OFFLINE_VARIABLE} forbids asking for it",
        f"Run the same command once with the network and without {OFFLINE_VARIABLE}.",
    )


def _failure(
    question: Question,
    trouble: _Trouble,
    attempts: int,
    stored: Answer | None,
    secret: Secret | None,
) -> SourceFailed:
    """Return the error for the person, without the key in it."""
    times = f" after {attempts} tries" if attempts > 1 else ""
    do = trouble.do
    if stored:
        do += f" The answer of {stored.day} is stored; {OFFLINE_VARIABLE}=1 uses it."
    hide = secret.hide if secret else str
    return SourceFailed(
        f"an answer from {question.service} at {httpx.URL(question.url).host}",
        hide(f"{trouble.got}{times}"),
        hide(do),
    )


def _refusal(question: Question, response: httpx.Response, body: bytes, now: datetime) -> _Trouble:
    """Return the trouble behind a status that is not a success."""
    status = response.status_code
    said = checks.words_of(body)
    got = f"status {status} {response.reason_phrase}".strip() + (f": {said}" if said else "")
    if status in MOVED:
        target = response.headers.get("location", "")
        host = response.url.join(target).host if target else "nowhere"
        return _Trouble(
            f"a move to {host}", "Give the new address as base_url if you trust it.", again=False
        )
    if status in (401, 403):
        return _Trouble(got, _about_key(question.key), again=False)
    if status in TRY_AGAIN:
        return _Trouble(
            got,
            "The service is busy or ill; try again later.",
            wait=_retry_after(response.headers.get("retry-after"), now),
        )
    if status in (404, 410):
        return _Trouble(
            got, "Check the id or name asked for; the service may also have moved.", again=False
        )
    return _Trouble(got, "Read what the service says and correct the question.", again=False)


def _about_key(key: Key | None) -> str:
    if key is None:
        return "The service refuses this computer; wait some hours, and ask for less at a time."
    return f"Check the key in {key.variable}: it may be mistyped, too new or run out. {key.get_it}"


def _retry_after(told: str | None, now: datetime) -> float | None:
    """Return the pause a service asks for [s]: a number or a date (RFC 9110, 10.2.3)."""
    if not told:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(told) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def fresh(question: Question, max_age: float | None) -> Question:
    """Return the question with another age limit [s], when one is given."""
    return question if max_age is None else replace(question, max_age=max_age)

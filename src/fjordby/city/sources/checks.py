"""Whether an answer is whole and of the right form, judged by its content and not its label."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from fjordby.city.sources.answers import Answer

#: How much of a service's own words to pass on [characters].
LONGEST_WORDS = 300
#: First bytes of a TIFF or BigTIFF, little and big endian (TIFF 6.0; BigTIFF).
TIFF_MARKS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


@dataclass(frozen=True)
class Damage:
    """What is wrong with an answer, what to do, and whether asking again may help."""

    got: str
    do: str = "Try again later."
    again: bool = True


def damage(answer: Answer, form: str) -> Damage | None:
    """Return what is wrong with an answer that should be "json", "csv" or "tiff", or None."""
    start = answer.body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        return Damage("an empty answer")
    if form == "tiff":
        return _tiff_damage(answer.body, start)
    if start.startswith(b"<"):
        said = words_of(answer.body)
        return Damage(
            f"a web page or XML instead of {form.upper()}" + (f": {said}" if said else "")
        )
    if form == "json":
        try:
            _ = answer.json
        except ValueError:
            return Damage("JSON that ends too soon or is damaged")
        return None
    return _csv_damage(answer.body, start)


def _tiff_damage(body: bytes, start: bytes) -> Damage | None:
    if body.startswith(TIFF_MARKS):
        return None
    said = words_of(body)
    return Damage(
        "an answer that is no TIFF" + (f": {said}" if said else ""),
        "Read what the service says; check the key, the bounds and the coordinate system.",
        again=not start.startswith(b"<") or b"html" in start.lower(),
    )


def _csv_damage(body: bytes, start: bytes) -> Damage | None:
    if start.startswith(b"{"):
        return Damage(
            f"an error instead of a table: {words_of(body)}",
            "Read what the service says and correct the question.",
            again=False,
        )
    if not body.endswith(b"\n"):
        return Damage("a table whose last line is cut off")
    return None


def words_of(body: bytes) -> str:
    """Return what an error answer says in words: its message, or its text without tags."""
    text = body[:20_000].decode("utf-8", errors="replace").strip()
    try:
        told = json.loads(text)
    except ValueError:
        text = re.sub(r"<(style|script|head)\b.*?</\1>", " ", text, flags=re.S | re.I)
        text = re.sub(r"<[^>]*>", " ", text)
    else:
        text = _message(told)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_WORDS else text[: LONGEST_WORDS - 1] + "…"


def _message(told: object) -> str:
    """Return the message in an error told as JSON, in the shapes that services use."""
    if isinstance(told, str):
        return told
    if isinstance(told, list) and told:
        return _message(told[0])
    if isinstance(told, dict):
        for name in ("message", "Message", "detail", "description", "title", "error", "errors"):
            if told.get(name):
                more = told.get("extensions")
                code = told.get("errorTypeCode") or (
                    more.get("code") if isinstance(more, dict) else ""
                )
                return f"{_message(told[name])} {f'({code})' if code else ''}".strip()
    return ""

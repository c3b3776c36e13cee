"""Plain values written as TOML that reads back the same, in the same order."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fjordby.errors import BadValue

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dumps(table: Mapping[str, Any]) -> str:
    r"""Return a table as TOML text.

    Raises
    ------
    BadValue
        For a value that TOML cannot hold, such as None.

    Examples
    --------
    >>> dumps({"id": "valley", "name": {"da": "Dalen", "en": "The valley"}})
    'id = "valley"\n\n[name]\nda = "Dalen"\nen = "The valley"\n'
    """
    lines: list[str] = []
    _table(table, (), lines)
    return "\n".join(lines).strip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    """Write a table: plain values as lines; the tables at its end under headings of their own."""
    items = list(table.items())
    tail = len(items)
    while tail and _has_heading(items[tail - 1][1]):
        tail -= 1
    lines.extend(f"{_key(key)} = {_value(value)}" for key, value in items[:tail])
    for key, value in items[tail:]:
        inner = (*path, _key(key))
        for one in [value] if isinstance(value, Mapping) else value:
            marks = "[]" if isinstance(value, Mapping) else ("[[", "]]")
            if marks != "[]" or not one or not all(map(_has_heading, one.values())):
                lines.extend(["", f"{marks[0]}{'.'.join(inner)}{marks[1]}"])
            _table(one, inner, lines)


def _has_heading(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(one, Mapping) for one in value)
    )


def _key(key: object) -> str:
    text = str(key)
    return text if _BARE.fullmatch(text) else _text(text)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if hasattr(value, "item") and not isinstance(value, str):  # a number of numpy's
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    raise BadValue(
        "text, numbers, dates, lists and tables",
        f"{value!r}",
        "TOML holds nothing else; leave the key out where nothing is known.",
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    return text if "." in text or "e" in text else f"{text}.0"

"""The keys of a city's records, such as shocks.toml: their types, and mistakes in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from fjordby.errors import BadCity
from fjordby.words import Words


def _words(value: Any) -> Any:
    return Words.of(value) if isinstance(value, str | Mapping) else value


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Real = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[Words, BeforeValidator(_words)]


class Entry(BaseModel):
    """A table of a record: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True
    )


def wrong_keys(trouble: ValidationError) -> list[str]:
    """Return what is wrong with the keys of a record, one line for each mistake."""
    return [f"{_key(e['loc'])}: {_say(e)}" for e in trouble.errors()]


def bad_record(of: str, page: str, where: str, problems: list[str]) -> BadCity:
    """Return the error for a record with mistakes.

    Parameters
    ----------
    of
        What the record is of, such as "shocks".
    page
        The page of the manual that has its format.
    where
        What to call the file.
    problems
        One line for each mistake.
    """
    return BadCity(
        f"a record of {of} in the format of {page} in {where}",
        f"{len(problems)} {'mistake' if len(problems) == 1 else 'mistakes'}",
        "Mend these keys:",
        problems,
    )


def _key(parts: tuple[str | int, ...]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "the record"


def _say(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is not a key of this format"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return f"{error['msg']}; got {error['input']!r}"

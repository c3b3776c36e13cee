"""Errors written for the person who can fix them: what was expected, what came, what to do."""

from __future__ import annotations

from collections.abc import Iterable


class FjordbyError(Exception):
    """Something a person can put right; the message says how.

    Parameters
    ----------
    expected
        What was needed, in plain words.
    got
        What came instead.
    do
        What to do about it.
    """

    def __init__(self, expected: str, got: str, do: str) -> None:
        self.expected = expected
        self.got = got
        self.do = do
        super().__init__(f"Expected {expected}. Got {got.strip().removesuffix('.')}. {do}")


class BadValue(FjordbyError, ValueError):
    """A number or word outside what makes sense."""


class StaysDry(BadValue):
    """Nothing is flooded however far what was asked for goes."""


class BadFile(FjordbyError):
    """A file that is missing, unreadable or not what its name says."""


class BadCity(FjordbyError):
    """A city that cannot be used as it is; `problems` lists everything found at once."""

    def __init__(self, expected: str, got: str, do: str, problems: Iterable[str] = ()) -> None:
        super().__init__(expected, got, do)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """Return the message with one line for each problem."""
        return "\n".join([super().__str__(), *(f"  - {problem}" for problem in self.problems)])


class MissingLayer(FjordbyError):
    """A question was asked of a layer that the city does not have."""


class MissingPart(FjordbyError):
    """An optional part of the program is not installed."""


class SourceFailed(FjordbyError):
    """An outside service answered with an error, half an answer, or not at all."""


class StorageFailed(FjordbyError):
    """A result could not be written; nothing half-written was left behind."""

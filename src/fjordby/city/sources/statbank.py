"""Tables of Statistics Denmark (StatBank), split so that none is too large to be given."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from fjordby.catalogue import rows
from fjordby.city.model import AGE_GROUPS
from fjordby.city.sources.answers import Answer
from fjordby.city.sources.fetch import DAY, Client, Question, default_client
from fjordby.city.sources.loaded import Loaded, measured
from fjordby.errors import BadValue, SourceFailed

SERVICE = "StatBank (Statistics Denmark)"
LICENCE = "CC BY 4.0, Danmarks Statistik"
BASE_URL = "https://api.statbank.dk/v1"
#: The most cells that the service gives in one CSV (Statistics Denmark, StatBank API).
MOST_CELLS = 1_000_000
#: All values of a variable.
EVERY = ("*",)
#: People by parish, sex and age on 1 January.
PEOPLE_TABLE = "SOGN1"
#: Youngest and oldest age of each group of `AGE_GROUPS` [years].
AGES = {"children": (0, 17), "adults": (18, 64), "older": (65, 79), "oldest": (80, 200)}
#: How StatBank writes a number it does not give, and one that cannot exist; "-" is zero.
UNKNOWN = frozenset({"", ".", "..", "...", "…"})


@dataclass(frozen=True)
class Variable:
    """One variable of a table: its code, its words, and its values with theirs."""

    id: str
    text: str
    values: Mapping[str, str]
    time: bool
    can_be_left_out: bool

    @property
    def column(self) -> str:
        """The column it becomes (`data/statbank_columns.csv`)."""
        return _column(self.id)


@dataclass(frozen=True)
class TableInfo:
    """What a table is about, when it was updated, and its variables."""

    id: str
    text: str
    unit: str
    updated: str
    variables: tuple[Variable, ...]

    def variable(self, name: str) -> Variable:
        """Return a variable by its code or its column; raises `BadValue` when there is none."""
        for variable in self.variables:
            if name.upper() == variable.id.upper() or name == variable.column:
                return variable
        raise BadValue(
            f"a variable of {self.id}: {', '.join(v.id for v in self.variables)}",
            name,
            "Choose one of these.",
        )


def table_info(
    table: str,
    *,
    language: str = "da",
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float = 7 * DAY,
) -> TableInfo:
    """Fetch what a table holds: its variables and their values.

    Parameters
    ----------
    table
        Id of the table, such as "FOLK1A".
    language
        "da" or "en".
    client, base_url, max_age
        Who asks, where, and how old stored answers may be [s]; see docs/sources.md.

    Raises
    ------
    SourceFailed
        When there is no such table or no whole answer.
    """
    question = Question(
        SERVICE,
        f"{base_url.rstrip('/')}/tableinfo/{table}",
        {"lang": language, "format": "JSON"},
        max_age=max_age,
    )
    told = (client or default_client()).ask(question, flaw=_info_flaw).json
    return TableInfo(
        told.get("id", table),
        told.get("text", ""),
        told.get("unit", ""),
        told.get("updated", ""),
        tuple(
            Variable(
                variable["id"],
                variable.get("text", ""),
                {value["id"]: value.get("text", "") for value in variable["values"]},
                bool(variable.get("time")),
                bool(variable.get("elimination")),
            )
            for variable in told["variables"]
        ),
    )


def table(
    name: str,
    choose: Mapping[str, Sequence[str]],
    *,
    language: str = "da",
    most_cells: int = MOST_CELLS,
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[pd.DataFrame]:
    """Fetch part of a table, one row for each combination of values.

    Parameters
    ----------
    name
        Id of the table, such as "FOLK1A".
    choose
        Values by variable code or column; `EVERY` takes all. Variables left out are summed over
        by the service when it can; those it cannot sum must be chosen.
    language
        "da" or "en".
    most_cells
        The most cells to ask for at once; larger questions are split.
    client, base_url, max_age
        As in `table_info`.

    Returns
    -------
    Loaded[pd.DataFrame]
        A column of codes and one of words ("..._text") for each variable, and value; NaN where
        the bank gives none.

    Raises
    ------
    BadValue
        When a variable or value does not exist.
    SourceFailed
        When there is no whole answer.
    """
    asker = client or default_client()
    about = table_info(name, language=language, client=asker, base_url=base_url)
    chosen = _chosen(about, choose)
    parts, days, expected = [], [], 0
    for piece in _pieces(chosen, most_cells):
        question = _question(about.id, piece, language, base_url, max_age)
        cells = math.prod(len(values) for values in piece.values())
        answer = asker.ask(question, flaw=partial(_csv_flaw, cells))
        parts.append(read_csv(answer.text))
        days.append(answer.day)
        expected += cells
    data = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    for variable in map(about.variable, chosen):
        if variable.column in data:
            texts = data[variable.column].map(variable.values)
            data[f"{variable.column}_text"] = texts.fillna(data[variable.column])
    note = "" if len(data) == expected else f"{len(data)} of {expected} cells were given."
    date = about.updated[:10] or max(days)
    source = f"StatBank {about.id}: {about.text}"
    return Loaded(data, measured(source, LICENCE, date, f"Unit: {about.unit}.", note))


def people_by_age(
    areas: Sequence[str],
    *,
    time: str | None = None,
    table_id: str = PEOPLE_TABLE,
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float = 30 * DAY,
) -> Loaded[pd.DataFrame]:
    """Fetch how many people of each age group live in each area.

    Parameters
    ----------
    areas
        Codes of parishes (or of what else the table's area is), as strings.
    time
        A time of the table, such as "2025"; None takes the last.
    table_id
        A table with an area, ages by single years, and a time.
    client, base_url, max_age
        As in `table_info`.

    Returns
    -------
    Loaded[pd.DataFrame]
        area, name, and one column for each of `AGE_GROUPS` [persons].

    Raises
    ------
    BadValue
        For a table without a time or single years of age.
    """
    about = table_info(table_id, client=client, base_url=base_url)
    area, age = _area_variable(about), about.variable("age")
    when = next((v for v in about.variables if v.time), None)
    years = [code for code, text in age.values.items() if _years(text) is not None]
    if when is None or not years:
        raise BadValue(
            "a table with a time and single years of age", about.id, "Try SOGN1 or FOLK1A."
        )
    choose: dict[str, Sequence[str]] = {
        area.id: areas,
        age.id: years,
        when.id: [time or list(when.values)[-1]],
    }
    for variable in about.variables:
        if variable.id not in choose and not variable.can_be_left_out:
            choose[variable.id] = _parts_of_all(variable)
    loaded = table(table_id, choose, client=client, base_url=base_url, max_age=max_age)
    ages = loaded.data["age"].map({code: _years(age.values[code]) for code in years})
    group = ages.map(lambda y: next(g for g, (low, high) in AGES.items() if low <= y <= high))
    counts = loaded.data.groupby(["area", group])["value"].sum(min_count=1).unstack()
    counts = counts.reindex(index=[str(a) for a in areas], columns=list(AGE_GROUPS)).fillna(0.0)
    names = [area.values.get(code, code) for code in counts.index]
    counts.insert(0, "name", [re.sub(r"^\d+\s+", "", name) for name in names])
    counts.columns.name = None
    return Loaded(counts.rename_axis("area").reset_index(), loaded.provenance)


def read_csv(text: str) -> pd.DataFrame:
    """Return a StatBank CSV as a table with our column names and numbers.

    Handles the byte order mark, semicolons, decimal commas, "-" for zero and dots for unknown.

    Examples
    --------
    >>> read_csv("INDHOLD").empty
    True
    """
    lines = list(csv.reader(text.removeprefix("\ufeff").splitlines(), delimiter=";"))
    columns = [_column(name) for name in lines[0]]
    data = pd.DataFrame(lines[1:], columns=columns)
    if "value" in data:
        data["value"] = [_number(value) for value in data["value"]]
    return data


def _question(
    name: str, piece: dict[str, list[str]], language: str, base_url: str, max_age: float
) -> Question:
    """Return the question for one piece of a table."""
    body = {
        "table": name,
        "format": "CSV",
        "lang": language,
        "delimiter": "Semicolon",
        "valuePresentation": "Code",
        "variables": [{"code": code, "values": values} for code, values in piece.items()],
    }
    return Question(
        SERVICE,
        f"{base_url.rstrip('/')}/data",
        body=json.dumps(body, ensure_ascii=False),
        form="csv",
        max_age=max_age,
        timeout=180.0,
    )


def _number(told: str) -> float:
    told = told.strip()
    if told in UNKNOWN:
        return math.nan
    if told == "-":
        return 0.0
    try:
        return float(told.replace(".", "").replace(",", ".") if "," in told else told)
    except ValueError:
        raise SourceFailed(
            "a number in the column INDHOLD", repr(told), "The table is of another kind."
        ) from None


def _column(name: str) -> str:
    """Return our name for a column; names nobody knows are written small."""
    known = {row["name"]: row["column"] for row in rows("city/sources/data/statbank_columns.csv")}
    return known.get(name.strip().upper(), name.strip().lower())


def _chosen(about: TableInfo, choose: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the values asked for by variable code, checked against the table."""
    chosen: dict[str, list[str]] = {}
    for name, asked in choose.items():
        variable = about.variable(name)
        values = list(variable.values) if tuple(asked) == EVERY else [str(a) for a in asked]
        wrong = [value for value in values if value not in variable.values]
        if wrong or not values:
            raise BadValue(
                f"values of {variable.id} in {about.id}",
                ", ".join(wrong[:5]) or "none",
                f"Choose among {', '.join(list(variable.values)[:8])}, ...",
            )
        chosen[variable.id] = values
    missing = [v.id for v in about.variables if v.id not in chosen and not v.can_be_left_out]
    missing = [name for name in missing if not about.variable(name).time]
    if missing:
        raise BadValue(
            f"a choice of {', '.join(missing)} in {about.id}, which cannot be summed over",
            "none",
            "Choose values, or EVERY.",
        )
    return {v.id: chosen[v.id] for v in about.variables if v.id in chosen}


def _pieces(chosen: dict[str, list[str]], most: int) -> Iterator[dict[str, list[str]]]:
    """Yield choices of at most `most` cells that together are the whole choice."""
    cells = math.prod(len(values) for values in chosen.values())
    if cells <= most:
        yield chosen
        return
    longest = max(chosen, key=lambda code: len(chosen[code]))
    values = chosen[longest]
    if len(values) == 1:
        raise BadValue("room for one cell in a question", f"most_cells={most}", "Allow more cells.")
    step = max(1, math.floor(most / (cells / len(values))))
    for start in range(0, len(values), step):
        yield from _pieces({**chosen, longest: values[start : start + step]}, most)


def _area_variable(about: TableInfo) -> Variable:
    for variable in about.variables:
        if variable.column == "area":
            return variable
    raise BadValue("a table with an area", about.id, "Add its column to data/statbank_columns.csv.")


def _parts_of_all(variable: Variable) -> list[str]:
    """Return the value that stands for all, or every value where none does."""
    for code, text in variable.values.items():
        if code.upper() in ("TOT", "IALT") or text.lower().endswith("i alt"):
            return [code]
    return list(variable.values)


def _years(text: str) -> int | None:
    """Return a single year of age, or None for totals and bands."""
    match = re.match(r"^\s*(\d{1,3})(\s*(år|years?|\+).*)?$", text)
    return int(match[1]) if match else None


def _info_flaw(answer: Answer) -> str | None:
    told = answer.json
    whole = isinstance(told, dict) and isinstance(told.get("variables"), list)
    whole = whole and all("id" in v and "values" in v for v in told["variables"])
    return None if whole else "a description without variables"


def _csv_flaw(cells: int, answer: Answer) -> str | None:
    """Return what is wrong with a table: uneven lines, no numbers, too many lines."""
    lines = list(csv.reader(answer.text.splitlines(), delimiter=";"))
    if "value" not in [_column(name) for name in lines[0]]:
        return f"a table without INDHOLD: {';'.join(lines[0])[:100]}"
    uneven = sum(len(line) != len(lines[0]) for line in lines)
    if uneven:
        return f"a table with {uneven} uneven lines"
    if len(lines) - 1 > cells:
        return f"{len(lines) - 1} cells where {cells} were asked for"
    return None

"""Markdown tables in policies: classes with their criteria, definitions, or examples with their labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guild_policies.text.dialects.kinds import code_in, is_zero
from guild_policies.text.dialects.labels import FoundExample, Label, read_label

_DELIMITER = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?)?\s*\|?\s*|\s*\|\s*:?-{2,}:?\s*\|?\s*")
_COLUMNS = {
    "text": r"example|content|message|text|input|post|sample|prompt|beispiel|nachricht|exemple|ejemplo|exemplo|例",
    "label": r"labels?|classification|output|verdict|answer|decision|result|expected.*|class|violat\w+\?|valid.*",
    "allowed": r"allowed|safe|permitted|exceptions?|does not.*|not (?:a )?violat\w+|erlaubt|autorisé|permitido",
    "examples": r"examples|beispiele|exemples|ejemplos|exemplos",
    "code": r"code|id|rule|category|level|severity|name|type|label code|policy|section",
    "says": r"description|criteria|definition|what.*|meaning|covers|details|includes|disallowed|prohibited|violates",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table of classes."""

    place: int
    title: str  #: code and name
    code: str
    says: str
    allowed: str
    examples: str
    label: Label | None

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it says beside its label."""
        return (self.title, self.says, self.allowed, self.examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table and the lines that it takes up."""

    places: tuple[int, ...]
    samples: tuple[FoundExample, ...] = ()
    rows: tuple[Row, ...] = ()
    sides: bool = False  #: it has a column for what violates and one for what is allowed


def read_tables(lines: Sequence[tuple[int, str]]) -> tuple[Table, ...]:
    """The tables in these lines that are understood. Rows of examples without a clear label stay text."""
    tables: list[Table] = []
    block: list[tuple[int, str]] = []
    for place, line in (*lines, (-1, "")):
        if line.strip().startswith("|"):
            block.append((place, line))
            continue
        if len(block) > 2 and _DELIMITER.fullmatch(block[1][1]) and (table := _table(block)) is not None:
            tables.append(table)
        block = []
    return tuple(tables)


def cells_of(line: str) -> list[str]:
    """The cells of a row, without bold marks around them."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace(r"\|", "|").strip("*`").strip() for cell in re.split(r"(?<!\\)\|", inner)]


def _table(block: Sequence[tuple[int, str]]) -> Table | None:
    columns = _columns(cells_of(block[0][1]))
    places = tuple(place for place, _ in block)
    rows = [(place, cells_of(line)) for place, line in block[2:]]
    if "text" in columns and "label" in columns:
        read = tuple(each for place, cells in rows if (each := _sample(place, cells, columns)) is not None)
        if len(read) == len(rows):
            return Table(places=places, samples=read)
        return Table(places=tuple(each.place for each in read), samples=read) if read else None
    if "says" in columns or ("code" in columns and "examples" in columns):
        found = tuple(_row(place, cells, columns) for place, cells in rows)
        return Table(places=places, rows=found, sides="allowed" in columns)
    return None


def _columns(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(header):
        name = next((name for name, words in _COLUMNS.items() if re.fullmatch(words, cell, re.IGNORECASE)), None)
        if name is not None:
            found.setdefault(name, index)
    if "says" in found and "text" in found and "label" not in found:  # a column "Example" beside the criteria
        found.setdefault("examples", found.pop("text"))
    return found


def _sample(place: int, cells: Sequence[str], columns: dict[str, int]) -> FoundExample | None:
    label = read_label(_cell(cells, columns, "label"))
    text = _cell(cells, columns, "text").strip('"“”„«»')
    if label is None or not text:
        return None
    return FoundExample(text=text, violates=label.violates, code=label.code, place=place)


def _row(place: int, cells: Sequence[str], columns: dict[str, int]) -> Row:
    used = {columns[name] for name in ("says", "allowed", "examples", "label") if name in columns}
    title = " ".join(cell for index, cell in enumerate(cells) if index not in used and cell)
    code = code_in(title)
    label = read_label(_cell(cells, columns, "label"))
    if label is None and code and any(char.isdigit() for char in code):
        label = Label(violates=not is_zero(code), code=code)
    return Row(
        place=place,
        title=title,
        code=code,
        says=_cell(cells, columns, "says"),
        allowed=_cell(cells, columns, "allowed"),
        examples=_cell(cells, columns, "examples"),
        label=label,
    )


def _cell(cells: Sequence[str], columns: dict[str, int], name: str) -> str:
    index = columns.get(name, len(cells))
    return cells[index] if index < len(cells) else ""

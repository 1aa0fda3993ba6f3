"""Markdown tables in policies: classes with their criteria, definitions, or examples with their labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guild_policies.text.dialects.kinds import Kind, code_in, is_pure, is_zero, name_of, side_told
from guild_policies.text.dialects.labels import FoundExample, Label, read_label

_DELIMITER = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?)?\s*\|?\s*|\s*\|\s*:?-{2,}:?\s*\|?\s*")
_COLUMNS = {
    "text": r"example|content|message|text|input|post|sample|prompt|beispiel|nachricht|exemple|ejemplo|exemplo|例",
    "label": r"labels?|classification|output|verdict|answer|decision|result|expected.*|class|violat\w+\?|valid.*",
    "allowed": r"allowed|safe|permitted|exceptions?|does not.*|not (?:a )?violat\w+|erlaubt|autorisé|permitido",
    "examples": r"examples|beispiele|exemples|ejemplos|exemplos",
    "code": r"code|id|rule|category|level|severity|name|type|label code|policy|section"
    r"|kategorie|regel|catégorie|règle|categoría|regla|categoria|regra|カテゴリ",
    "says": r"description|criteria|definition|what.*|meaning|covers|details|includes|disallowed|prohibited|violates"
    r"|beschreibung|kriterien|définition|descripción|definición|descrição|definição|説明",
}

_YES_OR_NO = re.compile(
    r"(?P<yes>yes|y|true|ja|oui|sí|si|sim|はい|✅|✔|☑)\ufe0f?|(?:no|n|false|nein|non|não|nao|いいえ|❌|✖|❎|x)\ufe0f?",
    re.IGNORECASE,
)
#: Columns side by side: what violates, and what is allowed.
_SIDES = {Kind.BREAKS: "says", Kind.ALLOWED: "allowed"}


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
    places = tuple(place for place, _ in block)
    rows = [(place, cells_of(line)) for place, line in block[2:]]
    header = cells_of(block[0][1])
    columns, sides = _columns(header, [cells for _, cells in rows])
    rows = [(place, _answered(cells, sides)) for place, cells in rows]
    if "text" in columns and "label" in columns:
        read = tuple(each for place, cells in rows if (each := _sample(place, cells, columns)) is not None)
        if len(read) == len(rows):
            return Table(places=places, samples=read)
        return Table(places=tuple(each.place for each in read), samples=read) if read else None
    if "says" in columns or ("code" in columns and "examples" in columns):
        found = tuple(_row(place, cells, columns) for place, cells in rows)
        return Table(places=places, rows=found, sides="allowed" in columns)
    return None


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[dict[str, int], dict[int, bool]]:
    """Which column is what, and those that answer with yes or no: what *yes* says about a row's side."""
    found: dict[str, int] = {}
    sides: dict[int, bool] = {}
    for index, cell in enumerate(header):
        below = [row[index] for row in rows if index < len(row) and row[index]]
        name, side = _column(cell, below)
        if side is not None:
            sides[index] = side
        if name:
            found.setdefault(name, index)
    if "says" in found and "text" in found and "label" not in found:  # a column "Example" beside the criteria
        found.setdefault("examples", found.pop("text"))
    if "label" in found and not found.keys() & {"says", "text"}:
        free = next((index for index in range(len(header)) if index not in found.values()), None)
        found |= {} if free is None else {"says": free}
    return found, sides


def _column(header: str, below: Sequence[str]) -> tuple[str, bool | None]:
    """What a column is, and what *yes* says in it where it is a question; told from its header and its cells."""
    side = side_told(header.rstrip("?？ "))
    if side is not None and below and all(_YES_OR_NO.fullmatch(cell) for cell in below):
        return "label", side
    name = next((name for name, words in _COLUMNS.items() if re.fullmatch(words, header, re.IGNORECASE)), "")
    if not name and below and all(side_told(cell) is not None for cell in below):
        return "label", None
    if not name and (heading := name_of(header)).kind in _SIDES and is_pure(heading):
        name = _SIDES[heading.kind]
    return name, None


def _answered(cells: Sequence[str], sides: dict[int, bool]) -> list[str]:
    """The cells of a row with a side in place of each *yes* and *no*."""
    found = list(cells)
    for index, side in sides.items():
        if index < len(found) and (said := _YES_OR_NO.fullmatch(found[index])) is not None:
            found[index] = "1" if (said["yes"] is not None) is side else "0"
    return found


def _label(cell: str) -> Label | None:
    """The label of a cell: as examples have it, or a side in words."""
    if (label := read_label(cell)) is not None:
        return label
    told = side_told(cell)
    return None if told is None else Label(violates=told)


def _sample(place: int, cells: Sequence[str], columns: dict[str, int]) -> FoundExample | None:
    label = _label(_cell(cells, columns, "label"))
    text = _cell(cells, columns, "text").strip('"“”„«»')
    if label is None or not text:
        return None
    return FoundExample(text=text, violates=label.violates, code=label.code, place=place)


def _row(place: int, cells: Sequence[str], columns: dict[str, int]) -> Row:
    label = _label(_cell(cells, columns, "label"))
    names = ("says", "allowed", "examples", *(("label",) if label is not None else ()))
    used = {columns[name] for name in names if name in columns}
    title = " ".join(cell for index, cell in enumerate(cells) if index not in used and cell)
    code = code_in(title)
    if label is None and not _cell(cells, columns, "label") and code and any(char.isdigit() for char in code):
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

"""Reads files of labelled rows: JSON lines, as in our data sets and `classify`, and CSV with named columns.

Files are read line by line, so their size does not matter.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from bot.console.inputs.files import file_errors
from bot.console.inputs.json_rows import LONGEST, MAX_LINE_BYTES, BadRow, decided, read_fields, row_of
from bot.console.screen.errors import BadInput
from bot.evaluation.sets.card import Columns, Label
from bot.evaluation.sets.row import LabelledRow, cluster_code, letters_of
from classifier import Content

Fields = dict[str, object]

#: Keys of the right answer in a JSON line; a file uses only one of them.
_SHAPES = ("labels", "violation", "decision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is read."""

    labels: tuple[Label, ...] | None = None  #: the labels to read; None for all in JSON lines
    columns: Columns | None = None  #: columns of a CSV or flat JSON; None for JSON lines of our own shape
    cluster: str = "letters"
    where: Mapping[str, str] = field(default_factory=dict)  #: fields that must have this value


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The contents of a file."""

    sha256: str
    rows: int
    labelled: int  #: rows with at least one known label
    labels: Mapping[str, int]  #: label -> how many rows it is known for


def survey(path: Path, reading: Reading) -> Survey:
    """Read a whole file once: check that every line is a row, and count the known labels.

    Raises:
        BadInput: there is no such file, it has no rows, a line is malformed, or two rows have the same id.
    """
    rows = labelled = 0
    labels, ids = Counter[str](), set[int]()
    for row in labelled_rows(path, reading):
        rows += 1
        labelled += bool(row.labels)
        labels.update(row.labels.keys())
        ids.add(hash((type(row.id), row.id)))
        if len(ids) != rows:
            raise BadInput(f"{path}: line {row.number} has an id that an earlier line has: give each row its own.")
    if not rows:
        raise BadInput(f"{path} has no rows: see docs/operators.md for what a row looks like.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Survey(sha256=digest, rows=rows, labelled=labelled, labels=labels)


def labelled_rows(path: Path, reading: Reading) -> Iterator[LabelledRow]:
    """The rows of a file, in order.

    Raises:
        BadInput: there is no such file, or a line isn't a row.
    """
    read = _csv_rows if is_csv(path) else _json_rows
    with file_errors(path):
        yield from read(path, reading)


def column_names(path: Path) -> tuple[str, ...]:
    """The column names of a CSV, from its first line.

    Raises:
        BadInput: there is no such file, or it cannot be read.
    """
    with file_errors(path), path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return tuple(next(csv.reader(file, strict=True, delimiter=_delimiter(file)), ()))
        except csv.Error as error:
            raise BadInput(f"{path}: line 1 {_csv_trouble(error)}.") from None


def is_csv(path: Path) -> bool:
    """Is this a CSV, judging by its name?"""
    return path.suffix.lower() == ".csv"


def _json_rows(path: Path, reading: Reading) -> Iterator[LabelledRow]:
    shapes: list[str] = []
    for number, line in lines_in(path):
        try:
            fields = read_fields(line)
            if not _passes(fields, reading.where):
                continue
            if reading.columns:
                yield _flat_row(fields, number, reading)
            else:
                yield _row(fields, number, _shape(fields, shapes), reading)
        except BadRow as bad:
            raise BadInput(f"{path}: line {number} {bad}.") from None


def lines_in(path: Path) -> Iterator[tuple[int, bytes]]:
    """The non-empty lines, with their numbers.

    Raises:
        BadInput: a line is longer than a row may be.
        OSError: the file cannot be read.
    """
    number = 0
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise BadInput(f"{path}: line {number} is longer than {LONGEST}: write one JSON object on each line.")
            if line.strip():
                yield number, line


def _csv_rows(path: Path, reading: Reading) -> Iterator[LabelledRow]:
    columns = reading.columns or Columns()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True, delimiter=_delimiter(file))
            _expect_columns(path, table.fieldnames or (), columns, reading.labels or ())
            for fields in table:
                if None in fields or None in fields.values():
                    raise BadInput(
                        f"{path}: line {table.line_num} has a different number of columns from the first line."
                    )
                if _passes(fields, reading.where):
                    yield _flat_row(dict(fields), table.line_num, reading)
    except BadRow as bad:
        raise BadInput(f"{path}: line {table.line_num} {bad}.") from None
    except csv.Error as error:
        raise BadInput(f"{path}: line {table.line_num + 1} {_csv_trouble(error)}.") from None


def _csv_trouble(error: csv.Error) -> str:
    """What is wrong with a line of a CSV, and what to do about it."""
    if "field larger than" in str(error):
        return (
            f"has a field of more than {csv.field_size_limit():,} characters: shorten it, or write JSON lines instead"
        )
    return f"is not CSV ({error}): correct it"


def _delimiter(file: TextIO) -> str:
    """The delimiter, from the first line: a comma, or if there is none a semicolon or a tab."""
    first = file.readline(MAX_LINE_BYTES)
    file.seek(0)
    return next((mark for mark in ",;\t" if mark in first), ",")


def _expect_columns(path: Path, there: Sequence[str], columns: Columns, labels: Sequence[Label]) -> None:
    """Raise `BadInput` for the first missing column, with the option that names another one.

    Doesn't quote the existing ones: the first line of a file without column names is somebody's text.
    """
    wanted = [("--text-column", columns.text), ("--id-column", columns.id)]
    wanted += [("--label", _column(label)) for label in labels]
    for option, name in wanted:
        if name and name not in there:
            raise BadInput(
                f'{path} has no column "{name}": its first line has to name the columns, and {option} says which one '
                "it is."
            )


def _shape(fields: Fields, before: list[str]) -> str:
    """The key with the right answer; a file must use the one of its first line, which is `before`."""
    found = [name for name in _SHAPES if name in fields]
    if len(found) != 1:
        raise BadRow('needs either "labels" ({"name": 0 or 1}) or "violation" (true or false)')
    if before and found != before:
        raise BadRow(f'has "{found[0]}" where the lines before it have "{before[0]}": keep to one of them')
    before[:] = found
    return found[0]


def _row(fields: Fields, number: int, shape: str, reading: Reading) -> LabelledRow:
    row = row_of(fields)
    labels = _labels_in(fields) if shape == "labels" else {"violation": decided(fields[shape])}
    if reading.labels is not None:
        labels = {each.name: labels[each.name] for each in reading.labels if each.name in labels}
    content = _judged(fields, row.content)
    return LabelledRow(
        number=number, id=row.id, content=content, labels=labels, cluster=_cluster(fields, row.id, content, reading)
    )


def _labels_in(fields: Fields) -> dict[str, bool]:
    given = fields["labels"]
    if not isinstance(given, dict):
        raise BadRow('has "labels" that are no object: write {"name": 0 or 1}')
    return {name: known for name, value in given.items() if (known := _known(value, name)) is not None}


def _known(value: object, name: str) -> bool | None:
    if value is None:
        return None
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    raise BadRow(f'has a label "{name[:64]}" that is neither 0 nor 1')


def _judged(fields: Fields, content: Content) -> Content:
    """The content, with the part to judge: the last message, unless the row says all messages."""
    meta = fields.get("meta")
    judged = meta.get("judge", "last message") if isinstance(meta, dict) else "last message"
    if judged == "last message":
        return content
    if judged == "all messages":
        return Content(target=content.target, conversation=content.context)
    raise BadRow('has a "meta.judge" that is neither "last message" nor "all messages"')


def _flat_row(fields: Fields, number: int, reading: Reading) -> LabelledRow:
    """Read a row of a CSV, or of JSON lines in another shape."""
    columns = reading.columns or Columns()
    known = row_of({"id": fields.get(columns.id, number) if columns.id else number, "text": fields.get(columns.text)})
    labels = {each.name: value for each in reading.labels or () if (value := _said(fields, each)) is not None}
    return LabelledRow(
        number=number,
        id=known.id,
        content=known.content,
        labels=labels,
        cluster=_cluster(fields, known.id, known.content, reading),
    )


def _column(label: Label) -> str:
    return label.column or label.name


def _said(fields: Fields, label: Label) -> bool | None:
    value = fields.get(_column(label))
    said = "" if value is None else str(value).strip().lower()
    if not said:
        return None
    if said in label.true:
        return True
    if said in label.false:
        return False
    raise BadRow(f'has a label "{_column(label)}" that is none of {", ".join((*label.true, *label.false))[:200]}')


def _passes(fields: Mapping[str, object], where: Mapping[str, str]) -> bool:
    return all(str(_field(fields, name)) == value for name, value in where.items())


def _field(fields: Mapping[str, object], name: str) -> object:
    if name.startswith("meta."):
        meta = fields.get("meta")
        return meta.get(name.removeprefix("meta.")) if isinstance(meta, dict) else None
    return fields.get(name.removeprefix("column."))


def _cluster(fields: Fields, row_id: str | int, content: Content, reading: Reading) -> str:
    """The cluster of a row: the same for rows that depend on each other."""
    if reading.cluster == "letters":
        value: object = letters_of(content.target.words)
    elif reading.cluster == "first_message":
        value = letters_of(content.messages[0].words)
    else:
        value = row_id if reading.cluster == "id" else _field(fields, reading.cluster)
    return cluster_code(f"id {row_id}" if value is None else str(value))

"""Files of cases: nothing calculates, nothing is lost in between, and they fit."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.cases.case import Case
from bot.moderation.lookups.export import ExportedFile, ExportForm, PartWriter, _cell, _csv_row, case_row

Desk = Any


async def cases(desk: Desk, seen_factory: Callable[..., Any], *texts: str) -> tuple[Case, ...]:
    """Cases about these texts, the newest first."""
    for number, text in enumerate(texts):
        seen = seen_factory(message_id=300 + number, text=f"butler {text}")
        await desk.pipeline.see(seen, own_id=1)
    return tuple(reversed(desk.cases.everything()))


def parts_of(found: Sequence[Case], form: ExportForm, *, room: int, reasoning: bool = False) -> list[ExportedFile]:
    """The cases in files."""
    writer = PartWriter(form, room=room)
    full = [writer.add(case_row(case, (), reasoning=reasoning)) for case in found]
    return [part for part in (*full, writer.last()) if part is not None]


def rows_of(part: ExportedFile, form: ExportForm) -> list[dict[str, Any]]:
    """The rows of a file, read back."""
    read = json.loads(part.text) if form is ExportForm.JSON else csv.DictReader(io.StringIO(part.text, newline=""))
    return list(read)


@pytest.mark.parametrize("form", ExportForm)
async def test_a_file_has_room_for_so_much(
    desk: Desk, seen_factory: Callable[..., Awaitable[Any]], form: ExportForm
) -> None:
    """What does not fit begins the next file. Each is whole in itself, and together they have every case once."""
    found = await cases(desk, seen_factory, *"abcdef")
    (whole,) = parts_of(found, form, room=1_000_000)
    assert (whole.rows, whole.is_only, whole.place) == (6, True, 1)
    room = len(whole.text.encode()) // 2
    parts = parts_of(found, form, room=room)
    assert [part.place for part in parts] == list(range(1, len(parts) + 1))
    assert not any(part.is_only for part in parts)
    assert all(len(part.text.encode()) <= room for part in parts)
    assert [int(row["case"]) for part in parts for row in rows_of(part, form)] == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("form", ExportForm)
async def test_a_row_larger_than_a_file_gets_its_own(
    desk: Desk, seen_factory: Callable[..., Awaitable[Any]], form: ExportForm
) -> None:
    """Nothing is left out for its size, and nothing comes of nothing."""
    parts = parts_of(await cases(desk, seen_factory, *"abc"), form, room=1)
    assert [part.rows for part in parts] == [1, 1, 1]
    assert parts_of((), form, room=1) == []


async def test_json_can_be_read_back(desk: Desk, seen_factory: Callable[..., Any]) -> None:
    """Ids are texts, so that no program rounds them."""
    found = await cases(desk, seen_factory, 'a "quoted"\nline')
    (part,) = parts_of(found, ExportForm.JSON, room=10_000, reasoning=True)
    (record,) = json.loads(part.text)
    assert record["text"] == 'butler a "quoted"\nline'
    assert (record["member_id"], record["message_id"], record["reasoning"]) == ("7", "300", "It names the culprit.")


HOSTILE = st.text(st.sampled_from("=+-@＝−\t\r\n;,| \"'\u2028\u00a0\u200bab1"), max_size=12)


@given(
    text=st.text(max_size=40) | HOSTILE,
    delimiter=st.sampled_from(",;|\t"),
    quoting=st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_NONE)),
)
def test_no_cell_begins_like_a_formula(text: str, delimiter: str, quoting: int) -> None:
    """Whatever a member writes, whichever delimiter the reader cuts at, and whether or not it knows quotes."""
    file = _csv_row([_cell(text)])
    for line in re.split("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", file):
        for row in csv.reader([line], delimiter=delimiter, quoting=quoting):
            for cell in row:
                assert not unicodedata.normalize("NFKC", cell.strip(' "\u00a0\u200b')).startswith(
                    ("=", "+", "-", "@", "−")
                )


@given(text=st.text(max_size=40) | HOSTILE)
def test_a_cell_is_the_text_with_apostrophes(text: str) -> None:
    """Nothing that was written is missing."""
    ((cell,),) = csv.reader(io.StringIO(_csv_row([_cell(text)]), newline=""))
    assert cell.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1", "\u00a0=1", "\u200b=1", '"=1', "﹦1", "−1", "\n", "\ttext"],
)
def test_formulas_become_text(text: str) -> None:
    """With an apostrophe in front."""
    assert _cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("\t=1", "'\t'=1"),
        ("a;=1+1", "a;'=1+1"),
        ("a, =1+1;+2", "a,' =1+1;'+2"),
        ("a\n=1", "a\n'=1"),
        ("a\r\n\t@x", "a\r\n\t'@x"),
        ("a\u2028＝1", "a\u2028'＝1"),
        ('a";"=1', 'a";\'"=1'),
        ("a|-1", "a|'-1"),
    ],
)
def test_formulas_inside_a_cell_become_text(text: str, cell: str) -> None:
    """After each delimiter and line break, for programs that cut there."""
    assert _cell(text) == cell


def test_a_list_is_looked_at_as_it_is_written() -> None:
    """Its entries are joined with semicolons."""
    assert _cell(["R1", "=R2"]) == "R1;' =R2"


@pytest.mark.parametrize("value", [1, -0.5, None, True, "a=b", "1-2", "a, b; c", "one - two", "x @ y"])
def test_all_else_stays(value: Any) -> None:
    """Numbers that are numbers, and texts that begin harmlessly."""
    assert _cell(value) == value

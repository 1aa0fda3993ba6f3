"""The privacy page names everything that the database keeps: the schema is walked, so no table can be forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, Table

from bot.storage.privacy.departures import KEPT, deleted_tables
from bot.storage.tables.cases import metadata

PAGE = (Path(__file__).resolve().parent.parent / "docs/privacy.md").read_text(encoding="utf-8")
TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of "What is kept"."""

    what: str
    words: str
    encrypted: str
    goes: str
    tables: frozenset[str]


def rows() -> tuple[Row, ...]:
    """The table below "What is kept"."""
    section = PAGE.split("## What is kept")[1].split("\n## ")[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return tuple(
        Row(
            what=what.strip(),
            words=words.strip(),
            encrypted=encrypted.strip(),
            goes=goes.strip(),
            tables=frozenset(re.findall(r"`(\w+)`", tables)),
        )
        for what, words, encrypted, goes, tables in lines[2:]
    )


ROWS = rows()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_is_named(table: Table) -> None:
    """With what it holds; there is no table of which the page says nothing."""
    assert [row.what for row in ROWS if table.name in row.tables]


def test_no_table_is_named_that_is_not_there() -> None:
    """A table that was renamed or dropped leaves the page."""
    assert frozenset[str]().union(*(row.tables for row in ROWS)) <= metadata.tables.keys()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_texts_are_told_as_encrypted_where_they_are(table: Table) -> None:
    """A table with encrypted columns has a line that says yes, and one without has none."""
    has_texts = any(isinstance(column.type, LargeBinary) for column in table.columns)
    says_so = any(row.encrypted == "yes" and table.name in row.tables for row in ROWS)
    assert says_so == (has_texts or table.name == "note_words")  # its keyed digests are told with the notes


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_stays_for_ever_is_told(table: Table) -> None:
    """And nothing is told to stay that goes with its server."""
    told = " ".join(row.goes for row in ROWS if table.name in row.tables)
    if table in KEPT:
        assert "never" in told or "see below" in told
    else:
        assert table in deleted_tables() or table.name == "departures"
        assert "never" not in told


def test_the_reason_for_overruling_a_pin_is_told() -> None:
    """The one text of people's own that is in clear and stays: in the history and in the audit log."""
    staying = [row for row in ROWS if row.goes.startswith("never")]
    assert {name for row in staying for name in row.tables} == {"policy_publications", "audit_entries"}
    assert all("pinned example did not hold" in f"{row.what} {row.words}" for row in staying)

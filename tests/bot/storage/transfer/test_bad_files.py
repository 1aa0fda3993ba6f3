"""A file that is not as it was written is refused in one line, and not a row of it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.storage.database.migrate import newest_revision
from bot.storage.transfer.errors import TransferError
from tests.bot.storage.transfer.installations import HERE, PASSPHRASE, Installation

QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def refused(new: Installation, file: Path, *, passphrase: str | None = PASSPHRASE) -> str:
    """Why the file is not taken; nothing is written."""
    with pytest.raises(TransferError) as caught:
        await new.take(file, passphrase=passphrase)
    assert not any((await new.counts()).values())
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.fixture
async def exported(old: Installation, file: Path) -> Path:
    """A good one."""
    await old.fill(HERE)
    await old.export(HERE, file)
    return file


@pytest.fixture
async def plain(old: Installation, tmp_path: Path) -> Path:
    """A good one that anybody can read."""
    await old.fill(HERE)
    await old.export(HERE, tmp_path / "plain", passphrase=None)
    return tmp_path / "plain"


async def test_another_passphrase_is_told(exported: Path, new: Installation) -> None:
    """Without repeating it."""
    said = await refused(new, exported, passphrase="another passphrase of mine")
    assert "The passphrase does not open" in said
    assert "another passphrase" not in said


async def test_a_passphrase_is_needed_and_only_where_it_is(
    exported: Path, old: Installation, new: Installation, tmp_path: Path
) -> None:
    """Nobody can put a readable file in the place of an encrypted one."""
    assert "--passphrase-file" in await refused(new, exported, passphrase=None)
    await old.export(HERE, tmp_path / "plain", passphrase=None)
    assert "is not encrypted" in await refused(new, tmp_path / "plain")


@pytest.mark.parametrize("content", ["", "hello\n", "[]\n", '{"format":"other"}\n', "\0\xff\n", '"bylaw-server"\n'])
async def test_a_file_of_another_kind_is_told(new: Installation, file: Path, content: str) -> None:
    """Whatever is in it."""
    file.write_text(content, encoding="latin-1")
    assert "is no export of a server" in await refused(new, file)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("version", 2, "in a form that this version of Bylaw does not read"),
        ("revision", "0001", f"at revision 0001 of the database, and this one works with {newest_revision()}"),
        ("salt", "?", "is damaged"),
        ("more", 1, "is damaged"),
    ],
)
async def test_a_file_of_another_version_is_told(
    exported: Path, new: Installation, key: str, value: object, said: str
) -> None:
    """With both versions, and what to do."""
    first, rest = exported.read_bytes().split(b"\n", 1)
    exported.write_bytes(json.dumps({**json.loads(first), key: value}).encode() + b"\n" + rest)
    assert said in await refused(new, exported)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("whole_lines", [True, False])
async def test_a_file_that_ends_too_early_is_told(
    exported: Path, new: Installation, share: float, *, whole_lines: bool
) -> None:
    """In the middle of a line or behind one."""
    content = exported.read_bytes()
    cut = content[: int(len(content) * share)]
    exported.write_bytes(cut[: cut.rindex(b"\n") + 1] if whole_lines else cut)
    assert "ends too early" in await refused(new, exported)


@pytest.mark.parametrize("kind", ["swapped", "left out", "twice", "more at the end"])
async def test_lines_out_of_place_are_told(plain: Path, new: Installation, kind: str) -> None:
    """Also where each line by itself is good."""
    lines = plain.read_bytes().splitlines(keepends=True)
    changed = {
        "swapped": [*lines[:5], lines[6], lines[5], *lines[7:]],
        "left out": [*lines[:5], *lines[6:]],
        "twice": [*lines[:6], lines[5], *lines[6:]],
        "more at the end": [*lines, lines[-1]],
    }[kind]
    plain.write_bytes(b"".join(changed))
    assert "is damaged or was changed in line" in await refused(new, plain, passphrase=None)


@QUICK
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
async def test_a_changed_byte_is_found_wherever_it_is(
    exported: Path, new: Installation, place: float, bit: int
) -> None:
    """One bit is enough."""
    whole = exported.read_bytes()
    changed = bytearray(whole)
    changed[int(len(whole) * place)] ^= 1 << bit
    try:
        exported.write_bytes(changed)
        await refused(new, exported)
    finally:
        exported.write_bytes(whole)


@QUICK
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
async def test_a_changed_byte_is_found_without_encryption_too(
    plain: Path, new: Installation, place: float, bit: int
) -> None:
    """By the digest at the end."""
    whole = plain.read_bytes()
    changed = bytearray(whole)
    changed[int(len(whole) * place)] ^= 1 << bit
    try:
        plain.write_bytes(changed)
        await refused(new, plain, passphrase=None)
    finally:
        plain.write_bytes(whole)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("cases", {"number": "one"}),
        ("cases", {"number": 2**70}),
        ("cases", {"opened_at": "yesterday"}),
        ("cases", {"opened_at": "2026-01-31T12:00:00"}),
        ("cases", {"gone": 1}),
        ("cases", {"score": True}),
        ("cases", {"state": None}),
        ("cases", {"text_encrypted": {"no_text": "other"}}),
        ("cases", {"more": 1}),
        ("policies", {"id": 99}),
        ("policy_versions", {"policy_id": 99}),
        ("sample_weeks", {"week": 7}),
        ("screened_sets", {"version_ids": ["x"]}),
    ],
)
async def test_a_forged_row_is_refused(plain: Path, new: Installation, table: str, change: dict[str, object]) -> None:
    """Somebody who can write a whole new file still cannot make rows that fit nothing, or that are somebody else's."""
    forge(plain, table, change)
    said = await refused(new, plain, passphrase=None)
    assert "holds a row that fits no table" in said


async def test_a_forged_table_is_refused(plain: Path, new: Installation) -> None:
    """Only tables that travel are written."""
    forge(plain, "cases", {}, name="departures")
    assert "holds a row that fits no table" in await refused(new, plain, passphrase=None)


def forge(file: Path, table: str, change: dict[str, object], *, name: str = "") -> None:
    """Change the first row of a table, and the digest with it."""
    import hashlib

    lines = file.read_bytes().splitlines()
    for place, line in enumerate(lines[2:-1], 2):
        number, record = json.loads(line)
        if record["table"] == table:
            forged = {"table": name or table, "row": {**record["row"], **change}}
            lines[place] = json.dumps([number, forged]).encode()
            break
    body = b"".join(line + b"\n" for line in lines[:-1])
    end = [len(lines) - 1, {"end": hashlib.sha256(body).hexdigest()}]
    file.write_bytes(body + json.dumps(end).encode() + b"\n")

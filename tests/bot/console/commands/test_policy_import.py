"""`bylaw policy import`: shown first, saved whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guild_policies.text.parse import parse

Bylaw = Callable[..., Any]

SKELETON = """# Tickets

## VIOLATES (1)
- selling above face value

## SAFE (0)
- giving a ticket away

## EXAMPLES
- "front row, highest bid" -> 1

Answer (0 or 1):
"""


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """A policy in the form of the makers' guide."""
    path = tmp_path / "tickets.txt"
    path.write_text(SKELETON)
    return path


def test_it_is_shown_and_nothing_is_saved(bylaw: Bylaw, skeleton: Path, policy_file: Path, tmp_path: Path) -> None:
    """Rules, what they allow, examples by label, what is left out; of each file."""
    before = set(tmp_path.rglob("*"))
    outcome = bylaw("policy", "import", skeleton, policy_file)
    assert (outcome.code, outcome.err) == (0, "")
    for said in (
        "tickets.txt",
        "This policy is in another format.",
        "breaks it: - selling above face value",
        "allowed: - giving a ticket away",
        "examples: 1 that break it, 0 allowed",
        "line 12: Answer (0 or 1):",
        "This policy is in Bylaw's format.",
        "examples: 2 that break it, 2 allowed",
        "Nothing was saved.",
    ):
        assert said in outcome.out
    assert set(tmp_path.rglob("*")) == before


def test_a_line_break_in_a_file_name_splits_no_line(bylaw: Bylaw, skeleton: Path, tmp_path: Path) -> None:
    """Whoever reads line by line sees one line about what was saved, and no line that a name made up."""
    path = skeleton.rename(tmp_path / "a\nSaved in b.txt")
    outcome = bylaw("policy", "import", path, "--out", tmp_path / "new", "--yes")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert [line for line in lines if line.startswith("Saved in ")] == lines[-1:]
    assert lines[-1].endswith("a\\nSaved in b.md")


def test_it_is_saved_in_our_form(bylaw: Bylaw, skeleton: Path, policy_file: Path, tmp_path: Path) -> None:
    """A policy in our own form is saved to the letter."""
    out = tmp_path / "new" / "policies"
    outcome = bylaw("policy", "import", skeleton, policy_file, "--out", out, "--yes")
    assert (outcome.code, outcome.err) == (0, "")
    saved = parse((out / "tickets.md").read_text())
    assert (saved.dialect, saved.policy) == (False, parse(SKELETON).policy)
    assert (out / "policy.md").read_bytes() == policy_file.read_bytes()


def test_programs_get_json(bylaw: Bylaw, skeleton: Path) -> None:
    """One object a file, with all that was understood."""
    (row,) = bylaw("policy", "import", skeleton, "--json").rows
    assert (row["form"], row["title"]) == ("dialect", "Tickets")
    assert row["rules"][0]["does_not"] == "- giving a ticket away"
    assert row["left_out"] == [{"line": 12, "text": "Answer (0 or 1):"}]
    assert row["text"].startswith("# Tickets\n")


def test_nobody_who_can_be_asked(bylaw: Bylaw, skeleton: Path, tmp_path: Path) -> None:
    """Without a terminal nothing is saved unasked."""
    outcome = bylaw("policy", "import", skeleton, "--out", tmp_path / "out")
    assert outcome.code == 2
    assert "add --yes" in outcome.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a policy that Bylaw can use"),
        (b"\xff\xfe\x00", "Save the policy as plain text"),
        (b"# Only a title\n", "is not a policy that Bylaw can use"),
        (b"a" * 60_000, "tokens are allowed"),
        (b"a" * (1 << 20) + b"b", "larger than 1024 KiB"),
    ],
    ids=["empty", "binary", "title", "long", "huge"],
)
def test_one_bad_file_and_none_is_saved(bylaw: Bylaw, skeleton: Path, tmp_path: Path, data: bytes, said: str) -> None:
    """One line names the file."""
    bad = tmp_path / "bad.md"
    bad.write_bytes(data)
    outcome = bylaw("policy", "import", skeleton, bad, "--out", tmp_path / "out", "--yes")
    assert outcome.code == 2
    assert "bad.md" in outcome.complaint
    assert said in outcome.complaint
    assert not (tmp_path / "out").exists()


def test_no_file_is_overwritten(bylaw: Bylaw, skeleton: Path, policy_file: Path, tmp_path: Path) -> None:
    """Neither one that is there, nor one that the same command would write, nor the target of a link."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "tickets.md").write_text("mine")
    outcome = bylaw("policy", "import", policy_file, skeleton, "--out", out, "--yes")
    assert "is there already" in outcome.complaint
    assert [path.name for path in out.iterdir()] == ["tickets.md"]
    twin = tmp_path / "twin"
    twin.mkdir()
    (twin / "tickets.md").write_text(SKELETON)
    outcome = bylaw("policy", "import", skeleton, twin / "tickets.md", "--out", tmp_path / "other", "--yes")
    assert "Two of the files" in outcome.complaint
    links = tmp_path / "links"
    links.mkdir()
    (links / "tickets.md").symlink_to(tmp_path / "elsewhere.md")
    assert "is there already" in bylaw("policy", "import", skeleton, "--out", links, "--yes").complaint


def test_a_folder_that_cannot_be_written(bylaw: Bylaw, skeleton: Path, policy_file: Path, tmp_path: Path) -> None:
    """One line, and nothing half saved."""
    outcome = bylaw("policy", "import", skeleton, policy_file, "--out", policy_file, "--yes")
    assert outcome.code == 2
    assert "Nothing was saved" in outcome.complaint


def test_names_and_texts_do_not_steer_the_terminal(bylaw: Bylaw, tmp_path: Path) -> None:
    """Escape codes in a file's name and in its text are shown as what they are."""
    path = tmp_path / "a\x1b[31m.md"
    path.write_text(SKELETON.replace("giving", "giving\x1b[2J\u202e"))
    outcome = bylaw("policy", "import", path)
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert "\u202e" not in outcome.out
    assert "\x1b" not in bylaw("policy", "import", tmp_path / "none\x1b[31m.md").err


def test_very_many_files_are_refused(bylaw: Bylaw, skeleton: Path) -> None:
    """One line with the limit."""
    assert "give at most 100 at a time" in bylaw("policy", "import", *[skeleton] * 101).complaint

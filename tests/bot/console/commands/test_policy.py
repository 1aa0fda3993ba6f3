"""`bylaw policy`: findings and differences, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]
KEYS = {"code", "line", "column", "message", "hint", "blocking"}


@pytest.mark.parametrize("command", ["policy lint", "policy wobble --rows rows.jsonl --judge lite"])
def test_a_policy_can_be_named_in_two_ways(bylaw: Bylaw, policy_file: Path, command: str) -> None:
    """As in all other commands, or alone, as in earlier versions."""
    Path("rows.jsonl").write_text('{"id": 1, "text": "the killer is the cook", "violation": true}\n')
    alone = bylaw(*command.split(), policy_file, "--json")
    named = bylaw(*command.split(), "--policy", policy_file, "--json")
    assert (alone.code, named.code) == (0, 0)
    assert alone.out == named.out


def test_a_good_policy_has_nothing_that_blocks(bylaw: Bylaw, policy_file: Path) -> None:
    """Exit code 0, and a sentence that says so."""
    outcome = bylaw("policy", "lint", policy_file)
    assert (outcome.code, outcome.err) == (0, "")
    assert "can be judged" in outcome.out
    assert bylaw("policy", "lint", policy_file, "--json").rows == [{"findings": []}]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"# Title\n\n## Rules\n", id="only headings"),
        pytest.param(b"\x00\x01\x02\xff" * 100, id="binary"),
        pytest.param(b"a" * 60_000, id="too long"),
    ],
)
def test_a_file_that_is_no_policy_has_one_finding(bylaw: Bylaw, tmp_path: Path, text: bytes) -> None:
    """The finding blocks, exit code 1, and the form is the same for every kind of nonsense."""
    path = tmp_path / "p.md"
    path.write_bytes(text)
    outcome = bylaw("policy", "lint", path, "--json")
    assert (outcome.code, outcome.err) == (1, "")
    (finding,) = outcome.rows[0]["findings"]
    assert set(finding) == KEYS
    assert finding["blocking"] is True
    assert bylaw("policy", "lint", path).code == 1
    assert bylaw("classify", "--policy", path).code == 2


def test_people_see_the_line_and_a_hint(bylaw: Bylaw, tmp_path: Path) -> None:
    """A wrong value is shown where it stands, and its terminal codes are not obeyed."""
    path = tmp_path / "p.md"
    path.write_text("# P\n## Rules\n### R1 X\nSeverity: \x1b[31mterrible\nBreaks it: x\n")
    outcome = bylaw("policy", "lint", path)
    assert "line 4" in outcome.out
    assert "hint: " in outcome.out
    assert "\x1b[31m" not in outcome.out


def test_missing_files_and_folders_are_told(bylaw: Bylaw, tmp_path: Path) -> None:
    """One line and exit code 2."""
    assert "does not exist" in bylaw("policy", "lint", tmp_path / "none.md").complaint
    assert "is a folder" in bylaw("policy", "lint", tmp_path).complaint
    huge = tmp_path / "huge.md"
    huge.write_bytes(b"a" * (1 << 20) + b"b")
    outcome = bylaw("policy", "lint", huge)
    assert outcome.code == 2
    assert "larger than 1024 KiB" in outcome.complaint


def test_a_difference_is_told_rule_by_rule(bylaw: Bylaw, policy_file: Path, tmp_path: Path) -> None:
    """What is gone and what is new; nothing where nothing changed."""
    other = tmp_path / "new.md"
    other.write_text(policy_file.read_text().replace("telling how the film ends", "telling who did it"))
    outcome = bylaw("policy", "diff", policy_file, other)
    assert (outcome.code, outcome.err) == (0, "")
    assert "R1 Unmarked spoiler: changed" in outcome.out
    (document,) = bylaw("policy", "diff", policy_file, other, "--json").rows
    (change,) = document["changes"]
    assert (change["part"], change["kind"]) == ("R1 Unmarked spoiler", "changed")
    assert change["fields"][0]["after"] == ["telling who did it."]
    assert bylaw("policy", "diff", policy_file, policy_file).out == "No changes.\n"


CONVERSATIONS = """# Pile-ons

## Rules
### R1 Pile-on
Looks at: conversations
Breaks it: several members going after one person together.
"""


def test_lint_and_the_commands_that_judge_say_the_same_of_rules_about_conversations(
    bylaw: Bylaw, policy_file: Path, tmp_path: Path
) -> None:
    """A policy about conversations alone is a good policy, and no message can be judged by it."""
    path = tmp_path / "pile-ons.md"
    path.write_text(CONVERSATIONS)
    sentence = "No rule of this policy looks at messages: it can only judge conversations."
    linted = bylaw("policy", "lint", path)
    assert linted.code == 0
    assert f"This policy can be judged. {sentence} Errors: 0" in linted.out
    judged = bylaw("classify", "--policy", path, "--judge", "lite")
    assert judged.code == 2
    assert sentence in judged.complaint
    mixed = policy_file.read_text().replace(
        "## When", f"{CONVERSATIONS.split('## Rules')[1].replace('R1', 'R2')}## When"
    )
    path.write_text(mixed)
    assert "R2 looks only at conversations." in bylaw("policy", "lint", path).out
    judged = bylaw("classify", "--policy", path, "--judge", "lite", stdin=b'{"id": 1, "text": "x"}\n')
    assert judged.code == 0
    assert "R2 looks only at conversations." in judged.complaint


def test_an_emptied_title_is_gone(bylaw: Bylaw, policy_file: Path, tmp_path: Path) -> None:
    """The policy's own, and a rule's: no arrow that points at nothing, no empty line."""
    other = tmp_path / "new.md"
    text = policy_file.read_text()
    other.write_text(text.replace("# Spoilers", "#", 1).replace("### R1 Unmarked spoiler", "### R1"))
    lines = bylaw("policy", "diff", policy_file, other).out.splitlines()
    assert lines[:2] == ["title: removed", "- Spoilers"]
    assert "- title: Unmarked spoiler" in lines
    assert not any("→" in line for line in lines)
    (document,) = bylaw("policy", "diff", other, policy_file, "--json").rows
    assert document["changes"][0] == {
        "part": "title",
        "kind": "added",
        "fields": [{"name": "title", "before": [], "after": ["Spoilers"]}],
    }


def test_a_difference_to_a_policy_that_cannot_be_judged_says_so(
    bylaw: Bylaw, policy_file: Path, tmp_path: Path
) -> None:
    """Beside the difference, which helps to find what broke it."""
    other = tmp_path / "broken.md"
    other.write_text(policy_file.read_text().replace("the killer is the \\w+", "the killer ("))
    outcome = bylaw("policy", "diff", policy_file, other)
    assert outcome.code == 0
    assert "R1 Unmarked spoiler: changed" in outcome.out
    assert outcome.complaint.startswith(f"bylaw: {other} cannot be judged as it is. Line 6: ")
    other.write_text("")
    assert "cannot be judged as it is" in bylaw("policy", "diff", policy_file, other).complaint


def test_a_difference_needs_two_texts(bylaw: Bylaw, policy_file: Path, tmp_path: Path) -> None:
    """A binary file is told in one line."""
    binary = tmp_path / "b.md"
    binary.write_bytes(b"\xff\xff")
    outcome = bylaw("policy", "diff", policy_file, binary)
    assert outcome.code == 2
    assert "Save the policy as plain text" in outcome.complaint

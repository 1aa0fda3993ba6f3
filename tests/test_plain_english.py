"""Turns that no native speaker writes do not come back: in pages, comments, docstrings and texts of the bot.

When you read one that belongs here, put it into `BANNED` with what to write instead, and fix where it is.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: What not to write, as a pattern, and what to write.
BANNED = {
    r"\banew\b": "again, start over",
    r"\bstands? in (?!the way\b|for\b)": "is in, are in",
    r"\bstands? (on|below|above|behind|beside) (the|a) (card|page|line|list|message)\b": "is on, is below",
    r"\bnobody\b[^.\n]{0,60}\bany ?more\b": "nobody now, no longer",
    r"\bparted by\b": "separated by",
    r"\bso many (?!that\b)": "this many, up to `limit`",
    r"\bfor ever\b": "forever",
    r"\bto and fro\b": "back and forth",
    r"\bwish(es|ed) for\b": "asks for, wants",
    r"\bgrave (cards?|cases?|rules?)\b": "high-severity",
    r"\b(may|might) be at it\b": "may be working on it",
    r"\bas of then\b": "as it was then",
    r"\b(hereby|thereby|therein|thereof|whereby|wherein|hitherto|henceforth|whatsoever)\b": "plain words",
    r"\bit is to be noted\b|\bplease note that\b": "say it",
    r"\bin order to\b": "to",
    r"\b(timed|times|timing)-out\b|\btime-outs?\b": "time out (verb), timeout (noun)",
    r"\bgives the command to mend\b": "prints the command that fixes it",
    r"\bpass(es)? the tests\b": "runs the tests",
    r"\b(uphold|overturn)s? the appeal\b": "keep or reverse the decision",
    r"\bprocess's to look after\b": "is this process responsible for",
    r"\bfor want of\b": "for lack of, without",
    r"\bwith which chance\b": "the chance that",
    r"\b(whom|who) one can be\b": "that the user can play",
    r"\bwho is at it\b": "who is handling it, who is working on it",
    r"\bof two (clicks )?at once,? one counts\b": "only one of two simultaneous clicks counts",
}
#: Sentences of others: a policy, a test of a language, or what a moderator of another server wrote.
QUOTED = {
    "tests/classifier/lite/test_judge.py": "nobody plays that map any more",
}
NOT_OURS = (
    "benchmarks/policies/",
    "guild_policies/templates/",
    "migrations/versions/",
    "tests/guild_policies/text/dialects/",
    "tests/test_plain_english.py",
)


def texts() -> list[Path]:
    """Every page and every file of code."""
    folders = ("bot", "classifier", "guild_policies", "migrations", "benchmarks", "tests", "docs", ".ci")
    found = [path for folder in folders for kind in ("*.py", "*.md") for path in (ROOT / folder).rglob(kind)]
    return [*found, ROOT / "README.md", ROOT / "Makefile"]


def turns(text: str) -> list[str]:
    """The banned turns in a text, each with its line and what to write."""
    flat = text.replace("\n", " ")
    found = []
    for pattern, instead in BANNED.items():
        for match in re.finditer(pattern, flat, flags=re.IGNORECASE):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{line}: “{match[0].strip()}”: write {instead}")
    return found


def test_no_banned_turn_is_written() -> None:
    """The line says where, and what to write instead."""
    found = []
    for path in texts():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(NOT_OURS):
            continue
        text = path.read_text(encoding="utf-8").replace(QUOTED.get(name, "\0"), "")
        found += [f"{name}:{each}" for each in turns(text)]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("The reason stands in\nthe log.", True),
        ("Nothing stands in the way.", False),
        ("Start it anew.", True),
        ("So many that it is slow.", False),
        ("So many cases.", True),
        ("Nobody waits for it any more.", True),
    ],
)
def test_turns_are_found_across_lines(text: str, is_found: bool) -> None:
    """And plain English is not."""
    assert bool(turns(text)) is is_found

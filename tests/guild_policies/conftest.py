"""Ways to make policies for these tests: by hand, and drawn by hypothesis."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import strategies as st

from classifier import LabelledExample
from guild_policies.policy import Consequence, ConsequenceKind, LooksAt, Policy, Rule, Severity
from guild_policies.text.grammar import block

#: Pieces that mean something somewhere in the format, or to Markdown, Discord or a terminal.
_MARKS = [
    "# ", "## ", "### ", "#### ", "###", "#", "- ", "* ", "• ", "-", "*", "\\", "\n", "\n\n", "\n  ", " ", "\t", ":",
    "：", "`", '"', "'", "“", "”", "R1", "R2 ", "r3:", "Severity: high", "Looks at: both", "Breaks it:", "Does not: x",
    "Pattern: `a`", "Patterns:", "Examples:", "Examples", "violates: ", "- violates: ", "- allowed: \"x\"", "Rules",
    "Definitions", "When it is unclear", "**", "__", "||", "@everyone", "<@1>", "\ufeff", "\u2028", "\x0b", "\x85",
    "\x00", "---", "1. ", "é", "規則", "🙂",
]  # fmt: skip

_pieces = st.lists(st.one_of(st.sampled_from(_MARKS), st.text(max_size=6)), max_size=8).map("".join)
_marked_lines = st.lists(
    st.builds("{}{}".format, st.sampled_from(_MARKS), st.sampled_from(["", "a", "b:"])), max_size=4
)
_texts = st.one_of(_pieces, _marked_lines.map("\n".join))


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ").strip()


def _block(text: str) -> str:
    return block(text.replace("\r", "\n"))


def _item(text: str) -> str:
    return "\n".join(line.strip() for line in text.replace("\r", "\n").split("\n")).strip()


lines_of_text = _texts.map(_one_line)
blocks = _texts.map(_block)
items = _texts.map(_item).filter(bool)
consequences = st.one_of(
    st.sampled_from([Consequence(), *(Consequence(kind=kind) for kind in ConsequenceKind)]),
    st.integers(1, 28 * 24 * 60).map(
        lambda minutes: Consequence(kind=ConsequenceKind.TIMEOUT, length=timedelta(minutes=minutes))
    ),
)
rules = st.builds(
    Rule,
    id=st.one_of(st.just(""), st.integers(0, 9999).map("R{}".format)),
    title=lines_of_text,
    severity=st.sampled_from(Severity),
    looks_at=st.sampled_from(LooksAt),
    consequence=consequences,
    breaks_it=blocks,
    does_not=blocks,
    patterns=st.lists(_texts.map(lambda text: text.replace("\r", "").replace("\n", "")).filter(bool), max_size=2).map(
        tuple
    ),
    examples=st.lists(st.builds(LabelledExample, text=items, violates=st.booleans()), max_size=3).map(tuple),
    notes=blocks,
)
any_policy = st.builds(
    Policy,
    title=lines_of_text,
    purpose=blocks,
    definitions=st.lists(items, max_size=2).map(tuple),
    rules=st.lists(rules, max_size=3).map(tuple),
    when_unclear=blocks,
    guidance=st.lists(st.tuples(lines_of_text, blocks), max_size=2).map(tuple),
)


@pytest.fixture(scope="session")
def policies() -> st.SearchStrategy[Policy]:
    """Any policy in its normal form (see `render`), marks of the format in every place."""
    return any_policy


@pytest.fixture(scope="session")
def texts() -> st.SearchStrategy[str]:
    """Any text, rich in marks of the format."""
    return st.lists(_texts, max_size=6).map("\n".join)

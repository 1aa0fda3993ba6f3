"""A remark on a policy text: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from guild_policies.text import grammar

#: How much of a source line is shown: what fits beside its number in a code block on a phone.
_WIDTH = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One remark on a policy text. Advice, unless `blocking`: then the policy cannot be judged at all."""

    code: str  #: the name of the lint rule's file, such as ``every_rule_has_an_id``
    line: int  #: counted from 1
    column: int  #: counted from 1, in characters
    message: str  #: what is wrong, one sentence
    hint: str  #: what to write instead, one sentence
    blocking: bool = False


def show(finding: Finding, text: str) -> str:
    """Render a finding for a terminal or a code block: the source line, a caret, the message and the hint.

    The caret counts characters, so it is a little too far left after wide ones.
    """
    source = grammar.clean(text).split("\n")
    weight = "error" if finding.blocking else "advice"
    shown = [f"line {finding.line}: {weight}: {visible(finding.message)}"]
    if 1 <= finding.line <= len(source) and source[finding.line - 1].strip():
        line, column = _around(source[finding.line - 1], finding.column)
        number = f"{finding.line} | "
        shown += [f"{number}{visible(line)}", f"{' ' * (len(number) - 2)}| {' ' * (column - 1)}^"]
    return "\n".join([*shown, f"hint: {visible(finding.hint)} ({finding.code})"])


def _around(line: str, column: int) -> tuple[str, int]:
    """The part of a long line around a column, and the column's place in it."""
    if len(line) <= _WIDTH:
        return line, column
    start = max(0, min(column - 1 - _WIDTH // 2, len(line) - _WIDTH))
    end = start + _WIDTH
    before, after = "…" if start else "", "…" if end < len(line) else ""
    return f"{before}{line[start:end]}{after}", column - start + len(before)


def visible(line: str) -> str:
    """The line with a mark for each character that cannot be seen: hostile text must not steer a terminal."""
    return "".join(
        char if char.isprintable() else " " if char.isspace() else "\N{REPLACEMENT CHARACTER}" for char in line
    )

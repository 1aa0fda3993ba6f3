"""A policy says what to judge, never in which form to answer: the form is fixed, and a second one confuses the model.

The model answers in a form that the bot prescribes. *Reply with JSON only* or *no reasoning* in a policy contradicts
it; then answers cannot be read, or are given without the thinking that makes them good.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.answer_form import QUOTED_LABEL, demand_in
from guild_policies.text.lines import Line, Role
from guild_policies.text.parse import Parsed
from guild_policies.text.prose import prose_of

_INSIDE_A_SENTENCE = str.maketrans(",;", "  ")


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find the first demand in each line of prose, and in headings that announce one."""
    for line, text in prose_of(parsed):
        place = _demand(line, _with_labels(line.raw, text))
        if place is not None:
            yield _finding(line, *place)
    for line in parsed.lines:
        place = demand_in(line.raw) if line.role is Role.SECTION else None
        if place is not None:
            yield _finding(line, *place)


def _with_labels(raw: str, text: str) -> str:
    """The prose with its quoted labels: *classify as `VALID`* does not just mention a word."""
    for label in QUOTED_LABEL.finditer(raw):
        text = f"{text[: label.start()]}{label[0]}{text[label.end() :]}"
    return text


def _demand(line: Line, text: str) -> tuple[int, int] | None:
    if line.role is not Role.KEY:
        return demand_in(text)
    begin = line.column - 1
    # what breaks a rule is a list of things that members do: only a sentence of its own can be a command
    return demand_in(f"{'_' * begin}{text[begin:].translate(_INSIDE_A_SENTENCE)}")


def _finding(line: Line, begin: int, end: int) -> Finding:
    said = " ".join(re.sub(r"[*`]", "", line.raw[begin:end]).split())
    return Finding(
        code="the_answer_is_left_to_the_bot",
        line=line.number,
        column=begin + 1,
        message=f'"{said}" tells the model in which form to answer.',
        hint="Leave it out: the bot sets the form of answers, and cannot read a different one.",
    )

"""A policy text, read into a `Policy`. Every text can be read; what is odd about it is for `lint` to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from classifier import LabelledExample
from guild_policies.policy import Consequence, LooksAt, Policy, Rule, Severity
from guild_policies.text import grammar
from guild_policies.text.dialects.reading import Reading, read_dialect
from guild_policies.text.grammar import Key, Section
from guild_policies.text.lines import Line, Role, read_lines
from guild_policies.text.render import render
from guild_policies.text.values import read_consequence, read_looks_at, read_severity

__all__ = ["Parsed", "parse", "policy_of", "render"]

KEPT = 256  #: policies that are remembered

#: A first line up to this length is a rule's title; a longer one is a paragraph, and the title its beginning.
_LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A policy and the lines that it was read from.

    A rule without an id has the empty id. `Line.rule` counts the rules of `policy.rules`, and `places` has as many.
    """

    text: str  #: with ``\n`` at every line's end; what the lines' numbers and columns count in
    policy: Policy
    lines: tuple[Line, ...]
    places: tuple[Line, ...]  #: where each rule of the policy begins
    structured: bool  #: False for text without separate rules, which was read as one rule
    dialect: bool = False  #: a policy in another form than ours, with sections of what violates and what is allowed
    left_out: tuple[tuple[int, str], ...] = ()  #: of a dialect, about the form of the answer: line numbers and texts


def parse(text: str) -> Parsed:
    """Read a policy text. Never raises; ``parse(render(policy)).policy == policy``."""
    text = grammar.clean(text)
    lines = read_lines(text)
    structured = _is_structured(lines)
    if not structured and (reading := read_dialect(text)) is not None:
        return _of_dialect(text, reading)
    if not structured:
        lines = read_lines(text, one_rule=True)
    places = tuple(line for line in lines if line.role is Role.RULE)
    policy = _policy(lines)
    if not structured:
        policy = _of_one_rule(policy, lines)
        places = tuple(line for line in lines if line.raw.strip())[: len(policy.rules)]
    return Parsed(text=text, policy=policy, lines=lines, places=places, structured=structured)


@lru_cache(maxsize=KEPT)
def policy_of(text: str) -> Policy:
    """The policy of a text. Remembered: commands, cards and completions ask for the same texts all the time."""
    return parse(text).policy


def _is_structured(lines: Sequence[Line]) -> bool:
    """Whether there are rule headings, or an empty section for them."""
    if any(line.role is Role.RULE for line in lines):
        return True
    sections = [line.section for line in lines if line.known is Section.RULES]
    written = any(line.role is not Role.SECTION and line.content and line.section in sections for line in lines)
    return bool(sections) and not written


def _policy(lines: Sequence[Line]) -> Policy:
    rules: dict[int, list[Line]] = {}
    sections: dict[int | None, list[Line]] = {}
    for line in lines:
        if line.rule is not None:
            rules.setdefault(line.rule, []).append(line)
        else:
            sections.setdefault(line.section, []).append(line)
    known = {line.section: line.known for line in lines if line.role is Role.SECTION}
    return Policy(
        title=next((line.content for line in lines if line.role is Role.TITLE), ""),
        purpose=_text(sections.get(None, [])),
        definitions=tuple(
            content
            for number, section in sections.items()
            if known.get(number) is Section.DEFINITIONS
            for _, content in _items(section, Role.DEFINITION)
        ),
        rules=tuple(_rule(rules[number]) for number in sorted(rules)),
        when_unclear=grammar.block(
            "\n\n".join(_text(section) for number, section in sections.items() if known.get(number) is Section.UNCLEAR)
        ),
        guidance=tuple(_guidance(sections, known)),
    )


def _guidance(
    sections: dict[int | None, list[Line]], known: dict[int | None, Section | None]
) -> Iterator[tuple[str, str]]:
    """The unknown sections, and the text under ``Rules`` before the first rule."""
    for number, section in sections.items():
        text = _text(section)
        if number is not None and (known[number] is None or (known[number] is Section.RULES and text)):
            yield next(line.content for line in section if line.role is Role.SECTION), text


def _rule(lines: Sequence[Line]) -> Rule:
    heading = next((line for line in lines if line.role is Role.RULE), None)
    written = {line.key: line.content for line in lines if line.role is Role.KEY}  # of two equal keys the last one
    return Rule(
        id="R1" if heading is None else heading.rule_id,
        title="" if heading is None else heading.content,
        severity=read_severity(written.get(Key.SEVERITY, "")) or Severity.MEDIUM,
        looks_at=read_looks_at(written.get(Key.LOOKS_AT, "")) or LooksAt.MESSAGES,
        consequence=read_consequence(written.get(Key.CONSEQUENCE, "")) or Consequence(),
        breaks_it=_value(lines, Key.BREAKS_IT),
        does_not=_value(lines, Key.DOES_NOT),
        patterns=tuple(line.content for line in lines if line.role is Role.PATTERN and line.content),
        examples=tuple(_examples(lines)),
        notes=_notes(lines),
    )


def _examples(lines: Sequence[Line]) -> Iterator[LabelledExample]:
    for line, content in _items(lines, Role.EXAMPLE):
        if text := grammar.unquoted(content):
            yield LabelledExample(text=text, violates=bool(line.violates))


def _items(lines: Iterable[Line], role: Role) -> Iterator[tuple[Line, str]]:
    """Each line of this role with the text of the further lines that belong to it, unless there is no text."""
    found: list[tuple[Line, list[str]]] = []
    for line in lines:
        if line.role is role:
            found.append((line, [line.content]))
        elif line.role is Role.MORE:
            found[-1][1].append(line.content)
    for line, contents in found:
        if text := "\n".join(content.strip() for content in contents).strip():
            yield line, text


def _value(lines: Iterable[Line], key: Key) -> str:
    return grammar.block("\n".join(line.content for line in lines if line.key is key))


def _notes(lines: Iterable[Line]) -> str:
    """The text of a rule that no key claims, items without a label among it; a long value's text is claimed."""
    return grammar.block(
        "\n".join(
            line.raw.strip() if line.role is Role.UNLABELLED else line.content
            for line in lines
            if line.role is Role.UNLABELLED or (line.role is Role.TEXT and line.key is None)
        )
    )


def _text(lines: Iterable[Line]) -> str:
    return grammar.block("\n".join(line.content for line in lines if line.role is Role.TEXT))


def _of_one_rule(policy: Policy, lines: Sequence[Line]) -> Policy:
    """Make one rule of a text without rule headings: the title from its first line, the rest guidance about it.

    Nobody knows which of its sentences say what breaks the rule and which what is allowed.
    """
    body = policy.rules[0] if policy.rules else Rule(id="R1", title="")
    notes, title = body.notes, policy.title
    guidance = policy.guidance
    if not any(line.content and line.rule is not None for line in lines):
        notes, guidance = grammar.block("\n\n".join(f"{name}\n{text}" for name, text in guidance if text)), ()
        if not notes:
            return replace(policy, rules=())
    if not title:
        title, notes = _title_from(notes)
    return replace(policy, title=title, rules=(replace(body, title=title, notes=notes),), guidance=guidance)


def _of_dialect(text: str, reading: Reading) -> Parsed:
    """A policy in another form, with as much about its lines as lint needs."""
    lines = tuple(
        Line(
            number=index + 1,
            raw=raw,
            role=_role(index, reading),
            content=raw.strip(),
            column=len(raw) - len(raw.lstrip()) + 1,
            rule=reading.places.index(index) if index in reading.places else None,
            violates=reading.examples.get(index),
        )
        for index, raw in enumerate(text.split("\n"))
    )
    return Parsed(
        text=text,
        policy=reading.policy,
        lines=lines,
        places=tuple(lines[index] for index in reading.places),
        structured=True,
        dialect=True,
        left_out=tuple((index + 1, said.strip()) for index, said in reading.left_out),
    )


def _role(index: int, reading: Reading) -> Role:
    if index in reading.places:
        return Role.RULE
    if index in reading.examples:
        return Role.EXAMPLE
    return Role.SECTION if index in reading.headings else Role.TEXT


def _title_from(text: str) -> tuple[str, str]:
    """A title, and what is left of the text. A list's first item gives a title and stays in the list."""
    first, _, rest = text.partition("\n")
    title = grammar.without_list_mark(first.strip())
    if title == first.strip() and len(title) <= _LONGEST_TITLE:
        return title, grammar.block(rest)
    return (title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"), text

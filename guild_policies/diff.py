"""What changed between two policies, by rule and section, and how to show it on a phone."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from classifier import LabelledExample
from guild_policies.findings import visible
from guild_policies.policy import Consequence, Policy, Rule
from guild_policies.text.grammar import Key, Section
from guild_policies.text.values import read_consequence, written_consequence


class ChangeKind(StrEnum):
    """What happened to a part of a policy."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  #: the same parts in another order


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field before and after, each as lines; a field that is not there has no lines."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one rule, one section, the title or the purpose."""

    part: str  #: ``R1 Spam``, ``Definitions`` or ``title``
    kind: ChangeKind
    fields: tuple[FieldChange, ...]


_TITLE = "title"
NO_CHANGES = "No changes."
_NAMELESS_RULE, _NAMELESS_SECTION = "a rule without a name", "a section without a name"
#: What `show_diff` says in words of its own.
OUR_WORDS = frozenset(
    {
        NO_CHANGES, *(kind.value for kind in ChangeKind), _TITLE, "purpose", "rules", "sections", "order", "text",
        "notes", _NAMELESS_RULE, _NAMELESS_SECTION,
    }
)  # fmt: skip

#: How wide a line may be in a code block on a phone, and how much unchanged text is shown around a change.
_WIDTH = 48
_CONTEXT = 20

#: One part of a policy: what it is called, and its fields.
_Fields = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A rule or a section; `key` says which one it is, also after its name has changed."""

    key: tuple[str, int]  #: the second number tells parts of one name apart
    name: str
    fields: _Fields


def diff(old: Policy, new: Policy) -> tuple[Change, ...]:
    """What changed, in the order of the new policy; what was removed comes last. Empty only for equal policies."""
    return (
        *_single(_TITLE, _lines(old.title), _lines(new.title)),
        *_single("purpose", _lines(old.purpose), _lines(new.purpose)),
        *_single(Section.DEFINITIONS, old.definitions, new.definitions),
        *_blocks("rules", _rules(old), _rules(new)),
        *_single(Section.UNCLEAR, _lines(old.when_unclear), _lines(new.when_unclear)),
        *_blocks("sections", _sections(old), _sections(new)),
    )


def show_diff(changes: Sequence[Change], say: Callable[[str], str] = str) -> str:
    """Show changes in short lines: ``-`` is gone, ``+`` is new. Nothing is cut off but unchanged text.

    Args:
        say: translates one of `OUR_WORDS`. All else is the policy's own, or the words by which its lines begin.
    """
    if not changes:
        return say(NO_CHANGES)
    return "\n".join(line for change in changes for line in _shown(change, say))


def _shown(change: Change, say: Callable[[str], str]) -> Iterator[str]:
    def named(part: str) -> str:
        return say(part) if part in OUR_WORDS else part

    yield from _wrapped("", f"{named(change.part)}: {say(change.kind.value)}")
    whole = change.kind in (ChangeKind.ADDED, ChangeKind.REMOVED)
    for field in change.fields:
        if whole and field.name == _TITLE != change.part:
            continue  # the line above has it
        name = "" if field.name == change.part else f"{named(field.name)}: "
        if len(field.before) == len(field.after) == 1 and len(name + field.before[0] + field.after[0]) < _WIDTH:
            yield from _wrapped("  ", f"{name}{field.before[0]} → {field.after[0]}")
            continue
        gone = list((Counter(field.before) - Counter(field.after)).elements())
        new = list((Counter(field.after) - Counter(field.before)).elements())
        if not gone and not new:
            gone, new = [", ".join(field.before)], [", ".join(field.after)]
        if len(gone) == len(new) == 1:
            gone[0], new[0] = _around_difference(gone[0], new[0])
        for sign, lines in (("-", gone), ("+", new)):
            for line in lines:
                yield from _wrapped(f"{sign} ", f"{name}{line}")


def _around_difference(before: str, after: str) -> tuple[str, str]:
    """Two lines without most of what they share at their beginnings and ends."""
    shortest = min(len(before), len(after))
    start = next((index for index in range(shortest) if before[index] != after[index]), shortest)
    rest = shortest - start
    end = next((index for index in range(rest) if before[-1 - index] != after[-1 - index]), rest)
    start, end = max(0, start - _CONTEXT), max(0, end - _CONTEXT)
    first, last = "…" if start else "", "…" if end else ""
    return f"{first}{before[start : len(before) - end]}{last}", f"{first}{after[start : len(after) - end]}{last}"


def _wrapped(sign: str, line: str) -> list[str]:
    flat = visible(line.replace("\n", " ⏎ "))
    return textwrap.wrap(flat, _WIDTH, initial_indent=sign, subsequent_indent=" " * (len(sign) + 2)) or [sign.rstrip()]


def _single(part: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Change]:
    if before != after:
        field = FieldChange(name=part, before=before, after=after)
        kind = ChangeKind.CHANGED
        if not any(before):
            kind = ChangeKind.ADDED
        elif not any(after):
            kind = ChangeKind.REMOVED
        yield Change(part=part, kind=kind, fields=(field,))


def _blocks(of: str, old: Sequence[_Block], new: Sequence[_Block]) -> Iterator[Change]:
    before = {block.key: block for block in old}
    after = {block.key: block for block in new}
    for block in new:
        past = before.get(block.key)
        kind = ChangeKind.ADDED if past is None else ChangeKind.CHANGED
        fields = _fields(() if past is None else past.fields, block.fields)
        if past is None or fields:
            yield Change(part=block.name, kind=kind, fields=fields)
    for block in old:
        if block.key not in after:
            yield Change(part=block.name, kind=ChangeKind.REMOVED, fields=_fields(block.fields, ()))
    order_before = tuple(block.name for block in old if block.key in after)
    kept_before = [block.key for block in old if block.key in after]
    kept_after = [block.key for block in new if block.key in before]
    if kept_before != kept_after:
        order_after = tuple(block.name for block in new if block.key in before)
        field = FieldChange(name="order", before=order_before, after=order_after)
        yield Change(part=of, kind=ChangeKind.MOVED, fields=(field,))


def _fields(before: _Fields, after: _Fields) -> tuple[FieldChange, ...]:
    old, new = dict(before), dict(after)
    return tuple(
        FieldChange(name=name, before=old.get(name, ()), after=new.get(name, ()))
        for name in {**new, **old}
        if old.get(name, ()) != new.get(name, ())
    )


def _rules(policy: Policy) -> list[_Block]:
    seen: Counter[str] = Counter()
    blocks = []
    for rule in policy.rules:
        seen[rule.id] += 1
        name = " ".join(filter(None, (rule.id, rule.title))) or _NAMELESS_RULE
        blocks.append(_Block(key=(rule.id, seen[rule.id]), name=name, fields=_rule_fields(rule)))
    return blocks


def _rule_fields(rule: Rule) -> _Fields:
    return (
        (_TITLE, _lines(rule.title)),
        (Key.SEVERITY, (rule.severity.value,)),
        (Key.LOOKS_AT, (rule.looks_at.value,)),
        (Key.CONSEQUENCE, (_consequence(rule.consequence),)),
        (Key.BREAKS_IT, _lines(rule.breaks_it)),
        (Key.DOES_NOT, _lines(rule.does_not)),
        (Key.PATTERN, rule.patterns),
        (Key.EXAMPLES, tuple(map(_example, rule.examples))),
        ("notes", _lines(rule.notes)),
    )


def _sections(policy: Policy) -> list[_Block]:
    seen: Counter[str] = Counter()
    blocks = []
    for name, text in policy.guidance:
        seen[name] += 1
        fields = (("text", _lines(text)),)
        blocks.append(_Block(key=(name, seen[name]), name=name or _NAMELESS_SECTION, fields=fields))
    return blocks


def _consequence(consequence: Consequence) -> str:
    """As written; one that the format cannot write, such as a timeout of 90 seconds, with its exact length."""
    written = written_consequence(consequence)
    return written if read_consequence(written) == consequence else f"{written} ({consequence.length})"


def _example(example: LabelledExample) -> str:
    return f"{'violates' if example.violates else 'allowed'}: {example.text}"


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()

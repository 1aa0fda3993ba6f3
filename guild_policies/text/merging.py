"""Three-way merge of policies: what both sides changed since the version that they started from.

Policies are merged by what they mean, not by lines: by rule and section, and inside a rule by field. Examples, patterns
and definitions are merged one by one. There is a conflict only where both sides changed the same part differently, and
each conflict has a name that people know from the policy. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypeVar

from guild_policies.policy import Consequence, Policy, Rule
from guild_policies.sentences import Say, marked
from guild_policies.text.parse import policy_of
from guild_policies.text.render import render
from guild_policies.text.values import written_consequence

Part = TypeVar("Part")
Item = TypeVar("Item", bound=Hashable)
Key = tuple[str, int]  #: a part's name, and its number among parts of the same name


class Side(StrEnum):
    """Which of two versions is kept. The values are part of custom_ids."""

    OURS = "o"
    THEIRS = "t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A part that both sides changed, differently."""

    part: str  #: a rule or a section such as ``R2 Threats``; empty for a field of the policy itself
    field: str = ""  #: what in the rule or the policy, such as ``breaks it``; empty for all of it
    ours: str  #: empty where our side removed it
    theirs: str

    def told(self, say: Say) -> str:
        """What both sides changed, such as ``R2 Threats, breaks it``."""
        part = say(self.part) if self.part == _UNNAMED else self.part
        return ", ".join(filter(None, (part, say(self.field) if self.field else "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The result of a merge."""

    text: str
    conflicts: tuple[Conflict, ...]  #: all of them, in a fixed order; those with a choice come first


_NAMES = {
    "title": marked("title"),
    "purpose": marked("purpose"),
    "when_unclear": marked("when it is unclear"),
    "severity": marked("severity"),
    "looks_at": marked("looks at"),
    "consequence": marked("consequence"),
    "breaks_it": marked("breaks it"),
    "does_not": marked("does not break it"),
    "notes": marked("notes"),
}
_UNNAMED = marked("a section without a name")
_LISTS = ("patterns", "examples")
_WHOLE = ("title", "purpose", "when_unclear")


def merge(base: str, ours: str, theirs: str, choices: Sequence[Side] = ()) -> Merged:
    """Merge two texts that started from `base`.

    Args:
        choices: for the first conflicts, in their order; the text has our side of the others.
    """
    if base == theirs or ours == theirs:
        return Merged(text=ours, conflicts=())
    if base == ours:
        return Merged(text=theirs, conflicts=())
    merging = _Merging(choices)
    policy = merging.policies(policy_of(base), policy_of(ours), policy_of(theirs))
    text = ours if policy == policy_of(ours) else render(policy)
    return Merged(text=text, conflicts=tuple(merging.conflicts))


class _Merging:
    """One merge, with its conflicts so far."""

    def __init__(self, choices: Sequence[Side]) -> None:
        self._choices = choices
        self.conflicts: list[Conflict] = []

    def policies(self, base: Policy, ours: Policy, theirs: Policy) -> Policy:
        """All parts in turn."""
        single = {
            name: self._one("", _NAMES[name], getattr(base, name), getattr(ours, name), getattr(theirs, name))
            for name in _WHOLE
        }
        return Policy(
            **single,
            definitions=_items(base.definitions, ours.definitions, theirs.definitions),
            rules=tuple(self._rules(base, ours, theirs)),
            guidance=tuple(self._sections(base, ours, theirs)),
        )

    def _rules(self, base: Policy, ours: Policy, theirs: Policy) -> Iterator[Rule]:
        sides = [_keyed(each.rules, [rule.id for rule in each.rules]) for each in (base, ours, theirs)]
        for key in _order(*sides):
            before, mine, other = (side.get(key) for side in sides)
            if before is not None and mine is not None and other is not None:
                yield self._rule(before, mine, other)
            elif (kept := self._part(_rule_name(mine or other), before, mine, other)) is not None:
                yield kept

    def _rule(self, base: Rule, ours: Rule, theirs: Rule) -> Rule:
        changed: dict[str, Any] = {}
        for field in fields(Rule):
            before, mine, other = (getattr(each, field.name) for each in (base, ours, theirs))
            if field.name in _LISTS:
                changed[field.name] = _items(before, mine, other)
            elif field.name != "id":
                changed[field.name] = self._one(_rule_name(ours), _NAMES[field.name], before, mine, other)
        return replace(ours, **changed)

    def _sections(self, base: Policy, ours: Policy, theirs: Policy) -> Iterator[tuple[str, str]]:
        sides = [_keyed(each.guidance, [name for name, _ in each.guidance]) for each in (base, ours, theirs)]
        for key in _order(*sides):
            name = key[0] or _UNNAMED
            kept = self._part(name, *(side.get(key) for side in sides))
            if kept is not None:
                yield kept

    def _one(self, part: str, field: str, base: Part, ours: Part, theirs: Part) -> Part:
        """A field that is there on all sides, if only as an empty text."""
        kept = self._part(part, base, ours, theirs, field=field)
        return ours if kept is None else kept

    def _part(
        self, name: str, base: Part | None, ours: Part | None, theirs: Part | None, *, field: str = ""
    ) -> Part | None:
        """What is kept of a part; None if it is removed."""
        if theirs in (base, ours):
            return ours
        if ours == base:
            return theirs
        number = len(self.conflicts)
        self.conflicts.append(Conflict(part=name, field=field, ours=_written(ours), theirs=_written(theirs)))
        takes_theirs = number < len(self._choices) and self._choices[number] is Side.THEIRS
        return theirs if takes_theirs else ours


def _items(base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]) -> tuple[Item, ...]:
    """Our items without those that their side removed, plus those that it added."""
    kept = [each for each in ours if each in theirs or each not in base]
    return (*kept, *(each for each in theirs if each not in base and each not in kept))


def _keyed(parts: Sequence[Part], names: Sequence[str]) -> dict[Key, Part]:
    """Parts by name; parts with the same name are numbered in their order."""
    seen: Counter[str] = Counter()
    found: dict[Key, Part] = {}
    for name, part in zip(names, parts, strict=True):
        seen[name] += 1
        found[name, seen[name]] = part
    return found


def _order(base: dict[Key, Part], ours: dict[Key, Part], theirs: dict[Key, Part]) -> list[Key]:
    """Our order, or theirs if only theirs changed; what the other side added keeps its place after what it follows
    there."""
    shared = [each for each in base if each in ours and each in theirs]
    as_ours, as_theirs = ([each for each in side if each in shared] for side in (ours, theirs))
    first, second = (theirs, ours) if as_ours == shared != as_theirs else (ours, theirs)
    order = list(first)
    place = 0
    for key in second:
        if key in order:
            place = order.index(key) + 1
        else:
            order.insert(place, key)
            place += 1
    return order


def _rule_name(rule: Rule | None) -> str:
    return " ".join(filter(None, (rule.id, rule.title))) if rule is not None else ""


def _written(value: object) -> str:
    """A part as people read it; empty if it does not exist."""
    match value:
        case None:
            return ""
        case Rule():
            return render(Policy(title="", rules=(value,))).strip()
        case Consequence():
            return written_consequence(value)
        case (_, str(text)):
            return text
        case _:
            return str(value)

"""A policy in another form than ours, read: rules, what they allow, labelled examples; the rest is guidance.

Nothing is dropped silently: text about the form of the answer, which the bot sets, is returned as `Reading.left_out`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from classifier import LabelledExample
from guild_policies.policy import Policy, Rule
from guild_policies.text import grammar
from guild_policies.text.answer_form import without_demands
from guild_policies.text.dialects.classes import LONGEST_TITLE, Allowed, Class, Classes, add_table, coded_items, gather
from guild_policies.text.dialects.contents import CONDITION, Contents, Lines, block_of, contents_of
from guild_policies.text.dialects.kinds import CODE, Kind, Name, is_zero, side_told
from guild_policies.text.dialects.labels import FoundExample, Label, label_of_heading, read_examples
from guild_policies.text.dialects.outline import Passage, bare, outline, under
from guild_policies.text.dialects.tables import read_tables
from guild_policies.text.grammar import Key

_PLAIN = re.compile(
    r"(?:prohibited|disallowed|forbidden|banned|not allowed)(?: (?:content|behaviou?rs?|messages|topics|items|posts))?",
    re.IGNORECASE,
)

_OURS = frozenset({Key.BREAKS_IT, Key.DOES_NOT})

#: Allowed examples are repeated under each of several rules up to this many in all; beyond that they are given once.
_MOST_SHARED = 60
_MOST_NAMED = 5  #: sections of what is allowed that each rule refers to by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was understood of a policy in another form."""

    policy: Policy
    places: tuple[int, ...]  #: index of the line at which each rule begins
    headings: frozenset[int]  #: indexes of lines
    examples: dict[int, bool]  #: indexes of lines with an example, and whether it violates
    left_out: Lines  #: what is about the form of the answer, in the order of the text


def read_dialect(text: str) -> Reading | None:
    """Read a cleaned text without rule headings of ours; None where no section says what violates.

    A text with ``Breaks it:`` or ``Does not:`` is in our form, though without headings.
    """
    lines = text.split("\n")
    if any((key := grammar.key(line.strip())) is not None and key[0] in _OURS for line in lines):
        return None
    title, passages = _policy_title(_without_title(outline(lines)), lines)
    contents = [contents_of(passage, lines) for passage in passages]
    passages = _resolved(passages, contents)
    found = gather(passages, contents, title)
    rest = _Rest(passages, contents, found, title)
    if not found.violating or not _is_evident(passages, contents, found):
        return None
    found.settle_examples()
    shared = _Shared(found)
    rules = tuple(_rule(number, each, shared) for number, each in enumerate(found.violating, start=1))
    left_out = [each for one in contents for each in one.left_out] + rest.left_out
    samples = [each for one in found.violating for each in one.samples] + found.samples
    return Reading(
        policy=Policy(
            title=title,
            purpose=rest.text(Kind.PURPOSE),
            definitions=tuple(rest.definitions),
            rules=rules,
            when_unclear=rest.text(Kind.UNCLEAR),
            guidance=(*shared.guidance(), *rest.guidance),
        ),
        places=tuple(each.place for each in found.violating),
        headings=frozenset(passage.place for passage in passages if passage.place >= 0 and not passage.inline),
        examples={each.place: each.violates for each in samples},
        left_out=tuple(sorted(left_out)),
    )


class _Rest:
    """What is in none of the classes: definitions, purpose, doubt, examples of all classes, guidance."""

    def __init__(self, passages: Sequence[Passage], contents: Sequence[Contents], found: Classes, title: str) -> None:
        self._title = title
        self.definitions: list[str] = []
        self.guidance: list[tuple[str, str]] = []
        self.left_out: list[tuple[int, str]] = []
        self._texts: list[tuple[Kind, str]] = []
        self._found = found
        parents = {passage.parent for passage in passages}
        for index, (passage, one) in enumerate(zip(passages, contents, strict=True)):
            if index not in found.taken:
                above = next((passages[each].name for each in under(passages, index)), None)
                self._read(passage, one, above, has_passages=index in parents)

    def text(self, kind: Kind) -> str:
        """All texts of a kind."""
        return grammar.block("\n\n".join(text for each, text in self._texts if each is kind and text))

    def _read(self, passage: Passage, contents: Contents, above: Name | None, *, has_passages: bool) -> None:
        kind = passage.name.kind
        if kind is Kind.EXAMPLES:
            self._examples(passage, contents.lines, above)
        elif kind is Kind.ANSWER:
            self.left_out += self._samples(contents.lines, default=None, in_front=False)
        elif kind is Kind.DEFINITIONS:
            self.definitions += _definitions(contents.lines)
        elif kind is Kind.UNCLEAR:
            self._texts.append((kind, block_of(contents.lines)))
        elif kind is Kind.PURPOSE or (passage.level <= 1 and self._is_title(passage)):
            self._texts.append((Kind.PURPOSE, block_of(self._classes(contents.lines))))
        else:
            text = block_of(self._classes(contents.lines))
            self.guidance += [(passage.name.text, text)] if text or not (has_passages or contents.left_out) else []

    def _is_title(self, passage: Passage) -> bool:
        """Whether a heading is kept as the title of the policy or of a rule, as in a file of several policies."""
        titles = {"", self._title, *(each.title for each in self._found.violating)}
        return passage.name.text in titles

    def _examples(self, passage: Passage, lines: Lines, above: Name | None) -> None:
        """Read examples. Remarks on them stay together under the heading of all examples."""
        rest: list[tuple[int, str]] = []
        for place, line in self._samples(lines, default=label_of_heading(passage.name)):
            said, demands = (line, "") if CONDITION.search(line) else without_demands(line)
            self.left_out += [(place, demands)] if demands else []
            rest += [(place, said)] if said.strip() else []
        text = block_of(tuple(rest))
        if not text:
            return
        if above is None or above.kind is not Kind.EXAMPLES:
            self.guidance.append((passage.name.text, text))
        elif self.guidance and self.guidance[-1][0] == above.text:
            self.guidance[-1] = (above.text, f"{self.guidance[-1][1]}\n{passage.name.text}: {text}")
        else:
            self.guidance.append((above.text, f"{passage.name.text}: {text}"))

    def _samples(self, lines: Lines, default: Label | None, *, in_front: bool = True) -> list[tuple[int, str]]:
        """Read examples; returns the lines that are not examples."""
        lines = self._tables(lines)
        read = read_examples(lines, default, in_front=in_front)
        self._found.samples += read.found
        return [(place, text) for place, text in read.rest if text.strip()]

    def _classes(self, lines: Lines) -> Lines:
        """Read tables, and lists of classes of which one has the code 0 or says its side; others stay text."""
        lines = self._tables(lines)
        zero = any(is_zero(match[0]) for _, line in lines for match in CODE.finditer(line))
        if not zero and all(side_told(line) is None for _, line in lines):
            return lines
        return coded_items(self._found, lines, parent=None)

    def _tables(self, lines: Lines) -> Lines:
        """Read the tables of examples, and those of classes whose rows say on which side they are."""
        places: set[int] = set()
        for table in read_tables(lines):
            if table.samples or table.sides or all(row.label is not None for row in table.rows):
                places |= set(table.places)
                add_table(self._found, table, parent=None, title=self._title)
        return tuple(each for each in lines if each[0] not in places)


def _without_title(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """The first heading names the policy, whatever words it has, if others are below it."""
    if len(passages) < 2 or passages[1].level > 1 or not any(passage.parent == 1 for passage in passages):
        return passages
    first = passages[1]
    return (passages[0], _renamed(first, Kind.OTHER), *passages[2:])


def _resolved(passages: Sequence[Passage], contents: Sequence[Contents]) -> tuple[Passage, ...]:
    """The passages with what else says what they are about: an ``Output:`` line, and being among examples."""
    found: list[Passage] = []
    below: dict[int | None, list[int]] = {}
    for index, passage in enumerate(passages):
        below.setdefault(passage.parent, []).append(index)
    confirmed = any(_confirms(each.name) for each in passages)
    for index, (passage, one) in enumerate(zip(passages, contents, strict=True)):
        among_examples = passage.parent is not None and found[passage.parent].name.kind is Kind.EXAMPLES
        examples = (each for each in below.get(index, ()) if passages[each].name.kind is Kind.EXAMPLES)
        labels = [one.label, *(contents[each].label for each in examples)]
        label = next((each for each in labels if each is not None), None)
        if not among_examples and label is None and passage.name.numbered:
            passage = _with_side_above(passage, found)
        found.append(
            _renamed(passage, Kind.EXAMPLES) if among_examples else _with_side(passage, label, confirmed=confirmed)
        )
    return tuple(found)


def _with_side_above(passage: Passage, found: Sequence[Passage]) -> Passage:
    """A passage that violates by its code's number alone; it is allowed where a heading above says so in words."""
    parent = passage.parent
    while parent is not None:
        name = found[parent].name
        if name.kind is Kind.ALLOWED and not name.numbered:
            return replace(passage, name=replace(passage.name, kind=name.kind, violates=False, numbered=False))
        parent = found[parent].parent
    return passage


def _with_side(passage: Passage, label: Label | None, *, confirmed: bool) -> Passage:
    """A passage with what its ``Output:`` line says; one whose code alone says it counts only with a confirmation."""
    if label is not None and (passage.name.kind is Kind.OTHER or passage.name.numbered):
        return _renamed(passage, Kind.BREAKS if label.violates else Kind.ALLOWED)
    if passage.name.numbered and not confirmed:
        return _renamed(passage, Kind.OTHER)
    return passage


def _confirms(name: Name) -> bool:
    return name.kind in (Kind.BREAKS, Kind.ALLOWED) and (not name.numbered or is_zero(name.code))


def _renamed(passage: Passage, kind: Kind) -> Passage:
    return replace(passage, name=replace(passage.name, kind=kind))


def _policy_title(passages: tuple[Passage, ...], lines: Sequence[str]) -> tuple[str, tuple[Passage, ...]]:
    """The first heading, or a first line of its own above all headings; and the passages without such a line."""
    first = passages[1].name if len(passages) > 1 and passages[1].level <= 1 else None
    if first is not None and first.kind is Kind.OTHER:
        return first.text, passages
    said = [place for place in passages[0].lines if lines[place].strip()]
    if not said or len(lines[said[0]].strip()) > LONGEST_TITLE or said[1:2] == [said[0] + 1]:
        return "", passages
    preface = replace(passages[0], lines=tuple(place for place in passages[0].lines if place != said[0]))
    return bare(lines[said[0]]), (preface, *passages[1:])


def _is_evident(passages: Sequence[Passage], contents: Sequence[Contents], found: Classes) -> bool:
    """Whether the text is clearly of this kind: a single heading with *violations* in it may mean anything."""
    return (
        bool(found.allowed)
        or bool(found.samples)
        or any(each.allowed or each.samples or each.code for each in found.violating)
        or any(each.label is not None for each in contents)
        or any(_PLAIN.fullmatch(passage.name.text) or "(1)" in passage.name.text for passage in passages)
    )


def _rule(number: int, gathered: Class, shared: _Shared) -> Rule:
    """A class as a rule. What is allowed under all rules is written once, after them, and each rule refers to it."""
    examples = [*gathered.samples, *shared.of_class(gathered), *shared.allowed_examples]
    return Rule(
        id=f"R{number}",
        title=gathered.title,
        severity=gathered.severity,
        breaks_it=grammar.block("\n\n".join(gathered.says)),
        does_not=grammar.block("\n\n".join([*gathered.allowed, *shared.does_not])),
        examples=tuple(dict.fromkeys(LabelledExample(text=each.text, violates=each.violates) for each in examples)),
    )


class _Shared:
    """What does not belong to a single rule: what is allowed under all of them, and examples that only name a class."""

    def __init__(self, found: Classes) -> None:
        self._only = found.violating[0] if len(found.violating) == 1 else None
        codes = {each.code for each in found.violating if each.code}
        self._by_code: dict[str, list[FoundExample]] = {}
        self._unknown: list[FoundExample] = []  #: violations that do not say which rule they break
        for each in found.samples:
            if each.violates:
                (self._by_code.setdefault(each.code, []) if each.code in codes else self._unknown).append(each)
        allowed = [each for each in found.samples if not each.violates]
        shared = len(allowed) * len(found.violating) <= _MOST_SHARED or self._only is not None
        self.allowed_examples = allowed if shared else []
        self._allowed_apart = [] if shared else allowed
        self._allowed = found.allowed
        self.does_not = self._does_not()

    def of_class(self, gathered: Class) -> list[FoundExample]:
        """Violations in other places that are of this class."""
        return self._by_code.get(gathered.code, []) + (self._unknown if gathered is self._only else [])

    def guidance(self) -> list[tuple[str, str]]:
        """Guidance that applies to all rules, once."""
        if self._only is not None:
            return []
        apart = [
            ("Examples that break a rule", _listed(self._unknown)),
            ("Examples of what is allowed", _listed(self._allowed_apart)),
        ]
        return [(each.heading, each.text) for each in self._allowed] + [each for each in apart if each[1]]

    def _does_not(self) -> list[str]:
        if self._only is not None:
            return [_with_code(each) for each in self._allowed]
        if len(self._allowed) > _MOST_NAMED:
            return ["what the sections behind the rules list as allowed."]
        names = ", ".join(f"“{each.heading}”" for each in self._allowed)
        return [f"what {names} {'lists' if len(self._allowed) == 1 else 'list'}."] if names else []


def _with_code(allowed: Allowed) -> str:
    """What is allowed, below its heading where that has a code."""
    if not allowed.code:
        return allowed.text
    return f"{allowed.heading}:\n{allowed.text}" if allowed.text else allowed.heading


def _listed(samples: Sequence[FoundExample]) -> str:
    return "\n".join(f"- {each.text}" for each in samples)


def _definitions(lines: Lines) -> list[str]:
    """Each item or paragraph line with the lines indented below it; the rows of a table."""
    tables = [table for table in read_tables(lines) if table.rows]
    places = {place for table in tables for place in table.places}
    items = [": ".join(filter(None, row.texts)) for table in tables for row in table.rows]
    for place, line in lines:
        text = line.strip()
        if not text or place in places:
            continue
        if line[:1].isspace() and items:
            items[-1] += f"\n{text}"
        else:
            items.append(grammar.without_list_mark(text))
    return items

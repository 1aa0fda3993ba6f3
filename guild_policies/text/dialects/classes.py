"""The classes of a policy: what violates becomes rules, what is allowed belongs to one of them or to all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from guild_policies.policy import Severity
from guild_policies.text import grammar
from guild_policies.text.dialects.contents import Contents, Lines, block_of
from guild_policies.text.dialects.kinds import CODE, Kind, Name, code_in, is_pure, is_zero, side_told, subject_of
from guild_policies.text.dialects.labels import (
    FoundExample,
    Label,
    label_of_heading,
    quoted_at_the_end,
    read_examples,
    with_code,
    without_inline,
)
from guild_policies.text.dialects.outline import Passage, under
from guild_policies.text.dialects.tables import Row, Table, read_tables

LONGEST_TITLE = 100  #: of a title that is only the beginning of a text
_GRAVE = re.compile(r"high[- ]?(?:risk|severity)|severe|critical|malicious|extreme|maximum severity", re.IGNORECASE)
_LIGHT = re.compile(r"low[- ]?(?:risk|severity)|\bminor (?:risk|issue|violation|severity)", re.IGNORECASE)
_CLASS_BEHIND = re.compile(r"(?P<title>.*?\w.*?)\s*[-–—:|]\s*(?P<side>[^-–—:|]+)")
_DIGIT = re.compile(r"\s*[(\[](?:label\s*[:=]?\s*)?[01][)\]]", re.IGNORECASE)


#: What a heading under what violates may be about and still belong to it.
_OF_A_CLASS = frozenset({Kind.BREAKS, Kind.PURPOSE, Kind.EXAMPLES, Kind.OTHER})


@dataclass(slots=True, kw_only=True)
class Class:
    """Something that violates, while it is being gathered; it becomes a rule."""

    title: str
    code: str = ""
    subject: str = ""
    parent: int | None = None
    place: int
    severity: Severity = Severity.MEDIUM
    says: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    samples: list[FoundExample] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Allowed:
    """What is allowed under all rules."""

    heading: str
    code: str
    text: str


@dataclass(slots=True)
class Classes:
    """All that was gathered."""

    violating: list[Class] = field(default_factory=list)
    allowed: list[Allowed] = field(default_factory=list)
    samples: list[FoundExample] = field(default_factory=list)  #: of no class in particular
    taken: set[int] = field(default_factory=set)  #: indexes of the passages that are read
    allowed_codes: set[str] = field(default_factory=set)  #: codes listed under what is allowed
    violating_codes: set[str] = field(default_factory=set)  #: codes listed under what violates

    def settle_examples(self) -> None:
        """Put the examples of codes that are listed as allowed on that side, whatever their numbers say."""
        allowed = self.allowed_codes | {each.code for each in self.allowed if each.code}
        allowed -= self.violating_codes | {each.code for each in self.violating}
        for samples in (self.samples, *(each.samples for each in self.violating)):
            samples[:] = [replace(each, violates=each.violates and each.code not in allowed) for each in samples]


def gather(passages: Sequence[Passage], contents: Sequence[Contents], title: str) -> Classes:
    """Read the passages that are about what violates or what is allowed, and those below them."""
    found = Classes()
    owners: dict[int, Class | None] = {}
    for index, passage in enumerate(passages):
        owner = owners.get(_owner(passages, index, owners))
        if owner is not None and passage.name.kind in _OF_A_CLASS:
            owners[index] = _below(found, owner, passage, contents[index])
        elif owner is None and passage.name.kind is Kind.BREAKS:
            owners[index] = _violating(found, passages, index, contents[index], title)
    found.taken |= set(owners)
    found.violating = [each for each in found.violating if each.says or each.samples or each.allowed]
    below: dict[int, list[int]] = {}  # the passages of what is allowed, each with all that is under it
    for index, passage in enumerate(passages):
        if index in owners:
            continue
        allowed = [each for each in under(passages, index) if passages[each].name.kind is Kind.ALLOWED]
        if allowed or passage.name.kind is Kind.ALLOWED:
            below.setdefault(allowed[-1] if allowed else index, []).append(index)
    for first, those in below.items():
        _allowed(found, passages, those, contents, owners.get(_owner(passages, first, owners)))
    return found


def _owner(passages: Sequence[Passage], index: int, owners: dict[int, Class | None]) -> int:
    """The nearest passage above that is about what violates; -1 where there is none."""
    return next((each for each in under(passages, index) if owners.get(each) is not None), -1)


def _violating(found: Classes, passages: Sequence[Passage], index: int, contents: Contents, title: str) -> Class:
    passage = passages[index]
    own = Class(
        title=_title(passages, index, title),
        code=passage.name.code or _code_above(passages, index),
        subject=passage.name.subject,
        parent=passage.parent,
        place=passage.place,
        severity=contents.severity or _severity(passage.name.text),
    )
    found.violating.append(own)
    rest = _rows(found, contents.lines, parent=passage.parent, title=own.title)
    if not CODE.fullmatch(own.code):
        rest = coded_items(found, rest, parent=passage.parent)
    found.violating_codes |= _codes_listed(passage.name, rest)
    _text_and_quotes(own, rest)
    return own


def _below(found: Classes, owner: Class, passage: Passage, contents: Contents) -> Class:
    """A passage under what violates: examples, a part of it, or else a class of its own."""
    name = passage.name
    found.violating_codes |= _codes_listed(name, () if name.kind is Kind.EXAMPLES else contents.lines)
    if name.kind is Kind.EXAMPLES:
        _class_examples(owner, contents.lines, label_of_heading(name) or Label(violates=True, code=owner.code))
        return owner
    if name.kind is not Kind.OTHER or CODE.fullmatch(owner.code):
        heading = "" if name.kind is Kind.PURPOSE or is_pure(name) else name.text
        _add(owner.says, heading, block_of(contents.lines))
        owner.severity = contents.severity or owner.severity
        return owner
    own = Class(
        title=name.text,
        code=name.code,
        subject=name.subject,
        parent=passage.parent,
        place=passage.place,
        severity=contents.severity or _severity(name.text),
    )
    found.violating.append(own)
    _text_and_quotes(own, _rows(found, contents.lines, parent=passage.parent))
    return own


def _rows(found: Classes, lines: Lines, *, parent: int | None, title: str = "") -> Lines:
    """Classes from the rows of tables; the lines that belong to no table come back."""
    places: set[int] = set()
    for table in read_tables(lines):
        places |= set(table.places)
        add_table(found, table, parent=parent, title=title)
    return tuple(each for each in lines if each[0] not in places)


def add_table(found: Classes, table: Table, *, parent: int | None, title: str) -> None:
    """A table's examples and rows. Rows without a name are one class together."""
    found.samples += table.samples
    if table.rows and not any(row.title for row in table.rows):
        own = Class(title=title or table.rows[0].says[:LONGEST_TITLE], parent=parent, place=table.rows[0].place)
        violating = [row.says for row in table.rows if row.label is None or row.label.violates]
        others = [row.says for row in table.rows if row.label is not None and not row.label.violates]
        own.says.append("\n".join(f"- {text}" for text in violating if text))
        own.allowed.append("\n".join(f"- {text}" for text in (*others, *(row.allowed for row in table.rows)) if text))
        found.violating.append(own)
        return
    for row in table.rows:
        add_row(found, row, parent=parent)


def add_row(found: Classes, row: Row, *, parent: int | None) -> None:
    """A table's row: a class, or something that is allowed."""
    violates = row.label is None or row.label.violates
    pieces = [(row.place, piece) for piece in re.split(r"<br\s*/?>|;\s", row.examples)] if row.examples else []
    read = read_examples(pieces, Label(violates=violates, code=row.code))
    says = [text for text in (row.says, *(text for _, text in read.rest)) if text]
    if not violates:
        found.allowed.append(Allowed(heading=row.title, code=row.code, text="\n".join([*says, row.allowed]).strip()))
        found.samples += read.found
        return
    own = Class(title=row.title or row.says[:LONGEST_TITLE], code=row.code, parent=parent, place=row.place)
    own.severity = _severity(row.title)
    own.says += says
    own.allowed += [row.allowed] if row.allowed else []
    own.samples += read.found
    found.violating.append(own)


def coded_items(found: Classes, lines: Lines, *, parent: int | None) -> Lines:
    """Classes from a list whose every item begins with a code of its own; else all lines come back.

    The side that an item names takes precedence over its code's number.
    """
    items: list[list[tuple[int, str]]] = []
    before: list[tuple[int, str]] = []
    for place, line in lines:
        if line[:1].strip() and (grammar.bullet(line.strip()) is not None or _begins_with_code(line)):
            items.append([(place, line)])
        else:
            (items[-1] if items else before).append((place, line))
    firsts = [grammar.without_list_mark(item[0][1].strip()).replace("*", "").strip() for item in items]
    codes = [CODE.match(first) for first in firsts]
    if len(items) < 2 or not all(code is not None and not code["item"] for code in codes):
        return lines
    for item, first in zip(items, firsts, strict=True):
        code = code_in(first)
        name, _, said = (piece.strip() for piece in _cut(first))
        text = grammar.block("\n".join([said, block_of(tuple(item[1:]))]))
        told = side_told(first)
        if is_zero(code) if told is None else not told:
            found.allowed.append(Allowed(heading=name, code=code, text=text))
        else:
            title = name if text else name[:LONGEST_TITLE]
            own = Class(title=title, code=code, parent=parent, place=item[0][0], severity=_severity(name))
            own.says.append(text or name)
            found.violating.append(own)
    return tuple(before)


def _begins_with_code(line: str) -> bool:
    return _first_code(line) is not None


def _first_code(line: str) -> re.Match[str] | None:
    return CODE.match(grammar.without_list_mark(line.strip()).replace("*", "").strip())


def _cut(first: str) -> tuple[str, str, str]:
    """An item's name and what it says: ``SP2 Cold adverts: offers that nobody asked for``."""
    code = CODE.match(first)
    begin = re.compile(r"[\s:–—-]*").match(first, code.end() if code else 0)
    match = re.compile(r"\s[–—-]\s|[:：]\s*").search(first, begin.end() if begin else 0)
    return (first, "", "") if match is None else (first[: match.start()], match[0], first[match.end() :])


def _text_and_quotes(own: Class, lines: Lines) -> None:
    """A class's text. Items with a code in front end in examples of it; the rest of such an item is text."""
    kept: list[tuple[int, str]] = []
    label = Label(violates=True, code=own.code)
    lines, inline = without_inline(lines)
    own.samples += inline
    for place, line in lines:
        said, samples = quoted_at_the_end(line, label, place) if _begins_with_code(line) else (line, ())
        own.samples += samples
        kept.append((place, said))
    _add(own.says, "", block_of(tuple(kept)))


def _class_examples(own: Class, lines: Lines, label: Label) -> None:
    """Examples below a class, of it where they say nothing else; what they say beside it is its text."""
    read = read_examples(lines, label)
    own.samples += (with_code(each, own.code) for each in read.found)
    _add(own.says if label.violates else own.allowed, "", block_of(read.rest))


def _allowed(
    found: Classes, passages: Sequence[Passage], those: Sequence[int], contents: Sequence[Contents], owner: Class | None
) -> None:
    """What a passage and those below it allow, for the class that it is about or for all."""
    passage = passages[those[0]]
    found.taken |= set(those)
    texts: list[str] = []
    samples: list[FoundExample] = []
    label = Label(violates=False)
    for each in those:
        lines, inline = without_inline(contents[each].lines)
        found.allowed_codes |= _codes_listed(passages[each].name, lines)
        found.samples += inline
        if passages[each].name.kind is Kind.EXAMPLES:
            read = read_examples(contents[each].lines, label_of_heading(passages[each].name) or label)
            samples += read.found
            _add(texts, "", block_of(read.rest))
        else:
            cut = [quoted_at_the_end(line, label, place) for place, line in lines if CODE.search(line)]
            samples += [sample for _, quoted in cut for sample in quoted]
            rest = tuple((place, _without_quotes(line)) for place, line in lines)
            _add(texts, passages[each].name.text if each != those[0] else "", block_of(rest))
    owner = owner or _about(found, passage)
    if owner is not None:
        owner.allowed += texts
        owner.samples += samples
        return
    found.samples += samples
    found.allowed.append(Allowed(heading=passage.name.text, code=passage.name.code, text="\n\n".join(texts)))


def _codes_listed(name: Name, lines: Lines) -> set[str]:
    """The codes that a section is about, by its heading or by the items that begin with one: ``SP2`` of ``SP2.a``."""
    items = [code for _, line in lines if (code := _first_code(line)) is not None]
    return {f"{code['family']}{code['number']}" for code in (*CODE.finditer(name.text), *items)}


def _without_quotes(line: str) -> str:
    return quoted_at_the_end(line, Label(violates=False), 0)[0] if CODE.search(line) else line


def _about(found: Classes, passage: Passage) -> Class | None:
    """The class that something allowed is about: of the same code, the same subject, or under the same heading."""
    name = passage.name
    for same in (
        [each for each in found.violating if name.code and each.code == name.code],
        [each for each in found.violating if name.subject and each.subject == name.subject],
        [
            each
            for each in found.violating
            if passage.parent is not None and each.parent == passage.parent and not each.subject
        ],
    ):
        if len(same) == 1:
            return same[0]
    return None


def _title(passages: Sequence[Passage], index: int, title: str) -> str:
    """A class's title: its heading without the class, else the heading that it is under, else the policy's title."""
    text = _DIGIT.sub("", passages[index].name.text).strip()
    if not passages[index].name.subject:
        above = next((passages[each].name for each in under(passages, index) if passages[each].name.code), None)
        policy = next((passages[each].name.text for each in under(passages, index) if passages[each].level == 1), "")
        text = above.text if above is not None else policy or title or text
    elif (cut := _CLASS_BEHIND.fullmatch(text)) is not None and not subject_of(cut["side"]):
        text = cut["title"]
    return text


def _code_above(passages: Sequence[Passage], index: int) -> str:
    return next((passages[each].name.code for each in under(passages, index) if passages[each].name.code), "")


def _severity(text: str) -> Severity:
    if _GRAVE.search(text):
        return Severity.HIGH
    return Severity.LOW if _LIGHT.search(text) else Severity.MEDIUM


def _add(texts: list[str], heading: str, text: str) -> None:
    if text:
        texts.append(f"{heading}:\n{text}" if heading else text)

"""What each line of a policy text is: a title, a rule's heading, a key, an example, or plain text of one of them.

Reading is done in two steps so that lint can point at a line: here every line gets its role, and `parse` gathers the
lines into a `Policy`. No text is refused; what has no other role is text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guild_policies.text import grammar
from guild_policies.text.grammar import Heading, Key, Marked, Section


class Role(StrEnum):
    """What a line is."""

    TITLE = "title"  #: the first ``#`` heading
    SECTION = "section"  #: the heading of a section
    RULE = "rule"  #: the heading of a rule, with or without an id
    KEY = "key"  #: ``Severity: high`` and the other keys
    PATTERN = "pattern"  #: one pattern
    EXAMPLE = "example"  #: the first line of a labelled example
    UNLABELLED = "unlabelled"  #: an item among the examples that says neither ``violates`` nor ``allowed``
    DEFINITION = "definition"  #: the first line of a definition
    MORE = "more"  #: a further line of the example or definition above
    TEXT = "text"  #: everything else, blank lines too


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the text and what it is."""

    number: int  #: counted from 1
    raw: str  #: as written
    role: Role
    content: str  #: what it says, without marks
    column: int  #: where `content` starts in `raw`, counted from 1
    rule: int | None = None  #: the rule that it belongs to, counted from 0
    section: int | None = None  #: the section that it belongs to, counted from 0
    key: Key | None = None  #: for KEY the key itself, for TEXT the key whose value it goes on with
    known: Section | None = None  #: of a SECTION
    rule_id: str = ""  #: of a RULE; empty where the heading has none
    violates: bool | None = None  #: of an EXAMPLE


#: Keys whose value goes on until the next key; the text after any other key is a note.
_LONG_VALUES = frozenset({Key.BREAKS_IT, Key.DOES_NOT})


def read_lines(text: str, *, one_rule: bool = False) -> tuple[Line, ...]:
    """Give each line of a cleaned text its role.

    With `one_rule` the text has no rule headings: what is outside the known sections is read as the body of
    one rule.
    """
    reader = _Reader(one_rule=one_rule)
    for number, raw in enumerate(text.split("\n"), start=1):
        reader.read(number, raw)
    return tuple(reader.lines)


class _Reader:
    """Goes through the lines and keeps track of its position."""

    def __init__(self, *, one_rule: bool) -> None:
        self.lines: list[Line] = []
        self._one_rule = one_rule
        self._titled = False
        self._section: int | None = None
        self._known: Section | None = None
        self._rules = 1 if one_rule else 0  # how many were read
        self._in_rule = one_rule
        self._key: Key | None = None
        self._key_stood_alone = False  # the line above was a key without a value
        self._item_is_open = False  # the next line may go on with an example or a definition

    def read(self, number: int, raw: str) -> None:
        """Find the role of the next line."""
        stripped = raw.strip()
        indent = len(raw) - len(raw.lstrip())
        if not stripped:
            self._item_is_open, self._key_stood_alone = False, False
            line = self._text(number, raw, "", 1)
        elif stripped.startswith("\\"):
            line = self._text(number, raw, raw.rstrip().replace("\\", "", 1), indent + 2)
        else:
            line = (
                self._heading(number, raw, grammar.heading(stripped))
                or self._in_rule_body(number, raw, stripped, indent)
                or self._definition(number, raw, stripped, indent)
                or self._text(number, raw, raw.rstrip(), 1)
            )
        self.lines.append(line)

    def _heading(self, number: int, raw: str, found: Heading | None) -> Line | None:
        if found is None:
            return None
        column = max(1, len(raw.rstrip()) - len(found.text) + 1)
        if found.level == 1 and not self._titled and self._section is None and self._rules == int(self._one_rule):
            if found.escaped or grammar.section_name(found.text) is None:
                self._titled = True
                return Line(number=number, raw=raw, role=Role.TITLE, content=found.text, column=column)
        elif not found.escaped and (named := grammar.rule_id(found.text)) is not None:
            return self._rule(number, raw, *named)
        if found.level <= 2:
            return self._section_heading(number, raw, found, column)
        return self._small_heading(number, raw, found, column)

    def _section_heading(self, number: int, raw: str, found: Heading, column: int) -> Line:
        self._known = None if found.escaped else grammar.section_name(found.text)
        self._section = 0 if self._section is None else self._section + 1
        self._in_rule = self._one_rule and self._known is Section.RULES
        self._key, self._item_is_open = None, False
        return Line(
            number=number,
            raw=raw,
            role=Role.SECTION,
            content=found.text,
            column=column,
            section=self._section,
            known=self._known,
        )

    def _small_heading(self, number: int, raw: str, found: Heading, column: int) -> Line | None:
        if self._in_rule and not found.escaped and (key := grammar.key_name(found.text)) is not None:
            return self._key_line(number, raw, key, "", column)
        if found.level == 3 and not self._one_rule and (self._in_rule or self._known is Section.RULES):
            return self._rule(number, raw, "", f"\\{found.text}" if found.escaped else found.text)
        return None

    def _rule(self, number: int, raw: str, rule_id: str, title: str) -> Line:
        self._in_rule, self._key, self._item_is_open = True, None, False
        self._rules += 1
        title = title.removeprefix("\\")
        column = max(1, len(raw.rstrip()) - len(title) + 1)
        return Line(
            number=number,
            raw=raw,
            role=Role.RULE,
            content=title,
            column=column,
            rule=self._rules - 1,
            section=self._section,
            rule_id=rule_id,
        )

    def _in_rule_body(self, number: int, raw: str, stripped: str, indent: int) -> Line | None:
        if not self._in_rule:
            return None
        labelled = grammar.label(stripped)
        if labelled is not None and (labelled[1].bullet or self._key is Key.EXAMPLES):
            self._key, self._item_is_open = Key.EXAMPLES, True
            return self._line(number, raw, Role.EXAMPLE, labelled[1], indent, violates=labelled[0])
        if (found := grammar.key(stripped)) is not None:
            return self._key_line(number, raw, found[0], found[1].value, indent + found[1].offset + 1)
        item = grammar.bullet(stripped)
        if self._key is Key.PATTERN:
            return self._further_pattern(number, raw, stripped, item, indent)
        if self._key is Key.EXAMPLES and item is not None:
            self._item_is_open = False
            return self._line(number, raw, Role.UNLABELLED, item, indent)
        return None

    def _key_line(self, number: int, raw: str, key: Key, value: str, column: int) -> Line:
        self._key, self._key_stood_alone, self._item_is_open = key, not value, False
        role, content = Role.KEY, value
        if key is Key.PATTERN and value:
            role, content = Role.PATTERN, grammar.without_backticks(value)
        return Line(
            number=number,
            raw=raw,
            role=role,
            content=content,
            column=column,
            rule=self._rules - 1,
            section=self._section,
            key=key,
        )

    def _further_pattern(self, number: int, raw: str, stripped: str, item: Marked | None, indent: int) -> Line | None:
        """A line under ``Patterns:``: a pattern of its own if it is an item, in backticks, or the key stood alone."""
        value = stripped if item is None else item.value
        if item is None and not self._key_stood_alone and not stripped.startswith("`"):
            self._key = None
            return None
        found = Marked(name="", value=grammar.without_backticks(value), offset=len(stripped) - len(value), bullet=True)
        return self._line(number, raw, Role.PATTERN, found, indent)

    def _definition(self, number: int, raw: str, stripped: str, indent: int) -> Line | None:
        item = grammar.bullet(stripped) if self._known is Section.DEFINITIONS and not self._in_rule else None
        if item is None:
            return None
        self._item_is_open = True
        return self._line(number, raw, Role.DEFINITION, item, indent)

    def _text(self, number: int, raw: str, content: str, column: int) -> Line:
        if self._item_is_open:
            plain = Marked(name="", value=content.strip(), offset=0, bullet=False)
            return self._line(number, raw, Role.MORE, plain, len(raw) - len(raw.lstrip()))
        if self._known is Section.DEFINITIONS and not self._in_rule and content:
            self._item_is_open = True
            plain = Marked(name="", value=content.strip(), offset=0, bullet=False)
            return self._line(number, raw, Role.DEFINITION, plain, len(raw) - len(raw.lstrip()))
        key = self._key if self._key in _LONG_VALUES else None
        return Line(
            number=number,
            raw=raw,
            role=Role.TEXT,
            content=content,
            column=column,
            rule=self._rules - 1 if self._in_rule else None,
            section=self._section,
            key=key,
        )

    def _line(
        self, number: int, raw: str, role: Role, found: Marked, indent: int, *, violates: bool | None = None
    ) -> Line:
        return Line(
            number=number,
            raw=raw,
            role=role,
            content=found.value,
            column=indent + found.offset + 1,
            rule=self._rules - 1 if self._in_rule else None,
            section=self._section,
            key=self._key,
            violates=violates,
        )

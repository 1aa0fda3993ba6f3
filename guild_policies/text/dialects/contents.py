"""What the lines of a section say once the form of the answer is left out: text, and the section's own label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guild_policies.policy import Severity
from guild_policies.text import grammar
from guild_policies.text.answer_form import clause_with_demand, demand_in, names_an_answer, without_demands
from guild_policies.text.dialects.kinds import Kind
from guild_policies.text.dialects.labels import Label, is_content, read_label
from guild_policies.text.dialects.outline import Passage, is_ruler
from guild_policies.text.grammar import Key
from guild_policies.text.values import read_severity

Lines = tuple[tuple[int, str], ...]  #: indexes and texts

_MARKER = re.compile(
    r"[\s>*_-]*(?:output|label|verdict|decision|classification|answer)\s*[*_]*\s*[:：]\s*[*_`\s]*(?P<label>[\w-]+).*",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"[\s>*_#-]*[\w ]{0,40}[*_]*\s*[:：]\s*[*_`\s]*(?:\[[^\[\]]{0,60}\]|\{[^{}]{0,60}\}|<[^<>]{0,60}>)[*_`\s]*"
)
_LABEL_PROMPT = re.compile(
    r"[\s>*_-]*(?:answer|output|label|verdict|antwort|réponse|respuesta|resposta)[^:：]{0,40}[:：]\s*", re.IGNORECASE
)
#: *If unclear, return 0* says what counts in doubt, though it says it as a form.
CONDITION = re.compile(r"\b(?:if|when|unless|where|wenn|falls|si|quand|cuando|se|quando)\b", re.IGNORECASE)

_SIDES = {Kind.BREAKS: True, Kind.ALLOWED: False}
_LABEL = re.compile(r"\b[01]\b(?! ?(?:or|/|,) ?[01])")
#: *Return 1 for aimbots*: what the answer is for.
_ABOUT = re.compile(r"\s+(?:(?:for|bei|für|pour|para)\s+|(?=(?:if|when|wenn|falls|si|se)\s))(?P<text>\w.+)")
_BEHIND = 20  #: characters behind a demand in which its form may still be named


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A section's lines, sorted."""

    lines: Lines  #: without what is in `left_out`; of a line cut short, the rest
    left_out: Lines = ()  #: about the form of the answer
    label: Label | None = None  #: ``Output: INVALID``
    severity: Severity | None = None  #: ``Severity: high``


def contents_of(passage: Passage, lines: Sequence[str]) -> Contents:
    """Sort the lines of a passage."""
    kept: list[tuple[int, str]] = []
    left_out: list[tuple[int, str]] = []
    label: Label | None = None
    severity: Severity | None = None
    for place, line, fenced in _with_fences(passage, lines):
        key = grammar.key(line.strip()) if passage.name.kind is Kind.BREAKS and not fenced else None
        marker = None if _is_content_above(kept) else _MARKER.fullmatch(line)
        said = read_label(marker["label"]) if marker else None
        if key is not None and key[0] is Key.SEVERITY and (found := read_severity(key[1].value)) is not None:
            severity = found
        elif fenced or _is_prompt(line, passage.name.kind) or (said is not None and demand_in(line) is not None):
            left_out.append((place, line))
            label = label or said
        elif not is_ruler(line):
            text, demands = _without_demands(line, passage.name.kind)
            left_out += [(place, demands)] if demands else []
            if text.strip() or not demands:
                kept.append((place, text))
    return Contents(lines=tuple(kept), left_out=tuple(left_out), label=label, severity=severity)


def _without_demands(line: str, kind: Kind) -> tuple[str, str]:
    """A line's text and its demands on the answer. A list of what violates or is allowed is about messages."""
    if kind is Kind.EXAMPLES or (kind is Kind.UNCLEAR and CONDITION.search(line)):
        return line, ""
    if kind not in _SIDES or line.strip() == (said := grammar.without_list_mark(line.strip())):
        return without_demands(line)
    place = demand_in(said)
    if place is None or not names_an_answer(said[place[0] : place[1] + _BEHIND]):
        return line, ""
    if (label := _LABEL.search(said, place[0])) is not None and (label[0] == "1") is not _SIDES[kind]:
        return line, ""  # it contradicts its list: a person must see that
    cut = clause_with_demand(line)
    if cut is None and (about := _ABOUT.match(said, place[1])) is not None:
        cut = f"{line[: line.index(said)]}{about['text']}", said[: about.start()]
    return without_demands(line) if cut is None else cut


def _is_content_above(kept: Sequence[tuple[int, str]]) -> bool:
    """Whether the last line with words is the text of an example, so that a label below it is the example's."""
    return any(is_content(text) for _, text in [each for each in kept if each[1].strip()][-1:])


def block_of(lines: Lines) -> str:
    """The text of some lines, indented as little as can be."""
    texts = [text.rstrip() for _, text in lines]
    indents = [len(text) - len(text.lstrip()) for text in texts if text.strip()]
    whole = "\n".join(text[min(indents, default=0) :] for text in texts)
    return grammar.block(re.sub(r"\n{2,}(?=[ \t]*[-*•] )", "\n", re.sub(r"\n{3,}", "\n\n", whole)))


def _with_fences(passage: Passage, lines: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    """Each line, and whether it belongs to a code block that shows the form of an answer."""
    if passage.inline:
        yield passage.place, passage.inline, False
    fence: list[int] = []
    for place in passage.lines:
        if lines[place].strip().startswith("```"):
            fence.append(place)
            if len(fence) > 1 and fence[0] is not place:
                shows_form = any(demand_in(lines[each]) for each in fence)
                yield from ((each, lines[each], shows_form) for each in fence)
                fence = []
        elif fence:
            fence.append(place)
        else:
            yield place, lines[place], False
    yield from ((each, lines[each], False) for each in fence)


def _is_prompt(line: str, kind: Kind) -> bool:
    """Whether a line is where the content goes (``Content: [INPUT]``) or the answer (``Answer (0 or 1):``)."""
    if kind in _SIDES and line.strip() != grammar.without_list_mark(line.strip()):
        return _LABEL_PROMPT.fullmatch(line) is not None and demand_in(line) is not None
    if _PLACEHOLDER.fullmatch(line):
        return True
    return _LABEL_PROMPT.fullmatch(line) is not None and kind is not Kind.DEFINITIONS

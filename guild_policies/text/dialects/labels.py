"""Labelled examples as others write them: ``"text" -> 1``, ``VIOLATES: text``, ``Content:`` above ``Label:``.

A label counts only if it says which side an example is on. *Yes* and *no* do not: the question is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guild_policies.text import grammar
from guild_policies.text.dialects.kinds import CODE, Name, is_zero

_VIOLATES = (
    r"1|violat(?:es|ion|ing)|invalid|unsafe|flag(?:ged)?|block(?:ed)?|harmful|disallowed|prohibited"
    r"|forbidden|not allowed"
    r"|reject(?:ed)?|remove|toxic|spam|verstoß|verboten|viole|interdit|infringe|prohibido|viola|proibido|違反"
)
_ALLOWED = (
    r"0|safe|valid|allowed|allow|permitted|acceptable|ok(?:ay)?|non-?violat(?:es|ion|ing)|not a violation|no violation"
    r"|does not violate|not spam|ham|non-?toxic|benign|clear|pass|erlaubt|kein verstoß|autorisé|permitido|許可"
)
_SIDE = {True: re.compile(_VIOLATES, re.IGNORECASE), False: re.compile(_ALLOWED, re.IGNORECASE)}
_LABEL = rf"(?:{_VIOLATES}|{_ALLOWED}|(?:[DR]-)?[A-Z]{{1,6}}[-.]?\d{{1,2}}(?:\.\w{{1,3}})?|[A-Z]{{1,4}}\d?=[01])"
_MARKS = r"[\s*_`'\"\[(]*"
_LABELS = rf"{_MARKS}{_LABEL}[\s*_`'\"\])]*(?:(?:[,/+&]| and ){_MARKS}{_LABEL}[\s*_`'\"\])]*)*"
_COMMENT = r"(?:\s*(?:[(（–—;-]|because\b).*)?"

_ARROW = r"(?:->|→|=>|⇒|➜|=)"
_BEHIND = re.compile(
    rf"(?P<text>.+?)\s*(?:{_ARROW}|(?<=[\"”’»』」)\s])[:：–—|-])\s*(?:(?:label|answer"
    rf"|output)\s*[:=]\s*)?(?P<label>{_LABELS})"
    rf"(?P<comment>{_COMMENT})\.?",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"(?P<text>.+?)\s*[(\[](?P<label>{_LABELS})[)\]]\.?", re.IGNORECASE)
_IN_FRONT = re.compile(
    rf"(?:[(\[](?P<inside>{_LABELS})[)\]]|(?P<label>{_LABELS}))\s*(?:{_ARROW}|[:：–—|-]|(?=[\"“„«「]))\s*(?P<text>.+)",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"(?P<mark>[✅✔☑🟢❌✖❎🚫⛔🔴])\ufe0f?\s*[:：–—-]?\s*(?P<text>.+)")
_GOOD = frozenset("✅✔☑🟢")
_FIELD = re.compile(
    r"[*_]*(?P<name>content|input|text|message|user|post|example|q|inhalt|nachricht|contenu|mensaje|mensagem|内容"
    r"|label|answer|output|classification|verdict|expected(?: (?:output|label|response|answer))?|a|antwort|réponse"
    r"|respuesta|resposta|回答)[*_]*\s*[:：]\s*[*_]*\s*(?P<value>.*)",
    re.IGNORECASE,
)
_TEXTS = frozenset({
    "content", "input", "text", "message", "user", "post", "example", "q", "inhalt", "nachricht", "contenu", "mensaje",
    "mensagem", "内容",
})  # fmt: skip
_JSON = re.compile(
    r"[\"'](?:violation|violates|flagged|unsafe)[\"']\s*:\s*[\"']?(?P<value>[01]|true|false)\b", re.IGNORECASE
)
_EXAMPLE_LEAD = re.compile(r"[\s*_>-]*examples?\s*\d*[*_]*\s*[:：][*_]*\s*(?P<text>\S.*)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[(\[](?:label\s*[:=]\s*)?(?P<label>[^()\[\]]+)[)\]]", re.IGNORECASE)
_ALL_ZERO = re.compile(r"\ball(?: \w+){0,2}\s*=\s*0", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|「([^」]+)」')
_ENDS_QUOTED = re.compile(r"(?P<said>.*?)\s*[:：–—-]+\s*(?P<quotes>[\"“„«「].*[\"”“»」])\W*$")
#: A label of its own for each class: ``S=1, all others=0``.
PER_LETTER = re.compile(r"\b([A-Z]{1,4}\d?)\s*=\s*([01])\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundExample:
    """An example with its label."""

    text: str
    violates: bool
    code: str = ""  #: of the class that it is an example of
    place: int  #: index of its line


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundExamples:
    """What was read from some lines."""

    found: tuple[FoundExample, ...]
    rest: tuple[tuple[int, str], ...]  #: lines that are not examples, and what a line says besides its examples


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Which side an example is on, and of which class."""

    violates: bool
    code: str = ""


def read_label(text: str) -> Label | None:
    """The label that a text is; None for no label, and for several that contradict each other."""
    if (json := _JSON.search(text)) is not None:
        return Label(violates=json["value"].casefold() in ("1", "true"))
    letters = PER_LETTER.findall(text)
    if letters:
        code = next((code for code, digit in letters if digit == "1"), "")
        return Label(violates=bool(code), code=code)
    read = [_one_label(each) for each in re.split(r"[,/+&]| and ", text) if each.strip("*_`'\"[]() ")]
    known = [each for each in read if each is not None]
    named = [each for each in known if not each.code] or known  # a side that is named beats a code's number
    if not known or len(known) != len(read) or len({each.violates for each in named}) > 1:
        return None
    return Label(violates=named[0].violates, code=next((each.code for each in known if each.code), ""))


def is_content(line: str) -> bool:
    """Whether a line is the text of an example whose label is on a line below: ``Content: ...``."""
    field = _FIELD.fullmatch(grammar.without_list_mark(line.strip()))
    return field is not None and field["name"].casefold() in _TEXTS


def read_examples(lines: Sequence[tuple[int, str]], default: Label | None, *, in_front: bool = True) -> FoundExamples:
    """Read examples, one a line or a few lines each.

    Args:
        lines: indexes and texts.
        default: the label of what has none of its own: that of the section.
        in_front: whether labels in front count; ``SP2: ...`` may also say what a label means.
    """
    reader = _Reader(default, in_front=in_front, in_fields=any(is_content(line) for _, line in lines))
    for place, line in lines:
        reader.read(place, line)
    reader.finish()
    return FoundExamples(found=tuple(each for each in reader.found if each.text), rest=tuple(reader.rest))


class _Reader:
    """Goes through the lines of a section and remembers the text that waits for its label."""

    def __init__(self, default: Label | None, *, in_front: bool, in_fields: bool) -> None:
        self.found: list[FoundExample] = []
        self.rest: list[tuple[int, str]] = []
        self._default = default
        self._plain_default = None if in_fields else default  # beside ``Content:`` other lines are remarks
        self._in_front = in_front
        self._waiting: tuple[int, str, str] | None = None  # place, text, and the line as it was

    def read(self, place: int, line: str) -> None:
        """Read the next line."""
        said = grammar.without_list_mark(line.strip())
        field = _FIELD.fullmatch(said)
        if field is not None and field["name"].casefold() in _TEXTS:
            self.finish()
            self._waiting = place, _unwrapped(field["value"]), line
        elif self._waiting is not None and not self._waiting[1] and said:
            self._waiting = place, _unwrapped(said.removeprefix("> ")), f"{self._waiting[2]} {said}"
        elif self._waiting is not None and field is not None and (label := read_label(field["value"])) is not None:
            self.found.append(_sample(self._waiting[1], label, self._waiting[0]))
            self._waiting = None
        elif said or self._waiting is None:
            self.finish()
            found = list(_on_one_line(said, place, self._plain_default, in_front=self._in_front)) if said else []
            self.found += found
            self.rest += _left(line, place, found)

    def finish(self) -> None:
        """No label came for the waiting text: it gets the section's label, or is not an example."""
        if self._waiting is not None and self._default is not None:
            self.found.append(_sample(self._waiting[1], self._default, self._waiting[0]))
        elif self._waiting is not None:
            self.rest.append((self._waiting[0], self._waiting[2]))
        self._waiting = None


def without_inline(lines: Sequence[tuple[int, str]]) -> tuple[tuple[tuple[int, str], ...], tuple[FoundExample, ...]]:
    """The lines of a text without labelled examples on lines of their own (``Example: "text" => 1``), and those."""
    kept: list[tuple[int, str]] = []
    samples: list[FoundExample] = []
    for place, line in lines:
        lead = _EXAMPLE_LEAD.fullmatch(line)
        found = read_examples([(place, lead["text"])], None, in_front=False).found if lead else ()
        samples += found
        kept += [] if found else [(place, line)]
    return tuple(kept), tuple(samples)


def label_of_heading(name: Name) -> Label | None:
    """The label of all examples under a heading: ``Example 1 (Label: 1)``, ``Violating examples``."""
    if PER_LETTER.search(name.text):
        return read_label(name.text)
    for match in _IN_BRACKETS.finditer(name.text):
        if (label := read_label(match["label"].strip())) is not None:
            return label
    if _ALL_ZERO.search(name.text):
        return Label(violates=False)
    return None if name.violates is None else Label(violates=name.violates)


def quoted_at_the_end(line: str, label: Label, place: int) -> tuple[str, tuple[FoundExample, ...]]:
    """What a list item says, and the quoted examples that it ends with: ``SP2.a Cold adverts – “Buy rings here”``."""
    match = _ENDS_QUOTED.fullmatch(line.rstrip())
    if match is None:
        return line, ()
    texts = ("".join(groups) for groups in _QUOTED.findall(match["quotes"]))
    return match["said"], tuple(_sample(text, label, place) for text in texts)


def _one_label(text: str) -> Label | None:
    bare = text.strip("*_`'\"[]() .")
    if (code := CODE.fullmatch(re.sub(r"^[DR]-(?=[A-Z])", "", bare))) is not None:
        whole = f"{code['family']}{code['number']}"
        return Label(violates=not is_zero(whole), code=whole)
    side = next((side for side, words in _SIDE.items() if words.fullmatch(bare)), None)
    return None if side is None else Label(violates=side)


def _on_one_line(said: str, place: int, default: Label | None, *, in_front: bool) -> Iterator[FoundExample]:
    picture = _PICTURE.fullmatch(said)
    if picture is not None:
        yield _sample(picture["text"], Label(violates=picture["mark"] not in _GOOD), place)
        return
    for pattern in (_BEHIND, *((_IN_FRONT,) if in_front else ()), _BRACKETED):
        match = pattern.fullmatch(said)
        label = None if match is None else read_label(match.groupdict().get("inside") or match["label"])
        if match is not None and label is not None:
            yield _sample(match["text"], label, place)
            return
    if default is None or said.endswith((":", "：")):
        return
    quoted = quoted_at_the_end(said, default, place)[1]
    yield from quoted or (_sample(text, default, place) for text in _whole(said))


def _whole(said: str) -> list[str]:
    """The texts of a line that is one example, or several in quotes."""
    quotes = ["".join(groups) for groups in _QUOTED.findall(said)]
    between = re.sub(r"\W|\b(?:or|and|oder|und|ou|et|o|y|e)\b", "", _QUOTED.sub("", said))
    return quotes if quotes and not between else [said]


def _left(line: str, place: int, read: Sequence[FoundExample]) -> list[tuple[int, str]]:
    """What a line says beside the examples that were read from it: what they are of, or why."""
    if not read:
        return [(place, line)]
    said = grammar.without_list_mark(line.strip())
    behind = _BEHIND.fullmatch(said)
    if behind is not None and read[0].text == _unwrapped(behind["text"]):
        remark = behind["comment"].strip(" ()–—;-")
        return [(place, f"- “{read[0].text}”: {remark}")] if re.search(r"\w{3}", remark) else []
    front = _ENDS_QUOTED.fullmatch(line.rstrip())
    if front is None or not re.search(r"\w", grammar.without_list_mark(front["said"])):
        return []
    return [] if read_label(grammar.without_list_mark(front["said"].strip())) is not None else [(place, front["said"])]


def _sample(text: str, label: Label, place: int) -> FoundExample:
    return FoundExample(text=_unwrapped(text), violates=label.violates, code=label.code, place=place)


def _unwrapped(text: str) -> str:
    return grammar.unquoted(text.strip().strip("`").strip("*").strip())


def with_code(sample: FoundExample, code: str) -> FoundExample:
    """The example as one of a class."""
    return sample if sample.code else replace(sample, code=code)

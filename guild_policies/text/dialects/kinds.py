"""What a section of a policy is about, found from its heading: what violates, what is safe, definitions, examples.

The names are those of published policies for models (``VIOLATES (1)``, ``Allowed Content (X0)``, ``Includes``) and what
servers call the same things, also in German, French, Spanish, Portuguese and Japanese.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from guild_policies.text.answer_words import FORMAT_HEADERS


class Kind(StrEnum):
    """What a section is about."""

    BREAKS = "breaks"
    ALLOWED = "allowed"
    DEFINITIONS = "definitions"
    EXAMPLES = "examples"
    UNCLEAR = "unclear"
    PURPOSE = "purpose"
    ANSWER = "answer"  #: the form of the answer
    OTHER = "other"


#: A code such as ``SP2`` or ``H-1``; the number says which class, and 0 is what is allowed.
CODE = re.compile(r"\b(?P<family>[A-Z]{1,6})[-.]?(?P<number>\d{1,2})(?!\d)(?P<item>\.\w{1,3})?\b")
#: A code without a number in front of a name in brackets, or alone in brackets: ``S (Sexual)``, ``(DRUGS) Drugs``.
_LETTERS = re.compile(r"^(?P<front>[A-Z]{1,4}\d?)\s*\(|\((?P<inside>[A-Z]{2,8})\)")

_DIGIT = re.compile(r"[(\[](?:label\s*[:=]?\s*)?(?P<digit>[01])[)\]]", re.IGNORECASE)

_EXAMPLES = r"examples?|few[- ]?shots?|demonstrations?|samples?|test cases?|beispiele?|exemples?|ejemplos?|exemplos?|例"
_CLEARLY_ALLOWED = (
    r"(?:does|do)(?: not|n't) violate|not (?:a )?violations?|no violations?(?! (?:are|is|will)\b)|non[- ]?violat\w*"
    r"|not (?:prohibited|forbidden|banned|disallowed)|kein verstoß|keine verstöße|nicht verboten\w*|pas interdit\w*"
    r"|no prohibid\w*|não proibid\w*|ne viole pas|no infringe|não viola|違反しない|対象外"
)
_BREAKS = (
    r"(?:not|never) (?:be )?(?:allowed|permitted|acceptable|safe|ok|tolerated|valid)|dis-?allow\w*|prohibit\w*"
    r"|forbidden|banned|unsafe|invalid|unacceptable|violat(?:es?|ing|ive|ions?)|what (?:breaks|counts)"
    r"|breaks the rules?"
    r"|(?:must|should|to) be (?:flagged|removed|blocked)|flagged|nicht erlaubt\w*|verboten\w*"
    r"|unzulässig\w*|verst(?:öße|oß)"
    r"|interdit\w*|enfreint|non autorisé\w*|prohibid\w*|no permitid\w*|infringe|proibid\w*|não permitid\w*|viola"
    r"|禁止\w*|違反\w*"
)
_ALLOWED = (
    r"allow(?:ed|s)?|permitted|permissible|acceptable|safe|compliant|benign|valid|exceptions?|exempt\w*|exemptions?"
    r"|exclusions?|out of scope|not flagged|fine|erlaubt\w*|zulässig\w*|ausnahmen?|autorisé\w*|permise?s?|exceptions"
    r"|permitid\w*|excepciones|exceções|許可\w*|例外"
)
_NAMES = {
    Kind.ANSWER: rf"{FORMAT_HEADERS}|(?:always )?(?:respond|answer|reply|output) as follows|response|output",
    Kind.DEFINITIONS: (
        r"definitions?(?! of labels?\b)|glossary|(?:key )?terms|terminology|begriffe|definitionen"
        r"|définitions?|definici(?:ón|ones)|definiç(?:ão|ões)|定義|用語"
    ),
    Kind.UNCLEAR: (
        r"ambigu\w*|unclear|in doubt|unsure|uncertain\w*|edge cases?|borderline|gr[ae]y areas?|escalations?"
        r"|tie[- ]?break\w*|zweifel\w*|unklar\w*|doute|cas limites|dudas?|dúvidas?|曖昧\w*|判断に迷\w*"
    ),
    Kind.PURPOSE: r"goals?|purpose|overview|objectives?|scope|summary|introduction|ziel|zweck|objectif|objetivo|目的",
}


def _words(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE)


_IS_EXAMPLES = _words(_EXAMPLES)
_IS_CLEARLY_ALLOWED = _words(_CLEARLY_ALLOWED)
_IS_BREAKS = _words(_BREAKS)
_IS_ALLOWED = _words(_ALLOWED)
_IS_NAMED = tuple((kind, _words(names)) for kind, names in _NAMES.items())
_ACT = r"(?:flag|report|remove|block|delete)(?: it| this| content| the message| messages?)?(?: if| when| that)?"
_INCLUDES = re.compile(
    rf"(?:this policy )?(?:includes?|in scope|covered)|{_ACT}|(?:should|must) not|don'?ts?", re.IGNORECASE
)
_EXCLUDES = re.compile(
    rf"(?:this policy )?(?:excludes?|does not include|not covered)|(?:do not|don't|never) {_ACT}|can|may|dos?",
    re.IGNORECASE,
)
#: What is said of a class at the end of its line or in a cell, beside the words of headings.
_TOLD = {
    False: rf"{_CLEARLY_ALLOWED}|{_ALLOWED}|ok(?:ay)?|harmless|keep|no action|[✅✔☑🟢]\ufe0f?",
    True: (
        rf"{_BREAKS}|against (?:the )?rules?|breaks? (?:the |a )?rules?|a violation"
        r"|remove|delete|block(?:ed)?|reject(?:ed)?|flag|[❌✖❎🚫⛔🔴]\ufe0f?"
    ),
}
_CONDITION = r"(?:\s*[,;]|\s+(?:with|in|if|when|unless|only|for|but|by|nur|mit|wenn|si|con|se|com)\b).*"
_IS_TOLD = {
    side: re.compile(rf"(?:(?:always|generally|usually|is|is it|is this) )?(?:{words})(?:{_CONDITION})?", re.IGNORECASE)
    for side, words in _TOLD.items()
}
_PIECES = re.compile(r"\s+[-–—|]+\s+|\s*(?:->|→|=>|⇒|[:：()\[\]|=])\s*|\s+(?=[✅✔☑🟢❌✖❎🚫⛔🔴])")
_GENERIC = _words(
    rf"{_CLEARLY_ALLOWED}|{_BREAKS}|{_ALLOWED}|content|behaviou?rs?|messages?|posts?|items?|topics?"
    rf"|policy|the|label|criteria"
    r"|includes?|excludes?|in scope|what is|is|are|a|inhalte?|contenus?|contenidos?|conteúdos?"
)
_MOST_WORDS_UNMARKED = 3  #: in a heading without any mark
_MOST_WORDS = 16  #: in a heading; what is longer is a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a heading says."""

    text: str  #: without marks and pictures
    kind: Kind
    violates: bool | None = None  #: of BREAKS and ALLOWED, and of examples whose heading says which they are
    code: str = ""  #: ``SP2``; with more than digits it stands for a rule
    subject: str = ""  #: the words that are not about the class, lower case: ``s (sexual)`` of ``S (Sexual) - SAFE``
    numbered: bool = False  #: the kind was told from the code's number alone


def name_of(text: str) -> Name:
    """Read a heading's text."""
    code = code_in(text)
    kind, violates, numbered = _kind(text, code)
    return Name(text=text, kind=kind, violates=violates, code=code, subject=subject_of(text), numbered=numbered)


def code_in(text: str) -> str:
    """The first code of a heading or a list item; empty where it has none."""
    if (match := CODE.search(text)) is not None:
        return match[0]
    letters = _LETTERS.search(text)
    code = "" if letters is None else letters["front"] or letters["inside"]
    return "" if _side(code) is not None else code  # SAFE (0) is not a code


def is_zero(code: str) -> bool:
    """Whether a code's number says that it is about what is allowed."""
    match = CODE.fullmatch(code)
    return match is not None and int(match["number"]) == 0


def side_told(text: str) -> bool | None:
    """Whether a class's line or cell says that it violates (True) or is allowed (False): ``RC1: News (allowed)``.

    None where it says neither, or both.
    """
    if (digit := _DIGIT.search(text)) is not None:
        return digit["digit"] == "1"
    pieces = [piece.strip(" *_`.") for piece in _PIECES.split(text)]
    told = {side for piece in pieces if (side := _piece_told(piece)) is not None}
    return told.pop() if len(told) == 1 else None


def _piece_told(piece: str) -> bool | None:
    """The side that a piece of a line is the name of; *not allowed* is tried before *allowed*."""
    if _IS_CLEARLY_ALLOWED.match(piece):
        return False
    return next((side for side in (True, False) if _IS_TOLD[side].fullmatch(piece)), None)


def subject_of(text: str) -> str:
    """What a heading is about beside its class."""
    if _INCLUDES.fullmatch(text) or _EXCLUDES.fullmatch(text):
        return ""
    bare = re.sub(r"(?<!\w)\d(?!\w)", " ", _GENERIC.sub(" ", _DIGIT.sub(" ", text)))
    return " ".join(re.sub(r"[^\w()]+", " ", bare).casefold().split())


def is_pure(name: Name) -> bool:
    """Whether a heading says nothing but what kind of section follows, so that it needs no mark to be one."""
    if name.violates is not None and name.kind in (Kind.BREAKS, Kind.ALLOWED):
        return not name.subject
    return name.kind is not Kind.OTHER and not name.numbered and len(name.text.split()) <= _MOST_WORDS_UNMARKED


def _kind(text: str, code: str) -> tuple[Kind, bool | None, bool]:
    if len(text.split()) > _MOST_WORDS:
        return Kind.OTHER, None, False
    violates = _side(text)
    if _IS_EXAMPLES.search(text):
        return Kind.EXAMPLES, violates, False
    if (digit := _DIGIT.search(text)) is not None or violates is not None:
        violates = digit["digit"] == "1" if digit is not None else violates
        return (Kind.BREAKS if violates else Kind.ALLOWED), violates, False
    if CODE.fullmatch(code):
        zero = is_zero(code)
        return (Kind.ALLOWED if zero else Kind.BREAKS), not zero, True
    return next((kind for kind, names in _IS_NAMED if names.search(text)), Kind.OTHER), None, False


def _side(text: str) -> bool | None:
    """Whether a heading is about what violates or about what is allowed; None for neither."""
    if _EXCLUDES.fullmatch(text) or _IS_CLEARLY_ALLOWED.search(text):
        return False
    if _INCLUDES.fullmatch(text) or _IS_BREAKS.search(text):
        return True
    return False if _IS_ALLOWED.search(text) else None

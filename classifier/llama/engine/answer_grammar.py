"""The grammar of the final message: what may come next.

The form is ``{"violation":1,"rules":["R1","R3"],"messages":[2],"rationale":"..."}`` without spaces, with at least one
rule of the policy and one message of the content, none twice, in any order. A clear answer ends with its digit, so the
grammar starts behind the digit 1.

Rules and messages are chosen among whole *options*: a name with the marks behind it, up to the next name. An option
begins and ends where the model's tokenizer splits whatever stands beside it, because rule ids and numbers are letters
and digits and the marks are not. So the tokens of an option are those that it has in the finished answer, and a writer
that picks among them writes what the tokenizer would have made of the whole. A mark that is forced alone would not:
behind ``R1`` the closing quote is not a separate token in ``"],"messages``.

The rationale is free text and goes byte by byte, because a token may hold half a character.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CLEAR = '{"violation":0}'
OPENING = '{"violation":'  #: the answer up to its digit

#: What the rationale opens with in the tokenizer's eyes: it takes all marks in a row for one piece.
RATIONALE_MARK = '":"'
CLOSING = '"}'

LONGEST_RATIONALE = 600  #: characters between the quotes; then the string is closed
LONGEST_RATIONALE_TOKENS = 600  #: the same in tokens, for scripts of which a character takes several
_UNFINISHED = "…"  # before the closing quote of a rationale that has no room to go on
_SLACK = 6  # tokens that a character or an escape may still take when there is no room for another one


@dataclass(frozen=True, slots=True)
class Naming:
    """The form from the digit on, or from the name on that was written last, up to the rationale."""

    rules: tuple[str, ...]  #: that were not named yet, as JSON writes them
    messages: tuple[int, ...]  #: the same of messages
    in_messages: bool = False  #: the rules are complete
    before: str = ""  #: what is written before the next name whichever it is

    def options(self) -> Mapping[str, Naming | None]:
        """What may be written next, each with what follows: more naming, or None for the rationale.

        No option is the beginning of another one.
        """
        return self._messages() if self.in_messages else self._rules()

    def _rules(self) -> dict[str, Naming | None]:
        found: dict[str, Naming | None] = {}
        for rule in self.rules:
            left = tuple(other for other in self.rules if other != rule)
            found[f'{self.before}{rule}"],"messages":['] = Naming((), self.messages, in_messages=True)
            if left:
                found[f'{self.before}{rule}","'] = Naming(left, self.messages)
        return found

    def _messages(self) -> dict[str, Naming | None]:
        found: dict[str, Naming | None] = {}
        for message in self.messages:
            left = tuple(other for other in self.messages if other != message)
            found[f'{message}],"rationale{RATIONALE_MARK}'] = None
            if left:
                found[f"{message},"] = Naming((), left, in_messages=True)
        return found


def after_violation(rule_ids: Sequence[str], *, messages: int = 1) -> Naming:
    """The form behind ``{"violation":1`` for a policy with these rules and content of this many messages."""
    names = tuple(json.dumps(rule_id)[1:-1] for rule_id in rule_ids)
    return Naming(names, tuple(range(1, messages + 1)), before=',"rules":["')


def longest_answer(rule_ids: Sequence[str], *, messages: int = 1) -> int:
    """The most tokens that a final message can have: a token has one byte at least."""
    named = list(range(1, messages + 1))
    form = {"violation": 1, "rules": list(rule_ids), "messages": named, "rationale": _UNFINISHED}
    return len(json.dumps(form, separators=(",", ":"))) + LONGEST_RATIONALE_TOKENS + _SLACK


class State:
    """How far the rationale is written. This class is its end: nothing may come next."""

    __slots__ = ()

    def step(self, byte: int) -> State | None:  # noqa: ARG002  # the end is the only state that looks at no byte
        """The state after one more byte, or None when the byte is not allowed here."""
        return None

    @property
    def done(self) -> bool:
        """Whether the form is complete."""
        return type(self) is State

    @property
    def closed(self) -> bool:
        """Whether the closing quote is written."""
        return True

    def ending(self, *, full: bool) -> str:
        """The text that completes the form; empty while there is a choice. `full`: there is no room for more tokens."""
        del full
        return ""


def rationale(*, longest: int = LONGEST_RATIONALE, closing: str = CLOSING) -> State:
    """The state behind the quote that opens the rationale, which has room for `longest` characters.

    Args:
        closing: ASCII that begins with the closing quote; what is written behind the text.
    """
    return Text(longest, b"", closing, empty=True)


def advance(state: State, data: bytes) -> State | None:
    """The state after `data`, or None when some of it is not allowed there. Empty `data` makes no progress: None."""
    at: State | None = state if data else None
    for byte in data:
        if at is None:
            break
        at = at.step(byte)
    return at


_QUOTE, _BACKSLASH = b'"\\'
_PLAIN_ESCAPES = b'"\\/nrt'
_HEX_DIGITS = b"0123456789abcdefABCDEF"


@dataclass(frozen=True, slots=True)
class _Closed(State):
    """Behind the closing quote: only the bracket, or what else closes, may come."""

    left: str

    def step(self, byte: int) -> State | None:
        if byte != ord(self.left[0]):
            return None
        return _Closed(self.left[1:]) if self.left[1:] else State()

    def ending(self, *, full: bool) -> str:
        del full
        return self.left


@dataclass(frozen=True, slots=True)
class Text(State):
    """Inside the rationale: `room` characters may still come, `begun` is one that is not complete yet."""

    room: int
    begun: bytes
    closing: str
    empty: bool = False  #: nothing is written yet, so it cannot be closed

    def step(self, byte: int) -> State | None:
        """As `State.step`."""
        if byte == _QUOTE and not self.begun:
            return None if self.empty else _Closed(self.closing[1:])
        character = self.begun + bytes([byte])
        missing = _missing(character)
        if missing is None or not self.room:
            return None
        return Text(self.room, character, self.closing) if missing else Text(self.room - 1, b"", self.closing)

    @property
    def closed(self) -> bool:
        """As `State.closed`."""
        return False

    def ending(self, *, full: bool) -> str:
        """As `State.ending`."""
        if not self.room:
            return self.closing
        return f"{_UNFINISHED}{self.closing}" if full and not self.begun and not self.empty else ""


def _missing(character: bytes) -> int | None:
    """How many bytes a character that begins so needs at least; None when no allowed character does."""
    if character[0] == _BACKSLASH:
        return _missing_of_escape(character)
    return _missing_of_utf8(character)


def _missing_of_escape(escape: bytes) -> int | None:
    """JSON's escapes, without those for half a character (surrogates) and for control characters but \\n \\r \\t."""
    if len(escape) == 1:
        return 1
    if escape[1] != ord("u"):
        return 0 if len(escape) == 2 and escape[1] in _PLAIN_ESCAPES else None
    digits = escape[2:].lower()
    if len(digits) > 4 or any(digit not in _HEX_DIGITS for digit in digits):
        return None
    surrogate = len(digits) >= 2 and digits[:1] == b"d" and digits[1] >= ord("8")
    control = len(digits) >= 3 and digits[:3] in (b"000", b"001")
    return None if surrogate or control else 4 - len(digits)


#: First byte of a UTF-8 character -> the range of its second byte, where it is narrower than 80..BF (RFC 3629).
_NARROW = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}


def _missing_of_utf8(character: bytes) -> int | None:
    first = character[0]
    if first < 0x80:
        return 0 if 0x20 <= first != 0x7F else None
    if not 0xC2 <= first <= 0xF4:
        return None
    length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    low, high = _NARROW.get(first, (0x80, 0xBF))
    for position, byte in enumerate(character[1:]):
        if not (low <= byte <= high if position == 0 else 0x80 <= byte <= 0xBF):
            return None
    return length - len(character)

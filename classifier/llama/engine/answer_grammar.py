"""The form of the final message, byte by byte: what may come next after what is written.

The form is ``{"violation":1,"rules":["R1","R3"],"messages":[2],"rationale":"..."}`` without spaces, with at least one
rule of the policy and one message of the prompt, none twice, in any order. The grammar starts behind the digit 1 (a
clear answer has ended there) and works on bytes, because a token may hold half a character or cross from one part of
the form into the next.

A state is a value: `advance` gives the next state or None, `forced` gives the text that has no alternative.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

CLEAR = '{"violation":0}'
OPENING = '{"violation":'  #: the answer up to its digit

LONGEST_RATIONALE = 600  #: bytes between the quotes; then the string is closed

_QUOTE, _BACKSLASH, _COMMA, _BRACKET = b'"\\,]'
_PLAIN_ESCAPES = b'"\\/nrt'
_HEX_DIGITS = b"0123456789abcdefABCDEF"


class State:
    """How far the form is written. This one is its end: nothing may come next."""

    __slots__ = ()

    def step(self, byte: int) -> State | None:  # noqa: ARG002  # the end is the only state that looks at no byte
        """The state after one more byte, or None when the byte is not allowed here."""
        return None

    def only(self) -> int | None:
        """The one byte that may come next; None when there is a choice, or nothing more to write."""
        return None

    @property
    def done(self) -> bool:
        """Whether the form is complete."""
        return type(self) is State


def advance(state: State, data: bytes) -> State | None:
    """The state after `data`, or None when some of it is not allowed there. Empty `data` is no progress: None."""
    at: State | None = state if data else None
    for byte in data:
        if at is None:
            break
        at = at.step(byte)
    return at


def forced(state: State) -> tuple[bytes, State]:
    """Everything that has no alternative from here on, and the state behind it."""
    text = bytearray()
    while (byte := state.only()) is not None and (following := state.step(byte)) is not None:
        text.append(byte)
        state = following
    return bytes(text), state


def after_violation(rule_ids: Sequence[str], *, messages: int = 1, longest_rationale: int = LONGEST_RATIONALE) -> State:
    """The state behind ``{"violation":1`` for a policy with these rules and a prompt with this many messages."""
    rationale = _Fixed(b',"rationale":"', _Text(longest_rationale, b"", empty=True))
    numbers = tuple(str(number).encode() for number in range(1, messages + 1))
    numbered = _Fixed(b',"messages":[', _Number(b"", numbers, rationale))
    bodies = tuple(json.dumps(rule_id)[1:-1].encode() for rule_id in rule_ids)
    return _Fixed(b',"rules":["', _RuleId(b"", bodies, numbered))


def longest_answer(rule_ids: Sequence[str], *, messages: int = 1, longest_rationale: int = LONGEST_RATIONALE) -> int:
    """The most bytes that a final message can have."""
    named = list(range(1, messages + 1))
    form = {"violation": 1, "rules": list(rule_ids), "messages": named, "rationale": ""}
    return len(json.dumps(form, separators=(",", ":"))) + longest_rationale


@dataclass(frozen=True, slots=True)
class _Fixed(State):
    """Text without a choice, then another state."""

    rest: bytes
    then: State

    def step(self, byte: int) -> State | None:
        if byte != self.rest[0]:
            return None
        return _Fixed(self.rest[1:], self.then) if len(self.rest) > 1 else self.then

    def only(self) -> int | None:
        return self.rest[0]


@dataclass(frozen=True, slots=True)
class _RuleId(State):
    """Inside the quotes of a rule's id; `left` are the ids that were not named yet, as JSON writes them."""

    written: bytes
    left: tuple[bytes, ...]
    then: State

    def step(self, byte: int) -> State | None:
        if byte == _QUOTE and self.written in self.left:
            return _AfterRule(_without(self.written, self.left), self.then)
        written = self.written + bytes([byte])
        return _RuleId(written, self.left, self.then) if _begins(written, self.left) else None

    def only(self) -> int | None:
        length = len(self.written)
        choices = {
            rule_id[length] if len(rule_id) > length else _QUOTE
            for rule_id in self.left
            if rule_id.startswith(self.written)
        }
        return choices.pop() if len(choices) == 1 else None


@dataclass(frozen=True, slots=True)
class _AfterRule(State):
    """Behind the closing quote of a rule's id."""

    left: tuple[bytes, ...]
    then: State

    def step(self, byte: int) -> State | None:
        if byte == _BRACKET:
            return self.then
        if byte == _COMMA and self.left:
            return _Fixed(b'"', _RuleId(b"", self.left, self.then))
        return None

    def only(self) -> int | None:
        return None if self.left else _BRACKET


@dataclass(frozen=True, slots=True)
class _Number(State):
    """Inside the list of messages; `left` are the numbers that were not named yet."""

    written: bytes
    left: tuple[bytes, ...]
    then: State

    def step(self, byte: int) -> State | None:
        if self.written in self.left and byte == _BRACKET:
            return self.then
        if self.written in self.left and byte == _COMMA and len(self.left) > 1:
            return _Number(b"", _without(self.written, self.left), self.then)
        written = self.written + bytes([byte])
        return _Number(written, self.left, self.then) if _begins(written, self.left) else None

    def only(self) -> int | None:
        length = len(self.written)
        choices = {number[length] for number in self.left if len(number) > length and number.startswith(self.written)}
        if self.written in self.left:
            choices |= {_BRACKET, _COMMA} if len(self.left) > 1 else {_BRACKET}
        return choices.pop() if len(choices) == 1 else None


def _without(one: bytes, of: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(other for other in of if other != one)


def _begins(written: bytes, names: tuple[bytes, ...]) -> bool:
    return any(name.startswith(written) for name in names)


@dataclass(frozen=True, slots=True)
class _Text(State):
    """Inside the rationale: `room` bytes may still come, `begun` is a character that is not complete yet."""

    room: int
    begun: bytes
    empty: bool = False

    def step(self, byte: int) -> State | None:
        if byte == _QUOTE and not self.begun:
            return None if self.empty else _Fixed(b"}", State())
        character = self.begun + bytes([byte])
        missing = _missing(character)
        if missing is None or len(character) + missing > self.room:
            return None
        return _Text(self.room, character) if missing else _Text(self.room - len(character), b"")

    def only(self) -> int | None:
        return _QUOTE if not self.room else None


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

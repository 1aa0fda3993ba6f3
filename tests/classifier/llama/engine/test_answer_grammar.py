"""Whatever walks through the grammar comes out as JSON in the agreed form, with known rules, each once."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.llama.engine.answer_grammar import State, advance, after_violation, forced, longest_answer

RULE_IDS = st.lists(
    st.one_of(st.from_regex(r"R[1-9]{1,2}", fullmatch=True), st.text(min_size=1, max_size=4)),
    min_size=1,
    max_size=5,
    unique=True,
)


def write(state: State, data: bytes) -> State:
    following = advance(state, data)
    assert following is not None, data
    return following


def refuses(state: State, data: bytes) -> bool:
    return advance(state, data) is None


def walk(state: State, choose: random.Random) -> bytes:
    """Write allowed bytes at random until the form is complete."""
    written = b""
    while not state.done:
        allowed = [byte for byte in range(256) if state.step(byte)]
        assert allowed, written
        only = state.only()
        assert only is None or allowed == [only]
        byte = choose.choice(allowed)
        written += bytes([byte])
        state = write(state, bytes([byte]))
    return written


def at_rationale(*, longest: int = 600) -> State:
    """The state behind the quote that opens the rationale, for a policy of one rule."""
    return forced(after_violation(["R1"], longest_rationale=longest))[1]


@settings(max_examples=50)
@given(rule_ids=RULE_IDS, messages=st.integers(1, 120), longest=st.integers(1, 40), seed=st.integers())
def test_every_walk_gives_the_agreed_form(rule_ids: list[str], messages: int, longest: int, seed: int) -> None:
    """Random allowed bytes parse as JSON, name known rules and messages once each, and stay within both bounds."""
    start = after_violation(rule_ids, messages=messages, longest_rationale=longest)
    text = b'{"violation":1' + walk(start, random.Random(seed))
    form: dict[str, Any] = json.loads(text)
    assert list(form) == ["violation", "rules", "messages", "rationale"]
    assert form["messages"]
    assert set(form["messages"]) <= set(range(1, messages + 1))
    assert len(set(form["messages"])) == len(form["messages"])
    assert form["violation"] == 1
    assert form["rules"]
    assert set(form["rules"]) <= set(rule_ids)
    assert len(set(form["rules"])) == len(form["rules"])
    assert form["rationale"]
    assert not any(character < " " and character not in "\n\r\t" for character in form["rationale"])
    form["rationale"].encode()  # no half characters
    assert text.index(b',"rationale":"') + len(b',"rationale":"') + longest >= len(text) - 2
    assert len(text) <= longest_answer(rule_ids, messages=messages, longest_rationale=longest)


def test_the_forms_of_the_design_are_accepted() -> None:
    """Rules and messages in any order."""
    state = after_violation(["R1", "R2", "R3"], messages=12)
    assert write(state, b',"rules":["R3","R1"],"messages":[12,1,3],"rationale":"It shouts, says \\"no\\"."}').done
    assert write(state, ',"rules":["R2"],"messages":[2],"rationale":"Überraschung 👍 \\u00e9\\n"}'.encode()).done


@pytest.mark.parametrize(
    "text",
    [
        b', "rules":["R1"]',
        b',"rules":[]',
        b',"rules":["R4"]',
        b',"rules":["R1","R1"]',
        b',"rules":["R1","R2","R3",',
        b',"rules":["R"]',
        b',"rules":["R1"],"rationale":"',
        b',"rules":["R1"],"messages":[]',
        b',"rules":["R1"],"messages":[0]',
        b',"rules":["R1"],"messages":[3]',
        b',"rules":["R1"],"messages":[1,1]',
        b',"rules":["R1"],"messages":[1,2,',
        b',"rules":["R1"],"messages":["1"]',
        b',"rules":["R1"],"messages":[1],"rationale":""',
        b',"rules":["R1"],"messages":[1],"reason":"',
        b',"rules":["R1"],"messages":[1],"rationale":"x"}}',
        b"",
    ],
)
def test_other_forms_are_refused(text: bytes) -> None:
    """Spaces, no rule or message, unknown or repeated ones, an empty rationale, text behind the end, no progress."""
    assert refuses(after_violation(["R1", "R2", "R3"], messages=2), text)


def test_what_has_no_alternative_is_forced() -> None:
    """Ids that begin alike are forced up to where they part; a single rule leaves no choice at all."""
    text, state = forced(after_violation(["R1", "R10", "R2"]))
    assert text == b',"rules":["R'
    text, state = forced(write(state, b"10"))
    assert text == b'"'
    text, state = forced(write(state, b',"R1"'))
    assert text == b""
    text, state = forced(write(state, b","))
    assert text == b'"R2"],"messages":[1],"rationale":"'
    text, state = forced(write(state, b'x"'))
    assert text == b"}"
    assert state.done
    assert forced(state) == (b"", state)
    assert forced(after_violation(["R1"]))[0] == b',"rules":["R1"],"messages":[1],"rationale":"'
    text, state = forced(after_violation(["R1"], messages=2))
    assert text == b',"rules":["R1"],"messages":['
    assert forced(write(state, b"2,"))[0] == b'1],"rationale":"'


def test_a_full_rationale_is_closed() -> None:
    """At its longest only the closing quote is left, and it is forced."""
    state = write(at_rationale(longest=5), b"12345")
    assert refuses(state, b"6")
    assert forced(state)[0] == b'"}'


@pytest.mark.parametrize(
    ("before", "character"), [(b"123", "👍"), (b"1234", "é"), (b"1234", "\\n"), (b"", "\\u00e9"), (b"123", "中")]
)
def test_a_character_begins_only_where_it_fits(before: bytes, character: str) -> None:
    """No character is cut by the end of the rationale: it may not even begin."""
    state = at_rationale(longest=5)
    state = write(state, before) if before else state
    assert refuses(state, character.encode())


@pytest.mark.parametrize(
    "text",
    [b"\n", b"\0", b"\x1f", b"\x7f", b"\\b", b"\\f", b"\\x", b"\\u000a", b"\\u001F", b"\\ud800", b"\\uDFFF", b"\\u12g"],
)
def test_control_characters_and_half_characters_are_refused(text: bytes) -> None:
    """Neither raw nor as an escape."""
    assert refuses(at_rationale(), text)


@pytest.mark.parametrize(
    "text", [b"\\u0020", b"\\ud7ff", b"\\uE000", b"\\/", b"\\t", b"\\\\", b"\\r", " \u202e".encode()]
)
def test_other_escapes_are_allowed(text: bytes) -> None:
    """What JSON allows and a card can show."""
    assert write(at_rationale(), text + b'"}').done


@pytest.mark.parametrize(
    "text",
    [
        b"\x80",
        b"\xc0\x80",
        b"\xc1",
        b"\xf5",
        b"\xe0\x9f",
        b"\xed\xa0",
        b"\xf0\x8f",
        b"\xf4\x90",
        b"\xc3\x28",
        b"\xe4\xb8\x28",
    ],
)
def test_what_is_no_utf8_is_refused(text: bytes) -> None:
    """Continuation bytes alone, overlong forms, surrogates, numbers above Unicode's last."""
    assert refuses(at_rationale(), text)


def test_a_character_may_be_split_between_tokens() -> None:
    """Tokens of a byte-level vocabulary need not end where a character ends; a quote inside one is no end."""
    state = at_rationale()
    for byte in "👍".encode():
        assert refuses(state, b'"')
        state = write(state, bytes([byte]))
    assert write(state, b'"}').done

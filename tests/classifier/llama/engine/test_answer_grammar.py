"""Whatever walks through the grammar comes out as JSON in the agreed form, with known rules, each once."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.llama.engine.answer_grammar import (
    LONGEST_RATIONALE_TOKENS,
    Naming,
    State,
    advance,
    after_violation,
    longest_answer,
    rationale,
)

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


def walk(state: State, choose: random.Random) -> str:
    """Write allowed bytes at random until the form is complete."""
    written = b""
    while not state.done:
        if forced := state.ending(full=False).encode():
            return (written + forced).decode()
        byte = choose.choice([byte for byte in range(256) if state.step(byte)])
        written += bytes([byte])
        state = write(state, bytes([byte]))
    return written.decode()


def names(naming: Naming | None, choose: random.Random) -> str:
    """Choose among the options at random until the rationale is open."""
    written = ""
    while naming is not None:
        options = naming.options()
        chosen = choose.choice(list(options))
        written += chosen
        naming = options[chosen]
    return written


@settings(max_examples=50)
@given(rule_ids=RULE_IDS, messages=st.integers(1, 120), longest=st.integers(1, 40), seed=st.integers())
def test_every_walk_gives_the_agreed_form(rule_ids: list[str], messages: int, longest: int, seed: int) -> None:
    """Random choices parse as JSON, name known rules and messages once each, and stay within both bounds."""
    choose = random.Random(seed)
    text = '{"violation":1' + names(after_violation(rule_ids, messages=messages), choose)
    opened = len(text)
    text += walk(rationale(longest=longest), choose)
    form: dict[str, Any] = json.loads(text)
    assert list(form) == ["violation", "rules", "messages", "rationale"]
    assert form["messages"]
    assert set(form["messages"]) <= set(range(1, messages + 1))
    assert len(set(form["messages"])) == len(form["messages"])
    assert form["violation"] == 1
    assert form["rules"]
    assert set(form["rules"]) <= set(rule_ids)
    assert len(set(form["rules"])) == len(form["rules"])
    assert 1 <= len(form["rationale"]) <= longest
    assert not any(character < " " and character not in "\n\r\t" for character in form["rationale"])
    form["rationale"].encode()  # no half characters
    assert opened + LONGEST_RATIONALE_TOKENS <= longest_answer(rule_ids, messages=messages)


@given(rule_ids=RULE_IDS, messages=st.integers(1, 40))
def test_no_option_is_the_beginning_of_another(rule_ids: list[str], messages: int) -> None:
    """Else a choice would have no end, for example between R1 and R10."""
    naming: Naming | None = after_violation(rule_ids, messages=messages)
    while naming is not None:
        options = list(naming.options())
        assert len(set(options)) == len(options)
        assert not any(a != b and b.startswith(a) for a in options for b in options)
        naming = naming.options()[options[-1]]


def test_names_are_offered_with_the_marks_behind_them() -> None:
    """Up to the next name, and none that was named already."""
    naming = after_violation(["R1", "R10"], messages=2)
    assert set(naming.options()) == {
        ',"rules":["R1"],"messages":[',
        ',"rules":["R1","',
        ',"rules":["R10"],"messages":[',
        ',"rules":["R10","',
    }
    second = naming.options()[',"rules":["R10","']
    assert second is not None
    assert list(second.options()) == ['R1"],"messages":[']
    numbers = second.options()['R1"],"messages":[']
    assert numbers is not None
    assert set(numbers.options()) == {'1],"rationale":"', "1,", '2],"rationale":"', "2,"}
    last = numbers.options()["2,"]
    assert last is not None
    assert dict(last.options()) == {'1],"rationale":"': None}


def test_with_one_rule_and_one_message_nothing_is_left_to_choose() -> None:
    """The number is forced, too."""
    (numbers,) = after_violation(["R1"]).options().values()
    assert numbers is not None
    assert list(numbers.options()) == ['1],"rationale":"']


def test_a_rationale_is_written_and_closed() -> None:
    """Quotes and line breaks as JSON escapes, then the quote and the bracket; an empty one is refused."""
    assert write(rationale(), b'It shouts, says \\"no\\"."}').done
    assert write(rationale(), 'Überraschung 👍 \\u00e9\\n"}'.encode()).done
    for text in (b'"', b'x"}}', b'x"]', b""):
        assert refuses(rationale(), text)


def test_behind_the_closing_quote_only_the_bracket_is_left() -> None:
    """It is forced, and behind it nothing is."""
    state = write(rationale(), b'x"')
    assert (state.closed, state.done, state.ending(full=False)) == (True, False, "}")
    state = write(state, b"}")
    assert (state.closed, state.done, state.ending(full=True)) == (True, True, "")


def test_a_full_rationale_is_closed() -> None:
    """At its longest only the closing quote is left, and it is forced; its length counts characters, not bytes."""
    state = write(rationale(longest=5), "中文é👍".encode() + b"\\n")
    assert refuses(state, b"6")
    assert state.ending(full=False) == '"}'
    assert write(rationale(longest=5), "中文é👍".encode()).ending(full=False) == ""


def test_a_rationale_of_too_many_tokens_shows_that_it_stops() -> None:
    """Not in the middle of a character, and not before there is one."""
    state = write(rationale(), b"A lot")
    assert state.ending(full=True) == '…"}'
    assert write(state, "中".encode()[:2]).ending(full=True) == ""
    assert rationale().ending(full=True) == ""


@pytest.mark.parametrize(
    "text",
    [b"\n", b"\0", b"\x1f", b"\x7f", b"\\b", b"\\f", b"\\x", b"\\u000a", b"\\u001F", b"\\ud800", b"\\uDFFF", b"\\u12g"],
)
def test_control_characters_and_half_characters_are_refused(text: bytes) -> None:
    """Neither raw nor as an escape."""
    assert refuses(rationale(), text)


@pytest.mark.parametrize(
    "text", [b"\\u0020", b"\\ud7ff", b"\\uE000", b"\\/", b"\\t", b"\\\\", b"\\r", " \u202e".encode()]
)
def test_other_escapes_are_allowed(text: bytes) -> None:
    """What JSON allows and a card can show."""
    assert write(rationale(), text + b'"}').done


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
    assert refuses(rationale(), text)


def test_a_character_may_be_split_between_tokens() -> None:
    """Tokens of a byte-level vocabulary need not end where a character ends; a quote inside one is no end."""
    state = rationale()
    for byte in "👍".encode():
        assert refuses(state, b'"')
        state = write(state, bytes([byte]))
    assert write(state, b'"}').done

"""Whatever token ids can spell is read: to an answer or a reason, never to an exception."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from classifier.prompt.reply import Answer, read_reply
from classifier.prompt.vocabulary import Vocabulary
from classifier.verdict import Method, Outcome, Provenance, Undecided
from tests.classifier.prompt.replies import (
    BROKEN,
    BYTES,
    CLEAR,
    CONTROL,
    POLICY,
    final,
    read,
)

PIECES = st.sampled_from(
    [
        *CONTROL,
        "assistant",
        "user",
        "final",
        "analysis",
        "commentary",
        "json",
        CLEAR,
        BROKEN,
        '{"violation":',
        "0",
        "1",
        "}",
        "```",
        '"rules":["R1"]',
        '"rules":["R9"]',
        ",",
        " ",
        "\n",
    ]
)
SOUP = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=25).map("".join)


def check(reading: Answer | Undecided) -> None:
    """Whatever was read is a value that keeps its promises."""
    if isinstance(reading, Undecided):
        assert reading.detail
        return
    verdict = reading.verdict(
        0.5, Provenance(method=Method.REASONED, judge="gguf:0", policy_fingerprint=POLICY.fingerprint)
    )
    assert set(verdict.rule_ids) <= set(POLICY.rule_ids)
    assert "\n" not in verdict.rationale
    assert bool(verdict.rationale) or verdict.outcome is Outcome.CLEAR


@given(SOUP)
def test_any_soup_of_markup_is_read(text: str) -> None:
    """Control tokens, roles, channels and forms in any order give an answer or a reason, never an exception."""
    check(read(text))


@given(st.lists(st.integers(min_value=-(2**40), max_value=2**40)))
def test_any_ids_are_read(any_vocabulary: Vocabulary, tokens: list[int]) -> None:
    """Ids below zero and beyond the vocabulary are noise, not errors."""
    check(read_reply(tokens, vocabulary=any_vocabulary, policy=POLICY))


@given(st.lists(st.integers(min_value=0, max_value=263)))
def test_any_bytes_and_control_tokens_are_read(tokens: list[int]) -> None:
    """Invalid UTF-8 between control tokens is noise, not an error."""
    check(read_reply(tokens, vocabulary=BYTES, policy=POLICY))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["R1", "r2"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["violation", "rules", "rationale", "x"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
def test_any_json_is_read(form: object) -> None:
    """Any JSON as a final message; a violation only ever comes of the number 1 with rules of the policy."""
    reading = read(final(json.dumps(form)))
    check(reading)
    if isinstance(reading, Answer):
        assert isinstance(form, dict)
        assert form["violation"] == (1 if reading.outcome is Outcome.VIOLATION else 0)
        assert not isinstance(form["violation"], (bool, float))

"""What the engine writes for the model has the tokens that the tokenizer makes of the finished answer.

Compared with OpenAI's own tokenizer over the model's real vocabulary, where that is at hand, and always with the small
vocabulary of the tiny model.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Generator, Iterator, Sequence
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.llama.engine.answer_grammar import CLEAR, RATIONALE_MARK
from classifier.llama.engine.decoding import Feed, Row, Writing, write_inventions, write_reply
from classifier.llama.engine.reply_form import Reply
from classifier.prompt.vocabulary import Vocabulary
from classifier.prompt.wording import OUT_OF_BUDGET

T = TypeVar("T")

RATIONALES = (
    "It gives the ending away.",
    "A tells B who did it!",
    'Message 1 says "the sister did it", outside spoiler tags.',
    "Er verrät das Ende – ohne Spoiler-Tags.",
    "这条消息泄露了结局。",
    "यह अंत बता देता है।",
    "3 links to pirated copies (see R2)",
    "It asks: \\ or / or\nboth?",
    "👍",
    "x",
)


@pytest.fixture(scope="session", params=["random", "real"])
def vocabulary(request: pytest.FixtureRequest) -> Vocabulary:
    """Each vocabulary in turn."""
    name = "tiny_vocabulary" if request.param == "random" else "reference_vocabulary"
    found: Vocabulary = request.getfixturevalue(name)
    return found


def size_of(vocabulary: Vocabulary) -> int:
    return max(vocabulary.control.every) + 1


def opened(vocabulary: Vocabulary) -> tuple[int, ...]:
    """The header of the final message, where the model does not think."""
    return (vocabulary.control.channel, *vocabulary.encode("final"), vocabulary.control.message)


def written(vocabulary: Vocabulary, rules: Sequence[str], messages: int, wanted: Sequence[int]) -> Reply:
    """The reply of a model that wants these tokens in the end, wherever it may choose."""
    writing = write_reply(vocabulary=vocabulary, rule_ids=rules, messages=messages, reasoning_tokens=0)
    return finished(vocabulary, writing, wanted)


def finished(vocabulary: Vocabulary, writing: Generator[Feed, Row, T], wanted: Sequence[int]) -> T:
    """What is written by a model that wants these tokens."""
    place = len(next(writing).ids)
    row = np.zeros(size_of(vocabulary), dtype=np.float32)
    while True:
        row[:] = 0
        if place < len(wanted):
            row[wanted[place]] = 10
        try:
            place += len(writing.send(row).ids)
        except StopIteration as end:
            reply: T = end.value
            return reply


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[str], int, str]:
    """A policy's rules, how many messages there are, and an answer about them."""
    rules = [f"R{number}" for number in range(1, draw(st.integers(1, 10)) + 1)]
    messages = draw(st.integers(1, 30))
    named = draw(st.lists(st.sampled_from(rules), min_size=1, unique=True))
    numbers = draw(st.lists(st.integers(1, messages), min_size=1, unique=True))
    form = {"violation": 1, "rules": named, "messages": numbers, "rationale": draw(st.sampled_from(RATIONALES))}
    return rules, messages, json.dumps(form, separators=(",", ":"), ensure_ascii=False)


@settings(max_examples=60)
@given(answer=answers())
def test_every_form_of_an_answer_is_written_as_the_tokenizer_splits_it(
    answer: tuple[list[str], int, str], vocabulary: Vocabulary
) -> None:
    """1 to 10 rules, 1 to 30 messages, in any order, whatever has no alternative."""
    rules, messages, text = answer
    wanted = (*opened(vocabulary), *vocabulary.encode(text), vocabulary.control.return_)
    assert written(vocabulary, rules, messages, wanted).ids == wanted


@pytest.mark.parametrize("count", range(1, 11))
def test_each_number_of_rules_and_messages_is_written_naturally(count: int, vocabulary: Vocabulary) -> None:
    """All of them named, in their order and the other way round."""
    rules = [f"R{number}" for number in range(1, count + 1)]
    for messages, order in itertools.product((1, 2, 9, 10, 30), (1, -1)):
        numbers = [*range(1, messages + 1)][::order]
        form = {"violation": 1, "rules": rules[::order], "messages": numbers, "rationale": RATIONALES[0]}
        text = json.dumps(form, separators=(",", ":"))
        wanted = (*opened(vocabulary), *vocabulary.encode(text), vocabulary.control.return_)
        assert written(vocabulary, rules, messages, wanted).ids == wanted


def test_a_clear_answer_is_written_as_the_tokenizer_splits_it(vocabulary: Vocabulary) -> None:
    """Up to its digit, and with what is added behind it."""
    wanted = (*opened(vocabulary), *vocabulary.encode(CLEAR), vocabulary.control.return_)
    assert written(vocabulary, ["R1"], 1, wanted).ids == wanted


@pytest.mark.parametrize("thought", ["So R1 is not broken.", "the word", "R1,", "(maybe", "it's 12", "是的", '"quote"'])
def test_the_sentence_that_ends_the_thinking_splits_from_it(thought: str, vocabulary: Vocabulary) -> None:
    """Wherever the budget ends."""
    whole = (*vocabulary.encode(thought), *vocabulary.encode(OUT_OF_BUDGET))
    assert vocabulary.encode(thought + OUT_OF_BUDGET) == whole


@settings(max_examples=30)
@given(
    items=st.lists(st.tuples(st.integers(1, 10), st.sampled_from(RATIONALES)), min_size=1, max_size=10),
    rules=st.integers(10, 12),
)
def test_invented_messages_are_written_as_the_tokenizer_splits_them(
    items: list[tuple[int, str]], rules: int, vocabulary: Vocabulary
) -> None:
    """The whole form, from its bracket to its last one."""
    rule_ids = [f"R{number}" for number in range(1, rules + 1)]
    form = {"messages": [{"rule": f"R{number}", "text": text} for number, text in items]}
    text = json.dumps(form, separators=(",", ":"), ensure_ascii=False)
    wanted = (*opened(vocabulary), *vocabulary.encode(text), vocabulary.control.return_)
    writing = write_inventions(
        vocabulary=vocabulary, rule_ids=rule_ids, count=len(items), longest=200, reasoning_tokens=0
    )
    assert finished(vocabulary, writing, wanted).ids == wanted


def random_rows(vocabulary: Vocabulary, seed: int) -> Iterator[Row]:
    """A model that wants anything, but says violation."""
    rng = np.random.default_rng(seed)
    first = rng.normal(size=size_of(vocabulary)).astype(np.float32)
    first[vocabulary.encode("1")[0]] = 20
    yield first
    while True:
        yield rng.normal(size=size_of(vocabulary)).astype(np.float32)


def finish(writing: Writing, rows: Iterator[Row]) -> Reply:
    next(writing)
    for row in rows:
        try:
            writing.send(row)
        except StopIteration as finished:
            reply: Reply = finished.value
            return reply
    raise AssertionError("unreachable")


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), rules=st.integers(1, 10), messages=st.integers(1, 30))
def test_a_model_cannot_break_the_form_into_other_tokens(
    seed: int, rules: int, messages: int, vocabulary: Vocabulary
) -> None:
    """A model that wants anything writes rules, messages and marks in the tokenizer's pieces all the same."""
    rule_ids = [f"R{number}" for number in range(1, rules + 1)]
    writing = write_reply(vocabulary=vocabulary, rule_ids=rule_ids, messages=messages, reasoning_tokens=0)
    ids = finish(writing, random_rows(vocabulary, seed)).ids[len(opened(vocabulary)) : -1]
    data = vocabulary.decode(ids)
    head = data[: data.index(b'"rationale":"') + len(b'"rationale":"')].decode()
    expected = vocabulary.encode(head)
    assert ids[: len(expected)] == expected
    first = ids[len(expected)]
    assert beside(RATIONALE_MARK, first, "", vocabulary)
    if vocabulary.decode(ids[-1:]) == b"}" and not data.endswith('…"}'.encode()):
        assert beside("", ids[-2], "}", vocabulary)


def beside(before: str, token: int, after: str, vocabulary: Vocabulary) -> bool:
    """Whether the tokenizer leaves this token alone between the two texts; half a character it never meets."""
    try:
        text = vocabulary.decode((token,)).decode()
    except UnicodeDecodeError:
        return True
    return vocabulary.encode(before + text + after) == (*vocabulary.encode(before), token, *vocabulary.encode(after))


def test_a_rationale_does_not_begin_with_a_mark_that_would_change_the_one_before_it(vocabulary: Vocabulary) -> None:
    """The opening quote is written for the model: a first token that the tokenizer would join to it is passed over."""
    joined = next((token for token in range(size_of(vocabulary)) if is_joined(token, vocabulary)), None)
    assert joined is not None
    word = vocabulary.encode("x")[0]
    row = np.zeros(size_of(vocabulary), dtype=np.float32)
    writing = write_reply(vocabulary=vocabulary, rule_ids=["R1"], reasoning_tokens=0)
    next(writing)
    row[vocabulary.encode("1")[0]] = 10
    writing.send(row)
    row[:] = 0
    row[joined], row[word] = 10, 9
    assert writing.send(row).ids == (word,)


def is_joined(token: int, vocabulary: Vocabulary) -> bool:
    """Whether a token that a rationale may begin with is another one behind the opening quote."""
    if token in vocabulary.control.every:
        return False
    try:
        text = vocabulary.decode((token,)).decode()
    except UnicodeDecodeError:
        return False
    allowed = bool(text) and text.isprintable() and not set(text) & set('"\\')
    return allowed and not beside(RATIONALE_MARK, token, "", vocabulary)

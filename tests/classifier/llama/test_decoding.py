"""The reply, written by a model of made-up numbers: whatever it wants, an answer comes, within the budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.llama.decoding import BrokenLogits, Reply, Row, longest_reply, pick, write_reply
from classifier.llama.grammar import after_violation, forced
from classifier.policy_text import PolicyText
from classifier.reply import Answer, read_reply
from classifier.verdict import Outcome
from classifier.vocabulary import ByteVocabulary

VOCABULARY = ByteVocabulary()
CONTROL = VOCABULARY.control
NAMES = {
    "<start>": CONTROL.start, "<end>": CONTROL.end, "<message>": CONTROL.message, "<channel>": CONTROL.channel,
    "<constrain>": CONTROL.constrain, "<return>": CONTROL.return_, "<call>": CONTROL.call,
}  # fmt: skip
SIZE = 264
CLEAR_REPLY = '<channel>final<message>{"violation":0}<return>'


def ids_of(text: str) -> list[int]:
    """Text with control tokens in angle brackets, as ids."""
    ids: list[int] = []
    while text:
        name = next((name for name in NAMES if text.startswith(name)), None)
        ids += [NAMES[name]] if name else list(text[0].encode())
        text = text[len(name or text[0]) :]
    return ids


def text_of(ids: Sequence[int]) -> str:
    """The other way round."""
    names = {token: name.encode() for name, token in NAMES.items()}
    return b"".join(names.get(token) or VOCABULARY.decode((token,)) for token in ids).decode()


def row_for(*tokens: int, size: int = SIZE) -> Row:
    """Logits that prefer these tokens, the first one most."""
    row = np.zeros(size, dtype=np.float32)
    for place, token in enumerate(tokens):
        row[token] = 10 - place
    return row


def written(
    wanted: str, *, rule_ids: Sequence[str] = ("R1", "R2"), budget: int = 100, spent: list[int] | None = None
) -> Reply:
    """The reply of a model that wants to write `wanted`, its own choices one after the other, and `~` afterwards."""
    wishes = iter(ids_of(wanted))
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=rule_ids, reasoning_tokens=budget)
    row = None
    while True:
        try:
            ids = writing.send(row)  # type: ignore[arg-type]  # the first one is None, as generators want it
        except StopIteration as finished:
            reply: Reply = finished.value
            return reply
        if spent is not None:
            spent.append(len(ids))
        row = row_for(next(wishes, ord("~")))


@pytest.mark.parametrize(
    ("wanted", "reply"),
    [
        ("final0", CLEAR_REPLY),
        ("analysis<message>Fine.<end>final0", f"<channel>analysis<message>Fine.<end><start>assistant{CLEAR_REPLY}"),
        ("analysis<message>a<return>0", f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"),
        ("analysis<message>a<call>0", f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"),
        ("analysis<message>a<start>0", f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"),
        (
            "analysis<message>a<end>commentary<message>b<end>analysis<message>c<end>final0",
            "<channel>analysis<message>a<end><start>assistant<channel>commentary<message>b<end><start>assistant"
            f"<channel>analysis<message>c<end><start>assistant{CLEAR_REPLY}",
        ),
        (
            "analysis<constrain><message>a<return>0",
            f"<channel>analysis<constrain><message>a<end><start>assistant{CLEAR_REPLY}",
        ),
        ("analysis<end>a<end>final0", f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"),
        ("<message>0", f"<channel><message><end><start>assistant{CLEAR_REPLY}"),
        ("<return>0", f"<channel><message><end><start>assistant{CLEAR_REPLY}"),
        ("nonsense!a<end>final0", f"<channel>nonsense<message>a<end><start>assistant{CLEAR_REPLY}"),
    ],
)
def test_any_framing_leads_to_an_answer(wanted: str, reply: str) -> None:
    """Thinking closed by the model, ended without an answer, in several messages, with a damaged header, or left out.

    The marks between messages are not the model's to choose, so they are missing in what it wants.
    """
    assert text_of(written(wanted).ids) == reply


def test_the_budget_closes_the_thinking_and_the_answer_still_comes() -> None:
    """Eight tokens of header and five of text, then the model must answer."""
    reply = written("analysis<message>This goes on and on and", budget=14)
    assert text_of(reply.ids).startswith("<channel>analysis<message>This <end><start>assistant<channel>final<message>{")


def test_the_budget_can_end_in_a_header() -> None:
    """A header that is not complete when the budget ends is completed first."""
    assert text_of(written("analysis<message>", budget=3).ids).startswith("<channel>ana<message>")
    assert "<end><start>assistant<channel>final<message>" in text_of(written("analysis", budget=3).ids)


def test_without_a_budget_the_answer_comes_at_once() -> None:
    """No thinking at all."""
    assert text_of(written("0", budget=0).ids) == CLEAR_REPLY


def test_a_message_that_ends_with_the_budget_is_not_followed_by_another() -> None:
    """The last token of the budget closed the thinking; the final message opens right behind it."""
    budget = len("analysis") + len("<>") + len("a")  # name, message mark, text; the end mark is the token too many
    reply = written("analysis<message>a<end>0", budget=budget)
    assert text_of(reply.ids) == f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"


def test_a_clear_answer_is_complete_with_its_digit() -> None:
    """Nothing is computed behind the digit: the last thing sent to the model is the opening of the answer."""
    spent: list[int] = []
    reply = written("final0", spent=spent)
    assert spent[-1] == len('{"violation":')
    assert len(reply.ids) == sum(spent) + len("0}") + 1


def test_a_violation_names_rules_and_says_why() -> None:
    """The model chooses between rules, between one more and the end, and the words; the rest is written for it."""
    reply = written('final12"]Because."', rule_ids=("R1", "R2"))
    assert text_of(reply.ids) == (
        '<channel>final<message>{"violation":1,"rules":["R2"],"rationale":"Because."}<return>'
    )


def test_forced_text_is_sent_in_one_piece() -> None:
    """With one rule, everything from the digit to the rationale is one step."""
    spent: list[int] = []
    written('final1Because."', rule_ids=("R1",), spent=spent)
    assert len('1,"rules":["R1"],"rationale":"') in spent


@pytest.mark.parametrize(
    ("zero", "one", "score"), [(0.0, 0.0, 0.5), (2.0, 0.0, 0.1192), (0.0, 2.0, 0.8808), (900.0, -900.0, 0.0)]
)
def test_the_score_is_read_off_the_digit(zero: float, one: float, score: float) -> None:
    """P(1) of the two digits alone; at exactly one half the answer is clear."""
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=0)
    next(writing)
    writing.send(row_for())
    row = row_for(ord("~"))
    row[ord("0")], row[ord("1")] = zero, one
    if score > 0.5:
        assert writing.send(row)[0] == ord("1")
        for letter in 'x"':
            row = row_for(ord(letter))
            try:
                writing.send(row)
            except StopIteration as finished:
                assert finished.value.score == pytest.approx(score, abs=1e-4)
        return
    with pytest.raises(StopIteration) as clear:
        writing.send(row)
    assert clear.value.value.score == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_none_are_no_verdict(number: float) -> None:
    """Damaged weights give no score, so they give no answer."""
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=0)
    next(writing)
    writing.send(row_for())
    row = row_for()
    row[ord("1")] = number
    with pytest.raises(BrokenLogits):
        writing.send(row)


@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(0, 60), rules=st.integers(1, 12))
def test_random_numbers_give_a_readable_answer(seed: int, budget: int, rules: int) -> None:
    """Whatever the logits are, the reply reads as a verdict with known rules and fits in the announced room."""
    rng = np.random.default_rng(seed)
    rule_ids = tuple(f"R{number}" for number in range(1, rules + 1))
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=rule_ids, reasoning_tokens=budget)
    row = None
    while True:
        try:
            writing.send(row)  # type: ignore[arg-type]  # the first one is None, as generators want it
        except StopIteration as finished:
            reply: Reply = finished.value
            break
        row = rng.normal(size=SIZE).astype(np.float32)
    assert len(reply.ids) <= longest_reply(vocabulary=VOCABULARY, rule_ids=rule_ids, reasoning_tokens=budget)
    policy = PolicyText(title="p", rules=tuple(_rule(rule_id) for rule_id in rule_ids))
    answer = read_reply(reply.ids, vocabulary=VOCABULARY, policy=policy)
    assert isinstance(answer, Answer)
    assert (answer.outcome is Outcome.VIOLATION) == (reply.score > 0.5)


def _rule(rule_id: str) -> object:
    from classifier.policy_text import RuleText

    return RuleText(id=rule_id, title=rule_id)


class WordVocabulary(ByteVocabulary):
    """Bytes, control tokens, and above them 300 tokens that fit nowhere."""

    def decode(self, ids: Sequence[int]) -> bytes:  # type: ignore[override]  # tests hand over sequences
        return b"".join(b"\xff\xff" if token >= SIZE else super(WordVocabulary, self).decode((token,)) for token in ids)


@pytest.mark.parametrize("size", [SIZE, SIZE + 300])
def test_the_likeliest_allowed_token_is_taken(size: int) -> None:
    """Control tokens and tokens that do not fit are passed over, however likely, also far down the list."""
    _, state = forced(after_violation(["R1", "R2"]))
    row = np.arange(size, dtype=np.float32)  # falling likelihood from the last id down
    row[ord("1")] = -5
    row[ord("2")] = -6
    token, _ = pick(row, state, WordVocabulary())
    assert token == ord("1")


def test_a_near_miss_is_found_among_the_first_candidates() -> None:
    """The second choice is taken when the first one does not fit."""
    _, state = forced(after_violation(["R1", "R2"]))
    assert pick(row_for(CONTROL.end, ord("7"), ord("2")), state, VOCABULARY)[0] == ord("2")


def test_a_vocabulary_without_a_fitting_token_is_broken() -> None:
    """It cannot happen with a byte-level vocabulary, and does not loop if it does."""
    _, state = forced(after_violation(["R1", "R2"]))
    with pytest.raises(BrokenLogits):
        pick(row_for(size=10), state, VOCABULARY)

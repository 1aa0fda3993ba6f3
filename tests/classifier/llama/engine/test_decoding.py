"""The reply, written by a model of made-up numbers: whatever it wants, an answer comes, within the budget."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.judge import Way
from classifier.llama.engine.allowed_tokens import AllowedTokens
from classifier.llama.engine.answer_grammar import LONGEST_RATIONALE, LONGEST_RATIONALE_TOKENS, advance, rationale
from classifier.llama.engine.decoding import BrokenLogits, Feed, Row, Writing, longest_reply, pick, write_reply
from classifier.llama.engine.reply_form import Reply, Thinking
from classifier.policy_text import PolicyText, RuleText
from classifier.prompt.reply import Answer, read_reply
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.prompt.wording import OUT_OF_BUDGET
from classifier.verdict import Outcome

VOCABULARY = ByteVocabulary()
ALLOWED = AllowedTokens(VOCABULARY)
CONTROL = VOCABULARY.control
NAMES = {
    "<start>": CONTROL.start, "<end>": CONTROL.end, "<message>": CONTROL.message, "<channel>": CONTROL.channel,
    "<constrain>": CONTROL.constrain, "<return>": CONTROL.return_, "<call>": CONTROL.call,
}  # fmt: skip
SIZE = 264
STOPPED = f"{OUT_OF_BUDGET}<end><start>assistant"
CLOSED = "<end><start>assistant"
AGAIN = f"{CLOSED}<channel>"
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


def finish(writing: Writing, rows: Iterable[Row]) -> Reply:
    """Send rows until the reply is written."""
    for row in rows:
        try:
            writing.send(row)
        except StopIteration as finished:
            reply: Reply = finished.value
            return reply
    raise AssertionError("the reply wants more rows")


def written(
    wanted: str, *, rule_ids: Sequence[str] = ("R1", "R2"), budget: int = 100, spent: list[int] | None = None
) -> Reply:
    """The reply of a model that wants to write `wanted`, choice after choice, and `~` ever after.

    `spent` collects how many ids it got before each choice.
    """

    def recorded() -> Writing:
        writing = write_reply(vocabulary=VOCABULARY, rule_ids=rule_ids, reasoning_tokens=budget)
        feed = next(writing)
        while True:
            if spent is not None:
                spent.append(len(feed.ids))
            row = yield feed
            try:
                feed = writing.send(row)
            except StopIteration as finished:
                return finished.value

    writing = recorded()
    next(writing)
    return finish(writing, map(row_for, itertools.chain(ids_of(wanted), itertools.repeat(ord("~")))))


@pytest.mark.parametrize(
    ("wanted", "reply"),
    [
        ("final0", CLEAR_REPLY),
        ("analysisFine.<end>final0", f"<channel>analysis<message>Fine.<end><start>assistant{CLEAR_REPLY}"),
        ("analysisa<return>0", f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"),
        ("analysisa<call>0", f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"),
        ("analysisa<start>0", f"<channel>analysis<message>a<end><start>assistant{CLEAR_REPLY}"),
        (
            "analysisa<end>commentaryb<end>analysisc<end>final0",
            f"<channel>analysis<message>a{AGAIN}commentary<message>b{AGAIN}analysis<message>c{CLOSED}{CLEAR_REPLY}",
        ),
        ("anal<constrain>a<end>final0", f"<channel>anal<message>a<end><start>assistant{CLEAR_REPLY}"),
        ("<message>0", f"<channel><message><end><start>assistant{CLEAR_REPLY}"),
        ("<return>0", f"<channel><message><end><start>assistant{CLEAR_REPLY}"),
        ("nonsense, at length<end>final0", f"<channel>nonsense, at len<message>gth<end><start>assistant{CLEAR_REPLY}"),
    ],
)  # fmt: skip
def test_any_framing_leads_to_an_answer(wanted: str, reply: str) -> None:
    """Thinking closed by the model, ended without an answer, in several messages, with a damaged header, or left out.

    The marks behind a channel's name and between messages are not the model's to choose, so it does not want them.
    """
    assert text_of(written(wanted).ids) == reply


def test_the_budget_closes_the_thinking_and_the_answer_still_comes() -> None:
    """Two marks, eight letters of the channel's name and five of text; a sentence, then the model must answer."""
    reply = written("analysisThis goes on and on and", budget=2 + 8 + 5)
    assert text_of(reply.ids) == f"<channel>analysis<message>This {STOPPED}{CLEAR_REPLY}"
    assert reply.thinking is Thinking.CUT


def test_a_model_that_never_stops_thinking_answers_at_its_budget() -> None:
    """It writes `~` forever, and the reply is as long as was announced, not longer."""
    budget = 4096
    reply = written("analysis", budget=budget)
    assert text_of(reply.ids).count("~") == budget - len("<analysis>")
    assert text_of(reply.ids).endswith(f"~{STOPPED}{CLEAR_REPLY}")
    assert len(reply.ids) <= longest_reply(vocabulary=VOCABULARY, rule_ids=("R1", "R2"), reasoning_tokens=budget)
    assert reply.thinking is Thinking.CUT


def test_the_budget_can_end_in_a_header() -> None:
    """A header that is not complete when the budget ends is completed first."""
    reply = written("analysis", budget=4)
    assert text_of(reply.ids) == f"<channel>ana<message>{STOPPED}{CLEAR_REPLY}"
    assert reply.thinking is Thinking.CUT


def test_thinking_that_ends_with_its_budget_is_not_cut() -> None:
    """The model closed it; what is missing is a header, which is written for it."""
    reply = written("analysisFine.<end>final0", budget=2 + 8 + len("Fine.") + 1)
    assert text_of(reply.ids) == f"<channel>analysis<message>Fine.{CLOSED}{CLEAR_REPLY}"
    assert reply.thinking is Thinking.WHOLE


@pytest.mark.parametrize(
    ("wanted", "thinking"),
    [
        ("analysisFine.<end>final0", Thinking.WHOLE),
        ("analysisa<return>0", Thinking.WHOLE),
        ("final0", Thinking.NONE),
        ("analysis<end>final0", Thinking.NONE),
        ("<return>0", Thinking.NONE),
    ],
)
def test_a_reply_says_what_came_before_its_answer(wanted: str, thinking: Thinking) -> None:
    """Thinking to its end, or none at all: an empty message is none."""
    assert written(wanted).thinking is thinking


def test_short_messages_do_not_get_round_the_budget() -> None:
    """The marks between messages count: a model that only opens messages comes to an end, too."""
    reply = written("analysis<end>" * 1000, budget=60)
    assert len(reply.ids) < 60 + 100
    assert text_of(reply.ids).endswith(CLEAR_REPLY)


def test_without_a_budget_the_answer_comes_at_once() -> None:
    """No thinking at all."""
    assert text_of(written("0", budget=0).ids) == CLEAR_REPLY


def test_a_clear_answer_is_complete_with_its_digit() -> None:
    """Nothing is computed behind the digit: the last thing sent to the model is the opening of the answer."""
    spent: list[int] = []
    reply = written("final0", spent=spent)
    assert spent == [1, 1, 1, 1, 1, len("l") + 1 + len('{"violation":')]
    assert len(reply.ids) == sum(spent) + len("0}") + 1


def test_a_violation_names_rules_and_says_why() -> None:
    """The model chooses between rules, between one more and the end, and the words; the rest is written for it."""
    reply = written('final12]Because."', rule_ids=("R1", "R2"))
    assert text_of(reply.ids) == (
        '<channel>final<message>{"violation":1,"rules":["R2"],"messages":[1],"rationale":"Because."}<return>'
    )


def test_forced_text_is_sent_in_one_piece() -> None:
    """With one rule, everything from the digit to the rationale is one step."""
    spent: list[int] = []
    written('final1Because."', rule_ids=("R1",), spent=spent)
    assert spent[6] == len('1,"rules":["R1"],"messages":[1],"rationale":"')


@pytest.mark.parametrize(
    ("zero", "one", "score"), [(0.0, 0.0, 0.5), (2.0, 0.0, 0.1192), (0.0, 2.0, 0.8808), (900.0, -900.0, 0.0)]
)
def test_the_score_is_read_off_the_digit(zero: float, one: float, score: float) -> None:
    """P(1) of the two digits alone, whatever else is likelier; at exactly one half the answer is clear."""
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=0)
    next(writing)
    digit = row_for(ord("~"))
    digit[ord("0")], digit[ord("1")] = zero, one
    reply = finish(writing, [digit, row_for(ord("x")), row_for(ord('"'))])
    assert reply.score == pytest.approx(score, abs=1e-4)
    assert ('"violation":1' in text_of(reply.ids)) == (score > 0.5)


def test_the_mass_of_both_digits_is_kept() -> None:
    """How much of everything that the model could write there are the two digits: the score does not show it."""
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=0)
    next(writing)
    row = np.full(SIZE, -np.inf, dtype=np.float32)
    row[ord("0")], row[ord("1")], row[ord("~")] = np.log([0.3, 0.1, 0.6])
    reply = finish(writing, [row])
    assert reply.digit_mass == pytest.approx(0.4, abs=1e-4)
    assert reply.score == pytest.approx(0.25, abs=1e-4)


def test_the_mass_of_sure_digits_is_one() -> None:
    """However large the logits are."""
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=0)
    next(writing)
    row = row_for()
    row[ord("0")] = 900.0
    assert finish(writing, [row]).digit_mass == pytest.approx(1.0)


@pytest.mark.parametrize("place", [ord("1"), ord("~")])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_none_are_no_verdict(number: float, place: int) -> None:
    """Damaged weights give no score, so they give no answer."""
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=0)
    next(writing)
    row = row_for()
    row[place] = number
    with pytest.raises(BrokenLogits):
        writing.send(row)


@given(seed=st.integers(0, 2**32 - 1), budget=st.integers(0, 60), rules=st.integers(1, 12))
def test_random_numbers_give_a_readable_answer(seed: int, budget: int, rules: int) -> None:
    """Whatever the logits are, the reply reads as a verdict with known rules and fits in the announced room."""
    rng = np.random.default_rng(seed)
    rule_ids = tuple(f"R{number}" for number in range(1, rules + 1))
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=rule_ids, reasoning_tokens=budget)
    next(writing)
    reply = finish(writing, (rng.normal(size=SIZE).astype(np.float32) for _ in itertools.count()))
    assert len(reply.ids) <= longest_reply(vocabulary=VOCABULARY, rule_ids=rule_ids, reasoning_tokens=budget)
    policy = PolicyText(title="p", rules=tuple(RuleText(id=rule_id, title=rule_id) for rule_id in rule_ids))
    answer = read_reply(reply.ids, vocabulary=VOCABULARY, policy=policy)
    assert isinstance(answer, Answer)
    assert (answer.outcome is Outcome.VIOLATION) == (reply.score > 0.5)


class WordVocabulary(ByteVocabulary):
    """Bytes, control tokens, and above them 300 tokens that fit nowhere."""

    def decode(self, ids: Sequence[int]) -> bytes:  # type: ignore[override]  # tests hand over sequences
        return b"".join(b"\xff\xff" if token >= SIZE else super(WordVocabulary, self).decode((token,)) for token in ids)


def written_out(rationale_text: str) -> str:
    """The answer of a model that wants this rationale, however long it is."""
    choices = ids_of("1") + list(rationale_text.encode())
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=0)
    next(writing)
    return text_of(finish(writing, (row_for(token) for token in choices)).ids)


def test_a_rationale_ends_at_its_longest_in_characters() -> None:
    """There it is closed, whatever the model wants."""
    assert '"rationale":"' + "x" * LONGEST_RATIONALE + '"}' in written_out("x" * (LONGEST_RATIONALE + 50))


def test_a_rationale_ends_at_its_longest_in_tokens() -> None:
    """In a script of which each character takes several, it stops behind a whole one and shows that it stops."""
    whole = "中" * (LONGEST_RATIONALE_TOKENS // 3)
    assert f'"rationale":"{whole}…"}}' in written_out(whole + "中" * 50)


@pytest.mark.parametrize("size", [SIZE, SIZE + 300])
def test_the_likeliest_allowed_token_is_taken(size: int) -> None:
    """Control tokens and tokens that do not fit are passed over, however likely, also far down the list."""
    state = advance(rationale(), b"\\")
    assert state is not None
    row = np.arange(size, dtype=np.float32)  # falling likelihood from the last id down
    row[[ord(letter) for letter in '"\\/nru']] = -9
    row[ord("t")] = -5
    token, _ = pick(row, state, AllowedTokens(WordVocabulary()))
    assert token == ord("t")


def test_a_near_miss_is_found_among_the_first_candidates() -> None:
    """The second choice is taken when the first one does not fit."""
    state = advance(rationale(), b"\\")
    assert state is not None
    assert pick(row_for(CONTROL.end, ord("7"), ord("n")), state, ALLOWED)[0] == ord("n")


def test_a_vocabulary_without_a_fitting_token_is_broken() -> None:
    """It cannot happen with a byte-level vocabulary, and does not loop if it does."""
    with pytest.raises(BrokenLogits):
        pick(row_for(size=10), rationale(), ALLOWED)


def probed(wanted: str, way: Way, *, think_from: float = 0.2, sure: float = 1.0) -> tuple[Reply, list[Feed]]:
    """The reply of a model that wants to write this, choice after choice, and what it was fed."""
    writing = write_reply(vocabulary=VOCABULARY, rule_ids=("R1",), reasoning_tokens=100, way=way, think_from=think_from)
    fed = [next(writing)]
    for token in ids_of(wanted):
        try:
            fed.append(writing.send(row_for(token) * np.float32(sure)))
        except StopIteration as finished:
            return finished.value, fed
    raise AssertionError("the reply wants more choices")


def test_a_probe_answers_without_thinking() -> None:
    """One question to the model, behind the whole header; a clear one ends there."""
    reply, fed = probed("0", Way.PROBE)
    assert [text_of(feed.ids) for feed in fed] == ['<channel>final<message>{"violation":']
    assert (text_of(reply.ids), reply.thinking, reply.score < 0.01) == (CLEAR_REPLY, Thinking.UNASKED, True)


def test_a_probe_that_finds_a_violation_names_rules_and_says_why() -> None:
    """The score alone is no verdict."""
    reply, _ = probed('1A"', Way.PROBE)
    assert (
        text_of(reply.ids)
        == '<channel>final<message>{"violation":1,"rules":["R1"],"messages":[1],"rationale":"A"}<return>'
    )
    assert (reply.thinking, reply.score > 0.99) == (Thinking.UNASKED, True)


def test_a_probe_that_is_clear_enough_is_not_thought_over() -> None:
    """Its score is below the threshold."""
    reply, fed = probed("0", Way.PROBE_THEN_REASON)
    assert (text_of(reply.ids), reply.thinking, len(fed)) == (CLEAR_REPLY, Thinking.UNASKED, 1)


def test_a_probe_in_doubt_is_thought_over_from_the_beginning() -> None:
    """The reply starts over behind the prompt, once; what counts is the second answer."""
    reply, fed = probed("1final0", Way.PROBE_THEN_REASON)
    assert [number for number, feed in enumerate(fed) if feed.afresh] == [1]
    assert text_of(fed[1].ids) == "<channel>"
    assert (text_of(reply.ids), reply.thinking) == (CLEAR_REPLY, Thinking.NONE)


def test_a_violation_below_the_threshold_stays_a_probe() -> None:
    """Whoever sets the threshold above one half wants only sure violations to be thought over."""
    reply, _ = probed('1A"', Way.PROBE_THEN_REASON, think_from=0.9, sure=0.1)
    assert reply.thinking is Thinking.UNASKED
    assert 0.5 < reply.score < 0.9


@pytest.mark.parametrize("digit", ["0", "1"])
def test_a_screening_reads_the_score_and_writes_nothing_more(digit: str) -> None:
    """Whatever the digit is: one question to the model, no rule, no rationale, no thinking."""
    reply, fed = probed(digit, Way.SCREEN)
    assert [text_of(feed.ids) for feed in fed] == ['<channel>final<message>{"violation":']
    assert (text_of(reply.ids), reply.thinking) == (CLEAR_REPLY, Thinking.SCORE_ONLY)
    assert (reply.score > 0.99) is (digit == "1")

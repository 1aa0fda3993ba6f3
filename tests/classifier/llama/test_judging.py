"""One judgement over a made-up model: prompt, room, budget, deadline, provenance."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from classifier.content import Content, Message
from classifier.judge import Effort, JudgeRequest
from classifier.llama.decoding import Row, longest_reply
from classifier.llama.judging import Judging, Withdrawn
from classifier.llama.options import ReasoningTokens
from classifier.policy_text import PolicyText, RuleText
from classifier.verdict import Judgement, Method, Outcome, Undecided, UndecidedReason, Verdict
from classifier.vocabulary import ByteVocabulary

VOCABULARY = ByteVocabulary()


class ScriptedDecoder:
    """Wants to write a text, and remembers what it was given. A second passes with each call."""

    def __init__(self, wanted: str = "final0", *, context_tokens: int = 100_000) -> None:
        self.context_tokens = context_tokens
        self.prompts: list[tuple[tuple[int, ...], int]] = []
        self.seconds = 0.0
        self._wanted = wanted
        self._left = iter(())

    def clock(self) -> float:
        return self.seconds

    def begin(self, ids: Sequence[int], *, prefix_length: int, pause: Callable[[], None]) -> Row:
        self.prompts.append((tuple(ids), prefix_length))
        self._left = iter(self._wanted)
        return self.feed(ids, pause=pause)

    def feed(self, ids: Sequence[int], *, pause: Callable[[], None]) -> Row:
        assert ids
        self.seconds += 1
        row = np.zeros(264, dtype=np.float32)
        row[ord(next(self._left, "~"))] = 5
        return row


def judging(decoder: ScriptedDecoder, **changes: object) -> Judging:
    usual = Judging(decoder=decoder, vocabulary=VOCABULARY, fence_key=b"key", judge="gguf:abc", clock=decoder.clock)
    return dataclasses.replace(usual, **changes)  # type: ignore[arg-type]  # tests name the fields they change


def undecided(judgement: Judgement) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


def test_a_verdict_says_what_it_rests_on(ask: Callable[..., JudgeRequest]) -> None:
    """Judge, policy, prompt, tokens and seconds."""
    decoder = ScriptedDecoder("final0")
    request = ask("hello")
    verdict = judging(decoder).judge_one(request, seconds_waited=2.5)
    assert isinstance(verdict, Verdict)
    assert (verdict.outcome, verdict.score < 0.1) == (Outcome.CLEAR, True)
    ((prompt, _),) = decoder.prompts
    provenance = verdict.provenance
    assert provenance.method is Method.REASONED
    assert provenance.judge == "gguf:abc"
    assert provenance.policy_fingerprint == request.policy.fingerprint
    assert provenance.prompt_tokens == len(prompt) - 1  # the reply's first mark goes along with the prompt
    assert provenance.reply_tokens == len('<final>{"violation":0}>')
    assert (provenance.seconds_waited, provenance.seconds_computed) == (2.5, 6.0)
    assert provenance.prompt_fingerprint


def test_a_violation_carries_rules_and_rationale(ask: Callable[..., JudgeRequest]) -> None:
    """What the model wrote, with the score of its digit."""
    verdict = judging(ScriptedDecoder('final12]It shouts."')).judge_one(ask())
    assert isinstance(verdict, Verdict)
    assert (verdict.outcome, verdict.rule_ids, verdict.rationale) == (Outcome.VIOLATION, ("R2",), "It shouts.")
    assert verdict.score > 0.9


def test_the_same_request_gives_the_same_prompt(ask: Callable[..., JudgeRequest]) -> None:
    """A replay is byte-stable, and the prefix does not depend on the content."""
    decoder = ScriptedDecoder()
    for text in ("one", "one", "two"):
        judging(decoder).judge_one(ask(text))
    (first, length), again, (other, other_length) = decoder.prompts
    assert again == (first, length)
    assert other != first
    assert other_length == length
    assert other[:length] == first[:length]


@pytest.mark.parametrize("effort", list(Effort))
def test_each_effort_has_its_budget(effort: Effort, ask: Callable[..., JudgeRequest]) -> None:
    """A model that never stops thinking is stopped where its effort says."""
    budgets = ReasoningTokens(low=20, medium=30, high=40)
    verdict = judging(ScriptedDecoder("analysis"), reasoning_tokens=budgets).judge_one(ask(effort=effort))
    assert isinstance(verdict, Verdict)
    assert verdict.reasoning == "~" * (budgets.of(effort) - len("<analysis>"))


def test_the_deadline_is_looked_at_with_every_token(ask: Callable[..., JudgeRequest]) -> None:
    """A model that thinks on past the deadline is left, at the very token."""
    decoder = ScriptedDecoder("analysis")
    assert undecided(judging(decoder).judge_one(ask(deadline_s=30))) is UndecidedReason.DEADLINE
    assert decoder.seconds == 30


def test_a_deadline_that_has_passed_costs_nothing(ask: Callable[..., JudgeRequest]) -> None:
    """The model is not even asked."""
    decoder = ScriptedDecoder()
    assert undecided(judging(decoder).judge_one(ask(deadline_s=0))) is UndecidedReason.DEADLINE
    assert decoder.prompts == []


def test_a_withdrawn_request_stops_at_the_next_token(ask: Callable[..., JudgeRequest]) -> None:
    """Nobody waits any more."""
    decoder = ScriptedDecoder("analysis")
    with pytest.raises(Withdrawn):
        judging(decoder).judge_one(ask(), withdrawn=lambda: decoder.seconds >= 7)
    assert decoder.seconds == 7


def test_context_goes_before_the_request_does(ask: Callable[..., JudgeRequest]) -> None:
    """Too long with the messages before it: judged without them."""
    alone = ScriptedDecoder()
    judging(alone).judge_one(ask("target"))
    decoder = ScriptedDecoder(context_tokens=len(alone.prompts[0][0]) + 1200)
    verdict = judging(decoder).judge_one(ask("target", context=("x" * 5000, "y")))
    assert isinstance(verdict, Verdict)
    assert decoder.prompts == alone.prompts


def test_a_context_that_fits_stays(ask: Callable[..., JudgeRequest]) -> None:
    """It helps to read the target."""
    decoder = ScriptedDecoder()
    judging(decoder).judge_one(ask("target", context=("earlier words",)))
    assert b"earlier words" in VOCABULARY.decode(decoder.prompts[0][0])


def test_what_cannot_fit_is_too_long(ask: Callable[..., JudgeRequest]) -> None:
    """With both numbers, and without asking the model."""
    decoder = ScriptedDecoder(context_tokens=2000)
    judgement = judging(decoder).judge_one(ask("x" * 5000, context=("y",)))
    assert undecided(judgement) is UndecidedReason.TOO_LONG
    assert isinstance(judgement, Undecided)
    assert "tokens and the model has room for" in judgement.detail
    assert "x" * 10 not in judgement.detail
    assert decoder.prompts == []
    tiny = judging(ScriptedDecoder(context_tokens=10)).judge_one(ask())
    assert isinstance(tiny, Undecided)
    assert "room for 0" in tiny.detail


def test_room_is_kept_for_the_longest_reply(ask: Callable[..., JudgeRequest], three_rules: PolicyText) -> None:
    """One token less than prompt and longest reply together is too little."""
    measure = ScriptedDecoder()
    judging(measure).judge_one(ask())
    reply = longest_reply(vocabulary=VOCABULARY, rule_ids=three_rules.rule_ids, reasoning_tokens=256)
    needed = len(measure.prompts[0][0]) - 1 + reply
    assert isinstance(judging(ScriptedDecoder(context_tokens=needed)).judge_one(ask()), Verdict)
    short = judging(ScriptedDecoder(context_tokens=needed - 1)).judge_one(ask())
    assert undecided(short) is UndecidedReason.TOO_LONG


def test_an_answer_that_cannot_be_read_is_no_verdict(three_rules: PolicyText) -> None:
    """What the strict reader refuses stays refused: here an answer that is far too long because of a rule's id."""
    policy = dataclasses.replace(three_rules, rules=(RuleText(id="R" * 17_000, title="An endless id"),))
    request = JudgeRequest(policy=policy, content=Content(target=Message(text="x")))
    judgement = judging(ScriptedDecoder('final1Because."')).judge_one(request)
    assert undecided(judgement) is UndecidedReason.UNREADABLE


def test_broken_weights_are_no_verdict(ask: Callable[..., JudgeRequest]) -> None:
    """Numbers that are none give `Undecided`, not an error."""

    class Broken(ScriptedDecoder):
        def feed(self, ids: Sequence[int], *, pause: Callable[[], None]) -> Row:
            return super().feed(ids, pause=pause) * np.float32(np.nan)

    assert undecided(judging(Broken()).judge_one(ask())) is UndecidedReason.UNREADABLE

"""From request to job and from reply to verdict: prompt, room, budget, deadline, provenance."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from classifier.content import Content, Message
from classifier.judge import Effort, JudgeRequest, Lane, Way
from classifier.llama.engine.batching import Batching, Ending, Job, JobResult
from classifier.llama.engine.decoding import BrokenLogits, longest_reply
from classifier.llama.engine.jobs import ROOM_FOR_A_MESSAGE, ROOM_FOR_A_SCORE, Judging, Task
from classifier.llama.engine.model import Sequences
from classifier.llama.engine.prefix_cache import PrefixCache
from classifier.llama.model_file.vocabulary import LlamaVocabulary
from classifier.llama.options import ReasoningTokens
from classifier.policy_text import PolicyText, RuleText
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.prompt.wording import OUT_OF_BUDGET
from classifier.prompt_variant import PromptVariant
from classifier.verdict import Judgement, Method, Outcome, Undecided, UndecidedReason, Verdict

VOCABULARY = ByteVocabulary()
CONTROL = VOCABULARY.control


def judging(**changes: object) -> Judging:
    usual = Judging(
        vocabulary=VOCABULARY, fence_key=b"key", judge="gguf:abc", clock=lambda: 10.0, tokens_per_sequence=100_000
    )
    return dataclasses.replace(usual, **changes)  # type: ignore[arg-type]  # tests name the fields they change


def laid_out(by: Judging, request: JudgeRequest, **options: float) -> Task:
    task = by.lay_out(request, **options)
    assert isinstance(task, Task), task
    return task


def judged(
    by: Judging,
    request: JudgeRequest,
    wanted: str | Sequence[str | int] = "final0",
    *,
    waited: float = 0.0,
    again: bool = False,
) -> Judgement:
    """What comes of a request when the model wants to write this, choice after choice, and `~` ever after."""
    task = by.lay_out(request, seconds_waited=waited, again=again)
    assert isinstance(task, Task), task
    choices = [token for each in wanted for token in ([each] if isinstance(each, int) else each.encode())]
    job = by.job(task)
    job.admitted = 12.0
    next(job.writing)
    for token in itertools.chain(choices, itertools.repeat(ord("~"))):
        row = np.zeros(264, dtype=np.float32)
        row[token] = 5
        try:
            job.writing.send(row)
        except StopIteration as finished:
            later = dataclasses.replace(by, clock=lambda: 15.5)
            return later.judgement(task, JobResult(job=job, ending=Ending.FINISHED, reply=finished.value))
    raise AssertionError("it does not come to an end")


def reason(judgement: Judgement | Task) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


def test_a_verdict_says_what_it_rests_on(ask: Callable[..., JudgeRequest]) -> None:
    """Judge, policy, prompt, tokens and seconds: waited until it got its place, computed from then on."""
    request = ask("hello")
    verdict = judged(judging(), request, waited=2.5)
    assert isinstance(verdict, Verdict)
    assert (verdict.outcome, verdict.score < 0.1) == (Outcome.CLEAR, True)
    task, provenance = laid_out(judging(), request), verdict.provenance
    assert (provenance.method, provenance.judge) == (Method.NO_REASONING, "gguf:abc")
    assert provenance.policy_fingerprint == request.policy.fingerprint
    assert (provenance.prompt_fingerprint, provenance.prompt_tokens) == (task.prompt.fingerprint, len(task.prompt.ids))
    assert provenance.reply_tokens == len('<final>{"violation":0}>')
    assert provenance.digit_mass is not None
    assert 0.3 < provenance.digit_mass < 0.4  # one logit of 5 among 263 of 0
    assert (provenance.seconds_waited, provenance.seconds_computed) == (4.5, 3.5)


def test_another_wording_is_another_judge(ask: Callable[..., JudgeRequest]) -> None:
    """The verdict says which one, and the model reads it."""
    variant = PromptVariant(user_closing="\nWell?")
    request = dataclasses.replace(ask("hello"), variant=variant)
    verdict = judged(judging(), request)
    assert isinstance(verdict, Verdict)
    assert verdict.provenance.judge == f"gguf:abc+{variant.fingerprint}"
    assert laid_out(judging(), request).prompt.ids != laid_out(judging(), ask("hello")).prompt.ids


def test_a_violation_carries_rules_and_rationale(ask: Callable[..., JudgeRequest]) -> None:
    """What the model wrote, with the score of its digit."""
    verdict = judged(judging(), ask(), 'final12]It shouts."')
    assert isinstance(verdict, Verdict)
    assert (verdict.outcome, verdict.rule_ids, verdict.rationale) == (Outcome.VIOLATION, ("R2",), "It shouts.")
    assert verdict.score > 0.9


@pytest.mark.parametrize(
    ("wanted", "way", "method"),
    [
        ("final0", Way.REASON, Method.NO_REASONING),
        ("0", Way.PROBE, Method.PROBED),
        ("analysis", Way.REASON, Method.CUT),
        ("0", Way.PROBE_THEN_REASON, Method.PROBED),
        ("1", Way.SCREEN, Method.SCREENED),
    ],
)
def test_a_verdict_says_how_it_was_reached(
    wanted: str, way: Way, method: Method, ask: Callable[..., JudgeRequest]
) -> None:
    """Thought over or not, and whether the thinking came to its own end."""
    verdict = judged(judging(), dataclasses.replace(ask(), way=way), wanted)
    assert isinstance(verdict, Verdict)
    assert verdict.provenance.method is method


def test_thinking_that_ended_by_itself_is_told_as_such(ask: Callable[..., JudgeRequest]) -> None:
    """The model closed its message."""
    verdict = judged(judging(), ask(), ["analysisFine.", CONTROL.end, "final0"])
    assert isinstance(verdict, Verdict)
    assert (verdict.provenance.method, verdict.reasoning) == (Method.REASONED, "Fine.")


def test_a_probe_is_told_as_one(ask: Callable[..., JudgeRequest]) -> None:
    """Clear at once; in doubt the verdict is one that was thought about."""
    probe = dataclasses.replace(ask(), way=Way.PROBE_THEN_REASON)
    clear, doubtful = judged(judging(), probe, "0"), judged(judging(), probe, "1final0")
    assert isinstance(clear, Verdict)
    assert isinstance(doubtful, Verdict)
    assert (clear.provenance.method, doubtful.provenance.method) == (Method.PROBED, Method.NO_REASONING)


def test_the_same_request_gives_the_same_prompt(ask: Callable[..., JudgeRequest]) -> None:
    """A replay is byte-stable, and the prefix does not depend on the content."""
    jobs = [judging().job(laid_out(judging(), ask(text))) for text in ("one", "one", "two")]
    assert jobs[0].prompt == jobs[1].prompt != jobs[2].prompt
    assert len({job.prefix for job in jobs}) == 1


@pytest.mark.parametrize("effort", list(Effort))
def test_each_effort_has_its_budget(effort: Effort, ask: Callable[..., JudgeRequest]) -> None:
    """A model that never stops thinking is stopped where its effort says."""
    budgets = ReasoningTokens(low=32, medium=64, high=96)
    verdict = judged(judging(reasoning_tokens=budgets), ask(effort=effort), "analysis")
    assert isinstance(verdict, Verdict)
    budget = budgets.of(effort, rules=3)
    assert verdict.reasoning == "~" * (budget - len("<analysis>")) + OUT_OF_BUDGET
    assert verdict.provenance.method is Method.CUT


def test_the_budgets_are_those_of_the_makers_advice() -> None:
    """Effort limits thinking; the budget is far above what nearly every reply takes, and grows with what there is to
    think about, up to twice as much."""
    budgets = ReasoningTokens()
    assert [budgets.of(effort) for effort in Effort] == [1024, 2048, 4096]
    assert budgets.of(Effort.LOW, rules=3, messages=4) == 1024 + 5 * 64
    assert budgets.of(Effort.LOW, rules=10, messages=30) == 2048


def test_a_second_look_may_think_four_times_as_long(ask: Callable[..., JudgeRequest]) -> None:
    """The model continues from where it was cut, as far as that budget goes."""
    budgets = ReasoningTokens(low=100, more_each=0.0)
    by = judging(reasoning_tokens=budgets)
    first, again = (judged(by, ask(), "analysis", again=again) for again in (False, True))
    assert isinstance(first, Verdict)
    assert isinstance(again, Verdict)
    assert (len(first.reasoning), len(again.reasoning)) == (90 + len(OUT_OF_BUDGET), 390 + len(OUT_OF_BUDGET))


def test_a_small_context_leaves_less_thinking(ask: Callable[..., JudgeRequest]) -> None:
    """A prompt that leaves no room for the whole budget is judged with what it leaves, down to a quarter of it.

    A second look has what is left, and is of no use where that is nothing.
    """
    budgets = ReasoningTokens(low=400, more_each=0.0)
    prompt = len(laid_out(judging(), ask()).prompt.ids)
    reply = longest_reply(vocabulary=VOCABULARY, rule_ids=("R1", "R2", "R10"), reasoning_tokens=0)
    by = {room: judging(tokens_per_sequence=prompt + reply + room, reasoning_tokens=budgets) for room in (99, 100, 500)}
    assert reason(by[99].lay_out(ask())) is UndecidedReason.TOO_LONG
    assert laid_out(by[100], ask()).reasoning_tokens == 100
    assert laid_out(by[500], ask()).reasoning_tokens == 400
    second = by[500].lay_out(ask(), again=True)
    assert isinstance(second, Task)
    assert second.reasoning_tokens == 500
    refused = by[100].lay_out(ask(), again=True)
    assert reason(refused) is UndecidedReason.THINKING_CUT
    assert isinstance(refused, Undecided)
    assert refused.detail == f"cut at 100 tokens, and a context of {prompt + reply + 100} has no room for more"


def test_a_deadline_counts_from_the_moment_of_arrival(ask: Callable[..., JudgeRequest]) -> None:
    """On the clock of the batching; what is late says so."""
    task = laid_out(judging(), ask(deadline_s=30))
    job = judging().job(task)
    assert job.deadline == 40.0
    assert reason(judging().judgement(task, JobResult(job=job, ending=Ending.LATE))) is UndecidedReason.DEADLINE


@pytest.mark.parametrize(
    ("thought", "expected"),
    [(0, UndecidedReason.DEADLINE), (288, UndecidedReason.DEADLINE), (289, UndecidedReason.THINKING_CUT)],
)
def test_a_deadline_that_long_thinking_takes_up_is_no_reason_to_try_again(
    thought: int, expected: UndecidedReason, ask: Callable[..., JudgeRequest]
) -> None:
    """More than a quarter of the budget of three rules: the next try would take as long, and the one after it."""
    task = laid_out(judging(), ask(deadline_s=30))
    job = judging().job(task)
    job.reply_tokens = thought
    assert reason(judging().judgement(task, JobResult(job=job, ending=Ending.LATE))) is expected


def test_a_moderator_who_waits_goes_first(ask: Callable[..., JudgeRequest]) -> None:
    """Other lanes keep the order that the bot sent them in."""
    urgent = {lane: judging().job(laid_out(judging(), ask(lane=lane))).urgent for lane in Lane}
    assert [lane for lane in Lane if urgent[lane]] == [Lane.INTERACTIVE]


def test_context_goes_before_the_request_does(ask: Callable[..., JudgeRequest]) -> None:
    """Too long with the messages before it: judged without them."""
    alone = laid_out(judging(), ask("target"))
    small = judging(tokens_per_sequence=len(alone.prompt.ids) + 1200)
    assert laid_out(small, ask("target", context=("x" * 5000, "y"))).prompt == alone.prompt


def test_a_context_that_fits_stays(ask: Callable[..., JudgeRequest]) -> None:
    """It helps to read the target."""
    task = laid_out(judging(), ask("target", context=("earlier words",)))
    assert b"earlier words" in VOCABULARY.decode(task.prompt.ids)


def test_what_cannot_fit_is_too_long(ask: Callable[..., JudgeRequest]) -> None:
    """With both numbers and none of the words, and without asking the model."""
    judgement = judging(tokens_per_sequence=2000).lay_out(ask("x" * 5000, context=("y",)))
    assert reason(judgement) is UndecidedReason.TOO_LONG
    assert isinstance(judgement, Undecided)
    assert "tokens, and the model has room for" in judgement.detail
    assert "x" * 10 not in judgement.detail
    assert "room for 0" in str(judging(tokens_per_sequence=10).lay_out(ask()))


@pytest.mark.parametrize(("way", "thinking"), [(Way.REASON, 288), (Way.PROBE, 0), (Way.PROBE_THEN_REASON, 288)])
def test_room_is_kept_for_the_longest_reply(
    way: Way, thinking: int, ask: Callable[..., JudgeRequest], three_rules: PolicyText
) -> None:
    """One token less than prompt and shortest budget together is too little; a probe needs none for thinking."""
    request = dataclasses.replace(ask(), way=way)
    reply = longest_reply(vocabulary=VOCABULARY, rule_ids=three_rules.rule_ids, reasoning_tokens=thinking)
    needed = len(laid_out(judging(), request).prompt.ids) + reply
    laid_out(judging(tokens_per_sequence=needed), request)
    short = judging(tokens_per_sequence=needed - 1).lay_out(request)
    assert reason(short) is UndecidedReason.TOO_LONG


def test_a_screening_needs_room_for_no_reply(ask: Callable[..., JudgeRequest]) -> None:
    """A few tokens behind the prompt are enough, however many rules there are."""
    request = dataclasses.replace(ask(), way=Way.SCREEN)
    needed = len(laid_out(judging(), request).prompt.ids) + ROOM_FOR_A_SCORE
    laid_out(judging(tokens_per_sequence=needed), request)
    assert reason(judging(tokens_per_sequence=needed - 1).lay_out(request)) is UndecidedReason.TOO_LONG


def test_a_policy_is_told_its_room(ask: Callable[..., JudgeRequest], three_rules: PolicyText) -> None:
    """With as many tokens as it may have, the longest message that room is kept for can still be judged."""
    room, prefix = judging().prepare(three_rules, Effort.HIGH)
    assert room.tokens == len(prefix)
    assert prefix == judging().job(laid_out(judging(), ask(effort=Effort.HIGH))).prefix
    small = judging(tokens_per_sequence=100_000 - room.most + room.tokens)
    room, _ = small.prepare(three_rules, Effort.HIGH)
    assert (room.most, room.fits) == (room.tokens, True)
    frame = len(laid_out(judging(), ask("", effort=Effort.HIGH)).prompt.ids) - room.tokens
    laid_out(small, ask("x" * (ROOM_FOR_A_MESSAGE - frame), effort=Effort.HIGH))
    tight, _ = judging(tokens_per_sequence=small.tokens_per_sequence - 1).prepare(three_rules, Effort.HIGH)
    assert not tight.fits
    assert judging(tokens_per_sequence=10).prepare(three_rules, Effort.LOW)[0].most == 0


def test_an_answer_that_cannot_be_read_is_no_verdict(three_rules: PolicyText) -> None:
    """What the strict reader refuses stays refused: here an answer that is far too long because of a rule's id."""
    policy = dataclasses.replace(three_rules, rules=(RuleText(id="R" * 17_000, title="An endless id"),))
    request = JudgeRequest(policy=policy, content=Content(target=Message(text="x")))
    assert reason(judged(judging(), request, 'final1Because."')) is UndecidedReason.UNREADABLE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BrokenLogits("no numbers"), Undecided(reason=UndecidedReason.UNREADABLE, detail="no numbers")),
        (
            ZeroDivisionError("a member's words"),
            Undecided(
                reason=UndecidedReason.JUDGE_CRASHED, detail="the judge failed on this request (ZeroDivisionError)"
            ),
        ),
    ],
)
def test_a_fault_is_no_verdict_and_does_not_repeat_what_was_written(
    error: Exception, expected: Undecided, ask: Callable[..., JudgeRequest]
) -> None:
    """Broken weights say what is wrong; of anything else only the kind is told."""
    task = laid_out(judging(), ask())
    assert judging().judgement(task, JobResult(job=judging().job(task), ending=Ending.FAILED, error=error)) == expected


TEXTS = ("hello", "another one", "नमस्ते <|end|>", "hello " * 50, "buy gold now", "x" * 300, "why?", "one two " * 90)


def verdicts(by: Judging, many: Sequences, requests: list[JudgeRequest]) -> list[Judgement]:
    """What comes of these requests when they are in the engine together."""
    batching = Batching(many, PrefixCache(most_bytes=1 << 30, size_of=lambda kept: kept.size), clock=lambda: 0.0)
    jobs: dict[Job, Task] = {}
    for request in requests:
        task = laid_out(by, request)
        job = by.job(task)
        jobs[job] = task
        batching.add(job)
    answers: dict[Job, Judgement] = {}
    while batching.busy:
        batching.step()
        answers |= {done.job: by.judgement(jobs[done.job], done) for done in batching.take_done()}
    return [answers[job] for job in jobs]


@pytest.mark.parametrize("way", list(Way))
def test_a_message_gets_the_same_verdict_alone_and_in_any_batch(
    way: Way,
    sequences_factory: Callable[..., Sequences],
    tiny_vocabulary: LlamaVocabulary,
    ask: Callable[..., JudgeRequest],
) -> None:
    """The real llama.cpp: outcome, rules, and the score but for its last bits, whatever the neighbours are.

    Alone it is the same to the last bit each time.
    """
    by = judging(
        vocabulary=tiny_vocabulary,
        clock=lambda: 0.0,
        tokens_per_sequence=4096,
        reasoning_tokens=ReasoningTokens.fixed(40),
    )
    many = sequences_factory(sequences=5, tokens_per_sequence=4096)
    requests = [dataclasses.replace(ask(text), way=way) for text in TEXTS]
    alone = [verdicts(by, many, [request])[0] for request in requests]
    assert alone == [verdicts(by, many, [request])[0] for request in requests]
    assert all(isinstance(verdict, Verdict) for verdict in alone)
    for order in (TEXTS, TEXTS[::-1]):
        shuffled = [requests[TEXTS.index(text)] for text in order]
        together = dict(zip(order, verdicts(by, many, shuffled), strict=True))
        for text, single in zip(TEXTS, alone, strict=True):
            verdict = together[text]
            assert isinstance(single, Verdict)
            assert isinstance(verdict, Verdict)
            assert (verdict.outcome, verdict.rule_ids) == (single.outcome, single.rule_ids)
            assert verdict.score == pytest.approx(single.score, abs=0.02)

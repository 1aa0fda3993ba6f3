"""Invented messages, written by models of made-up numbers: the form holds, within budget and room."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.inventing import Inventions, InventRequest, invent_request
from classifier.llama.engine.batching import Ending, JobResult
from classifier.llama.engine.jobs import Judging, Task
from classifier.policy_text import PolicyText, RuleText
from classifier.prompt.invention import LONGEST_INVENTION
from classifier.prompt.vocabulary import ByteVocabulary
from classifier.verdict import Judgement, Undecided, UndecidedReason

VOCABULARY = ByteVocabulary()
POLICY = PolicyText(title="Trading", rules=(RuleText(id="R1", title="Selling"), RuleText(id="R10", title="Begging")))


def judging(**changes: object) -> Judging:
    """One with much room."""
    usual = Judging(
        vocabulary=VOCABULARY, fence_key=b"key", judge="gguf:abc", clock=lambda: 10.0, tokens_per_sequence=100_000
    )
    return dataclasses.replace(usual, **changes)  # type: ignore[arg-type]  # tests name the fields they change


def request(count: int = 3, policy: PolicyText = POLICY) -> InventRequest:
    """Asks for this many."""
    return invent_request(policy, ("known",), count=count, deadline_s=60)


def written(task: Task, seed: int) -> tuple[int, Judgement | Inventions]:
    """How many tokens a model of random numbers writes, and what comes of them."""
    by, dice = judging(), np.random.default_rng(seed)
    job = by.job(task)
    next(job.writing)
    while True:
        try:
            job.writing.send(dice.normal(size=264).astype(np.float32))
        except StopIteration as finished:
            reply = finished.value
            return len(reply.ids), by.judgement(task, JobResult(job=job, ending=Ending.FINISHED, reply=reply))


@given(seed=st.integers(0, 2**32), count=st.integers(1, 10))
@settings(max_examples=30, deadline=None)
def test_whatever_the_model_wants_the_form_holds(seed: int, count: int) -> None:
    """Only rules of the policy, texts of the agreed length, no more than were asked for, within the room."""
    task = judging().lay_out(request(count))
    assert isinstance(task, Task)
    tokens, answer = written(task, seed)
    assert len(task.prompt.ids) + tokens <= 100_000
    if isinstance(answer, Undecided):  # of letters and digits nothing was written
        assert answer.detail == "the final message holds no invented message"
        return
    assert isinstance(answer, Inventions)
    assert 1 <= len(answer.invented) <= count
    for each in answer.invented:
        assert each.rule_id in POLICY.rule_ids
        assert 1 <= len(each.text) <= LONGEST_INVENTION
        assert "\n" not in each.text


def test_the_room_is_exact() -> None:
    """Where prompt and longest reply fit, nothing is refused; with a token less it is, before anything is computed."""
    task = judging().lay_out(request())
    assert isinstance(task, Task)
    refused = judging(tokens_per_sequence=len(task.prompt.ids) + 100).lay_out(request())
    assert isinstance(refused, Undecided)
    assert refused.reason is UndecidedReason.TOO_LONG
    needed = int(refused.detail.split()[4])
    assert isinstance(judging(tokens_per_sequence=needed).lay_out(request()), Task)
    assert isinstance(judging(tokens_per_sequence=needed - 1).lay_out(request()), Undecided)
    assert max(written(task, seed)[0] for seed in range(5)) <= needed - len(task.prompt.ids)


def test_it_is_kept_out_of_the_prefixes() -> None:
    """The next one comes in a week, and would only take the place of a policy's prefix."""
    task = judging().lay_out(request())
    assert isinstance(task, Task)
    job = judging().job(task)
    assert (job.prefix, job.prompt, job.urgent) == ((), task.prompt.ids, False)


@pytest.mark.parametrize("ending", [Ending.LATE, Ending.FAILED])
def test_no_reply_is_undecided(ending: Ending) -> None:
    """A deadline that passed, or a fault."""
    task = judging().lay_out(request())
    assert isinstance(task, Task)
    job = judging().job(task)
    error = ValueError("secret") if ending is Ending.FAILED else None
    answer = judging().judgement(task, JobResult(job=job, ending=ending, error=error))
    assert isinstance(answer, Undecided)
    assert "secret" not in answer.detail

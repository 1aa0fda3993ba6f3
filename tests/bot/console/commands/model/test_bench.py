"""`bylaw model bench`: what is counted was judged, in the time that is said."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.console.commands.model.bench import (
    AT_ONCE,
    MESSAGES,
    Rate,
    Result,
    as_json,
    measure,
    messages_a_day,
    reading_speed,
    requests,
    shown,
    starter_policies,
    steps,
)
from classifier import (
    Effort,
    Judgement,
    JudgeRequest,
    Method,
    Outcome,
    PolicyFit,
    PolicyText,
    Provenance,
    Undecided,
    UndecidedReason,
    Verdict,
    Way,
)


class Ticking:
    """A judge that takes a tenth of a second for a message, by a clock of its own."""

    name = "ticking"

    def __init__(self, *, reason: UndecidedReason | None = None, room: PolicyFit | None = None) -> None:
        self.now = 0.0
        self.most_at_once = 0
        self._at_once = 0
        self._reason = reason
        self._room = room

    async def judge(self, request: JudgeRequest) -> Judgement:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self.now += 0.1
        self._at_once -= 1
        if self._reason:
            return Undecided(reason=self._reason)
        provenance = Provenance(
            method=Method.REASONED, judge=self.name, policy_fingerprint=request.policy.fingerprint, reply_tokens=20
        )
        return Verdict(outcome=Outcome.CLEAR, rule_ids=(), score=0.1, rationale="", provenance=provenance)

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        self.now += 0.5
        return self._room

    async def close(self) -> None:
        """Nothing to free."""


def questions(deadline_s: float = 60.0):
    return requests(starter_policies()[0], Effort.LOW, probe=False, deadline_s=deadline_s)


@pytest.mark.parametrize("at_once", [1, 4])
async def test_a_rate_is_what_was_judged_by_the_time_it_took(at_once: int) -> None:
    """Ten messages a second of twenty tokens, after the first ones."""
    judge = Ticking()
    rate = await measure(judge, questions(), at_once=at_once, seconds=5, clock=lambda: judge.now)
    assert rate.seconds >= 5
    assert rate.per_second == pytest.approx(10, rel=0.2)
    assert rate.tokens_per_second == pytest.approx(20 * rate.per_second)


async def test_what_had_no_time_is_no_work_done_and_ends_the_measurement() -> None:
    """A machine far too slow gets a nought, not an endless wait."""
    judge = Ticking(reason=UndecidedReason.DEADLINE)
    rate = await measure(judge, questions(), at_once=2, seconds=1, clock=lambda: judge.now)
    assert (rate.messages, rate.per_second) == (0, 0.0)


async def test_an_answer_that_cannot_be_read_was_work_all_the_same() -> None:
    """The model wrote it; a file of random weights writes little else."""
    judge = Ticking(reason=UndecidedReason.UNREADABLE)
    rate = await measure(judge, questions(), at_once=1, seconds=1, clock=lambda: judge.now)
    assert rate.messages > 5
    assert rate.tokens_per_second == 0


def test_nothing_measured_is_nought() -> None:
    """No division by nothing."""
    empty = Rate(at_once=1, messages=0, reply_tokens=0, seconds=0.0)
    assert (empty.per_second, empty.tokens_per_second) == (0.0, 0.0)


async def test_reading_is_measured_on_the_policies() -> None:
    """Each is computed once; a judge that does not say how long a policy is cannot be measured so."""
    judge = Ticking(room=PolicyFit(tokens=500, most=4000))
    assert await reading_speed(judge, starter_policies(), Effort.LOW, clock=lambda: judge.now) == pytest.approx(1000)
    assert await reading_speed(Ticking(), starter_policies(), Effort.LOW) is None


@pytest.mark.parametrize(
    ("places", "measured"), [(64, AT_ONCE), (100, AT_ONCE), (24, (1, 4, 16, 24)), (16, (1, 4, 16)), (1, (1,))]
)
def test_no_more_at_once_than_the_engine_takes(places: int, measured: tuple[int, ...]) -> None:
    """More would only wait in line."""
    assert steps(places) == measured


def test_the_messages_are_many_and_all_different() -> None:
    """So that none is answered from memory; they come from many servers, some break the policy."""
    taken = list(itertools.islice(questions(), 200))
    assert len({request.content.target.text for request in taken}) == 200
    assert len({request.server for request in taken}) == 20
    assert {request.way for request in taken} == {Way.REASON}
    assert sum("nitro" in text.lower() for text in MESSAGES) == 1
    probing = next(requests(starter_policies()[0], Effort.HIGH, probe=True, deadline_s=1))
    assert (probing.way, probing.effort) == (Way.PROBE, Effort.HIGH)


def test_the_scam_policy_is_judged_by_and_all_starters_are_read() -> None:
    """The one that messages break most often comes first."""
    policies = starter_policies()
    assert "scam" in policies[0].title.lower()
    assert len(policies) == len({policy.fingerprint for policy in policies}) >= 6


RESULT = Result(
    judge="llama.cpp with 20b.gguf",
    places=16,
    prompt_tokens_per_second=976.4,
    rates=(Rate(at_once=1, messages=17, reply_tokens=1088, seconds=15.04),),
)


def test_people_get_a_table() -> None:
    """And why it ends where it does."""
    lines = list(shown(RESULT))
    assert lines[0] == "llama.cpp with 20b.gguf"
    assert lines[1] == "It reads 976 tokens a second."
    assert lines[3].split() == ["1", "1.13", "97,700", "72"]
    assert lines[4] == "The engine takes 16 at once here; more would wait."
    assert lines[6] == "  1 policy: about 21,600 messages a day"
    assert lines[7] == "  6 policies: about 3,600 messages a day"
    assert "first look settles 80 %" in lines[9]


def test_programs_get_numbers() -> None:
    """One object; None where the speed of reading is not known."""
    found = as_json(RESULT)
    assert found["rates"] == [
        {
            "at_once": 1,
            "messages_per_second": 1.13,
            "messages_per_day": 97_660,
            "reply_tokens_per_second": 72.3,
            "messages": 17,
            "seconds": 15.0,
        }
    ]
    unknown = Result(judge="x", places=64, prompt_tokens_per_second=None, rates=())
    assert as_json(unknown)["prompt_tokens_per_second"] is None
    assert len(list(shown(unknown))) == 2
    assert as_json(unknown)["messages_a_day"] == {}
    assert list(found["messages_a_day"]) == list(messages_a_day(RESULT))


def test_a_real_engine_is_measured(
    bylaw: Callable[..., Any], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parent and child, with a file of random weights and room for four."""
    monkeypatch.setenv("BYLAW_SEQUENCES", "4")
    outcome = bylaw("model", "bench", "--model", tiny_model, "--seconds", "1", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    (found,) = outcome.rows
    assert found["model"] == str(tiny_model)
    assert [rate["at_once"] for rate in found["rates"]] == [1, 4]
    assert all(rate["messages"] > 0 for rate in found["rates"])


def test_without_a_model_there_is_nothing_to_measure(bylaw: Callable[..., Any]) -> None:
    """The line says how to get one."""
    outcome = bylaw("model", "bench")
    assert outcome.code == 2
    assert "bylaw model pull" in outcome.complaint

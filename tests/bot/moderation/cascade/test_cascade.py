"""The first look in the way of a message: what it settles, what it leaves, what it learns."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.cascade.audit import Period
from bot.moderation.cascade.screened_set import Mode, ScreenedSet
from bot.moderation.judging.decide import BELOW_THRESHOLD
from bot.moderation.servers.options import CascadeOptions
from classifier import (
    Judgement,
    JudgeRequest,
    Lane,
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
from classifier.scripted import ScriptedJudge

Factory = Callable[..., Any]
SPAM = "# Spam\n\n## Rules\n### R1 Advertising\nBreaks it: advertising.\n"


def says(request: JudgeRequest) -> bool:
    """Does the text break the rule of the policy that is asked about?"""
    text = request.content.target.text
    return ("butler" in text and request.policy.title == "Spoilers") or (
        "buy" in text and request.policy.title == "Spam"
    )


@pytest.fixture
def answer(verdict_factory: Factory) -> Callable[[JudgeRequest], Judgement]:
    """Judges by a word for each policy; the score of a look is high where any word is there, and "sly" hides it."""

    def judge(request: JudgeRequest) -> Judgement:
        text = request.content.target.text
        if request.way is Way.SCREEN:
            found = ("butler" in text or "buy" in text) and "sly" not in text
            return verdict_factory(Outcome.CLEAR, score=0.9 if found else 0.01)
        return verdict_factory() if says(request) else verdict_factory(Outcome.CLEAR, score=0.02)

    return judge


async def two_policies(desk: Any) -> None:
    """A second policy is in force besides the first."""
    await desk.policy_desk.create(1, "Spam", SPAM, actor_id=9)
    await desk.policy_desk.publish(1, "Spam", actor_id=9)


async def on(desk: Any, seen: Any, *, recall: float = 0.9, mode: Mode = Mode.ON) -> str:
    """The server wants a first look, and it has learned enough."""
    await desk.options.save(1, CascadeOptions(recall=recall), actor_id=9)
    look = await desk.cascade.look(seen, await desk.in_force.of(1), Lane.LIVE)
    known = ScreenedSet(recall=recall, mode=mode, threshold=0.5, violation_scores=(0.9,) * 30)
    desk.cascade.remember(look.key, known)
    desk.judge.requests.clear()
    return str(look.key[1])


def ways(desk: Any) -> list[Way]:
    """How the judge was asked."""
    return [request.way for request in desk.judge.requests]


async def test_without_it_everything_is_as_it_was(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """No look is made, and each policy is asked once."""
    desk = await desk_factory(answer)
    await two_policies(desk)
    handled = await desk.pipeline.see(seen_factory(text="the butler did it"), own_id=5)
    assert len(handled.cases) == 1
    assert ways(desk) == [Way.REASON, Way.REASON]


async def test_while_learning_everything_gets_both_looks(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """The outcome is the same as without; what the reasoner flags is remembered with the look's score."""
    desk = await desk_factory(answer)
    await two_policies(desk)
    await desk.options.save(1, CascadeOptions(recall=0.99), actor_id=9)
    for number, text in enumerate(("hello", "the butler did it", "buy now")):
        await desk.pipeline.see(seen_factory(message_id=300 + number, text=text), own_id=5)
    assert ways(desk) == [Way.SCREEN, Way.REASON, Way.REASON] * 3
    assert desk.tally.violations == 2
    ((policy_ids, known),) = await desk.cascade.of_server(1)
    assert (known.mode, known.violation_scores, len(policy_ids)) == (Mode.LEARNING, (0.9, 0.9), 2)
    (request, *_) = desk.judge.requests
    assert len(request.policy.rules) == 2


async def test_a_clear_message_is_settled_by_one_look(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """It is kept as clear under each policy, with how that was reached, and not judged again."""
    desk = await desk_factory(answer, chance=lambda: 0.99)
    await two_policies(desk)
    await on(desk, seen_factory())
    seen = seen_factory(message_id=301, text="hello there")
    assert not (await desk.pipeline.see(seen, own_id=5)).cases
    assert ways(desk) == [Way.SCREEN]
    kept = [desk.cases.clear[1, 301, 0, policy.version.id].method for policy in await desk.in_force.of(1)]
    assert kept == [Method.SCREENED.value] * 2
    await desk.pipeline.see(seen, own_id=5)
    assert ways(desk) == [Way.SCREEN]


async def test_what_one_look_took_is_shared_among_the_policies(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """Or sums over verdicts would count it once for each of them."""
    desk = await desk_factory(answer)
    await two_policies(desk)
    await on(desk, seen_factory())
    policies = await desk.in_force.of(1)
    look = await desk.cascade.look(seen_factory(), policies, Lane.LIVE)
    took = replace(look.verdict.provenance, prompt_tokens=900, reply_tokens=2, seconds_computed=0.5)
    look = replace(look, verdict=replace(look.verdict, provenance=took))
    shares = [look.clear(policy).provenance for policy in policies]
    assert [(each.prompt_tokens, each.reply_tokens, each.seconds_computed) for each in shares] == [(450, 1, 0.25)] * 2


async def test_a_suspicious_message_is_judged_as_without_the_look(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """The case rests on the policy's own judgement alone."""
    desk, plain = await desk_factory(answer, chance=lambda: 0.99), await desk_factory(answer)
    cases = []
    for each in (desk, plain):
        await two_policies(each)
    await on(desk, seen_factory())
    for each in (desk, plain):
        handled = await each.pipeline.see(seen_factory(message_id=301, text="the butler did it"), own_id=5)
        cases.append([(case.judged.policy_name, case.judged.score, case.judged.rationale) for case in handled.cases])
    assert cases[0] == cases[1] != []
    assert ways(desk) == [Way.SCREEN, Way.REASON, Way.REASON]


async def test_a_sample_of_what_would_be_skipped_is_judged(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """A miss becomes a case like any other, and counts against the promise."""
    desk = await desk_factory(answer, chance=lambda: 0.0)
    await on(desk, seen_factory())
    handled = await desk.pipeline.see(seen_factory(message_id=301, text="a sly butler did it"), own_id=5)
    assert len(handled.cases) == 1
    ((_, known),) = await desk.cascade.of_server(1)
    assert known.periods[-1].audited == len(known.periods[-1].misses) == 1


async def test_moderators_are_told_when_it_switches_itself_off(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """Once; from then on everything is judged in full."""
    desk = await desk_factory(answer, chance=lambda: 0.0)
    await on(desk, seen_factory())
    for number in range(40):
        await desk.pipeline.see(seen_factory(message_id=301 + number, text=f"a sly butler did it {number}"), own_id=5)
    told = [text for _, text in desk.board.told if "first look" in text]
    assert len(told) == 1
    assert "misses more than 10% of violations" in told[0]
    assert desk.tally.violations == 40
    ((_, known),) = await desk.cascade.of_server(1)
    assert known.mode is Mode.BROKEN


async def test_a_new_version_learns_again(desk_factory: Factory, answer: Factory, seen_factory: Factory) -> None:
    """What was known of the old one says nothing about it."""
    desk = await desk_factory(answer, chance=lambda: 0.99)
    await on(desk, seen_factory())
    policy = next(each for each in await desk.policy_desk.list(1) if each.name == "Spoilers")
    changed = policy.published.text.replace("how the film ends", "who did it")
    await desk.policy_desk.save_draft(1, "Spoilers", changed, seen_revision=None, seen_number=1, actor_id=9)
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    await desk.pipeline.see(seen_factory(message_id=10**18 * 2, text="hello"), own_id=5)
    assert ways(desk)[-2:] == [Way.SCREEN, Way.REASON]


@pytest.mark.parametrize("reason", [UndecidedReason.DEADLINE, UndecidedReason.TOO_LONG, UndecidedReason.JUDGE_CRASHED])
async def test_without_a_score_nothing_is_skipped(
    reason: UndecidedReason, desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """A look that gives no score settles nothing and teaches nothing."""

    def no_look(request: JudgeRequest) -> Judgement:
        return Undecided(reason=reason) if request.way is Way.SCREEN else answer(request)

    desk = await desk_factory(no_look)
    await desk.options.save(1, CascadeOptions(recall=0.9), actor_id=9)
    assert len((await desk.pipeline.see(seen_factory(), own_id=5)).cases) == 1
    assert await desk.cascade.of_server(1) == ()


async def test_no_message_is_lost_or_judged_twice(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """400 messages, many at once, with copies: each ends as a case or as clear under each policy, and a case is opened
    for every message that the look lets through and that breaks a rule."""
    chance = random.Random(4)
    desk = await desk_factory(answer, chance=chance.random)
    await two_policies(desk)
    await on(desk, seen_factory())
    words = ("hello", "the butler did it", "buy now", "fine weather", "a sly butler did it")
    messages = [
        seen_factory(message_id=1_000 + number, author_id=10 + number % 7, text=f"{chance.choice(words)} {number // 3}")
        for number in range(400)
    ]
    handled = await asyncio.gather(*(desk.pipeline.see(each, own_id=5) for each in messages))
    policies = await desk.in_force.of(1)
    for seen, outcome in zip(messages, handled, strict=True):
        suspicious = ("butler" in seen.text or "buy" in seen.text) and "sly" not in seen.text
        assert len(outcome.cases) == suspicious or "sly" in seen.text
        clear = [(1, seen.message_id, 0, policy.version.id) in desk.cases.clear for policy in policies]
        assert len(outcome.cases) + sum(clear) == len(policies)
    looks = [request.content.target.text for request in desk.judge.requests if request.way is Way.SCREEN]
    assert len(looks) == len(messages)


async def test_policies_too_long_together_are_looked_at_in_groups(desk_factory: Factory, seen_factory: Factory) -> None:
    """In as few as fit; the highest score counts."""

    class Small(ScriptedJudge):
        async def prepare(self, policy: PolicyText, **_: object) -> PolicyFit:
            return PolicyFit(tokens=100 * len(policy.rules), most=100)

    def score(request: JudgeRequest) -> Judgement:
        return Verdict(
            outcome=Outcome.CLEAR,
            rule_ids=(),
            score=0.7 if request.policy.title == "Spam" else 0.1,
            rationale="",
            provenance=replace(seen_provenance, policy_fingerprint=request.policy.fingerprint),
        )

    seen_provenance = Provenance(method=Method.SCREENED, judge="scripted:1", policy_fingerprint="")
    judge = Small(score)
    desk = await desk_factory(score, judge=judge)
    await two_policies(desk)
    await desk.options.save(1, CascadeOptions(recall=0.9), actor_id=9)
    look = await desk.cascade.look(seen_factory(), await desk.in_force.of(1), Lane.LIVE)
    assert look.verdict.score == 0.7
    assert sorted(request.policy.title for request in judge.requests) == ["Spam", "Spoilers"]


async def test_counts_survive_a_restart(desk_factory: Factory, answer: Factory, seen_factory: Factory) -> None:
    """What matters for the promise is written at once, the rest every 50 messages."""
    desk = await desk_factory(answer, chance=lambda: 0.99)
    key = await on(desk, seen_factory())
    await desk.pipeline.see(seen_factory(message_id=301, text="the butler did it"), own_id=5)
    assert (await desk.screened_sets.get(1, key)).periods == (Period(found=1),)
    for number in range(50):
        await desk.pipeline.see(seen_factory(message_id=400 + number, text=f"hello {number}"), own_id=5)
    assert (await desk.screened_sets.get(1, key)).skipped == 50
    assert desk.screened_sets.saves == 2


async def test_setting_it_anew_starts_over(desk_factory: Factory, answer: Factory, seen_factory: Factory) -> None:
    """Everything that was known in this server is forgotten."""
    desk = await desk_factory(answer)
    await on(desk, seen_factory(), mode=Mode.BROKEN)
    await desk.cascade.start_over(1)
    assert await desk.cascade.of_server(1) == ()
    await desk.pipeline.see(seen_factory(message_id=301, text="the butler did it"), own_id=5)
    ((_, known),) = await desk.cascade.of_server(1)
    assert known.mode is Mode.LEARNING


def test_a_method_below_the_threshold_is_told_apart() -> None:
    """What a screened message is kept under is no word that older readers take for something else."""
    assert not Method.SCREENED.value.startswith(BELOW_THRESHOLD)


async def test_copies_of_what_broke_a_rule_need_no_look(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """A look that would clear them is not asked: the verdict on the first copy serves."""
    chances = iter([0.99, 0.0])
    desk = await desk_factory(answer, chance=lambda: next(chances, 0.99))
    await on(desk, seen_factory())
    copies = [seen_factory(message_id=301 + each, author_id=20 + each, text="a sly butler did it") for each in range(4)]
    handled = [await desk.pipeline.see(each, own_id=5) for each in copies]
    assert [len(each.cases) for each in handled] == [1, 1, 1, 1]
    assert ways(desk) == [Way.SCREEN, Way.REASON]


async def test_there_is_no_look_while_others_need_not_wait_for_the_model(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """A server that is behind and chose to be judged otherwise is judged so, and nothing is learned from that."""
    desk = await desk_factory(answer, is_behind=lambda _: True)
    await desk.options.save(1, CascadeOptions(recall=0.9), actor_id=9)
    assert (await desk.pipeline.see(seen_factory(), own_id=5)).cases
    assert ways(desk) == [Way.REASON]
    assert await desk.cascade.of_server(1) == ()


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.SHIFTED, Mode.USELESS])
async def test_a_set_that_is_off_costs_no_look(
    mode: Mode, desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """Everything is judged as if there were none."""
    desk = await desk_factory(answer)
    await on(desk, seen_factory(), mode=mode)
    await desk.pipeline.see(seen_factory(message_id=301, text="hello"), own_id=5)
    assert ways(desk) == [Way.REASON]


async def test_a_message_under_way_undoes_no_new_beginning(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """It was looked at before."""
    desk = await desk_factory(answer, chance=lambda: 0.0)
    await on(desk, seen_factory())
    policies = await desk.in_force.of(1)
    look = await desk.cascade.look(seen_factory(message_id=301, text="hello"), policies, Lane.LIVE)
    await desk.cascade.start_over(1)
    await desk.cascade.judged(look, [answer(request) for request in desk.judge.requests[:1]])
    await desk.cascade.skipped(look)
    assert await desk.cascade.of_server(1) == ()


async def test_a_judge_that_cannot_say_yet_is_asked_again(desk_factory: Factory, seen_factory: Factory) -> None:
    """Whether policies fit together is remembered only once it is known."""

    class Loading(ScriptedJudge):
        ready = False

        async def prepare(self, policy: PolicyText, **_: object) -> PolicyFit | None:
            return PolicyFit(tokens=100 * len(policy.rules), most=100) if self.ready else None

    def score(request: JudgeRequest) -> Judgement:
        provenance = Provenance(method=Method.SCREENED, judge="scripted:1", policy_fingerprint="")
        return Verdict(outcome=Outcome.CLEAR, rule_ids=(), score=0.1, rationale="", provenance=provenance)

    judge = Loading(score)
    desk = await desk_factory(score, judge=judge)
    await two_policies(desk)
    await desk.options.save(1, CascadeOptions(recall=0.9), actor_id=9)
    policies = await desk.in_force.of(1)
    await desk.cascade.look(seen_factory(), policies, Lane.LIVE)
    assert [len(request.policy.rules) for request in judge.requests] == [2]
    judge.ready = True
    await desk.cascade.look(seen_factory(), policies, Lane.LIVE)
    assert [len(request.policy.rules) for request in judge.requests] == [2, 1, 1]


async def test_a_look_of_other_times_changes_nothing(
    desk_factory: Factory, answer: Factory, seen_factory: Factory
) -> None:
    """The set began to work, or was switched off, while the message was being judged."""
    desk = await desk_factory(answer)
    await on(desk, seen_factory(), mode=Mode.LEARNING)
    look = await desk.cascade.look(seen_factory(message_id=301), await desk.in_force.of(1), Lane.LIVE)
    for mode in (Mode.ON, Mode.BROKEN):
        known = replace(look.known, mode=mode)
        desk.cascade.remember(look.key, known)
        await desk.cascade.judged(look, [answer(desk.judge.requests[-1])])
        assert (await desk.cascade.look(seen_factory(), await desk.in_force.of(1), Lane.LIVE) or look).key == look.key
        assert desk.cascade._known[look.key] == known

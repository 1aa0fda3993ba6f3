"""Behind the look every message goes exactly the way that it goes without one, and without one nothing changes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.languages.translation import Line
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.cascade.screened_set import Mode, ScreenedSet
from bot.moderation.judging.backlog import Backlog, WhenBehind
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.judging.verdict_source import VerdictCache, VerdictSource
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.servers.options import CascadeOptions
from classifier import Effort, Judgement, JudgeRequest, Lane, Method, Outcome, Provenance, Undecided, Verdict, Way
from classifier.scripted import ScriptedJudge
from classifier.verdict import UndecidedReason
from guild_policies.compile import compile_policy
from guild_policies.scope import PolicySettings
from guild_policies.text.parse import parse
from guild_policies.versions import PolicyVersion
from tests.fakes.stores_actions import MemoryOptionStore
from tests.fakes.stores_audit import MemoryAuditLog
from tests.fakes.stores_trials import MemoryScreenedSetStore

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
THRESHOLD = 0.4  #: of the look


def drawn(*parts: object) -> float:
    """A number between 0 and 1 that is always the same for these."""
    return random.Random(repr(parts)).random()


def answer(request: JudgeRequest) -> Judgement:
    """What a model might say: it depends on the message, the policy, the effort and the way it is asked."""
    text, policy = request.content.target.text, request.policy
    provenance = Provenance(method=Method.REASONED, judge="scripted:1", policy_fingerprint=policy.fingerprint)
    if request.way is Way.SCREEN:
        score = drawn("look", text)
        return Verdict(outcome=Outcome.CLEAR, rule_ids=(), score=score, rationale="", provenance=provenance)
    score = drawn(text, policy.fingerprint, request.effort)
    if score > 0.95:
        return Undecided(reason=UndecidedReason.THINKING_CUT)
    probe = drawn("probe", text, policy.fingerprint)
    if request.way is Way.PROBE_THEN_REASON and probe < request.think_from:
        score, provenance = probe / 2, replace(provenance, method=Method.PROBED)
    broken = score > 0.5
    return Verdict(
        outcome=Outcome.VIOLATION if broken else Outcome.CLEAR,
        rule_ids=("R1",) if broken else (),
        score=score,
        rationale="R1: as drawn." if broken else "",
        provenance=provenance,
    )


@dataclass(kw_only=True)
class Path:
    """The way of a message, with or without the look."""

    source: VerdictSource
    cascade: Cascade
    judge: ScriptedJudge
    options: MemoryOptionStore
    backlog: Backlog

    async def judgements(
        self, seen: MessageSeen, policies: list[PolicyInForce], lane: Lane
    ) -> tuple[list[Judgement], list[JudgeRequest]]:
        """What is said of a message under each policy, and what the judge was asked for that, the look aside."""
        self.judge.requests.clear()
        found = await self.source.find_all(seen, policies, lane, look_first=True)
        asked = [request for request in self.judge.requests if request.way is not Way.SCREEN]
        return [each.judgement for each in found], sorted(asked, key=lambda request: request.policy.fingerprint)


def path(
    requests: JudgeRequests, *, chance: float = 0.99, script: Callable[[JudgeRequest], Judgement] = answer
) -> Path:
    """The real services around a scripted judge."""
    judge, audit = ScriptedJudge(script), MemoryAuditLog()
    options = MemoryOptionStore(now=lambda: NOW, audit=audit)

    async def tell(guild_id: int, line: Line) -> None:
        del guild_id, line

    backlog = Backlog(marks=Watermarks(MemoryWatermarkStore()), options=options, tell=tell, now=lambda: NOW)
    cascade = Cascade(
        MemoryScreenedSetStore(),
        options=options,
        judge=judge,
        requests=requests,
        tell=tell,
        is_behind=lambda guild_id: backlog.way_of(guild_id) is not WhenBehind.WAIT,
        chance=lambda: chance,
    )
    source = VerdictSource(
        judge=judge,
        lite=judge,
        requests=requests,
        backlog=backlog,
        cache=VerdictCache(lambda: 0.0),
        in_flight=JudgementsInFlight(),
        cascade=cascade,
    )
    return Path(source=source, cascade=cascade, judge=judge, options=options, backlog=backlog)


async def switch_on(behind: Path, policies: list[PolicyInForce]) -> None:
    """The server wants a look, and what it learned is enough."""
    await behind.options.save(1, CascadeOptions(recall=0.9), actor_id=9)
    look = await behind.cascade.look(message("the first"), policies, Lane.LIVE)
    assert look is not None
    behind.cascade.remember(look.key, ScreenedSet(recall=0.9, mode=Mode.ON, threshold=THRESHOLD))


def message(text: str, number: int = 0) -> MessageSeen:
    """What a member posted."""
    return MessageSeen(guild_id=1, channel_id=20, message_id=300 + number, author_id=7, text=text, posted_at=NOW)


def policy(number: int, effort: Effort | None = None, threshold: float = 0.5) -> PolicyInForce:
    """A policy in force with settings of its own."""
    written = f"# Policy {number}\n\n## Rules\n### R1 Rule\nBreaks it: thing {number}.\n"
    parsed = parse(written).policy
    text = compile_policy(parsed)
    version = PolicyVersion(
        id=number, policy_id=number, number=1, text=written, fingerprint=text.fingerprint, author_id=9, created_at=NOW
    )
    chosen = PolicySettings(effort=effort, threshold=threshold)
    return PolicyInForce(name=f"Policy {number}", version=version, policy=parsed, text=text, settings=chosen)


POLICIES = st.lists(
    st.tuples(st.sampled_from([None, *Effort]), st.sampled_from([0.3, 0.5, 0.8])), min_size=1, max_size=4
).map(lambda chosen: [policy(number, *each) for number, each in enumerate(chosen, start=1)])
REQUESTS = st.builds(JudgeRequests, effort=st.sampled_from(Effort), think_from=st.sampled_from([None, 0.2, 0.6, 1.0]))
TEXTS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True)


@settings(max_examples=80)
@given(policies=POLICIES, requests=REQUESTS, texts=TEXTS, lane=st.sampled_from(Lane), audited=st.booleans())
def test_above_the_threshold_everything_is_as_without_a_look(
    policies: list[PolicyInForce], requests: JudgeRequests, texts: list[str], lane: Lane, audited: bool
) -> None:
    """The judge gets the same questions, probes included, and the same verdicts come of them. Below the threshold the
    sample goes that way as well, and nothing else is asked about."""

    async def play() -> None:
        plain, behind = path(requests), path(requests, chance=0.0 if audited else 0.99)
        await switch_on(behind, policies)
        for number, text in enumerate(texts):
            seen = message(text, number)
            if audited or drawn("look", text) >= THRESHOLD:
                expected = await plain.judgements(seen, policies, lane)
                assert await behind.judgements(seen, policies, lane) == expected
                assert len(expected[1]) == len(policies)
            else:
                found, asked = await behind.judgements(seen, policies, lane)
                assert not asked
                assert all(isinstance(each, Verdict) and each.outcome is Outcome.CLEAR for each in found)

    asyncio.run(play())


@settings(max_examples=40)
@given(policies=POLICIES, requests=REQUESTS, texts=TEXTS, lane=st.sampled_from(Lane))
def test_switched_off_everything_is_as_without_a_look(
    policies: list[PolicyInForce], requests: JudgeRequests, texts: list[str], lane: Lane
) -> None:
    """Also right after it was on: no look is made, and nothing that it knew counts."""

    async def play() -> None:
        plain, behind = path(requests), path(requests)
        await switch_on(behind, policies)
        await behind.options.save(1, CascadeOptions(), actor_id=9)
        for number, text in enumerate(texts):
            seen = message(text, number)
            assert await behind.judgements(seen, policies, lane) == await plain.judgements(seen, policies, lane)
            assert all(request.way is not Way.SCREEN for request in behind.judge.requests)

    asyncio.run(play())


@pytest.mark.parametrize("other", [JudgeRequests(think_from=0.3), JudgeRequests(effort=Effort.HIGH)])
async def test_another_way_of_judging_learns_again(other: JudgeRequests) -> None:
    """The operator lets probes settle messages, or changes the effort: other messages count as violations now."""
    before, after = path(JudgeRequests()), path(other)
    await switch_on(before, [policy(1)])
    await after.options.save(1, CascadeOptions(recall=0.9), actor_id=9)
    first = await before.cascade.look(message("hello"), [policy(1)], Lane.LIVE)
    second = await after.cascade.look(message("hello"), [policy(1)], Lane.LIVE)
    assert first is not None
    assert second is not None
    assert first.key != second.key


async def test_an_effort_of_the_policys_own_does_not_hang_on_the_operators() -> None:
    """Nothing changed for this set, so it goes on with what it knows."""
    keys = set()
    for requests in (JudgeRequests(), JudgeRequests(effort=Effort.HIGH)):
        one = path(requests)
        await one.options.save(1, CascadeOptions(recall=0.9), actor_id=9)
        look = await one.cascade.look(message("hello"), [policy(1, Effort.MEDIUM)], Lane.LIVE)
        assert look is not None
        keys.add(look.key)
    assert len(keys) == 1


async def test_nothing_is_learned_from_a_server_that_fell_behind_after_the_look() -> None:
    """It is judged as it chose for that, and another judge sees other violations."""
    falls = False

    def fall_behind(request: JudgeRequest) -> Judgement:
        if request.way is Way.SCREEN and falls:
            one.backlog._behind[1] = WhenBehind.PROBE
        return answer(request)

    one = path(JudgeRequests(), script=fall_behind)
    await switch_on(one, [policy(1)])
    text = next(f"text {n}" for n in range(99) if drawn("look", f"text {n}") >= THRESHOLD)
    falls = True
    found, asked = await one.judgements(message(text), [policy(1)], Lane.LIVE)
    assert [request.way for request in asked] == [Way.PROBE]
    assert len(found) == 1
    assert await one.cascade.of_server(1) == ()

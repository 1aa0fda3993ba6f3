"""The contracts behind numbers: counts over cases and appeals, clear verdicts of a message, weekly samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.metrics.totals import Totals
from bot.moderation.appeals.appeal import AppealKey, AppealState, NewAppeal, Review
from bot.moderation.cases.action import ActionKind, ActionState, NewAction
from bot.moderation.cases.case import CaseKind, CaseState, Clear, Decision, NewCase, RuleBroken
from bot.moderation.lookups.numbers.decided_scores import DecidedScore
from bot.moderation.lookups.numbers.stats import AppealCounts, RuleStats
from bot.moderation.lookups.numbers.transparency import Month
from bot.moderation.lookups.samples import SampleAnswer, SampleSums, SampleWeek
from bot.moderation.lookups.why import ClearFound
from bot.moderation.servers.server import ServerSettings
from bot.moderation.trials.costs import Spent

Stores = Any  # the fixture of conftest.py, which no test can import
NewCases = Callable[..., NewCase]
NewClear = Callable[..., Clear]

#: Counts and samples have no fake: nothing but a database gives them.
pytestmark = pytest.mark.parametrize("stores", ["sqlite", "sqlite in memory", "postgresql"], indirect=True)

HERE, ELSEWHERE, ANNA, BEN = 1, 2, 77, 78
YES, NO = CaseState.VIOLATION, CaseState.NOT_A_VIOLATION
WEEK = date(2026, 1, 26)


def rule(rule_id: str, title: str = "A rule") -> RuleBroken:
    """A rule broken."""
    return RuleBroken(id=rule_id, title=title, severity="low")


async def opened(stores: Stores, new: NewCase, state: CaseState | None = None, *, after: float = 1) -> int:
    """A case, decided after this many hours; its number."""
    case, _ = await stores.cases.open(new)
    stores.clock.forward(hours=after)
    if state is not None:
        await stores.cases.decide(HERE, case.number, Decision(state=state, moderator_id=ANNA, at=stores.clock()))
    return int(case.number)


async def appeal(stores: Stores, number: int, state: AppealState | None = None) -> None:
    """An appeal of a case, answered."""
    key = AppealKey(guild_id=HERE, case_number=number, attempt=1)
    await stores.appeals.open(NewAppeal(key=key, member_id=7, answers=()))
    if state is not None:
        await stores.appeals.decide(key, state, Review(reviewer_id=BEN, at=stores.clock(), reason="x"))


async def test_rules_are_counted(stores: Stores, case_factory: NewCases) -> None:
    """By policy and rule, named as they were named last; only verdicts count, and only since then."""
    since = stores.clock() + timedelta(hours=1)
    await opened(stores, case_factory(rules=(rule("R9"),)), YES)  # before
    for state, rules in (
        (YES, (rule("R1", "Old title"),)),
        (NO, (rule("R1"), rule("R2"))),
        (None, (rule("r1", "New title"),)),
    ):
        await opened(stores, case_factory(rules=rules), state)
    await opened(stores, case_factory(rules=(rule("R1"),), policy_id=4, policy_name="scams"), YES)
    await opened(stores, case_factory(rules=(rule("R1"),), kind=CaseKind.REPORT, policy_id=0, version_id=0), YES)
    await opened(stores, case_factory(rules=(), kind=CaseKind.UNDECIDED))
    await opened(stores, case_factory(guild_id=ELSEWHERE))
    await appeal(stores, 2, AppealState.UPHELD)
    await appeal(stores, 3, AppealState.OVERTURNED)
    await appeal(stores, 6)
    assert await stores.stats.rules(HERE, since=since) == (
        RuleStats(
            policy_name="harassment",
            rule_id="r1",
            title="New title",
            confirmed=1,
            dismissed=1,
            open=1,
            appeals=2,
            overturned=1,
        ),
        RuleStats(
            policy_name="harassment",
            rule_id="R2",
            title="A rule",
            confirmed=0,
            dismissed=1,
            open=0,
            appeals=1,
            overturned=1,
        ),
        RuleStats(policy_name="scams", rule_id="R1", title="A rule", confirmed=1, dismissed=0, open=0),
    )
    assert await stores.stats.appeals(HERE, since=since) == AppealCounts(waiting=1, upheld=1, overturned=1)
    later = stores.clock() + timedelta(seconds=1)
    assert await stores.stats.rules(HERE, since=later) == ()
    assert await stores.stats.appeals(HERE, since=later) == AppealCounts()


async def test_rules_of_one_policy(stores: Stores, case_factory: NewCases) -> None:
    """Are counted apart from those of others that have rules with the same ids."""
    since = stores.clock()
    await opened(stores, case_factory(rules=(rule("R1"),)), YES)
    await opened(stores, case_factory(rules=(rule("R1"),), policy_id=4, policy_name="scams"), NO)
    (found,) = await stores.stats.rules(HERE, since=since, policy_id=4)
    assert (found.policy_name, found.confirmed, found.dismissed) == ("scams", 0, 1)
    assert await stores.stats.rules(HERE, since=since, policy_id=5) == ()


async def published(stores: Stores, policy_id: int | None, fingerprint: str) -> Any:
    """A version of a policy; without an id of a new one."""
    if policy_id is None:
        made = await stores.policies.create(guild_id=HERE, name="Spoilers", text="x", actor_id=ANNA)
        policy_id = made.id
    else:
        await stores.policies.save_draft(
            guild_id=HERE, policy_id=policy_id, text=fingerprint, actor_id=ANNA, seen_revision=None
        )
    policy = next(each for each in await stores.policies.list(HERE) if each.id == policy_id)
    return await stores.policies.publish(
        guild_id=HERE,
        policy_id=policy_id,
        seen_revision=policy.draft.revision,
        fingerprint=fingerprint,
        actor_id=ANNA,
    )


async def test_scores_of_decided_cases(stores: Stores, case_factory: NewCases) -> None:
    """Of one text of a policy, whatever number its version has; final decisions, the newest first; as many as
    were asked for by each judge and method."""
    first = await published(stores, None, "a" * 64)
    other = await published(stores, first.policy_id, "b" * 64)
    again = await published(stores, first.policy_id, "a" * 64)
    of = {"policy_id": first.policy_id}
    one = await opened(stores, case_factory(**of, version_id=first.id, score=0.9), YES)
    await opened(stores, case_factory(**of, version_id=first.id))  # open
    await opened(stores, case_factory(**of, version_id=other.id), YES)
    await opened(stores, case_factory(**of, version_id=first.id, kind=CaseKind.REPORT), YES)
    await opened(stores, case_factory(**of, version_id=first.id, kind=CaseKind.UNDECIDED, score=None, rules=()), YES)
    two = await opened(stores, case_factory(**of, version_id=again.id, score=0.7, judge="lite:2", method="lite"), YES)
    await stores.cases.overrule(HERE, two, Decision(state=NO, moderator_id=BEN, at=stores.clock()))
    expected = (
        DecidedScore(number=two, score=0.7, violation=False, judge="lite:2", method="lite"),
        DecidedScore(number=one, score=0.9, violation=True, judge="gguf:abc", method="reasoned"),
    )
    for version in (first, again):
        found = await stores.decided_scores.of_version(HERE, **of, version_id=version.id)
        assert found == expected
    three = await opened(stores, case_factory(**of, version_id=first.id, score=0.8), YES)
    newest = DecidedScore(number=three, score=0.8, violation=True, judge="gguf:abc", method="reasoned")
    assert await stores.decided_scores.of_version(HERE, **of, version_id=first.id, limit=1) == (newest, expected[0])
    assert await stores.decided_scores.of_version(ELSEWHERE, **of, version_id=first.id) == ()
    assert await stores.decided_scores.of_version(HERE, policy_id=first.policy_id + 1, version_id=first.id) == ()


async def test_times_to_close(stores: Stores, case_factory: NewCases) -> None:
    """Of the newest cases that waited for somebody: what AutoMod or a hand had done did not."""
    since = stores.clock()
    await opened(stores, case_factory(), YES, after=5)
    await opened(stores, case_factory(kind=CaseKind.UNDECIDED, rules=()), NO, after=2)
    await opened(stores, case_factory())
    await opened(stores, case_factory(kind=CaseKind.MANUAL, version_id=0), YES)
    hours = [each / timedelta(hours=1) for each in await stores.stats.times_to_close(HERE, since=since, limit=10)]
    assert hours == [2, 5]
    assert len(await stores.stats.times_to_close(HERE, since=since, limit=1)) == 1
    assert await stores.stats.times_to_close(ELSEWHERE, since=since, limit=10) == ()


async def test_clear_verdicts_are_read_back(stores: Stores, clear_factory: NewClear) -> None:
    """Those about a message, oldest first, with the moment of the first time."""
    first, second = clear_factory(), clear_factory(version_id=41, method="below_threshold:reasoned", score=0.4)
    at = stores.clock()
    await stores.cases.record_clear(first)
    stores.clock.forward(hours=1)
    for each in (second, first, clear_factory(message_id=501), clear_factory(guild_id=ELSEWHERE)):
        await stores.cases.record_clear(each)
    found = await verdicts_of(stores, 500)
    assert found == (ClearFound(clear=first, at=at), ClearFound(clear=second, at=at + timedelta(hours=1)))
    assert await verdicts_of(stores, 2**70) == ()


async def verdicts_of(stores: Stores, message_id: int) -> Any:
    """The clear verdicts of a message: the store of searches reads them, too."""
    return await stores.search.clear_of_message(HERE, message_id)


def id_at(stores: Stores, *, hours_ago: float = 1) -> int:
    """An id that Discord could have given to a message."""
    posted = stores.clock() - timedelta(hours=hours_ago)
    return (int(posted.timestamp() * 1_000) - 1_420_070_400_000) << 22


async def quiet(stores: Stores, clear_factory: NewClear, count: int) -> list[int]:
    """This many quiet messages, judged under two versions each; their ids."""
    ids = [id_at(stores) + number for number in range(count)]
    for message_id in ids:
        for version_id in (40, 41):
            await stores.cases.record_clear(clear_factory(message_id=message_id, version_id=version_id))
    return ids


async def test_a_sample_is_drawn_once(stores: Stores, clear_factory: NewClear, case_factory: NewCases) -> None:
    """By chance, of messages since then about which there is no case; again it comes back as it is."""
    since = stores.clock() - timedelta(days=7)
    ids = await quiet(stores, clear_factory, 8)
    await stores.cases.open(case_factory(message_id=ids[0]))
    await stores.cases.record_clear(clear_factory(message_id=id_at(stores, hours_ago=8 * 24)))
    await stores.cases.record_clear(clear_factory(guild_id=ELSEWHERE, message_id=id_at(stores)))
    drawn = await stores.samples.draw(HERE, WEEK, count=3, since=since)
    assert drawn == SampleWeek(guild_id=HERE, week=WEEK, quiet=7, drawn=3)
    chosen = await stores.samples.left(HERE, WEEK)
    assert len({each.message_id for each in chosen} & set(ids[1:])) == 3
    assert {each.channel_id for each in chosen} == {10}
    assert await stores.samples.draw(HERE, WEEK, count=9, since=since) == drawn
    assert await stores.samples.left(HERE, WEEK) == chosen
    await stores.samples.posted(HERE, WEEK, channel_id=5, message_id=6)
    assert await stores.samples.draw(HERE, WEEK, count=3, since=since) == replace(drawn, card_message_id=6)
    (entry,) = await stores.audit.entries(HERE, subject="sample:2026-01-26")
    assert (entry.action, entry.actor_id, entry.detail) == ("sample_drawn", None, "3 of 7 quiet messages")


async def test_a_week_without_messages(stores: Stores) -> None:
    """Is drawn and empty."""
    drawn = await stores.samples.draw(HERE, WEEK, count=3, since=stores.clock())
    assert (drawn.quiet, drawn.drawn) == (0, 0)
    assert await stores.samples.left(HERE, WEEK) == ()
    assert await stores.samples.sums(HERE, since=WEEK) == ()


async def test_answers_count_once(stores: Stores, clear_factory: NewClear) -> None:
    """The first counts, in its own server; sums leave out what could not be read."""
    await quiet(stores, clear_factory, 4)
    await stores.samples.draw(HERE, WEEK, count=4, since=stores.clock() - timedelta(days=7))
    first, second, third, fourth = await stores.samples.left(HERE, WEEK)
    answer = stores.samples.answer
    assert not await answer(ELSEWHERE, first.id, SampleAnswer.FINE, by=ANNA)
    assert await answer(HERE, first.id, SampleAnswer.VIOLATION, by=ANNA)
    assert not await answer(HERE, first.id, SampleAnswer.FINE, by=BEN)
    assert await answer(HERE, second.id, SampleAnswer.FINE, by=BEN)
    assert await answer(HERE, third.id, SampleAnswer.GONE, by=None)
    assert not await answer(HERE, 2**70, SampleAnswer.FINE, by=BEN)
    assert await stores.samples.left(HERE, WEEK) == (fourth,)
    kept = await stores.samples.get(HERE, first.id)
    assert (kept.answer, kept.answered_by) == (SampleAnswer.VIOLATION, ANNA)
    assert await stores.samples.get(ELSEWHERE, first.id) is None
    assert await stores.samples.get(HERE, 2**70) is None
    assert await stores.samples.sums(HERE, since=WEEK) == (SampleSums(week=WEEK, quiet=4, violations=1, fine=1),)
    assert await stores.samples.sums(HERE, since=WEEK + timedelta(days=1)) == ()
    (entry,) = await stores.audit.entries(HERE, subject=f"sample:{first.id}")
    assert (entry.action, entry.actor_id, entry.detail) == ("sample_answered", ANNA, "violation")


async def test_totals_are_of_all_servers(stores: Stores, case_factory: NewCases) -> None:
    """Nothing tells one server from another."""
    assert await stores.totals.totals() == Totals()
    for guild in (HERE, ELSEWHERE):
        await stores.servers.save(
            ServerSettings(guild_id=guild, review_channel_id=5, reviewer_role_id=None), actor_id=ANNA
        )
    first = await opened(stores, case_factory(), YES)
    await opened(stores, case_factory())
    await opened(stores, case_factory(guild_id=ELSEWHERE))
    await appeal(stores, first)
    assert await stores.totals.totals() == Totals(
        servers=2, cases={"open": 2, "violation": 1}, cards_waiting=3, appeals={"open": 1}
    )


async def test_a_month_is_counted(stores: Stores, case_factory: NewCases) -> None:
    """Cases that were opened in it, with what became of them; judgements, times, and who judged."""
    begins = stores.clock()
    month = Month(begins=begins, ends=begins + timedelta(hours=10))
    await stores.costs.add(
        (
            Spent(guild_id=HERE, day=begins.date(), version_id=1, policy_id=1, verdicts=40, seconds=3.0),
            Spent(guild_id=ELSEWHERE, day=begins.date(), version_id=1, policy_id=1, verdicts=7, seconds=3.0),
        )
    )
    first = await opened(stores, case_factory(rules=(rule("R1", "Old"),)), YES)
    await opened(stores, case_factory(rules=(rule("R1", "New"), rule("R2"))), NO)
    await opened(stores, case_factory(rules=(), kind=CaseKind.UNDECIDED))
    await opened(stores, case_factory(guild_id=ELSEWHERE))
    await appeal(stores, first, AppealState.OVERTURNED)
    new = NewAction(guild_id=HERE, case_number=first, kind=ActionKind.DELETE, target_id=9, by=None, reason="x")
    action, _ = await stores.actions.add(new)
    await stores.actions.settle(action.id, ActionState.DONE)
    stores.clock.forward(hours=24)
    await opened(stores, case_factory(rules=(rule("R1"),)), YES)  # after the month
    counts = await stores.months.of_month(HERE, month)
    name = "harassment, R1 New"
    assert counts.rules[name] == 2
    assert counts.kinds == {"violation": 2, "undecided": 1}
    assert sum(counts.states.values()) == 3
    assert counts.appeals == {"overturned": 1}
    assert len(counts.times) == counts.states.get("violation", 0) + counts.states.get("not_a_violation", 0)
    assert counts.judges
    assert (counts.actions, counts.automatic) == ({"delete": 1}, 1)
    other = await stores.months.of_month(3, month)
    assert (other.judgements, other.rules, other.times) == (0, {}, ())


async def test_outcomes_of_cases(stores: Stores, case_factory: NewCases) -> None:
    """The newest first, with the language of a text that says enough; reports are not the judge's."""
    since = stores.clock()
    spanish = "no es verdad lo que dice, pero los otros de la clase me lo han dicho muchas veces en el patio"
    dismissed = await opened(stores, case_factory(text=spanish), NO, after=2)
    confirmed = await opened(stores, case_factory(text="short"), YES)
    await opened(stores, case_factory(kind=CaseKind.REPORT, policy_id=0, version_id=0), NO)
    await appeal(stores, confirmed, AppealState.OVERTURNED)
    newest, oldest = await stores.outcomes.outcomes(HERE, since=since, limit=10)
    assert (newest.language, newest.overturned) == (None, True)
    assert (oldest.language, oldest.dismissed, oldest.overturned) == ("Spanish", True, False)
    assert oldest.decided_at - oldest.opened_at == timedelta(hours=2)
    assert len(await stores.outcomes.outcomes(HERE, since=since, limit=1)) == 1
    assert dismissed < confirmed
    assert await stores.outcomes.outcomes(ELSEWHERE, since=since, limit=10) == ()

"""A policy is applied by its settings: where, to whom, how thoroughly, and how surely."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.case import CaseKind
from bot.moderation.messages.intake import Skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.outcomes import Changed
from bot.moderation.trials.costs import DAYS_KEPT, Costs
from classifier import Effort, JudgeRequest, Verdict
from classifier.scripted import violation
from guild_policies.scope import PolicySettings, Scope
from tests.fakes.stores_trials import MemoryCostStore

Desk = Any  # the fixture's own class, which no test can import
SeenFactory = Callable[..., MessageSeen]
OWN = 999


async def set_scope(desk: Desk, **values: Any) -> None:
    """Give the policy "Spoilers" a scope."""
    settings = PolicySettings(scope=Scope(**values))
    changed = await desk.life.change_settings(1, "Spoilers", settings, seen=PolicySettings(), actor_id=9)
    assert isinstance(changed, Changed)


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ({"not_in": frozenset({20})}, {}),
        ({"not_in": frozenset({4})}, {"category_id": 4}),
        ({"only_in": frozenset({21})}, {"parent_id": 22}),
        ({"exempt_roles": frozenset({5})}, {"author_role_ids": frozenset({5})}),
        ({"newcomer_days": 7}, {"author_joined_at": -30, "author_created_at": -300}),
    ],
)
async def test_what_is_out_of_scope_is_not_judged(
    desk: Desk, seen_factory: SeenFactory, scope: dict[str, Any], message: dict[str, Any]
) -> None:
    """It is counted as that, and the judge never sees it."""
    await set_scope(desk, **scope)
    ago = {name: desk.now[0] + timedelta(days=value) for name, value in message.items() if name.endswith("_at")}
    handled = await desk.pipeline.see(seen_factory(**{**message, **ago}), own_id=OWN)
    assert handled.skipped is Skip.OUT_OF_SCOPE
    assert desk.judge.requests == []
    assert desk.tally.adds_up()


async def test_a_thread_inherits(desk: Desk, seen_factory: SeenFactory) -> None:
    """A policy for a forum covers its threads."""
    await set_scope(desk, only_in=frozenset({77}))
    handled = await desk.pipeline.see(seen_factory(channel_id=20, parent_id=77), own_id=OWN)
    assert len(handled.cases) == 1


async def test_bots_are_judged_where_a_policy_asks_for_it(desk: Desk, seen_factory: SeenFactory) -> None:
    """Not otherwise, and never ourselves."""
    bot = seen_factory(author_is_bot=True)
    assert (await desk.pipeline.see(bot, own_id=OWN)).skipped is Skip.BOT
    await set_scope(desk, judges_bots=True)
    assert (await desk.pipeline.see(seen_factory(author_id=OWN, author_is_bot=True), own_id=OWN)).skipped is Skip.OWN
    assert len((await desk.pipeline.see(bot, own_id=OWN)).cases) == 1


async def test_threads_of_the_review_channel_are_the_moderators_own(desk: Desk, seen_factory: SeenFactory) -> None:
    """What is said there about a case is not judged."""
    handled = await desk.pipeline.see(seen_factory(channel_id=20, parent_id=99), own_id=OWN)
    assert handled.skipped is Skip.REVIEW_CHANNEL


async def test_the_effort_is_the_policys(desk: Desk, seen_factory: SeenFactory) -> None:
    """Where it has one, also for a check by hand; else the operator's."""
    await desk.pipeline.see(seen_factory(), own_id=OWN)
    settings = PolicySettings(effort=Effort.HIGH)
    await desk.life.change_settings(1, "Spoilers", settings, seen=PolicySettings(), actor_id=9)
    await desk.pipeline.see(seen_factory(message_id=301, text="another butler"), own_id=OWN)
    assert [request.effort for request in desk.judge.requests] == [Effort.LOW, Effort.HIGH]


@pytest.mark.parametrize(("score", "cases"), [(0.69, 0), (0.7, 1)])
async def test_a_violation_below_the_threshold_opens_no_case(
    desk_factory: Callable[..., Awaitable[Desk]], seen_factory: SeenFactory, score: float, cases: int
) -> None:
    """It is kept like a clear verdict, and is not judged again."""
    desk = await desk_factory(lambda _: violation("R1", score=score))
    settings = PolicySettings(threshold=0.7)
    await desk.life.change_settings(1, "Spoilers", settings, seen=PolicySettings(), actor_id=9)
    handled = await desk.pipeline.see(seen_factory(), own_id=OWN)
    assert len(handled.cases) == cases
    assert all(case.kind is CaseKind.VIOLATION for case in handled.cases)
    assert desk.tally.judged == 1
    assert (await desk.pipeline.see(seen_factory(), own_id=OWN)).skipped is Skip.ALREADY_JUDGED


async def test_a_paused_policy_judges_nothing(desk: Desk, seen_factory: SeenFactory) -> None:
    """From the next message on, until it is resumed."""
    await desk.life.pause(1, "Spoilers", actor_id=9)
    assert (await desk.pipeline.see(seen_factory(), own_id=OWN)).skipped is Skip.NO_POLICY
    await desk.life.resume(1, "Spoilers", actor_id=9)
    assert len((await desk.pipeline.see(seen_factory(message_id=301), own_id=OWN)).cases) == 1


async def test_what_each_policy_costs(
    desk_factory: Callable[..., Awaitable[Desk]], verdict_factory: Callable[..., Verdict], seen_factory: SeenFactory
) -> None:
    """Tokens, verdicts, and its share of the judge's time; a repeated text costs nothing."""
    desk = await desk_factory(_taking_a_second_for("Spoilers", verdict_factory))
    await desk.policy_desk.create(1, "Other", "### R1 Ships\nBreaks it: ships.", actor_id=9)
    await desk.policy_desk.publish(1, "Other", actor_id=9)
    assert [cost.share for cost in await desk.costs.of(1)] == [None, None]
    for number in range(2):
        await desk.pipeline.see(seen_factory(message_id=300 + number), own_id=OWN)
    assert await desk.costs.flush() == 2
    spoilers, other = await desk.costs.of(1)
    assert (spoilers.verdicts, spoilers.seconds, spoilers.share) == (1, 3.0, 0.75)
    assert (other.policy.name, other.seconds, other.share, other.tokens) == ("Other", 1.0, 0.25, 8)
    desk.later(days=7)
    assert [cost.share for cost in await desk.costs.of(1)] == [None, None]
    desk.later(days=DAYS_KEPT)
    assert await desk.costs.flush() == 0
    desk.later(days=-DAYS_KEPT - 6)
    assert [cost.share for cost in await desk.costs.of(1)] == [None, None]


def _taking_a_second_for(title: str, verdict_factory: Callable[..., Verdict]) -> Callable[[JudgeRequest], Verdict]:
    def answer(request: JudgeRequest) -> Verdict:
        verdict = verdict_factory()
        seconds = 3.0 if request.policy.title == title else 1.0
        return replace(verdict, provenance=replace(verdict.provenance, seconds_computed=seconds))

    return answer


async def test_costs_are_kept_when_the_database_fails(
    in_force: PolicyInForce, verdict_factory: Callable[..., Verdict], seen_factory: SeenFactory, desk: Desk
) -> None:
    """They are written the next time."""

    class Failing(MemoryCostStore):
        fails = True

        async def add(self, spent: Any) -> None:
            if self.fails:
                raise ConnectionError("gone")
            await super().add(spent)

    store = Failing()
    costs = Costs(store=store, policies=desk.policies, now=lambda: desk.now[0])
    costs.judged(seen_factory(), in_force, verdict_factory())
    with pytest.raises(ConnectionError):
        await costs.flush()
    store.fails = False
    assert await costs.flush() == 1

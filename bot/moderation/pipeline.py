"""One message, end to end: taken in, judged under every policy in force, kept, shown."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from bot.moderation.act import Act
from bot.moderation.card_desk import CardDesk
from bot.moderation.case_messages import Opening
from bot.moderation.cases import Case, CaseStore
from bot.moderation.consequences import NOTHING_AUTOMATIC, Automatic, Consequences
from bot.moderation.decide import decide
from bot.moderation.in_force import PoliciesInForce, PolicyInForce
from bot.moderation.intake import SameText, Skip, reason_to_skip
from bot.moderation.plan import KeepClear, OpenCase, Plan, TryAgain
from bot.moderation.recent import RecentLines
from bot.moderation.seen import MessageSeen
from bot.moderation.servers import ServerStore
from bot.moderation.tally import Tally
from bot.moderation.under_way import UnderWay
from classifier import Content, Effort, Judge, Judgement, JudgeRequest, Lane, Message, Outcome, Verdict

_log = logging.getLogger(__name__)

MAX_WAITING = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How the server's operator wants messages judged."""

    effort: Effort = Effort.LOW
    deadline_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of a message seen."""

    skipped: Skip | None = None
    cases: tuple[Case, ...] = ()
    waiting: bool = False


def content_of(seen: MessageSeen) -> Content:
    """What a judge gets to read of a message seen."""
    return Content(target=Message(text=seen.text, forwarded=seen.forwarded))


class Watcher(Protocol):
    """Is told of judgements as they come, and holds nothing up: returns at once, never raises."""

    def judged(self, seen: MessageSeen, policy: PolicyInForce, judgement: Judgement) -> None:
        """A judge answered about a message under a policy in force; an answer that served twice is not told twice."""

    def passed(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        """A message had a turn in the pipeline: what was answered in it, by policy id, under the versions in force.
        Empty where no policy in force applies."""


class Pipeline:
    """Takes messages in and sees each one through.

    What the judge could not answer for want of time waits in memory, bounded, and gets its next turn by
    `judge_waiting`; a restart forgets it.
    """

    def __init__(
        self, *, judge: Judge, in_force: PoliciesInForce, cases: CaseStore, servers: ServerStore, desk: CardDesk,
        tally: Tally, same_text: SameText, judging: Judging, consequences: Consequences, act: Act, recent: RecentLines,
        opening: Opening, max_waiting: int = MAX_WAITING, watchers: tuple[Watcher, ...] = (),
    ) -> None:  # fmt: skip
        self._judge = judge
        self._in_force = in_force
        self._cases = cases
        self._servers = servers
        self._desk = desk
        self._tally = tally
        self._same_text = same_text
        self._judging = judging
        self._consequences = consequences
        self._act = act
        self._opening = opening
        self._recent = recent
        self._max_waiting = max_waiting
        self._watchers = watchers
        self._waiting: deque[MessageSeen] = deque()
        self._under_way = UnderWay()

    async def see(self, seen: MessageSeen, *, own_id: int) -> Handled:
        """Deal with a message. Ends in exactly one count of the tally, whatever happens."""
        self._tally.seen += 1
        try:
            return await self._deal_with(seen, own_id=own_id)
        except BaseException:
            self._tally.lost += 1
            raise

    async def gone(self, guild_id: int, message_ids: frozenset[int]) -> None:
        """These messages were deleted: their cases say so, and so will the cases of those being judged now."""
        self._under_way.mark_gone(message_ids)
        self._recent.forget(message_ids)
        for case in await self._cases.mark_gone(guild_id, tuple(sorted(message_ids))):
            await self._desk.refresh(case)

    async def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted, and all its messages with it."""
        self._under_way.mark_channel_gone(channel_id)
        self._recent.forget_channel(channel_id)
        for case in await self._cases.mark_channel_gone(guild_id, channel_id):
            await self._desk.refresh(case)

    def is_waiting(self, message_id: int) -> bool:
        """Does this message wait for the judge's next turn?"""
        return any(seen.message_id == message_id for seen in self._waiting)

    async def judge_waiting(self) -> int:
        """Give the messages that wait another turn, oldest first, until one has to go on waiting; how many got it."""
        dealt_with = 0
        for _ in range(len(self._waiting)):
            seen = self._waiting.popleft()
            self._tally.waiting -= 1
            try:
                handled = await self._judge_message(seen)
            except BaseException:
                self._tally.lost += 1
                raise
            if handled.waiting:
                break
            dealt_with += 1
        return dealt_with

    async def _deal_with(self, seen: MessageSeen, *, own_id: int) -> Handled:
        settings = await self._servers.get(seen.guild_id)
        judges_bots = seen.author_is_bot and await self._some_policy_judges_bots(seen.guild_id)
        skip = reason_to_skip(seen, settings, own_id=own_id, judges_bots=judges_bots)
        context = self._recent.before(seen)
        if settings is not None:  # a server that was not set up is not remembered
            self._recent.keep(seen)
        return self._skipped(skip) if skip else await self._judge_message(replace(seen, context=context))

    async def _some_policy_judges_bots(self, guild_id: int) -> bool:
        return any(policy.settings.scope.judges_bots for policy in await self._in_force.of(guild_id))

    async def _judge_message(self, seen: MessageSeen) -> Handled:
        in_force = await self._in_force.of(seen.guild_id)
        covering = [policy for policy in in_force if policy.covers(seen)]
        unjudged = [policy for policy in covering if not await self._was_judged(seen, policy)]
        if not unjudged:
            if not covering:
                self._pass_on(seen, {})
            skip = Skip.ALREADY_JUDGED if covering else Skip.OUT_OF_SCOPE if in_force else Skip.NO_POLICY
            return self._skipped(skip)
        with self._under_way.while_judging(seen):
            judgements = await asyncio.gather(*(self._judgement(seen, policy) for policy in unjudged))
            plans = [
                decide(each, seen, policy, await self._automatic(each, seen.guild_id, policy))
                for each, policy in zip(judgements, unjudged, strict=True)
            ]
            cases = [case for plan in plans if (case := await self._carry_out(plan, seen)) is not None]
        answered = zip(unjudged, judgements, plans, strict=True)
        self._pass_on(
            seen, {policy.version.policy_id: each for policy, each, plan in answered if not isinstance(plan, TryAgain)}
        )  # fmt: skip
        if any(isinstance(plan, TryAgain) for plan in plans):
            return self._wait(seen, tuple(cases))
        self._tally.judged += 1
        return Handled(cases=tuple(cases))

    async def _judgement(self, seen: MessageSeen, policy: PolicyInForce) -> Judgement:
        judgement: Judgement | None = self._same_text.find(policy.version.id, seen)
        if judgement is None:
            judgement = await self._judge.judge(
                JudgeRequest(
                    policy=policy.text,
                    content=content_of(seen),
                    effort=policy.settings.effort or self._judging.effort,
                    lane=Lane.LIVE,
                    server=seen.guild_id,
                    deadline_s=self._judging.deadline_s,
                )
            )
            if isinstance(judgement, Verdict):
                self._same_text.keep(policy.version.id, seen, judgement)
            for watcher in self._watchers:
                watcher.judged(seen, policy, judgement)
        return judgement

    async def _automatic(self, judgement: Judgement, guild_id: int, policy: PolicyInForce) -> Automatic:
        """What the server switched on; asked for violations only, which are few."""
        if not isinstance(judgement, Verdict) or judgement.outcome is not Outcome.VIOLATION:
            return NOTHING_AUTOMATIC
        return await self._consequences.automatic(guild_id, policy.version.policy_id)

    def _pass_on(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        for watcher in self._watchers:
            watcher.passed(seen, judgements)

    async def _carry_out(self, plan: Plan, seen: MessageSeen) -> Case | None:
        if isinstance(plan, KeepClear):
            await self._cases.record_clear(plan.clear)
        if not isinstance(plan, OpenCase):
            return None
        opened = await self._opening.open(plan.new)
        case = opened.case
        if opened.is_new:
            if plan.new.judged.score is None:
                self._tally.undecided += 1
            else:
                self._tally.violations += 1
            _log.info("case opened guild=%d case=%d method=%s", case.guild_id, case.number, case.judged.method)
        if self._under_way.is_gone(seen) and (opened.is_further or not case.evidence.gone):
            await self._cases.mark_gone(seen.guild_id, (seen.message_id,))
            if not opened.is_further:
                case = replace(case, evidence=replace(case.evidence, gone=True))
        if opened.is_further:
            await self._act.by_itself(case, plan.planned, further_id=seen.message_id)
            self._desk.refresh_soon(case)
            return case
        if opened.is_new:
            await self._act.by_itself(case, plan.planned)
        return await self._desk.show(case)

    async def _was_judged(self, seen: MessageSeen, policy: PolicyInForce) -> bool:
        return await self._cases.was_judged(
            guild_id=seen.guild_id, message_id=seen.message_id, edit=seen.edit, version_id=policy.version.id
        )

    def _skipped(self, skip: Skip) -> Handled:
        self._tally.not_judged[skip] += 1
        return Handled(skipped=skip)

    def _wait(self, seen: MessageSeen, cases: tuple[Case, ...]) -> Handled:
        if len(self._waiting) >= self._max_waiting:
            self._tally.lost += 1
            _log.error("backlog full, message not judged guild=%d message=%d", seen.guild_id, seen.message_id)
            return Handled(cases=cases)
        self._waiting.append(seen)
        self._tally.waiting += 1
        return Handled(cases=cases, waiting=True)

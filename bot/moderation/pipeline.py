"""One message, end to end: taken in, judged under every policy in force, kept, shown."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from bot.moderation.card_desk import CardDesk
from bot.moderation.cases import Case, CaseStore
from bot.moderation.decide import decide
from bot.moderation.in_force import PoliciesInForce, PolicyInForce
from bot.moderation.intake import SameText, Skip, reason_to_skip
from bot.moderation.plan import KeepClear, OpenCase, Plan, TryAgain
from bot.moderation.seen import MessageSeen
from bot.moderation.servers import ServerStore
from bot.moderation.tally import Tally
from bot.moderation.under_way import UnderWay
from classifier import Content, Effort, Judge, Judgement, JudgeRequest, Lane, Message, Verdict, Way

_log = logging.getLogger(__name__)

MAX_WAITING = 10_000
AT_ONCE = 96  #: messages that get their second turn together


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How the server's operator wants messages judged."""

    effort: Effort = Effort.LOW
    deadline_s: float = 300.0
    think_from: float | None = None  #: the lowest score of a probe that is thought over; None: everything is

    def with_way(self, request: JudgeRequest) -> JudgeRequest:
        """A question about a message that members post, as those are judged."""
        if self.think_from is None:
            return request
        return replace(request, way=Way.PROBE_THEN_REASON, think_from=self.think_from)


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
        tally: Tally, same_text: SameText, judging: Judging, max_waiting: int = MAX_WAITING,
        watchers: tuple[Watcher, ...] = (),
    ) -> None:  # fmt: skip
        self._judge = judge
        self._in_force = in_force
        self._cases = cases
        self._servers = servers
        self._desk = desk
        self._tally = tally
        self._same_text = same_text
        self._judging = judging
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
        for case in await self._cases.mark_gone(guild_id, tuple(sorted(message_ids))):
            await self._desk.refresh(case)

    async def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted, and all its messages with it."""
        self._under_way.mark_channel_gone(channel_id)
        for case in await self._cases.mark_channel_gone(guild_id, channel_id):
            await self._desk.refresh(case)

    async def judge_waiting(self) -> int:
        """Give the messages that wait another turn, oldest first and several at a time, until one has to go on waiting;
        how many got it."""
        dealt_with, left = 0, len(self._waiting)
        while left:
            turn = [self._waiting.popleft() for _ in range(min(left, AT_ONCE))]
            left -= len(turn)
            self._tally.waiting -= len(turn)
            ends = await asyncio.gather(*(self._judge_again(seen) for seen in turn), return_exceptions=True)
            dealt_with += sum(isinstance(end, Handled) and not end.waiting for end in ends)
            for end in ends:
                if isinstance(end, BaseException):
                    raise end
            if any(isinstance(end, Handled) and end.waiting for end in ends):
                break
        return dealt_with

    async def _judge_again(self, seen: MessageSeen) -> Handled:
        try:
            return await self._judge_message(seen, lane=Lane.AGAIN)
        except BaseException:
            self._tally.lost += 1
            raise

    async def _deal_with(self, seen: MessageSeen, *, own_id: int) -> Handled:
        settings = await self._servers.get(seen.guild_id)
        judges_bots = seen.author_is_bot and await self._some_policy_judges_bots(seen.guild_id)
        skip = reason_to_skip(seen, settings, own_id=own_id, judges_bots=judges_bots)
        return self._skipped(skip) if skip else await self._judge_message(seen, lane=Lane.LIVE)

    async def _some_policy_judges_bots(self, guild_id: int) -> bool:
        return any(policy.settings.scope.judges_bots for policy in await self._in_force.of(guild_id))

    async def _judge_message(self, seen: MessageSeen, *, lane: Lane) -> Handled:
        in_force = await self._in_force.of(seen.guild_id)
        covering = [policy for policy in in_force if policy.covers(seen)]
        unjudged = [policy for policy in covering if not await self._was_judged(seen, policy)]
        if not unjudged:
            if not covering:
                self._pass_on(seen, {})
            skip = Skip.ALREADY_JUDGED if covering else Skip.OUT_OF_SCOPE if in_force else Skip.NO_POLICY
            return self._skipped(skip)
        with self._under_way.while_judging(seen):
            judgements = await asyncio.gather(*(self._judgement(seen, policy, lane) for policy in unjudged))
            plans = [decide(each, seen, policy) for each, policy in zip(judgements, unjudged, strict=True)]
            cases = [case for plan in plans if (case := await self._carry_out(plan, seen)) is not None]
        answered = zip(unjudged, judgements, plans, strict=True)
        self._pass_on(
            seen, {policy.version.policy_id: each for policy, each, plan in answered if not isinstance(plan, TryAgain)}
        )  # fmt: skip
        if any(isinstance(plan, TryAgain) for plan in plans):
            return self._wait(seen, tuple(cases))
        self._tally.judged += 1
        return Handled(cases=tuple(cases))

    async def _judgement(self, seen: MessageSeen, policy: PolicyInForce, lane: Lane) -> Judgement:
        judgement: Judgement | None = self._same_text.find(policy.version.id, seen)
        if judgement is None:
            request = JudgeRequest(
                policy=policy.text,
                content=content_of(seen),
                effort=policy.settings.effort or self._judging.effort,
                lane=lane,
                server=seen.guild_id,
                deadline_s=self._judging.deadline_s,
            )
            judgement = await self._judge.judge(self._judging.with_way(request))
            if isinstance(judgement, Verdict):
                self._same_text.keep(policy.version.id, seen, judgement)
            for watcher in self._watchers:
                watcher.judged(seen, policy, judgement)
        return judgement

    def _pass_on(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        for watcher in self._watchers:
            watcher.passed(seen, judgements)

    async def _carry_out(self, plan: Plan, seen: MessageSeen) -> Case | None:
        if isinstance(plan, KeepClear):
            await self._cases.record_clear(plan.clear)
        if not isinstance(plan, OpenCase):
            return None
        case, opened = await self._cases.open(plan.new)
        if opened:
            if plan.new.judged.score is None:
                self._tally.undecided += 1
            else:
                self._tally.violations += 1
            _log.info("case opened guild=%d case=%d method=%s", case.guild_id, case.number, case.judged.method)
        if self._under_way.is_gone(seen) and not case.evidence.gone:
            await self._cases.mark_gone(seen.guild_id, (seen.message_id,))
            case = replace(case, evidence=replace(case.evidence, gone=True))
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

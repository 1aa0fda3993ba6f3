"""One message, end to end: taken in, judged under every policy in force, kept, shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import Case, CaseStore
from bot.moderation.judging.already_judged import JudgedLately
from bot.moderation.judging.backlog import Backlog, WhenBehind
from bot.moderation.judging.decide import decide
from bot.moderation.judging.in_flight import UnderWay
from bot.moderation.judging.plan import TryAgain
from bot.moderation.judging.plan_executor import Carrier
from bot.moderation.messages.content import content_of
from bot.moderation.messages.intake import SameText, Skip, reason_to_skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.messages.tally import Tally
from bot.moderation.messages.watermarks import Watermarks
from bot.moderation.policies.consequences import NOTHING_AUTOMATIC, Automatic, Consequences
from bot.moderation.policies.in_force import PoliciesInForce, PolicyInForce
from bot.moderation.servers.options import OptionStore, ReadingOptions
from bot.moderation.servers.server import ServerStore
from classifier import Effort, Judge, Judgement, JudgeRequest, Lane, Looked, Outcome, Verdict, Way, judge_content

_log = logging.getLogger(__name__)

MAX_WAITING = 10_000
AT_ONCE = 96  #: messages that get their second turn together
NEWCOMER = timedelta(days=7)  #: since joining


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
    put_off: bool = False  #: there was no place to wait: it is read from the channel's history again


Complete = Callable[[MessageSeen], Awaitable[MessageSeen]]


class Watcher(Protocol):
    """Is told of judgements as they come, and holds nothing up: returns at once, never raises."""

    def judged(self, seen: MessageSeen, policy: PolicyInForce, judgement: Judgement) -> None:
        """A judge answered about a message under a policy in force; an answer that served twice is not told twice."""

    def passed(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        """A message had a turn in the pipeline: what was answered in it, by policy id, under the versions in force.
        Empty where no policy in force applies."""


class Follower(Protocol):
    """Follows channels that policies want read as conversations."""

    def note(self, seen: MessageSeen) -> None:
        """A message was posted in one of them. Holds nothing up: returns at once, never raises."""


class Pipeline:
    """Takes messages in and sees each one through.

    What the judge could not answer for want of time waits in memory, bounded, and gets its next turn by
    `judge_waiting`. A message that finds no place, or meets an error, is left to its channel's history: the watermark
    stays below it, also across a restart.
    """

    def __init__(
        self,
        *,
        judge: Judge,
        in_force: PoliciesInForce,
        cases: CaseStore,
        servers: ServerStore,
        desk: CardPosting,
        tally: Tally,
        same_text: SameText,
        judging: Judging,
        consequences: Consequences,
        carrier: Carrier,
        under_way: UnderWay,
        recent: RecentLines,
        max_waiting: int = MAX_WAITING,
        watchers: tuple[Watcher, ...] = (),
        marks: Watermarks,
        backlog: Backlog,
        rough: Judge,
        options: OptionStore,
        lately: JudgedLately,
    ) -> None:
        self._judge = judge
        self._in_force = in_force
        self._cases = cases
        self._servers = servers
        self._desk = desk
        self._tally = tally
        self._same_text = same_text
        self._judging = judging
        self._consequences = consequences
        self._carrier = carrier
        self._recent = recent
        self._max_waiting = max_waiting
        self._watchers = watchers
        self._marks = marks
        self._backlog = backlog
        self._rough = rough  # asked instead of the judge where a server wants that while the judge is behind
        self._options = options
        self._lately = lately
        self._follower: Follower | None = None
        self._waiting: list[MessageSeen] = []
        self._left_to_history: set[tuple[int, int]] = set()  # ids and edits of what was put off
        self._told_of_put_off: Callable[[MessageSeen], None] | None = None
        self._under_way = under_way

    def follow(self, follower: Follower) -> None:
        """Tell somebody from now on where conversations are under way that a policy wants read."""
        self._follower = follower

    def when_put_off(self, tell: Callable[[MessageSeen], None]) -> None:
        """Tell somebody from now on of messages that have to be read from their channel's history again."""
        self._told_of_put_off = tell

    async def see(
        self, seen: MessageSeen, *, own_id: int, lane: Lane = Lane.LIVE, complete: Complete | None = None
    ) -> Handled:
        """Deal with a message. Ends in exactly one count of the tally, whatever happens.

        Args:
            complete: adds what takes time to fetch, such as text files. Asked only where the message may be judged.
        """
        if (seen.message_id, seen.edit) in self._left_to_history:
            self._left_to_history.discard((seen.message_id, seen.edit))
            self._tally.put_off -= 1
        else:
            self._tally.seen += 1
        self._marks.begin(seen)
        try:
            handled = await self._deal_with(seen, own_id=own_id, lane=lane, complete=complete)
        except BaseException:
            self._put_off(seen)
            raise
        if not handled.waiting and not handled.put_off:
            self._marks.finish(seen)
        return handled

    async def gone(self, guild_id: int, channel_id: int, message_ids: frozenset[int]) -> None:
        """These messages were deleted: their cases say so, and so will the cases of those being judged now."""
        self._under_way.mark_gone(message_ids)
        self._recent.forget(channel_id, message_ids)
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
        """Give the messages that wait another turn, several at a time, until one has to go on waiting; how many got it.

        Newcomers come first, then the oldest: most of what harms a server comes from accounts that just joined.
        """
        dealt_with = 0
        turn, self._waiting = sorted(self._waiting, key=_urgency), []
        while turn:
            now, turn = turn[:AT_ONCE], turn[AT_ONCE:]
            self._tally.waiting -= len(now)
            through = await asyncio.gather(*map(self._judge_again, now))
            dealt_with += sum(through)
            if not all(through):
                break
        self._waiting += turn
        return dealt_with

    async def _judge_again(self, seen: MessageSeen) -> bool:
        """Give a message another turn; False where it has to go on waiting, or is left to the history."""
        try:
            handled = await self._judge_message(seen, lane=Lane.AGAIN)
        except Exception as error:  # noqa: BLE001  # one message's trouble must not hold up the others
            _log.error("a waiting message was put off guild=%d why=%s", seen.guild_id, type(error).__name__)
            self._put_off(seen)
            return False
        except BaseException:
            self._put_off(seen)
            raise
        if handled.waiting or handled.put_off:
            return False
        self._marks.finish(seen)
        return True

    async def _deal_with(self, seen: MessageSeen, *, own_id: int, lane: Lane, complete: Complete | None) -> Handled:
        settings = await self._servers.get(seen.guild_id)
        judges_bots = seen.author_is_bot and await self._some_policy_judges_bots(seen.guild_id)
        skip = reason_to_skip(seen, settings, own_id=own_id, judges_bots=judges_bots)
        if complete is not None and skip in (None, Skip.EMPTY):
            seen = await complete(seen)
            skip = reason_to_skip(seen, settings, own_id=own_id, judges_bots=judges_bots)
        reading = await self._options.get(seen.guild_id, ReadingOptions)
        context, before = self._recent.before(seen, most=reading.context_messages), self._recent.text_before(seen)
        if settings is not None and seen.channel_id != settings.review_channel_id:
            self._recent.keep(seen)
        if seen.edit:
            await self._edited(seen)
        if skip:
            return self._skipped(skip)
        return await self._judge_message(replace(seen, context=context, before=before), lane=lane)

    async def _edited(self, seen: MessageSeen) -> None:
        """Cases about how the message read before show how it reads now."""
        for case in await self._cases.mark_edited(seen.guild_id, seen.message_id, edit=seen.edit, text=seen.words):
            await self._desk.refresh(case)

    async def _some_policy_judges_bots(self, guild_id: int) -> bool:
        return any(policy.settings.scope.judges_bots for policy in await self._in_force.of(guild_id))

    async def _judge_message(self, seen: MessageSeen, *, lane: Lane) -> Handled:
        applying = await self._in_force.all_of(seen.guild_id)
        in_force = applying.messages
        if self._follower and any(policy.covers(seen) for policy in applying.conversations):
            self._follower.note(seen)
        covering = [policy for policy in in_force if policy.covers(seen)]
        unjudged = [policy for policy in covering if not await self._was_judged(seen, policy)]
        if not unjudged:
            if not covering:
                self._pass_on(seen, {})
            skip = Skip.ALREADY_JUDGED if covering else Skip.OUT_OF_SCOPE if in_force else Skip.NO_POLICY
            return self._skipped(skip)
        with self._under_way.while_judging(seen):
            looked = await asyncio.gather(*(self._look_at(seen, policy, lane) for policy in unjudged))
            judgements = [each.judgement for each in looked]
            plans = [
                decide(each, seen, policy, await self._automatic(each.judgement, seen.guild_id, policy))
                for each, policy in zip(looked, unjudged, strict=True)
            ]
            cases = [case for plan in plans if (case := await self._carrier.carry_out(plan, seen)) is not None]
        for policy, plan in zip(unjudged, plans, strict=True):
            if not isinstance(plan, TryAgain):
                self._lately.add(seen.message_id, seen.edit, policy.version.id)
        answered = zip(unjudged, judgements, plans, strict=True)
        self._pass_on(
            seen, {policy.version.policy_id: each for policy, each, plan in answered if not isinstance(plan, TryAgain)}
        )
        if any(isinstance(plan, TryAgain) for plan in plans):
            return self._wait(seen, tuple(cases))
        self._tally.judged += 1
        return Handled(cases=tuple(cases))

    async def _look_at(self, seen: MessageSeen, policy: PolicyInForce, lane: Lane) -> Looked:
        known = self._same_text.find(policy.version.id, seen)
        if known is not None:
            return Looked(judgement=known)
        request = self._judging.with_way(
            JudgeRequest(
                policy=policy.text,
                content=content_of(seen),
                effort=policy.settings.effort or self._judging.effort,
                lane=lane,
                server=seen.guild_id,
                deadline_s=self._judging.deadline_s,
            )
        )
        when_behind = self._backlog.way_of(seen.guild_id)
        if when_behind is WhenBehind.PROBE:
            request = replace(request, way=Way.PROBE)
        looked = await judge_content(self._rough if when_behind is WhenBehind.LITE else self._judge, request)
        if isinstance(looked.judgement, Verdict):
            self._same_text.keep(policy.version.id, seen, looked.judgement)
        for watcher in self._watchers:
            watcher.judged(seen, policy, looked.judgement)
        return looked

    async def _automatic(self, judgement: Judgement, guild_id: int, policy: PolicyInForce) -> Automatic:
        """What the server switched on; asked for violations only, which are few."""
        if not isinstance(judgement, Verdict) or judgement.outcome is not Outcome.VIOLATION:
            return NOTHING_AUTOMATIC
        return await self._consequences.automatic(guild_id, policy.version.policy_id)

    def _pass_on(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        for watcher in self._watchers:
            watcher.passed(seen, judgements)

    async def _was_judged(self, seen: MessageSeen, policy: PolicyInForce) -> bool:
        known = self._lately.was_judged(seen.message_id, seen.edit, policy.version.id)
        if known is not None:
            return known
        return await self._cases.was_judged(
            guild_id=seen.guild_id, message_id=seen.message_id, edit=seen.edit, version_id=policy.version.id
        )

    def _skipped(self, skip: Skip) -> Handled:
        self._tally.not_judged[skip] += 1
        return Handled(skipped=skip)

    def _wait(self, seen: MessageSeen, cases: tuple[Case, ...]) -> Handled:
        if len(self._waiting) >= self._max_waiting:
            self._put_off(seen)
            return Handled(cases=cases, put_off=True)
        self._waiting.append(seen)
        self._tally.waiting += 1
        return Handled(cases=cases, waiting=True)

    def _put_off(self, seen: MessageSeen) -> None:
        """Leave the message to its channel's history, where it is read again."""
        self._tally.put_off += 1
        self._left_to_history.add((seen.message_id, seen.edit))
        self._marks.give_up(seen)
        if self._told_of_put_off is not None:
            self._told_of_put_off(seen)


def _urgency(seen: MessageSeen) -> tuple[bool, int]:
    joined = seen.author_joined_at
    return (joined is None or seen.posted_at - joined > NEWCOMER, seen.message_id)

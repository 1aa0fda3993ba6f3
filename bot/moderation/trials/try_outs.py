"""Try-outs: a draft judges live messages silently, in parallel with the version in force, for a time. Members and cards
aren't affected.

The draft is asked in the background lane, so a try-out never holds up a message; if the judge is too busy, messages are
left out and counted. Only ids, rules and scores of messages are stored, never their texts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.languages.translation import _
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from bot.moderation.policies.outcomes import Blocked, Refused, no_such
from bot.moderation.policies.reading import lint_policy
from bot.moderation.trials.try_out import (
    Difference,
    NewTryOut,
    TriedAlready,
    TryOut,
    TryOutCounts,
    TryOutReport,
    TryOutStore,
)
from classifier import Judge, Judgement, Lane, PolicyText, Verdict
from guild_policies.scope import covers, flags
from guild_policies.store.port import PolicyStore
from guild_policies.versions import StoredPolicy

_log = logging.getLogger(__name__)

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=14)
MAX_UNDER_WAY = 64  #: messages being judged for all try-outs together
MAX_PER_SERVER = 16  #: of them, those of one server


@dataclass(slots=True)
class _Live:
    """A running try-out, with the results since they were last stored."""

    try_out: TryOut
    policy: StoredPolicy
    compiled: PolicyText
    counts: TryOutCounts = field(default_factory=TryOutCounts)
    differences: list[Difference] = field(default_factory=list)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def applies(self, seen: MessageSeen, judgements: Mapping[int, Judgement], now: datetime) -> bool:
        """Should this message be judged under the draft? If a version is in force, its judgement must exist."""
        channel_id = self.try_out.channel_id
        if now >= self.try_out.ends_at or (channel_id is not None and channel_id not in seen.place.nearest_first):
            return False
        if covers(self.policy.settings.scope, seen.place, seen.author, at=seen.moment) is not None:
            return False
        return self.policy.in_force is None or self.policy.id in judgements

    def note(self, seen: MessageSeen, published: Judgement | None, draft: Judgement) -> None:
        """Count both verdicts, and keep them if they differ."""
        threshold = self.policy.settings.threshold
        beside = published if isinstance(published, Verdict) else None
        if not isinstance(draft, Verdict) or (published is not None and beside is None):
            self.counts += TryOutCounts(undecided=1)
            return
        before, now = beside is not None and flags(beside, threshold), flags(draft, threshold)
        newly, no_longer = now and not before, before and not now
        self.counts += TryOutCounts(judged=1, newly_flagged=int(newly), no_longer_flagged=int(no_longer))
        if newly or no_longer:
            self.differences.append(
                Difference(
                    channel_id=seen.channel_id,
                    message_id=seen.message_id,
                    edit=seen.edit,
                    newly_flagged=newly,
                    rule_ids=draft.rule_ids if beside is None or newly else beside.rule_ids,
                    score=draft.score,
                    score_published=None if beside is None else beside.score,
                )
            )


class TryOuts:
    """Starts, carries out (a `bot.moderation.judging.message_judge.JudgementSubscriber`), ends and reports try-outs."""

    def __init__(
        self,
        *,
        store: TryOutStore,
        policies: PolicyStore,
        judge: Judge,
        requests: JudgeRequests,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._policies = policies
        self._judge = judge
        self._requests = requests
        self._now = now
        self._live: dict[int, _Live] = {}

    async def start(
        self,
        guild_id: int,
        name: str,
        *,
        channel_id: int | None,
        length: timedelta,
        report_channel_id: int,
        actor_id: int,
    ) -> TryOut | Blocked | Refused:
        """Try the draft out from the next message on: in one channel with its threads, or wherever the policy
        applies. Later edits of the draft don't change the try-out."""
        policy = await self._policies.find(guild_id, name)
        if policy is None:
            return no_such(name)
        if not SHORTEST <= length <= LONGEST:
            return Refused(why=_("Choose a time between 10 minutes and 14 days."))
        draft = policy.draft
        if draft is None:
            return Refused(
                why=_("“{policy}” has no draft to try. Change it first with /policy edit.", policy=policy.name)
            )
        if await judgeable(draft.text) is None:
            return Blocked(findings=await lint_policy(draft.text), text=draft.text)
        new = NewTryOut(
            guild_id=guild_id,
            policy_id=policy.id,
            policy_name=policy.name,
            draft_revision=draft.revision,
            text=draft.text,
            channel_id=channel_id,
            report_channel_id=report_channel_id,
            started_by=actor_id,
            ends_at=self._now() + length,
        )
        try:
            try_out = await self._store.start(new)
        except TriedAlready:
            return Refused(why=_("“{policy}” is already being tried out. Stop that try-out first.", policy=policy.name))
        await self._take_up(lambda each: each == guild_id)
        return try_out

    async def stop(self, guild_id: int, name: str, *, actor_id: int) -> TryOutReport | Refused:
        """End a policy's try-out now. Its report is the answer and counts as told."""
        running = await self._store.running(guild_id)
        policy = await self._policies.find(guild_id, name)
        try_out = next((each for each in running if policy is not None and each.policy_id == policy.id), None)
        if try_out is None:
            return Refused(why=_("“{policy}” is not being tried out.", policy=name[:50]))
        ended = await self._end(try_out, actor_id=actor_id)
        if ended is None:
            return Refused(why=_("“{policy}” is no longer being tried out.", policy=name[:50]))
        await self._store.told(guild_id, try_out.id)
        return await self._report(replace(ended, told=True))

    async def running(self, guild_id: int) -> tuple[TryOut, ...]:
        """The server's running try-outs, oldest first, with the counts so far."""
        await self._write_down()
        return await self._store.running(guild_id)

    async def report(self, guild_id: int, try_out_id: int) -> TryOutReport | None:
        """The results of a try-out so far."""
        await self._write_down()
        try_out = await self._store.find(guild_id, try_out_id)
        return None if try_out is None else await self._report(try_out)

    async def finish_due(self, serves: Callable[[int], bool] = lambda _: True) -> tuple[TryOutReport, ...]:
        """End try-outs that are due, and report all that ended and were not told. Call it once a minute: it also picks
        up running try-outs after a restart or from another process, and stores the counts.

        Args:
            serves: is this process responsible for this server?
        """
        await self._take_up(serves)
        await self._write_down()
        now = self._now()
        for try_out in await self._store.running():
            if try_out.ends_at <= now and serves(try_out.guild_id):
                await self._end(try_out, actor_id=None)
        return tuple([await self._report(each) for each in await self._store.not_told() if serves(each.guild_id)])

    async def told(self, guild_id: int, try_out_id: int) -> None:
        """Record that the report was posted."""
        await self._store.told(guild_id, try_out_id)

    async def close(self) -> None:
        """Cancel the requests that are running and store the counts. Try-outs continue in the next process."""
        for live in self._live.values():
            await self._withdraw(live)
        await self._write_down()
        self._live.clear()

    def judged(self, seen: MessageSeen, policy: PolicyInForce, judgement: Judgement) -> None:
        """Nothing to do: `passed` has all judgements about a message."""

    def passed(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        """A message was judged under the versions in force: judge it under the drafts."""
        now = self._now()
        for live in self._live.values():
            if live.try_out.guild_id != seen.guild_id or not live.applies(seen, judgements, now):
                continue
            if not self._has_room(seen.guild_id):
                live.counts += TryOutCounts(left_out=1)
                continue
            task = asyncio.ensure_future(self._judge_beside(live, seen, judgements.get(live.policy.id)))
            live.under_way.add(task)
            task.add_done_callback(live.under_way.discard)

    def _has_room(self, guild_id: int) -> bool:
        """Is there capacity for another message of this server?"""
        held = [(each.try_out.guild_id, len(each.under_way)) for each in self._live.values()]
        of_server = sum(count for guild, count in held if guild == guild_id)
        return of_server < MAX_PER_SERVER and sum(count for _, count in held) < MAX_UNDER_WAY

    async def settled(self) -> None:
        """Wait until every message sent to the judge has its answer."""
        while tasks := [task for live in self._live.values() for task in live.under_way]:
            await asyncio.wait(tasks)

    async def _judge_beside(self, live: _Live, seen: MessageSeen, published: Judgement | None) -> None:
        try:
            request = self._requests.make_for_post(
                live.compiled,
                content_of(seen),
                effort=live.policy.settings.effort,
                lane=Lane.BACKGROUND,
                server=seen.guild_id,
            )
            draft = await self._judge.judge(request)
        except Exception:  # noqa: BLE001 - a watcher never disturbs the pipeline that told it
            _log.exception("a try-out failed on a message", extra={"try_out": live.try_out.id, **seen.log_ids})
            live.counts += TryOutCounts(left_out=1)
        else:
            live.note(seen, published, draft)

    async def _take_up(self, serves: Callable[[int], bool]) -> None:
        """Load the running try-outs of these servers, with the current settings of their policies."""
        everywhere = await self._store.running()
        running = {each.id: each for each in everywhere if serves(each.guild_id)}
        for gone in set(self._live) - {each.id for each in everywhere}:
            await self._withdraw(self._live.pop(gone))
        policies: dict[int, dict[int, StoredPolicy]] = {}
        for try_out in running.values():
            if try_out.guild_id not in policies:
                found = await self._policies.list(try_out.guild_id)
                policies[try_out.guild_id] = {policy.id: policy for policy in found}
            policy = policies[try_out.guild_id].get(try_out.policy_id)
            compiled = await judgeable(try_out.text)
            if policy is None or compiled is None:
                await self._end(try_out, actor_id=None)  # deleted meanwhile
            elif try_out.id in self._live:
                self._live[try_out.id].policy = policy
            else:
                self._live[try_out.id] = _Live(try_out=try_out, policy=policy, compiled=compiled)

    async def _write_down(self) -> None:
        for live in tuple(self._live.values()):
            counts, live.counts = live.counts, TryOutCounts()
            differences, live.differences = tuple(live.differences), []
            if counts != TryOutCounts():
                await self._store.add(live.try_out.id, counts, differences)

    async def _end(self, try_out: TryOut, *, actor_id: int | None) -> TryOut | None:
        live = self._live.get(try_out.id)
        if live is not None:
            await self._withdraw(live)
            await self._write_down()
            self._live.pop(try_out.id, None)
        return await self._store.end(try_out.guild_id, try_out.id, actor_id=actor_id)

    @staticmethod
    async def _withdraw(live: _Live) -> None:
        tasks = tuple(live.under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        live.counts += TryOutCounts(left_out=len(tasks))

    async def _report(self, try_out: TryOut) -> TryOutReport:
        found = await self._store.differences(try_out.guild_id, try_out.id)
        return TryOutReport(try_out=try_out, differences=found)

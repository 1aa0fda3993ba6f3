"""Counts and weekly samples in memory. See `tests.fakes.stores`."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.moderation.appeals.appeal import AppealSearch, AppealState, AppealStore
from bot.moderation.cases.case import Case, CaseKind, CaseState
from bot.moderation.lookups.samples import SampleAnswer, SampleMessage, SampleSums, SampleWeek
from bot.moderation.lookups.stats import AppealCounts, RuleStats
from bot.storage.cases.marks import rule_key
from bot.storage.lookups.samples import first_id_since, sample_answered, sample_drawn
from tests.fakes.stores import MemoryAuditLog, MemoryCaseStore

_ALL = 1_000_000
_WAIT_FOR_SOMEBODY = (CaseKind.VIOLATION, CaseKind.UNDECIDED, CaseKind.REPORT)


class MemoryStats:
    """`bot.moderation.lookups.stats.StatsStore` over the cases and appeals in memory."""

    def __init__(self, *, cases: MemoryCaseStore, appeals: AppealStore) -> None:
        self._cases = cases
        self._appeals = appeals

    async def rules(self, guild_id: int, *, since: datetime) -> tuple[RuleStats, ...]:
        """By policy and rule, as it was named last; those with most cases first."""
        groups: dict[tuple[int, str], list[Case]] = defaultdict(list)
        for case in self._since(guild_id, since):
            for key in {rule_key(rule.id) for rule in case.judged.rules}:
                if case.kind is CaseKind.VIOLATION:
                    groups[case.judged.policy_id, key].append(case)
        appealed = await self._appealed(guild_id, since)
        found = []
        for (policy_id, key), cases in groups.items():
            states = appealed.get((policy_id, key), [])
            rule = next(each for each in cases[-1].judged.rules if rule_key(each.id) == key)
            found.append(
                RuleStats(
                    policy_name=cases[-1].judged.policy_name,
                    rule_id=rule.id,
                    title=rule.title,
                    confirmed=sum(case.state is CaseState.VIOLATION for case in cases),
                    dismissed=sum(case.state is CaseState.NOT_A_VIOLATION for case in cases),
                    open=sum(case.state is CaseState.OPEN for case in cases),
                    appeals=len(states),
                    overturned=states.count(AppealState.OVERTURNED),
                )
            )
        return tuple(sorted(found, key=lambda each: (-each.total, each.policy_name, each.rule_id)))

    async def times_to_close(self, guild_id: int, *, since: datetime, limit: int) -> tuple[timedelta, ...]:
        """From opening to deciding, of the newest cases that waited for a moderator."""
        closed = [
            case.decision.at - case.opened_at
            for case in reversed(self._since(guild_id, since))
            if case.decision is not None and case.kind in _WAIT_FOR_SOMEBODY
        ]
        return tuple(closed[:limit])

    async def appeals(self, guild_id: int, *, since: datetime) -> AppealCounts:
        """Appeals opened since then."""
        found = await self._appeals.search(guild_id, AppealSearch(since=since), limit=_ALL)
        states = [appeal.state for appeal in found]
        return AppealCounts(
            waiting=states.count(AppealState.OPEN) + states.count(AppealState.ASKED),
            upheld=states.count(AppealState.UPHELD),
            overturned=states.count(AppealState.OVERTURNED),
        )

    async def _appealed(self, guild_id: int, since: datetime) -> dict[tuple[int, str], list[AppealState]]:
        states: dict[tuple[int, str], list[AppealState]] = defaultdict(list)
        for appeal in await self._appeals.search(guild_id, AppealSearch(since=since), limit=_ALL):
            case = await self._cases.get(guild_id, appeal.key.case_number)
            for key in {rule_key(rule.id) for rule in case.judged.rules} if case else ():
                states[case.judged.policy_id if case else 0, key].append(appeal.state)
        return states

    def _since(self, guild_id: int, since: datetime) -> list[Case]:
        found = (case for case in self._cases.everything() if case.guild_id == guild_id and case.opened_at >= since)
        return sorted(found, key=lambda case: case.number)


class MemorySampleStore:
    """`bot.moderation.lookups.samples.SampleStore` as dictionaries."""

    def __init__(self, *, cases: MemoryCaseStore, audit: MemoryAuditLog, now: Callable[[], datetime]) -> None:
        self._cases = cases
        self._audit = audit
        self._now = now
        self._dice = random.Random()
        self._weeks: dict[tuple[int, date], SampleWeek] = {}
        self._messages: list[SampleMessage] = []

    async def draw(self, guild_id: int, week: date, *, count: int, since: datetime) -> SampleWeek:
        """Draw a week's sample, once."""
        known = self._weeks.get((guild_id, week))
        if known is not None:
            return known
        flagged = {case.evidence.message_id for case in self._cases.everything() if case.guild_id == guild_id}
        quiet = {
            each.clear.message_id: each.clear.channel_id
            for each in self._cases.all_clear()
            if each.clear.guild_id == guild_id
            and each.clear.message_id >= first_id_since(since)
            and each.clear.message_id not in flagged
        }
        chosen = self._dice.sample(sorted(quiet), k=min(count, len(quiet)))
        drawn = SampleWeek(guild_id=guild_id, week=week, quiet=len(quiet), drawn=len(chosen))
        self._weeks[guild_id, week] = drawn
        for message_id in chosen:
            self._messages.append(
                SampleMessage(
                    id=len(self._messages) + 1,
                    guild_id=guild_id,
                    week=week,
                    channel_id=quiet[message_id],
                    message_id=message_id,
                )
            )
        if chosen:
            at = self._now()
            self._audit.add([sample_drawn(guild_id, week, drawn=len(chosen), quiet=len(quiet), at=at)])
        return drawn

    async def posted(self, guild_id: int, week: date, *, channel_id: int, message_id: int) -> None:
        """Moderators were told of the week's sample."""
        del channel_id
        self._weeks[guild_id, week] = replace(self._weeks[guild_id, week], card_message_id=message_id)

    async def left(self, guild_id: int, week: date) -> tuple[SampleMessage, ...]:
        """The messages without an answer, in the order in which they were drawn."""
        wanted = (guild_id, week, None)
        return tuple(each for each in self._messages if (each.guild_id, each.week, each.answer) == wanted)

    async def get(self, guild_id: int, sample_id: int) -> SampleMessage | None:
        """One message of a sample."""
        return next((each for each in self._messages if (each.guild_id, each.id) == (guild_id, sample_id)), None)

    async def answer(self, guild_id: int, sample_id: int, answer: SampleAnswer, *, by: int | None) -> bool:
        """Keep an answer where there is none."""
        message = await self.get(guild_id, sample_id)
        if message is None or message.answer is not None:
            return False
        self._messages[sample_id - 1] = replace(message, answer=answer, answered_by=by)
        self._audit.add([sample_answered(guild_id, sample_id, answer, by=by, at=self._now())])
        return True

    async def sums(self, guild_id: int, *, since: date) -> tuple[SampleSums, ...]:
        """What came of the samples of these weeks, the oldest first."""
        found = []
        for (server, week), each in sorted(self._weeks.items()):
            answers = [m.answer for m in self._messages if (m.guild_id, m.week) == (guild_id, week)]
            if server == guild_id and week >= since and answers:
                found.append(
                    SampleSums(
                        week=week,
                        quiet=each.quiet,
                        violations=answers.count(SampleAnswer.VIOLATION),
                        fine=answers.count(SampleAnswer.FINE),
                    )
                )
        return tuple(found)

"""Looking cases up in memory. See `tests.fakes.stores`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from bot.moderation.cases.case import Case, CaseState
from bot.moderation.lookups.search import PAGE, CaseLine, CasePage, CaseQuery, MemberSummary, words_of
from bot.moderation.lookups.why import ClearFound
from bot.storage.cases.marks import rule_key
from bot.storage.lookups.search import KEPT_FOR, cases_exported
from tests.fakes.stores import MemoryAuditLog, MemoryCaseStore, MemoryNoteStore


class MemoryCaseSearch:
    """`bot.moderation.lookups.search.CaseSearchStore` over the cases and notes in memory."""

    def __init__(
        self, *, cases: MemoryCaseStore, notes: MemoryNoteStore, audit: MemoryAuditLog, now: Callable[[], datetime]
    ) -> None:
        self._cases = cases
        self._notes = notes
        self._audit = audit
        self._now = now
        self._kept: list[tuple[int, CaseQuery, datetime]] = []

    async def find(
        self,
        guild_id: int,
        query: CaseQuery,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int = PAGE,
    ) -> CasePage:
        """The newest cases; or those next to a case, on its older or on its newer side."""
        found = await self._found(guild_id, query)
        if newer_than is not None:
            beyond = [case for case in found if case.number > newer_than]
            return CasePage(lines=tuple(map(_line, beyond[-limit:])), newer=len(beyond) > limit, older=True)
        beyond = [case for case in found if older_than is None or case.number < older_than]
        return CasePage(
            lines=tuple(map(_line, beyond[:limit])), newer=older_than is not None, older=len(beyond) > limit
        )

    async def whole(self, guild_id: int, query: CaseQuery, *, limit: int) -> tuple[Case, ...]:
        """The newest cases with their texts."""
        return tuple((await self._found(guild_id, query))[:limit])

    async def of_message(self, guild_id: int, message_id: int) -> tuple[Case, ...]:
        """The cases about a message, the oldest first."""
        found = (case for case in self._of(guild_id) if case.evidence.message_id == message_id)
        return tuple(reversed(list(found)))

    async def clear_of_message(self, guild_id: int, message_id: int) -> tuple[ClearFound, ...]:
        """The clear verdicts about a message, the oldest first."""
        wanted = (guild_id, message_id)
        found = self._cases.all_clear()
        return tuple(each for each in found if (each.clear.guild_id, each.clear.message_id) == wanted)

    async def summary(self, guild_id: int, member_id: int) -> MemberSummary:
        """All cases of a member in numbers."""
        found = [case for case in self._of(guild_id) if case.evidence.author_id == member_id]
        counts = Counter(case.state for case in found)
        return MemberSummary(
            states=tuple((state, counts[state]) for state in CaseState if counts[state]),
            last_at=max((case.opened_at for case in found), default=None),
        )

    async def keep(self, guild_id: int, query: CaseQuery) -> int:
        """Keep a query; its id."""
        self._kept.append((guild_id, query, self._now()))
        return len(self._kept)

    async def kept(self, guild_id: int, query_id: int) -> CaseQuery | None:
        """A query that was kept; None where it is too old or another server's."""
        if not 0 < query_id <= len(self._kept):
            return None
        where, query, at = self._kept[query_id - 1]
        return query if where == guild_id and at >= self._now() - KEPT_FOR else None

    async def exported(self, guild_id: int, *, actor_id: int, cases: int, what: str) -> None:
        """Write an audit entry."""
        self._audit.add([cases_exported(guild_id, actor_id=actor_id, cases=cases, what=what, at=self._now())])

    async def _found(self, guild_id: int, query: CaseQuery) -> list[Case]:
        """All of them, the newest first."""
        fitting = [case for case in self._of(guild_id) if _fits(case, query)]
        notes = await self._notes.of_cases(guild_id, tuple(case.number for case in fitting))
        return [
            case
            for case in fitting
            if query.words <= words_of(" ".join(note.text or "" for note in notes.get(case.number, ())))
        ]

    def _of(self, guild_id: int) -> list[Case]:
        of_server = (case for case in self._cases.everything() if case.guild_id == guild_id)
        return sorted(of_server, key=lambda case: -case.number)


def _fits(case: Case, query: CaseQuery) -> bool:
    keys = {rule_key(rule.id) for rule in case.judged.rules}
    decided_by = case.decision.moderator_id if case.decision else None
    return all(
        (
            query.member_id in (None, case.evidence.author_id),
            query.rule_id is None or rule_key(query.rule_id) in keys,
            query.policy_id in (None, case.judged.policy_id),
            query.moderator_id in (None, decided_by),
            query.state in (None, case.state),
            not query.kinds or case.kind in query.kinds,
            query.opened_from is None or case.opened_at >= query.opened_from,
            query.opened_before is None or case.opened_at < query.opened_before,
        )
    )


def _line(case: Case) -> CaseLine:
    evidence, decision = case.evidence, case.decision
    return CaseLine(
        number=case.number,
        kind=case.kind,
        state=case.state,
        member_id=evidence.author_id,
        channel_id=evidence.channel_id,
        message_id=evidence.message_id,
        gone=evidence.gone,
        policy_name=case.judged.policy_name,
        rules=case.judged.rules,
        opened_at=case.opened_at,
        decided_by=decision.moderator_id if decision else None,
        decided_at=decision.at if decision else None,
    )

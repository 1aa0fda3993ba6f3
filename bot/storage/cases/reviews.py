"""What moderators do with cases, in the database: decide, reopen, claim, skip."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.cases.case import WITHOUT_ACTION, Case, CaseState, Claim, Decision
from bot.moderation.cases.ground import Ground
from bot.moderation.cases.note import NewNote, NoteKind
from bot.storage.audit import entries, entries_of_review
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_rows import ground_values
from bot.storage.cases.case_table import CaseTable, forget_pictures
from bot.storage.cases.marks import write_named_rule
from bot.storage.cases.notes import write_note
from bot.storage.database.engine import writing
from bot.storage.tables.cases import cases

_UNCLAIMED: dict[str, Any] = {"claimed_by": None, "claimed_at": None}
_NO_GROUND: dict[str, Any] = {"ground": None, "ground_encrypted": None}
_OPEN: dict[str, Any] = {
    "state": CaseState.OPEN.value,
    "decided_by": None,
    "decided_at": None,
    **_UNCLAIMED,
    **_NO_GROUND,
}


class SqlCaseReviews(CaseTable):
    """`bot.moderation.cases.case.CaseReviews` over SQLite or PostgreSQL. Raises `StorageError` as well."""

    async def decide(
        self, guild_id: int, number: int, decision: Decision, ground: Ground | None = None
    ) -> tuple[Case, bool]:
        """Store the decision and its ground if there is none yet: (case, True). Otherwise (the case as it is, False).

        Raises:
            NoSuchCase: there is no case with this number.
            ValueError: the decision is to leave the case open.
        """
        if decision.state is CaseState.OPEN:
            raise ValueError("a decision is for or against a violation")
        async with writing(self._engine) as connection:
            before = await self._one(connection, guild_id, number, lock=True)
            if before.decision is not None:
                return before, False
            case = await self._close(connection, before, decision)
            await write_entries(connection, [entries.case_decided(case, decision)])
            if ground is not None:
                case = await self._name(connection, case, ground, actor_id=decision.moderator_id, at=decision.at)
        self._without_texts.pop(guild_id, None)  # an old case may have texts again
        return case, True

    async def name_rule(self, guild_id: int, number: int, ground: Ground, *, moderator_id: int) -> tuple[Case, bool]:
        """Replace any ground by this one. Raises `NoSuchCase`."""
        async with writing(self._engine) as connection:
            before = await self._one(connection, guild_id, number, lock=True)
            if before.judged.rules or before.state is not CaseState.VIOLATION:
                return before, False
            case = await self._name(connection, before, ground, actor_id=moderator_id, at=self._now())
        self._without_texts.pop(guild_id, None)  # an old case may have texts again
        return case, True

    async def _name(
        self, connection: AsyncConnection, case: Case, ground: Ground, *, actor_id: int, at: datetime
    ) -> Case:
        case = await self._set(connection, case, ground_values(ground, self._cipher))
        await write_named_rule(connection, case.guild_id, case.number, ground)
        await write_entries(connection, [entries_of_review.rule_named(case, ground, actor_id=actor_id, at=at)])
        return case

    async def overrule(self, guild_id: int, number: int, decision: Decision) -> tuple[Case, bool]:
        """Replace any decision by this one. Raises `NoSuchCase`."""
        async with writing(self._engine) as connection:
            before = await self._one(connection, guild_id, number, lock=True)
            if before.state is decision.state:
                return before, False
            case = await self._close(connection, before, decision)
            await write_entries(connection, [entries_of_review.case_overruled(case, decision, before=before.state)])
            return case, True

    async def _close(self, connection: AsyncConnection, case: Case, decision: Decision) -> Case:
        """Write the decision. If it is no violation, delete its pictures' data, so that nothing is compared with
        them."""
        if decision.state in WITHOUT_ACTION:
            await forget_pictures(connection, case.guild_id, (case.number,))
        return await self._set(connection, case, _decided(decision))

    async def reopen(self, guild_id: int, number: int, *, moderator_id: int, reason: str) -> tuple[Case, bool]:
        """Undo the decision, with a note that says why. Raises `NoSuchCase`."""
        kind = NoteKind.REOPENED
        new = NewNote(guild_id=guild_id, case_number=number, author_id=moderator_id, kind=kind, text=reason)
        async with writing(self._engine) as connection:
            before = await self._one(connection, guild_id, number, lock=True)
            if before.decision is None:
                return before, False
            case = await self._set(connection, before, _OPEN)
            await write_named_rule(connection, guild_id, number, None)
            note = await write_note(connection, new, at=self._now(), cipher=self._cipher)
            await write_entries(connection, [entries_of_review.case_reopened(case, note, before=before.state)])
            return case, True

    async def claim(self, guild_id: int, number: int, claim: Claim, *, stale_before: datetime) -> tuple[Case, bool]:
        """Claim a case that nobody else has claimed recently. Raises `NoSuchCase`."""
        return await self._change(
            guild_id,
            number,
            where=or_(
                cases.c.claimed_by.is_(None),
                cases.c.claimed_by == claim.moderator_id,
                cases.c.claimed_at < stale_before,
            ),
            values={"claimed_by": claim.moderator_id, "claimed_at": claim.at},
            entry=lambda case: entries_of_review.case_claimed(case, claim),
        )

    async def skip(self, guild_id: int, number: int, *, moderator_id: int) -> Case:
        """Record that a moderator leaves the case to others. Raises `NoSuchCase`."""
        async with writing(self._engine) as connection:
            case = await self._one(connection, guild_id, number, lock=True)
            if case.claim and case.claim.moderator_id == moderator_id:
                case = await self._set(connection, case, _UNCLAIMED)
            entry = entries_of_review.case_skipped(case, moderator_id=moderator_id, at=self._now())
            await write_entries(connection, [entry])
            return case


def _decided(decision: Decision) -> dict[str, Any]:
    return {
        "state": decision.state.value,
        "decided_by": decision.moderator_id,
        "decided_at": decision.at,
        **_UNCLAIMED,
    }

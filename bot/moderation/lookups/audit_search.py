"""Searches the audit log by time, person and kind, page by page, and exports it to files.

It never says who reported a message, because a moderator could find out who reported their own. `/reports show` tells
it, but only to others.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.lookups.export import ExportedFile, ExportForm, PartWriter

PAGE = 10  #: entries on one page
AT_A_TIME = 500  #: entries of an export read at a time
BOT = 0  #: stands for Bylaw itself as the person
A_MEMBER = "a member"  #: shown in place of the member who reported a message


class AuditKind(StrEnum):
    """What an entry is about. The values are part of custom_ids: they never change."""

    CASES = "cases"
    DECISIONS = "decisions"
    ACTIONS = "actions"
    CARDS = "cards"
    APPEALS = "appeals"
    REPORTS = "reports"
    POLICIES = "policies"
    TRIALS = "trials"
    SETTINGS = "settings"
    PRIVACY = "privacy"


#: Prefixes of the names of entries, by kind. A test checks that every entry has exactly one kind.
_BEGINS = {
    AuditKind.CASES: ("case_opened", "message_joined", "message_gone", "message_edited", "author_found",
                      "edit_offered"),
    AuditKind.DECISIONS: ("case_decided", "case_overruled", "case_reopened", "case_mended", "case_claimed",
                          "case_skipped", "rule_named", "note_"),
    AuditKind.ACTIONS: ("action_", "notice_", "control_"),
    AuditKind.CARDS: ("card_",),
    AuditKind.APPEALS: ("appeal_",),
    AuditKind.REPORTS: ("message_reported", "reporter_"),
    AuditKind.POLICIES: ("policy_", "draft_", "pin_"),
    AuditKind.TRIALS: ("try_out_", "backtest_", "sample_", "question"),
    AuditKind.SETTINGS: ("settings_saved", "options_saved", "consequence_set"),
    AuditKind.PRIVACY: ("cases_exported", "audit_exported", "texts_", "erasure_", "server_"),
}  # fmt: skip


#: The policy of an entry, by its id: what the entry is about, or where the detail of an entry about a case begins.
_SUBJECT = re.compile(r"policy:([0-9]{1,19})(?![0-9])")
_DETAIL = re.compile(r"policy ([0-9]{1,19}) version ")


def policy_id_of(entry: AuditEntry) -> int | None:
    """The id of the policy that an entry is about; None if there is none."""
    found = _SUBJECT.match(entry.subject) or _DETAIL.match(entry.detail)
    return int(found[1]) if found else None


def actions_of(kind: AuditKind) -> frozenset[AuditAction]:
    """The entries of a kind."""
    return frozenset(action for action in AuditAction if action.value.startswith(_BEGINS[kind]))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """A filter for entries. A field that is None matches everything."""

    person_id: int | None = None  #: who did it; `BOT` for Bylaw itself
    kind: AuditKind | None = None
    since: datetime | None = None
    until: datetime | None = None  #: before this moment


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntry:
    """An entry with its place in the log."""

    id: int
    entry: AuditEntry
    policy: str = ""  #: the name of the policy that it is about; empty if there is none


class AuditSearch(Protocol):
    """Reads the log. Every method is one transaction."""

    async def find(
        self,
        guild_id: int,
        query: AuditQuery,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int = PAGE,
    ) -> tuple[FoundEntry, ...]:
        """Entries, newest first; or those next to an entry, by its id, on its older or newer side. With a person,
        leaves out entries that say who reported a message."""

    async def exported(self, guild_id: int, *, actor_id: int, what: str) -> None:
        """Write an audit entry that a part of the log was exported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """A page of the log, the newest entry first."""

    found: tuple[FoundEntry, ...] = ()
    newer: bool = False
    older: bool = False


class AuditTrail:
    """Searches the log for reviewers. Callers check permissions."""

    def __init__(self, store: AuditSearch) -> None:
        self._store = store

    async def page(
        self, guild_id: int, query: AuditQuery, *, older_than: int | None = None, newer_than: int | None = None
    ) -> AuditPage:
        """The newest entries, or a page next to an entry."""
        sides = {"older_than": older_than, "newer_than": newer_than}
        found = await self._store.find(guild_id, query, **sides, limit=PAGE + 1)
        more = len(found) > PAGE
        if newer_than is not None:
            return AuditPage(found=found[-PAGE:], newer=more, older=True)
        return AuditPage(found=found[:PAGE], newer=older_than is not None, older=more)

    async def export(
        self, guild_id: int, query: AuditQuery, form: ExportForm, *, actor_id: int, room: int
    ) -> AsyncGenerator[ExportedFile | int, None]:
        """Export all entries that match, as `LookUps.export` does for cases."""
        writer = PartWriter(form, room=room)
        older_than, read = None, 0
        while found := await self._store.find(guild_id, query, older_than=older_than, limit=AT_A_TIME):
            for each in found:
                part = writer.add({**entry_row(each.entry), "policy": each.policy})
                if part is not None:
                    yield await self._noted(guild_id, part, form, actor_id=actor_id)
            older_than, read = found[-1].id, read + len(found)
            yield read
        part = writer.last()
        if part is not None:
            yield await self._noted(guild_id, part, form, actor_id=actor_id)

    async def _noted(self, guild_id: int, part: ExportedFile, form: ExportForm, *, actor_id: int) -> ExportedFile:
        place = "" if part.is_only else f", part {part.place}"
        await self._store.exported(guild_id, actor_id=actor_id, what=f"{part.rows} entries, {form.value}{place}")
        return part


def entry_row(entry: AuditEntry) -> dict[str, Any]:
    """An entry as names and values."""
    reported = entry.action is AuditAction.MESSAGE_REPORTED
    who = A_MEMBER if reported else "Bylaw" if entry.actor_id is None else str(entry.actor_id)
    return {
        "at": entry.at.isoformat(),
        "by": who,
        "what": entry.action.value,
        "about": entry.subject,
        "detail": entry.detail,
    }

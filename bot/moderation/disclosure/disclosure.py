"""Collects everything stored about a case in a file. The audit log records who exported it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.moderation.appeals.appeal import AppealReader
from bot.moderation.appeals.notices import CaseNotices
from bot.moderation.cases.action import CaseActions
from bot.moderation.cases.case import Case
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.cases.further_messages import CaseMessageStore
from bot.moderation.cases.note import NoteStore
from bot.moderation.cases.raid_control import ControlsOfCards
from bot.moderation.disclosure.as_html import as_html
from bot.moderation.disclosure.case_record import CaseParts, record_of
from bot.moderation.lookups.search import ExportLog
from bot.moderation.lookups.why import Told, Why
from bot.moderation.members.report import ReportStore
from bot.moderation.review.decisions import is_own
from guild_policies.store.port import PolicyStore


class WholeForm(StrEnum):
    """File formats of a whole case. The value is the file's extension."""

    HTML = "html"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSources:
    """Where the parts of a case are."""

    files: CaseFiles
    policies: PolicyStore
    actions: CaseActions
    notices: CaseNotices
    notes: NoteStore
    messages: CaseMessageStore
    controls: ControlsOfCards
    appeals: AppealReader
    reports: ReportStore
    why: Why


class Disclosure:
    """Exports whole cases for reviewers. Callers check permissions."""

    def __init__(self, sources: CaseSources, *, log: ExportLog, now: Callable[[], datetime]) -> None:
        self._from = sources
        self._log = log
        self._now = now

    async def export(
        self, guild_id: int, number: int, form: WholeForm, *, actor_id: int, reasoning: bool
    ) -> str | None:
        """Export the case as a file, after writing an audit entry. None if there is no such case.

        Args:
            actor_id: who exports it. If the case is about them, the file leaves out who reported the message.
            reasoning: with the model's own notes.
        """
        parts = await self._parts(guild_id, number, reader_id=actor_id)
        if parts is None:
            return None
        what = f"the whole case as {form.value}{', with reasoning' if reasoning else ''}"
        await self._log.exported(guild_id, actor_id=actor_id, cases=1, what=what, number=number)
        record = record_of(parts, exported_at=self._now(), reasoning=reasoning)
        if form is WholeForm.HTML:
            return as_html(f"Case {number}", record)
        return json.dumps(record, ensure_ascii=False, indent=2) + "\n"

    async def _parts(self, guild_id: int, number: int, *, reader_id: int) -> CaseParts | None:
        file = await self._from.files.find(guild_id, number)
        if file is None:
            return None
        case = file.case
        reports = await self._from.reports.of_case(guild_id, number)
        return CaseParts(
            file=file,
            version=await self._from.policies.version(guild_id, case.source.version_id),
            actions=(await self._from.actions.of_cases(guild_id, (number,))).get(number, ()),
            notices={each.action_id: each for each in await self._from.notices.of_case(guild_id, number)},
            notes=(await self._from.notes.of_cases(guild_id, (number,))).get(number, ()),
            controls=await self._from.controls.of_case(guild_id, number),
            further=(await self._from.messages.of_cases(guild_id, (number,))).get(number, ()),
            appeals=await self._from.appeals.of_case(guild_id, number),
            told=await self._told(case),
            reports=len({each.new.reporter_id for each in reports}),
            report_words=None if is_own(case, reader_id) else reports,
        )

    async def _told(self, case: Case) -> Told:
        """All verdicts on the message, this case's among them."""
        told = await self._from.why.told(case.guild_id, case.evidence.message_id)
        return told if told.cases else Told(cases=(case,), clear=told.clear)

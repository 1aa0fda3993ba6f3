"""Tells members what action was taken about their messages, and records whether that worked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.moderation.appeals.appeal import AppealState, NewestAppeals
from bot.moderation.appeals.direct_messages import Messenger, Notice
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action, ActionKind, ActionState
from bot.moderation.cases.case import Case
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.cases.receipt import ReceiptStore, statement_of
from bot.moderation.servers.options import AppealOptions, NoticeOptions, OptionStore
from bot.moderation.servers.server import ServerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Whether telling a member about an action worked, and when."""

    action_id: int
    state: NoticeState
    at: datetime


class CaseNotices(Protocol):
    """The notices of a case."""

    async def of_case(self, guild_id: int, number: int) -> tuple[Noted, ...]:
        """The notices of a case, by action."""


class NoticeStore(CaseNotices, Protocol):
    """Stores whether members were told about actions. Every method is one transaction, with its audit entry."""

    async def note(self, action: Action, state: NoticeState) -> None:
        """Record whether telling the member about an action worked. A second note replaces the first."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, NoticeState]:
        """The result of the newest notice of each of these cases. Cases without notices are left out."""


class Notices:
    """The production `Notifier`. A notice is sent once and never retried, so that no member gets two."""

    def __init__(
        self,
        *,
        notices: NoticeStore,
        messenger: Messenger,
        options: OptionStore,
        servers: ServerStore,
        appeals: NewestAppeals,
        files: CaseFiles,
        receipts: ReceiptStore,
    ) -> None:
        self._notices = notices
        self._messenger = messenger
        self._options = options
        self._servers = servers
        self._appeals = appeals
        self._files = files
        self._receipts = receipts

    async def about(self, case: Case, action: Action) -> NoticeState:
        """Tell the member about an action. A warning is sent even if notices are off, because it consists of nothing
        else."""
        options = await self._options.get(case.guild_id, NoticeOptions)
        if action.state is ActionState.REHEARSED or await self._told_otherwise(case, action):
            return NoticeState.OFF
        if not options.enabled and action.new.kind is not ActionKind.WARN:
            return NoticeState.OFF
        notice = await self._notice(case, action, options)
        state = await self._messenger.send(case.guild_id, action.new.target_id, notice)
        await self._notices.note(action, state)
        return state

    async def _told_otherwise(self, case: Case, action: Action) -> bool:
        """Is this undoing part of a reversed decision? The message about the outcome, which comes next, tells the
        member."""
        if action.new.undoes is None:
            return False
        appeal = (await self._appeals.of_cases(case.guild_id, (case.number,))).get(case.number)
        return appeal is not None and appeal.state is AppealState.OVERTURNED and appeal.told is None

    async def _notice(self, case: Case, action: Action, options: NoticeOptions) -> Notice:
        appeals = await self._options.get(case.guild_id, AppealOptions)
        settings = await self._servers.get(case.guild_id)
        for_author = action.new.target_id == case.evidence.author_id  # only the member of the case can appeal it
        return Notice(
            case=case,
            action=action,
            rules=await self._files.rules_of(case),
            opening=options.opening,
            moderator_id=action.new.by if options.names_moderators else None,
            can_appeal=appeals.enabled and action.new.undoes is None and for_author,
            appeal_hint=settings.appeal if settings else "",
            other_reason=(case.ground.words or "") if case.ground is not None and case.ground.rule is None else "",
            receipt=await self._receipt(case) if action.new.undoes is None else "",
        )

    async def _receipt(self, case: Case) -> str:
        """The code of the case's receipt; empty if there is no verdict."""
        statement = statement_of(case, await self._files.policy_text_of(case))
        if statement is None:
            return ""
        return (await self._receipts.issue(case.guild_id, case.number, statement)).code

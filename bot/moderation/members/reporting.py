"""Handles reports: the report joins the message's case, or opens one for a person to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import (
    Case,
    CaseKind,
    CaseOpener,
    CaseReader,
    Judged,
    MessageCases,
    MessageMarks,
    NewCase,
)
from bot.moderation.judging.check import Check, Checked
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.judging.message_changes import as_it_is_now
from bot.moderation.members.report import (
    MAX_WORDS,
    FiledBefore,
    Mute,
    NewReport,
    Report,
    ReportStore,
    TooMany,
)
from bot.moderation.members.report_rationale import report_rationale
from bot.moderation.messages.attached_files import with_files
from bot.moderation.messages.message_seen import MessageSeen, evidence_of
from bot.moderation.review.decisions import is_own
from bot.moderation.servers.server import ServerStore
from classifier import Lane
from classifier.single_flight import SingleFlight

SOURCE = marked("Member report")  #: shown in place of the policy's name
METHOD = "report"

NOT_SET_UP = marked("Bylaw is not set up in this server, so nobody would see your report. Message the moderators.")
OWN_MESSAGE = marked("You cannot report your own message.")
NOBODYS_MESSAGE = marked("You cannot report this message: Discord or Bylaw wrote it.")
OWN_MUTE = marked("Another moderator has to decide whether your own reports are taken. Nothing was changed.")
OWN_REPORTS = marked("This case is about you, so only the other moderators see who reported it.")
MODERATORS_CHANNEL = marked("You cannot report messages here: the moderators read this channel anyway.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The moderators see the report. `before`: this member already reported this version."""

    case: Case
    before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReported:
    """This message can't be reported. `why` is shown to the member (English, translated when shown)."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYours:
    """The case is about the asking moderator, so it is left to the others. `why` is shown to them, translated."""

    why: str


class ReportedCases(CaseReader, MessageCases, CaseOpener, MessageMarks, Protocol):
    """The cases that reports join or open."""


class Reporting:
    """Takes reports and reporters' words."""

    def __init__(
        self,
        *,
        reports: ReportStore,
        cases: ReportedCases,
        servers: ServerStore,
        cards: CardPosting,
        check: Check,
        in_flight: MessagesInFlight,
        now: Callable[[], datetime],
    ) -> None:
        self._reports = reports
        self._cases = cases
        self._servers = servers
        self._cards = cards
        self._check = check
        self._in_flight = in_flight
        self._now = now
        self._finding: SingleFlight[tuple[int, int], Case] = SingleFlight()  # message, edit
        self._subscribers: list[Callable[[MessageSeen, Case], None]] = []

    def subscribe(self, tell: Callable[[MessageSeen, Case], None]) -> None:
        """Call `tell` with each message for which a report opened a case. It returns at once."""
        self._subscribers.append(tell)

    async def report(
        self, seen: MessageSeen, *, reporter_id: int, own_id: int
    ) -> Reported | NotReported | TooMany | Mute:
        """Store the report and show it. Takes as long as the judge does if the message has no case yet."""
        why_not = await self._why_not(seen, reporter_id=reporter_id, own_id=own_id)
        if why_not:
            return NotReported(why=why_not)
        new = NewReport(guild_id=seen.guild_id, message_id=seen.message_id, edit=seen.edit, reporter_id=reporter_id)
        filed = await self._reports.file(new)
        if isinstance(filed, TooMany | Mute):
            return filed
        with self._in_flight.holding([seen]):
            case = await self._finding.share((seen.message_id, seen.edit), lambda: self._find_or_open(seen))
            case = await as_it_is_now(case, seen, self._in_flight, self._cases)
        await self._reports.attach(new, case.number)
        before = isinstance(filed, FiledBefore) and filed.case_number is not None
        if not before:
            await self._cards.refresh(case)
        return Reported(case=case, before=before)

    async def add_words(self, guild_id: int, message_id: int, *, reporter_id: int, words: str) -> Report | None:
        """Add the reporter's reason. None if they haven't reported this message."""
        report = await self._reports.add_words(guild_id, message_id, reporter_id, words.strip()[:MAX_WORDS])
        case = await self._cases.get(guild_id, report.case_number) if report and report.case_number else None
        if case is not None:
            await self._cards.refresh(case)
        return report

    async def of_case(self, guild_id: int, number: int, *, reader_id: int) -> tuple[Report, ...] | NotYours:
        """The reports on a case, oldest first."""
        case = await self._cases.get(guild_id, number)
        if case is not None and is_own(case, reader_id):
            return NotYours(why=OWN_REPORTS)
        return await self._reports.of_case(guild_id, number)

    async def mute(self, guild_id: int, member_id: int, *, length: timedelta, by: int) -> Mute | NotYours:
        """Refuse a member's reports for a time."""
        if member_id == by:
            return NotYours(why=OWN_MUTE)
        mute = Mute(guild_id=guild_id, member_id=member_id, until=self._now() + length, by=by)
        await self._reports.mute(mute)
        return mute

    async def unmute(self, guild_id: int, member_id: int, *, by: int) -> bool | NotYours:
        """Accept their reports again. False if they weren't muted."""
        if member_id == by:
            return NotYours(why=OWN_MUTE)
        return await self._reports.unmute(guild_id, member_id, by=by)

    async def mutes(self, guild_id: int) -> tuple[Mute, ...]:
        """The current mutes."""
        return await self._reports.mutes(guild_id)

    async def _why_not(self, seen: MessageSeen, *, reporter_id: int, own_id: int) -> str:
        settings = await self._servers.get(seen.guild_id)
        if settings is None:
            return NOT_SET_UP
        if seen.is_system or seen.is_title or seen.author_id == own_id:
            return NOBODYS_MESSAGE
        if seen.author_id == reporter_id:
            return OWN_MESSAGE
        return MODERATORS_CHANNEL if settings.review_channel_id in seen.place.nearest_first else ""

    async def _case_of(self, seen: MessageSeen) -> Case | None:
        """The case about the current version of this message; a later edit is another version."""
        case = await self._cases.latest_for_message(seen.guild_id, seen.message_id)
        return case if case is not None and case.evidence.edit == seen.edit else None

    async def _find_or_open(self, seen: MessageSeen) -> Case:
        there = await self._case_of(seen)
        if there is not None:
            return there
        seen = await with_files(seen)
        answers = () if seen.is_empty else (await self._check.check(seen, lane=Lane.LIVE)).answers
        await self._in_flight.until_judged(seen.message_id)  # so that its case exists, if the judge opens one
        judged_meanwhile = await self._case_of(seen)
        if judged_meanwhile is not None:
            return judged_meanwhile
        new = new_case(seen, answers)
        overtaken = self._in_flight.newer_than(seen) is not None
        case, is_new = await self._cases.open(replace(new, evidence=replace(new.evidence, overtaken=overtaken)))
        for tell in self._subscribers if is_new else ():
            tell(seen, case)
        return case


def new_case(seen: MessageSeen, answers: tuple[Checked, ...]) -> NewCase:
    """The case of a reported message, with the judge's current answer."""
    judged = Judged(
        policy_id=0,
        policy_name=SOURCE,
        version_id=0,
        version_number=0,
        rules=(),
        score=None,
        rationale=report_rationale(answers),
        reasoning=None,
        method=METHOD,
        judge="",
        prompt_fingerprint=None,
    )
    return NewCase(guild_id=seen.guild_id, kind=CaseKind.REPORT, evidence=evidence_of(seen), judged=judged)

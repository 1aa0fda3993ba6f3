"""Reports: members report messages that the judge called clear or didn't judge, so that a person looks at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.moderation.servers.retention import PURGED_AT_A_TIME

MAX_WORDS = 500  #: characters that a reporter may add
REPORTS_PER_HOUR = 5  #: per member and server


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A new report of a message, as it reads now."""

    guild_id: int
    message_id: int
    edit: int
    reporter_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A stored report. `words` is None if there are none, and once the retention time is over."""

    new: NewReport
    case_number: int | None  #: None until the case exists
    words: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A member whose reports are refused for a time."""

    guild_id: int
    member_id: int
    until: datetime
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The report was accepted; its case has yet to be found or opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledBefore:
    """This member reported this version of the message before."""

    case_number: int | None  #: None if that report never led to a case


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """The member reached the hourly limit of reports."""

    again_at: datetime


class ReportStore(Protocol):
    """Reports of all servers. Every method is one transaction; changes write their audit entries in it."""

    async def file(self, new: NewReport, *, limit: int = REPORTS_PER_HOUR) -> Filed | FiledBefore | TooMany | Mute:
        """Store a report, unless the member is muted, made it before, or made too many within the last hour.
        Simultaneous reports by one member are handled one after the other."""

    async def attach(self, new: NewReport, case_number: int) -> None:
        """Attach the report to this case."""

    async def add_words(self, guild_id: int, message_id: int, reporter_id: int, words: str) -> Report | None:
        """Add the reporter's reason to their newest report on this message. None if they made none."""

    async def of_case(self, guild_id: int, number: int) -> tuple[Report, ...]:
        """The reports on a case, oldest first."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, int]:
        """How many members reported each of these cases. Cases without reports are left out."""

    async def mute(self, mute: Mute) -> None:
        """Refuse this member's reports for a time. Replaces an earlier mute."""

    async def unmute(self, guild_id: int, member_id: int, *, by: int) -> bool:
        """Accept their reports again. False if they weren't muted."""

    async def mutes(self, guild_id: int) -> tuple[Mute, ...]:
        """The current mutes, ordered by their end."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the words of reports made before this time. Returns how many were purged."""

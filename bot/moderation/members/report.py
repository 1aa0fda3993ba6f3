"""Members report messages to the moderators: what the judge called clear, or did not judge, is seen by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.moderation.servers.retention import PURGED_AT_A_TIME

MAX_WORDS = 500  #: characters that a reporter may add
REPORTS_PER_HOUR = 5  #: of one member in one server


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A member reports a message as it reads now."""

    guild_id: int
    message_id: int
    edit: int
    reporter_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as it is kept. `words` is None where there are none, and once the retention time is over."""

    new: NewReport
    case_number: int | None  #: None until the case is there
    words: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A member whose reports are not taken for a time."""

    guild_id: int
    member_id: int
    until: datetime
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The report counts; its case is to be found or opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledBefore:
    """This member has reported this very text before."""

    case_number: int | None  #: None where that report never got as far as a case


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """The member has reported as much as one may in an hour."""

    again_at: datetime


class ReportStore(Protocol):
    """Reports of all servers. Every method is one transaction; changes write their audit entries in it."""

    async def file(self, new: NewReport, *, limit: int = REPORTS_PER_HOUR) -> Filed | FiledBefore | TooMany | Mute:
        """Count a report, unless the member is muted, has made it before, or made too many within the last hour. Two
        reports of one member at once are counted one after the other."""

    async def attach(self, new: NewReport, case_number: int) -> None:
        """The report is about this case."""

    async def add_words(self, guild_id: int, message_id: int, reporter_id: int, words: str) -> Report | None:
        """The reporter says why, of their newest report on this message; None where they made none."""

    async def of_case(self, guild_id: int, number: int) -> tuple[Report, ...]:
        """The reports on a case, oldest first."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, int]:
        """How many members reported each of these cases; those without a report are left out."""

    async def mute(self, mute: Mute) -> None:
        """Take no reports of this member for a time. Replaces an earlier mute."""

    async def unmute(self, guild_id: int, member_id: int, *, by: int) -> bool:
        """Take their reports again; False where they were not muted."""

    async def mutes(self, guild_id: int) -> tuple[Mute, ...]:
        """Who is muted now, the next to be free first."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the words of reports made before this; how many were purged."""

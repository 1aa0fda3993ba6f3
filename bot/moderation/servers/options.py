"""A server's options besides `/setup`: frozen values with defaults that suit a new server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOptions:
    """How many cards, where, and who is pinged."""

    cards_per_hour: int = 60  #: cards per hour; above it they are held back and counted, except severe ones
    channel_by_severity: tuple[tuple[str, int], ...] = ()  #: (severity, channel or forum id)
    ping_role_id: int | None = None  #: role to ping for severe cards
    ping_from: str = "high"  #: lowest severity that pings
    quiet_from_hour: int | None = None  #: hours in UTC in which only severe cards ping
    quiet_to_hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOptions:
    """What members are told."""

    enabled: bool = True  #: a direct message when action was taken about one of their messages
    opening: str = ""  #: the server's own first words; empty for ours
    names_moderators: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealOptions:
    """How members appeal."""

    enabled: bool = True
    questions: tuple[str, ...] = ()  #: the server's own, at most 4; empty for ours
    days_between: int = 30  #: waiting time after a closed appeal of the same case
    cap: int = 3  #: appeals per case
    second_reviewer: bool = True  #: appeals are decided by somebody other than the first decider
    stale_hours: int = 72  #: after this time moderators are reminded


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What members who report are told."""

    tells_outcome: bool = True  #: whether action was taken, once, if they ask for it


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageOptions:
    """The language of Bylaw's texts in the server's channels."""

    language: str = ""  #: a value of `bot.languages.language.Language`; empty for the server's language in Discord


@dataclass(frozen=True, slots=True, kw_only=True)
class MendingOptions:
    """Whether members may edit a message before anybody decides about it."""

    up_to: str = ""  #: the highest severity for which they are asked, ``low`` or ``medium``; empty for none


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOptions:
    """Weekly samples, which estimate what the model misses."""

    weekly_sample: int = 0  #: quiet messages per week shown to moderators; 0 for none


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How the judge reads this server."""

    context_messages: int = 4  #: messages before the judged one that the judge reads as context, 0 to 10
    language: str = ""  #: language of the rationale, by its English name; empty for the policy's language


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogOptions:
    """What happens while the judge is behind."""

    when_behind: str = "wait"  #: a value of `backlog.WhenBehind`


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionOptions:
    """Practising with invented messages."""

    weekly: bool = False  #: five questions per week about one of the policies


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeOptions:
    """Whether one look at all policies together may settle clear messages."""

    recall: float = 0.0  #: the recall that it must keep, 0.90 to 0.99; 0 for off


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """Aids for moderators: precedents, hidden words, breaks."""

    precedents: bool = False  #: cards show similar cases that the team decided
    shield: bool = False  #: cards of high severity hide the words behind a button
    hand_over_after: int = 0  #: decisions on high-severity cases in a shift before Bylaw offers a handover; 0 for never


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions:
    """Checks of pictures. Pictures are never judged, and no check acts automatically."""

    burst_channels: int = 0  #: channels with only pictures by one member within a minute that open a case; 0 for off
    compare: bool = False  #: compare with the pictures of cases that moderators decided as violations
    keep_copies: bool = False  #: keep small copies with the cases that they belong to


Options = (
    CardOptions
    | NoticeOptions
    | AppealOptions
    | ReportOptions
    | MendingOptions
    | SampleOptions
    | ReadingOptions
    | BacklogOptions
    | QuestionOptions
    | CascadeOptions
    | ReviewOptions
    | PictureOptions
    | LanguageOptions
)
OptionsT = TypeVar(
    "OptionsT",
    CardOptions,
    NoticeOptions,
    AppealOptions,
    ReportOptions,
    MendingOptions,
    SampleOptions,
    ReadingOptions,
    BacklogOptions,
    QuestionOptions,
    CascadeOptions,
    ReviewOptions,
    PictureOptions,
    LanguageOptions,
)


class OptionStore(Protocol):
    """The options of all servers."""

    async def get(self, guild_id: int, kind: type[OptionsT]) -> OptionsT:
        """The options that are set, or their defaults."""

    async def save(self, guild_id: int, options: Options, *, actor_id: int) -> None:
        """Store it, with an audit entry in the same transaction."""

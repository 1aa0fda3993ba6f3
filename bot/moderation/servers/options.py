"""What a server may set apart from `/setup`, each part a frozen value with defaults that suit a new server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOptions:
    """How many cards, where, and who is called."""

    cards_per_hour: int = 60  #: above it cards are held back and counted; severe ones never are
    channel_by_severity: tuple[tuple[str, int], ...] = ()  #: (severity, channel or forum id); else the review channel
    ping_role_id: int | None = None  #: called for severe cards
    ping_from: str = "high"  #: lowest severity that calls
    quiet_from_hour: int | None = None  #: hours of UTC in which only severe cards call anybody
    quiet_to_hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOptions:
    """What members are told."""

    enabled: bool = True  #: a direct message when something was done about one of their messages
    opening: str = ""  #: the server's own first words; empty for ours
    names_moderators: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealOptions:
    """How members object."""

    enabled: bool = True
    questions: tuple[str, ...] = ()  #: the server's own, at most 4; empty for ours
    days_between: int = 30  #: after a closed appeal of the same case
    cap: int = 3  #: appeals of one case
    second_reviewer: bool = True  #: not decided by whoever decided the case
    stale_hours: int = 72  #: then moderators are reminded


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What members who report are told."""

    tells_outcome: bool = True  #: whether action was taken, once, if they ask for it


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageOptions:
    """The language that Bylaw speaks in the server's channels."""

    language: str = ""  #: a value of `bot.languages.language.Language`; empty for the one that is set in Discord


@dataclass(frozen=True, slots=True, kw_only=True)
class MendingOptions:
    """Whether members may edit a message before anybody decides about it."""

    up_to: str = ""  #: the highest severity for which they are asked to, ``low`` or ``medium``; empty for none


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOptions:
    """Looking for what the model misses."""

    weekly_sample: int = 0  #: quiet messages a week that are shown to moderators; 0 for none


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How the judge reads this server."""

    context_messages: int = 4  #: messages before the judged one that are shown with it, 0 to 10
    language: str = ""  #: of the rationale, by its English name; empty for the language of the policy


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogOptions:
    """What happens while the judge is behind."""

    when_behind: str = "wait"  #: a value of `backlog.WhenBehind`


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionOptions:
    """Practising with invented messages."""

    weekly: bool = False  #: five questions a week about one of the policies


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeOptions:
    """Whether one look at all policies together may settle clear messages."""

    recall: float = 0.0  #: the share of violations that it must still find, 0.90 to 0.99; 0 for no such look


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """What helps moderators decide, and what spares them words."""

    precedents: bool = False  #: cards show similar cases that the team decided
    shield: bool = False  #: cards of high severity hide the words behind a button
    hand_over_after: int = 0  #: decisions on cases of high severity in a shift, before Bylaw offers it; 0 for never


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions:
    """What is done with pictures. None of them is judged, and nothing is done to anybody by itself."""

    burst_channels: int = 0  #: channels with nothing but pictures by one member in a minute that open a case; 0 for off
    compare: bool = False  #: with the pictures of cases that moderators decided as violations
    keep_copies: bool = False  #: small ones, with the cases that they belong to


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
        """What is set; the defaults if nothing is."""

    async def save(self, guild_id: int, options: Options, *, actor_id: int) -> None:
        """Keep it, with an audit entry in the same transaction."""

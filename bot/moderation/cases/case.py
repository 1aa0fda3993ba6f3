"""A case: a flagged message with its number in the server, its evidence, its state and its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.cases.action import PlannedAction
from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.cases.ground import Ground, NamedRule
from bot.moderation.cases.reading import FirstAnswer, Reading
from bot.moderation.cases.webhook import CopiedMessage, Webhook
from bot.moderation.servers.retention import PURGED_AT_A_TIME, KeepsTexts

#: In the place of a rationale that is gone, in English until it is shown.
RATIONALE_EXPIRED = marked("(Deleted after the retention time.)")
RATIONALE_LOST = marked("(Deleted, because its key was lost.)")
RATIONALE_ERASED = marked("(Erased, because the member asked for it.)")


class CaseState(StrEnum):
    """The state of a case."""

    OPEN = "open"  #: nobody has decided
    VIOLATION = "violation"  #: a moderator says that the rule was broken
    NOT_A_VIOLATION = "not_a_violation"  #: a moderator says that it was not
    MENDED = "mended"  #: the author edited the message in time, and the edit breaks no rule; nobody had to decide


#: In one of these nothing is done about a case: it has to be reopened first.
WITHOUT_ACTION = frozenset({CaseState.NOT_A_VIOLATION, CaseState.MENDED})
#: What moderators decided, to compare judges and drafts with.
DECIDED_BY_MODERATORS = (CaseState.VIOLATION, CaseState.NOT_A_VIOLATION)
NOBODY = 0  #: in the place of a moderator, where nobody had to decide


class CardState(StrEnum):
    """Where the card of a case is."""

    PENDING = "pending"  #: not posted yet, or refused by Discord and to be tried again
    POSTED = "posted"
    NONE = "none"  #: a case of this kind has no card: it was dealt with before it came here
    GROUPED = "grouped"  #: on a shared card
    HELD = "held"  #: held back: there were more cards in this hour than the server wants


class CaseKind(StrEnum):
    """Why there is a case."""

    VIOLATION = "violation"  #: a judge says that a rule was broken
    UNDECIDED = "undecided"  #: a judge could not say; shown so that a person looks
    REPORT = "report"  #: a member reported what a judge called clear, or did not judge
    AUTOMOD = "automod"  #: Discord's own AutoMod was hit
    MANUAL = "manual"  #: a moderator kicked, banned or timed somebody out by hand
    PICTURE_BURST = "picture_burst"  #: one member posted nothing but pictures in several channels
    SAME_PICTURE = "same_picture"  #: a picture looks like one of a case that was decided as a violation

    @property
    def card_state(self) -> CardState:
        """Where the card of such a case is when it is opened."""
        return CardState.NONE if self in NO_CARD else CardState.PENDING


#: What was dealt with before it came here: moderators get no card, and nobody is asked to decide.
NO_CARD = frozenset({CaseKind.AUTOMOD, CaseKind.MANUAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBroken:
    """A rule as it read when the message was judged."""

    id: str
    title: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLine:
    """A message posted shortly before the one that was judged. It helps to read that one and was not judged itself."""

    author_id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """How the message reads since a later edit than the one that was judged."""

    edit: int  #: milliseconds since 1970
    text: str


VERSIONS_KEPT = 10  #: of a message that is edited again and again, the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was judged. Once the retention time is over, no text is left: `text` is None, `context` empty."""

    channel_id: int
    message_id: int
    author_id: int
    edit: int
    text: str | None
    forwarded: bool
    posted_at: datetime
    gone: bool = False  #: the message or its channel was deleted
    context: tuple[ContextLine, ...] = ()  #: oldest first
    before: str | None = None  #: as it read before the edit that was judged, where that was still in memory; shortened
    edited: Edited | None = None
    overtaken: bool = False  #: it had been edited already when its case was opened
    versions: tuple[Edited, ...] = ()  #: how it read between the edit that was judged and the last one, oldest first
    files: tuple[AttachedFile, ...] = ()
    app_id: int | None = None  #: the app that they posted it with
    passage: tuple[int, int] | None = None  #: the characters of a long `text` that a violation was found in
    webhook: Webhook | None = None  #: it was posted by this one, which is the author unless it is certain who is
    copy: CopiedMessage | None = None  #: the member's message with the words of the webhook's
    reading: Reading | None = None  #: what else the judge read; None in cases of older versions

    @property
    def is_webhooks(self) -> bool:
        """Is the author a webhook, and nobody whom anything could be done to?"""
        return self.webhook is not None and self.webhook.id == self.author_id

    @property
    def whose(self) -> int:
        """Whose words these are, or may be: they decide nothing about them."""
        return self.copy.member_id if self.copy is not None and self.is_webhooks else self.author_id

    @property
    def last_text(self) -> str | None:
        """As the message reads by the last that was heard of it."""
        return self.edited.text if self.edited else self.text

    def with_edit(self, edited: Edited) -> Evidence:
        """The evidence after another edit."""
        versions = self.versions if self.edited is None else (*self.versions, self.edited)
        return replace(self, edited=edited, versions=versions[-VERSIONS_KEPT:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the judge said, and under which version of which policy."""

    policy_id: int
    policy_name: str
    version_id: int
    version_number: int
    rules: tuple[RuleBroken, ...]
    score: float | None  #: None where there is no verdict
    rationale: str  #: `RATIONALE_EXPIRED` once the retention time is over, `RATIONALE_ERASED` after an erasure
    reasoning: str | None  #: None once the retention time is over
    method: str  #: a value of `classifier.Method`, or ``undecided:<reason>``
    judge: str
    prompt_fingerprint: str | None
    speakers: tuple[tuple[str, int], ...] = ()  #: (letter, member id): who the letters of the rationale are
    first_answer: FirstAnswer | None = None  #: None once the retention time is over
    digit_mass: float | None = None  #: see `classifier.Provenance`; None without a model and in cases of older versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a moderator decided, or that nobody had to."""

    state: CaseState  #: VIOLATION, NOT_A_VIOLATION, or MENDED
    moderator_id: int  #: `NOBODY` for MENDED
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A moderator is handling the case. Only said to others, never in their way."""

    moderator_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The member's earlier cases in this server, under its retention: how many, and when the last was. No score."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case about to be opened."""

    guild_id: int
    kind: CaseKind
    evidence: Evidence
    judged: Judged
    planned: tuple[PlannedAction, ...] = ()  #: automatic actions, written down with the case: a crash loses none


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it is now."""

    guild_id: int
    number: int  #: 1, 2, 3, ... within the server
    kind: CaseKind
    state: CaseState
    evidence: Evidence
    judged: Judged
    decision: Decision | None
    card_state: CardState
    card_channel_id: int | None
    card_message_id: int | None
    opened_at: datetime
    claim: Claim | None = None  #: gone with the next decision
    ground: Ground | None = None  #: what a moderator named where the judge named no rule; gone when it is reopened

    @property
    def source(self) -> Judged | NamedRule:
        """The policy and the version that `rules` are in."""
        named = self.ground.rule if self.ground is not None and not self.judged.rules else None
        return named or self.judged

    @property
    def rules(self) -> tuple[RuleBroken, ...]:
        """The rules that the case is about: those of the verdict, else the one that a moderator named."""
        source = self.source
        if isinstance(source, NamedRule):
            return (RuleBroken(id=source.id, title=source.title, severity=source.severity),)
        return source.rules

    @property
    def needs_ground(self) -> bool:
        """Does whoever decides it as a violation have to say which rule was broken?"""
        return self.decision is None and not self.judged.rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """A clear verdict, or a violation below its policy's threshold: kept without any text."""

    guild_id: int
    channel_id: int
    message_id: int
    edit: int
    version_id: int
    score: float
    method: str  #: a value of `classifier.Method`, or ``below_threshold:<method>``
    judge: str
    digit_mass: float | None = None  #: as in `Judged`


class NoSuchCase(LookupError):
    """There is no case of this number in this server."""


class CaseReader(Protocol):
    """Finds a case by its number."""

    async def get(self, guild_id: int, number: int) -> Case | None:
        """The case of this number."""


class MessageCases(Protocol):
    """Finds cases by the message that they are about."""

    async def latest_for_message(self, guild_id: int, message_id: int) -> Case | None:
        """The newest case about a message."""

    async def further_author(self, guild_id: int, message_id: int) -> int | None:
        """Who posted a further message of a case; None for what is none."""


class CaseOpener(Protocol):
    """Opens cases."""

    async def open(self, new: NewCase) -> tuple[Case, bool]:
        """Open a case with the server's next number, its card pending, its automatic actions planned. Where one
        exists for the same message, edit and version, that one comes back with False."""


class VerdictLog(Protocol):
    """Which messages were judged. A verdict is unique by message, edit and policy version."""

    async def was_judged(self, *, guild_id: int, message_id: int, edit: int, version_id: int) -> bool:
        """True where a clear verdict or a case exists for exactly this."""

    async def record_clear(self, clear: Clear) -> None:
        """Keep a clear verdict. Doing it twice is the same as once."""


class DecidedCases(Protocol):
    """What the team decided, to compare judges and drafts with."""

    async def decided(self, guild_id: int, *, policy_id: int, since: datetime, limit: int = 1_000) -> tuple[Case, ...]:
        """Cases of a policy that were opened since then, that a moderator decided and whose text is still kept; the
        newest first."""


class EarlierCases(Protocol):
    """The earlier cases of members."""

    async def earlier(self, guild_id: int, numbers: tuple[int, ...], *, since: datetime) -> dict[int, Earlier]:
        """For each of these cases, its member's cases of lower numbers that were opened since then. Not counted are
        those that moderators decided to be no violation or that were mended, and open ones that no judge could
        decide."""


class CaseDecisions(CaseReader, Protocol):
    """Decisions on cases."""

    async def decide(
        self, guild_id: int, number: int, decision: Decision, ground: Ground | None = None
    ) -> tuple[Case, bool]:
        """Write the decision if there is none, with its ground: (case, True). Else (the case as it is, False).

        Raises:
            NoSuchCase: there is no case of this number.
        """

    async def overrule(self, guild_id: int, number: int, decision: Decision) -> tuple[Case, bool]:
        """Put this decision in place of any other: (case, True). False where the case is decided like that
        already. Raises `NoSuchCase`."""


class CaseReviews(CaseDecisions, Protocol):
    """All that moderators do with a case except acting on it."""

    async def name_rule(self, guild_id: int, number: int, ground: Ground, *, moderator_id: int) -> tuple[Case, bool]:
        """Put this ground in place of any other: (case, True). (The case as it is, False) where the judge named a rule
        or the case is not decided as a violation. Raises `NoSuchCase`."""

    async def reopen(self, guild_id: int, number: int, *, moderator_id: int, reason: str) -> tuple[Case, bool]:
        """Take the decision back, with a note that says why: (case, True). False where the case is open.
        Raises `NoSuchCase`."""

    async def claim(self, guild_id: int, number: int, claim: Claim, *, stale_before: datetime) -> tuple[Case, bool]:
        """Claim a case that nobody has claimed since `stale_before`, or the same moderator has: (case, True). Else
        (the case as it is, False). Raises `NoSuchCase`."""

    async def skip(self, guild_id: int, number: int, *, moderator_id: int) -> Case:
        """A moderator leaves the case to others: written down, and their claim is gone. Raises `NoSuchCase`."""


class CaseCards(CaseReader, Protocol):
    """Where the cards of cases are."""

    async def card_posted(self, guild_id: int, number: int, *, channel_id: int, message_id: int) -> Case:
        """The card is in the moderators' channel now. Raises `NoSuchCase`."""

    async def card_lost(self, guild_id: int, number: int) -> Case:
        """The card was deleted or its channel is gone: pending again. Its last place is kept. Raises `NoSuchCase`."""

    async def pending_cards(self, guild_id: int | None = None, *, limit: int = 100) -> tuple[Case, ...]:
        """Cases whose card is not posted, oldest first; of all servers where `guild_id` is None."""

    async def pending_numbers(self, guild_id: int) -> tuple[int, ...]:
        """The numbers of all cases of a server whose card is not posted, the lowest first."""

    async def servers_with_pending_cards(self) -> frozenset[int]:
        """The servers that have a case whose card is not posted."""


class MessageMarks(Protocol):
    """What happens to messages after they were judged."""

    async def mark_gone(self, guild_id: int, message_ids: tuple[int, ...]) -> tuple[Case, ...]:
        """The messages were deleted. The cases about them come back, changed."""

    async def mark_channel_gone(self, guild_id: int, channel_id: int) -> tuple[Case, ...]:
        """A channel or thread was deleted, all its messages with it."""

    async def mark_edited(self, guild_id: int, message_id: int, *, edit: int, text: str) -> tuple[Case, ...]:
        """The message reads otherwise since this edit. The cases about how it read before come back, changed; those
        whose texts are purged, or that know of a later edit or the same text already, stay as they are."""

    async def mark_author(self, guild_id: int, message_id: int, copy: CopiedMessage) -> tuple[Case, ...]:
        """The message turns out to be a copy of this one, and its member's. The cases that named somebody else as the
        author come back, changed; those in which something was done about that one, other than to a webhook, stay."""


class CaseStore(
    CaseReviews,
    CaseCards,
    CaseOpener,
    MessageCases,
    MessageMarks,
    VerdictLog,
    DecidedCases,
    EarlierCases,
    KeepsTexts,
    Protocol,
):
    """Cases and clear verdicts of all servers. Services name the smaller port that they need.

    Every method is one transaction, and every change of a case writes its audit entry in that same transaction.
    """

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete all texts of cases opened before this; how many were purged."""

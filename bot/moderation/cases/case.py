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
    MENDED = "mended"  #: the author edited the message in time, and the edit breaks no rule; needs no decision


#: In these states no action is possible: the case has to be reopened first.
WITHOUT_ACTION = frozenset({CaseState.NOT_A_VIOLATION, CaseState.MENDED})
#: Moderators' decisions, as ground truth for judges and drafts.
DECIDED_BY_MODERATORS = (CaseState.VIOLATION, CaseState.NOT_A_VIOLATION)
NOBODY = 0  #: takes the place of the moderator's id if no decision was needed


class CardState(StrEnum):
    """Where the card of a case is."""

    PENDING = "pending"  #: not posted yet, or refused by Discord and to be tried again
    POSTED = "posted"
    NONE = "none"  #: no card: the case was already handled when it was opened
    GROUPED = "grouped"  #: on a shared card
    HELD = "held"  #: held back: above the server's hourly limit of cards


class CaseKind(StrEnum):
    """Why there is a case."""

    VIOLATION = "violation"  #: the judge says that a rule was broken
    UNDECIDED = "undecided"  #: the judge could not say, so a person has to look
    REPORT = "report"  #: a member reported what the judge called clear or didn't judge
    AUTOMOD = "automod"  #: Discord's own AutoMod acted
    MANUAL = "manual"  #: a moderator kicked, banned or timed somebody out by hand
    PICTURE_BURST = "picture_burst"  #: one member posted nothing but pictures in several channels
    SAME_PICTURE = "same_picture"  #: a picture looks like one of a case that was decided as a violation

    @property
    def card_state(self) -> CardState:
        """The state of the card when such a case is opened."""
        return CardState.NONE if self in NO_CARD else CardState.PENDING


#: Already handled when the case is opened: moderators get no card and don't have to decide.
NO_CARD = frozenset({CaseKind.AUTOMOD, CaseKind.MANUAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBroken:
    """A rule as worded when the message was judged."""

    id: str
    title: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLine:
    """A message posted shortly before the one that was judged. Context only: it wasn't judged itself."""

    author_id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A version of the message after a later edit than the one that was judged."""

    edit: int  #: milliseconds since 1970
    text: str


VERSIONS_KEPT = 10  #: versions kept of a message that is edited repeatedly: the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence: what was judged. Once the retention time is over, `text` is None and `context` empty."""

    channel_id: int
    message_id: int
    author_id: int
    edit: int
    text: str | None
    forwarded: bool
    posted_at: datetime
    gone: bool = False  #: the message or its channel was deleted
    context: tuple[ContextLine, ...] = ()  #: oldest first
    before: str | None = None  #: the version before the edit that was judged, if still in memory; shortened
    edited: Edited | None = None
    overtaken: bool = False  #: it was already edited when its case was opened
    versions: tuple[Edited, ...] = ()  #: versions between the edit that was judged and the last one, oldest first
    files: tuple[AttachedFile, ...] = ()
    app_id: int | None = None  #: the app that the author posted it with
    passage: tuple[int, int] | None = None  #: range of characters of a long `text` in which the violation was found
    webhook: Webhook | None = None  #: the webhook that posted it; counts as the author unless the real one is certain
    copy: CopiedMessage | None = None  #: the member's message with the words of the webhook's
    reading: Reading | None = None  #: what else the judge read; None in cases of older versions

    @property
    def is_webhooks(self) -> bool:
        """Is the author a webhook, so that no action against a member is possible?"""
        return self.webhook is not None and self.webhook.id == self.author_id

    @property
    def whose(self) -> int:
        """The members who wrote these words, or may have: they may not decide the case."""
        return self.copy.member_id if self.copy is not None and self.is_webhooks else self.author_id

    @property
    def last_text(self) -> str | None:
        """The latest known text of the message."""
        return self.edited.text if self.edited else self.text

    def with_edit(self, edited: Edited) -> Evidence:
        """The evidence after another edit."""
        versions = self.versions if self.edited is None else (*self.versions, self.edited)
        return replace(self, edited=edited, versions=versions[-VERSIONS_KEPT:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The judge's answer, and the policy version that it was given under."""

    policy_id: int
    policy_name: str
    version_id: int
    version_number: int
    rules: tuple[RuleBroken, ...]
    score: float | None  #: None if there is no verdict
    rationale: str  #: `RATIONALE_EXPIRED` once the retention time is over, `RATIONALE_ERASED` after an erasure
    reasoning: str | None  #: None once the retention time is over
    method: str  #: a value of `classifier.Method`, or ``undecided:<reason>``
    judge: str
    prompt_fingerprint: str | None
    speakers: tuple[tuple[str, int], ...] = ()  #: (letter, member id): the members behind the letters in the rationale
    first_answer: FirstAnswer | None = None  #: None once the retention time is over
    digit_mass: float | None = None  #: see `classifier.Provenance`; None without a model and in cases of older versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A moderator's decision, or the closing of a case that needed none."""

    state: CaseState  #: VIOLATION, NOT_A_VIOLATION, or MENDED
    moderator_id: int  #: `NOBODY` for MENDED
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A moderator is handling the case. Only shown to others; doesn't block them."""

    moderator_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The number of the member's earlier cases in this server within its retention time, and the time of the last. No
    score."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case about to be opened."""

    guild_id: int
    kind: CaseKind
    evidence: Evidence
    judged: Judged
    planned: tuple[PlannedAction, ...] = ()  #: automatic actions, stored with the case so that a crash loses none


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
    claim: Claim | None = None  #: removed by the next decision
    ground: Ground | None = None  #: named by a moderator if the judge named no rule; removed when the case is reopened

    @property
    def source(self) -> Judged | NamedRule:
        """The policy and version that define `rules`."""
        named = self.ground.rule if self.ground is not None and not self.judged.rules else None
        return named or self.judged

    @property
    def rules(self) -> tuple[RuleBroken, ...]:
        """The rules that the case is about: those of the verdict, or the one that a moderator named."""
        source = self.source
        if isinstance(source, NamedRule):
            return (RuleBroken(id=source.id, title=source.title, severity=source.severity),)
        return source.rules

    @property
    def needs_ground(self) -> bool:
        """Does a moderator who decides it as a violation have to name the rule?"""
        return self.decision is None and not self.judged.rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """A clear verdict, or a violation below its policy's threshold: stored without any text."""

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
    """There is no case with this number in this server."""


class CaseReader(Protocol):
    """Finds a case by its number."""

    async def get(self, guild_id: int, number: int) -> Case | None:
        """The case with this number."""


class MessageCases(Protocol):
    """Finds cases by the message that they are about."""

    async def latest_for_message(self, guild_id: int, message_id: int) -> Case | None:
        """The newest case about a message."""

    async def further_author(self, guild_id: int, message_id: int) -> int | None:
        """The author of a further message of a case. None for other messages."""


class CaseOpener(Protocol):
    """Opens cases."""

    async def open(self, new: NewCase) -> tuple[Case, bool]:
        """Open a case with the server's next number, a pending card, and its automatic actions planned. If a case
        exists for the same message, edit and version, return that one with False."""


class VerdictLog(Protocol):
    """Records which messages were judged. A verdict is unique by message, edit and policy version."""

    async def was_judged(self, *, guild_id: int, message_id: int, edit: int, version_id: int) -> bool:
        """Is there a clear verdict or a case for exactly this version?"""

    async def record_clear(self, clear: Clear) -> None:
        """Store a clear verdict. Idempotent."""


class DecidedCases(Protocol):
    """The team's decisions, as ground truth for judges and drafts."""

    async def decided(self, guild_id: int, *, policy_id: int, since: datetime, limit: int = 1_000) -> tuple[Case, ...]:
        """Cases of a policy opened since this time, decided by a moderator, with their text still stored; newest
        first."""


class EarlierCases(Protocol):
    """The earlier cases of members."""

    async def earlier(self, guild_id: int, numbers: tuple[int, ...], *, since: datetime) -> dict[int, Earlier]:
        """For each of these cases, its member's cases with lower numbers opened since this time. Leaves out cases
        decided as no violation, mended cases, and open cases that the judge couldn't decide."""


class CaseDecisions(CaseReader, Protocol):
    """Decisions on cases."""

    async def decide(
        self, guild_id: int, number: int, decision: Decision, ground: Ground | None = None
    ) -> tuple[Case, bool]:
        """Store the decision and its ground if there is none yet: (case, True). Otherwise (the case as it is, False).

        Raises:
            NoSuchCase: there is no case with this number.
        """

    async def overrule(self, guild_id: int, number: int, decision: Decision) -> tuple[Case, bool]:
        """Replace any decision by this one: (case, True). False if the case is already decided like this. Raises
        `NoSuchCase`."""


class CaseReviews(CaseDecisions, Protocol):
    """What moderators do with a case, except taking action."""

    async def name_rule(self, guild_id: int, number: int, ground: Ground, *, moderator_id: int) -> tuple[Case, bool]:
        """Replace any ground by this one: (case, True). (The case as it is, False) if the judge named a rule or the
        case isn't decided as a violation. Raises `NoSuchCase`."""

    async def reopen(self, guild_id: int, number: int, *, moderator_id: int, reason: str) -> tuple[Case, bool]:
        """Undo the decision, with a note that says why: (case, True). False if the case is open.
        Raises `NoSuchCase`."""

    async def claim(self, guild_id: int, number: int, claim: Claim, *, stale_before: datetime) -> tuple[Case, bool]:
        """Claim a case that wasn't claimed since `stale_before`, or only by the same moderator: (case, True). Otherwise
        (the case as it is, False). Raises `NoSuchCase`."""

    async def skip(self, guild_id: int, number: int, *, moderator_id: int) -> Case:
        """Record that a moderator leaves the case to others, and remove their claim. Raises `NoSuchCase`."""


class CaseCards(CaseReader, Protocol):
    """Where the cards of cases are."""

    async def card_posted(self, guild_id: int, number: int, *, channel_id: int, message_id: int) -> Case:
        """The card is in the moderators' channel now. Raises `NoSuchCase`."""

    async def card_lost(self, guild_id: int, number: int) -> Case:
        """The card or its channel was deleted: set it to pending again, keeping its last place. Raises `NoSuchCase`."""

    async def pending_cards(self, guild_id: int | None = None, *, limit: int = 100) -> tuple[Case, ...]:
        """Cases whose card is not posted, oldest first; of all servers if `guild_id` is None."""

    async def pending_numbers(self, guild_id: int) -> tuple[int, ...]:
        """The numbers of all cases of a server whose card is not posted, the lowest first."""

    async def servers_with_pending_cards(self) -> frozenset[int]:
        """The servers with a case whose card is not posted."""


class MessageMarks(Protocol):
    """Marks what happened to messages after they were judged."""

    async def mark_gone(self, guild_id: int, message_ids: tuple[int, ...]) -> tuple[Case, ...]:
        """The messages were deleted. Returns the changed cases about them."""

    async def mark_channel_gone(self, guild_id: int, channel_id: int) -> tuple[Case, ...]:
        """A channel or thread was deleted with all its messages."""

    async def mark_edited(self, guild_id: int, message_id: int, *, edit: int, text: str) -> tuple[Case, ...]:
        """This edit changed the message. Returns the changed cases about earlier versions. Cases whose texts are
        purged, or that already have a later edit or the same text, don't change."""

    async def mark_author(self, guild_id: int, message_id: int, copy: CopiedMessage) -> tuple[Case, ...]:
        """The message turned out to be a copy of this one, by its member. Returns the changed cases that named another
        author. Cases with an action against that author don't change, unless it is a webhook."""


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
        """Delete all texts of cases opened before this time. Returns how many were purged."""

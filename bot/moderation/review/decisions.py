"""Moderators claim cases, decide, and reopen them. The first decision counts; later ones are told who was first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.languages.translation import marked
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import Case, CaseReviews, CaseState, Claim, Decision, NoSuchCase
from bot.moderation.cases.ground import Ground

CLAIM_LASTS = timedelta(minutes=15)  #: after this time somebody else may claim the case
#: English, translated when shown.
OWN_CASE = marked("This case is about you, so somebody else has to decide it. Nothing was changed.")
MAX_REASON = 1_000  #: characters of why a case is reopened


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision was written and the card shows it."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedBefore:
    """Another moderator decided first; nothing was changed."""

    case: Case
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """The case is about the moderator who tried to decide it. Somebody else has to; nothing was changed."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsGround:
    """The judge named no rule, and the moderator gave neither a rule nor another reason. Nothing changed."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNamed:
    """The case now has the rule or the other reason."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotName:
    """The judge named a rule, or the case is not decided as a violation. Nothing was changed."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """The decision was undone; the note on the case says why."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class NotClosed:
    """The case is already open; nothing was changed."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The card says that this moderator is handling the case."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedBy:
    """Another moderator has been handling it since `claim.at`. For information only: anybody may still decide."""

    case: Case
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """It was recorded that this moderator leaves the case to others."""

    case: Case


class Review:
    """Claims, decides, reopens and looks up cases."""

    def __init__(self, *, cases: CaseReviews, cards: CardPosting, now: Callable[[], datetime]) -> None:
        self._cases = cases
        self._cards = cards
        self._now = now

    async def decide(
        self, guild_id: int, number: int, *, state: CaseState, moderator_id: int, ground: Ground | None = None
    ) -> Decided | DecidedBefore | OwnCase | NeedsGround | None:
        """Store a moderator's decision. None if there is no such case.

        Args:
            ground: what the moderator names as broken. A violation needs it if the judge named no rule.
        """
        case = await self._cases.get(guild_id, number)
        if case is None:
            return None
        if is_own(case, moderator_id):
            return OwnCase(case=case)
        asks = state is CaseState.VIOLATION and case.needs_ground
        if asks and ground is None:
            return NeedsGround(case=case)
        decision = Decision(state=state, moderator_id=moderator_id, at=self._now())
        try:
            case, written = await self._cases.decide(guild_id, number, decision, ground if asks else None)
        except NoSuchCase:
            return None
        if not written and case.decision:
            return DecidedBefore(case=case, decision=case.decision)
        await self._cards.refresh(case)
        return Decided(case=case)

    async def name_rule(
        self, guild_id: int, number: int, ground: Ground, *, moderator_id: int
    ) -> RuleNamed | CannotName | OwnCase | None:
        """Name the broken rule of a case that is decided as a violation. None if there is no such case."""
        own = await self._own(guild_id, number, moderator_id)
        if own is not None:
            return own
        try:
            case, named = await self._cases.name_rule(guild_id, number, ground, moderator_id=moderator_id)
        except NoSuchCase:
            return None
        if not named:
            return CannotName(case=case)
        await self._cards.refresh(case)
        return RuleNamed(case=case)

    async def reopen(
        self, guild_id: int, number: int, *, moderator_id: int, reason: str
    ) -> Reopened | NotClosed | OwnCase | None:
        """Undo the decision. None if there is no such case. Actions stay in force.

        Raises:
            ValueError: there is no reason, or one of more than `MAX_REASON` characters.
        """
        reason = reason.strip()
        if not 0 < len(reason) <= MAX_REASON:
            raise ValueError(f"a case is reopened with a reason of 1 to {MAX_REASON} characters")
        own = await self._own(guild_id, number, moderator_id)
        if own is not None:
            return own
        try:
            case, reopened = await self._cases.reopen(guild_id, number, moderator_id=moderator_id, reason=reason)
        except NoSuchCase:
            return None
        if not reopened:
            return NotClosed(case=case)
        await self._cards.refresh(case)
        return Reopened(case=case)

    async def claim(self, guild_id: int, number: int, *, moderator_id: int) -> Claimed | ClaimedBy | OwnCase | None:
        """Say on the card that this moderator is handling the case; None if there is no such case."""
        own = await self._own(guild_id, number, moderator_id)
        if own is not None:
            return own
        at = self._now()
        try:
            case, claimed = await self._cases.claim(
                guild_id, number, Claim(moderator_id=moderator_id, at=at), stale_before=at - CLAIM_LASTS
            )
        except NoSuchCase:
            return None
        if not claimed and case.claim:
            return ClaimedBy(case=case, claim=case.claim)
        await self._cards.refresh(case)
        return Claimed(case=case)

    async def skip(self, guild_id: int, number: int, *, moderator_id: int) -> Skipped | OwnCase | None:
        """Leave the case to others. None if there is no such case."""
        own = await self._own(guild_id, number, moderator_id)
        if own is not None:
            return own
        try:
            case = await self._cases.skip(guild_id, number, moderator_id=moderator_id)
        except NoSuchCase:
            return None
        await self._cards.refresh(case)
        return Skipped(case=case)

    async def find(self, guild_id: int, number: int) -> Case | None:
        """The case with this number in this server."""
        return await self._cases.get(guild_id, number)

    async def _own(self, guild_id: int, number: int, moderator_id: int) -> OwnCase | None:
        case = await self._cases.get(guild_id, number)
        return OwnCase(case=case) if case is not None and is_own(case, moderator_id) else None


def is_own(case: Case, moderator_id: int) -> bool:
    """Is the case about this moderator's own words or actions, or could it be?"""
    return case.evidence.whose == moderator_id

"""In-memory stores for tests. One contract suite runs against these and the databases' stores.

All of them write into one `MemoryAuditLog`. No method awaits anything, so each is atomic, like a transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import (
    DECIDED_BY_MODERATORS,
    RATIONALE_EXPIRED,
    WITHOUT_ACTION,
    CardState,
    Case,
    CaseKind,
    CaseState,
    Claim,
    Clear,
    Decision,
    Earlier,
    Edited,
    NewCase,
    NoSuchCase,
)
from bot.moderation.cases.further_messages import FurtherMessage
from bot.moderation.cases.ground import Ground
from bot.moderation.cases.note import NoteKind
from bot.moderation.cases.webhook import CopiedMessage
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit import entries, entries_of_review
from bot.storage.audit.entries_of_cards import further_gone
from bot.storage.cases.case_rows import cleaned
from classifier.content import clean_text
from tests.fakes.stores_audit import MemoryAuditLog, MemoryNoteStore


class MemoryCaseStore:
    """`bot.moderation.cases.case.CaseStore` as a dictionary per server. Reasons of reopenings go into `notes`."""

    def __init__(
        self, *, now: Callable[[], datetime], audit: MemoryAuditLog, notes: MemoryNoteStore | None = None
    ) -> None:
        self._now = now
        self._audit = audit
        self._notes = notes or MemoryNoteStore(now=now, audit=audit)
        self._cases: dict[int, dict[int, Case]] = defaultdict(dict)
        self.clear: dict[tuple[int, int, int, int], Clear] = {}  #: by server, message, edit and version
        #: further messages by (server, message, edit, version): the case, and where; kept by `MemoryCaseMessages`
        self.further: dict[tuple[int, int, int, int], tuple[int, FurtherMessage]] = {}
        #: keeps what follows from a case by itself; set where there is a store of actions
        self.plan: Callable[[NewCase, int], None] = lambda new, number: None
        #: was something done about a case? Set there, too
        self.acted_on: Callable[[int, int], bool] = lambda guild_id, number: False

    async def was_judged(self, *, guild_id: int, message_id: int, edit: int, version_id: int) -> bool:
        """Is there a clear verdict or a case for exactly this version?"""
        verdict = (guild_id, message_id, edit, version_id)
        return verdict in self.clear or self._same_verdict(verdict) is not None

    async def record_clear(self, clear: Clear) -> None:
        """Store a clear verdict. Idempotent."""
        self.clear[clear.guild_id, clear.message_id, clear.edit, clear.version_id] = clear

    async def open(self, new: NewCase) -> tuple[Case, bool]:
        """Open a case, or return the existing one for the same message, edit and version."""
        new = cleaned(new)
        verdict = (new.guild_id, new.evidence.message_id, new.evidence.edit, new.judged.version_id)
        existing = self._same_verdict(verdict)
        if existing is not None:
            return existing, False
        case = Case(
            guild_id=new.guild_id,
            number=len(self._cases[new.guild_id]) + 1,
            kind=new.kind,
            state=CaseState.OPEN,
            evidence=new.evidence,
            judged=new.judged,
            decision=None,
            card_state=new.kind.card_state,
            card_channel_id=None,
            card_message_id=None,
            opened_at=self._now(),
        )
        kept = self._keep(case, entries.case_opened(case))
        self.plan(new, case.number)
        return kept, True

    async def get(self, guild_id: int, number: int) -> Case | None:
        """The case with this number."""
        return self._cases[guild_id].get(number)

    async def latest_for_message(self, guild_id: int, message_id: int) -> Case | None:
        """The newest case about a message."""
        further = {number for key, (number, _) in self.further.items() if key[:2] == (guild_id, message_id)}
        found = (
            case for case in self._of(guild_id) if case.evidence.message_id == message_id or case.number in further
        )
        return max(found, key=lambda case: case.number, default=None)

    async def decided(self, guild_id: int, *, policy_id: int, since: datetime, limit: int = 1_000) -> tuple[Case, ...]:
        """Decided cases of a policy whose text is still kept, the newest first."""
        found = [
            case
            for case in reversed(self._of(guild_id))
            if case.judged.policy_id == policy_id
            and case.opened_at >= since
            and case.state in DECIDED_BY_MODERATORS
            and case.evidence.text is not None
        ]
        return tuple(found[:limit])

    async def decide(
        self, guild_id: int, number: int, decision: Decision, ground: Ground | None = None
    ) -> tuple[Case, bool]:
        """Store the decision and its ground if there is none yet: (case, True). Otherwise (the case as it is, False).

        Raises:
            NoSuchCase: there is no case with this number.
            ValueError: the decision is to leave the case open.
        """
        if decision.state is CaseState.OPEN:
            raise ValueError("a decision is for or against a violation")
        case = self._one(guild_id, number)
        if case.decision is not None:
            return case, False
        case = replace(case, state=decision.state, decision=decision, claim=None)
        case = self._keep(case, entries.case_decided(case, decision))
        return (
            case if ground is None else self._name(case, ground, actor_id=decision.moderator_id, at=decision.at)
        ), True

    async def name_rule(self, guild_id: int, number: int, ground: Ground, *, moderator_id: int) -> tuple[Case, bool]:
        """Replace any ground by this one. Raises `NoSuchCase`."""
        before = self._one(guild_id, number)
        if before.judged.rules or before.state is not CaseState.VIOLATION:
            return before, False
        return self._name(before, ground, actor_id=moderator_id, at=self._now()), True

    def _name(self, case: Case, ground: Ground, *, actor_id: int, at: datetime) -> Case:
        words = None if ground.words is None else clean_text(ground.words)
        case = replace(case, ground=replace(ground, words=words))
        return self._keep(case, entries_of_review.rule_named(case, ground, actor_id=actor_id, at=at))

    async def overrule(self, guild_id: int, number: int, decision: Decision) -> tuple[Case, bool]:
        """Replace any decision by this one. Raises `NoSuchCase`."""
        before = self._one(guild_id, number)
        if before.state is decision.state:
            return before, False
        case = replace(before, state=decision.state, decision=decision, claim=None)
        return self._keep(case, entries_of_review.case_overruled(case, decision, before=before.state)), True

    async def reopen(self, guild_id: int, number: int, *, moderator_id: int, reason: str) -> tuple[Case, bool]:
        """Undo the decision, with a note that says why. Raises `NoSuchCase`."""
        before = self._one(guild_id, number)
        if before.decision is None:
            return before, False
        case = replace(before, state=CaseState.OPEN, decision=None, claim=None, ground=None)
        note = self._notes.keep(guild_id, number, author_id=moderator_id, kind=NoteKind.REOPENED, text=reason)
        return self._keep(case, entries_of_review.case_reopened(case, note, before=before.state)), True

    async def claim(self, guild_id: int, number: int, claim: Claim, *, stale_before: datetime) -> tuple[Case, bool]:
        """Claim a case that nobody else claimed lately. Raises `NoSuchCase`."""
        case = self._one(guild_id, number)
        if case.claim and case.claim.moderator_id != claim.moderator_id and case.claim.at >= stale_before:
            return case, False
        case = replace(case, claim=claim)
        return self._keep(case, entries_of_review.case_claimed(case, claim)), True

    async def skip(self, guild_id: int, number: int, *, moderator_id: int) -> Case:
        """Record that a moderator leaves the case to others. Raises `NoSuchCase`."""
        case = self._one(guild_id, number)
        if case.claim and case.claim.moderator_id == moderator_id:
            case = replace(case, claim=None)
        return self._keep(case, entries_of_review.case_skipped(case, moderator_id=moderator_id, at=self._now()))

    async def earlier(self, guild_id: int, numbers: tuple[int, ...], *, since: datetime) -> dict[int, Earlier]:
        """The earlier cases of each case's member."""
        counted = [case for case in self._of(guild_id) if case.opened_at >= since and _counts_against(case)]
        found: dict[int, Earlier] = {}
        for case in self._of(guild_id):
            member = case.evidence.author_id
            before = [each for each in counted if each.evidence.author_id == member and each.number < case.number]
            if case.number in numbers and before:
                found[case.number] = Earlier(count=len(before), last_at=max(each.opened_at for each in before))
        return found

    async def card_posted(self, guild_id: int, number: int, *, channel_id: int, message_id: int) -> Case:
        """The card is in the moderators' channel now. Raises `NoSuchCase`."""
        before = self._one(guild_id, number)
        case = replace(before, card_state=CardState.POSTED, card_channel_id=channel_id, card_message_id=message_id)
        return case if case == before else self._keep(case, entries.card_posted(case, at=self._now()))

    async def card_lost(self, guild_id: int, number: int) -> Case:
        """The card was deleted or its channel is gone: pending again. Where it stood is kept. Raises `NoSuchCase`."""
        case = self._one(guild_id, number)
        if case.card_state is not CardState.POSTED:
            return case
        case = replace(case, card_state=CardState.PENDING)
        return self._keep(case, entries.of_case(case, AuditAction.CARD_LOST, at=self._now()))

    async def pending_cards(self, guild_id: int | None = None, *, limit: int = 100) -> tuple[Case, ...]:
        """Cases whose card is not posted, oldest first; of all servers if `guild_id` is None."""
        guild_ids = self._cases if guild_id is None else [guild_id]
        pending = [case for each in guild_ids for case in self._of(each) if case.card_state is CardState.PENDING]
        pending.sort(key=lambda case: (case.opened_at, case.guild_id, case.number))
        return tuple(pending[:limit])

    async def pending_numbers(self, guild_id: int) -> tuple[int, ...]:
        """The numbers of all cases of a server whose card is not posted, the lowest first."""
        return tuple(sorted(case.number for case in await self.pending_cards(guild_id, limit=1_000_000)))

    async def servers_with_pending_cards(self) -> frozenset[int]:
        """The servers with a case whose card is not posted."""
        return frozenset(
            guild_id
            for guild_id, cases in self._cases.items()
            if any(case.card_state is CardState.PENDING for case in cases.values())
        )

    async def mark_gone(self, guild_id: int, message_ids: tuple[int, ...]) -> tuple[Case, ...]:
        """The messages were deleted. The cases that did not say so yet come back, changed."""
        changed = self._mark_gone(case for case in self._of(guild_id) if case.evidence.message_id in message_ids)
        return self._further_gone(guild_id, changed, lambda also: also.message_id in message_ids)

    async def mark_channel_gone(self, guild_id: int, channel_id: int) -> tuple[Case, ...]:
        """A channel or thread was deleted with all its messages."""
        changed = self._mark_gone(case for case in self._of(guild_id) if case.evidence.channel_id == channel_id)
        return self._further_gone(guild_id, changed, lambda also: also.channel_id == channel_id)

    async def mark_edited(self, guild_id: int, message_id: int, *, edit: int, text: str) -> tuple[Case, ...]:
        """The message reads otherwise since this edit. The cases that did not know it yet come back, changed."""
        edited = Edited(edit=edit, text=clean_text(text))
        found = (
            replace(case, evidence=case.evidence.with_edit(edited))
            for case in self._of(guild_id)
            if case.evidence.message_id == message_id
            and case.evidence.text is not None
            and edit > (case.evidence.edited.edit if case.evidence.edited else case.evidence.edit)
            and edited.text != case.evidence.last_text
        )
        at = self._now()
        return tuple(self._keep(case, entries.of_case(case, AuditAction.MESSAGE_EDITED, at=at)) for case in found)

    async def mark_author(self, guild_id: int, message_id: int, copy: CopiedMessage) -> tuple[Case, ...]:
        """The message turns out to be a copy. The cases about it that named somebody else come back."""
        for key, (number, also) in self.further.items():
            if key[:2] == (guild_id, message_id):
                self.further[key] = number, replace(also, author_id=copy.member_id)
        found = (
            replace(case, evidence=replace(case.evidence, author_id=copy.member_id, copy=copy))
            for case in self._of(guild_id)
            if case.evidence.message_id == message_id
            and case.evidence.author_id != copy.member_id
            and (case.evidence.is_webhooks or not self.acted_on(guild_id, case.number))
        )
        at = self._now()
        return tuple(self._keep(case, entries.of_case(case, AuditAction.AUTHOR_FOUND, at=at)) for case in found)

    async def further_author(self, guild_id: int, message_id: int) -> int | None:
        """The author of a further message of a case."""
        found = [also for key, (_, also) in self.further.items() if key[:2] == (guild_id, message_id)]
        return found[0].author_id if found else None

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete all texts of cases opened before this time. Returns how many were purged."""
        old = [case for case in self._of(guild_id) if case.opened_at < before and _without_texts(case) != case]
        del old[limit:]
        for case in old:
            self._keep(_without_texts(case), entries.of_case(case, AuditAction.TEXTS_PURGED, at=self._now()))
        return len(old)

    def everything(self) -> tuple[Case, ...]:
        """The cases of all servers, for the other stores in memory."""
        return tuple(case for cases in self._cases.values() for case in cases.values())

    def set_card_state(self, guild_id: int, numbers: tuple[int, ...], state: CardState) -> tuple[int, ...]:
        """For `MemoryCardGroups`: set this state on cards that aren't shown. Returns the numbers of those that
        changed."""
        not_shown = (CardState.PENDING, CardState.HELD)
        found = [case for case in self._of(guild_id) if case.number in numbers and case.card_state in not_shown]
        changed = [case for case in found if case.card_state is not state]
        for case in changed:
            self._cases[guild_id][case.number] = replace(case, card_state=state)
        return tuple(sorted(case.number for case in changed))

    def _of(self, guild_id: int) -> tuple[Case, ...]:
        return tuple(self._cases.get(guild_id, {}).values())

    def _one(self, guild_id: int, number: int) -> Case:
        case = self._cases[guild_id].get(number)
        if case is None:
            raise NoSuchCase(f"there is no case {number} in this server")
        return case

    def _same_verdict(self, verdict: tuple[int, int, int, int]) -> Case | None:
        for case in self._of(verdict[0]):
            if (case.guild_id, case.evidence.message_id, case.evidence.edit, case.judged.version_id) == verdict:
                return case
        return self._cases[verdict[0]][self.further[verdict][0]] if verdict in self.further else None

    def _keep(self, case: Case, entry: AuditEntry) -> Case:
        self._cases[case.guild_id][case.number] = case
        self._audit.add([entry])
        return case

    def _mark_gone(self, found: Iterable[Case]) -> tuple[Case, ...]:
        at = self._now()
        new = (case for case in found if not case.evidence.gone)
        changed = [replace(case, evidence=replace(case.evidence, gone=True)) for case in new]
        return tuple(self._keep(case, entries.of_case(case, AuditAction.MESSAGE_GONE, at=at)) for case in changed)

    def _further_gone(
        self, guild_id: int, changed: tuple[Case, ...], fits: Callable[[FurtherMessage], bool]
    ) -> tuple[Case, ...]:
        found = {case.number: case for case in changed}
        at = self._now()
        for key, (number, also) in self.further.items():
            if key[0] == guild_id and not also.gone and fits(also):
                self.further[key] = number, replace(also, gone=True)
                found[number] = self._cases[guild_id][number]
                self._audit.add([further_gone(guild_id, number, also.message_id, at=at)])
        return tuple(case for _, case in sorted(found.items()))


def _without_texts(case: Case) -> Case:
    return replace(
        case,
        ground=case.ground and replace(case.ground, words=None),
        evidence=replace(
            case.evidence,
            text=None,
            context=(),
            before=None,
            edited=None,
            versions=(),
            files=(),
            app_id=None,
            passage=None,
        ),
        judged=replace(case.judged, rationale=RATIONALE_EXPIRED, reasoning=None, first_answer=None, speakers=()),
    )


def _counts_against(case: Case) -> bool:
    undecided = case.kind is CaseKind.UNDECIDED and case.state is not CaseState.VIOLATION
    return not undecided and case.state not in WITHOUT_ACTION

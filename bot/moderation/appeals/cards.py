"""Posts the card of every appeal in the moderators' channel, with the judge's answer today on it."""

from __future__ import annotations

import logging

from bot.keys import UNREADABLE
from bot.languages.translation import marked
from bot.log_context import logged_with
from bot.moderation.appeals.appeal import UNDECIDED, Appeal, AppealCardStore, AppealKey, Fresh, FreshAnswer
from bot.moderation.appeals.file import AppealBoard, AppealFiles
from bot.moderation.cards.board import CardPosted
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import Case
from bot.moderation.judging.check import Check, Checked
from bot.moderation.judging.decide import PASSING_TROUBLE, why_undecided
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.server import ServerStore
from classifier import Lane, Outcome, Undecided

_log = logging.getLogger(__name__)

# Why the judge was not asked: kept in English, and translated when it is shown.
TEXT_GONE = marked("The text was deleted: its retention time was over, or it was erased on request.")
NO_TEXT = marked("There is no text to judge.")
NOT_IN_FORCE = marked("The policy is no longer in force.")
NO_POLICY = marked("No policy is in force.")


class AppealCards:
    """Posts and refreshes cards of appeals. `AppealFollowUp` retries what Discord refused."""

    def __init__(
        self,
        *,
        files: AppealFiles,
        board: AppealBoard,
        appeals: AppealCardStore,
        servers: ServerStore,
        case_cards: CardPosting,
        check: Check,
    ) -> None:
        self._files = files
        self._board = board
        self._appeals = appeals
        self._servers = servers
        self._case_cards = case_cards
        self._check = check
        self._showing: set[AppealKey] = set()
        self._changed: set[AppealKey] = set()
        self._judging: set[AppealKey] = set()

    def is_at(self, key: AppealKey) -> bool:
        """Is this appeal being shown or judged now?"""
        return key in self._showing or key in self._judging

    async def show(self, key: AppealKey) -> None:
        """Show the appeal as it is now: edit its card, or post it. A deleted card is posted again while the appeal is
        waiting for somebody."""
        self._changed.add(key)
        if key in self._showing:
            return  # the task that is working on it sees the change and refreshes the card again
        self._showing.add(key)
        try:
            while key in self._changed:
                self._changed.discard(key)
                with logged_with(guild=key.guild_id, case=key.case_number):
                    await self._show(key)
        finally:
            self._showing.discard(key)

    async def redraw(self, appeal: Appeal) -> bool:
        """Edit the card if there is one, but never post one. False if Discord refuses for now."""
        file = await self._files.of(appeal)
        return file is None or appeal.card_message_id is None or await self._board.redraw(file)

    async def show_with_case(self, key: AppealKey) -> None:
        """Show the appeal as it is now, and on the card of its case as well."""
        await self.show(key)
        file = await self._files.find(key)
        if file is not None:
            await self._case_cards.refresh(file.case)

    async def remind(self, guild_id: int, waiting: tuple[Appeal, ...]) -> bool:
        """Remind the moderators' channel of waiting appeals. False if that isn't possible now."""
        settings = await self._servers.get(guild_id)
        return settings is not None and await self._board.remind(settings, waiting)

    async def _show(self, key: AppealKey) -> None:
        file = await self._files.find(key)
        if file is None:
            return
        if file.appeal.card_message_id is not None:
            if await self._board.refresh(file):
                return
            await self._appeals.card_lost(key)
            if file.appeal.state not in UNDECIDED:
                return
        settings = await self._servers.get(key.guild_id)
        answer = await self._board.post(file, settings) if settings else None
        card, refusals = f"the appeal in case {key.case_number}", self._case_cards.refusals
        if isinstance(answer, CardPosted):
            refusals.posted(key.guild_id, card)
            await self._appeals.card_posted(key, channel_id=answer.channel_id, message_id=answer.message_id)
        elif answer is not None:
            _log.warning("appeal not posted", extra={"why": answer.why})
            refusals.note(key.guild_id, card, answer)
            await self._case_cards.tell_admin_of(key.guild_id, key.case_number, answer, is_appeal=True)

    async def judge_again(self, key: AppealKey) -> None:
        """Ask the judge for its answer today, and show it. If the judge has no time, nothing is stored and a later run
        asks again."""
        file = await self._files.find(key)
        if file is None or file.appeal.fresh is not None or key in self._judging:
            return
        self._judging.add(key)
        try:
            fresh = await self._fresh(file.case)
            if fresh is not None:
                await self._appeals.note_fresh(key, fresh)
                await self.show(key)
        finally:
            self._judging.discard(key)

    async def _fresh(self, case: Case) -> Fresh | None:
        text = case.evidence.text
        if text is None:
            return Fresh(why_not=TEXT_GONE)
        if text == UNREADABLE:
            return Fresh(why_not=UNREADABLE)
        if not text.strip():
            return Fresh(why_not=NO_TEXT)
        policy_id = case.source.policy_id or None  # a case that didn't come from the judge is judged under every policy
        answers = (await self._check.check(seen_of(case), policy_id=policy_id, lane=Lane.LIVE)).answers
        if not answers:
            return Fresh(why_not=NOT_IN_FORCE if policy_id else NO_POLICY)
        judgements = [each.judgement for each in answers]
        if any(isinstance(each, Undecided) and each.reason in PASSING_TROUBLE for each in judgements):
            return None
        return Fresh(answers=tuple(map(_answer, answers)))


def seen_of(case: Case) -> MessageSeen:
    """The message of a case, as it was judged."""
    evidence = case.evidence
    return MessageSeen(
        guild_id=case.guild_id,
        channel_id=evidence.channel_id,
        message_id=evidence.message_id,
        author_id=evidence.author_id,
        text=evidence.text or "",
        edit=evidence.edit,
        forwarded=evidence.forwarded,
        posted_at=evidence.posted_at,
    )


def _answer(checked: Checked) -> FreshAnswer:
    policy, judgement = checked.policy, checked.judgement
    if isinstance(judgement, Undecided):
        return FreshAnswer(
            policy_name=policy.name,
            version_number=policy.version.number,
            violation=None,
            rationale=why_undecided(judgement.reason),
        )
    return FreshAnswer(
        policy_name=policy.name,
        version_number=policy.version.number,
        violation=judgement.outcome is Outcome.VIOLATION,
        rule_ids=judgement.rule_ids,
        score=judgement.score,
        rationale=judgement.rationale,
    )

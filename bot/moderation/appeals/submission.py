"""The member's side of appeals: whether they may appeal, submitting one, and answering a question."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.languages.translation import marked
from bot.moderation.appeals.appeal import (
    MAX_ANSWER,
    OUR_QUESTIONS,
    Answer,
    Appeal,
    AppealKey,
    AppealSubmissions,
    NewAppeal,
)
from bot.moderation.appeals.cards import AppealCards
from bot.moderation.appeals.eligibility import MayAppeal, NoAppeal, Waiting, may_appeal
from bot.moderation.cases.action import CaseActions
from bot.moderation.cases.case import Case, CaseReader
from bot.moderation.servers.options import AppealOptions, OptionStore
from bot.moderation.servers.server import ServerStore

CHANGED_SINCE = marked("(The server has changed its questions since the form was opened.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a member may do about a case, and what to show them."""

    case: Case
    may: MayAppeal | Waiting | NoAppeal
    questions: tuple[str, ...]  #: those of the server, or ours
    hint: str  #: the server's own words about appeals


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOff:
    """The appeal is stored. Its card has yet to be posted, by `AppealSubmission.present`."""

    appeal: Appeal


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionStores:
    """The stores that taking appeals reads and writes."""

    appeals: AppealSubmissions
    cases: CaseReader
    actions: CaseActions
    options: OptionStore
    servers: ServerStore


class AppealSubmission:
    """Takes appeals and answers. A case of another member is treated as not found."""

    def __init__(
        self,
        *,
        stores: SubmissionStores,
        cards: AppealCards,
        now: Callable[[], datetime],
    ) -> None:
        self._appeals = stores.appeals
        self._cases = stores.cases
        self._actions = stores.actions
        self._options = stores.options
        self._servers = stores.servers
        self._cards = cards
        self._now = now

    async def standing(self, guild_id: int, number: int, *, member_id: int) -> Standing | None:
        """What the member may do about this case now. None if they have no such case."""
        case = await self._cases.get(guild_id, number)
        if case is None or case.evidence.author_id != member_id:
            return None
        options = await self._options.get(guild_id, AppealOptions)
        actions = (await self._actions.of_cases(guild_id, (number,))).get(number, ())
        appeals = await self._appeals.of_case(guild_id, number)
        settings = await self._servers.get(guild_id)
        return Standing(
            case=case,
            may=may_appeal(case, actions, appeals, options, now=self._now()),
            questions=options.questions or OUR_QUESTIONS,
            hint=settings.appeal if settings else "",
        )

    async def send_off(
        self, guild_id: int, number: int, *, member_id: int, attempt: int, digest: str, texts: tuple[str, ...]
    ) -> SentOff | Standing | None:
        """Store an appeal. If that is no longer possible, return the current standing. None as in `standing`.

        Args:
            digest: of the questions that the member saw (`digest_of`).
            texts: the answers, in the order of the questions; longer ones are cut.
        """
        standing = await self.standing(guild_id, number, member_id=member_id)
        if standing is None or not isinstance(standing.may, MayAppeal) or standing.may.attempt != attempt:
            return standing
        same = digest == digest_of(standing.questions) and len(texts) == len(standing.questions)
        questions = standing.questions if same else (CHANGED_SINCE,) * len(texts)
        appeal = await self._appeals.open(
            NewAppeal(
                key=AppealKey(guild_id=guild_id, case_number=number, attempt=attempt),
                member_id=member_id,
                answers=tuple(
                    Answer(question=question, text=text.strip()[:MAX_ANSWER])
                    for question, text in zip(questions, texts, strict=True)
                ),
                against=standing.case.decision,
            )
        )
        if appeal is None:
            return await self.standing(guild_id, number, member_id=member_id)
        return SentOff(appeal=appeal)

    async def present(self, appeal: Appeal) -> None:
        """Show a new appeal to the moderators, then the judge's answer today. Takes as long as the judge does."""
        await self._cards.show_with_case(appeal.key)
        await self._cards.judge_again(appeal.key)

    async def question(self, key: AppealKey, *, member_id: int) -> Appeal | None:
        """The member's appeal with this key, if a question about it is open."""
        appeal = await self._appeals.get(key)
        mine = appeal is not None and appeal.member_id == member_id
        return appeal if mine and appeal and appeal.newest_question else None

    async def answer(self, key: AppealKey, *, member_id: int, text: str) -> Appeal | None:
        """Store the answer to the newest question and show it. None if this member has no open question."""
        if await self.question(key, member_id=member_id) is None:
            return None
        appeal = await self._appeals.answer(key, text.strip()[:MAX_ANSWER])
        if appeal is not None:
            await self._cards.show(key)
        return appeal


def digest_of(questions: tuple[str, ...]) -> str:
    """A digest that shows whether the questions changed while a form was open: 8 hexadecimal digits."""
    return hashlib.blake2s("\0".join(questions).encode("utf-8", "replace"), digest_size=4).hexdigest()

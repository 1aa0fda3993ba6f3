"""The reviewers' side of appeals: keep the decision, reverse it, or ask a question. The first decision counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.languages.translation import marked
from bot.log_context import logged_with
from bot.moderation.appeals.appeal import (
    MAX_ASKED,
    MAX_REASON,
    UNDECIDED,
    Appeal,
    AppealDecisions,
    AppealKey,
    AppealState,
    Asked,
    Review,
)
from bot.moderation.appeals.cards import AppealCards
from bot.moderation.appeals.direct_messages import Messenger, Outcome, Question
from bot.moderation.appeals.eligibility import (
    OWN_APPEAL,
    MayAppeal,
    MayNotDecide,
    NoAppeal,
    may_appeal,
    may_decide,
    not_taken_back,
    other_in_force,
    timed_out_otherwise,
    to_take_back,
)
from bot.moderation.appeals.file import AppealFile, AppealFiles
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action, ActionState, CaseActions
from bot.moderation.cases.case import CaseDecisions, CaseState, Decision
from bot.moderation.review.actions import Act
from bot.moderation.servers.options import AppealOptions, NoticeOptions, OptionStore

# English, translated when shown.
ASKED_ALREADY = marked("The member has not answered the last question yet.")
ENOUGH_ASKED = marked("No more questions can be asked about this appeal. Decide on it now.")
DECIDED = marked("This appeal was decided.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealDecided:
    """The appeal was decided, what could be undone was undone, and the member was sent a message."""

    file: AppealFile
    taken_back: tuple[Action, ...]
    staying: tuple[Action, ...]  #: what remains although the decision was reversed


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealDecidedBefore:
    """Another reviewer decided first; nothing was changed."""

    appeal: Appeal


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMember:
    """The question is stored; `reached` says whether the direct message arrived."""

    appeal: Appeal
    reached: NoticeState


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotAsk:
    """Nothing was asked; `why` is one sentence."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingStores:
    """What deciding on appeals reads and writes."""

    appeals: AppealDecisions
    cases: CaseDecisions
    actions: CaseActions
    options: OptionStore


class AppealHearing:
    """Decides on appeals, carries out what follows, and tells the member."""

    def __init__(
        self,
        *,
        stores: HearingStores,
        files: AppealFiles,
        cards: AppealCards,
        act: Act,
        messenger: Messenger,
        now: Callable[[], datetime],
    ) -> None:
        self._appeals = stores.appeals
        self._cases = stores.cases
        self._actions = stores.actions
        self._options = stores.options
        self._files = files
        self._cards = cards
        self._act = act
        self._messenger = messenger
        self._now = now
        self._concluding: set[AppealKey] = set()

    async def may(self, key: AppealKey, *, reviewer_id: int) -> AppealFile | AppealDecidedBefore | MayNotDecide | None:
        """May this reviewer decide on the appeal now? Returns its file if they may, None if there is no such appeal."""
        file = await self._files.find(key)
        if file is None:
            return None
        if file.appeal.state not in UNDECIDED:
            return AppealDecidedBefore(appeal=file.appeal)
        options = await self._options.get(key.guild_id, AppealOptions)
        answer = may_decide(file.appeal, file.case, file.actions, options, reviewer_id=reviewer_id, now=self._now())
        return answer if isinstance(answer, MayNotDecide) else file

    async def decide(
        self, key: AppealKey, state: AppealState, *, reviewer_id: int, reason: str
    ) -> AppealDecided | AppealDecidedBefore | MayNotDecide | None:
        """Keep the decision or reverse it. Reversing it decides the case as no violation, and undoes what can be undone
        and what the reviewer would be allowed to undo by hand."""
        may = await self.may(key, reviewer_id=reviewer_id)
        if not isinstance(may, AppealFile):
            return may
        review = Review(reviewer_id=reviewer_id, at=self._now(), reason=reason.strip()[:MAX_REASON])
        decided = await self._appeals.decide(key, state, review)
        if decided is None:
            return None
        if not decided[1]:
            return AppealDecidedBefore(appeal=decided[0])
        await self.conclude(key)
        file = await self._files.find(key)
        return (
            None
            if file is None
            else AppealDecided(
                file=file,
                taken_back=tuple(action for action in file.actions if action.state is ActionState.UNDONE),
                staying=not_taken_back(file.actions, now=self._now()),
            )
        )

    async def conclude(self, key: AppealKey) -> None:
        """Carry out a decision, and tell the member. Idempotent: a second call only does what is left."""
        appeal = await self._appeals.get(key)
        if appeal is None or appeal.review is None or appeal.told is not None or key in self._concluding:
            return
        self._concluding.add(key)
        try:
            with logged_with(guild=key.guild_id, case=key.case_number):
                await self._conclude(appeal, appeal.review)
        finally:
            self._concluding.discard(key)

    async def _conclude(self, appeal: Appeal, review: Review) -> None:
        key = appeal.key
        if appeal.state is AppealState.OVERTURNED:
            await self._take_back(appeal, review)
        told = await self._messenger.send(key.guild_id, appeal.member_id, await self._outcome(appeal))
        await self._appeals.note_told(key, told)
        await self._cards.show_with_case(key)

    async def ask(self, key: AppealKey, *, reviewer_id: int, text: str) -> AskedMember | CannotAsk | None:
        """Ask the member a question. If no direct message reaches them, they find it with /appeal."""
        appeal = await self._appeals.get(key)
        if appeal is None:
            return None
        why_not = OWN_APPEAL if reviewer_id == appeal.member_id else why_not_ask(appeal)
        if why_not:
            return CannotAsk(why=why_not)
        asked = Asked(by=reviewer_id, at=self._now(), question=text.strip()[:MAX_REASON])
        kept = await self._appeals.ask(key, asked)
        if kept is None:
            return CannotAsk(why=ASKED_ALREADY)
        message = Question(key=key, text=asked.question or "")
        reached = await self._messenger.send(key.guild_id, appeal.member_id, message)
        await self._appeals.note_asking(key, reached)
        await self._cards.show(key)
        return AskedMember(appeal=kept, reached=reached)

    async def _take_back(self, appeal: Appeal, review: Review) -> None:
        guild_id, number = appeal.key.guild_id, appeal.key.case_number
        decision = Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=review.reviewer_id, at=review.at)
        await self._cases.overrule(guild_id, number, decision)
        actions = (await self._actions.of_cases(guild_id, (number,))).get(number, ())
        for action in reversed(to_take_back(actions, now=self._now())):  # the newest timeout is the one in force
            await self._act.undo(guild_id, action.id, moderator_id=review.reviewer_id)

    async def _outcome(self, appeal: Appeal) -> Outcome:
        guild_id, number = appeal.key.guild_id, appeal.key.case_number
        actions = (await self._actions.of_cases(guild_id, (number,))).get(number, ())
        notices = await self._options.get(guild_id, NoticeOptions)
        overturned, now = appeal.state is AppealState.OVERTURNED, self._now()
        stays = not_taken_back(actions, now=now) if overturned else ()
        review = appeal.review
        return Outcome(
            key=appeal.key,
            state=appeal.state,
            reason=(review.reason if review else None) or "",
            taken_back=tuple(each for each in actions if each.state is ActionState.UNDONE) if overturned else (),
            not_taken_back=tuple(each for each in stays if other_in_force(each, actions) is None),
            timed_out_until=timed_out_otherwise(actions) if overturned else None,
            reviewer_id=review.reviewer_id if review and notices.names_moderators else None,
            again=None if overturned else await self._again(appeal.key, actions),
        )

    async def _again(self, key: AppealKey, actions: tuple[Action, ...]) -> MayAppeal | NoAppeal | None:
        """Whether the member may appeal the case once more."""
        case = await self._cases.get(key.guild_id, key.case_number)
        if case is None:
            return None
        appeals = await self._appeals.of_case(key.guild_id, key.case_number)
        options = await self._options.get(key.guild_id, AppealOptions)
        may = may_appeal(case, actions, appeals, options, now=self._now())
        return may if isinstance(may, MayAppeal | NoAppeal) else None


def why_not_ask(appeal: Appeal) -> str:
    """Why no question can be asked about an appeal now; empty if one can."""
    if appeal.state is AppealState.ASKED:
        return ASKED_ALREADY
    if appeal.state is not AppealState.OPEN:
        return DECIDED
    return ENOUGH_ASKED if len(appeal.asked) >= MAX_ASKED else ""

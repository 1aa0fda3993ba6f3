"""Everything that a reviewer needs to decide on an appeal, and the port to where appeals are shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.moderation.appeals.appeal import Appeal, AppealKey, AppealReader
from bot.moderation.cards.board import CardPosted, CardRefused
from bot.moderation.cards.face import Precedent
from bot.moderation.cases.action import Action, CaseActions
from bot.moderation.cases.case import Case, CaseReader
from bot.moderation.policies.reading import read_policy
from bot.moderation.servers.server import ServerSettings
from guild_policies.diff import Change, diff
from guild_policies.policy import Policy, Rule
from guild_policies.store.port import PolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleThenAndNow:
    """A rule as worded when the message was judged, and as worded today."""

    then: Rule
    now: Rule | None  #: None if the policy's published version no longer has this rule
    changes: tuple[Change, ...]  #: what changed; empty if nothing did


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealFile:
    """An appeal with everything a reviewer needs to decide it."""

    appeal: Appeal
    case: Case
    actions: tuple[Action, ...]
    rules: tuple[RuleThenAndNow, ...]  #: rules broken, in the verdict's order
    version_now: int | None  #: of the policy; None if it was deleted or has no published version
    paused: bool = False
    precedents: tuple[Precedent, ...] = ()  #: similar cases that the team decided


class AppealBoard(Protocol):
    """Shows appeals to moderators. Doesn't raise when Discord refuses."""

    async def post(self, file: AppealFile, settings: ServerSettings) -> CardPosted | CardRefused:
        """Post the card of an appeal. Idempotent within minutes: calling it again posts no second card."""

    async def refresh(self, file: AppealFile) -> bool:
        """Edit the posted card to show the appeal as it is now; False if the card is gone."""

    async def redraw(self, file: AppealFile) -> bool:
        """Refresh a card that quotes deleted text: False if Discord refuses for now and the card has to be edited
        later. True for a card that is gone."""

    async def remind(self, settings: ServerSettings, waiting: tuple[Appeal, ...]) -> bool:
        """Remind the moderators' channel of waiting appeals. False if that isn't possible now."""


@dataclass(slots=True)
class MemoryAppealBoard:
    """For tests: a board that keeps what it was shown. While `refusal` is set, it is the answer."""

    posted: list[AppealFile] = field(default_factory=list)
    refreshed: list[AppealFile] = field(default_factory=list)
    reminded: list[tuple[Appeal, ...]] = field(default_factory=list)
    refusal: CardRefused | None = None
    cards_gone: bool = False  #: simulates that every card was deleted

    async def post(self, file: AppealFile, settings: ServerSettings) -> CardPosted | CardRefused:
        """Keep the appeal, or refuse."""
        if self.refusal:
            return self.refusal
        self.posted.append(file)
        return CardPosted(channel_id=settings.review_channel_id, message_id=7_000 + len(self.posted))

    async def refresh(self, file: AppealFile) -> bool:
        """Keep the appeal as it is shown now."""
        if self.cards_gone:
            return False
        self.refreshed.append(file)
        return True

    async def redraw(self, file: AppealFile) -> bool:
        """Keep the appeal as it is shown now, or refuse."""
        if self.refusal is not None:
            return False
        await self.refresh(file)
        return True

    async def remind(self, settings: ServerSettings, waiting: tuple[Appeal, ...]) -> bool:
        """Keep what is waiting."""
        del settings
        if self.refusal is None:
            self.reminded.append(waiting)
        return self.refusal is None


FindsPrecedents = Callable[[Case], Awaitable[tuple[Precedent, ...]]]


async def no_precedents(case: Case) -> tuple[Precedent, ...]:
    """Return no precedents: for servers that have none."""
    del case
    return ()


class AppealFiles:
    """Assembles the files of appeals."""

    def __init__(
        self,
        *,
        appeals: AppealReader,
        cases: CaseReader,
        actions: CaseActions,
        policies: PolicyStore,
        precedents: FindsPrecedents = no_precedents,
    ) -> None:
        self._appeals = appeals
        self._cases = cases
        self._actions = actions
        self._policies = policies
        self._precedents = precedents

    async def find(self, key: AppealKey) -> AppealFile | None:
        """The file of this appeal."""
        appeal = await self._appeals.get(key)
        return None if appeal is None else await self.of(appeal)

    async def of(self, appeal: Appeal) -> AppealFile | None:
        """The file of an appeal. None if its case is missing, which no code of ours causes."""
        guild_id, number = appeal.key.guild_id, appeal.key.case_number
        case = await self._cases.get(guild_id, number)
        if case is None:
            return None
        actions = await self._actions.of_cases(guild_id, (number,))
        source = case.source
        then = await self._policies.version(guild_id, source.version_id)
        stored = next((each for each in await self._policies.list(guild_id) if each.id == source.policy_id), None)
        published = stored.published if stored else None
        now = await read_policy(published.text) if published else None
        return AppealFile(
            appeal=appeal,
            case=case,
            actions=actions.get(number, ()),
            rules=_then_and_now(case, await read_policy(then.text), now) if then else (),
            version_now=published.number if published else None,
            paused=stored is not None and stored.paused,
            precedents=await self._precedents(case),
        )


def _then_and_now(case: Case, then: Policy, now: Policy | None) -> tuple[RuleThenAndNow, ...]:
    broken = (then.rule(rule.id) for rule in case.rules)
    return tuple(_compared(rule, now.rule(rule.id) if now else None) for rule in broken if rule)


def _compared(then: Rule, now: Rule | None) -> RuleThenAndNow:
    if now is None:
        return RuleThenAndNow(then=then, now=None, changes=())
    changes = diff(Policy(title="", rules=(then,)), Policy(title="", rules=(now,)))
    return RuleThenAndNow(then=then, now=now, changes=changes)

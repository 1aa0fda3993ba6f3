"""Tells reporters the outcome of their report: once, without details, and only those who asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.log_context import logged_with
from bot.moderation.appeals.direct_messages import Messenger, ReportOutcome
from bot.moderation.cases.action import Action, ActionState, CaseActions
from bot.moderation.members.report_outcome import AwaitedOutcome, OutcomeWish, ReportOutcomeStore
from bot.moderation.review.undo_rules import IN_EFFECT
from bot.moderation.servers.options import OptionStore, ReportOptions

TELLS_AFTER = timedelta(minutes=10)  #: delay after a decision, so that one that is undone at once isn't told
NOT_AFTER = timedelta(days=7)  #: outcomes of cases decided longer ago are not sent
AT_A_TIME = 10  #: messages per server and turn, so that a raid with many reporters doesn't cause a flood

#: States of an action that was done and not undone.
_TAKEN = IN_EFFECT | {ActionState.ALREADY, ActionState.CHANGED, ActionState.ENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeStores:
    """The stores that telling reporters reads and writes."""

    outcomes: ReportOutcomeStore
    actions: CaseActions
    options: OptionStore


class ReportOutcomes:
    """Records who wants to know the outcome, and tells them. Each message is tried once, whatever Discord answers."""

    def __init__(self, stores: OutcomeStores, *, messenger: Messenger) -> None:
        self._outcomes = stores.outcomes
        self._actions = stores.actions
        self._options = stores.options
        self._messenger = messenger

    async def are_told(self, guild_id: int) -> bool:
        """Does this server tell reporters who ask for it?"""
        return (await self._options.get(guild_id, ReportOptions)).tells_outcome

    async def want(self, guild_id: int, message_id: int, *, reporter_id: int) -> OutcomeWish:
        """Record that the reporter of this message wants to know the outcome."""
        if not await self.are_told(guild_id):
            return OutcomeWish.NOT_HERE
        return await self._outcomes.want(guild_id, message_id, reporter_id)

    async def tell(self, *, decided_before: datetime, serves: Callable[[int], bool]) -> int:
        """Tell those whose case was decided before this time. Returns how many messages were tried.

        Args:
            serves: is this process responsible for this server?
        """
        told = 0
        for guild_id in sorted(await self._outcomes.servers()):
            if serves(guild_id) and await self.are_told(guild_id):
                since = decided_before - NOT_AFTER
                due = await self._outcomes.due(guild_id, since=since, before=decided_before, limit=AT_A_TIME)
                told += sum([await self._tell(awaited) for awaited in due])
        return told

    async def _tell(self, awaited: AwaitedOutcome) -> bool:
        guild_id, number = awaited.guild_id, awaited.case_number
        with logged_with(guild=guild_id, case=number):
            if not await self._outcomes.begin(awaited):
                return False
            actions = (await self._actions.of_cases(guild_id, (number,))).get(number, ())
            letter = ReportOutcome(reported_at=awaited.reported_at, acted=was_acted_on(actions))
            state = await self._messenger.send(guild_id, awaited.reporter_id, letter)
            await self._outcomes.note(awaited, state)
            return True


def was_acted_on(actions: Sequence[Action]) -> bool:
    """Does the case have an action that wasn't undone?"""
    return any(action.new.undoes is None and action.state in _TAKEN for action in actions)

"""Other claims on a member's timeout or ban: undoing or changing one action must not free a member whom another case,
or a person, wants timed out or banned. Read while holding the member's lock, so other actions wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.moderation.cases.action import Action, ActionKind, ActionStore, NewAction
from bot.moderation.cases.case import CaseReader, CaseState
from bot.moderation.review.enforcer import Declined, Terms
from bot.moderation.review.kept_timeouts import kept_without
from bot.moderation.review.undo_rules import why_ban_stays, why_not_changed, why_not_undone


class OtherClaims:
    """Works out the terms for undoing or changing an action."""

    def __init__(self, *, cases: CaseReader, actions: ActionStore, now: Callable[[], datetime]) -> None:
        self._cases = cases
        self._actions = actions
        self._now = now

    async def added_to(self, terms: Terms, new: NewAction) -> Terms | Declined:
        """The terms with the action that this one undoes or changes, and with what keeps the member timed out without
        it. Declined if it must stay."""
        earlier_id = new.undoes or new.changes
        earlier = None if earlier_id is None else await self._actions.get(new.guild_id, earlier_id)
        if earlier is None:
            return terms
        why_not = (why_not_undone if new.changes is None else why_not_changed)(earlier, now=self._now())
        why_not = why_not or await self._why_ban_stays(earlier)
        if why_not:
            return Declined(why=why_not)
        if earlier.new.kind is not ActionKind.TIMEOUT:
            return replace(terms, earlier=earlier)
        return await self._for_timeout(terms, earlier, is_change=new.changes is not None)

    async def _why_ban_stays(self, action: Action) -> str:
        new = action.new
        if new.kind is not ActionKind.BAN:
            return ""
        bans = await self._actions.sanctions_of(new.guild_id, new.target_id, ActionKind.BAN)
        numbers = {each.new.case_number for each in bans} - {new.case_number}
        others = [await self._cases.get(new.guild_id, number) for number in sorted(numbers)]
        violations = {case.number for case in others if case is not None and case.state is CaseState.VIOLATION}
        return why_ban_stays(action, bans, violations=frozenset(violations))

    async def _for_timeout(self, terms: Terms, earlier: Action, *, is_change: bool) -> Terms:
        new = earlier.new
        timeouts = await self._actions.sanctions_of(new.guild_id, new.target_id, ActionKind.TIMEOUT)
        numbers = {each.new.case_number for each in timeouts if not each.is_over(self._now())}
        cases = {number: await self._cases.get(new.guild_id, number) for number in sorted(numbers)}
        dismissed = frozenset(
            number for number, case in cases.items() if case is None or case.state is CaseState.NOT_A_VIOLATION
        )
        kept = kept_without(earlier, timeouts, dismissed=dismissed, is_change=is_change)
        decided = frozenset(number for number, case in cases.items() if case is not None and case.decision is not None)
        return replace(terms, earlier=earlier, others=timeouts, kept=kept, decided=decided)

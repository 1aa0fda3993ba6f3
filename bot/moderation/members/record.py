"""A member's own record: their cases that were decided or had an action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.moderation.appeals.appeal import Appeal, NewestAppeals
from bot.moderation.appeals.eligibility import is_against_member
from bot.moderation.cases.action import Action, CaseActions
from bot.moderation.cases.case import Case, CaseState

CASES_READ = 100  #: the newest ones


class MemberCases(Protocol):
    """Finds the cases of a member."""

    async def of_member(self, member_id: int, *, guild_id: int | None = None, limit: int = 100) -> tuple[Case, ...]:
        """A member's cases, newest first; of all servers if `guild_id` is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEntry:
    """A case of the member, with its actions and the state of their newest appeal."""

    case: Case
    actions: tuple[Action, ...]
    appeal: Appeal | None

    @property
    def can_matter(self) -> bool:
        """Could the member want to appeal, or to see how an appeal goes?"""
        return self.appeal is not None or is_against_member(self.case, self.actions)


class Records:
    """Looks up members' own records.

    Undecided cases without actions are left out, because members could learn from them what Bylaw notices.
    """

    def __init__(self, *, member_cases: MemberCases, actions: CaseActions, appeals: NewestAppeals) -> None:
        self._member_cases = member_cases
        self._actions = actions
        self._appeals = appeals

    async def of(self, member_id: int, *, guild_id: int | None = None) -> tuple[RecordEntry, ...]:
        """The entries, newest first; of all servers if `guild_id` is None."""
        cases = await self._member_cases.of_member(member_id, guild_id=guild_id, limit=CASES_READ)
        entries: dict[tuple[int, int], RecordEntry] = {}
        for each in dict.fromkeys(case.guild_id for case in cases):
            numbers = tuple(case.number for case in cases if case.guild_id == each)
            actions = await self._actions.of_cases(each, numbers)
            appeals = await self._appeals.of_cases(each, numbers)
            for case in (case for case in cases if case.guild_id == each):
                entries[(each, case.number)] = RecordEntry(
                    case=case, actions=actions.get(case.number, ()), appeal=appeals.get(case.number)
                )
        found = (entries[(case.guild_id, case.number)] for case in cases)
        return tuple(entry for entry in found if _is_shown(entry))


def _is_shown(entry: RecordEntry) -> bool:
    return (
        entry.case.state is not CaseState.OPEN
        or entry.appeal is not None
        or is_against_member(entry.case, entry.actions)
    )

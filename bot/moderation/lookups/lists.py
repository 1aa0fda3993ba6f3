"""Lists of cases for moderators: page by page, a member's history, and exports."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from bot.moderation.cases.action import Action, CaseActions
from bot.moderation.lookups.export import ExportedFile, ExportForm, PartWriter, case_row
from bot.moderation.lookups.search import CasePage, CaseQuery, CaseSearchStore, MemberSummary

AT_A_TIME = 100  #: cases read and decrypted before yielding to other tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a list, with the actions in its cases."""

    page: CasePage
    actions: dict[int, tuple[Action, ...]]  #: by case number
    query_id: int | None = None  #: for turning the page; None if there is only one


class LookUps:
    """Finds cases for reviewers. Callers check permissions."""

    def __init__(self, *, search: CaseSearchStore, actions: CaseActions) -> None:
        self._search = search
        self._actions = actions

    async def first(self, guild_id: int, query: CaseQuery) -> Listed:
        """The newest cases. If there are more, the query is stored for the buttons."""
        page = await self._search.find(guild_id, query)
        query_id = await self._search.keep(guild_id, query) if page.older else None
        return await self._listed(guild_id, page, query_id)

    async def turn(
        self, guild_id: int, query_id: int, *, older_than: int | None = None, newer_than: int | None = None
    ) -> Listed | None:
        """The page on the older or newer side of a case. None if the list has expired."""
        query = await self._search.kept(guild_id, query_id)
        if query is None:
            return None
        page = await self._search.find(guild_id, query, older_than=older_than, newer_than=newer_than)
        return await self._listed(guild_id, page, query_id)

    async def summary(self, guild_id: int, member_id: int) -> MemberSummary:
        """All cases of a member in numbers."""
        return await self._search.summary(guild_id, member_id)

    async def export(
        self, guild_id: int, query: CaseQuery, form: ExportForm, *, reasoning: bool, actor_id: int, room: int
    ) -> AsyncGenerator[ExportedFile | int, None]:
        """Export all matching cases, newest first, in files of at most `room` bytes each; yields the number read so far
        every few cases. An audit entry is written for each file before it is yielded."""
        writer = PartWriter(form, room=room)
        older_than, read = None, 0
        while cases := await self._search.whole(guild_id, query, older_than=older_than, limit=AT_A_TIME):
            actions = await self._actions.of_cases(guild_id, tuple(case.number for case in cases))
            for case in cases:
                part = writer.add(case_row(case, actions.get(case.number, ()), reasoning=reasoning))
                if part is not None:
                    yield await self._noted(guild_id, part, form, reasoning=reasoning, actor_id=actor_id)
            older_than, read = cases[-1].number, read + len(cases)
            yield read
        part = writer.last()
        if part is not None:
            yield await self._noted(guild_id, part, form, reasoning=reasoning, actor_id=actor_id)

    async def _noted(
        self, guild_id: int, part: ExportedFile, form: ExportForm, *, reasoning: bool, actor_id: int
    ) -> ExportedFile:
        what = form.value + (", with reasoning" if reasoning else "") + ("" if part.is_only else f", part {part.place}")
        await self._search.exported(guild_id, actor_id=actor_id, cases=part.rows, what=what)
        return part

    async def _listed(self, guild_id: int, page: CasePage, query_id: int | None) -> Listed:
        numbers = tuple(line.number for line in page.lines)
        return Listed(page=page, actions=await self._actions.of_cases(guild_id, numbers), query_id=query_id)

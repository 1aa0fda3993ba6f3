"""Further messages of cases, and shared cards, in memory. See `tests.fakes.stores`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.moderation.cards.shared_card import CardGroup, GroupKind, GroupLine
from bot.moderation.cases.case import CardState, CaseState, NewCase
from bot.moderation.cases.further_messages import FurtherMessage, MayJoin, Opened, case_to_join
from bot.storage.audit.entries_of_cards import card_grouped, message_joined
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_audit import MemoryAuditLog


class MemoryCaseMessages:
    """`bot.moderation.cases.further_messages.CaseMessageStore`, kept with the cases."""

    def __init__(self, *, cases: MemoryCaseStore, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._cases = cases
        self._now = now
        self._audit = audit

    async def open_or_join(self, new: NewCase, may_join: MayJoin) -> Opened:
        """Open a case, or add the message to an open one."""
        evidence, version_id = new.evidence, new.judged.version_id
        key = (new.guild_id, evidence.message_id, evidence.edit, version_id)
        of_server = [case for case in self._cases.everything() if case.guild_id == new.guild_id]
        is_judged = key in self._cases.further or any(
            (case.evidence.message_id, case.evidence.edit, case.judged.version_id) == key[1:] for case in of_server
        )
        is_open = [case for case in of_server if case.state is CaseState.OPEN]
        case = None if is_judged else case_to_join(new, is_open, may_join)
        if case is None:
            case, is_new = await self._cases.open(new)
            return Opened(case=case, is_new=is_new)
        further = FurtherMessage(
            channel_id=evidence.channel_id,
            message_id=evidence.message_id,
            author_id=evidence.author_id,
            edit=evidence.edit,
            gone=evidence.gone,
        )
        self._cases.further[key] = (case.number, further)
        self._audit.add([message_joined(new.guild_id, case.number, evidence.message_id, at=self._now())])
        self._cases.plan(new, case.number)
        return Opened(case=case, is_new=False, is_further=True)

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[FurtherMessage, ...]]:
        """The further messages of cases, oldest first."""
        first = {
            case.number: case.evidence.message_id for case in self._cases.everything() if case.guild_id == guild_id
        }
        found: dict[int, dict[int, FurtherMessage]] = {}
        for key, (number, also) in self._cases.further.items():
            if key[0] == guild_id and number in numbers and also.message_id != first[number]:
                found.setdefault(number, {}).setdefault(also.message_id, also)
        return {number: tuple(each.values()) for number, each in found.items()}


class MemoryCardGroups:
    """`bot.moderation.cards.shared_card.CardGroupStore` as a list."""

    def __init__(
        self,
        *,
        cases: MemoryCaseStore,
        messages: MemoryCaseMessages,
        now: Callable[[], datetime],
        audit: MemoryAuditLog,
    ) -> None:
        self._cases = cases
        self._messages = messages
        self._now = now
        self._audit = audit
        self._groups: list[CardGroup] = []
        self._in: dict[int, set[int]] = {}

    async def open(self, guild_id: int, kind: GroupKind) -> CardGroup:
        """A new one."""
        group = CardGroup(id=len(self._groups) + 1, guild_id=guild_id, kind=kind, opened_at=self._now())
        self._groups.append(group)
        self._in[group.id] = set()
        return group

    async def add(self, guild_id: int, group_id: int, numbers: tuple[int, ...], state: CardState | None) -> None:
        """Put cases in."""
        self._in[group_id] |= set(numbers)
        if state is None:
            return
        changed = self._cases.set_card_state(guild_id, numbers, state)
        at = self._now()
        self._audit.add([card_grouped(guild_id, number, group_id, state, at=at) for number in changed])

    async def posted(self, guild_id: int, group_id: int, *, channel_id: int, message_id: int) -> None:
        """Record that its card was posted."""
        group = self._groups[group_id - 1]
        if group.guild_id == guild_id:
            self._groups[group_id - 1] = replace(group, card_channel_id=channel_id, card_message_id=message_id)

    async def get(self, guild_id: int, group_id: int) -> CardGroup | None:
        """The one with this id."""
        return next((each for each in self._groups if (each.guild_id, each.id) == (guild_id, group_id)), None)

    async def lines(self, guild_id: int, group_id: int) -> tuple[GroupLine, ...]:
        """Its cases, by number."""
        group = await self.get(guild_id, group_id)
        return await self._lines(guild_id, self._in[group_id]) if group else ()

    async def waiting(self, guild_id: int, numbers: tuple[int, ...]) -> tuple[GroupLine, ...]:
        """Of these cases, those whose card is pending or held back."""
        not_shown = (CardState.PENDING, CardState.HELD)
        return tuple(line for line in await self._lines(guild_id, set(numbers)) if line.card_state in not_shown)

    async def _lines(self, guild_id: int, which: set[int]) -> tuple[GroupLine, ...]:
        numbers = tuple(sorted(which))
        further = await self._messages.of_cases(guild_id, numbers)
        found = [await self._cases.get(guild_id, number) for number in numbers]
        return tuple(
            GroupLine(
                number=case.number,
                author_id=case.evidence.author_id,
                state=case.state,
                card_state=case.card_state,
                rules=case.rules,
                messages=1 + len(further.get(case.number, ())),
                channel_id=case.evidence.channel_id,
            )
            for case in found
            if case is not None
        )

    async def of_case(self, guild_id: int, number: int) -> tuple[CardGroup, ...]:
        """The shared cards that a case is on."""
        return tuple(each for each in self._groups if each.guild_id == guild_id and number in self._in[each.id])

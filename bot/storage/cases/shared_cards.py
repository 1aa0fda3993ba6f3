"""Further messages of cases, and cards that show many cases, in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.cards.shared_card import CardGroup, GroupKind, GroupLine
from bot.moderation.cases.case import CardState, CaseState, NewCase
from bot.moderation.cases.further_messages import FurtherMessage, MayJoin, Opened
from bot.storage.audit.entries_of_cards import card_grouped
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_rows import rules_in
from bot.storage.cases.further_messages import Wanted, open_or_join
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.database.group_commit import GroupCommit
from bot.storage.tables.cases import cases
from bot.storage.tables.shared_cards import card_groups, case_messages, grouped_cases

_NOT_SHOWN = (CardState.PENDING.value, CardState.HELD.value)
_BATCH = 500


class SqlCaseMessages:
    """`bot.moderation.cases.further_messages.CaseMessageStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher
        self._opening: GroupCommit[Wanted] = GroupCommit(self._open)

    async def open_or_join(self, new: NewCase, may_join: MayJoin) -> Opened:
        """Open a case, or add the message to an open one. Calls that arrive during a transaction share the next one."""
        wanted = Wanted(new=new, may_join=may_join)
        await self._opening.add(wanted)
        return wanted.became()

    async def _open(self, wanted: list[Wanted]) -> None:
        """Use one transaction for all; if it fails, one for each, so that only the calls that cause the error fail."""
        try:
            await self._write(wanted)
        except Exception:
            if len(wanted) == 1:
                raise
            for each in wanted:
                each.opened = None
                try:
                    await self._write([each])
                except Exception as error:  # noqa: BLE001 - raised by `became` to whoever asked
                    each.opened, each.error = None, error

    async def _write(self, wanted: list[Wanted]) -> None:
        async with writing(self._engine) as connection:
            await open_or_join(connection, wanted, at=self._now(), cipher=self._cipher)

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[FurtherMessage, ...]]:
        """The further messages of cases, oldest first."""
        query = (
            select(case_messages, cases.c.message_id.label("first_id"))
            .join(
                cases,
                (cases.c.guild_id == case_messages.c.guild_id) & (cases.c.number == case_messages.c.case_number),
            )
            .where(case_messages.c.guild_id == guild_id, case_messages.c.case_number.in_(numbers))
            .order_by(case_messages.c.joined_at, case_messages.c.message_id)
        )
        found: dict[int, dict[int, FurtherMessage]] = {}
        async with reading(self._engine) as connection:
            for row in (await connection.execute(query)).mappings():
                of_case = found.setdefault(row["case_number"], {})
                if row["message_id"] != row["first_id"]:
                    of_case.setdefault(row["message_id"], _also(row))
        return {number: tuple(each.values()) for number, each in found.items() if each}


class SqlCardGroups:
    """`bot.moderation.cards.shared_card.CardGroupStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def open(self, guild_id: int, kind: GroupKind) -> CardGroup:
        """Open a new shared card."""
        at = self._now()
        async with writing(self._engine) as connection:
            values = {"guild_id": guild_id, "kind": kind.value, "opened_at": at}
            result = await connection.execute(insert(card_groups).values(values))
            (group_id,) = result.inserted_primary_key or (0,)
        return CardGroup(id=group_id, guild_id=guild_id, kind=kind, opened_at=at)

    async def add(self, guild_id: int, group_id: int, numbers: tuple[int, ...], state: CardState | None) -> None:
        """Put cases in."""
        at = self._now()
        async with writing(self._engine) as connection:
            for start in range(0, len(numbers), _BATCH):
                batch = numbers[start : start + _BATCH]
                rows = [{"guild_id": guild_id, "group_id": group_id, "case_number": number} for number in batch]
                await connection.execute(insert_if_absent(connection, grouped_cases).values(rows))
                if state is None:
                    continue
                changed = await connection.execute(
                    update(cases)
                    .where(
                        cases.c.guild_id == guild_id,
                        cases.c.number.in_(batch),
                        cases.c.card_state.in_(_NOT_SHOWN),
                        cases.c.card_state != state.value,
                    )
                    .values(card_state=state.value)
                    .returning(cases.c.number)
                )
                entries = [
                    card_grouped(guild_id, number, group_id, state, at=at) for number in sorted(changed.scalars())
                ]
                await write_entries(connection, entries)

    async def posted(self, guild_id: int, group_id: int, *, channel_id: int, message_id: int) -> None:
        """Record that its card was posted."""
        where = (card_groups.c.guild_id == guild_id, card_groups.c.id == group_id)
        async with writing(self._engine) as connection:
            await connection.execute(
                update(card_groups).where(*where).values(card_channel_id=channel_id, card_message_id=message_id)
            )

    async def get(self, guild_id: int, group_id: int) -> CardGroup | None:
        """The shared card with this id."""
        query = select(card_groups).where(card_groups.c.guild_id == guild_id, card_groups.c.id == group_id)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _group(row)

    async def lines(self, guild_id: int, group_id: int) -> tuple[GroupLine, ...]:
        """Its cases, by number."""
        query = (
            _lines()
            .join(
                grouped_cases,
                (grouped_cases.c.guild_id == cases.c.guild_id) & (grouped_cases.c.case_number == cases.c.number),
            )
            .where(grouped_cases.c.guild_id == guild_id, grouped_cases.c.group_id == group_id)
        )
        async with reading(self._engine) as connection:
            return tuple(_line(row) for row in (await connection.execute(query)).mappings())

    async def waiting(self, guild_id: int, numbers: tuple[int, ...]) -> tuple[GroupLine, ...]:
        """Of these cases, those whose card is pending or held back."""
        which = (cases.c.guild_id == guild_id, cases.c.number.in_(numbers), cases.c.card_state.in_(_NOT_SHOWN))
        async with reading(self._engine) as connection:
            return tuple(_line(row) for row in (await connection.execute(_lines().where(*which))).mappings())

    async def of_case(self, guild_id: int, number: int) -> tuple[CardGroup, ...]:
        """The shared cards that a case is on."""
        query = (
            select(card_groups)
            .join(grouped_cases, grouped_cases.c.group_id == card_groups.c.id)
            .where(grouped_cases.c.guild_id == guild_id, grouped_cases.c.case_number == number)
            .order_by(card_groups.c.id)
        )
        async with reading(self._engine) as connection:
            return tuple(_group(row) for row in (await connection.execute(query)).mappings())


def _lines() -> Select[Any]:
    """The lines of a shared card, by case number."""
    further = (
        select(func.count(func.distinct(case_messages.c.message_id)))
        .where(
            case_messages.c.guild_id == cases.c.guild_id,
            case_messages.c.case_number == cases.c.number,
            case_messages.c.message_id != cases.c.message_id,
        )
        .scalar_subquery()
    )
    about = (cases.c.number, cases.c.author_id, cases.c.channel_id, cases.c.rules, cases.c.ground)
    return select(*about, cases.c.state, cases.c.card_state, further.label("further")).order_by(cases.c.number)


def _also(row: RowMapping) -> FurtherMessage:
    return FurtherMessage(
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        author_id=row["author_id"],
        edit=row["edit"],
        gone=row["gone"],
    )


def _group(row: RowMapping) -> CardGroup:
    values: dict[str, Any] = {**row, "kind": GroupKind(row["kind"])}
    return CardGroup(**values)


def _line(row: RowMapping) -> GroupLine:
    return GroupLine(
        number=row["number"],
        author_id=row["author_id"],
        state=CaseState(row["state"]),
        card_state=CardState(row["card_state"]),
        rules=rules_in(row),
        messages=1 + row["further"],
        channel_id=row["channel_id"],
    )

"""Offers to edit a message, and the cases that they close, in the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.cards.face import NOT_TOLD, NoticeState
from bot.moderation.cases.action import ActionState
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import NOBODY, Case, CaseState
from bot.moderation.mending.offer import (
    MOST_OF_MEMBER,
    MOST_OF_SERVER,
    TIME_TO_EDIT,
    EditOffer,
    NewOffer,
    OfferState,
)
from bot.storage.audit.entries import of_case
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_table import CaseTable, forget_pictures, key_of
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.actions import case_actions
from bot.storage.tables.cases import cases, clear_verdicts
from bot.storage.tables.members import edit_offers, reports
from bot.storage.tables.shared_cards import case_messages
from guild_policies.store.tables import policy_versions

_DAY = timedelta(days=1)
_MAY_BE_MENDED = (OfferState.OFFERED.value, OfferState.LAPSED.value)
_NOTHING_DONE = (ActionState.REHEARSED.value, ActionState.REFUSED.value)
_NO_LONGER_OFFERED = frozenset(NOT_TOLD) - {NoticeState.UNKNOWN} | {NoticeState.OFF}


class SqlEditOffers(CaseTable):
    """`bot.moderation.mending.offer.OfferStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    async def add(self, new: NewOffer, *, at: datetime) -> EditOffer | None:
        """Store an offer, unless something prevents it."""
        async with writing(self._engine) as connection:
            wanted = select(cases).where(key_of(new.guild_id, new.case_number))
            case = await self._first(connection, wanted.with_for_update())
            if case is None or case.state is not CaseState.OPEN or await _too_many(connection, new, at=at):
                return None
            values = {
                "guild_id": new.guild_id, "case_number": new.case_number, "message_id": new.message_id,
                "member_id": new.member_id, "edit": new.edit, "state": OfferState.OFFERED.value,
                "offered_at": at, "due_at": at + TIME_TO_EDIT,
            }  # fmt: skip
            if await connection.scalar(select(or_(*_known_otherwise(new)))):
                return None
            if not (await connection.execute(insert_if_absent(connection, edit_offers).values(values))).rowcount:
                return None
            await write_entries(connection, [of_case(case, AuditAction.EDIT_OFFERED, at=self._now())])
        return EditOffer(new=new, state=OfferState.OFFERED, told=None, offered_at=at, due_at=at + TIME_TO_EDIT)

    async def note_told(self, offer: EditOffer, told: NoticeState) -> None:
        """Record whether the member was told."""
        values: dict[str, Any] = {"told": told.value}
        async with writing(self._engine) as connection:
            await connection.execute(update(edit_offers).where(_is(offer)).values(values))
            if told in _NO_LONGER_OFFERED:
                await self._become(connection, offer, OfferState.ENDED)

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, EditOffer]:
        """The offers in these cases, by number."""
        query = select(edit_offers).where(edit_offers.c.guild_id == guild_id, edit_offers.c.case_number.in_(numbers))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return {row["case_number"]: _offer(row) for row in rows}

    async def mend(self, guild_id: int, message_id: int) -> Case | None:
        """Close the case as mended, if all conditions of the port hold."""
        offered = and_(
            edit_offers.c.guild_id == guild_id,
            edit_offers.c.message_id == message_id,
            edit_offers.c.state.in_(_MAY_BE_MENDED),
        )
        async with reading(self._engine) as connection:  # most edited messages have no offer
            if await connection.scalar(select(exists().where(offered))) is not True:
                return None
        async with writing(self._engine) as connection:
            row = (await connection.execute(select(edit_offers).where(offered).with_for_update())).mappings().first()
            return None if row is None else await self._mend(connection, _offer(row))

    async def _mend(self, connection: AsyncConnection, offer: EditOffer) -> Case | None:
        case = await self._one(connection, offer.new.guild_id, offer.new.case_number, lock=True)
        edited = case.evidence.edited
        if case.state is not CaseState.OPEN or case.evidence.gone or edited is None:
            return None
        in_time = offer.new.edit < edited.edit <= int(offer.due_at.timestamp() * 1000)
        if not in_time or await connection.scalar(select(or_(*_obstacles(offer)))):
            return None
        if not await connection.scalar(select(_is_clear(case, edited.edit))):
            return None
        at = self._now()
        values = {"state": CaseState.MENDED.value, "decided_by": NOBODY, "decided_at": at}
        await forget_pictures(connection, case.guild_id, (case.number,))
        mended = await self._set(connection, case, {**values, "claimed_by": None, "claimed_at": None})
        await self._become(connection, offer, OfferState.MENDED)
        await write_entries(connection, [of_case(mended, AuditAction.CASE_MENDED, at=at)])
        return mended

    async def due(self, *, at: datetime) -> tuple[EditOffer, ...]:
        """The offers whose time is over."""
        query = select(edit_offers).where(edit_offers.c.state == OfferState.OFFERED.value, edit_offers.c.due_at < at)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(edit_offers.c.due_at))).mappings()
            return tuple(_offer(row) for row in rows)

    async def lapse(self, offer: EditOffer) -> None:
        """Record that its time is over."""
        async with writing(self._engine) as connection:
            await self._become(connection, offer, OfferState.LAPSED)

    async def _become(self, connection: AsyncConnection, offer: EditOffer, state: OfferState) -> None:
        open_ones = and_(_is(offer), edit_offers.c.state.in_(_MAY_BE_MENDED))
        await connection.execute(update(edit_offers).where(open_ones).values(state=state.value))


def _known_otherwise(new: NewOffer) -> tuple[ColumnElement[bool], ...]:
    """Did the message have an offer before, or is it part of another case?"""
    return (
        exists().where(edit_offers.c.guild_id == new.guild_id, edit_offers.c.message_id == new.message_id),
        exists().where(
            cases.c.guild_id == new.guild_id,
            cases.c.message_id == new.message_id,
            cases.c.number != new.case_number,
        ),
        exists().where(
            case_messages.c.guild_id == new.guild_id,
            case_messages.c.message_id == new.message_id,
            case_messages.c.case_number != new.case_number,
        ),
    )


def _obstacles(offer: EditOffer) -> tuple[ColumnElement[bool], ...]:
    """What prevents closing a case: a later version that broke a rule, other messages, reports, and actions."""
    new = offer.new
    return (
        exists().where(cases.c.guild_id == new.guild_id, cases.c.message_id == new.message_id, cases.c.edit > new.edit),
        exists().where(
            case_messages.c.guild_id == new.guild_id,
            or_(
                and_(case_messages.c.message_id == new.message_id, case_messages.c.edit > new.edit),
                and_(case_messages.c.case_number == new.case_number, case_messages.c.message_id != new.message_id),
            ),
        ),
        exists().where(reports.c.guild_id == new.guild_id, reports.c.case_number == new.case_number),
        exists().where(
            case_actions.c.guild_id == new.guild_id,
            case_actions.c.case_number == new.case_number,
            case_actions.c.state.not_in(_NOTHING_DONE),
        ),
    )


def _is_clear(case: Case, edit: int) -> ColumnElement[bool]:
    """Was this version of the case's message judged clear, under a version of the case's policy?"""
    versions = select(policy_versions.c.id).where(policy_versions.c.policy_id == case.judged.policy_id)
    return exists().where(
        clear_verdicts.c.guild_id == case.guild_id,
        clear_verdicts.c.message_id == case.evidence.message_id,
        clear_verdicts.c.edit == edit,
        clear_verdicts.c.version_id.in_(versions),
    )


async def _too_many(connection: AsyncConnection, new: NewOffer, *, at: datetime) -> bool:
    """Is the limit of offers to this member, or in this server, reached?"""
    here = edit_offers.c.guild_id == new.guild_id
    count = select(func.count()).select_from(edit_offers)
    of_member = count.where(here, edit_offers.c.member_id == new.member_id, edit_offers.c.offered_at > at - _DAY)
    of_server = count.where(here, edit_offers.c.offered_at > at - TIME_TO_EDIT)
    if int((await connection.execute(of_member)).scalar_one()) >= MOST_OF_MEMBER:
        return True
    return int((await connection.execute(of_server)).scalar_one()) >= MOST_OF_SERVER


def _is(offer: EditOffer) -> ColumnElement[bool]:
    return and_(edit_offers.c.guild_id == offer.new.guild_id, edit_offers.c.case_number == offer.new.case_number)


def _offer(row: RowMapping) -> EditOffer:
    new = NewOffer(
        guild_id=row["guild_id"],
        case_number=row["case_number"],
        message_id=row["message_id"],
        member_id=row["member_id"],
        edit=row["edit"],
    )
    told = row["told"]
    return EditOffer(
        new=new,
        state=OfferState(row["state"]),
        told=None if told is None else NoticeState(told),
        offered_at=row["offered_at"],
        due_at=row["due_at"],
    )

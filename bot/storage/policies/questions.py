"""Weekly questions in the database. The invented texts are encrypted and stored no longer than those of cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import ColumnElement, RowMapping, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.moderation.trials.question import NewQuestion, Question, QuestionAnswer, QuestionWeek
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.trials import question_weeks, questions

_LARGEST_ID = 2**63 - 1
_PINNED = (QuestionAnswer.BREAKS.value, QuestionAnswer.FINE.value)


class SqlQuestionStore:
    """`bot.moderation.trials.question.QuestionStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def ask(self, week: QuestionWeek, new: tuple[NewQuestion, ...]) -> QuestionWeek:
        """Keep a week's questions. A week that has its questions already comes back as it is."""
        at = self._now()
        values = {
            "guild_id": week.guild_id,
            "week": week.week,
            "policy_id": week.policy_id,
            "policy_name": week.policy_name,
            "version_number": week.version_number,
            "asked_at": at,
        }
        async with writing(self._engine) as connection:
            first = insert_if_absent(connection, question_weeks).values(values)
            if (await connection.execute(first)).rowcount and new:
                rows = [self._row(week, place, each) for place, each in enumerate(new, start=1)]
                await connection.execute(insert(questions), rows)
                await write_entries(connection, [_asked(week, len(new), at)])
            return await self._week(connection, week.guild_id, week.week) or week

    async def week(self, guild_id: int, week: date) -> QuestionWeek | None:
        """The questions of a week."""
        async with reading(self._engine) as connection:
            return await self._week(connection, guild_id, week)

    async def week_of(self, guild_id: int, question_id: int) -> QuestionWeek | None:
        """The week that a question of this server is in."""
        async with reading(self._engine) as connection:
            found = (await connection.execute(select(questions.c.week).where(_is(guild_id, question_id)))).scalar()
            return None if found is None else await self._week(connection, guild_id, found)

    async def posted(self, guild_id: int, week: date, *, channel_id: int, message_id: int) -> None:
        """Record that moderators were told of a week's questions."""
        which = update(question_weeks).where(question_weeks.c.guild_id == guild_id, question_weeks.c.week == week)
        async with writing(self._engine) as connection:
            await connection.execute(which.values(channel_id=channel_id, message_id=message_id))

    async def answer(self, guild_id: int, question_id: int, answer: QuestionAnswer, *, by: int | None) -> bool:
        """Keep an answer if there is none and the text is still kept; True if it was kept."""
        at = self._now()
        unanswered = and_(
            _is(guild_id, question_id), questions.c.answer.is_(None), questions.c.text_encrypted.is_not(None)
        )
        async with writing(self._engine) as connection:
            done = await connection.execute(
                update(questions).where(unanswered).values(answer=answer.value, answered_by=by, answered_at=at)
            )
            if done.rowcount:
                await write_entries(connection, [_answered(guild_id, question_id, answer, by=by, at=at)])
            return bool(done.rowcount)

    async def pinned(self, guild_id: int, question_id: int, pin_id: int) -> None:
        """The answer became this pinned example, or none at all (`NOT_PINNED`)."""
        async with writing(self._engine) as connection:
            await connection.execute(update(questions).where(_is(guild_id, question_id)).values(pin_id=pin_id))

    async def last_asked(self, guild_id: int) -> dict[int, date]:
        """The last week in which each policy had questions, by policy id."""
        query = (
            select(question_weeks.c.policy_id, func.max(question_weeks.c.week))
            .where(question_weeks.c.guild_id == guild_id)
            .group_by(question_weeks.c.policy_id)
        )
        async with reading(self._engine) as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def texts(self, guild_id: int, policy_id: int, *, limit: int) -> tuple[str, ...]:
        """The texts of the last questions about a policy, if still stored, oldest first."""
        query = (
            select(questions.c.text_encrypted)
            .where(
                questions.c.guild_id == guild_id,
                questions.c.policy_id == policy_id,
                questions.c.text_encrypted.is_not(None),
            )
            .order_by(questions.c.id.desc())
            .limit(limit)
        )
        async with reading(self._engine) as connection:
            tokens = (await connection.execute(query)).scalars().all()
        texts = (self._cipher.decrypt(token) for token in reversed(tokens))
        return tuple(text for text in texts if text is not None)

    async def waiting_for_pins(self, guild_id: int) -> tuple[Question, ...]:
        """Questions that were answered and are not pinned."""
        query = select(questions).where(
            questions.c.guild_id == guild_id,
            questions.c.answer.in_(_PINNED),
            questions.c.pin_id.is_(None),
            questions.c.text_encrypted.is_not(None),
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(questions.c.id))).mappings()
            return tuple(map(self._question, rows))

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the texts of questions asked before this; how many were purged."""
        old = (
            select(questions.c.id)
            .join(
                question_weeks,
                and_(question_weeks.c.guild_id == questions.c.guild_id, question_weeks.c.week == questions.c.week),
            )
            .where(
                questions.c.guild_id == guild_id,
                question_weeks.c.asked_at < before,
                questions.c.text_encrypted.is_not(None),
            )
        )
        async with writing(self._engine) as connection:
            ids = (await connection.execute(old.order_by(questions.c.id).limit(limit))).scalars().all()
            gone = and_(questions.c.guild_id == guild_id, questions.c.id.in_(ids))
            await connection.execute(update(questions).where(gone).values(text_encrypted=None))
            at = self._now()
            await write_entries(connection, [_purged(guild_id, each, at) for each in ids])
        return len(ids)

    def _row(self, week: QuestionWeek, place: int, new: NewQuestion) -> dict[str, object]:
        return {
            "guild_id": week.guild_id,
            "week": week.week,
            "policy_id": week.policy_id,
            "place": place,
            "text_encrypted": self._cipher.encrypt(new.text),
            "rule_id": new.rule_id,
            "found": list(new.found),
        }

    async def _week(self, connection: AsyncConnection, guild_id: int, week: date) -> QuestionWeek | None:
        of_week = select(question_weeks).where(question_weeks.c.guild_id == guild_id, question_weeks.c.week == week)
        row = (await connection.execute(of_week)).mappings().one_or_none()
        if row is None:
            return None
        asked = select(questions).where(questions.c.guild_id == guild_id, questions.c.week == week)
        rows = (await connection.execute(asked.order_by(questions.c.place))).mappings()
        return QuestionWeek(
            guild_id=guild_id,
            week=week,
            policy_id=row["policy_id"],
            policy_name=row["policy_name"],
            version_number=row["version_number"],
            channel_id=row["channel_id"],
            message_id=row["message_id"],
            questions=tuple(map(self._question, rows)),
        )

    def _question(self, row: RowMapping) -> Question:
        token = row["text_encrypted"]
        return Question(
            id=row["id"],
            guild_id=row["guild_id"],
            policy_id=row["policy_id"],
            place=row["place"],
            text=None if token is None else self._cipher.decrypt(token),
            rule_id=row["rule_id"],
            found=tuple(row["found"]),
            answer=None if row["answer"] is None else QuestionAnswer(row["answer"]),
            answered_by=row["answered_by"],
            pin_id=row["pin_id"],
        )


def _is(guild_id: int, question_id: int) -> ColumnElement[bool]:
    return and_(questions.c.guild_id == guild_id, questions.c.id == min(question_id, _LARGEST_ID))


def _asked(week: QuestionWeek, count: int, at: datetime) -> AuditEntry:
    return AuditEntry(
        guild_id=week.guild_id,
        actor_id=None,
        action=AuditAction.QUESTIONS_ASKED,
        subject=f"policy:{week.policy_id}",
        detail=f"{count} questions, week of {week.week.isoformat()}",
        at=at,
    )


def _answered(guild_id: int, question_id: int, answer: QuestionAnswer, *, by: int | None, at: datetime) -> AuditEntry:
    return AuditEntry(
        guild_id=guild_id,
        actor_id=by,
        action=AuditAction.QUESTION_ANSWERED,
        subject=f"question:{question_id}",
        detail=answer.value,
        at=at,
    )


def _purged(guild_id: int, question_id: int, at: datetime) -> AuditEntry:
    return AuditEntry(
        guild_id=guild_id,
        actor_id=None,
        action=AuditAction.TEXTS_PURGED,
        subject=f"question:{question_id}",
        detail="question",
        at=at,
    )

"""Exports everything stored about one member, in a file for them.

Ids are strings, because programs that only have floating-point numbers would round them. Names of moderators, what they
wrote for each other, and what other people wrote are left out; so is the text of a forward, which somebody else wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, Select, Table, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.languages.translation import _, marked
from bot.moderation.appeals.appeal import Appeal
from bot.moderation.cases.action import ActionState
from bot.moderation.cases.case import Case, CaseState
from bot.storage.cases.case_queries import batches
from bot.storage.cases.case_rows import cases_of
from bot.storage.database.engine import reading
from bot.storage.database.event_loop import yielding
from bot.storage.members.appeal_rows import appeal_of
from bot.storage.privacy.erasure import SqlErasures
from bot.storage.privacy.key_rotation import encrypted_columns
from bot.storage.tables.actions import case_actions
from bot.storage.tables.cases import cases
from bot.storage.tables.members import appeals, member_languages, moderator_settings, notices, report_mutes, reports
from bot.storage.tables.pictures import case_pictures
from bot.storage.tables.shared_cards import case_messages

_LEFT_OUT = marked(
    "Not in this file: open cases in which nothing was done and which you did not appeal, names of moderators, what "
    "they wrote for each other, and what other people wrote."
)
_EVERYTHING = marked(
    "Not in this file: names of moderators, what they wrote for each other, and what other people wrote."
)
_BY_MEMBER = {
    appeals: appeals.c.member_id, reports: reports.c.reporter_id, report_mutes: report_mutes.c.member_id,
    moderator_settings: moderator_settings.c.member_id, member_languages: member_languages.c.member_id,
}  # fmt: skip

ByCase = dict[tuple[int, int], list[dict[str, Any]]]  #: by server and number
Line = Callable[[RowMapping], dict[str, Any]]
Query = Callable[[int, Sequence[int]], tuple[Select[Any], Line]]


class SqlMemberTexts(SqlErasures):
    """`bot.moderation.members.privacy.MemberTexts` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        super().__init__(engine, now=now, cipher=cipher)
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def servers(self) -> tuple[int, ...]:
        """Every server with stored texts: a member may be quoted in any of them."""
        found: set[int] = set()
        async with reading(self._engine) as connection:
            for table in encrypted_columns():
                found.update((await connection.execute(select(table.c.guild_id).distinct())).scalars())
        return tuple(sorted(found))

    async def export(self, member_id: int, *, guild_id: int | None = None, everything: bool = False) -> dict[str, Any]:
        """Export from one state of the database, in order of time."""
        async with reading(self._engine) as connection:
            return {
                "member_id": str(member_id),
                "exported_at": self._now().isoformat(),
                "about_this_file": _(_EVERYTHING if everything else _LEFT_OUT),
                "cases": await self._cases(connection, member_id, guild_id, everything=everything),
                "appeals": [self._appeal(each) for each in await _rows(connection, appeals, member_id, guild_id)],
                "reports": [self._report(each) for each in await _rows(connection, reports, member_id, guild_id)],
                "reports_not_taken": [
                    {"server_id": str(each["guild_id"]), "until": each["until"].isoformat()}
                    for each in await _rows(connection, report_mutes, member_id, guild_id)
                ],
                "settings_as_a_moderator": [
                    {"server_id": str(each["guild_id"]), "hides_words": each["shield"]}
                    for each in await _rows(connection, moderator_settings, member_id, guild_id)
                ],
                "language_last_seen": [
                    {
                        "server_id": str(each["guild_id"]),
                        "language": each["language"],
                        "seen_at": each["seen_at"].isoformat(),
                    }
                    for each in await _rows(connection, member_languages, member_id, guild_id)
                ],
            }

    async def _cases(
        self, connection: AsyncConnection, member_id: int, guild_id: int | None, *, everything: bool
    ) -> list[dict[str, Any]]:
        query = select(cases).where(cases.c.author_id == member_id)
        query = query.order_by(cases.c.opened_at, cases.c.guild_id, cases.c.number)
        if guild_id is not None:
            query = query.where(cases.c.guild_id == guild_id)
        if not everything:
            done = exists().where(
                case_actions.c.guild_id == cases.c.guild_id,
                case_actions.c.case_number == cases.c.number,
                case_actions.c.target_id == member_id,
                case_actions.c.state.in_(_DONE),
            )
            appealed = exists().where(appeals.c.guild_id == cases.c.guild_id, appeals.c.case_number == cases.c.number)
            query = query.where(or_(cases.c.state != CaseState.OPEN.value, done, appealed))
        found = await cases_of((await connection.execute(query)).mappings(), self._cipher)
        about = defaultdict[int, list[int]](list)  # numbers of cases by server
        for case in found:
            about[case.guild_id].append(case.number)
        actions = await _by_case(connection, about, partial(_actions, member_id))
        further = await _by_case(connection, about, partial(_further_messages, member_id))
        pictures = await _by_case(connection, about, partial(_pictures, self._cipher))
        return [
            {
                **_case(case, actions.get((case.guild_id, case.number), [])),
                "further_messages": further.get((case.guild_id, case.number), []),
                "pictures": [] if case.evidence.forwarded else pictures.get((case.guild_id, case.number), []),
            }
            async for case in yielding(found)
        ]

    def _appeal(self, row: RowMapping) -> dict[str, Any]:
        appeal: Appeal = appeal_of(dict(row), self._cipher)
        return {
            "server_id": str(appeal.key.guild_id),
            "case": appeal.key.case_number,
            "attempt": appeal.key.attempt,
            "state": appeal.state.value,
            "opened_at": appeal.opened_at.isoformat(),
            "your_answers": [{"question": each.question, "answer": each.text} for each in appeal.answers],
            "asked_later": [{"question": each.question, "answer": each.answer} for each in appeal.asked],
            "decided_at": appeal.review.at.isoformat() if appeal.review else None,
            "reason_you_were_told": appeal.review.reason if appeal.review else None,
        }

    def _report(self, row: RowMapping) -> dict[str, Any]:
        token = row["words_encrypted"]
        return {
            "server_id": str(row["guild_id"]),
            "message_id": str(row["message_id"]),
            "reported_at": row["at"].isoformat(),
            "your_words": None if token is None else self._cipher.decrypt(token),
            "outcome_asked_for_at": row["outcome_asked_at"].isoformat() if row["outcome_asked_at"] else None,
            "told_the_outcome": row["outcome_told"],
        }


_DONE = tuple(state.value for state in (ActionState.DONE, ActionState.ENDED, ActionState.CHANGED, ActionState.UNDONE))


def _case(case: Case, actions: list[dict[str, Any]]) -> dict[str, Any]:
    evidence, judged = case.evidence, case.judged
    return {
        "server_id": str(case.guild_id),
        "case": case.number,
        "kind": case.kind.value,
        "state": case.state.value,
        "opened_at": case.opened_at.isoformat(),
        "decided_at": case.decision.at.isoformat() if case.decision else None,
        "channel_id": str(evidence.channel_id),
        "message_id": str(evidence.message_id),
        "posted_at": evidence.posted_at.isoformat(),
        "forwarded": evidence.forwarded,
        "text": None if evidence.forwarded else evidence.text,
        "later_versions": [
            {"edited_at": datetime.fromtimestamp(each.edit / 1000, tz=UTC).isoformat(), "text": each.text}
            for each in (*evidence.versions, *([evidence.edited] if evidence.edited else []))
        ],
        "files": [] if evidence.forwarded else [file.name for file in evidence.files],
        "posted_by_webhook": evidence.webhook.name if evidence.webhook else None,
        "policy": judged.policy_name,
        "version": judged.version_number,
        "rules": [{"id": rule.id, "title": rule.title, "severity": rule.severity} for rule in case.rules],
        "reason_of_the_decision": case.ground.words if case.ground and case.ground.rule is None else None,
        "score": judged.score,
        "digit_mass": judged.digit_mass,
        "judge": judged.judge,
        "actions": actions,
    }


async def _by_case(connection: AsyncConnection, about: Mapping[int, Sequence[int]], query: Query) -> ByCase:
    """The results of a query for these cases, by server and number: one query for hundreds of them."""
    found: ByCase = {}
    for guild_id, numbers in about.items():
        for batch in batches(numbers):
            select_rows, line = query(guild_id, batch)
            async for row in yielding((await connection.execute(select_rows)).mappings()):
                found.setdefault((guild_id, row["case_number"]), []).append(line(row))
    return found


def _actions(member_id: int, guild_id: int, numbers: Sequence[int]) -> tuple[Select[Any], Line]:
    """The actions against the member, and whether they were told."""
    query = (
        select(case_actions, notices.c.state.label("notice"), notices.c.at.label("notice_at"))
        .outerjoin(notices, notices.c.action_id == case_actions.c.id)
        .where(
            case_actions.c.guild_id == guild_id,
            case_actions.c.case_number.in_(numbers),
            case_actions.c.target_id == member_id,
            case_actions.c.state.in_(_DONE),
        )
        .order_by(case_actions.c.id)
    )
    return query, _action


def _action(row: RowMapping) -> dict[str, Any]:
    return {
        "what": row["kind"],
        "state": row["state"],
        "length_seconds": row["length_seconds"],
        "until": row["until"].isoformat() if row["until"] else None,
        "earlier_until": row["earlier_until"].isoformat() if row["earlier_until"] else None,
        "at": row["asked_at"].isoformat(),
        "takes_back_an_earlier_one": row["undoes"] is not None,
        "changes_an_earlier_one": row["changes"] is not None,
        "notice": row["notice"],
        "notice_at": row["notice_at"].isoformat() if row["notice_at"] else None,
    }


def _further_messages(member_id: int, guild_id: int, numbers: Sequence[int]) -> tuple[Select[Any], Line]:
    """The ids of messages of the member that joined cases: the same text elsewhere. Their texts aren't stored."""
    mine = and_(case_messages.c.guild_id == guild_id, case_messages.c.case_number.in_(numbers))
    query = select(case_messages).where(mine, case_messages.c.author_id == member_id)
    return query.order_by(case_messages.c.joined_at), _further_message


def _further_message(row: RowMapping) -> dict[str, Any]:
    return {
        "channel_id": str(row["channel_id"]),
        "message_id": str(row["message_id"]),
        "joined_at": row["joined_at"].isoformat(),
    }


def _pictures(cipher: Cipher, guild_id: int, numbers: Sequence[int]) -> tuple[Select[Any], Line]:
    """What is stored about the pictures of cases: fingerprints and small copies."""
    mine = and_(case_pictures.c.guild_id == guild_id, case_pictures.c.case_number.in_(numbers))

    def picture(row: RowMapping) -> dict[str, Any]:
        fingerprint, copy = row["fingerprint_encrypted"], row["copy_encrypted"]
        return {
            "kept_at": row["kept_at"].isoformat(),
            "fingerprint": None if fingerprint is None else cipher.decrypt(fingerprint),
            "small_copy_webp_base64": None if copy is None else cipher.decrypt(copy),
        }

    return select(case_pictures).where(mine).order_by(case_pictures.c.place), picture


async def _rows(connection: AsyncConnection, table: Table, member_id: int, guild_id: int | None) -> list[RowMapping]:
    column = _BY_MEMBER[table]
    query = select(table).where(and_(column == member_id, *([table.c.guild_id == guild_id] if guild_id else [])))
    return list((await connection.execute(query.order_by(*table.primary_key.columns))).mappings())

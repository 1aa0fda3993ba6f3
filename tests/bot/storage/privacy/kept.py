"""An installation's stores over one database, with a short way to fill them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.moderation.appeals.appeal import Answer, AppealKey, AppealState, NewAppeal, Review
from bot.moderation.cases.case import (
    Case,
    CaseKind,
    CaseState,
    ContextLine,
    Decision,
    Evidence,
    Judged,
    NewCase,
)
from bot.moderation.members.privacy import Erased
from bot.moderation.members.report import NewReport
from bot.storage.audit.log import SqlAuditLog
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.members.appeals import SqlAppealStore
from bot.storage.members.reports import SqlReportStore
from bot.storage.privacy.key_rotation import encrypted_columns
from bot.storage.privacy.member_data import SqlMemberTexts

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HERE, ELSEWHERE, ANA, BEN, OMAR = 1, 2, 7, 8, 77


@dataclass
class Kept:
    """The stores of an installation, and its clock."""

    engine: AsyncEngine
    time: datetime = NOON

    def __post_init__(self) -> None:
        self.key = new_key().encode()
        cipher = Cipher((self.key,))
        self.cases = SqlCaseStore(self.engine, now=self.now, cipher=cipher)
        self.actions = SqlActionStore(self.engine, now=self.now, cipher=cipher)
        self.notes = SqlNoteStore(self.engine, now=self.now, cipher=cipher)
        self.appeals = SqlAppealStore(self.engine, now=self.now, cipher=cipher)
        self.reports = SqlReportStore(self.engine, now=self.now, cipher=cipher)
        self.texts = SqlMemberTexts(self.engine, now=self.now, cipher=cipher)
        self.audit = SqlAuditLog(self.engine)
        self.searches = SqlCaseSearch(self.engine, now=self.now, cipher=cipher)
        self.messages = 500

    def now(self) -> datetime:
        """The time."""
        return self.time

    async def case(self, author: int = ANA, *, guild: int = HERE, decided: bool = True, **more: Any) -> Case:
        """A case, decided unless told otherwise."""
        self.messages += 1
        evidence = Evidence(
            channel_id=10,
            message_id=self.messages,
            author_id=author,
            edit=0,
            text="zebra text",
            forwarded=False,
            posted_at=self.time,
            context=(ContextLine(author_id=BEN, text="zebra context"),),
        )
        judged = Judged(
            policy_id=3,
            policy_name="harassment",
            version_id=40,
            version_number=2,
            rules=(),
            score=0.9,
            rationale="zebra rationale",
            reasoning="zebra reasoning",
            method="reasoned",
            judge="gguf:abc",
            prompt_fingerprint=None,
        )
        said = {name: more.pop(name) for name in ("rationale", "speakers") if name in more}
        new = NewCase(
            guild_id=guild,
            kind=CaseKind.VIOLATION,
            evidence=replace(evidence, **more),
            judged=replace(judged, **said),
        )
        case, _ = await self.cases.open(new)
        if decided:
            await self.decide(case)
        return case

    async def decide(self, case: Case) -> None:
        """A moderator decides."""
        await self.cases.decide(
            case.guild_id, case.number, Decision(state=CaseState.VIOLATION, moderator_id=OMAR, at=self.time)
        )

    async def appeal(self, case: Case, *, decided: bool = True) -> AppealKey:
        """Ana appeals."""
        key = AppealKey(guild_id=case.guild_id, case_number=case.number, attempt=1)
        answers = (Answer(question="Why?", text="zebra answer"),)
        await self.appeals.open(NewAppeal(key=key, member_id=ANA, answers=answers))
        if decided:
            await self.hear(key)
        return key

    async def hear(self, key: AppealKey) -> None:
        """A reviewer decides on the appeal."""
        review = Review(reviewer_id=OMAR, at=self.time, reason="zebra reason")
        await self.appeals.decide(key, AppealState.UPHELD, review)

    async def report(self, case: Case, reporter: int = ANA) -> None:
        """Somebody reports a message, with words."""
        new = NewReport(guild_id=case.guild_id, message_id=case.evidence.message_id, edit=0, reporter_id=reporter)
        await self.reports.file(new)
        await self.reports.attach(new, case.number)
        await self.reports.add_words(case.guild_id, case.evidence.message_id, reporter, "zebra words")

    async def erase(self, guild: int = HERE) -> Erased:
        """Ana wants her words gone; all cards are changed."""
        await self.texts.ask(guild, ANA, asked_by=ANA)
        return await self.go_on(guild)

    async def go_on(self, guild: int = HERE) -> Erased:
        """Do what is left."""
        erased = await self.texts.erase(guild, ANA)
        await self.texts.end(guild, ANA)
        return erased

    async def words(self, part: str = "zebra") -> list[str]:
        """Every text that is left, wherever it is."""
        cipher, found = Cipher((self.key,)), []
        async with self.engine.connect() as connection:
            for columns in encrypted_columns().values():
                for column in columns:
                    tokens = (await connection.execute(select(column))).scalars()
                    found += [cipher.decrypt(token) or "" for token in tokens if token]
        return [text for text in found if part in text]

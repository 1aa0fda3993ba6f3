"""A member asks for their words to be erased: what goes at once, what waits, and what stays."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.moderation.appeals.appeal import Answer, AppealKey, AppealState, NewAppeal, Review
from bot.moderation.cases.action import ActionKind, ActionState, NewAction
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import (
    RATIONALE_ERASED,
    Case,
    CaseKind,
    CaseState,
    ContextLine,
    Decision,
    Evidence,
    Judged,
    NewCase,
)
from bot.moderation.lookups.search import CaseQuery
from bot.moderation.members.privacy import Erased
from bot.moderation.members.report import NewReport
from bot.storage.audit.log import SqlAuditLog
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.marks import marks_of
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.cases.stale_cards import SqlStaleCards
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.members.appeals import SqlAppealStore
from bot.storage.members.reports import SqlReportStore
from bot.storage.privacy.erasure import BATCH
from bot.storage.privacy.key_rotation import encrypted_columns, renew
from bot.storage.privacy.member_data import SqlMemberTexts
from bot.storage.privacy.quotes import ERASED_MEMBER
from bot.storage.tables.actions import case_notes
from bot.storage.tables.cases import cases, metadata
from bot.storage.tables.lookups import note_words

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


@pytest.fixture
def kept(file_engine: AsyncEngine) -> Kept:
    """Nothing yet."""
    return Kept(file_engine)


async def test_all_words_go_and_the_facts_stay(kept: Kept) -> None:
    """Texts of the case, reasons, notes and their marks, appeals, reports; each with an entry."""
    case, other = await kept.case(), await kept.case(BEN)
    await kept.actions.add(
        NewAction(guild_id=HERE, case_number=1, kind=ActionKind.WARN, target_id=ANA, by=OMAR, reason="zebra reason")
    )
    await kept.notes.add(HERE, case.number, author_id=OMAR, text="zebra note")
    await kept.appeal(case)
    await kept.report(other)
    erased = await kept.erase()
    assert erased == Erased(guild_id=HERE, member_id=ANA, cases=1, appeals=1, reports=1)
    assert erased.is_over
    assert sorted(await kept.words()) == sorted(
        ["zebra text", '[[8, "zebra context"]]', "zebra rationale", "zebra reasoning"]
    )
    async with kept.engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(note_words))).scalar_one() == 0
    found = await kept.cases.get(HERE, 1)
    assert found is not None
    assert (found.evidence.text, found.evidence.context, found.judged.reasoning) == (None, (), None)
    assert found.judged.rationale == "(Erased, because the member asked for it.)"
    assert (found.state, found.judged.policy_name, found.judged.score) == (CaseState.VIOLATION, "harassment", 0.9)
    entries = [(each.action, each.subject, each.detail, each.actor_id) for each in await kept.audit.entries(HERE)]
    erasures = [each for each in entries if each[0] in {AuditAction.TEXTS_ERASED, AuditAction.ERASURE_ASKED}]
    assert erasures == [
        (AuditAction.TEXTS_ERASED, "case:2", "report", ANA),
        (AuditAction.TEXTS_ERASED, "case:1", "appeal", ANA),
        (AuditAction.TEXTS_ERASED, "case:1", "case", ANA),
        (AuditAction.ERASURE_ASKED, f"member:{ANA}", "", ANA),
    ]
    assert await kept.texts.asked() == ()


async def test_what_is_to_be_decided_waits_and_then_goes(kept: Kept) -> None:
    """An open case, a case under appeal, the appeal, and a report on an open case keep their words until then."""
    opened, appealed, of_ben = await kept.case(decided=False), await kept.case(), await kept.case(BEN, decided=False)
    key = await kept.appeal(appealed, decided=False)
    await kept.report(of_ben)
    before = sorted(await kept.words())
    erased = await kept.erase()
    assert (erased.cases, erased.appeals, erased.reports, erased.kept) == (0, 0, 0, 4)
    assert sorted(await kept.words()) == before
    assert await kept.texts.asked() == ((HERE, ANA),)
    await kept.decide(opened)
    assert (await kept.go_on()).cases == 1
    await kept.hear(key)
    assert (await kept.go_on()).kept == 1
    await kept.decide(of_ben)
    assert (await kept.go_on()).reports == 1
    assert await kept.texts.asked() == ()


async def test_what_comes_after_the_request_stays(kept: Kept) -> None:
    """A request is about what was there when it was made, not about the future."""
    first = await kept.case(decided=False)
    await kept.erase()
    kept.time += timedelta(hours=1)
    await kept.case()
    await kept.decide(first)
    await kept.go_on()
    second = await kept.cases.get(HERE, 2)
    assert second is not None
    assert second.evidence.text == "zebra text"


async def test_lines_beside_cases_of_others_go_one_by_one(kept: Kept) -> None:
    """What others said there stays; in an open case everything waits."""
    lines = (ContextLine(author_id=ANA, text="zebra one"), ContextLine(author_id=BEN, text="zebra two"))
    closed = await kept.case(BEN, context=lines)
    alone = await kept.case(BEN, context=lines[:1])
    waiting = await kept.case(BEN, context=lines, decided=False)
    erased = await kept.erase()
    assert (erased.mentions, erased.kept) == (2, 1)
    left = [await kept.cases.get(HERE, each.number) for each in (closed, alone, waiting)]
    assert [case and case.evidence.context for case in left] == [lines[1:], (), lines]
    await kept.decide(waiting)
    assert (await kept.go_on()).mentions == 1


async def test_other_servers_and_other_members_keep_theirs(kept: Kept) -> None:
    """A request is for one server."""
    await kept.case(guild=ELSEWHERE)
    ben = await kept.case(BEN, context=())
    await kept.report(ben, reporter=OMAR)
    before = sorted(await kept.words())
    assert (await kept.erase()).is_over
    assert sorted(await kept.words()) == before


async def test_many_cases_go_in_batches(kept: Kept) -> None:
    """More than one transaction takes: all are gone, none is counted twice."""
    await kept.case()
    async with kept.engine.begin() as connection:
        row = (await connection.execute(select(cases))).mappings().one()
        more = [{**row, "number": number, "message_id": number} for number in range(2, BATCH + 3)]
        await connection.execute(cases.insert(), more)
    assert (await kept.erase()).cases == BATCH + 2
    assert await kept.words() == []


async def test_cards_that_quote_erased_words_are_stale_until_they_are_done(kept: Kept) -> None:
    """Those of cases and those of appeals; a refusal puts them off, and what was marked again stays."""
    stale = SqlStaleCards(kept.engine, now=kept.now)
    case, appealed, without = await kept.case(), await kept.case(), await kept.case()
    await kept.cases.card_posted(HERE, case.number, channel_id=50, message_id=60)
    await kept.appeals.card_posted(await kept.appeal(appealed), channel_id=50, message_id=61)
    assert (await kept.erase()).cases == 3
    assert await stale.servers() == (HERE,)
    first, second = await stale.due(HERE, limit=10)
    assert (first.case_number, second.case_number, without.number) == (1, 2, 3)
    await stale.put_off(first, until=kept.time + timedelta(minutes=1))
    await stale.done(second)
    assert await stale.servers() == ()
    kept.time += timedelta(minutes=2)
    (again,) = await stale.due(HERE, limit=10)
    assert (again.case_number, again.tries) == (1, 1)
    await kept.notes.add(HERE, 1, author_id=OMAR, text="zebra note")
    kept.time += timedelta(days=1)
    await kept.notes.purge_texts(HERE, before=kept.time)
    await stale.done(again)
    assert [(each.case_number, each.tries) for each in await stale.due(HERE, limit=10)] == [(1, 0)]


async def test_what_automod_stopped_waits_for_nobody(kept: Kept) -> None:
    """Such a case is open for ever, and nobody is asked to decide on it."""
    case = await kept.case(decided=False)
    async with kept.engine.begin() as connection:
        await connection.execute(update(cases).values(kind=CaseKind.AUTOMOD.value))
    assert case.state is CaseState.OPEN
    erased = await kept.erase()
    assert (erased.cases, erased.kept) == (1, 0)
    assert await kept.words() == []


async def test_what_a_judge_wrote_about_them_beside_others_goes(kept: Kept) -> None:
    """Where it names their letter or repeats their words; else only mentions go, from every text."""
    named = await kept.case(BEN, context=(), rationale="zebra: B is mocked.", speakers=(("A", BEN), ("B", ANA)))
    lines = (ContextLine(author_id=ANA, text="zebra I am ill today"), ContextLine(author_id=BEN, text="zebra ha"))
    quoted = await kept.case(BEN, context=lines, rationale="zebra: answers 'I am ILL, today' with a laugh.")
    mentioned = await kept.case(BEN, context=(), text=f"zebra <@{ANA}> zebra", rationale=f"zebra <@!{ANA}>")
    untouched = await kept.case(BEN, context=(), rationale="zebra: A is rude.", speakers=(("A", BEN),))
    await kept.cases.card_posted(HERE, named.number, channel_id=50, message_id=60)
    assert (await kept.erase()).mentions == 3
    found = [await kept.cases.get(HERE, each.number) for each in (named, quoted, mentioned, untouched)]
    judged = [case.judged for case in found if case is not None]
    assert [each.rationale for each in judged] == [
        RATIONALE_ERASED,
        RATIONALE_ERASED,
        f"zebra {ERASED_MEMBER}",
        "zebra: A is rude.",
    ]
    assert judged[0].speakers == (("A", BEN),)
    assert found[1] is not None
    assert found[1].evidence.context == lines[1:]
    assert found[2] is not None
    assert found[2].evidence.text == f"zebra {ERASED_MEMBER} zebra"
    assert found[3] is not None
    assert (found[3].evidence, found[3].judged) == (untouched.evidence, untouched.judged)
    assert [each.case_number for each in await SqlStaleCards(kept.engine, now=kept.now).due(HERE, limit=9)] == [1]


async def test_mentions_by_others_go_wherever_they_are_kept(kept: Kept) -> None:
    """Notes with the marks of their words, reasons, reports, appeals; searches for the member are deleted."""
    long_id = 175928847299117063
    case = await kept.case(BEN, context=())
    note = await kept.notes.add(HERE, case.number, author_id=OMAR, text=f"zebra with <@{long_id}> {long_id}")
    new = NewAction(
        guild_id=HERE, case_number=1, kind=ActionKind.WARN, target_id=BEN, by=OMAR, reason=f"zebra <@{long_id}>"
    )
    await kept.actions.add(new)
    await kept.searches.keep(HERE, CaseQuery(member_id=long_id))
    await kept.texts.ask(HERE, long_id, asked_by=None)
    erased = await kept.texts.erase(HERE, long_id)
    assert erased.other_texts == 2
    (said,) = (await kept.notes.of_cases(HERE, (1,)))[1]
    assert (said.id, said.text) == (note.id, f"zebra with {ERASED_MEMBER} {ERASED_MEMBER}")
    assert not any(str(long_id) in text for text in await kept.words(""))
    assert await kept.searches.kept(HERE, 1) is None
    words = {mark for word in ("zebra", "erased") for mark in marks_of(Cipher((kept.key,)), HERE, word)}
    async with kept.engine.connect() as connection:
        assert words <= set((await connection.execute(select(note_words.c.word))).scalars())


async def test_nothing_readable_is_left_in_the_files(kept: Kept) -> None:
    """Neither in the database's own file nor in its log: not even the encrypted texts."""
    case = await kept.case()
    await kept.notes.add(HERE, case.number, author_id=OMAR, text="zebra note")
    async with kept.engine.connect() as connection:
        tokens = list((await connection.execute(select(cases.c.text_encrypted))).scalars())
        tokens += (await connection.execute(select(case_notes.c.text_encrypted))).scalars()
    await kept.erase()
    files = sorted(Path(str(kept.engine.url.database)).parent.iterdir())
    assert all(token not in file.read_bytes() for token in tokens for file in files)
    assert len(files) >= 1


async def test_an_erased_rationale_survives_a_change_of_keys(kept: Kept) -> None:
    """It is nothing to encrypt and nothing that cannot be read."""
    await kept.case()
    await kept.erase()
    report = await renew(kept.engine, Cipher((new_key().encode(), kept.key)))
    assert (report.texts, report.unreadable) == (0, 0)


async def test_an_export_holds_what_is_the_members_own(kept: Kept) -> None:
    """Their words and what was done to them; no moderators, no words of others, no text that they only forwarded."""
    case = await kept.case()
    await kept.case(forwarded=True)
    await kept.case(decided=False)
    await kept.case(guild=ELSEWHERE)
    warn = NewAction(guild_id=HERE, case_number=1, kind=ActionKind.WARN, target_id=ANA, by=OMAR, reason="zebra reason")
    action, _ = await kept.actions.add(warn)
    await kept.actions.settle(action.id, ActionState.DONE)
    await kept.notes.add(HERE, case.number, author_id=OMAR, text="zebra note")
    await kept.appeal(case)
    await kept.report(await kept.case(BEN))
    data = await kept.texts.export(ANA, guild_id=HERE)
    assert [(each["case"], each["text"]) for each in data["cases"]] == [(1, "zebra text"), (2, None)]
    assert [each["what"] for each in data["cases"][0]["actions"]] == ["warn"]
    assert data["appeals"][0]["your_answers"] == [{"question": "Why?", "answer": "zebra answer"}]
    assert [each["your_words"] for each in data["reports"]] == ["zebra words"]
    written = json.dumps(data)
    assert not any(word in written for word in ("zebra context", "zebra note", "zebra rationale", "zebra reasoning"))
    assert f'"{OMAR}"' not in written
    assert str(OMAR) not in written.replace(data["exported_at"], "")
    everything = await kept.texts.export(ANA, everything=True)
    assert [(each["server_id"], each["case"]) for each in everything["cases"]] == [
        ("1", 1),
        ("1", 2),
        ("1", 3),
        ("2", 1),
    ]
    assert await kept.texts.servers() == (HERE, ELSEWHERE)


async def test_an_export_after_an_erasure_has_no_words(kept: Kept) -> None:
    """Facts only."""
    case = await kept.case()
    await kept.appeal(case)
    await kept.report(await kept.case(BEN))
    await kept.erase()
    assert "zebra" not in json.dumps(await kept.texts.export(ANA, everything=True))


async def test_an_undecided_case_is_in_the_file_once_something_was_done(kept: Kept) -> None:
    """Then the member knows of it anyway."""
    case = await kept.case(decided=False)
    assert (await kept.texts.export(ANA))["cases"] == []
    new = NewAction(guild_id=HERE, case_number=case.number, kind=ActionKind.TIMEOUT, target_id=ANA, by=None)
    action, _ = await kept.actions.add(new)
    assert (await kept.texts.export(ANA))["cases"] == []
    await kept.actions.settle(action.id, ActionState.DONE)
    assert [each["case"] for each in (await kept.texts.export(ANA))["cases"]] == [case.number]


async def test_mutes_are_in_the_file(kept: Kept) -> None:
    """Whose reports are not taken may know until when."""
    async with kept.engine.begin() as connection:
        mutes = metadata.tables["report_mutes"]
        await connection.execute(mutes.insert().values(guild_id=HERE, member_id=ANA, until=NOON, by=OMAR))
        await connection.execute(update(mutes).values(until=NOON))
    assert (await kept.texts.export(ANA))["reports_not_taken"] == [{"server_id": "1", "until": NOON.isoformat()}]

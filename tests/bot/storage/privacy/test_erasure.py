"""A member asks for their words to be erased: what goes at once, what waits, and what stays."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import func, select, update

from bot.keys import Cipher, new_key
from bot.moderation.cases.action import ActionKind, ActionState, NewAction
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import (
    CaseKind,
    CaseState,
    ContextLine,
)
from bot.moderation.members.privacy import Erased
from bot.storage.privacy.erasure import BATCH
from bot.storage.privacy.key_rotation import renew
from bot.storage.tables.cases import cases, metadata
from bot.storage.tables.lookups import note_words
from tests.bot.storage.privacy.kept import ANA, BEN, ELSEWHERE, HERE, NOON, OMAR, Kept


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


async def test_what_was_written_about_a_case_goes_even_when_its_own_texts_are_gone(kept: Kept) -> None:
    """A note may be younger than the case, and why somebody reported the message is about it, too."""
    case = await kept.case()
    await kept.report(case, reporter=BEN)
    kept.time += timedelta(days=40)
    assert await kept.cases.purge_texts(HERE, before=kept.time) == 1
    new = NewAction(guild_id=HERE, case_number=1, kind=ActionKind.WARN, target_id=ANA, by=OMAR, reason="zebra reason")
    await kept.actions.add(new)
    await kept.notes.add(HERE, case.number, author_id=OMAR, text="zebra note")
    assert sorted(await kept.words()) == ["zebra note", "zebra reason", "zebra words"]
    assert (await kept.erase()).cases == 1
    assert await kept.words() == []
    assert (await kept.erase()).cases == 0


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


async def test_what_automod_stopped_waits_for_nobody(kept: Kept) -> None:
    """Such a case is open forever, and nobody is asked to decide on it."""
    case = await kept.case(decided=False)
    async with kept.engine.begin() as connection:
        await connection.execute(update(cases).values(kind=CaseKind.AUTOMOD.value))
    assert case.state is CaseState.OPEN
    erased = await kept.erase()
    assert (erased.cases, erased.kept) == (1, 0)
    assert await kept.words() == []


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


async def test_an_appealed_case_is_in_the_file(kept: Kept) -> None:
    """Also while it is open; the file says so."""
    case = await kept.case(decided=False)
    await kept.appeal(case)
    data = await kept.texts.export(ANA)
    assert [each["case"] for each in data["cases"]] == [case.number]
    assert "open cases in which nothing was done and which you did not appeal" in data["about_this_file"]


async def test_further_messages_of_a_case_are_in_the_file(kept: Kept) -> None:
    """By their ids; those of other members are not."""
    case = await kept.case()
    async with kept.engine.begin() as connection:
        joined = {"guild_id": HERE, "edit": 0, "version_id": 1, "case_number": case.number, "gone": False}
        joined |= {"channel_id": 10, "joined_at": NOON}
        further = metadata.tables["case_messages"]
        await connection.execute(further.insert().values(message_id=901, author_id=ANA, **joined))
        await connection.execute(further.insert().values(message_id=902, author_id=BEN, **joined))
    (exported,) = (await kept.texts.export(ANA))["cases"]
    assert [(each["channel_id"], each["message_id"]) for each in exported["further_messages"]] == [("10", "901")]


async def test_mutes_are_in_the_file(kept: Kept) -> None:
    """Whose reports are not taken may know until when."""
    async with kept.engine.begin() as connection:
        mutes = metadata.tables["report_mutes"]
        await connection.execute(mutes.insert().values(guild_id=HERE, member_id=ANA, until=NOON, by=OMAR))
        await connection.execute(update(mutes).values(until=NOON))
    assert (await kept.texts.export(ANA))["reports_not_taken"] == [{"server_id": "1", "until": NOON.isoformat()}]

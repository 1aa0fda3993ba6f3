"""An erased member is not quoted anywhere: by the judge, by others, on cards, in the files of the database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.keys import Cipher
from bot.moderation.appeals.appeal import Asked
from bot.moderation.cases.action import ActionKind, NewAction
from bot.moderation.cases.case import (
    RATIONALE_ERASED,
    ContextLine,
)
from bot.moderation.cases.webhook import CopiedMessage, Webhook
from bot.moderation.lookups.search import CaseQuery
from bot.storage.cases.marks import marks_of
from bot.storage.cases.stale_cards import SqlStaleCards
from bot.storage.privacy.quotes import ERASED_MEMBER
from bot.storage.tables.actions import case_notes
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import note_words
from tests.bot.storage.privacy.kept import ANA, BEN, HERE, NOON, OMAR, Kept


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


async def test_the_same_words_by_a_webhook_go(kept: Kept) -> None:
    """They may be the member's. Which webhook it was stays, and so does what it said of others' words."""
    hook = Webhook(id=900, name="Luna")
    found = []
    for member_id in (ANA, OMAR):
        copy = CopiedMessage(message_id=700, member_id=member_id, certain=False)
        case = await kept.case(900, context=(), text="zebra again", rationale="zebra: rude.", webhook=hook, copy=copy)
        found.append(case.number)
    assert (await kept.erase()).mentions == 1
    erased, other = [await kept.cases.get(HERE, number) for number in found]
    assert erased is not None
    assert other is not None
    assert (erased.evidence.text, erased.judged.rationale) == (None, RATIONALE_ERASED)
    assert (erased.evidence.webhook, erased.evidence.copy) == (hook, None)
    assert (other.evidence.text, other.evidence.whose) == ("zebra again", OMAR)


@pytest.mark.parametrize(
    ("said", "rationale", "goes"),
    [
        ("zebra I am ill", "Because of “Zebra, I am”", True),
        ("no", "There is no doubt.", False),
        ("is it", "It is it.", False),
        ("hippopotamus", "A hippopotamus!", True),
        ("zebra I am ill", "I am a zebra, and ill.", False),
        ("", "Nothing was said.", False),
    ],
)
async def test_some_words_in_a_row_are_a_quotation(kept: Kept, said: str, rationale: str, *, goes: bool) -> None:
    """Short lines only where they are long enough to mean something."""
    case = await kept.case(BEN, context=(ContextLine(author_id=ANA, text=said),), rationale=rationale)
    await kept.erase()
    found = await kept.cases.get(HERE, case.number)
    assert found is not None
    assert (found.judged.rationale == RATIONALE_ERASED) is goes


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


async def test_an_erased_moderators_questions_stay_readable(kept: Kept) -> None:
    """Who asked what is a fact beside the words: its id keeps its place, and the appeal can be shown and decided."""
    moderator = 175928847299117063
    key = await kept.appeal(await kept.case(), decided=False)
    question = f"Did <@{moderator}> warn you? \u2028 {moderator}"
    await kept.appeals.ask(key, Asked(by=moderator, at=NOON, question=question))
    await kept.texts.ask(HERE, moderator, asked_by=None)
    assert (await kept.texts.erase(HERE, moderator)).other_texts == 1
    appeal = await kept.appeals.get(key)
    assert appeal is not None
    (asked,) = appeal.asked
    assert (asked.by, asked.question) == (moderator, f"Did {ERASED_MEMBER} warn you? \u2028 {ERASED_MEMBER}")


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

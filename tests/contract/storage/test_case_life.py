"""The contract of `CaseStore`, over every implementation: cards, deleted messages, and texts whose time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.moderation.cases.case import (
    RATIONALE_EXPIRED,
    CardState,
    CaseState,
    ContextLine,
    Decision,
    NewCase,
)

NewCases = Callable[..., NewCase]
Stores = Any  # the fixture of conftest.py, which no test can import

GUILD, OTHER_GUILD = 1, 2


async def test_a_posted_card_is_remembered(stores: Stores, case_factory: NewCases) -> None:
    """The case knows where its card stands, and asks for none any more."""
    case, _ = await stores.cases.open(case_factory())
    posted = await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=60)
    assert posted == replace(case, card_state=CardState.POSTED, card_channel_id=50, card_message_id=60)
    assert await stores.cases.get(GUILD, 1) == posted
    assert await stores.cases.pending_cards() == ()
    assert await stores.cases.servers_with_pending_cards() == set()


async def test_a_lost_card_is_pending_again(stores: Stores, case_factory: NewCases) -> None:
    """A card that was deleted is posted again later. Where it stood is kept."""
    case, _ = await stores.cases.open(case_factory())
    await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=60)
    lost = await stores.cases.card_lost(GUILD, 1)
    assert lost == replace(case, card_channel_id=50, card_message_id=60)
    assert await stores.cases.pending_cards() == (lost,)


async def test_saying_the_same_of_a_card_twice_is_as_good_as_once(stores: Stores, case_factory: NewCases) -> None:
    """Repetitions change nothing and leave no second audit entry."""
    await stores.cases.open(case_factory())
    for _ in range(2):
        await stores.cases.card_lost(GUILD, 1)
    first = await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=60)
    assert await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=60) == first
    await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=61)
    actions = [entry.action for entry in await stores.audit.entries(GUILD)]
    assert actions == ["card_posted", "card_posted", "case_opened"]


async def test_a_card_does_not_touch_a_decision(stores: Stores, case_factory: NewCases) -> None:
    """Cards come and go; what was decided stays."""
    await stores.cases.open(case_factory())
    made = Decision(state=CaseState.VIOLATION, moderator_id=77, at=stores.clock())
    await stores.cases.decide(GUILD, 1, made)
    await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=60)
    case = await stores.cases.card_lost(GUILD, 1)
    assert (case.state, case.decision) == (CaseState.VIOLATION, made)


async def test_pending_cards_come_oldest_first(stores: Stores, case_factory: NewCases) -> None:
    """Of all servers or of one, as many as are asked for."""
    for guild in (OTHER_GUILD, GUILD, OTHER_GUILD, GUILD):
        await stores.cases.open(case_factory(guild_id=guild))
        stores.clock.forward(minutes=1)
    await stores.cases.card_posted(GUILD, 2, channel_id=50, message_id=60)

    def named(found: Any) -> list[tuple[int, int]]:
        return [(case.guild_id, case.number) for case in found]

    assert named(await stores.cases.pending_cards()) == [(2, 1), (1, 1), (2, 2)]
    assert named(await stores.cases.pending_cards(limit=2)) == [(2, 1), (1, 1)]
    assert named(await stores.cases.pending_cards(GUILD)) == [(1, 1)]
    assert named(await stores.cases.pending_cards(99)) == []
    assert await stores.cases.servers_with_pending_cards() == {1, 2}


async def test_pending_cards_of_one_moment_have_an_order(stores: Stores, case_factory: NewCases) -> None:
    """Cases opened in the same instant come by server and number, every time."""
    for guild in (2, 1, 2, 1):
        await stores.cases.open(case_factory(guild_id=guild))
    found = [(case.guild_id, case.number) for case in await stores.cases.pending_cards()]
    assert found == [(1, 1), (1, 2), (2, 1), (2, 2)]


async def test_deleted_messages_are_gone_from_their_cases(stores: Stores, case_factory: NewCases) -> None:
    """All cases about the messages say so, and come back once."""
    for message, edit in ((500, 0), (501, 0), (500, 9), (502, 0)):
        await stores.cases.open(case_factory(message_id=message, edit=edit))
    changed = await stores.cases.mark_gone(GUILD, (502, 500, 999))
    assert [(case.number, case.evidence.gone) for case in changed] == [(1, True), (3, True), (4, True)]
    assert changed[0] == await stores.cases.get(GUILD, 1)
    assert changed[0].evidence.text == "you are a fool"
    assert not (await stores.cases.get(GUILD, 2)).evidence.gone
    assert await stores.cases.mark_gone(GUILD, (500, 502)) == ()
    assert await stores.cases.mark_gone(GUILD, ()) == ()


async def test_a_purge_of_many_messages_is_one_call(stores: Stores, case_factory: NewCases) -> None:
    """More messages than a statement can name are no trouble."""
    for message in (1, 40_000):
        await stores.cases.open(case_factory(message_id=message))
    changed = await stores.cases.mark_gone(GUILD, tuple(range(40_000, 0, -1)))
    assert [case.number for case in changed] == [1, 2]


async def test_a_deleted_channel_takes_its_messages_with_it(stores: Stores, case_factory: NewCases) -> None:
    """Every case about a message of that channel says that it is gone; others do not."""
    for channel in (10, 11, 10):
        await stores.cases.open(case_factory(channel_id=channel))
    changed = await stores.cases.mark_channel_gone(GUILD, 10)
    assert [(case.number, case.evidence.gone) for case in changed] == [(1, True), (3, True)]
    assert await stores.cases.mark_channel_gone(GUILD, 10) == ()
    assert not (await stores.cases.get(GUILD, 2)).evidence.gone


async def test_two_reports_of_one_deletion_change_a_case_once(stores: Stores, case_factory: NewCases) -> None:
    """Discord may tell of a message and of its channel at the same time."""
    await stores.cases.open(case_factory(message_id=500, channel_id=10))
    answers = await asyncio.gather(
        stores.cases.mark_gone(GUILD, (500,)),
        stores.cases.mark_channel_gone(GUILD, 10),
        stores.cases.mark_gone(GUILD, (500,)),
    )
    assert sum(len(answer) for answer in answers) == 1
    assert len(await stores.audit.entries(GUILD)) == 2


async def test_old_texts_are_purged_and_the_case_stays(stores: Stores, case_factory: NewCases) -> None:
    """Text, rationale and reasoning go; number, rules and decision stay."""
    case, _ = await stores.cases.open(case_factory())
    stores.clock.forward(days=30)
    young, _ = await stores.cases.open(case_factory())
    assert await stores.cases.purge_texts(GUILD, before=stores.clock() - timedelta(days=29)) == 1
    assert await stores.cases.get(GUILD, 1) == replace(
        case,
        evidence=replace(case.evidence, text=None),
        judged=replace(case.judged, rationale=RATIONALE_EXPIRED, reasoning=None),
    )
    assert await stores.cases.get(GUILD, 2) == young


async def test_a_case_is_purged_once(stores: Stores, case_factory: NewCases) -> None:
    """What has no text any more is not counted again; the moment itself is not before itself."""
    await stores.cases.open(case_factory())
    await stores.cases.open(case_factory(text=None, reasoning=None))
    await stores.cases.open(case_factory(text=None))
    assert await stores.cases.purge_texts(GUILD, before=stores.clock()) == 0
    stores.clock.forward(seconds=1)
    assert await stores.cases.purge_texts(GUILD, before=stores.clock()) == 3
    assert await stores.cases.purge_texts(GUILD, before=stores.clock()) == 0
    purged = [entry.subject for entry in await stores.audit.entries(GUILD) if entry.action == "texts_purged"]
    assert purged == ["case:3", "case:2", "case:1"]


async def test_numbers_go_on_after_a_purge(stores: Stores, case_factory: NewCases) -> None:
    """No number is given out twice."""
    await stores.cases.open(case_factory())
    stores.clock.forward(days=99)
    await stores.cases.purge_texts(GUILD, before=stores.clock())
    case, _ = await stores.cases.open(case_factory())
    assert case.number == 2


async def test_context_is_kept_with_the_case_and_purged_with_its_text(stores: Stores, case_factory: NewCases) -> None:
    """Lines come back as they were, in order; after the retention time there are none, with or without a text."""
    lines = (ContextLine(author_id=7, text="hm"), ContextLine(author_id=8, text="\u202e [x](y) \ud800\0"))
    await stores.cases.open(case_factory(context=lines))
    await stores.cases.open(case_factory(context=lines, text=None, reasoning=None))
    case = await stores.cases.get(GUILD, 1)
    assert case.evidence.context == (lines[0], ContextLine(author_id=8, text="\u202e [x](y) \ufffd\0"))
    stores.clock.forward(seconds=1)
    assert await stores.cases.purge_texts(GUILD, before=stores.clock()) == 2
    assert (await stores.cases.get(GUILD, 1)).evidence.context == ()
    assert await stores.cases.purge_texts(GUILD, before=stores.clock()) == 0

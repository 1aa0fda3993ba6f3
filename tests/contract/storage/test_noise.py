"""What every store of further messages and of shared cards promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.moderation.cards.shared_card import GroupKind
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import CardState, CaseState, Decision, NewCase
from bot.moderation.cases.further_messages import FurtherMessage, MayJoin, Opened

NOTHING = 1  #: the id of a message that no case is about
Make = Callable[..., NewCase]


async def actions(stores: Any, number: int) -> list[AuditAction]:
    """What is in the audit log about a case, oldest first."""
    return [entry.action for entry in reversed(await stores.audit.entries(1, subject=f"case:{number}"))]


async def join(stores: Any, number: int, new: NewCase) -> Opened:
    """Let a message join this case, as one with the same text by the same member."""
    opened: Opened = await stores.messages.open_or_join(new, MayJoin(about=NOTHING, same_text=number))
    return opened


async def about(stores: Any, message_id: int, new: NewCase) -> Opened:
    """Let a message join the open case about this one."""
    opened: Opened = await stores.messages.open_or_join(new, MayJoin(about=message_id))
    return opened


async def test_a_further_message_joins_an_open_case(stores: Any, case_factory: Make) -> None:
    """It counts as judged, finds its case, and is in the audit log."""
    await stores.cases.open(case_factory(message_id=500))
    joined = await join(stores, 1, case_factory(message_id=501, channel_id=11))
    assert (joined.case.number, joined.is_new, joined.is_further) == (1, False, True)
    assert await stores.messages.of_cases(1, (1, 2)) == {
        1: (FurtherMessage(channel_id=11, message_id=501, author_id=7),)
    }
    assert await stores.cases.was_judged(guild_id=1, message_id=501, edit=0, version_id=40)
    found = await stores.cases.latest_for_message(1, 501)
    assert found is not None
    assert found.number == 1
    assert await actions(stores, 1) == [AuditAction.CASE_OPENED, AuditAction.MESSAGE_JOINED]


async def test_a_message_that_joined_opens_no_case_of_its_own(stores: Any, case_factory: Make) -> None:
    """Under the same version and edit; another version is another verdict."""
    await stores.cases.open(case_factory(message_id=500))
    further = case_factory(message_id=501)
    await join(stores, 1, further)
    case, is_new = await stores.cases.open(further)
    assert (case.number, is_new) == (1, False)
    assert (await stores.cases.open(case_factory(message_id=501, version_id=41)))[1]


async def test_what_was_judged_or_decided_takes_no_further_message(stores: Any, case_factory: Make) -> None:
    """Nor does a case that is not there, or another server's: the message gets a case of its own, and no number is
    left out."""
    first = case_factory(message_id=500)
    await stores.cases.open(first)
    await stores.cases.open(case_factory(message_id=501))
    again = await join(stores, 2, first)
    assert (again.case.number, again.is_new, again.is_further) == (1, False, False)
    assert (await join(stores, 1, case_factory(message_id=502, guild_id=2))).is_new
    further = case_factory(message_id=503)
    assert (await join(stores, 1, further)).is_further
    assert not (await join(stores, 1, further)).is_further
    assert (await join(stores, 9, case_factory(message_id=504))).case.number == 3
    decision = Decision(state=CaseState.VIOLATION, moderator_id=5, at=stores.clock())
    await stores.cases.decide(1, 1, decision)
    opened = await join(stores, 1, case_factory(message_id=505))
    assert (opened.case.number, opened.is_new) == (4, True)


async def test_one_message_joins_once_however_many_ask(stores: Any, case_factory: Make) -> None:
    """Whoever comes second is told."""
    await stores.cases.open(case_factory(message_id=500))
    further = case_factory(message_id=501)
    answers = await asyncio.gather(*(join(stores, 1, further) for _ in range(6)))
    assert sum(answer.is_further for answer in answers) == 1
    assert {answer.case.number for answer in answers} == {1}


async def test_another_version_of_a_message_joins_the_newest_open_case_about_it(
    stores: Any, case_factory: Make
) -> None:
    """Of the same policy and server; where that is decided or none is, it gets one of its own."""
    for version in (40, 41):
        await stores.cases.open(case_factory(message_id=500, version_id=version))
    joined = await about(stores, 500, case_factory(message_id=500, edit=1))
    assert (joined.case.number, joined.is_further) == (2, True)
    assert (await about(stores, 500, case_factory(message_id=501, guild_id=2))).is_new
    assert (await about(stores, 500, case_factory(message_id=502, policy_id=4))).is_new
    decision = Decision(state=CaseState.VIOLATION, moderator_id=5, at=stores.clock())
    await stores.cases.decide(1, 2, decision)
    assert (await about(stores, 500, case_factory(message_id=503))).case.number == 1
    await stores.cases.decide(1, 1, decision)
    assert (await about(stores, 500, case_factory(message_id=504))).is_new


async def test_cases_that_open_at_once_are_numbered_without_a_gap(stores: Any, case_factory: Make) -> None:
    """Although each takes a number before it knows whether it needs one."""
    messages = [case_factory(message_id=500 + number % 4) for number in range(12)]
    opened = await asyncio.gather(*(about(stores, new.evidence.message_id, new) for new in messages))
    assert sorted(each.case.number for each in opened if each.is_new) == [1, 2, 3, 4]
    assert (await stores.cases.open(case_factory(message_id=900)))[0].number == 5


async def test_a_case_that_cannot_be_kept_takes_no_other_with_it(stores: Any, case_factory: Make) -> None:
    """Although they come at once: whoever asked for that one is told, and its number goes to the next case."""
    good = [case_factory() for _ in range(4)]
    bad = case_factory()
    bad = replace(bad, evidence=replace(bad.evidence, posted_at="yesterday"))
    asked = [about(stores, new.evidence.message_id, new) for new in (good[0], good[1], bad, good[2], good[3])]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    if not refused:  # memory takes anything
        return
    assert len(refused) == 1
    assert sorted(answer.case.number for answer in answers if isinstance(answer, Opened)) == [1, 2, 3, 4]


async def test_cases_that_still_wait_for_a_card(stores: Any, case_factory: Make) -> None:
    """Pending or held back, by number, in this server; one that has a card of its own does not."""
    for _ in range(4):
        await stores.cases.open(case_factory())
    await stores.cases.card_posted(1, 2, channel_id=99, message_id=9)
    group = await stores.groups.open(1, GroupKind.HELD)
    await stores.groups.add(1, group.id, (3,), CardState.HELD)
    lines = await stores.groups.waiting(1, (4, 3, 2, 1, 77))
    assert [(line.number, line.card_state) for line in lines] == [
        (1, CardState.PENDING),
        (3, CardState.HELD),
        (4, CardState.PENDING),
    ]
    assert await stores.groups.waiting(2, (1, 3)) == ()


async def test_an_edit_is_not_one_more_message(stores: Any, case_factory: Make) -> None:
    """Of the first message or of a further one: both are judged, neither is listed twice."""
    await stores.cases.open(case_factory(message_id=500))
    for message, edit in ((500, 9), (501, 0), (501, 9)):
        assert (await join(stores, 1, case_factory(message_id=message, edit=edit))).is_further
    found = await stores.messages.of_cases(1, (1,))
    assert [also.message_id for also in found[1]] == [501]


async def test_further_messages_that_are_deleted_are_gone(stores: Any, case_factory: Make) -> None:
    """Each by itself; their case comes back so that its card can say so, once."""
    await stores.cases.open(case_factory(message_id=500))
    await join(stores, 1, case_factory(message_id=501, channel_id=11))
    await join(stores, 1, case_factory(message_id=502, channel_id=12))
    (case,) = await stores.cases.mark_gone(1, (501,))
    assert (case.number, case.evidence.gone) == (1, False)
    assert await stores.cases.mark_gone(1, (501,)) == ()
    assert [each.number for each in await stores.cases.mark_channel_gone(1, 12)] == [1]
    assert [each.number for each in await stores.cases.mark_gone(1, (500, 502))] == [1]
    assert [also.gone for also in (await stores.messages.of_cases(1, (1,)))[1]] == [True, True]
    assert (await actions(stores, 1)).count(AuditAction.MESSAGE_GONE) == 3


async def test_cases_on_a_shared_card(stores: Any, case_factory: Make) -> None:
    """Their cards wait no more; what had a card of its own keeps it; everything is on record."""
    for author in (7, 7, 8):
        await stores.cases.open(case_factory(author_id=author))
    await stores.cases.card_posted(1, 1, channel_id=99, message_id=9)
    await join(stores, 2, case_factory(message_id=900))
    group = await stores.groups.open(1, GroupKind.RAID)
    await stores.groups.add(1, group.id, (1,), None)
    await stores.groups.add(1, group.id, (3, 2, 1), CardState.GROUPED)
    lines = await stores.groups.lines(1, group.id)
    assert [(line.number, line.author_id, line.card_state, line.messages) for line in lines] == [
        (1, 7, CardState.POSTED, 1),
        (2, 7, CardState.GROUPED, 2),
        (3, 8, CardState.GROUPED, 1),
    ]
    assert lines[0].rules[0].id == "R1"
    assert all(line.is_open for line in lines)
    assert await stores.cases.pending_cards(1) == ()
    assert await stores.groups.of_case(1, 2) == (group,)
    assert (await actions(stores, 2))[-1] is AuditAction.CARD_GROUPED
    assert AuditAction.CARD_GROUPED not in await actions(stores, 1)


async def test_held_back_and_shown_after_all(stores: Any, case_factory: Make) -> None:
    """A case that is held back can move to another shared card, or get one of its own."""
    await stores.cases.open(case_factory())
    await stores.cases.open(case_factory())
    held = await stores.groups.open(1, GroupKind.HELD)
    await stores.groups.add(1, held.id, (1, 2), CardState.HELD)
    await stores.groups.add(1, held.id, (1,), CardState.HELD)
    assert (await actions(stores, 1)).count(AuditAction.CARD_HELD) == 1
    raid = await stores.groups.open(1, GroupKind.RAID)
    await stores.groups.add(1, raid.id, (1,), CardState.GROUPED)
    shown = await stores.cases.card_posted(1, 2, channel_id=99, message_id=9)
    assert shown.card_state is CardState.POSTED
    assert [line.card_state for line in await stores.groups.lines(1, held.id)] == [CardState.GROUPED, CardState.POSTED]
    assert [each.id for each in await stores.groups.of_case(1, 1)] == [held.id, raid.id]


async def test_a_shared_card_belongs_to_its_server(stores: Any, case_factory: Make) -> None:
    """Nobody else finds it, and numbers of cases are not mixed up."""
    await stores.cases.open(case_factory())
    await stores.cases.open(case_factory(guild_id=2))
    group = await stores.groups.open(1, GroupKind.BATCH)
    await stores.groups.add(1, group.id, (1,), CardState.GROUPED)
    await stores.groups.posted(2, group.id, channel_id=1, message_id=1)
    assert await stores.groups.get(1, group.id) == group
    await stores.groups.posted(1, group.id, channel_id=99, message_id=9)
    found = await stores.groups.get(1, group.id)
    assert (found.card_channel_id, found.card_message_id) == (99, 9)
    assert await stores.groups.get(2, group.id) is None
    assert await stores.groups.lines(2, group.id) == ()
    assert await stores.groups.of_case(2, 1) == ()
    assert [each.card_state for each in await stores.cases.pending_cards(2)] == [CardState.PENDING]

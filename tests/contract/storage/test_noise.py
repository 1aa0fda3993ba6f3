"""What every store of further messages and of shared cards promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot.moderation.cards.shared_card import GroupKind
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import CardState, CaseState, Decision, NewCase
from bot.moderation.cases.further_messages import FurtherMessage

Make = Callable[..., NewCase]


async def actions(stores: Any, number: int) -> list[AuditAction]:
    """What stands in the audit log about a case, oldest first."""
    return [entry.action for entry in reversed(await stores.audit.entries(1, subject=f"case:{number}"))]


async def test_a_further_message_joins_an_open_case(stores: Any, case_factory: Make) -> None:
    """It counts as judged, finds its case, and stands in the audit log."""
    await stores.cases.open(case_factory(message_id=500))
    joined = await stores.messages.join(1, case_factory(message_id=501, channel_id=11))
    assert joined is not None
    assert joined.number == 1
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
    await stores.messages.join(1, further)
    case, is_new = await stores.cases.open(further)
    assert (case.number, is_new) == (1, False)
    assert (await stores.cases.open(case_factory(message_id=501, version_id=41)))[1]


async def test_what_was_judged_or_decided_takes_no_further_message(stores: Any, case_factory: Make) -> None:
    """Nor does a case that is not there, or another server's."""
    first = case_factory(message_id=500)
    await stores.cases.open(first)
    await stores.cases.open(case_factory(message_id=501))
    assert await stores.messages.join(1, first) is None
    further = case_factory(message_id=502)
    assert await stores.messages.join(9, further) is None
    assert await stores.messages.join(1, case_factory(message_id=503, guild_id=2)) is None
    assert await stores.messages.join(1, further) is not None
    assert await stores.messages.join(1, further) is None
    decision = Decision(state=CaseState.VIOLATION, moderator_id=5, at=stores.clock())
    await stores.cases.decide(1, 1, decision)
    assert await stores.messages.join(1, case_factory(message_id=504)) is None


async def test_one_message_joins_once_however_many_ask(stores: Any, case_factory: Make) -> None:
    """Whoever comes second is told."""
    await stores.cases.open(case_factory(message_id=500))
    further = case_factory(message_id=501)
    answers = await asyncio.gather(*(stores.messages.join(1, further) for _ in range(6)))
    assert sum(answer is not None for answer in answers) == 1


async def test_an_edit_is_not_one_more_message(stores: Any, case_factory: Make) -> None:
    """Of the first message or of a further one: both are judged, neither is listed twice."""
    await stores.cases.open(case_factory(message_id=500))
    for message, edit in ((500, 9), (501, 0), (501, 9)):
        assert await stores.messages.join(1, case_factory(message_id=message, edit=edit)) is not None
    found = await stores.messages.of_cases(1, (1,))
    assert [also.message_id for also in found[1]] == [501]


async def test_further_messages_that_are_deleted_are_gone(stores: Any, case_factory: Make) -> None:
    """Each by itself; their case comes back so that its card can say so, once."""
    await stores.cases.open(case_factory(message_id=500))
    await stores.messages.join(1, case_factory(message_id=501, channel_id=11))
    await stores.messages.join(1, case_factory(message_id=502, channel_id=12))
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
    await stores.messages.join(2, case_factory(message_id=900))
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

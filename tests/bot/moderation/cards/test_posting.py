"""Every card gets into the channel sooner or later, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.moderation.cards.board import CardPosted, CardRefused
from bot.moderation.cards.face import CardFace
from bot.moderation.cards.shared_card import GroupKind
from bot.moderation.cards.shared_cards import LISTED
from bot.moderation.cases.case import CardState, CaseState, NewCase
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.decisions import Decided, DecidedBefore, Review
from bot.moderation.servers.server import ServerSettings

Seen = Callable[..., MessageSeen]
NO_PERMISSION = CardRefused(why="Bylaw may not write in #mods.", permanent=True)


async def flag(desk: Any, seen: MessageSeen) -> Any:
    """Let the pipeline open a case."""
    (case,) = (await desk.pipeline.see(seen, own_id=1000)).cases
    return case


async def test_a_refused_card_stays_pending_and_an_admin_is_told_once(desk: Any, seen_factory: Seen) -> None:
    """Two refusals, one direct message, both cases kept."""
    desk.board.refusal = NO_PERMISSION
    first = await flag(desk, seen_factory())
    await flag(desk, seen_factory(message_id=301, author_id=8))
    assert first.card_state is CardState.PENDING
    assert [guild_id for guild_id, _ in desk.board.told] == [1]
    assert NO_PERMISSION.why in desk.board.told[0][1]
    assert len(await desk.cases.pending_cards(1)) == 2


async def test_pending_cards_are_posted_when_it_works_again(desk: Any, seen_factory: Seen) -> None:
    """Oldest first; and trouble that comes back is told again."""
    desk.board.refusal = NO_PERMISSION
    await flag(desk, seen_factory())
    await flag(desk, seen_factory(message_id=301, author_id=8))
    assert await desk.card_desk.catch_up(1) == 0
    assert desk.card_desk.in_trouble(1)
    assert await desk.card_desk.servers_to_catch_up() == {1}
    desk.board.refusal = None
    assert await desk.card_desk.catch_up(1) == 2
    assert not desk.card_desk.in_trouble(1)
    assert await desk.card_desk.servers_to_catch_up() == set()
    assert [case.number for case in desk.board.posted] == [1, 2]
    assert await desk.card_desk.catch_up(1) == 0
    desk.board.refusal = NO_PERMISSION
    await flag(desk, seen_factory(message_id=302, author_id=9))
    assert len(desk.board.told) == 2


async def test_a_closed_channel_holds_up_no_other_server(desk: Any, seen_factory: Seen) -> None:
    """Each server that this process looks after is caught up on, whatever the one before it answered."""
    desk.board.refusal = NO_PERMISSION
    case = await flag(desk, seen_factory())
    await desk.servers.save(ServerSettings(guild_id=2, review_channel_id=77, reviewer_role_id=None), actor_id=9)
    await desk.cases.open(NewCase(guild_id=2, kind=case.kind, evidence=case.evidence, judged=case.judged))
    desk.board.refusal = None
    desk.board.closed_channels = {99}
    await desk.card_desk.catch_up_all(lambda guild_id: guild_id == 1)
    assert desk.board.posted == []
    await desk.card_desk.catch_up_all(lambda _: True)
    assert [case.guild_id for case in desk.board.posted] == [2]
    assert await desk.card_desk.servers_to_catch_up() == {1}


async def test_a_passing_refusal_tells_nobody(desk: Any, seen_factory: Seen) -> None:
    """When Discord itself is down, no admin can mend it."""
    desk.board.refusal = CardRefused(why="Discord answered 503.", permanent=False)
    await flag(desk, seen_factory())
    assert desk.board.told == []


async def test_a_server_that_refuses_is_asked_once_per_round(desk: Any, seen_factory: Seen) -> None:
    """A closed channel costs one request, not one for each card."""
    desk.board.refusal = NO_PERMISSION
    for number in range(3):
        await flag(desk, seen_factory(message_id=300 + number, author_id=10 + number))
    asked = desk.board.asked
    await desk.card_desk.catch_up(1)
    assert desk.board.asked == asked + 1


async def test_two_ways_to_the_same_card_post_it_once(desk: Any, seen_factory: Seen) -> None:
    """The round that catches up does not post a card that is being posted at this moment."""
    desk.board.refusal = NO_PERMISSION
    case = await flag(desk, seen_factory())
    desk.board.refusal = None
    await asyncio.gather(desk.card_desk.show(case), desk.card_desk.catch_up(1))
    assert [posted.number for posted in desk.board.posted] == [1]


async def test_a_deleted_card_is_posted_anew(desk: Any, seen_factory: Seen) -> None:
    """Deciding on a case whose card somebody deleted brings the card back."""
    case = await flag(desk, seen_factory())
    desk.board.cards_gone = True
    await desk.card_desk.refresh(case)
    assert [posted.number for posted in desk.board.posted] == [1, 1]
    stored = await desk.cases.get(1, 1)
    assert stored.card_state is CardState.POSTED


async def test_a_pending_card_is_posted_and_brought_up_to_date(desk: Any, seen_factory: Seen) -> None:
    """Discord may have taken it before, unheard: then posting gives back the card as it was."""
    desk.board.refusal = NO_PERMISSION
    case = await flag(desk, seen_factory())
    desk.board.refusal = None
    await desk.card_desk.refresh(replace(case, card_state=CardState.PENDING))
    assert len(desk.board.posted) == 1
    assert [case.number for case in desk.board.refreshed] == [1]


async def test_the_first_decision_counts(desk: Any, seen_factory: Seen) -> None:
    """The second moderator is told who was first, and the card shows the first decision."""
    await flag(desk, seen_factory())
    review = Review(cases=desk.cases, cards=desk.card_desk, now=lambda: desk.now[0])
    first, second = await asyncio.gather(
        review.decide(1, 1, state=CaseState.VIOLATION, moderator_id=51),
        review.decide(1, 1, state=CaseState.NOT_A_VIOLATION, moderator_id=52),
    )
    assert isinstance(first, Decided)
    assert isinstance(second, DecidedBefore)
    assert second.decision.moderator_id == 51
    assert [case.state for case in desk.board.refreshed] == [CaseState.VIOLATION]
    found = await review.find(1, 1)
    assert found is not None
    assert found.state is CaseState.VIOLATION


async def test_a_case_of_another_server_is_not_there(desk: Any, seen_factory: Seen) -> None:
    """Numbers count within a server."""
    await flag(desk, seen_factory())
    review = Review(cases=desk.cases, cards=desk.card_desk, now=lambda: desk.now[0])
    assert await review.decide(2, 1, state=CaseState.VIOLATION, moderator_id=51) is None
    assert await review.find(2, 1) is None


async def test_nothing_is_posted_before_setup(desk: Any, seen_factory: Seen) -> None:
    """Without settings there is no channel to post to; the case waits."""
    case = await flag(desk, seen_factory())
    elsewhere = replace(case, guild_id=7, card_state=CardState.PENDING)
    assert await desk.card_desk.show(elsewhere) == elsewhere
    assert isinstance(await desk.board.post(CardFace(case=case), await desk.servers.get(1)), CardPosted)


async def test_a_burst_of_many_rules_is_one_burst_and_not_many_raids(desk: Any, seen_factory: Seen) -> None:
    """Of two texts by many members each, one has a card of its own; every case is shown."""
    for number in range(24):
        text = "the butler did it" if number % 2 else "the butler was away"
        await desk.pipeline.see(seen_factory(message_id=300 + number, author_id=10 + number, text=text), own_id=1000)
    await desk.card_desk.settle()
    assert await desk.cases.pending_cards(1) == ()
    kinds = {face.group.id: face.group.kind for face in desk.board.groups}
    assert list(kinds.values()).count(GroupKind.RAID) == 1
    grouped = {line.number for face in desk.board.groups for line in face.lines}
    assert grouped | {case.number for case in desk.board.posted} == set(range(1, 25))
    assert len(desk.board.posted) == 4  # at once; what came while others were shown takes no post from them


async def show_many(desk: Any, like: Any, count: int) -> None:
    """Show more cases at once, that have nothing in common but their policy."""
    for number in range(count):
        evidence = replace(like.evidence, message_id=9_000 + number, author_id=9_000 + number, text=f"text {number}")
        new = NewCase(guild_id=1, kind=like.kind, evidence=evidence, judged=replace(like.judged, rules=()))
        await desk.card_desk.show((await desk.cases.open(new))[0])


async def test_a_burst_is_counted_on_the_last_card_until_the_next_can_be_posted(desk: Any, seen_factory: Seen) -> None:
    """More than a card can name: nothing waits for a post that Discord does not take yet, and every case is shown."""
    await show_many(desk, await flag(desk, seen_factory()), 200)
    began = desk.now[0]
    await desk.card_desk.settle()
    assert await desk.cases.pending_cards(1, limit=300) == ()
    assert (desk.now[0] - began).total_seconds() < 5
    assert max(len(face.lines) for face in desk.board.groups) > LISTED


async def test_a_case_that_got_a_card_meanwhile_is_on_no_shared_card(desk: Any, seen_factory: Seen) -> None:
    """It waited with the others, and its row says now that it has a card of its own."""
    await show_many(desk, await flag(desk, seen_factory()), 7)
    await desk.cases.card_posted(1, 8, channel_id=50, message_id=9)
    await desk.card_desk.settle()
    shared = {line.number for face in desk.board.groups for line in face.lines}
    assert {5, 6, 7} <= shared
    assert 8 not in shared

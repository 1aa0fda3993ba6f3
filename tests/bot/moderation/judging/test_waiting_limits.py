"""What waits for the judge: bounded in each server, in turn, and forgotten when it is deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.judging.waiting_list import LeftToHistory, WaitingMessages
from bot.moderation.messages.intake import Skip
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Lane, Undecided, UndecidedReason
from classifier.scripted import clear

Seen = Callable[..., MessageSeen]
AWAY = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
OWN = 1_000


def test_a_flood_in_one_server_leaves_the_others_their_places(seen_factory: Seen) -> None:
    """A server has its own bound, below the one for all."""
    waiting = WaitingMessages(in_all=6, per_server=4)
    assert [waiting.add(seen_factory(message_id=number)) for number in range(6)] == [True] * 4 + [False] * 2
    assert waiting.add(seen_factory(guild_id=2))
    assert waiting.add(seen_factory(guild_id=3))
    assert not waiting.add(seen_factory(guild_id=4))
    assert len(waiting) == 6


def test_servers_take_turns(seen_factory: Seen) -> None:
    """One of each after the other; in each newcomers first, then the oldest."""
    waiting = WaitingMessages(in_all=100)
    for number in (5, 4, 3):
        waiting.add(seen_factory(message_id=number))
    posted = seen_factory().posted_at
    waiting.add(seen_factory(message_id=6, author_joined_at=posted - timedelta(hours=1)))
    for number in (8, 7):
        waiting.add(seen_factory(guild_id=2, message_id=number))
    assert [seen.message_id for seen in waiting.in_turn()] == [6, 7, 3, 8, 4, 5]


def test_what_was_put_off_is_remembered_in_each_server_apart(seen_factory: Seen) -> None:
    """The oldest is forgotten first, and never for another server's sake."""
    left = LeftToHistory(per_server=2)
    for number in range(5):
        left.add(seen_factory(message_id=number))
    left.add(seen_factory(guild_id=2, message_id=9))
    assert len(left) == 3
    assert [left.take(seen_factory(message_id=number)) for number in range(5)] == [False, False, False, True, True]
    assert left.take(seen_factory(guild_id=2, message_id=9))
    assert not left.take(seen_factory(guild_id=2, message_id=9))
    assert len(left) == 0


@pytest.mark.parametrize("max_waiting", [10, 0], ids=["waiting", "put off"])
@pytest.mark.parametrize("how", ["one by one", "at once", "with their channel"])
async def test_deleted_messages_wait_no_more(desk_factory: Any, seen_factory: Seen, max_waiting: int, how: str) -> None:
    """They are not judged when the judge is back, take up no place, hold no watermark, and are counted."""
    away = [True]
    desk = await desk_factory(lambda _: AWAY if away[0] else clear(), max_waiting=max_waiting)
    for number in range(1, 4):
        await desk.pipeline.see(seen_factory(message_id=number, text=f"text {number}"), own_id=OWN)
    await desk.pipeline.see(seen_factory(message_id=4, channel_id=21, text="stays"), own_id=OWN)
    asked = len(desk.judge.requests)
    if how == "one by one":
        for number in range(1, 4):
            await desk.pipeline.gone(1, 20, frozenset({number}))
    elif how == "at once":
        await desk.pipeline.gone(1, 20, frozenset({1, 2, 3, 99}))
    else:
        await desk.pipeline.channel_gone(1, 20)
    assert not desk.waiting.is_waiting(2)
    assert desk.tally.waiting + desk.tally.put_off == 1
    assert desk.tally.not_judged == {Skip.GONE: 3}
    assert desk.tally.adds_up()
    assert desk.marks.count_under_way(1) == (1 if max_waiting else 0)
    away[0] = False
    await desk.pipeline.judge_waiting()
    assert len(desk.judge.requests) == asked + (1 if max_waiting else 0)


async def test_a_message_deleted_during_the_turn_of_others_is_not_judged(
    desk_factory: Any, seen_factory: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has not begun yet is taken out, and what nobody deleted goes on."""
    monkeypatch.setattr("bot.moderation.judging.waiting_list.AT_ONCE", 1)
    away, judged = [True], []

    async def answer(request: Any) -> Any:
        if away[0]:
            return AWAY
        judged.append(request.content.target.text)
        await desk.pipeline.gone(1, 20, frozenset({2}))
        return clear()

    desk = await desk_factory(answer)
    for number in range(1, 4):
        await desk.pipeline.see(seen_factory(message_id=number, text=f"text {number}"), own_id=OWN)
    away[0] = False
    assert await desk.pipeline.judge_waiting() == 2
    assert judged == ["text 1", "text 3"]
    assert desk.tally.adds_up()


async def test_what_was_deleted_and_comes_again_is_a_new_message(desk_factory: Any, seen_factory: Seen) -> None:
    """Discord's events may overtake each other: the counts add up all the same."""
    desk = await desk_factory(lambda _: AWAY, max_waiting=0)
    await desk.pipeline.see(seen_factory(), own_id=OWN)
    await desk.pipeline.gone(1, 20, frozenset({300}))
    await desk.pipeline.see(seen_factory(), own_id=OWN, lane=Lane.AGAIN)
    assert (desk.tally.seen, desk.tally.put_off, desk.tally.not_judged[Skip.GONE]) == (2, 1, 1)
    assert desk.tally.adds_up()

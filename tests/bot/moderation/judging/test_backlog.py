"""A judge that falls behind: said once, judged as the server chose, and said once when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.judging.backlog import WhenBehind
from bot.moderation.judging.status import PendingWork, Status, StatusLookup
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import id_at
from bot.moderation.servers.options import BacklogOptions, ReadingOptions
from classifier import Undecided, UndecidedReason, Way
from classifier.scripted import clear

Factory = Callable[..., MessageSeen]
AWAY = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
OWN = 1_000


async def fall_behind(desk: Any, seen_factory: Factory) -> MessageSeen:
    """A message waits for three minutes."""
    seen = seen_factory(message_id=id_at(desk.now[0]), text="hello")
    await desk.pipeline.see(seen, own_id=OWN)
    desk.later(minutes=3)
    await desk.backlog.look()
    return seen


async def test_falling_behind_and_catching_up_are_each_said_once(desk_factory: Any, seen_factory: Factory) -> None:
    """Not at every look, and not for a message that has only just come."""
    away = [True]
    desk = await desk_factory(lambda _: AWAY if away[0] else clear())
    await desk.pipeline.see(seen_factory(message_id=id_at(desk.now[0]), text="hello"), own_id=OWN)
    await desk.backlog.look()
    assert desk.board.told == []
    desk.later(minutes=3)
    await desk.backlog.look()
    await desk.backlog.look()
    assert [text.split(":")[0] for _, text in desk.board.told] == ["Bylaw is behind"]
    assert desk.backlog.of(1).age == timedelta(minutes=3)
    away[0] = False
    await desk.pipeline.judge_waiting()
    await desk.backlog.look()
    await desk.backlog.look()
    assert [text.split(":")[0] for _, text in desk.board.told[1:]] == ["Bylaw has caught up"]
    assert (desk.backlog.of(1).age, desk.backlog.of(1).behind) == (timedelta(), False)


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [("wait", [Way.REASON, Way.REASON]), ("probe", [Way.REASON, Way.PROBE]), ("lite", [Way.REASON])],
)
async def test_a_server_chooses_how_it_is_judged_meanwhile(
    desk_factory: Any, seen_factory: Factory, chosen: str, asked: list[Way]
) -> None:
    """As always but late, by the model at once, or without the model."""
    desk = await desk_factory(lambda _: AWAY)
    await desk.options.save(1, BacklogOptions(when_behind=chosen), actor_id=9)
    await fall_behind(desk, seen_factory)
    assert desk.backlog.way_of(1) is WhenBehind(chosen)
    text = "cannot believe the sister was behind it all along"
    handled = await desk.pipeline.see(seen_factory(message_id=id_at(desk.now[0]), text=text), own_id=OWN)
    assert [request.way for request in desk.judge.requests] == asked
    assert [case.judged.method for case in handled.cases] == (["lite"] if chosen == "lite" else [])


async def test_the_status_tells_what_waits(desk_factory: Any, seen_factory: Factory) -> None:
    """The age of the oldest message, and what a server that was not set up lacks."""
    desk = await desk_factory(lambda _: AWAY)

    class NoGap:
        def progress(self, guild_id: int) -> None:
            assert guild_id == 1

    status = StatusLookup(
        servers=desk.servers,
        cards=desk.card_desk,
        in_force=desk.in_force,
        judge=desk.judge,
        work=PendingWork(
            marks=desk.marks,
            backlog=desk.backlog,
            catch_up=NoGap(),  # type: ignore[arg-type]  # of which one method is asked
        ),
    )
    await fall_behind(desk, seen_factory)
    assert await status.of(1) == Status(
        set_up=True, waiting=1, age=timedelta(minutes=3), behind=True, policies=1, judge=desk.judge.name
    )
    assert await status.of(2) == Status(set_up=False)


async def test_the_server_chooses_how_much_is_read_before_a_message(desk_factory: Any, seen_factory: Factory) -> None:
    """None is a choice, too."""
    desk = await desk_factory(lambda _: clear())
    for number in (1, 2, 3):
        await desk.pipeline.see(seen_factory(message_id=number, text=f"line {number}"), own_id=OWN)
    await desk.options.save(1, ReadingOptions(context_messages=1), actor_id=9)
    await desk.pipeline.see(seen_factory(message_id=4, text="line 4"), own_id=OWN)
    await desk.options.save(1, ReadingOptions(context_messages=0), actor_id=9)
    await desk.pipeline.see(seen_factory(message_id=5, text="line 5"), own_id=OWN)
    read = [[each.text for each in request.content.context] for request in desk.judge.requests]
    assert read[-3:] == [["line 1", "line 2"], ["line 3"], []]

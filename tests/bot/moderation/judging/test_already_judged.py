"""What this process judged is known without asking the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.moderation.judging.already_judged import AlreadyJudged
from bot.moderation.messages.message_seen import MessageSeen


async def test_the_database_is_asked_only_about_what_this_process_does_not_know(
    desk: Any, seen_factory: Callable[..., MessageSeen]
) -> None:
    """About messages from before it, and about the oldest once the memory is full."""
    asked: list[int] = []

    class Verdicts:
        async def was_judged(self, *, guild_id: int, message_id: int, edit: int, version_id: int) -> bool:
            asked.append(message_id)
            return await desk.cases.was_judged(
                guild_id=guild_id, message_id=message_id, edit=edit, version_id=version_id
            )

    judged = AlreadyJudged(Verdicts(), since_id=100, kept=2)  # type: ignore[arg-type]  # one method is called

    async def was_judged(message_id: int, *, edit: int = 0) -> bool:
        return await judged.was_judged(seen_factory(message_id=message_id, edit=edit), 1)

    assert not await was_judged(101)
    assert asked == []
    assert not await was_judged(100)
    assert asked == [100]
    await desk.pipeline.see(seen_factory(message_id=99), own_id=5)
    assert await was_judged(99)
    asked.clear()
    for message_id in (101, 103, 102):
        judged.add(seen_factory(message_id=message_id), 1)
    assert await was_judged(103)
    assert not await was_judged(103, edit=5)
    assert asked == []
    assert not await was_judged(101)
    assert asked == [101]

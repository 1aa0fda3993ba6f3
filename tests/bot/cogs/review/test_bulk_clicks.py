"""A choice for many cases that the end of the bot cuts off."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.review.bulk_clicks import BulkClicks, Chosen
from bot.moderation.cards.shared_card import GroupLine
from bot.moderation.policies.nameable_rules import NameableRules
from bot.moderation.review.bulk import Bulk, BulkChoice, BulkDone
from bot.moderation.servers.permissions import Access
from tests.bot.cogs.interactions.interaction import Interaction


class StuckBulk(Bulk):
    """Discord does not answer to the first action."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def lines(self, guild_id: int, group_id: int) -> tuple[GroupLine, ...]:
        """Not asked for here."""
        return ()

    async def choose(self, *args: object, **options: object) -> BulkDone:
        """Begin, and wait forever."""
        self.begun.set()
        await asyncio.Event().wait()
        return BulkDone()


async def test_who_chose_is_told_that_it_was_cut_short() -> None:
    """Where the step under way takes longer than closing can wait."""
    bulk, open_tasks, interaction = StuckBulk(), OpenTasks(), cast("Any", Interaction())
    rules, access = cast("NameableRules", None), cast("Access", None)
    clicks = BulkClicks(bulk=bulk, rules=rules, access=access, open_tasks=open_tasks)
    task = asyncio.create_task(clicks._choose(interaction, 1, 1, Chosen(choice=BulkChoice.NOT_A_VIOLATION)))
    await bulk.begun.wait()
    assert await open_tasks.finish(seconds=0) == 1
    assert task.cancelled()
    (said,) = interaction.sent
    assert "stopped before it was done" in said["content"]

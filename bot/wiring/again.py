"""A message read from history goes the way of a new one, behind those that are posted now."""

from __future__ import annotations

from collections.abc import Callable

from bot.moderation.judging.pipeline import Pipeline
from bot.moderation.messages.catch_up import Taken
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Lane


class SeesAgain:
    """`bot.moderation.messages.catch_up.Sees` by the pipeline."""

    def __init__(self, pipeline: Pipeline, *, own_id: Callable[[], int]) -> None:
        self._pipeline = pipeline
        self._own_id = own_id

    async def see_again(self, seen: MessageSeen) -> Taken:
        """Deal with a message read from history. May raise."""
        handled = await self._pipeline.see(seen, own_id=self._own_id(), lane=Lane.AGAIN)
        if handled.put_off:
            return Taken.PUT_OFF
        return Taken.MISSED if handled.skipped is None else Taken.KNOWN

"""Marks of conversations in memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class MemoryMarks:
    """`bot.moderation.judging.conversations.ConversationMarks` in memory."""

    marks: dict[tuple[int, int], int]

    async def get(self, guild_id: int, channel_id: int) -> int:
        """The id of the last message judged; 0 for none."""
        return self.marks.get((guild_id, channel_id), 0)

    async def put(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """Record that all messages up to this one were judged."""
        self.marks[guild_id, channel_id] = max(message_id, self.marks.get((guild_id, channel_id), 0))

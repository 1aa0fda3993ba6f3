"""Our frozen copy of what a member posted. Never a discord object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSeen:
    """A message as it was when we saw it."""

    guild_id: int
    channel_id: int  #: of the thread, where it was posted in one
    message_id: int
    author_id: int
    text: str  #: what is judged: the content, or the text of the message that was forwarded
    edit: int = 0  #: milliseconds since 1970 of the last edit, 0 for the message as posted
    forwarded: bool = False
    author_is_bot: bool = False
    is_system: bool = False
    posted_at: datetime

    @property
    def jump_link(self) -> str:
        """Discord's address of this message."""
        return jump_link(self.guild_id, self.channel_id, self.message_id)


def jump_link(guild_id: int, channel_id: int, message_id: int) -> str:
    """Discord's own address of a message."""
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"

"""What happens to messages after they were posted: edits and deletions. Their cases and cards say so."""

from __future__ import annotations

from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import MessageMarks
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import RecentLines


class MessageChanges:
    """Marks cases and refreshes their cards; messages that are being judged are marked when their case opens."""

    def __init__(
        self, *, cases: MessageMarks, cards: CardPosting, recent: RecentLines, in_flight: MessagesInFlight
    ) -> None:
        self._cases = cases
        self._cards = cards
        self._recent = recent
        self._in_flight = in_flight

    async def edited(self, seen: MessageSeen) -> None:
        """Cases about how the message read before show how it reads now."""
        for case in await self._cases.mark_edited(seen.guild_id, seen.message_id, edit=seen.edit, text=seen.words):
            await self._cards.refresh(case)

    async def deleted(self, guild_id: int, channel_id: int, message_ids: frozenset[int]) -> None:
        """These messages were deleted."""
        self._in_flight.mark_gone(message_ids)
        self._recent.forget(channel_id, message_ids)
        for case in await self._cases.mark_gone(guild_id, tuple(sorted(message_ids))):
            await self._cards.refresh(case)

    async def channel_deleted(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted, and all its messages with it."""
        self._in_flight.mark_channel_gone(channel_id)
        self._recent.forget_channel(channel_id)
        for case in await self._cases.mark_channel_gone(guild_id, channel_id):
            await self._cards.refresh(case)

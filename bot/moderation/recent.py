"""The last messages of each channel, in memory only: what a reader has in view when a new one is posted.

Bounded in messages, in characters and in channels; the channel that was quiet for longest goes first. Nothing here is
ever written down, and a message that is deleted on Discord is gone from here at once.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

from bot.moderation.seen import MessageSeen

PER_CHANNEL = 20
CHANNELS = 5_000
LONGEST = 500  #: characters kept of a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One message, as far as it helps to read the next ones."""

    message_id: int
    author_id: int
    text: str
    forwarded: bool = False


class RecentMessages:
    """Remembers what was posted last, channel by channel."""

    def __init__(self, *, per_channel: int = PER_CHANNEL, channels: int = CHANNELS) -> None:
        self._per_channel = per_channel
        self._most = channels
        self._channels: OrderedDict[int, deque[Recent]] = OrderedDict()

    def add(self, seen: MessageSeen) -> None:
        """A message was posted, or edited: then it stays where it stands, with its new text."""
        kept = self._channels.setdefault(seen.channel_id, deque(maxlen=self._per_channel))
        self._channels.move_to_end(seen.channel_id)
        if len(self._channels) > self._most:
            self._channels.popitem(last=False)
        new = Recent(
            message_id=seen.message_id,
            author_id=seen.author_id,
            text=shortened(seen.words.strip(), LONGEST),
            forwarded=seen.forwarded,
        )
        for place, old in enumerate(kept):
            if old.message_id == seen.message_id:
                kept[place] = new
                return
        kept.append(new)

    def before(self, seen: MessageSeen, *, most: int) -> tuple[Recent, ...]:
        """The last messages before this one in its channel, oldest first."""
        kept = self._channels.get(seen.channel_id, ())
        earlier = sorted((each for each in kept if each.message_id < seen.message_id), key=lambda each: each.message_id)
        return tuple(earlier[len(earlier) - most :] if 0 < most < len(earlier) else earlier if most else ())

    def gone(self, channel_id: int, message_ids: frozenset[int]) -> None:
        """Messages were deleted."""
        kept = self._channels.get(channel_id)
        if kept is not None:
            left = [each for each in kept if each.message_id not in message_ids]
            kept.clear()
            kept.extend(left)

    def channel_gone(self, channel_id: int) -> None:
        """A channel or thread was deleted."""
        self._channels.pop(channel_id, None)


def shortened(text: str, longest: int) -> str:
    """The beginning and the end of a text that is too long."""
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[:half]} … {text[-half:]}"

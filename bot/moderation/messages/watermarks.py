"""Watermarks: up to which message each channel was processed, so that nothing posted while the bot was down is missed.

A watermark says that every message of this channel up to this id is done. It only advances over finished messages,
whatever order they finish in, and only in channels known to have no gap: after every new session with Discord each
channel counts as unknown until it was compared (`bot.moderation.messages.catch_up`).

History is read from some minutes before a watermark, because messages may have been edited while the bot was down. The
edits processed are stored for that long, and messages above the mark in memory: a message that was exempt or judged
when it arrived isn't checked again because a setting or a role has changed since.

A channel without its own mark begins where its server does, or where it became visible to the bot: the entry with the
negative id of a channel says up to where it was hidden.

Message ids rise with time (Discord's snowflakes), so a moment has an id as well: `id_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.by_server import ByServer

_DISCORD_EPOCH_MS = 1_420_070_400_000  # https://docs.discord.com/developers/reference#snowflakes
LOOK_BACK = timedelta(minutes=10)  #: messages this new may have been edited during downtime
MOST_REMEMBERED = 5_000  #: messages per channel that are remembered as done in addition to its watermark
WHOLE_SERVER = 0  #: used as a channel id: where a channel without its own mark begins

Place = tuple[int, int]  #: server and channel or thread


def id_at(moment: datetime) -> int:
    """The smallest id that a message posted at this moment can have."""
    return (int(moment.timestamp() * 1000) - _DISCORD_EPOCH_MS) << 22


def read_again_from(mark: int) -> int:
    """The id after which messages are read again after downtime, for a channel with this watermark."""
    return id_at(moment_of(mark) - LOOK_BACK)


def says_enough(mark: int, message_id: int, edit: int) -> bool:
    """Does the watermark alone show that this message is done? Not for edits in its last minutes."""
    return message_id <= (read_again_from(mark) if edit else mark)


def moment_of(message_id: int) -> datetime:
    """When the message with this id was posted."""
    return datetime.fromtimestamp(((message_id >> 22) + _DISCORD_EPOCH_MS) / 1000, tz=UTC)


class WatermarkStore(Protocol):
    """Stores the watermarks of all channels."""

    async def all(self) -> dict[Place, int]:
        """Every mark, including those of whole servers."""

    async def put(self, marks: Mapping[Place, int]) -> None:
        """Keep marks in one transaction. A stored mark is never lowered."""

    async def finished(self) -> dict[Place, dict[int, int]]:
        """The messages that are done in addition to the marks, each with its last edit; 0 if never edited."""

    async def put_finished(self, new: Mapping[Place, Mapping[int, int]], *, marks: Mapping[Place, int]) -> None:
        """Keep messages in one transaction, and delete those covered by these marks (`says_enough`)."""

    async def forget_channel(self, guild_id: int, channel_id: int) -> None:
        """The channel was deleted."""


@dataclass(slots=True)
class MemoryWatermarkStore:
    """Marks in memory: for tests and the demo."""

    marks: dict[Place, int] = field(default_factory=dict)
    writes: int = 0
    beside: dict[Place, dict[int, int]] = field(default_factory=dict)

    async def all(self) -> dict[Place, int]:
        """Every mark."""
        return dict(self.marks)

    async def put(self, marks: Mapping[Place, int]) -> None:
        """Keep marks; none is lowered."""
        self.writes += 1
        for place, mark in marks.items():
            self.marks[place] = max(mark, self.marks.get(place, 0))

    async def finished(self) -> dict[Place, dict[int, int]]:
        """The messages that are done in addition to the marks."""
        return {place: dict(edits) for place, edits in self.beside.items()}

    async def put_finished(self, new: Mapping[Place, Mapping[int, int]], *, marks: Mapping[Place, int]) -> None:
        """Keep messages, and forget others."""
        for place, edits in new.items():
            self.beside.setdefault(place, {}).update(edits)
        for place, mark in marks.items():
            here = self.beside.get(place, {})
            self.beside[place] = {each: edit for each, edit in here.items() if not says_enough(mark, each, edit)}

    async def forget_channel(self, guild_id: int, channel_id: int) -> None:
        """The channel was deleted."""
        self.marks.pop((guild_id, channel_id), None)
        self.beside.pop((guild_id, channel_id), None)


class Watermarks:
    """Tracks messages in progress, and how far each channel is processed."""

    def __init__(self, store: WatermarkStore) -> None:
        self._store = store
        self._kept = ByServer[int]()
        self._highest = ByServer[int]()  # the highest finished id in each channel
        self._under_way = ByServer[dict[int, list[int]]]()  # ids, and the edits of each
        self._finished = _Finished()
        self._known = ByServer[bool]()  # compared in this session: no gap below the messages in progress
        self._changed: set[Place] = set()
        self._hidden: dict[Place, int] = {}  # to be stored
        self._unsaved: dict[Place, int] = {}  # marks of sessions that ended

    async def load(self, owns: Callable[[int], bool] = lambda _: True) -> None:
        """Read the marks of the last run.

        Args:
            owns: does this server belong to this process? Marks of other servers would waste memory.
        """
        self._kept = ByServer({place: mark for place, mark in (await self._store.all()).items() if owns(place[0])})
        finished = await self._store.finished()
        self._finished.load({place: edits for place, edits in finished.items() if owns(place[0])})

    def kept(self, place: Place) -> int:
        """The mark of a channel: its own, or where it begins; 0 if there is neither."""
        return self._kept.get(place) or self.beginning(place)

    def has_own(self, place: Place) -> bool:
        """Was any message of this channel processed, or is one in progress?"""
        return place in self._kept or place in self._highest or place in self._under_way

    def beginning(self, place: Place) -> int:
        """Messages up to this id are only judged if they were edited later: they were posted before the server was set
        up, or in a channel that was hidden and never seen. 0 if neither is known."""
        return max(self.hidden_up_to(place), self._kept.get((place[0], WHOLE_SERVER), 0))

    def hidden_up_to(self, place: Place) -> int:
        """Up to this id the channel was hidden from the bot and never seen before; 0 if it wasn't."""
        return self._kept.get(_up_to_where_hidden(place), 0)

    def was_hidden(self, place: Place, up_to: int) -> None:
        """The channel was hidden up to this id. Its own mark takes precedence."""
        if not self.has_own(place):
            hidden = _up_to_where_hidden(place)
            self._kept[hidden] = self._hidden[hidden] = max(up_to, self._kept.get(hidden, 0))

    def newest(self) -> int:
        """The newest message that Discord has shown in any channel, in this run or an earlier one; 0 for none."""
        return max((0, *self._kept.values(), *self._highest.values()))

    def set_up_at(self, guild_id: int) -> datetime | None:
        """When a server ran ``/setup`` for the first time, if known."""
        begun = self._kept.get((guild_id, WHOLE_SERVER), 0)
        return moment_of(begun) if begun else None

    def is_dealt_with(self, seen: MessageSeen) -> bool:
        """Is this version of a message done or in progress?"""
        place = (seen.guild_id, seen.channel_id)
        if not seen.edit and seen.message_id <= self.kept(place):
            return True
        in_hand = self._under_way.get(place, {}).get(seen.message_id, ())
        return seen.edit in in_hand or seen.edit == self._finished.edit_of(place, seen.message_id)

    def servers(self) -> frozenset[int]:
        """The servers that have marks."""
        return self._kept.servers() | self._highest.servers()

    def known_channels(self, guild_id: int) -> frozenset[int]:
        """The channels and threads of a server that have their own mark."""
        return frozenset(channel for channel in self._kept.of(guild_id) if channel > WHOLE_SERVER)

    @contextmanager
    def dealing_with(self, seen: MessageSeen) -> Iterator[None]:
        """Mark the message as in progress inside this block. After an error, the watermark stays below the message."""
        self.begin(seen)
        try:
            yield
        except BaseException:
            self.give_up(seen)
            raise
        self.finish(seen)

    def begin(self, seen: MessageSeen) -> None:
        """Start processing a message, perhaps more than once: an edit, a page of history. Titles aren't part of a
        channel's history."""
        if seen.is_title:
            return
        place = (seen.guild_id, seen.channel_id)
        self._under_way.setdefault(place, {}).setdefault(seen.message_id, []).append(seen.edit)

    def finish(self, seen: MessageSeen) -> None:
        """The message is done."""
        if seen.is_title:
            return
        place = (seen.guild_id, seen.channel_id)
        self._let_go(place, seen)
        self._finished.add(place, seen.message_id, seen.edit)
        self._highest[place] = max(seen.message_id, self._highest.get(place, 0))
        self._changed.add(place)

    def give_up(self, seen: MessageSeen) -> None:
        """The message couldn't be processed: the channel has a gap now, and its mark stays below."""
        if seen.is_title:
            return
        place = (seen.guild_id, seen.channel_id)
        self._let_go(place, seen)
        self._known.pop(place, None)

    def is_known(self, place: Place) -> bool:
        """Was the channel compared in this session, and has it had no gap since?"""
        return place in self._known

    def now_known(self, place: Place, *, up_to: int = 0) -> None:
        """This channel has no gap up to `up_to`, except for messages in progress."""
        self._known[place] = True
        if up_to > self.kept(place):
            self._highest[place] = max(up_to, self._highest.get(place, 0))
            self._changed.add(place)

    def new_session(self, guild_ids: Iterable[int]) -> None:
        """Messages may have been missed in these servers: every channel counts as unknown again."""
        ended = ((guild_id, channel) for guild_id in set(guild_ids) for channel in self._known.pop_server(guild_id))
        reached = {place: mark for place in ended if (mark := self._mark(place)) > self.kept(place)}
        self._unsaved.update(reached)
        self._kept.update(reached)

    async def begin_server(self, guild_id: int, message_id: int) -> None:
        """Start this server here: earlier messages are never read."""
        self._kept[guild_id, WHOLE_SERVER] = max(message_id, self._kept.get((guild_id, WHOLE_SERVER), 0))
        await self._store.put({(guild_id, WHOLE_SERVER): message_id})

    async def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted."""
        place = (guild_id, channel_id)
        self._highest.pop(place, None)
        self._under_way.pop(place, None)
        self._known.pop(place, None)
        self._changed.discard(place)
        self._finished.forget(place)
        for gone in (place, _up_to_where_hidden(place)):
            self._kept.pop(gone, None)
            self._hidden.pop(gone, None)
            self._unsaved.pop(gone, None)
            await self._store.forget_channel(*gone)

    async def flush(self) -> None:
        """Store the marks that moved, in one transaction."""
        known = {place for place in self._changed if place in self._known}
        moved = {place: mark for place in known if (mark := self._mark(place)) > self.kept(place)}
        moved = {**self._unsaved, **moved}
        self._changed -= known
        hidden = dict(self._hidden)
        if moved or hidden:
            await self._store.put(moved | hidden)
            self._unsaved = {place: mark for place, mark in self._unsaved.items() if mark > moved.get(place, 0)}
            self._kept.update(moved)
            self._hidden = {place: mark for place, mark in self._hidden.items() if hidden.get(place) != mark}
        await self._flush_finished()

    async def _flush_finished(self) -> None:
        """Store what is done in addition to the marks, and delete what is never read from history again."""
        marks = self._finished.drop_old(self._kept)
        new = self._finished.take_new()
        if new or marks:
            try:
                await self._store.put_finished(new, marks=marks)
            except BaseException:
                self._finished.give_back(new)
                raise

    def servers_under_way(self) -> frozenset[int]:
        """The servers with messages in progress or waiting."""
        return self._under_way.servers()

    def count_under_way(self, guild_id: int) -> int:
        """How many messages of a server are in progress or waiting."""
        return sum(map(len, self._under_way.of(guild_id).values()))

    def oldest_under_way(self, guild_id: int | None = None) -> int | None:
        """The id of the oldest message in progress, in one server or in all."""
        places = self._under_way.values() if guild_id is None else self._under_way.of(guild_id).values()
        return min((min(held) for held in places if held), default=None)

    def _mark(self, place: Place) -> int:
        highest = self._highest.get(place, 0)
        held = self._under_way.get(place)
        return min(highest, min(held) - 1) if held else highest

    def _let_go(self, place: Place, seen: MessageSeen) -> None:
        held = self._under_way.get(place, {})  # missing if the channel was deleted meanwhile
        edits = held.get(seen.message_id, [])
        if seen.edit in edits:
            edits.remove(seen.edit)
        if not edits:
            held.pop(seen.message_id, None)
        if not held:
            self._under_way.pop(place, None)


class _Finished:
    """Remembers which messages, and which edits of them, are done beyond what the watermarks say."""

    def __init__(self) -> None:
        self._edits: dict[Place, dict[int, int]] = {}  # the last edit of each message; 0 as it was posted
        self._new: dict[Place, dict[int, int]] = {}  # those that are to be stored

    def load(self, stored: Mapping[Place, Mapping[int, int]]) -> None:
        """Load what was stored."""
        self._edits = {place: dict(edits) for place, edits in stored.items()}

    def edit_of(self, place: Place, message_id: int) -> int:
        """The last processed edit of a message; -1 if none was."""
        return self._edits.get(place, {}).get(message_id, -1)

    def add(self, place: Place, message_id: int, edit: int) -> None:
        """The version after this edit is done."""
        if edit <= self.edit_of(place, message_id):
            return
        here = self._edits.setdefault(place, {})
        here[message_id] = edit
        self._new.setdefault(place, {})[message_id] = edit
        if len(here) > MOST_REMEMBERED:
            oldest = min(here)
            del here[oldest]
            self._new[place].pop(oldest, None)

    def forget(self, place: Place) -> None:
        """The channel is gone."""
        self._edits.pop(place, None)
        self._new.pop(place, None)

    def take_new(self) -> dict[Place, dict[int, int]]:
        """Take the messages that have to be stored."""
        new, self._new = self._new, {}
        return new

    def give_back(self, new: Mapping[Place, Mapping[int, int]]) -> None:
        """They could not be stored."""
        for place, edits in new.items():
            self._new[place] = {**edits, **self._new.get(place, {})}

    def drop_old(self, marks: Mapping[Place, int]) -> dict[Place, int]:
        """Forget what the watermarks cover. Returns the marks of channels where some of it was stored."""
        stored = {}
        for place, here in list(self._edits.items()):
            mark, new = marks.get(place, 0), self._new.get(place, {})
            old = [each for each, edit in here.items() if says_enough(mark, each, edit)]
            if any(each not in new for each in old):
                stored[place] = mark
            for each in old:
                del here[each]
                new.pop(each, None)
            if not here:
                del self._edits[place]
        self._new = {place: edits for place, edits in self._new.items() if edits}
        return stored


def _up_to_where_hidden(place: Place) -> Place:
    return (place[0], -place[1])

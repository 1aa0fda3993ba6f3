"""The state of the loopback Discord: one server with channels, threads and messages, and what the bot did there."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.loopback import payloads
from benchmarks.loopback.payloads import BOT, FIRST_MEMBER, GUILD, Payload

Emit = Callable[[str, Payload], None]
MODS = GUILD + 1  #: the moderators' channel of the first server

_CASE = re.compile(r"bylaw:case:\d+:(\d+):")


@dataclass(frozen=True, slots=True, kw_only=True)
class BotAction:
    """Something that the bot had done: a deletion, or a change of a member."""

    what: str  #: method and path
    reason: str  #: from the audit log
    body: str


class World:
    """Members write, edit and delete here; `emit` is told of everything, as the gateway would be."""

    def __init__(
        self, *, emit: Emit, channels: int = 3, guild_id: int = GUILD, ids: payloads.Ids | None = None
    ) -> None:
        """A server with channels named general.

        Args:
            ids: shared by the servers of one Discord.
        """
        self._emit = emit
        self._ids = ids or payloads.Ids()
        self._nonces: dict[tuple[int, str], int] = {}
        self.guild_id = guild_id
        self.mods = guild_id + 1
        self.channels: dict[int, Payload] = {self.mods: self._channel(self.mods, "mods")}
        self.threads: dict[int, Payload] = {}
        self.messages: dict[int, dict[int, Payload]] = {}  #: by channel and id, oldest first
        self.done: list[BotAction] = []
        self.hidden: set[int] = set()  #: channels that the bot may not view
        for number in range(channels):
            channel_id = self.mods + 1 + number
            self.channels[channel_id] = self._channel(channel_id, f"general-{number}")

    @property
    def open_to_members(self) -> list[int]:
        """Where members write: every text channel but the moderators', and every thread."""
        texts = [key for key, each in self.channels.items() if each["type"] == payloads.TEXT and key != self.mods]
        return [*texts, *self.threads]

    def guild(self) -> Payload:
        """The server as GUILD_CREATE tells it: archived threads are not in it."""
        active = [each for key, each in self.threads.items() if self._is_shown(key) and not _is_archived(each)]
        public = [
            payloads.hidden(each) if key in self.hidden else each
            for key, each in self.channels.items()
            if each["type"] != payloads.DIRECT
        ]
        return payloads.guild(public, active, self.guild_id)

    def place(self, channel_id: int) -> Payload | None:
        """A channel or thread."""
        return self.channels.get(channel_id) or self.threads.get(channel_id)

    def add_forum(self) -> int:
        """A forum, which is there from the start."""
        forum_id = self._ids.next()
        self.channels[forum_id] = self._channel(forum_id, "forum", payloads.FORUM)
        return forum_id

    def hide(self, channel_id: int) -> None:
        """The bot may not view this channel any more."""
        self.hidden.add(channel_id)
        self._emit("CHANNEL_UPDATE", payloads.hidden(self.channels[channel_id]))

    def show(self, channel_id: int) -> None:
        """The bot may view this channel now, and is told of its threads."""
        self.hidden.discard(channel_id)
        self._emit("CHANNEL_UPDATE", self.channels[channel_id])
        threads = [each for each in self.threads.values() if each["parent_id"] == str(channel_id)]
        active = [each for each in threads if not _is_archived(each)]
        sync = {"guild_id": str(self.guild_id), "channel_ids": [str(channel_id)], "threads": active, "members": []}
        self._emit("THREAD_LIST_SYNC", sync)

    def may_read(self, channel_id: int) -> bool:
        """May the bot read this channel or thread?"""
        return self.place(channel_id) is not None and self._is_shown(channel_id)

    def direct(self, user_id: int) -> Payload:
        """The channel for direct messages with a member."""
        channel_id = 50_000 + user_id
        opened = {"id": str(channel_id), "type": payloads.DIRECT, "recipients": [payloads.user(user_id)]}
        return self.channels.setdefault(channel_id, opened)

    def open_thread(self, parent_id: int, name: str = "a thread") -> int:
        """A member opens a thread, or a post in a forum."""
        thread_id = self._ids.next()
        self.threads[thread_id] = payloads.thread(thread_id, parent_id, name, self.guild_id)
        if self.channels[parent_id]["type"] == payloads.FORUM:
            self.channels[parent_id]["last_message_id"] = str(thread_id)
        if self._is_shown(thread_id):
            self._emit("THREAD_CREATE", {**self.threads[thread_id], "newly_created": True})
        return thread_id

    def archive(self, thread_id: int, *, archived: bool = True) -> None:
        """A thread is put into the archive, or taken out of it."""
        self.threads[thread_id]["thread_metadata"]["archived"] = archived
        self._emit("THREAD_UPDATE", self.threads[thread_id])

    def post(self, channel_id: int, content: str, *, author_id: int = FIRST_MEMBER) -> int:
        """A member writes. In an archived thread that takes it out of the archive."""
        if channel_id in self.threads and self.threads[channel_id]["thread_metadata"]["archived"]:
            self.archive(channel_id, archived=False)
        return int(self._add(channel_id, payloads.message(self._ids.next(), channel_id, author_id, content))["id"])

    def edit(self, channel_id: int, message_id: int, content: str) -> None:
        """A member changes what they wrote."""
        changed = self.messages[channel_id][message_id]
        changed |= {"content": content, "edited_timestamp": payloads.now_text()}
        self._emit("MESSAGE_UPDATE", self._as_event(changed))

    def delete(self, channel_id: int, message_id: int) -> bool:
        """A message goes; False if it is not there."""
        if self.messages.get(channel_id, {}).pop(message_id, None) is None:
            return False
        gone = {"id": str(message_id), "channel_id": str(channel_id), "guild_id": str(self.guild_id)}
        self._emit("MESSAGE_DELETE", gone)
        return True

    def post_as_bot(self, channel_id: int, body: Payload) -> Payload:
        """The bot writes. With the same nonce twice, Discord gives back the message that is there."""
        key = (channel_id, str(body.get("nonce")))
        there = self._nonces.get(key) if body.get("enforce_nonce") else None
        if there is not None and there in self.messages[channel_id]:
            return self.messages[channel_id][there]
        made = payloads.message(self._ids.next(), channel_id, BOT, body.get("content") or "")
        made |= {"flags": body.get("flags") or 0, "nonce": body.get("nonce"), "sent": body.get("components") or []}
        self._nonces[key] = int(made["id"])
        return self._add(channel_id, made)

    def edit_as_bot(self, channel_id: int, message_id: int, body: Payload) -> Payload | None:
        """The bot changes a message of its own; None if it is not there."""
        found = self.messages.get(channel_id, {}).get(message_id)
        if found is not None:
            found |= {"content": body.get("content") or "", "sent": body.get("components") or found["sent"]}
        return found

    def history(self, channel_id: int, *, after: int | None, before: int | None, limit: int) -> list[Payload]:
        """Messages as Discord gives them: the newest first, next to the id asked about."""
        here = sorted(self.messages.get(channel_id, {}).items())
        if after is not None:
            found = [each for key, each in here if key > after][:limit]
        else:
            found = [each for key, each in here if before is None or key < before][-limit:]
        return [_public(each) for each in reversed(found)]

    def of_members(self) -> Iterator[tuple[int, int, int]]:
        """Every message of a member that is still there: channel, id and edit (its time in milliseconds, or 0)."""
        for channel_id in self.open_to_members:
            for message_id, found in self.messages.get(channel_id, {}).items():
                edited = found["edited_timestamp"]
                at = datetime.fromisoformat(edited).astimezone(UTC) if edited else None
                yield channel_id, message_id, int(at.timestamp() * 1000) if at else 0

    def cards(self) -> Counter[int]:
        """How many cards there are for each case, by its number."""
        return Counter(number for number, _ in self.card_messages())

    def card_messages(self) -> Iterator[tuple[int, Payload]]:
        """The cards in the moderators' channel with the number of their case."""
        for found in self.messages.get(self.mods, {}).values():
            number = _CASE.search(json.dumps(found.get("sent", [])))
            if number:
                yield int(number[1]), found

    def said_to_moderators(self) -> list[str]:
        """The lines of plain text in the moderators' channel."""
        return [found["content"] for found in self.messages.get(self.mods, {}).values() if found["content"]]

    def _channel(self, channel_id: int, name: str, kind: int = payloads.TEXT) -> Payload:
        return payloads.channel(channel_id, name, kind, guild_id=self.guild_id)

    def _add(self, channel_id: int, made: Payload) -> Payload:
        self.messages.setdefault(channel_id, {})[int(made["id"])] = made
        place = self.place(channel_id)
        if place is not None:
            place["last_message_id"] = made["id"]
            if place["type"] != payloads.DIRECT and self._is_shown(channel_id):
                self._emit("MESSAGE_CREATE", self._as_event(made))
        return made

    def _is_shown(self, channel_id: int) -> bool:
        parent = int(self.threads[channel_id]["parent_id"]) if channel_id in self.threads else channel_id
        return parent not in self.hidden

    def _as_event(self, found: Payload) -> Payload:
        sender = payloads.member(int(found["author"]["id"]))
        del sender["user"]
        return {**_public(found), "guild_id": str(self.guild_id), "member": sender}


def _public(found: Payload) -> Payload:
    return {key: value for key, value in found.items() if key != "sent"}


def _is_archived(thread: Payload) -> bool:
    return bool(thread["thread_metadata"]["archived"])

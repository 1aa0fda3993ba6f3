"""Members of a loopback server, who write, edit and delete."""

from __future__ import annotations

import random

from benchmarks.loopback.payloads import FIRST_MEMBER
from benchmarks.loopback.world import World

MEMBERS, MOST_THREADS = 20, 12
EDIT, DELETE, THREAD, ARCHIVE = 0.08, 0.05, 0.01, 0.01  #: chances a message
TEXTS = ("hello {0}", "who was it, {0}?", "no spoilers {0}", "maybe {0}", "the butler {0}", "the gardener {0}")
WEIGHTS = (40, 30, 20, 4, 3, 3)


class Members:
    """Write, edit and delete, as a seed has it."""

    def __init__(self, world: World, luck: random.Random, *, texts: tuple[str, ...] = TEXTS) -> None:
        """Nobody has written yet.

        Args:
            texts: what they say, with a place for a number; as many as there are `WEIGHTS`.
        """
        self._world = world
        self._luck = luck
        self._texts = texts
        self._lately: list[tuple[int, int]] = []
        self.posted = 0

    def turn(self) -> None:
        """One message, and perhaps something besides."""
        luck = self._luck
        place = luck.choice(self._world.open_to_members)
        message_id = self._world.post(place, self._text(), author_id=FIRST_MEMBER + luck.randrange(MEMBERS))
        self.posted += 1
        self._lately = [*self._lately[-99:], (place, message_id)]
        if luck.random() < EDIT:
            self._edit(*luck.choice(self._lately))
        if luck.random() < DELETE:
            self._world.delete(*luck.choice(self._lately))
        if luck.random() < THREAD and len(self._world.threads) < MOST_THREADS:
            parents = [each for each in self._world.open_to_members if each not in self._world.threads]
            self._world.open_thread(luck.choice(parents))
        if luck.random() < ARCHIVE and self._world.threads:
            self._world.archive(luck.choice(list(self._world.threads)))

    def _edit(self, channel_id: int, message_id: int) -> None:
        if message_id in self._world.messages[channel_id]:
            self._world.edit(channel_id, message_id, self._text())

    def _text(self) -> str:
        return self._luck.choices(self._texts, WEIGHTS)[0].format(f"{self._luck.randrange(10**9):09d}")

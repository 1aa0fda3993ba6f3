"""What the bot asks of the engine, read by a separate thread.

The thread also lays requests out as prompts, so that turning text into tokens does not hold up the model: llama.cpp
computes without Python's lock.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import BinaryIO

from classifier.judge import PolicyFit
from classifier.llama.engine.jobs import Judging, Task, failure
from classifier.llama.wire import LONGEST_LINE, Ask, Cancel, Prepare, WireError, read_command
from classifier.verdict import Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, laid out."""

    id: int
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A request that cannot be judged."""

    id: int
    why: Undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPrepare:
    """A policy to get ready for."""

    id: int
    room: PolicyFit
    prefix: tuple[int, ...]


InboxItem = Asked | Refused | Cancel | ToPrepare


class Inbox:
    """Items in the order in which they came."""

    def __init__(self, source: BinaryIO, judging: Judging) -> None:
        self._source = source
        self._judging = judging
        self._items: queue.SimpleQueue[InboxItem | None] = queue.SimpleQueue()
        self._ended = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether the bot is gone, so that no answer is needed."""
        return self._ended.is_set()

    def read(self) -> None:
        """Read commands until there are no more. A line that cannot be read ends the conversation."""
        try:
            while line := read_line(self._source):
                self._items.put(self._open(read_command(line)))
        except WireError:
            pass  # the two sides do not understand each other; a new process may
        finally:
            self._ended.set()
            self._items.put(None)

    def take(self, *, wait: bool) -> list[InboxItem]:
        """Everything that has come; with `wait`, at least one item, unless the input ends."""
        items = [self._items.get()] if wait else []
        while not self._items.empty():
            items.append(self._items.get())
        return [item for item in items if item is not None]

    def _open(self, command: Ask | Cancel | Prepare) -> InboxItem:
        if isinstance(command, Prepare):
            room, prefix = self._judging.prepare(command.policy, command.effort)
            return ToPrepare(id=command.id, room=room, prefix=prefix)
        if isinstance(command, Ask):
            return self._lay_out(command)
        return command

    def _lay_out(self, ask: Ask) -> Asked | Refused:
        try:
            task = self._judging.lay_out(ask.request, seconds_waited=ask.seconds_waited, again=ask.again)
        except Exception as error:  # noqa: BLE001  # our own bug costs this request its verdict, but not the others
            return Refused(id=ask.id, why=failure(error))
        return Refused(id=ask.id, why=task) if isinstance(task, Undecided) else Asked(id=ask.id, task=task)


def read_line(source: BinaryIO) -> bytes:
    """The next line; empty at the end of the input.

    Raises:
        WireError: it is too long, or cut off.
    """
    line = source.readline(LONGEST_LINE + 1)
    if line and not line.endswith(b"\n"):
        raise WireError("a line is too long or cut off")
    return line

"""Judges conversations as a whole: when they go quiet, when they have grown, and when a moderator asks.

Only channels under a policy with rules for conversations are followed, and only the message at which the next look
begins is stored. The texts are read from Discord when they are judged; nothing about members or who talks to whom is
stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from bot.moderation.judging.conversation_judge import ConversationJudge
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.messages.authors import AuthorsUnavailable
from bot.moderation.messages.history import NOT_ANSWERED, History, Unreadable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.windows import Window, windows
from bot.moderation.policies.in_force import PoliciesInForce, PolicyInForce
from classifier import Judgement, Lane
from guild_policies.scope import Scope

MOST_MESSAGES = 300  #: messages judged in one run; the next run continues after them
EARLIER = 10  #: messages before them, read as context
ASKED = 40  #: messages judged when a moderator asks


class ConversationMarks(Protocol):
    """Stores the last message of each channel that was judged as part of a conversation."""

    async def get(self, guild_id: int, channel_id: int) -> int:
        """The id of the last message judged; 0 for none."""

    async def put(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """Record that all messages up to this one were judged. A smaller id than before changes nothing."""


@dataclass(slots=True)
class _Growing:
    """A channel with messages that weren't judged together yet."""

    first_id: int
    count: int
    last_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChecked:
    """The answer under one policy, about the windows of a conversation."""

    policy: PolicyInForce
    answers: tuple[tuple[Window, Judgement], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhenDue:
    """When a conversation is due."""

    quiet_s: float = 300.0  #: seconds without a new message
    grows_by: int = 20  #: new messages, quiet or not


_USUALLY = WhenDue()


class Conversations:
    """Follows the channels that policies want read as conversations, and judges those that are due."""

    def __init__(
        self,
        *,
        judge: ConversationJudge,
        in_force: PoliciesInForce,
        history: History,
        marks: ConversationMarks,
        in_flight: MessagesInFlight,
        clock: Callable[[], float],
        when_due: WhenDue = _USUALLY,
    ) -> None:
        """`clock` gives seconds and never goes back."""
        self._judge = judge
        self._in_force = in_force
        self._history = history
        self._marks = marks
        self._in_flight = in_flight
        self._clock = clock
        self._when_due = when_due
        self._growing: dict[tuple[int, int], _Growing] = {}

    def note(self, seen: MessageSeen) -> None:
        """A message was posted in a channel under a policy with rules for conversations."""
        growing = self._growing.setdefault(
            (seen.guild_id, seen.channel_id), _Growing(first_id=seen.message_id, count=0, last_at=0.0)
        )
        growing.first_id = min(growing.first_id, seen.message_id)
        growing.count += 1
        growing.last_at = self._clock()

    def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """The channel or thread was deleted."""
        self._growing.pop((guild_id, channel_id), None)

    async def judge_due(self) -> int:
        """Judge every conversation that is due. Returns how many were; those that can't be judged now stay due."""
        looked_at = 0
        for (guild_id, channel_id), growing in list(self._growing.items()):
            quiet = self._clock() - growing.last_at >= self._when_due.quiet_s
            if growing.count >= self._when_due.grows_by or quiet:
                self._growing.pop((guild_id, channel_id), None)
                with ExitStack() as held:
                    done = await self._look(guild_id, channel_id, growing, held)
                looked_at += done
                if not done:
                    self._keep(guild_id, channel_id, growing)
        return looked_at

    async def check(self, seen: MessageSeen) -> tuple[ConversationChecked, ...] | Unreadable:
        """Judge the conversation that ends with this message, for a moderator. Stores nothing and opens no case."""
        page = await self._history.before(seen.guild_id, seen.channel_id, seen.message_id, most=ASKED)
        if isinstance(page, Unreadable):
            return page
        policies = (await self._in_force.all_of(seen.guild_id)).conversations
        try:
            return tuple([await self._checked(page.messages, policy) for policy in policies])
        except AuthorsUnavailable:
            return NOT_ANSWERED

    async def _checked(self, messages: tuple[MessageSeen, ...], policy: PolicyInForce) -> ConversationChecked:
        found = windows(await self._judge.readable(messages, policy))
        answers = [(window, await self._judge.ask(window, policy, Lane.INTERACTIVE)) for window in found]
        return ConversationChecked(policy=policy, answers=tuple(answers))

    async def _look(self, guild_id: int, channel_id: int, growing: _Growing, held: ExitStack) -> bool:
        """Judge what is new in a conversation. False if that has to wait. The messages are held, so that edits and
        deletions are noticed until the cases are open."""
        mark = await self._marks.get(guild_id, channel_id)
        since = mark or growing.first_id - 1
        messages = await self._new(guild_id, channel_id, since, held)
        if isinstance(messages, Unreadable):
            return messages.gone
        earlier = await self._history.before(guild_id, channel_id, since, most=EARLIER) if mark else None
        before = () if earlier is None or isinstance(earlier, Unreadable) else earlier.messages
        try:
            done = await asyncio.gather(
                *(
                    self._judge.judge(policy, mine, (*before, *others))
                    for policy, mine, others in await self._by_policy(messages)
                )
            )
        except AuthorsUnavailable:
            return False
        if all(done) and messages:
            await self._marks.put(guild_id, channel_id, messages[-1].message_id)
        return all(done)

    async def _by_policy(
        self, messages: tuple[MessageSeen, ...]
    ) -> list[tuple[PolicyInForce, list[MessageSeen], list[MessageSeen]]]:
        """Each version and scope, with the messages that it applies to, and the messages before them that it
        doesn't."""
        found: dict[tuple[int, tuple[Scope, ...]], tuple[PolicyInForce, list[MessageSeen]]] = {}
        for seen in messages:
            for policy in (await self._in_force.at(seen.guild_id, seen.moment)).conversations:
                found.setdefault((policy.version.id, policy.all_scopes), (policy, []))[1].append(seen)
        return [
            (policy, mine, [seen for seen in messages if seen.message_id < mine[0].message_id])
            for policy, mine in found.values()
        ]

    async def _new(
        self, guild_id: int, channel_id: int, since: int, held: ExitStack
    ) -> tuple[MessageSeen, ...] | Unreadable:
        found: list[MessageSeen] = []
        while len(found) < MOST_MESSAGES:
            page = await self._history.after(guild_id, channel_id, found[-1].message_id if found else since)
            if isinstance(page, Unreadable):
                return page
            held.enter_context(self._in_flight.holding(page.messages))
            found += page.messages
            if not page.more:
                break
        return tuple(found)

    def _keep(self, guild_id: int, channel_id: int, growing: _Growing) -> None:
        """Make it due again after another quiet time, together with newer messages."""
        newer = self._growing.get((guild_id, channel_id))
        self._growing[guild_id, channel_id] = _Growing(
            first_id=growing.first_id, count=newer.count if newer else 0, last_at=self._clock()
        )

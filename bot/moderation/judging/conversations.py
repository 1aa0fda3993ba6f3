"""Conversations judged as a whole: when they go quiet, when they have grown, and when a moderator asks.

Only channels under a policy with rules for conversations are followed, and of those only which message the next look
begins with. The texts are read from Discord when they are judged; nothing about members or who talks to whom is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.moderation.cases.case import ContextLine
from bot.moderation.judging.decide import CONVERSATION, decide
from bot.moderation.judging.pipeline import Judging
from bot.moderation.judging.plan import OpenCase, TryAgain
from bot.moderation.judging.plan_executor import Carrier
from bot.moderation.messages.history import History, Unreadable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import LINES, LONGEST_LINE, shortened
from bot.moderation.messages.windows import Window, windows
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.in_force import PoliciesInForce, PolicyInForce
from classifier import Judge, JudgeRequest, Lane, Looked, Outcome, Verdict, judge_content

QUIET_S = 300.0  #: a conversation without a new message for so long is looked at
GROWS_BY = 20  #: new messages after which it is looked at in any case
MOST_MESSAGES = 300  #: looked at in one go; the next go takes up behind them
EARLIER = 10  #: messages before them that are read as context
ASKED = 40  #: messages that a moderator's question looks at


class ConversationMarks(Protocol):
    """Up to which message each channel was looked at as a conversation."""

    async def get(self, guild_id: int, channel_id: int) -> int:
        """The id of the last message looked at; 0 for none."""

    async def put(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """All up to this one were looked at. A smaller id than before changes nothing."""


@dataclass(slots=True)
class MemoryMarks:
    """Marks in memory: for tests, and for the demo."""

    marks: dict[tuple[int, int], int]

    async def get(self, guild_id: int, channel_id: int) -> int:
        """The id of the last message looked at; 0 for none."""
        return self.marks.get((guild_id, channel_id), 0)

    async def put(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """All up to this one were looked at."""
        self.marks[guild_id, channel_id] = max(message_id, self.marks.get((guild_id, channel_id), 0))


@dataclass(slots=True)
class _Growing:
    """A channel with messages that were not looked at together yet."""

    first_id: int
    count: int
    last_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChecked:
    """The answer under one policy, about the windows of a conversation."""

    policy: PolicyInForce
    answers: tuple[tuple[Window, Looked], ...]


class Conversations:
    """Follows the channels that policies want read as conversations, and looks at those that are due."""

    def __init__(
        self,
        *,
        judge: Judge,
        in_force: PoliciesInForce,
        marks: ConversationMarks,
        history: History,
        carrier: Carrier,
        consequences: Consequences,
        judging: Judging,
        clock: Callable[[], float],
        quiet_s: float = QUIET_S,
        grows_by: int = GROWS_BY,
    ) -> None:
        self._judge = judge
        self._in_force = in_force
        self._marks = marks
        self._history = history
        self._carrier = carrier
        self._consequences = consequences
        self._judging = judging
        self._clock = clock
        self._quiet_s = quiet_s
        self._grows_by = grows_by
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
        """Look at every conversation that is due; how many were. What cannot be looked at now stays due."""
        looked_at = 0
        for (guild_id, channel_id), growing in list(self._growing.items()):
            quiet = self._clock() - growing.last_at >= self._quiet_s
            if growing.count >= self._grows_by or quiet:
                self._growing.pop((guild_id, channel_id), None)
                if await self._look(guild_id, channel_id, growing):
                    looked_at += 1
                else:
                    self._keep(guild_id, channel_id, growing)
        return looked_at

    async def check(self, seen: MessageSeen) -> tuple[ConversationChecked, ...] | Unreadable:
        """A moderator asks about the conversation that ends with this message. Nothing is kept, no case is opened."""
        page = await self._history.before(seen.guild_id, seen.channel_id, seen.message_id, most=ASKED)
        if isinstance(page, Unreadable):
            return page
        policies = (await self._in_force.all_of(seen.guild_id)).conversations
        return tuple(
            [
                ConversationChecked(
                    policy=policy,
                    answers=tuple(
                        [
                            (window, await self._ask(window, policy, Lane.INTERACTIVE))
                            for window in windows(_readable(page.messages, policy))
                        ]
                    ),
                )
                for policy in policies
            ]
        )

    async def _look(self, guild_id: int, channel_id: int, growing: _Growing) -> bool:
        """Judge what is new in a conversation; False where that has to wait."""
        mark = await self._marks.get(guild_id, channel_id)
        since = mark or growing.first_id - 1
        messages = await self._new(guild_id, channel_id, since)
        if isinstance(messages, Unreadable):
            return messages.gone
        earlier = await self._history.before(guild_id, channel_id, since, most=EARLIER) if mark else None
        before = () if earlier is None or isinstance(earlier, Unreadable) else earlier.messages
        policies = (await self._in_force.all_of(guild_id)).conversations
        done = await asyncio.gather(*(self._judge_under(policy, messages, before) for policy in policies))
        if all(done) and messages:
            await self._marks.put(guild_id, channel_id, messages[-1].message_id)
        return all(done)

    async def _new(self, guild_id: int, channel_id: int, since: int) -> tuple[MessageSeen, ...] | Unreadable:
        found: list[MessageSeen] = []
        while len(found) < MOST_MESSAGES:
            page = await self._history.after(guild_id, channel_id, found[-1].message_id if found else since)
            if isinstance(page, Unreadable):
                return page
            found += page.messages
            if not page.more:
                break
        return tuple(found)

    async def _judge_under(
        self, policy: PolicyInForce, messages: Sequence[MessageSeen], before: Sequence[MessageSeen]
    ) -> bool:
        """Judge under one policy; False where the judge had no time."""
        readable, context = _readable(messages, policy), _readable(before, policy)
        if len(readable) + len(context) < 2:
            return True  # nobody answered: that is a message, and judged as one
        for window in windows(readable, earlier=context):
            looked = await self._ask(window, policy, Lane.LIVE)
            if not await self._carry_out(window, looked, policy):
                return False
        return True

    async def _ask(self, window: Window, policy: PolicyInForce, lane: Lane) -> Looked:
        request = JudgeRequest(
            policy=policy.text,
            content=window.content(),
            effort=policy.settings.effort or self._judging.effort,
            lane=lane,
            server=window.messages[-1].guild_id,
            deadline_s=self._judging.deadline_s,
        )
        return await judge_content(self._judge, request)

    async def _carry_out(self, window: Window, looked: Looked, policy: PolicyInForce) -> bool:
        """Open a case for each message that is named; False where there is no answer yet."""
        automatic = await self._consequences.automatic(window.messages[-1].guild_id, policy.version.policy_id)
        for seen in _named(window, looked):
            plan = decide(looked, seen, policy, automatic)
            if isinstance(plan, TryAgain):
                return False
            if isinstance(plan, OpenCase):
                judged = replace(
                    plan.new.judged, method=f"{CONVERSATION}:{plan.new.judged.method}", speakers=window.speakers()
                )
                await self._carrier.carry_out(replace(plan, new=replace(plan.new, judged=judged)), seen)
        return True

    def _keep(self, guild_id: int, channel_id: int, growing: _Growing) -> None:
        """Due again after another quiet time, with what came in meanwhile."""
        newer = self._growing.get((guild_id, channel_id))
        self._growing[guild_id, channel_id] = _Growing(
            first_id=growing.first_id, count=newer.count if newer else 0, last_at=self._clock()
        )


def _named(window: Window, looked: Looked) -> list[MessageSeen]:
    """The messages that a verdict is about, each with the lines before it; the last one where there is no verdict."""
    judgement = looked.judgement
    if isinstance(judgement, Verdict) and judgement.outcome is Outcome.CLEAR:
        return []
    numbers = judgement.messages if isinstance(judgement, Verdict) else ()
    named = [seen for number in numbers if (seen := window.numbered(number)) is not None] or [window.messages[-1]]
    return [replace(seen, context=_lines_before(window, seen)) for seen in named]


def _lines_before(window: Window, seen: MessageSeen) -> tuple[ContextLine, ...]:
    everything = (*window.context, *window.messages)
    before = everything[: everything.index(seen)][-LINES:]
    return tuple(ContextLine(author_id=each.author_id, text=shortened(each.words, LONGEST_LINE)) for each in before)


def _readable(messages: Sequence[MessageSeen], policy: PolicyInForce) -> tuple[MessageSeen, ...]:
    """The messages that this policy reads: not Discord's own, not exempt ones, not those of bots unless it says so."""
    bots = policy.settings.scope.judges_bots
    return tuple(
        seen
        for seen in messages
        if not (seen.is_system or seen.is_empty or (seen.author_is_bot and not bots)) and policy.covers(seen)
    )

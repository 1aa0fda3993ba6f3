"""Judges a conversation under a policy, window by window, and opens a case for each message that the verdict names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.moderation.cases.case import ContextLine
from bot.moderation.cases.reading import CONVERSATION
from bot.moderation.judging.decide import OpenCase, TryAgain, decide
from bot.moderation.judging.plan_executor import PlanExecutor
from bot.moderation.messages.attached_files import with_files
from bot.moderation.messages.authors import Authors
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.recent_lines import LINES, LONGEST_LINE, shortened
from bot.moderation.messages.windows import Window, windows
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Judge, Judgement, Lane, Outcome, Verdict


class ConversationJudge:
    """Asks the judge about conversations."""

    def __init__(
        self,
        *,
        judge: Judge,
        requests: JudgeRequests,
        consequences: Consequences,
        executor: PlanExecutor,
        authors: Authors,
    ) -> None:
        self._judge = judge
        self._requests = requests
        self._consequences = consequences
        self._executor = executor
        self._authors = authors

    async def judge(
        self, policy: PolicyInForce, messages: Sequence[MessageSeen], before: Sequence[MessageSeen]
    ) -> bool:
        """Judge a conversation under one policy and open its cases. False if the judge had no time.

        Args:
            before: messages that were judged already, or that the policy does not apply to; they serve as context.

        Raises:
            AuthorsUnavailable: Discord didn't say who an author is, and a scope depends on it.
        """
        judged, context = await self.readable(messages, policy), await self.readable(before, policy)
        if len(judged) + len(context) < 2:
            return True  # one message alone is judged as a message
        for window in windows(judged, earlier=context):
            judgement = await self.ask(window, policy, Lane.LIVE)
            if not await self._carry_out(window, judgement, policy):
                return False
        return True

    async def readable(self, messages: Sequence[MessageSeen], policy: PolicyInForce) -> tuple[MessageSeen, ...]:
        """The messages that this policy covers: not Discord's own, not exempt ones, and those of bots only if it says
        so. Raises `AuthorsUnavailable`."""
        known = [
            await self._authors.for_scopes(seen, policy.all_scopes)
            for seen in messages
            if not (seen.is_system or seen.is_title or (seen.author_is_bot and not policy.judges_bots))
        ]
        read = [await with_files(seen) for seen in known if policy.covers(seen)]
        return tuple(seen for seen in read if not seen.is_empty)

    async def ask(self, window: Window, policy: PolicyInForce, lane: Lane) -> Judgement:
        """Ask the judge about one window."""
        request = self._requests.make(
            policy.text,
            window.content(),
            effort=policy.settings.effort,
            lane=lane,
            server=window.messages[-1].guild_id,
        )
        return await self._judge.judge(request)

    async def _carry_out(self, window: Window, judgement: Judgement, policy: PolicyInForce) -> bool:
        """Open a case for each message that the verdict names. False if there is no answer yet."""
        automatic = await self._consequences.automatic(window.messages[-1].guild_id, policy.version.policy_id)
        for named in _named(window, judgement):
            seen = await self._authors.before_acting(named) if automatic.settings else named
            plan = decide(judgement, seen, policy, automatic)
            if isinstance(plan, TryAgain):
                return False
            if isinstance(plan, OpenCase):
                judged = replace(
                    plan.new.judged, method=f"{CONVERSATION}:{plan.new.judged.method}", speakers=window.speakers()
                )
                await self._executor.carry_out(replace(plan, new=replace(plan.new, judged=judged)), seen)
        return True


def _named(window: Window, judgement: Judgement) -> list[MessageSeen]:
    """The messages that a verdict names, each with the lines before it; the last one if there is no verdict."""
    if isinstance(judgement, Verdict) and judgement.outcome is Outcome.CLEAR:
        return []
    numbers = judgement.messages if isinstance(judgement, Verdict) else ()
    named = [seen for number in numbers if (seen := window.numbered(number)) is not None] or [window.messages[-1]]
    return [replace(seen, context=_lines_before(window, seen)) for seen in named]


def _lines_before(window: Window, seen: MessageSeen) -> tuple[ContextLine, ...]:
    everything = (*window.context, *window.messages)
    before = everything[: everything.index(seen)][-LINES:]
    return tuple(ContextLine(author_id=each.author_id, text=shortened(each.words, LONGEST_LINE)) for each in before)

"""Takes one message through the judge: under every policy that covers it, from verdicts to carrying out the plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.moderation.cases.case import Case
from bot.moderation.judging.already_judged import AlreadyJudged
from bot.moderation.judging.decide import KeepClear, OpenCase, Plan, TryAgain, decide
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.judging.plan_executor import PlanExecutor
from bot.moderation.judging.verdict_source import Found, VerdictSource
from bot.moderation.messages.authors import Authors
from bot.moderation.messages.intake import Skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.consequences import NOTHING_AUTOMATIC, Automatic, Consequences, wishes_action
from bot.moderation.policies.in_force import InForce, PoliciesInForce, PolicyInForce
from bot.tracing.spans import span
from classifier import Judgement, Lane, Outcome, Verdict

_PLANS = {KeepClear: "keep_clear", OpenCase: "open_case", TryAgain: "try_again"}  #: as traces name them


class JudgementSubscriber(Protocol):
    """Is called with judgements as they arrive. Returns at once and never raises."""

    def judged(self, seen: MessageSeen, policy: PolicyInForce, judgement: Judgement) -> None:
        """The judge answered about a message under a policy in force. Not called for cached answers."""

    def passed(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        """A message had its turn. The answers by policy id, under the versions in force; empty if no policy in force
        applies."""


class ConversationSubscriber(Protocol):
    """Is called with messages in channels that a policy wants read as conversations."""

    def note(self, seen: MessageSeen) -> None:
        """A message was posted in such a channel. Returns at once and never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """The result of a message's turn."""

    skipped: Skip | None = None
    cases: tuple[Case, ...] = ()
    try_again: bool = False  #: under at least one policy, the judge had no time or wasn't available


class MessageJudge:
    """Gives messages their turns."""

    def __init__(
        self,
        *,
        in_force: PoliciesInForce,
        verdicts: VerdictSource,
        consequences: Consequences,
        executor: PlanExecutor,
        already_judged: AlreadyJudged,
        in_flight: MessagesInFlight,
        authors: Authors,
    ) -> None:
        self._in_force = in_force
        self._verdicts = verdicts
        self._consequences = consequences
        self._executor = executor
        self._already_judged = already_judged
        self._in_flight = in_flight
        self._authors = authors
        self._subscribers: list[JudgementSubscriber] = []
        self._conversation_subscribers: list[ConversationSubscriber] = []

    def subscribe(self, subscriber: JudgementSubscriber) -> None:
        """Add a subscriber to judgements."""
        self._subscribers.append(subscriber)

    def subscribe_to_conversations(self, subscriber: ConversationSubscriber) -> None:
        """Add a subscriber to messages that belong to conversations."""
        self._conversation_subscribers.append(subscriber)

    async def judges_bots(self, seen: MessageSeen) -> bool:
        """Did a policy in force when this was posted cover messages of other bots?"""
        in_force = await self._in_force.at(seen.guild_id, seen.moment)
        return any(policy.judges_bots for policy in in_force.messages)

    async def judge(self, seen: MessageSeen, *, lane: Lane) -> TurnResult:
        """Judge the message under each policy that covers it and hasn't judged it yet, in the version that was in force
        when it was posted or edited. Raises `AuthorsUnavailable`."""
        in_force = await self._in_force.at(seen.guild_id, seen.moment)
        seen = await self._authors.for_scopes(seen, in_force.scopes, has_waited=lane is Lane.AGAIN)
        if not seen.is_title:
            self._tell_of_conversation(seen, in_force)
        covering = [policy for policy in in_force.messages if policy.covers(seen)]
        if not covering:
            self._tell_passed(seen, {})
            return TurnResult(skipped=Skip.OUT_OF_SCOPE if in_force.messages else Skip.NO_POLICY)
        async with self._in_flight.turn(seen):
            already = self._already_judged
            unjudged = [policy for policy in covering if not await already.was_judged(seen, policy.version.id)]
            if not unjudged:
                return TurnResult(skipped=Skip.ALREADY_JUDGED)
            return await self._judge_under(unjudged, seen, lane, of=len(covering))

    async def _judge_under(
        self, unjudged: Sequence[PolicyInForce], seen: MessageSeen, lane: Lane, *, of: int
    ) -> TurnResult:
        """`of`: how many policies cover the message."""
        if seen.copy:
            await self._in_flight.until_judged(seen.copy.message_id)  # so that its case is there
        with self._in_flight.while_judging(seen):
            found = await self._verdicts.find_all(seen, unjudged, lane, look_first=len(unjudged) == of)
            self._tell_judged(seen, unjudged, found)
            plans = [await self._plan(each, seen, policy) for each, policy in zip(found, unjudged, strict=True)]
            cases = [case for plan in plans if (case := await self._executor.carry_out(plan, seen)) is not None]
        self._settle(seen, unjudged, [each.judgement for each in found], plans)
        await self._executor.follow_up(seen, plans, cases)
        return TurnResult(cases=tuple(cases), try_again=any(isinstance(plan, TryAgain) for plan in plans))

    def _settle(
        self,
        seen: MessageSeen,
        policies: Sequence[PolicyInForce],
        judgements: Sequence[Judgement],
        plans: Sequence[Plan],
    ) -> None:
        """Record the answers, and pass them to the subscribers."""
        answered = {}
        for policy, judgement, plan in zip(policies, judgements, plans, strict=True):
            if not isinstance(plan, TryAgain):
                self._already_judged.add(seen, policy.version.id)
                answered[policy.version.policy_id] = judgement
        self._tell_passed(seen, answered)

    def _tell_judged(self, seen: MessageSeen, policies: Sequence[PolicyInForce], found: Sequence[Found]) -> None:
        for policy, each in zip(policies, found, strict=True):
            if not each.cached:
                for subscriber in self._subscribers:
                    subscriber.judged(seen, policy, each.judgement)

    async def _plan(self, found: Found, seen: MessageSeen, policy: PolicyInForce) -> Plan:
        with span("decision", version=policy.version.id, cached=found.cached) as step:
            automatic = await self._automatic(found.judgement, seen.guild_id, policy)
            if automatic.settings:
                seen = await self._authors.before_acting(seen)
            plan = decide(found.judgement, seen, policy, automatic, read=found.read)
            step.note(plan=_PLANS[type(plan)])
            return plan

    async def _automatic(self, judgement: Judgement, guild_id: int, policy: PolicyInForce) -> Automatic:
        """The automatic actions that the server switched on. Only looked up for the few violations of rules with a
        consequence line. None if the policy was paused or deleted since the message was posted."""
        if not isinstance(judgement, Verdict) or judgement.outcome is not Outcome.VIOLATION:
            return NOTHING_AUTOMATIC
        if not any(wishes_action(rule) for rule_id in judgement.rule_ids if (rule := policy.policy.rule(rule_id))):
            return NOTHING_AUTOMATIC
        if not await self._in_force.is_running(guild_id, policy.version.policy_id):
            return NOTHING_AUTOMATIC
        return await self._consequences.automatic(guild_id, policy.version.policy_id)

    def _tell_of_conversation(self, seen: MessageSeen, in_force: InForce) -> None:
        if any(policy.covers(seen) for policy in in_force.conversations):
            for subscriber in self._conversation_subscribers:
                subscriber.note(seen)

    def _tell_passed(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        for subscriber in self._subscribers:
            subscriber.passed(seen, judgements)

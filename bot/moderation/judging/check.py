"""Checks how a message would be judged now. Stores nothing and opens no case."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.cases.case import Case, MessageCases
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.messages.attached_files import with_files
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PoliciesInForce, PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Judge, Judgement, Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The answer under one policy."""

    policy: PolicyInForce
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The answers under every policy in force, and the case about this message if there is one."""

    answers: tuple[Checked, ...]
    case: Case | None
    files: tuple[AttachedFile, ...] = ()  #: the message's files, with what wasn't read of them


class Check:
    """Judges one message under every policy in force. Simultaneous checks of the same message share one answer."""

    def __init__(
        self,
        *,
        judge: Judge,
        requests: JudgeRequests,
        in_force: PoliciesInForce,
        cases: MessageCases,
        in_flight: JudgementsInFlight,
    ) -> None:
        self._judge = judge
        self._in_force = in_force
        self._cases = cases
        self._requests = requests
        self._in_flight = in_flight

    async def check(
        self, seen: MessageSeen, *, policy_id: int | None = None, lane: Lane = Lane.INTERACTIVE
    ) -> CheckResult:
        """Ask the judge. Empty answers mean that no policy is in force.

        Args:
            policy_id: ask under this policy alone, if it is in force.
            lane: the lane of new messages if a member asked.
        """
        seen = await with_files(seen)
        in_force = await self._in_force.of(seen.guild_id)
        wanted = [policy for policy in in_force if policy_id in (None, policy.version.policy_id)]
        answers = await asyncio.gather(*(self._ask(seen, policy, lane) for policy in wanted))
        case = await self._cases.latest_for_message(seen.guild_id, seen.message_id)
        return CheckResult(answers=tuple(answers), case=case, files=seen.files)

    async def _ask(self, seen: MessageSeen, policy: PolicyInForce, lane: Lane) -> Checked:
        request = self._requests.make(
            policy.text,
            content_of(seen),
            effort=policy.settings.effort,
            lane=lane,
            server=seen.guild_id,
        )
        judgement = await self._in_flight.judge(seen, policy.version.id, self._judge, request, in_any_context=True)
        return Checked(policy=policy, judgement=judgement)

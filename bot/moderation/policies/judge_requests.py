"""Builds every request to the judge, according to the operator's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.moderation.policies.reading import read_policy
from classifier import Content, Effort, JudgeRequest, Lane, PolicyText, PromptVariant, Way
from guild_policies.compile import NotJudgeable, compile_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequests:
    """Makes requests. The fields are the operator's settings."""

    effort: Effort = Effort.LOW  #: for policies that don't set an effort
    deadline_s: float = 300.0  #: seconds
    think_from: float | None = None  #: the lowest score of a probe that is reasoned about; None: all are

    def make(
        self,
        policy: PolicyText,
        content: Content,
        *,
        effort: Effort | None,
        lane: Lane,
        server: int,
        deadline_s: float | None = None,
        variant: PromptVariant | None = None,
    ) -> JudgeRequest:
        """Make a request that always uses reasoning.

        Args:
            effort: what the policy's settings say; None for the operator's choice.
            deadline_s: seconds; None for the operator's choice.
            variant: another wording of the prompt, to test whether it matters.
        """
        return JudgeRequest(
            policy=policy,
            content=content,
            effort=effort or self.effort,
            lane=lane,
            server=server,
            deadline_s=self.deadline_s if deadline_s is None else deadline_s,
            variant=variant,
        )

    def make_for_post(
        self, policy: PolicyText, content: Content, *, effort: Effort | None, lane: Lane, server: int
    ) -> JudgeRequest:
        """Make a request about a message that a member posted: a probe may settle it, if the operator wants that."""
        request = self.make(policy, content, effort=effort, lane=lane, server=server)
        if self.think_from is None:
            return request
        return replace(request, way=Way.PROBE_THEN_REASON, think_from=self.think_from)


async def judgeable(text: str) -> PolicyText | None:
    """The part of a policy's text about single messages, compiled for the judge. None if no judge can use it."""
    try:
        return compile_policy(await read_policy(text))
    except NotJudgeable:
        return None

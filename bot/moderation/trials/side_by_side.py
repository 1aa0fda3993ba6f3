"""A text judged under a policy's draft and under its version in force, side by side. Stores nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.languages.translation import _
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from bot.moderation.policies.outcomes import Refused, no_such
from classifier import Content, Judge, Judgement, Lane, Message, Verdict
from guild_policies.scope import flags
from guild_policies.store.port import PolicyStore
from guild_policies.versions import StoredPolicy

MAX_TEST_LENGTH = 4_000  #: characters, what Discord's longest message has


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The verdict under one text of the policy."""

    number: int  #: of the version, or the draft's revision
    judgement: Judgement
    flagged: bool  #: would this open a case? A violation below the policy's threshold would not


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Draft and version in force about one text. A side is None if there is no such text."""

    policy: StoredPolicy
    draft: Side | None
    published: Side | None

    @property
    def differ(self) -> bool:
        """Would the draft have a different outcome for this text? False if one side has no verdict."""
        said = [
            (side.flagged, side.judgement.rule_ids)
            for side in (self.draft, self.published)
            if side is not None and isinstance(side.judgement, Verdict)
        ]
        return len(set(said)) == 2


class PolicyTest:
    """Judges a text under both, ahead of the queue."""

    def __init__(self, *, policies: PolicyStore, judge: Judge, requests: JudgeRequests) -> None:
        self._policies = policies
        self._judge = judge
        self._requests = requests

    async def compare(self, guild_id: int, name: str, judged: str | Content) -> SideBySide | Refused:
        """Ask the judge about a text or a whole message under both, at once."""
        policy = await self._policies.find(guild_id, name)
        if policy is None:
            return no_such(name)
        content = Content(target=Message(text=judged[:MAX_TEST_LENGTH])) if isinstance(judged, str) else judged
        if not content.target.words.strip():
            return Refused(why=_("Write the text that you want judged."))
        draft, published = await asyncio.gather(
            self._side(policy, policy.draft.text if policy.draft else None, content),
            self._side(policy, policy.published.text if policy.published else None, content),
        )
        if draft is None and published is None:
            return Refused(
                why=_(
                    "Bylaw cannot judge messages with “{policy}” yet. /policy show has its text.",
                    policy=policy.name,
                )
            )
        return SideBySide(
            policy=policy,
            draft=_side(policy.draft.revision, draft, policy) if policy.draft and draft else None,
            published=_side(policy.published.number, published, policy) if policy.published and published else None,
        )

    async def _side(self, policy: StoredPolicy, policy_text: str | None, content: Content) -> Judgement | None:
        compiled = None if policy_text is None else await judgeable(policy_text)
        if compiled is None:
            return None
        return await self._judge.judge(
            self._requests.make(
                compiled,
                content,
                effort=policy.settings.effort,
                lane=Lane.INTERACTIVE,
                server=policy.guild_id,
            )
        )


def _side(number: int, judgement: Judgement, policy: StoredPolicy) -> Side:
    return Side(number=number, judgement=judgement, flagged=flags(judgement, policy.settings.threshold))

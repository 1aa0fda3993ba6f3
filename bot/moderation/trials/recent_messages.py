"""Finds what a draft would flag among recent messages. Stores nothing about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from bot.moderation.messages.attached_files import with_files
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Judge, JudgeRequest, Undecided, Verdict
from classifier.judge_many import judge_many
from guild_policies.scope import covers, flags
from guild_policies.versions import StoredPolicy

MAX_MESSAGES = 1_000

Progress = Callable[[int, int], Awaitable[None]]  #: (judged, total)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedMessage:
    """A message that the draft would flag. Its text isn't stored."""

    jump_link: str
    rule_ids: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldFlag:
    """A draft's verdicts on recent messages, most certain first."""

    policy: StoredPolicy
    judged: int
    flagged: tuple[FlaggedMessage, ...]
    undecided: int
    not_covered: int  #: empty, or out of the policy's scope


async def would_flag(
    policy: StoredPolicy,
    messages: AsyncIterator[MessageSeen],
    *,
    judge: Judge,
    request: Callable[[MessageSeen], JudgeRequest],
    limit: int,
    progress: Progress | None,
) -> WouldFlag:
    """Judge messages as they arrive, up to `MAX_MESSAGES`, at most `limit` at a time."""
    source = _Source(policy, messages)
    flagged, judged, undecided = [], 0, 0
    async for seen, judgement in judge_many(judge, source.requests(request), limit=limit):
        judged += 1
        undecided += isinstance(judgement, Undecided)
        if isinstance(judgement, Verdict) and flags(judgement, policy.settings.threshold):
            flagged.append(FlaggedMessage(jump_link=seen.jump_link, rule_ids=judgement.rule_ids, score=judgement.score))
        if progress:
            await progress(judged, source.taken)
    flagged.sort(key=lambda each: each.score, reverse=True)
    return WouldFlag(
        policy=policy, judged=judged, flagged=tuple(flagged), undecided=undecided, not_covered=source.not_covered
    )


class _Source:
    """Turns messages into requests and counts those left out."""

    def __init__(self, policy: StoredPolicy, messages: AsyncIterator[MessageSeen]) -> None:
        self._scope = policy.settings.scope
        self._messages = messages
        self.taken = 0
        self.not_covered = 0

    async def requests(
        self, request: Callable[[MessageSeen], JudgeRequest]
    ) -> AsyncIterator[tuple[MessageSeen, JudgeRequest]]:
        async for unread in self._messages:
            seen = await with_files(unread)
            if seen.is_empty or covers(self._scope, seen.place, seen.author, at=seen.posted_at):
                self.not_covered += 1
                continue
            self.taken += 1
            yield seen, request(seen)
            if self.taken >= MAX_MESSAGES:
                return

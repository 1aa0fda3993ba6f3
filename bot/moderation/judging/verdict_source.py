"""Where the verdict on a message comes from: the cache, the judge, or the lite judge."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from cachetools import TTLCache

from bot.moderation.cascade.cascade import Cascade, Look
from bot.moderation.cascade.screened_set import Course
from bot.moderation.judging.backlog import Backlog, WhenBehind
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.tracing.spans import Span, span
from classifier import Judge, Judgement, Lane, Outcome, UndecidedReason, Verdict, Way

CACHED_SECONDS = 300.0
CACHED = 4_096  #: verdicts


class VerdictCache:
    """Caches the verdicts of the last minutes by policy version and whole content, so that a raid isn't judged message
    by message. The context is part of the key, so that nobody gets a verdict based on another conversation.

    An answer that was cut off while reasoning is cached as well: such texts cost several times as much as others each
    time.

    Holds digests, never texts. Doesn't help with edits of one message: their texts differ, so they are judged again.
    """

    def __init__(self, clock: Callable[[], float], *, seconds: float = CACHED_SECONDS, kept: int = CACHED) -> None:
        self._judgements: TTLCache[bytes, Judgement] = TTLCache(maxsize=kept, ttl=seconds, timer=clock)
        self._broke: TTLCache[bytes, None] = TTLCache(maxsize=kept, ttl=seconds, timer=clock)

    def find(self, version_id: int, seen: MessageSeen) -> Judgement | None:
        """The recent verdict on the same message in the same context under the same version, if any."""
        return self._judgements.get(key_of(version_id, seen))

    def keep(self, version_id: int, seen: MessageSeen, judgement: Judgement) -> None:
        """Cache a verdict, or an answer cut off while reasoning. Any other result may be better next time."""
        if isinstance(judgement, Verdict) or judgement.reason is UndecidedReason.THINKING_CUT:
            self._judgements[key_of(version_id, seen)] = judgement
        if isinstance(judgement, Verdict) and judgement.outcome is Outcome.VIOLATION:
            self._broke[key_of(version_id, alone(seen))] = None

    def broke_a_rule(self, version_id: int, seen: MessageSeen) -> bool:
        """Did the same message break a rule recently, in any context?"""
        return key_of(version_id, alone(seen)) in self._broke


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer about a message under one policy."""

    judgement: Judgement
    cached: bool  #: cached: given before, about the same content
    read: MessageSeen  #: the message as the judge read it: without its context if it breaks a rule on its own
    hurried: bool = False  #: the server is behind, and the answer was given in the way it chose for that


class VerdictSource:
    """Gets verdicts, in the way that a server chose if it is behind."""

    def __init__(
        self,
        *,
        judge: Judge,
        lite: Judge,
        requests: JudgeRequests,
        backlog: Backlog,
        cache: VerdictCache,
        in_flight: JudgementsInFlight,
        cascade: Cascade,
    ) -> None:
        """`lite` is asked instead of `judge` in servers that are behind and chose `WhenBehind.LITE`."""
        self._judge = judge
        self._lite = lite
        self._requests = requests
        self._backlog = backlog
        self._cache = cache
        self._in_flight = in_flight
        self._cascade = cascade
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def find_all(
        self, seen: MessageSeen, policies: Sequence[PolicyInForce], lane: Lane, *, look_first: bool
    ) -> list[Found]:
        """The answers under all these policies, in their order. One look at all of them answers if that settles it.

        Args:
            look_first: False if other policies judged the message before, so that these are not all that cover it.

        What the look doesn't settle is judged as usual. The look only learns from it if everything was judged now and
        in the usual way: a server may fall behind after the look, and other judges find other violations.
        """
        look = None
        if look_first and await self._cascade.is_on(seen.guild_id):
            known = any(self._knows(seen, policy) for policy in policies)
            look = None if known else await self._look(seen, policies, lane)
        if look is not None and look.course is Course.SKIP:
            await self._cascade.skipped(look)
            return [Found(judgement=look.clear(policy), cached=False, read=seen) for policy in policies]
        found = list(await asyncio.gather(*(self.find(seen, policy, lane) for policy in policies)))
        if look is not None and not any(each.cached or each.hurried for each in found):
            await self._cascade.judged(look, [each.judgement for each in found])
        return found

    async def _look(self, seen: MessageSeen, policies: Sequence[PolicyInForce], lane: Lane) -> Look | None:
        with span("look", policies=len(policies)) as step:
            look = await self._cascade.look(seen, policies, lane)
            if look is not None:
                _note(step, look.verdict)
                step.note(course=look.course.value)
            return look

    def _knows(self, seen: MessageSeen, policy: PolicyInForce) -> bool:
        """Was this message judged recently, or does it repeat one that broke a rule?"""
        version_id = policy.version.id
        return self._cache.find(version_id, seen) is not None or self._cache.broke_a_rule(version_id, seen)

    async def find(self, seen: MessageSeen, policy: PolicyInForce, lane: Lane) -> Found:
        """The answer about a message, from the cache if possible.

        A message that broke a rule elsewhere is first judged without context: if it breaks a rule on its own, that
        verdict is valid for every copy. If not, it is judged in its own context like any other.
        """
        without = alone(seen)
        if without != seen and self._cache.broke_a_rule(policy.version.id, seen):
            found = await self._find(without, policy, lane)
            if isinstance(found.judgement, Verdict) and found.judgement.outcome is Outcome.VIOLATION:
                return found
        return await self._find(seen, policy, lane)

    async def _find(self, seen: MessageSeen, policy: PolicyInForce, lane: Lane) -> Found:
        """The answer about exactly this content. Simultaneous callers wait for the first one's answer."""
        turn = self._turns.setdefault(key_of(policy.version.id, seen), asyncio.Lock())
        async with turn:
            cached = self._cache.find(policy.version.id, seen)
            if cached is not None:
                return Found(judgement=cached, cached=True, read=seen)
            when_behind = self._backlog.way_of(seen.guild_id)
            judgement = await self._ask(seen, policy, lane, when_behind)
            self._cache.keep(policy.version.id, seen, judgement)
            return Found(judgement=judgement, cached=False, read=seen, hurried=when_behind is not WhenBehind.WAIT)

    async def _ask(self, seen: MessageSeen, policy: PolicyInForce, lane: Lane, when_behind: WhenBehind) -> Judgement:
        request = self._requests.make_for_post(
            policy.text, content_of(seen), effort=policy.settings.effort, lane=lane, server=seen.guild_id
        )
        if when_behind is WhenBehind.PROBE:
            request = replace(request, way=Way.PROBE)
        judge = self._lite if when_behind is WhenBehind.LITE else self._judge
        with span("judge", version=policy.version.id, effort=request.effort.value, way=request.way.value) as step:
            judgement = await self._in_flight.judge(seen, policy.version.id, judge, request)
            _note(step, judgement)
            return judgement


def _note(step: Span, judgement: Judgement) -> None:
    """Say what came of asking a judge, without a word of what it read or wrote."""
    if not isinstance(judgement, Verdict):
        step.note(outcome="undecided", reason=judgement.reason.value)
        return
    took = judgement.provenance
    step.note(outcome=judgement.outcome.value, method=took.method.value)
    step.note(prompt_tokens=took.prompt_tokens, reply_tokens=took.reply_tokens)
    step.note(seconds_computed=took.seconds_computed)
    step.queued(took.seconds_waited)


def alone(seen: MessageSeen) -> MessageSeen:
    """The message without anything that only helps to read it."""
    return replace(seen, context=(), answers=None, titles=())


def key_of(version_id: int, seen: MessageSeen) -> bytes:
    """A digest of everything that the judge reads about this message under this version."""
    written = repr((version_id, *content_of(seen).messages))
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).digest()

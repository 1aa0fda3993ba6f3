"""One cheap look at a message under all policies that cover it, before any of them is reasoned about.

The look only screens: no case is based on it. If it settles nothing, each policy is judged alone, as usual.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from cachetools import LRUCache

from bot.languages.translation import Line
from bot.moderation.cascade.screened_set import (
    LOOKS,
    Course,
    Mode,
    ScreenedSet,
    after_learning,
    after_reasoning,
    after_skip,
    with_recall,
    without_room,
)
from bot.moderation.cascade.words import switched_off
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.servers.options import CascadeOptions, OptionStore
from classifier import Judge, Judgement, Lane, Method, Outcome, PolicyText, Undecided, Verdict, Way, joint_policy
from guild_policies.scope import flags

KEPT_SETS = 2_000
SAVE_EVERY = 50  #: messages; what matters for the promise is saved at once
Key = tuple[int, str]  #: a server, and a digest of what is looked at together and by whom


class ScreenedSetStore(Protocol):
    """Stores what was learned about each server's sets of policies."""

    async def get(self, guild_id: int, set_key: str) -> ScreenedSet | None:
        """What was learned about a set; None if nothing was."""

    async def save(self, guild_id: int, set_key: str, known: ScreenedSet, version_ids: Sequence[int]) -> None:
        """Store it, replacing what was stored before."""

    async def of_server(self, guild_id: int) -> tuple[tuple[tuple[int, ...], ScreenedSet], ...]:
        """All sets of a server with the ids of their policies' versions, the latest first."""

    async def forget(self, guild_id: int) -> None:
        """Delete what was learned in this server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The result of the look at one message."""

    key: Key
    known: ScreenedSet  #: when it was looked at
    verdict: Verdict  #: only its score counts
    course: Course
    policies: tuple[PolicyInForce, ...]
    beginning: int  #: how often the server's sets had started over by then

    def clear(self, policy: PolicyInForce) -> Verdict:
        """The clear verdict on a skipped message under one of the policies, with its share of the time and the
        tokens."""
        took, sharing = self.verdict.provenance, len(self.policies)
        provenance = replace(
            took,
            method=Method.SCREENED,
            policy_fingerprint=policy.text.fingerprint,
            prompt_tokens=took.prompt_tokens // sharing,
            reply_tokens=took.reply_tokens // sharing,
            seconds_computed=took.seconds_computed / sharing,
        )
        return Verdict(
            outcome=Outcome.CLEAR, rule_ids=(), score=self.verdict.score, rationale="", provenance=provenance
        )


class Cascade:
    """Looks at messages, learns from full judgements, and switches itself off if the promise is broken."""

    def __init__(
        self,
        store: ScreenedSetStore,
        *,
        options: OptionStore,
        judge: Judge,
        requests: JudgeRequests,
        tell: Callable[[int, Line], Awaitable[None]],
        is_behind: Callable[[int], bool],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Nothing is read yet.

        Args:
            tell: writes a line to a server's moderators, in the server's language.
            is_behind: is a server's traffic judged in a faster way because the judge is behind? Then there is no
                look, because it would wait for the same judge.
            chance: random numbers between 0 and 1.
        """
        self._store = store
        self._options = options
        self._judge = judge
        self._requests = requests
        self._tell = tell
        self._is_behind = is_behind
        self._chance = chance
        self._known: LRUCache[Key, ScreenedSet] = LRUCache(KEPT_SETS)
        self._versions: LRUCache[Key, tuple[int, ...]] = LRUCache(KEPT_SETS)
        self._unsaved: set[Key] = set()
        self._beginnings: Counter[int] = Counter()  # by server
        self._judge_name = ""  # as its last verdict named it
        self._groups: LRUCache[str, tuple[PolicyText, ...]] = LRUCache(KEPT_SETS)
        self._without_room: LRUCache[tuple[int, tuple[int, ...]], float] = LRUCache(
            KEPT_SETS
        )  # server, versions: recall

    async def is_on(self, guild_id: int) -> bool:
        """Does the server want looks, and can any be made now?"""
        return bool(await self._wanted(guild_id))

    async def _wanted(self, guild_id: int) -> float:
        """The recall that the look must promise; 0 for no look."""
        return 0.0 if self._is_behind(guild_id) else (await self._options.get(guild_id, CascadeOptions)).recall

    async def look(self, seen: MessageSeen, policies: Sequence[PolicyInForce], lane: Lane) -> Look | None:
        """Look at a message. None if the server wants no looks, the judge gave no score, or its memory can't hold the
        policies together."""
        recall = await self._wanted(seen.guild_id)
        if not recall or not policies:
            return None
        if self._judge_name and (await self._get(seen.guild_id, policies, recall))[1].mode not in LOOKS:
            return None
        groups = await self._groups_of(policies)
        if not groups:
            self._without_room[seen.guild_id, _version_ids(policies)] = recall
            return None
        verdict = await self._score(seen, groups, lane)
        if verdict is None:
            return None
        self._judge_name = verdict.provenance.judge
        key, known = await self._get(seen.guild_id, policies, recall)
        if known.mode not in LOOKS:
            return None
        return Look(
            key=key,
            known=known,
            verdict=verdict,
            course=known.course(verdict.score, self._chance()),
            policies=tuple(policies),
            beginning=self._beginnings[seen.guild_id],
        )

    async def skipped(self, look: Look) -> None:
        """Record that a message was taken as clear."""
        await self._change(look, lambda known: after_skip(known, look.verdict.score))

    async def judged(self, look: Look, judgements: Sequence[Judgement]) -> None:
        """Learn from a message that was judged under each policy after the look. Learns nothing if an answer is
        missing."""
        violation = any(
            flags(judgement, policy.settings.threshold)
            for judgement, policy in zip(judgements, look.policies, strict=True)
            if isinstance(judgement, Verdict)
        )
        missing = not violation and any(isinstance(judgement, Undecided) for judgement in judgements)
        if missing:
            return
        score, course = look.verdict.score, look.course
        if look.known.mode is Mode.ON:
            await self._change(look, lambda known: after_reasoning(known, score, course, violation=violation))
        elif look.known.mode is Mode.LEARNING:
            await self._change(look, lambda known: after_learning(known, score, violation=violation))

    async def _score(self, seen: MessageSeen, groups: Sequence[PolicyText], lane: Lane) -> Verdict | None:
        """The highest score of all groups."""
        content, best = content_of(seen), None
        for group in groups:
            request = self._requests.make(group, content, effort=None, lane=lane, server=seen.guild_id)
            answer = await self._judge.judge(replace(request, way=Way.SCREEN))
            if not isinstance(answer, Verdict):
                return None
            if best is None or answer.score > best.score:
                best = answer
        return best

    async def _groups_of(self, policies: Sequence[PolicyInForce]) -> tuple[PolicyText, ...]:
        """The policies in as few groups as fit into the judge's context. Empty if its memory can't keep such a group
        from one message to the next."""
        texts = sorted((policy.text for policy in policies), key=lambda text: text.fingerprint)
        key = " ".join(text.fingerprint for text in texts)
        if key not in self._groups:
            groups = await self._split(tuple(texts))
            if groups is None:  # the judge cannot say yet
                return (joint_policy(texts),)
            self._groups[key] = groups
        return self._groups[key]

    async def _split(self, texts: tuple[PolicyText, ...]) -> tuple[PolicyText, ...] | None:
        joint = joint_policy(texts)
        fit = await self._judge.prepare(joint, effort=self._requests.effort)
        if fit is None:
            return None
        if fit.fits or len(texts) == 1:
            return (joint,) if fit.kept else ()
        half = len(texts) // 2
        first, second = await self._split(texts[:half]), await self._split(texts[half:])
        if first is None or second is None:
            return None
        return (*first, *second) if first and second else ()

    async def _get(self, guild_id: int, policies: Sequence[PolicyInForce], recall: float) -> tuple[Key, ScreenedSet]:
        """What was learned about these policies together, with the judge that answered last."""
        key = (guild_id, _set_key(policies, self._judge_name, self._requests))
        self._versions[key] = _version_ids(policies)
        if key not in self._known:
            beginning = self._beginnings[guild_id]
            kept = await self._store.get(*key)
            if key not in self._known:
                is_current = kept is not None and beginning == self._beginnings[guild_id]
                self._known[key] = kept if kept is not None and is_current else ScreenedSet(recall=recall)
        self._known[key] = with_recall(self._known[key], recall)
        return key, self._known[key]

    async def _change(self, look: Look, change: Callable[[ScreenedSet], ScreenedSet]) -> None:
        """Count one message, if the set wasn't changed since its look. Awaits nothing between reading and writing."""
        before = self._known.get(look.key, look.known)
        as_then = (before.recall, before.mode) == (look.known.recall, look.known.mode)
        if look.beginning != self._beginnings[look.key[0]] or not as_then:
            return
        now = change(before)
        self.remember(look.key, now)
        self._unsaved.add(look.key)
        if _matters(before, now):
            await self._save(look.key)
        if before.mode is Mode.ON and now.mode is not Mode.ON:
            await self._tell(look.key[0], partial(switched_off, now, [policy.name for policy in look.policies]))

    def remember(self, key: Key, known: ScreenedSet) -> None:
        """Set what is known about a set."""
        self._known[key] = known

    async def start_over(self, guild_id: int) -> None:
        """Forget what was learned about a server's sets: they learn again. Messages in flight are no longer counted."""
        self._beginnings[guild_id] += 1
        for key in [key for key in self._known if key[0] == guild_id]:
            del self._known[key]
        for place in [place for place in self._without_room if place[0] == guild_id]:
            del self._without_room[place]
        await self._store.forget(guild_id)

    async def of_server(self, guild_id: int) -> tuple[tuple[tuple[int, ...], ScreenedSet], ...]:
        """What is known of a server's sets, with the ids of their policies' versions, the latest first."""
        for key in [key for key in self._unsaved if key[0] == guild_id]:
            await self._save(key)
        stored = await self._store.of_server(guild_id)
        new = {ids: recall for (server, ids), recall in self._without_room.items() if server == guild_id}
        shown = [(ids, without_room(known) if ids in new else known) for ids, known in stored]
        unseen = new.keys() - {ids for ids, _ in stored}
        return (*((ids, ScreenedSet(recall=new[ids], mode=Mode.NO_ROOM)) for ids in sorted(unseen)), *shown)

    async def _save(self, key: Key) -> None:
        self._unsaved.discard(key)
        if key in self._known:
            await self._store.save(*key, self._known[key], self._versions.get(key, ()))


def _matters(before: ScreenedSet, now: ScreenedSet) -> bool:
    return (
        before.mode is not now.mode
        or before.violation_scores != now.violation_scores
        or before.periods != now.periods
        or (now.looked + sum(now.learned)) % SAVE_EVERY == 1
    )


def _version_ids(policies: Sequence[PolicyInForce]) -> tuple[int, ...]:
    return tuple(sorted(policy.version.id for policy in policies))


def _set_key(policies: Sequence[PolicyInForce], judge: str, requests: JudgeRequests) -> str:
    """The key of a set. It changes with each policy's version, threshold and effort, the policies, the judge, and the
    score from which probes are reasoned about, because each changes what counts as a violation."""
    parts = sorted(
        f"{each.text.fingerprint} {each.settings.threshold} {each.settings.effort or requests.effort}"
        for each in policies
    )
    probed = () if requests.think_from is None else (f"think_from {requests.think_from}",)
    return hashlib.sha256("\n".join((judge, *probed, *parts)).encode()).hexdigest()

"""Actions taken outside Bylaw become cases, once each: AutoMod's hits, and what moderators do in Discord itself.

So there is one history. These cases have no card, because they are already handled. Discord reports an AutoMod hit once
for each action of the rule, without an id: equal reports within seconds count as one hit. A moderator's action has an
id in Discord's audit log, and is one case however often Discord reports it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cachetools import TTLCache

from bot.languages.translation import marked
from bot.moderation.cases.action import ActionKind, ActionState, ActionStore, NewAction
from bot.moderation.cases.case import (
    Case,
    CaseKind,
    CaseState,
    CaseStore,
    Decision,
    Evidence,
    Judged,
    NewCase,
    RuleBroken,
)
from bot.moderation.cases.ground import Ground, NamedRule
from bot.moderation.servers.server import ServerStore

AUTOMOD = marked("Discord AutoMod")  #: shown in place of the policy's name
BY_HAND = marked("Done by hand")
NO_REASON = marked("No reason was given in Discord's audit log.")
IN_DISCORD = marked("Done by hand, in Discord itself.")  #: kept with the action
#: What AutoMod's rules look for: stored in English as the title of the rule, longest first.
AUTOMOD_TITLES = (
    marked("a kind of rule that Bylaw does not know, number {kind}"),
    marked("Discord's own word lists"),
    marked("too many mentions"),
    marked("a member's profile"),
    marked("harmful links"),
    marked("keywords"),
    marked("spam"),
)
#: What AutoMod did: the {done} of the sentences below.
AUTOMOD_DONE = (
    marked("the message was blocked"),
    marked("an alert was posted"),
    marked("the member was timed out"),
    marked("the member was kept from interacting"),
)
_HIT = marked("Discord's AutoMod rule {rule} ({trigger}): {done}.")
_MATCHED = marked("It matched “{keyword}”.")
#: All sentences stored about a hit in English, longest first: see `bot.languages.kept_sentences`.
AUTOMOD_WHYS = (
    marked(
        "Discord's AutoMod rule {rule} (a kind of rule that Bylaw does not know, number {kind}): something was done "
        "that Bylaw does not know, action number {action}."
    ),
    marked(
        "Discord's AutoMod rule {rule} ({trigger}): something was done that Bylaw does not know, action number "
        "{action}."
    ),
    marked("Discord's AutoMod rule {rule} (a kind of rule that Bylaw does not know, number {kind}): {done}."),
    _HIT,
    _MATCHED,
)
ONE_HIT = timedelta(seconds=10)  #: AutoMod's reports about one message arrive within a second or two

_KEPT = 4_096
_EPOCH_MS = 1_420_070_400_000  #: the epoch of Discord's ids
_REASON = 400  #: characters of a moderator's own reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoModHit:
    """AutoMod acted on a message or a profile."""

    guild_id: int
    rule_id: int
    trigger: str  #: what kind of rule it is, in words
    member_id: int
    channel_id: int | None  #: None for a profile
    text: str
    keyword: str | None  #: the expression of the rule that matched
    done: str  #: in plain words
    at: datetime | None = None  #: time received, and the id that it is stored under, from `ExternalActions.heard`
    message_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HandAction:
    """A moderator, or another bot, kicked, banned or timed a member out."""

    guild_id: int
    entry_id: int  #: in Discord's audit log
    kind: ActionKind
    member_id: int
    by: int
    reason: str
    length: timedelta | None  #: of a timeout
    at: datetime
    until: datetime | None = None  #: the end of a timeout, according to Discord
    earlier_until: datetime | None = None  #: the end of the one that it replaced


async def _no_rule(guild_id: int, reason: str) -> NamedRule | None:
    del guild_id, reason
    return None


class ExternalActions:
    """Opens the cases. Does nothing in servers without ``/setup``."""

    def __init__(
        self,
        *,
        cases: CaseStore,
        actions: ActionStore,
        servers: ServerStore,
        now: Callable[[], datetime],
        rule_in: Callable[[int, str], Awaitable[NamedRule | None]] = _no_rule,
    ) -> None:
        """`rule_in` finds the rule of a server that a reason begins with."""
        self._cases = cases
        self._actions = actions
        self._servers = servers
        self._now = now
        self._rule_in = rule_in
        self._recent: TTLCache[bytes, int] = TTLCache(
            maxsize=_KEPT, ttl=ONE_HIT.total_seconds(), timer=lambda: now().timestamp()
        )
        self._in_order = asyncio.Lock()  # the first report opens the case, however long each takes

    def heard(self, hit: AutoModHit) -> AutoModHit:
        """The hit, stamped as received now, however late it is processed."""
        return replace(hit, at=self._now(), message_id=self._once(hit))

    async def automod_hit(self, hit: AutoModHit) -> Case | None:
        """Open a case for a hit. The same hit again returns the same case, which names what was done first."""
        async with self._in_order:
            return await self._open(hit if hit.at else self.heard(hit))

    async def by_hand(self, done: HandAction) -> Case | None:
        """Open a case for an action that a moderator took by hand, decided by that moderator, with the action as done.
        A reason that begins with the id of a rule in force names that rule.

        Idempotent for the same entry: adds what is missing and changes nothing else.
        """
        if await self._servers.get(done.guild_id) is None:
            return None
        evidence = Evidence(
            channel_id=0,
            message_id=done.entry_id,
            author_id=done.member_id,
            edit=0,
            text=None,
            forwarded=False,
            posted_at=done.at,
            gone=True,
        )
        reason = done.reason.strip()[:_REASON]
        judged = _judged(BY_HAND, rules=(), rationale=reason or NO_REASON)
        case, _ = await self._cases.open(
            NewCase(guild_id=done.guild_id, kind=CaseKind.MANUAL, evidence=evidence, judged=judged)
        )
        decision = Decision(state=CaseState.VIOLATION, moderator_id=done.by, at=done.at)
        rule = await self._rule_in(done.guild_id, reason) if reason else None
        ground = None if rule is None else Ground(rule=rule)
        case, _ = await self._cases.decide(case.guild_id, case.number, decision, ground)
        new = NewAction(
            guild_id=done.guild_id,
            case_number=case.number,
            kind=done.kind,
            target_id=done.member_id,
            by=done.by,
            reason=reason,
            length=done.length,
        )
        action, _ = await self._actions.add(new)
        until, before = done.until, done.earlier_until
        await self._actions.settle(action.id, ActionState.DONE, IN_DISCORD, until=until, earlier_until=before)
        return case

    async def _open(self, hit: AutoModHit) -> Case | None:
        if await self._servers.get(hit.guild_id) is None:
            return None
        evidence = Evidence(
            channel_id=hit.channel_id or 0,
            message_id=hit.message_id,
            author_id=hit.member_id,
            edit=0,
            text=hit.text or None,
            forwarded=False,
            posted_at=hit.at or self._now(),
            gone=True,
        )
        judged = _judged(
            AUTOMOD,
            rules=(RuleBroken(id="AutoMod", title=hit.trigger, severity="medium"),),
            rationale=_why(hit),
        )
        case, _ = await self._cases.open(
            NewCase(guild_id=hit.guild_id, kind=CaseKind.AUTOMOD, evidence=evidence, judged=judged)
        )
        return case

    def _once(self, hit: AutoModHit) -> int:
        """The id to store a hit under, made from its time. A blocked message has no id of its own; if there is one, the
        judge or a member may still open a case about it, which this case must not block."""
        parts = (hit.guild_id, hit.rule_id, hit.member_id, hit.channel_id, hit.text)
        key = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()
        message_id = self._recent.get(key)
        if message_id is None:
            message_id = self._recent[key] = _made_id(self._now(), key)
        return message_id


def _why(hit: AutoModHit) -> str:
    """What is kept of a hit, in English."""
    why = _HIT.format(rule=hit.rule_id, trigger=hit.trigger, done=hit.done)
    return f"{why} {_MATCHED.format(keyword=hit.keyword)}" if hit.keyword else why


def _judged(source: str, *, rules: tuple[RuleBroken, ...], rationale: str) -> Judged:
    """The judgement of a case that wasn't sent to the judge."""
    return Judged(
        policy_id=0,
        policy_name=source,
        version_id=0,
        version_number=0,
        rules=rules,
        score=None,
        rationale=rationale,
        reasoning="",
        method="bridge",
        judge="",
        prompt_fingerprint=None,
    )


def _made_id(now: datetime, key: bytes) -> int:
    """An id in Discord's format: the time in the high bits, and in the low bits what distinguishes this hit."""
    return (int(now.timestamp() * 1_000) - _EPOCH_MS) << 22 | int.from_bytes(key[:4], "big") >> 10

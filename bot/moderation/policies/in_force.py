"""The policies in force in a server, in the form that judging needs.

A rule applies to what was posted while it was in force (`guild_policies.timeline`), whenever that is judged: at once,
after waiting for the judge, or read from history after downtime. A publication takes effect with the next message in
the process that handled it, and within a second in others that share the database (`bot.moderation.servers.cache`). The
parsed and compiled text is kept by version id, which is safe because a version never changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from cachetools import LRUCache

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.reading import beside_the_loop
from bot.moderation.servers.cache import AnswerCache
from bot.moderation.servers.options import OptionStore, ReadingOptions
from classifier import PolicyText
from guild_policies.compile import NotJudgeable, compile_policy
from guild_policies.policy import LooksAt, Policy
from guild_policies.scope import PolicySettings, Scope, covers
from guild_policies.store.port import PolicyStore
from guild_policies.text.parse import policy_of
from guild_policies.timeline import LATEST, Timeline
from guild_policies.versions import PolicyVersion, stricter

KEPT_VERSIONS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    """A published policy: its name, its version, its rules, and what a judge reads of them."""

    name: str
    version: PolicyVersion
    policy: Policy
    text: PolicyText
    settings: PolicySettings = field(default_factory=PolicySettings)
    flags_only: bool = False  #: strict start: no automatic actions
    scopes: tuple[Scope, ...] = ()  #: earlier scopes that a message of that time must be in; empty for the current

    def covers(self, seen: MessageSeen) -> bool:
        """Does the policy apply where this was posted, and to who posted it?"""
        return all(covers(scope, seen.place, seen.author, at=seen.moment) is None for scope in self.all_scopes)

    @property
    def all_scopes(self) -> tuple[Scope, ...]:
        """The scopes that a message has to be in."""
        return self.scopes or (self.settings.scope,)

    @property
    def judges_bots(self) -> bool:
        """Does it apply to other bots?"""
        return all(scope.judges_bots for scope in self.all_scopes)


@dataclass(frozen=True, slots=True)
class InForce:
    """The policies in force in a server, by whether their rules are about messages or conversations. A policy with both
    kinds of rules is in both."""

    messages: tuple[PolicyInForce, ...] = ()
    conversations: tuple[PolicyInForce, ...] = ()

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of all these policies."""
        return tuple(scope for policy in (*self.messages, *self.conversations) for scope in policy.all_scopes)


_KINDS = (LooksAt.MESSAGES, LooksAt.CONVERSATIONS)
_Texts = tuple[PolicyText | None, ...]  # in the order of _KINDS; None if no rule is about that


@dataclass(frozen=True, slots=True)
class _Server:
    """The cached data of a server."""

    timelines: tuple[Timeline, ...]
    language: str


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A compiled version, as judging needs it."""

    version: PolicyVersion
    policy: Policy
    texts: _Texts


class PoliciesInForce:
    """Looks up the policies in force in a server, now or at an earlier time."""

    def __init__(
        self,
        store: PolicyStore,
        *,
        options: OptionStore,
        clock: Callable[[], float] | None = None,
        set_up_at: Callable[[int], datetime | None] = lambda _: None,
        kept: int = KEPT_VERSIONS,
    ) -> None:
        """Args:
        clock: seconds; with one, answers are cached briefly (`bot.moderation.servers.cache`).
        set_up_at: when a server ran ``/setup`` for the first time, if that is known."""
        self._store = store
        self._remembered: AnswerCache[int, _Server] | None = AnswerCache(clock) if clock else None
        self._options = options
        self._set_up_at = set_up_at
        self._compiled: LRUCache[tuple[int, str], _Compiled] = LRUCache(maxsize=kept)

    async def of(self, guild_id: int) -> tuple[PolicyInForce, ...]:
        """The server's policies in force with rules about single messages."""
        return (await self.all_of(guild_id)).messages

    async def all_of(self, guild_id: int) -> InForce:
        """The server's policies in force now, for messages and for conversations."""
        return await self.at(guild_id, LATEST)

    async def at(self, guild_id: int, moment: datetime) -> InForce:
        """The policies for a message of this time (`MessageSeen.moment`): the versions in force then, in scopes that
        applied then and still do, with the policies' current effort and threshold."""
        server = await self._server(guild_id)
        set_up_at = self._set_up_at(guild_id)
        found: tuple[list[PolicyInForce], ...] = tuple([] for _ in _KINDS)
        for timeline in server.timelines:
            version_id = timeline.version_at(moment, set_up_at=set_up_at)
            compiled = None if version_id is None else await self._compile(guild_id, version_id, server.language)
            if compiled is None:
                continue
            for policies, text in zip(found, compiled.texts, strict=True):
                if text is not None:
                    policies.append(
                        PolicyInForce(
                            name=timeline.name,
                            version=compiled.version,
                            policy=compiled.policy,
                            text=text,
                            settings=stricter(timeline.settings) if timeline.strict else timeline.settings,
                            flags_only=timeline.strict,
                            scopes=timeline.scopes_at(moment),
                        )
                    )
        return InForce(*map(tuple, found))

    async def is_running(self, guild_id: int, policy_id: int) -> bool:
        """Is any version of this policy in force now? Not if it was paused or deleted."""
        timelines = (await self._server(guild_id)).timelines
        return any(each.policy_id == policy_id and each.version_at(LATEST) is not None for each in timelines)

    def changed(self, guild_id: int) -> None:
        """Something in this server changed: drop its cache."""
        if self._remembered is not None:
            self._remembered.forget(guild_id)

    def forget_all(self) -> None:
        """Drop the whole cache."""
        if self._remembered is not None:
            self._remembered.forget_all()

    async def _server(self, guild_id: int) -> _Server:
        if self._remembered is None:
            return await self._ask(guild_id)
        return await self._remembered.get(guild_id, lambda: self._ask(guild_id))

    async def _ask(self, guild_id: int) -> _Server:
        language = (await self._options.get(guild_id, ReadingOptions)).language
        return _Server(await self._store.timelines(guild_id), language)

    async def _compile(self, guild_id: int, version_id: int, language: str) -> _Compiled | None:
        key = (version_id, language)
        compiled = self._compiled.get(key)
        if compiled is None:
            version = await self._store.version(guild_id, version_id)
            if version is None:
                return None
            policy, texts = await beside_the_loop(partial(_compiled, version.text, language), version.text)
            compiled = self._compiled[key] = _Compiled(version, policy, texts)
        return compiled


def _compiled(text: str, language: str) -> tuple[Policy, _Texts]:
    policy = policy_of(text)
    return policy, tuple(_text(policy, looks_at, language) for looks_at in _KINDS)


def _text(policy: Policy, looks_at: LooksAt, language: str) -> PolicyText | None:
    try:
        return replace(compile_policy(policy, looks_at=looks_at), language=language)
    except NotJudgeable:
        return None  # no rule is about this

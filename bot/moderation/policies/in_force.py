"""The policies that a server has in force, in the form that judging needs.

A publication counts from the next message on in the process that took it, and within seconds in others that share the
database (`bot.moderation.servers.cache`). The parsed and compiled text is kept by version id, which is safe because a
version never changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from cachetools import LRUCache

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.reading import beside_the_loop
from bot.moderation.servers.cache import AnswerCache
from bot.moderation.servers.options import OptionStore, ReadingOptions
from classifier import PolicyText
from guild_policies.compile import NotJudgeable, compile_policy
from guild_policies.policy import LooksAt, Policy
from guild_policies.scope import PolicySettings, covers
from guild_policies.store.port import PolicyStore
from guild_policies.text.parse import policy_of
from guild_policies.versions import PolicyVersion

KEPT_VERSIONS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    """A published policy: its name, its version, its rules, and what a judge reads of them."""

    name: str
    version: PolicyVersion
    policy: Policy
    text: PolicyText
    settings: PolicySettings = field(default_factory=PolicySettings)

    def covers(self, seen: MessageSeen) -> bool:
        """Does the policy apply where this was posted, and to who posted it?"""
        return covers(self.settings.scope, seen.place, seen.author, at=seen.posted_at) is None


@dataclass(frozen=True, slots=True)
class InForce:
    """What a server has in force, by what its rules look at. A policy with both kinds of rules is in both."""

    messages: tuple[PolicyInForce, ...] = ()
    conversations: tuple[PolicyInForce, ...] = ()


_KINDS = (LooksAt.MESSAGES, LooksAt.CONVERSATIONS)
_Texts = tuple[PolicyText | None, ...]  # in the order of _KINDS; None where no rule is about that


class PoliciesInForce:
    """Looks up what is in force in a server."""

    def __init__(
        self,
        store: PolicyStore,
        *,
        options: OptionStore,
        clock: Callable[[], float] | None = None,
        kept: int = KEPT_VERSIONS,
    ) -> None:
        """Args:
        clock: seconds; with one, answers are remembered for a moment (`bot.moderation.servers.cache`).
        """
        self._store = store
        self._remembered: AnswerCache[int, InForce] | None = AnswerCache(clock) if clock else None
        self._options = options
        self._compiled: LRUCache[tuple[int, str], tuple[Policy, _Texts]] = LRUCache(maxsize=kept)

    async def of(self, guild_id: int) -> tuple[PolicyInForce, ...]:
        """The server's policies in force that have something to say about single messages."""
        return (await self.all_of(guild_id)).messages

    async def all_of(self, guild_id: int) -> InForce:
        """The server's policies in force, for messages and for conversations."""
        if self._remembered is None:
            return await self._ask(guild_id)
        return await self._remembered.get(guild_id, lambda: self._ask(guild_id))

    def changed(self, guild_id: int) -> None:
        """This process changed something of this server: forget what is remembered of it."""
        if self._remembered is not None:
            self._remembered.forget(guild_id)

    async def _ask(self, guild_id: int) -> InForce:
        language = (await self._options.get(guild_id, ReadingOptions)).language
        found: tuple[list[PolicyInForce], ...] = tuple([] for _ in _KINDS)
        for stored in await self._store.published(guild_id):
            if stored.in_force is None:
                continue
            policy, texts = await self._compile(stored.in_force, language)
            for policies, text in zip(found, texts, strict=True):
                if text is not None:
                    policies.append(
                        PolicyInForce(
                            name=stored.name,
                            version=stored.in_force,
                            policy=policy,
                            text=text,
                            settings=stored.settings,
                        )
                    )
        return InForce(*map(tuple, found))

    async def _compile(self, version: PolicyVersion, language: str) -> tuple[Policy, _Texts]:
        key = (version.id, language)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = await beside_the_loop(partial(_compiled, version.text, language), version.text)
            self._compiled[key] = compiled
        return compiled


def _compiled(text: str, language: str) -> tuple[Policy, _Texts]:
    policy = policy_of(text)
    return policy, tuple(_text(policy, looks_at, language) for looks_at in _KINDS)


def _text(policy: Policy, looks_at: LooksAt, language: str) -> PolicyText | None:
    try:
        return replace(compile_policy(policy, looks_at=looks_at), language=language)
    except NotJudgeable:
        return None  # no rule is about this

"""Explains how a message was judged, under which version and by which judge, or why it wasn't judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.cases.case import Case, Clear
from bot.moderation.judging.decide import BELOW_THRESHOLD
from bot.moderation.lookups.search import CaseSearchStore
from bot.moderation.messages.intake import Skip, reason_to_skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PoliciesInForce, PolicyInForce
from bot.moderation.servers.server import ServerStore
from classifier import Method
from guild_policies.scope import NotCovered, covers
from guild_policies.store.port import PolicyStore

DELETED_POLICY = marked("a deleted policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearFound:
    """A stored clear verdict, and when it was given."""

    clear: Clear
    at: datetime


class ClearVerdicts(Protocol):
    """Reads stored clear verdicts."""

    async def clear_of_message(self, guild_id: int, message_id: int) -> tuple[ClearFound, ...]:
        """Those about a message, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTold:
    """A verdict without a case: clear, or a violation below the threshold."""

    policy_name: str
    version_number: int | None  #: None if the version is no longer known
    below_threshold: bool  #: the judge said violation, with a score too low for this policy to open a case
    found: ClearFound

    @property
    def screened(self) -> bool:
        """Was this policy not judged on its own, because one look at all policies together found nothing?"""
        return self.found.clear.method == Method.SCREENED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All verdicts on a message."""

    cases: tuple[Case, ...]
    clear: tuple[ClearTold, ...]

    @property
    def edits(self) -> frozenset[int]:
        """The edits of the message that were judged."""
        return frozenset({case.evidence.edit for case in self.cases} | {each.found.clear.edit for each in self.clear})

    @property
    def looks(self) -> tuple[tuple[ClearTold, ...], ...]:
        """The looks at all policies together that found nothing, each with its verdict on every policy."""
        found: dict[tuple[int, str, float], list[ClearTold]] = {}
        for each in self.clear:
            if each.screened:
                clear = each.found.clear
                found.setdefault((clear.edit, clear.judge, clear.score), []).append(each)
        return tuple(map(tuple, found.values()))


class NotJudged(StrEnum):
    """Reasons for no verdict that `Skip` and `NotCovered` don't cover."""

    WAITING = "waiting"  #: it is waiting for the judge's next turn
    BEFORE = "before"  #: no policy that covers it was in force when it was posted: not yet, or paused
    EXEMPT = "exempt"  #: policies that cover it now did not when it was posted or last edited
    NOT_THERE = "not_there"  #: the bot was not running, could not read the channel, or has lost the message


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why a message wasn't judged, as far as known, under the current settings."""

    reason: Skip | NotJudged
    not_covered: tuple[tuple[str, NotCovered], ...] = ()  #: by policy, if that is the reason


class Why:
    """Explains verdicts to reviewers."""

    def __init__(
        self,
        *,
        search: CaseSearchStore,
        verdicts: ClearVerdicts,
        policies: PolicyStore,
        servers: ServerStore,
        in_force: PoliciesInForce,
        is_waiting: Callable[[int], bool],
    ) -> None:
        """`is_waiting` says whether a message, by its id, is waiting for the judge's next turn."""
        self._search = search
        self._verdicts = verdicts
        self._policies = policies
        self._servers = servers
        self._in_force = in_force
        self._is_waiting = is_waiting

    async def told(self, guild_id: int, message_id: int) -> Told:
        """The verdicts on a message."""
        names = {policy.id: policy.name for policy in await self._policies.list(guild_id)}
        clear = []
        for found in await self._verdicts.clear_of_message(guild_id, message_id):
            version = await self._policies.version(guild_id, found.clear.version_id)
            clear.append(
                ClearTold(
                    policy_name=names.get(version.policy_id, DELETED_POLICY) if version else DELETED_POLICY,
                    version_number=version.number if version else None,
                    below_threshold=found.clear.method.startswith(BELOW_THRESHOLD),
                    found=found,
                )
            )
        return Told(cases=await self._search.of_message(guild_id, message_id), clear=tuple(clear))

    async def why_not(self, seen: MessageSeen, *, own_id: int) -> WhyNot:
        """Why there is no verdict on the current version of a message."""
        if self._is_waiting(seen.message_id):
            return WhyNot(reason=NotJudged.WAITING)
        in_force = await self._in_force.of(seen.guild_id)
        judges_bots = any(policy.judges_bots for policy in in_force)
        settings = await self._servers.get(seen.guild_id)
        skip = reason_to_skip(seen, settings, own_id=own_id, judges_bots=judges_bots)
        if skip is not None:
            return WhyNot(reason=skip)
        if not in_force:
            return WhyNot(reason=Skip.NO_POLICY)
        outside = [(each.name, why) for each in in_force if (why := _not_covered(each, seen)) is not None]
        if len(outside) == len(in_force):
            return WhyNot(reason=Skip.OUT_OF_SCOPE, not_covered=tuple(outside))
        covering = {each.version.policy_id for each in in_force if _not_covered(each, seen) is None}
        at_the_time = (await self._in_force.at(seen.guild_id, seen.moment)).messages
        then = [each for each in at_the_time if each.version.policy_id in covering]
        exempt = [(each.name, why) for each in then if (why := _not_covered(each, seen)) is not None]
        if then and len(exempt) == len(then):
            return WhyNot(reason=NotJudged.EXEMPT, not_covered=tuple(exempt))
        return WhyNot(reason=NotJudged.NOT_THERE if then else NotJudged.BEFORE)


def _not_covered(policy: PolicyInForce, seen: MessageSeen) -> NotCovered | None:
    reasons = (covers(scope, seen.place, seen.author, at=seen.moment) for scope in policy.all_scopes)
    return next((why for why in reasons if why is not None), None)

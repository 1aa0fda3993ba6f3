"""Flash rules: one sentence in force at once, for some hours. It ends automatically and reports what it flagged.

A flash rule is a policy with an end. Messages posted after the end aren't judged by it, however late the end is
processed. The policy is then paused and kept, so that the team can make it permanent.
"""

from __future__ import annotations

import textwrap
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.languages.translation import _, marked
from bot.moderation.policies.outcomes import Blocked, Published, Refused, Saved
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.server import ServerStore
from guild_policies.policy import Policy, Rule
from guild_policies.store.port import PolicyStore, PolicyStoreRefusal
from guild_policies.text.hidden import is_blank
from guild_policies.text.parse import policy_of, render
from guild_policies.versions import StoredPolicy

MAX_SENTENCE = 300
MAX_HOURS = 168
TITLE_WIDTH = 60
RULE_ID = "R1"
_NOT_SET_UP = marked("Run /setup first: what a flash rule flags goes to the moderators' channel.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashReport:
    """The report on a flash rule that is over."""

    policy: StoredPolicy
    sentence: str
    review_channel_id: int
    confirmed: int  #: cases that moderators decided as violations
    dismissed: int
    open: int

    @property
    def flagged(self) -> int:
        """All cases."""
        return self.confirmed + self.dismissed + self.open


class Counted(Protocol):
    """Counts of a rule's cases."""

    @property
    def confirmed(self) -> int:
        """Moderators agreed with the judge."""

    @property
    def dismissed(self) -> int:
        """Moderators disagreed with the judge."""

    @property
    def open(self) -> int:
        """Nobody has decided yet."""


class CaseCounts(Protocol):
    """Counts cases."""

    async def rules(self, guild_id: int, *, since: datetime, policy_id: int | None = None) -> Sequence[Counted]:
        """Counts by rule, of a policy's cases opened since this time."""


class FlashRules:
    """Starts flash rules, and ends those whose time is over."""

    def __init__(
        self,
        *,
        publishing: Publishing,
        policies: PolicyStore,
        servers: ServerStore,
        counts: CaseCounts,
        now: Callable[[], datetime],
    ) -> None:
        self._publishing = publishing
        self._policies = policies
        self._servers = servers
        self._counts = counts
        self._now = now

    async def start(
        self, guild_id: int, sentence: str, *, hours: int, actor_id: int
    ) -> StoredPolicy | Blocked | Refused:
        """Put the sentence in force as a separate policy, for this many hours."""
        sentence = " ".join(sentence.split())
        text = flash_text(sentence)
        if await self._servers.get(guild_id) is None:
            return Refused(why=_(_NOT_SET_UP))
        rules = policy_of(text).rules
        if is_blank(sentence) or len(rules) != 1 or rules[0].breaks_it != sentence:
            return Refused(
                why=_("Say in one plain sentence what breaks the rule, such as “links to the leaked build”.")
            )
        name = _free_name([each.name for each in await self._policies.list(guild_id)])
        ends_at = self._now() + timedelta(hours=hours)
        saved = await self._publishing.create(guild_id, name, text, actor_id=actor_id, ends_at=ends_at)
        if not isinstance(saved, Saved):
            return saved
        published = await self._publishing.publish(
            guild_id, name, seen_revision=saved.draft.revision, actor_id=actor_id
        )
        if isinstance(published, Published):
            return saved.policy
        await self._forget(saved.policy, actor_id=actor_id)
        if isinstance(published, Blocked | Refused):
            return published
        return Refused(why=_("Somebody changed the rule before it was in force. Nothing was started; try again."))

    async def reports(self, serves: Callable[[int], bool]) -> AsyncIterator[FlashReport]:
        """Reports on the flash rules whose time is over. Call `end` for each once its report was posted."""
        for policy in await self._policies.past_end(serves):
            settings = await self._servers.get(policy.guild_id)
            if policy.published is None or settings is None:  # nothing to report, or nowhere to report it
                await self.end(policy)
                continue
            rules = await self._counts.rules(policy.guild_id, since=policy.created_at, policy_id=policy.id)
            yield FlashReport(
                policy=policy,
                sentence=_sentence_of(policy.published.text),
                review_channel_id=settings.review_channel_id,
                confirmed=sum(each.confirmed for each in rules),
                dismissed=sum(each.dismissed for each in rules),
                open=sum(each.open for each in rules),
            )

    async def end(self, policy: StoredPolicy) -> None:
        """Pause it as of its end. Does nothing if somebody else did it first."""
        starter = policy.published.author_id if policy.published else 0
        try:
            await self._policies.end(guild_id=policy.guild_id, policy_id=policy.id, actor_id=starter)
        except PolicyStoreRefusal:
            return  # deleted or ended meanwhile; or the database is unavailable, and the next run retries it

    async def _forget(self, policy: StoredPolicy, *, actor_id: int) -> None:
        try:
            await self._policies.delete(guild_id=policy.guild_id, policy_id=policy.id, actor_id=actor_id)
        except PolicyStoreRefusal:
            return  # a draft remains, which judges nothing


def flash_text(sentence: str) -> str:
    """The policy text of a flash rule. It only flags."""
    title = textwrap.shorten(sentence, TITLE_WIDTH, placeholder="…")
    return render(Policy(title="Flash rule", rules=(Rule(id=RULE_ID, title=title, breaks_it=sentence),)))


def _sentence_of(text: str) -> str:
    rules = policy_of(text).rules
    return rules[0].breaks_it if rules else ""


def _free_name(taken: list[str]) -> str:
    names = {each.casefold() for each in taken}
    return next(name for name in (f"flash-{number}" for number in range(1, len(taken) + 2)) if name not in names)

"""A case with its history and the rules as worded at the time."""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.cases.audit import AuditEntry, AuditLog
from bot.moderation.cases.case import Case, CaseReader
from guild_policies.policy import Rule
from guild_policies.store.port import PolicyStore
from guild_policies.text.parse import policy_of

MOST_ENTRIES = 10_000  #: per case: more than people make


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case with what belongs to it."""

    case: Case
    rules: tuple[Rule, ...]  #: the rules broken, as worded in that version of the policy
    history: tuple[AuditEntry, ...]  #: oldest first


class CaseFiles:
    """Looks up case files."""

    def __init__(self, *, cases: CaseReader, audit: AuditLog, policies: PolicyStore) -> None:
        self._cases = cases
        self._audit = audit
        self._policies = policies

    async def find(self, guild_id: int, number: int) -> CaseFile | None:
        """The file of the case with this number in this server."""
        case = await self._cases.get(guild_id, number)
        if case is None:
            return None
        entries = await self._audit.entries(guild_id, subject=f"case:{number}", limit=MOST_ENTRIES)
        return CaseFile(case=case, rules=await self.rules_of(case), history=tuple(reversed(entries)))

    async def policy_text_of(self, case: Case) -> str | None:
        """The text of the version that the case was judged under, if it still exists."""
        version = await self._policies.version(case.guild_id, case.judged.version_id)
        return None if version is None else version.text

    async def rules_of(self, case: Case) -> tuple[Rule, ...]:
        """The rules broken, as worded in the version that the case was judged under, or that the moderator who named
        the rule saw."""
        version = await self._policies.version(case.guild_id, case.source.version_id)
        if version is None:
            return ()
        policy = policy_of(version.text)
        return tuple(rule for broken in case.rules if (rule := policy.rule(broken.id)) is not None)

"""Admins write, publish and take back policies. Every answer is a value that says what happened."""

from __future__ import annotations

from dataclasses import dataclass

from guild_policies.compile import NotJudgeable, compile_policy
from guild_policies.findings import Finding
from guild_policies.lint import lint
from guild_policies.parse import parse
from guild_policies.store import ChangedMeanwhile, PolicyStore, PolicyStoreRefusal
from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The draft is kept. The findings are advice."""

    policy: StoredPolicy
    draft: Draft
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The version is in force from the next message on."""

    policy: StoredPolicy
    version: PolicyVersion
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The text cannot be judged; nothing was saved. `text` is given back to its author."""

    findings: tuple[Finding, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Somebody else changed the policy meanwhile; nothing was saved. `text` is given back to its author."""

    current: StoredPolicy
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing was done; `why` is one sentence for the admin."""

    why: str


class PolicyDesk:
    """The life of a policy: drafted, published, rolled back, looked up."""

    def __init__(self, store: PolicyStore) -> None:
        self._store = store

    async def create(self, guild_id: int, name: str, text: str, *, actor_id: int) -> Saved | Blocked | Refused:
        """A new policy whose first draft is `text`."""
        findings = lint(text)
        if any(finding.blocking for finding in findings):
            return Blocked(findings=findings, text=text)
        try:
            policy = await self._store.create(guild_id=guild_id, name=name, text=text, actor_id=actor_id)
        except PolicyStoreRefusal as refusal:
            return Refused(why=str(refusal))
        if policy.draft is None:
            return Refused(why=f"“{policy.name}” was published by somebody else in this moment.")
        return Saved(policy=policy, draft=policy.draft, findings=findings)

    async def save_draft(
        self,
        guild_id: int,
        name: str,
        text: str,
        *,
        seen_revision: int | None,
        seen_number: int | None,
        actor_id: int,
    ) -> Saved | Blocked | Conflict | Refused:
        """Keep `text` as the draft, unless somebody saved another since `seen_revision`, or since then another
        version than `seen_number` came into force: the author started from neither."""
        findings = lint(text)
        if any(finding.blocking for finding in findings):
            return Blocked(findings=findings, text=text)
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return _no_such(name)
        if seen_number != (policy.published.number if policy.published else None):
            return Conflict(current=policy, text=text)
        try:
            draft = await self._store.save_draft(
                guild_id=guild_id, policy_id=policy.id, text=text, actor_id=actor_id, seen_revision=seen_revision
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text=text)
        except PolicyStoreRefusal as refusal:
            return Refused(why=str(refusal))
        return Saved(policy=policy, draft=draft, findings=findings)

    async def publish(
        self, guild_id: int, name: str, *, seen_revision: int | None = None, actor_id: int
    ) -> Published | Blocked | Conflict | Refused:
        """Put the draft in force: the one of `seen_revision`, which the admin looked at, or the present one."""
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return _no_such(name)
        draft = policy.draft
        if draft is None:
            if seen_revision is not None:
                return Conflict(current=policy, text="")
            return Refused(why=f"“{policy.name}” has no draft to publish. Change it first with /policy edit.")
        findings = lint(draft.text)
        try:
            fingerprint = compile_policy(parse(draft.text).policy).fingerprint
        except NotJudgeable:
            return Blocked(findings=findings, text=draft.text)
        if any(finding.blocking for finding in findings):
            return Blocked(findings=findings, text=draft.text)
        try:
            version = await self._store.publish(
                guild_id=guild_id,
                policy_id=policy.id,
                seen_revision=draft.revision if seen_revision is None else seen_revision,
                fingerprint=fingerprint,
                actor_id=actor_id,
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text=draft.text)
        except PolicyStoreRefusal as refusal:
            return Refused(why=str(refusal))
        return Published(policy=policy, version=version, findings=findings)

    async def roll_back(
        self, guild_id: int, name: str, *, to_number: int, seen_number: int, actor_id: int
    ) -> Published | Conflict | Refused:
        """Put version `to_number` in force again, unless another than `seen_number` is in force by now."""
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return _no_such(name)
        try:
            version = await self._store.roll_back(
                guild_id=guild_id,
                policy_id=policy.id,
                to_number=to_number,
                seen_number=seen_number,
                actor_id=actor_id,
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text="")
        except PolicyStoreRefusal as refusal:
            return Refused(why=str(refusal))
        return Published(policy=policy, version=version, findings=())

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """The policy of this name."""
        return await self._store.find(guild_id, name)

    async def by_id(self, guild_id: int, policy_id: int) -> StoredPolicy | None:
        """The policy of this id, if it is this server's: buttons and forms name policies by id."""
        return next((policy for policy in await self._store.list(guild_id) if policy.id == policy_id), None)

    async def list(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """All policies of a server, oldest first."""
        return await self._store.list(guild_id)

    async def history(self, policy: StoredPolicy) -> tuple[Publication, ...]:
        """Every time a version came into force, newest first."""
        return await self._store.history(policy.guild_id, policy.id)


def _no_such(name: str) -> Refused:
    return Refused(why=f"There is no policy named “{name[:50]}” in this server. /policy list shows them all.")

"""The lifecycle of policies: starting and discarding drafts, pausing, settings, deleting."""

from __future__ import annotations

from bot.languages.translation import _
from bot.moderation.policies.outcomes import Changed, Conflict, Deleted, Discarded, Refused, Saved, no_such, refused
from bot.moderation.policies.reading import lint_policy
from guild_policies.scope import PolicySettings
from guild_policies.store.port import ChangedMeanwhile, PolicyStore, PolicyStoreRefusal


class PolicyLife:
    """Changes policies except for their texts. Every answer is a value that says what happened."""

    def __init__(self, store: PolicyStore) -> None:
        self._store = store

    async def start_draft(
        self, guild_id: int, name: str, *, from_number: int | None = None, actor_id: int
    ) -> Saved | Conflict | Refused:
        """Begin a draft with the text of the version in force, or of an older one. Keeps an existing draft."""
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        if policy.draft is not None:
            return Refused(
                why=_("“{policy}” has a draft already: change it, publish it or discard it.", policy=policy.name)
            )
        history = await self._store.history(guild_id, policy.id)
        number = from_number or (policy.published.number if policy.published else None)
        version = next((line.version for line in history if line.version.number == number), None)
        if version is None:
            return Refused(why=_("“{policy}” has no such version. /policy history lists them.", policy=policy.name))
        try:
            draft = await self._store.save_draft(
                guild_id=guild_id, policy_id=policy.id, text=version.text, actor_id=actor_id, seen_revision=None
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text="")
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        return Saved(policy=policy, draft=draft, findings=await lint_policy(draft.text))

    async def discard(
        self, guild_id: int, name: str, *, seen_revision: int, actor_id: int
    ) -> Discarded | Conflict | Refused:
        """Discard the draft with this revision."""
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        try:
            now = await self._store.discard_draft(
                guild_id=guild_id, policy_id=policy.id, seen_revision=seen_revision, actor_id=actor_id
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text="")
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        draft = policy.draft
        if draft is None or draft.revision != seen_revision:  # saved after we looked and before we discarded
            return Refused(why=_("The draft was discarded."))
        return Discarded(policy=now, draft=draft)

    async def pause(self, guild_id: int, name: str, *, actor_id: int) -> Changed | Refused:
        """Judge nothing by this policy until it is resumed."""
        return await self._set_paused(guild_id, name, paused=True, actor_id=actor_id)

    async def resume(self, guild_id: int, name: str, *, actor_id: int) -> Changed | Refused:
        """Judge by this policy again, from the next message on."""
        return await self._set_paused(guild_id, name, paused=False, actor_id=actor_id)

    async def change_settings(
        self, guild_id: int, name: str, settings: PolicySettings, *, seen: PolicySettings, actor_id: int
    ) -> Changed | Conflict | Refused:
        """Change the policy's settings, such as its scope, unless somebody else changed them since `seen`."""
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        try:
            now = await self._store.set_settings(
                guild_id=guild_id, policy_id=policy.id, settings=settings, seen=seen, actor_id=actor_id
            )
        except ChangedMeanwhile as changed:
            return Conflict(current=changed.current, text="")
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        return Changed(policy=now)

    async def delete(self, guild_id: int, name: str, *, actor_id: int) -> Deleted | Refused:
        """Delete the policy from every list. Cases keep the version that they were judged under."""
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        try:
            gone = await self._store.delete(guild_id=guild_id, policy_id=policy.id, actor_id=actor_id)
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        return Deleted(policy=gone)

    async def _set_paused(self, guild_id: int, name: str, *, paused: bool, actor_id: int) -> Changed | Refused:
        policy = await self._store.find(guild_id, name)
        if policy is None:
            return no_such(name)
        try:
            now = await self._store.set_paused(guild_id=guild_id, policy_id=policy.id, paused=paused, actor_id=actor_id)
        except PolicyStoreRefusal as refusal:
            return refused(refusal)
        return Changed(policy=now)

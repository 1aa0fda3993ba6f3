"""Several admins at once: one wins, the others are told, and no text is lost. Held against every store there is."""

from __future__ import annotations

import asyncio

from guild_policies.store.port import (
    MAX_POLICIES_PER_SERVER,
    ChangedMeanwhile,
    NameTaken,
    PolicyStore,
    TooManyPolicies,
)
from guild_policies.versions import Draft, PolicyVersion, StoredPolicy

HERE, ADMIN = 2**62 + 1, 11


async def make(store: PolicyStore, name: str = "Spam") -> StoredPolicy:
    """A policy with a draft of revision 1."""
    return await store.create(guild_id=HERE, name=name, text="one", actor_id=ADMIN)


async def save(store: PolicyStore, policy: StoredPolicy, text: str) -> Draft:
    """Save over revision 1."""
    return await store.save_draft(guild_id=HERE, policy_id=policy.id, text=text, actor_id=ADMIN, seen_revision=1)


async def publish(store: PolicyStore, policy: StoredPolicy) -> PolicyVersion:
    """Publish revision 1."""
    return await store.publish(
        guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="f" * 64, actor_id=ADMIN
    )


async def found(store: PolicyStore) -> StoredPolicy:
    """The policy as it is now."""
    policy = await store.find(HERE, "Spam")
    assert policy is not None
    return policy


async def test_two_publish_at_once(store: PolicyStore) -> None:
    """One wins; the other is told and loses nothing."""
    policy = await make(store)
    outcomes = await asyncio.gather(*(publish(store, policy) for _ in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(PolicyVersion) == 1
    assert [type(outcome) for outcome in outcomes].count(ChangedMeanwhile) == 4
    assert len(await store.history(HERE, policy.id)) == 1


async def test_two_save_at_once(store: PolicyStore) -> None:
    """One draft is kept whole; the other editor is told and shown it."""
    policy = await make(store)
    outcomes = await asyncio.gather(*(save(store, policy, text) for text in ("ours", "theirs")), return_exceptions=True)
    (refusal,) = (outcome for outcome in outcomes if isinstance(outcome, ChangedMeanwhile))
    now = await found(store)
    assert refusal.current == now
    assert now.draft is not None
    assert now.draft.text == ("theirs" if isinstance(outcomes[0], ChangedMeanwhile) else "ours")


async def test_one_saves_while_another_publishes(store: PolicyStore) -> None:
    """What is published is what the publisher saw, or nothing is; the text saved is never lost without a word."""
    policy = await make(store)
    saved, version = await asyncio.gather(save(store, policy, "newer"), publish(store, policy), return_exceptions=True)
    now = await found(store)
    if isinstance(version, PolicyVersion):
        assert isinstance(saved, ChangedMeanwhile)
        assert (now.published, now.draft) == (version, None)
    else:
        assert isinstance(version, ChangedMeanwhile)
        assert now.draft is not None
        assert (now.published, now.draft.text) == (None, "newer")


async def test_many_are_made_at_once(store: PolicyStore) -> None:
    """Of twins one is made; of a crowd as many as fit."""
    twins = await asyncio.gather(*(make(store, "Twin") for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in twins].count(NameTaken) == 2
    crowd = await asyncio.gather(*(make(store, f"Policy {n}") for n in range(12)), return_exceptions=True)
    assert [type(outcome) for outcome in crowd].count(StoredPolicy) == MAX_POLICIES_PER_SERVER - 1
    assert [type(outcome) for outcome in crowd].count(TooManyPolicies) == 12 - (MAX_POLICIES_PER_SERVER - 1)

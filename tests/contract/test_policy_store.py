"""The promises of `guild_policies.store.port.PolicyStore`, held against every store that there is.

What happens to several admins at once is in ``test_policy_store_at_once.py``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event

import pytest

from guild_policies.store.port import (
    MAX_NAME_LENGTH,
    MAX_POLICIES_PER_SERVER,
    MAX_TEXT_LENGTH,
    BadName,
    BadText,
    ChangedMeanwhile,
    NameTaken,
    NoSuchPolicy,
    NothingToPublish,
    PolicyChange,
    PolicyStore,
    TooManyPolicies,
)
from guild_policies.versions import PolicyVersion, StoredPolicy

HERE = 2**62 + 1  #: a snowflake; larger than 32 bits on purpose
ELSEWHERE = 2**62 + 2
ANNA, BEN = 11, 12
FINGERPRINT = "f" * 64


async def make(store: PolicyStore, name: str = "Spam", *, guild_id: int = HERE, text: str = "one") -> StoredPolicy:
    """A policy with a draft of revision 1."""
    return await store.create(guild_id=guild_id, name=name, text=text, actor_id=ANNA)


async def save(store: PolicyStore, policy: StoredPolicy, text: str, *, seen: int | None) -> int:
    """The revision of the draft saved."""
    draft = await store.save_draft(
        guild_id=policy.guild_id, policy_id=policy.id, text=text, actor_id=BEN, seen_revision=seen
    )
    return draft.revision


async def publish(store: PolicyStore, policy: StoredPolicy, *, seen: int, guild_id: int = HERE) -> PolicyVersion:
    """The version that is in force then."""
    return await store.publish(
        guild_id=guild_id, policy_id=policy.id, seen_revision=seen, fingerprint=FINGERPRINT, actor_id=BEN
    )


async def roll_back(store: PolicyStore, policy: StoredPolicy, *, to: int, seen: int) -> PolicyVersion:
    """The version that is in force then."""
    return await store.roll_back(
        guild_id=policy.guild_id, policy_id=policy.id, to_number=to, seen_number=seen, actor_id=BEN
    )


async def published_twice(store: PolicyStore) -> StoredPolicy:
    """A policy whose versions 1 ("one") and 2 ("two") were published."""
    policy = await make(store)
    await publish(store, policy, seen=1)
    await publish(store, policy, seen=await save(store, policy, "two", seen=None))
    return await found(store)


async def found(store: PolicyStore, name: str = "Spam") -> StoredPolicy:
    """The policy as it is now."""
    policy = await store.find(HERE, name)
    assert policy is not None
    return policy


async def test_a_new_policy_is_a_draft(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """`create` answers with what is kept: a first draft, nothing in force, one change told."""
    policy = await make(store, "  Spam  ")
    assert (policy.name, policy.guild_id, policy.published) == ("Spam", HERE, None)
    assert policy.draft is not None
    assert (policy.draft.text, policy.draft.revision, policy.draft.author_id) == ("one", 1, ANNA)
    assert policy.created_at == policy.draft.updated_at == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    assert await store.list(HERE) == (policy,)
    assert await store.published(HERE) == ()
    assert await store.history(HERE, policy.id) == ()
    (change,) = journal
    assert (change.kind, change.policy_name, change.draft_revision, change.version_number, change.actor_id) == (
        "created",
        "Spam",
        1,
        None,
        ANNA,
    )
    assert (change.guild_id, change.policy_id, change.at) == (HERE, policy.id, policy.created_at)


@pytest.mark.parametrize("name", ["spam", "SPAM", " Spam\u0020", "sPaM"])
async def test_names_are_compared_without_case(store: PolicyStore, name: str) -> None:
    """A policy is found whatever the case, and no second one of the name can be made."""
    policy = await make(store)
    assert await store.find(HERE, name) == policy
    with pytest.raises(NameTaken):
        await make(store, name)


@pytest.mark.parametrize(("one", "other"), [("Straße", "STRASSE"), ("Café", "Cafe\u0301"), ("Ünsal", "ÜNSAL")])
async def test_names_that_read_the_same_are_the_same(store: PolicyStore, one: str, other: str) -> None:
    """Folding goes beyond ASCII, and composed accents equal decomposed ones."""
    await make(store, one)
    with pytest.raises(NameTaken):
        await make(store, other)


@pytest.mark.parametrize(
    "name",
    ["", "   ", "x" * (MAX_NAME_LENGTH + 1), "a\nb", "a\tb", "a\x1bb", "\u202eevil", "\ud800", "a\u2028b", "\u200d"],
)
async def test_bad_names_are_refused(store: PolicyStore, name: str) -> None:
    """A name fits on one line and can be seen."""
    with pytest.raises(BadName):
        await make(store, name)
    assert await store.list(HERE) == ()


@pytest.mark.parametrize(
    "name",
    [
        "'; DROP TABLE policies; --",
        '"%s" %(a)s :name ?',
        "**@everyone** <@&1>",
        "```",
        "👩‍💻",
        "規則",
        "x" * MAX_NAME_LENGTH,
    ],
)
async def test_hostile_names_are_only_names(store: PolicyStore, name: str) -> None:
    """SQL, markdown and every script are kept as they are."""
    policy = await make(store, name)
    assert policy.name == name
    assert await store.find(HERE, name) == policy
    assert await store.list(HERE) == (policy,)


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * (MAX_TEXT_LENGTH + 1)])
async def test_texts_that_cannot_be_kept_are_refused(store: PolicyStore, text: str) -> None:
    """Zero bytes, halves of characters and texts without end are neither a first draft nor a later one."""
    policy = await make(store)
    with pytest.raises(BadText):
        await make(store, "Other", text=text)
    with pytest.raises(BadText):
        await save(store, policy, text, seen=1)
    assert await store.list(HERE) == (policy,)


@pytest.mark.parametrize("text", ["", "\r\n\t ", "'; DROP TABLE policies; --", "🙂" * 10_000, "\x1b[2J"])
async def test_texts_are_kept_to_the_letter(store: PolicyStore, text: str) -> None:
    """What was written is what comes back, as a draft and as a version."""
    policy = await make(store, text=text)
    assert policy.draft is not None
    assert policy.draft.text == text
    version = await publish(store, policy, seen=1)
    assert version.text == text
    assert await store.version(HERE, version.id) == version


async def test_a_server_has_so_many_policies(store: PolicyStore) -> None:
    """The limit holds in each server by itself; a name that is taken is the first thing said."""
    for number in range(MAX_POLICIES_PER_SERVER):
        await make(store, f"Policy {number}")
    with pytest.raises(TooManyPolicies):
        await make(store, "One more")
    with pytest.raises(NameTaken):
        await make(store, "policy 3")
    await make(store, "One more", guild_id=ELSEWHERE)
    assert [policy.name for policy in await store.list(HERE)] == [f"Policy {n}" for n in range(MAX_POLICIES_PER_SERVER)]


async def test_saving_again_needs_the_revision_seen(store: PolicyStore) -> None:
    """The second of two editors is told, gets the present state, and changes nothing."""
    policy = await make(store)
    assert await save(store, policy, "two", seen=1) == 2
    for stale in (1, 3, None):
        with pytest.raises(ChangedMeanwhile) as refusal:
            await save(store, policy, "mine", seen=stale)
        assert refusal.value.current == await found(store)
        assert refusal.value.current.draft is not None
        assert refusal.value.current.draft.text == "two"


async def test_publishing_puts_the_draft_in_force(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """The version holds the draft's text and author; the draft is gone; the change is told with both numbers."""
    policy = await make(store)
    version = await publish(store, policy, seen=1)
    assert (version.number, version.text, version.fingerprint) == (1, "one", FINGERPRINT)
    assert (version.policy_id, version.author_id) == (policy.id, ANNA)
    now = await found(store)
    assert (now.published, now.draft) == (version, None)
    assert await store.published(HERE) == (now,)
    (publication,) = await store.history(HERE, policy.id)
    assert (publication.version, publication.kind, publication.actor_id) == (version, "published", BEN)
    assert publication.at == version.created_at
    change = journal[-1]
    assert (change.kind, change.version_number, change.draft_revision, change.actor_id) == ("published", 1, 1, BEN)


async def test_a_revision_never_comes_again(store: PolicyStore) -> None:
    """After publishing, drafts are counted on, so that an editor left open meanwhile is noticed."""
    policy = await make(store)
    await publish(store, policy, seen=1)
    with pytest.raises(ChangedMeanwhile):
        await save(store, policy, "from an old editor", seen=1)
    assert await save(store, policy, "two", seen=None) == 2
    with pytest.raises(ChangedMeanwhile):
        await publish(store, policy, seen=1)


async def test_a_draft_that_was_published_meanwhile_has_changed(store: PolicyStore) -> None:
    """Whoever publishes second is told so, with the version that is in force now."""
    policy = await make(store)
    version = await publish(store, policy, seen=1)
    with pytest.raises(ChangedMeanwhile) as refusal:
        await publish(store, policy, seen=1)
    assert refusal.value.current.published == version


async def test_there_must_be_something_to_publish(store: PolicyStore) -> None:
    """No draft, or one that says the same as the version in force: nothing happens, and the draft stays."""
    policy = await make(store)
    await publish(store, policy, seen=1)
    for never_given in (0, 2):
        with pytest.raises(NothingToPublish):
            await publish(store, policy, seen=never_given)
    revision = await save(store, policy, "one", seen=None)
    with pytest.raises(NothingToPublish):
        await publish(store, policy, seen=revision)
    now = await found(store)
    assert now.draft is not None
    assert len(await store.history(HERE, policy.id)) == 1


async def test_rolling_back(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """An older version comes into force again as it was; a draft stays; the history grows; publishing counts on."""
    policy = await published_twice(store)
    revision = await save(store, policy, "three", seen=None)
    version = await roll_back(store, policy, to=1, seen=2)
    assert (version.number, version.text, version.author_id) == (1, "one", ANNA)
    now = await found(store)
    assert now.published == version
    assert now.draft is not None
    assert now.draft.revision == revision
    history = await store.history(HERE, policy.id)
    assert [(line.kind, line.version.number) for line in history] == [
        ("rolled_back", 1),
        ("published", 2),
        ("published", 1),
    ]
    assert (journal[-1].kind, journal[-1].version_number, journal[-1].draft_revision) == ("rolled_back", 1, None)
    assert (await publish(store, policy, seen=revision)).number == 3


async def test_rolling_back_needs_the_version_seen(store: PolicyStore) -> None:
    """The second of two is told; versions that never were are refused; so is the one in force."""
    policy = await published_twice(store)
    with pytest.raises(ChangedMeanwhile) as refusal:
        await roll_back(store, policy, to=1, seen=1)
    assert refusal.value.current == await found(store)
    for never in (0, 3, -1):
        with pytest.raises(NoSuchPolicy):
            await roll_back(store, policy, to=never, seen=2)
    with pytest.raises(NothingToPublish):
        await roll_back(store, policy, to=2, seen=2)
    assert await found(store) == policy


async def test_a_policy_without_versions_cannot_be_rolled_back(store: PolicyStore) -> None:
    """There is no version to go back to."""
    with pytest.raises(NoSuchPolicy):
        await roll_back(store, await make(store), to=1, seen=1)


async def test_a_policy_of_another_server_is_none(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """With the right id and the wrong server nothing can be read or changed."""
    mine = await published_twice(store)
    assert mine.published is not None
    await save(store, mine, "draft", seen=None)
    before, told = await found(store), len(journal)
    assert await store.find(ELSEWHERE, "Spam") is None
    assert await store.list(ELSEWHERE) == await store.published(ELSEWHERE) == ()
    assert await store.version(ELSEWHERE, mine.published.id) is None
    assert await store.history(ELSEWHERE, mine.id) == ()
    with pytest.raises(NoSuchPolicy):
        await store.save_draft(guild_id=ELSEWHERE, policy_id=mine.id, text="x", actor_id=BEN, seen_revision=3)
    with pytest.raises(NoSuchPolicy):
        await publish(store, mine, seen=3, guild_id=ELSEWHERE)
    with pytest.raises(NoSuchPolicy):
        await store.roll_back(guild_id=ELSEWHERE, policy_id=mine.id, to_number=1, seen_number=2, actor_id=BEN)
    assert await found(store) == before
    assert len(journal) == told


async def test_what_never_was_is_not_found(store: PolicyStore) -> None:
    """Unknown names, policies and versions are answered, not raised."""
    assert await store.find(HERE, "none") is None
    assert await store.version(HERE, 99) is None
    assert await store.history(HERE, 99) == ()
    with pytest.raises(NoSuchPolicy):
        await store.save_draft(guild_id=HERE, policy_id=99, text="x", actor_id=BEN, seen_revision=None)


async def test_servers_share_names_but_not_policies(store: PolicyStore) -> None:
    """Two servers may each have a policy of one name; version ids are unique over both."""
    here, there = await make(store), await make(store, guild_id=ELSEWHERE)
    one, two = await publish(store, here, seen=1), await publish(store, there, seen=1, guild_id=ELSEWHERE)
    assert here.id != there.id
    assert one.id != two.id
    assert (await store.published(ELSEWHERE))[0].published == two


async def test_only_published_policies_are_in_force(store: PolicyStore) -> None:
    """`published` leaves drafts out and keeps the order of making."""
    first, _, third = [await make(store, name) for name in ("A", "B", "C")]
    await publish(store, third, seen=1)
    await publish(store, first, seen=1)
    assert [policy.name for policy in await store.published(HERE)] == ["A", "C"]


async def test_where_the_journal_fails_nothing_changes(store: PolicyStore, journal_is_full: Event) -> None:
    """A change and what is told of it are one transaction."""
    policy = await published_twice(store)
    revision = await save(store, policy, "three", seen=None)
    before, history = await found(store), await store.history(HERE, policy.id)
    journal_is_full.set()
    with pytest.raises(RuntimeError):
        await make(store, "Other")
    with pytest.raises(RuntimeError):
        await save(store, policy, "four", seen=revision)
    with pytest.raises(RuntimeError):
        await publish(store, policy, seen=revision)
    with pytest.raises(RuntimeError):
        await roll_back(store, policy, to=1, seen=2)
    journal_is_full.clear()
    assert await store.list(HERE) == (before,)
    assert await store.history(HERE, policy.id) == history
    assert (await publish(store, policy, seen=revision)).number == 3


async def test_a_refusal_tells_nothing(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """The journal holds changes, not attempts."""
    policy = await make(store)
    told = len(journal)
    for refused in (make(store), save(store, policy, "x", seen=7), publish(store, policy, seen=7)):
        with pytest.raises((NameTaken, ChangedMeanwhile)):
            await refused
    assert len(journal) == told

"""The contract of `PolicyStore` about what is done to a policy besides writing: every store keeps it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from classifier import Effort
from guild_policies.scope import PolicySettings, Scope
from guild_policies.store.port import (
    MAX_POLICIES_PER_SERVER,
    MAX_REASON_LENGTH,
    REVISIONS_KEPT,
    TIME_UP,
    BadText,
    ChangedMeanwhile,
    NoSuchPolicy,
    NothingToDo,
    PolicyChange,
    PolicyChangeKind,
    PolicyStore,
)
from guild_policies.timeline import LATEST, FormerScope, Pause
from guild_policies.versions import StoredPolicy, StrictStart

HERE, ELSEWHERE, ANNA, BEN = 1, 2, 11, 12
SETTINGS = PolicySettings(
    scope=Scope(
        only_in=frozenset({2**60, 5}),
        not_in=frozenset({6}),
        exempt_roles=frozenset({7}),
        judges_bots=True,
        newcomer_days=14,
    ),
    effort=Effort.HIGH,
    threshold=0.8,
)


async def make(store: PolicyStore, name: str = "Spam", *, published: bool = True) -> StoredPolicy:
    """A policy with a version in force, or a draft only."""
    policy = await store.create(guild_id=HERE, name=name, text="one", actor_id=ANNA)
    if published:
        await store.publish(guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="f" * 64, actor_id=ANNA)
    found = await store.find(HERE, name)
    assert found is not None
    return found


async def save(store: PolicyStore, policy: StoredPolicy, text: str, *, seen: int | None) -> int:
    """Save a draft; its revision."""
    draft = await store.save_draft(guild_id=HERE, policy_id=policy.id, text=text, actor_id=BEN, seen_revision=seen)
    return draft.revision


async def test_a_draft_is_discarded(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """It is gone, the version stays in force, and revisions are counted on."""
    policy = await make(store)
    revision = await save(store, policy, "two", seen=None)
    with pytest.raises(ChangedMeanwhile):
        await store.discard_draft(guild_id=HERE, policy_id=policy.id, seen_revision=1, actor_id=BEN)
    assert await store.discard_draft(guild_id=HERE, policy_id=policy.id, seen_revision=revision, actor_id=BEN) == policy
    assert await store.find(HERE, "Spam") == policy
    assert (journal[-1].kind, journal[-1].draft_before, journal[-1].draft_revision) == ("draft_discarded", 2, None)
    with pytest.raises(NothingToDo, match="no draft"):
        await store.discard_draft(guild_id=HERE, policy_id=policy.id, seen_revision=revision, actor_id=BEN)
    assert await save(store, policy, "three", seen=None) == 3


async def test_former_drafts_can_be_read(store: PolicyStore) -> None:
    """The last ones, with their text and author; never those of another server or of a deleted policy."""
    policy = await make(store, published=False)
    for revision in range(1, REVISIONS_KEPT + 3):
        await save(store, policy, f"text {revision}", seen=revision)
    newest = REVISIONS_KEPT + 3
    oldest = newest - REVISIONS_KEPT + 1
    kept = await store.draft_at(HERE, policy.id, oldest)
    assert kept is not None
    assert (kept.text, kept.author_id, kept.revision) == (f"text {oldest - 1}", BEN, oldest)
    assert await store.draft_at(HERE, policy.id, oldest - 1) is None
    found = await store.find(HERE, "Spam")
    assert found is not None
    assert await store.draft_at(HERE, policy.id, newest) == found.draft
    assert await store.draft_at(ELSEWHERE, policy.id, newest) is None
    await store.delete(guild_id=HERE, policy_id=policy.id, actor_id=BEN)
    assert await store.draft_at(HERE, policy.id, newest) is None


async def test_pausing_and_resuming(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """A paused policy is on the list and not in force; publishing does not wake it."""
    policy = await make(store)
    paused = await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=True, actor_id=BEN)
    assert (paused.paused, paused.published, paused.in_force) == (True, policy.published, None)
    assert await store.published(HERE) == ()
    assert await store.list(HERE) == (paused,)
    with pytest.raises(NothingToDo, match="already paused"):
        await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=True, actor_id=BEN)
    await save(store, policy, "two", seen=None)
    await store.publish(guild_id=HERE, policy_id=policy.id, seen_revision=2, fingerprint="f" * 64, actor_id=BEN)
    assert await store.published(HERE) == ()
    resumed = await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=False, actor_id=BEN)
    assert resumed.in_force is not None
    assert resumed.in_force.number == 2
    assert await store.published(HERE) == (resumed,)
    with pytest.raises(NothingToDo, match="not paused"):
        await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=False, actor_id=BEN)
    assert [change.kind for change in journal if change.kind in ("paused", "resumed")] == ["paused", "resumed"]


async def test_settings_are_kept_as_they_are(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """All of them come back, whatever version is in force; who saw others is told."""
    policy = await make(store)
    assert policy.settings == PolicySettings()
    changed = await store.set_settings(
        guild_id=HERE, policy_id=policy.id, settings=SETTINGS, seen=PolicySettings(), actor_id=BEN
    )
    assert changed.settings == SETTINGS
    assert await store.published(HERE) == (changed,)
    assert "threshold 0.5 -> 0.8" in journal[-1].detail
    with pytest.raises(ChangedMeanwhile) as refusal:
        await store.set_settings(
            guild_id=HERE, policy_id=policy.id, settings=PolicySettings(), seen=PolicySettings(), actor_id=BEN
        )
    assert refusal.value.current == changed
    with pytest.raises(NothingToDo):
        await store.set_settings(guild_id=HERE, policy_id=policy.id, settings=SETTINGS, seen=SETTINGS, actor_id=BEN)


async def test_former_scopes_are_kept_with_their_ends(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """Oldest first, and those of this policy alone. What changes no scope, such as a threshold, leaves none."""
    policy, before = await make(store), PolicySettings()
    await make(store, "Other")
    for after in (SETTINGS, replace(SETTINGS, threshold=0.9), PolicySettings()):
        await store.set_settings(guild_id=HERE, policy_id=policy.id, settings=after, seen=before, actor_id=BEN)
        before = after
    first, _, last = (change.at for change in journal if change.kind is PolicyChangeKind.SETTINGS_CHANGED)
    life, other = await store.timelines(HERE)
    assert life.former_scopes == (
        FormerScope(scope=Scope(), until=first),
        FormerScope(scope=SETTINGS.scope, until=last),
    )
    assert other.former_scopes == ()


async def test_a_deleted_policy_leaves_its_versions(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """It is on no list, its name and its place are free; its versions and its history can still be read."""
    policy = await make(store)
    await save(store, policy, "two", seen=None)
    history = await store.history(HERE, policy.id)
    assert policy.published is not None
    await store.delete(guild_id=HERE, policy_id=policy.id, actor_id=BEN)
    assert (journal[-1].kind, journal[-1].version_before, journal[-1].draft_before) == ("deleted", 1, 2)
    assert await store.list(HERE) == await store.published(HERE) == ()
    assert await store.find(HERE, "Spam") is None
    assert await store.version(HERE, policy.published.id) == policy.published
    assert await store.version(ELSEWHERE, policy.published.id) is None
    assert await store.history(HERE, policy.id) == history
    again = await make(store, "spam")
    assert again.id != policy.id
    assert await store.list(HERE) == (again,)


async def test_nothing_can_be_done_to_a_deleted_policy(store: PolicyStore) -> None:
    """It is no policy any more, whoever asks."""
    policy = await make(store)
    await store.delete(guild_id=HERE, policy_id=policy.id, actor_id=BEN)
    await nothing_can_be_done(store, HERE, policy.id)


async def test_nothing_can_be_done_to_a_policy_of_another_server(store: PolicyStore) -> None:
    """With the right id and the wrong server nothing is changed."""
    policy = await make(store)
    await nothing_can_be_done(store, ELSEWHERE, policy.id)
    assert await store.list(HERE) == (policy,)


async def nothing_can_be_done(store: PolicyStore, guild_id: int, policy_id: int) -> None:
    """Every change is refused."""
    which = {"guild_id": guild_id, "policy_id": policy_id, "actor_id": BEN}
    for attempt in (
        store.save_draft(**which, text="two", seen_revision=None),
        store.discard_draft(**which, seen_revision=1),
        store.publish(**which, seen_revision=1, fingerprint="f"),
        store.roll_back(**which, to_number=1, seen_number=1),
        store.set_paused(**which, paused=True),
        store.set_settings(**which, settings=SETTINGS, seen=PolicySettings()),
        store.delete(**which),
    ):
        with pytest.raises(NoSuchPolicy):
            await attempt


async def test_deleting_makes_room(store: PolicyStore) -> None:
    """The limit counts the policies that are there, wherever in the list the gap is."""
    made = [await make(store, f"P{number}", published=False) for number in range(MAX_POLICIES_PER_SERVER)]
    for gone in (made[3], made[0]):
        await store.delete(guild_id=HERE, policy_id=gone.id, actor_id=BEN)
    for name in ("new", "newer"):
        await make(store, name, published=False)
    names = [policy.name for policy in await store.list(HERE)]
    assert names == ["P1", "P2", *(f"P{number}" for number in range(4, 10)), "new", "newer"]


async def test_the_reason_for_overruling_stays_in_the_history(store: PolicyStore) -> None:
    """On one line, with the publication that it belongs to; too long a one is refused."""
    policy = await make(store, published=False)
    which = {"guild_id": HERE, "policy_id": policy.id, "seen_revision": 1, "fingerprint": "f", "actor_id": BEN}
    for reason in ("x" * (MAX_REASON_LENGTH + 1), "a\0b"):
        with pytest.raises(BadText):
            await store.publish(**which, overruled=reason)
    await store.publish(**which, overruled=" pin 3 is\nout of date ")
    (publication,) = await store.history(HERE, policy.id)
    assert publication.overruled == "pin 3 is out of date"


async def test_the_life_of_a_policy_is_told_with_its_times(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """Publications, pauses, rollbacks and its end, so that it can be said what applied when; also after its end."""
    policy = await make(store)
    await make(store, "Draft", published=False)
    assert policy.published is not None
    for paused in (True, False):
        await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=paused, actor_id=BEN)
    revision = await save(store, policy, "two", seen=None)
    second = await store.publish(
        guild_id=HERE, policy_id=policy.id, seen_revision=revision, fingerprint="e" * 64, actor_id=BEN
    )
    await store.roll_back(guild_id=HERE, policy_id=policy.id, to_number=1, seen_number=2, actor_id=BEN)
    await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=True, actor_id=BEN)
    await store.delete(guild_id=HERE, policy_id=policy.id, actor_id=BEN)
    when = {change.kind: [each.at for each in journal if each.kind == change.kind] for change in journal}
    (life,) = await store.timelines(HERE)
    assert (life.policy_id, life.name, life.settings) == (policy.id, "Spam", policy.settings)
    moments = [*when["published"], *when["rolled_back"]]
    assert life.starts == tuple(zip(moments, (policy.published.id, second.id, policy.published.id), strict=True))
    (first, last), (resumed,) = when["paused"], when["resumed"]
    assert life.pauses == (Pause(begins=first, ends=resumed), Pause(begins=last))
    assert [life.deleted_at] == when["deleted"]
    assert await store.timelines(ELSEWHERE) == ()


async def test_a_temporary_policy_ends(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """It is in force until its end; ended, it is paused as of its end and has none, so it can be resumed for good."""
    ends_at = datetime(2020, 1, 1, tzinfo=UTC)
    policy = await store.create(guild_id=HERE, name="Leak", text="one", actor_id=ANNA, ends_at=ends_at)
    lasting = await make(store)
    await store.publish(guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="f" * 64, actor_id=ANNA)
    assert [each.id for each in await store.published(HERE)] == [lasting.id]
    assert await store.past_end(lambda guild_id: guild_id != HERE) == ()
    (over,) = await store.past_end(lambda guild_id: guild_id == HERE)
    assert (over.id, over.ends_at) == (policy.id, ends_at)
    ended = await store.end(guild_id=HERE, policy_id=policy.id, actor_id=ANNA)
    assert (ended.paused, ended.ends_at) == (True, None)
    assert (journal[-1].kind, journal[-1].detail) == (PolicyChangeKind.PAUSED, TIME_UP)
    assert await store.past_end(lambda _: True) == ()
    with pytest.raises(NothingToDo):
        await store.end(guild_id=HERE, policy_id=policy.id, actor_id=ANNA)
    with pytest.raises(NothingToDo):
        await store.end(guild_id=HERE, policy_id=lasting.id, actor_id=ANNA)
    with pytest.raises(NoSuchPolicy):
        await store.end(guild_id=ELSEWHERE, policy_id=policy.id, actor_id=ANNA)
    pauses = {each.policy_id: each.pauses for each in await store.timelines(HERE)}
    assert pauses[policy.id] == (Pause(begins=ends_at),)
    await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=False, actor_id=BEN)
    assert len(await store.published(HERE)) == 2


async def test_a_temporary_policy_that_was_paused_before_its_end(store: PolicyStore) -> None:
    """The pause that lasts is the only one, and a policy without a version ends as well."""
    ends_at = datetime(2020, 1, 1, tzinfo=UTC)
    policy = await store.create(guild_id=HERE, name="Leak", text="one", actor_id=ANNA, ends_at=ends_at)
    await store.publish(guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="f" * 64, actor_id=ANNA)
    await store.set_paused(guild_id=HERE, policy_id=policy.id, paused=True, actor_id=ANNA)
    assert (await store.end(guild_id=HERE, policy_id=policy.id, actor_id=ANNA)).paused
    (timeline,) = await store.timelines(HERE)
    assert len(timeline.pauses) == 1


async def test_a_temporary_policy_before_its_end(store: PolicyStore) -> None:
    """It is in force like any other, and its timeline knows the end."""
    ends_at = datetime(2090, 1, 1, tzinfo=UTC)
    policy = await store.create(guild_id=HERE, name="Leak", text="one", actor_id=ANNA, ends_at=ends_at)
    await store.publish(guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="f" * 64, actor_id=ANNA)
    (published,) = await store.published(HERE)
    assert published.ends_at == ends_at
    assert await store.past_end(lambda _: True) == ()
    (timeline,) = await store.timelines(HERE)
    assert timeline.version_at(datetime(2089, 1, 1, tzinfo=UTC)) is not None
    assert timeline.version_at(ends_at) is None
    assert timeline.version_at(LATEST) is not None


async def test_a_strict_start(store: PolicyStore, journal: list[PolicyChange]) -> None:
    """It comes with a version, stays with the next one, and ends once."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    strict = StrictStart(since=since, until=since + timedelta(days=7), decisions=20)
    policy = await make(store, published=False)
    await store.publish(
        guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="f" * 64, actor_id=ANNA, strict=strict
    )
    assert (await store.list(HERE))[0].strict == strict
    assert [each.strict for each in await store.timelines(HERE)] == [True]
    revision = await save(store, policy, "two", seen=None)
    await store.publish(guild_id=HERE, policy_id=policy.id, seen_revision=revision, fingerprint="e" * 64, actor_id=ANNA)
    (found,) = await store.strict(lambda guild_id: guild_id == HERE)
    assert found.strict == strict
    assert await store.strict(lambda guild_id: guild_id != HERE) == ()
    relaxed = await store.relax(guild_id=HERE, policy_id=policy.id, actor_id=ANNA, detail="over")
    assert relaxed.strict is None
    assert (journal[-1].kind, journal[-1].detail) == (PolicyChangeKind.SETTINGS_CHANGED, "over")
    assert await store.strict(lambda _: True) == ()
    with pytest.raises(NothingToDo):
        await store.relax(guild_id=HERE, policy_id=policy.id, actor_id=ANNA, detail="over")
    with pytest.raises(NoSuchPolicy):
        await store.relax(guild_id=ELSEWHERE, policy_id=policy.id, actor_id=ANNA, detail="over")

"""The contract of `AuditLog`, over every implementation: each change leaves one entry, in the same breath."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import CaseKind, CaseState, Decision, NewCase
from bot.moderation.servers.server import ServerSettings
from guild_policies.scope import PolicySettings, Scope

NewCases = Callable[..., NewCase]
Stores = Any  # the fixture of conftest.py, which no test can import

GUILD = 1


def entry(stores: Stores, action: AuditAction, subject: str, detail: str, *, actor_id: int | None = None) -> AuditEntry:
    """An entry of this server, made now."""
    return AuditEntry(
        guild_id=GUILD, actor_id=actor_id, action=action, subject=subject, detail=detail, at=stores.clock()
    )


async def test_every_change_of_a_case_leaves_an_entry(stores: Stores, case_factory: NewCases) -> None:
    """Who, what, about what and when; in numbers and ids, never in a member's words."""
    await stores.cases.open(case_factory(message_id=500))
    await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=60)
    await stores.cases.decide(GUILD, 1, Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=77, at=stores.clock()))
    await stores.cases.card_lost(GUILD, 1)
    await stores.cases.mark_gone(GUILD, (500,))
    await stores.cases.purge_texts(GUILD, before=stores.clock() + timedelta(days=1))
    subject = "case:1"
    assert await stores.audit.entries(GUILD) == (
        entry(stores, AuditAction.TEXTS_PURGED, subject, ""),
        entry(stores, AuditAction.MESSAGE_GONE, subject, ""),
        entry(stores, AuditAction.CARD_LOST, subject, ""),
        entry(stores, AuditAction.CASE_DECIDED, subject, "not_a_violation", actor_id=77),
        entry(stores, AuditAction.CARD_POSTED, subject, "message 60 in channel 50"),
        entry(stores, AuditAction.CASE_OPENED, subject, "policy 3 version 2: R1"),
    )


async def test_a_case_that_could_not_be_judged_says_so(stores: Stores, case_factory: NewCases) -> None:
    """An undecided case names no rule."""
    await stores.cases.open(case_factory(kind=CaseKind.UNDECIDED, rules=(), score=None))
    found = await stores.audit.entries(GUILD)
    assert [each.detail for each in found] == ["policy 3 version 2: could not judge"]


async def test_settings_leave_an_entry(stores: Stores) -> None:
    """What was set is in it; after that what changed, before and after."""
    settings = ServerSettings(guild_id=GUILD, review_channel_id=50, reviewer_role_id=9, retention_days=7)
    await stores.servers.save(settings, actor_id=77)
    await stores.servers.save(replace(settings, policy_editor_role_id=4, appeal="Write to us."), actor_id=78)
    await stores.servers.save(replace(settings, policy_editor_role_id=4, appeal="Write to us."), actor_id=78)
    first = (
        "cards in channel 50, reviewer role 9, policy editor role none, texts kept for days 7, words about appeals 0"
    )
    second = "policy editor role none -> 4, words about appeals 0 -> 3"
    assert await stores.audit.entries(GUILD) == (
        entry(stores, AuditAction.SETTINGS_SAVED, "settings", "nothing changed", actor_id=78),
        entry(stores, AuditAction.SETTINGS_SAVED, "settings", second, actor_id=78),
        entry(stores, AuditAction.SETTINGS_SAVED, "settings", first, actor_id=77),
    )


async def test_every_change_of_a_policy_leaves_an_entry(stores: Stores) -> None:
    """The policies' store tells of its changes, and they are in the same log."""
    policy = await stores.policies.create(guild_id=GUILD, name="Spoilers", text="one", actor_id=77)
    name = {"guild_id": GUILD, "policy_id": policy.id, "actor_id": 78}
    for text in ("two", "three"):
        draft = (await stores.policies.find(GUILD, "spoilers")).draft
        seen = draft.revision if draft else None
        await stores.policies.save_draft(**name, text=text, seen_revision=seen)
        revision = (await stores.policies.find(GUILD, "spoilers")).draft.revision
        await stores.policies.publish(**name, seen_revision=revision, fingerprint=text)
    await stores.policies.roll_back(**name, to_number=1, seen_number=2)
    subject = f"policy:{policy.id}"
    assert await stores.audit.entries(GUILD, subject=subject) == (
        entry(stores, AuditAction.POLICY_ROLLED_BACK, subject, "version 2 -> 1", actor_id=78),
        entry(stores, AuditAction.POLICY_PUBLISHED, subject, "version 1 -> 2, from draft revision 3", actor_id=78),
        entry(stores, AuditAction.DRAFT_SAVED, subject, "draft revision none -> 3", actor_id=78),
        entry(stores, AuditAction.POLICY_PUBLISHED, subject, "version none -> 1, from draft revision 2", actor_id=78),
        entry(stores, AuditAction.DRAFT_SAVED, subject, "draft revision 1 -> 2", actor_id=78),
        entry(stores, AuditAction.POLICY_CREATED, subject, "draft revision none -> 1", actor_id=77),
    )


async def test_a_decision_has_its_own_time(stores: Stores, case_factory: NewCases) -> None:
    """The entry bears the time of the click, not that of the writing."""
    clicked = datetime(2026, 1, 31, 11, 59, tzinfo=UTC)
    await stores.cases.open(case_factory())
    await stores.cases.decide(GUILD, 1, Decision(state=CaseState.VIOLATION, moderator_id=77, at=clicked))
    assert (await stores.audit.entries(GUILD, limit=1))[0].at == clicked


async def test_the_newest_come_first_as_many_as_asked(stores: Stores, case_factory: NewCases) -> None:
    """Fifty by default."""
    for _ in range(60):
        await stores.cases.open(case_factory())
    assert len(await stores.audit.entries(GUILD)) == 50
    newest = await stores.audit.entries(GUILD, limit=2)
    assert [each.subject for each in newest] == ["case:60", "case:59"]


async def test_one_subject_can_be_asked_for(stores: Stores, case_factory: NewCases) -> None:
    """The history of one case, and not that of a case whose number begins alike."""
    for _ in range(11):
        await stores.cases.open(case_factory())
    await stores.cases.card_posted(GUILD, 1, channel_id=50, message_id=60)
    found = await stores.audit.entries(GUILD, subject="case:1")
    assert [each.action for each in found] == [AuditAction.CARD_POSTED, AuditAction.CASE_OPENED]
    assert await stores.audit.entries(GUILD, subject="' OR 1=1 --") == ()


async def test_a_server_reads_its_own_entries_only(stores: Stores, case_factory: NewCases) -> None:
    """Nothing of another server shows, not even for the same subject."""
    for guild in (1, 2):
        await stores.cases.open(case_factory(guild_id=guild))
    assert [each.guild_id for each in await stores.audit.entries(1, subject="case:1")] == [1]
    assert await stores.audit.entries(3) == ()


async def test_what_is_done_to_a_policy_is_told_before_and_after(stores: Stores) -> None:
    """Discarding, pausing, settings, overruling and deleting: each with what was and what is."""
    policy = await stores.policies.create(guild_id=GUILD, name="Spoilers", text="one", actor_id=77)
    which = {"guild_id": GUILD, "policy_id": policy.id, "actor_id": 78}
    await stores.policies.publish(**which, seen_revision=1, fingerprint="f", overruled="R2 is on its way")
    await stores.policies.save_draft(**which, text="two", seen_revision=None)
    await stores.policies.discard_draft(**which, seen_revision=2)
    await stores.policies.set_paused(**which, paused=True)
    await stores.policies.set_paused(**which, paused=False)
    settings = PolicySettings(scope=Scope(not_in=frozenset({5})), threshold=0.7)
    await stores.policies.set_settings(**which, settings=settings, seen=PolicySettings())
    await stores.policies.delete(**which)
    told = [(each.action, each.detail) for each in await stores.audit.entries(GUILD)]
    assert told == [
        ("policy_deleted", "version 1, draft revision none -> deleted"),
        ("policy_settings_changed", "exempt places none -> 5; threshold 0.5 -> 0.7"),
        ("policy_resumed", "version 1: paused -> judging"),
        ("policy_paused", "version 1: judging -> paused"),
        ("draft_discarded", "draft revision 2 -> none"),
        ("draft_saved", "draft revision none -> 2"),
        ("policy_published", "version none -> 1, from draft revision 1; overruled: R2 is on its way"),
        ("policy_created", "draft revision none -> 1"),
    ]

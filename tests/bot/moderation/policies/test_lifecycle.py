"""Admins do things to policies besides writing them, and every answer says what happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.lifecycle import PolicyLife
from bot.moderation.policies.outcomes import Changed, Conflict, Deleted, Discarded, Published, Refused, Saved
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.permissions import Access, Person, may_change_settings
from guild_policies.scope import PolicySettings, Scope
from guild_policies.versions import StoredPolicy
from tests.fakes.policy_store import MemoryPolicyStore

Desk = Any  # the fixture's own class, which no test can import
NEW = "# Spoilers\n## Rules\n### R1 New\nBreaks it: something else."


async def save(desk: Desk, text: str = NEW, *, seen: int | None = None) -> int:
    """Save a draft of "Spoilers"; its revision."""
    saved = await desk.policy_desk.save_draft(1, "Spoilers", text, seen_revision=seen, seen_number=1, actor_id=9)
    assert isinstance(saved, Saved)
    return saved.draft.revision


async def test_a_draft_is_begun_from_a_version(desk: Desk) -> None:
    """From the one in force or an older one; not where there is a draft, and not from what never was."""
    begun = await desk.life.start_draft(1, "spoilers", actor_id=9)
    assert isinstance(begun, Saved)
    assert begun.draft.text == begun.policy.published.text
    assert isinstance(await desk.life.start_draft(1, "Spoilers", actor_id=9), Refused)
    await desk.life.discard(1, "Spoilers", seen_revision=begun.draft.revision, actor_id=9)
    await save(desk)
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    older = await desk.life.start_draft(1, "Spoilers", from_number=1, actor_id=9)
    assert isinstance(older, Saved)
    assert older.draft.text == begun.draft.text
    await desk.life.discard(1, "Spoilers", seen_revision=older.draft.revision, actor_id=9)
    assert isinstance(await desk.life.start_draft(1, "Spoilers", from_number=7, actor_id=9), Refused)


async def test_discarding_needs_the_draft_seen(desk: Desk) -> None:
    """It comes along one last time; another one is not touched."""
    revision = await save(desk)
    assert isinstance(await desk.life.discard(1, "Spoilers", seen_revision=1, actor_id=9), Conflict)
    gone = await desk.life.discard(1, "Spoilers", seen_revision=revision, actor_id=9)
    assert isinstance(gone, Discarded)
    assert (gone.draft.text, gone.policy.draft) == (NEW, None)
    refused = await desk.life.discard(1, "Spoilers", seen_revision=revision, actor_id=9)
    assert refused == Refused(why="There is no draft to discard.")


async def test_pausing_twice_is_told(desk: Desk) -> None:
    """Nothing happens the second time."""
    assert isinstance(await desk.life.pause(1, "Spoilers", actor_id=9), Changed)
    assert await desk.life.pause(1, "Spoilers", actor_id=9) == Refused(why="The policy is already paused.")
    assert isinstance(await desk.life.resume(1, "Spoilers", actor_id=9), Changed)
    assert await desk.life.resume(1, "Spoilers", actor_id=9) == Refused(why="The policy is not paused.")


async def test_two_who_change_the_settings(desk: Desk) -> None:
    """The second meets what the first one set."""
    first = PolicySettings(scope=Scope(not_in=frozenset({5})))
    changed = await desk.life.change_settings(1, "Spoilers", first, seen=PolicySettings(), actor_id=9)
    assert isinstance(changed, Changed)
    second = await desk.life.change_settings(
        1, "Spoilers", PolicySettings(threshold=0.9), seen=PolicySettings(), actor_id=8
    )
    assert isinstance(second, Conflict)
    assert second.current.settings == first
    assert isinstance(await desk.life.change_settings(1, "Spoilers", first, seen=first, actor_id=9), Refused)


async def test_a_deleted_policy_leaves_its_cases(desk: Desk, seen_factory: Callable[..., MessageSeen]) -> None:
    """They keep the version that they were judged by, and its words."""
    handled = await desk.pipeline.see(seen_factory(), own_id=999)
    assert isinstance(await desk.life.delete(1, "Spoilers", actor_id=9), Deleted)
    assert await desk.policy_desk.list(1) == ()
    (case,) = handled.cases
    version = await desk.policies.version(1, case.judged.version_id)
    assert version is not None
    assert "Unmarked spoiler" in version.text
    assert isinstance(await desk.policy_desk.create(1, "Spoilers", NEW, actor_id=9), Saved)


async def test_a_policy_that_is_not_there(desk: Desk) -> None:
    """One sentence for each wish."""
    settings = PolicySettings()
    for answer in (
        await desk.life.start_draft(1, "Nope", actor_id=9),
        await desk.life.discard(1, "Nope", seen_revision=1, actor_id=9),
        await desk.life.pause(1, "Nope", actor_id=9),
        await desk.life.resume(2, "Spoilers", actor_id=9),
        await desk.life.change_settings(1, "Nope", settings, seen=settings, actor_id=9),
        await desk.life.delete(1, "Nope", actor_id=9),
    ):
        assert isinstance(answer, Refused)
        assert "There is no policy named" in answer.why


async def test_the_second_editor_is_shown_what_changed(desk: Desk) -> None:
    """Since they opened the editor: from the draft that they saw, or from the version in force."""
    first = await save(desk)
    await save(desk, NEW.replace("something", "anything"), seen=first)
    late = await desk.policy_desk.save_draft(1, "Spoilers", "mine", seen_revision=first, seen_number=1, actor_id=8)
    assert isinstance(late, Conflict)
    assert late.since is not None
    assert [(change.part, change.fields[0].name) for change in late.since] == [("R1 New", "Breaks it")]
    later = await desk.policy_desk.save_draft(1, "Spoilers", "mine", seen_revision=None, seen_number=1, actor_id=8)
    assert isinstance(later, Conflict)
    assert later.since
    never = await desk.policy_desk.save_draft(1, "Spoilers", "mine", seen_revision=99, seen_number=1, actor_id=8)
    assert isinstance(never, Conflict)
    assert never.since is None


async def test_members_may_read_the_rules(desk: Desk) -> None:
    """What is in force, how long texts are kept and how to object; no examples, no drafts, nothing that is paused."""
    settings = await desk.servers.get(1)
    await desk.servers.save(replace(settings, appeal="Write to the mods."), actor_id=9)
    await save(desk)
    page = await desk.public_rules.of(1)
    (policy,) = page.policies
    assert (page.retention_days, page.appeal) == (30, "Write to the mods.")
    assert [(rule.id, rule.title, rule.examples, rule.patterns) for rule in policy.rules] == [
        ("R1", "Unmarked spoiler", (), ())
    ]
    await desk.life.pause(1, "Spoilers", actor_id=9)
    assert (await desk.public_rules.of(1)).policies == ()
    assert (await desk.public_rules.of(2)).retention_days is None


async def test_members_read_a_text_without_separate_rules(desk: Desk) -> None:
    """Its words are guidance for the judge, and the rules of the server for its members."""
    await desk.policy_desk.create(1, "House", "Be nice\nNo adverts, please.", actor_id=9)
    await desk.policy_desk.publish(1, "House", actor_id=9)
    (house,) = [each for each in (await desk.public_rules.of(1)).policies if each.name == "House"]
    assert (house.title, house.purpose) == ("Be nice", "No adverts, please.")
    assert [(rule.title, rule.breaks_it, rule.notes) for rule in house.rules] == [("Be nice", "", "")]


class Overtaken(MemoryPolicyStore):
    """A store in which somebody else is always a moment faster."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(now=lambda: desk.now[0], record=desk.audit.record_policy_change)
        self.overtake: Callable[[StoredPolicy], Awaitable[object]] | None = None

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """Answer, and let the other one act."""
        found = await super().find(guild_id, name)
        if self.overtake is not None and found is not None:
            overtake, self.overtake = self.overtake, None
            await overtake(found)
        return found


async def test_whoever_is_overtaken_is_told(desk: Desk) -> None:
    """Between looking and acting somebody else drafted, deleted or published: nothing is done twice."""
    store = Overtaken(desk)
    life, policies = PolicyLife(store), Publishing(store)
    await policies.create(1, "P", NEW, actor_id=9)
    published = await policies.publish(1, "P", actor_id=9)
    assert isinstance(published, Published)

    async def save_first(policy: StoredPolicy) -> None:
        await store.save_draft(guild_id=1, policy_id=policy.id, text="theirs", actor_id=8, seen_revision=None)

    store.overtake = save_first
    assert isinstance(await life.start_draft(1, "P", actor_id=9), Conflict)
    assert isinstance(await policies.publish(1, "P", seen_revision=1, actor_id=9), Conflict)

    async def discard_first(policy: StoredPolicy) -> None:
        await store.discard_draft(guild_id=1, policy_id=policy.id, seen_revision=2, actor_id=8)

    store.overtake = discard_first
    assert isinstance(await policies.publish(1, "P", actor_id=9), Conflict)
    await save_first(published.policy)

    async def delete_first(policy: StoredPolicy) -> None:
        await store.delete(guild_id=1, policy_id=policy.id, actor_id=8)

    store.overtake = delete_first
    assert isinstance(await life.delete(1, "P", actor_id=9), Refused)


async def test_the_editor_role_writes_policies_and_no_settings(desk: Desk) -> None:
    """Asked of the settings as they are now; managing the server is enough without it."""
    settings = await desk.servers.get(1)
    await desk.servers.save(replace(settings, policy_editor_role_id=60), actor_id=9)
    access = Access(desk.servers)
    editor = Person(id=3, role_ids=frozenset({60}), manages_server=False, manages_messages=False)
    reviewer = replace(editor, role_ids=frozenset({50}))
    admin = replace(editor, role_ids=frozenset(), manages_server=True)
    assert [await access.may_write_policies(1, each) for each in (editor, reviewer, admin)] == [True, False, True]
    assert not await access.may_write_policies(2, editor)
    assert [may_change_settings(each) for each in (editor, reviewer, admin)] == [False, False, True]

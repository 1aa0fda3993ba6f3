"""Admins write, publish and take back policies; every answer says what happened."""

from __future__ import annotations

from typing import Any

import pytest

from bot.moderation.policies.publishing import Blocked, Conflict, Published, Refused, Saved
from bot.moderation.servers.retention import Retention
from bot.moderation.setup import Setup, SetupChoices
from guild_policies import templates

GOOD = "# Books\n\n## Rules\n### R1 Spoiler\nBreaks it: telling how it ends.\n"


@pytest.mark.parametrize("text", ["", "# Only\n## Headings\n", "x" * 60_000, "binary \x00\x01\x02\x03"])
async def test_a_text_that_cannot_be_judged_saves_nothing(desk: Any, text: str) -> None:
    """One blocking finding, the text is given back, and no policy appears."""
    answer = await desk.policy_desk.create(1, "Books", text, actor_id=9)
    assert isinstance(answer, Blocked)
    assert answer.text == text
    assert len(answer.findings) == 1
    assert await desk.policy_desk.find(1, "Books") is None


async def test_a_draft_judges_nothing_until_it_is_published(desk: Any) -> None:
    """Create, then publish: only then is it in force."""
    saved = await desk.policy_desk.create(1, "Books", GOOD, actor_id=9)
    assert isinstance(saved, Saved)
    assert [policy.name for policy in await desk.in_force.of(1)] == ["Spoilers"]
    published = await desk.policy_desk.publish(1, "books", seen_revision=saved.draft.revision, actor_id=9)
    assert isinstance(published, Published)
    assert published.version.number == 1
    assert [policy.name for policy in await desk.in_force.of(1)] == ["Spoilers", "Books"]


async def test_two_admins_publish_one_draft(desk: Any) -> None:
    """The second is told, nothing is published twice."""
    saved = await desk.policy_desk.create(1, "Books", GOOD, actor_id=9)
    first = await desk.policy_desk.publish(1, "Books", seen_revision=saved.draft.revision, actor_id=9)
    second = await desk.policy_desk.publish(1, "Books", seen_revision=saved.draft.revision, actor_id=10)
    assert isinstance(first, Published)
    assert isinstance(second, Conflict)
    assert len(await desk.policy_desk.history(second.current)) == 1


async def test_a_draft_saved_meanwhile_is_not_overwritten(desk: Any) -> None:
    """The later author gets the text back; the earlier draft stays and can be published."""
    saved = await desk.policy_desk.create(1, "Books", GOOD, actor_id=9)
    other = await desk.policy_desk.save_draft(
        1, "Books", GOOD + "\nMore.", seen_revision=saved.draft.revision, seen_number=None, actor_id=10
    )
    assert isinstance(other, Saved)
    late = await desk.policy_desk.save_draft(
        1, "Books", "# Late\n" + GOOD, seen_revision=saved.draft.revision, seen_number=None, actor_id=9
    )
    assert isinstance(late, Conflict)
    assert late.text == "# Late\n" + GOOD
    stale = await desk.policy_desk.publish(1, "Books", seen_revision=saved.draft.revision, actor_id=9)
    assert isinstance(stale, Conflict)
    assert stale.current.draft.text == GOOD + "\nMore."


async def test_rolling_back_puts_the_old_text_in_force(desk: Any) -> None:
    """Number and fingerprint of the version are the old ones, and history tells of both."""
    before = (await desk.policy_desk.find(1, "Spoilers")).published
    await desk.policy_desk.save_draft(1, "Spoilers", GOOD, seen_revision=None, seen_number=1, actor_id=9)
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    back = await desk.policy_desk.roll_back(1, "Spoilers", to_number=1, seen_number=2, actor_id=9)
    assert isinstance(back, Published)
    assert back.version == before
    history = await desk.policy_desk.history(await desk.policy_desk.find(1, "Spoilers"))
    assert [(line.version.number, line.kind) for line in history] == [
        (1, "rolled_back"),
        (2, "published"),
        (1, "published"),
    ]
    late = await desk.policy_desk.roll_back(1, "Spoilers", to_number=1, seen_number=2, actor_id=10)
    assert isinstance(late, Conflict)


async def test_a_text_based_on_an_older_version_is_not_saved(desk: Any) -> None:
    """Somebody published while the editor was open: the author is told and gets the text back."""
    await desk.policy_desk.save_draft(1, "Spoilers", GOOD, seen_revision=None, seen_number=1, actor_id=10)
    await desk.policy_desk.publish(1, "Spoilers", actor_id=10)
    late = await desk.policy_desk.save_draft(1, "Spoilers", GOOD, seen_revision=None, seen_number=1, actor_id=9)
    assert isinstance(late, Conflict)
    assert late.text == GOOD


async def test_policies_are_found_by_id_within_a_server(desk: Any) -> None:
    """Buttons carry ids; an id of another server finds nothing."""
    policy = await desk.policy_desk.find(1, "Spoilers")
    assert await desk.policy_desk.by_id(1, policy.id) == policy
    assert await desk.policy_desk.by_id(2, policy.id) is None


async def test_refusals_are_sentences(desk: Any) -> None:
    """A name that is taken or unknown, a version that is not there, nothing to publish: one sentence each."""
    answers = [
        await desk.policy_desk.create(1, "SPOILERS", GOOD, actor_id=9),
        await desk.policy_desk.save_draft(1, "Nope", GOOD, seen_revision=None, seen_number=None, actor_id=9),
        await desk.policy_desk.publish(1, "Nope", actor_id=9),
        await desk.policy_desk.publish(1, "Spoilers", actor_id=9),
        await desk.policy_desk.roll_back(1, "Nope", to_number=1, seen_number=1, actor_id=9),
        await desk.policy_desk.roll_back(1, "Spoilers", to_number=8, seen_number=1, actor_id=9),
    ]
    for answer in answers:
        assert isinstance(answer, Refused)
        assert answer.why.endswith(".")
    blocked = await desk.policy_desk.save_draft(1, "Spoilers", "", seen_revision=None, seen_number=1, actor_id=9)
    assert isinstance(blocked, Blocked)


async def test_setup_starts_policies_and_posts_waiting_cards(desk: Any) -> None:
    """Starter policies are in force at once; one whose name exists is left alone; a second run keeps retention."""
    common = {
        "servers": desk.servers, "policies": desk.policy_desk, "cards": desk.card_desk, "marks": desk.marks,
        "consequences": desk.consequences, "options": desk.options,
    }  # fmt: skip
    setup = Setup(**common, retention_days=14)
    first = await setup.set_up(
        2,
        SetupChoices(review_channel_id=77, reviewer_role_id=None, starters=("scams", "harassment")),
        actor_id=9,
        at_id=700,
    )
    assert (first.started, first.kept) == (("scams", "harassment"), ())
    assert first.settings.retention_days == 14
    assert [policy.name for policy in await desk.in_force.of(2)] == ["scams", "harassment"]
    again = await Setup(**common, retention_days=30).set_up(
        2, SetupChoices(review_channel_id=78, reviewer_role_id=5, starters=("scams",)), actor_id=9, at_id=700
    )
    assert (again.started, again.kept) == ((), ("scams",))
    settings = await desk.servers.get(2)
    assert (settings.review_channel_id, settings.reviewer_role_id, settings.retention_days) == (78, 5, 14)
    first_time = await setup.set_up(3, SetupChoices(review_channel_id=79), actor_id=9, at_id=700)
    assert first_time.started == templates.BASICS
    second_time = await setup.set_up(3, SetupChoices(review_channel_id=80, reviewer_role_id=6), actor_id=9, at_id=800)
    assert (second_time.started, second_time.settings.reviewer_role_id) == ((), 6)
    assert (
        await setup.set_up(3, SetupChoices(review_channel_id=81), actor_id=9, at_id=900)
    ).settings.reviewer_role_id == 6


async def test_texts_go_when_their_time_is_over(desk: Any, seen_factory: Any) -> None:
    """After the retention time the case stays and its text and reasoning are gone."""
    await desk.pipeline.see(seen_factory(), own_id=1000)
    retention = Retention(texts=(desk.cases,), servers=desk.servers, now=lambda: desk.now[0])
    desk.later(days=29)
    assert await retention.purge() == 0
    desk.later(days=2)
    assert await retention.purge() == 1
    case = await desk.cases.get(1, 1)
    assert (case.evidence.text, case.judged.reasoning) == (None, None)
    assert case.judged.rationale

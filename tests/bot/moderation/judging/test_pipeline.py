"""One message, end to end, without Discord."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.cases.case import CardState, CaseKind, CaseState
from bot.moderation.cases.webhook import Webhook
from bot.moderation.members.reporting import new_case
from bot.moderation.messages.intake import Skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.server import ServerSettings
from classifier import (
    Judgement,
    JudgeRequest,
    Undecided,
    UndecidedReason,
    Verdict,
)
from tests.bot.moderation.conftest import NOW

Seen = Callable[..., MessageSeen]
OWN = 1000


async def test_a_violation_becomes_a_case_with_a_card(desk: Any, seen_factory: Seen) -> None:
    """The case is kept, its card posted, and everything counted."""
    handled = await desk.pipeline.see(seen_factory(), own_id=OWN)
    (case,) = handled.cases
    assert case.card_state is CardState.POSTED
    assert (case.card_channel_id, case.card_message_id) == (99, 9001)
    assert await desk.cases.get(1, 1) == case
    assert (desk.tally.seen, desk.tally.judged, desk.tally.violations, desk.tally.cards) == (1, 1, 1, 1)
    assert desk.tally.adds_up()


async def test_a_clear_message_leaves_no_case(desk: Any, seen_factory: Seen) -> None:
    """It is judged, remembered by numbers, and no card is posted."""
    handled = await desk.pipeline.see(seen_factory(text="lovely weather"), own_id=OWN)
    assert handled.cases == ()
    assert desk.board.posted == []
    assert await desk.cases.was_judged(guild_id=1, message_id=300, edit=0, version_id=1)


async def test_a_message_is_judged_once_under_a_version(desk: Any, seen_factory: Seen) -> None:
    """Seeing it again asks nobody; an edit is a message of its own."""
    await desk.pipeline.see(seen_factory(), own_id=OWN)
    again = await desk.pipeline.see(seen_factory(), own_id=OWN)
    assert again.skipped is Skip.ALREADY_JUDGED
    edited = await desk.pipeline.see(seen_factory(text="nothing to see", edit=5), own_id=OWN)
    assert (edited.skipped, edited.cases) == (None, ())
    assert len(desk.judge.requests) == 2


async def test_the_same_text_costs_one_judgement(desk: Any, seen_factory: Seen) -> None:
    """A raid of one text gives a case for each message and one question to the judge."""
    for number in range(5):
        await desk.pipeline.see(seen_factory(message_id=300 + number, author_id=number), own_id=OWN)
    assert len(desk.judge.requests) == 1
    assert desk.tally.violations == 5
    desk.later(minutes=6)
    await desk.pipeline.see(seen_factory(message_id=400), own_id=OWN)
    assert len(desk.judge.requests) == 2


async def test_a_published_change_counts_from_the_next_message(desk: Any, seen_factory: Seen) -> None:
    """After a publication the same message is judged again, under the new version."""
    first = await desk.pipeline.see(seen_factory(), own_id=OWN)
    stored = await desk.policy_desk.find(1, "Spoilers")
    await desk.policy_desk.save_draft(
        1, "Spoilers", stored.published.text.replace("ends", "starts"), seen_revision=None, seen_number=1, actor_id=9
    )
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    second = await desk.pipeline.see(seen_factory(), own_id=OWN)
    versions = [handled.cases[0].judged.version_number for handled in (first, second)]
    assert versions == [1, 2]


@pytest.mark.parametrize("reason", [UndecidedReason.UNREADABLE, UndecidedReason.JUDGE_CRASHED])
async def test_an_unusable_answer_asks_a_person(desk_factory: Any, seen_factory: Seen, reason: UndecidedReason) -> None:
    """A case "could not judge" without rule and score; nobody is accused."""
    desk = await desk_factory(lambda request: Undecided(reason=reason))
    handled = await desk.pipeline.see(seen_factory(), own_id=OWN)
    (case,) = handled.cases
    assert (case.kind, case.judged.rules, case.judged.score) == (CaseKind.UNDECIDED, (), None)
    assert (desk.tally.violations, desk.tally.undecided, desk.tally.cards) == (0, 1, 1)


async def test_a_message_deleted_while_it_is_judged(
    desk_factory: Any, seen_factory: Seen, verdict_factory: Any
) -> None:
    """The case says that the message is gone; so does a case that was there before."""
    started, go_on = asyncio.Event(), asyncio.Event()

    async def answer(request: JudgeRequest) -> Judgement:
        started.set()
        await go_on.wait()
        return verdict_factory()

    desk = await desk_factory(answer)
    judging = asyncio.create_task(desk.pipeline.see(seen_factory(), own_id=OWN))
    await started.wait()
    await desk.pipeline.gone(1, 20, frozenset({300}))
    go_on.set()
    (case,) = (await judging).cases
    assert case.evidence.gone
    assert desk.board.posted[0].evidence.gone
    stored = await desk.cases.get(1, 1)
    assert stored.evidence.gone


async def test_a_channel_deleted_while_a_message_is_judged(
    desk_factory: Any, seen_factory: Seen, verdict_factory: Any
) -> None:
    """A deleted channel is the same as deleting all its messages."""
    started, go_on = asyncio.Event(), asyncio.Event()

    async def answer(request: JudgeRequest) -> Judgement:
        started.set()
        await go_on.wait()
        return verdict_factory()

    desk = await desk_factory(answer)
    judging = asyncio.create_task(desk.pipeline.see(seen_factory(), own_id=OWN))
    await started.wait()
    await desk.pipeline.channel_gone(1, 20)
    go_on.set()
    assert (await judging).cases[0].evidence.gone


async def test_a_deleted_message_changes_its_posted_card(desk: Any, seen_factory: Seen) -> None:
    """The card is edited to say that the message is gone, once."""
    await desk.pipeline.see(seen_factory(), own_id=OWN)
    await desk.pipeline.gone(1, 20, frozenset({300}))
    await desk.pipeline.gone(1, 20, frozenset({300}))
    assert [case.evidence.gone for case in desk.board.refreshed] == [True]
    await desk.pipeline.channel_gone(1, 20)
    assert len(desk.board.refreshed) == 1


async def test_skipped_messages_are_counted_by_reason(desk: Any, seen_factory: Seen) -> None:
    """Own messages, and a server without a policy in force."""
    assert (await desk.pipeline.see(seen_factory(author_id=OWN), own_id=OWN)).skipped is Skip.OWN
    await desk.servers.save(ServerSettings(guild_id=2, review_channel_id=98, reviewer_role_id=None), actor_id=9)
    assert (await desk.pipeline.see(seen_factory(guild_id=2), own_id=OWN)).skipped is Skip.NO_POLICY
    assert desk.tally.not_judged == {Skip.OWN: 1, Skip.NO_POLICY: 1}
    assert desk.tally.adds_up()


async def test_an_error_of_ours_is_counted_as_lost(desk_factory: Any, seen_factory: Seen) -> None:
    """An exception is passed on, and the message does not vanish from the count."""

    def answer(request: JudgeRequest) -> Judgement:
        raise RuntimeError("a judge must not raise, this one does")

    desk = await desk_factory(answer)
    with pytest.raises(RuntimeError):
        await desk.pipeline.see(seen_factory(), own_id=OWN)
    assert desk.tally.put_off == 1
    assert desk.tally.adds_up()


async def test_two_policies_give_two_cases(desk: Any, seen_factory: Seen) -> None:
    """A message is judged under each policy in force; each violation is a case of its own."""
    stored = await desk.policy_desk.find(1, "Spoilers")
    await desk.policy_desk.create(1, "Books", stored.published.text.replace("film", "book"), actor_id=9)
    await desk.policy_desk.publish(1, "Books", actor_id=9)
    handled = await desk.pipeline.see(seen_factory(), own_id=OWN)
    assert [case.judged.policy_name for case in handled.cases] == ["Spoilers", "Books"]
    assert (desk.tally.judged, desk.tally.violations) == (1, 2)


def at_edit(number: int) -> int:
    """The time of an edit, some seconds after the message was posted."""
    return int(NOW.timestamp() * 1000) + 1_000 * number


async def test_a_message_edited_again_and_again_is_one_case(desk: Any, seen_factory: Seen) -> None:
    """Each version is judged, and the one card shows them all."""
    await desk.pipeline.see(seen_factory(), own_id=OWN)
    for number in range(1, 6):
        seen = seen_factory(text=f"the butler did it, {number * 'really '}", edit=at_edit(number))
        handled = await desk.pipeline.see(seen, own_id=OWN)
        assert [case.number for case in handled.cases] == [1]
    assert len(desk.judge.requests) == 6
    assert [case.number for case in desk.board.posted] == [1]
    case = await desk.cases.get(1, 1)
    assert [each.text for each in case.evidence.versions] == [
        f"the butler did it, {n * 'really '}" for n in range(1, 5)
    ]
    assert case.evidence.last_text == f"the butler did it, {5 * 'really '}"
    again = await desk.pipeline.see(seen, own_id=OWN)
    assert again.skipped is Skip.ALREADY_JUDGED


async def test_edits_at_once_are_one_case(desk: Any, seen_factory: Seen) -> None:
    """Somebody edits faster than the judge answers."""
    versions = [seen_factory(text=f"the butler{number * ' really'}", edit=at_edit(number)) for number in range(5)]
    await asyncio.gather(*(desk.pipeline.see(each, own_id=OWN) for each in versions))
    assert [case.number for case in desk.board.posted] == [1]
    assert await desk.cases.get(1, 2) is None
    assert (await desk.cases.get(1, 1)).evidence.last_text == f"the butler{4 * ' really'}"


async def test_an_edit_after_a_decision_is_a_case_of_its_own(desk: Any, seen_factory: Seen) -> None:
    """Somebody who was let off changes the message into another violation."""
    await desk.pipeline.see(seen_factory(), own_id=OWN)
    await desk.review.decide(1, 1, state=CaseState.NOT_A_VIOLATION, moderator_id=77)
    await desk.pipeline.see(seen_factory(text="the butler did it twice", edit=at_edit(1)), own_id=OWN)
    assert [case.number for case in desk.board.posted] == [1, 2]


async def test_an_edit_that_breaks_another_rule_is_a_case_of_its_own(
    desk_factory: Any, seen_factory: Seen, verdict_factory: Callable[..., Verdict]
) -> None:
    """What is worse than what the card says is not hidden behind it; nor behind one that says “could not judge”."""
    answers: list[Judgement] = [
        Undecided(reason=UndecidedReason.UNREADABLE),
        Undecided(reason=UndecidedReason.TRUNCATED),
        verdict_factory(),
        replace(verdict_factory(), rule_ids=("R1", "R2")),
    ]
    desk = await desk_factory(lambda _: answers.pop(0))
    stored = await desk.policy_desk.find(1, "Spoilers")
    rules = f"{stored.published.text}\n### R2 Gardeners\nBreaks it: blaming the gardener.\n"
    await desk.policy_desk.save_draft(1, "Spoilers", rules, seen_revision=None, seen_number=1, actor_id=9)
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    for number, text in enumerate(("hm", "well", "the butler did it", "the gardener, too")):
        await desk.pipeline.see(seen_factory(text=text, edit=at_edit(number)), own_id=OWN)
    assert [case.kind.value for case in desk.board.posted] == ["undecided", "violation", "violation"]


def hook(seen_factory: Seen, text: str, message_id: int = 301, **more: object) -> MessageSeen:
    """A message that a webhook posts."""
    return seen_factory(
        message_id=message_id, author_id=900, author_is_bot=True, webhook=Webhook(id=900), text=text, **more
    )


@pytest.mark.parametrize("deleted", ["before", "after"])
@pytest.mark.parametrize("text", ["the butler did it", "L: the butler did it", "[the butler did it]"])
async def test_a_copy_by_a_proxy_belongs_to_the_members_case(
    desk: Any, seen_factory: Seen, text: str, deleted: str
) -> None:
    """One case about the member, which says what is gone and what is visible."""
    await desk.pipeline.see(seen_factory(text=text, author_role_ids=frozenset({70})), own_id=OWN)
    if deleted == "before":
        await desk.pipeline.gone(1, 20, frozenset({300}))
    handled = await desk.pipeline.see(hook(seen_factory, "the butler did it"), own_id=OWN)
    if deleted == "after":
        await desk.pipeline.gone(1, 20, frozenset({300}))
    (case,) = handled.cases
    kept = await desk.cases.get(1, 1)
    assert (case.number, kept.evidence.author_id, kept.evidence.gone) == (1, 7, True)
    (also,) = (await desk.messages.of_cases(1, (1,)))[1]
    assert (also.message_id, also.author_id, also.gone) == (301, 7, False)
    assert await desk.cases.get(1, 2) is None


async def test_a_copy_waits_for_the_verdict_on_its_original(
    desk_factory: Any, seen_factory: Seen, verdict_factory: Callable[..., Verdict]
) -> None:
    """The proxy is faster than the judge: the copy still joins the case, and opens none of its own."""
    desk = await desk_factory(lambda _: verdict_factory())
    original = asyncio.ensure_future(desk.pipeline.see(seen_factory(text="L: the butler did it"), own_id=OWN))
    await asyncio.sleep(0)
    copy = asyncio.ensure_future(desk.pipeline.see(hook(seen_factory, "the butler did it"), own_id=OWN))
    await asyncio.gather(original, copy)
    assert [case.number for case in desk.board.posted] == [1]
    assert await desk.cases.get(1, 2) is None


@pytest.mark.parametrize(
    ("original", "copy", "changes"),
    [
        ("the butler did it", "another text", {}),
        ("the butler did it", "the butler did it", {"channel_id": 21}),
        ("the butler did it", "the butler did it", {"webhook": None}),
        ("well, who would have thought that the butler did it, of all people", "butler", {}),
        ("a butler, I think", "butl", {}),
    ],
)
async def test_what_is_no_copy_stays_the_webhooks(
    desk: Any, seen_factory: Seen, original: str, copy: str, changes: dict[str, object]
) -> None:
    """Other words, another channel, another bot, or a few of many words."""
    await desk.pipeline.see(seen_factory(text=original), own_id=OWN)
    handled = await desk.pipeline.see(replace(hook(seen_factory, copy), **changes), own_id=OWN)
    assert handled.skipped is Skip.BOT


async def test_a_copy_that_comes_late_is_the_webhooks(desk: Any, seen_factory: Seen) -> None:
    """After some minutes the same words are a coincidence."""
    await desk.pipeline.see(seen_factory(text="the weather is nice"), own_id=OWN)
    desk.later(minutes=6)
    handled = await desk.pipeline.see(hook(seen_factory, "the weather is nice"), own_id=OWN)
    assert handled.skipped is Skip.BOT


async def test_whose_a_copy_is_is_settled_when_the_original_goes(desk: Any, seen_factory: Seen) -> None:
    """A proxy posts first and deletes afterwards; until then the copy is the webhook's, beside the member's message."""
    await desk.pipeline.see(seen_factory(text="Luna says: the butler"), own_id=OWN)
    await desk.pipeline.see(hook(seen_factory, "the butler"), own_id=OWN)
    (also,) = (await desk.messages.of_cases(1, (1,)))[1]
    assert (also.message_id, also.author_id) == (301, 900)
    await desk.pipeline.gone(1, 20, frozenset({300}))
    (also,) = (await desk.messages.of_cases(1, (1,)))[1]
    assert (also.message_id, also.author_id) == (301, 7)
    await desk.pipeline.gone(1, 20, frozenset({301}))
    assert await desk.cases.get(1, 2) is None
    assert desk.tally.adds_up()


async def test_an_open_case_names_whose_copy_it_turns_out_to_be(desk: Any, seen_factory: Seen) -> None:
    """The copy was reported as the webhook's, or taken for somebody else's, before its original was deleted."""
    await desk.pipeline.see(seen_factory(text="Luna says: so nice", author_id=8), own_id=OWN)
    copy = hook(seen_factory, "so nice")
    await desk.pipeline.see(copy, own_id=OWN)
    await desk.cases.open(new_case(copy, ()))
    await desk.pipeline.gone(1, 20, frozenset({300}))
    assert (await desk.cases.get(1, 1)).evidence.author_id == 8
    assert desk.tally.adds_up()


async def test_an_edited_copy_is_still_the_members(desk: Any, seen_factory: Seen) -> None:
    """Proxies let members edit what was posted for them."""
    await desk.pipeline.see(seen_factory(text="the weather is nice"), own_id=OWN)
    await desk.pipeline.see(hook(seen_factory, "the weather is nice"), own_id=OWN)
    await desk.pipeline.gone(1, 20, frozenset({300}))
    handled = await desk.pipeline.see(hook(seen_factory, "the butler did it", edit=at_edit(3)), own_id=OWN)
    (case,) = handled.cases
    assert (case.evidence.author_id, case.evidence.message_id) == (7, 301)

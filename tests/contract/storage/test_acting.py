"""The contracts of the stores behind acting on cases: actions, notes, what follows by itself, and options."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.action import ActionKind, ActionState, NewAction, NoSuchAction
from bot.moderation.cases.case import NewCase
from bot.moderation.policies.consequences import ConsequenceMode, ConsequenceSetting
from bot.moderation.servers.options import AppealOptions, CardOptions, NoticeOptions, SampleOptions

Stores = Any  # the fixture of conftest.py, which no test can import

HERE, ELSEWHERE, ANNA, BEN, MEMBER = 1, 2, 77, 78, 7
HOUR = timedelta(hours=1)


def ban(**changes: Any) -> NewAction:
    """A ban of the member of case 1, by Anna."""
    new = NewAction(guild_id=HERE, case_number=1, kind=ActionKind.BAN, target_id=MEMBER, by=ANNA, reason="spam")
    return replace(new, **changes)


async def told(stores: Stores) -> list[tuple[str, str, int | None]]:
    """The audit entries, oldest first."""
    return [(each.action, each.detail, each.actor_id) for each in reversed(await stores.audit.entries(HERE))]


async def test_an_action_is_written_down_before_it_is_settled(stores: Stores) -> None:
    """First it is pending; then it is what Discord said, with the reason in words, and a second answer is none."""
    new = ban(kind=ActionKind.TIMEOUT, length=HOUR, reason="caps \ud800")
    action, added = await stores.actions.add(new)
    assert added
    assert (action.state, action.why, action.settled_at) == (ActionState.PENDING, "", None)
    assert action.new == replace(new, reason="caps \ufffd")
    assert action.asked_at == stores.clock()
    assert await stores.actions.get(HERE, action.id) == action
    stores.clock.forward(seconds=2)
    settled = await stores.actions.settle(action.id, ActionState.REFUSED, "Their role is above Bylaw's.\0")
    assert (settled.state, settled.settled_at) == (ActionState.REFUSED, stores.clock())
    assert settled.why.startswith("Their role is above Bylaw's.")
    assert await stores.actions.settle(action.id, ActionState.DONE) == settled
    assert await stores.actions.get(HERE, action.id) == settled
    assert await told(stores) == [
        ("action_asked", f"action {action.id}: timeout of member 7 for 3600 seconds", ANNA),
        ("action_settled", f"action {action.id}: pending -> refused", None),
    ]


async def test_one_action_of_a_kind_stands_at_a_time(stores: Stores) -> None:
    """Whoever comes second gets the first one; another kind, member, case or server is another matter."""
    first, _ = await stores.actions.add(ban())
    assert await stores.actions.add(ban(by=BEN)) == (first, False)
    done = await stores.actions.settle(first.id, ActionState.DONE)
    assert await stores.actions.add(ban(by=BEN, reason="again")) == (done, False)
    for other in ({"kind": ActionKind.DELETE}, {"target_id": 9}, {"case_number": 2}, {"guild_id": ELSEWHERE}):
        assert (await stores.actions.add(ban(**other)))[1]


@pytest.mark.parametrize("state", [ActionState.REFUSED, ActionState.UNCERTAIN])
async def test_what_was_not_done_may_be_tried_again(stores: Stores, state: ActionState) -> None:
    """By a person; nothing here does it by itself."""
    first, _ = await stores.actions.add(ban())
    await stores.actions.settle(first.id, state, "No.")
    second, added = await stores.actions.add(ban(by=BEN))
    assert added
    assert second.id > first.id


async def test_of_clicks_at_once_one_counts(stores: Stores, case_factory: Callable[..., NewCase]) -> None:
    """However many moderators act on a case in the same way in one moment."""
    await stores.cases.open(case_factory())
    answers = await asyncio.gather(*(stores.actions.add(ban(by=who)) for who in range(70, 80)))
    assert sum(added for _, added in answers) == 1
    assert len({action.id for action, _ in answers}) == 1
    assert len((await stores.actions.of_cases(HERE, (1,)))[1]) == 1


async def test_an_action_is_taken_back_once(stores: Stores) -> None:
    """While that is pending or done there is no second attempt; then the first is undone, and may be repeated."""
    first, _ = await stores.actions.add(ban())
    await stores.actions.settle(first.id, ActionState.DONE)
    back = ban(kind=ActionKind.UNBAN, undoes=first.id, reason="")
    refused, _ = await stores.actions.add(back)
    await stores.actions.settle(refused.id, ActionState.REFUSED, "No.")
    assert (await stores.actions.get(HERE, first.id)).state is ActionState.DONE
    undoing, added = await stores.actions.add(back)
    assert added
    assert await stores.actions.add(replace(back, by=BEN)) == (undoing, False)
    done = await stores.actions.settle(undoing.id, ActionState.DONE)
    assert (await stores.actions.get(HERE, first.id)).state is ActionState.UNDONE
    assert await stores.actions.add(replace(back, by=BEN)) == (done, False)
    second, added = await stores.actions.add(ban())
    assert added
    assert (await stores.actions.add(replace(back, undoes=second.id)))[1]
    assert ("action_settled", f"action {first.id}: done -> undone", None) in await told(stores)
    assert (
        "action_asked",
        f"action {undoing.id}: unban of member 7, taking back action {first.id}",
        ANNA,
    ) in await told(stores)


async def test_a_rehearsal_is_settled_from_the_start(stores: Stores) -> None:
    """It is in nobody's way."""
    action, added = await stores.actions.add(ban(kind=ActionKind.DELETE, by=None, rehearsal=True))
    assert added
    assert (action.state, action.settled_at) == (ActionState.REHEARSED, stores.clock())
    assert await stores.actions.get(HERE, action.id) == action
    assert action.new.rehearsal
    assert (await stores.actions.add(ban(kind=ActionKind.DELETE)))[1]
    assert await stores.actions.settle(action.id, ActionState.DONE) == action
    assert (await told(stores))[0] == ("action_rehearsed", f"action {action.id}: delete of member 7", None)


async def test_actions_are_looked_up_by_case(stores: Stores) -> None:
    """Oldest first; of this server only."""
    for kind, number, guild in (
        (ActionKind.WARN, 1, HERE),
        (ActionKind.KICK, 2, HERE),
        (ActionKind.DELETE, 1, HERE),
        (ActionKind.BAN, 1, ELSEWHERE),
    ):
        await stores.actions.add(ban(kind=kind, case_number=number, guild_id=guild))
    found = await stores.actions.of_cases(HERE, (1, 2, 3))
    assert {number: [each.new.kind for each in actions] for number, actions in found.items()} == {
        1: [ActionKind.WARN, ActionKind.DELETE],
        2: [ActionKind.KICK],
    }
    assert await stores.actions.of_cases(HERE, ()) == {}
    here = found[1][0].id
    assert await stores.actions.get(ELSEWHERE, here) is None
    for nothing in (0, -1, 999, 2**70):
        assert await stores.actions.get(HERE, nothing) is None
    with pytest.raises(NoSuchAction):
        await stores.actions.settle(999, ActionState.DONE)


async def test_what_was_never_settled_is_found(stores: Stores) -> None:
    """Of all servers, oldest first, asked before a moment."""
    first, _ = await stores.actions.add(ban())
    settled, _ = await stores.actions.add(ban(kind=ActionKind.KICK))
    await stores.actions.settle(settled.id, ActionState.DONE)
    stores.clock.forward(seconds=1)
    second, _ = await stores.actions.add(ban(guild_id=ELSEWHERE))
    assert await stores.actions.pending(before=stores.clock()) == (first,)
    stores.clock.forward(seconds=1)
    assert await stores.actions.pending(before=stores.clock()) == (first, second)


async def test_reasons_go_when_their_time_is_over(stores: Stores) -> None:
    """The action stays, with everything but the words; each is purged once, in its own server."""
    old, _ = await stores.actions.add(ban())
    await stores.actions.add(ban(kind=ActionKind.KICK, reason=""))
    elsewhere, _ = await stores.actions.add(ban(guild_id=ELSEWHERE))
    stores.clock.forward(days=30)
    young, _ = await stores.actions.add(ban(kind=ActionKind.DELETE))
    before = stores.clock() - timedelta(days=29)
    assert await stores.actions.purge_texts(HERE, before=before) == 1
    assert await stores.actions.purge_texts(HERE, before=before) == 0
    assert await stores.actions.get(HERE, old.id) == replace(old, new=replace(old.new, reason=""))
    assert await stores.actions.get(HERE, young.id) == young
    assert await stores.actions.get(ELSEWHERE, elsewhere.id) == elsewhere
    assert (await told(stores))[-1] == ("texts_purged", f"reason of action {old.id}", None)


async def test_notes_are_kept_by_case(stores: Stores) -> None:
    """Oldest first, of this server only; the entry does not hold their words."""
    for number, guild, text in (
        (1, HERE, "first"),
        (2, HERE, "other"),
        (1, ELSEWHERE, "far"),
        (1, HERE, "second \ud800"),
    ):
        await stores.notes.add(guild, number, author_id=ANNA, text=text)
    found = await stores.notes.of_cases(HERE, (1, 2, 3))
    assert {number: [note.text for note in notes] for number, notes in found.items()} == {
        1: ["first", "second \ufffd"],
        2: ["other"],
    }
    assert await stores.notes.of_cases(HERE, ()) == {}
    assert await told(stores) == [
        ("note_added", f"note {note.id}", ANNA) for note in (found[1][0], found[2][0], found[1][1])
    ]


async def test_notes_go_when_their_time_is_over(stores: Stores) -> None:
    """Who wrote one when stays; each is purged once, in its own server."""
    old = await stores.notes.add(HERE, 1, author_id=ANNA, text="old")
    await stores.notes.add(ELSEWHERE, 1, author_id=ANNA, text="far")
    stores.clock.forward(days=1)
    young = await stores.notes.add(HERE, 1, author_id=BEN, text="young")
    assert await stores.notes.purge_texts(HERE, before=stores.clock()) == 1
    assert await stores.notes.purge_texts(HERE, before=stores.clock()) == 0
    assert (await stores.notes.of_cases(HERE, (1,)))[1] == (replace(old, text=None), young)
    assert (await stores.notes.of_cases(ELSEWHERE, (1,)))[1][0].text == "far"
    assert (await told(stores))[-1] == ("texts_purged", f"note {old.id}", None)


async def test_consequences_are_set_per_rule(stores: Stores) -> None:
    """The newest setting of a rule counts; the entry says what was before."""
    first = ConsequenceSetting(rule_id="R2", mode=ConsequenceMode.REHEARSE, from_score=0.95, wished="delete")
    assert await stores.consequences.of(HERE, 3) == ()
    await stores.consequences.save(HERE, 3, first, actor_id=ANNA)
    other = replace(first, rule_id="R1", mode=ConsequenceMode.OFF)
    await stores.consequences.save(HERE, 3, other, actor_id=ANNA)
    await stores.consequences.save(HERE, 4, first, actor_id=ANNA)
    await stores.consequences.save(ELSEWHERE, 3, first, actor_id=ANNA)
    second = replace(first, mode=ConsequenceMode.ON, from_score=0.9)
    await stores.consequences.save(HERE, 3, second, actor_id=BEN)
    assert await stores.consequences.of(HERE, 3) == (other, second)
    assert await stores.consequences.of(HERE, 4) == (first,)
    entries = await told(stores)
    assert entries[0] == ("consequence_set", "R2: off -> rehearse delete from 0.95", ANNA)
    assert entries[-1] == ("consequence_set", "R2: rehearse delete from 0.95 -> on delete from 0.9", BEN)


@pytest.mark.parametrize("options", [
    CardOptions(cards_per_hour=5, channel_by_severity=(("high", 50), ("low", 51)), quiet_from_hour=22),
    NoticeOptions(enabled=False, opening="The team of \u00e9 wrote this.", names_moderators=True),
    AppealOptions(questions=("What happened?", "Why?"), cap=1, second_reviewer=False),
    SampleOptions(weekly_sample=20),
], ids=lambda options: type(options).__name__)  # fmt: skip
async def test_options_come_back_as_they_were_saved(stores: Stores, options: Any) -> None:
    """Until then there are defaults; other servers and other options are left alone."""
    kind = type(options)
    assert await stores.options.get(HERE, kind) == kind()
    await stores.options.save(HERE, options, actor_id=ANNA)
    assert await stores.options.get(HERE, kind) == options
    assert await stores.options.get(ELSEWHERE, kind) == kind()
    for other in {CardOptions, NoticeOptions, AppealOptions, SampleOptions} - {kind}:
        assert await stores.options.get(HERE, other) == other()
    await stores.options.save(HERE, kind(), actor_id=ANNA)
    assert await stores.options.get(HERE, kind) == kind()


async def test_the_history_says_what_changed_of_the_options(stores: Stores) -> None:
    """Numbers before and after; words are only counted."""
    await stores.options.save(HERE, CardOptions(cards_per_hour=5, ping_role_id=9), actor_id=ANNA)
    await stores.options.save(HERE, CardOptions(cards_per_hour=5, ping_role_id=9), actor_id=BEN)
    await stores.options.save(HERE, NoticeOptions(opening="Hello from us"), actor_id=ANNA)
    await stores.options.save(HERE, AppealOptions(questions=("What happened?",)), actor_id=ANNA)
    assert await told(stores) == [
        ("options_saved", "cards: cards_per_hour 60 -> 5, ping_role_id none -> 9", ANNA),
        ("options_saved", "cards: nothing changed", BEN),
        ("options_saved", "notices: opening none -> 3 words", ANNA),
        ("options_saved", "appeals: questions [] -> [2 words]", ANNA),
    ]

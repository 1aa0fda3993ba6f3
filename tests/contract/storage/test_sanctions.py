"""The contracts of the stores behind sanctions: what is planned with a case, timeouts that change or end, bans."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.moderation.cases.action import ActionKind, ActionState, NewAction, PlannedAction, planned_for
from bot.moderation.cases.case import NewCase
from bot.moderation.cases.further_messages import MayJoin

Stores = Any  # the fixture of conftest.py, which no test can import
Cases = Callable[..., NewCase]

HERE, ELSEWHERE, ANNA, BEN, MEMBER = 1, 2, 77, 78, 7
HOUR = timedelta(hours=1)
DELETION = PlannedAction(kind=ActionKind.DELETE, reason="Spoilers v1, rule R1", rehearsal=False)
TIMEOUT = PlannedAction(kind=ActionKind.TIMEOUT, length=HOUR, reason="Spoilers v1, rule R1", rehearsal=False)


def timeout(**changes: Any) -> NewAction:
    """A timeout of the member of case 1, by Anna."""
    new = NewAction(
        guild_id=HERE, case_number=1, kind=ActionKind.TIMEOUT, target_id=MEMBER, by=ANNA, reason="caps", length=HOUR
    )
    return replace(new, **changes)


async def told(stores: Stores) -> list[tuple[str, str]]:
    """The audit entries, oldest first."""
    return [(each.action, each.detail) for each in reversed(await stores.audit.entries(HERE))]


async def test_what_follows_is_written_down_with_the_case(stores: Stores, case_factory: Cases) -> None:
    """In one transaction; rehearsals are not, and the same case again plans nothing twice."""
    new = replace(case_factory(), planned=(DELETION, TIMEOUT, replace(TIMEOUT, rehearsal=True)))
    case, _ = await stores.cases.open(new)
    await stores.cases.open(new)
    planned = await stores.actions.planned(before=stores.clock() + HOUR)
    evidence = case.evidence
    about = {"guild_id": HERE, "case_number": 1, "member_id": evidence.author_id, "message_id": evidence.message_id}
    assert [each.new for each in planned] == [planned_for(each, **about) for each in (DELETION, TIMEOUT)]
    assert {each.state for each in planned} == {ActionState.PLANNED}
    assert await stores.actions.planned(before=stores.clock()) == ()
    assert await stores.actions.pending(before=stores.clock() + HOUR) == ()
    assert [action for action, _ in await told(stores)] == ["case_opened", "action_planned", "action_planned"]


async def test_what_was_planned_becomes_pending(stores: Stores, case_factory: Cases) -> None:
    """The same action, asked now; of two who begin it one does."""
    await stores.cases.open(replace(case_factory(), planned=(DELETION, TIMEOUT)))
    first, second = await stores.actions.planned(before=stores.clock() + HOUR)
    stores.clock.forward(seconds=5)
    answers = await asyncio.gather(*(stores.actions.add(first.new) for _ in range(3)))
    assert sum(added for _, added in answers) == 1
    assert {action.id for action, _ in answers} == {first.id}
    begun = await stores.actions.get(HERE, first.id)
    assert (begun.state, begun.asked_at) == (ActionState.PENDING, stores.clock())
    settled = await stores.actions.settle(second.id, ActionState.REFUSED, "Bylaw stopped.")
    assert (settled.state, settled.why) == (ActionState.REFUSED, "Bylaw stopped.")
    assert await stores.actions.planned(before=stores.clock() + HOUR) == ()


async def test_what_follows_from_a_further_message(stores: Stores, case_factory: Cases) -> None:
    """Its deletion is planned; a timeout that is in force is not planned once more."""
    first = case_factory()
    case, _ = await stores.cases.open(first)
    action, _ = await stores.actions.add(timeout(target_id=case.evidence.author_id))
    await stores.actions.settle(action.id, ActionState.DONE)
    further = replace(first, evidence=replace(first.evidence, message_id=301), planned=(DELETION, TIMEOUT))
    assert (await stores.messages.open_or_join(further, MayJoin(about=301, same_text=1))).is_further
    (planned,) = await stores.actions.planned(before=stores.clock() + HOUR)
    assert (planned.new.kind, planned.new.message_id) == (ActionKind.DELETE, 301)


async def test_the_end_of_a_timeout_is_kept(stores: Stores) -> None:
    """As Discord was told."""
    action, _ = await stores.actions.add(timeout())
    until = stores.clock() + HOUR
    settled = await stores.actions.settle(action.id, ActionState.DONE, until=until)
    assert settled.until == until
    assert await stores.actions.get(HERE, action.id) == settled


async def test_a_timeout_is_changed_once_at_a_time(stores: Stores, case_factory: Cases) -> None:
    """While a change is pending or done there is no second; then the first is changed, and the second can be."""
    await stores.cases.open(case_factory())
    first, _ = await stores.actions.add(timeout())
    await stores.actions.settle(first.id, ActionState.DONE)
    change = timeout(changes=first.id, length=2 * HOUR)
    refused, _ = await stores.actions.add(change)
    await stores.actions.settle(refused.id, ActionState.REFUSED, "No.")
    assert (await stores.actions.get(HERE, first.id)).state is ActionState.DONE
    answers = await asyncio.gather(*(stores.actions.add(replace(change, by=who)) for who in (ANNA, BEN)))
    assert sum(added for _, added in answers) == 1
    changed = await stores.actions.settle(answers[0][0].id, ActionState.DONE)
    assert (await stores.actions.get(HERE, first.id)).state is ActionState.CHANGED
    assert (await stores.actions.add(timeout(changes=changed.id)))[1]
    assert await stores.actions.add(timeout()) != (first, True)
    assert ("action_settled", f"action {first.id}: done -> changed") in await told(stores)


async def test_a_changed_timeout_leaves_no_room_for_another(stores: Stores) -> None:
    """The case has one timeout, whoever gave it which length."""
    first, _ = await stores.actions.add(timeout())
    await stores.actions.settle(first.id, ActionState.DONE)
    change, _ = await stores.actions.add(timeout(changes=first.id))
    changed = await stores.actions.settle(change.id, ActionState.DONE)
    assert await stores.actions.add(timeout(by=BEN)) == (changed, False)


async def test_a_timeout_that_is_over_leaves_room(stores: Stores) -> None:
    """Then the next one is added, and the first has ended; not before."""
    first, _ = await stores.actions.add(timeout())
    done = await stores.actions.settle(first.id, ActionState.DONE)
    assert await stores.actions.add(timeout(by=BEN)) == (done, False)
    stores.clock.forward(hours=1)
    second, added = await stores.actions.add(timeout(by=BEN))
    assert added
    assert second.id != first.id
    assert (await stores.actions.get(HERE, first.id)).state is ActionState.ENDED


async def test_what_was_over_already_counts_as_taken_back(stores: Stores) -> None:
    """There is nothing left to undo."""
    first, _ = await stores.actions.add(timeout())
    await stores.actions.settle(first.id, ActionState.DONE)
    back, _ = await stores.actions.add(timeout(kind=ActionKind.REMOVE_TIMEOUT, length=None, undoes=first.id))
    await stores.actions.settle(back.id, ActionState.ALREADY, "It was lifted before.")
    assert (await stores.actions.get(HERE, first.id)).state is ActionState.UNDONE


async def test_the_bans_of_a_member(stores: Stores) -> None:
    """Of all cases of one server, whatever came of them; oldest first."""
    ban = timeout(kind=ActionKind.BAN, length=None)
    first, _ = await stores.actions.add(ban)
    settled = await stores.actions.settle(first.id, ActionState.ALREADY, "Banned already.")
    second, _ = await stores.actions.add(replace(ban, case_number=2))
    for other in ({"target_id": 9}, {"guild_id": ELSEWHERE}, {"kind": ActionKind.KICK}):
        await stores.actions.add(replace(ban, **other))
    assert await stores.actions.sanctions_of(HERE, MEMBER, ActionKind.BAN) == (settled, second)


async def test_what_was_in_force_before_is_kept(stores: Stores) -> None:
    """With the action, and with its audit entry."""
    action, _ = await stores.actions.add(timeout())
    until, before = stores.clock() + HOUR, stores.clock() + HOUR / 2
    settled = await stores.actions.settle(action.id, ActionState.DONE, until=until, earlier_until=before)
    assert (settled.until, settled.earlier_until) == (until, before)
    assert await stores.actions.get(HERE, action.id) == settled
    ends = [each.isoformat(timespec="seconds") for each in (until, before)]
    said = f"action {action.id}: pending -> done, timed out until {ends[0]}, before that until {ends[1]}"
    assert ("action_settled", said) in await told(stores)


async def test_ends_that_were_noted_outlive_a_crash(stores: Stores) -> None:
    """Whoever hears no answer keeps them; an answer replaces them, and nothing is noted after it."""
    until, before = stores.clock() + HOUR, stores.clock() + HOUR / 2
    for state, kept in ((ActionState.UNCERTAIN, (until, before)), (ActionState.REFUSED, (None, None))):
        action, _ = await stores.actions.add(timeout())
        await stores.actions.note_ends(action.id, until=until, earlier_until=before)
        settled = await stores.actions.settle(action.id, state, "No.")
        assert (settled.until, settled.earlier_until) == kept
        await stores.actions.note_ends(action.id, until=until + HOUR, earlier_until=None)
        assert await stores.actions.get(HERE, action.id) == settled


async def test_what_is_left_in_force_counts_as_done(stores: Stores) -> None:
    """A timeout of another case that was not needed so far, unless its case has another one by now."""
    until = stores.clock() + HOUR
    mine, _ = await stores.actions.add(timeout())
    await stores.actions.settle(mine.id, ActionState.DONE, until=until + HOUR)
    unneeded = [(await stores.actions.add(timeout(case_number=number)))[0] for number in (2, 3)]
    for each in unneeded:
        await stores.actions.settle(each.id, ActionState.ALREADY, "Longer already.", until=until)
    await stores.actions.add(timeout(case_number=3))
    for each, state in zip(unneeded, (ActionState.DONE, ActionState.ALREADY), strict=True):
        back, _ = await stores.actions.add(timeout(kind=ActionKind.REMOVE_TIMEOUT, length=None, undoes=mine.id + 0))
        await stores.actions.settle(back.id, ActionState.DONE, until=until, left_to=each.id)
        left = await stores.actions.get(HERE, each.id)
        assert (left.state, left.until) == (state, until)

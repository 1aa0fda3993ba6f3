"""The contract of the store of raid controls: one of a kind at a time, and every change in the audit log."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.moderation.cards.shared_card import GroupKind
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.raid_control import (
    MAY_BECOME,
    Before,
    ControlKind,
    ControlState,
    NewControl,
    NoSuchControl,
    RaidControl,
)

Stores = Any  # the fixture of conftest.py, which no test can import

TESS, OMAR = 70, 77
INVITES = NewControl(
    guild_id=1,
    group_id=1,
    case_number=1,
    kind=ControlKind.PAUSE_INVITES,
    length=timedelta(hours=1),
    by=TESS,
    reason="a raid",
)
SLOW = replace(INVITES, kind=ControlKind.SLOW_MODE, channel_id=10, seconds=30)


@pytest.fixture(autouse=True)
def in_a_database(stores: Stores) -> None:
    """Raid controls are kept in databases only."""
    if stores.raid_controls is None:
        pytest.skip("kept in databases only")


async def added(stores: Stores, new: NewControl = INVITES) -> RaidControl:
    """A control that leaves room for no other."""
    control, is_new = await stores.raid_controls.add(new, until=stores.clock() + new.length)
    assert is_new
    return control  # type: ignore[no-any-return]  # of the fixture, which is untyped


async def test_it_comes_back_as_it_was_written(stores: Stores) -> None:
    """With its reason, and what was in force before."""
    control = await added(stores, SLOW)
    await stores.raid_controls.note_before(control.id, Before(seconds=5))
    found = await stores.raid_controls.get(1, control.id)
    assert found == replace(control, before=Before(seconds=5))
    assert found.new == SLOW
    assert await stores.raid_controls.get(2, control.id) is None
    assert await stores.raid_controls.get(1, 2**63) is None


async def test_of_two_at_once_one_counts(stores: Stores) -> None:
    """Whichever raid's card they come from; another server, kind or channel has room."""
    until = stores.clock() + timedelta(hours=1)
    both = (INVITES, replace(INVITES, group_id=2, by=OMAR))
    results = await asyncio.gather(*(stores.raid_controls.add(new, until=until) for new in both))
    assert sorted(is_new for _, is_new in results) == [False, True]
    assert len({control.id for control, _ in results}) == 1
    for new in (replace(INVITES, guild_id=2), SLOW, replace(SLOW, channel_id=11)):
        await added(stores, new)
    assert len(await stores.raid_controls.open_in(1)) == 3
    assert len(await stores.raid_controls.all_open()) == 4


@pytest.mark.parametrize(("before", "after"), list(product(ControlState, repeat=2)))
async def test_only_what_may_become_of_it_does(stores: Stores, before: ControlState, after: ControlState) -> None:
    """A second answer, or a second click, changes nothing."""
    control = await added(stores)
    ways = {
        ControlState.PENDING: (),
        ControlState.ENDING: (ControlState.IN_FORCE, ControlState.ENDING),
        ControlState.ENDED: (ControlState.IN_FORCE, ControlState.ENDED),
    }
    for state in ways.get(before, (before,)):
        await stores.raid_controls.become(control.id, state)
    now, changed = await stores.raid_controls.become(control.id, after, "why", by=OMAR)
    assert changed == (after in MAY_BECOME[before])
    assert now.state is (after if changed else before)
    assert await stores.raid_controls.get(1, control.id) == now


async def test_the_audit_log_says_who_and_what(stores: Stores) -> None:
    """In the entries of the case, without the moderator's words."""
    control = await added(stores)
    for state, by in ((ControlState.IN_FORCE, None), (ControlState.ENDING, OMAR), (ControlState.ENDED, OMAR)):
        await stores.raid_controls.become(control.id, state, by=by)
    entries = list(reversed(await stores.audit.entries(1, subject="case:1")))
    assert [(each.action, each.actor_id) for each in entries] == [
        (AuditAction.CONTROL_ASKED, TESS),
        (AuditAction.CONTROL_SETTLED, None),
        (AuditAction.CONTROL_SETTLED, OMAR),
        (AuditAction.CONTROL_SETTLED, OMAR),
    ]
    assert all("a raid" not in each.detail for each in entries)
    ended = await stores.raid_controls.get(1, control.id)
    assert (ended.ended_by, ended.ended_at) == (OMAR, stores.clock())


async def test_what_was_not_ended_was_ended_by_nobody(stores: Stores) -> None:
    """Discord refused: it is in force again."""
    control = await added(stores)
    await stores.raid_controls.become(control.id, ControlState.IN_FORCE)
    await stores.raid_controls.become(control.id, ControlState.ENDING, by=OMAR)
    again, _ = await stores.raid_controls.become(control.id, ControlState.IN_FORCE, "No.", by=OMAR)
    assert (again.ended_by, again.why) == (None, "No.")


async def test_it_is_found_by_its_card_and_by_each_case_on_it(stores: Stores, case_factory: Any) -> None:
    """Not by cases elsewhere."""
    group = await stores.groups.open(1, GroupKind.RAID)
    for _ in range(3):
        await stores.cases.open(case_factory())
    await stores.groups.add(1, group.id, (1, 2), None)
    control = await added(stores, replace(INVITES, group_id=group.id))
    assert await stores.raid_controls.of_card(1, group.id) == (control,)
    assert [await stores.raid_controls.of_case(1, number) for number in (1, 2, 3)] == [(control,), (control,), ()]


async def test_reasons_go_with_the_retention(stores: Stores) -> None:
    """With an entry for each; the control stays."""
    control = await added(stores)
    assert await stores.raid_controls.purge_texts(1, before=stores.clock()) == 0
    stores.clock.forward(days=30)
    assert await stores.raid_controls.purge_texts(2, before=stores.clock()) == 0
    assert await stores.raid_controls.purge_texts(1, before=stores.clock()) == 1
    assert (await stores.raid_controls.get(1, control.id)).new == replace(INVITES, reason="")
    (newest,) = await stores.audit.entries(1, subject="case:1", limit=1)
    assert (newest.action, newest.detail) == (AuditAction.TEXTS_PURGED, f"reason of raid control {control.id}")


async def test_there_is_none_of_this_id(stores: Stores) -> None:
    """Nothing is written."""
    with pytest.raises(NoSuchControl):
        await stores.raid_controls.become(5, ControlState.ENDED)

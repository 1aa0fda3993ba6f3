"""The contract of `CaseStore`, over every implementation: who has a case in hand, and decisions that are taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.moderation.cases.case import CaseKind, CaseState, Claim, Decision, Earlier, NewCase, NoSuchCase
from bot.moderation.cases.note import NoteKind

NewCases = Callable[..., NewCase]
Stores = Any  # the fixture of conftest.py, which no test can import

GUILD, OTHER_GUILD, ANNA, BEN = 1, 2, 77, 78
A_WHILE = timedelta(minutes=15)


def decision(stores: Stores, state: CaseState, moderator_id: int = ANNA) -> Decision:
    """A decision of this moment."""
    return Decision(state=state, moderator_id=moderator_id, at=stores.clock())


async def claim(stores: Stores, moderator_id: int) -> Any:
    """Claim case 1 now."""
    at: datetime = stores.clock()
    return await stores.cases.claim(GUILD, 1, Claim(moderator_id=moderator_id, at=at), stale_before=at - A_WHILE)


async def told(stores: Stores) -> list[tuple[str, str, int | None]]:
    """The audit entries after the opening of a case, oldest first."""
    entries = reversed(await stores.audit.entries(GUILD))
    return [(each.action, each.detail, each.actor_id) for each in entries if each.action != "case_opened"]


async def test_a_case_is_claimed_by_one_moderator_at_a_time(stores: Stores, case_factory: NewCases) -> None:
    """The second is told who was first; the first may claim again, and after a while anybody may."""
    case, _ = await stores.cases.open(case_factory())
    assert case.claim is None
    first = Claim(moderator_id=ANNA, at=stores.clock())
    assert await claim(stores, ANNA) == (replace(case, claim=first), True)
    stores.clock.forward(minutes=5)
    assert await claim(stores, BEN) == (replace(case, claim=first), False)
    again = Claim(moderator_id=ANNA, at=stores.clock())
    assert await claim(stores, ANNA) == (replace(case, claim=again), True)
    stores.clock.forward(minutes=15)
    assert await claim(stores, BEN) == (replace(case, claim=again), False)
    stores.clock.forward(seconds=1)
    assert (await claim(stores, BEN))[1]
    assert (await stores.cases.get(GUILD, 1)).claim.moderator_id == BEN
    assert await told(stores) == [("case_claimed", "", who) for who in (ANNA, ANNA, BEN)]


async def test_of_claims_at_once_one_counts(stores: Stores, case_factory: NewCases) -> None:
    """However many moderators open the same case in one moment."""
    await stores.cases.open(case_factory())
    answers = await asyncio.gather(*(claim(stores, moderator) for moderator in range(70, 80)))
    assert sum(claimed for _, claimed in answers) == 1
    assert len({case.claim for case, _ in answers}) == 1


async def test_a_claim_ends_with_a_decision_and_with_a_skip(stores: Stores, case_factory: NewCases) -> None:
    """Whoever skips gives up their own claim and nobody else's; every skip is written down."""
    await stores.cases.open(case_factory())
    await claim(stores, ANNA)
    assert (await stores.cases.skip(GUILD, 1, moderator_id=BEN)).claim.moderator_id == ANNA
    assert (await stores.cases.skip(GUILD, 1, moderator_id=ANNA)).claim is None
    await claim(stores, BEN)
    case, _ = await stores.cases.decide(GUILD, 1, decision(stores, CaseState.VIOLATION))
    assert case.claim is None
    assert await stores.cases.get(GUILD, 1) == case
    assert [entry for entry in await told(stores) if entry[0] == "case_skipped"] == [
        ("case_skipped", "", BEN),
        ("case_skipped", "", ANNA),
    ]


async def test_a_decided_case_is_reopened_with_a_reason(stores: Stores, case_factory: NewCases) -> None:
    """It is open again, whoever likes may decide it, and the reason is in a note."""
    before, _ = await stores.cases.open(case_factory())
    await stores.cases.decide(GUILD, 1, decision(stores, CaseState.VIOLATION))
    stores.clock.forward(minutes=1)
    case, reopened = await stores.cases.reopen(GUILD, 1, moderator_id=BEN, reason="It was a quote. \ud800")
    assert reopened
    assert case == before
    assert await stores.cases.get(GUILD, 1) == before
    (note,) = (await stores.notes.of_cases(GUILD, (1,)))[1]
    assert (note.kind, note.author_id, note.text) == (NoteKind.REOPENED, BEN, "It was a quote. \ufffd")
    assert note.at == stores.clock()
    assert await stores.cases.reopen(GUILD, 1, moderator_id=ANNA, reason="once more") == (before, False)
    _, written = await stores.cases.decide(GUILD, 1, decision(stores, CaseState.NOT_A_VIOLATION, BEN))
    assert written
    assert await told(stores) == [
        ("case_decided", "violation", ANNA),
        ("case_reopened", f"violation -> open, note {note.id}", BEN),
        ("case_decided", "not_a_violation", BEN),
    ]


async def test_of_reopenings_at_once_one_counts(stores: Stores, case_factory: NewCases) -> None:
    """There is one note and one entry."""
    await stores.cases.open(case_factory())
    await stores.cases.decide(GUILD, 1, decision(stores, CaseState.VIOLATION))
    answers = await asyncio.gather(
        *(stores.cases.reopen(GUILD, 1, moderator_id=who, reason="mine") for who in range(70, 75))
    )
    assert sum(reopened for _, reopened in answers) == 1
    assert len((await stores.notes.of_cases(GUILD, (1,)))[1]) == 1


async def test_a_decision_is_overruled(stores: Stores, case_factory: NewCases) -> None:
    """The new one takes the place of the old one, or of none; the same again changes nothing."""
    case, _ = await stores.cases.open(case_factory())
    first = decision(stores, CaseState.VIOLATION)
    changed = replace(case, state=CaseState.VIOLATION, decision=first)
    assert await stores.cases.overrule(GUILD, 1, first) == (changed, True)
    stores.clock.forward(minutes=1)
    assert await stores.cases.overrule(GUILD, 1, decision(stores, CaseState.VIOLATION, BEN)) == (changed, False)
    second = decision(stores, CaseState.NOT_A_VIOLATION, BEN)
    changed = replace(case, state=CaseState.NOT_A_VIOLATION, decision=second)
    assert await stores.cases.overrule(GUILD, 1, second) == (changed, True)
    assert await stores.cases.get(GUILD, 1) == changed
    assert await told(stores) == [
        ("case_overruled", "open -> violation", ANNA),
        ("case_overruled", "violation -> not_a_violation", BEN),
    ]


@pytest.mark.parametrize("number", [0, 2, 2**63])
async def test_what_is_not_there_is_no_case(stores: Stores, case_factory: NewCases, number: int) -> None:
    """Every change of a case says so, whatever a moderator typed."""
    await stores.cases.open(case_factory())
    store = stores.cases
    for change in (
        store.overrule(GUILD, number, decision(stores, CaseState.VIOLATION)),
        store.reopen(GUILD, number, moderator_id=ANNA, reason="why"),
        store.skip(GUILD, number, moderator_id=ANNA),
        store.claim(GUILD, number, Claim(moderator_id=ANNA, at=stores.clock()), stale_before=stores.clock()),
    ):
        with pytest.raises(NoSuchCase):
            await change


async def test_earlier_cases_are_counted_per_member(stores: Stores, case_factory: NewCases) -> None:
    """Lower numbers, the same member and server, opened since then; the last one's moment comes with them."""
    for author, guild in ((7, GUILD), (7, GUILD), (8, GUILD), (7, OTHER_GUILD), (7, GUILD)):
        await stores.cases.open(case_factory(author_id=author, guild_id=guild))
        stores.clock.forward(days=1)
    start = stores.clock() - timedelta(days=5)
    assert await stores.cases.earlier(GUILD, (1, 2, 3, 4, 9), since=start) == {
        2: Earlier(count=1, last_at=start),
        4: Earlier(count=2, last_at=start + timedelta(days=1)),
    }
    assert await stores.cases.earlier(GUILD, (4,), since=start + timedelta(days=1)) == {
        4: Earlier(count=1, last_at=start + timedelta(days=1))
    }
    assert await stores.cases.earlier(GUILD, (), since=start) == {}


async def test_what_was_no_violation_does_not_count_against_anybody(stores: Stores, case_factory: NewCases) -> None:
    """Nor does what no judge could decide, unless a moderator then said that it was one."""
    for kind in (CaseKind.VIOLATION, CaseKind.VIOLATION, CaseKind.UNDECIDED, CaseKind.UNDECIDED, CaseKind.REPORT):
        await stores.cases.open(case_factory(kind=kind))
    await stores.cases.decide(GUILD, 1, decision(stores, CaseState.NOT_A_VIOLATION))
    await stores.cases.decide(GUILD, 3, decision(stores, CaseState.VIOLATION))
    found = await stores.cases.earlier(GUILD, (1, 2, 3, 4, 5), since=stores.clock())
    assert {number: earlier.count for number, earlier in found.items()} == {3: 1, 4: 2, 5: 2}

"""The contract of the store of offers to edit: what closes a case as mended, and all that keeps it open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import ActionKind, ActionState, NewAction
from bot.moderation.cases.case import NOBODY, CaseState, Clear, Decision, NewCase
from bot.moderation.cases.further_messages import MayJoin
from bot.moderation.members.report import NewReport
from bot.moderation.mending.offer import MOST_OF_MEMBER, MOST_OF_SERVER, TIME_TO_EDIT, EditOffer, NewOffer, OfferState

Stores = Any  # the fixture of conftest.py, which no test can import
NewCases = Callable[..., NewCase]

HERE, ANA, OMAR = 1, 7, 77


@pytest.fixture(autouse=True)
def in_a_database(stores: Stores) -> None:
    """Offers are kept in databases only."""
    if stores.edit_offers is None:
        pytest.skip("kept in databases only")


async def published(stores: Stores, name: str = "Manners") -> tuple[int, int]:
    """A policy in force: its id, and that of its version."""
    policy = await stores.policies.create(guild_id=HERE, name=name, text=f"# {name}\n", actor_id=OMAR)
    version = await stores.policies.publish(
        guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint=name, actor_id=OMAR
    )
    return policy.id, version.id


def offer_of(case: Any, **changes: int) -> NewOffer:
    """An offer to the author of a case."""
    evidence = case.evidence
    new = NewOffer(
        guild_id=case.guild_id,
        case_number=case.number,
        message_id=evidence.message_id,
        member_id=evidence.author_id,
        edit=evidence.edit,
    )
    return replace(new, **changes)


@pytest.fixture
async def offered(stores: Stores, case_factory: NewCases) -> tuple[EditOffer, int]:
    """Case 1, about message 500, whose author was asked to edit it; and the policy's version."""
    policy_id, version_id = await published(stores)
    case, _ = await stores.cases.open(case_factory(message_id=500, policy_id=policy_id, version_id=version_id))
    offer = await stores.edit_offers.add(offer_of(case), at=stores.clock())
    assert offer is not None
    await stores.edit_offers.note_told(offer, NoticeState.DELIVERED)
    return offer, version_id


def at(stores: Stores, **later: float) -> int:
    """The time of an edit: so long from now, in milliseconds."""
    return int((stores.clock() + timedelta(**later)).timestamp() * 1000)


async def edited(stores: Stores, version_id: int, *, edit: int, judged: bool = True, message: int = 500) -> None:
    """The author edits the message, which is judged clear."""
    await stores.cases.mark_edited(HERE, message, edit=edit, text=f"nicer at {edit}")
    if judged:
        await stores.cases.record_clear(
            Clear(
                guild_id=HERE,
                channel_id=10,
                message_id=message,
                edit=edit,
                version_id=version_id,
                score=0.1,
                method="reasoned",
                judge="gguf:abc",
            )
        )


async def state_of(stores: Stores) -> CaseState:
    """The state of case 1."""
    case = await stores.cases.get(HERE, 1)
    assert case is not None
    return CaseState(case.state)


async def test_a_clear_edit_closes_the_case(stores: Stores, offered: tuple[EditOffer, int]) -> None:
    """Once, by nobody, with an entry of its own; the offer says so."""
    _, version = offered
    assert await stores.edit_offers.mend(HERE, 500) is None
    await edited(stores, version, edit=at(stores, minutes=5))
    mended = await stores.edit_offers.mend(HERE, 500)
    assert mended is not None
    assert mended.decision == Decision(state=CaseState.MENDED, moderator_id=NOBODY, at=stores.clock())
    assert await state_of(stores) is CaseState.MENDED
    assert await stores.edit_offers.mend(HERE, 500) is None
    assert (await stores.edit_offers.of_cases(HERE, (1,)))[1].state is OfferState.MENDED
    entries = [entry.action for entry in await stores.audit.entries(HERE, subject="case:1")]
    assert entries.count("case_mended") == entries.count("edit_offered") == 1


async def test_a_case_that_is_reopened_is_not_closed_again(stores: Stores, offered: tuple[EditOffer, int]) -> None:
    """A person took it over."""
    await edited(stores, offered[1], edit=at(stores, minutes=5))
    await stores.edit_offers.mend(HERE, 500)
    await stores.cases.reopen(HERE, 1, moderator_id=OMAR, reason="Look at it again.")
    await edited(stores, offered[1], edit=at(stores, minutes=6))
    assert await stores.edit_offers.mend(HERE, 500) is None
    assert await state_of(stores) is CaseState.OPEN


async def test_an_edit_in_time_that_was_judged_late(stores: Stores, offered: tuple[EditOffer, int]) -> None:
    """Counts, also after the time was over; one that came too late does not."""
    offer, version = offered
    edit = at(stores, minutes=14)
    stores.clock.forward(minutes=20)
    assert [each.new for each in await stores.edit_offers.due(at=stores.clock())] == [offer.new]
    await stores.edit_offers.lapse(offer)
    assert await stores.edit_offers.due(at=stores.clock()) == ()
    await edited(stores, version, edit=edit)
    assert await stores.edit_offers.mend(HERE, 500) is not None


async def test_an_edit_that_came_too_late(stores: Stores, offered: tuple[EditOffer, int]) -> None:
    """The case goes on as usual."""
    await edited(stores, offered[1], edit=at(stores, minutes=16))
    assert await stores.edit_offers.mend(HERE, 500) is None


Obstacle = Callable[[Stores, NewCases, EditOffer, int], Awaitable[object]]


async def _decided(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    await stores.cases.decide(HERE, 1, Decision(state=CaseState.VIOLATION, moderator_id=OMAR, at=stores.clock()))


async def _acted(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    action, _ = await stores.actions.add(
        NewAction(guild_id=HERE, case_number=1, kind=ActionKind.WARN, target_id=ANA, by=OMAR)
    )
    await stores.actions.settle(action.id, ActionState.DONE)


async def _reported(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    report = NewReport(guild_id=HERE, message_id=500, edit=0, reporter_id=8)
    await stores.reports.file(report)
    await stores.reports.attach(report, 1)


async def _deleted(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    await stores.cases.mark_gone(HERE, (500,))


async def _edited_since(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    await edited(stores, version, edit=at(stores, minutes=6), judged=False)


async def _broke_again(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    again = new(message_id=500, edit=at(stores, minutes=2), version_id=version, policy_id=1)
    await stores.messages.open_or_join(again, MayJoin(about=500))


async def _elsewhere(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    further = new(message_id=501, version_id=version)
    await stores.messages.open_or_join(further, MayJoin(about=501, same_text=1))


async def _not_told(stores: Stores, new: NewCases, offer: EditOffer, version: int) -> None:
    await stores.edit_offers.note_told(offer, NoticeState.CLOSED)


@pytest.mark.parametrize(
    "obstacle",
    [_decided, _acted, _reported, _deleted, _edited_since, _broke_again, _elsewhere, _not_told],
    ids=lambda each: each.__name__.strip("_"),
)
async def test_what_leaves_the_case_to_a_person(
    stores: Stores, case_factory: NewCases, offered: tuple[EditOffer, int], obstacle: Obstacle
) -> None:
    """A moderator, an action, a report, a deletion, a later edit nobody judged, a second violation, the same text
    elsewhere, and a member who was never told."""
    offer, version = offered
    before = at(stores, minutes=5)
    await obstacle(stores, case_factory, offer, version)
    if obstacle is not _edited_since:
        await edited(stores, version, edit=before)
    assert await stores.edit_offers.mend(HERE, 500) is None
    assert await state_of(stores) is not CaseState.MENDED


async def test_clear_under_another_policy_is_not_enough(stores: Stores, offered: tuple[EditOffer, int]) -> None:
    """The rule that was broken has to be judged again; under a later version of its policy that counts."""
    offer, _ = offered
    _, other = await published(stores, "Spoilers")
    edit = at(stores, minutes=5)
    await edited(stores, other, edit=edit)
    assert await stores.edit_offers.mend(HERE, 500) is None
    case = await stores.cases.get(HERE, offer.new.case_number)
    draft = await stores.policies.save_draft(
        guild_id=HERE, policy_id=case.judged.policy_id, text="# Manners, more\n", actor_id=OMAR, seen_revision=None
    )
    later = await stores.policies.publish(
        guild_id=HERE, policy_id=case.judged.policy_id, seen_revision=draft.revision, fingerprint="2", actor_id=OMAR
    )
    await edited(stores, later.id, edit=edit)
    assert await stores.edit_offers.mend(HERE, 500) is not None


async def test_one_offer_for_a_message(stores: Stores, case_factory: NewCases, offered: tuple[EditOffer, int]) -> None:
    """Whatever case it is in; and none where the message is part of another case, or its case is decided."""
    case = await stores.cases.get(HERE, 1)
    assert await stores.edit_offers.add(offer_of(case), at=stores.clock()) is None
    other, _ = await stores.cases.open(case_factory(message_id=500, edit=3))
    assert await stores.edit_offers.add(offer_of(other), at=stores.clock()) is None
    two = [await stores.cases.open(case_factory(message_id=600, version_id=version)) for version in (40, 41)]
    for opened, _ in two:
        assert await stores.edit_offers.add(offer_of(opened), at=stores.clock()) is None
    decided, _ = await stores.cases.open(case_factory(message_id=700))
    decision = Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=OMAR, at=stores.clock())
    await stores.cases.decide(HERE, decided.number, decision)
    assert await stores.edit_offers.add(offer_of(decided), at=stores.clock()) is None
    assert await stores.edit_offers.add(offer_of(decided, case_number=99), at=stores.clock()) is None


async def test_not_too_many(stores: Stores, case_factory: NewCases) -> None:
    """A member is asked three times a day, and a server asks ten members in a quarter of an hour."""

    async def ask(author: int) -> bool:
        case, _ = await stores.cases.open(case_factory(author_id=author))
        return await stores.edit_offers.add(offer_of(case), at=stores.clock()) is not None

    assert [await ask(ANA) for _ in range(MOST_OF_MEMBER + 1)] == [True] * MOST_OF_MEMBER + [False]
    others = range(100, 100 + MOST_OF_SERVER)
    assert [await ask(author) for author in others].count(True) == MOST_OF_SERVER - MOST_OF_MEMBER
    stores.clock.forward(seconds=TIME_TO_EDIT.total_seconds())
    assert await ask(200)
    assert not await ask(ANA)
    stores.clock.forward(days=1)
    assert await ask(ANA)


async def test_mended_cases_are_nobodys_decisions(stores: Stores, case_factory: NewCases) -> None:
    """They count neither in backtests, nor as earlier cases, nor in the time that moderators took."""
    for number in (1, 2):
        await stores.cases.open(case_factory(author_id=ANA))
        decision = Decision(state=CaseState.MENDED, moderator_id=NOBODY, at=stores.clock())
        await stores.cases.overrule(HERE, number, decision)
    since = stores.clock() - timedelta(days=1)
    assert await stores.cases.decided(HERE, policy_id=3, since=since) == ()
    assert await stores.cases.earlier(HERE, (2,), since=since) == {}
    assert await stores.stats.times_to_close(HERE, since=since, limit=10) == ()
    (rule,) = await stores.stats.rules(HERE, since=since)
    assert (rule.mended, rule.decided, rule.open, rule.total) == (2, 0, 0, 2)
    assert await stores.decided_scores.of_version(HERE, policy_id=3, version_id=40) == ()

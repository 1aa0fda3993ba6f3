"""Claims, skips, reopenings, notes; and what a card shows of all that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cards.face import CardFace
from bot.moderation.cards.faces import Faces
from bot.moderation.cases.case import Case, CaseState, Earlier
from bot.moderation.cases.note import NoteKind
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.decisions import Claimed, ClaimedBy, Decided, DecidedBefore, NotClosed, Reopened, Skipped

Seen = Callable[..., MessageSeen]

ANNA, BEN = 77, 78


@pytest.fixture
async def case(desk: Any, seen_factory: Seen) -> Case:
    """Case 1, open."""
    (opened,) = (await desk.pipeline.see(seen_factory(), own_id=1000)).cases
    assert isinstance(opened, Case)
    return opened


async def test_a_claim_is_said_and_stops_nobody(desk: Any, case: Case) -> None:
    """The second moderator is told who is handling the case, and may decide anyway."""
    assert isinstance(await desk.review.claim(1, 1, moderator_id=ANNA), Claimed)
    assert desk.board.faces[-1].case.claim.moderator_id == ANNA
    told = await desk.review.claim(1, 1, moderator_id=BEN)
    assert isinstance(told, ClaimedBy)
    assert (told.claim.moderator_id, told.claim.at) == (ANNA, desk.now[0])
    decided = await desk.review.decide(1, 1, state=CaseState.VIOLATION, moderator_id=BEN)
    assert isinstance(decided, Decided)
    assert decided.case.claim is None


async def test_a_claim_wears_off(desk: Any, case: Case) -> None:
    """After a quarter of an hour the case is anybody's."""
    await desk.review.claim(1, 1, moderator_id=ANNA)
    desk.later(minutes=15)
    assert isinstance(await desk.review.claim(1, 1, moderator_id=BEN), ClaimedBy)
    desk.later(seconds=1)
    assert isinstance(await desk.review.claim(1, 1, moderator_id=BEN), Claimed)


async def test_a_skip_leaves_the_case_to_others(desk: Any, case: Case) -> None:
    """It is written down, and the claim is gone from the card."""
    await desk.review.claim(1, 1, moderator_id=ANNA)
    assert isinstance(await desk.review.skip(1, 1, moderator_id=ANNA), Skipped)
    assert desk.board.faces[-1].case.claim is None
    newest = (await desk.audit.entries(1, subject="case:1"))[0]
    assert (newest.action, newest.actor_id) == ("case_skipped", ANNA)


async def test_a_decision_is_taken_back_with_a_reason(desk: Any, case: Case) -> None:
    """The card shows who and why; then somebody else may be first."""
    assert isinstance(await desk.review.reopen(1, 1, moderator_id=BEN, reason="why"), NotClosed)
    await desk.review.decide(1, 1, state=CaseState.VIOLATION, moderator_id=ANNA)
    reopened = await desk.review.reopen(1, 1, moderator_id=BEN, reason=" It was a quote. ")
    assert isinstance(reopened, Reopened)
    assert reopened.case.state is CaseState.OPEN
    (note,) = desk.board.faces[-1].notes
    assert (note.kind, note.author_id, note.text) == (NoteKind.REOPENED, BEN, "It was a quote.")
    decided = await desk.review.decide(1, 1, state=CaseState.NOT_A_VIOLATION, moderator_id=BEN)
    assert isinstance(decided, Decided)
    assert isinstance(await desk.review.decide(1, 1, state=CaseState.VIOLATION, moderator_id=ANNA), DecidedBefore)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001])
async def test_a_reopening_needs_a_reason(desk: Any, case: Case, reason: str) -> None:
    """One that can be read."""
    with pytest.raises(ValueError, match="1 to 1000 characters"):
        await desk.review.reopen(1, 1, moderator_id=BEN, reason=reason)


async def test_what_is_not_there_cannot_be_handled(desk: Any) -> None:
    """Every answer about a case that does not exist is None."""
    assert await desk.review.claim(1, 9, moderator_id=ANNA) is None
    assert await desk.review.skip(1, 9, moderator_id=ANNA) is None
    assert await desk.review.reopen(1, 9, moderator_id=ANNA, reason="why") is None
    assert await desk.notes.add(1, 9, author_id=ANNA, text="hm") is None
    assert await desk.notes.of_case(1, 9) == ()


async def test_a_note_is_for_the_others(desk: Any, case: Case) -> None:
    """It is on the card at once, and looked up oldest first."""
    first = await desk.notes.add(1, 1, author_id=ANNA, text=" Seen before. ")
    second = await desk.notes.add(1, 1, author_id=BEN, text="Me too.")
    assert [note.text for note in await desk.notes.of_case(1, 1)] == ["Seen before.", "Me too."]
    assert desk.board.faces[-1].notes == (first, second)


@pytest.mark.parametrize("text", ["", "  ", "x" * 1_001])
async def test_a_note_has_something_to_say(desk: Any, case: Case, text: str) -> None:
    """And fits."""
    with pytest.raises(ValueError, match="1 to 1000 characters"):
        await desk.notes.add(1, 1, author_id=ANNA, text=text)


async def test_a_face_counts_earlier_cases_within_the_retention_time(desk: Any, seen_factory: Seen) -> None:
    """Those of the same member, while their texts are kept; how many, and the last one's moment."""
    for number in (1, 2, 3):
        await desk.pipeline.see(seen_factory(message_id=number), own_id=1000)
        desk.later(days=20)
    assert [face.earlier.count for face in desk.board.faces] == [0, 1, 1]
    assert desk.board.faces[2].earlier == Earlier(count=1, last_at=desk.now[0] - timedelta(days=40))


async def test_faces_come_for_many_cases_at_once(desk: Any, seen_factory: Seen) -> None:
    """In the order asked for; what others know is put on by them."""
    cases = [
        (await desk.pipeline.see(seen_factory(message_id=number, author_id=number), own_id=1000)).cases[0]
        for number in (1, 2)
    ]
    await desk.notes.add(1, 1, author_id=ANNA, text="hm")

    class Reports:
        """Two members reported each message."""

        async def put_on(self, faces: tuple[CardFace, ...]) -> tuple[CardFace, ...]:
            """Say so."""
            return tuple(replace(face, reports=2) for face in faces)

    faces = Faces(
        cases=desk.cases,
        actions=desk.actions,
        notes=desk.note_store,
        servers=desk.servers,
        now=lambda: desk.now[0],
        sources=(Reports(),),
    )
    found = await faces.of_many(list(reversed(cases)))
    assert [(face.case.number, len(face.notes), face.reports) for face in found] == [(2, 0, 2), (1, 1, 2)]
    assert await faces.of_many(()) == ()


async def test_a_server_without_settings_remembers_nobody(desk: Any, case: Case) -> None:
    """No retention time was agreed on there."""
    face = await desk.faces.of(replace(case, guild_id=7))
    assert face.earlier == Earlier()

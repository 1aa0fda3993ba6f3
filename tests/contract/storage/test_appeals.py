"""The contract of the appeal store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.appeals.appeal import (
    Answer,
    AppealKey,
    AppealSearch,
    AppealState,
    Asked,
    Fresh,
    FreshAnswer,
    NewAppeal,
    Review,
)
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.case import CaseState, Decision

Stores = Any  # the fixture of conftest.py, which no test can import

HERE, ELSEWHERE, ANA, BEN, OMAR = 1, 2, 7, 8, 77
HOSTILE = "a\0b \ud800 **@everyone**"


def key(case: int = 1, attempt: int = 1, *, guild: int = HERE) -> AppealKey:
    """Which appeal."""
    return AppealKey(guild_id=guild, case_number=case, attempt=attempt)


def new(case: int = 1, attempt: int = 1, *, guild: int = HERE, member: int = ANA, **changes: Any) -> NewAppeal:
    """An appeal about to be sent off."""
    answers = (Answer(question="What happened?", text="A joke."), Answer(question="Why?", text=""))
    return NewAppeal(**{"key": key(case, attempt, guild=guild), "member_id": member, "answers": answers, **changes})


def review(stores: Stores, by: int = OMAR, reason: str = "It was a joke.") -> Review:
    """A decision on an appeal, now."""
    return Review(reviewer_id=by, at=stores.clock(), reason=reason)


async def told(stores: Stores, subject: str = "case:1") -> list[tuple[str, str, int | None]]:
    """The audit entries about a case, oldest first."""
    entries = await stores.audit.entries(HERE, subject=subject)
    return [(each.action, each.detail, each.actor_id) for each in reversed(entries)]


async def test_an_appeal_is_kept_as_it_was_written(stores: Stores) -> None:
    """With the questions as they read then, and the decision that it is about."""
    against = Decision(state=CaseState.VIOLATION, moderator_id=OMAR, at=stores.clock())
    made = await stores.appeals.open(new(against=against))
    assert (made.key, made.member_id, made.state, made.against) == (key(), ANA, AppealState.OPEN, against)
    assert [(each.question, each.text) for each in made.answers] == [("What happened?", "A joke."), ("Why?", "")]
    assert (made.asked, made.fresh, made.review, made.told, made.card_message_id) == ((), None, None, None, None)
    assert made.opened_at == made.waiting_since == stores.clock()
    assert await stores.appeals.get(key()) == made
    assert await told(stores) == [("appeal_opened", "attempt 1", ANA)]


@pytest.mark.parametrize("missing", [key(2), key(1, 2), key(guild=ELSEWHERE), key(2**70), key(1, 2**40), key(0, 0)])
async def test_an_appeal_that_is_not_there(stores: Stores, missing: AppealKey) -> None:
    """None, for any number that somebody may type."""
    await stores.appeals.open(new())
    assert await stores.appeals.get(missing) is None


async def test_an_attempt_counts_once(stores: Stores) -> None:
    """Of two that are sent off at once, one is kept."""
    made = await asyncio.gather(*(stores.appeals.open(new()) for _ in range(3)))
    assert sorted(each is None for each in made) == [False, True, True]
    assert await stores.appeals.open(new(attempt=2)) is not None
    assert [each.key.attempt for each in await stores.appeals.of_case(HERE, 1)] == [1, 2]
    assert await stores.appeals.of_case(HERE, 2**70) == await stores.appeals.of_case(ELSEWHERE, 1) == ()


async def test_hostile_words_are_kept_without_what_no_database_takes(stores: Stores) -> None:
    """The rest stays as it was written."""
    kept = await stores.appeals.open(new(answers=(Answer(question=HOSTILE, text=HOSTILE),)))
    assert "@everyone" in kept.answers[0].text
    assert "\0" not in kept.answers[0].text
    assert await stores.appeals.get(key()) == kept


async def test_the_newest_appeal_of_each_case(stores: Stores) -> None:
    """For the cards of cases."""
    for appeal in (new(1, 1), new(1, 2), new(2), new(1, guild=ELSEWHERE)):
        await stores.appeals.open(appeal)
    found = await stores.appeals.of_cases(HERE, (1, 2, 3))
    assert {number: appeal.key.attempt for number, appeal in found.items()} == {1: 2, 2: 1}
    assert await stores.appeals.of_cases(HERE, ()) == {}


async def test_a_reviewer_asks_and_the_member_answers(stores: Stores) -> None:
    """OPEN -> ASKED -> OPEN, with both texts; each step restarts the wait."""
    await stores.appeals.open(new())
    assert await stores.appeals.answer(key(), "unasked") is None
    stores.clock.forward(hours=1)
    asked = Asked(by=OMAR, at=stores.clock(), question=f"Which film? {HOSTILE}")
    made = await stores.appeals.ask(key(), asked)
    assert (made.state, made.waiting_since, made.asked[0].by) == (AppealState.ASKED, stores.clock(), OMAR)
    assert made.newest_question == made.asked[0]
    assert await stores.appeals.ask(key(), asked) is None
    await stores.appeals.note_asking(key(), NoticeState.FAILED)
    assert (await stores.appeals.get(key())).asking_reached is NoticeState.FAILED
    stores.clock.forward(hours=1)
    answered = await stores.appeals.answer(key(), "The old one.")
    assert (answered.state, answered.waiting_since) == (AppealState.OPEN, stores.clock())
    assert (answered.asked[0].answer, answered.asked[0].answered_at) == ("The old one.", stores.clock())
    assert answered.newest_question is None
    second = await stores.appeals.ask(key(), replace(asked, question="And then?"))
    assert (len(second.asked), second.asking_reached) == (2, None)
    assert [each[0] for each in await told(stores)] == [
        "appeal_opened",
        "appeal_asked",
        "appeal_answered",
        "appeal_asked",
    ]
    assert await stores.appeals.ask(key(9), asked) is None
    assert await stores.appeals.answer(key(9), "x") is None


async def test_the_first_decision_counts(stores: Stores) -> None:
    """Also of two at once; nothing can be asked or answered after that."""
    await stores.appeals.open(new())
    stores.clock.forward(hours=1)
    both = await asyncio.gather(
        stores.appeals.decide(key(), AppealState.UPHELD, review(stores, OMAR)),
        stores.appeals.decide(key(), AppealState.OVERTURNED, review(stores, BEN)),
    )
    assert sorted(written for _, written in both) == [False, True]
    kept = await stores.appeals.get(key())
    assert all(appeal == kept for appeal, _ in both)
    assert kept.review == review(stores, kept.review.reviewer_id)
    assert await stores.appeals.ask(key(), Asked(by=OMAR, at=stores.clock(), question="?")) is None
    assert await stores.appeals.decide(key(9), AppealState.UPHELD, review(stores)) is None
    await stores.appeals.note_told(key(), NoticeState.DELIVERED)
    assert (await stores.appeals.get(key())).told is NoticeState.DELIVERED
    assert (await told(stores))[1:] == [
        ("appeal_decided", f"attempt 1: {kept.state}", kept.review.reviewer_id),
        ("appeal_told", f"attempt 1: {kept.state}, delivered", None),
    ]


async def test_an_appeal_can_be_decided_while_something_is_asked(stores: Stores) -> None:
    """Nobody has to wait for an answer that does not come."""
    await stores.appeals.open(new())
    await stores.appeals.ask(key(), Asked(by=OMAR, at=stores.clock(), question="?"))
    appeal, written = await stores.appeals.decide(key(), AppealState.UPHELD, review(stores))
    assert (appeal.state, written, appeal.newest_question) == (AppealState.UPHELD, True, None)
    assert await stores.appeals.answer(key(), "late") is None


async def test_what_the_judge_says_today_and_where_the_card_is(stores: Stores) -> None:
    """Noted as it comes; a card can be lost again; appeals that are not there are left alone."""
    await stores.appeals.open(new())
    fresh = Fresh(
        answers=(
            FreshAnswer(
                policy_name="Spam", version_number=2, violation=True, rule_ids=("R1",), score=0.9, rationale="Yes."
            ),
            FreshAnswer(policy_name="Spam", version_number=2, violation=None, rationale="No time."),
        )
    )
    for each in (key(), key(9)):
        await stores.appeals.note_fresh(each, fresh)
        await stores.appeals.card_posted(each, channel_id=5, message_id=6)
        await stores.appeals.note_told(key(9), NoticeState.FAILED)
    appeal = await stores.appeals.get(key())
    assert (appeal.fresh, appeal.card_channel_id, appeal.card_message_id) == (fresh, 5, 6)
    await stores.appeals.card_lost(key())
    assert (await stores.appeals.get(key())).card_message_id is None
    assert await stores.appeals.get(key(9)) is None


async def test_appeals_are_found(stores: Stores) -> None:
    """By member, case, state and dates; the newest first."""
    for appeal in (new(1), new(2, member=BEN), new(3), new(1, guild=ELSEWHERE)):
        await stores.appeals.open(appeal)
        stores.clock.forward(days=1)
    await stores.appeals.decide(key(2), AppealState.UPHELD, review(stores))
    began = stores.clock() - timedelta(days=4)

    async def numbers(limit: int = 25, **wanted: Any) -> list[int]:
        found = await stores.appeals.search(HERE, AppealSearch(**wanted), limit=limit)
        return [appeal.key.case_number for appeal in found]

    assert await numbers() == [3, 2, 1]
    assert await numbers(2) == [3, 2]
    assert await numbers(member_id=ANA) == [3, 1]
    assert await numbers(case_number=2) == [2]
    assert await numbers(case_number=2**70) == []
    assert await numbers(states=frozenset({AppealState.OPEN, AppealState.ASKED})) == [3, 1]
    assert await numbers(since=began + timedelta(days=1)) == [3, 2]
    assert await numbers(until=began + timedelta(days=1)) == [1]


async def test_what_is_left_half_way(stores: Stores) -> None:
    """Without a card, without the judge's look, or decided and not told; younger ones are left to whoever began."""
    for number in (1, 2, 3):
        await stores.appeals.open(new(number))

    async def unfinished() -> list[int]:
        before = stores.clock() - timedelta(minutes=2)
        found = await stores.appeals.unfinished(1, before=before)
        assert await stores.appeals.servers_with_unfinished(before=before) == ({1} if found else set())
        assert await stores.appeals.unfinished(2, before=before) == ()
        return [appeal.key.case_number for appeal in found]

    assert await unfinished() == []
    stores.clock.forward(minutes=3)
    assert await unfinished() == [1, 2, 3]
    for number in (1, 2, 3):
        await stores.appeals.card_posted(key(number), channel_id=5, message_id=number)
    await stores.appeals.note_fresh(key(1), Fresh(why_not="x"))
    assert await unfinished() == [2, 3]
    await stores.appeals.note_fresh(key(3), Fresh(why_not="x"))
    await stores.appeals.decide(key(2), AppealState.UPHELD, review(stores))
    assert await unfinished() == []
    stores.clock.forward(minutes=3)
    assert await unfinished() == [2]
    assert len(await stores.appeals.unfinished(1, before=stores.clock(), limit=0)) == 0
    await stores.appeals.note_told(key(2), NoticeState.FAILED)
    assert await unfinished() == []


async def test_appeals_that_wait(stores: Stores) -> None:
    """Since before a moment, and not reminded of since; an answer restarts the wait."""
    await stores.appeals.open(new(1))
    stores.clock.forward(hours=1)
    await stores.appeals.open(new(2))
    await stores.appeals.open(new(3, guild=ELSEWHERE))

    async def waiting() -> list[int]:
        found = await stores.appeals.waiting(HERE, before=stores.clock() - timedelta(hours=72))
        return [appeal.key.case_number for appeal in found]

    assert await stores.appeals.servers_with_waiting() == {HERE, ELSEWHERE}
    stores.clock.forward(hours=72)
    assert await waiting() == [1]
    stores.clock.forward(hours=1)
    assert await waiting() == [1, 2]
    await stores.appeals.note_reminder(key(1))
    assert await waiting() == [2]
    await stores.appeals.ask(key(2), Asked(by=OMAR, at=stores.clock(), question="?"))
    assert await waiting() == []
    stores.clock.forward(hours=73)
    assert await waiting() == [1, 2]
    for number in (1, 2):
        await stores.appeals.decide(key(number), AppealState.UPHELD, review(stores))
    assert await waiting() == []
    assert await stores.appeals.servers_with_waiting() == {ELSEWHERE}


async def test_words_go_and_facts_stay(stores: Stores) -> None:
    """When the retention time since the decision is over. Undecided appeals keep theirs."""
    for number in (1, 2, 3):
        await stores.appeals.open(new(number))
        await stores.appeals.ask(key(number), Asked(by=OMAR, at=stores.clock(), question="Which?"))
        await stores.appeals.answer(key(number), "This.")
        await stores.appeals.note_fresh(key(number), Fresh(why_not="Words."))
    await stores.appeals.decide(key(1), AppealState.UPHELD, review(stores))
    stores.clock.forward(days=10)
    await stores.appeals.decide(key(2), AppealState.UPHELD, review(stores))
    before = stores.clock() - timedelta(days=5)
    assert await stores.appeals.purge_texts(ELSEWHERE, before=before) == 0
    assert await stores.appeals.purge_texts(HERE, before=before) == 1
    assert await stores.appeals.purge_texts(HERE, before=before) == 0
    purged = await stores.appeals.get(key(1))
    assert [(each.question, each.text) for each in purged.answers] == [("What happened?", None), ("Why?", None)]
    assert (purged.asked[0].question, purged.asked[0].answer, purged.asked[0].by) == (None, None, OMAR)
    assert (purged.fresh, purged.review.reason, purged.review.reviewer_id) == (None, None, OMAR)
    assert purged.asked[0].answered_at is not None
    await stores.appeals.note_fresh(key(1), Fresh(why_not="late"))
    assert (await stores.appeals.get(key(1))).fresh is None
    for number in (2, 3):
        assert (await stores.appeals.get(key(number))).answers[0].text == "A joke."
    assert (await told(stores))[-1] == ("texts_purged", "attempt 1", None)

"""The contract behind the five questions: asked once a week, answered once, forgotten in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.moderation.trials.question import NOT_PINNED, NewQuestion, QuestionAnswer, QuestionWeek

Stores = Any  # the fixture of conftest.py, which no test can import

#: Questions have no fake: nothing but a database gives them.
pytestmark = pytest.mark.parametrize("stores", ["sqlite", "sqlite in memory", "postgresql"], indirect=True)

HERE, ELSEWHERE, ANNA, BEN = 1, 2, 77, 78
WEEK, NEXT = date(2026, 1, 26), date(2026, 2, 2)
NEW = (
    NewQuestion(text="it was the gardener", rule_id="R1", found=("R1",)),
    NewQuestion(text="nice <@7> film", rule_id="R2", found=()),
)


async def asked(stores: Stores, *, week: date = WEEK, guild_id: int = HERE, policy_id: int = 3) -> QuestionWeek:
    """Two questions about a policy."""
    new = QuestionWeek(guild_id=guild_id, week=week, policy_id=policy_id, policy_name="Spoilers", version_number=2)
    kept: QuestionWeek = await stores.questions.ask(new, NEW)
    return kept


async def test_a_week_is_asked_once(stores: Stores) -> None:
    """A second writer gets what the first one kept."""
    first = await asked(stores)
    assert [(each.place, each.text, each.rule_id, each.found) for each in first.questions] == [
        (1, "it was the gardener", "R1", ("R1",)),
        (2, "nice <@7> film", "R2", ()),
    ]
    assert await asked(stores, policy_id=4) == first
    assert await stores.questions.week(HERE, WEEK) == first
    assert await stores.questions.week(HERE, NEXT) is None
    assert await stores.questions.week(ELSEWHERE, WEEK) is None
    await stores.questions.posted(HERE, WEEK, channel_id=5, message_id=6)
    assert await stores.questions.week(HERE, WEEK) == replace(first, channel_id=5, message_id=6)
    (entry,) = await stores.audit.entries(HERE, subject="policy:3")
    assert (entry.action, entry.actor_id, entry.detail) == ("questions_asked", None, "2 questions, week of 2026-01-26")


async def test_a_week_without_questions_stays_empty(stores: Stores) -> None:
    """Nothing usable was written; nobody tries all week."""
    empty = QuestionWeek(guild_id=HERE, week=WEEK, policy_id=3, policy_name="Spoilers", version_number=2)
    assert (await stores.questions.ask(empty, ())).questions == ()
    assert (await asked(stores)).questions == ()


async def test_the_first_answer_counts(stores: Stores) -> None:
    """In its own server, while the text is kept."""
    first, second = (await asked(stores)).questions
    answer = stores.questions.answer
    assert not await answer(ELSEWHERE, first.id, QuestionAnswer.FINE, by=ANNA)
    assert not await answer(HERE, 2**70, QuestionAnswer.FINE, by=ANNA)
    assert await answer(HERE, first.id, QuestionAnswer.FINE, by=ANNA)
    assert not await answer(HERE, first.id, QuestionAnswer.BREAKS, by=BEN)
    week = await stores.questions.week_of(HERE, second.id)
    kept = week.questions[0]
    assert (kept.answer, kept.answered_by, kept.differs, kept.waits_for_pin) == (QuestionAnswer.FINE, ANNA, True, True)
    assert week.open == (second,)
    assert await stores.questions.week_of(ELSEWHERE, second.id) is None
    assert await stores.questions.week_of(HERE, 2**70) is None
    (entry,) = await stores.audit.entries(HERE, subject=f"question:{first.id}")
    assert (entry.action, entry.actor_id, entry.detail) == ("question_answered", ANNA, "fine")


async def test_a_question_is_closed_by_nobody(stores: Stores) -> None:
    """It is not open, not answered, does not differ and is never pinned; an answer that was refused as a pin is not
    waiting for one."""
    first, second = (await asked(stores)).questions
    assert await stores.questions.answer(HERE, first.id, QuestionAnswer.CLOSED, by=None)
    assert not await stores.questions.answer(HERE, first.id, QuestionAnswer.BREAKS, by=ANNA)
    week = await stores.questions.week(HERE, WEEK)
    assert (week.open, week.answered, week.differing) == ((second,), 0, ())
    assert [each.id for each in week.closed] == [first.id]
    assert await stores.questions.waiting_for_pins(HERE) == ()
    (entry,) = await stores.audit.entries(HERE, subject=f"question:{first.id}")
    assert (entry.action, entry.actor_id, entry.detail) == ("question_answered", None, "closed")
    await stores.questions.answer(HERE, second.id, QuestionAnswer.BREAKS, by=ANNA)
    await stores.questions.pinned(HERE, second.id, NOT_PINNED)
    assert await stores.questions.waiting_for_pins(HERE) == ()
    assert not (await stores.questions.week(HERE, WEEK)).questions[1].waits_for_pin


@pytest.mark.parametrize(
    ("place", "answer", "differs", "waits"),
    [
        (0, QuestionAnswer.BREAKS, False, True),
        (0, QuestionAnswer.FINE, True, True),
        (1, QuestionAnswer.BREAKS, True, True),
        (1, QuestionAnswer.FINE, False, True),
        (0, QuestionAnswer.SKIPPED, False, False),
    ],
)
async def test_what_differs_and_what_is_pinned(
    stores: Stores, place: int, answer: QuestionAnswer, differs: bool, waits: bool
) -> None:
    """An answer that the judge would not have given differs; one that was skipped is neither."""
    question = (await asked(stores)).questions[place]
    await stores.questions.answer(HERE, question.id, answer, by=ANNA)
    week = await stores.questions.week(HERE, WEEK)
    assert (week.questions[place].differs, bool(week.differing)) == (differs, differs)
    waiting = await stores.questions.waiting_for_pins(HERE)
    assert [each.id for each in waiting] == ([question.id] if waits else [])
    assert await stores.questions.waiting_for_pins(ELSEWHERE) == ()
    await stores.questions.pinned(ELSEWHERE, question.id, 9)
    await stores.questions.pinned(HERE, question.id, 8)
    assert await stores.questions.waiting_for_pins(HERE) == ()
    assert (await stores.questions.week(HERE, WEEK)).questions[place].pin_id == 8


async def test_whose_turn_it_is(stores: Stores) -> None:
    """The last week of each policy, and what was asked about one."""
    await asked(stores)
    await asked(stores, week=NEXT)
    await asked(stores, week=NEXT + timedelta(days=7), policy_id=4)
    await asked(stores, guild_id=ELSEWHERE)
    assert await stores.questions.last_asked(HERE) == {3: NEXT, 4: NEXT + timedelta(days=7)}
    texts = [each.text for each in NEW]
    assert await stores.questions.texts(HERE, 3, limit=30) == (*texts, *texts)
    assert await stores.questions.texts(HERE, 3, limit=1) == (texts[1],)
    assert await stores.questions.texts(HERE, 5, limit=30) == ()


async def test_texts_go_after_the_retention_time(stores: Stores) -> None:
    """Piece by piece; answers stay, and nothing without a text can be answered."""
    first, second = (await asked(stores)).questions
    await stores.questions.answer(HERE, first.id, QuestionAnswer.FINE, by=ANNA)
    stores.clock.forward(days=31)
    await asked(stores, week=NEXT)
    await asked(stores, guild_id=ELSEWHERE)
    before = stores.clock() - timedelta(days=30)
    assert await stores.questions.purge_texts(HERE, before=before, limit=1) == 1
    assert await stores.questions.purge_texts(HERE, before=before) == 1
    assert await stores.questions.purge_texts(HERE, before=before) == 0
    week = await stores.questions.week(HERE, WEEK)
    assert [each.text for each in week.questions] == [None, None]
    assert (week.answered, week.open) == (1, ())
    assert not await stores.questions.answer(HERE, second.id, QuestionAnswer.FINE, by=ANNA)
    assert await stores.questions.waiting_for_pins(HERE) == ()
    assert len((await stores.questions.week(HERE, NEXT)).open) == 2
    (purged, _) = await stores.audit.entries(HERE, subject=f"question:{first.id}")
    assert purged.action == "texts_purged"

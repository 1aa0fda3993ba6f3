"""Appeals stay legal in whatever order things happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.moderation.appeals.appeal import (
    UNDECIDED,
    AppealKey,
    AppealState,
)
from bot.moderation.appeals.submission import SentOff
from bot.moderation.cases.case import CaseState
from bot.moderation.servers.options import AppealOptions
from tests.bot.moderation.appeals.hall import ANA, KEY, REFUSED, RITA, Hall

STEPS = ("appeal", "ask", "answer", "uphold", "overturn", "stop", "undo", "rounds", "close", "break", "purge")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=14))
def test_whatever_happens_in_whatever_order(
    desk_factory: Any, hall_factory: Callable[[Any], Hall], verdict_factory: Callable[..., Any], steps: list[str]
) -> None:
    """States stay legal, an appeal is decided once, and in the end every decided one was told or noted as untold."""

    async def run() -> None:
        hall = hall_factory(await desk_factory(lambda _: verdict_factory()))
        await hall.desk.options.save(1, AppealOptions(days_between=0, cap=9), actor_id=9)
        await hall.acted()
        decided: dict[AppealKey, Any] = {}
        for step in steps:
            await _step(hall, step)
            for appeal in await hall.appeals.of_case(1, 1):
                assert (appeal.state in UNDECIDED) == (appeal.review is None)
                assert appeal.told is None or appeal.review is not None
                if appeal.review:
                    first = decided.setdefault(appeal.key, (appeal.state, appeal.review.reviewer_id))
                    assert first == (appeal.state, appeal.review.reviewer_id)
            waiting = [each for each in await hall.appeals.of_case(1, 1) if each.state in UNDECIDED]
            assert len(waiting) <= 1
        hall.messenger.closed = False
        hall.board.refusal = None
        hall.desk.later(minutes=3)
        await hall.members.follow_up.finish()
        appeals = await hall.appeals.of_case(1, 1)
        assert all((appeal.told is not None) == (appeal.review is not None) for appeal in appeals)
        if appeals and appeals[-1].state is AppealState.OVERTURNED:
            assert (await hall.desk.cases.get(1, 1)).state is CaseState.NOT_A_VIOLATION

    asyncio.run(run())


async def _step(hall: Hall, step: str) -> None:
    """One thing that somebody does, or that happens."""
    appeals = await hall.appeals.of_case(1, 1)
    key = appeals[-1].key if appeals else KEY
    match step:
        case "appeal" | "answer":
            await _member_does(hall, step, key, attempt=len(appeals) + 1)
        case "ask" | "uphold" | "overturn" | "undo":
            await _reviewer_does(hall, step, key)
        case "stop":  # decided by a process that ended before anything followed
            await hall.appeals.decide(key, AppealState.OVERTURNED, hall.review())
        case "rounds":
            hall.desk.later(minutes=3)
            await hall.members.follow_up.finish()
            await hall.members.follow_up.remind()
        case "close":
            hall.messenger.closed = not hall.messenger.closed
        case "break":
            hall.board.refusal = None if hall.board.refusal else REFUSED
        case "purge":
            await hall.appeals.purge_texts(1, before=hall.desk.now[0])


async def _member_does(hall: Hall, step: str, key: AppealKey, *, attempt: int) -> None:
    if step == "answer":
        await hall.members.submission.answer(key, member_id=ANA, text="!")
        return
    sent = await hall.send_off(attempt=attempt)
    if isinstance(sent, SentOff):
        await hall.members.submission.present(sent.appeal)


async def _reviewer_does(hall: Hall, step: str, key: AppealKey) -> None:
    hearing = hall.members.hearing
    if step == "ask":
        await hearing.ask(key, reviewer_id=RITA, text="?")
    elif step == "undo":
        for action in (await hall.desk.actions.of_cases(1, (1,)))[1]:
            await hall.desk.act.undo(1, action.id, moderator_id=RITA)
    else:
        state = AppealState.UPHELD if step == "uphold" else AppealState.OVERTURNED
        await asyncio.gather(*(hearing.decide(key, state, reviewer_id=who, reason="x") for who in (RITA, 79)))

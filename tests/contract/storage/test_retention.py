"""Texts go in small batches, in every store that holds some, each thing with its audit entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.moderation.appeals.appeal import Answer, AppealKey, AppealState, NewAppeal, Review
from bot.moderation.cases.action import ActionKind, NewAction
from bot.moderation.cases.case import NewCase
from bot.moderation.members.report import NewReport
from bot.moderation.servers.retention import Retention
from bot.moderation.servers.server import ServerSettings

Stores = Any  # the fixture of conftest.py, which no test can import
HERE, ANA, OMAR = 1, 7, 77
STORES = ("cases", "actions", "notes", "appeals", "reports")


async def fill(stores: Stores, new_case: Callable[..., NewCase]) -> None:
    """Three of everything."""
    for number in (1, 2, 3):
        case, _ = await stores.cases.open(new_case(author_id=ANA))
        new = NewAction(
            guild_id=HERE, case_number=number, kind=ActionKind.WARN, target_id=ANA, by=OMAR, reason="enough"
        )
        await stores.actions.add(new)
        await stores.notes.add(HERE, number, author_id=OMAR, text="again")
        key = AppealKey(guild_id=HERE, case_number=number, attempt=1)
        await stores.appeals.open(NewAppeal(key=key, member_id=ANA, answers=(Answer(question="Why?", text="no"),)))
        review = Review(reviewer_id=OMAR, at=stores.clock(), reason="no")
        await stores.appeals.decide(key, AppealState.UPHELD, review)
        report = NewReport(guild_id=HERE, message_id=case.evidence.message_id, edit=0, reporter_id=ANA)
        await stores.reports.file(report)
        await stores.reports.attach(report, number)
        await stores.reports.add_words(HERE, report.message_id, ANA, "look")


@pytest.mark.parametrize("name", STORES)
async def test_no_turn_takes_more_than_it_may(stores: Stores, case_factory: Callable[..., NewCase], name: str) -> None:
    """Two and one of three, then nothing; what is younger stays."""
    await fill(stores, case_factory)
    store, now = getattr(stores, name), stores.clock()
    assert await store.purge_texts(HERE, before=now, limit=2) == 0
    stores.clock.forward(days=1)
    turns = [await store.purge_texts(HERE, before=stores.clock(), limit=2) for _ in range(3)]
    assert turns == [2, 1, 0]
    purged = [entry for entry in await stores.audit.entries(HERE, limit=200) if entry.action == "texts_purged"]
    assert sorted(entry.subject for entry in purged) == ["case:1", "case:2", "case:3"]


async def test_all_turns_together_leave_nothing(stores: Stores, case_factory: Callable[..., NewCase]) -> None:
    """The service goes on until every store is through, by the server's own time."""
    await fill(stores, case_factory)
    settings = ServerSettings(guild_id=HERE, review_channel_id=50, reviewer_role_id=None, retention_days=7)
    await stores.servers.save(settings, actor_id=OMAR)
    texts = tuple(getattr(stores, name) for name in STORES)
    retention = Retention(texts=texts, servers=stores.servers, now=stores.clock)
    stores.clock.forward(days=6)
    assert await retention.purge() == 0
    stores.clock.forward(days=2)
    assert await retention.purge() == 3 * len(STORES)
    assert await retention.purge() == 0

"""Cases of before Bylaw could act: they stay, and everything new can be done with them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.keys import Cipher, new_key
from bot.moderation.cases.action import ActionKind, ActionState, NewAction
from bot.moderation.cases.case import CaseState, Claim, Decision
from bot.moderation.lookups.search import CaseQuery
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.cases.stale_cards import SqlStaleCards
from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import FOLDER, upgrade
from bot.storage.lookups.search import SqlCaseSearch

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
RULES = '[{"id": "R1-\u00dc", "title": "A rule", "severity": "low"}, {"id": "R2", "title": "", "severity": "low"}]'


async def bring_to(connection: AsyncConnection, revision: str) -> None:
    """Bring a database to an older revision."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = await connection.run_sync(lambda each: each)
    await connection.run_sync(lambda _: command.upgrade(config, revision))


async def at_0002(address: str, cipher: Cipher) -> None:
    """A database of then, with an open case."""
    engine = create_engine(address)
    async with engine.begin() as connection:
        await bring_to(connection, "0002")
        await connection.execute(
            text(
                "INSERT INTO cases (guild_id, number, kind, state, opened_at, channel_id, message_id, author_id, edit,"
                " text_encrypted, forwarded, posted_at, gone, policy_id, policy_name, version_id, version_number,"
                " rules, score, rationale_encrypted, method, judge, card_state)"
                " VALUES (1, 1, 'violation', 'open', '2026-01-01 00:00:00', 20, 300, 7, 0, :text, FALSE,"
                " '2026-01-01 00:00:00', FALSE, 3, 'Spoilers', 11, 1, :rules, 0.9, :rationale,"
                " 'lite', 'lite:1', 'pending')"
            ),
            {"text": cipher.encrypt("the butler"), "rationale": cipher.encrypt("It tells."), "rules": RULES},
        )
        await connection.execute(text("INSERT INTO case_numbers (guild_id, last_number) VALUES (1, 1)"))
    await engine.dispose()


async def test_old_cases_can_be_acted_on(empty_database: str) -> None:
    """They have no context and no claim; claims, actions, notes and reopenings work."""
    cipher = Cipher((new_key().encode(),))
    await at_0002(empty_database, cipher)
    assert (await upgrade(empty_database)).before == "0002"
    engine = create_engine(empty_database)
    cases = SqlCaseStore(engine, now=lambda: NOON, cipher=cipher)
    actions = SqlActionStore(engine, now=lambda: NOON, cipher=cipher)
    case = await cases.get(1, 1)
    assert case is not None
    assert (case.evidence.text, case.evidence.context, case.claim) == ("the butler", (), None)
    _, claimed = await cases.claim(1, 1, Claim(moderator_id=77, at=NOON), stale_before=NOON)
    assert claimed
    await cases.decide(1, 1, Decision(state=CaseState.VIOLATION, moderator_id=77, at=NOON))
    action, added = await actions.add(
        NewAction(guild_id=1, case_number=1, kind=ActionKind.BAN, target_id=7, by=77, reason="spam")
    )
    assert added
    assert (await actions.settle(action.id, ActionState.DONE)).new.reason == "spam"
    _, reopened = await cases.reopen(1, 1, moderator_id=77, reason="Look again.")
    assert reopened
    (note,) = (await SqlNoteStore(engine, now=lambda: NOON, cipher=cipher).of_cases(1, (1,)))[1]
    assert note.text == "Look again."
    await engine.dispose()


async def test_old_cases_are_found_by_their_rules(empty_database: str) -> None:
    """Rules of before the upgrade are compared like new ones, without regard to case."""
    cipher = Cipher((new_key().encode(),))
    await at_0002(empty_database, cipher)
    await upgrade(empty_database)
    engine = create_engine(empty_database)
    search = SqlCaseSearch(engine, now=lambda: NOON, cipher=cipher)
    found = {each: (await search.find(1, CaseQuery(rule_id=each))).lines for each in ("r1-\u00fc", "R2", "R3")}
    assert [len(lines) for lines in found.values()] == [1, 1, 0]
    await engine.dispose()


async def test_cards_that_a_request_waited_for_are_still_changed(empty_database: str) -> None:
    """Requests of before kept them in a list of their own."""
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        await bring_to(connection, "0009")
        for member, cards in ((7, "[3, 5]"), (8, "[5]"), (9, "[]")):
            values = {"member": member, "cards": cards}
            await connection.execute(
                text(
                    "INSERT INTO erasures (guild_id, member_id, asked_at, cards)"
                    " VALUES (1, :member, '2026-01-01 00:00:00', :cards)"
                ),
                values,
            )
    await engine.dispose()
    await upgrade(empty_database)
    engine = create_engine(empty_database)
    stale = SqlStaleCards(engine, now=lambda: NOON)
    assert [(each.case_number, each.tries) for each in await stale.due(1, limit=10)] == [(3, 0), (5, 0)]
    async with engine.connect() as connection:
        left = (await connection.execute(text("SELECT cards FROM erasures"))).scalars()
        assert [json.loads(each) if isinstance(each, str) else each for each in left] == [[], [], []]
    await engine.dispose()


async def test_old_timeouts_are_told_from_others(empty_database: str) -> None:
    """Their ends were not kept: they are known by when they were asked. They can be changed, and leave no room."""
    cipher = Cipher((new_key().encode(),))
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        config.attributes["connection"] = await connection.run_sync(lambda each: each)
        await connection.run_sync(lambda _: command.upgrade(config, "0009"))
        await connection.execute(
            text(
                "INSERT INTO case_actions (guild_id, case_number, kind, target_id, length_seconds, state, why,"
                " asked_at, settled_at) VALUES (1, 1, 'timeout', 7, 3600, 'done', '', '2026-01-31 12:00:00',"
                " '2026-01-31 12:00:02')"
            )
        )
    await engine.dispose()
    await upgrade(empty_database)
    engine = create_engine(empty_database)
    actions = SqlActionStore(engine, now=lambda: NOON, cipher=cipher)
    ((old,),) = (await actions.of_cases(1, (1,))).values()
    assert old.until is None
    assert [old.set_end(NOON + timedelta(seconds=3_600 + late)) for late in (-30, 1, 30)] == [False, True, False]
    new = NewAction(guild_id=1, case_number=1, kind=ActionKind.TIMEOUT, target_id=7, by=77, length=timedelta(minutes=5))
    assert await actions.add(new) == (old, False)
    change, added = await actions.add(replace(new, changes=old.id))
    assert added
    await actions.settle(change.id, ActionState.DONE, until=NOON + timedelta(minutes=5))
    assert [each.state for each in (await actions.of_cases(1, (1,)))[1]] == [ActionState.CHANGED, ActionState.DONE]
    await engine.dispose()

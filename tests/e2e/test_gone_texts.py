"""A text that is no longer kept is not quoted on any card either."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.app import BylawBot
from bot.moderation.appeals.appeal import AppealKey, AppealState
from bot.settings import Settings
from classifier import Judge, Judgement, JudgeRequest
from classifier.scripted import ScriptedJudge, clear, violation
from tests.e2e.acting import card_text, flagged
from tests.e2e.appeals import appeal_card, appealed
from tests.e2e.conftest import World, answer

SAID_BEFORE, RATIONALE = "my sister was ill in March", "B mocks that A was ill in March."
WHY = "Everybody knows the film"


def _mocked(request: JudgeRequest) -> Judgement:
    """Quotes what was said before, as a model would."""
    return violation("R1", rationale=RATIONALE) if "ha ha" in request.content.target.words else clear()


def age(settings: Settings) -> None:
    """Everything that is kept was written longer ago than the retention time."""
    then = f"{datetime.now(UTC) - timedelta(days=31):%Y-%m-%d %H:%M:%S.%f}"
    with closing(sqlite3.connect(settings.data_dir / "bylaw.sqlite3")) as database:
        for table, column in (
            ("cases", "opened_at"),
            ("appeals", "reviewed_at"),
            ("case_notes", "written_at"),
            ("case_actions", "asked_at"),
        ):
            database.execute(f"UPDATE {table} SET {column} = ? WHERE {column} IS NOT NULL", (then,))  # no input
        database.commit()


async def erased(world: World) -> Any:
    """Ana has her words erased."""
    asked = await world.ana.slash(world.general, "privacy erase")
    return await world.ana.click(answer(asked), label="Erase my words")


async def reviewed(world: World) -> None:
    """Rita decides on the appeal in case 1."""
    hearing, key = world.bot.services.members.hearing, AppealKey(guild_id=world.guild.id, case_number=1, attempt=1)
    await hearing.decide(key, AppealState.UPHELD, reviewer_id=world.rita.id, reason="Only a joke.")


class TestRetention:
    """The server's retention time is over."""

    async def test_the_card_stops_quoting(self, world: World, settings: Settings) -> None:
        """Text and rationale; the rule and the decision stay."""
        card = await flagged(world)
        await world.omar.click(card, label="Violation")
        age(settings)
        assert await world.bot.schedule.run_now("retention")
        said = card_text(world)
        assert "butler" not in said
        assert "It tells who did it" not in said
        assert "R1" in said
        assert "Violation" in said

    async def test_reasons_and_notes_go_from_the_card(self, world: World, settings: Settings) -> None:
        """They have a time of their own."""
        await flagged(world)
        await world.bot.services.notes.add(world.guild.id, 1, author_id=world.omar.id, text="knows the butler's cousin")
        assert "cousin" in card_text(world)
        age(settings)
        assert await world.bot.schedule.run_now("retention")
        assert "cousin" not in card_text(world)

    async def test_the_card_of_an_appeal_stops_quoting(self, world: World, settings: Settings) -> None:
        """What the member wrote, what the reviewer wrote, and the message."""
        await appealed(world)
        await reviewed(world)
        assert WHY in world.said(appeal_card(world))
        age(settings)
        assert await world.bot.schedule.run_now("retention")
        said = world.said(appeal_card(world))
        assert not any(word in said for word in (WHY, "Only a joke", "butler", "It tells who did it"))

    async def test_a_refused_edit_is_tried_again(self, world: World, settings: Settings) -> None:
        """Until Discord takes it, and after a restart as well: what is left is in the database."""
        await flagged(world)
        age(settings)
        world.env.inject_error("PATCH", f"/channels/{world.mods.id}/messages/*", status=403, code=50_001)
        assert await world.bot.schedule.run_now("retention")
        assert "butler" in card_text(world)
        with closing(sqlite3.connect(settings.data_dir / "bylaw.sqlite3")) as database:
            assert database.execute("SELECT case_number, tries FROM stale_cards").fetchall() == [(1, 1)]
            database.execute("UPDATE stale_cards SET due_at = '2020-01-01 00:00:00.000000'")
            database.commit()
        assert await world.bot.schedule.run_now("stale cards")
        assert "butler" not in card_text(world)
        with closing(sqlite3.connect(settings.data_dir / "bylaw.sqlite3")) as database:
            assert database.execute("SELECT count(*) FROM stale_cards").fetchone() == (0,)

    async def test_a_deleted_card_does_not_come_back(self, world: World, settings: Settings) -> None:
        """Nothing is posted because a text went."""
        card = await flagged(world)
        await card.delete()
        age(settings)
        assert await world.bot.schedule.run_now("retention")
        assert world.cards() == []

    async def test_an_archived_post_of_a_forum_stays_archived(self, world: World, settings: Settings) -> None:
        """It is opened for the edit alone: old cases do not come back to the top of the forum."""
        await world.set_up()
        forum = world.guild.create_forum_channel("cases")
        await world.mira.slash(world.general, "settings route", severity="high", channel=forum)
        await world.ana.send(world.general, "the butler did it")
        case = await world.bot.services.review.find(world.guild.id, 1)
        assert case is not None
        assert case.card_channel_id is not None
        await world.bot.http.edit_channel(case.card_channel_id, archived=True)
        await world.env.settle()
        age(settings)
        assert await world.bot.schedule.run_now("retention")
        post = await world.bot.http.get_channel(case.card_channel_id)
        assert post["thread_metadata"]["archived"]
        shown = await world.bot.http.get_message(case.card_channel_id, case.card_message_id or 0)
        assert "butler" not in str(shown)
        assert "R1" in str(shown)

    async def test_many_cards_go_a_few_at_a_time(self, world: World, settings: Settings) -> None:
        """The channel is in use: what is left goes with the next turns."""
        await world.set_up()
        for number in range(6):
            await world.ana.send(world.general, f"the butler did it, part {number}")
        await world.bot.services.cards.settle()
        age(settings)
        assert await world.bot.schedule.run_now("retention")
        quoting = [card for card in world.cards() if "butler" in world.said(card)]
        assert 0 < len(quoting) < 6
        assert await world.bot.schedule.run_now("stale cards")
        assert [card for card in world.cards() if "butler" in world.said(card)] == []


class TestErasure:
    """A member has their words erased."""

    @pytest.fixture
    def judge(self) -> Judge:
        """Repeats what was said before the message."""
        return ScriptedJudge(_mocked)

    async def test_the_card_of_somebody_else_stops_quoting_them(self, world: World) -> None:
        """Neither the line beside it nor what the judge made of it."""
        await world.set_up()
        await world.ana.send(world.general, SAID_BEFORE)
        ben = world.guild.add_member(world.env.create_user("ben"))
        await ben.send(world.general, "ha ha")
        said = card_text(world)
        assert SAID_BEFORE in said
        assert "ill in March" in said
        await world.omar.click(world.cards()[0], label="Violation")
        await erased(world)
        said = card_text(world)
        assert "March" not in said
        assert str(world.ana.id) not in said
        assert "ha ha" in said
        assert "R1" in said

    async def test_the_next_case_does_not_bring_their_words_back(self, world: World) -> None:
        """They were in memory, to be shown beside whatever comes next."""
        await world.set_up()
        await world.ana.send(world.general, SAID_BEFORE)
        await erased(world)
        ben = world.guild.add_member(world.env.create_user("ben"))
        await ben.send(world.general, "ha ha")
        assert SAID_BEFORE not in card_text(world)

    async def test_a_mention_on_the_card_of_somebody_else_goes(self, world: World) -> None:
        """The rest of what the other one wrote stays."""
        await world.set_up()
        ben = world.guild.add_member(world.env.create_user("ben"))
        await ben.send(world.general, f"ha ha, look at <@{world.ana.id}>")
        await world.omar.click(world.cards()[0], label="Violation")
        await erased(world)
        said = card_text(world)
        assert str(world.ana.id) not in said
        assert "look at" in said
        assert "erased member" in said


async def test_the_card_of_an_erased_appeal_stops_quoting(world: World) -> None:
    """It is the member's, whoever wrote what."""
    await appealed(world)
    await reviewed(world)
    await erased(world)
    said = world.said(appeal_card(world))
    assert not any(word in said for word in (WHY, "Only a joke", "butler", "It tells who did it"))


async def test_hits_of_automod_are_erased(world: World) -> None:
    """Nobody would ever decide on them."""
    await world.set_up()
    body = {
        "name": "Words", "event_type": 1, "trigger_type": 1, "actions": [{"type": 1, "metadata": {}}],
        "trigger_metadata": {"keyword_filter": ["*badger*"]},
    }  # fmt: skip
    world.env.backend.create_auto_mod_rule(world.guild.id, world.mira.id, body)
    await world.ana.send(world.general, "look, a badger")
    assert "badger" in world.said(await world.omar.slash(world.mods, "case show", number=1))
    assert "- cases: 1" in world.said(await erased(world))
    assert "badger" not in world.said(await world.omar.slash(world.mods, "case show", number=1))


async def test_a_clock_that_jumps_forward_deletes_nothing(
    world: World, bot_factory: Callable[[Judge], BylawBot], judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Discord shows says what time it is, before a restart and after it."""
    await flagged(world)
    ahead = timedelta(days=5 * 365)
    monkeypatch.setattr("bot.app.utc_now", lambda: datetime.now(UTC) + ahead)
    await world.env.restart_bot(bot_factory(judge))
    assert world.bot.services.discord_time.now() < datetime.now(UTC) + timedelta(days=1)
    assert await world.bot.schedule.run_now("retention")
    assert "butler" in card_text(world)
    await world.ana.send(world.general, "the butler did it again")
    assert await world.bot.schedule.run_now("retention")
    assert "butler" in card_text(world)

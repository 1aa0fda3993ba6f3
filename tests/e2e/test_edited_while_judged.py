"""A message that is edited or deleted while it is judged, waits for that, or was read from history: the card says so,
and nothing acts by itself on words that were not judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import simcord

from bot.app import BylawBot
from bot.moderation.cases.action import ActionKind, ActionState, PlannedAction
from bot.moderation.cases.case import CaseKind, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.messages.catch_up import AT_ONCE
from bot.moderation.policies.consequences import ConsequenceMode, ConsequenceSet
from classifier import Judge, Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation

EDITED = "Edited while it was being judged"
REFUSED = [(ActionKind.DELETE, ActionState.REFUSED)]


class GatedJudge(ScriptedJudge):
    """Whoever mentions the butler breaks R1. Whoever says "slowly" is answered when the test says so."""

    def __init__(self) -> None:
        super().__init__(self._said)
        self.env: simcord.Env | None = None
        self.go, self.reached = asyncio.Event(), asyncio.Event()
        self.away = False
        self.asked_by_test = False  #: the test's own task waits for all answers

    def _said(self, request: JudgeRequest) -> Judgement:
        if self.away:
            return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
        named = tuple(number for number, each in enumerate(request.content.judged, start=1) if "butler" in each.words)
        return violation("R1", messages=named, score=0.99) if named else clear()

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Wait, if that was asked for, and answer."""
        if any("slowly" in each.words for each in request.content.judged) and self.env is not None:
            await self.env.external_wait(self.go.wait(), reason="the test does something first")
        if self.asked_by_test:
            self.reached.set()
            await self.go.wait()
        return await super().judge(request)


@pytest.fixture
def judge() -> GatedJudge:
    """A judge that takes its time."""
    return GatedJudge()


async def switch_on(world: Any, judge: GatedJudge, *, looks_at: str = "messages") -> None:
    """The policy's rule deletes what breaks it."""
    await world.set_up()
    lines = f"Severity: high\nConsequence: delete\nLooks at: {looks_at}"
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", lines))
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        answer = await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )
        assert isinstance(answer, ConsequenceSet)
    judge.env = world.env


async def actions_of(world: Any, number: int) -> list[tuple[ActionKind, ActionState]]:
    """What was done about a case."""
    face = await world.bot.services.faces.of(await world.bot.services.review.find(world.guild.id, number))
    return [(each.new.kind, each.state) for each in face.actions]


def there(world: Any) -> list[str]:
    """What members read in the channel."""
    return [message.content for message in world.general.history()]


async def answered(world: Any, judge: GatedJudge) -> None:
    """The judge answers what it was asked."""
    judge.go.set()
    await world.env.settle()


async def test_the_harmless_new_text_stays(world: Any, judge: GatedJudge) -> None:
    """The first version is evidence, the card says what became of it, and why nothing was deleted."""
    await switch_on(world, judge)
    message = await world.ana.send(world.general, "slowly the butler did it")
    await world.env.advance_time(1)
    await world.ana.edit(message, content="no details from me")
    await answered(world, judge)
    assert there(world) == ["no details from me"]
    (card,) = world.cards()
    said = world.said(card)
    assert "> slowly the butler did it" in said
    assert EDITED in said
    assert "> no details from me" in said
    assert "Only the verdict on its new text can act by itself." in said
    assert await actions_of(world, 1) == REFUSED


async def test_the_new_texts_own_verdict_acts(world: Any, judge: GatedJudge) -> None:
    """Both versions break the rule: one case, and the message is deleted because of what it reads now."""
    await switch_on(world, judge)
    message = await world.ana.send(world.general, "slowly the butler did it")
    await world.env.advance_time(1)
    await world.ana.edit(message, content="slowly it was the butler")
    await answered(world, judge)
    assert there(world) == []
    assert len(world.cards()) == 1
    assert (ActionKind.DELETE, ActionState.DONE) in await actions_of(world, 1)


async def test_an_edit_followed_by_a_deletion(world: Any, judge: GatedJudge) -> None:
    """The card says both."""
    await switch_on(world, judge)
    message = await world.ana.send(world.general, "slowly the butler did it")
    await world.env.advance_time(1)
    await world.ana.edit(message, content="no details from me")
    await world.ana.delete(message)
    await answered(world, judge)
    said = world.said(world.cards()[0])
    assert EDITED in said
    assert "the message was deleted" in said


async def test_an_edit_that_the_bot_did_not_hear_of(world: Any, judge: GatedJudge) -> None:
    """The session with Discord was down at that moment: the message is looked at before it is deleted."""
    await switch_on(world, judge)
    message = await world.ana.send(world.general, "slowly the butler did it")
    await world.env.advance_time(1)
    world.bot._open_tasks.closing = True  # it takes nothing in for a moment
    await world.ana.edit(message, content="no details from me")
    world.bot._open_tasks.closing = False
    await answered(world, judge)
    assert there(world) == ["no details from me"]
    assert await actions_of(world, 1) == REFUSED


async def test_an_edit_while_the_message_waits_for_the_judge(world: Any, judge: GatedJudge) -> None:
    """The judge was away: both versions get their turns, and only the last one's verdict may act."""
    await switch_on(world, judge)
    judge.away = True
    message = await world.ana.send(world.general, "the butler did it")
    await world.env.advance_time(1)
    await world.ana.edit(message, content="no details from me")
    await world.env.settle()
    judge.away = False
    await world.bot.services.intake.pipeline.judge_waiting()
    await world.env.settle()
    assert there(world) == ["no details from me"]
    said = world.said(world.cards()[0])
    assert "> the butler did it" in said
    assert EDITED in said
    assert await actions_of(world, 1) == REFUSED


async def test_an_edit_between_a_crash_and_the_action_that_it_left(
    world: Any, judge: GatedJudge, bot_factory: Callable[[Judge], BylawBot]
) -> None:
    """The deletion was planned, the bot ended, the member edited: after the start nothing is deleted."""
    await switch_on(world, judge)
    message = await world.ana.send(world.general, "a harmless line")
    evidence = Evidence(
        channel_id=world.general.id,
        message_id=message.id,
        author_id=world.ana.id,
        edit=0,
        text="the butler did it",
        forwarded=False,
        posted_at=message.created_at,
    )
    judged = Judged(
        policy_id=1,
        policy_name="Spoilers",
        version_id=2,
        version_number=2,
        rules=(RuleBroken(id="R1", title="Unmarked spoiler", severity="high"),),
        score=0.99,
        rationale="It tells who did it.",
        reasoning=None,
        method="scripted",
        judge="scripted:1",
        prompt_fingerprint=None,
    )
    planned = PlannedAction(kind=ActionKind.DELETE, reason="R1", rehearsal=False)
    new = NewCase(
        guild_id=world.guild.id, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged, planned=(planned,)
    )
    await world.bot.services.review._cases.open(new)
    world.bot._open_tasks.closing = True
    await world.env.advance_time(1)
    await world.ana.edit(message, content="no details from me")
    await world.env.restart_bot(bot_factory(ScriptedJudge(lambda _: clear())))
    await world.env.settle()
    assert there(world) == ["no details from me"]
    assert await actions_of(world, 1) == REFUSED


async def test_an_edit_while_a_conversation_is_judged(world: Any, judge: GatedJudge) -> None:
    """Its messages were read from history a moment before."""
    await switch_on(world, judge, looks_at="conversations")
    await world.omar.send(world.general, "who was it?")
    message = await world.ana.send(world.general, "slowly the butler did it")
    gone = await world.ana.send(world.general, "yes, the butler")
    for number in range(20):  # then the conversation has grown enough to be looked at
        await world.omar.send(world.general, f"hm {number}")
    judge.env, judge.asked_by_test = None, True
    looking = asyncio.create_task(world.bot.schedule.run_now("conversations"))
    await judge.reached.wait()
    await world.env.advance_time(1)
    await world.ana.edit(message, content="no details from me")
    await world.ana.delete(gone)
    judge.go.set()
    assert await looking
    await world.env.settle()
    assert there(world)[:2] == ["who was it?", "no details from me"]
    edited, deleted = (world.said(card) for card in world.cards())
    assert EDITED in edited
    assert "the message was deleted" in deleted
    assert await actions_of(world, 1) == REFUSED


async def test_an_edit_while_a_reported_message_is_judged(world: Any, judge: GatedJudge) -> None:
    """The moderators see what was reported, and what it reads now."""
    await world.set_up()
    message = await world.omar.send(world.general, "slowly the gardener is rude")
    judge.env = world.env
    await world.ana.context_menu(world.general, "Report to moderators", message)
    await world.env.advance_time(1)
    await world.omar.edit(message, content="no details from me")
    await answered(world, judge)
    said = world.said(world.cards()[0])
    assert "> slowly the gardener is rude" in said
    assert EDITED in said
    await world.omar.delete(message)
    assert "the message was deleted" in world.said(world.cards()[0])


async def test_what_happens_to_messages_that_were_read_after_an_absence(
    world: Any, judge: GatedJudge, bot_factory: Callable[[Judge], BylawBot]
) -> None:
    """They were read from history and wait for their turn behind others: one is edited, one is deleted."""
    await switch_on(world, judge)
    await world.ana.send(world.general, "hello")
    await world.bot.schedule.run_now("watermarks")
    world.bot._open_tasks.closing = True  # from here on it takes nothing in, as a process that is gone
    edited = await world.ana.send(world.general, "the butler did it")
    gone = await world.ana.send(world.general, "yes, the butler")
    for number in range(AT_ONCE):
        await world.ana.send(world.general, f"slowly hm {number}")
    later = GatedJudge()
    later.env = world.env
    await world.env.restart_bot(bot_factory(later))
    await world.env.settle()
    await world.ana.edit(edited, content="no details from me")
    await world.ana.delete(gone)
    await answered(world, later)
    assert "no details from me" in there(world)
    (card,) = (world.said(card) for card in world.cards() if "butler" in world.said(card))
    assert "> the butler did it" in card
    assert EDITED in card
    assert await actions_of(world, 1) == REFUSED


async def test_a_title_that_is_changed_while_it_is_judged(world: Any, judge: GatedJudge) -> None:
    """The card is about the first title and shows the new one."""
    await world.set_up()
    judge.env = world.env
    thread = world.env.backend.create_thread(world.general.id, "slowly the butler did it", world.ana.id)
    await world.env.advance_time(1)
    world.env.backend.edit_channel(thread.id, {"name": "ships"})
    await answered(world, judge)
    said = world.said(world.cards()[0])
    assert "slowly the butler did it" in said
    assert EDITED in said
    assert "> ships" in said


async def test_a_deletion_after_two_versions(world: Any, judge: GatedJudge) -> None:
    """Both were being judged: one case, which says that the message is gone."""
    await switch_on(world, judge)
    message = await world.ana.send(world.general, "slowly the butler did it")
    await world.env.advance_time(1)
    await world.ana.edit(message, content="slowly it was the butler again")
    await world.ana.delete(message)
    await answered(world, judge)
    assert len(world.cards()) == 1
    assert "the message was deleted" in world.said(world.cards()[0])

"""The five questions of a week, as tests ask and answer them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import discord

from classifier import (
    Invented,
    Inventions,
    JudgeRequest,
    Verdict,
    Way,
)
from classifier.scripted import ScriptedWriter, clear, violation

CLEAR = "I cried at the end @everyone"  # the judge is not sure when it guesses, and finds it clear when it thinks
BROKEN = "guess what the butler did"
CLOSED, NOT_IN_FORCE = "-# Questions", "are closed: their rules are no longer in force."
MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def judge_of(request: JudgeRequest) -> Verdict:
    """The butler breaks R1; a guess is the surer the longer the message is."""
    words = request.content.target.words
    if request.way is Way.PROBE:
        return violation("R1", score=min(0.99, 0.5 + len(words) / 100))
    return violation("R1") if "butler" in words else clear()


INVENTED = Inventions(
    invented=(
        Invented(text="x" * 60, rule_id="R1"),
        Invented(text=BROKEN, rule_id="R1"),
        Invented(text=CLEAR, rule_id="R1"),
        Invented(text="the ship", rule_id="R1"),
        Invented(text="and then", rule_id="R1"),
        Invented(text="no way!", rule_id="R1"),
        Invented(text="y" * 70, rule_id="R1"),
    )
)


def at(world: Any, moment: datetime) -> None:
    """It is this moment for the questions."""
    world.bot.services.practice._now = lambda: moment


async def asked(world: Any) -> discord.Message:
    """The week's questions, posted."""
    await world.set_up()
    await world.mira.slash(world.general, "settings five-questions", weekly=True)
    at(world, MONDAY_NOON)
    assert await world.bot.schedule.run_now("questions")
    return world.cards()[-1]


def labels(message: Any) -> list[str]:
    """The buttons of a message."""
    rows = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    return [button["label"] for row in rows for button in row["components"]]


def writer(world: Any) -> ScriptedWriter:
    """The judge that writes."""
    return world.bot._judge


def post(world: Any) -> discord.Message:
    """The post as it is now."""
    return next(each for each in world.cards() if "Where is the line?" in each.content)


async def answer(world: Any, *given: str, by: Any = None) -> Any:
    """Answer the next questions; what is shown then."""
    person = by or world.rita
    shown = await person.click(post(world), label="Answer them")
    for label in given:
        shown = await person.click(shown.response, label=label)
    return shown

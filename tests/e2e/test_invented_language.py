"""The invented language finds what is wrong with a text; every command, menu and button is used by people who read it.

After each test nothing may have been cut, too long or left in English. Scenarios marked `also_invented` run so as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.cogs.interactions.reply import row_of
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.simulation.incidents import teach_incidents
from tests.e2e.conftest import INVENTED, World
from tests.e2e.invented_language import Sent, problems_of_text, too_long
from tests.e2e.offered import GIVEN, arguments, buttons, commands_of, menus_of
from tests.fakes.pseudo_language import OPEN, english, pseudo, texts_of_the_code

in_the_invented_language = pytest.mark.parametrize("invented", [INVENTED], indirect=True)
teach_incidents()

#: What commands are given beside `GIVEN` where they would take anything.
MORE: dict[str, Any] = {
    "opening": "Hello", "appeal": "Write to Mira", "starters": "none", "since": "3d", "until": "1d", "words": "butler",
    "rule": "R1", "policy": "Spoilers", "month": "2026-01", "reason": "because", "notes": "butler",
}  # fmt: skip
_KIND = discord.AppCommandOptionType


def forms(message: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """A text, or its singular and plural."""
    return (message,) if isinstance(message, str) else tuple(message)


def test_every_text_can_be_read_back() -> None:
    """It is longer, stays within what translators are told, and is the same in English again."""
    texts = [
        text
        for each in texts_of_the_code()
        if each.id
        for text in (each.id if isinstance(each.id, tuple) else (each.id,))
    ]
    assert [text for text in texts if english(pseudo(text)) != text] == []
    assert english(pseudo("Reopen…", 20)) == "Reopen…"
    assert len(pseudo("Which rule was broken", 30)) == 30
    assert len(pseudo("Which rule was broken")) == 31


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{} · R1 Unmarked spoiler <t:5:f> · 7 days\n```\nadvice: You can appeal.\n```", ""),
        ("{} You can appeal.", "not translated"),
        ("{} · Reopen…", "not translated"),
        ("**Why:** no idea", "not translated"),
        ("{} It breaks R1, and nobody may say that.", ""),
    ],
)
def test_what_is_left_in_english(text: str, problem: str) -> None:
    """Whole texts of the code and parts of them, also of those that nobody marked; what others wrote is no problem."""
    found = problems_of_text(text.format(pseudo("Act on case {number}").format(number=7)))
    assert [each.split(":")[0] for each in found] == ([problem] if problem else [])


def test_what_is_cut_or_too_long() -> None:
    """A bracket without its other half, and fields that Discord limits."""
    assert problems_of_text(pseudo("Appeal in case {number}").format(number=7)[:9]) == ["cut"]
    assert list(too_long({"components": [{"type": 2, "label": "x" * 80}, {"type": 18, "label": "x" * 45}]})) == []
    (found,) = too_long({"data": {"components": [{"type": 18, "component": {"options": [{"label": "x" * 101}]}}]}})
    assert found.startswith("label of 101 characters, 100 allowed")


async def ready(world: World) -> None:
    """A server with a policy in force, a draft and a case that is about Ana."""
    await world.set_up()
    await world.draft()
    await world.ana.send(world.general, "the butler did it")


def everything(world: World, command: app_commands.Command[Any, ..., Any]) -> Iterator[tuple[str, Any]]:
    """A value for each option of a command that has one to choose from."""
    kinds = {_KIND.channel: world.mods, _KIND.user: world.ana, _KIND.role: world.reviewers, _KIND.boolean: True}
    for each in command.parameters:
        if each.choices:
            yield each.name, each.choices[-1].value
        elif each.type in kinds:
            yield each.name, kinds[each.type]
        elif each.type in {_KIND.integer, _KIND.number}:
            yield each.name, each.min_value if each.min_value is not None else 1
        elif each.name in GIVEN | MORE:
            yield each.name, str((GIVEN | MORE)[each.name])


def _silent(name: str, invented: Sent, before: int) -> list[str]:
    """The name, if nothing in the invented language was sent since."""
    return [] if any(OPEN in text for text in invented.texts[before:]) else [name]


@in_the_invented_language
@pytest.mark.parametrize("given", ["little", "everything"])
async def test_every_command(world: World, invented: Sent, given: str) -> None:
    """Those that only show come first, because others change what there is to show."""
    await ready(world)
    silent = []
    for name, command in sorted(commands_of(world.bot).items(), key=lambda named: _changes(named[0])):
        options = arguments(world, command) | (dict(everything(world, command)) if given == "everything" else {})
        before = len(invented.texts)
        await world.mira.slash(world.general, name.removeprefix("/"), **options)
        silent += _silent(name, invented, before)
    assert silent == []


def _changes(name: str) -> int:
    order = ("/policy discard", "/policy pause", "/policy delete", "/privacy erase", "/setup")
    return order.index(name) + 1 if name in order else 0


@in_the_invented_language
@pytest.mark.parametrize("words", ["the butler did it", "is it worth seeing"])
async def test_every_menu(world: World, invented: Sent, words: str) -> None:
    """Of a message that breaks a rule and of one that breaks none."""
    await ready(world)
    message = await world.ana.send(world.general, words)
    for name, kind in menus_of(world.bot).items():
        before = len(invented.texts)
        target = message if kind is discord.AppCommandType.message else world.ana
        await world.mira.context_menu(world.general, name, target)
        assert any(OPEN in text for text in invented.texts[before:]), name


@in_the_invented_language
async def test_every_button(world: World, invented: Sent) -> None:
    """Its label, and what the owner who presses it reads: an answer, a form, or why it leads nowhere."""
    await ready(world)
    channel = world.bot.get_channel(world.guild.create_text_channel("buttons").id)
    assert isinstance(channel, discord.TextChannel)
    with speaking(Language.GERMAN):
        made = buttons(world)
    silent = []
    del made["HistoryPageButton"]  # it turns the page of a message that has only components
    for name, button in made.items():
        shown = await channel.send("A button", view=row_of((button,)))
        assert any(OPEN in text for text in invented.texts[-2:]), name
        before = len(invented.texts)
        await world.mira.click(shown)
        silent += _silent(name, invented, before)
    assert silent == []

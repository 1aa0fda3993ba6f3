"""``/settings reading`` and ``/settings backlog``: what admins set of how the judge reads."""

from __future__ import annotations

from typing import Any

import pytest

from bot.moderation.servers.options import BacklogOptions
from classifier.scripted import ScriptedJudge


async def test_how_much_context_is_read(world: Any, judge: ScriptedJudge) -> None:
    """From the next message on; without anything given, what is set is shown."""
    await world.set_up()
    shown = world.said(await world.mira.slash(world.general, "settings reading"))
    assert "4 earlier messages are read" in shown
    assert "the policy's own" in shown
    for text in ("one", "two", "three"):
        await world.ana.send(world.general, text)
    saved = world.said(await world.mira.slash(world.general, "settings reading", context_messages=1))
    assert "Saved." in saved
    assert "1 earlier message is read" in saved
    await world.ana.send(world.general, "four")
    assert [line.text for line in judge.requests[-1].content.context[1:]] == ["three"]
    none = world.said(await world.mira.slash(world.general, "settings reading", context_messages=0))
    assert "no earlier message is read" in none
    await world.ana.send(world.general, "five")
    assert [line.text for line in judge.requests[-1].content.context[1:]] == []


@pytest.mark.also_invented
async def test_the_language_of_the_rationale(world: Any, judge: ScriptedJudge) -> None:
    """The judge is told it with the policy, which stays the version that it is; "the policy's own" takes it back."""
    await world.set_up()
    assert "- Language of the reasons on cards: German" in world.said(
        await world.mira.slash(world.general, "settings reading", language=" german ")
    )
    await world.ana.send(world.general, "the butler did it")
    assert judge.requests[-1].policy.language == "German"
    assert "Spoilers v1" in world.said(world.cards()[-1])
    unknown = world.said(await world.mira.slash(world.general, "settings reading", language="Kl*ingon"))
    assert "“Kl\\*ingon” is not a language that can be set" in unknown
    await world.mira.slash(world.general, "settings reading", language="the policy's own")
    await world.ana.send(world.general, "the butler, again")
    assert judge.requests[-1].policy.language == ""


async def test_what_happens_while_the_judge_is_behind(world: Any) -> None:
    """One of three ways; shown where none is given."""
    await world.set_up()
    assert "later" in world.said(await world.mira.slash(world.general, "settings backlog"))
    assert "Saved." in world.said(await world.mira.slash(world.general, "settings backlog", when_behind="lite"))
    kept = await world.bot.services.options.get(world.guild.id, BacklogOptions)
    assert kept.when_behind == "lite"
    assert "without the model" in world.said(await world.mira.slash(world.general, "settings backlog"))


async def test_only_admins_set_how_the_judge_reads(world: Any) -> None:
    """Moderators are told so, and nothing changes."""
    await world.set_up()
    commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
    world.guild.set_command_permissions(commands["settings"], {world.guild.default_role: True})
    for command, values in (("reading", {"context_messages": 9}), ("backlog", {"when_behind": "lite"})):
        refused = await world.omar.slash(world.general, f"settings {command}", **values)
        assert "Saved." not in world.said(refused)
    assert "4 earlier" in world.said(await world.mira.slash(world.general, "settings reading"))
    assert "later" in world.said(await world.mira.slash(world.general, "settings backlog"))


async def test_languages_are_offered_by_what_was_typed(world: Any) -> None:
    """Names that begin with it come first, 25 at most."""
    await world.set_up()
    offered = await world.mira.autocomplete(world.general, "settings reading", "language", "ger")
    assert [choice["name"] for choice in offered] == ["German"]
    offered = await world.mira.autocomplete(world.general, "settings reading", "language", "")
    assert offered[0]["name"] == "the policy's own"
    assert len(offered) == 25

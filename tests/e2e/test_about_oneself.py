"""Nobody decides about themselves: every command, menu and button, used by the very person it is about."""

from __future__ import annotations

from typing import Any

import discord
import pytest
import simcord

from bot.cogs.interactions.reply import row_of
from bot.cogs.review.bulk_clicks import ALL_YOURS
from bot.cogs.who_may import BUTTONS, COMMANDS, MENUS, AboutOneself, Audience, Entry
from bot.moderation.appeals.eligibility import OWN_APPEAL
from bot.moderation.members.reporting import OWN_MESSAGE, OWN_MUTE, OWN_REPORTS
from bot.moderation.review.decisions import OWN_CASE
from tests.e2e.acting import EVERYTHING
from tests.e2e.appeals import TIMEOUT, fill, letters, warned
from tests.e2e.conftest import World
from tests.e2e.offered import arguments, buttons, commands_of, menus_of
from tests.e2e.test_stats import at_the_servers_time

REFUSALS = (OWN_CASE, OWN_APPEAL, ALL_YOURS, OWN_MESSAGE, OWN_MUTE, OWN_REPORTS, "was your own message")
OF_REVIEWERS = {Audience.REVIEWERS, Audience.EDITORS_AND_REVIEWERS}


def test_what_reviewers_use_says_what_it_is_about_oneself() -> None:
    """A new command, menu or button has to say it, and is then tried below."""
    unsaid = [
        entry.name
        for entry in (*COMMANDS, *MENUS, *BUTTONS)
        if entry.own is AboutOneself.NEVER
        and (entry.audience is Audience.REVIEWERS or (entry in MENUS and entry.audience in OF_REVIEWERS))
    ]
    assert unsaid == []


async def ana_becomes_a_moderator(world: World) -> discord.Message:
    """Whatever can be about somebody is about Ana: a timeout, an appeal, a report, cases on a shared card, a sample and
    a mute. Then she joins the team, with every permission that acting takes. Her message of case 1."""
    await warned(world, **TIMEOUT, by=world.mira)
    (message,) = world.general.history()
    await world.bot.services.act.act(
        world.guild.id, 1, kind=TIMEOUT["kind"], moderator_id=world.mira.id, reason="x", length=TIMEOUT["length"]
    )
    await fill(world, await world.ana.user.click(letters(world, world.ana)[-1], label="Appeal"))
    await world.rita.context_menu(world.general, "Report to moderators", message)
    await world.bot.http.edit_member(world.guild.id, world.ana.id, communication_disabled_until=None, reason=None)
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", "Severity: medium"))
    await world.mira.slash(world.general, "settings cards", per_hour=1)
    for text in ("is the butler nice", "the butler, again", "so the butler", "lovely weather"):
        await world.ana.send(world.general, text)
        await world.env.advance_time(2)
    await world.mira.slash(world.general, "mod sample", weekly=5)
    at_the_servers_time(world)
    assert await world.bot.schedule.run_now("samples")
    await world.mira.slash(world.general, "reports mute", member=world.ana)
    team = world.guild.create_role("Team", permissions=EVERYTHING)
    world.env.backend.edit_member(world.guild.id, world.ana.id, {"role_ids": [team.id, world.reviewers.id]})
    for command in await world.bot.tree.fetch_commands():
        world.guild.set_command_permissions(command, {world.guild.default_role: True})
    return message


async def decided(world: World) -> Any:
    """Everything that somebody has decided about Ana so far."""
    services, here = world.bot.services, world.guild.id
    cases = [case for number in range(1, 6) if (case := await services.review.find(here, number)) is not None]
    faces = [await services.faces.of(case) for case in cases]
    lines = await services.bulk.lines(here, 1)
    sample = await services.questions.samples.get(here, 1)
    assert len(cases) == 4
    assert lines
    assert {line.author_id for line in lines} == {world.ana.id}
    assert sample is not None
    return (
        [(case.state, case.decision, case.claim) for case in cases],
        [(action.id, action.state) for face in faces for action in face.actions],
        [face.appeal for face in faces],
        sample.answer,
        await services.members.reporting.mutes(here),
    )


async def used(world: World, entry: Entry, message: discord.Message) -> simcord.InteractionResult:
    """Ana uses it, with as little as it takes, and about herself."""
    if entry in COMMANDS:
        options = arguments(world, commands_of(world.bot)[entry.name])
        return await world.ana.slash(world.general, entry.name.removeprefix("/"), **options)
    if entry in MENUS:
        of_message = menus_of(world.bot)[entry.name] is discord.AppCommandType.message
        return await world.ana.context_menu(world.general, entry.name, message if of_message else world.ana)
    channel = world.bot.get_channel(world.general.id)
    assert isinstance(channel, discord.TextChannel)
    shown = await channel.send("A button", view=row_of((buttons(world)[entry.name],)))
    return await world.ana.click(shown)


async def test_everything_about_oneself(world: World) -> None:
    """What would decide is refused in one clear line; nothing that she uses changes what was decided."""
    message = await ana_becomes_a_moderator(world)
    before = await decided(world)
    found, wanted = {}, {}
    for entry in (*COMMANDS, *MENUS, *BUTTONS):
        if entry.own is AboutOneself.NEVER:
            continue
        said = world.said(await used(world, entry, message))
        found[entry.name] = any(refusal in said for refusal in REFUSALS)
        wanted[entry.name] = entry.own is AboutOneself.REFUSED
        assert await decided(world) == before, entry.name
    assert found == wanted


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("Act…", {"what": "warn", "reason": "x"}),
        ("Act…", {"what": "skip", "reason": ""}),
        ("Reopen…", {"text": "it was a joke"}),
    ],
)
async def test_a_form_asks_again_when_it_is_sent_off(world: World, label: str, values: dict[str, str]) -> None:
    """Omar has the form open while it turns out that the words are his, which a proxy posted for him. They looked more
    like Ana's."""
    await world.set_up()
    await world.ana.send(world.general, "the gardener")
    original = await world.omar.send(world.general, "L: the gardener")
    copy = await world.guild.create_webhook(world.general, name="Luna").send("the gardener")
    await world.rita.context_menu(world.general, "Report to moderators", copy)
    form = await world.omar.click(world.cards()[0], label="Act…")
    if label == "Reopen…":
        await world.rita.click(world.cards()[0], label="Not a violation")
        form = await world.omar.click(world.cards()[0], label=label)
    before = await world.bot.services.review.find(world.guild.id, 1)
    await world.omar.delete(original)
    await world.env.settle()
    assert OWN_CASE in world.said(await world.omar.submit_modal(form, values))
    after = await world.bot.services.review.find(world.guild.id, 1)
    assert before is not None
    assert after is not None
    assert (after.state, after.decision) == (before.state, before.decision)

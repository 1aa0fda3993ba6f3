"""``/policy consequence``: admins let rules act by themselves, after a rehearsal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.acting import card_text

LINE = "Severity: high\nConsequence: timeout 10m"


async def set_up(world: Any) -> None:
    """The policy's rule asks for a timeout."""
    await world.set_up()
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", LINE))


async def consequence(world: Any, **options: Any) -> str:
    """What Mira is told who uses the command."""
    return str(world.said(await world.mira.slash(world.general, "policy consequence", name="Spoilers", **options)))


@pytest.mark.also_invented
async def test_from_off_over_a_rehearsal_to_on(world: Any) -> None:
    """Each step is said; cards say what Bylaw would have done, then what was done."""
    await set_up(world)
    assert "R1 Unmarked spoiler: **off** (its line says timeout 10m)" in await consequence(world)
    assert "Start with a dry run of rule R1" in await consequence(world, rule="R1", mode="on")
    said = await consequence(world, rule="r1", mode="rehearse", score=0.8)
    assert "**dry run**, timeout 10m from score 0.8 on" in said
    assert "cards say what Bylaw would have done" in said
    await world.ana.send(world.general, "the butler did it")
    await world.env.settle()
    assert "Bylaw would have done this: timed the member out for 10 minutes" in card_text(world)
    said = await consequence(world, rule="R1", mode="on")
    assert "**on**, timeout 10m from score 0.8 on" in said  # the score stays as it was
    await world.ana.send(world.general, "the butler did it again")
    await world.env.settle()
    assert "Timed the member out for 10 minutes, by Bylaw itself" in card_text(world)
    assert "**State:** Open" in card_text(world)
    await world.mira.click(world.cards()[-1], label="Undo timeout")
    assert "**State:** Open" in card_text(world)  # undoing decides nothing
    assert f"<@{world.mira.id}>" in card_text(world)
    assert "From now on, nothing is done automatically" in await consequence(world, rule="R1", mode="off")


async def told(world: Any) -> dict[str, str]:
    """What members, moderators and admins are told of what Bylaw does."""
    setup = await world.mira.slash(world.general, "setup", channel=world.mods)
    return {
        "/rules": world.said(await world.ana.slash(world.general, "rules")),
        "/setup": world.said(setup),
        "/case": world.said(await world.omar.slash(world.mods, "case show", number=1)),
    }


ONLY_REPORTS = {
    "/rules": "It does not delete or punish anything on its own",
    "/setup": "Bylaw only reports.",
    "/case": "asks for this: timeout 10m. Bylaw only reports.",
}


@pytest.mark.parametrize("what", ONLY_REPORTS)
async def test_what_is_said_of_bylaw_is_true(world: Any, what: str) -> None:
    """Whoever asks hears that a rule acts by itself from the moment on when it does, and no longer than that."""
    await set_up(world)
    await world.ana.send(world.general, "the butler did it")
    assert ONLY_REPORTS[what] in (await told(world))[what]
    await consequence(world, rule="R1", mode="rehearse", score=0.8)
    said = (await told(world))[what]
    assert (ONLY_REPORTS[what] if what != "/case" else "This is a dry run") in said
    await consequence(world, rule="R1", mode="on")
    said = (await told(world))[what]
    assert ONLY_REPORTS[what] not in said
    assert (
        "Bylaw acts automatically: timeout 10m, from a score of 0.8 on"
        if what == "/case"
        else "Spoilers R1 (timeout 10m)"
    ) in said
    await world.mira.slash(world.general, "policy pause", name="Spoilers")
    said = (await told(world))[what]
    assert ("Bylaw checks no rules" if what == "/rules" else ONLY_REPORTS[what]) in said
    await world.mira.slash(world.general, "policy resume", name="Spoilers")
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", LINE.replace("10m", "1d")))
    said = (await told(world))[what]
    assert (ONLY_REPORTS[what] if what != "/case" else "This is a dry run") in said


async def test_another_line_is_rehearsed_again(world: Any) -> None:
    """What was switched on was another consequence."""
    await set_up(world)
    await consequence(world, rule="R1", mode="rehearse")
    await consequence(world, rule="R1", mode="on")
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", LINE.replace("10m", "1d")))
    said = await consequence(world)
    assert "**dry run**, because its line said timeout 10m when it was turned on; now timeout 1d" in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rule": "R1"}, "Name a rule and a mode"),
        ({"mode": "on"}, "Name a rule and a mode"),
        ({"rule": "R9", "mode": "rehearse"}, "has no such rule"),
        ({"rule": "R1", "mode": "rehearse", "score": 0.2}, "The score is a number from"),
    ],
)
async def test_what_cannot_be_set(world: Any, options: dict[str, Any], says: str) -> None:
    """One line says why, and nothing changes."""
    await set_up(world)
    assert says in await consequence(world, **options)
    assert "**off**" in await consequence(world)


async def test_a_rule_that_only_flags(world: Any) -> None:
    """The line in the policy comes first."""
    await world.set_up()
    assert "R1 Unmarked spoiler: only flags" in await consequence(world)
    assert "Consequence: delete" in await consequence(world, rule="R1", mode="rehearse")


async def test_a_policy_that_is_not_there(world: Any) -> None:
    """One line says so."""
    await world.set_up()
    said = world.said(await world.mira.slash(world.general, "policy consequence", name="Nonsense"))
    assert "There is no policy named “Nonsense”" in said


async def test_only_those_who_manage_the_server(world: Any) -> None:
    """Not the policy editors, not the reviewers: it acts against members."""
    await set_up(world)
    editors = world.guild.create_role("Editors")
    await world.mira.slash(world.general, "setup", channel=world.mods, editors=editors, starters="none")
    eve = world.guild.add_member(world.env.create_user("eve"), roles=[editors])
    commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
    world.guild.set_command_permissions(commands["policy"], {world.guild.default_role: True})
    for who in (eve, world.rita, world.ana):
        said = world.said(await who.slash(world.general, "policy consequence", name="Spoilers", rule="R1", mode="off"))
        assert "Only members with Manage Server" in said


async def test_rules_are_offered(world: Any) -> None:
    """Those of the policy that was named."""
    await set_up(world)
    offered = await world.mira.autocomplete(world.general, "policy consequence", "rule", "", name="Spoilers")
    assert [each["value"] for each in offered] == ["R1"]

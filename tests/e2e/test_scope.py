"""``/policy scope``: where and to whom a policy applies, set in one message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.app import BylawBot
from classifier import Judge
from guild_policies.scope import Scope


def controls(message: Any) -> dict[str, dict[str, Any]]:
    """The controls of the message by the setting that they are about."""

    def inside(parts: list[Any]) -> Iterator[dict[str, Any]]:
        for part in parts:
            each = part if isinstance(part, dict) else part.to_dict()
            yield each
            yield from inside(each.get("components", []))

    found = [each for each in inside(message.components) if str(each.get("custom_id", "")).startswith("bylaw:scope:")]
    return {each["custom_id"].split(":")[3]: each for each in found}


async def opened(world: Any, actor: Any = None) -> Any:
    """The settings of Spoilers."""
    return await (actor or world.mira).slash(world.general, "policy scope", name="Spoilers")


async def choose(world: Any, shown: Any, field: str, values: list[Any], actor: Any = None) -> Any:
    """Use a menu of the settings."""
    custom_id = controls(shown.response)[field]["custom_id"]
    return await (actor or world.mira).select(shown.response, values, custom_id=custom_id)


async def press(world: Any, shown: Any, field: str) -> Any:
    """Use a button of the settings."""
    return await world.mira.click(shown.response, custom_id=controls(shown.response)[field]["custom_id"])


async def scope(world: Any) -> Scope:
    """The scope of Spoilers as it is kept."""
    kept: Scope = (await world.stored()).settings.scope
    return kept


class TestSettings:
    """Each control."""

    async def test_exempt_channels_and_what_is_covered(self, world: Any) -> None:
        """A thread inherits from its channel; the preview says so in words."""
        await world.set_up()
        lounge = world.guild.create_text_channel("lounge")
        shown = await opened(world)
        assert "3 of 3 channels" in world.said(shown)
        await choose(world, shown, "not_in", [lounge])
        assert (await scope(world)).not_in == {lounge.id}
        assert "**Where**: 2 of 3 channels" in world.said(shown)
        assert "all but lounge" in world.said(shown)
        await world.ana.send(lounge, "the butler did it")
        assert world.cards() == []
        await world.ana.send(world.general, "the butler did it")
        assert len(world.cards()) == 1

    async def test_only_in_a_category(self, world: Any) -> None:
        """Its channels inherit from it; others are left alone."""
        await world.set_up()
        films = world.guild.create_category("Films")
        inside = world.guild.create_text_channel("new-films", category=films)
        shown = await opened(world)
        await choose(world, shown, "only_in", [films])
        assert (await scope(world)).only_in == {films.id}
        await world.ana.send(world.general, "the butler did it")
        assert world.cards() == []
        await world.ana.send(inside, "the butler did it")
        assert len(world.cards()) == 1

    @pytest.mark.also_invented
    async def test_threads_inherit_and_can_be_named_themselves(self, world: Any) -> None:
        """A thread of an exempt channel is exempt, unless it is named where the policy applies."""
        await world.set_up()
        thread = await world.bot.get_channel(world.general.id).create_thread(
            name="ending", type=discord.ChannelType.public_thread
        )
        (handle,) = [each for each in world.general.threads if each.id == thread.id]
        shown = await opened(world)
        await choose(world, shown, "not_in", [world.general])
        assert "**Where**: 1 of 3 channels and threads" in world.said(shown)
        await world.ana.send(handle, "the butler did it")
        assert world.cards() == []
        await choose(world, shown, "only_in", [handle])
        await world.ana.send(handle, "the butler did it")
        assert len(world.cards()) == 1

    async def test_exempt_roles(self, world: Any) -> None:
        """Whoever has one is not judged; taking it off the list ends that."""
        await world.set_up()
        shown = await opened(world)
        await choose(world, shown, "roles", [world.reviewers])
        assert "not: Reviewers" in world.said(shown)
        await world.rita.send(world.general, "the butler did it")
        assert world.cards() == []
        await choose(world, shown, "roles", [])
        await world.rita.send(world.general, "the butler did it")
        assert len(world.cards()) == 1

    @pytest.mark.also_invented
    async def test_newcomers_effort_threshold_and_bots(self, world: Any) -> None:
        """Each is one choice, and what was chosen is shown as chosen."""
        await world.set_up()
        shown = await opened(world)
        await choose(world, shown, "newcomers", ["7"])
        await choose(world, shown, "effort", ["high"])
        await choose(world, shown, "threshold", ["0.9"])
        await press(world, shown, "bots")
        settings = (await world.stored()).settings
        assert (settings.scope.newcomer_days, settings.effort.value, settings.threshold) == (7, "high", 0.9)
        assert settings.scope.judges_bots
        assert "newcomers of 7 days · other bots too" in world.said(shown)
        chosen = [option for option in controls(shown.response)["threshold"]["options"] if option.get("default")]
        assert [option["value"] for option in chosen] == ["0.9"]
        await choose(world, shown, "newcomers", ["everybody"])
        await choose(world, shown, "effort", ["as_installed"])
        settings = (await world.stored()).settings
        assert (settings.scope.newcomer_days, settings.effort) == (None, None)

    async def test_only_thresholds_that_have_an_effect_are_offered(self, world: Any) -> None:
        """A violation has a score above one half. A lower threshold that was chosen before shows as what it does."""
        await world.set_up()
        shown = await opened(world)
        labels = [option["label"] for option in controls(shown.response)["threshold"]["options"]]
        assert labels[0] == "A card for every violation"
        assert labels[1:] == [f"Cards only from score {score} on" for score in ("0.8", "0.9", "0.95", "0.99")]
        before = (await world.stored()).settings
        await world.bot.services.life.change_settings(
            world.guild.id, "Spoilers", replace(before, threshold=0.3), seen=before, actor_id=world.mira.id
        )
        shown = await opened(world)
        chosen = [option for option in controls(shown.response)["threshold"]["options"] if option.get("default")]
        assert [option["label"] for option in chosen] == ["A card for every violation"]

    async def test_choosing_what_is_chosen_changes_nothing(self, world: Any) -> None:
        """No entry in the log, no error."""
        await world.set_up()
        shown = await opened(world)
        done = await choose(world, shown, "newcomers", ["everybody"])
        assert done.acknowledged

    async def test_a_large_server(self, world: Any) -> None:
        """Hundreds of channels are told in a few lines, and whole in a file."""
        await world.set_up()
        for group in range(12):
            category = world.guild.create_category(f"Group {group}")
            for number in range(20):
                world.guild.create_text_channel(f"c{group}-{number}", category=category)
        for number in range(100):
            world.guild.create_role(f"Role {number}")
        shown = await opened(world)
        await choose(world, shown, "only_in", [world.general])
        said = world.said(shown)
        assert "**Where**: 1 of 242 channels" in said
        assert "more categories: the file has them all" in said
        files = world.files(await press(world, shown, "list"))
        assert "not judged: c11-19" in files["spoilers-scope.txt"]


class TestTrouble:
    """Who may, and who was first."""

    async def test_it_works_after_a_restart(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """The controls hold ids and a digest, and nothing waits in memory."""
        await world.set_up()
        shown = await opened(world)
        await world.env.restart_bot(bot_factory(judge))
        await press(world, shown, "bots")
        assert (await scope(world)).judges_bots

    async def test_somebody_else_was_first(self, world: Any) -> None:
        """Nothing is saved that starts from other settings; what there is now is shown."""
        await world.set_up()
        nadia = world.second_admin()
        hers = await opened(world, nadia)
        mine = await opened(world)
        await press(world, mine, "bots")
        await choose(world, hers, "newcomers", ["7"], nadia)
        assert "Somebody else has just changed these settings" in world.said(hers)
        assert (await scope(world)).newcomer_days is None
        await choose(world, hers, "newcomers", ["7"], nadia)
        assert ((await scope(world)).newcomer_days, (await scope(world)).judges_bots) == (7, True)

    async def test_a_permission_that_was_lost(self, world: Any) -> None:
        """Looked at on each step."""
        await world.set_up()
        nadia = world.second_admin()
        hers = await opened(world, nadia)
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        refused = await choose(world, hers, "newcomers", ["7"], nadia)
        assert "Only members with Manage Server" in world.said(refused)
        assert (await scope(world)).newcomer_days is None

    @pytest.mark.also_invented
    async def test_a_policy_that_is_not_there(self, world: Any) -> None:
        """Neither for the command nor, later, for its controls."""
        await world.set_up()
        assert "no policy named" in world.said(await world.mira.slash(world.general, "policy scope", name="Nope"))
        shown = await opened(world)
        asked = await world.mira.slash(world.general, "policy delete", name="Spoilers")
        await world.mira.click(asked.response, label="Delete")
        assert "no longer in this server" in world.said(await press(world, shown, "bots"))

    @pytest.mark.parametrize(("field", "value"), [("newcomers", "9999"), ("threshold", "x"), ("nonsense", "1")])
    async def test_values_that_no_control_offers(self, world: Any, field: str, value: str) -> None:
        """A request that was made up changes nothing."""
        await world.set_up()
        shown = await opened(world)
        menu = next(
            each
            for row in shown.response._message.components
            for each in row.get("components", [])
            if f":{field if field != 'nonsense' else 'effort'}:" in each.get("custom_id", "")
        )
        menu["custom_id"] = menu["custom_id"].replace(":effort:", f":{field}:")
        menu["options"].append({"label": "x", "value": value})
        refused = await world.mira.select(shown.response, [value], custom_id=menu["custom_id"])
        assert world.said(refused).strip()
        assert await scope(world) == Scope()

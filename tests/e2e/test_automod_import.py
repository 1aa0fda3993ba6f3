"""``/policy new from_automod``: the words of Discord's AutoMod become a draft."""

from __future__ import annotations

import discord
import pytest

from tests.e2e.conftest import World


def automod_rule(world: World, name: str, words: list[str], *, action: int = 2) -> None:
    """Somebody set up a rule in Discord's own settings."""
    world.env.backend.create_auto_mod_rule(
        world.guild.id,
        world.mira.id,
        {
            "name": name,
            "event_type": 1,
            "trigger_type": 1,
            "trigger_metadata": {"keyword_filter": words, "regex_patterns": [], "allow_list": ["cattle"]},
            "actions": [{"type": action, "metadata": {"channel_id": str(world.mods.id)}}],
        },
    )


@pytest.mark.also_invented
async def test_words_become_a_draft(world: World) -> None:
    """The answer says what AutoMod blocks by itself, and what a judge still needs to be told."""
    automod_rule(world, "Animals @everyone", ["cat", "dog*"], action=1)
    done = await world.mira.slash(world.general, "policy new", name="Animals", from_automod=True)
    said = world.said(done)
    assert "Saved **Animals** as a draft" in said
    assert "AutoMod itself blocks" in said
    (policy,) = await world.bot.services.policies.list(world.guild.id)
    assert policy.draft is not None
    assert "cat" in policy.draft.text
    assert "“cattle”, which AutoMod lets through" in policy.draft.text


@pytest.mark.also_invented
async def test_without_a_rule_nothing_is_saved(world: World) -> None:
    """One line says why."""
    said = world.said(await world.mira.slash(world.general, "policy new", name="Animals", from_automod=True))
    assert "nothing to make a policy from" in said
    assert await world.bot.services.policies.list(world.guild.id) == ()


async def test_without_the_permission_nothing_is_read(world: World) -> None:
    """The line says which one is missing."""
    automod_rule(world, "Animals", ["cat"])
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    for role in guild.me.roles:
        keeps = discord.Permissions(role.permissions.value)
        keeps.update(manage_guild=False, administrator=False)
        world.env.backend.edit_role(world.guild.id, role.id, {"permissions": keeps.value})
    await world.env.settle()
    said = world.said(await world.mira.slash(world.general, "policy new", name="Animals", from_automod=True))
    assert "Give it Manage Server" in said

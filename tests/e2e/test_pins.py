"""``/policy`` pin and pins, and publishing with pins."""

from __future__ import annotations

from typing import Any

import pytest

from classifier import Judge


@pytest.fixture
def judge(literal_judge: Judge) -> Judge:
    """Judges by what the policy says."""
    return literal_judge


class TestPins:
    """``/policy pin``, ``pins``, and publishing with pins."""

    async def pin(self, world: Any, must: str, text: str, actor: Any = None) -> Any:
        """Pin a sentence."""
        form = await (actor or world.mira).slash(world.general, "policy pin", name="Spoilers", must=must)
        (label,) = form.modal["components"]
        assert "Do not paste what a member wrote" in label["description"]
        return await (actor or world.mira).submit_modal(form, {"text": text})

    @pytest.mark.also_invented
    async def test_publishing_runs_the_pins_and_asks_for_a_reason(self, world: Any) -> None:
        """What fails is shown with what the judge says; the reason is in the history."""
        await world.set_up()
        assert "must break R1" in world.said(await self.pin(world, "r1", "the butler, of course"))
        assert "must be clear" in world.said(await self.pin(world, "clear", "a nice garden"))
        await world.draft()
        asked = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        assert "2 pinned examples are judged first" in world.said(asked)
        await world.mira.click(asked.response, label="Publish")
        said = world.said(asked)
        assert "Nothing was published" in said
        assert "1 of 2 pinned examples" in said
        assert "The judge says: clear" in said
        assert (await world.stored()).published.number == 1
        form = await world.mira.click(asked.response, label="Publish anyway…")
        await world.mira.submit_modal(form, {"text": "The butler is old news."})
        assert "version 2 is in force" in world.said(asked)
        history = world.said(await world.mira.slash(world.general, "policy history", name="Spoilers"))
        assert "The butler is old news" in history

    async def test_pins_that_hold_do_not_stop_anything(self, world: Any) -> None:
        """The version comes into force at once."""
        await world.set_up()
        await self.pin(world, "clear", "a nice film")
        await world.draft()
        asked = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        await world.mira.click(asked.response, label="Publish")
        assert "version 2 is in force" in world.said(asked)

    @pytest.mark.also_invented
    async def test_they_are_listed_and_removed(self, world: Any) -> None:
        """By number, which is offered while typing; a reviewer may do so, too."""
        await world.set_up()
        assert "no pinned examples" in world.said(await world.mira.slash(world.general, "policy pins", name="Spoilers"))
        await self.pin(world, "R1", "**the** butler")
        listed = world.said(await world.mira.slash(world.general, "policy pins", name="Spoilers"))
        assert r"must break R1: “\*\*the\*\* butler”" in listed
        (offered,) = await world.mira.autocomplete(world.general, "policy pins", "remove", "", name="Spoilers")
        gone = await world.mira.slash(world.general, "policy pins", name="Spoilers", remove=offered["value"])
        assert "is no longer pinned" in world.said(gone)
        gone = await world.mira.slash(world.general, "policy pins", name="Spoilers", remove=offered["value"])
        assert "has no pinned example" in world.said(gone)

    async def test_what_is_offered(self, world: Any) -> None:
        """The rules of the policy, and clear."""
        await world.set_up()
        offered = await world.mira.autocomplete(world.general, "policy pin", "must", "", name="Spoilers")
        assert [choice["value"] for choice in offered] == ["clear", "R1"]

    @pytest.mark.also_invented
    async def test_refusals(self, world: Any) -> None:
        """A rule that is not there, a policy that is not there; the sentence comes back."""
        await world.set_up()
        refused = await self.pin(world, "R7", "the butler")
        assert "has no rule R7" in world.said(refused)
        assert world.files(refused) == {"example-not-saved.md": "the butler"}
        for command, options in (("pin", {"must": "clear"}), ("pins", {})):
            said = world.said(await world.mira.slash(world.general, f"policy {command}", name="Nope", **options))
            assert "no policy named" in said

    @pytest.mark.also_invented
    async def test_a_permission_that_was_lost_in_between(self, world: Any) -> None:
        """Nothing is pinned, nothing is published, and what was written comes back."""
        await world.set_up()
        nadia = world.second_admin()
        form = await nadia.slash(world.general, "policy pin", name="Spoilers", must="clear")
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        refused = await nadia.submit_modal(form, {"text": "mine"})
        assert "Only members with Manage Server" in world.said(refused)
        assert world.files(refused) == {"example-not-saved.md": "mine"}

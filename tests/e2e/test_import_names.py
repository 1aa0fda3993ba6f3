"""``/policy import``: the name that the preview shows is the name that is saved."""

from __future__ import annotations

from typing import Any

import pytest

LONG = "How we talk about films that came out less than a"


async def offered(world: Any, title: str, *, file: str = "from a friend.md", **options: Any) -> Any:
    """The preview of a policy with this title."""
    text = world.policy.replace("# Spoilers", f"# {title}")
    return await world.mira.slash(world.general, "policy import", file=(file, text.encode()), **options)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("\u202eSpoilers\u202c of films", "Spoilers of films"),
        (f"{LONG} year ago", LONG),
        ("\u200b", "from a friend"),
    ],
)
async def test_a_title_becomes_a_name_that_can_be_saved(world: Any, title: str, name: str) -> None:
    """Whole words, and nothing that cannot be seen. A title that shows nothing gives way to the file's name."""
    shown = await offered(world, title)
    assert f"It becomes the new policy **{name}**" in world.said(shown)
    saved = await world.mira.click(world.preview(shown), label="Save as draft")
    assert f"Saved **{name}** as a draft" in world.said(saved)


async def test_the_title_of_a_policy_of_the_server_names_that_policy(world: Any) -> None:
    """Its draft is offered, instead of a new policy of a name that is taken."""
    await world.set_up()
    shown = await offered(world, "SPOILERS")
    assert "It becomes the draft of **Spoilers**" in world.said(shown)
    assert "Saved **Spoilers**" in world.said(await world.mira.click(world.preview(shown), label="Save as draft"))


async def test_a_typed_name_that_cannot_be_saved_is_refused_at_once(world: Any) -> None:
    """Before anybody reads a preview."""
    refused = await offered(world, "Spoilers", name="a\u202eb")
    assert world.said(refused) == "Write the name on one line, without invisible characters."

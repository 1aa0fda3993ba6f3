"""A flagged message that is edited again and again: one case, and one card that shows the versions."""

from __future__ import annotations

from typing import Any

WORDS = ("really", "honestly", "surely", "clearly", "certainly")


async def test_one_card_shows_the_versions(world: Any) -> None:
    """Each of them is judged; `/case show` has what does not fit on the card."""
    await world.set_up()
    message = await world.ana.send(world.general, "the butler did it")
    for word in WORDS:
        await world.env.advance_time(1)
        await world.ana.edit(message, content=f"the butler {word} did it")
        await world.env.settle()
    await world.env.advance_time(30)
    (card,) = world.cards()
    said = world.said(card)
    assert "> the butler did it" in said
    assert "> the butler certainly did it" in said
    assert said.count("it read:") == 3
    assert "1 more version: /case show 1" in said
    assert len(world.bot._judge.requests) == 6
    assert await world.bot.services.review.find(world.guild.id, 2) is None
    shown = await world.omar.slash(world.general, "case show", number=1)
    assert "Case 1" in str(world.said(shown))

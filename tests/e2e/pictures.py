"""Members post pictures, from Discord's own file servers."""

from __future__ import annotations

from typing import Any

from tests.bot.pictures.generated import picture, written

SCAM = written(picture(77, side=(300, 500)))
OTHER = written(picture(78, side=(300, 500)))


def url_of(data: bytes, number: int = 1) -> str:
    """Where Discord would have put it."""
    return f"https://cdn.discordapp.com/attachments/1/{number}/{abs(hash(data)) % 10**9}.png?ex=66&is=65&hm=abc"


async def post(
    world: Any, data: bytes = SCAM, *, who: Any = None, where: Any = None, text: str = "", **changes: Any
) -> Any:
    """A member, Ana unless told otherwise, posts a picture. `changes` replace what Discord says of it.

    ``lost=True``: Discord's file server does not have it any longer.
    """
    who, where = who or world.ana, where or world.general
    lost = changes.pop("lost", False)
    (stored,) = world.env.backend.store_attachments(where.id, [("prize.png", data)])
    stored = {**stored, "url": url_of(data), **changes}
    if not lost:
        world.env.backend.cdn._blobs[stored["url"]] = data
    message = world.env.backend.create_message(where.id, who.id, text, attachments=[stored])
    await settle(world)
    return message


async def settle(world: Any) -> None:
    """Everything that goes on in the background ends."""
    await world.env.settle()
    await world.bot.services.cards.settle()
    await world.env.settle()


def channels(world: Any, count: int = 4) -> list[Any]:
    """Further channels of the server."""
    return [world.guild.create_text_channel(f"room-{number}") for number in range(count)]


async def kept(world: Any, number: int = 1) -> tuple[bytes, ...]:
    """The small copies of a case."""
    return tuple(await world.bot.services.pictures.kept.copies(world.guild.id, number))


async def compared(world: Any) -> list[int]:
    """The cases whose pictures new ones are compared with now."""
    return [each.number for each in await world.bot.services.pictures.kept.decided(world.guild.id)]

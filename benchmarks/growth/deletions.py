"""What takes texts away, or gives them out, however many there are."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.growth.case_lists import filled_stores
from benchmarks.growth.sample import Sample, timed
from benchmarks.workload.many_cases import BETWEEN, GUILD, START
from bot.keys import Cipher
from bot.moderation.cases.case import CaseState
from bot.moderation.members.privacy import Privacy
from bot.moderation.servers.retention import Retention
from bot.moderation.servers.server import ServerSettings
from bot.storage.database.engine import writing
from bot.storage.tables.actions import case_actions
from bot.storage.tables.cases import cases
from bot.wiring.stores import Stores

MEMBER, MODERATOR, CHANNEL = 1_000_007, 8, 9  # not one of those that the other cases are about
QUOTED_IN = 20  #: one in this many cases of others quotes the member


async def member_data(count: int) -> dict[str, Sample]:
    """A member with this many decided cases, in a server with as many cases of others."""

    async def prepare(engine: AsyncEngine, cipher: Cipher) -> None:
        await _give_half_to_the_member(engine, cipher, 2 * count)

    async with filled_stores(2 * count, prepare=prepare) as stores:
        privacy = Privacy(texts=stores.member_texts, cards=_NoCards())

        async def export() -> None:
            await privacy.export(GUILD, MEMBER)

        async def erase() -> None:
            erased = await privacy.erase(GUILD, MEMBER)
            if erased.cases != count or not erased.mentions:
                raise RuntimeError(f"not everything was erased: {erased}")

        return {
            "a member takes their data away": await timed(export),
            "a member's words are erased": await timed(erase),
        }


async def purges(count: int) -> dict[str, Sample]:
    """Texts whose time is over, and a look when there are no more of them."""
    async with filled_stores(count) as stores:
        retention = await _retention(stores, count)

        async def purge() -> None:
            if await retention.purge() != count:
                raise RuntimeError("not every text was purged")

        return {
            "texts whose time is over are deleted": await timed(purge),
            "an hour later, with nothing to delete": await timed(retention.purge, rounds=5),
        }


async def channel_deleted(count: int) -> dict[str, Sample]:
    """A channel with this many cases is deleted on Discord."""

    async def prepare(engine: AsyncEngine, cipher: Cipher) -> None:
        del cipher
        async with writing(engine) as connection:
            await connection.execute(update(cases).values(channel_id=CHANNEL))

    async with filled_stores(count, prepare=prepare) as stores:
        return {"a channel with cases is deleted": await timed(partial(stores.cases.mark_channel_gone, GUILD, CHANNEL))}


class _NoCards:
    """Discord is not asked to edit any: it takes five edits in five seconds, however quick the bot is."""

    async def redraw_some(self, guild_id: int) -> int:
        """None."""
        del guild_id
        return 0


async def _retention(stores: Stores, count: int) -> Retention:
    settings = ServerSettings(guild_id=GUILD, review_channel_id=1, reviewer_role_id=None)
    await stores.servers.save(settings, actor_id=MODERATOR)
    later = START + count * BETWEEN + timedelta(days=400)
    texts = (stores.cases, stores.actions, stores.notes, stores.appeals, stores.reports)
    return Retention(texts=texts, servers=stores.servers, now=lambda: later, leftovers=stores.leftovers)


async def _give_half_to_the_member(engine: AsyncEngine, cipher: Cipher, count: int) -> None:
    decided: dict[str, Any] = {"state": CaseState.VIOLATION.value, "decided_by": MODERATOR, "decided_at": START}
    said, quoted = (cipher.encrypt(json.dumps([[author, "did you see that"]])) for author in (MODERATOR, MEMBER))
    reason = cipher.encrypt("they did it again")
    async with writing(engine) as connection:
        await connection.execute(update(cases).values(context_encrypted=said, **decided))
        quoting = cases.c.number % QUOTED_IN == 1
        await connection.execute(update(cases).where(quoting).values(context_encrypted=quoted))
        theirs = {"author_id": MEMBER, "card_channel_id": 1, "card_message_id": cases.c.number}
        await connection.execute(update(cases).where(cases.c.number % 2 == 0).values(theirs))
        about = {"guild_id": GUILD, "target_id": MEMBER, "by": MODERATOR, "kind": "warn", "state": "done", "why": ""}
        about |= {"reason_encrypted": reason, "asked_at": START}
        numbers = range(2, count + 1, 2)
        await connection.execute(insert(case_actions), [{**about, "case_number": number} for number in numbers])

"""Pictures of cases are a member's data like their words: handed out to them, and erased with the words."""

from __future__ import annotations

import base64

from sqlalchemy import select

from bot.keys import Cipher
from bot.moderation.pictures.picture import Fingerprint, PictureRead
from bot.storage.members.pictures import SqlPictureStore
from bot.storage.tables.pictures import case_pictures
from tests.bot.storage.privacy.kept import ANA, BEN, ELSEWHERE, HERE, Kept

PICTURE = PictureRead(fingerprint=Fingerprint(bits=5), copy=b"small")


async def with_picture(kept: Kept, *, author: int = ANA, guild: int = HERE, decided: bool = True, **more: bool) -> int:
    """The number of a case with a picture."""
    case = await kept.case(author, guild=guild, decided=decided, **more)
    await store(kept).keep(guild, case.number, [PICTURE])
    return case.number


def store(kept: Kept) -> SqlPictureStore:
    """Where they are kept."""
    return SqlPictureStore(kept.engine, now=kept.now, cipher=Cipher((kept.key,)))


async def test_nobody_reads_them_in_the_database(kept: Kept) -> None:
    """Neither what they look like nor what they are compared by."""
    await with_picture(kept)
    async with kept.engine.connect() as connection:
        (row,) = (await connection.execute(select(case_pictures))).mappings().all()
    assert f"{5:064x}".encode() not in row["fingerprint_encrypted"]
    assert base64.b64encode(b"small") not in row["copy_encrypted"]


async def test_an_export_has_what_is_kept(kept: Kept) -> None:
    """Of the member's own messages: what they forwarded, somebody else may have posted."""
    await with_picture(kept)
    await with_picture(kept, author=BEN)
    await with_picture(kept, forwarded=True)
    own, forwarded = (await kept.texts.export(ANA))["cases"]
    (picture,) = own["pictures"]
    assert picture["fingerprint"] == f"{5:064x}"
    assert base64.b64decode(picture["small_copy_webp_base64"]) == b"small"
    assert forwarded["pictures"] == []


async def test_an_erasure_takes_them(kept: Kept) -> None:
    """In this server, of this member, once somebody decided; and nothing is compared with them from then on."""
    mine, waiting = await with_picture(kept), await with_picture(kept, decided=False)
    others, elsewhere = await with_picture(kept, author=BEN), await with_picture(kept, guild=ELSEWHERE)
    await kept.erase()
    pictures = store(kept)
    assert [len(await pictures.copies(HERE, each)) for each in (mine, waiting, others)] == [0, 1, 1]
    assert len(await pictures.copies(ELSEWHERE, elsewhere)) == 1
    assert [each.number for each in await pictures.decided(HERE)] == [others]
    await pictures.keep(HERE, mine, [PICTURE])  # one that took long to fetch
    assert await pictures.copies(HERE, mine) == ()

"""Pictures of cases in the database: fingerprints, small copies, and bursts in progress."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.case import WITHOUT_ACTION, CaseKind, CaseState
from bot.moderation.pictures.picture import DecidedPicture, Fingerprint, PictureRead
from bot.storage.cases.case_table import key_of
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.database.event_loop import yielding
from bot.storage.tables.cases import cases
from bot.storage.tables.pictures import case_pictures

MOST_COMPARED = 2_000  #: fingerprints per server, the newest: decrypting them takes about 40 ms

_NOT_KEPT = frozenset(state.value for state in WITHOUT_ACTION)


class SqlPictureStore:
    """`bot.moderation.pictures.picture.PictureStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def keep(self, guild_id: int, number: int, pictures: Sequence[PictureRead]) -> None:
        """Store what was read from the pictures of a case, once."""
        query = select(cases.c.state, cases.c.text_encrypted).where(key_of(guild_id, number)).with_for_update()
        async with writing(self._engine) as connection:
            case = (await connection.execute(query)).one_or_none()
            if case is None or case.state in _NOT_KEPT or case.text_encrypted is None:
                return
            rows = [
                {
                    "guild_id": guild_id,
                    "case_number": number,
                    "place": place,
                    "fingerprint_encrypted": each.fingerprint and self._cipher.encrypt(f"{each.fingerprint.bits:064x}"),
                    "copy_encrypted": each.copy and self._cipher.encrypt(base64.b64encode(each.copy).decode()),
                    "kept_at": self._now(),
                }
                for place, each in enumerate(pictures, 1)
            ]
            if rows:
                await connection.execute(insert_if_absent(connection, case_pictures), rows)

    async def decided(self, guild_id: int) -> tuple[DecidedPicture, ...]:
        """The fingerprints of cases currently decided as violations, newest first."""
        query = (
            select(case_pictures.c.case_number, case_pictures.c.fingerprint_encrypted)
            .join(cases, and_(cases.c.guild_id == guild_id, cases.c.number == case_pictures.c.case_number))
            .where(
                case_pictures.c.guild_id == guild_id,
                case_pictures.c.fingerprint_encrypted.is_not(None),
                cases.c.state == CaseState.VIOLATION.value,
            )
            .order_by(case_pictures.c.case_number.desc(), case_pictures.c.place)
            .limit(MOST_COMPARED)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        read = [(row.case_number, self._cipher.decrypt(row.fingerprint_encrypted)) async for row in yielding(rows)]
        return tuple(
            DecidedPicture(number=number, fingerprint=Fingerprint(bits=int(bits, 16)))
            for number, bits in read
            if bits is not None
        )

    async def copies(self, guild_id: int, number: int) -> tuple[bytes, ...]:
        """The small copies of a case."""
        query = (
            select(case_pictures.c.copy_encrypted)
            .where(
                case_pictures.c.guild_id == guild_id,
                case_pictures.c.case_number == number,
                case_pictures.c.copy_encrypted.is_not(None),
            )
            .order_by(case_pictures.c.place)
        )
        async with reading(self._engine) as connection:
            tokens = (await connection.execute(query)).scalars().all()
        opened = [self._cipher.decrypt(token) for token in tokens]
        return tuple(base64.b64decode(each) for each in opened if each is not None)

    async def how_many_copies(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, int]:
        """The number of copies of each of these cases. Cases without copies are left out."""
        query = (
            select(case_pictures.c.case_number, func.count().label("copies"))
            .where(
                case_pictures.c.guild_id == guild_id,
                case_pictures.c.case_number.in_(numbers),
                case_pictures.c.copy_encrypted.is_not(None),
            )
            .group_by(case_pictures.c.case_number)
        )
        async with reading(self._engine) as connection:
            return {row.case_number: row.copies for row in await connection.execute(query)}

    async def open_burst(self, guild_id: int, author_id: int, *, since: datetime) -> int | None:
        """The number of a member's open case about a burst."""
        query = select(func.max(cases.c.number)).where(
            cases.c.guild_id == guild_id,
            cases.c.author_id == author_id,
            cases.c.kind == CaseKind.PICTURE_BURST.value,
            cases.c.state == CaseState.OPEN.value,
            cases.c.opened_at >= since,
        )
        async with reading(self._engine) as connection:
            found: int | None = await connection.scalar(query)
            return found

"""Pictures: the values, and the ports to fetch, read and store them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.messages.message_seen import MessageSeen
from classifier import PartKind

TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
ENDINGS = frozenset({"png", "jpg", "jpeg", "webp", "gif"})
MOST_PICTURES = 10  #: per message; Discord's limit
MOST_COPIES = 4  #: per message
MOST_BYTES = 10_485_760  #: bytes of a picture that is fetched: Discord's limit for members without a subscription

#: Bits of 256 in which two pictures may differ and still count as the same. Both numbers are those that PDQ's reference
#: recommends: https://github.com/facebook/ThreatExchange/tree/main/pdq. Among 1,000 different pictures no two came
#: closer than 80 bits (`tests/bot/pictures`).
SAME_WITHIN = 31
ENOUGH_DETAIL = 50  #: quality of 100; plainer pictures, such as a blank page, look like too many others to be compared


class Unusable(StrEnum):
    """Why a picture couldn't be read."""

    NOT_FETCHED = "not_fetched"  #: deleted, or Discord didn't answer in time, or it isn't on Discord's servers
    TOO_LARGE = "too_large"  #: more than `MOST_BYTES`
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_PICTURE = "no_picture"  #: no picture, or an unsupported format


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A perceptual hash of 256 bits: similar for pictures that look alike."""

    bits: int

    def is_same_as(self, other: Fingerprint) -> bool:
        """Do the two look like one picture?"""
        return (self.bits ^ other.bits).bit_count() <= SAME_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRead:
    """The result of reading a picture."""

    fingerprint: Fingerprint | None = None  #: None if not requested, or the picture is too plain
    copy: bytes | None = None  #: a small WebP without any metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedPicture:
    """The fingerprint of a picture in a case that moderators decided as a violation."""

    number: int
    fingerprint: Fingerprint


class PictureSource(Protocol):
    """Downloads pictures that members posted."""

    async def fetch(self, file: AttachedFile) -> bytes | None:
        """The bytes; None if Discord's servers don't deliver them in time. Never raises for that."""


class NoPictures:
    """A source without pictures: for a bot without a connection."""

    async def fetch(self, file: AttachedFile) -> bytes | None:
        """Always None."""
        del file
        return None


class PictureReader(Protocol):
    """Decodes pictures, which are hostile like everything that members post."""

    @property
    def can_compare(self) -> bool:
        """Is the library that makes fingerprints installed?"""

    async def read(self, data: bytes, *, fingerprint: bool, copy: bool) -> PictureRead | Unusable:
        """Read what was requested from a picture; for animated ones, from the first frame. Takes up to about 2 s for a
        large one, in a thread. Never raises, whatever the bytes are."""


class PictureStore(Protocol):
    """Stores fingerprints and small copies with cases. They are deleted with the cases' texts, or once a case is no
    violation."""

    async def keep(self, guild_id: int, number: int, pictures: Sequence[PictureRead]) -> None:
        """Store what was read from the pictures of a case, in order; once for each case. Stores nothing for a case that
        was decided as no violation, or whose texts are deleted."""

    async def decided(self, guild_id: int) -> tuple[DecidedPicture, ...]:
        """The fingerprints of cases currently decided as violations, newest first; 2,000 at most."""

    async def copies(self, guild_id: int, number: int) -> tuple[bytes, ...]:
        """The small copies of a case, in order."""

    async def how_many_copies(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, int]:
        """The number of copies of each of these cases. Cases without copies are left out."""

    async def open_burst(self, guild_id: int, author_id: int, *, since: datetime) -> int | None:
        """The number of a member's open burst case that was opened since this time."""


def is_picture(file: AttachedFile) -> bool:
    """Is this a picture, judging by its type, or by its name if Discord left out the type?"""
    kind = file.kind.split(";")[0].strip().lower()
    return kind in TYPES or (not kind and file.name.rpartition(".")[2].lower() in ENDINGS)


def pictures_of(seen: MessageSeen) -> tuple[AttachedFile, ...]:
    """The pictures of a message, up to the limit."""
    return tuple(file for file in seen.files if is_picture(file))[:MOST_PICTURES]


def is_pictures_only(seen: MessageSeen) -> bool:
    """Does the message have nothing but pictures? Alt texts don't count."""
    if seen.is_title or seen.text.strip() or any(part.kind is not PartKind.FILE for part in seen.parts):
        return False
    return bool(seen.files) and all(is_picture(file) for file in seen.files)


def match(read: Iterable[Fingerprint], decided: Iterable[DecidedPicture]) -> DecidedPicture | None:
    """The first decided picture that matches one of these."""
    mine = tuple(read)
    return next((each for each in decided if any(each.fingerprint.is_same_as(one) for one in mine)), None)

"""What is known of a picture, and the ports: where pictures come from, what reads them, where they are kept."""

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
MOST_PICTURES = 10  #: of one message; Discord takes no more
MOST_COPIES = 4  #: of one message
MOST_BYTES = 10_485_760  #: of a picture that is fetched: as much as Discord takes from a member without a subscription

#: Bits of 256 in which two pictures may differ and still be the same one. Both numbers are those that PDQ's reference
#: recommends: https://github.com/facebook/ThreatExchange/tree/main/pdq. Among 1,000 different pictures no two came
#: closer than 80 bits (`tests/bot/pictures`).
SAME_WITHIN = 31
ENOUGH_DETAIL = 50  #: of 100; plainer pictures, such as a blank page, look like too many others to be compared


class Unusable(StrEnum):
    """Why nothing is known of a picture."""

    NOT_FETCHED = "not_fetched"  #: gone, or Discord did not answer in time, or it is not on Discord's servers
    TOO_LARGE = "too_large"  #: more than `MOST_BYTES`
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_PICTURE = "no_picture"  #: the bytes are none, or of a kind that is not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What pictures that look alike have in common: 256 bits."""

    bits: int

    def is_same_as(self, other: Fingerprint) -> bool:
        """Do the two look like one picture?"""
        return (self.bits ^ other.bits).bit_count() <= SAME_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRead:
    """What was read of a picture."""

    fingerprint: Fingerprint | None = None  #: None where it was not asked for, or the picture is too plain
    copy: bytes | None = None  #: a small WebP without any metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedPicture:
    """The fingerprint of a picture on a case that moderators decided as a violation."""

    number: int
    fingerprint: Fingerprint


class PictureSource(Protocol):
    """Hands out what members posted."""

    async def fetch(self, file: AttachedFile) -> bytes | None:
        """The bytes; None where Discord's servers do not hand them out in time. Never raises for that."""


class NoPictures:
    """A source without pictures: for a bot that is connected to nothing."""

    async def fetch(self, file: AttachedFile) -> bytes | None:
        """None."""
        del file
        return None


class PictureReader(Protocol):
    """Decodes pictures, which are hostile like everything that members post."""

    @property
    def can_compare(self) -> bool:
        """Is what makes fingerprints installed?"""

    async def read(self, data: bytes, *, fingerprint: bool, copy: bool) -> PictureRead | Unusable:
        """What was asked for of a picture, of animated ones of their first frame. Takes up to some 2 s for a large one,
        in a thread. Raises nothing, whatever the bytes are."""


class PictureStore(Protocol):
    """Fingerprints and small copies, kept with cases: gone with their texts, and once they are no violation."""

    async def keep(self, guild_id: int, number: int, pictures: Sequence[PictureRead]) -> None:
        """Keep what was read of the pictures of a case, in their order; once for each case. Nothing is kept of a case
        that was decided to be no violation, or whose texts are gone."""

    async def decided(self, guild_id: int) -> tuple[DecidedPicture, ...]:
        """The fingerprints on cases that are decided as violations now, the newest first; 2,000 at most."""

    async def copies(self, guild_id: int, number: int) -> tuple[bytes, ...]:
        """The small copies of a case, in their order."""

    async def how_many_copies(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, int]:
        """Of each of these cases that has any."""

    async def open_burst(self, guild_id: int, author_id: int, *, since: datetime) -> int | None:
        """The number of a member's open case about a burst that was opened since then."""


def is_picture(file: AttachedFile) -> bool:
    """Is this a picture, going by its type, or its name where Discord left the type out?"""
    kind = file.kind.split(";")[0].strip().lower()
    return kind in TYPES or (not kind and file.name.rpartition(".")[2].lower() in ENDINGS)


def pictures_of(seen: MessageSeen) -> tuple[AttachedFile, ...]:
    """The pictures of a message, as many as are looked at."""
    return tuple(file for file in seen.files if is_picture(file))[:MOST_PICTURES]


def is_pictures_only(seen: MessageSeen) -> bool:
    """Is there nothing in the message but pictures? What is written about them in their alt text does not count."""
    if seen.is_title or seen.text.strip() or any(part.kind is not PartKind.FILE for part in seen.parts):
        return False
    return bool(seen.files) and all(is_picture(file) for file in seen.files)


def match(read: Iterable[Fingerprint], decided: Iterable[DecidedPicture]) -> DecidedPicture | None:
    """The first decided picture that one of these is the same as."""
    mine = tuple(read)
    return next((each for each in decided if any(each.fingerprint.is_same_as(one) for one in mine)), None)

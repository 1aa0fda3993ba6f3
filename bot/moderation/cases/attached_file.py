"""A file attached to a message: its name, and why its text wasn't read, if it wasn't."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NotRead(StrEnum):
    """Why the text of a file was not read, or not all of it. The values are stored."""

    NO_TEXT = "no_text"  #: a picture, a recording, an archive: only its description and its name are read
    TOO_LARGE = "too_large"
    NOT_FETCHED = "not_fetched"  #: not requested yet, or Discord didn't deliver it
    IN_PART = "in_part"  #: its beginning, its end and passages between them were read
    TOO_MANY = "too_many"  #: the message has more files than are read


#: The text of such a file is unknown, so a message with one is never simply clear.
UNKNOWN = frozenset({NotRead.TOO_LARGE, NotRead.NOT_FETCHED, NotRead.TOO_MANY})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file of a message. Its name is the member's own: hostile, like everything that members write."""

    name: str
    kind: str = ""  #: the content type according to Discord; empty if it gives none
    size: int = 0  #: bytes
    url: str = ""
    description: str = ""  #: the member's alt text
    not_read: NotRead | None = NotRead.NOT_FETCHED  #: None if its text was read completely

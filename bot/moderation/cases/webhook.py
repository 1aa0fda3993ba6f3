"""What posts in the name of others: a webhook, and the member's message whose words it repeats."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The webhook that posted a message."""

    id: int
    name: str = ""  #: as members see it above the message


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedMessage:
    """A member's message with the words that a webhook posted."""

    message_id: int
    member_id: int
    certain: bool  #: it was deleted within seconds of the copy, as a proxy does; otherwise these may be others' words

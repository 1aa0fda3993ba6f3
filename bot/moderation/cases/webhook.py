"""Webhooks that post on behalf of members, and the member's message that one repeats."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The webhook that posted a message."""

    id: int
    name: str = ""  #: as members see it above the message


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedMessage:
    """The member's message that a webhook repeated."""

    message_id: int
    member_id: int
    certain: bool  #: deleted within seconds of the copy, as proxies do; otherwise the words may be somebody else's

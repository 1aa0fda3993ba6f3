"""A server's settings: where cards go, who may decide and who may write policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MAX_APPEAL_LENGTH = 1_000  #: characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Set by ``/setup``. Without a row, a server is not judged at all."""

    guild_id: int
    review_channel_id: int  #: where cards go
    reviewer_role_id: int | None  #: who may decide, in addition to those who may manage messages
    retention_days: int = 30  #: how long the text of a case is kept
    card_trouble_told: bool = False  #: whether an admin was told that cards can't be posted
    policy_editor_role_id: int | None = None  #: who may write policies, in addition to those who may manage the server
    appeal: str = ""  #: how members appeal, in the server's own words; shown by ``/rules``


class ServerStore(Protocol):
    """Stores the settings of all servers."""

    async def get(self, guild_id: int) -> ServerSettings | None:
        """The server's settings; None before its first ``/setup``."""

    async def all(self) -> tuple[ServerSettings, ...]:
        """The settings of every server that was set up."""

    async def save(self, settings: ServerSettings, *, actor_id: int) -> None:
        """Keep the settings and write an audit entry, in one transaction."""

    async def tell_once(self, guild_id: int) -> bool:
        """Set `card_trouble_told`. True for the one caller that set it; that one tells an admin."""

    async def trouble_over(self, guild_id: int) -> None:
        """Clear `card_trouble_told`, because cards can be posted again."""

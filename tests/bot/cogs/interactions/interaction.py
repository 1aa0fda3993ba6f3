"""A stand-in for an interaction with Discord, for what needs no server around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord


class Interaction:
    """Answers go to `sent`, as follow-ups."""

    def __init__(
        self,
        refuses: Exception | None = None,
        *,
        kind: discord.InteractionType = discord.InteractionType.application_command,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Make one.

        Args:
            refuses: what Discord answers instead of taking an answer.
            data: what Discord sends.
        """
        self.sent: list[dict[str, Any]] = []
        self.response = self.followup = self
        self.refuses = refuses
        self.type = kind
        self.data = data
        self.user = discord.Object(77)
        self.locale = discord.Locale.american_english

    def is_done(self) -> bool:
        """The answer goes out as a follow-up."""
        return True

    async def defer(self, **options: object) -> None:
        """The answer takes longer."""

    async def send(self, **options: Any) -> None:
        """Keep what is sent, or refuse it."""
        if self.refuses:
            raise self.refuses
        self.sent.append(options)

"""Advises when a policy is in another language than its server's messages. Given once, when that begins."""

from __future__ import annotations

from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.policies.reading import beside_the_loop
from guild_policies.findings import Finding
from guild_policies.language import language_of, other_language, words_of
from guild_policies.text.parse import policy_of


class PolicyLanguage:
    """Compares a policy's language with that of the server's last lines, which are held in memory only."""

    def __init__(self, recent: RecentLines) -> None:
        self._recent = recent

    async def advice(self, guild_id: int, text: str, *, before: str | None) -> tuple[Finding, ...]:
        """The advice on a text that is saved; none if its author was told about the text before it.

        Args:
            before: the draft or version that the text replaces; None for a new policy.
        """
        lines = self._recent.of_server(guild_id)
        return await beside_the_loop(lambda: _advice(text, before, lines), text, *lines) if lines else ()


def _advice(text: str, before: str | None, lines: tuple[str, ...]) -> tuple[Finding, ...]:
    policy = policy_of(text)
    if before is not None and language_of(words_of(policy_of(before))) == language_of(words_of(policy)):
        return ()
    found = other_language(policy, lines)
    return () if found is None else (found,)

"""Searches appeals for reviewers. Texts are encrypted, so only a limited number of the newest appeals is searched."""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.appeals.appeal import Appeal, AppealKey, AppealSearch, AppealSearchStore
from bot.moderation.appeals.file import AppealFile, AppealFiles

LOOKED_AT = 500  #: appeals searched, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Appeals found, newest first. `cut`: there may be older ones that weren't searched."""

    appeals: tuple[Appeal, ...]
    looked_at: int
    cut: bool


class AppealLookup:
    """Looks appeals up."""

    def __init__(self, *, appeals: AppealSearchStore, files: AppealFiles) -> None:
        self._appeals = appeals
        self._files = files

    async def show(self, guild_id: int, number: int, attempt: int | None = None) -> AppealFile | None:
        """An appeal of a case: the newest, unless an attempt is given."""
        if attempt is not None:
            return await self._files.find(AppealKey(guild_id=guild_id, case_number=number, attempt=attempt))
        appeals = await self._appeals.of_case(guild_id, number)
        return await self._files.of(appeals[-1]) if appeals else None

    async def search(self, guild_id: int, wanted: AppealSearch, *, words: str = "") -> Found:
        """Appeals that match the filter and contain the given words, if any. Ignores upper and lower case."""
        looked_at = await self._appeals.search(guild_id, wanted, limit=LOOKED_AT)
        sought = words.strip().casefold()
        return Found(
            appeals=tuple(appeal for appeal in looked_at if sought in _words(appeal)),
            looked_at=len(looked_at),
            cut=len(looked_at) == LOOKED_AT,
        )


def _words(appeal: Appeal) -> str:
    texts = [each.text for each in appeal.answers]
    texts += [text for each in appeal.asked for text in (each.question, each.answer)]
    texts.append(appeal.review.reason if appeal.review else None)
    return "\n".join(text for text in texts if text).casefold()

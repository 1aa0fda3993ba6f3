"""What a version flagged while it started strict, told to the moderators when that ends."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, how_many, name
from bot.moderation.policies.strict_starts import StrictReport, StrictStarts

_log = logging.getLogger(__name__)


class StrictReports:
    """Tells the moderators of strict starts that are over, and ends them."""

    def __init__(self, posts: ProgressPosts, strict_starts: StrictStarts) -> None:
        self._posts = posts
        self._strict_starts = strict_starts

    async def run(self, serves: Callable[[int], bool]) -> None:
        """Report first, then end, so a crash in between reports twice. The end does not wait for a report that Discord
        refuses: the date was promised."""
        async for report in self._strict_starts.reports(serves):
            async with surviving("the report of a strict start"):
                guild_id = report.policy.guild_id
                if await self._posts.post(guild_id, report.review_channel_id, report_of(report)) is None:
                    _log.warning("the numbers of a strict start were not posted", extra={"guild": guild_id})
                await self._strict_starts.relax(report.policy)


def report_of(report: StrictReport) -> Reply:
    """The numbers, and what applies from now on."""
    policy, decided = report.policy, report.confirmed + report.dismissed
    number = f" version {policy.published.number}" if policy.published else ""
    head = (
        f"**The strict start of {name(policy.name)}{number} is over.** It began {at(report.strict.since)}, and "
        f"{how_many(decided, 'case was', 'cases were')} decided since: {report.confirmed} as violations, "
        f"{report.dismissed} dismissed."
    )
    lines = [head]
    extra = report.extra_confirmed + report.extra_dismissed
    if extra:
        lines.append(
            f"{how_many(extra, 'of them was', 'of them were')} flagged only because it was strict: "
            f"{report.extra_confirmed} violations, {report.extra_dismissed} dismissed."
        )
    lines.append(
        f"From now on its own settings apply: threshold {policy.settings.threshold:g}. Automatic actions that are "
        "switched on apply again.\n-# /policy scope changes the settings."
    )
    return Reply(text="\n".join(lines))

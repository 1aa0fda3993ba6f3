"""Reports to moderators what a version flagged during its strict start, when that ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import at, name, score_number
from bot.languages.translation import _, ngettext, number
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
                if await self._posts.post(guild_id, report.review_channel_id, partial(report_of, report)) is None:
                    _log.warning("the numbers of a strict start were not posted", extra={"guild": guild_id})
                await self._strict_starts.relax(report.policy)


def report_of(report: StrictReport) -> Reply:
    """The statistics, and what applies from now on."""
    policy, decided = report.policy, report.confirmed + report.dismissed
    values = {"policy": name(policy.name), "moment": at(report.strict.since)}
    lines = [
        _(
            "**The strict start of {policy}, version {number}, is over.** It began {moment}.",
            number=policy.published.number,
            **values,
        )
        if policy.published
        else _("**The strict start of {policy} is over.** It began {moment}.", **values),
        ngettext(
            "{n} case was decided since: {violations} as violation, {dismissed} dismissed.",
            "{n} cases were decided since: {violations} as violations, {dismissed} dismissed.",
            decided,
            violations=number(report.confirmed),
            dismissed=number(report.dismissed),
        ),
    ]
    extra = report.extra_confirmed + report.extra_dismissed
    if extra:
        lines.append(
            ngettext(
                "{n} of them was flagged only because it was strict: {violations} violation, {dismissed} dismissed.",
                "{n} of them were flagged only because it was strict: {violations} violations, {dismissed} dismissed.",
                extra,
                violations=number(report.extra_confirmed),
                dismissed=number(report.extra_dismissed),
            )
        )
    lines.append(
        _(
            "From now on, its own settings apply: threshold {score}. Automatic actions that are turned on apply again.",
            score=score_number(policy.settings.threshold),
        )
    )
    lines.append(_("-# /policy scope changes the settings."))
    return Reply(text="\n".join(lines))

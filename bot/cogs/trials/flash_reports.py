"""Reports to moderators what a flash rule flagged, when its time is over."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import name
from bot.cogs.policies.buttons import PolicyButton, PolicyClick, PolicyVerb
from bot.languages.translation import _, ngettext, number
from bot.moderation.policies.flash import MAX_SENTENCE, FlashReport, FlashRules


class FlashReports:
    """Tells the moderators of flash rules whose time is over, and ends them."""

    def __init__(self, posts: ProgressPosts, flash: FlashRules) -> None:
        self._posts = posts
        self._flash = flash

    async def run(self, serves: Callable[[int], bool]) -> None:
        """Report first, then end. If Discord refuses now, the report is posted in the next run; the rule judges nothing
        meanwhile. A rule whose channel was deleted ends without a report."""
        async for report in self._flash.reports(serves):
            async with surviving("the report of a flash rule"):
                guild_id, channel_id = report.policy.guild_id, report.review_channel_id
                posted = await self._posts.post(guild_id, channel_id, partial(report_of, report))
                if posted is not None or not self._posts.has_channel(guild_id, channel_id):
                    await self._flash.end(report.policy)


def report_of(report: FlashReport) -> Reply:
    """What a flash rule flagged, and how to keep it."""
    policy = report.policy
    flagged = (
        ngettext(
            "It flagged {n} case: {violations} decided as violation, {dismissed} dismissed, {open} still open.",
            "It flagged {n} cases: {violations} decided as violations, {dismissed} dismissed, {open} still open.",
            report.flagged,
            violations=number(report.confirmed),
            dismissed=number(report.dismissed),
            open=number(report.open),
        )
        if report.flagged
        else _("It flagged nothing.")
    )
    over = _(
        "**The time of {policy} is over:** {sentence}",
        policy=name(policy.name),
        sentence=on_one_line(report.sentence, MAX_SENTENCE),
    )
    paused = _("-# It is paused now. You can turn it into a lasting policy with a draft; /policy delete removes it.")
    return Reply(
        text=f"{over}\n{flagged}\n{paused}",
        buttons=(PolicyButton(PolicyClick(verb=PolicyVerb.KEEP_FLASH, policy_id=policy.id)),),
    )

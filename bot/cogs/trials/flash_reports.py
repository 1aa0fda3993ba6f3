"""What a flash rule flagged, told to the moderators when its time is over."""

from __future__ import annotations

from collections.abc import Callable

from bot.cogs.cards.progress_posts import ProgressPosts
from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import how_many, name
from bot.cogs.policies.buttons import PolicyButton, PolicyClick, PolicyVerb
from bot.moderation.policies.flash import MAX_SENTENCE, FlashReport, FlashRules


class FlashReports:
    """Tells the moderators of flash rules whose time is over, and ends them."""

    def __init__(self, posts: ProgressPosts, flash: FlashRules) -> None:
        self._posts = posts
        self._flash = flash

    async def run(self, serves: Callable[[int], bool]) -> None:
        """Report first, then end. What Discord does not take now is reported on the next turn: nothing is judged by the
        rule meanwhile. A rule whose channel is gone ends without a report."""
        async for report in self._flash.reports(serves):
            async with surviving("the report of a flash rule"):
                guild_id, channel_id = report.policy.guild_id, report.review_channel_id
                posted = await self._posts.post(guild_id, channel_id, report_of(report))
                if posted is not None or not self._posts.has_channel(guild_id, channel_id):
                    await self._flash.end(report.policy)


def report_of(report: FlashReport) -> Reply:
    """What a flash rule flagged, and how to keep it."""
    policy = report.policy
    flagged = (
        f"It flagged {how_many(report.flagged, 'case', 'cases')}: {report.confirmed} decided as violations, "
        f"{report.dismissed} dismissed, {report.open} still open."
        if report.flagged
        else "It flagged nothing."
    )
    return Reply(
        text=f"**The time of {name(policy.name)} is over:** {on_one_line(report.sentence, MAX_SENTENCE)}\n{flagged}\n"
        "-# It is paused now. A draft made from it can become a lasting policy; /policy delete removes it.",
        buttons=(PolicyButton(PolicyClick(verb=PolicyVerb.KEEP_FLASH, policy_id=policy.id)),),
    )

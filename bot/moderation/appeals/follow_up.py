"""Scheduled work on appeals: finishes what was begun, and reminds moderators of appeals that are waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.moderation.appeals.appeal import UNDECIDED, Appeal, AppealQueue
from bot.moderation.appeals.cards import AppealCards
from bot.moderation.appeals.hearing import AppealHearing
from bot.moderation.servers.options import AppealOptions, OptionStore

#: Newer ones are still being handled by the task that began them.
SETTLES_WITHIN = timedelta(minutes=2)


class AppealFollowUp:
    """Posts cards that Discord refused, asks the judge again, finishes work that an earlier process began, and
    reminds."""

    def __init__(
        self,
        *,
        appeals: AppealQueue,
        options: OptionStore,
        cards: AppealCards,
        hearing: AppealHearing,
        now: Callable[[], datetime],
    ) -> None:
        self._appeals = appeals
        self._options = options
        self._cards = cards
        self._hearing = hearing
        self._now = now

    async def run(self, serves: Callable[[int], bool] = lambda _: True) -> None:
        """Finish, then remind: the scheduled work."""
        await self.finish(serves)
        await self.remind(serves)

    async def finish(self, serves: Callable[[int], bool] = lambda _: True) -> int:
        """Take every unfinished appeal one step further. Returns how many there were.

        Args:
            serves: is this process responsible for this server?
        """
        before, count = self._now() - SETTLES_WITHIN, 0
        for guild_id in sorted(filter(serves, await self._appeals.servers_with_unfinished(before=before))):
            for appeal in await self._appeals.unfinished(guild_id, before=before):
                await self._further(appeal)
                count += 1
        return count

    async def take_over(self, guild_id: int) -> int:
        """Show the new appeals of a server, which another process may have received. Returns how many there were.
        Leaves those that this process received to the task that is handling them."""
        waiting = await self._appeals.waiting(guild_id, before=self._now() + SETTLES_WITHIN)
        new = [each for each in waiting if each.card_message_id is None and not self._cards.is_at(each.key)]
        for appeal in new:
            await self._cards.show_with_case(appeal.key)
            await self._cards.judge_again(appeal.key)
        return len(new)

    async def remind(self, serves: Callable[[int], bool] = lambda _: True) -> int:
        """Remind moderators of waiting appeals, each at most once per stale period of its server. Returns how many."""
        reminded = 0
        for guild_id in sorted(await self._appeals.servers_with_waiting()):
            if not serves(guild_id):
                continue
            options = await self._options.get(guild_id, AppealOptions)
            before = self._now() - timedelta(hours=options.stale_hours)
            waiting = await self._appeals.waiting(guild_id, before=before)
            if waiting and await self._cards.remind(guild_id, waiting):
                for appeal in waiting:
                    await self._appeals.note_reminder(appeal.key)
                reminded += len(waiting)
        return reminded

    async def _further(self, appeal: Appeal) -> None:
        if appeal.state not in UNDECIDED:
            await self._hearing.conclude(appeal.key)
        elif appeal.card_message_id is None:
            await self._cards.show(appeal.key)
        if appeal.state in UNDECIDED and appeal.fresh is None:
            await self._cards.judge_again(appeal.key)

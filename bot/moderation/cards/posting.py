"""Gets the card of every case into a moderators' channel, once: alone, on a shared card, or held back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.moderation.cards.board import CardBoard, CardPosted, CardRefused
from bot.moderation.cards.debounce import Debounce
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.raids import RaidWatch
from bot.moderation.cards.rate_limit import HourlyCount, RateLimit
from bot.moderation.cards.route import SEVERE, Route, route_of, severest
from bot.moderation.cards.shared_card import CardGroupStore, GroupKind
from bot.moderation.cards.shared_cards import SharedCards, Waiting
from bot.moderation.cases.case import CardState, Case, CaseCards
from bot.moderation.messages.intake import Tally
from bot.moderation.servers.options import CardOptions, OptionStore
from bot.moderation.servers.server import ServerSettings, ServerStore

_log = logging.getLogger(__name__)

IN_RESERVE = 1  #: posts of a channel that are kept for shared cards
_NOT_ALONE = frozenset({CardState.PENDING, CardState.GROUPED, CardState.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStores:
    """What posting a card reads and writes."""

    cases: CaseCards
    servers: ServerStore
    options: OptionStore
    groups: CardGroupStore


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTiming:
    """The clocks that posting goes by."""

    now: Callable[[], datetime]
    clock: Callable[[], float]  #: seconds that only go forward, in step with `sleep`
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class CardPosting:
    """Posts, refreshes and catches up on cards.

    A case is kept whatever Discord says; its card stays pending until it is posted. An administrator is told of
    trouble once, and again only after cards went through in between. What comes faster than a channel takes it, and
    what is more in an hour than the server wants, goes on shared cards; severe cases are never held back.
    """

    def __init__(
        self,
        *,
        board: CardBoard,
        faces: Faces,
        stores: CardStores,
        tally: Tally,
        timing: CardTiming,
    ) -> None:
        self._board = board
        self._faces = faces
        self._cases = stores.cases
        self._servers = stores.servers
        self._options = stores.options
        self._pace = RateLimit(timing.clock)
        self._hourly = HourlyCount(timing.clock)
        self._raids = RaidWatch(timing.clock)
        self._shared = SharedCards(
            board=board,
            groups=stores.groups,
            pace=self._pace,
            hourly=self._hourly,
            clock=timing.clock,
            sleep=timing.sleep,
        )
        self._shared.subscribe(refused=self._refused, alone=self.show_alone, shown=self._count)
        self._tally = tally
        self._now = timing.now
        self._clock = timing.clock
        self._posting: set[tuple[int, int]] = set()
        self._in_trouble: set[int] = set()
        self._detours: set[int] = set()  # channels of routes of which an administrator was told that they are closed
        self._refreshes = Debounce(self._refresh_now, sleep=timing.sleep)

    def in_trouble(self, guild_id: int) -> bool:
        """Was the last card of this server refused? Known since the start of this process only."""
        return guild_id in self._in_trouble

    async def show(self, case: Case) -> Case:
        """Post the card, let it wait for a shared one, or leave it pending. The case comes back as it is then."""
        settings = await self._servers.get(case.guild_id)
        key = (case.guild_id, case.number)
        if settings is None or case.card_state is not CardState.PENDING or key in self._posting:
            return case
        self._posting.add(key)
        try:
            options = await self._options.get(case.guild_id, CardOptions)
            waiting = self._crowded(case, settings, options)
            if waiting is not None:
                self._shared.put(waiting)
                return case
            return await self._post(case, settings, options)
        finally:
            self._posting.discard(key)

    async def show_alone(self, case: Case) -> Case:
        """Give a case a card of its own, even if it was held back or is on a shared card."""
        settings = await self._servers.get(case.guild_id)
        key = (case.guild_id, case.number)
        if settings is None or case.card_state not in _NOT_ALONE or key in self._posting:
            return case
        self._posting.add(key)
        try:
            calls = case.card_state is CardState.PENDING  # of what was held back, nobody is called late
            return await self._post(case, settings, await self._options.get(case.guild_id, CardOptions), calls=calls)
        finally:
            self._posting.discard(key)

    async def refresh(self, case: Case) -> None:
        """Show the case as it is now. A card that was deleted is posted again while its case is open.

        Discord may have taken a pending card before without our hearing of it, and shows that one then: so a card that
        was pending is posted and brought up to date.
        """
        await self._shared.refresh(case)
        if case.card_state is CardState.PENDING:
            case = await self.show(case)
        if case.card_state is CardState.POSTED and not await self._board.refresh(await self._faces.of(case)):
            await self.show(await self._cases.card_lost(case.guild_id, case.number))

    def refresh_soon(self, case: Case) -> None:
        """Show the case as it will be in a few seconds: for what comes in quick succession."""
        self._refreshes.call(case.guild_id, case.number)

    async def close(self, *, seconds: float) -> None:
        """Give what waits for a shared card so much time. What is left is caught up on after the next start."""
        await self._refreshes.close()
        await self._shared.close(seconds=seconds)

    async def settle(self) -> None:
        """Wait until nothing waits: for tests and measurements."""
        await self._refreshes.settle()
        await self._shared.settle()

    async def _refresh_now(self, guild_id: int, number: int) -> None:
        case = await self._cases.get(guild_id, number)
        if case is not None:
            await self.refresh(case)

    async def catch_up(self, guild_id: int) -> int:
        """Post what is pending in a server, oldest first; how many cards went through. It ends at the first refusal, so
        that a closed channel costs one request and not a hundred."""
        posted = 0
        for case in await self._cases.pending_cards(guild_id):
            shown = await self.show(case)
            if shown.card_state is CardState.POSTED:
                posted += 1
                await self.refresh(shown)
            elif self.in_trouble(guild_id):
                break
        return posted

    async def servers_to_catch_up(self) -> frozenset[int]:
        """The servers in which cards are pending: one question for all of them."""
        return await self._cases.servers_with_pending_cards()

    async def catch_up_all(self, serves: Callable[[int], bool]) -> None:
        """Catch up server by server, so that one whose channel is closed does not hold up the others.

        Args:
            serves: is this server this process's to look after?
        """
        for guild_id in sorted(await self.servers_to_catch_up()):
            if serves(guild_id):
                await self.catch_up(guild_id)

    def _crowded(self, case: Case, settings: ServerSettings, options: CardOptions) -> Waiting | None:
        """With what this case shares a card; None where it gets one of its own."""
        route = route_of(case.judged.rules, settings, options, at=self._now())
        waiting = Waiting(
            case=case,
            key=(GroupKind.BATCH, None),
            route=route,
            settings=settings,
            since=self._clock(),
            cards_per_hour=options.cards_per_hour,
        )
        raid = self._raids.see(case)
        if raid is not None and self._shared.has_room_for(raid.key, route.channel_id):
            return replace(waiting, key=(GroupKind.RAID, raid.key), besides=raid.numbers)
        over = self._hourly.of(case.guild_id) >= options.cards_per_hour
        if over and severest(case.judged.rules) != SEVERE:
            calm = replace(route, channel_id=settings.review_channel_id, ping_role_id=None, silent=True)
            return replace(waiting, key=(GroupKind.HELD, None), route=calm)
        busy = self._shared.is_busy(route.channel_id)
        return waiting if busy or self._pace.room(route.channel_id, "post") < 1 + IN_RESERVE else None

    async def _post(self, case: Case, settings: ServerSettings, options: CardOptions, *, calls: bool = True) -> Case:
        route = route_of(case.judged.rules, settings, options, at=self._now())
        if not calls:
            route = replace(route, ping_role_id=None, silent=True)
        self._pace.take(route.channel_id, "post")
        answer = await self._ask(case, settings, route)
        if isinstance(answer, CardRefused) and answer.permanent and route.channel_id != settings.review_channel_id:
            await self._tell_of_detour(settings, route, answer)
            self._pace.take(settings.review_channel_id, "post")
            answer = await self._ask(case, settings, replace(route, channel_id=settings.review_channel_id))
        elif isinstance(answer, CardPosted):
            self._detours.discard(route.channel_id)
        if isinstance(answer, CardPosted):
            return await self._posted(case, settings, answer)
        await self._refused(case, answer)
        return case

    async def _ask(self, case: Case, settings: ServerSettings, route: Route) -> CardPosted | CardRefused:
        face = await self._faces.of(case)
        self._pace.give_back(route.channel_id, "post")  # it was taken in advance; what counts is when it is made
        self._pace.take(route.channel_id, "post")
        answer = await self._board.post(face, settings, route)
        if isinstance(answer, CardRefused):
            self._pace.give_back(route.channel_id, "post")
        return answer

    async def _tell_of_detour(self, settings: ServerSettings, route: Route, refusal: CardRefused) -> None:
        if route.channel_id in self._detours:
            return
        self._detours.add(route.channel_id)
        await self._board.tell_admin(
            settings.guild_id,
            f"Bylaw cannot post cards in <#{route.channel_id}>: {refusal.why} They go to the review channel until "
            "/settings route names another channel.",
        )

    async def _posted(self, case: Case, settings: ServerSettings, card: CardPosted) -> Case:
        self._tally.cards += 1
        self._hourly.add(case.guild_id)
        self._in_trouble.discard(case.guild_id)
        shown = await self._cases.card_posted(
            case.guild_id, case.number, channel_id=card.channel_id, message_id=card.message_id
        )
        if settings.card_trouble_told:
            await self._servers.trouble_over(case.guild_id)
        return shown

    def _count(self, cases: int) -> None:
        self._tally.cards += cases

    async def _refused(self, case: Case, refusal: CardRefused) -> None:
        self._in_trouble.add(case.guild_id)
        _log.warning("card not posted guild=%d case=%d why=%s", case.guild_id, case.number, refusal.why)
        if refusal.permanent and await self._servers.tell_once(case.guild_id):
            await self._board.tell_admin(
                case.guild_id,
                f"Bylaw cannot post its cards: {refusal.why} Cases are kept and posted when it works again.",
            )

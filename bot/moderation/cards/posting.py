"""Posts the card of every case in a moderators' channel, once: on its own, on a shared card, or held back."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from bot.languages.translation import marked
from bot.log_context import logged_with
from bot.moderation.cards.board import CardBoard, CardPosted, CardRefused
from bot.moderation.cards.debounce import Debounce
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.raids import RaidWatch
from bot.moderation.cards.rate_limit import HourlyCount, RateLimit
from bot.moderation.cards.refusals import Refusals
from bot.moderation.cards.route import SEVERE, Route, route_of, severest
from bot.moderation.cards.shared_card import CardGroupStore, GroupKind
from bot.moderation.cards.shared_cards import SharedCards, Waiting
from bot.moderation.cards.turns import Turns
from bot.moderation.cases.case import CardState, Case, CaseCards
from bot.moderation.cases.raid_control import ControlsOfCards
from bot.moderation.messages.intake import Tally
from bot.moderation.servers.options import CardOptions, OptionStore
from bot.moderation.servers.server import ServerSettings, ServerStore

_log = logging.getLogger(__name__)

IN_RESERVE = 1  #: posts per channel that are reserved for shared cards
REFUSALS_AT_ONCE = 10  #: after this many refusals in a row, a channel's other cards wait for the next run
_CANNOT_POST_THERE = marked(
    "Bylaw cannot post cards in {channel}: {why} They go to the review channel until this is fixed or /settings route "
    "names another channel."
)
_CANNOT_POST = marked(
    "Bylaw cannot post its cards: {why} Cases are kept, and their cards are posted when it works again."
)
_CANNOT_POST_ONE = marked(
    "Bylaw cannot post a card in case {number}: {why} The case is kept, and its card is posted when it works again."
)
_CANNOT_POST_APPEAL = marked(
    "Bylaw cannot post the appeal in case {number}: {why} The appeal is kept, and its card is posted when it works "
    "again."
)
_NOT_ALONE = frozenset({CardState.PENDING, CardState.GROUPED, CardState.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStores:
    """The stores that posting a card reads and writes."""

    cases: CaseCards
    servers: ServerStore
    options: OptionStore
    groups: CardGroupStore
    controls: ControlsOfCards | None = None  #: raid controls; None if unused


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTiming:
    """The clocks that posting uses."""

    now: Callable[[], datetime]
    clock: Callable[[], float]  #: seconds that only go forward, in step with `sleep`
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class CardPosting:
    """Posts, refreshes and catches up on cards.

    A case is stored whatever Discord answers, and its card stays pending until it is posted. An administrator is told
    of a problem once, and again only if cards were posted in between. A card that a channel refuses permanently goes to
    the review channel; if that refuses it too, it waits behind cards that were refused less often. Cards above the
    channel's rate limit or the server's hourly limit go on shared cards. Severe cases are never held back.

    Every request for a card reads the case's row again first, one request at a time for each case. So there is only one
    card, and it shows the latest row.
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
            controls=stores.controls,
        )
        self._groups = stores.groups
        self._shared.subscribe(refused=self._shared_refused, alone=self.show_alone, shown=self._count)
        self._tally = tally
        self._now = timing.now
        self._clock = timing.clock
        self._turns = Turns()
        self._refusals = Refusals()
        self._refreshes = Debounce(self._refresh_now, sleep=timing.sleep)

    @asynccontextmanager
    async def _turn_of(self, case: Case) -> AsyncIterator[None]:
        """Hold the lock of this case's card, and name the case in the log."""
        with logged_with(guild=case.guild_id, case=case.number):
            async with self._turns.of(case.guild_id, case.number):
                yield

    def in_trouble(self, guild_id: int) -> bool:
        """Is a card of this server waiting because it was refused? Only counts refusals since this process started."""
        return self._refusals.is_any(guild_id)

    @property
    def refusals(self) -> Refusals:
        """The refusals, for code that shows them or posts cards of another kind."""
        return self._refusals

    async def show(self, case: Case) -> Case:
        """Post the card, queue it for a shared card, or leave it pending. Returns the case as it is afterwards.

        If another task posted the card meanwhile, that card is refreshed.
        """
        if case.card_state is not CardState.PENDING:
            return case
        async with self._turn_of(case):
            settings = await self._servers.get(case.guild_id)
            if settings is None or self._shared.holds(case):
                return case
            options = await self._options.get(case.guild_id, CardOptions)
            waiting = self._crowded(case, settings, options)
            if waiting is not None:
                self._shared.put(waiting)  # whether it still needs a card is checked when it gets one
                return case
            channel_id = route_of(case.judged.rules, settings, options, at=self._now()).channel_id
            taken_at = self._pace.take(channel_id, "post")  # so that other tasks see it meanwhile
            try:
                now = await self._cases.get(case.guild_id, case.number) or case
            finally:
                self._pace.give_back(channel_id, "post", taken_at)
            if now.card_state is CardState.PENDING:
                return await self._post(now, settings, options)
            await self._bring_up_to_date(now)
            return now

    async def show_alone(self, case: Case) -> Case:
        """Give a case a card of its own, even if it was held back or is on a shared card."""
        async with self._turn_of(case):
            case = await self._cases.get(case.guild_id, case.number) or case
            settings = await self._servers.get(case.guild_id)
            if settings is None or case.card_state not in _NOT_ALONE or not self._shared.lets_go(case):
                return case
            calls = case.card_state is CardState.PENDING  # a held-back card pings nobody when it is posted later
            options = await self._options.get(case.guild_id, CardOptions)
            return await self._post(case, settings, options, calls=calls)

    async def refresh(self, case: Case) -> None:
        """Show the case as it is now. A card that was deleted is posted again while its case is open.

        Discord may have accepted a pending card before without our knowing, and then that post would show the old
        state. So a card that was pending is posted and then refreshed.
        """
        async with self._turn_of(case):
            case = await self._cases.get(case.guild_id, case.number) or case
            if case.card_state is CardState.PENDING:
                case = await self._show(case)
            await self._bring_up_to_date(case)

    async def _show(self, case: Case) -> Case:
        settings = await self._servers.get(case.guild_id)
        if settings is None or self._shared.holds(case):
            return case
        options = await self._options.get(case.guild_id, CardOptions)
        waiting = self._crowded(case, settings, options)
        if waiting is None:
            return await self._post(case, settings, options)
        self._shared.put(waiting)
        return case

    async def _bring_up_to_date(self, case: Case) -> None:
        await self._shared.refresh(case)
        if case.card_state is CardState.POSTED and not await self._board.refresh(await self._faces.of(case)):
            await self._show(await self._cases.card_lost(case.guild_id, case.number))

    async def redraw(self, case: Case) -> bool:
        """Edit the card where it was last posted, but never post one. False if Discord refuses for now."""
        return case.card_message_id is None or await self._board.redraw(await self._faces.of(case))

    async def refresh_shared(self, guild_id: int, group_id: int) -> None:
        """Show a shared card as it is now, within a few seconds."""
        group = await self._groups.get(guild_id, group_id)
        if group is not None:
            self._shared.refresh_card(group)

    def refresh_soon(self, case: Case) -> None:
        """Refresh the card in a few seconds, once for several changes in quick succession."""
        self._refreshes.call(case.guild_id, case.number)

    async def close(self, *, seconds: float) -> None:
        """Give cards waiting for a shared card this much time. `catch_up` posts the rest after the next start."""
        await self._refreshes.close()
        await self._shared.close(seconds=seconds)

    async def settle(self) -> None:
        """Wait until no card is waiting: for tests and measurements."""
        await self._refreshes.settle()
        await self._shared.settle()

    async def _refresh_now(self, guild_id: int, number: int) -> None:
        case = await self._cases.get(guild_id, number)
        if case is not None:
            await self.refresh(case)

    async def catch_up(self, guild_id: int) -> int:
        """Post a server's pending cards, oldest first. Returns how many were posted.

        Cards that were refused before come last, so that a card that Discord never accepts doesn't block the others. A
        closed channel costs one request instead of a hundred.
        """
        settings, numbers = await self._servers.get(guild_id), await self._cases.pending_numbers(guild_id)
        self._refusals.keep_only(guild_id, "case", {card_name(number) for number in numbers})
        if settings is None:
            return 0
        options = await self._options.get(guild_id, CardOptions)
        posted, refused = 0, Counter[int]()
        for number in sorted(numbers, key=lambda each: self._refusals.of_its_own(guild_id, card_name(each))):
            case = await self._cases.get(guild_id, number)
            if case is None or case.card_state is not CardState.PENDING:
                continue
            channel_id = route_of(case.judged.rules, settings, options, at=self._now()).channel_id
            if refused[channel_id] < REFUSALS_AT_ONCE:
                shown, refusals = await self._try(case)
                refused[channel_id] = refused[channel_id] + refusals if refusals else 0
                posted += shown
        return posted

    async def _try(self, case: Case) -> tuple[bool, int]:
        """Post a pending card; returns whether it is posted now, and how many refusals of its channel the answer counts
        as."""
        name = card_name(case.number)
        before = self._refusals.times(case.guild_id, name)
        shown = await self.show(case)
        if shown.card_state is CardState.POSTED:
            await self.refresh(shown)
            return True, 0
        refusal = self._refusals.last(case.guild_id, name)
        if refusal is None or self._refusals.times(case.guild_id, name) == before:
            return False, 0
        return False, 1 if refusal.only_this_card else REFUSALS_AT_ONCE

    async def count_waiting(self, guild_id: int) -> int:
        """How many cases of a server have no card yet."""
        return len(await self._cases.pending_numbers(guild_id))

    async def servers_to_catch_up(self) -> frozenset[int]:
        """The servers with pending cards, in one query."""
        return await self._cases.servers_with_pending_cards()

    async def catch_up_all(self, serves: Callable[[int], bool]) -> None:
        """Catch up server by server, so that a server whose channel is closed doesn't hold up the others.

        Args:
            serves: is this process responsible for this server?
        """
        for guild_id in sorted(await self.servers_to_catch_up()):
            if serves(guild_id):
                await self.catch_up(guild_id)

    def _crowded(self, case: Case, settings: ServerSettings, options: CardOptions) -> Waiting | None:
        """The shared card for this case; None if it gets its own."""
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
        answer = await self._ask(case, settings, route, self._pace.take(route.channel_id, "post"))
        if isinstance(answer, CardRefused) and answer.permanent and route.channel_id != settings.review_channel_id:
            await self._tell_of_detour(settings, route, answer)
            detour = replace(route, channel_id=settings.review_channel_id)
            answer = await self._ask(case, settings, detour, self._pace.take(detour.channel_id, "post"))
        elif isinstance(answer, CardPosted):
            self._refusals.detour_over(case.guild_id, route.channel_id)
        if isinstance(answer, CardPosted):
            return await self._posted(case, settings, answer)
        await self._refused(case, answer)
        return case

    async def _ask(
        self, case: Case, settings: ServerSettings, route: Route, taken_at: float
    ) -> CardPosted | CardRefused:
        face = await self._faces.of(case)
        self._pace.give_back(route.channel_id, "post", taken_at)  # the time it is made counts
        taken_at = self._pace.take(route.channel_id, "post")
        answer = await self._board.post(face, settings, route)
        if isinstance(answer, CardRefused):
            self._pace.give_back(route.channel_id, "post", taken_at)
        return answer

    async def _tell_of_detour(self, settings: ServerSettings, route: Route, refusal: CardRefused) -> None:
        if self._refusals.detour(settings.guild_id, route.channel_id, refusal.why):
            await self._board.tell_admin(
                settings.guild_id,
                _CANNOT_POST_THERE,
                channel=f"<#{route.channel_id}>",
                why=refusal.why,
            )

    async def _posted(self, case: Case, settings: ServerSettings, card: CardPosted) -> Case:
        self._tally.cards += 1
        self._hourly.add(case.guild_id)
        self._refusals.posted(case.guild_id, card_name(case.number))
        shown = await self._cases.card_posted(
            case.guild_id, case.number, channel_id=card.channel_id, message_id=card.message_id
        )
        if settings.card_trouble_told:
            await self._servers.trouble_over(case.guild_id)
        return shown

    def _count(self, cases: int) -> None:
        self._tally.cards += cases

    async def _refused(self, case: Case, refusal: CardRefused) -> None:
        _log.warning("card not posted", extra={"guild": case.guild_id, "case": case.number, "why": refusal.why})
        if case.card_state is CardState.PENDING:
            self._refusals.note(case.guild_id, card_name(case.number), refusal)
        await self.tell_admin_of(case.guild_id, case.number, refusal)

    async def tell_admin_of(self, guild_id: int, number: int, refusal: CardRefused, *, is_appeal: bool = False) -> None:
        """Tell an administrator, once, that a card of this case or its appeal was refused and only they can fix it."""
        if not refusal.permanent or (refusal.only_this_card and not self._refusals.tell(guild_id, refusal.why)):
            return
        if await self._servers.tell_once(guild_id):
            one = _CANNOT_POST_APPEAL if is_appeal else _CANNOT_POST_ONE
            text = one if refusal.only_this_card else _CANNOT_POST
            await self._board.tell_admin(guild_id, text, number=number, why=refusal.why)

    async def _shared_refused(self, waiting: tuple[Waiting, ...], refusal: CardRefused) -> None:
        """A shared card was refused: it goes to the review channel, or its cases get cards of their own."""
        route, settings = waiting[0].route, waiting[0].settings
        if refusal.permanent and route.channel_id != settings.review_channel_id:
            await self._tell_of_detour(settings, route, refusal)
            for each in waiting:
                self._shared.put(replace(each, route=replace(each.route, channel_id=settings.review_channel_id)))
            return
        await self._refused(waiting[0].case, refusal)
        refused = 0 if refusal.only_this_card else REFUSALS_AT_ONCE
        for each in waiting:
            if refused < REFUSALS_AT_ONCE:
                shown = await self.show_alone(each.case)
                refused = 0 if shown.card_state is CardState.POSTED else refused + 1
            else:
                self._refusals.note(settings.guild_id, card_name(each.case.number), refusal)


def card_name(number: int) -> str:
    """The name of a case's card in reports of refusals."""
    return f"case {number}"

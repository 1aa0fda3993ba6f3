"""Puts cases on shared cards, as fast as the channel's rate limit allows.

Each channel has a lane. Waiting cases are put on the open shared card by an edit, or on a new card; between two
requests they are collected. Discord counts posts and edits separately. So if a burst would have to wait for the next
edit, it goes on a new card half a second later. Posts and edits alternate, evenly spread. A raid and held-back cases
each stay on one card.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field, replace

from bot.moderation.cards.board import CardBoard, CardRefused
from bot.moderation.cards.raids import RAID_SECONDS, RaidKey
from bot.moderation.cards.rate_limit import HourlyCount, RateLimit
from bot.moderation.cards.route import Route
from bot.moderation.cards.shared_card import GROUP_HOLDS, CardGroup, CardGroupStore, GroupFace, GroupKind, GroupLine
from bot.moderation.cases.case import CardState, Case
from bot.moderation.cases.raid_control import ControlsOfCards
from bot.moderation.servers.server import ServerSettings
from classifier.errors import described, is_outage

_log = logging.getLogger(__name__)

TICK = 0.05  #: seconds between checks of a lane with waiting cases
COLLECT = 0.2  #: seconds that the first of several cases waits for the others
LATE = 0.6  #: seconds after which a burst goes on a new card instead of waiting for an edit
APART = 0.6  #: seconds from a post or an edit of a burst's card to its next edit, so that they come evenly
BURST_OVER = 2.0  #: seconds without a new case on its card, after which a burst is over
RAID_PAUSE = 2.0  #: seconds between edits of a raid's card while others wait, too
CALM = 3.0  #: seconds between edits of a card that only show changes, not new cases
RAIDS_AT_ONCE = 1  #: raids with a card of their own, per channel
LISTED = 80  #: cases that a burst's card can name; it only counts more while no other card can be posted
LASTS = {GroupKind.RAID: 600.0, GroupKind.BATCH: 300.0, GroupKind.HELD: 3_600.0}  #: seconds; then another card begins
_STATE = {
    GroupKind.RAID: CardState.GROUPED,
    GroupKind.BATCH: CardState.GROUPED,
    GroupKind.HELD: CardState.HELD,
}

Key = tuple[GroupKind, RaidKey | None]
CaseKey = tuple[int, int]  #: server and number
Alone = Callable[[Case], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case that waits for a shared card."""

    case: Case
    key: Key
    route: Route
    settings: ServerSettings
    since: float
    besides: tuple[int, ...] = ()  #: cases of the same raid that have cards of their own
    cards_per_hour: int = 0


Refused = Callable[[tuple[Waiting, ...], CardRefused], Awaitable[None]]


@dataclass(slots=True)
class _Open:
    """A shared card that still takes cases."""

    group: CardGroup
    since: float
    edited: float
    holds: int = 0


@dataclass(slots=True)
class _Lane:
    waiting: list[Waiting] = field(default_factory=list)
    open: dict[Key, _Open] = field(default_factory=dict)
    beginning: Key | None = None  #: of the card that is being posted
    stale: dict[int, tuple[int, float]] = field(default_factory=dict)  # group: its server, since when
    task: asyncio.Task[None] | None = None


class SharedCards:
    """The lanes of all channels."""

    def __init__(
        self,
        *,
        board: CardBoard,
        groups: CardGroupStore,
        pace: RateLimit,
        hourly: HourlyCount,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        controls: ControlsOfCards | None = None,
    ) -> None:
        self._board = board
        self._controls = controls
        self._groups = groups
        self._pace = pace
        self._hourly = hourly
        self._clock = clock
        self._sleep = sleep
        self._lanes: dict[int, _Lane] = {}
        self._in_hand: dict[CaseKey, bool] = {}  # being put on a card now; True if something changed meanwhile
        self._refused: Refused | None = None
        self._alone: Alone | None = None
        self._shown: Callable[[int], None] = lambda _: None

    def subscribe(self, *, refused: Refused, alone: Alone, shown: Callable[[int], None]) -> None:
        """Set the callbacks: for a shared card that Discord refuses, with how many cases it already shows (the others
        stay pending or wait for another channel), and for posting the card of a single case that waited and found no
        others."""
        self._refused = refused
        self._alone = alone
        self._shown = shown

    def is_busy(self, channel_id: int) -> bool:
        """Is something waiting for this channel, or was it a moment ago? Then a case's own card would take capacity
        from the shared ones."""
        lane = self._lanes.get(channel_id)
        if lane is None:
            return False
        now = self._clock()
        bursts = (found for key, found in lane.open.items() if key[0] is GroupKind.BATCH)
        return (
            bool(lane.waiting) or lane.beginning is not None or any(now - each.edited < BURST_OVER for each in bursts)
        )

    def has_room_for(self, raid: RaidKey, channel_id: int) -> bool:
        """May this raid have its own card? Each raid's card needs an edit a second, and a channel only allows one. If
        many rules are broken at once, it is one burst instead of many raids."""
        lane = self._lane(channel_id)
        recent = self._clock() - RAID_SECONDS
        under_way = {key for key, found in lane.open.items() if key[0] is GroupKind.RAID and found.edited >= recent}
        under_way |= {each.key for each in lane.waiting if each.key[0] is GroupKind.RAID}
        if lane.beginning is not None and lane.beginning[0] is GroupKind.RAID:
            under_way.add(lane.beginning)
        return (GroupKind.RAID, raid) in under_way or len(under_way) < RAIDS_AT_ONCE

    def holds(self, case: Case) -> bool:
        """Is this case waiting for a shared card, or being put on one?"""
        key = _key(case)
        return key in self._in_hand or any(_key(each.case) == key for each in self._all_waiting())

    def lets_go(self, case: Case) -> bool:
        """Remove a waiting case. False if it is being put on a shared card now."""
        key = _key(case)
        if key in self._in_hand:
            return False
        for lane in self._lanes.values():
            lane.waiting = [each for each in lane.waiting if _key(each.case) != key]
        return True

    def put(self, new: Waiting) -> None:
        """Queue a case for its shared card, at most once. Returns at once."""
        if not self.holds(new.case):
            lane = self._lane(new.route.channel_id)
            lane.waiting.append(new)
            self._wake(lane)

    async def refresh(self, case: Case) -> None:
        """Refresh a changed case's shared cards within a few seconds."""
        key = _key(case)
        if key in self._in_hand:
            self._in_hand[key] = True
        for lane in self._lanes.values():
            lane.waiting = [replace(each, case=case) if _key(each.case) == key else each for each in lane.waiting]
        for group in await self._groups.of_case(case.guild_id, case.number):
            self.refresh_card(group)

    def refresh_card(self, group: CardGroup) -> None:
        """Bring a shared card up to date within a few seconds. Returns at once."""
        if group.card_channel_id is not None:
            lane = self._lane(group.card_channel_id)
            lane.stale.setdefault(group.id, (group.guild_id, self._clock()))
            self._wake(lane)

    async def settle(self) -> None:
        """Wait until no case is waiting."""
        while tasks := [lane.task for lane in self._lanes.values() if lane.task is not None and not lane.task.done()]:
            await asyncio.gather(*tasks)

    async def close(self, *, seconds: float) -> None:
        """Give waiting cases this much time. The rest stay pending and are shown after the next start."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None and not lane.task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def face(self, group: CardGroup, *, cards_per_hour: int = 0) -> GroupFace:
        """A shared card as it is stored."""
        lines = await self._groups.lines(group.guild_id, group.id)
        asked = self._controls if group.kind is GroupKind.RAID else None
        controls = await asked.of_card(group.guild_id, group.id) if asked else ()
        return GroupFace(group=group, lines=lines, cards_per_hour=cards_per_hour, controls=controls)

    def _lane(self, channel_id: int) -> _Lane:
        return self._lanes.setdefault(channel_id, _Lane())

    def _all_waiting(self) -> Iterator[Waiting]:
        for lane in self._lanes.values():
            yield from lane.waiting

    def _wake(self, lane: _Lane) -> None:
        if lane.task is None or lane.task.done():
            channel_id = next(each for each, found in self._lanes.items() if found is lane)
            lane.task = asyncio.create_task(self._work(lane, channel_id), name="shared cards", context=Context())

    async def _work(self, lane: _Lane, channel_id: int) -> None:
        while lane.waiting or lane.stale:
            try:
                await self._step(lane, channel_id)
            except Exception as error:  # noqa: BLE001 - its cases stay pending and are caught up on; later ones come through
                if not is_outage(error):
                    _log.error("shared card failed", extra={"channel": channel_id, "error": described(error)})
                lane.waiting.clear()
                lane.stale.clear()
            if lane.waiting or lane.stale:
                await self._sleep(self._pause(lane))

    def _pause(self, lane: _Lane) -> float:
        """How long to sleep until something can be due. Mere changes aren't urgent."""
        if lane.waiting:
            return TICK
        due = min(since for _, since in lane.stale.values()) + CALM
        return max(TICK, due - self._clock())

    async def _step(self, lane: _Lane, channel_id: int) -> None:
        """Make at most one request for each kind of card that cases are waiting for."""
        now = self._clock()
        for key, since in list(_oldest_first(lane.waiting)):
            found = self._still_open(lane, channel_id, key)
            waits = now - since
            if (
                found is not None
                and waits >= (COLLECT if key[0] is not GroupKind.HELD else 0)
                and self._may_edit(lane, channel_id, key, found)
            ):
                await self._add(lane, channel_id, key, found)
            elif self._may_post(channel_id, key, found) and self._begins(key, found, waits):
                await self._begin(lane, channel_id, key)
        for group_id, (guild_id, since) in list(lane.stale.items()):
            if now - since >= CALM and self._pace.is_due(channel_id, "edit"):
                del lane.stale[group_id]
                group = await self._groups.get(guild_id, group_id)
                if group is not None:
                    face = await self.face(group)
                    self._pace.take(channel_id, "edit")
                    await self._board.refresh_group(face)

    def _still_open(self, lane: _Lane, channel_id: int, key: Key) -> _Open | None:
        found = lane.open.get(key)
        if found is None:
            return None
        if found.holds >= self._holds(channel_id, key) or self._clock() - found.since > LASTS[key[0]]:
            del lane.open[key]
            return None
        return found

    def _holds(self, channel_id: int, key: Key) -> int:
        """How many cases a card takes now. A burst continues on the next card as soon as that can be posted; until
        then, the last one counts it."""
        next_can_begin = key[0] is GroupKind.BATCH and self._pace.is_due(channel_id, "post")
        return LISTED if next_can_begin else GROUP_HOLDS

    def _may_edit(self, lane: _Lane, channel_id: int, key: Key, found: _Open) -> bool:
        """Bursts come first: a raid's card only updates a count, and held-back cards aren't urgent. A burst's card is
        edited between two posts, not right after one."""
        pause = {GroupKind.HELD: CALM, GroupKind.BATCH: APART}.get(key[0], 0.0)
        if key[0] is GroupKind.RAID and any(each.key != key for each in lane.waiting):
            pause = RAID_PAUSE
        return self._clock() - found.edited >= pause and self._pace.is_due(channel_id, "edit")

    def _may_post(self, channel_id: int, key: Key, found: _Open | None) -> bool:
        """The first card of a burst uses what single cards left of the rate limit; all others are spread evenly."""
        first = key[0] is GroupKind.BATCH and found is None
        return self._pace.room(channel_id, "post") > 0 if first else self._pace.is_due(channel_id, "post")

    @staticmethod
    def _begins(key: Key, found: _Open | None, waits: float) -> bool:
        if found is None:
            return waits >= COLLECT
        return key[0] is GroupKind.BATCH and waits >= LATE

    async def _begin(self, lane: _Lane, channel_id: int, key: Key) -> None:
        taken = self._take(lane, key, LISTED if key[0] is GroupKind.BATCH else GROUP_HOLDS)
        if len(taken) == 1 and key[0] is GroupKind.BATCH and self._alone is not None:
            await self._alone(taken[0].case)
            return
        with self._holding(taken) as changed:
            taken, lines = await self._still_waiting(taken)
            if not taken:
                return
            lane.beginning = key
            try:
                answer = await self._post(lane, channel_id, key, taken, lines)
            finally:
                lane.beginning = None
        if isinstance(answer, CardGroup):
            if changed():
                lane.stale.setdefault(answer.id, (answer.guild_id, self._clock()))
        elif self._refused is not None:
            await self._refused(tuple(taken), answer)

    async def _still_waiting(self, taken: list[Waiting]) -> tuple[list[Waiting], tuple[GroupLine, ...]]:
        """The cases without a card yet, with their lines. A case may have got its own card before its turn. All are of
        one server."""
        lines = await self._groups.waiting(taken[0].case.guild_id, _numbers(taken)) if taken else ()
        numbers = {line.number for line in lines}
        return [each for each in taken if each.case.number in numbers], lines

    async def _post(
        self, lane: _Lane, channel_id: int, key: Key, taken: list[Waiting], lines: tuple[GroupLine, ...]
    ) -> CardGroup | CardRefused:
        """Post a new shared card with these cases on it."""
        first, route = taken[0], _loudest(taken)
        group = await self._groups.open(first.case.guild_id, key[0])
        besides = tuple(sorted({number for each in taken for number in each.besides} - set(_numbers(taken))))
        there: tuple[GroupLine, ...] = ()
        if besides:
            await self._groups.add(group.guild_id, group.id, besides, None)
            there = await self._groups.lines(group.guild_id, group.id)
        face = GroupFace(group=group, lines=(*there, *lines), cards_per_hour=first.cards_per_hour)
        self._pace.take(channel_id, "post")
        answer = await self._board.post_group(face, first.settings, route)
        if isinstance(answer, CardRefused):
            return answer
        await self._groups.add(group.guild_id, group.id, _numbers(taken), _STATE[key[0]])
        await self._groups.posted(group.guild_id, group.id, channel_id=answer.channel_id, message_id=answer.message_id)
        if key[0] is not GroupKind.HELD:
            self._hourly.add(group.guild_id)
        self._shown(len(taken))
        now = self._clock()
        shown = replace(group, card_channel_id=answer.channel_id, card_message_id=answer.message_id)
        lane.open[key] = _Open(group=shown, since=now, edited=now, holds=len(taken))
        return shown

    async def _add(self, lane: _Lane, channel_id: int, key: Key, found: _Open) -> None:
        taken = self._take(lane, key, self._holds(channel_id, key) - found.holds)
        group = found.group
        with self._holding(taken):
            taken, _ = await self._still_waiting(taken)
            if not taken:
                return
            await self._groups.add(group.guild_id, group.id, _numbers(taken), _STATE[key[0]])
        found.holds += len(taken)
        self._shown(len(taken))
        face = await self.face(group, cards_per_hour=taken[0].cards_per_hour)
        self._pace.take(channel_id, "edit")
        found.edited = self._clock()
        if not await self._board.refresh_group(face):
            del lane.open[key]  # somebody deleted it: the next case starts a new card

    @contextmanager
    def _holding(self, taken: list[Waiting]) -> Iterator[Callable[[], bool]]:
        """Mark these cases as being put on a card. Afterwards: did one of them change meanwhile?"""
        keys = [_key(each.case) for each in taken]
        self._in_hand.update(dict.fromkeys(keys, False))
        changed = False
        try:
            yield lambda: changed
        finally:
            changed = sum(self._in_hand.pop(key) for key in keys) > 0  # check each one: `any` would stop early

    @staticmethod
    def _take(lane: _Lane, key: Key, most: int) -> list[Waiting]:
        taken = [each for each in lane.waiting if each.key == key][:most]
        chosen = {id(each) for each in taken}
        lane.waiting = [each for each in lane.waiting if id(each) not in chosen]
        return taken


def _oldest_first(waiting: list[Waiting]) -> Iterator[tuple[Key, float]]:
    """The shared cards with waiting cases, each once, with the time since which its oldest has been waiting."""
    seen: set[Key] = set()
    for each in waiting:  # in order of arrival
        if each.key not in seen:
            seen.add(each.key)
            yield each.key, each.since


def _key(case: Case) -> CaseKey:
    return (case.guild_id, case.number)


def _numbers(taken: list[Waiting]) -> tuple[int, ...]:
    return tuple(sorted({each.case.number for each in taken}))


def _loudest(taken: list[Waiting]) -> Route:
    """The route of the first case that pings somebody, else of the first that makes a sound."""
    routes = [each.route for each in taken]
    return min(routes, key=lambda route: (route.ping_role_id is None, route.silent))

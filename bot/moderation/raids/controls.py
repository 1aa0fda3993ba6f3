"""Moderators set and end raid controls; those whose time is over end automatically.

A control is stored first, then Discord is asked, then it is settled. Setting one is never retried automatically. Ending
a slow mode is retried for up to a day, because Discord doesn't end it. What a stopped process left unsettled is looked
up on Discord, so nothing stays uncertain for long.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.log_context import logged_with
from bot.moderation.cases.raid_control import (
    ControlKind,
    ControlState,
    NewControl,
    RaidControl,
    RaidControlStore,
)
from bot.moderation.raids.edge import Detected, RaidEdge
from bot.moderation.raids.rules import Nothing, checked, end_of_control, holds, to_begin, to_end
from bot.moderation.raids.whys import BROKE, GAVE_UP, NEVER_SET, NOT_ENDED
from bot.moderation.review.enforcer import Declined, Unheard
from classifier.errors import described

_log = logging.getLogger(__name__)

HEARD_WITHIN = timedelta(minutes=2)  #: delay before an unanswered request is looked up
ENDED_WITHIN = timedelta(hours=24)  #: how long Bylaw keeps trying to end a slow mode
TRIED_AGAIN_AFTER = timedelta(minutes=10)  #: delay between those attempts

Shown = Callable[[int, int], Awaitable[None]]  #: refreshes the shared card of a server and group


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Setting it was tried; `control.state` says the result."""

    control: RaidControl


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheWay:
    """A control of this kind is in force already, or is being set. Nothing was tried."""

    control: RaidControl  #: the existing control


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Ending it was tried; `control.state` says the result. If it was over before, nothing was tried."""

    control: RaidControl
    before: bool = False  #: somebody already ended it, or is ending it


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The controls in force in a server, and what Discord itself detected."""

    controls: tuple[RaidControl, ...]
    detected: Detected


class RaidControls:
    """Sets and ends raid controls."""

    def __init__(self, *, store: RaidControlStore, edge: RaidEdge, shown: Shown, now: Callable[[], datetime]) -> None:
        self._store = store
        self._edge = edge
        self._shown = shown
        self._now = now

    async def situation(self, guild_id: int) -> Situation:
        """What is in force in this server now, from any card."""
        return Situation(controls=await self._store.open_in(guild_id), detected=self._edge.detected(guild_id))

    async def find(self, guild_id: int, control_id: int) -> RaidControl | None:
        """The control with this id, if it belongs to this server."""
        return await self._store.get(guild_id, control_id)

    async def start(self, new: NewControl) -> Started | InTheWay:
        """Pause invites or direct messages, or slow a channel down.

        Raises:
            ValueError: Discord knows no such control.
        """
        checked(new)
        with logged_with(guild=new.guild_id, group=new.group_id):
            control, added = await self._store.add(new, until=end_of_control(new.length, now=self._now()))
            if not added:
                return InTheWay(control=control)
            control = await self._begun(control)
            await self._shown(new.guild_id, new.group_id)
            return Started(control=control)

    async def end(self, guild_id: int, control_id: int, *, moderator_id: int) -> Ended | None:
        """End a control before its time, and restore what was in force before. None if there is none."""
        found = await self._store.get(guild_id, control_id)
        if found is None:
            return None
        with logged_with(guild=guild_id, group=found.new.group_id):
            control, begun = await self._store.become(found.id, ControlState.ENDING, by=moderator_id)
            if not begun:
                return Ended(control=control, before=True)
            control = await self._over(control, by=moderator_id)
            await self._shown(guild_id, found.new.group_id)
            return Ended(control=control)

    async def look(self, serves: Callable[[int], bool] = lambda _: True) -> None:
        """End controls that are over, and look up unanswered ones. An error in one doesn't hold up the others.

        Args:
            serves: is this process responsible for this server?
        """
        for control in await self._store.all_open():
            if serves(control.new.guild_id):
                with logged_with(guild=control.new.guild_id, group=control.new.group_id):
                    try:
                        changed = await self._looked(control)
                    except Exception as error:  # noqa: BLE001 - stays open, and is looked at again on the next turn
                        _log.error("raid control broke", extra={"error": described(error)})
                        continue
                    if changed:
                        await self._shown(control.new.guild_id, control.new.group_id)

    async def notice(self, guild_id: int) -> None:
        """Something changed in Discord: mark controls that somebody ended or changed there as over."""
        for control in await self._store.open_in(guild_id):
            if control.state is not ControlState.IN_FORCE:
                continue
            found = await self._edge.look(control)
            if isinstance(found, Declined) or holds(control, found):
                continue
            change = to_end(control, found, now=self._now())
            why = change.why if isinstance(change, Nothing) else ""
            _, changed = await self._store.become(control.id, ControlState.ENDED, why)
            if changed:
                await self._shown(guild_id, control.new.group_id)

    async def _begun(self, control: RaidControl) -> RaidControl:
        try:
            state, why = await self._begin(control)
        except BaseException as error:
            _log.error("raid control broke", extra={"error": described(error)})
            settled, _ = await self._store.become(control.id, ControlState.UNCERTAIN, BROKE)
            if not isinstance(error, Exception):
                raise
            return settled
        settled, _ = await self._store.become(control.id, state, why)
        return settled

    async def _begin(self, control: RaidControl) -> tuple[ControlState, str]:
        by = control.new.by
        why_not = await self._edge.why_not(control, by=by)
        if why_not:
            return ControlState.REFUSED, why_not
        found = await self._edge.look(control)
        if isinstance(found, Declined):
            return ControlState.REFUSED, found.why
        change = to_begin(control, found, now=self._now())
        if isinstance(change, Nothing):
            return ControlState.REFUSED, change.why
        await self._store.note_before(control.id, change.before)
        answer = await self._edge.put(control, change.wanted, by=by)
        if isinstance(answer, Unheard):
            return ControlState.UNCERTAIN, answer.why
        return (ControlState.REFUSED, answer.why) if answer is not None else (ControlState.IN_FORCE, "")

    async def _over(self, control: RaidControl, *, by: int | None) -> RaidControl:
        """Ask Discord to end a control that is ENDING. If that fails, it is in force again and says why."""
        try:
            state, why = await self._restore(control, by=by)
        except Exception as error:  # noqa: BLE001 - it stays in force, says so, and can be ended by another click
            _log.error("raid control broke", extra={"error": described(error)})
            state, why = ControlState.IN_FORCE, BROKE
        settled, _ = await self._store.become(control.id, state, why, by=by)
        return settled

    async def _restore(self, control: RaidControl, *, by: int | None) -> tuple[ControlState, str]:
        why_not = await self._edge.why_not(control, by=by)
        if why_not:
            return ControlState.IN_FORCE, why_not
        found = await self._edge.look(control)
        if isinstance(found, Declined):
            return ControlState.IN_FORCE, found.why
        change = to_end(control, found, now=self._now())
        if isinstance(change, Nothing):
            return ControlState.ENDED, change.why
        answer = await self._edge.put(control, change.wanted, by=by)
        return (ControlState.ENDED, "") if answer is None else (ControlState.IN_FORCE, answer.why)

    async def _looked(self, control: RaidControl) -> bool:
        """Look up an unsettled control on Discord. Did its state change?"""
        now = self._now()
        if control.state is ControlState.IN_FORCE:
            return now >= control.until and await self._ended_by_itself(control, now)
        if now - (control.settled_at or control.asked_at) < HEARD_WITHIN:
            return False
        found = await self._edge.look(control)
        if isinstance(found, Declined):
            return False
        in_force = holds(control, found)
        if control.state is ControlState.ENDING:
            state, why = (ControlState.IN_FORCE, NOT_ENDED) if in_force else (ControlState.ENDED, "")
        else:
            state, why = (ControlState.IN_FORCE, "") if in_force else (ControlState.REFUSED, NEVER_SET)
        _, changed = await self._store.become(control.id, state, why, by=control.ended_by)
        return changed

    async def _ended_by_itself(self, control: RaidControl, now: datetime) -> bool:
        if control.new.kind is not ControlKind.SLOW_MODE:  # Discord ends a pause on its own
            _, changed = await self._store.become(control.id, ControlState.ENDED)
            return changed
        if now - control.until > ENDED_WITHIN:
            _, changed = await self._store.become(control.id, ControlState.ENDED, GAVE_UP)
            return changed
        failed_at = control.settled_at if control.why else None
        if failed_at is not None and now - failed_at < TRIED_AGAIN_AFTER:
            return False
        ending, begun = await self._store.become(control.id, ControlState.ENDING)
        if not begun:
            return False
        settled = await self._over(ending, by=None)
        return settled.state is ControlState.ENDED or settled.why != control.why

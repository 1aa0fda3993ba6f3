"""What becomes of raid controls: with Discord in trouble, after a crash, and when somebody changed things by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.keys import Cipher, new_key
from bot.moderation.cases.raid_control import Before, ControlKind, ControlState, NewControl, RaidControl
from bot.moderation.raids.controls import (
    Ended,
    RaidControls,
    Started,
)
from bot.moderation.raids.edge import ChannelGone, InForce, MemoryRaidEdge
from bot.moderation.raids.rules import Change, Nothing, checked, end_of_control, to_begin, to_end
from bot.moderation.raids.whys import BROKE, GAVE_UP, NEVER_SET, NOT_ENDED
from bot.moderation.review.enforcer import Declined, Unheard
from bot.storage.database.engine import create_engine
from bot.storage.servers.raid_controls import SqlRaidControls

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TESS, OMAR, GENERAL = 70, 77, 10
INVITES = NewControl(guild_id=1, group_id=1, case_number=1, kind=ControlKind.PAUSE_INVITES, length=HOUR, by=TESS)
SLOW = replace(INVITES, kind=ControlKind.SLOW_MODE, channel_id=GENERAL, seconds=30)


class BrokenEdge(MemoryRaidEdge):
    """An edge with a mistake in it."""

    async def look(self, control: RaidControl) -> InForce | ChannelGone | Declined:
        """Fails."""
        raise RuntimeError("broken")


@dataclass
class Raided:
    """A server in a raid."""

    store: SqlRaidControls | None = None
    edge: MemoryRaidEdge = field(default_factory=MemoryRaidEdge)
    time: datetime = NOON
    refreshed: int = 0

    def now(self) -> datetime:
        """The present moment."""
        return self.time

    async def shown(self, guild_id: int, group_id: int) -> None:
        """Count what the card is told."""
        assert (guild_id, group_id) == (1, 1)
        self.refreshed += 1

    @property
    def controls(self) -> RaidControls:
        """The service, as after a restart."""
        assert self.store is not None
        return RaidControls(store=self.store, edge=self.edge, shown=self.shown, now=self.now)

    async def started(self, new: NewControl = INVITES) -> RaidControl:
        """Set a control."""
        started = await self.controls.start(new)
        assert isinstance(started, Started)
        return started.control

    async def ended(self, control: RaidControl) -> RaidControl:
        """End it by a click."""
        ended = await self.controls.end(1, control.id, moderator_id=OMAR)
        assert isinstance(ended, Ended)
        return ended.control

    async def looked(self, control: RaidControl, *, after: timedelta) -> RaidControl:
        """Some time later, when Bylaw looks."""
        self.time += after
        await self.controls.look()
        found = await self.controls.find(1, control.id)
        assert found is not None
        return found


@pytest.fixture
async def raided(sqlite_address: str) -> AsyncIterator[Raided]:
    """A server in a raid, its controls in a database."""
    server, engine = Raided(), create_engine(sqlite_address)
    server.store = SqlRaidControls(engine, now=server.now, cipher=Cipher((new_key().encode(),)))
    yield server
    await engine.dispose()


async def test_discord_did_it_although_nobody_heard(raided: Raided) -> None:
    """It is looked up, never asked for again."""
    raided.edge.refusal, raided.edge.does_it_all_the_same = Unheard(why="No answer."), True
    control = await raided.started()
    assert (control.state, control.why) == (ControlState.UNCERTAIN, "No answer.")
    assert (await raided.looked(control, after=timedelta(minutes=1))).state is ControlState.UNCERTAIN
    assert (await raided.looked(control, after=timedelta(minutes=2))).state is ControlState.IN_FORCE
    assert len(raided.edge.asked) == 1


async def test_discord_did_not_do_it_and_nobody_heard(raided: Raided) -> None:
    """Then there is room for another try."""
    raided.edge.refusal = Unheard(why="No answer.")
    control = await raided.started()
    found = await raided.looked(control, after=timedelta(minutes=3))
    assert (found.state, found.why) == (ControlState.REFUSED, NEVER_SET)
    raided.edge.refusal = None
    assert (await raided.started()).state is ControlState.IN_FORCE


@pytest.mark.parametrize("was_set", [False, True])
async def test_bylaw_stopped_in_the_middle(raided: Raided, was_set: bool) -> None:
    """Written down, perhaps asked for, never settled: what Discord has counts."""
    assert raided.store is not None
    control, _ = await raided.store.add(SLOW, until=end_of_control(HOUR, now=NOON))
    await raided.store.note_before(control.id, Before(seconds=5))
    raided.edge.slow_modes[GENERAL] = 30 if was_set else 5
    found = await raided.looked(control, after=timedelta(minutes=3))
    assert found.state is (ControlState.IN_FORCE if was_set else ControlState.REFUSED)
    await raided.looked(control, after=HOUR)
    assert raided.edge.slow_modes[GENERAL] == 5


@pytest.mark.parametrize("was_ended", [False, True])
async def test_bylaw_stopped_while_ending_it(raided: Raided, was_ended: bool) -> None:
    """It is over if Discord says so; else it is in force, and can be ended again."""
    control = await raided.started(SLOW)
    assert raided.store is not None
    await raided.store.become(control.id, ControlState.ENDING, by=OMAR)
    if was_ended:
        raided.edge.slow_modes[GENERAL] = 0
    found = await raided.looked(control, after=timedelta(minutes=3))
    if was_ended:
        assert (found.state, found.ended_by) == (ControlState.ENDED, OMAR)
        return
    assert (found.state, found.why) == (ControlState.IN_FORCE, NOT_ENDED)
    assert (await raided.ended(control)).state is ControlState.ENDED


async def test_a_refused_end_leaves_it_in_force(raided: Raided) -> None:
    """And says why; the next click may end it."""
    control = await raided.started()
    raided.edge.refusal = Declined(why="Discord asks Bylaw to slow down.")
    ended = await raided.ended(control)
    assert (ended.state, ended.why) == (ControlState.IN_FORCE, "Discord asks Bylaw to slow down.")
    raided.edge.refusal = None
    assert (await raided.ended(control)).state is ControlState.ENDED
    assert raided.edge.pauses[ControlKind.PAUSE_INVITES] is None


async def test_a_slow_mode_that_cannot_be_ended_is_tried_for_a_day(raided: Raided) -> None:
    """Not at every look, and then a person has to."""
    control = await raided.started(SLOW)
    raided.edge.lacks = "Bylaw lacks Manage Channels."
    assert (await raided.looked(control, after=HOUR)).why == "Bylaw lacks Manage Channels."
    shown = raided.refreshed
    await raided.looked(control, after=timedelta(minutes=1))
    await raided.looked(control, after=timedelta(minutes=10))
    assert raided.refreshed == shown
    found = await raided.looked(control, after=timedelta(hours=25))
    assert (found.state, found.why) == (ControlState.ENDED, GAVE_UP)


async def test_an_earlier_pause_comes_back(raided: Raided) -> None:
    """Somebody had paused invites for a shorter time."""
    earlier = NOON + timedelta(minutes=30)
    raided.edge.pauses[ControlKind.PAUSE_INVITES] = earlier
    control = await raided.started()
    assert control.until > earlier
    await raided.ended(control)
    assert raided.edge.pauses[ControlKind.PAUSE_INVITES] == earlier


async def test_one_that_breaks_does_not_hold_up_others(raided: Raided) -> None:
    """The next look tries it again."""
    first, second = await raided.started(), await raided.started(SLOW)
    whole = raided.edge
    raided.edge = BrokenEdge(slow_modes=whole.slow_modes)
    assert (await raided.looked(second, after=HOUR)).why == BROKE
    assert (await raided.looked(first, after=timedelta())).state is ControlState.ENDED
    raided.edge = whole
    assert (await raided.looked(second, after=timedelta(minutes=11))).state is ControlState.ENDED


async def test_only_this_processs_servers_are_looked_after(raided: Raided) -> None:
    """Another process does the others."""
    control = await raided.started(SLOW)
    raided.time += 2 * HOUR
    await raided.controls.look(lambda guild_id: guild_id != 1)
    found = await raided.controls.find(1, control.id)
    assert found is not None
    assert found.state is ControlState.IN_FORCE


@pytest.mark.parametrize(
    "wrong",
    [
        replace(INVITES, length=timedelta(hours=25)),
        replace(INVITES, length=timedelta()),
        replace(INVITES, seconds=5),
        replace(SLOW, seconds=0),
        replace(SLOW, channel_id=0),
        replace(SLOW, seconds=99_999),
    ],
)
def test_what_discord_does_not_know_is_refused(wrong: NewControl) -> None:
    """Before anything is written down."""
    with pytest.raises(ValueError, match=r"24 hours|slow mode"):
        checked(wrong)


@given(
    found=st.integers(0, 21_600),
    wanted=st.integers(1, 21_600),
    later=st.none() | st.integers(0, 21_600),
)
def test_a_channel_is_never_left_slower_or_faster_than_somebody_set_it(
    found: int, wanted: int, later: int | None
) -> None:
    """Whatever was set before comes back, unless somebody set something else."""
    control = RaidControl(
        id=1, new=replace(SLOW, seconds=wanted), state=ControlState.PENDING, asked_at=NOON, until=NOON + HOUR
    )
    change = to_begin(control, InForce(seconds=found), now=NOON)
    if isinstance(change, Nothing):
        assert found >= wanted
        return
    assert change.wanted.seconds > found
    control = replace(control, before=change.before)
    now = wanted if later is None else later
    ending = to_end(control, InForce(seconds=now), now=NOON + HOUR)
    assert (ending.wanted.seconds if isinstance(ending, Change) else now) == (found if now == wanted else later)
    assert isinstance(to_end(control, ChannelGone(), now=NOON), Nothing)

"""Whatever moderators do by hand and through cases, in whatever order: a member is timed out until the latest end that
anybody still asks for, and nothing is lifted, shortened or brought back that nobody meant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cogs.review.in_force import end_timeout, time_out
from bot.moderation.cards.board import MemoryBoard
from bot.moderation.cards.face import NoticeState
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.posting import CardPosting, CardStores, CardTiming
from bot.moderation.cases.action import Action, ActionKind, ActionState
from bot.moderation.cases.case import Case, CaseKind, CaseState, Decision, Evidence, Judged, NewCase
from bot.moderation.messages.intake import Tally
from bot.moderation.review.actions import Act, Acted
from bot.moderation.review.enforcer import AS_USUAL, Accepted, Declined, Terms, Unneeded
from bot.moderation.review.notifier import SilentNotifier
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_actions import MemoryActionStore, MemoryOptionStore
from tests.fakes.stores_audit import MemoryAuditLog, MemoryNoteStore
from tests.fakes.stores_noise import MemoryCardGroups, MemoryCaseMessages
from tests.fakes.stores_servers import MemoryServerStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODERATOR, MEMBER = 77, 7
CASES = (1, 2, 3)
MINUTE = timedelta(minutes=1)


class Member:
    """What Discord knows of a member: the end of one timeout."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.timed_out_until: datetime | None = None

    def is_timed_out(self) -> bool:
        """Is it in force?"""
        return self.timed_out_until is not None and self.timed_out_until > self._now()

    async def timeout(self, until: datetime | None, *, reason: str) -> None:
        """Replace it."""
        del reason
        self.timed_out_until = until


class Discord:
    """The member, and the edge's own code for timeouts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.member: Any = Member(now)

    async def foresee(self, action: Action, case: Case) -> None:
        """Nothing stands in the way."""
        del action, case

    async def carry_out(self, action: Action, case: Case, terms: Terms = AS_USUAL) -> Accepted | Unneeded | Declined:
        """Set or end the timeout."""
        del case
        if action.new.kind is ActionKind.TIMEOUT:
            return await time_out(self.member, action, terms, "", now=self._now())
        return await end_timeout(self.member, terms, "", now=self._now())


class Server:
    """Three cases about one member, and moderators who use Discord itself as well."""

    def __init__(self) -> None:
        self.time = NOON
        self.audit = MemoryAuditLog()
        notes = MemoryNoteStore(now=self.now, audit=self.audit)
        self.cases = MemoryCaseStore(now=self.now, audit=self.audit, notes=notes)
        self.actions = MemoryActionStore(now=self.now, audit=self.audit)
        self.discord = Discord(self.now)
        servers = MemoryServerStore(now=self.now, audit=self.audit)
        messages = MemoryCaseMessages(cases=self.cases, now=self.now, audit=self.audit)
        cards = CardPosting(
            board=MemoryBoard(),
            faces=Faces(cases=self.cases, actions=self.actions, notes=notes, servers=servers, now=self.now),
            stores=CardStores(
                cases=self.cases,
                servers=servers,
                options=MemoryOptionStore(now=self.now, audit=self.audit),
                groups=MemoryCardGroups(cases=self.cases, now=self.now, audit=self.audit, messages=messages),
            ),
            tally=Tally(),
            timing=CardTiming(now=self.now, clock=lambda: self.time.timestamp()),
        )
        self.act = Act(
            cases=self.cases,
            actions=self.actions,
            enforcer=self.discord,
            cards=cards,
            now=self.now,
            notifier=SilentNotifier(answer=NoticeState.DELIVERED),
        )

    def now(self) -> datetime:
        """The present moment."""
        return self.time

    async def open_cases(self) -> None:
        """About three messages of the member."""
        for number in CASES:
            evidence = Evidence(
                channel_id=20, message_id=number, author_id=MEMBER, edit=0, text="", forwarded=False, posted_at=NOON
            )
            judged = Judged(
                policy_id=5,
                policy_name="P",
                version_id=3,
                version_number=1,
                rules=(),
                score=0.9,
                rationale="",
                reasoning=None,
                method="scripted",
                judge="scripted:1",
                prompt_fingerprint=None,
            )
            await self.cases.open(NewCase(guild_id=1, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged))

    async def with_buttons(self, number: int) -> Action | None:
        """The timeout of a case that has buttons on its card."""
        timeouts = (await self.actions.of_cases(1, (number,))).get(number, ())
        tried = (each for each in reversed(timeouts) if each.new.kind is ActionKind.TIMEOUT)
        return next((each for each in tried if each.state is ActionState.DONE), None)

    @property
    def end(self) -> datetime | None:
        """When the timeout in force ends."""
        return self.discord.member.timed_out_until if self.discord.member.is_timed_out() else None


class Expected:
    """The right end, step by step, in the plainest way: who asks for what, and nothing of how it is stored."""

    def __init__(self) -> None:
        self.end: datetime | None = None
        self.by_hand: datetime | None = None
        self.asked: dict[int, datetime] = {}  #: by case: as far as it was not shortened by hand
        self.set_by: dict[int, datetime] = {}  #: by case: the end that it set, whatever became of it
        self.wished: dict[int, datetime] = {}  #: by case: the end that it asked for
        self.dismissed: set[int] = set()
        self.replaced: dict[int, set[int]] = {}  #: by case: whose timeouts a moderator had it replace; 0 for by hand

    def pass_time(self, now: datetime) -> None:
        """What is over is over."""
        self.end = self.end if self.end and self.end > now else None
        self.by_hand = self.by_hand if self.by_hand and self.by_hand > now else None
        self.asked = {number: end for number, end in self.asked.items() if end > now}

    def hand(self, end: datetime | None) -> None:
        """In Discord itself, where one sees what is in force: no other one lasts longer."""
        self.end = self.by_hand = end
        self._asks_again(0)
        self.asked = {number: min(each, end) for number, each in self.asked.items() if end is not None}

    def act(self, number: int, end: datetime) -> None:
        """A case times the member out: never for less than before."""
        if self.end and self.end >= end:
            if end >= self.asked.get(number, end):
                self.asked[number] = self.wished[number] = end
                self._asks_again(number)
            return
        self._asks_again(number)
        self.replaced.pop(number, None)
        self.end = self.set_by[number] = self.asked[number] = self.wished[number] = end

    def replace(self, number: int, end: datetime) -> None:
        """A moderator who saw the longer one has it replaced: no other one lasts longer."""
        self._asks_again(number)
        by_others = {other: asked for other, asked in self.asked.items() if other != number}
        self.replaced[number] = {other for other, asked in by_others.items() if asked > end}
        self.asked = {other: min(asked, end) for other, asked in by_others.items()}
        if self.by_hand and self.by_hand > end:
            self.replaced[number].add(0)
            self.by_hand = end
        self.end = self.set_by[number] = self.asked[number] = self.wished[number] = end

    def _asks_again(self, number: int) -> None:
        for replaced in self.replaced.values():
            replaced.discard(number)

    def others(self, number: int, *, but: Collection[int] = ()) -> datetime | None:
        """The latest end that anybody but this case asks for."""
        cases = [end for other, end in self.asked.items() if other not in {number, *self.dismissed, *but}]
        return max([*cases, *([self.by_hand] if self.by_hand and 0 not in but else [])], default=None)

    def undo(self, number: int) -> None:
        """Takes back what the case set and what is still in force, as far as nobody else asks for it."""
        kept = self.others(number)
        if self.end is not None and (self.end != self.set_by.get(number) or (kept is not None and kept >= self.end)):
            return
        self.asked.pop(number, None)
        self.end = None if self.end is None else kept
        for other, end in self.asked.items():
            if kept == end == self.wished[other] and other not in self.dismissed:
                self.set_by[other] = end  # what was not needed before is what is left

    def change(self, number: int, end: datetime) -> None:
        """Gives it another end, not below what anybody else asks for."""
        kept = self.others(number, but=self.replaced.get(number, ()))
        if self.end is None or self.end != self.set_by.get(number) or (kept is not None and kept > end):
            return
        self.end = self.set_by[number] = self.asked[number] = self.wished[number] = end


Step = tuple[str, int, int]  #: what is done, about which case, and for how many minutes

steps = st.tuples(
    st.sampled_from(
        ["act"] * 4
        + ["undo"] * 3
        + ["hand", "hand", "clear", "change", "change", "replace", "dismiss", "reinstate", "wait"]
    ),
    st.sampled_from(CASES),
    st.integers(1, 6).map(lambda tens: tens * 10),
)


async def take(server: Server, expected: Expected, step: Step) -> None:
    """Do it, and say what is right."""
    what, number, minutes = step
    end = server.time + minutes * MINUTE
    if what == "wait":
        server.time = end
        expected.pass_time(end)
    elif what in ("hand", "clear"):
        by_hand = end + timedelta(milliseconds=400) if what == "hand" else None  # as Discord's own clock has it
        server.discord.member.timed_out_until = by_hand
        expected.hand(by_hand)
    elif what in ("dismiss", "reinstate"):
        state = CaseState.NOT_A_VIOLATION if what == "dismiss" else CaseState.VIOLATION
        await server.cases.overrule(1, number, Decision(state=state, moderator_id=MODERATOR, at=server.time))
        (expected.dismissed.add if what == "dismiss" else expected.dismissed.discard)(number)
    elif what == "act":
        how: dict[str, Any] = {"kind": ActionKind.TIMEOUT, "moderator_id": MODERATOR, "reason": ""}
        if isinstance(await server.act.act(1, number, length=minutes * MINUTE, **how), Acted):
            expected.act(number, end)
    elif what == "replace":
        await replace_longer(server, expected, step)
    else:
        await correct(server, expected, step)


async def replace_longer(server: Server, expected: Expected, step: Step) -> None:
    """A moderator reads in the form of **Act…** what is in force, and has it replaced by a shorter one."""
    _, number, minutes = step
    end = server.time + minutes * MINUTE
    if server.end is None or server.end <= end:
        return
    how: dict[str, Any] = {"kind": ActionKind.TIMEOUT, "moderator_id": MODERATOR, "reason": ""}
    if isinstance(await server.act.act(1, number, length=minutes * MINUTE, may_replace=server.end, **how), Acted):
        expected.replace(number, end)


async def correct(server: Server, expected: Expected, step: Step) -> None:
    """Click **Undo timeout** or **Change timeout** on the case's card, where they are."""
    what, number, minutes = step
    shown = await server.with_buttons(number)
    if shown is None or shown.is_over(server.time):
        return
    if what == "undo":
        await server.act.undo(1, shown.id, moderator_id=MODERATOR)
        expected.undo(number)
        return
    length = minutes * MINUTE
    await server.act.change_timeout(1, shown.id, moderator_id=MODERATOR, reason="", length=length)
    expected.change(number, server.time + length)


async def live_through(script: list[Step]) -> None:
    """Let all of it happen."""
    server, expected = Server(), Expected()
    await server.open_cases()
    for taken, step in enumerate(script, 1):
        await take(server, expected, step)
        assert server.end == expected.end, script[:taken]
        in_force = [number for number in expected.asked if expected.end and expected.end == expected.set_by.get(number)]
        buttons = [await server.with_buttons(number) for number in in_force]
        assert not buttons or any(buttons), script[:taken]  # what a case holds can be taken back


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=12))
@example([("hand", 1, 30), ("act", 1, 60), ("undo", 1, 1)])
@example([("hand", 1, 30), ("act", 1, 60), ("change", 1, 10)])
@example([("act", 1, 50), ("clear", 1, 1), ("act", 2, 10), ("undo", 2, 1)])
@example([("hand", 1, 50), ("hand", 1, 10), ("act", 1, 20), ("undo", 1, 1)])
@example([("act", 1, 20), ("act", 2, 40), ("change", 2, 10), ("undo", 2, 1), ("undo", 1, 1)])
@example([("act", 1, 40), ("act", 2, 20), ("undo", 1, 1), ("undo", 2, 1)])
@example([("act", 2, 50), ("act", 1, 20), ("act", 1, 60), ("undo", 1, 1), ("undo", 2, 1)])
@example([("hand", 1, 60), ("replace", 1, 20), ("act", 2, 40), ("undo", 2, 1), ("change", 1, 10)])
@example([("act", 2, 60), ("replace", 1, 20), ("act", 3, 40), ("undo", 3, 1), ("change", 1, 10)])
def test_a_member_is_timed_out_until_the_latest_end_that_anybody_asks_for(script: list[Step]) -> None:
    """After every step, Discord has the end that a plain list of who asks for what leads to."""
    asyncio.run(live_through(script))

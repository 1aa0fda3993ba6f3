"""Whatever two moderators, members, Discord and restarts do in whatever order: states stay legal, a case has one
decision at a time, and every action has an outcome."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.moderation.cards.board import MemoryBoard
from bot.moderation.cards.face import NoticeState
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.posting import CardPosting, CardStores, CardTiming
from bot.moderation.cases.action import Action, ActionKind, ActionState
from bot.moderation.cases.case import Case, CaseKind, CaseState, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.messages.intake import Tally
from bot.moderation.review.actions import Act
from bot.moderation.review.decisions import Review
from bot.moderation.review.enforcer import AS_USUAL, Accepted, Declined, Terms
from bot.moderation.review.notes import Notes
from bot.moderation.review.notifier import SilentNotifier
from bot.moderation.servers.server import ServerSettings
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_actions import MemoryActionStore, MemoryOptionStore
from tests.fakes.stores_audit import MemoryAuditLog, MemoryNoteStore
from tests.fakes.stores_noise import MemoryCardGroups, MemoryCaseMessages
from tests.fakes.stores_servers import MemoryServerStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODERATORS = (77, 78)
FINISHED = (ActionState.DONE, ActionState.REFUSED, ActionState.UNCERTAIN, ActionState.REHEARSED, ActionState.UNDONE)


class Died(BaseException):
    """The process that asked is gone."""


class OfOneProcess:
    """A store as one process sees it: after the end of that process nothing is written by it any more."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        if self.dead:
            raise Died
        return getattr(self._store, name)


@dataclass
class Discord:
    """Discord, which takes its time, refuses, breaks, or never answers, as a script says."""

    answers: list[str]
    did: Counter[ActionKind] = field(default_factory=Counter)

    async def foresee(self, action: Action, case: Case) -> Declined | None:
        """Nothing, after a while."""
        del action, case
        await asyncio.sleep(0)
        return None

    async def carry_out(self, action: Action, case: Case, terms: Terms = AS_USUAL) -> Accepted | Declined:
        """The next answer of the script; yes when that is over."""
        del case, terms
        answer = self.answers.pop() if self.answers else "yes"
        for _ in range(len(self.answers) % 3):
            await asyncio.sleep(0)
        if answer == "never":
            await asyncio.get_running_loop().create_future()
        if answer == "broken":
            raise RuntimeError
        if answer == "no":
            return Declined(why="No.")
        self.did[action.new.kind] += 1
        return Accepted()


class Installation:
    """Stores that stay, and a process over them that is replaced at every restart."""

    def __init__(self, answers: list[str]) -> None:
        self.time = NOON
        self.audit = MemoryAuditLog()
        self.notes = MemoryNoteStore(now=self.now, audit=self.audit)
        self.cases = MemoryCaseStore(now=self.now, audit=self.audit, notes=self.notes)
        self.actions = MemoryActionStore(now=self.now, audit=self.audit)
        self.servers = MemoryServerStore(now=self.now, audit=self.audit)
        self.discord = Discord(answers)
        self.under_way: set[asyncio.Task[Any]] = set()
        self.start()

    def now(self) -> datetime:
        """The present moment, which passes."""
        self.time += timedelta(seconds=1)
        return self.time

    def start(self) -> None:
        """A new process."""
        seen = {name: OfOneProcess(getattr(self, name)) for name in ("cases", "actions", "notes", "servers")}
        self.process: list[OfOneProcess] = list(seen.values())
        stores: dict[str, Any] = dict(seen)
        faces = Faces(now=self.now, **stores)
        desk = CardPosting(
            board=MemoryBoard(),
            faces=faces,
            stores=CardStores(
                cases=stores["cases"],
                servers=stores["servers"],
                options=MemoryOptionStore(now=self.now, audit=self.audit),
                groups=MemoryCardGroups(
                    cases=self.cases,
                    now=self.now,
                    audit=self.audit,
                    messages=MemoryCaseMessages(cases=self.cases, now=self.now, audit=self.audit),
                ),
            ),
            tally=Tally(),
            timing=CardTiming(now=self.now, clock=lambda: self.time.timestamp()),
        )
        self.act = Act(
            cases=stores["cases"],
            actions=stores["actions"],
            enforcer=self.discord,
            cards=desk,
            now=self.now,
            notifier=SilentNotifier(answer=NoticeState.DELIVERED),
        )
        self.review = Review(cases=stores["cases"], cards=desk, now=self.now)
        self.note_taking = Notes(store=stores["notes"], cases=stores["cases"], cards=desk)

    async def restart(self) -> None:
        """The process dies where it stands, and a new one takes up what it left."""
        for store in self.process:
            store.dead = True
        for task in self.under_way:
            task.cancel()
        for task in self.under_way:
            with suppress(Died, asyncio.CancelledError):
                await task
        self.under_way.clear()
        self.start()
        await self.act.give_up(before=self.now())

    async def at_once(self, doing: list[Awaitable[Any]]) -> None:
        """Several clicks in one moment; whatever Discord never answers goes on."""
        self.under_way |= {asyncio.ensure_future(each) for each in doing}
        for _ in range(40):
            await asyncio.sleep(0)
        finished = {task for task in self.under_way if task.done()}
        self.under_way -= finished
        for task in finished:
            task.result()


async def open_case(here: Installation) -> None:
    """Case 1, about a member's message."""
    await here.servers.save(ServerSettings(guild_id=1, review_channel_id=99, reviewer_role_id=None), actor_id=9)
    evidence = Evidence(channel_id=20, message_id=300, author_id=7, edit=0, text="hm", forwarded=False, posted_at=NOON)
    judged = Judged(
        policy_id=5,
        policy_name="Spoilers",
        version_id=33,
        version_number=3,
        rules=(RuleBroken(id="R1", title="Spoiler", severity="high"),),
        score=0.97,
        rationale="",
        reasoning=None,
        method="scripted",
        judge="scripted:1",
        prompt_fingerprint=None,
    )
    await here.cases.open(NewCase(guild_id=1, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged))


Click = Callable[[Installation], Awaitable[Any]]

who = st.sampled_from(MODERATORS)
kinds = st.sampled_from([ActionKind.WARN, ActionKind.DELETE, ActionKind.KICK, ActionKind.BAN])
states = st.sampled_from([CaseState.VIOLATION, CaseState.NOT_A_VIOLATION])


def decide(moderator: int, state: CaseState) -> Click:
    """A click on Violation or Not a violation."""
    return lambda here: here.review.decide(1, 1, state=state, moderator_id=moderator)


def act(moderator: int, kind: ActionKind) -> Click:
    """Act, and one of its choices."""
    return lambda here: here.act.act(1, 1, kind=kind, moderator_id=moderator, reason="why")


def undo(moderator: int, action_id: int) -> Click:
    """A click on Undo."""
    return lambda here: here.act.undo(1, action_id, moderator_id=moderator)


def other(moderator: int, what: str) -> Click:
    """Everything else that is done with a case."""

    def do(here: Installation) -> Awaitable[Any]:
        choices: dict[str, Callable[[], Awaitable[Any]]] = {
            "reopen": lambda: here.review.reopen(1, 1, moderator_id=moderator, reason="look again"),
            "claim": lambda: here.review.claim(1, 1, moderator_id=moderator),
            "skip": lambda: here.review.skip(1, 1, moderator_id=moderator),
            "note": lambda: here.note_taking.add(1, 1, author_id=moderator, text="hm"),
            "delete": lambda: here.cases.mark_gone(1, (300,)),
            "purge": lambda: here.cases.purge_texts(1, before=here.time),
            "lose the card": lambda: here.cases.card_lost(1, 1),
        }
        return choices[what]()

    return do


clicks = st.one_of(
    st.builds(decide, who, states),
    st.builds(act, who, kinds),
    st.builds(undo, who, st.integers(1, 4)),
    st.builds(other, who, st.sampled_from(["reopen", "claim", "skip", "note", "delete", "purge", "lose the card"])),
)
moments = st.lists(clicks, min_size=1, max_size=3) | st.just("restart")
answers = st.lists(st.sampled_from(["yes", "yes", "no", "broken", "never"]), max_size=10)


async def check(here: Installation) -> None:
    """Everything that must be true at any moment."""
    case = await here.cases.get(1, 1)
    assert case is not None
    assert (case.decision is None) == (case.state is CaseState.OPEN)
    assert case.decision is None or case.decision.state is case.state
    assert await said_by_the_history(here) is case.state
    actions = (await here.actions.of_cases(1, (1,))).get(1, ())
    standing = [each for each in actions if each.state in (ActionState.PENDING, ActionState.DONE)]
    assert max(Counter(each.new.kind for each in standing if each.new.undoes is None).values(), default=0) <= 1
    assert max(Counter(each.new.undoes for each in standing if each.new.undoes).values(), default=0) <= 1
    for action in actions:
        assert (action.settled_at is None) == (action.state is ActionState.PENDING)
        assert action.state not in (ActionState.REFUSED, ActionState.UNCERTAIN) or action.why
        taken_back = [each for each in actions if each.new.undoes == action.id and each.state is ActionState.DONE]
        assert (action.state is ActionState.UNDONE) == (len(taken_back) == 1)


async def said_by_the_history(here: Installation) -> CaseState:
    """The state that the audit entries of the case lead to, step by step; each step starts where the last one ended."""
    state = CaseState.OPEN
    for entry in reversed(await here.audit.entries(1, subject="case:1", limit=10_000)):
        if entry.action == "case_decided":
            assert state is CaseState.OPEN
            state = CaseState(entry.detail)
        elif entry.action in ("case_overruled", "case_reopened"):
            before, after = entry.detail.split(",")[0].split(" -> ")
            assert state is CaseState(before) is not CaseState(after)
            state = CaseState(after)
        elif entry.action == "action_asked" and "taking back" not in entry.detail:
            assert state is CaseState.VIOLATION
    return state


async def live_through(script: list[Any], said: list[str]) -> None:
    """Let all of it happen."""
    here = Installation(list(said))
    await open_case(here)
    for moment in script:
        if moment == "restart":
            await here.restart()
        else:
            await here.at_once([click(here) for click in moment])
        await check(here)
    await here.restart()
    await check(here)
    actions = (await here.actions.of_cases(1, (1,))).get(1, ())
    assert all(action.state in FINISHED for action in actions)
    # What nobody was sure of may have been taken back all the same.
    sure = [
        each
        for each in actions
        if each.state is ActionState.DONE or (each.state is ActionState.UNDONE and not each.why)
    ]
    done = Counter(each.new.kind for each in sure)
    done.pop(ActionKind.WARN, None)
    assert done <= here.discord.did


@settings(max_examples=150, deadline=None)
@given(st.lists(moments, max_size=12), answers)
def test_states_stay_legal_whatever_happens(script: list[Any], said: list[str]) -> None:
    """The invariants hold after every moment, and at the end nothing is pending."""
    asyncio.run(live_through(script, said))

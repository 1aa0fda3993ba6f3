"""Who may appeal, when, and who may decide on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.appeals.appeal import Appeal, AppealKey, AppealState, Review
from bot.moderation.appeals.eligibility import (
    APPEALS_OFF,
    DECIDED_THE_CASE,
    NO_MORE,
    NOTHING_TO_APPEAL,
    OWN_APPEAL,
    TOO_SOON,
    MayAppeal,
    MayDecide,
    MayNotDecide,
    NoAppeal,
    Waiting,
    first_deciders,
    may_appeal,
    may_decide,
    not_taken_back,
    to_take_back,
)
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction
from bot.moderation.cases.case import CardState, Case, CaseKind, CaseState, Decision, Evidence, Judged
from bot.moderation.servers.options import AppealOptions

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ANA, OMAR, RITA = 7, 77, 78


def case(state: CaseState = CaseState.VIOLATION) -> Case:
    """A case that Omar decided, unless it is open."""
    decided = None if state is CaseState.OPEN else Decision(state=state, moderator_id=OMAR, at=NOW)
    return Case(
        guild_id=1,
        number=12,
        kind=CaseKind.VIOLATION,
        state=state,
        evidence=Evidence(channel_id=1, message_id=2, author_id=ANA, edit=0, text="x", forwarded=False, posted_at=NOW),
        judged=Judged(
            policy_id=5,
            policy_name="A",
            version_id=1,
            version_number=1,
            rules=(),
            score=None,
            rationale="",
            reasoning=None,
            method="lite",
            judge="lite:1",
            prompt_fingerprint=None,
        ),
        decision=decided,
        card_state=CardState.POSTED,
        card_channel_id=1,
        card_message_id=2,
        opened_at=NOW,
    )


def action(
    kind: ActionKind = ActionKind.BAN, state: ActionState = ActionState.DONE, *, by: int | None = OMAR
) -> Action:
    """Something that was done about it."""
    new = NewAction(guild_id=1, case_number=12, kind=kind, target_id=ANA, by=by)
    return Action(id=1, new=new, state=state, asked_at=NOW)


def appeal(state: AppealState = AppealState.OPEN, *, attempt: int = 1, against: Decision | None = None) -> Appeal:
    """An appeal, decided now unless it waits."""
    over = state in {AppealState.UPHELD, AppealState.OVERTURNED}
    return Appeal(
        key=AppealKey(guild_id=1, case_number=12, attempt=attempt),
        member_id=ANA,
        state=state,
        answers=(),
        review=Review(reviewer_id=RITA, at=NOW, reason="") if over else None,
        opened_at=NOW,
        waiting_since=NOW,
        against=against,
    )


OPTIONS = AppealOptions()


@pytest.mark.parametrize(
    ("state", "actions", "expected"),
    [
        (CaseState.VIOLATION, (), MayAppeal(attempt=1)),
        (CaseState.OPEN, (), NoAppeal(why=NOTHING_TO_APPEAL)),
        (CaseState.NOT_A_VIOLATION, (), NoAppeal(why=NOTHING_TO_APPEAL)),
        (CaseState.OPEN, (action(ActionKind.DELETE, by=None),), MayAppeal(attempt=1)),
        (CaseState.NOT_A_VIOLATION, (action(ActionKind.KICK),), MayAppeal(attempt=1)),
        (CaseState.OPEN, (action(state=ActionState.UNCERTAIN),), MayAppeal(attempt=1)),
        (CaseState.OPEN, (action(state=ActionState.UNDONE),), NoAppeal(why=NOTHING_TO_APPEAL)),
        (CaseState.OPEN, (action(state=ActionState.REHEARSED),), NoAppeal(why=NOTHING_TO_APPEAL)),
        (CaseState.OPEN, (action(state=ActionState.REFUSED),), NoAppeal(why=NOTHING_TO_APPEAL)),
    ],
)
def test_what_can_be_appealed(state: CaseState, actions: tuple[Action, ...], expected: object) -> None:
    """A violation, or something that was done and still stands."""
    assert may_appeal(case(state), actions, (), OPTIONS, now=NOW) == expected


def test_one_at_a_time() -> None:
    """An appeal that waits is shown, even where appeals were switched off meanwhile."""
    waiting = appeal(AppealState.ASKED)
    for options in (OPTIONS, replace(OPTIONS, enabled=False)):
        assert may_appeal(case(), (), (waiting,), options, now=NOW) == Waiting(appeal=waiting)
    off = may_appeal(case(), (), (), replace(OPTIONS, enabled=False), now=NOW)
    assert off == NoAppeal(why=APPEALS_OFF)


def test_the_delay_and_the_cap() -> None:
    """The next attempt after this many days; none after this many attempts."""
    over = appeal(AppealState.UPHELD)
    until = NOW + timedelta(days=30)
    early = may_appeal(case(), (), (over,), OPTIONS, now=until - timedelta(seconds=1))
    assert early == NoAppeal(why=TOO_SOON, until=until, last=over)
    assert may_appeal(case(), (), (over,), OPTIONS, now=until) == MayAppeal(attempt=2)
    three = tuple(appeal(AppealState.UPHELD, attempt=number) for number in (1, 2, 3))
    assert may_appeal(case(), (), three, OPTIONS, now=until) == NoAppeal(why=NO_MORE, last=three[-1])


def test_a_second_pair_of_eyes() -> None:
    """Neither the member, nor whoever decided or acted, until nobody else came in time."""
    one = appeal()

    def asked(who: int, *, hours: float = 0, options: AppealOptions = OPTIONS, **changes: Action) -> object:
        return may_decide(
            one, case(), tuple(changes.values()), options, reviewer_id=who, now=NOW + timedelta(hours=hours)
        )

    until = NOW + timedelta(hours=72)
    assert asked(ANA, hours=999) == MayNotDecide(why=OWN_APPEAL)
    assert asked(OMAR) == MayNotDecide(why=DECIDED_THE_CASE, until=until)
    assert asked(OMAR, hours=72) == MayDecide(although_first=True)
    assert asked(OMAR, options=replace(OPTIONS, second_reviewer=False)) == MayDecide()
    assert asked(RITA) == MayDecide()
    assert asked(RITA, acted=action(by=RITA)) == MayNotDecide(why=DECIDED_THE_CASE, until=until)


def test_who_decided_first() -> None:
    """As the appeal found it, as the case stands, and whoever acted; not the bot, not whoever took back."""
    against = Decision(state=CaseState.VIOLATION, moderator_id=1, at=NOW)
    undoing = Action(
        id=2,
        state=ActionState.DONE,
        asked_at=NOW,
        new=NewAction(guild_id=1, case_number=12, kind=ActionKind.UNBAN, target_id=ANA, by=4, undoes=1),
    )
    actions = (action(by=2), action(by=None), undoing)
    assert first_deciders(appeal(against=against), case(), actions) == {1, 2, OMAR}
    assert first_deciders(appeal(against=against), None, ()) == {1}
    assert first_deciders(appeal(), case(CaseState.OPEN), ()) == frozenset()


def test_what_a_reversed_decision_takes_back() -> None:
    """Timeouts and bans, the uncertain ones too; the rest stays and is said."""
    ban, timeout = action(ActionKind.BAN), action(ActionKind.TIMEOUT, ActionState.UNCERTAIN)
    kick, undone = action(ActionKind.KICK), action(ActionKind.BAN, ActionState.UNDONE)
    refused = action(ActionKind.BAN, ActionState.REFUSED)
    everything = (ban, timeout, kick, undone, refused)
    assert to_take_back(everything, now=NOW) == (ban, timeout)
    assert not_taken_back(everything, now=NOW) == (ban, timeout, kick)


def test_a_timeout_that_is_over_neither_stays_nor_is_taken_back() -> None:
    """Nobody ends what has ended, and nobody is told that it stays."""
    over, running = (
        replace(each, new=replace(each.new, length=timedelta(hours=hours)))
        for each, hours in ((action(ActionKind.TIMEOUT), 1), (action(ActionKind.TIMEOUT), 2))
    )
    later = NOW + timedelta(hours=1)
    assert to_take_back((over, running), now=later) == (running,)
    assert not_taken_back((over, running), now=later) == (running,)

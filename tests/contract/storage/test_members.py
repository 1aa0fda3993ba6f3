"""The contracts of the stores of notices, of reports, and of a member's own cases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action, ActionKind, NewAction
from bot.moderation.cases.case import NewCase
from bot.moderation.members.report import Filed, FiledBefore, Mute, NewReport, TooMany

Stores = Any  # the fixture of conftest.py, which no test can import
NewCases = Callable[..., NewCase]

HERE, ELSEWHERE, ANA, BEN, OMAR = 1, 2, 7, 8, 77


async def acted(stores: Stores, number: int, *, guild: int = HERE, kind: ActionKind = ActionKind.WARN) -> Action:
    """An action about a case."""
    action, _ = await stores.actions.add(
        NewAction(guild_id=guild, case_number=number, kind=kind, target_id=ANA, by=OMAR)
    )
    return action


async def told(stores: Stores, subject: str) -> list[tuple[str, str, int | None]]:
    """The audit entries about something, oldest first."""
    entries = await stores.audit.entries(HERE, subject=subject)
    return [(each.action, each.detail, each.actor_id) for each in reversed(entries)]


async def test_the_newest_notice_of_a_case_is_shown(stores: Stores) -> None:
    """A second note about the same action replaces the first; each leaves an entry."""
    first, second = await acted(stores, 1), await acted(stores, 1, kind=ActionKind.DELETE)
    await stores.notices.note(second, NoticeState.DELIVERED)
    await stores.notices.note(first, NoticeState.FAILED)
    await stores.notices.note(await acted(stores, 2, guild=ELSEWHERE), NoticeState.FAILED)
    assert await stores.notices.of_cases(HERE, (1, 2)) == {1: NoticeState.DELIVERED}
    await stores.notices.note(second, NoticeState.FAILED)
    assert await stores.notices.of_cases(HERE, (1,)) == {1: NoticeState.FAILED}
    assert await stores.notices.of_cases(HERE, ()) == {}
    noted = [entry for entry in await told(stores, "case:1") if entry[0].startswith("notice")]
    assert noted == [
        ("notice_sent", f"action {second.id}: delete", None),
        ("notice_failed", f"action {first.id}: warn", None),
        ("notice_failed", f"action {second.id}: delete", None),
    ]


async def test_a_members_own_cases(stores: Stores, case_factory: NewCases) -> None:
    """The newest first, in one server or in all."""
    for guild, author in ((HERE, ANA), (HERE, BEN), (ELSEWHERE, ANA), (HERE, ANA)):
        await stores.cases.open(case_factory(guild_id=guild, author_id=author))
        stores.clock.forward(hours=1)

    async def found(**arguments: Any) -> list[tuple[int, int]]:
        return [(case.guild_id, case.number) for case in await stores.member_cases.of_member(ANA, **arguments)]

    assert await found() == [(HERE, 3), (ELSEWHERE, 1), (HERE, 1)]
    assert await found(guild_id=HERE) == [(HERE, 3), (HERE, 1)]
    assert await found(guild_id=HERE, limit=1) == [(HERE, 3)]
    assert await stores.member_cases.of_member(99) == ()


def report(message: int = 500, *, edit: int = 0, by: int = ANA, guild: int = HERE) -> NewReport:
    """A member's report."""
    return NewReport(guild_id=guild, message_id=message, edit=edit, reporter_id=by)


async def test_a_report_counts_once(stores: Stores) -> None:
    """By member and text of the message; it joins one case, with its entry."""
    assert await stores.reports.file(report()) == Filed()
    assert await stores.reports.file(report()) == FiledBefore(case_number=None)
    await stores.reports.attach(report(), 4)
    await stores.reports.attach(report(), 5)
    assert await stores.reports.file(report()) == FiledBefore(case_number=4)
    for other in (report(edit=9), report(by=BEN), report(guild=ELSEWHERE)):
        assert await stores.reports.file(other) == Filed()
        await stores.reports.attach(other, 4)
    assert await stores.reports.of_cases(HERE, (4, 5)) == {4: 2}
    assert await stores.reports.of_cases(HERE, ()) == {}
    assert [each.new for each in await stores.reports.of_case(HERE, 4)] == [report(), report(edit=9), report(by=BEN)]
    assert await told(stores, "case:4") == [
        ("message_reported", "message 500", ANA),
        ("message_reported", "message 500", ANA),
        ("message_reported", "message 500", BEN),
    ]


async def test_so_many_reports_within_an_hour(stores: Stores) -> None:
    """The next one is refused with the time from which on there is room again; others are not held up."""
    for number in range(3):
        assert await stores.reports.file(report(number), limit=3) == Filed()
        stores.clock.forward(minutes=10)
    refused = await stores.reports.file(report(9), limit=3)
    assert refused == TooMany(again_at=stores.clock() + timedelta(minutes=30))
    assert await stores.reports.file(report(9, by=BEN), limit=3) == Filed()
    assert await stores.reports.file(report(9, guild=ELSEWHERE), limit=3) == Filed()
    stores.clock.forward(minutes=31)
    assert await stores.reports.file(report(9), limit=3) == Filed()


async def test_reports_at_once_are_counted_one_by_one(stores: Stores) -> None:
    """Nobody gets past the limit by being quick."""
    answers = await asyncio.gather(*(stores.reports.file(report(number), limit=2) for number in range(6)))
    assert answers.count(Filed()) == 2


async def test_a_reporter_says_why(stores: Stores) -> None:
    """Of the newest report on the message; nobody else can."""
    assert await stores.reports.add_words(HERE, 500, ANA, "x") is None
    await stores.reports.file(report())
    await stores.reports.file(report(edit=9))
    kept = await stores.reports.add_words(HERE, 500, ANA, "It is\0 rude.")
    assert (kept.new, kept.words) == (report(edit=9), "It is\N{REPLACEMENT CHARACTER} rude.")
    assert await stores.reports.add_words(HERE, 500, BEN, "x") is None
    assert await stores.reports.add_words(ELSEWHERE, 500, ANA, "x") is None


async def test_a_muted_reporter(stores: Stores) -> None:
    """Is refused until the time is over or the mute is ended; elsewhere nothing changes."""
    mute = Mute(guild_id=HERE, member_id=ANA, until=stores.clock() + timedelta(days=7), by=OMAR)
    await stores.reports.mute(Mute(guild_id=HERE, member_id=ANA, until=stores.clock() + timedelta(days=1), by=BEN))
    await stores.reports.mute(mute)
    assert await stores.reports.file(report()) == mute
    assert await stores.reports.file(report(guild=ELSEWHERE)) == Filed()
    assert await stores.reports.mutes(HERE) == (mute,)
    assert await stores.reports.unmute(HERE, BEN, by=OMAR) is False
    assert await stores.reports.unmute(HERE, ANA, by=OMAR) is True
    assert await stores.reports.unmute(HERE, ANA, by=OMAR) is False
    assert await stores.reports.file(report()) == Filed()
    await stores.reports.mute(mute)
    stores.clock.forward(days=7)
    assert await stores.reports.file(report(1)) == Filed()
    assert await stores.reports.mutes(HERE) == ()
    assert await stores.reports.unmute(HERE, ANA, by=OMAR) is False
    assert [each[0] for each in await told(stores, f"member:{ANA}")] == [
        "reporter_muted",
        "reporter_muted",
        "reporter_unmuted",
        "reporter_muted",
    ]


async def test_reporters_words_go_and_reports_stay(stores: Stores) -> None:
    """When the retention time is over."""
    await stores.reports.file(report())
    await stores.reports.attach(report(), 4)
    await stores.reports.add_words(HERE, 500, ANA, "Rude.")
    stores.clock.forward(days=2)
    await stores.reports.file(report(by=BEN))
    await stores.reports.attach(report(by=BEN), 4)
    await stores.reports.add_words(HERE, 500, BEN, "Very.")
    before = stores.clock() - timedelta(days=1)
    assert await stores.reports.purge_texts(ELSEWHERE, before=before) == 0
    assert await stores.reports.purge_texts(HERE, before=before) == 1
    assert await stores.reports.purge_texts(HERE, before=before) == 0
    assert [each.words for each in await stores.reports.of_case(HERE, 4)] == [None, "Very."]
    assert (await told(stores, "case:4"))[-1] == ("texts_purged", "report", None)

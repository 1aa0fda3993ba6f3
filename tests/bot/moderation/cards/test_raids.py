"""Raids, by a clock that a test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.moderation.cards.raids import RAID_CASES, RAID_MEMBERS, RAID_SECONDS, RaidWatch
from bot.moderation.cases.case import CardState, Case, CaseKind, CaseState, Evidence, Judged, RuleBroken

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def clock() -> tuple[list[float], Callable[[], float]]:
    """A time to move, and the clock that shows it."""
    time = [0.0]
    return time, lambda: time[0]


def of_pictures(number: int, *, author: int, method: str) -> Case:
    """A case that was found by pictures: no rule is named, and there is no text."""
    found = case(number, author=author, text="")
    kind = CaseKind.SAME_PICTURE if method.startswith("same") else CaseKind.PICTURE_BURST
    return replace(found, kind=kind, judged=replace(found.judged, rules=(), method=method))


@pytest.mark.parametrize("method", ["same_picture:77", "picture_burst"])
def test_the_same_picture_by_many_members_is_a_raid(method: str) -> None:
    """So are bursts by as many; one member or another picture is none."""
    watch = RaidWatch(clock()[1])
    for number in range(1, RAID_MEMBERS):
        assert watch.see(of_pictures(number, author=number, method=method)) is None
    assert watch.see(of_pictures(50, author=1, method=method)) is None
    assert watch.see(of_pictures(51, author=51, method="same_picture:9")) is None
    raid = watch.see(of_pictures(52, author=52, method=method))
    assert raid is not None
    assert raid.numbers == (*range(1, RAID_MEMBERS), 50, 52)


def case(number: int, *, author: int, text: str = "join my server", rule: str = "R1") -> Case:
    """An open case."""
    evidence = Evidence(
        channel_id=1, message_id=number, author_id=author, edit=0, text=text, forwarded=False, posted_at=NOON
    )
    judged = Judged(
        policy_id=1,
        policy_name="P",
        version_id=1,
        version_number=1,
        rules=(RuleBroken(id=rule, title="Spam", severity="medium"),),
        score=0.9,
        rationale="",
        reasoning=None,
        method="scripted",
        judge="j",
        prompt_fingerprint=None,
    )
    return Case(
        guild_id=1,
        number=number,
        kind=CaseKind.VIOLATION,
        state=CaseState.OPEN,
        evidence=evidence,
        judged=judged,
        decision=None,
        card_state=CardState.PENDING,
        card_channel_id=None,
        card_message_id=None,
        opened_at=NOON,
    )


def test_one_text_by_many_members_is_a_raid() -> None:
    """From the fifth member on, however the text is dressed up; the cases before are named, too."""
    _, now = clock()
    watch = RaidWatch(now)
    texts = ["Join my server", "JOIN MY SERVER", "join my servеr", "j o i n my server", "join my server"]
    for number, text in enumerate(texts[:-1], start=1):
        assert watch.see(case(number, author=number, text=text)) is None
    raid = watch.see(case(5, author=5, text=texts[-1]))
    assert raid is not None
    assert raid.numbers == (1, 2, 3, 4, 5)


def test_one_member_alone_is_no_raid() -> None:
    """Nor is a case that is seen again and again."""
    _, now = clock()
    watch = RaidWatch(now)
    assert all(watch.see(case(number, author=1)) is None for number in range(1, 3 * RAID_CASES))
    assert all(watch.see(case(1, author=2)) is None for _ in range(RAID_MEMBERS * 2))


def test_very_many_cases_of_one_rule_are_a_raid() -> None:
    """By several members, with texts of their own."""
    _, now = clock()
    watch = RaidWatch(now)
    words = [chr(97 + number) * 2 + chr(98 + number) for number in range(RAID_CASES)]
    found = [watch.see(case(n, author=n % 6, text=text)) for n, text in enumerate(words, start=1)]
    assert found[:-1] == [None] * (RAID_CASES - 1)
    assert found[-1] is not None
    assert len(found[-1].numbers) == RAID_CASES


def test_a_raid_ends_when_a_minute_is_quiet() -> None:
    """Until then it goes on, however slowly."""
    time, now = clock()
    watch = RaidWatch(now)
    for number in range(1, RAID_MEMBERS + 1):
        watch.see(case(number, author=number))
    time[0] += RAID_SECONDS - 1
    assert watch.see(case(6, author=6)) is not None
    time[0] += RAID_SECONDS - 1
    assert watch.see(case(7, author=7)) is not None
    time[0] += 2 * RAID_SECONDS
    assert watch.see(case(8, author=8)) is None

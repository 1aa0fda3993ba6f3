"""The contract of looking cases up: any combination of conditions, pages, notes by their words, summaries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from bot.moderation.cases.case import CaseKind, CaseState, Decision, NewCase, RuleBroken
from bot.moderation.lookups.search import CaseQuery, MemberSummary, words_of

Stores = Any  # the fixture of conftest.py, which no test can import
NewCases = Callable[..., NewCase]

#: Searches and counts have no fake: nothing but a database answers them.
pytestmark = pytest.mark.parametrize("stores", ["sqlite", "sqlite in memory", "postgresql"], indirect=True)

HERE, ELSEWHERE, ANNA, BEN = 1, 2, 77, 78
R1, R2 = (RuleBroken(id=each, title="A rule", severity="low") for each in ("R1", "r2-Ü"))


async def fill(stores: Stores, case_factory: NewCases) -> None:
    """Eight cases, an hour apart, that differ in everything; and one in another server."""
    for number in range(1, 9):
        changes: dict[str, Any] = {
            "author_id": 7 + number % 2, "policy_id": 3 + number % 3,
            "rules": ((R1,), (R1, R2), (), (R1, R1))[number % 4],
        }  # fmt: skip
        kind = CaseKind.UNDECIDED if number in (3, 4) else CaseKind.VIOLATION
        await stores.cases.open(case_factory(kind=kind, **changes))
        stores.clock.forward(hours=1)
    for number, state, who in (
        (1, CaseState.VIOLATION, ANNA),
        (2, CaseState.NOT_A_VIOLATION, BEN),
        (5, CaseState.VIOLATION, BEN),
        (6, CaseState.VIOLATION, ANNA),
    ):
        await stores.cases.decide(HERE, number, Decision(state=state, moderator_id=who, at=stores.clock()))
    await stores.notes.add(HERE, 2, author_id=ANNA, text="Talked with them; SORRY. Straße 東京")
    await stores.notes.add(HERE, 5, author_id=ANNA, text="talked")
    await stores.notes.add(HERE, 5, author_id=BEN, text="and sorry again")
    await stores.cases.open(case_factory(guild_id=ELSEWHERE))
    await stores.notes.add(ELSEWHERE, 1, author_id=ANNA, text="talked")


async def numbers(stores: Stores, query: CaseQuery, **paging: Any) -> list[int]:
    """The numbers of a page."""
    return [line.number for line in (await stores.search.find(HERE, query, **paging)).lines]


def conditions(stores: Stores) -> dict[str, tuple[Any, set[int]]]:
    """Conditions, each with the cases that it leaves. The clock stands eight hours after the first case."""
    start = stores.clock() - timedelta(hours=8)
    return {
        "member_id": (7, {2, 4, 6, 8}),
        "rule_id": ("R2-ü", {1, 5}),
        "policy_id": (3, {3, 6}),
        "moderator_id": (BEN, {2, 5}),
        "state": (CaseState.VIOLATION, {1, 5, 6}),
        "kinds": (frozenset({CaseKind.VIOLATION, CaseKind.REPORT}), {1, 2, 5, 6, 7, 8}),
        "opened_from": (start + timedelta(hours=1), {2, 3, 4, 5, 6, 7, 8}),
        "opened_before": (start + timedelta(hours=5), {1, 2, 3, 4, 5}),
        "words": (words_of("sorry TALKED"), {2, 5}),
    }


async def test_any_combination(stores: Stores, case_factory: NewCases) -> None:
    """Conditions leave the cases that fulfil all of them, the newest first, of this server alone."""
    await fill(stores, case_factory)
    known = conditions(stores)
    for count in range(4):
        for names in combinations(known, count):
            left = set(range(1, 9)).intersection(*(known[name][1] for name in names))
            query = CaseQuery(**{name: known[name][0] for name in names})
            assert await numbers(stores, query) == sorted(left, reverse=True), names


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CaseQuery(words=words_of("STRASSE")), [2]),
        (CaseQuery(words=words_of("京")), [2]),
        (CaseQuery(words=words_of("talk")), []),
        (CaseQuery(rule_id="R9"), []),
        (CaseQuery(rule_id=" r1 "), [8, 7, 5, 4, 3, 1]),
        (CaseQuery(member_id=2**63 - 1), []),
        (CaseQuery(state=CaseState.OPEN), [8, 7, 4, 3]),
    ],
)
async def test_what_is_compared(stores: Stores, case_factory: NewCases, query: CaseQuery, found: list[int]) -> None:
    """Whole words without regard to case, letters of scripts without spaces, rules by id without regard to case."""
    await fill(stores, case_factory)
    assert await numbers(stores, query) == found


async def test_beyond_all_time(stores: Stores, case_factory: NewCases) -> None:
    """A span that begins after the last case is empty; one that ends there has them all."""
    await fill(stores, case_factory)
    later = stores.clock() + timedelta(days=1)
    assert await numbers(stores, CaseQuery(opened_from=later)) == []
    assert len(await numbers(stores, CaseQuery(opened_before=later))) == 8


async def test_pages(stores: Stores, case_factory: NewCases) -> None:
    """Forth and back, and each page says where it goes on; a case opened meanwhile moves nothing."""
    await fill(stores, case_factory)
    everything = CaseQuery()
    first = await stores.search.find(HERE, everything, limit=3)
    assert ([line.number for line in first.lines], first.newer, first.older) == ([8, 7, 6], False, True)
    second = await stores.search.find(HERE, everything, limit=3, older_than=6)
    assert ([line.number for line in second.lines], second.newer, second.older) == ([5, 4, 3], True, True)
    await stores.cases.open(case_factory())
    last = await stores.search.find(HERE, everything, limit=3, older_than=3)
    assert ([line.number for line in last.lines], last.newer, last.older) == ([2, 1], True, False)
    back = await stores.search.find(HERE, everything, limit=3, newer_than=2)
    assert ([line.number for line in back.lines], back.newer, back.older) == ([5, 4, 3], True, True)
    top = await stores.search.find(HERE, everything, limit=3, newer_than=6)
    assert ([line.number for line in top.lines], top.newer, top.older) == ([9, 8, 7], False, True)
    assert await numbers(stores, everything, older_than=2**70, limit=1) == [9]
    assert await numbers(stores, everything, newer_than=2**70) == []


async def test_a_line(stores: Stores, case_factory: NewCases) -> None:
    """Says what the case says, and nobody's text."""
    await fill(stores, case_factory)
    (line,) = (await stores.search.find(HERE, CaseQuery(), older_than=2)).lines
    case = await stores.cases.get(HERE, 1)
    assert (line.number, line.kind, line.state, line.member_id) == (1, case.kind, case.state, case.evidence.author_id)
    assert (line.channel_id, line.message_id, line.gone) == (10, case.evidence.message_id, False)
    assert (line.policy_name, line.rules, line.opened_at) == ("harassment", (R1, R2), case.opened_at)
    assert (line.decided_by, line.decided_at) == (ANNA, case.decision.at)
    (open_line,) = (await stores.search.find(HERE, CaseQuery(), newer_than=7)).lines
    assert (open_line.decided_by, open_line.decided_at) == (None, None)


async def test_a_decision_that_changes_is_found_as_it_is(stores: Stores, case_factory: NewCases) -> None:
    """Reopening takes the moderator's name away, and its reason is found like any note."""
    await fill(stores, case_factory)
    await stores.cases.reopen(HERE, 1, moderator_id=BEN, reason="A second look")
    assert await numbers(stores, CaseQuery(moderator_id=ANNA)) == [6]
    assert await numbers(stores, CaseQuery(words=words_of("look"))) == [1]


async def test_words_go_with_their_notes(stores: Stores, case_factory: NewCases) -> None:
    """What retention has deleted is not found any more."""
    await fill(stores, case_factory)
    stores.clock.forward(days=1)
    await stores.notes.add(HERE, 7, author_id=ANNA, text="talked")
    await stores.notes.purge_texts(HERE, before=stores.clock())
    assert await numbers(stores, CaseQuery(words=words_of("talked"))) == [7]


async def test_whole_cases(stores: Stores, case_factory: NewCases) -> None:
    """With their texts, the newest ones."""
    await fill(stores, case_factory)
    found = await stores.search.whole(HERE, CaseQuery(kinds=frozenset({CaseKind.VIOLATION})), limit=3)
    assert [case.number for case in found] == [8, 7, 6]
    assert found[0] == await stores.cases.get(HERE, 8)
    assert await stores.search.whole(HERE, CaseQuery(rule_id="R9"), limit=3) == ()


async def test_cases_of_a_message(stores: Stores, case_factory: NewCases) -> None:
    """All of them, under whichever version and after whichever edit, the oldest first."""
    first, _ = await stores.cases.open(case_factory(message_id=5))
    second, _ = await stores.cases.open(case_factory(message_id=5, edit=9))
    await stores.cases.open(case_factory(guild_id=ELSEWHERE, message_id=5))
    assert await stores.search.of_message(HERE, 5) == (first, second)
    assert await stores.search.of_message(HERE, 2**70) == ()


async def test_a_members_summary(stores: Stores, case_factory: NewCases) -> None:
    """How many cases stand where, and when the last one was opened."""
    await fill(stores, case_factory)
    found = await stores.search.summary(HERE, 7)
    assert found.states == ((CaseState.OPEN, 2), (CaseState.VIOLATION, 1), (CaseState.NOT_A_VIOLATION, 1))
    assert (found.total, found.last_at) == (4, stores.clock() - timedelta(hours=1))
    assert await stores.search.summary(HERE, 99) == MemberSummary()


async def test_queries_are_kept_for_a_week(stores: Stores) -> None:
    """For the server that asked."""
    full = {name: value for name, (value, _) in conditions(stores).items()}
    queries = (CaseQuery(), CaseQuery(**full))
    ids = [await stores.search.keep(HERE, query) for query in queries]
    assert [await stores.search.kept(HERE, each) for each in ids] == list(queries)
    assert await stores.search.kept(ELSEWHERE, ids[0]) is None
    assert await stores.search.kept(HERE, 2**70) is None
    stores.clock.forward(days=7, seconds=1)
    assert await stores.search.kept(HERE, ids[0]) is None
    assert await stores.search.keep(HERE, CaseQuery()) > ids[1]


async def test_an_export_leaves_an_entry(stores: Stores) -> None:
    """Who took how many cases out, and in which form."""
    await stores.search.exported(HERE, actor_id=ANNA, cases=12, what="csv")
    (entry,) = await stores.audit.entries(HERE)
    assert (entry.action, entry.actor_id, entry.subject, entry.detail) == (
        "cases_exported",
        ANNA,
        "cases",
        "12 cases, csv",
    )

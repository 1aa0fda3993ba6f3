"""The contract of `CaseStore`, over every implementation: opening, looking up and deciding."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.moderation.cases.case import (
    CardState,
    Case,
    CaseKind,
    CaseState,
    Clear,
    Decision,
    NewCase,
    NoSuchCase,
    RuleBroken,
)
from bot.moderation.cases.reading import FirstAnswer

NewCases = Callable[..., NewCase]
Stores = Any  # the fixture of conftest.py, which no test can import

GUILD, OTHER_GUILD = 1, 2
NOWHERE = (0, -1, 99, 2**63, 2**80)


def decision(*, state: CaseState = CaseState.VIOLATION, moderator_id: int = 77) -> Decision:
    """A moderator's decision, made in the afternoon."""
    return Decision(state=state, moderator_id=moderator_id, at=datetime(2026, 1, 31, 15, tzinfo=UTC))


async def opened(stores: Stores, new: NewCase) -> Case:
    """The case, opened."""
    case, is_new = await stores.cases.open(new)
    assert is_new
    return case


async def test_a_case_comes_back_as_it_was_opened(stores: Stores, case_factory: NewCases) -> None:
    """Everything that was known when the case was opened is there afterwards."""
    new = case_factory(
        rules=(
            RuleBroken(id="R2", title="Insults", severity="high"),
            RuleBroken(id="R1", title="Threats", severity="low"),
        ),
        edit=1769860800123,
        forwarded=True,
        gone=True,
        before="you are nice",
        speakers=(("A", 7), ("B", 2**62)),
        first_answer=FirstAnswer(rule_ids=("R1",), score=0.8, rationale="B is called a fool."),
    )
    case = await opened(stores, new)
    assert case == Case(
        guild_id=GUILD,
        number=1,
        kind=CaseKind.VIOLATION,
        state=CaseState.OPEN,
        evidence=new.evidence,
        judged=new.judged,
        decision=None,
        card_state=CardState.PENDING,
        card_channel_id=None,
        card_message_id=None,
        opened_at=stores.clock(),
    )
    assert await stores.cases.get(GUILD, 1) == case


async def test_a_case_without_a_verdict_is_kept_too(stores: Stores, case_factory: NewCases) -> None:
    """A judge that could not say leaves no score, no rules and no reasoning."""
    new = case_factory(
        kind=CaseKind.UNDECIDED,
        rules=(),
        score=None,
        rationale="",
        reasoning=None,
        prompt_fingerprint=None,
        method="undecided:deadline",
        text=None,
    )
    case = await opened(stores, new)
    assert (case.kind, case.judged, case.evidence) == (CaseKind.UNDECIDED, new.judged, new.evidence)


async def test_numbers_count_up_in_each_server(stores: Stores, case_factory: NewCases) -> None:
    """1, 2, 3 in one server, whatever happens in another."""
    numbers = [(await opened(stores, case_factory(guild_id=guild))).number for guild in (1, 2, 1, 1, 2)]
    assert numbers == [1, 1, 2, 3, 2]


async def test_the_same_message_is_one_case(stores: Stores, case_factory: NewCases) -> None:
    """A second verdict about the same message, edit and version gives back the first case, untouched."""
    new = case_factory()
    first = await opened(stores, new)
    again, is_new = await stores.cases.open(replace(new, kind=CaseKind.UNDECIDED))
    assert (again, is_new) == (first, False)
    assert (await opened(stores, case_factory())).number == 2


@pytest.mark.parametrize("change", [{"edit": 5}, {"version_id": 41}, {"guild_id": OTHER_GUILD}])
async def test_another_edit_version_or_server_is_another_case(
    stores: Stores, case_factory: NewCases, change: dict[str, int]
) -> None:
    """Only exactly the same is the same."""
    await opened(stores, case_factory(message_id=500))
    await opened(stores, case_factory(message_id=500, **change))


async def test_two_verdicts_at_once_make_one_case(stores: Stores, case_factory: NewCases) -> None:
    """However many come at the same moment, one case is opened and all get it."""
    new = case_factory()
    answers = await asyncio.gather(*(stores.cases.open(new) for _ in range(8)))
    assert sorted(is_new for _, is_new in answers) == [False] * 7 + [True]
    assert {case.number for case, _ in answers} == {1}
    assert len(await stores.audit.entries(GUILD)) == 1


async def test_many_cases_at_once_get_numbers_without_a_gap(stores: Stores, case_factory: NewCases) -> None:
    """Concurrency neither repeats nor loses a number."""
    answers = await asyncio.gather(*(stores.cases.open(case_factory(guild_id=1 + n % 2)) for n in range(24)))
    for guild in (1, 2):
        assert sorted(case.number for case, _ in answers if case.guild_id == guild) == list(range(1, 13))


@pytest.mark.parametrize("number", NOWHERE)
async def test_a_number_without_a_case(stores: Stores, case_factory: NewCases, number: int) -> None:
    """Whatever number a moderator types: no case is None, and nothing can be done to it."""
    await opened(stores, case_factory())
    assert await stores.cases.get(GUILD, number) is None
    with pytest.raises(NoSuchCase):
        await stores.cases.decide(GUILD, number, decision())
    with pytest.raises(NoSuchCase):
        await stores.cases.card_posted(GUILD, number, channel_id=5, message_id=6)
    with pytest.raises(NoSuchCase):
        await stores.cases.card_lost(GUILD, number)


async def test_a_server_sees_its_own_cases_only(stores: Stores, case_factory: NewCases) -> None:
    """No method reaches into another server."""
    case = await opened(stores, case_factory(message_id=500, channel_id=10))
    assert await stores.cases.get(OTHER_GUILD, 1) is None
    assert await stores.cases.latest_for_message(OTHER_GUILD, 500) is None
    assert await stores.cases.pending_cards(OTHER_GUILD) == ()
    assert await stores.cases.mark_gone(OTHER_GUILD, (500,)) == ()
    assert await stores.cases.mark_channel_gone(OTHER_GUILD, 10) == ()
    assert await stores.cases.purge_texts(OTHER_GUILD, before=stores.clock() + timedelta(days=1)) == 0
    assert not await stores.cases.was_judged(guild_id=OTHER_GUILD, message_id=500, edit=0, version_id=40)
    for refused in (
        stores.cases.decide(OTHER_GUILD, 1, decision()),
        stores.cases.card_posted(OTHER_GUILD, 1, channel_id=5, message_id=6),
        stores.cases.card_lost(OTHER_GUILD, 1),
    ):
        with pytest.raises(NoSuchCase):
            await refused
    assert await stores.cases.get(GUILD, 1) == case


async def test_the_newest_case_about_a_message(stores: Stores, case_factory: NewCases) -> None:
    """A message that was edited and flagged again is found by its newest case."""
    await opened(stores, case_factory(message_id=500))
    newest = await opened(stores, case_factory(message_id=500, edit=9))
    await opened(stores, case_factory(message_id=501))
    assert await stores.cases.latest_for_message(GUILD, 500) == newest
    assert await stores.cases.latest_for_message(GUILD, 502) is None


async def test_what_was_judged_is_known(
    stores: Stores, case_factory: NewCases, clear_factory: Callable[..., Clear]
) -> None:
    """A clear verdict and a case both count, for exactly this message, edit and version."""
    await stores.cases.record_clear(clear_factory(message_id=500))
    await opened(stores, case_factory(message_id=501))
    for message in (500, 501):
        judged = {"guild_id": GUILD, "message_id": message, "edit": 0, "version_id": 40}
        assert await stores.cases.was_judged(**judged)
        for other in ({"guild_id": 2}, {"message_id": 502}, {"edit": 1}, {"version_id": 41}):
            assert not await stores.cases.was_judged(**(judged | other))


async def test_a_clear_verdict_twice_is_one(stores: Stores, clear_factory: Callable[..., Clear]) -> None:
    """Replays do no harm, at once or later, and clear verdicts leave no audit entry."""
    await asyncio.gather(*(stores.cases.record_clear(clear_factory()) for _ in range(5)))
    await stores.cases.record_clear(clear_factory(score=0.4))
    assert await stores.cases.was_judged(guild_id=GUILD, message_id=500, edit=0, version_id=40)
    assert await stores.audit.entries(GUILD) == ()


@pytest.mark.parametrize("state", [CaseState.VIOLATION, CaseState.NOT_A_VIOLATION])
async def test_a_decision_is_written(stores: Stores, case_factory: NewCases, state: CaseState) -> None:
    """The case shows who decided what, and when."""
    case = await opened(stores, case_factory())
    decided, written = await stores.cases.decide(GUILD, 1, decision(state=state))
    assert written
    assert decided == replace(case, state=state, decision=decision(state=state))
    assert await stores.cases.get(GUILD, 1) == decided


async def test_the_first_decision_stands(stores: Stores, case_factory: NewCases) -> None:
    """A later one changes nothing and is told what was decided."""
    await opened(stores, case_factory())
    first, _ = await stores.cases.decide(GUILD, 1, decision(moderator_id=77))
    later = await stores.cases.decide(GUILD, 1, decision(state=CaseState.NOT_A_VIOLATION, moderator_id=78))
    assert later == (first, False)
    assert len(await stores.audit.entries(GUILD, subject="case:1")) == 2


async def test_of_two_decisions_at_once_one_counts(stores: Stores, case_factory: NewCases) -> None:
    """Two moderators click in the same moment: one decides, both see the same case."""
    await opened(stores, case_factory())
    answers = await asyncio.gather(
        *(stores.cases.decide(GUILD, 1, decision(moderator_id=moderator)) for moderator in range(70, 78))
    )
    assert sorted(written for _, written in answers) == [False] * 7 + [True]
    winner = next(case for case, written in answers if written)
    assert all(case == winner for case, _ in answers)


async def test_to_leave_a_case_open_is_no_decision(stores: Stores, case_factory: NewCases) -> None:
    """Decisions are for or against; anything else is a programming error, and nothing is written."""
    case = await opened(stores, case_factory())
    with pytest.raises(ValueError, match="decision"):
        await stores.cases.decide(GUILD, 1, decision(state=CaseState.OPEN))
    assert await stores.cases.get(GUILD, 1) == case


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE cases; --",
        '{"$ne": null} %s %(x)s {0} :name ?',
        "a" * 4000,
        "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 800,
        "nul \0 in the middle",
        "\u202eright to left\u202c \u200bzero width Z\u0351\u036b\u0343",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
        "",
        " \n\t ",
    ],
    ids=["sql", "placeholders", "4,000 characters", "emoji", "nul", "directions", "control tokens", "empty", "blank"],
)  # fmt: skip
async def test_a_text_is_kept_to_the_letter(stores: Stores, case_factory: NewCases, text: str) -> None:
    """Whatever members, models and admins write is data, and comes back as it went in."""
    new = case_factory(text=text, rationale=text, reasoning=text)
    await opened(stores, new)
    case = await stores.cases.get(GUILD, 1)
    assert (case.evidence.text, case.judged.rationale, case.judged.reasoning) == (text, text, text)


async def test_hostile_names_are_data_too(stores: Stores, case_factory: NewCases) -> None:
    """What an admin wrote into a policy's name or a rule's title is kept; what no database takes is replaced."""
    hostile = "'); DELETE FROM cases; -- \" \\ \u202e \U0001f600"
    rule = RuleBroken(id="R1", title=f"{hostile}\0\ud800", severity="high")
    case = await opened(stores, case_factory(policy_name=f"{hostile}\0", rules=(rule,)))
    assert case.judged.policy_name == f"{hostile}\ufffd"
    assert case.judged.rules == (replace(rule, title=f"{hostile}\ufffd\ufffd"),)
    assert await stores.cases.get(GUILD, 1) == case


async def test_lone_surrogates_are_replaced(stores: Stores, case_factory: NewCases) -> None:
    """Half a character, which JSON can carry and no encoding can, becomes a replacement character."""
    case = await opened(stores, case_factory(text="a\ud83d", rationale="\udc00b", reasoning="\ud800"))
    assert (case.evidence.text, case.judged.rationale, case.judged.reasoning) == ("a\ufffd", "\ufffdb", "\ufffd")
    assert await stores.cases.get(GUILD, 1) == case


async def test_times_keep_their_instant(stores: Stores, case_factory: NewCases) -> None:
    """A time given in another zone is the same moment afterwards, to the microsecond."""
    posted = datetime(2026, 1, 31, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=-7)))
    case = await opened(stores, case_factory(posted_at=posted))
    assert case.evidence.posted_at == posted
    assert case.evidence.posted_at.utcoffset() is not None


async def test_ids_of_discord_fit(stores: Stores, case_factory: NewCases) -> None:
    """Snowflakes up to the largest that Discord can make are kept."""
    largest = 2**63 - 1
    case = await opened(
        stores, case_factory(guild_id=largest, message_id=largest, channel_id=largest, author_id=largest)
    )
    assert await stores.cases.get(largest, 1) == case


@pytest.mark.parametrize("kind", [CaseKind.AUTOMOD, CaseKind.MANUAL])
async def test_what_was_dealt_with_elsewhere_has_no_card(
    stores: Stores, case_factory: NewCases, kind: CaseKind
) -> None:
    """It is on no list of cards to be posted."""
    case, _ = await stores.cases.open(case_factory(kind=kind, rules=(), version_id=0, policy_id=0))
    assert case.card_state is CardState.NONE
    assert await stores.cases.pending_cards() == ()
    assert await stores.cases.card_lost(GUILD, case.number) == case

"""A card that Discord refuses holds up no other, and every case has one card, whatever asks for it at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.moderation.cards.board import CardRefused
from bot.moderation.cards.raids import RAID_MEMBERS
from bot.moderation.cases.case import CardState
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.options import CardOptions
from classifier import Undecided, UndecidedReason

Seen = Callable[..., MessageSeen]
CLOSED = CardRefused(why="Bylaw may not write in #mods.", permanent=True)
POISON = CardRefused(why="Discord refuses the card.", permanent=True, only_this_card=True)
DOWN = CardRefused(why="Discord did not take the card.", permanent=False)
ELSEWHERE = 55


async def flag(desk: Any, seen_factory: Seen, number: int, text: str = "") -> None:
    """A member of their own posts something that breaks R1."""
    text = text or f"the butler did it {number}"
    await desk.pipeline.see(seen_factory(message_id=300 + number, author_id=1_000 + number, text=text), own_id=1)


async def flag_many(desk: Any, seen_factory: Seen, numbers: range) -> None:
    """This many, one after the other."""
    for number in numbers:
        await flag(desk, seen_factory, number)
        desk.later(minutes=2)


def shown(desk: Any) -> Counter[int]:
    """How many cards of their own and places on shared cards each case has."""
    last = {face.group.id: face for face in desk.board.groups}
    return Counter([case.number for case in desk.board.posted]) + Counter(
        line.number for face in last.values() for line in face.lines
    )


@pytest.mark.parametrize("refusal", [POISON, DOWN], ids=["for good", "for now"])
async def test_one_refused_card_holds_up_no_other(desk: Any, seen_factory: Seen, refusal: CardRefused) -> None:
    """Those behind it are posted within two rounds."""
    desk.board.refusal = DOWN
    await flag_many(desk, seen_factory, range(1, 6))
    desk.board.refusal, desk.board.refused_cases = None, {1: refusal}
    for _ in range(2):
        await desk.card_desk.catch_up(1)
    assert sorted(shown(desk)) == [2, 3, 4, 5]


async def test_more_refused_cards_than_one_round_tries_hold_up_no_other(desk: Any, seen_factory: Seen) -> None:
    """Those that were refused more often come last."""
    desk.board.refusal = DOWN
    await flag_many(desk, seen_factory, range(1, 132))
    desk.board.refusal, desk.board.refused_cases = None, dict.fromkeys(range(1, 131), POISON)
    for _ in range(14):
        desk.later(minutes=2)
        await desk.card_desk.catch_up(1)
    assert sorted(shown(desk)) == [131]


async def test_an_admin_hears_once_of_cards_that_are_never_taken(desk: Any, seen_factory: Seen) -> None:
    """Although others are posted in between."""
    desk.board.refused_cases = {1: POISON, 3: POISON}
    for number in range(1, 6):
        await flag_many(desk, seen_factory, range(number, number + 1))
        await desk.card_desk.catch_up(1)
    assert len(desk.board.told) == 1
    assert desk.card_desk.refusals.reasons(1) == (POISON.why,)


async def test_a_closed_review_channel_holds_up_no_other_route(
    desk_factory: Any, verdict_factory: Any, seen_factory: Seen
) -> None:
    """Cards of a severity with a channel of its own go there, whoever is first."""
    crashed = Undecided(reason=UndecidedReason.JUDGE_CRASHED)
    desk = await desk_factory(lambda request: crashed if "1" in request.content.target.text else verdict_factory())
    await desk.options.save(1, CardOptions(channel_by_severity=(("high", ELSEWHERE),)), actor_id=9)
    desk.board.refusal = DOWN
    await flag_many(desk, seen_factory, range(1, 3))
    desk.board.refusal, desk.board.closed_channels = None, {99}
    assert await desk.card_desk.catch_up(1) == 1


class TestSharedCards:
    """They arrive, too."""

    @pytest.fixture
    def raid(self, desk: Any, seen_factory: Seen) -> Callable[[], Any]:
        """Many members post the same text at once."""

        async def make() -> None:
            for number in range(1, 3 * RAID_MEMBERS):
                await flag(desk, seen_factory, number, "the butler did it")
            await desk.card_desk.settle()

        return make

    async def test_a_closed_route_is_gone_around(self, desk: Any, raid: Callable[[], Any]) -> None:
        """By the shared card as by the others, and an admin is told once."""
        await desk.options.save(1, CardOptions(channel_by_severity=(("high", ELSEWHERE),)), actor_id=9)
        desk.board.closed_channels = {ELSEWHERE}
        await raid()
        assert await desk.cases.pending_numbers(1) == ()
        assert {route.channel_id for route in desk.board.routes} == {99}
        assert len(desk.board.told) == 1

    async def test_a_shared_card_that_is_refused_falls_apart(self, desk: Any, raid: Callable[[], Any]) -> None:
        """Its cases get cards of their own; the one that cannot be posted stays pending."""
        desk.board.group_refusal, desk.board.refused_cases = POISON, {7: POISON}
        await raid()
        assert await desk.cases.pending_numbers(1) == (7,)

    async def test_a_closed_channel_leaves_them_pending(self, desk: Any, raid: Callable[[], Any]) -> None:
        """Until it is open again."""
        desk.board.closed_channels = {99}
        await raid()
        assert len(await desk.cases.pending_numbers(1)) == 3 * RAID_MEMBERS - 1
        desk.board.closed_channels = set()
        await desk.card_desk.catch_up(1)
        await desk.card_desk.settle()
        assert await desk.cases.pending_numbers(1) == ()


@given(
    turns=st.integers(0, 4),
    same=st.booleans(),
    asks=st.lists(st.tuples(st.sampled_from(["show", "alone", "refresh", "round", "gone", "wait"]), st.integers(1, 8))),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_case_has_one_card(
    desk_factory: Any, verdict_factory: Any, seen_factory: Seen, turns: int, same: bool, asks: list[tuple[str, int]]
) -> None:
    """Whoever asks for its card at whatever moment, with whatever they read before; and it shows how the case is."""

    async def run() -> None:
        desk = await desk_factory(lambda _: verdict_factory())
        desk.board.refusal = DOWN
        for number in range(1, 9):
            await flag(desk, seen_factory, number, "the butler" if same else "")
        await desk.card_desk.settle()
        desk.board.refusal, desk.board.turns = None, turns
        stale = {number: await desk.cases.get(1, number) for number in range(1, 9)}
        ask = {
            "show": lambda number: desk.card_desk.show(stale[number]),
            "alone": lambda number: desk.card_desk.show_alone(stale[number]),
            "refresh": lambda number: desk.card_desk.refresh(stale[number]),
            "round": lambda _: desk.card_desk.catch_up(1),
            "gone": lambda number: desk.pipeline.gone(1, 20, frozenset({300 + number})),
            "wait": lambda _: asyncio.sleep(0),
        }
        tasks = []
        for what, number in asks:
            tasks.append(asyncio.create_task(ask[what](number)))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        await desk.card_desk.settle()
        await desk.card_desk.catch_up(1)
        await desk.card_desk.settle()
        assert await desk.cases.pending_numbers(1) == ()
        alone = Counter(case.number for case in desk.board.posted)
        assert set(alone.values()) <= {1}
        for number in range(1, 9):
            case = await desk.cases.get(1, number)
            assert (case.card_state is CardState.POSTED) == (number in alone)
            if number in alone:
                last = [face for face in desk.board.faces if face.case.number == number][-1]
                assert last.case.evidence.gone == case.evidence.gone

    asyncio.run(run())

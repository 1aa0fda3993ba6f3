"""Suspects: who may be in the engine together after it went down, and who is guilty."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.content import Content, Message
from classifier.judge import JudgeRequest, Lane
from classifier.llama.client.in_flight import Entry, Suspects
from classifier.policy_text import PolicyText, RuleText

POLICY = PolicyText(title="p", rules=(RuleText(id="R1", title="t"),))


def entry(lane: Lane = Lane.LIVE) -> Entry:
    request = JudgeRequest(policy=POLICY, content=Content(target=Message(text="x")), lane=lane)
    return Entry(request=request, since=0.0)


async def test_one_that_was_alone_twice_is_guilty() -> None:
    """The first time may be chance."""
    suspects, alone = Suspects(), entry()
    assert suspects.accuse([alone], company=1) == []
    assert suspects.take(beside=[]) is alone
    assert suspects.accuse([alone], company=1) == [alone]
    assert len(suspects) == 0


async def test_one_with_others_that_nobody_waits_for_is_not_guilty() -> None:
    """They may have done it."""
    suspects, other = Suspects(), entry()
    suspects.accuse([other], company=2)
    suspects.take(beside=[])
    assert suspects.accuse([other], company=2) == []


async def test_company_gets_smaller() -> None:
    """Sixteen at first, then four, then each alone; urgent ones first."""
    suspects = Suspects()
    lost = [entry(Lane.BACKGROUND if number < 8 else Lane.LIVE) for number in range(16)]
    suspects.accuse(lost, company=16)
    group: list[Entry] = []
    while (one := suspects.take(beside=group)) is not None:
        group.append(one)
    assert group == lost[8:12]
    suspects.accuse(group, company=4)
    group = []
    while (one := suspects.take(beside=group)) is not None:
        group.append(one)
    assert group == lost[12:]
    assert suspects.take(beside=[]) is lost[0]
    assert len(suspects.empty()) == 16 - 4 - 1
    assert suspects.take(beside=[]) is None


async def test_a_suspect_can_be_withdrawn() -> None:
    """Once."""
    suspects, one, two = Suspects(), entry(), entry()
    suspects.accuse([one, two], company=2)
    assert suspects.remove(one)
    assert not suspects.remove(one)
    assert suspects.take(beside=[]) is two


def in_a_loop(check: Callable[[], None]) -> None:
    """Futures belong to a loop."""

    async def run() -> None:
        check()

    asyncio.run(run())


@settings(deadline=None, max_examples=50)
@given(size=st.integers(1, 70), guilty=st.sets(st.integers(0, 69), max_size=3))
def test_exactly_the_guilty_are_found(size: int, guilty: set[int]) -> None:
    """An engine that goes down whenever it holds one of them: every other request is answered, after few crashes."""

    def check() -> None:
        entries = [entry() for _ in range(size)]
        poison = {id(entries[number]) for number in guilty if number < size}
        suspects, answered, aside, crashes = Suspects(), [], [], 0
        inside = list(entries)
        while inside:
            if any(id(each) in poison for each in inside):
                crashes += 1
                aside += suspects.accuse(inside, company=len(inside))
                inside = []
            else:
                answered.append(inside.pop(0))
            while (one := suspects.take(beside=inside)) is not None:
                inside.append(one)
        assert {id(each) for each in aside} == poison
        assert len(answered) == size - len(poison)
        assert crashes <= 1 + 2 * len(poison)

    in_a_loop(check)

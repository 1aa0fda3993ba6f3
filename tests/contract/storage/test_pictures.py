"""The contract of the store of pictures, which databases keep only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.case import CaseKind, CaseState, Decision, NewCase
from bot.moderation.pictures.picture import DecidedPicture, Fingerprint, PictureRead

Stores = Any  # the fixture of conftest.py, which no test can import
FIRST = PictureRead(fingerprint=Fingerprint(bits=2**255 + 1), copy=b"\x00small\xff")
SECOND = PictureRead(fingerprint=Fingerprint(bits=0))
COPY = PictureRead(copy=b"another")


@pytest.fixture
def kept(stores: Stores) -> Stores:
    """The stores of a database."""
    if stores.pictures is None:
        pytest.skip("kept in databases only")
    return stores


async def opened(stores: Stores, new: NewCase, *pictures: PictureRead) -> int:
    """The number of a new case with these pictures."""
    case, _ = await stores.cases.open(new)
    await stores.pictures.keep(1, case.number, pictures)
    return int(case.number)


async def decide(stores: Stores, number: int, state: CaseState = CaseState.VIOLATION) -> None:
    """A moderator decides."""
    await stores.cases.decide(1, number, Decision(state=state, moderator_id=5, at=stores.clock()))


async def test_copies_come_back_as_they_were(kept: Stores, case_factory: Callable[..., NewCase]) -> None:
    """In their order, and those that were kept first."""
    number = await opened(kept, case_factory(), FIRST, SECOND, COPY)
    await kept.pictures.keep(1, number, [COPY])
    assert await kept.pictures.copies(1, number) == (b"\x00small\xff", b"another")
    other = await opened(kept, case_factory(), SECOND)
    assert await kept.pictures.how_many_copies(1, (number, other, 99)) == {number: 2}
    assert await kept.pictures.copies(2, number) == ()
    assert await kept.pictures.copies(1, 99) == ()


async def test_what_is_compared_is_decided(kept: Stores, case_factory: Callable[..., NewCase]) -> None:
    """As a violation, now; the newest first, and of this server alone."""
    first = await opened(kept, case_factory(), FIRST, SECOND)
    second = await opened(kept, case_factory(), SECOND, COPY)
    assert await kept.pictures.decided(1) == ()
    await decide(kept, first)
    await decide(kept, second)
    assert FIRST.fingerprint is not None
    assert SECOND.fingerprint is not None
    assert await kept.pictures.decided(1) == (
        DecidedPicture(number=second, fingerprint=SECOND.fingerprint),
        DecidedPicture(number=first, fingerprint=FIRST.fingerprint),
        DecidedPicture(number=first, fingerprint=SECOND.fingerprint),
    )
    assert await kept.pictures.decided(2) == ()
    await kept.cases.reopen(1, second, moderator_id=5, reason="looked again")
    assert {each.number for each in await kept.pictures.decided(1)} == {first}
    await decide(kept, second)
    assert {each.number for each in await kept.pictures.decided(1)} == {first, second}


@pytest.mark.parametrize("overruled", [False, True])
async def test_no_violation_keeps_no_pictures(
    kept: Stores, case_factory: Callable[..., NewCase], overruled: bool
) -> None:
    """Whether it was decided at once or reversed later, and whatever is decided after that."""
    number = await opened(kept, case_factory(), FIRST)
    if overruled:
        await decide(kept, number)
        decision = Decision(state=CaseState.NOT_A_VIOLATION, moderator_id=6, at=kept.clock())
        await kept.cases.overrule(1, number, decision)
    else:
        await decide(kept, number, CaseState.NOT_A_VIOLATION)
    assert await kept.pictures.copies(1, number) == ()
    await kept.pictures.keep(1, number, [FIRST])  # one that took long to fetch
    await kept.cases.overrule(1, number, Decision(state=CaseState.VIOLATION, moderator_id=6, at=kept.clock()))
    assert await kept.pictures.decided(1) == ()


async def test_they_go_with_the_texts_of_their_case(kept: Stores, case_factory: Callable[..., NewCase]) -> None:
    """And none is kept of a case whose texts are gone."""
    old = await opened(kept, case_factory(), FIRST)
    await decide(kept, old)
    kept.clock.forward(days=10)
    new = await opened(kept, case_factory(), FIRST)
    assert await kept.cases.purge_texts(1, before=kept.clock() - timedelta(days=5)) == 1
    assert await kept.pictures.copies(1, old) == ()
    assert await kept.pictures.decided(1) == ()
    assert len(await kept.pictures.copies(1, new)) == 1
    await kept.pictures.keep(1, old, [FIRST])
    await kept.pictures.keep(1, 99, [FIRST])
    assert await kept.pictures.copies(1, old) == await kept.pictures.copies(1, 99) == ()


async def test_a_burst_that_is_under_way(kept: Stores, case_factory: Callable[..., NewCase]) -> None:
    """The newest open one of this member, opened since then."""
    since = kept.clock() - timedelta(minutes=1)
    await opened(kept, case_factory())
    assert await kept.pictures.open_burst(1, 7, since=since) is None
    first = await opened(kept, case_factory(kind=CaseKind.PICTURE_BURST))
    assert await kept.pictures.open_burst(1, 7, since=since) == first
    assert await kept.pictures.open_burst(1, 8, since=since) is None
    assert await kept.pictures.open_burst(2, 7, since=since) is None
    assert await kept.pictures.open_burst(1, 7, since=since + timedelta(minutes=2)) is None
    await decide(kept, first)
    assert await kept.pictures.open_burst(1, 7, since=since) is None

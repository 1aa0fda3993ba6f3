"""What takes texts away works in proportion to what there is, and never long at a time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select, update

from bot.storage.cases.cases import MARKED_AT_A_TIME
from bot.storage.tables.cases import case_numbers, cases
from tests.bot.storage.privacy.kept import ANA, ELSEWHERE, HERE, Kept
from tests.bot.storage.sqlite_work import counting_work

FEW, MANY = 200, 800
PROPORTION = 1.25 * MANY / FEW  #: a search that begins from the start for every batch takes far more


async def have(kept: Kept, *, guild: int, count: int) -> None:
    """This many decided cases of Ana in a server, in one channel."""
    await kept.case(guild=guild)
    async with kept.engine.begin() as connection:
        row = (await connection.execute(select(cases).where(cases.c.guild_id == guild))).mappings().one()
        more = [{**row, "number": number, "message_id": 10_000 + number} for number in range(2, count + 1)]
        await connection.execute(insert(cases), more)
        mine = case_numbers.c.guild_id == guild
        await connection.execute(update(case_numbers).where(mine).values(last_number=count))


async def test_four_times_the_cases_take_four_times_the_work_to_erase(kept: Kept) -> None:
    """No batch reads again what the ones before it erased."""
    await have(kept, guild=HERE, count=FEW)
    await have(kept, guild=ELSEWHERE, count=MANY)
    with counting_work(kept.engine) as few:
        assert (await kept.erase(HERE)).cases == FEW
    with counting_work(kept.engine) as many:
        assert (await kept.erase(ELSEWHERE)).cases == MANY
    assert 0 < many.steps <= PROPORTION * few.steps


async def test_four_times_the_texts_take_four_times_the_work_to_purge(kept: Kept) -> None:
    """The same when the retention time is over."""
    await have(kept, guild=HERE, count=FEW)
    await have(kept, guild=ELSEWHERE, count=MANY)
    later = kept.time + timedelta(days=1)
    with counting_work(kept.engine) as few:
        turns = [await kept.cases.purge_texts(HERE, before=later, limit=50) for _ in range(FEW // 50 + 1)]
    assert turns[-2:] == [50, 0]
    with counting_work(kept.engine) as many:
        turns = [await kept.cases.purge_texts(ELSEWHERE, before=later, limit=50) for _ in range(MANY // 50 + 1)]
    assert turns[-2:] == [50, 0]
    assert 0 < many.steps <= PROPORTION * few.steps


async def test_a_look_that_finds_nothing_is_not_longer_for_what_was_purged_before(kept: Kept) -> None:
    """It is taken every hour, in servers with a million cases. What comes afterwards is found."""
    await have(kept, guild=HERE, count=FEW)
    await have(kept, guild=ELSEWHERE, count=MANY)
    later = kept.time + timedelta(days=1)
    looks = []
    for guild in (HERE, ELSEWHERE):
        while await kept.cases.purge_texts(guild, before=later):
            pass
        with counting_work(kept.engine) as look:
            assert await kept.cases.purge_texts(guild, before=later) == 0
        looks.append(look.steps)
    assert looks[1] <= looks[0] + 1
    kept.time += timedelta(days=2)
    await kept.case(guild=HERE)
    assert await kept.cases.purge_texts(HERE, before=kept.time) == 0
    assert await kept.cases.purge_texts(HERE, before=kept.time + timedelta(days=1)) == 1


async def test_a_channel_with_many_cases_holds_up_nobody_when_it_is_deleted(kept: Kept) -> None:
    """Whoever else writes gets in between; every case is marked and comes back once, in its order."""
    count = 2 * MARKED_AT_A_TIME + 1
    await have(kept, guild=HERE, count=count)
    with counting_work(kept.engine) as work:
        gone = await kept.cases.mark_channel_gone(HERE, 10)
    assert [case.number for case in gone] == list(range(1, count + 1))
    assert all(case.evidence.gone for case in gone)
    assert work.transactions >= 3
    assert await kept.cases.mark_channel_gone(HERE, 10) == ()


async def test_what_was_erased_is_not_counted_again(kept: Kept) -> None:
    """A second request finds nothing, however the first one went through its batches."""
    await have(kept, guild=HERE, count=120)
    assert (await kept.erase()).cases == 120
    assert (await kept.erase()).is_nothing
    assert [case.evidence.author_id for case in await kept.searches.of_message(HERE, 10_002)] == [ANA]

"""Rows of many tasks in few transactions: nobody is told too early, and no row is lost."""

from __future__ import annotations

import asyncio

import pytest

from bot.storage.database.group_commit import GroupCommit


class Database:
    """Notes what is written in each transaction; waits where it is told to, fails where it is told to."""

    def __init__(self) -> None:
        self.written: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()
        self.fails = False

    async def write(self, rows: list[int]) -> None:
        """One transaction."""
        await self.go.wait()
        if self.fails:
            raise OSError("full")
        self.written.append(list(rows))


async def test_what_comes_in_meanwhile_is_written_together() -> None:
    """The first row goes alone; all others that came while it was being written go in one transaction."""
    database = Database()
    commits: GroupCommit[int] = GroupCommit(database.write)
    database.go.clear()
    first = asyncio.create_task(commits.add(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(commits.add(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in (first, *others))
    database.go.set()
    await asyncio.gather(first, *others)
    assert database.written == [[0], [1, 2, 3, 4, 5]]


async def test_an_error_goes_to_everybody_whose_row_was_in_it() -> None:
    """The next rows are written as if nothing had been."""
    database = Database()
    commits: GroupCommit[int] = GroupCommit(database.write)
    database.fails = True
    outcomes = await asyncio.gather(*(commits.add(number) for number in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError] * 3
    database.fails = False
    await commits.add(7)
    assert database.written == [[7]]


async def test_a_row_of_somebody_who_left_is_written_all_the_same() -> None:
    """Cancelling one task takes nothing from the others."""
    database = Database()
    commits: GroupCommit[int] = GroupCommit(database.write)
    database.go.clear()
    tasks = [asyncio.create_task(commits.add(number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    database.go.set()
    await asyncio.gather(*tasks[1:])
    assert database.written == [[0, 1, 2]]

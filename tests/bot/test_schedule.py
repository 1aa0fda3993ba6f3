"""The schedule: every job gets its turns, one at a time, whatever another job does."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import AsyncIterator

import pytest

from bot.keys import KeyTrouble
from bot.schedule import Schedule
from bot.settings import SettingsError
from bot.storage.database.errors import StorageError
from classifier.errors import OutageError
from classifier.llama.errors import EngineStartError, ModelFileError
from classifier.llama.model_file.weights import WeightsError

SAID = "what a member said"


class Job:
    """A job that counts its turns and waits in the middle of each until it may go on."""

    def __init__(self, *, waits: bool = False, fails: bool = False) -> None:
        self.turns = 0
        self.under_way = 0
        self.most_at_once = 0
        self.cancelled = 0
        self.started = asyncio.Event()
        self.came_again = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self._fails = fails
        if not waits:
            self.may_go_on.set()

    async def __call__(self) -> None:
        self.turns += 1
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        self.started.set()
        if self.turns > 1:
            self.came_again.set()
        try:
            await self.may_go_on.wait()
            if self._fails:
                raise RuntimeError("the job broke")
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1


@pytest.fixture
async def schedule() -> AsyncIterator[Schedule]:
    """A schedule that is stopped at the end, started or not."""
    made = Schedule()
    yield made
    await made.stop()


async def test_a_job_can_be_given_a_turn_at_once(schedule: Schedule) -> None:
    """`run_now` runs the job whether or not the schedule was started."""
    job = Job()
    schedule.every(3600, "purge", job)
    assert await schedule.run_now("purge") is True
    assert job.turns == 1


async def test_a_started_schedule_gives_turns_by_itself(schedule: Schedule) -> None:
    """Once started, jobs run at their interval."""
    job = Job()
    schedule.every(0.001, "purge", job)
    schedule.start()
    await asyncio.wait_for(job.started.wait(), timeout=10)
    assert job.turns >= 1


async def test_a_schedule_that_is_not_started_waits(schedule: Schedule) -> None:
    """Adding a job runs nothing."""
    job = Job()
    schedule.every(0.001, "purge", job)
    for _ in range(20):
        await asyncio.sleep(0)
    assert job.turns == 0
    assert schedule.names == ("purge",)


async def test_a_job_that_fails_is_logged_and_runs_again(schedule: Schedule, caplog: pytest.LogCaptureFixture) -> None:
    """An error in a job ends neither the job's turns nor the schedule."""
    broken, sound = Job(fails=True), Job()
    schedule.every(0.001, "broken", broken)
    schedule.every(0.001, "sound", sound)
    with caplog.at_level(logging.ERROR):
        schedule.start()
        await asyncio.wait_for(sound.started.wait(), timeout=10)
        await asyncio.wait_for(broken.came_again.wait(), timeout=10)
    assert await schedule.run_now("broken") is False
    assert {record.name for record in caplog.records} == {"bot.schedule"}
    assert "job=broken" in caplog.text


async def failing_job(error: Exception) -> None:
    """A job that fails like this, because of something that quotes a member."""
    raise error from ValueError(SAID)


@pytest.mark.parametrize("error", [RuntimeError(SAID), ValueError(SAID), ExceptionGroup(SAID, [KeyError(SAID)])])
async def test_the_text_of_an_error_is_not_logged(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """It may quote a member, and so may the text of its cause. The kinds and the place are logged."""
    schedule = Schedule()
    schedule.every(3600, "purge", lambda: failing_job(error))
    assert await schedule.run_now("purge") is False
    assert SAID not in caplog.text
    assert type(error).__name__ in caplog.text
    assert "failing_job in " in caplog.text


@pytest.mark.parametrize(
    "kind", [StorageError, KeyTrouble, ModelFileError, EngineStartError, SettingsError, WeightsError]
)
async def test_an_error_for_operators_is_logged_with_its_text(
    kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """It says what to do and quotes nobody; what caused it stays without its text."""
    schedule = Schedule()
    schedule.every(3600, "purge", lambda: failing_job(kind("The disk is full: free some space.")))
    await schedule.run_now("purge")
    assert f"{kind.__name__}: The disk is full: free some space." in caplog.text
    assert SAID not in caplog.text


async def test_a_full_disk_is_named_in_the_systems_words(caplog: pytest.LogCaptureFixture) -> None:
    """An error of the system comes with the system's own text, and without the file's name."""
    schedule = Schedule()
    schedule.every(3600, "purge", lambda: failing_job(OSError(errno.ENOSPC, SAID, SAID)))
    await schedule.run_now("purge")
    assert f"OSError: {os.strerror(errno.ENOSPC)}" in caplog.text
    assert SAID not in caplog.text


async def test_a_job_that_keeps_failing_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Each job by itself, so that a full disk does not fill the log and hides no other trouble."""
    now = [1000.0]
    schedule = Schedule(clock=lambda: now[0])
    for name in ("cards", "purge"):
        schedule.every(3600, name, lambda: failing_job(StorageError("The disk is full.")))
    for now[0] in (1000.0, 1030.0, 1059.0, 1060.0, 1090.0):
        await schedule.run_now("cards")
    await schedule.run_now("purge")
    jobs = [record.getMessage().splitlines()[0].rpartition("=")[2] for record in caplog.records]
    assert jobs == ["cards", "cards", "purge"]


async def test_two_turns_of_one_job_never_overlap(schedule: Schedule) -> None:
    """A turn that is asked for while one is under way comes after it."""
    job = Job(waits=True)
    schedule.every(3600, "purge", job)
    turns = [asyncio.create_task(schedule.run_now("purge")) for _ in range(3)]
    await job.started.wait()
    job.may_go_on.set()
    assert await asyncio.gather(*turns) == [True, True, True]
    assert (job.turns, job.most_at_once) == (3, 1)


async def test_a_slow_job_keeps_no_other_from_running(schedule: Schedule) -> None:
    """Jobs do not wait for each other."""
    slow, quick = Job(waits=True), Job()
    schedule.every(3600, "slow", slow)
    schedule.every(3600, "quick", quick)
    turn = asyncio.create_task(schedule.run_now("slow"))
    await slow.started.wait()
    assert await schedule.run_now("quick")
    slow.may_go_on.set()
    await turn


async def test_stopping_cuts_jobs_short_and_waits_for_them(caplog: pytest.LogCaptureFixture) -> None:
    """After `stop` nothing of the schedule runs any more, and that is no error."""
    schedule, job = Schedule(), Job(waits=True)
    schedule.every(0.001, "slow", job)
    schedule.start()
    await asyncio.wait_for(job.started.wait(), timeout=10)
    with caplog.at_level(logging.WARNING, logger="bot"):
        await schedule.stop()
    assert (job.under_way, job.cancelled) == (0, 1)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    await schedule.stop()


async def test_a_job_that_is_nearly_done_may_end_by_itself() -> None:
    """With some patience, stopping does not cut it off."""
    schedule, job = Schedule(), Job(waits=True)
    schedule.every(3600, "slow", job)
    turn = asyncio.create_task(schedule.run_now("slow"))
    await job.started.wait()
    stopping = asyncio.create_task(schedule.stop(patience=60))
    await asyncio.sleep(0)
    job.may_go_on.set()
    await stopping
    assert (job.under_way, job.cancelled) == (0, 0)
    assert await turn


async def test_a_job_may_stop_the_schedule() -> None:
    """A job that stops the schedule finishes its own turn."""
    schedule, finished = Schedule(), asyncio.Event()

    async def last() -> None:
        await schedule.stop()
        finished.set()

    schedule.every(3600, "last", last)
    schedule.start()
    schedule.start()
    assert await schedule.run_now("last")
    assert finished.is_set()


async def test_odd_jobs_are_refused(schedule: Schedule) -> None:
    """Two jobs of one name, no interval, an unknown name: a programming error each."""
    schedule.every(60, "purge", Job())
    with pytest.raises(ValueError, match="already"):
        schedule.every(60, "purge", Job())
    with pytest.raises(ValueError, match="interval"):
        schedule.every(0, "never", Job())
    with pytest.raises(KeyError):
        await schedule.run_now("unknown")


async def test_a_job_that_an_outage_stops_logs_nothing(schedule: Schedule, caplog: pytest.LogCaptureFixture) -> None:
    """The outage was logged when it began."""
    schedule.every(3600, "purge", lambda: failing_job(OutageError("the database is away")))
    assert not await schedule.run_now("purge")
    assert caplog.records == []

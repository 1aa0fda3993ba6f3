"""The real bot copies its own database, and shows it to whoever watches."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.settings import Settings
from tests.transport.test_metrics import asked, free_port


async def backup_metrics(settings: Settings) -> dict[str, float]:
    """What the page says about copies."""
    _, text = await asked(settings, "/metrics")
    families = text_string_to_metric_families(text)
    return {each.name: each.value for family in families for each in family.samples if "_backup_" in each.name}


async def test_a_bot_makes_copies_that_can_be_opened(wire: Any, settings: Settings) -> None:
    """At its first turn, once, while it works; the metrics say when."""
    asks = {"backup_every_hours": 24, "metrics_port": free_port()}
    wanted = settings.model_copy(update=asks)
    bot = await wire.start(settings=wanted)
    assert await backup_metrics(wanted) == {"bylaw_backup_failing": 0.0, "bylaw_backup_timestamp_seconds": 0.0}
    assert await bot.schedule.run_now("backups")
    assert await bot.schedule.run_now("backups")
    (copy,) = wanted.backups.iterdir()
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    shown = await backup_metrics(wanted)
    assert shown["bylaw_backup_timestamp_seconds"] > 1_700_000_000
    await wire.stop()


async def test_copies_that_fail_stop_nothing(wire: Any, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """One line in the log, a metric, and a bot that goes on."""
    wanted = settings.model_copy(update={"backup_every_hours": 24, "metrics_port": free_port()})
    wanted.backups.write_text("a file, no folder")
    bot = await wire.start(settings=wanted)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert await bot.schedule.run_now("backups")
    (error,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert "backup failed" in error.getMessage()
    assert (await backup_metrics(wanted))["bylaw_backup_failing"] == 1.0
    assert bot.is_ready()
    await wire.stop()


async def test_without_the_setting_none_are_made(wire: Any, settings: Settings) -> None:
    """Nothing is scheduled."""
    bot = await wire.start(settings=settings)
    assert "backups" not in bot.schedule.names
    assert not settings.backups.exists()
    await wire.stop()

"""The machine: versions, the clock, and the port for metrics."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from discord.http import Route

from bot.console.checkup.discord_application import look_up
from bot.console.checkup.machine_checks import check_metrics, check_versions, clock_line, wrong_packages
from bot.console.checkup.report import Status
from bot.settings import Settings
from tests.bot.storage.rows import NOON


@pytest.fixture
def port() -> Iterator[int]:
    """A port that another program has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def versions(name: str) -> str:
    """What is installed."""
    found = {"discord.py": "2.8.0", "rich": "14.1.0"}
    if name not in found:
        raise PackageNotFoundError(name)
    return found[name]


def test_what_is_installed_is_told() -> None:
    """Here everything fits."""
    (line,) = check_versions()
    assert line.status is Status.OK
    assert "discord.py 2.7" in line.text


def test_packages_of_another_version_are_told() -> None:
    """Missing ones too; what is right, and what only an extra needs, is not."""
    wanted = ["rich>=14.0", "discord.py<2.8,>=2.7.1", "tenacity>=9.1", 'asyncpg>=0.30; extra == "postgres"']
    lines = wrong_packages(wanted, versions)
    assert [line.said for line in lines] == [
        "discord.py 2.8.0 is installed, and this Bylaw needs discord.py<2.8,>=2.7.1",
        "tenacity is missing, and this Bylaw needs tenacity>=9.1",
    ]
    assert {line.status for line in lines} == {Status.WARN}
    assert all("the upgrade was cut off" in line.fix for line in lines)


@pytest.mark.parametrize(
    ("lead", "said"),
    [
        (timedelta(hours=3, minutes=2), "3 h 2 min ahead of Discord's"),
        (timedelta(hours=-7), "7 h behind Discord's"),
        (timedelta(seconds=75), "1 min ahead of"),
    ],
)
def test_a_clock_that_is_off_is_told(lead: timedelta, said: str) -> None:
    """By how much, in which direction, and how to set it."""
    line = clock_line(lead)
    assert line.status is Status.WARN
    assert said in line.said
    assert "timedatectl" in line.fix


def test_a_clock_that_is_right_is_fine() -> None:
    """Discord's header knows whole seconds only."""
    assert clock_line(timedelta(seconds=-2)).status is Status.OK


async def test_discord_tells_the_time_with_the_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is compared with the header of an answer that is needed anyway."""
    application = web.Application()
    application.router.add_get("/users/@me", answer_with(id="5", username="Bylaw", discriminator="0", avatar=None))
    application.router.add_get("/oauth2/applications/@me", answer_with(**APPLICATION))
    application.router.add_get("/users/@me/guilds", no_servers)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    monkeypatch.setattr(Route, "BASE", f"http://{host}:{port}")
    found = await look_up("MTIzNDU.b.c")
    await runner.cleanup()
    assert found.clock_lead is not None
    behind = (datetime.now(UTC) - NOON) - found.clock_lead
    assert abs(behind) < timedelta(minutes=5)


APPLICATION = {
    "id": "5",
    "name": "Bylaw",
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 1 << 18,
    "team": None,
    "owner": {"id": "7", "username": "ann", "discriminator": "0", "avatar": None},
}


def answer_with(**body: Any) -> Callable[[web.Request], Any]:
    """Discord's answer, at noon of a day long ago."""

    async def answer(_: web.Request) -> web.Response:
        headers = {"Date": "Sat, 31 Jan 2026 12:00:00 GMT"}
        return web.Response(body=json.dumps(body).encode(), content_type="application/json", headers=headers)

    return answer


async def no_servers(_: web.Request) -> web.Response:
    """The bot is in none."""
    headers = {"Date": "Sat, 31 Jan 2026 12:00:00 GMT"}
    return web.Response(body=b"[]", content_type="application/json", headers=headers)


async def test_a_port_in_use_is_told(tmp_path: Path, port: int) -> None:
    """It keeps the bot from starting; a port that the running bot has itself is fine."""
    settings = Settings(data_dir=tmp_path, metrics_port=port)
    (line,) = await check_metrics(settings)
    assert (line.status, "another program uses this port" in line.said) == (Status.FAIL, True)
    assert "BYLAW_METRICS_PORT" in line.fix
    (tmp_path / "heartbeat").touch()
    (line,) = await check_metrics(settings)
    assert line.status is Status.OK


async def test_a_free_port_is_free_afterwards(tmp_path: Path, port: int) -> None:
    """And without metrics there is nothing to say."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    for _ in range(2):
        (line,) = await check_metrics(Settings(data_dir=tmp_path, metrics_port=free))
        assert line.status is Status.OK
    assert await check_metrics(Settings(data_dir=tmp_path)) == []


def test_programs_read_each_line_in_parts(bylaw: Callable[..., Any]) -> None:
    """Name, state, what is the matter, and what to do; and at the top whether the bot can work."""
    outcome = bylaw("doctor", "--json")
    (report,) = outcome.rows
    assert report["ok"] is (outcome.code == 0) is False
    for line in report["checks"]:
        assert line.keys() == {"name", "state", "said", "fix", "status", "text"}
        assert bool(line["fix"]) is (line["state"] != "ok"), line

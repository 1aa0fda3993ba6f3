"""`bylaw run`: refuses early and in one line, ends cleanly, and gives a sign of life."""

from __future__ import annotations

import asyncio
import base64
import gc
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import aiohttp
import discord
import pytest

from bot.console.checkup.discord_application import Offline, bot_page, explained
from bot.console.checkup.heartbeat import beat, seconds_since
from bot.console.commands.run import keep_running
from bot.console.inputs.stop_signals import run_until, told_to_stop
from bot.console.screen.errors import UserError
from bot.keys import KeyTrouble
from bot.metrics.page import AddressUnusable
from bot.settings import Settings
from bot.storage.database.errors import StorageError
from classifier.llama.errors import EngineStartError, ModelFileError

Bylaw = Callable[..., Any]
TOKEN = base64.b64encode(b"123456789012345678").decode().rstrip("=") + ".Gabcde.abcdefghijklmnopqrstuvwxyz0"
PAGE = "https://discord.com/developers/applications/123456789012345678/bot"


class FakeBot:
    """A bot that starts as its script says, and remembers how it ended."""

    def __init__(self, script: Callable[[], Any]) -> None:
        self._script = script
        self.closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.closed = True

    def add_listener(self, listener: Callable[[], Any], name: str) -> None:
        """It never connects."""

    async def start(self, token: str) -> None:
        """Follow the script."""
        assert token == TOKEN
        await self._script()


@pytest.fixture(autouse=True)
def collected_as_before() -> Iterator[None]:
    """`bylaw run` sets objects aside from the garbage collector: not those of the tests."""
    yield
    gc.unfreeze()


def failing(error: Exception) -> Callable[[], Any]:
    """A script that ends in an error."""

    async def script() -> None:
        raise error

    return script


def http(status: int) -> Any:
    """A response, as far as discord.py's errors look at it."""

    class Response:
        reason = "because"

    response: Any = Response()
    response.status = status
    return response


def closed(code: int) -> discord.ConnectionClosed:
    """The gateway closed the connection for good."""
    socket: Any = http(0)
    return discord.ConnectionClosed(socket, shard_id=0, code=code)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a bot whose folder is not made yet."""
    return Settings(data_dir=tmp_path / "data", judge="lite")


def test_without_a_token_it_refuses(bylaw: Bylaw) -> None:
    """The line says where to get one and where to put it."""
    outcome = bylaw("run")
    assert outcome.code == 2
    assert "BYLAW_TOKEN" in outcome.complaint
    assert "https://discord.com/developers/applications" in outcome.complaint


def test_with_a_token_it_starts(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot that is made of the settings gets the token; a bot that ends by itself is no error."""
    started = []

    async def script() -> None:
        started.append(True)

    monkeypatch.setenv("BYLAW_TOKEN", TOKEN)
    monkeypatch.setenv("BYLAW_JUDGE", "lite")
    monkeypatch.setenv("BYLAW_LOG_LEVEL", "error")
    monkeypatch.setattr("bot.app.create_bot", lambda settings: FakeBot(script))
    outcome = bylaw("run")
    assert (outcome.code, outcome.err, started) == (0, "", [True])


@pytest.mark.parametrize("model", ["", "missing.gguf", "policy.md", "."])
def test_without_a_usable_model_it_refuses(
    bylaw: Bylaw, policy_file: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """Before it connects, and without making a database or a key."""
    monkeypatch.setenv("BYLAW_TOKEN", TOKEN)
    monkeypatch.setenv("BYLAW_MODEL_PATH", model)
    outcome = bylaw("run")
    assert outcome.code == 2
    assert outcome.complaint
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (discord.LoginFailure("nope"), 1, PAGE),
        (discord.PrivilegedIntentsRequired(None), 1, PAGE),
        (closed(4004), 1, PAGE),
        (closed(4011), 1, "BYLAW_SHARD_COUNT"),
        (aiohttp.ClientConnectionError(), 1, "cannot be reached"),
        (TimeoutError(), 1, "cannot be reached"),
        (discord.DiscordServerError(http(503), "down"), 1, "https://discordstatus.com"),
        (StorageError("The disk is full."), 1, "The disk is full."),
        (EngineStartError("It ended."), 1, "It ended."),
        (KeyTrouble("chmod 600"), 2, "chmod 600"),
        (ModelFileError("no model"), 2, "no model"),
        (AddressUnusable("port in use"), 2, "port in use"),
    ],
)
async def test_what_an_operator_can_mend_is_one_line(
    settings: Settings, error: Exception, code: int, says: str
) -> None:
    """Each known trouble becomes an error for the door, and the bot is closed."""
    bot: Any = FakeBot(failing(error))
    with pytest.raises(UserError) as told:
        await keep_running(bot, settings, TOKEN)
    assert told.value.exit_code == code
    assert says in str(told.value)
    assert bot.closed


async def test_what_nobody_expected_is_left_to_the_door(settings: Settings) -> None:
    """An error of ours is not dressed up as the operator's."""
    bot: Any = FakeBot(failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        await keep_running(bot, settings, TOKEN)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
async def test_a_signal_ends_it_cleanly(settings: Settings) -> None:
    """SIGTERM, as Docker sends it, closes the bot; its sign of life is there until then."""

    async def script() -> None:
        await asyncio.sleep(0)
        assert seconds_since(settings.data_dir) is not None
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    bot: Any = FakeBot(script)
    async with asyncio.timeout(10):
        await keep_running(bot, settings, TOKEN)
    assert bot.closed
    assert seconds_since(settings.data_dir) is None


async def test_work_that_is_done_is_not_called_stopped() -> None:
    """Only what was cut short says so."""
    stop = asyncio.Event()
    assert await run_until(stop, asyncio.sleep(0)) is False
    stop.set()
    assert await run_until(stop, asyncio.Event().wait()) is True  # type: ignore[arg-type]  # its answer is not used


async def test_where_there_are_no_signals_it_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' event loop cannot listen for them."""

    def refuse(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", refuse)
    assert not told_to_stop().is_set()


async def test_the_heart_beats_again_and_again(tmp_path: Path) -> None:
    """The file is made with its folder, and touched again."""
    beating = asyncio.create_task(beat(tmp_path / "new" / "data", every=0.0))
    await asyncio.sleep(0)
    file = tmp_path / "new" / "data" / "heartbeat"
    os.utime(file, (0, 0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (seconds_since(file.parent) or 0.0) < 60
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    assert seconds_since(file.parent) is None


async def test_a_folder_that_cannot_be_written_stops_no_heart(tmp_path: Path) -> None:
    """A full or read-only disk is a matter for the log of those who write there."""
    (tmp_path / "file").touch()
    beating = asyncio.create_task(beat(tmp_path / "file" / "data", every=0.0))
    await asyncio.sleep(0)
    assert not beating.done()
    beating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beating


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "bm90IGEgbnVtYmVy.x.y", "LTU=.x.y", "\u00e4.x"])
def test_a_token_that_is_none_leads_to_the_list_of_bots(token: str) -> None:
    """The page of one bot is only named where the token tells which."""
    assert bot_page(token) == "https://discord.com/developers/applications"


def test_a_token_leads_to_its_bots_page() -> None:
    """The first part of a token is the bot's id."""
    assert bot_page(TOKEN) == PAGE


def test_only_what_is_known_is_explained() -> None:
    """Other errors are not guessed at, and an outage is told apart from a refusal."""
    assert explained(ValueError(), TOKEN) is None
    assert isinstance(explained(ConnectionResetError(), TOKEN), Offline)
    assert not isinstance(explained(discord.LoginFailure("no"), TOKEN), Offline)

"""`bylaw sandbox`: a page on this machine alone that opens the simulated server's channels."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.console.screen.sandbox_page import CHANNELS, ChannelPreviews, keep_fresh, serving
from bot.simulation import story as scene
from bot.simulation.play import Play
from bot.simulation.simulated_server import Simulation, simulate
from classifier import Judgement, JudgeRequest
from classifier.lite.judge import LiteJudge
from classifier.scripted import ScriptedJudge, violation


@asynccontextmanager
async def a_server() -> AsyncIterator[Simulation]:
    """A server that is set up. No fixture: SimCord ends in the task in which it began."""
    async with simulate(LiteJudge(), patiently=False) as simulation:
        await Play(simulation, lambda _: None).set_up(all_policies=False)
        yield simulation


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Asks without following where it is led."""
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_page_leads_to_every_channel(browser: aiohttp.ClientSession) -> None:
    """One button each, a page behind it, and the one before is closed."""
    async with (
        a_server() as simulation,
        serving(ChannelPreviews(simulation, introduction="<b>who judges</b>"), port=None) as address,
    ):
        async with browser.get(address) as page:
            text = await page.text()
            policy = page.headers["Content-Security-Policy"]
        assert "&lt;b&gt;who judges&lt;/b&gt;" in text
        assert "default-src 'none'" in policy
        actions = re.findall(r'action="([^"]+)"', text)
        assert actions == [f"open/{name}" for name in CHANNELS]
        opened = []
        for action in actions:
            async with browser.post(address + action, allow_redirects=False) as answer:
                assert answer.status == 303
                opened.append(answer.headers["Location"])
        async with browser.get(opened[-1]) as preview:
            assert preview.status == 200
        with pytest.raises(aiohttp.ClientConnectorError):
            await browser.get(opened[0])
    with pytest.raises(aiohttp.ClientConnectorError):
        await browser.get(opened[-1])


async def test_the_address_is_a_secret_of_this_machine(browser: aiohttp.ClientSession) -> None:
    """Without the secret there is nothing to see, and nobody else can connect."""
    async with a_server() as simulation, serving(ChannelPreviews(simulation, introduction=""), port=None) as address:
        parts = urlsplit(address)
        assert parts.hostname == "127.0.0.1"
        for path in ("/", "/open/general", "/wrong/", f"{parts.path}open/nowhere"):
            async with browser.post(f"http://{parts.netloc}{path}") as answer:
                assert answer.status in {404, 405}


async def test_a_wrong_address_says_where_the_page_is(browser: aiohttp.ClientSession) -> None:
    """Somebody who typed the port alone, or kept an old address, is told what to open, and not the secret."""
    async with a_server() as simulation, serving(ChannelPreviews(simulation, introduction=""), port=None) as address:
        parts = urlsplit(address)
        for path in ("/", "/wrong/", parts.path.rstrip("/"), f"{parts.path}open/general"):
            async with browser.get(f"http://{parts.netloc}{path}") as answer:
                text = await answer.text()
                assert answer.status in {404, 405}
                assert answer.content_type == "text/plain"
                assert "Open the whole address that `bylaw sandbox` printed in your terminal" in text
                assert parts.path.strip("/") not in text
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_two_on_one_port_is_an_error() -> None:
    """The second one is told."""
    async with a_server() as simulation, serving(ChannelPreviews(simulation, introduction=""), port=None) as address:
        with pytest.raises(OSError, match="address already in use"):
            async with serving(ChannelPreviews(simulation, introduction=""), port=urlsplit(address).port):
                pass


async def test_moderators_and_members_have_their_places() -> None:
    """A member cannot be chosen where only moderators may read."""
    _, people = CHANNELS[scene.REVIEW_CHANNEL]
    assert set(people) == {scene.MODERATOR, scene.OWNER}
    async with a_server() as simulation:
        for name, (_, people) in CHANNELS.items():
            channel = simulation.channels[name]
            for person in people:
                channel.history(viewer=simulation.people[person])  # raises where that person may not read


async def test_a_late_verdict_shows_by_itself() -> None:
    """With a judge that takes its time, the open page shows the card when it comes."""
    go = asyncio.Event()

    async def think(_: JudgeRequest) -> Judgement:
        await go.wait()
        return violation("R1")

    refreshed = asyncio.Event()

    class Watched(ChannelPreviews):
        async def refresh(self) -> None:
            await super().refresh()
            refreshed.set()

    async with simulate(ScriptedJudge(think), patiently=True) as simulation:
        await Play(simulation, lambda _: None).set_up(all_policies=False)
        previews = Watched(simulation, introduction="")
        await previews.open(scene.REVIEW_CHANNEL)
        fresh = asyncio.create_task(keep_fresh(previews, simulation))
        await simulation.people["ana"].send(simulation.channels["general"], "hello")
        go.set()
        async with asyncio.timeout(20):
            await refreshed.wait()
        await simulation.settle()
        assert simulation.bot.services.tally.cards == 1
        fresh.cancel()
        await previews.close()
        await previews.refresh()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
async def test_the_command_serves_until_it_is_stopped(browser: aiohttp.ClientSession) -> None:
    """It prints the address, serves it, and ends quietly."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "sandbox",
        stdout=pipe,
        stderr=pipe,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout
    try:
        async with asyncio.timeout(60):
            first, second = await process.stdout.readline(), await process.stdout.readline()
            assert first.startswith(b"No model file: the lite judge")
            async with browser.get(second.decode().split()[1]) as page:
                assert scene.SERVER in await page.text()
            process.send_signal(signal.SIGTERM)
            _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, complaint) == (0, b"")

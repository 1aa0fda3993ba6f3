"""The sandbox as `bylaw sandbox` serves it, and a browser to open it in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.server import serving
from bot.sandbox.views.model import ModelView
from bot.sandbox.world.world import WhoJudges, World
from classifier import Judge
from classifier.lite.judge import LiteJudge
from classifier.long_content import LongContentJudge

INTRODUCTION = "No model file: <b>the lite judge</b> goes by the policy's own examples."
WAIT = 60_000  #: milliseconds, for a server to be prepared on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One that runs."""

    world: World
    address: str

    @property
    def simulation(self) -> Any:
        """The server of the present round."""
        assert self.world._simulation is not None
        return self.world._simulation

    async def ready(self, rounds: int = 1) -> None:
        """Wait until the server of this round is there."""
        async with asyncio.timeout(WAIT / 1000):
            while self.world.round < rounds or not self.world.is_ready:  # noqa: ASYNC110 - seen as a page sees it
                await asyncio.sleep(0.02)


Opens = Callable[..., AbstractAsyncContextManager[Sandbox]]


@asynccontextmanager
async def _open_sandbox(judge: Judge | None = None, *, port: int | None = None) -> AsyncIterator[Sandbox]:
    """No fixture: SimCord ends in the task in which it began."""
    who = WhoJudges(
        judge=LongContentJudge(judge or LiteJudge()),
        patiently=judge is not None,
        introduction=INTRODUCTION,
        is_lite=judge is None,
    )
    world = World(who)
    async with serving(world, ModelView(None), port=port) as address:
        running = asyncio.create_task(world.run())
        try:
            yield Sandbox(world=world, address=address)
        finally:
            running.cancel()
            (ended,) = await asyncio.gather(running, return_exceptions=True)
            assert isinstance(ended, asyncio.CancelledError), ended


@pytest.fixture
def sandbox() -> Opens:
    """Opens a sandbox: with the lite judge, or with one that takes its time."""
    return _open_sandbox


@pytest.fixture(autouse=True)
def no_kept_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tiktoken has kept on this machine changes nothing."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "none"))


def chromium() -> str:
    """Where a Chromium is; skips the test where none is."""
    pytest.importorskip("playwright", reason="Playwright is not installed: pip install --group tests")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium is here: apt-get install chromium")


@dataclass(slots=True)
class Opened:
    """A page of a sandbox in a browser."""

    page: Any
    box: Sandbox
    context: Any
    troubles: list[str]

    @property
    def room(self) -> Any:
        """What is inside the room where one is."""
        return self.page.frame_locator("#frame")

    def done(self, key: str) -> Any:
        """The item of the “try this” list, once it is ticked."""
        return self.page.locator(f'#try-list li[data-key="{key}"].done')

    async def post(self, text: str) -> None:
        """Write a message where one is."""
        await self.room.locator("#channel-composer-input").fill(text)
        await self.room.locator("#send-message").click()

    async def second_tab(self) -> Any:
        """Another tab of the same page."""
        page = await self.context.new_page()
        await page.goto(self.box.address)
        return page


@pytest.fixture
def open_page(sandbox: Opens) -> Callable[..., AbstractAsyncContextManager[Opened]]:
    """Opens a sandbox in Chromium, in a window of some size. At the end: its console has no error and no warning."""
    path = chromium()

    @asynccontextmanager
    async def opening(*, width: int = 1280, height: int = 800, scheme: str = "light") -> AsyncIterator[Opened]:
        from playwright.async_api import async_playwright, expect

        expect.set_options(timeout=WAIT)
        async with sandbox() as box, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            context = await browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            context.set_default_timeout(WAIT)
            page, troubles = await context.new_page(), list[str]()
            page.on("console", lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None)
            page.on("pageerror", lambda error: troubles.append(str(error)))
            await page.goto(box.address)
            await expect(page.locator("#frame")).to_be_visible()
            try:
                yield Opened(page=page, box=box, context=context, troubles=troubles)
            finally:
                await browser.close()
        assert troubles == []

    return opening

"""Draws the pictures of the documentation: `make screenshots`.

The real bot makes each message and form in a simulated server, and Chromium draws it. The words of each picture are in
`docs/img/pictures.json`, without ids and times. A picture is only drawn again if its words have changed, so a second
run changes nothing, and a test compares the words with what the bot shows now.

    python .ci/screenshots.py          draw what has changed
    python .ci/screenshots.py --all    draw everything
    python .ci/screenshots.py --check  draw nothing, and fail if something has changed
"""

from __future__ import annotations

import asyncio
import json
import re
import runpy
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import simcord

from bot.log import configure_logging
from bot.simulation import story as scene
from bot.simulation.components import answers, texts
from bot.simulation.play import Play
from bot.simulation.simulated_server import Simulation, simulate
from bot.simulation.stage import Stage
from bot.simulation.story import Act
from classifier.lite.judge import LiteJudge

PICTURES = Path(__file__).parents[1] / "docs" / "img"
WORDS = PICTURES / "pictures.json"
LARGEST = 150_000  #: bytes of a picture
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SIZE = (640, 900)

Shown = discord.Message | simcord.InteractionResult


def words_of(shown: Shown) -> list[str]:
    """What a message, an answer or a form says, without what differs at each run."""
    if isinstance(shown, discord.Message):
        found = [shown.content, *texts([component.to_dict() for component in shown.components])]
    elif shown.modal is not None:
        found = [shown.modal["title"], *_labels(shown.modal["components"])]
    else:
        found = list(answers(shown))
    text = re.sub(r"<t:\d+(:\w)?>", "(time)", "\n".join(filter(None, found)))
    text = re.sub(r"\d{17,20}", "(id)", text)
    text = re.sub(r"[A-Z2-7]{6}(-[A-Z2-7]{6}){3}", "(receipt)", text)
    return text.split("\n")


def _labels(components: list[dict[str, Any]]) -> list[str]:
    """Of a form: its labels and texts."""
    found = []
    for each in components:
        found += [each[key] for key in ("label", "description", "content") if each.get(key)]
        inner = each.get("component")
        found += _labels(each.get("components", []) + ([inner] if inner else []) + each.get("options", []))
    return found


@dataclass(slots=True)
class Album:
    """The pictures, drawn one after the other."""

    simulation: Simulation
    browser: Any  #: of Playwright; None where nothing is drawn
    draw_all: bool
    old: dict[str, list[str]]
    new: dict[str, list[str]] = field(default_factory=dict)

    async def add(self, name: str, channel: Any, viewer: Any, shown: Shown) -> None:
        """Write down what a picture shows, and draw it if that has changed."""
        self.new[name] = words_of(shown)
        path = PICTURES / f"{name}.png"
        same = self.new[name] == self.old.get(name) and path.is_file()
        if self.browser is None or (same and not self.draw_all):
            return
        width, height = _SIZE
        preview = self.simulation.env.preview(channel, viewers=[viewer], display="fixed", width=width, height=height)
        async with preview:
            capture = preview._capture_manager  # noqa: SLF001  # it only knows a browser that Playwright downloaded
            capture._browser = self.browser  # noqa: SLF001
            try:
                await preview.screenshot(path, viewer=viewer, target=shown, allow_incomplete=True)
            finally:
                capture._browser = None  # noqa: SLF001  # or it would close the browser that draws the next one
        size = path.stat().st_size
        _say(f"{path.name}: {size // 1000} kB")
        if size > LARGEST:
            raise SystemExit(f"{path} is larger than {LARGEST // 1000} kB.")


async def draw(album: Album) -> None:
    """Play what the pictures show. Each one is drawn at its moment."""
    simulation = album.simulation
    stage, people = Stage(simulation, lambda _: None), simulation.people
    desk, general = simulation.channels[scene.REVIEW_CHANNEL], simulation.channels[scene.CHANNELS[0]]
    omar, mira, rafa = people[scene.MODERATOR], people[scene.OWNER], people[scene.APPELLANT]
    await Play(simulation, lambda _: None).set_up()
    form = await stage.command(scene.OWNER, "policy edit", name=scene.POLICY_NAME)
    await album.add("policy-editor", general, mira, form)
    for post in scene.posts(Act.SCAM):
        await stage.post(post)
    await album.add("card", desk, omar, stage.cards[1])
    for post in (*scene.posts(Act.SPOILERS), *scene.posts(Act.FALSE_ALARM)):
        case = await stage.post(post)
        verdict = "Violation" if post.act is Act.SPOILERS else "Not a violation"
        await stage.click(scene.MODERATOR, stage.cards[case or 0], verdict)
    await stage.submit(scene.OWNER, form, scene.changed_policy())
    tested = await stage.command(scene.OWNER, "policy test", name=scene.POLICY_NAME, text=scene.POLICY_TEST)
    await album.add("policy-test", general, mira, tested)
    await stage.command(scene.OWNER, "policy backtest", name=scene.POLICY_NAME)
    await album.add("policy-backtest", desk, omar, newest(stage, "It agrees with your team"))
    asked = await stage.command(scene.OWNER, "policy publish", name=scene.POLICY_NAME)
    await album.add("policy-publish", general, mira, asked)
    if asked.response is not None:
        await stage.click(scene.OWNER, asked.response, "Publish")
    back = await stage.command(scene.OWNER, "policy rollback", name=scene.POLICY_NAME, version=1)
    await album.add("policy-rollback", general, mira, back)
    case = [await stage.post(post) for post in scene.posts(Act.INSULT)][-1]
    form = await stage.click(scene.MODERATOR, stage.cards[case or 0], "Act…")
    await album.add("act", desk, omar, form)
    await stage.submit(scene.MODERATOR, form, scene.REASON, chosen={"what": "timeout", "length": ["3600"]})
    notice = await stage.direct_messages(scene.APPELLANT)
    if notice is None:
        raise SystemExit("The member got no notice.")
    await album.add("notice", rafa.user.dm_channel, rafa.user, notice)
    form = await stage.click_in_private(scene.APPELLANT, notice, "Appeal")
    await stage.submit(scene.APPELLANT, form, *scene.APPEAL, in_private=True)
    await album.add("appeal", desk, omar, newest(stage, "Appeal in case"))
    for post in scene.posts(Act.RAID):
        await stage.post(post, watched=False)
    await stage.look()
    await album.add("raid", desk, omar, newest(stage, "Many members at once"))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def newest(stage: Stage, words: str) -> discord.Message:
    """The newest message in the moderators' channel that says this."""
    for message in reversed(stage.review_channel()):
        if words in "\n".join(words_of(message)):
            return message
    raise SystemExit(f"No message in the moderators' channel says “{words}”.")


@asynccontextmanager
async def a_browser() -> AsyncIterator[Any]:
    """Chromium, started for this."""
    from playwright.async_api import async_playwright

    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        raise SystemExit("No Chromium is installed here: install it first (Debian: apt-get install chromium).")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def draw_everything(browser: Any, *, draw_all: bool, old: dict[str, list[str]]) -> dict[str, list[str]]:
    """Play all scenes, and draw what has changed.

    Args:
        browser: None where nothing is drawn.

    Returns:
        The words of every picture.
    """
    async with simulate(LiteJudge(), patiently=False) as simulation:
        album = Album(simulation=simulation, browser=browser, draw_all=draw_all, old=old)
        await draw(album)
    scenes = runpy.run_path(str(Path(__file__).with_name("pictures_of_cases.py")))
    await scenes["draw_apart"](album)
    return album.new


async def words_now() -> dict[str, list[str]]:
    """What every picture would show now."""
    return await draw_everything(None, draw_all=False, old={})


async def _main(arguments: list[str]) -> int:
    old: dict[str, list[str]] = json.loads(WORDS.read_text(encoding="utf-8")) if WORDS.is_file() else {}
    if "--check" in arguments:
        new = await words_now()
        stale = sorted(name for name in new if new[name] != old.get(name))
        _say(f"Run make screenshots: {', '.join(stale)} changed." if stale else "All pictures are up to date.")
        return bool(stale)
    async with a_browser() as browser:
        new = await draw_everything(browser, draw_all="--all" in arguments, old=old)
    WORDS.write_text(json.dumps(new, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    configure_logging("error")
    sys.exit(asyncio.run(_main(sys.argv[1:])))

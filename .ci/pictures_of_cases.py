"""More pictures of the documentation: precedents, hidden words, raid controls, a mended case, and two pages.

`draw_cases` plays in a simulated server of its own and hands each moment to the album of `screenshots.py`. The pages
are files that the bot made, drawn by the same browser.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Protocol

from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation, simulate
from classifier import Judge, JudgeRequest, Verdict
from classifier.scripted import ScriptedJudge, clear, violation

POLICY = """\
# House rules

Everybody should be able to talk here without fear.

## Rules
### R1 Insults
Severity: low
Breaks it: insulting another member.
Does not: strong words about a film; jokes about oneself.
Examples:
- violates: "you are an idiot"
- violates: "nobody likes you"
- allowed: "this film is garbage"
- allowed: "i am an idiot, i forgot my ticket"
### R2 Threats of violence
Severity: high
Breaks it: threatening somebody with violence.
Does not: violence in a film or a game.
Examples:
- violates: "i will find you and hurt you"
- violates: "wait until i see you at the club"
- allowed: "the killer finds them in the last act"
- allowed: "i will destroy you at chess"
### R3 Advertising
Severity: medium
Breaks it: advertising servers, shops or coins.
Does not: recommending a film.
Examples:
- violates: "free coins at my server"
- violates: "cheap followers, ask me"
- allowed: "watch this film"
- allowed: "is there a film server for spanish speakers"
"""
_WIDTH, _HEIGHT = 820, 900
_VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]?[\d:.+]*( UTC)?"), "(time)"),
    (re.compile(r"\b[0-9a-f]{32,64}\b"), "(digest)"),
    (re.compile(r"\d{17,20}"), "(id)"),
    (re.compile(r"\d{4}-\d\d"), "(month)"),
    (re.compile(r"Bylaw \d+\.\d+\.\d+"), "Bylaw (version)"),
)


class Album(Protocol):
    """What `screenshots.py` keeps pictures in."""

    simulation: Simulation
    browser: Any
    draw_all: bool
    old: dict[str, list[str]]
    new: dict[str, list[str]]

    async def add(self, name: str, channel: Any, viewer: Any, shown: Any) -> None:
        """Write down what a picture shows, and draw it if that has changed."""


def judge_of_cases() -> Judge:
    """Answers as the story needs it."""
    return ScriptedJudge(_answer)


def _answer(request: JudgeRequest) -> Verdict:
    text = request.content.target.words.casefold()
    if "find you" in text:
        return violation("R2", rationale="The member threatens another member with violence.")
    if "free coins" in text:
        return violation("R3", rationale="The message advertises another server.")
    if "idiot" in text:
        return violation("R1", rationale="The member calls another member an idiot.")
    return clear()


async def draw_apart(album: Any) -> None:
    """Add these pictures to an album whose own simulated server is closed by now."""
    async with simulate(judge_of_cases(), patiently=False) as simulation:
        await draw_cases(replace(album, simulation=simulation))


async def draw_cases(album: Album) -> None:
    """Play what the pictures show. Each one is drawn at its moment."""
    play = _Play(album)
    await play.set_up()
    await play.mended()
    await play.precedent()
    await play.shield()
    await play.raid()
    await play.pages()


class _Play:
    """One performance."""

    def __init__(self, album: Album) -> None:
        self._album = album
        self._simulation = album.simulation
        people, channels = album.simulation.people, album.simulation.channels
        self._mira, self._omar = people[scene.OWNER], people[scene.MODERATOR]
        self._members = [people[name] for name in scene.MEMBERS]
        self._general, self._desk = channels[scene.CHANNELS[0]], channels[scene.REVIEW_CHANNEL]

    async def set_up(self) -> None:
        """One policy in force, cards that spare words, and offers to edit first."""
        setup = {"channel": self._desk, "reviewers": self._simulation.reviewers, "starters": "none"}
        await self._mira.slash(self._general, "setup", **setup)
        form = await self._mira.slash(self._general, "policy new", name="House rules")
        await self._mira.submit_modal(form, {"text": POLICY})
        asked = await self._mira.slash(self._general, "policy publish", name="House rules")
        await self._mira.click(asked.response, label="Publish")
        await self._mira.slash(self._general, "settings review", precedents=True, shield=True)
        await self._settle()

    async def precedent(self) -> None:
        """Two similar cases are decided, then a third comes in."""
        for member, text, verdict in (
            (self._members[0], "you are such an idiot, ben", "Violation"),
            (self._members[1], "ben, you are such an idiot today, love you", "Not a violation"),
        ):
            await member.send(self._general, text)
            await self._settle()
            await self._omar.click(self._newest("such an idiot"), label=verdict)
        await self._members[2].send(self._general, "ben you are such an idiot today")
        await self._settle()
        await self._album.add("precedent", self._desk, self._omar, self._newest("such an idiot today"))

    async def shield(self) -> None:
        """A threat, whose words are one click away."""
        await self._members[3].send(self._general, "i will find you and break your legs")
        await self._settle()
        await self._album.add("shield", self._desk, self._omar, self._newest("threatens"))

    async def mended(self) -> None:
        """The author is asked to edit, does so, and nobody has to decide."""
        await self._mira.slash(self._general, "settings edit-first", up_to="low")
        member = self._members[4]
        message = await member.send(self._general, "what an idiot you are, ben")
        await self._settle()
        offer = member.user.dm_channel.history()[-1]
        await self._album.add("edit-offer", member.user.dm_channel, member.user, offer)
        await member.edit(message, "i do not agree, ben")
        await self._settle()
        await self._album.add("mended", self._desk, self._omar, self._newest("Mended"))
        await self._mira.slash(self._general, "settings edit-first", up_to="off")

    async def raid(self) -> None:
        """Many members post one advert; invites are paused and a channel is slowed down."""
        for member in self._members[5:12]:
            self._simulation.env.backend.create_message(self._general.id, member.id, "free coins at my server")
        await self._settle()
        for label, chosen in (
            ("Pause invites…", {}),
            ("Slow mode…", {"channel": [self._general], "seconds": ["30"]}),
        ):
            panel = await self._mira.click(self._newest("Many members at once"), label="Raid controls…")
            form = await self._mira.click(panel.response, label=label)
            filled = {"length": ["3600"], "reason": "a raid by new accounts", **chosen}
            await self._mira.submit_modal(form, filled)
            await self._settle()
        card = self._newest("Many members at once")
        await self._album.add("raid-card", self._desk, self._mira, card)
        panel = await self._mira.click(card, label="Raid controls…")
        await self._album.add("raid-controls", self._desk, self._mira, panel)

    async def pages(self) -> None:
        """A whole case as a file, and the month as a page to publish."""
        exported = await self._omar.slash(self._desk, "case export", number=2, form="html")
        await self._page("case-file", self._file(exported, ".html"))
        month = f"{self._simulation.bot.services.discord_time.now():%Y-%m}"
        report = await self._omar.slash(self._desk, "mod report", month=month)
        await self._page("transparency", self._file(report, ".html"))

    async def _settle(self) -> None:
        await self._simulation.env.settle()
        await self._simulation.bot.services.cards.settle()
        await self._simulation.env.settle()

    def _newest(self, words: str) -> Any:
        """The newest message in the moderators' channel that says this."""
        for message in reversed(self._desk.history(viewer=self._mira)):
            if words in f"{message.content}{[each.to_dict() for each in message.components]}":
                return message
        raise SystemExit(f"No message in the moderators' channel says “{words}”.")

    def _file(self, result: Any, ending: str) -> str:
        """The text of a file that the bot sent."""
        messages = [each for each in (result.response, *result.followups) if each is not None]
        files = [file for message in messages for file in message.attachments if file.filename.endswith(ending)]
        return (self._simulation.env.backend.cdn.get(files[0].url) or b"").decode()

    async def _page(self, name: str, html: str) -> None:
        """Write down what a page says, and draw its beginning if that has changed."""
        album = self._album
        album.new[name] = page_words(html)
        path = Path(__file__).parents[1] / "docs" / "img" / f"{name}.png"
        same = album.new[name] == album.old.get(name) and path.is_file()
        if album.browser is None or (same and not album.draw_all):
            return
        page = await album.browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        try:
            await page.set_content(html)
            await page.screenshot(path=path)
        finally:
            await page.close()


class _Words(HTMLParser):
    """The texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Styles are no words."""
        del attrs
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        """A style is over."""
        del tag
        self._in_style = False

    def handle_data(self, data: str) -> None:
        """Keep what people read."""
        if data.strip() and not self._in_style:
            self.found.append(" ".join(data.split()))


def page_words(html: str) -> list[str]:
    """What a page says, without what differs at each run."""
    words = _Words()
    words.feed(html)
    found = words.found
    for pattern, name in _VARIES:
        found = [pattern.sub(name, each) for each in found]
    return found

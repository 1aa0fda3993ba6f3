"""How soon moderators see a case: `python -m benchmarks.review [--json] [--seconds N] [--cases N] [--raid]`.

Violations come in at a steady rate in one server, the worst case for Discord's limits: all cards go to one channel.
The services, the pipeline and the SQLite database are the real ones. Only Discord is played, by a board that enforces
in real time what Discord enforces: five posts in five seconds per channel, five edits in five seconds per channel, 50
requests a second altogether. A request over a limit counts as tripped and is refused. Each request takes as long as
one to Discord does, which is an assumption and can be set.

What is measured is the time from the arrival of the message, which is before the verdict, until the board has taken
the card: one of its own, or a shared one on which the case counts. The judge answers at once, so the time is that of
everything else. What the database is asked for is counted from the first message to the last card.

The same is measured on a quiet server, where one violation comes in every few seconds and each has a card of its own.
Then case search is measured, see `case_search`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks import case_search
from benchmarks.workload.statements import counting
from bot.keys import Cipher, new_key
from bot.languages.translation import Line
from bot.moderation.appeals.direct_messages import MemoryMessenger
from bot.moderation.appeals.file import MemoryAppealBoard
from bot.moderation.cards.board import CardPosted, CardRefused
from bot.moderation.cards.face import CardFace
from bot.moderation.cards.route import Route
from bot.moderation.cards.shared_card import GroupFace
from bot.moderation.messages.authors import NoMembers
from bot.moderation.messages.history import MemoryHistory
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import id_at
from bot.moderation.raids.edge import MemoryRaidEdge
from bot.moderation.review.enforcer import MemoryEnforcer
from bot.moderation.servers.options import CardOptions
from bot.moderation.servers.server import ServerSettings
from bot.settings import Settings
from bot.wiring.intake import CLOCKS_DIFFER
from bot.wiring.services import DiscordPorts, Services, build_services
from bot.wiring.stores import open_stores
from classifier import JudgeRequest, Verdict
from classifier.scripted import ScriptedJudge, violation

GUILD, CHANNEL = 1, 99
PER_SECOND = 50.0
SECONDS = 30.0
QUIET_PER_SECOND = 0.5  #: a case every two seconds, longer than settings are remembered
QUIET_CASES = 10
ROUND_TRIP = 0.05  #: seconds that a request to Discord takes
RULES, MEMBERS = 20, 2_000
RAIDERS = 60  #: members of a raid
_PER_CHANNEL, _WINDOW, _GLOBAL = 5, 5.0, 50

POLICY = "# Rules\n\nKeep it calm.\n\n## Rules\n" + "\n".join(
    f"### R{number} Rule {number}\nSeverity: high\nBreaks it: saying word{number}.\nDoes not: anything else.\n"
    f'Examples:\n- violates: "word{number} it is"\n- allowed: "hello there"\n'
    for number in range(1, RULES + 1)
)


@dataclass(slots=True)
class LimitedBoard:
    """Discord's side: takes what its limits allow, and notes when each case was first shown."""

    round_trip: float
    shown: dict[int, float] = field(default_factory=dict)
    posts: int = 0
    edits: int = 0
    tripped: int = 0
    _asked: dict[str, deque[float]] = field(default_factory=dict)

    async def post(
        self, face: CardFace, settings: ServerSettings, route: Route | None = None
    ) -> CardPosted | CardRefused:
        """A card of its own."""
        del settings
        channel_id = route.channel_id if route else CHANNEL
        if not await self._takes("post", channel_id):
            return CardRefused(why="Discord asks Bylaw to slow down.", permanent=False)
        self.posts += 1
        self._show((face.case.number,))
        return CardPosted(channel_id=channel_id, message_id=face.case.number)

    async def refresh(self, face: CardFace) -> bool:
        """An edit of a card."""
        await self._takes("edit", face.case.card_channel_id or CHANNEL)
        return True

    async def redraw(self, face: CardFace) -> bool:
        """The same."""
        return await self.refresh(face)

    async def post_group(self, face: GroupFace, settings: ServerSettings, route: Route) -> CardPosted | CardRefused:
        """A shared card."""
        del settings
        if not await self._takes("post", route.channel_id):
            return CardRefused(why="Discord asks Bylaw to slow down.", permanent=False)
        self.posts += 1
        self._show(tuple(line.number for line in face.lines))
        return CardPosted(channel_id=route.channel_id, message_id=10_000_000 + face.group.id)

    async def refresh_group(self, face: GroupFace) -> bool:
        """An edit of a shared card."""
        if await self._takes("edit", face.group.card_channel_id or CHANNEL):
            self.edits += 1
            self._show(tuple(line.number for line in face.lines))
        return True

    async def tell_admin(self, guild_id: int, text: str, **values: object) -> None:
        """Nobody listens."""

    async def tell_moderators(self, settings: ServerSettings, line: Line, **values: object) -> None:
        """A line of text."""
        del line, values
        await self._takes("post", settings.review_channel_id)

    async def _takes(self, kind: str, channel_id: int) -> bool:
        now = time.monotonic()
        limits = ((f"{kind}:{channel_id}", _PER_CHANNEL, _WINDOW), ("all", _GLOBAL, 1.0))
        free = True
        for name, most, window in limits:
            asked = self._asked.setdefault(name, deque())
            while asked and now - asked[0] >= window:
                asked.popleft()
            free = free and len(asked) < most
            asked.append(now)
        self.tripped += not free
        await asyncio.sleep(self.round_trip)
        return free

    def _show(self, numbers: tuple[int, ...]) -> None:
        now = time.monotonic()
        for number in numbers:
            self.shown.setdefault(number, now)


def _answer(request: JudgeRequest) -> Verdict:
    words = request.content.target.text.split()
    number = next(word.removeprefix("word") for word in words if word.startswith("word"))
    return violation(f"R{number}", rationale="It says so.", reasoning="The word is there.")


def _message(number: int, *, raid: bool) -> MessageSeen:
    posted_at = datetime.now(UTC)
    author = 1_000 + (number % RAIDERS if raid else number * 7_919 % MEMBERS)
    text = f"word1 join us {number // RAIDERS}" if raid else f"word{1 + number % RULES} and then {number}"
    return MessageSeen(
        guild_id=GUILD,
        channel_id=10 + number % 20,
        message_id=id_at(posted_at + CLOCKS_DIFFER) + number,  # as live messages: posted after this process started
        author_id=author,
        text=text,
        posted_at=posted_at,
    )


def fake_discord(board: LimitedBoard) -> DiscordPorts:
    """A Discord whose cards go to this board; it takes everything else."""
    return DiscordPorts(
        board=board,
        enforcer=MemoryEnforcer(),
        messenger=MemoryMessenger(),
        appeal_board=MemoryAppealBoard(),
        raids=MemoryRaidEdge(),
        history=MemoryHistory(),
        members=NoMembers(),
        own_id=lambda: 2,
    )


async def cards(*, per_second: float, seconds: float, round_trip: float, raid: bool) -> dict[str, Any]:
    """Let violations come in, and see when they are shown."""
    board = LimitedBoard(round_trip=round_trip)
    async with _server(board) as services:
        with counting() as asked:
            opened, took = await _let_come(services, per_second=per_second, seconds=seconds, raid=raid)
            await services.cards.settle()
    return {**_figures(board, opened, took), **asked.per(len(opened))}


@asynccontextmanager
async def _server(board: LimitedBoard) -> AsyncIterator[Services]:
    """A server with one policy in force, whose cards go to this board."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"data_dir": folder, "secret_key": new_key(), "judge": "lite"})
        async with open_stores(settings, Cipher((new_key().encode(),))) as stores:
            services = build_services(stores, fake_discord(board), settings=settings, judge=ScriptedJudge(_answer))
            await stores.servers.save(
                ServerSettings(guild_id=GUILD, review_channel_id=CHANNEL, reviewer_role_id=None), actor_id=1
            )
            await stores.options.save(GUILD, CardOptions(), actor_id=1)
            await services.policies.create(GUILD, "Rules", POLICY, actor_id=1)
            await services.policies.publish(GUILD, "Rules", actor_id=1)
            yield services


async def _let_come(
    services: Services, *, per_second: float, seconds: float, raid: bool
) -> tuple[dict[int, float], float]:
    """When the message of each case came in, and how many seconds it took until all were dealt with."""
    opened: dict[int, float] = {}
    began = time.monotonic()
    tasks = []

    async def see(number: int) -> None:
        came = time.monotonic()
        handled = await services.intake.pipeline.see(_message(number, raid=raid), own_id=2)
        for case in handled.cases:
            opened.setdefault(case.number, came)

    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        tasks.append(asyncio.create_task(see(number)))
    await asyncio.gather(*tasks)
    return opened, time.monotonic() - began


def _figures(board: LimitedBoard, opened: dict[int, float], took: float) -> dict[str, Any]:
    waits = sorted(board.shown[number] - came for number, came in opened.items() if number in board.shown)
    return {
        "card_p50_s": round(statistics.median(waits), 3),
        "card_p95_s": round(statistics.quantiles(waits, n=20)[-1], 3),
        "card_max_s": round(waits[-1], 3),
        "cards_per_s": round(len(waits) / took, 1),
        "not_shown": len(opened) - len(waits),
        "posts": board.posts,
        "edits": board.edits,
        "limits_tripped": board.tripped,
    }


async def quiet(*, round_trip: float, cases: int = QUIET_CASES, per_second: float = QUIET_PER_SECOND) -> dict[str, Any]:
    """The same on a quiet server. Settings are asked for with every message there: they are counted, too."""
    figures = await cards(per_second=per_second, seconds=cases / per_second, round_trip=round_trip, raid=False)
    kept = ("card_p50_s", "card_max_s", "statements_per_case", "transactions_per_case")
    return {f"quiet_{name}": figures[name] for name in kept}


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Cards, then search."""
    shown = await cards(
        per_second=arguments.rate, seconds=arguments.seconds, round_trip=arguments.round_trip, raid=arguments.raid
    )
    calm = await quiet(round_trip=arguments.round_trip)
    found = await case_search.measure(arguments.cases) if arguments.cases else {"search_p95_ms": None, "cases": 0}
    return {**shown, **calm, "search_p95_ms": found["search_p95_ms"], "cases": found["cases"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long violations come in")
    parser.add_argument("--rate", type=float, default=PER_SECOND, help="violations a second")
    parser.add_argument("--round-trip", type=float, default=ROUND_TRIP, help="seconds that Discord takes for a request")
    parser.add_argument("--raid", action="store_true", help="all of it is one raid")
    parser.add_argument("--cases", type=int, default=case_search.CASES, help="cases to search; 0 for no search")
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments))
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:>27}  {value}")


if __name__ == "__main__":
    main()

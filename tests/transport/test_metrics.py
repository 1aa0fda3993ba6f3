"""What a monitoring system sees of the real bot on its way from the start to the end, and what it never sees."""

from __future__ import annotations

import re
import socket
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from benchmarks.loopback.server import TOKEN
from benchmarks.loopback.world import MODS
from bot.app import BylawBot
from bot.metrics.page import AddressUnusable
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.cases.case import CaseState
from bot.moderation.messages.intake import Skip
from bot.settings import Settings
from classifier import Method, Outcome, UndecidedReason

GENERAL = MODS + 1
STATES = {*CaseState, *AppealState}
#: Everything that a label may say. Whatever a member or a server could choose is in none of them.
LABELS: dict[str, set[str]] = {
    "result": {"judged", *(f"skipped_{skip}" for skip in Skip)},
    "outcome": set(Outcome),
    "method": set(Method),
    "reason": set(UndecidedReason),
    "kind": {"prompt", "reply"},
    "status": {"2xx", "3xx", "4xx", "429", "5xx", "none"},
    "state": {str(state) for state in STATES},
}
NUMBERS = {"le": r"[0-9.]+|\+Inf", "version": r"[0-9][0-9a-z.+]*|unknown"}


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def watched(settings: Settings) -> Settings:
    """Settings with a port for metrics."""
    return settings.model_copy(update={"metrics_port": free_port()})


async def asked(settings: Settings, path: str) -> tuple[int, str]:
    """Status and text of an answer of the page."""
    address = f"http://{settings.metrics_host}:{settings.metrics_port}{path}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


async def samples(settings: Settings) -> list[Sample]:
    """Everything that the page shows."""
    _, text = await asked(settings, "/metrics")
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


async def value(settings: Settings, name: str, **labels: str) -> float:
    """One number of the page."""
    (found,) = (each.value for each in await samples(settings) if each.name == name and each.labels == labels)
    return found


async def started(wire: Any, settings: Settings) -> BylawBot:
    """A connected bot that counts Discord's answers, as it does outside of tests."""
    bot: BylawBot = wire.make(settings=settings)
    bot.http.http_trace = bot._trace()
    await wire.go()
    return bot


async def test_the_path_of_a_message_shows_in_the_metrics(wire: Any, watched: Settings) -> None:
    """Judged, a card, a case, and Discord's answers to what that took."""
    bot = await started(wire, watched)
    assert await asked(watched, "/readyz") == (200, "ready\n")
    wire.discord.world.post(GENERAL, "it was the butler")
    wire.discord.world.post(GENERAL, "who was it")
    await wire.cards(1)
    await wire.until(lambda: bot.services.tally.judged == 2, what="two messages that are judged")
    await wire.run("metrics")
    assert await value(watched, "bylaw_messages_total", result="judged") == 2
    assert await value(watched, "bylaw_verdicts_total", outcome="violation", method="scripted") == 1
    assert await value(watched, "bylaw_verdicts_total", outcome="clear", method="scripted") == 1
    assert await value(watched, "bylaw_cards_total") == 1
    assert await value(watched, "bylaw_cases", state="open") == 1
    assert await value(watched, "bylaw_cards_waiting") == 0
    assert await value(watched, "bylaw_servers") == 1
    assert await value(watched, "bylaw_discord_responses_total", status="2xx") > 2
    assert await value(watched, "bylaw_oldest_message_seconds") == 0
    assert await value(watched, "bylaw_shards_connected") == 1


async def test_no_label_holds_a_member_a_server_or_a_text(wire: Any, watched: Settings) -> None:
    """Every label and every value of one is in a closed list, after a message, a case and a card."""
    await started(wire, watched)
    wire.discord.world.post(GENERAL, 'it was the butler"} injected{x="')
    await wire.cards(1)
    await wire.run("metrics")
    for sample in await samples(watched):
        for label, text in sample.labels.items():
            known = text in LABELS[label] if label in LABELS else re.fullmatch(NUMBERS[label], text)
            assert known, sample


async def test_what_is_counted_never_goes_back(wire: Any, watched: Settings) -> None:
    """A counter that falls would read as a restart."""
    await started(wire, watched)
    seen = []
    for text in ("it was the butler", "who was it", "it was the butler"):
        wire.discord.world.post(GENERAL, text)
        await wire.asked(text)
        counts = [sample for sample in await samples(watched) if sample.name.endswith("_total")]
        seen.append({(sample.name, *sample.labels.values()): sample.value for sample in counts})
    for before, after in pairwise(seen):
        assert [name for name in before if after[name] < before[name]] == []


async def test_a_lost_connection_shows(wire: Any, watched: Settings) -> None:
    """The bot is alive meanwhile, and ready again once it is back."""
    bot = await started(wire, watched)
    bot.dispatch("shard_disconnect", 0)
    await wire.until(lambda: bot._connections.up == 0, what="the listener")
    assert await asked(watched, "/readyz") == (503, "not connected to Discord\n")
    assert await asked(watched, "/healthz") == (200, "alive\n")
    bot.dispatch("shard_resumed", 0)
    await wire.until(lambda: bot._connections.up == 1, what="the listener")
    assert await asked(watched, "/readyz") == (200, "ready\n")


async def test_the_page_closes_with_the_bot(wire: Any, watched: Settings) -> None:
    """Until then it says that it is closing."""
    bot = await started(wire, watched)
    bot._open_tasks.closing = True
    assert await asked(watched, "/readyz") == (503, "the bot is closing\n")
    await wire.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await asked(watched, "/healthz")


async def test_a_port_in_use_stops_the_start(wire: Any, watched: Settings) -> None:
    """Before the database is opened, with what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", watched.metrics_port or 0))
        taken.listen()
        wire.make(settings=watched)
        with pytest.raises(AddressUnusable, match="set BYLAW_METRICS_PORT to a free port"):
            await wire.bot.start(TOKEN)
    assert wire.bot._services is None


async def test_without_a_port_nothing_is_served(wire: Any, settings: Settings) -> None:
    """Nor is anything counted in the database."""
    bot = await started(wire, settings)
    assert bot._monitoring.page._runner is None
    assert "metrics" not in bot.schedule.names

"""What moderators look up: all of it in the language of whoever asks, and what is posted in the server's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.cogs.judging.check_menu import MENU as CHECK
from bot.cogs.judging.conversation_menu import MENU as CONVERSATION
from bot.cogs.lookups.history_menu import MENU as HISTORY
from tests.e2e.languages import invent, set_locales
from tests.e2e.test_pseudo_language import OWN, shown, untranslated
from tests.e2e.test_stats import sampled
from tests.fakes.pseudo_language import OPEN, pseudo

#: The server's own words, the judge's, and what Babel writes.
NAMES = (
    *OWN,
    "scripted",
    "answers from a script, without a model",
    "It tells who did it",
    "Spam",
    "Sekunden",
    "Sekunde",
    "Minuten",
    "Minute",
    "Bylaw",
    "v1",
)


@pytest.fixture
def invented_german(monkeypatch: pytest.MonkeyPatch) -> None:
    """German is the invented language."""
    invent(monkeypatch)


@pytest.fixture
def omar_reads(world: Any, invented_german: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Omar's Discord speaks the invented language. Call the fixture with what he was shown."""
    del invented_german
    set_locales(monkeypatch)[world.omar.id] = "de"

    def check(texts: list[str]) -> None:
        assert [text for text in texts if OPEN in text] != []
        assert [left for left in map(_left, texts) if left] == []

    return check


def _left(text: str) -> str:
    for words in NAMES:
        text = text.replace(words, " ")
    return untranslated(text)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("status", {}),
        ("mod stats", {}),
        ("mod report", {}),
        ("mod report", {"month": "soon"}),
        ("mod report", {"month": "2999-01"}),
        ("mod shield", {"level": "high"}),
        ("case list", {}),
        ("case search", {"rule": "R9"}),
        ("case search", {"policy": "Spam"}),
        ("case search", {"since": "soon"}),
        ("case search", {"since": "1d", "until": "9d"}),
        ("case search", {"notes": "!"}),
        ("case show", {"number": 9}),
        ("case note", {"number": 1, "text": " "}),
        ("case note", {"number": 1, "text": "It was a joke"}),
        ("case reopen", {"number": 1, "reason": " "}),
        ("case reopen", {"number": 1, "reason": "It was a joke"}),
        ("case export", {}),
        ("case export", {"number": 1}),
        ("case export", {"number": 1, "form": "csv"}),
        ("case export", {"number": 1, "rule": "R1"}),
        ("case export", {"form": "html"}),
        ("audit export", {}),
        ("reports show", {"case": 1}),
        ("reports mutes", {}),
        ("audit show", {"kind": "reports"}),
        ("why", {"link": "nonsense"}),
        ("why", {"link": "https://discord.com/channels/1/2/3"}),
    ],
)
async def test_commands(
    world: Any, omar_reads: Callable[[list[str]], None], command: str, options: dict[str, Any]
) -> None:
    """With a case that is open: what is found, and what makes no sense."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    omar_reads((await shown(world, world.omar.slash(world.mods, command, **options)))[1])


async def test_menus_and_links(world: Any, omar_reads: Callable[[list[str]], None]) -> None:
    """A message that breaks a rule and one that does not, with its author's history."""
    await world.set_up()
    for words in ("the butler did it", "Which film"):
        message = await world.ana.send(world.general, words)
        for menu in (CHECK, CONVERSATION):
            omar_reads((await shown(world, world.omar.context_menu(world.general, menu, message)))[1])
        link = f"https://discord.com/channels/{world.guild.id}/{world.general.id}/{message.id}"
        omar_reads((await shown(world, world.omar.slash(world.mods, "why", link=link)))[1])
    omar_reads((await shown(world, world.omar.context_menu(world.general, HISTORY, world.ana)))[1])


async def test_an_audit_log(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done and about what; details are kept in English."""
    set_locales(monkeypatch)[world.omar.id] = "fr"
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    said = world.said(await world.omar.slash(world.mods, "audit show"))
    assert said.startswith("**Journal d'audit**, du plus récent au plus ancien\n")
    assert "Bylaw: **dossier ouvert**, dossier 1" in said
    assert "**politique mise en vigueur**, politique Spoilers" in said


async def test_a_sample_is_posted_in_the_servers_language(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And shown in the language of whoever looks."""
    await world.mira.slash(world.general, "settings language", language="ja")
    set_locales(monkeypatch)[world.omar.id] = "es-ES"
    post = await sampled(world)
    assert world.said(post).startswith("**判定モデルの見逃しはないでしょうか。**")
    shown = await world.omar.click(post, label="見る")
    assert "Quedan 3 mensajes." in world.said(shown)
    for _ in range(3):
        shown = await world.omar.click(shown.response, label="Está bien")
    assert world.said(shown).startswith("Eso es toda la muestra de esta semana.")


def test_names_are_no_translations() -> None:
    """The check above still finds a sentence with a name in it."""
    assert _left("Bylaw has no record of it.") != ""
    assert _left(f"{pseudo('🟢 clear')} · {pseudo('Score')} 0.02") == ""

"""The card of a raid is in the server's language, and its panel, forms and answers in that of whoever clicked."""

from __future__ import annotations

import json
from typing import Any

import discord
import pytest

from bot.cogs.cards.shared.raid_controls import why
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.cards import shared_cards
from bot.moderation.raids import whys
from bot.simulation.incidents import teach_incidents
from classifier import Judge
from classifier.scripted import ScriptedJudge
from tests.e2e.conftest import answer
from tests.e2e.languages import set_locales
from tests.e2e.test_noise import POLICY, members, post, settled
from tests.e2e.test_raid_controls import _adverts, boss, labels, shown

teach_incidents()


@pytest.fixture
def judge() -> Judge:
    """Adverts break R1."""
    return ScriptedJudge(_adverts)


@pytest.fixture
def locales(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Whose Discord has which locale."""
    return set_locales(monkeypatch)


@pytest.fixture
async def raided(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server that speaks German, in a raid."""
    await world.mira.slash(world.general, "setup", channel=world.mods, reviewers=world.reviewers, starters="none")
    await world.write("House", POLICY)
    await world.mira.slash(world.general, "settings language", language="de")
    for each in members(world, 7):
        await post(world, each, world.general, "advert of the raid")
    await settled(world)
    monkeypatch.setattr(shared_cards, "CALM", 0.2)  # from here on time is real
    return world


def card(world: Any) -> discord.Message:
    """The card of the raid as it is now."""
    return next(each for each in world.cards() if "Viele Mitglieder auf einmal" in world.said(each))


async def test_the_card_speaks_german_and_the_panel_french(raided: Any, locales: dict[int, str]) -> None:
    """Before and after a pause, which the card tells of in German, too."""
    tess = boss(raided)
    locales[tess.id] = "fr"
    assert "**7 Nachrichten** · **7 Mitglieder**" in raided.said(card(raided))
    panel = await tess.click(card(raided), label="Raid-Maßnahmen…")
    assert "Discord lui-même n'a remarqué ni raid ni spam" in raided.said(panel)
    assert labels(panel) == ["Suspendre les invitations…", "Suspendre les messages privés…", "Mode lent…"]
    form = await tess.click(answer(panel), label="Suspendre les invitations…")
    assert "D'ici là, personne ne peut rejoindre avec une invitation" in json.dumps(form.modal, ensure_ascii=False)
    said = raided.said(await tess.submit_modal(form, {"length": ["3600"], "reason": ""}))
    await shown(raided)
    assert "⏸️ Les invitations sont suspendues jusqu'à <t:" in said
    assert "⏸️ Einladungen sind bis <t:" in raided.said(card(raided))
    history = raided.said(await tess.click(raided.cards()[0], label="Verlauf"))
    assert "suspension des invitations demandée, jusqu'à <t:" in history
    assert "mesure anti-raid en vigueur" in history


async def test_why_not_is_kept_in_english_and_said_in_theirs(raided: Any, locales: dict[int, str]) -> None:
    """With the number that belongs to it."""
    raided.env.backend.edit_channel(raided.general.id, {"rate_limit_per_user": 60})
    tess = boss(raided)
    locales[tess.id] = "pt-BR"
    form = await tess.click(answer(await tess.click(card(raided), label="Raid-Maßnahmen…")), label="Modo lento…")
    values = {"channel": [raided.general], "seconds": ["30"], "length": ["3600"], "reason": ""}
    said = raided.said(await tess.submit_modal(form, values))
    assert f"❌ Modo lento de 30 segundos em <#{raided.general.id}>: não realizado, por <@{tess.id}>." in said
    assert "O canal já tem um modo lento de 60 segundos, então nada foi alterado." in said
    control = await raided.bot.services.raid_controls.find(raided.guild.id, 1)
    assert control.why == whys.SLOWER.format(seconds=60)
    with speaking(Language.JAPANESE):
        assert why(control) == "チャンネルにはすでに60秒の低速モードがあるため、何も変更していません。"

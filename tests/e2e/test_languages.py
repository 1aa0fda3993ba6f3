"""Everybody is answered in their own Discord's language, and written to in the one that they were last seen with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord
import pytest
from sqlalchemy import create_engine, text

from bot.app import BylawBot
from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.interactions.reply import row_of
from bot.languages.language import OWN_NAMES, Language
from bot.moderation.cases.action import ActionKind
from bot.moderation.servers.options import AppealOptions
from bot.settings import Settings
from classifier import Judge
from tests.e2e.appeals import fill, letters, set_options, warned
from tests.e2e.conftest import walk
from tests.e2e.languages import set_locales

OURS = ("de", "fr", "es-ES", "es-419", "pt-BR", "ja")


@pytest.fixture
def locales(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Whose Discord has which locale."""
    return set_locales(monkeypatch)


def described(body: Any) -> list[dict[str, Any]]:
    """Every command, group, parameter and choice."""
    found = [body] if isinstance(body, dict) and "name" in body else []
    inner = body if isinstance(body, list) else [*body.get("options", []), *body.get("choices", [])]
    return found + [each for part in inner for each in described(part)]


def untranslated(choice: dict[str, Any]) -> bool:
    """Is a choice shown in English to everybody?"""
    return set(choice.get("name_localizations") or {}) != set(OURS)


def test_every_command_is_described_in_every_language(world: Any) -> None:
    """Names stay English. Nothing is longer than Discord allows, all languages of a command together."""
    (sent,) = [entry.json for entry in world.env.http_requests if entry.path.endswith("/commands")]
    parts = [part for part in described(sent) if part.get("description")]
    assert len(parts) > 100
    assert [part["name"] for part in parts if set(part.get("description_localizations") or {}) != set(OURS)] == []
    choices = {each["name"] for part in described(sent) for each in part.get("choices", []) if untranslated(each)}
    assert choices == {
        *OWN_NAMES.values(),
        "CSV",
        "JSON",
        "low",
        "medium",
        "high",
    }
    assert [part["name"] for part in described(sent) if "description" in part and part.get("name_localizations")] == []
    for command in sent:
        longest = sum(
            max(map(len, [part.get("description", ""), *(part.get("description_localizations") or {}).values()]))
            + max(map(len, [part["name"], *(part.get("name_localizations") or {}).values()]))
            + len(str(part.get("value", "")))
            for part in described(command)
        )
        assert longest <= 8_000, command["name"]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("de", "Deine Akte auf diesem Server ist leer."),
        ("fr", "Ton historique sur ce serveur est vide."),
        ("es-419", "Tu historial en este servidor está vacío."),
        ("pt-BR", "Seu histórico neste servidor está vazio."),
        ("ja", "このサーバーでのあなたの記録はありません。"),
        ("en-GB", "Your record in this server is empty."),
        ("zh-CN", "Your record in this server is empty."),
    ],
)
async def test_answers_are_in_the_persons_language(world: Any, locales: dict[int, str], locale: str, said: str) -> None:
    """And somebody else's at the same time are in theirs."""
    locales[world.ana.id] = locale
    assert world.said(await world.ana.slash(world.general, "my record")) == said
    assert world.said(await world.omar.slash(world.general, "my record")) == "Your record in this server is empty."


async def test_forms_and_buttons_are_in_the_persons_language(world: Any, locales: dict[int, str]) -> None:
    """A notice in English, opened by somebody whose Discord is in French since."""
    await warned(world)
    locales[world.ana.id] = "fr"
    form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
    assert form.modal["title"] == "Appel, dossier 1"
    labels = [each["label"] for each in walk(form.modal["components"]) if each.get("label")]
    assert labels == ["Que s'est-il passé, selon toi ?", "Pourquoi faudrait-il changer la décision ?"]
    sent = await world.ana.user.submit_modal(form, {"0": "Une blague.", "1": "Tout le monde le sait."})
    assert "Ton appel dans le dossier 1 a été envoyé aux modérateurs" in world.said(sent)
    await world.bot.services.act.act(
        world.guild.id, 1, kind=ActionKind.DELETE, moderator_id=world.omar.id, reason="spoiler"
    )
    assert "Ton message a été supprimé." in world.said(letters(world, world.ana)[-1])


async def test_a_letter_is_in_the_language_that_was_last_seen(
    world: Any, locales: dict[int, str], bot_factory: Callable[[Judge], BylawBot], judge: Judge
) -> None:
    """Whatever the language of the moderator whose click sends it, and after a restart."""
    locales.update({world.ana.id: "ja", world.omar.id: "de"})
    await world.ana.slash(world.general, "rules")
    await world.env.restart_bot(bot_factory(judge))
    await warned(world)
    said = world.said(letters(world, world.ana)[0])
    assert "これは警告です。" in said
    assert "R1 Unmarked spoiler" in said
    assert "異議を申し立てる" in json.dumps(
        [each.to_dict() for each in letters(world, world.ana)[0].components], ensure_ascii=False
    )


async def test_a_letter_to_somebody_unknown_is_in_the_servers_language(world: Any) -> None:
    """The one that an admin chose; it counts at once."""
    done = await world.mira.slash(world.general, "settings language", language="es")
    assert "- Language: Español" in world.said(done)
    await warned(world)
    assert "Esto es una advertencia." in world.said(letters(world, world.ana)[0])
    assert await world.bot.services.languages.of_server(world.guild.id) is Language.SPANISH


async def test_the_server_speaks_as_its_discord_does(world: Any) -> None:
    """Until an admin chooses another language, and again once they choose Discord's."""
    guild = world.env.create_guild("Filmclub", owner=world.mira.user, preferred_locale="de")
    await world.env.settle()
    languages = world.bot.services.languages
    assert await languages.of_server(guild.id) is Language.GERMAN
    assert await languages.of_server(world.guild.id) is Language.ENGLISH
    await world.mira.slash(world.general, "setup", channel=world.mods, starters="none", language="fr")
    assert await languages.of_server(world.guild.id) is Language.FRENCH
    await world.mira.slash(world.general, "setup", channel=world.mods, starters="none")
    assert await languages.of_server(world.guild.id) is Language.FRENCH
    done = await world.mira.slash(world.general, "settings language", language="discord")
    assert "- Language: English, because it is set in Discord" in world.said(done)
    assert await languages.of_server(world.guild.id) is Language.ENGLISH


async def test_an_admins_choice_is_confirmed_in_their_own_language(world: Any, locales: dict[int, str]) -> None:
    """It is only for them to read."""
    locales[world.mira.id] = "de"
    done = world.said(await world.mira.slash(world.general, "settings language", language="ja"))
    assert done.startswith("Gespeichert.\n- Sprache: 日本語")
    assert "- Sprache: 日本語" in world.said(await world.mira.slash(world.general, "settings language"))


async def test_admins_read_their_own_language_and_reports_are_in_the_servers(
    world: Any, locales: dict[int, str]
) -> None:
    """What an admin starts and stops is told to them as they read; what all moderators read is in the server's."""
    await world.set_up()
    await world.mira.slash(world.general, "settings language", language="fr")
    locales[world.mira.id] = "de"
    form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
    saved = await world.mira.submit_modal(form, {"text": f"{world.policy}\n## Notes\nNothing.\n"})
    assert "**Spoilers** als Entwurf gespeichert" in world.said(saved)
    started = await world.mira.slash(world.general, "policy backtest", name="Spoilers", channel=world.general)
    assert "Gestartet. Fortschritt und Ergebnis stehen in" in world.said(started)
    await world.env.settle()
    assert any("Le brouillon de Spoilers sur" in world.said(card) for card in world.cards())


async def test_only_admins_set_the_language(world: Any) -> None:
    """Even if the command is shown to others."""
    commands = {each.name: each for each in await world.bot.tree.fetch_commands()}
    world.guild.set_command_permissions(commands["settings"], {world.guild.default_role: True})
    refused = await world.omar.slash(world.general, "settings language", language="ja")
    assert "Only members with Manage Server" in world.said(refused)
    assert await world.bot.services.languages.of_server(world.guild.id) is Language.ENGLISH


async def test_a_language_is_in_the_export_and_goes_with_an_erasure(
    world: Any, locales: dict[int, str], settings: Settings
) -> None:
    """It is kept by server, with the moment."""
    await world.set_up()
    locales[world.ana.id] = "fr"
    await world.ana.slash(world.general, "rules")
    exported = await world.ana.slash(world.general, "privacy export")
    (kept,) = json.loads(world.files(exported)["my-data.json"])["language_last_seen"]
    assert (kept["server_id"], kept["language"]) == (str(world.guild.id), "fr")
    asked = await world.ana.slash(world.general, "privacy erase")
    await world.ana.click(asked.response, label="Effacer mes propos")
    assert world.ana.id not in seen_members(settings)


async def test_an_unknown_server_is_not_noted(world: Any, locales: dict[int, str], settings: Settings) -> None:
    """A button in a direct message can name any server: what is not this bot's is not written down."""
    locales[world.ana.id] = "fr"
    channel = await world.bot.create_dm(discord.Object(world.ana.id))
    for guild_id, kept in ((77, []), (world.guild.id, [world.ana.id])):
        button = MemberButton(MemberClick(verb=MemberVerb.APPEAL, guild_id=guild_id, number=1))
        message = await channel.send("x", view=row_of((button,)))
        await world.ana.user.click(message, label="Appeal")
        assert seen_members(settings) == kept


def seen_members(settings: Settings) -> list[int]:
    """Whose language is kept."""
    engine = create_engine(str(settings.database).replace("+aiosqlite", ""))
    try:
        with engine.connect() as connection:
            return list(connection.execute(text("SELECT member_id FROM member_languages")).scalars())
    finally:
        engine.dispose()


def test_locales_of_discord_are_known() -> None:
    """The values that Discord sends are those that the tests here use."""
    assert {locale.value for locale in discord.Locale} >= {*OURS, "en-US", "en-GB", "zh-CN"}


async def test_our_questions_stay_ours_in_every_language(world: Any, locales: dict[int, str]) -> None:
    """An admin sees them in their language. Sent off as they are, they are still translated for whoever appeals."""
    await world.set_up()
    locales[world.mira.id] = "fr"
    ours = {"0": "Que s'est-il passé, selon toi ?", "1": "Pourquoi faudrait-il changer la décision ?"}
    form = await world.mira.slash(world.general, "settings questions")
    assert [each["value"] for each in walk(form.modal["components"]) if each.get("value")] == list(ours.values())
    said = world.said(await world.mira.submit_modal(form, {**ours, "2": "", "3": ""}))
    assert "Pourquoi faudrait\\-il changer la décision" in said
    assert (await world.bot.services.options.get(world.guild.id, AppealOptions)).questions == ()


async def test_that_questions_have_changed_is_said_to_each_in_theirs(world: Any, locales: dict[int, str]) -> None:
    """It is kept in English in place of the questions."""
    await warned(world)
    await world.mira.slash(world.general, "settings language", language="fr")
    form = await world.ana.user.click(letters(world, world.ana)[0], label="Appeal")
    await set_options(world, replace(AppealOptions(), questions=("Do you like films?", "Why?")))
    await fill(world, form)
    card = world.cards()[-1]
    assert "Le serveur a changé ses questions" in world.said(card)
    locales[world.omar.id] = "es-ES"
    shown = await world.omar.click(card, label="Tout")
    assert "(El servidor" in "".join(world.files(shown).values())

"""Cards are in the server's language, and answers in the language of whoever clicked; what is kept is in neither."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.interactions.action_words import why
from bot.languages.language import Language
from bot.languages.translation import speaking
from bot.moderation.cases.action import ActionState
from bot.moderation.review import whys
from tests.e2e.acting import card_text, flagged, moderator
from tests.e2e.languages import set_locales
from tests.e2e.pictures import post
from tests.e2e.test_cards import close
from tests.e2e.test_same_picture import SMALLER, decided, ready


@pytest.fixture
def locales(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Whose Discord has which locale."""
    return set_locales(monkeypatch)


async def german(world: Any) -> None:
    """A server that speaks German, with one card about Ana."""
    await world.mira.slash(world.general, "settings language", language="de")
    await flagged(world)


async def clicked(world: Any, who: Any, what: str, **values: Any) -> str:
    """Act on the newest card, whose button is German."""
    form = await who.click(world.cards()[-1], label="Handeln…")
    return str(world.said(await who.submit_modal(form, {"what": what, "reason": "", **values})))


async def test_a_card_speaks_as_the_server_does(world: Any, locales: dict[int, str]) -> None:
    """Before and after somebody of another language decides; their answer is in their own."""
    await german(world)
    said = card_text(world)
    assert "### 🔴 Hoher Schweregrad: R1" in said
    assert "**Mitglied:**" in said
    assert "keine früheren Fälle" in said
    tess = moderator(world)
    locales[tess.id] = "fr"
    done = await clicked(world, tess, "timeout", length=["600"])
    assert f"✅ Fait : exclusion temporaire de <@{world.ana.id}> (10 minutes)." in done
    said = card_text(world)
    assert f"✅ Mitglied in den Timeout geschickt (10 Minuten), von <@{tess.id}>" in said
    assert f"**Stand:** Verstoß, entschieden von <@{tess.id}>" in said


async def test_why_not_is_kept_in_english_and_said_to_each_in_theirs(world: Any, locales: dict[int, str]) -> None:
    """On the card, to the moderator, and whenever somebody reads it later."""
    await german(world)
    tess = moderator(world)
    locales[tess.id] = "es-ES"
    world.guild.remove_member(world.ana)
    done = await clicked(world, tess, "kick")
    assert "❌ No realizado: Expulsión. El miembro ya no está en este servidor." in done
    assert "❌ Kick: nicht ausgeführt" in card_text(world)
    assert "Das Mitglied ist nicht mehr auf diesem Server." in card_text(world)
    case = await world.bot.services.review.find(world.guild.id, 1)
    (action,) = (await world.bot.services.faces.of(case)).actions
    assert (action.state, action.why) == (ActionState.REFUSED, whys.LEFT)
    with speaking(Language.JAPANESE):
        assert why(action) == "このメンバーはもうサーバーにいません。"


async def test_the_owner_is_told_in_the_servers_language(world: Any) -> None:
    """Of cards that cannot be posted, with why: this is kept in English until then."""
    await world.mira.slash(world.general, "settings language", language="de")
    await world.set_up()
    close(world)
    await world.ana.send(world.general, "the butler did it")
    (told,) = [each.content for each in world.mira.user.dm_channel.history()]
    assert told.startswith("Zu deinem Server „Film club“: Bylaw kann keine Karten posten: In <#")
    assert "fehlt Bylaw: Nachrichten senden." in told


async def test_a_card_about_a_picture_is_in_one_language(world: Any) -> None:
    """Its title, why there is a card, what is where others name their policy, and the files."""
    await ready(world)
    await decided(world)
    await world.mira.slash(world.general, "settings language", language="de")
    await post(world, SMALLER, who=world.rita)
    said = card_text(world)
    assert "### 🖼️ Gleiches Bild wie in Fall 1" in said
    assert r"Ein Bild dieser Nachricht ähnelt einem aus Fall 1\, den ein Moderator als Verstoß entschieden hat" in said
    assert "-# Fall 2 · Bilder" in said
    assert "**Anhänge:**" in said
    case = await world.bot.services.review.find(world.guild.id, 2)
    assert case.judged.rationale.startswith("A picture of this message looks like one of case 1,")

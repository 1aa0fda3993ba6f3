"""What is kept in English, and what is told later, comes in the language of whoever reads it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.members.report_menu import MENU
from bot.keys import UNREADABLE
from bot.moderation.cases.action import ActionState
from bot.moderation.cases.case import CaseKind
from classifier import Judge, Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation
from tests.e2e.acting import card_text, moderator
from tests.e2e.languages import set_locales
from tests.e2e.test_bridge import ALERT, BLOCK, automod, by_hand
from tests.e2e.test_by_itself import switch_on
from tests.e2e.test_cards import close
from tests.e2e.test_gone_texts import erased
from tests.e2e.test_read_from_history import while_away


def _answers(request: JudgeRequest) -> Judgement:
    """A violation, no answer, or clear; with a reason that looks like a sentence of ours."""
    words = request.content.target.words
    if "riddle" in words:
        return Undecided(reason=UndecidedReason.TRUNCATED)
    if "butler" in words:
        return violation("R1", rationale="It tells who did it.")
    return clear(rationale="Reported by a member. Harmless.")


@pytest.fixture
def judge() -> Judge:
    """Answers by the words of a message."""
    return ScriptedJudge(_answers)


@pytest.fixture
async def german(world: Any) -> Any:
    """A server that speaks German."""
    await world.mira.slash(world.general, "settings language", language="de")
    await world.set_up()
    return world


@pytest.fixture
async def omar_reads(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Omar's Discord is German, the server's language is English."""
    set_locales(monkeypatch)[world.omar.id] = "de"
    await world.set_up()
    return world


def plain(text: str) -> str:
    """Without escapes."""
    return text.replace("\\", "")


class TestWhyThereIsACase:
    """Rationales that no judge wrote."""

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("hello", "Spoilers v1: unauffällig (Wert 0,02). Reported by a member. Harmless."),
            ("a riddle", "Spoilers v1: Die Antwort des Modells brach mittendrin ab."),
        ],
    )
    async def test_a_report(self, german: Any, words: str, said: str) -> None:
        """The judge's own words stay as they are; what is kept is English."""
        message = await german.omar.send(german.general, words)
        await german.ana.context_menu(german.general, MENU, message)
        case = await german.bot.services.review.find(german.guild.id, 1)
        assert case.judged.rationale.startswith(("Reported by a member. Spoilers v1:", "The model's answer"))
        if case.kind is CaseKind.REPORT:
            assert f"Von einem Mitglied gemeldet. {said}" in plain(card_text(german))
        else:
            assert said.removeprefix("Spoilers v1: ") in plain(card_text(german))

    async def test_no_verdict(self, german: Any) -> None:
        """Why there is none."""
        await german.ana.send(german.general, "a riddle")
        assert "Die Antwort des Modells brach mittendrin ab" in card_text(german)

    async def test_a_hit_of_automod(self, omar_reads: Any) -> None:
        """What was done, the kind of the rule and its own expression; also in a list."""
        world = omar_reads
        automod(world, BLOCK, ALERT)
        await world.ana.send(world.general, "look, a badger")
        shown = plain(world.said(await world.omar.slash(world.mods, "case show", number=1)))
        assert "(Schlüsselwörter): die Nachricht wurde blockiert. Der Treffer war „*badger*“." in shown
        assert "**AutoMod Schlüsselwörter**" in shown
        case = await world.bot.services.review.find(world.guild.id, 1)
        assert "the message was blocked. It matched “*badger*”." in case.judged.rationale

    async def test_done_by_hand(self, omar_reads: Any) -> None:
        """Without a reason; and what is kept with the action."""
        world = omar_reads
        await by_hand(world, 20)
        shown = plain(world.said(await world.omar.slash(world.mods, "case show", number=1)))
        assert "In Discords Audit-Log steht kein Grund." in shown
        assert "Von Hand ausgeführt, in Discord selbst." in shown

    async def test_an_erased_one(self, german: Any) -> None:
        """That it is gone, and why."""
        await german.ana.send(german.general, "the butler did it")
        await german.omar.click(german.cards()[0], label="Verstoß")
        await erased(german)
        assert "(Gelöscht, weil das Mitglied darum gebeten hat.)" in plain(card_text(german))

    async def test_a_key_that_was_lost(self, omar_reads: Any) -> None:
        """In the place of each text that cannot be read."""
        world = omar_reads
        await world.ana.send(world.general, "the butler did it")
        await world.omar.slash(world.mods, "case note", number=1, text=UNREADABLE)
        shown = plain(world.said(await world.omar.slash(world.mods, "case show", number=1)))
        assert "(Dieser Text ist mit dem jetzigen Schlüssel nicht lesbar.)" in shown
        assert UNREADABLE not in shown


async def test_catching_up(german: Any, bot_factory: Any) -> None:
    """The line is in the server's language."""
    await while_away(german, bot_factory, (german.ana, "lovely film"), (german.rita, "nice weather"))
    said = [german.said(line) for line in german.cards()]
    assert "Bylaw war weg und hat aufgeholt. Es hat 2 Nachrichten beurteilt, die inzwischen gepostet wurden." in said


async def test_status_says_why_cards_wait(omar_reads: Any) -> None:
    """To each in their language, whatever the server's is."""
    world = omar_reads
    close(world)
    await world.ana.send(world.general, "the butler did it")
    said = world.said(await world.omar.slash(world.general, "status"))
    assert f"In {world.mods.mention} fehlt Bylaw: Nachrichten senden." in said
    assert "Bylaw lacks" not in said


async def test_reports_for_reviewers(omar_reads: Any) -> None:
    """Who reported, and who is ignored."""
    world = omar_reads
    messages = [await world.rita.send(world.general, text) for text in ("hello", "hi")]
    await world.ana.context_menu(world.general, MENU, messages[0])
    own = await world.omar.send(world.general, "bye")
    await world.ana.context_menu(world.general, MENU, own)
    commands: tuple[tuple[str, dict[str, Any]], ...] = (
        ("show", {"case": 1}), ("show", {"case": 2}), ("show", {"case": 9}), ("mutes", {}),
        ("mute", {"member": world.omar}), ("mute", {"member": world.ana}), ("mutes", {}),
        ("unmute", {"member": world.ana}), ("unmute", {"member": world.ana}), ("unmute", {"member": world.omar}),
    )  # fmt: skip
    texts = [
        world.said(await world.omar.slash(world.general, f"reports {command}", **values))
        for command, values in commands
    ]
    beginnings = (
        "**Meldungen zu Fall 1**: 1 Meldung\n",
        "In diesem Fall geht es um dich",
        "Niemand hat eine Nachricht von Fall 9 gemeldet.",
        "Niemandes Meldungen werden ignoriert.",
        "Ob deine eigenen Meldungen angenommen werden",
        f"Bylaw ignoriert die Meldungen von <@{world.ana.id}> bis <t:",
        "**Wessen Meldungen ignoriert werden**\n- <@",
        f"Bylaw nimmt Meldungen von <@{world.ana.id}> wieder an.",
        f"Bylaw nimmt Meldungen von <@{world.ana.id}> an; sie wurden nicht ignoriert.",
        "Ob deine eigenen Meldungen angenommen werden",
    )
    assert [text[: len(start)] for text, start in zip(texts, beginnings, strict=True)] == list(beginnings)
    assert "Mit /reports mute" in texts[0]


async def test_what_the_colours_of_the_picture_mean(omar_reads: Any) -> None:
    """Said in the text, because the picture's font knows no script but Latin."""
    world = omar_reads
    await world.ana.send(world.general, "the butler did it")
    said = world.said(await world.omar.slash(world.mods, "mod stats"))
    assert "🟦 Verstoß · 🟧 kein Verstoß · ⬜ offen · 🟩 selbst behoben" in said


async def test_languages_have_names_in_every_language(
    world: Any, judge: ScriptedJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are offered and shown by them, can be typed by them, and are kept by those that models know."""
    await world.set_up()
    set_locales(monkeypatch)[world.mira.id] = "de"
    offered = await world.mira.autocomplete(world.general, "settings reading", "language", "japan")
    assert [(each["name"], each["value"]) for each in offered] == [("Japanisch", "Japanese")]
    (first, *_) = await world.mira.autocomplete(world.general, "settings reading", "language", "die der")
    assert (first["name"], first["value"]) == ("die der Richtlinie", "the policy's own")
    saved = world.said(await world.mira.slash(world.general, "settings reading", language="Portugiesisch (Brasilien)"))
    assert "Sprache der Gründe auf Karten: Portugiesisch (Brasilien)" in saved
    await world.ana.send(world.general, "hello")
    assert judge.requests[-1].policy.language == "Portuguese (Brazil)"
    await world.mira.slash(world.general, "settings reading", language="die der Richtlinie")
    await world.ana.send(world.general, "hello again")
    assert judge.requests[-1].policy.language == ""


async def test_a_ban_is_known_in_whatever_language_it_was_set(german: Any) -> None:
    """Its reason in Discord's audit log is in the server's language of then; the language may change before it is
    lifted."""
    await german.ana.send(german.general, "the butler did it")
    tess = moderator(german)
    form = await tess.click(german.cards()[-1], label="Handeln…")
    await tess.submit_modal(form, {"what": "ban", "reason": "Spoiler"})
    assert german.guild.get_ban(german.ana)["reason"] == f"Fall 1: Spoiler (von tess, {tess.id})"
    await german.mira.slash(german.general, "settings language", language="ja")
    done = await german.bot.services.act.undo(german.guild.id, 1, moderator_id=tess.id)
    assert done.action.state is ActionState.DONE
    assert german.guild.get_ban(german.ana) is None


async def test_an_automatic_action_says_by_which_rule(world: Any) -> None:
    """Its reason is kept in English. On the card and in Discord's audit log it is in the server's language."""
    await world.mira.slash(world.general, "settings language", language="de")
    await switch_on(world)
    await world.ana.send(world.general, "the butler did it")
    assert "Grund: Spoilers v2, Regel R1." in plain(card_text(world))
    case = await world.bot.services.review.find(world.guild.id, 1)
    (action, *_) = (await world.bot.services.faces.of(case)).actions
    assert action.new.reason == "Spoilers v2, rule R1"
    reasons = [entry.reason for entry in world.env.http_requests if entry.method == "DELETE" and entry.reason]
    assert reasons == ["Fall 1: Spoilers v2, Regel R1 (von selbst)"]

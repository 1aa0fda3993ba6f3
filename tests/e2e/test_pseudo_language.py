"""Members' flows in an invented language: every text is translated, and none is cut or too long for Discord.

That requests keep Discord's limits is checked after each test here, as in all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cogs.members.report_menu import MENU
from bot.moderation.cases.action import ActionKind
from bot.moderation.servers.options import AppealOptions
from tests.e2e.appeals import TIMEOUT, appeal_card, decide, letters, set_options, warned
from tests.e2e.languages import answers, invent, letters_to, set_locales
from tests.e2e.test_mending import ready, spoiled
from tests.e2e.test_report_outcomes import decide as decide_report
from tests.e2e.test_report_outcomes import tell
from tests.fakes.pseudo_language import BRACKETED, CLOSE, OPEN, pseudo

#: What nobody translates: the server's own words and members' words, Discord's markup, and what Babel writes.
OWN = (
    "Film club", "Spoilers", "Unmarked spoiler", "telling how the film ends", "opinions without plot", "R1",
    "Keep surprises safe", "the butler did it", "It was a joke", "Which film", "Write to Mira", "Stunde",
)  # fmt: skip
MARKUP = re.compile(r"<[@#t:&!0-9a-zA-Z]+>|https?://\S+|\(http\S+\)|`[^`]*`|/[a-z]+( (erase|export|record))?|\\")


@pytest.fixture(autouse=True)
def invented_german(monkeypatch: pytest.MonkeyPatch) -> None:
    """German is the invented language."""
    invent(monkeypatch)


@pytest.fixture
def ana_reads(world: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Ana's Discord speaks it. Call the fixture with what she was shown to see that she can read it."""
    set_locales(monkeypatch)[world.ana.id] = "de"

    def check(texts: list[str]) -> None:
        assert texts
        assert [text for text in texts if OPEN in text] != []
        assert [left for left in map(untranslated, texts) if left] == []

    return check


def untranslated(text: str) -> str:
    """What of a text is no translation and nobody's own words; brackets that lack their other half, too."""
    left = MARKUP.sub(" ", BRACKETED.sub(" ", text))
    for words in OWN:
        left = left.replace(words, " ")
    return " ".join(left.split()) if re.search(rf"[^\W\d_]|{OPEN}|{CLOSE}", left) else ""


async def shown(world: Any, action: Any) -> tuple[Any, list[str]]:
    """What somebody gets to see for what they did."""
    before = len(world.env.http_requests)
    result = await action
    await world.env.settle()
    return result, answers(world, before)


def test_what_the_check_finds() -> None:
    """It finds a text that was not translated, one inside another that was, and one that was cut."""
    assert untranslated(f"{pseudo('Case {number}').format(number=7)} · R1 Unmarked spoiler <t:5:f>") == ""
    assert untranslated("You can appeal.") == "You can appeal."
    assert untranslated(pseudo("**Why:** {reason}").format(reason="no idea")) == "** ** no idea"
    assert untranslated(pseudo("Appeal in case {number}").format(number=7)[:9]) != ""
    assert len(pseudo("Tell me the outcome")) >= 1.4 * len("Tell me the outcome")


async def test_rules_record_and_privacy(world: Any, ana_reads: Any) -> None:
    """What a member may look up: with nothing in it, and with a case."""
    for command in ("rules", "my record", "appeal"):
        ana_reads((await shown(world, world.ana.slash(world.general, command)))[1])
    await warned(world, **TIMEOUT)
    for command in ("rules", "my record", "appeal", "privacy export"):
        ana_reads((await shown(world, world.ana.slash(world.general, command)))[1])
    asked, texts = await shown(world, world.ana.slash(world.general, "privacy erase"))
    ana_reads(texts)
    ana_reads((await shown(world, world.ana.click(asked.response, label=pseudo("Erase my words"))))[1])


@pytest.mark.parametrize("label", ["Keep the decision…", "Reverse the decision…"])
async def test_from_a_notice_to_the_outcome(world: Any, ana_reads: Any, label: str) -> None:
    """Notice, form, answer, question, answer, list and outcome of an appeal."""
    await world.ana.slash(world.general, "rules")  # so Bylaw knows her language
    await warned(world, **TIMEOUT)
    await world.bot.services.act.act(
        world.guild.id, 1, kind=ActionKind.DELETE, moderator_id=world.omar.id, reason="spoiler"
    )
    notice = letters(world, world.ana)[0]
    form, texts = await shown(world, world.ana.user.click(notice, label=pseudo("Appeal")))
    ana_reads(texts)
    second = await world.ana.user.click(notice, label=pseudo("Appeal"))
    words = {"0": "It was a joke", "1": "It was a joke"}
    ana_reads((await shown(world, world.ana.user.submit_modal(form, words)))[1])
    ana_reads((await shown(world, world.ana.user.submit_modal(second, words)))[1])  # the first one waits
    asked = await world.rita.click(appeal_card(world), label="Ask a question…")
    await world.rita.submit_modal(asked, {"0": "Which film"})
    question = letters(world, world.ana)[-1]
    form, texts = await shown(world, world.ana.user.click(question, label=pseudo("Answer")))
    ana_reads(texts)
    ana_reads((await shown(world, world.ana.user.submit_modal(form, {"0": "It was a joke"})))[1])
    await decide(world, world.rita, label, "It was a joke")
    for case in ("1", "9", "nonsense"):
        ana_reads((await shown(world, world.ana.slash(world.general, "appeal", case=case)))[1])
    ana_reads((await shown(world, world.ana.slash(world.general, "appeal")))[1])
    ana_reads(letters_to(world, world.ana))


async def test_appeals_that_cannot_be_made(world: Any, ana_reads: Any) -> None:
    """Switched off, or used up; the server's own words about appeals stay as they are."""
    await world.mira.slash(world.general, "setup", channel=world.mods, appeal="Write to Mira", starters="none")
    await world.write("Spoilers", world.policy)
    await world.ana.slash(world.general, "rules")
    await world.ana.send(world.general, "the butler did it")
    await set_options(world, replace(AppealOptions(), enabled=False))
    await world.bot.services.act.act(world.guild.id, 1, kind=ActionKind.WARN, moderator_id=world.omar.id, reason="")
    ana_reads((await shown(world, world.ana.slash(world.general, "appeal", case="1")))[1])
    ana_reads((await shown(world, world.ana.slash(world.general, "rules")))[1])
    ana_reads(letters_to(world, world.ana))


async def test_reports_and_their_outcome(world: Any, ana_reads: Any) -> None:
    """The menu, the form for more words, the wish to hear the outcome, and the letter with it."""
    await world.set_up()
    message = await world.omar.send(world.general, "the gardener is nice")
    done, texts = await shown(world, world.ana.context_menu(world.general, MENU, message))
    ana_reads(texts)
    form, texts = await shown(world, world.ana.click(done.response, label=pseudo("Say why")))
    ana_reads(texts)
    ana_reads((await shown(world, world.ana.submit_modal(form, {"0": "It was a joke"})))[1])
    ana_reads((await shown(world, world.ana.click(done.response, label=pseudo("Tell me the outcome"))))[1])
    ana_reads((await shown(world, world.ana.context_menu(world.general, MENU, message)))[1])
    own = await world.ana.send(world.general, "hello")
    ana_reads((await shown(world, world.ana.context_menu(world.general, MENU, own)))[1])
    await decide_report(world, "Not a violation")
    assert await tell(world) == 1
    ana_reads(letters_to(world, world.ana))


async def test_mutes_and_floods_of_reports(world: Any, ana_reads: Any) -> None:
    """Somebody whose reports are ignored, and somebody who reports too much."""
    await world.set_up()
    messages = [await world.omar.send(world.general, f"hello {number}") for number in range(7)]
    for message in messages:
        _, texts = await shown(world, world.ana.context_menu(world.general, MENU, message))
        ana_reads(texts)
    await world.bot.services.members.reporting.mute(
        world.guild.id, world.ana.id, length=timedelta(days=1), by=world.omar.id
    )
    ana_reads((await shown(world, world.ana.context_menu(world.general, MENU, messages[0])))[1])


async def test_offers_to_edit(world: Any, ana_reads: Any) -> None:
    """The letter that asks for it."""
    await world.ana.slash(world.general, "rules")
    await ready(world)
    await spoiled(world)
    ana_reads(letters_to(world, world.ana))


@pytest.mark.parametrize(
    ("command", "options"),
    [("status", {}), ("settings language", {}), ("policy list", {}), ("policy pins", {"name": "x"})],
)
async def test_what_a_member_may_not_do(world: Any, ana_reads: Any, command: str, options: dict[str, str]) -> None:
    """They are told who may, in their language."""
    await world.set_up()
    commands = {each.name: each for each in await world.bot.tree.fetch_commands()}
    world.guild.set_command_permissions(commands[command.split()[0]], {world.guild.default_role: True})
    ana_reads((await shown(world, world.ana.slash(world.general, command, **options)))[1])

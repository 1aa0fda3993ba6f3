"""Moderators look cases up, write on them, reopen them and take them away."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.app import BylawBot
from classifier import Judge


async def flagged(world: Any, count: int = 1) -> None:
    """A server that is set up, with this many cases about messages of Ana's, each with a card of its own."""
    await world.set_up()
    for number in range(count):
        await world.ana.send(world.general, f"the butler did it, number {number}")
        await world.env.advance_time(2)  # faster than Discord takes cards, the simulation would wait in real time


def numbers(said: str) -> list[int]:
    """The numbers of the cases on a page."""
    return [int(line.split("**")[1]) for line in said.splitlines() if line.startswith("- **")]


COMMANDS: dict[str, dict[str, Any]] = {
    "show": {"number": 1},
    "list": {},
    "search": {},
    "note": {"number": 1, "text": "x"},
    "reopen": {"number": 1, "reason": "x"},
    "export": {},
}


class TestWhoMay:
    """Whatever commands Discord shows, the bot asks who it is."""

    async def test_these_are_all_commands(self, world: Any) -> None:
        """A new one is added above, too."""
        (sent,) = [entry.json for entry in world.env.http_requests if entry.method == "PUT"]
        (case,) = [command for command in sent if command["name"] == "case"]
        assert {each["name"] for each in case["options"]} == set(COMMANDS)

    async def test_members_look_nothing_up(self, world: Any) -> None:
        """One line, to them alone; and nothing is offered while they type."""
        await flagged(world)
        commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
        everyone = {world.guild.default_role: True}
        for name in ("case", "Moderation history"):
            world.guild.set_command_permissions(commands[name], everyone)
        for command, options in COMMANDS.items():
            refused = await world.ana.slash(world.general, f"case {command}", **options)
            assert world.said(refused).startswith("Only reviewers may do that"), command
        refused = await world.ana.context_menu(world.general, "Moderation history", world.omar)
        assert world.said(refused).startswith("Only reviewers may do that")
        for option in ("policy", "rule"):
            assert await world.ana.autocomplete(world.general, "case search", option, "") == []

    async def test_a_list_whose_reader_lost_the_role(self, world: Any) -> None:
        """Asked again at every click."""
        await flagged(world, 11)
        listed = await world.omar.slash(world.mods, "case list")
        world.env.backend.edit_member(world.guild.id, world.omar.id, {"role_ids": []})
        refused = await world.omar.click(listed.response, label="Older")
        assert "Only reviewers may do that" in world.said(refused)


class TestLists:
    """``/case list`` and ``/case search``."""

    async def test_pages_are_turned_after_a_restart(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """Ten cases on a page; the buttons hold ids only, and the list goes on where it was."""
        await flagged(world, 12)
        listed = await world.omar.slash(world.mods, "case list")
        assert numbers(world.said(listed)) == list(range(12, 2, -1))
        await world.env.restart_bot(bot_factory(judge))
        turned = await world.omar.click(listed.response, label="Older")
        assert numbers(world.said(turned)) == [2, 1]
        back = await world.omar.click(turned.response, label="Newer")
        assert numbers(world.said(back)) == list(range(12, 2, -1))

    async def test_a_line_says_what_matters(self, world: Any) -> None:
        """Number, member, rule, state and who decided; no text of the member's."""
        await flagged(world)
        await world.omar.click(world.cards()[0], label="Violation")
        said = world.said(await world.omar.slash(world.mods, "case list"))
        assert "- **1** <t:" in said
        assert f"<@{world.ana.id}> R1 Unmarked spoiler" in said
        assert f"Violation · by <@{world.omar.id}>" in said
        assert "butler" not in said

    async def test_conditions(self, world: Any) -> None:
        """Each leaves the cases that it says; a policy and a rule are offered while somebody types."""
        await flagged(world, 3)
        await world.omar.click(world.cards()[0], label="Not a violation")
        await world.omar.slash(world.mods, "case note", number=2, text="Asked them to use spoiler tags")

        async def found(**options: Any) -> list[int]:
            return numbers(world.said(await world.omar.slash(world.mods, "case search", **options)))

        assert await found(member=world.ana) == [3, 2, 1]
        assert await found(member=world.omar) == []
        assert await found(moderator=world.omar, state="not_a_violation") == [1]
        assert await found(notes="TAGS spoiler") == [2]
        assert await found(rule="r1", policy="spoilers", kind="violation", since="1d", until="0d") == [3, 2, 1]
        assert await found(until="2020-01-31") == []
        assert numbers(world.said(await world.omar.slash(world.mods, "case list", state="open"))) == [3, 2]
        offered = await world.omar.autocomplete(world.mods, "case search", "policy", "spo")
        assert [choice["value"] for choice in offered] == ["Spoilers"]
        offered = await world.omar.autocomplete(world.mods, "case search", "rule", "")
        assert [choice["value"] for choice in offered] == ["R1"]

    @pytest.mark.parametrize(
        ("options", "line"),
        [
            ({"since": "last week"}, "Write a day like 2026-11-21"),
            ({"until": "2026-02-30"}, "Write a day like 2026-11-21"),
            ({"since": "99999d"}, "No case fits"),
            ({"since": "0d", "until": "3d"}, "swap them"),
            ({"policy": "@everyone"}, r"There is no policy named “\@everyone”."),
            ({"notes": "?!"}, "Write a word to look for in notes."),
            ({"rule": "R99"}, "No case fits"),
        ],
    )
    async def test_what_makes_no_sense_gets_one_line(self, world: Any, options: dict[str, Any], line: str) -> None:
        """That says what to do."""
        await world.set_up()
        assert line in world.said(await world.omar.slash(world.mods, "case search", **options))

    async def test_a_list_that_is_too_old(self, world: Any) -> None:
        """Says so, and its buttons are gone."""
        await flagged(world, 11)
        listed = await world.omar.slash(world.mods, "case list")
        search = world.bot.services.look_ups._search
        now = search._now
        search._now = lambda: now() + search_week()
        turned = await world.omar.click(listed.response, label="Older")
        assert "more than a week old" in world.said(turned)


def search_week() -> timedelta:
    """A little more than the time for which lists are kept."""
    return timedelta(days=8)


class TestHistory:
    """**Moderation history** in the menu of a member."""

    async def test_counts_and_cases(self, world: Any) -> None:
        """How many cases stand where, then the cases; no score of the member."""
        await flagged(world, 2)
        await world.omar.click(world.cards()[0], label="Violation")
        said = world.said(await world.mira.context_menu(world.mods, "Moderation history", world.ana))
        assert f"**Moderation history of** <@{world.ana.id}> (`{world.ana.id}`)" in said
        assert "2 cases · Open: 1 · Violation: 1 · the last one <t:" in said
        assert numbers(said) == [2, 1]

    async def test_a_clean_record(self, world: Any) -> None:
        """Says that there is nothing."""
        await world.set_up()
        said = world.said(await world.omar.context_menu(world.mods, "Moderation history", world.ana))
        assert "No case fits." in said


class TestNotes:
    """``/case note``."""

    async def test_a_note_stands_in_the_case(self, world: Any) -> None:
        """As its author wrote it, and as text only."""
        await flagged(world)
        await world.omar.slash(world.mods, "case note", number=1, text="**Talked** with @everyone")
        said = world.said(await world.mira.slash(world.mods, "case show", number=1))
        assert r"\*\*Talked\*\* with \@everyone" in said

    @pytest.mark.parametrize(
        ("number", "text", "line"), [(9, "x", "There is no case 9"), (1, "  ", "This note is empty.")]
    )
    @pytest.mark.also_invented
    async def test_what_cannot_be_noted(self, world: Any, number: int, text: str, line: str) -> None:
        """One line."""
        await flagged(world)
        assert line in world.said(await world.omar.slash(world.mods, "case note", number=number, text=text))


class TestReopening:
    """``/case reopen``."""

    @pytest.mark.also_invented
    async def test_a_decision_is_taken_back(self, world: Any) -> None:
        """The card is open again, and the reason is in the history."""
        await flagged(world)
        await world.omar.click(world.cards()[0], label="Violation")
        done = await world.mira.slash(world.mods, "case reopen", number=1, reason="A quote from a review")
        assert "Case 1 is open again" in world.said(done)
        assert "Open" in world.said(world.cards()[0])
        assert "A quote from a review" in world.said(await world.omar.slash(world.mods, "case show", number=1))

    @pytest.mark.parametrize(
        ("number", "reason", "line"),
        [(9, "x", "There is no case 9"), (1, "x", "Case 1 is open already."), (1, " ", "Say why")],
    )
    async def test_what_cannot_be_reopened(self, world: Any, number: int, reason: str, line: str) -> None:
        """One line."""
        await flagged(world)
        assert line in world.said(await world.omar.slash(world.mods, "case reopen", number=number, reason=reason))

    async def test_two_reopen_at_once(self, world: Any) -> None:
        """The second is told that it is open."""
        await flagged(world)
        await world.omar.click(world.cards()[0], label="Violation")
        await world.omar.slash(world.mods, "case reopen", number=1, reason="x")
        assert "open already" in world.said(await world.mira.slash(world.mods, "case reopen", number=1, reason="y"))


class TestExports:
    """``/case export``."""

    async def test_a_spreadsheet_calculates_nothing(self, world: Any) -> None:
        """What begins like a formula is text, and the judge's notes stay out."""
        await world.set_up()
        await world.ana.send(world.general, '=HYPERLINK("https://evil.example","butler")')
        answer = await world.omar.slash(world.mods, "case export")
        (line,) = csv.DictReader(io.StringIO(world.files(answer)["cases.csv"]))
        assert line["text"] == '\'=HYPERLINK("https://evil.example","butler")'
        assert (line["case"], line["member_id"], line["rules"], line["actions"]) == ("1", str(world.ana.id), "R1", "")
        assert "reasoning" not in line

    async def test_json_with_reasoning(self, world: Any) -> None:
        """Only where it was asked for; and that it was taken is in the audit log."""
        await flagged(world, 2)
        answer = await world.omar.slash(world.mods, "case export", form="json", reasoning=True, member=world.ana)
        cases = json.loads(world.files(answer)["cases.json"])
        assert [case["case"] for case in cases] == [2, 1]
        assert cases[0]["reasoning"] == "It names the culprit, so R1 applies."
        files = world.bot.services.files
        (entry,) = await files._audit.entries(world.guild.id, subject="cases")
        assert (entry.actor_id, entry.detail) == (world.omar.id, "2 cases, json, with reasoning")

    @pytest.mark.parametrize(("options", "line"), [({}, "No case fits."), ({"since": "x"}, "Write a day like")])
    async def test_nothing_to_take_away(self, world: Any, options: dict[str, Any], line: str) -> None:
        """One line, no file, no entry."""
        await world.set_up()
        answer = await world.omar.slash(world.mods, "case export", **options)
        assert line in world.said(answer)
        assert world.files(answer) == {}

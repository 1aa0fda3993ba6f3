"""``/case export`` of one case as a whole, of many cases in several files, and the audit log."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.cogs.lookups import audit_command, case_exports
from bot.cogs.members.report_menu import MENU
from bot.moderation.cases.audit import AuditAction
from bot.moderation.lookups.audit_search import BOT, AuditKind, AuditQuery
from tests.e2e.acting import act, flagged, moderator
from tests.e2e.appeals import appealed

HOSTILE = "<script>alert('butler')</script> \u202e & \"quoted\""


async def whole(world: Any, who: Any, form: str = "json", **options: Any) -> str:
    """The file of case 1."""
    answer = await who.slash(world.mods, "case export", number=1, form=form, **options)
    return str(world.files(answer)[f"case-1.{form}"])


class TestOneCase:
    """A whole case."""

    async def test_everything_is_in_it(self, world: Any) -> None:
        """Versions, the rule as it read then, verdict, actions with Discord's answer, notices, appeals and the log."""
        await appealed(world)
        await world.omar.slash(world.mods, "case note", number=1, text="seen before")
        await world.rewrite("Spoilers", world.policy.replace("how the film ends", "who did it"))
        record = json.loads(await whole(world, world.mira, reasoning=True))
        assert record["message_versions"][0]["text"] == "the butler did it"
        (rule,) = record["rules_as_they_read_then"]
        assert (rule["id"], rule["version"], rule["breaks_it"]) == ("R1", 1, "telling how the film ends.")
        assert len(rule["fingerprint"]) > 20
        assert record["verdict"]["rationale"] == "It tells who did it."
        assert record["verdict"]["reasoning"] == "It names the culprit, so R1 applies."
        assert record["decision"]["state"] == "violation"
        (action,) = record["actions"]
        assert (action["what"], action["came_to"], action["notice_to_the_member"]) == ("warn", "done", "delivered")
        (appeal,) = record["appeals"]
        assert appeal["state"] == "open"
        assert [note["text"] for note in record["notes_of_moderators"]] == ["seen before"]
        assert {"case_opened", "card_posted", "case_decided", "appeal_opened"} <= {
            entry["what"] for entry in record["audit_log"]
        }

    async def test_without_reasoning_unless_asked_for(self, world: Any) -> None:
        """The model's own notes are never meant for members."""
        await flagged(world)
        assert "culprit" not in await whole(world, world.omar)

    async def test_what_discord_refused_is_in_it(self, world: Any) -> None:
        """With its words."""
        await flagged(world)
        world.env.inject_error("PATCH", f"/guilds/{world.guild.id}/members/*", status=403, code=50013)
        await act(world, moderator(world), "timeout", length=3600)
        (action,) = json.loads(await whole(world, world.omar))["actions"]
        assert action["came_to"] == "refused"
        assert action["what_discord_or_bylaw_answered"]

    async def test_the_page_runs_and_loads_nothing(self, world: Any) -> None:
        """Whatever a member wrote is text; what turns the direction of writing is named."""
        await flagged(world, HOSTILE)
        page = await whole(world, world.omar, "html")
        seen: list[str] = []
        texts: list[str] = []

        class Reader(HTMLParser):
            def handle_starttag(self, tag: str, attrs: Any) -> None:
                assert not {"src", "href", "onload", "style"} & dict(attrs).keys()
                seen.append(tag)

            def handle_data(self, data: str) -> None:
                texts.append(data)

        Reader().feed(page)
        assert not {"script", "img", "iframe", "link", "object"} & set(seen)
        assert "default-src 'none'" in page
        assert any(text.startswith("<script>alert('butler')</script> ⟨U+202E⟩ &") for text in texts)
        assert "Rules as they read then" in texts

    async def test_that_it_was_taken_stands_in_the_case(self, world: Any) -> None:
        """In its history, with who took it."""
        await flagged(world)
        await whole(world, world.mira, "html")
        said = world.said(await world.omar.click(world.cards()[0], label="History"))
        assert f"cases exported, by <@{world.mira.id}>" in said

    async def test_who_reported_is_not_told_to_whom_it_is_about(self, world: Any) -> None:
        """A moderator who exports their own case reads how many there were, and nothing more."""
        await world.set_up()
        message = await world.omar.send(world.general, "the butler did it")
        await world.ana.context_menu(world.general, MENU, message)
        own, others = await whole(world, world.omar), await whole(world, world.mira)
        assert str(world.ana.id) not in own
        assert json.loads(own)["members_who_reported_it"] == 1
        assert [each["member_id"] for each in json.loads(others)["reports"]] == [str(world.ana.id)]

    @pytest.mark.parametrize(
        ("options", "line"),
        [
            ({"number": 9}, "There is no case 9"),
            ({"number": 1, "form": "csv"}, "comes as HTML or JSON"),
            ({"number": 1, "state": "open"}, "leave the conditions out"),
            ({"form": "html"}, "add its number"),
        ],
    )
    async def test_what_makes_no_sense_gets_one_line(self, world: Any, options: dict[str, Any], line: str) -> None:
        """That says what to do; no file."""
        await flagged(world)
        answer = await world.omar.slash(world.mods, "case export", **options)
        assert line in world.said(answer)
        assert world.files(answer) == {}


async def test_a_long_list_comes_in_several_files(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is whole in itself, none is too large, together they have every case once; the log names each of them."""
    await world.set_up()
    for number in range(5):
        await world.ana.send(world.general, f"the butler did it, number {number}")
        await world.env.advance_time(2)
    monkeypatch.setattr(case_exports, "ROOM", 800)
    answer = await world.omar.slash(world.mods, "case export")
    files = world.files(answer)
    assert len(files) > 1
    rows = [row for text in files.values() for row in csv.DictReader(io.StringIO(text))]
    assert [row["case"] for row in rows] == ["5", "4", "3", "2", "1"]
    assert all(len(text.encode()) <= 800 for text in files.values())
    assert f"5 cases in {len(files)} files, the newest first." in world.said(answer)
    found = await world.bot.services.files._audit.entries(world.guild.id, subject="cases")
    assert len(found) == len(files)


class TestAuditLog:
    """``/audit``."""

    async def test_by_person_and_kind(self, world: Any) -> None:
        """Who decided, and nothing that somebody else did."""
        card = await flagged(world)
        await world.omar.click(card, label="Violation")
        said = world.said(await world.mira.slash(world.mods, "audit show", person=world.omar, kind="decisions"))
        assert f"<@{world.omar.id}>: **case decided**, case 1 · violation" in said
        assert said.count("\n- ") == 1
        page = await world.bot.services.questions.trail.page(
            world.guild.id, AuditQuery(person_id=BOT, kind=AuditKind.CARDS)
        )
        assert [each.entry.action for each in page.found] == [AuditAction.CARD_POSTED]

    async def test_policies_have_their_names(self, world: Any) -> None:
        """Also those of cases, and those that were deleted: nobody knows a policy by its id."""
        await flagged(world)
        form = await world.mira.slash(world.general, "policy new", name="Club: *talk*")
        await world.mira.submit_modal(form, {"text": world.policy})
        asked = await world.mira.slash(world.general, "policy delete", name="Club: *talk*")
        await world.mira.click(world.preview(asked), label="Delete")
        said = world.said(await world.mira.slash(world.mods, "audit show"))
        assert "**policy published**, policy Spoilers · " in said
        assert "**policy deleted**, policy Club\\: \\*talk\\*" in said
        assert "**case opened**, case 1 · policy Spoilers version 1\\: R1" in said
        answer = await world.mira.slash(world.mods, "audit export", form="json")
        rows = json.loads(world.files(answer)["audit-log.json"])
        assert [row["policy"] for row in rows if row["what"] in {"case_opened", "policy_deleted"}] == [
            "Club: *talk*",
            "Spoilers",
        ]

    async def test_pages_are_turned(self, world: Any) -> None:
        """Older and back again; what was asked for is in the button."""
        await flagged(world)
        for number in range(12):
            await world.omar.slash(world.mods, "case note", number=1, text=f"note {number}")
        first = await world.mira.slash(world.mods, "audit show", kind="decisions", since="1d")
        assert world.said(first).count("note added") == 10
        older = await world.mira.click(first.response, label="Older")
        assert world.said(older).count("note added") == 2
        back = await world.mira.click(older.response, label="Newer")
        assert world.said(back) == world.said(first)

    @pytest.mark.also_invented
    async def test_by_time(self, world: Any) -> None:
        """Days that have nothing, and what is no day."""
        await flagged(world)
        assert "No entry fits." in world.said(await world.mira.slash(world.mods, "audit show", until="2020-01-31"))
        assert "Write a day like" in world.said(await world.mira.slash(world.mods, "audit show", since="x"))
        swapped = await world.mira.slash(world.mods, "audit export", since="0d", until="3d")
        assert "swap them" in world.said(swapped)
        assert world.files(swapped) == {}

    async def test_nobody_learns_who_reported_them(self, world: Any) -> None:
        """Neither on the page nor in the file, nor by asking for a person's entries."""
        await world.set_up()
        message = await world.omar.send(world.general, "hello there")
        await world.ana.context_menu(world.general, MENU, message)
        said = world.said(await world.omar.slash(world.mods, "audit show", kind="reports"))
        assert "a member: **message reported**" in said
        assert str(world.ana.id) not in said
        assert "No entry fits." in world.said(await world.omar.slash(world.mods, "audit show", person=world.ana))
        answer = await world.omar.slash(world.mods, "audit export", kind="reports")
        assert str(world.ana.id) not in "".join(world.files(answer).values())

    @pytest.mark.also_invented
    async def test_a_file_for_spreadsheets(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """In several parts where it is long; that it was taken is an entry, too."""
        await flagged(world)
        monkeypatch.setattr(audit_command, "ROOM", 600)
        answer = await world.mira.slash(world.mods, "audit export")
        rows = [row for text in world.files(answer).values() for row in csv.DictReader(io.StringIO(text))]
        assert "case_opened" in {row["what"] for row in rows}
        assert f"{len(rows)} entries" in world.said(answer)
        said = world.said(await world.mira.slash(world.mods, "audit show", kind="privacy"))
        assert "audit exported" in said

    async def test_a_log_that_goes_on_while_it_is_read(self, world: Any) -> None:
        """The page is where it was: it goes by entries and not by counting."""
        await flagged(world)
        for number in range(11):
            await world.omar.slash(world.mods, "case note", number=1, text=f"note {number}")
        first = await world.mira.slash(world.mods, "audit show", kind="decisions")
        await world.env.advance_time(timedelta(minutes=1).total_seconds())
        await world.omar.slash(world.mods, "case note", number=1, text="one more")
        older = await world.mira.click(first.response, label="Older")
        assert world.said(older).count("note added") == 1

"""``/policy`` draft, discard, pause, resume, delete, diff, import, export and long texts in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.app import BylawBot
from classifier import Judge
from guild_policies.text.origin import without_origin

NOTES = "\n## Notes\n" + "More about films and their endings.\n" * 60
RULE = "### R{number} Rule {number}\nBreaks it: {words}.\n"


async def policy(world: Any, command: str, **options: Any) -> str:
    """What a command of Mira's answers."""
    return str(world.said(await world.mira.slash(world.general, f"policy {command}", **options)))


async def draft(world: Any, text: str) -> None:
    """Save a draft of Spoilers."""
    await world.mira.slash(world.general, "policy edit", name="Spoilers", file=("x.md", text.encode()))


class TestDrafts:
    """``/policy draft`` and ``discard``."""

    async def test_a_draft_begins_with_an_older_text(self, world: Any) -> None:
        """What was in force once can be gone on with, without putting it in force."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy + "\n## Two\nx\n")
        assert "as a draft" in await policy(world, "draft", name="Spoilers", version=1)
        assert (await world.stored()).draft.text == world.policy
        assert "has a draft already" in await policy(world, "draft", name="Spoilers")
        assert "no policy named" in await policy(world, "draft", name="Nope")

    async def test_a_version_that_is_not_there(self, world: Any) -> None:
        """One line, and no draft."""
        await world.set_up()
        assert "no such version" in await policy(world, "draft", name="Spoilers", version=7)
        assert (await world.stored()).draft is None

    async def test_a_discarded_draft_comes_back_as_a_file(self, world: Any) -> None:
        """It is gone from the server; whoever threw it away by mistake has it."""
        await world.set_up()
        await draft(world, world.policy + "\n## Two\nx\n")
        gone = await world.mira.slash(world.general, "policy discard", name="Spoilers")
        assert "discarded, revision 2. A copy is attached." in world.said(gone)
        assert world.files(gone) == {"spoilers-discarded.md": world.policy + "\n## Two\nx\n"}
        assert (await world.stored()).draft is None
        assert "has no draft" in await policy(world, "discard", name="Spoilers")
        assert "no policy named" in await policy(world, "discard", name="Nope")


class TestPausing:
    """``/policy pause`` and ``resume``."""

    async def test_nothing_is_judged_by_a_paused_policy(self, world: Any) -> None:
        """From the next message on, and from the next message on again."""
        await world.set_up()
        assert "is paused" in await policy(world, "pause", name="Spoilers")
        await world.ana.send(world.general, "the butler did it")
        assert world.cards() == []
        assert "v1 is paused" in await policy(world, "list")
        assert "is in force again" in await policy(world, "resume", name="Spoilers")
        await world.ana.send(world.general, "the butler did it again")
        assert len(world.cards()) == 1

    async def test_publishing_leaves_a_paused_policy_paused(self, world: Any) -> None:
        """Whoever publishes is told so before and after."""
        await world.set_up()
        await policy(world, "pause", name="Spoilers")
        await draft(world, world.policy + "\n## Two\nx\n")
        asked = await world.mira.slash(world.general, "policy publish", name="Spoilers")
        assert "The policy is paused" in world.said(asked)
        done = await world.mira.click(asked.response, label="Publish")
        assert "/policy resume puts it in force" in world.said(done)
        assert (await world.stored()).in_force is None

    @pytest.mark.parametrize("command", ["pause", "resume", "delete", "export"])
    async def test_an_unknown_policy(self, world: Any, command: str) -> None:
        """One line."""
        assert "no policy named" in await policy(world, command, name="Nope")

    async def test_what_is_so_already(self, world: Any) -> None:
        """A second time is refused in a line; a policy without a version is told what it lacks."""
        await world.set_up()
        assert await policy(world, "resume", name="Spoilers")
        await world.mira.slash(world.general, "policy new", name="Fraud", template="scams")
        await policy(world, "pause", name="Fraud")
        assert "already" in (await policy(world, "pause", name="Fraud")).lower()
        assert "No version of it is in force yet" in await policy(world, "resume", name="Fraud")


class TestDelete:
    """``/policy delete``."""

    async def test_it_asks_once_and_cases_keep_their_version(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """The button holds ids only and works after a restart."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        asked = await world.mira.slash(world.general, "policy delete", name="Spoilers")
        assert "cannot be undone" in world.said(asked)
        assert world.files(asked) == {"spoilers.md": world.policy}
        assert await world.stored() is not None
        await world.env.restart_bot(bot_factory(judge))
        assert "is deleted" in world.said(await world.mira.click(asked.response, label="Delete"))
        assert await world.stored() is None
        shown = world.said(await world.omar.slash(world.general, "case show", number=1))
        assert "The rule as it read then" in shown

    async def test_a_second_click_and_a_lost_permission(self, world: Any) -> None:
        """Neither does anything."""
        await world.set_up()
        nadia = world.second_admin()
        mine = await world.mira.slash(world.general, "policy delete", name="Spoilers")
        hers = await nadia.slash(world.general, "policy delete", name="Spoilers")
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        assert "Only members with Manage Server" in world.said(await nadia.click(hers.response, label="Delete"))
        again = await world.mira.slash(world.general, "policy delete", name="Spoilers")
        await world.mira.click(mine.response, label="Delete")
        assert "no longer in this server" in world.said(await world.mira.click(again.response, label="Delete"))


class TestDiff:
    """``/policy diff``."""

    async def test_rule_by_rule_in_short_lines(self, world: Any) -> None:
        """Between any two texts, readable on a phone."""
        await world.set_up()
        await world.rewrite("Spoilers", world.policy.replace("film ends", "film starts"))
        await draft(world, world.policy.replace("Severity: high", "Severity: low"))
        said = await policy(world, "diff", name="Spoilers", old="1", new="published")
        assert "R1 Unmarked spoiler: changed" in said
        assert max(map(len, said.splitlines())) <= 60
        said = await policy(world, "diff", name="Spoilers", old="v1", new="draft")
        assert "high → low" in said
        assert "No changes" in await policy(world, "diff", name="Spoilers", old="1", new="1")

    async def test_much_comes_as_a_file(self, world: Any) -> None:
        """Nothing is cut."""
        await world.set_up()
        more = "".join(RULE.format(number=number, words="x" * 100) for number in range(2, 30))
        await draft(world, world.policy + more)
        answer = await world.mira.slash(world.general, "policy diff", name="Spoilers", old="1", new="draft")
        assert "R29" in world.files(answer)["spoilers-changes.txt"]

    async def test_what_is_not_there(self, world: Any) -> None:
        """One line each."""
        await world.set_up()
        assert "no such version" in await policy(world, "diff", name="Spoilers", old="1", new="9")
        assert "no such version" in await policy(world, "diff", name="Spoilers", old="draft", new="1")
        assert "no policy named" in await policy(world, "diff", name="Nope", old="1", new="2")


SKELETON = """# Tickets

## INSTRUCTIONS
Return exactly one character.

## VIOLATES (1)
- selling above face value

## SAFE (0)
- giving a ticket away

## EXAMPLES
- "front row, highest bid" -> 1
- "selling one at cost" -> 0
"""


async def imported(world: Any, file: tuple[str, bytes], click: str = "Save as draft", **options: Any) -> str:
    """What is said when Mira imports a file and presses a button below the preview."""
    shown = await world.mira.slash(world.general, "policy import", file=file, **options)
    return str(world.said(await world.mira.click(world.preview(shown), label=click)))


class TestFiles:
    """``/policy export`` and ``import``."""

    async def test_out_and_in_again(self, world: Any) -> None:
        """An exported file goes back to its own policy, whatever the policy is called."""
        await world.write("Film, & talk!", world.policy)
        out = await world.mira.slash(world.general, "policy export", name="Film, & talk!")
        ((file, text),) = world.files(out).items()
        assert without_origin(text)[0] == world.policy
        changed = world.policy.replace("film ends", "film starts")
        assert "as a draft" in await imported(world, (file, changed.encode()))
        assert (await world.stored("Film, & talk!")).draft.text == changed
        out = await world.mira.slash(world.general, "policy export", name="Film, & talk!", version="draft")
        assert list(world.files(out).values()) == [changed]

    async def test_a_new_policy_is_named_by_the_admin_or_by_the_file(self, world: Any) -> None:
        """The given name, else the text's title."""
        await imported(world, ("a.md", world.policy.encode()), name="Mine")
        await imported(world, ("a.md", world.policy.encode()))
        assert [each.name for each in await world.bot.services.policies.list(world.guild.id)] == ["Mine", "Spoilers"]

    async def test_a_file_that_is_no_policy(self, world: Any) -> None:
        """It is named."""
        assert "Not saved" in await policy(world, "import", file=("a.md", b"\xff\xfe\x00"))
        assert "Not saved" in await policy(world, "import", file=("a.md", b"# Title"))
        assert "Not saved" in await policy(world, "import", file=("a.md", b"x" * 90_000))

    async def test_what_is_understood_is_shown_before_it_is_saved(self, world: Any) -> None:
        """A policy in another form: its rule with both sides, its examples, what is left out; then Bylaw's form."""
        shown = await world.mira.slash(world.general, "policy import", file=("@everyone.md", SKELETON.encode()))
        said = world.said(shown)
        assert "Not saved yet" in said
        assert "This policy is in another format." in said
        assert "Rules: 1" in said
        assert "breaks it: - selling above face value" in said
        assert "allowed: - giving a ticket away" in said
        assert "examples: 1 that break it, 1 allowed" in said
        assert "line 4: Return exactly one character." in said
        assert await world.stored("Tickets") is None
        ((file, text),) = world.files(shown).items()
        assert file == "tickets.md"
        await world.mira.click(world.preview(shown), label="Save as draft")
        assert (await world.stored("Tickets")).draft.text == text
        assert "### R1 Tickets" in text

    async def test_a_cancelled_import_saves_nothing(self, world: Any) -> None:
        """The preview goes."""
        assert await imported(world, ("a.md", SKELETON.encode()), click="Cancel") == "Nothing was saved."
        assert await world.stored("Tickets") is None

    async def test_what_somebody_else_saved_meanwhile_is_not_overwritten(self, world: Any) -> None:
        """The text comes back, and theirs stays."""
        await world.set_up()
        shown = await world.mira.slash(
            world.general, "policy import", file=("a.md", SKELETON.encode()), name="Spoilers"
        )
        await draft(world, world.policy + "\n## Two\nx\n")
        said = world.said(await world.mira.click(world.preview(shown), label="Save as draft"))
        assert "Not saved" in said
        assert (await world.stored()).draft.text == world.policy + "\n## Two\nx\n"

    async def test_a_long_preview_comes_as_a_file(self, world: Any) -> None:
        """Nothing that was understood goes unsaid, and what is saved is the policy."""
        await world.set_up()
        text = world.policy + "".join(RULE.format(number=number, words="x" * 90) for number in range(2, 30))
        shown = await world.mira.slash(world.general, "policy import", file=("a.md", text.encode()), name="Long")
        assert "R29" in world.files(shown)["long-understood.txt"]
        await world.mira.click(world.preview(shown), label="Save as draft")
        assert (await world.stored("Long")).draft.text == text

    async def test_a_version_that_is_not_there(self, world: Any) -> None:
        """One line."""
        await world.set_up()
        assert "no such version" in await policy(world, "export", name="Spoilers", version="9")
        assert "has no draft" in await policy(world, "export", name="Spoilers", version="draft")


class TestLanguage:
    """A policy in another language than the server's messages."""

    async def test_it_is_said_once_and_stops_nothing(self, world: Any) -> None:
        """With the first draft, and not with the next."""
        await world.set_up()
        for line in ("wer hat lust auf ne runde", "das ist mir egal, ich bin gleich da", "und was ist mit der musik"):
            await world.ana.send(world.general, line)
        said = await policy(world, "new", name="Scams", template="scams")
        assert "as a draft" in said
        assert "The policy is in English, but recent messages here are in German." in said
        text = (await world.stored("Scams")).draft.text + "\n## More\nThat is all that there is to say of it.\n"
        said = await policy(world, "edit", name="Scams", file=("scams.md", text.encode()))
        assert "as a draft" in said
        assert "German" not in said


class TestParts:
    """A text that is longer than a form, part by part."""

    async def long(self, world: Any) -> str:
        """Put a long policy in force, and say its text."""
        text = world.policy + RULE.format(number=2, words="words " * 700) + NOTES
        await world.set_up()
        await draft(world, text)
        return str(text)

    async def opened(self, world: Any, label: str, shown: Any = None) -> Any:
        """The form of the part of this name."""
        answer = shown or await world.mira.slash(world.general, "policy edit", name="Spoilers")
        (row,) = answer.response.components
        menu = row["components"][0] if isinstance(row, dict) else row.to_dict()["components"][0]
        (value,) = [option["value"] for option in menu["options"] if option["label"] == label]
        return await world.mira.select(answer.response, [value])

    async def test_one_form_for_each_part_and_a_draft_after_each(self, world: Any) -> None:
        """What was sent off is kept even if nothing else follows."""
        text = await self.long(world)
        form = await self.opened(world, "R1 Unmarked spoiler")
        prefilled = form.modal["components"][0]["component"]["value"]
        assert prefilled.startswith("### R1 Unmarked spoiler")
        saved = await world.mira.submit_modal(form, {"text": prefilled.replace("film ends", "film starts")})
        assert "as a draft" in world.said(saved)
        assert (await world.stored()).draft.text == text.replace("film ends", "film starts")
        form = await self.opened(world, "Notes", saved)
        await world.mira.submit_modal(form, {"text": ""})
        assert (await world.stored()).draft.text == text.replace("film ends", "film starts").replace(NOTES, "")

    async def test_a_part_that_is_too_long_itself_goes_by_file(self, world: Any) -> None:
        """It is said, and the file comes along."""
        text = await self.long(world)
        answer = await self.opened(world, "R2 Rule 2")
        assert "too long for one form" in world.said(answer)
        assert world.files(answer) == {"spoilers.md": text}

    @pytest.mark.also_invented
    async def test_somebody_else_was_first(self, world: Any) -> None:
        """Their draft stays; the part comes back, with what they changed."""
        text = await self.long(world)
        form = await self.opened(world, "R1 Unmarked spoiler")
        await draft(world, text.replace("Severity: high", "Severity: low"))
        late = await world.mira.submit_modal(form, {"text": "### R1 Mine\nBreaks it: mine."})
        said = world.said(late)
        assert ("Not saved" in said, "high → low" in said) == (True, True)
        assert world.files(late) == {"spoilers-not-saved.md": "### R1 Mine\nBreaks it: mine."}

    async def test_a_part_that_went_away(self, world: Any) -> None:
        """Neither the menu nor the form writes into another part."""
        text = await self.long(world)
        shown = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        form = await self.opened(world, "R1 Unmarked spoiler", shown)
        await draft(world, text.replace("### R1 Unmarked spoiler", "### R9 Another"))
        assert "is no longer there" in world.said(await self.opened(world, "R1 Unmarked spoiler", shown))
        late = await world.mira.submit_modal(form, {"text": "### R1 Mine\nBreaks it: mine."})
        assert "is no longer there" in world.said(late)
        assert world.files(late) == {"spoilers-not-saved.md": "### R1 Mine\nBreaks it: mine."}

    async def test_a_permission_that_was_lost_in_between(self, world: Any) -> None:
        """The menu and the form ask again."""
        await self.long(world)
        nadia = world.second_admin()
        shown = await nadia.slash(world.general, "policy edit", name="Spoilers")
        (row,) = shown.response.components
        menu = row["components"][0] if isinstance(row, dict) else row.to_dict()["components"][0]
        form = await nadia.select(shown.response, [menu["options"][2]["value"]])
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        assert "Only members with Manage Server" in world.said(await nadia.submit_modal(form, {"text": "mine"}))
        refused = await nadia.select(shown.response, [menu["options"][2]["value"]])
        assert "Only members with Manage Server" in world.said(refused)

    async def test_a_policy_that_went_away(self, world: Any) -> None:
        """The menu finds nothing any more."""
        await self.long(world)
        shown = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        asked = await world.mira.slash(world.general, "policy delete", name="Spoilers")
        await world.mira.click(asked.response, label="Delete")
        assert "no longer in this server" in world.said(await self.opened(world, "Notes", shown))


class TestFromRules:
    """``/policy new from_rules:``."""

    async def test_each_point_becomes_a_rule(self, world: Any) -> None:
        """In the order in which members read them, with advice on what is missing."""
        rules = world.guild.create_text_channel("rules")
        await world.mira.send(rules, "# Rules\n1. Be kind to each other.\n2. **No spoilers** of new films.")
        await world.mira.send(rules, "3. No advertising: ask <@1234567890123456789> first.")
        said = await policy(world, "new", name="House rules", from_rules=rules)
        assert "as a draft" in said
        assert "Worth a look" in said
        text = (await world.stored("House rules")).draft.text
        assert "### R1 Be kind to each other\n" in text
        assert "### R2 No spoilers of new films\n" in text
        assert "Breaks it: No advertising: ask first." in text

    async def test_an_empty_channel_and_two_sources(self, world: Any) -> None:
        """One line each, and no policy."""
        rules = world.guild.create_text_channel("rules")
        assert "There is no text" in await policy(world, "new", name="A", from_rules=rules)
        assert "only one" in await policy(world, "new", name="A", from_rules=rules, template="scams")
        assert await world.stored("A") is None


class TestConflicts:
    """Two people at once."""

    async def test_the_second_is_shown_what_changed(self, world: Any) -> None:
        """Since they opened the form, rule by rule."""
        await world.set_up()
        nadia = world.second_admin()
        form = await nadia.slash(world.general, "policy edit", name="Spoilers")
        await draft(world, world.policy.replace("Severity: high", "Severity: low"))
        late = await nadia.submit_modal(form, {"text": world.policy + "\n## Hers\nx\n"})
        said = world.said(late)
        assert f"<@{world.mira.id}> saved draft revision" in said
        assert "Changed since you opened it" in said
        assert "high → low" in said

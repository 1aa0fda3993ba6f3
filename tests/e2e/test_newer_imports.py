"""A policy from another server's export, and its newer versions: merged, chosen for, saved, and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.app import BylawBot
from bot.cogs.interactions.permission import NOT_AN_EDITOR
from bot.cogs.interactions.submitted_forms import NOT_OURS
from bot.moderation.cases.audit import AuditAction
from classifier import Judge
from guild_policies.text.origin import Origin, with_origin, without_origin
from guild_policies.text.parse import policy_of

SOURCE = "0123456789abcdef01234567"
THEIRS = """# Manners

Be kind.

## Rules
### R1 Insults
Severity: medium
Breaks it: insulting other members.
Does not: jokes among friends.
Examples:
- violates: "you fool"
- violates: "what a clown you are"
- allowed: "silly me"
- allowed: "the film is a joke"
### R2 Threats
Severity: high
Breaks it: threats.
Does not: threats in a game.
Examples:
- violates: "i will find you"
- violates: "you are dead tomorrow"
- allowed: "i kill it at chess"
- allowed: "this game will be the death of me"
"""


def version(number: int, *changes: tuple[str, str], source: str = SOURCE) -> tuple[str, bytes]:
    """A file with this version of the policy, in which texts were replaced."""
    text = THEIRS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return ("manners.md", with_origin(text, Origin(source=source, version=number)).encode())


async def offered(world: Any, file: tuple[str, bytes], **options: Any) -> Any:
    """What Mira is shown when she imports a file."""
    return await world.mira.slash(world.general, "policy import", file=file, **options)


async def first(world: Any) -> None:
    """Version 3 is imported and published; then the server changes what insults are, and adds to R2."""
    await world.set_up()
    shown = await offered(world, version(3))
    await world.mira.click(world.preview(shown), label="Save as draft")
    await world.publish("Manners")
    text = (await world.stored("Manners")).published.text
    assert text == THEIRS
    ours = text.replace("insulting other members", "insulting anybody").replace("a game.", "a game or a song.")
    await world.mira.slash(world.general, "policy edit", name="Manners", file=("x.md", ours.encode()))


async def draft(world: Any) -> str:
    """The text of the draft."""
    return str((await world.stored("Manners")).draft.text)


async def known(world: Any) -> Any:
    """What the policy was imported from."""
    return await world.bot.services.imports.before(await world.stored("Manners"))


async def click(world: Any, result: Any, label: str) -> Any:
    """Press a button of an answer, or of what it was replaced by."""
    return await world.mira.click(world.preview(result), label=label)


async def test_where_it_comes_from_is_remembered(world: Any) -> None:
    """With the text as imported, and an entry in the audit log."""
    await first(world)
    before = await known(world)
    assert (before.origin, before.text) == (Origin(source=SOURCE, version=3), THEIRS)
    log = await world.bot.services.files._audit.entries(world.guild.id, limit=50)
    imported = [each for each in log if each.action is AuditAction.POLICY_IMPORTED]
    assert [(each.actor_id, each.detail) for each in imported] == [(world.mira.id, f"source {SOURCE} version 3")]


@pytest.mark.also_invented
async def test_a_newer_version_is_merged_with_what_was_changed_here(world: Any) -> None:
    """Shown first; saved with a click; then held against the team's decisions."""
    await first(world)
    shown = await offered(world, version(4, ("Severity: high", "Severity: medium"), ("jokes among", "banter among")))
    said = world.said(shown)
    assert "Version 4 merged with what you changed in **Manners** since version 3" in said
    assert "banter" in said
    assert "insulting anybody" in await draft(world)
    assert "banter" not in await draft(world)
    saved = await click(world, shown, "Save as draft")
    assert "as a draft" in world.said(saved)
    rules = policy_of(await draft(world)).rules
    assert [rules[0].breaks_it, rules[0].does_not] == ["insulting anybody.", "banter among friends."]
    assert [rules[1].does_not, rules[1].severity.value] == ["threats in a game or a song.", "medium"]
    before = await known(world)
    assert before.origin.version == 4
    assert "banter" in before.text
    assert "insulting other members" in before.text
    assert "decided no case" in world.said(saved)


async def test_the_backtest_says_what_the_newer_version_would_flag(world: Any) -> None:
    """In the moderators' channel, against what the team decided."""
    await first(world)
    await world.publish("Manners")
    for text in ("the butler, you fool", "the butler did it"):
        await world.ana.send(world.general, text)
    for card in world.cards():
        await world.omar.click(card, label="Not a violation")
    shown = await offered(world, version(4, ("jokes among", "banter among")))
    assert "is being compared" in world.said(await click(world, shown, "Save as draft"))
    report = next(each for each in world.cards() if "Backtest" in world.said(each))
    assert "It would newly flag 2 of your 2 decisions." in world.said(report)


class TestConflicts:
    """What both sides changed."""

    NEWER = version(4, ("insulting other members", "name-calling"), ("in a game.", "in a film."))

    async def test_each_is_asked_about_and_no_draft_is_made_before(self, world: Any) -> None:
        """By its name; both texts are shown; what was chosen is what is saved."""
        await first(world)
        before = await draft(world)
        shown = await offered(world, self.NEWER)
        assert "(1 of 2): **R1 Insults\\, breaks it**" in world.said(shown)
        assert "insulting anybody" in world.said(shown)
        assert "name-calling" in world.said(shown)
        second = await click(world, shown, "Take theirs")
        assert "(2 of 2): **R2 Threats\\, does not break it**" in world.said(second)
        assert await draft(world) == before
        last = await click(world, second, "Keep ours")
        assert "You chose for 2 parts" in world.said(last)
        assert await draft(world) == before
        await click(world, last, "Save as draft")
        rules = policy_of(await draft(world)).rules
        assert (rules[0].breaks_it, rules[1].does_not) == ("name-calling.", "threats in a game or a song.")
        assert (await known(world)).origin.version == 4

    async def test_ours_throughout_is_dealt_with(self, world: Any) -> None:
        """Nothing is saved, and the same version is not asked about again."""
        await first(world)
        before = await draft(world)
        second = await click(world, await offered(world, self.NEWER), "Keep ours")
        assert "does not change: version 4 has nothing to add" in world.said(await click(world, second, "Keep ours"))
        assert await draft(world) == before
        assert "you imported version 4 before" in world.said(await offered(world, self.NEWER))

    async def test_cancelling_saves_nothing(self, world: Any) -> None:
        """At any question."""
        await first(world)
        shown = await offered(world, self.NEWER)
        assert "Nothing was saved." in world.said(await click(world, shown, "Cancel"))
        assert (await known(world)).origin.version == 3

    @pytest.mark.also_invented
    async def test_somebody_changes_the_policy_meanwhile(self, world: Any) -> None:
        """The file comes back, to be imported again."""
        await first(world)
        shown = await offered(world, self.NEWER)
        text = (await draft(world)).replace("Be kind.", "Be very kind.")
        await world.mira.slash(world.general, "policy edit", name="Manners", file=("x.md", text.encode()))
        answer = await click(world, shown, "Take theirs")
        assert "changed while you chose" in world.said(answer)
        assert await draft(world) == text
        (given,) = world.files(answer).values()
        assert without_origin(given)[1] == Origin(source=SOURCE, version=4)

    async def test_the_questions_go_on_after_a_restart(
        self, world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """What was chosen is in the buttons."""
        await first(world)
        second = await click(world, await offered(world, self.NEWER), "Take theirs")
        await world.env.restart_bot(bot_factory(judge))
        assert "You chose for 2 parts" in world.said(await click(world, second, "Take theirs"))

    async def test_only_editors_choose(self, world: Any) -> None:
        """Somebody who lost the role, or was handed the button."""
        await first(world)
        shown = await offered(world, self.NEWER)
        nadia = world.second_admin()
        asked = await nadia.slash(world.general, "policy import", file=self.NEWER)
        world.env.backend.edit_member(world.guild.id, nadia.id, {"role_ids": []})
        assert NOT_AN_EDITOR in world.said(await nadia.click(world.preview(asked), label="Take theirs"))
        assert "(2 of 2)" in world.said(await click(world, shown, "Take theirs"))

    @pytest.mark.parametrize("hostile", ["@everyone ``` <@1> [x](https://a.b)", "**bold** || <#2> @here `"])
    async def test_a_hostile_text_stays_text(self, world: Any, hostile: str) -> None:
        """In a code block that it cannot leave; nobody is mentioned (every request is looked at after the test)."""
        await first(world)
        shown = await offered(world, version(4, ("insulting other members", f"insults {hostile}")))
        said = world.said(shown)
        assert said.count("```") % 2 == 0
        assert "Keep ours" in str(world.preview(shown).components)


class TestWhatIsNoNewerVersion:
    """Everything else goes the usual way."""

    async def test_an_older_one_or_the_same_once_more(self, world: Any) -> None:
        """Nothing is saved; with the policy's name it replaces the draft."""
        await first(world)
        before = await draft(world)
        for number in (2, 3):
            assert "Nothing was saved" in world.said(await offered(world, version(number)))
        assert await draft(world) == before
        shown = await offered(world, version(2, ("Be kind.", "Be good.")), name="Manners")
        assert "and replaces revision" in world.said(shown)
        await click(world, shown, "Save as draft")
        assert "Be good." in await draft(world)
        assert (await known(world)).origin.version == 2

    async def test_another_source_is_another_policy(self, world: Any) -> None:
        """Its file is understood as before."""
        await first(world)
        shown = await offered(world, version(9, source="f" * 24))
        assert "Not saved yet" in world.said(shown)
        assert "merged" not in world.said(shown)

    async def test_a_servers_own_export_comes_back_as_it_is(self, world: Any) -> None:
        """The file says where it comes from; here that is this very policy."""
        await world.set_up()
        out = await world.mira.slash(world.general, "policy export", name="Spoilers")
        ((file, text),) = world.files(out).items()
        assert without_origin(text)[0] == world.policy
        changed = text.replace("film ends", "film starts")
        shown = await offered(world, (file, changed.encode()))
        await click(world, shown, "Save as draft")
        stored = await world.stored()
        assert stored.draft.text == without_origin(changed)[0]
        assert await world.bot.services.imports.before(stored) is None

    async def test_a_deleted_policy_is_imported_again(self, world: Any) -> None:
        """There is nothing to merge with."""
        await first(world)
        asked = await world.mira.slash(world.general, "policy delete", name="Manners")
        await world.mira.click(world.preview(asked), label="Delete")
        assert "It becomes the new policy **Manners**" in world.said(await offered(world, version(4)))

    async def test_a_forged_choice(self, world: Any) -> None:
        """More choices than there are conflicts."""
        await first(world)
        shown = await offered(world, TestConflicts.NEWER)
        policy = await world.stored("Manners")
        forged = f"bylaw:merge:{policy.id}:{policy.draft.revision}:{policy.published.number}:ooooo"
        _forge(world.preview(shown), forged)
        assert NOT_OURS in world.said(await click(world, shown, "Keep ours"))


def _forge(message: Any, custom_id: str) -> None:
    """Give the first button another id."""
    for row in message._message.components if hasattr(message, "_message") else message.components:
        children = row["components"] if isinstance(row, dict) else row.children
        button = children[0]
        if isinstance(button, dict):
            button["custom_id"] = custom_id
        else:
            button.custom_id = custom_id
        return

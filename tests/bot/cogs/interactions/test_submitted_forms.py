"""Forms come back by their custom_id to the method that takes them, and whatever does not fit gets one clear line."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord.ext import commands

from bot.cogs.interactions.submitted_forms import (
    NOT_OURS,
    BadForm,
    SubmittedForm,
    SubmittedForms,
    on_component,
    on_form,
    words_back,
)
from tests.bot.cogs.interactions.interaction import Interaction


class Desk(commands.Cog):
    """Takes one form and one menu, and keeps what it gets."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    @on_form(r"bylaw:tale:(?P<number>[0-9]{1,20})(?P<rest>:x)?", what="a tale", keep=words_back)
    async def take_tale(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """Keep the number and the text; a text about a fire fails."""
        del interaction
        if sent.text == "fire":
            raise LookupError("secret words")
        self.taken.append((sent.number("number"), sent.text, dict(sent.ids)))

    @on_form(r"bylaw:list", what="a list")
    async def take_list(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """Keep the texts in their order."""
        del interaction
        self.taken.append(sent.texts)

    @on_component(r"bylaw:pick:(?P<number>[0-9]{1,20})", what="a choice")
    async def take_choice(self, interaction: discord.Interaction[Any], chosen: SubmittedForm) -> None:
        """Keep what was chosen."""
        del interaction
        self.taken.append((chosen.number("number"), chosen.choices))


def submitted(custom_id: str, **fields: str) -> Interaction:
    """A form as Discord sends it: each field inside its label, after a text that is no field."""
    components: list[dict[str, Any]] = [{"type": 10, "content": "read this"}]
    for name, value in fields.items():
        field = {"type": 4, "custom_id": name.removeprefix("n"), "value": value}
        components.append({"type": 18, "component": field})
    data = {"custom_id": custom_id, "components": components}
    return Interaction(kind=discord.InteractionType.modal_submit, data=data)


async def taken(interaction: Interaction) -> list[Any]:
    """What the desk got from an interaction."""
    desk = Desk()
    await SubmittedForms([desk]).on_interaction(interaction)
    return desk.taken


async def test_a_form_comes_to_its_method_with_ids_and_text() -> None:
    """A group of the custom_id that is not there is no id."""
    assert await taken(submitted("bylaw:tale:12", text="once")) == [(12, "once", {"number": "12"})]
    assert await taken(submitted("bylaw:tale:12:x", text="")) == [(12, "", {"number": "12", "rest": ":x"})]


async def test_numbered_fields_come_in_their_order() -> None:
    """Whatever order Discord sends them in."""
    assert await taken(submitted("bylaw:list", n1="b", n0="a")) == [("a", "b")]


async def test_a_choice_in_a_menu_comes_to_its_method() -> None:
    """A form with the id of a menu does not, nor does a menu with the id of a form."""
    data = {"custom_id": "bylaw:pick:3", "values": ["a", "b"]}
    assert await taken(Interaction(kind=discord.InteractionType.component, data=data)) == [(3, ("a", "b"))]
    assert await taken(submitted("bylaw:pick:3")) == []
    menu = Interaction(kind=discord.InteractionType.component, data={"custom_id": "bylaw:tale:1", "values": ["a"]})
    assert (await taken(menu), menu.sent) == ([], [])  # buttons of other kinds have their own way


@pytest.mark.parametrize(
    ("custom_id", "fields"),
    [
        ("bylaw:novel:1", {"text": "my words"}),  # unknown
        ("bylaw:tale:1:y", {"text": "my words"}),
        ("bylaw:tale:one", {"text": "my words"}),  # no number
        ("bylaw:tale:١", {"text": "my words"}),  # digits of another script
        ("bylaw:tale:99999999999999999999", {"text": "my words"}),  # bigger than any id
        ("bylaw:tale:1", {"other": "my words"}),  # the field is missing
        ("bylaw:list", {"text": "my words"}),
        ("", {"text": "my words"}),
    ],
)
async def test_what_does_not_fit_gets_one_line(
    custom_id: str, fields: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is taken and no error is logged. Words come back, unless the method was marked to keep none."""
    interaction = submitted(custom_id, **fields)
    assert await taken(interaction) == []
    (said,) = interaction.sent
    assert said["content"] == NOT_OURS
    assert caplog.records == []
    files = [file.fp.read().decode() for file in said.get("files", [])]
    assert files == ([] if custom_id == "bylaw:list" else ["my words"])


async def test_a_form_without_fields_gets_the_line_alone() -> None:
    """Also where Discord sends no components at all."""
    bare = Interaction(kind=discord.InteractionType.modal_submit, data={"custom_id": "x", "components": None})
    assert await taken(bare) == []
    assert [(said["content"], "files" in said) for said in bare.sent] == [(NOT_OURS, False)]


async def test_where_a_method_fails_the_words_come_back(caplog: pytest.LogCaptureFixture) -> None:
    """With the number of the error; the log has no words."""
    interaction = submitted("bylaw:tale:1", text="fire")
    await taken(interaction)
    (said,) = interaction.sent
    assert "Something went wrong" in said["content"]
    assert [file.fp.read() for file in said["files"]] == [b"fire"]
    assert "a tale failed" in caplog.text
    assert "secret" not in caplog.text


def test_a_form_gives_only_what_it_has() -> None:
    """Each of the ways to ask for more raises."""
    form = SubmittedForm(ids={"word": "abc"}, values={})
    for ask in (lambda: form.number("word"), lambda: form.number("nothing"), lambda: form.text, lambda: form.texts):
        with pytest.raises(BadForm):
            ask()

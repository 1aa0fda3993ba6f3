"""Forms whose ids or fields were changed on their way: one clear line, and nothing else happens."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.interactions.submitted_forms import NOT_OURS
from tests.e2e.acting import card_text, flagged, moderator

BIG = 2**63

#: Ids of forms that have other fields than the one with a text, and ids that no form has.
FORGED = (
    "somebody:elses",
    "bylaw:nothing:1",
    "bylaw:act:{guild}:1",
    "bylaw:act:one:two",
    f"bylaw:act:{BIG}:1",
    "bylaw:bulk:{guild}:1:ban",
    f"bylaw:bulk:{BIG}:1:delete",
    "bylaw:raid_form:{guild}:1:pause_invites",
    "bylaw:raid_form:{guild}:1:ban",
    f"bylaw:raid_form:{BIG}:1:pause_dms",
    "bylaw:reopen:{guild}:x",
    f"bylaw:reopen:{BIG}:1",
    "bylaw:edit:1:x:1",
    f"bylaw:edit:{BIG}:1:1",
    "bylaw:part:1:1:1:no-key",
    f"bylaw:overrule:{BIG}:1",
    f"bylaw:pin:{BIG}:clear",
    "bylaw:questions",
    "bylaw:questions:1",
    "bylaw:appealed:{guild}:1:1:abcdef01",
    "bylaw:answered:{guild}:1:1",
    "bylaw:heard:uphold:{guild}:1:1",
    "bylaw:heard:praise:{guild}:1:1",
    "bylaw:reportwords:{guild}:1",
)


@pytest.mark.parametrize("forged", FORGED)
async def test_a_form_that_does_not_fit_gets_one_line(
    world: Any, forged: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No error is logged, and the policy is as it was."""
    form = await world.mira.slash(world.general, "policy new", name="Spoilers")
    form._interaction.modal["custom_id"] = forged.format(guild=world.guild.id)
    answered = await world.mira.submit_modal(form, {"text": "my own words"})
    assert world.said(answered) == NOT_OURS
    assert "failed" not in caplog.text
    assert await world.stored() is None


async def test_unknown_forms_give_the_words_back(world: Any) -> None:
    """As a file, to whoever wrote them."""
    form = await world.mira.slash(world.general, "policy new", name="Spoilers")
    form._interaction.modal["custom_id"] = "bylaw:of:another:version"
    answered = await world.mira.submit_modal(form, {"text": "my own words"})
    assert world.files(answered) == {"your-words.txt": "my own words"}


@pytest.mark.parametrize("forged", ["bylaw:reopen:{guild}:1", "bylaw:new:x", "bylaw:pin:1:clear", "bylaw:overrule:1:1"])
async def test_a_form_without_its_field_changes_nothing(world: Any, forged: str) -> None:
    """The form behind Act… has no field with a text."""
    card = await flagged(world)
    tess = moderator(world)
    form = await tess.click(card, label="Act…")
    form._interaction.modal["custom_id"] = forged.format(guild=world.guild.id)
    answered = await tess.submit_modal(form, {"what": "ban", "reason": ""})
    assert world.said(answered) == NOT_OURS
    assert "**State:** Open" in card_text(world)

"""Buttons are read back from their ids, and from no others."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.cogs.dynamic_items import DYNAMIC_ITEMS
from bot.cogs.policies.buttons import PublishButton, PublishClick, RollbackButton, RollbackClick

BIG = 2**63 - 1


@pytest.mark.parametrize(
    "button",
    [
        lambda: CaseButton(CaseClick(guild_id=BIG, number=BIG, verb=CaseVerb.NOT_A_VIOLATION)),
        lambda: PublishButton(PublishClick(policy_id=BIG, revision=BIG)),
        lambda: RollbackButton(RollbackClick(policy_id=BIG, to_number=BIG, seen_number=BIG)),
    ],
)
async def test_a_button_can_be_read_back_from_its_id(button: Any) -> None:
    """The largest ids there are fit into a custom_id, and exactly one kind of button knows it."""
    made = button()
    assert len(made.custom_id) <= 100
    (kind,) = [item for item in DYNAMIC_ITEMS if item.__discord_ui_compiled_template__.fullmatch(made.custom_id)]
    match = kind.__discord_ui_compiled_template__.fullmatch(made.custom_id)
    assert (await kind.from_custom_id(None, None, match)).click == made.click


@pytest.mark.parametrize(
    "custom_id", ["bylaw:case:1:2:delete", "bylaw:case:١:2:violation", "bylaw:case:1:-2:violation", "x"]
)
def test_other_ids_are_nobodys(custom_id: str) -> None:
    """No other verb, no digits of other scripts, no signs."""
    assert not any(item.__discord_ui_compiled_template__.fullmatch(custom_id) for item in DYNAMIC_ITEMS)

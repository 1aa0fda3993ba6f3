"""Ids for the log are read from interactions, and nothing that somebody wrote is."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cogs.appeals.buttons import HearingButton, MemberButton
from bot.cogs.cards.buttons import CaseButton, UndoButton
from bot.cogs.interactions.click_button import ids_of_custom_id
from bot.cogs.interactions.errors import ids_of_command
from bot.cogs.lookups.list_page import ListButton
from bot.cogs.policies.buttons import PolicyButton


@pytest.mark.parametrize(
    ("button", "custom_id", "ids"),
    [
        (CaseButton, "bylaw:case:1:7:act", {"guild": 1, "case": 7}),
        (UndoButton, "bylaw:undo:1:30", {"guild": 1, "action": 30}),
        (HearingButton, "bylaw:hearing:keep:1:7:2", {"guild": 1, "case": 7}),
        (MemberButton, "bylaw:member:appeal:1:7:0", {"guild": 1, "case": 7}),
        (MemberButton, "bylaw:member:report_words:1:900:0", {"guild": 1, "message_id": 900}),
        (MemberButton, "bylaw:member:report_outcome:1:900:0", {"guild": 1, "message_id": 900}),
        (PolicyButton, "bylaw:do:resume:5:3", {"policy": 5}),
        (ListButton, "bylaw:list:4:7:older", {}),
    ],
)
def test_buttons_name_what_they_are_about(button: Any, custom_id: str, ids: dict[str, int]) -> None:
    """A number is that of a case where a server stands beside it."""
    match = button.__discord_ui_compiled_template__.fullmatch(custom_id)
    assert ids_of_custom_id(match.groupdict()) == ids


def test_numbers_that_no_id_can_be_are_left_out() -> None:
    """People can send what they like."""
    groups = {
        "guild": "99999999999999999999",
        "number": "7",
        "policy": "9223372036854775808",
        "action": "x",
        "group": None,
    }
    assert ids_of_custom_id(groups) == {}


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (
            {"name": "Report to moderators", "type": 3, "target_id": "900", "resolved": {"messages": {}}},
            {"message_id": 900},
        ),
        ({"name": "A member", "type": 2, "target_id": "77", "resolved": {"members": {}}}, {}),
        ({"name": "case", "options": [{"name": "show", "options": [{"name": "number", "value": 7}]}]}, {"case": 7}),
        ({"name": "appeals", "options": [{"name": "keep", "options": [{"name": "case", "value": 7}]}]}, {"case": 7}),
        ({"name": "policy", "options": [{"name": "show", "options": [{"name": "number", "value": 7}]}]}, {}),
        ({"name": "appeal", "options": [{"name": "case", "value": "what I wrote"}]}, {}),
        ({}, {}),
    ],
)
def test_commands_name_what_they_are_about(data: dict[str, Any], ids: dict[str, int]) -> None:
    """The message of a menu, the case of an option; members and words are in no line."""
    assert ids_of_command(data, 1) == {"guild": 1, **ids}
    assert ids_of_command(data, None) == ids

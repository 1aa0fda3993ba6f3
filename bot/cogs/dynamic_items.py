"""All persistent buttons, which work after a restart."""

from __future__ import annotations

from typing import Any

import discord

from bot.cogs.appeals.buttons import HearingButton, MemberButton
from bot.cogs.cards.buttons import CaseButton, ChangeTimeoutButton, UndoButton
from bot.cogs.cards.shared.raid_controls import RaidButton, RaidEndButton
from bot.cogs.cards.shared.shared_card_buttons import SharedCardButton
from bot.cogs.lookups.audit_command import AuditButton
from bot.cogs.lookups.history_pages import HistoryPageButton
from bot.cogs.lookups.list_page import ListButton
from bot.cogs.lookups.sample_clicks import SampleButton
from bot.cogs.members.privacy_command import EraseButton
from bot.cogs.policies.buttons import PolicyButton, PublishButton, RollbackButton
from bot.cogs.review.after_deciding.hand_over_clicks import HandOverButton
from bot.cogs.review.after_deciding.precedent_clicks import PrecedentButton
from bot.cogs.trials.question_buttons import QuestionButton

DYNAMIC_ITEMS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (
    CaseButton,
    UndoButton,
    ChangeTimeoutButton,
    PublishButton,
    RollbackButton,
    PolicyButton,
    ListButton,
    HistoryPageButton,
    AuditButton,
    PrecedentButton,
    HandOverButton,
    SharedCardButton,
    RaidButton,
    RaidEndButton,
    SampleButton,
    MemberButton,
    HearingButton,
    QuestionButton,
    EraseButton,
)

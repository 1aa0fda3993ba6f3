"""Everything that the bot offers: its commands, its menus, and one of every button."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.appeals.buttons import HearingButton, HearingClick, HearingVerb, MemberButton, MemberClick, MemberVerb
from bot.cogs.cards.buttons import (
    CaseButton,
    CaseClick,
    CaseVerb,
    ChangeClick,
    ChangeTimeoutButton,
    UndoButton,
    UndoClick,
)
from bot.cogs.cards.shared.raid_controls import RaidButton, RaidClick, RaidEndButton, RaidEndClick, RaidVerb
from bot.cogs.cards.shared.shared_card_buttons import SharedCardButton, SharedCardClick, SharedCardVerb
from bot.cogs.interactions.action_words import UNDO_LABELS
from bot.cogs.lookups.audit_command import AuditButton, AuditClick
from bot.cogs.lookups.history_pages import HistoryPageButton, HistoryPageClick
from bot.cogs.lookups.list_page import ListButton, ListClick
from bot.cogs.lookups.sample_clicks import SampleButton, SampleClick, SampleVerb
from bot.cogs.members.privacy_command import EraseButton, EraseClick
from bot.cogs.policies.buttons import (
    PolicyButton,
    PolicyClick,
    PolicyVerb,
    PublishButton,
    PublishClick,
    RollbackButton,
    RollbackClick,
)
from bot.cogs.review.after_deciding.hand_over_clicks import HandOverButton, HandOverClick
from bot.cogs.review.after_deciding.precedent_clicks import PrecedentButton, PrecedentClick, PrecedentVerb
from bot.cogs.trials.question_buttons import QuestionButton, QuestionClick, QuestionVerb
from bot.languages.translation import _
from bot.moderation.appeals.appeal import AppealKey
from bot.moderation.cases.action import ActionKind
from bot.moderation.lookups.audit_search import AuditQuery
from tests.e2e.conftest import World

#: What commands are given where they ask for something.
GIVEN: dict[str, Any] = {
    "severity": "low",
    "name": "Spoilers", "text": "hello", "must": "clear", "number": 1, "case": 1, "reason": "because", "version": 1,
    "old": "1", "new": "1", "weekly": 0, "link": "https://discord.com/channels/1/2/3",
}  # fmt: skip


def commands_of(bot: Any) -> dict[str, app_commands.Command[Any, ..., Any]]:
    """Every slash command of the tree, by its whole name."""
    return {
        f"/{command.qualified_name}": command
        for command in bot.tree.walk_commands()
        if isinstance(command, app_commands.Command)
    }


def menus_of(bot: Any) -> dict[str, discord.AppCommandType]:
    """Every entry of a menu."""
    kinds = (discord.AppCommandType.message, discord.AppCommandType.user)
    return {command.name: kind for kind in kinds for command in bot.tree.get_commands(type=kind)}


def buttons(world: World) -> dict[str, discord.ui.Item[Any]]:
    """One of every button in the present language, about this server, its case 1, its first policy and Ana."""
    here, ana = world.guild.id, world.ana.id
    key = AppealKey(guild_id=here, case_number=1, attempt=1)
    made: dict[str, discord.ui.Item[Any]] = {
        "UndoButton": UndoButton(UndoClick(guild_id=here, action_id=1), label=_(UNDO_LABELS[ActionKind.BAN])),
        "ChangeTimeoutButton": ChangeTimeoutButton(ChangeClick(guild_id=here, action_id=1)),
        "ListButton": ListButton(ListClick(query_id=1, number=1, older=True)),
        "HandOverButton": HandOverButton(HandOverClick(guild_id=here)),
        "AuditButton": AuditButton(AuditClick(guild_id=here, entry_id=1, older=True, query=AuditQuery())),
        "HistoryPageButton": HistoryPageButton(HistoryPageClick(here, 1, 1)),
        "PublishButton": PublishButton(PublishClick(policy_id=1, revision=1)),
        "RollbackButton": RollbackButton(RollbackClick(policy_id=1, to_number=1, seen_number=1)),
        "EraseButton": EraseButton(EraseClick(here, ana)),
        "RaidEndButton": RaidEndButton(RaidEndClick(guild_id=here, control_id=1)),
    }
    made |= {f"CaseButton {verb}": CaseButton(CaseClick(guild_id=here, number=1, verb=verb)) for verb in CaseVerb}
    made |= {f"SampleButton {verb}": SampleButton(SampleClick(verb=verb, number=1)) for verb in SampleVerb}
    made |= {
        f"SharedCardButton {verb}": SharedCardButton(SharedCardClick(guild_id=here, group_id=1, verb=verb))
        for verb in SharedCardVerb
    }
    made |= {f"RaidButton {verb}": RaidButton(RaidClick(guild_id=here, group_id=1, verb=verb)) for verb in RaidVerb}
    made |= {
        f"PrecedentButton {verb}": PrecedentButton(PrecedentClick(guild_id=here, number=1, verb=verb, others=(2,)))
        for verb in PrecedentVerb
    }
    made |= {f"HearingButton {verb}": HearingButton(HearingClick(verb=verb, key=key)) for verb in HearingVerb}
    made |= {f"PolicyButton {verb}": PolicyButton(PolicyClick(verb=verb, policy_id=1, number=1)) for verb in PolicyVerb}
    made |= {f"QuestionButton {verb}": QuestionButton(QuestionClick(verb=verb, number=1)) for verb in QuestionVerb}
    made |= {
        f"MemberButton {verb}": MemberButton(MemberClick(verb=verb, guild_id=here, number=1, attempt=1))
        for verb in MemberVerb
    }
    return made


def arguments(world: World, command: app_commands.Command[Any, ..., Any]) -> dict[str, Any]:
    """As little as the command takes."""
    kinds = {
        discord.AppCommandOptionType.channel: world.mods,
        discord.AppCommandOptionType.user: world.ana,
        discord.AppCommandOptionType.attachment: ("x.md", b"# Another\n"),
    }
    return {
        each.name: kinds[each.type] if each.type in kinds else GIVEN[each.name]
        for each in command.parameters
        if each.required
    }

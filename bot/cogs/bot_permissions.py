"""Which of Discord's permissions Bylaw itself needs, and for what: one table for invitations, `bylaw doctor` and docs.

`bot.cogs.who_may` prints the section with docs/permissions.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import discord

from bot.cogs.cards.board import NEEDED as FOR_CARDS
from bot.cogs.cards.board import NEEDED_IN_FORUMS as FOR_FORUMS
from bot.cogs.cards.shared.raid_controls import PAUSE, SLOW
from bot.cogs.interactions.action_words import NEEDED as FOR_ACTIONS
from bot.moderation.cases.action import ActionKind


class Invitation(Enum):
    """A kind of invite link. The value says who it is for."""

    REPORT_ONLY = "report only"
    WITH_ACTIONS = "with actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A feature of Bylaw, and the permissions that it needs."""

    what: str
    permissions: dict[str, str]  #: the name in discord.py -> the name in Discord's settings
    asked_by: tuple[Invitation, ...]  #: the invite links that include it


_BOTH = (Invitation.REPORT_ONLY, Invitation.WITH_ACTIONS)
_BUTTONS = {
    ActionKind.DELETE: "Delete",
    ActionKind.TIMEOUT: "Time out",
    ActionKind.REMOVE_TIMEOUT: "Undo a timeout",
    ActionKind.KICK: "Kick",
    ActionKind.BAN: "Ban",
    ActionKind.UNBAN: "Undo a ban",
}

_AUDIT_LOG = {"view_audit_log": "View Audit Log"}  #: tells who set a ban

NEEDS = (
    Need(
        what="Read messages, also those from before a restart",
        permissions={name: FOR_CARDS[name] for name in ("view_channel", "read_message_history")},
        asked_by=_BOTH,
    ),
    Need(what="Cards in a text channel", permissions=FOR_CARDS, asked_by=_BOTH),
    Need(what="Cards in a forum channel", permissions=FOR_FORUMS, asked_by=_BOTH),
    *(
        Need(
            what=button,
            permissions=dict([FOR_ACTIONS[kind]]) | (_AUDIT_LOG if kind is ActionKind.UNBAN else {}),
            asked_by=(Invitation.WITH_ACTIONS,),
        )
        for kind, button in _BUTTONS.items()
    ),
    Need(
        what="Cases for kicks, bans and timeouts by hand",
        permissions=_AUDIT_LOG,
        asked_by=(Invitation.WITH_ACTIONS,),
    ),
    Need(what="Raid controls: pause invites, pause direct messages", permissions=dict([PAUSE]), asked_by=()),
    Need(what="Raid controls: slow mode", permissions=dict([SLOW]), asked_by=()),
    Need(what="Cases for hits of AutoMod", permissions={"manage_guild": "Manage Server"}, asked_by=()),
)


def invitation(application_id: int, kind: Invitation) -> str:
    """The link that invites the bot with exactly the permissions of this kind."""
    names = {name for need in NEEDS if kind in need.asked_by for name in need.permissions}
    return discord.utils.oauth_url(
        application_id,
        permissions=discord.Permissions(**dict.fromkeys(names, True)),
        scopes=("bot", "applications.commands"),
    )


def section() -> str:
    """The section of docs/permissions.md on Bylaw's own permissions."""
    lines = [
        "## What Bylaw itself needs",
        "",
        "`bylaw doctor` prints this list and two links that invite Bylaw, one to report only and one with actions. To",
        "allow more later, edit Bylaw's role in Server Settings, Roles.",
        "",
        f"| to | Bylaw needs | {' | '.join(kind.value for kind in Invitation)} |",
        "|---|---|---|---|",
    ]
    for need in NEEDS:
        asked = " | ".join("yes" if kind in need.asked_by else "no" for kind in Invitation)
        lines.append(f"| {need.what} | {', '.join(need.permissions.values())} | {asked} |")
    return "\n".join(lines) + "\n"

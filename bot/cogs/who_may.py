"""Who may use which command, menu and button, as one table. ``python -m bot.cogs.who_may`` prints docs/permissions.md.

The table does not give permissions: every command and click asks `bot.cogs.interactions.permission` again. A test
holds the two together, cell by cell, and fails for a command or a button that has no row here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.cogs.appeals.buttons import HearingVerb, MemberVerb
from bot.cogs.bot_permissions import section
from bot.cogs.cards.buttons import CaseVerb
from bot.cogs.cards.shared_card_buttons import SharedCardVerb
from bot.cogs.lookups.sample_clicks import SampleVerb
from bot.cogs.policies.buttons import PolicyVerb
from bot.moderation.servers.permissions import Person, may_change_settings, may_review, may_write_policies
from bot.moderation.servers.server import ServerSettings

_SERVER, _REVIEWERS, _EDITORS = 1, 2, 3
_SETTINGS = ServerSettings(
    guild_id=_SERVER, review_channel_id=4, reviewer_role_id=_REVIEWERS, policy_editor_role_id=_EDITORS
)


class Audience(StrEnum):
    """For whom something is."""

    EVERYBODY = "everybody"
    THEMSELVES = "whom it is about"
    REVIEWERS = "reviewers"
    EDITORS = "policy editors"
    EDITORS_AND_REVIEWERS = "policy editors and reviewers"
    ADMINS = "admins"


class Who(StrEnum):
    """A kind of person, as the page calls them."""

    OWNER = "owner"
    ADMIN = "admin"
    MODERATOR = "moderator"
    REVIEWER = "reviewer role"
    EDITOR = "editor role"
    MEMBER = "member"
    NEWCOMER = "newcomer"
    TIMED_OUT = "timed out"
    BOT = "bot"
    ELSEWHERE = "admin of another server"
    BANNED = "banned, in a direct message"


class Cell(StrEnum):
    """What the page says."""

    YES = "yes"
    NO = "no"
    OWN = "own"  #: about themselves, and nothing else
    THEIRS = "theirs"  #: in their own server, where they see nothing of this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the table: a command, an item of a menu, or a button."""

    name: str
    audience: Audience
    in_messages: bool = field(default=False)  #: works in direct messages, too


def _all(audience: Audience, *names: str, in_messages: bool = False) -> tuple[Entry, ...]:
    return tuple(Entry(name=name, audience=audience, in_messages=in_messages) for name in names)


COMMANDS = (
    *_all(Audience.EVERYBODY, "/rules", "/my record", "/privacy export", "/privacy erase"),
    *_all(Audience.EVERYBODY, "/appeal", in_messages=True),
    *_all(
        Audience.REVIEWERS,
        "/case list", "/case search", "/case show", "/case note", "/case reopen", "/case export", "/why", "/status",
        "/mod stats", "/appeals list", "/appeals show", "/appeals search", "/reports show", "/reports mute",
        "/reports unmute", "/reports mutes",
    ),
    *_all(
        Audience.EDITORS_AND_REVIEWERS,
        "/policy test", "/policy pin", "/policy pins",
    ),
    *_all(
        Audience.EDITORS,
        "/policy new", "/policy edit", "/policy import", "/policy draft", "/policy show", "/policy export",
        "/policy list", "/policy history", "/policy diff", "/policy publish", "/policy rollback", "/policy discard",
        "/policy pause", "/policy resume", "/policy delete", "/policy scope", "/policy backtest",
        "/policy try-out start", "/policy try-out stop", "/policy try-out status",
    ),
    *_all(
        Audience.ADMINS,
        "/setup", "/policy consequence", "/mod sample", "/settings reading", "/settings backlog", "/settings notices",
        "/settings appeals", "/settings questions", "/settings cards", "/settings route",
    ),
)  # fmt: skip

MENUS = (
    *_all(Audience.EVERYBODY, "Report to moderators"),
    *_all(Audience.REVIEWERS, "Check against policy", "Check this conversation", "Moderation history"),
    *_all(Audience.EDITORS_AND_REVIEWERS, "Test draft"),
)

BUTTONS = (
    *_all(
        Audience.REVIEWERS,
        *(f"CaseButton {verb}" for verb in CaseVerb),
        "UndoButton",
        "ChangeTimeoutButton",
        "ListButton",
        "HistoryPageButton",
    ),
    *_all(Audience.REVIEWERS, *(f"SampleButton {verb}" for verb in SampleVerb)),
    *_all(Audience.REVIEWERS, *(f"HearingButton {verb}" for verb in HearingVerb)),
    *_all(Audience.REVIEWERS, *(f"SharedCardButton {verb}" for verb in SharedCardVerb)),
    *_all(Audience.EDITORS, "PublishButton", "RollbackButton", *(f"PolicyButton {verb}" for verb in PolicyVerb)),
    *_all(Audience.THEMSELVES, *(f"MemberButton {verb}" for verb in MemberVerb), in_messages=True),
    *_all(Audience.THEMSELVES, "EraseButton"),
)


def cell(entry: Entry, who: Who) -> Cell:
    """May this kind of person use it?"""
    if who is Who.BOT:
        return Cell.NO  # Discord lets no bot use another
    if who is Who.TIMED_OUT and entry not in BUTTONS:
        return Cell.NO  # a timeout takes the permission to use commands
    if who is Who.BANNED:
        if not entry.in_messages:
            return Cell.NO
        return Cell.OWN
    if entry.audience is Audience.THEMSELVES:
        return Cell.OWN
    if who is Who.ELSEWHERE:
        return Cell.NO if entry in BUTTONS else Cell.THEIRS
    return Cell.YES if _may(entry.audience, _person(who)) else Cell.NO


def _may(audience: Audience, person: Person) -> bool:
    reviews, writes = may_review(person, _SETTINGS), may_write_policies(person, _SETTINGS)
    return {
        Audience.EVERYBODY: True,
        Audience.REVIEWERS: reviews,
        Audience.EDITORS: writes,
        Audience.EDITORS_AND_REVIEWERS: reviews or writes,
        Audience.ADMINS: may_change_settings(person),
    }[audience]


def _person(who: Who) -> Person:
    roles = {Who.REVIEWER: {_REVIEWERS}, Who.EDITOR: {_EDITORS}}.get(who, set())
    return Person(
        id=5,
        role_ids=frozenset(roles),
        manages_server=who in {Who.OWNER, Who.ADMIN},
        manages_messages=who in {Who.OWNER, Who.MODERATOR},
    )


_HEAD = """# Who may do what

Made from the code by `python -m bot.cogs.who_may`; a test tries every cell of it in a simulated server.

- **admin**: Manage Server. **moderator**: Manage Messages. The roles are those of `/setup`. A newcomer is somebody who
  joined a minute ago.
- **yes**, **no**: whoever may not is told so, whatever Discord showed them. **own**: about themselves and nothing else.
  **theirs**: the command is about the server it is used in, so they see and change their own server only.
- Discord takes commands and menus from a member who is timed out, and lets no bot use any: Bylaw is not asked. A member
  who is timed out appeals with the button below the message that told them, or after it is over.
- Acting asks for more: the permission of Discord's that the action needs (Moderate Members, Kick Members, Ban Members,
  Manage Messages), from the person and from Bylaw. So does undoing, by a click or by reversing a decision on an appeal.
  An appeal may ask for another reviewer than the one who decided. Nobody decides a case or an appeal about themselves.
- A form asks again when it is sent off, for what its command or button asked for.
"""


def page() -> str:
    """The page docs/permissions.md."""
    tables = (("Commands", COMMANDS), ("Menus of messages and members", MENUS), ("Buttons", BUTTONS))
    return "\n".join([_HEAD, *(f"## {title}\n\n{_table(rows)}\n" for title, rows in tables), section()])


def _table(rows: tuple[Entry, ...]) -> str:
    head = ["", "for", *Who]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for entry in rows:
        cells = [f"`{entry.name}`", entry.audience, *(cell(entry, who) for who in Who)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  # this is the program's output

"""Who may use which command, menu and button, as one table. ``python -m bot.cogs.who_may`` prints docs/permissions.md.

The table doesn't grant permissions: every command and click checks `bot.cogs.interactions.permission`. A test compares
the two, cell by cell, and fails for a command or a button without a row here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.cogs.appeals.buttons import HearingVerb, MemberVerb
from bot.cogs.bot_permissions import section
from bot.cogs.cards.buttons import CaseVerb
from bot.cogs.cards.shared.raid_controls import RaidVerb
from bot.cogs.cards.shared.shared_card_buttons import SharedCardVerb
from bot.cogs.lookups.sample_clicks import SampleVerb
from bot.cogs.policies.buttons import PolicyVerb
from bot.cogs.review.after_deciding.precedent_clicks import PrecedentVerb
from bot.cogs.trials.question_buttons import FOR_EDITORS, QuestionVerb
from bot.moderation.servers.permissions import Person, may_change_settings, may_review, may_write_policies
from bot.moderation.servers.server import ServerSettings

_SERVER, _REVIEWERS, _EDITORS = 1, 2, 3
_SETTINGS = ServerSettings(
    guild_id=_SERVER, review_channel_id=4, reviewer_role_id=_REVIEWERS, policy_editor_role_id=_EDITORS
)


class Audience(StrEnum):
    """The audience of a command or button."""

    EVERYBODY = "everybody"
    THEMSELVES = "whom it is about"
    REVIEWERS = "reviewers"
    EDITORS = "policy editors"
    EDITORS_AND_REVIEWERS = "policy editors and reviewers"
    ADMINS = "admins"


class Who(StrEnum):
    """A kind of person, as named on the page."""

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


class AboutOneself(StrEnum):
    """What somebody in the audience may do if it is about themselves: their case, their appeal, their message in a
    sample, their own reports."""

    REFUSED = "no"  #: it would decide something about them
    ALLOWED = "yes"  #: it decides nothing
    NEVER = "-"  #: it isn't about anybody, or always about oneself


class Cell(StrEnum):
    """The value of a cell on the page."""

    YES = "yes"
    NO = "no"
    OWN = "own"  #: only about themselves
    THEIRS = "theirs"  #: only in their own server, where they see nothing of this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the table: a command, a context menu item, or a button."""

    name: str
    audience: Audience
    own: AboutOneself
    in_messages: bool = field(default=False)  #: works in direct messages, too


def _all(
    audience: Audience, *names: str, own: AboutOneself = AboutOneself.NEVER, in_messages: bool = False
) -> tuple[Entry, ...]:
    """Rows. For reviewers and in message context menus, `own` has to be given: a test requires it."""
    return tuple(Entry(name=name, audience=audience, own=own, in_messages=in_messages) for name in names)


COMMANDS = (
    *_all(Audience.EVERYBODY, "/rules", "/my record", "/privacy export", "/privacy erase"),
    *_all(Audience.EVERYBODY, "/appeal", in_messages=True),
    *_all(
        Audience.REVIEWERS,
        "/case list", "/case search", "/case show", "/case note", "/case export", "/why", "/status", "/mod stats",
        "/mod report",
        "/appeals list", "/appeals show", "/appeals search", "/reports mutes", "/audit show", "/audit export",
        "/mod shield",
        own=AboutOneself.ALLOWED,
    ),
    *_all(
        Audience.REVIEWERS,
        "/case reopen", "/reports show", "/reports mute", "/reports unmute",
        own=AboutOneself.REFUSED,
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
        "/policy flash",
        "/policy try-out start", "/policy try-out stop", "/policy try-out status",
    ),
    *_all(
        Audience.ADMINS,
        "/setup", "/policy consequence", "/mod sample", "/settings reading", "/settings backlog", "/settings notices",
        "/settings appeals", "/settings questions", "/settings cards", "/settings route", "/settings five-questions",
        "/settings cascade", "/settings review", "/settings reports", "/settings edit-first",
        "/settings pictures", "/settings language",
    ),
)  # fmt: skip

MENUS = (
    *_all(Audience.EVERYBODY, "Report to moderators", own=AboutOneself.REFUSED),
    *_all(
        Audience.REVIEWERS,
        "Check against policy",
        "Check this conversation",
        "Moderation history",
        own=AboutOneself.ALLOWED,
    ),
    *_all(Audience.EDITORS_AND_REVIEWERS, "Test draft", own=AboutOneself.ALLOWED),
)

#: Reviewers' buttons that decide nothing. All others are refused to the person concerned.
_LOOKS = {
    *(CaseVerb.CONTEXT, CaseVerb.HISTORY, CaseVerb.REASONING, CaseVerb.WORDS, CaseVerb.PICTURES),
    *(SampleVerb.LOOK, HearingVerb.EVERYTHING, SharedCardVerb.SHOW),
}


def _verbs(button: str, verbs: type[StrEnum]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            name=f"{button} {verb}",
            audience=Audience.REVIEWERS,
            own=AboutOneself.ALLOWED if verb in _LOOKS else AboutOneself.REFUSED,
        )
        for verb in verbs
    )


BUTTONS = (
    *_verbs("CaseButton", CaseVerb),
    *_verbs("SampleButton", SampleVerb),
    *_all(
        Audience.REVIEWERS,
        *(f"QuestionButton {verb}" for verb in QuestionVerb if verb not in FOR_EDITORS),
        own=AboutOneself.ALLOWED,
    ),
    *_all(Audience.EDITORS, *(f"QuestionButton {verb}" for verb in QuestionVerb if verb in FOR_EDITORS)),
    *_verbs("HearingButton", HearingVerb),
    *_verbs("PrecedentButton", PrecedentVerb),
    *_verbs("SharedCardButton", SharedCardVerb),
    *_all(
        Audience.REVIEWERS,
        *(f"RaidButton {verb}" for verb in RaidVerb),
        "RaidEndButton",
        own=AboutOneself.ALLOWED,
    ),
    *_all(Audience.REVIEWERS, "UndoButton", "ChangeTimeoutButton", own=AboutOneself.REFUSED),
    *_all(
        Audience.REVIEWERS, "ListButton", "HistoryPageButton", "AuditButton", "HandOverButton", own=AboutOneself.ALLOWED
    ),
    *_all(Audience.EDITORS, "PublishButton", "RollbackButton", *(f"PolicyButton {verb}" for verb in PolicyVerb)),
    *_all(Audience.THEMSELVES, *(f"MemberButton {verb}" for verb in MemberVerb), in_messages=True),
    *_all(Audience.THEMSELVES, "EraseButton"),
)


def cell(entry: Entry, who: Who) -> Cell:
    """May this kind of person use it?"""
    if who is Who.BOT:
        return Cell.NO  # on Discord, bots can't use other bots
    if who is Who.TIMED_OUT and entry not in BUTTONS:
        return Cell.NO  # members in a timeout can't use commands
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


_HEAD = """# Who may do what: every command, menu and button

`python -m bot.cogs.who_may` makes this page from the code. A test tries every cell in a simulated server.

**The columns.** An **admin** has Manage Server, a **moderator** has Manage Messages. The reviewer and editor roles are
those of `/setup`. A **newcomer** joined a minute ago.

**The cells:**

- **yes** or **no**: may use it or not. Bylaw refuses with a message, even if Discord showed the command.
- **own**: only about themselves.
- **theirs**: the command is about the server where it is used, so they see and change only their own server.
- **-**: about nobody in particular, or always about oneself.

**Members in a timeout, and bots.** Discord doesn't let them use commands and menus, so Bylaw is not asked. A member who
is timed out can appeal with the button below the notice, or when the timeout is over.

**Actions need more:** the person and Bylaw both need Discord's permission for the action (Moderate Members, Kick
Members, Ban Members, Manage Messages). The same is true for undoing an action, by a click or by reversing a decision on
an appeal. An appeal may need another reviewer than the one who decided.

**About oneself.** Nobody decides about themselves, whatever their role, not even admins and the owner:

- This applies to their own case, their appeal, their message in a sample, and whether their reports are ignored. Only
  other moderators see who reported them.
- Words that a proxy such as PluralKit posts for a member count as that member's. Nobody decides about words of a
  webhook that may be their own.
- If a card shows many cases, a moderator's own cases are left to somebody else.
- Whoever reports a message may decide its case.

**Forms** check the permission of their command or button again when they are submitted.
"""


def page() -> str:
    """The page docs/permissions.md."""
    tables = (("Commands", COMMANDS), ("Menus of messages and members", MENUS), ("Buttons", BUTTONS))
    return "\n".join([_HEAD, *(f"## {title}\n\n{_table(rows)}\n" for title, rows in tables), section()])


def _table(rows: tuple[Entry, ...]) -> str:
    head = ["", "for", *Who, "about oneself"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for entry in rows:
        cells = [f"`{entry.name}`", entry.audience, *(cell(entry, who) for who in Who), entry.own]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  # this is the program's output

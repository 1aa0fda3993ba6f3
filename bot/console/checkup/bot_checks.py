"""The checks of `bylaw doctor` on the bot: each reports one line, with what to do about a problem."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.console.checkup.report import Line, fail, ok, warn
from bot.console.screen.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import discord

    from bot.settings import Settings

_MOST_NAMED = 5  # servers named in one line


async def check_discord(settings: Settings, *, client: discord.Client | None = None) -> list[Line]:
    """Check the token and the intents, and show the invite links.

    Args:
        client: used in place of a new one.
    """
    from bot.console.checkup.discord_application import Offline, look_up
    from bot.console.checkup.machine_checks import clock_line

    if settings.token is None:
        return [fail("token", "not set: make a bot on https://discord.com/developers/applications, set BYLAW_TOKEN.")]
    token = settings.token.get_secret_value()
    try:
        application = await look_up(token, client=client)
    except Offline as offline:
        return [warn("token", f"set, but not tried. {offline}")]
    except UserError as refusal:
        return [fail("token", str(refusal))]
    return [
        ok("token", f"accepted, for the bot {application.bot_name}"),
        _intents(token, reads_messages=application.reads_messages),
        *_invitations(application.id),
        _servers(application.servers),
        *([] if application.clock_lead is None else [clock_line(application.clock_lead)]),
    ]


def _invitations(application_id: int) -> list[Line]:
    """Both invite links, and the permissions that each feature needs."""
    from bot.cogs.bot_permissions import NEEDS, Invitation, invitation

    reports = invitation(application_id, Invitation.REPORT_ONLY)
    actions = invitation(application_id, Invitation.WITH_ACTIONS)
    return [
        ok("invitation", f"{reports} to report only: the buttons that delete, time out, kick and ban will not work"),
        ok("with actions", f"{actions} for those buttons, too"),
        *(ok("permissions", f"{need.what}: {', '.join(need.permissions.values())}") for need in NEEDS),
    ]


def _servers(servers: Mapping[int, discord.Permissions]) -> Line:
    """The servers that the bot is in, and those where its roles lack a permission that cards need."""
    from bot.cogs.cards.board import NEEDED

    lacking = {
        guild_id: [title for name, title in NEEDED.items() if not getattr(allowed, name)]
        for guild_id, allowed in servers.items()
        if not allowed.administrator
    }
    short = {guild_id: titles for guild_id, titles in lacking.items() if titles}
    if not short:
        return ok("servers", f"the bot is in {len(servers)}, and its roles allow what cards need")
    titles = ", ".join(title for title in NEEDED.values() if any(title in found for found in short.values()))
    names = ", ".join(str(guild_id) for guild_id in sorted(short)[:_MOST_NAMED])
    more = f" and {len(short) - _MOST_NAMED} more" if len(short) > _MOST_NAMED else ""
    return warn(
        "servers",
        f"in {len(short)} of {len(servers)} the bot's roles lack {titles} ({names}{more}): allow it in Server "
        "Settings, Roles, unless single channels do",
    )


def _intents(token: str, *, reads_messages: bool) -> Line:
    from bot.console.checkup.discord_application import bot_page

    if reads_messages:
        return ok("intents", "the Message Content intent is granted")
    return fail(
        "intents",
        f"Message Content is not granted: turn it on under Privileged Gateway Intents on {bot_page(token)}",
    )


async def check_database(settings: Settings) -> Line:
    """Check that the database can be opened and read. Creates and changes nothing."""
    from bot.storage.database.engine import create_engine, database_file, database_url, place_of
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import newest_revision, require_whole, revision_of
    from bot.storage.servers.servers import SqlServerStore

    try:
        url = database_url(settings.database)
        file = database_file(url)
        if file is not None and not file.exists():
            return ok("database", f"{file} will be made by the first run")
        revision, newest = await revision_of(settings.database), newest_revision()
        if revision is None:
            return _unused(file, place_of(url))
        if revision != newest:
            return ok(
                "database",
                f"{place_of(url)} is at revision {revision}, and this version works with {newest}. The next "
                "`bylaw run` brings it up to date",
            )
        await require_whole(settings.database)
        engine = create_engine(settings.database)
        try:
            servers = await SqlServerStore(engine, now=lambda: datetime.now(UTC)).all()
        finally:
            await engine.dispose()
    except StorageError as error:
        return fail("database", str(error))
    return ok("database", f"{place_of(url)} can be read; servers set up: {len(servers)}")


def _unused(file: Path | None, place: str) -> Line:
    """Explain a database without tables."""
    if file is None:
        return ok("database", f"{place} is empty. The first `bylaw run` makes the tables")
    return fail("database", f"{place} holds no tables: run `bylaw db upgrade`, or put a copy back if it had some.")


def check_copies(settings: Settings) -> list[Line]:
    """Check for copies of the database made by upgrades: they still contain texts that were erased since."""
    from bot.storage.database.engine import database_file, database_url
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import copies_of
    from bot.storage.privacy.leftovers import MOST_DAYS

    try:
        file = database_file(database_url(settings.database))
    except StorageError:
        return []  # the line about the database already says so
    copies = copies_of(file) if file is not None else ()
    if not copies:
        return []
    days = min(settings.retention_days, MOST_DAYS)
    names = ", ".join(copy.name for copy in copies)
    return [ok("copies", f"{names}: from upgrades, deleted after {days} days; delete them earlier if all is well")]


async def check_key_of_database(settings: Settings) -> Line:
    """Check the key, and that it belongs to the database. Creates and changes nothing."""
    from bot.keys import KeyTrouble
    from bot.storage.database.errors import StorageError
    from bot.wiring.keys import check_keys

    try:
        await check_keys(settings)
    except KeyTrouble as trouble:
        return fail("secret key", str(trouble))
    except StorageError:
        pass  # the line about the database already says so
    return check_key(settings)


def check_key(settings: Settings) -> Line:
    """Check the key that encrypts the texts of cases. The first run creates a missing file; this doesn't."""
    from bot.console.inputs.files import load_keys
    from bot.keys import KEY_FILE

    file = settings.data_dir / KEY_FILE
    if settings.secret_key is None and not file.exists():
        return ok("secret key", f"none yet: the first `bylaw run` makes {file}; back it up then")
    try:
        load_keys(settings)
    except UserError as trouble:
        return fail("secret key", str(trouble))
    place = "in BYLAW_SECRET_KEY" if settings.secret_key else f"in {file}"
    return ok("secret key", f"{place}; back it up, apart from the database: without it the texts are lost")

"""`bylaw db`: upgrade or downgrade the database's schema, copy it, restore a copy, check it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console.inputs.options import JsonOption
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.storage.database.migrate import MigrationReport


def upgrade(json: JsonOption = False) -> None:
    """Upgrade the database to this version of Bylaw, or create it. `bylaw run` does the same when it starts."""
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_result
    from bot.storage.database import migrate
    from bot.storage.database.engine import database_url, place_of
    from bot.storage.database.errors import StorageError
    from bot.storage.privacy.leftovers import MOST_DAYS

    settings = load_settings()
    address = settings.database
    try:
        report = asyncio.run(migrate.upgrade(address))
    except StorageError as error:
        raise UserError(str(error)) from None
    place = place_of(database_url(address))
    if report.before is None:
        lines = [f"{place} was created at revision {report.after}."]
    elif report.before == report.after:
        lines = [f"{place} is up to date, at revision {report.after}. Nothing was changed."]
    else:
        lines = [f"{place} was upgraded from revision {report.before} to {report.after}."]
    days = min(settings.retention_days, MOST_DAYS) if report.copy else None
    if report.copy:
        lines.append(f"A copy from before the upgrade is in {report.copy}. The bot deletes it after {days} days.")
    print_result({**_fields(report), "copy_kept_days": days}, *lines, json=json)


def _fields(report: MigrationReport) -> dict[str, object]:
    """The result of a migration, for programs."""
    return {"before": report.before, "after": report.after, "copy": str(report.copy) if report.copy else None}


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write the copy to.")],
    json: JsonOption = False,
) -> None:
    """Copy the database; the bot may keep running. The copy does not contain the secret key.

    PostgreSQL is copied with pg_dump. To have the bot make copies, set BYLAW_BACKUP_EVERY_HOURS.
    """
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_result
    from bot.storage.database import backup as copies
    from bot.storage.database.errors import StorageError

    address = load_settings().database
    try:
        copy = asyncio.run(copies.backup(address, target))
    except StorageError as error:
        raise UserError(str(error)) from None
    print_result(
        {"copy": str(copy)},
        f"Copied to {copy}. Back up secret.key as well, in another place: without it the texts cannot be read.",
        json=json,
    )


def downgrade(
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="The newest revision that the older version knows.")
    ],
    json: JsonOption = False,
) -> None:
    """Convert the database to the schema of an older version, before you install that version again.

    Data that the older schema has no place for is deleted; a SQLite file is copied first. Stop the bot first.
    """
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_result
    from bot.storage.database import migrate
    from bot.storage.database.errors import StorageError

    settings = load_settings()
    _refuse_while_running(settings.data_dir)
    try:
        asyncio.run(migrate.require_database(settings.database))
        report = asyncio.run(migrate.downgrade(settings.database, revision))
    except StorageError as error:
        raise UserError(str(error)) from None
    print_result(
        _fields(report),
        f"Converted the database from revision {report.before} back to {report.after}.",
        *([f"A copy from before: {report.copy}"] if report.copy else []),
        "Install the older version now: this version would upgrade the database again.",
        json=json,
    )


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to restore.")], json: JsonOption = False
) -> None:
    """Restore a copy of a SQLite database. The current database is moved aside. Stop the bot first."""
    from datetime import UTC, datetime

    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_result
    from bot.keys import KeyTrouble
    from bot.storage.database import restore as copies
    from bot.storage.database.errors import StorageError
    from bot.wiring.keys import check_keys

    settings = load_settings()
    _refuse_while_running(settings.data_dir)
    if not source.is_file():
        raise BadInput(f"There is no file {source}: name a copy that `bylaw db backup` or an upgrade made.")
    try:
        asyncio.run(copies.require_good_copy(source))
        asyncio.run(check_keys(settings.model_copy(update={"database_url": f"sqlite:///{source}"})))
        done = asyncio.run(copies.restore(settings.database, source, now=datetime.now(UTC)))
    except (KeyTrouble, StorageError) as error:
        raise UserError(str(error)) from None
    lines = [f"Restored {source}. The next `bylaw run` upgrades it if needed."]
    if done.aside:
        lines.append(f"The previous database is now {done.aside}")
    if done.erased_since:
        lines.append("Members whose data was erased since that copy was made. Erase it again after the next start:")
    lines += [f"  bylaw privacy erase --user {member} --guild {server} --yes" for server, member in done.erased_since]
    print_result(
        {
            "restored": str(source),
            "aside": str(done.aside) if done.aside else None,
            "erased_since": [
                {"server_id": str(server), "member_id": str(member)} for server, member in done.erased_since
            ],
        },
        *lines,
        json=json,
    )


def check(json: JsonOption = False) -> None:
    """Check the whole database: is it damaged, are its rows consistent, does the key fit?"""
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_line, print_result
    from bot.keys import KeyTrouble
    from bot.storage.database import restore as copies
    from bot.storage.database.errors import StorageError
    from bot.wiring.keys import check_keys

    settings = load_settings()
    try:
        health = asyncio.run(copies.look_over(settings.database))
        key_trouble = ""
        try:
            asyncio.run(check_keys(settings))
        except KeyTrouble as trouble:
            key_trouble = str(trouble)
    except StorageError as error:
        raise UserError(str(error)) from None
    problems = [*health.problems, *([key_trouble] if key_trouble else [])]
    print_result(
        {"revision": health.revision, "newest": health.newest, "problems": problems, "rows": health.rows},
        f"Revision {health.revision}; this version works with {health.newest}.",
        f"Rows: {', '.join(f'{count} in {name}' for name, count in health.rows.items()) or 'none'}.",
        *(f"Problem: {problem}" for problem in problems),
        json=json,
    )
    if problems:
        count = f"{len(problems)} problem{'s' * (len(problems) > 1)}"
        raise UserError(f"{count}: {_advice(damaged=bool(health.problems), key=bool(key_trouble))}")
    if not json:
        print_line("The database is intact, and the key fits.")


def _advice(*, damaged: bool, key: bool) -> str:
    """What to do about a database that is damaged, one whose key is wrong, or both."""
    steps = [
        *(["put back the key that belongs to the database"] if key else []),
        *(["put back a copy with `bylaw db restore`"] if damaged else []),
    ]
    whole = " The database itself is whole: leave it as it is." if not damaged else ""
    return f"{', then '.join(steps)}.{whole}"


def _refuse_while_running(data_dir: Path) -> None:
    from bot.console.checkup.heartbeat import runs

    if runs(data_dir):
        raise UserError("The bot is running: stop it first, or it would keep writing to the database.")

"""`bylaw db`: bring the database to this version's schema, and copy it while it is in use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.console.screen.errors import UserError


def upgrade() -> None:
    """Bring the database to the schema of this version. `bylaw run` does the same at its start."""
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_line
    from bot.storage.database import migrate
    from bot.storage.database.engine import database_url, place_of
    from bot.storage.database.errors import StorageError

    address = load_settings().database
    try:
        report = asyncio.run(migrate.upgrade(address))
    except StorageError as error:
        raise UserError(str(error)) from None
    if report.before == report.after:
        print_line(f"The database is up to date (revision {report.after}).")
    else:
        print_line(f"The database went from {report.before or 'empty'} to revision {report.after}.")
    if report.before is None:
        print_line(f"It is new: {place_of(database_url(address))} did not exist, or was empty.")
    if report.copy:
        print_line(f"A copy of it as it was: {report.copy}")


def backup(target: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")]) -> None:
    """Copy a SQLite database, also while the bot runs. The copy does not hold the key of the texts."""
    from bot.console.inputs.files import load_settings
    from bot.console.screen.output import print_line
    from bot.storage.database import backup as copies
    from bot.storage.database.errors import StorageError

    address = load_settings().database
    try:
        copy = asyncio.run(copies.backup(address, target))
    except StorageError as error:
        raise UserError(str(error)) from None
    print_line(f"Copied to {copy}. Keep secret.key somewhere else: without it the texts of cases cannot be read.")

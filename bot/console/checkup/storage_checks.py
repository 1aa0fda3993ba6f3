"""The checks of `bylaw doctor` on storage: the PostgreSQL server, scheduled copies, disk space."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.checkup.report import Line, fail, ok, warn

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.storage.database.scheduled_backups import BackupPlan
    from bot.storage.database.server_check import ServerFacts

_TOO_LITTLE = 100_000_000  # bytes: logs could fill less than this within a minute
_LITTLE = 1_000_000_000
_ENCODING = "UTF8"
_MOST_NAMED = 3  # rights named in one line


async def check_postgres(settings: Settings) -> list[Line]:
    """Check the server's version and encoding, and its user's rights. Empty for SQLite."""
    from bot.storage.database.engine import database_url
    from bot.storage.database.errors import StorageError
    from bot.storage.database.server_check import ask_server

    try:
        if database_url(settings.database).get_backend_name() != "postgresql":
            return []
        return postgres_lines(await ask_server(settings.database))
    except StorageError as error:
        return [fail("postgresql", str(error))]


def postgres_lines(facts: ServerFacts) -> list[Line]:
    """Lines about a server's facts."""
    lines = []
    if facts.encoding != _ENCODING:
        lines.append(
            fail(
                "postgresql",
                f"the database's encoding is {facts.encoding}: make one with `CREATE DATABASE ... ENCODING 'UTF8'`.",
            )
        )
    if not facts.schema:
        lines.append(fail("postgresql", f"{facts.user} sees no schema: give the user one, or set its search_path."))
    if facts.lacks:
        grants = "; ".join(f"GRANT {right} TO {facts.user}" for right in facts.lacks[:_MOST_NAMED])
        more = f", and {len(facts.lacks) - _MOST_NAMED} more like it" if len(facts.lacks) > _MOST_NAMED else ""
        lines.append(fail("postgresql", f"{facts.user} lacks rights: run as the owner `{grants}`{more}."))
    lines += [
        warn(
            "postgresql",
            f"tables belong to {owner}, so {facts.user} cannot upgrade them: run as superuser "
            f"`REASSIGN OWNED BY {owner} TO {facts.user}` in this database.",
        )
        for owner in facts.other_owners
    ]
    return lines or [ok("postgresql", f"version {facts.version}; {facts.user} has the rights that Bylaw needs")]


def check_backups(settings: Settings, *, now: datetime | None = None) -> Line:
    """Check that copies of the database are made, and how old the newest is."""
    from bot.storage.database.engine import database_file, database_url
    from bot.storage.database.errors import StorageError
    from bot.wiring.backups import backup_plan

    plan = backup_plan(settings)
    if plan is None:
        return warn(
            "backups", "the bot makes no copies of the database: set BYLAW_BACKUP_EVERY_HOURS=24, or make them yourself"
        )
    try:
        url = database_url(settings.database)
    except StorageError:
        return ok("backups", "see the database")  # the line about it says what is wrong
    file = database_file(url)
    if url.get_backend_name() == "postgresql" and shutil.which("pg_dump") is None:
        return warn(
            "backups",
            "pg_dump is not installed, so no copies are made: install PostgreSQL's client programs "
            "(`apt-get install postgresql-client`)",
        )
    if file is not None and not file.exists():
        return ok("backups", f"the running bot makes the first in {plan.folder}")
    return _age_of_backups(plan, now or datetime.now(UTC))


def _age_of_backups(plan: BackupPlan, now: datetime) -> Line:
    from bot.storage.database.scheduled_backups import copies_in, is_late, newest

    try:
        copies = copies_in(plan.folder, now=now)
    except OSError as error:
        return fail("backups", f"{plan.folder} cannot be read ({error.strerror}): give this user the right to")
    last = newest(copies, now=now)
    if last is None:
        return warn("backups", f"there is none in {plan.folder} yet: start the bot, and look for `backup` in its log")
    age = words_for(now - last)
    if is_late(last, plan, now=now):
        planned = words_for(plan.every)
        return warn(
            "backups",
            f"the newest in {plan.folder} is {age} old, and one is due every {planned}: start the bot, or look for "
            "`backup failed` in its log",
        )
    return ok("backups", f"{len(copies)} in {plan.folder}, the newest {age} old; the key is not in them")


def check_disks(settings: Settings) -> list[Line]:
    """Check the disk space for the database, and for its copies if they are on another disk."""
    from bot.storage.database.engine import database_file, database_url
    from bot.storage.database.errors import StorageError

    try:
        file = database_file(database_url(settings.database))
    except StorageError:
        file = None
    size = file.stat().st_size if file is not None and file.is_file() else 0
    places = [file.parent if file is not None else settings.data_dir]
    if settings.backup_every_hours is not None and _disk(settings.backups) != _disk(places[0]):
        places.append(settings.backups)
    return [disk_line(place, shutil.disk_usage(_existing(place)).free, database_size=size) for place in places]


def disk_line(place: Path, free: int, *, database_size: int) -> Line:
    """Report this much disk space: an upgrade copies the database first."""
    room = f"{free / 1e9:.1f} GB free at {place}"
    if free < _TOO_LITTLE:
        return fail("disk", f"{room}, and nothing can be written soon: make room there")
    if free < max(_LITTLE, 2 * database_size):
        return warn(
            "disk", f"{room}, and an upgrade copies the database ({database_size / 1e9:.1f} GB): make room there"
        )
    return ok("disk", room)


def _existing(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def _disk(folder: Path) -> int:
    return _existing(folder).stat().st_dev


def words_for(span: timedelta) -> str:
    """A length of time in words, as precise as people would say it."""
    minutes = round(span.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"

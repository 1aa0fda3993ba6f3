"""The checks of `bylaw doctor` on files that only the bot may read, and on a data folder inside a container."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.checkup.report import Line, warn

if TYPE_CHECKING:
    from bot.settings import Settings

ENV_FILE = Path(".env")

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_private_files(settings: Settings) -> list[Line]:
    """A line for each of the bot's files or folders that others can access, with the command that fixes it."""
    if os.name != "posix":
        return []
    return [
        warn(name, f"{path} is open to other users of this machine: run `chmod {mode} {shlex.quote(str(path))}`")
        for name, path, mode in _private(settings)
        if _is_open(path)
    ]


def check_container(settings: Settings, *, is_mount: Callable[[Path], bool] = os.path.ismount) -> list[Line]:
    """A line if the data folder would be lost with the container."""
    from bot.console.inputs.container import in_our_image

    folder = settings.data_dir.absolute()
    if not in_our_image() or any(is_mount(place) for place in (folder, *folder.parents[:-1])):
        return []
    return [
        warn(
            "data folder",
            f"{folder} is on no volume and goes with the container: leave BYLAW_DATA_DIR out of .env, or mount a "
            "volume there.",
        )
    ]


def _private(settings: Settings) -> Iterator[tuple[str, Path, str]]:
    """(name of the line, path, mode that it should have)."""
    from bot.keys import KEY_FILE

    yield ".env", ENV_FILE, "600"
    yield "data folder", settings.data_dir, "700"
    if settings.secret_key is not None:  # a key file in use is checked with the key
        yield "secret key", settings.data_dir / KEY_FILE, "600"
    database = _database_file(settings)
    if database is not None and settings.data_dir.absolute() not in database.absolute().parents:
        yield "database", database, "600"


def _database_file(settings: Settings) -> Path | None:
    from bot.storage.database.engine import database_file, database_url
    from bot.storage.database.errors import StorageError

    try:
        return database_file(database_url(settings.database))
    except StorageError:  # reported by the check of the database
        return None


def _is_open(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)
    except OSError:
        return False

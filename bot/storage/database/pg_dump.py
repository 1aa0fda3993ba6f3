"""Backs up a PostgreSQL database with its own `pg_dump`, while the database is in use."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import URL

from bot.storage.database.engine import place_of
from bot.storage.database.errors import StorageError

DUMP = b"PGDMP"  #: magic bytes of its custom format
# So a server whose machine is down is noticed within 25 s. Most of these can't be set in the environment.
_KEEPALIVE = (
    "--dbname=connect_timeout=10 keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=25000"
)
_LONGEST_REASON = 200  # characters of pg_dump's own error text

_MISSING = (
    "Copying PostgreSQL needs its program pg_dump, which is not installed here: install PostgreSQL's client programs "
    "(Debian: `apt-get install postgresql-client`), or run pg_dump yourself where it is installed."
)


async def dump(url: URL, target: Path) -> Path:
    """Write the database to `target`, in the custom format that `pg_restore` reads, for this user only.

    Raises:
        StorageError: pg_dump is missing or older than the server, the server cannot be read, or the file cannot be
            written; no part of a copy stays.
    """
    program = shutil.which("pg_dump")
    if program is None:
        raise StorageError(_MISSING)
    draft = target.with_name(f"{target.name}.unfinished")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        how = ("--format=custom", "--no-owner", "--no-privileges", "--no-password")
        await _run(url, program, *how, _KEEPALIVE, f"--file={draft}")
        await _verify(url, draft)
        draft.replace(target)
    except OSError as error:
        raise StorageError(
            f"The copy {target} cannot be written ({error.strerror}): make room there, or name another folder."
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return target


async def _verify(url: URL, draft: Path) -> None:
    """Verify now that pg_restore can read the file, rather than finding out when it is needed."""
    program = shutil.which("pg_restore")
    if program is not None:
        await _run(url, program, "--list", str(draft))


async def _run(url: URL, program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        env={**os.environ, **connection_settings(url), "LC_ALL": "C"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise StorageError(_explained(url, Path(program).name, said.decode("utf-8", "replace")))


def connection_settings(url: URL) -> Mapping[str, str]:
    """The environment that tells PostgreSQL's programs where the database is: unlike arguments, it doesn't show the
    password in process lists."""
    query = {name: value if isinstance(value, str) else value[0] for name, value in url.query.items()}
    found = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username or query.get("user"),
        "PGPASSWORD": url.password or query.get("password"),
        "PGDATABASE": url.database or query.get("database"),
        "PGSSLMODE": query.get("ssl") or query.get("sslmode"),
    }
    return {name: value for name, value in found.items() if value}


def _explained(url: URL, program: str, said: str) -> str:
    if "server version mismatch" in said:
        return f"{place_of(url)} is newer than pg_dump: install PostgreSQL's client programs in the server's version."
    if url.password:
        said = said.replace(str(url.password), "*")
    reason = " ".join(said.split()).removeprefix(f"{program}: ").removeprefix("error: ")[:_LONGEST_REASON].rstrip(" .?")
    return f"{place_of(url)} could not be copied, {program} says: {reason or 'nothing'}."

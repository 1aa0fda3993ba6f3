"""A PostgreSQL server that a benchmark starts, kills and starts again, in a folder and at a port of its own."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Any

import asyncpg

PATIENCE = 60.0  #: seconds until it answers
_USERS = ("postgres", "nobody")  #: it refuses to run as root; the first of these that exists runs it then
#: A benchmark proves nothing about the disk. A killed server loses nothing that it has written out to the system.
_OPTIONS = ("-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=100")


class NoPostgres(RuntimeError):
    """The server is not installed, or does not start."""


class Postgres:
    """One server."""

    def __init__(self, parent: Path) -> None:
        """Makes a folder for it.

        Raises:
            NoPostgres: the server is not installed.
        """
        self._programs = _programs()
        folder = parent / "postgres"
        folder.mkdir()
        parent.chmod(0o755)  # the server may run as another user
        self._data = folder / "data"
        self._port = free_port()
        self._as: dict[str, Any] = _account(folder)
        self._process: Process | None = None

    @property
    def address(self) -> str:
        """Of its database."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    async def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            NoPostgres: it does not start.
        """
        if not self._data.exists():
            await self._make()
        self._process = await asyncio.create_subprocess_exec(
            str(self._programs / "postgres"),
            *("-D", str(self._data), "-k", str(self._data.parent), "-p", str(self._port), *_OPTIONS),
            stdout=DEVNULL,
            stderr=DEVNULL,
            **self._as,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._answers():
                    if self._process.returncode is not None:
                        raise NoPostgres("PostgreSQL ended while it started")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise NoPostgres("PostgreSQL does not answer") from None

    async def kill(self) -> None:
        """End it without any goodbye to whoever is connected."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGQUIT)
            await self._process.wait()

    async def _make(self) -> None:
        made = await asyncio.create_subprocess_exec(
            str(self._programs / "initdb"),
            *("-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"),
            stdout=DEVNULL,
            stderr=PIPE,
            **self._as,
        )
        _, said = await made.communicate()
        if made.returncode:
            raise NoPostgres(f"initdb failed: {said.decode(errors='replace').strip()[-300:]}")

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.address, timeout=5)
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True


def _programs() -> Path:
    """The folder with the newest server on this machine."""
    folders = [Path(found).parent for found in (shutil.which("postgres"),) if found]
    for parent, pattern in (("/usr/lib/postgresql", "*/bin"), ("/opt/homebrew/opt", "postgresql*/bin")):
        folders += sorted(Path(parent).glob(pattern), reverse=True)
    for folder in folders:
        if os.access(folder / "initdb", os.X_OK):
            return folder
    raise NoPostgres("PostgreSQL is not installed: `apt-get install postgresql`, or `brew install postgresql` on a Mac")


def _account(folder: Path) -> dict[str, Any]:
    """Where root runs this: as whom the server runs, who is given the folder."""
    if os.geteuid() != 0:
        return {}
    account = next(each for each in pwd.getpwall() if each.pw_name in _USERS)
    os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o700)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": folder}


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

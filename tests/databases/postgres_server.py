"""A PostgreSQL server for one process of a test run, in a temporary folder. It stops when that process ends."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import port_for
from pytest_postgresql.executors import PostgreSQLExecutor

USERS = ("postgres", "nobody")  #: the server refuses to run as root; the first of these that exists runs it then

# A server outlives the process that started it. So a shell waits for the end of that process, even by SIGKILL: then the
# pipe between them closes, and the shell stops the server and removes its folder.
_STOP_AT_THE_END = 'cat >/dev/null; "$1" stop -D "$2/data" -m immediate; rm -rf "$2"'

# pg_ctl for root: the same, as another user.
_AS_USER = """#!{python}
import os, sys
os.chdir({folder!r})
os.setgroups([])
os.setgid({group})
os.setuid({user})
os.execv({pg_ctl!r}, [{pg_ctl!r}, *sys.argv[1:]])
"""


def find_pg_ctl() -> Path | None:
    """The newest `pg_ctl` on this machine; None where PostgreSQL's server is not installed."""
    return next((each for each in _candidates() if os.access(each, os.X_OK)), None)


def _candidates() -> Iterator[Path]:
    if found := shutil.which("pg_ctl"):
        yield Path(found)
    for folder, pattern in (
        ("/usr/lib/postgresql", "*/bin"),  # Debian keeps the server out of the PATH
        ("/opt/homebrew/opt", "postgresql*/bin"),
        ("/usr/local/opt", "postgresql*/bin"),
    ):
        for each in sorted(Path(folder).glob(pattern), key=_version, reverse=True):
            yield each / "pg_ctl"
    if pg_config := shutil.which("pg_config"):
        folder = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        yield Path(folder) / "pg_ctl"


def _version(folder: Path) -> int:
    return int("0" + "".join(character for character in folder.parent.name if character.isdigit()))


class PostgresServer:
    """Starts when somebody asks for an address, on a free port of this machine; nothing that it writes is flushed."""

    def __init__(self, pg_ctl: Path) -> None:
        self._pg_ctl = pg_ctl
        self._guard: subprocess.Popen[bytes] | None = None
        self._server: PostgreSQLExecutor | None = None  # kept, for it kills its server when it is collected

    def stop(self) -> None:
        """Stop the server and remove what it wrote."""
        if self._guard is not None:
            self._guard.communicate()

    @cached_property
    def folder(self) -> Path:
        """Where it keeps all that it writes."""
        return Path(tempfile.mkdtemp(prefix="bylaw-postgres-"))

    @cached_property
    def address(self) -> str:
        """The address of a database on this server, which starts for the first who asks."""
        pg_ctl, folder = str(self._pg_ctl), self.folder
        if os.geteuid() == 0:
            pg_ctl = _for_root(pg_ctl, folder)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _STOP_AT_THE_END, "sh", pg_ctl, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the tests
        )
        self._server = PostgreSQLExecutor(
            executable=pg_ctl,
            host="127.0.0.1",
            port=port_for.select_random(),
            datadir=str(folder / "data"),
            unixsocketdir=str(folder),
            logfile=str(folder / "log"),
            startparams="-w",
            dbname="postgres",
        ).start()
        self._server.process.wait()  # `start` waits for an open port only, `pg_ctl -w` for a server that answers
        return f"postgresql://postgres@127.0.0.1:{self._server.port}/postgres"


def _for_root(pg_ctl: str, folder: Path) -> str:
    """Give the folder to an unprivileged user, and write a command that runs `pg_ctl` as that one."""
    account = next(each for each in pwd.getpwall() if each.pw_name in USERS)
    script = folder / "pg_ctl"
    script.write_text(
        _AS_USER.format(
            python=sys.executable, folder=str(folder), group=account.pw_gid, user=account.pw_uid, pg_ctl=pg_ctl
        )
    )
    script.chmod(0o755)
    os.chown(folder, account.pw_uid, account.pw_gid)
    return str(script)

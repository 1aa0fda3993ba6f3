"""The server ends with the process that it was started for, however that one ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import NO_POSTGRES
from tests.databases.postgres_server import find_pg_ctl

STARTER = """
import sys
from pathlib import Path
from tests.databases.postgres_server import PostgresServer
server = PostgresServer(Path(sys.argv[1]))
print(server.address, server.folder, flush=True)
sys.stdin.readline()
server.stop()
"""


def runs(server: psutil.Process) -> bool:
    """Whether a process still does something: what ended and was not collected by its parent is a zombie."""
    return server.is_running() and server.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("ending", ["stop", "SIGKILL"])
def test_the_server_and_its_folder_go_with_the_process_that_started_it(ending: str) -> None:
    """Whether that one stops it or is killed."""
    pg_ctl = find_pg_ctl()
    if pg_ctl is None:
        pytest.skip(NO_POSTGRES)
    command = [sys.executable, "-c", STARTER, str(pg_ctl)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        folder = Path(process.stdout.readline().split()[1])
        server = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
        assert runs(server)
        if ending == "SIGKILL":
            process.send_signal(signal.SIGKILL)
        else:
            process.stdin.write("\n")
            process.stdin.flush()
        process.wait()
        end = time.monotonic() + 20
        while folder.exists() or runs(server):
            assert time.monotonic() < end, "the server is still there"
            time.sleep(0.02)

"""Runs `bylaw serve-judge` as a separate process, with a real Ray, as an operator does."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTS_WITHIN_S = 180.0  #: on a machine that is busy with other tests
ENDS_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RayService:
    """A running service."""

    url: str
    logs: Path  #: Ray's folder, with all its logs
    process: subprocess.Popen[str]


def free_port() -> int:
    """A free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def ray_service(*options: str, **settings: str) -> Iterator[RayService]:
    """Serve while the context lasts. `settings` are environment variables."""
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))  # Ray's sockets allow no long paths
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BYLAW_", "RAY_", "PYTEST"))}
    command = [sys.executable, "-m", "bot", "serve-judge", "--port", str(port), *options]
    process = subprocess.Popen(
        command,
        env=kept | {"RAY_TMPDIR": str(folder)} | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_until_it_answers(process)
        yield RayService(url=f"http://127.0.0.1:{port}", logs=folder, process=process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ENDS_WITHIN_S)
        finally:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()
            shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    said: list[str] = []
    watchdog = threading.Timer(STARTS_WITHIN_S, process.kill)
    watchdog.start()
    try:
        for line in process.stderr:
            said.append(line)
            if "The judge answers at" in line:
                return
    finally:
        watchdog.cancel()
    raise AssertionError(f"bylaw serve-judge ended: {''.join(said)[-2000:]}")

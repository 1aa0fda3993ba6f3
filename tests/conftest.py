"""What tests of several folders share."""

from __future__ import annotations

import asyncio
import hashlib
import http.server
import json
import logging
import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

# A machine that is busy with something else is no reason for a property test to fail.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

if TYPE_CHECKING:
    from tests.databases.postgres import Postgres

NO_POSTGRES = (
    "PostgreSQL is not installed: `apt-get install postgresql` (Debian), `brew install postgresql` (a Mac), "
    "or name a database that may be emptied in BYLAW_TEST_POSTGRES_URL"
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto`: one process more than there are cores, for tests wait now and then."""
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) + 1


@pytest.fixture(autouse=True)
def usual_log_level() -> None:
    """Each test begins with Python's own level, whatever a test of logging, or a program under test, has set."""
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, for tests to copy: making the tables takes ten times as long."""
    from bot.storage.database.migrate import upgrade  # imported here: most tests need no database

    file = tmp_path_factory.mktemp("migrated") / "bylaw.sqlite3"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_address(tmp_path: Path, migrated_sqlite: Path) -> str:
    """The address of a SQLite file in the test's own folder, with all tables."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'bylaw.sqlite3')}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL: the database that BYLAW_TEST_POSTGRES_URL names, else a server that starts when a test needs it."""
    from tests.databases.postgres import URL_VARIABLE, NamedDatabase, PrivateDatabase
    from tests.databases.postgres_server import PostgresServer, find_pg_ctl

    named, pg_ctl = os.environ.get(URL_VARIABLE), find_pg_ctl()
    if named:
        yield NamedDatabase(named)
        return
    if pg_ctl is None:
        pytest.skip(NO_POSTGRES)
    server = PostgresServer(pg_ctl)
    yield PrivateDatabase(server)
    server.stop()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random-weight gpt-oss model file of 0.2 MB: loads in no time, knows nothing."""
    from benchmarks.random_model import write_random_model  # imported here: most tests need neither gguf nor numpy

    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    write_random_model(path, size="tiny")
    return path


@pytest.fixture(scope="session")
def split_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The tiny model in two files, as the 120b is published. Copy them before you change them."""
    from tests.fakes.split_model import split

    return split(tiny_model, tmp_path_factory.mktemp("split"))


@dataclass(kw_only=True)
class FakeHub:
    """The hub's endpoints for one repository, on this machine. What it does wrong is set by a test."""

    content: bytes
    endpoint: str = ""
    repo: str = "someone/model-GGUF"
    file: str = "model.gguf"
    sha256: str = ""  #: what it says; the truth unless set
    says_lfs: bool = True
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)  #: path prefix -> status, error code
    cuts: list[int] = field(default_factory=list)  #: after this many bytes the next answers break off
    knows_ranges: bool = True
    ranges: list[str] = field(default_factory=list)  #: what was asked for
    stalls: bool = False  #: an answer that breaks off leaves the other side waiting instead
    others: dict[str, bytes] = field(default_factory=dict)  #: further files of the repository by name

    def bytes_at(self, path: str) -> bytes:
        """What a redirection leads to."""
        return self.others.get(path.removeprefix("/bytes/"), self.content)

    def listing(self) -> bytes:
        """The answer to a question about the repository."""
        sha256 = self.sha256 or hashlib.sha256(self.content).hexdigest()
        lfs = {"lfs": {"sha256": sha256, "size": len(self.content), "pointerSize": 134}} if self.says_lfs else {}
        files = [{"rfilename": "README.md", "size": 3}, {"rfilename": self.file, "size": len(self.content), **lfs}]
        for name, content in self.others.items():
            lfs = {"lfs": {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}}
            files.append({"rfilename": name, "size": len(content), **lfs})
        return json.dumps(
            {"id": self.repo, "modelId": self.repo, "sha": "c0ffee" * 6 + "cafe", "siblings": files}
        ).encode()


class _HubHandler(http.server.BaseHTTPRequestHandler):
    hub: FakeHub

    def do_GET(self) -> None:
        """The listing, then a redirection to the file's bytes, as at the real hub."""
        hub = self.hub
        for prefix, (status, code) in hub.refuses.items():
            if self.path.startswith(prefix):
                self._answer(status, b"{}", {"X-Error-Code": code} if code else {})
                return
        if self.path.startswith(f"/api/models/{hub.repo}"):
            self._answer(200, hub.listing(), {"Content-Type": "application/json"})
        elif self.path.startswith(f"/{hub.repo}/resolve/"):
            self._answer(302, b"", {"Location": f"/bytes/{self.path.rpartition('/')[2]}"})
        elif self.path.startswith("/bytes/"):
            self._bytes()
        else:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _bytes(self) -> None:
        asked = self.headers.get("Range", "")
        self.hub.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if self.hub.knows_ranges else 0
        content = self.hub.bytes_at(self.path)
        if start >= len(content):
            self._answer(416, b"")
            return
        body = content[start:]
        cut = self.hub.cuts.pop(0) if self.hub.cuts else len(body)
        self._answer(206 if self.hub.knows_ranges else 200, body[:cut], length=len(body))
        if cut < len(body) and self.hub.stalls:
            self.wfile.flush()
            self.rfile.read(1)  # until the other side is gone

    def _answer(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None, *, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database without a table."""
    postgres = request.param == "postgresql" and request.getfixturevalue("postgres")
    async with postgres.empty() if postgres else nullcontext(f"sqlite:///{tmp_path / 'bylaw.sqlite3'}") as address:
        yield address


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with one file, and nothing of this machine's settings for the real one."""
    from huggingface_hub import close_session

    for name in list(os.environ):
        if name.startswith("HF_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    found = FakeHub(content=bytes(range(256)) * 1000)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_HubHandler,), {"hub": found}))
    found.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    close_session()
    server.shutdown()
    thread.join()
    server.server_close()
